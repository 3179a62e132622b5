// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications: told to those who listen in the session's network namespace.
 * A message is written where something changes, under the session's lock, and
 * so tells each change, once and in order; it is sent a moment later. A
 * listener that is too slow misses some and learns so from its socket; the
 * state is then to be had by session-get and its like.
 */
#include <net/genetlink.h>

#include "channel.h"
#include "device.h"
#include "netlink_gen.h"
#include "notify.h"
#include "session.h"
#include "show.h"

static struct sk_buff *begin(const struct mux_session *session,
			     struct genl_info *info, u8 cmd)
{
	struct sk_buff *skb;

	lockdep_assert_held(&session->lock);
	genl_info_init_ntf(info, &vfio_mig_mux_nl_family, cmd);
	genl_info_net_set(info, session->net);
	if (!genl_has_listeners(&vfio_mig_mux_nl_family, session->net,
				VFIO_MIG_MUX_NLGRP_MONITOR))
		return NULL;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (!skb)
		genl_set_err(&vfio_mig_mux_nl_family, session->net, 0,
			     VFIO_MIG_MUX_NLGRP_MONITOR, -ENOBUFS);
	return skb;
}

static void finish(struct mux_session *session, struct sk_buff *skb, int err)
{
	if (err) {
		nlmsg_free(skb);
		return;
	}
	skb_queue_tail(&session->news, skb);
	queue_work(mux_workqueue, &session->tell);
}

/**
 * mux_notify_tell - send the notifications that have been written
 * @work: the session's tell
 *
 * Context: workqueue; may sleep.
 */
void mux_notify_tell(struct work_struct *work)
{
	struct mux_session *session = container_of(work, struct mux_session,
						   tell);
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&session->news)))
		genlmsg_multicast_netns(&vfio_mig_mux_nl_family, session->net,
					skb, 0, VFIO_MIG_MUX_NLGRP_MONITOR,
					GFP_KERNEL);
}

/**
 * mux_notify_session - a session has changed
 * @session: the session
 *
 * Context: under the session's lock.
 */
void mux_notify_session(struct mux_session *session)
{
	struct genl_info info;
	struct sk_buff *skb;

	skb = begin(session, &info, VFIO_MIG_MUX_CMD_SESSION_NTF);
	if (skb)
		finish(session, skb, mux_show_session(skb, &info, session));
}

/**
 * mux_notify_device - a device has changed
 * @device: the device
 *
 * Context: under the session's lock.
 */
void mux_notify_device(struct mux_device *device)
{
	struct mux_session *session = device->session;
	struct genl_info info;
	struct sk_buff *skb;

	skb = begin(session, &info, VFIO_MIG_MUX_CMD_DEVICE_NTF);
	if (skb)
		finish(session, skb, mux_show_device(skb, &info, device));
}

/**
 * mux_notify_channel - a channel has changed
 * @channel: the channel
 *
 * Context: under the session's lock.
 */
void mux_notify_channel(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct genl_info info;
	struct sk_buff *skb;

	skb = begin(session, &info, VFIO_MIG_MUX_CMD_CHANNEL_NTF);
	if (skb)
		finish(session, skb, mux_show_channel(skb, &info, channel));
}
