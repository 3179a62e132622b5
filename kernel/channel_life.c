// SPDX-License-Identifier: GPL-2.0
/*
 * Channel: how it begins, with channel-new, and how what it has is given back.
 */
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/netlink.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "channel.h"
#include "handshake.h"
#include "incoming.h"
#include "notify.h"
#include "outgoing.h"
#include "session.h"
#include "sock.h"

/* Bytes that may wait in a source's socket: a chunk, and no less than this */
#define QUEUE_MIN	SZ_128K

/* Whether a channel takes up room for one more. On the source each has its
 * number. On the destination HELLO tells whether a channel is one more or takes
 * the place of one that has failed unnoticed; until then only those count that
 * have not said it.
 */
static bool takes_room(const struct mux_channel *channel)
{
	if (mux_session_is_source(channel->session))
		return !mux_channel_is_over(channel);
	return channel->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE;
}

static int create_check(struct mux_session *session, struct socket *sock,
			int number, struct netlink_ext_ack *extack)
{
	struct mux_channel *channel;
	u32 channels = 0;
	int ret = 0;

	mux_session_lock(session);
	list_for_each_entry(channel, &session->channels, node) {
		if (channel->sock == sock) {
			NL_SET_ERR_MSG(extack,
				       "the socket is another channel's");
			ret = -EBUSY;
			break;
		}
		if (mux_channel_is_over(channel))
			continue;
		if (channel->numbered && channel->number == number) {
			NL_SET_ERR_MSG_FMT(extack, "channel %d exists", number);
			ret = -EEXIST;
			break;
		}
		channels += takes_room(channel);
	}
	mux_session_unlock(session);
	if (ret)
		return ret;
	if (mux_session_is_source(session) &&
	    channels >= session->channels_max) {
		NL_SET_ERR_MSG_FMT(extack, "session %u has all its %u channels",
				   session->id, session->channels_max);
		return -ENOSPC;
	}
	/* Strangers must not keep out who belongs here. */
	if (channels >= VFIO_MIG_MUX_CHANNELS_MAX) {
		NL_SET_ERR_MSG_FMT(extack, "session %u has %u channels without HELLO",
				   session->id, channels);
		return -ENOSPC;
	}
	return 0;
}

static int start_workers(struct mux_channel *channel,
			 struct netlink_ext_ack *extack)
{
	struct mux_session *session = channel->session;
	u32 number = session->channels_made++;
	char name[TASK_COMM_LEN];
	int ret;

	channel->tx.step = mux_outgoing_step;
	channel->tx.died = mux_outgoing_died;
	channel->rx.step = mux_incoming_step;
	channel->rx.died = mux_incoming_died;
	snprintf(name, sizeof(name), "mux%u-tx%u", session->id, number);
	ret = mux_worker_start(&channel->tx, name, extack);
	if (ret)
		return ret;
	snprintf(name, sizeof(name), "mux%u-rx%u", session->id, number);
	return mux_worker_start(&channel->rx, name, extack);
}

static struct mux_channel *channel_alloc(struct mux_session *session,
					 struct socket *sock, int number)
{
	struct mux_channel *channel;

	channel = kzalloc(sizeof(*channel), GFP_KERNEL_ACCOUNT);
	if (!channel)
		return NULL;
	INIT_LIST_HEAD(&channel->node);
	INIT_LIST_HEAD(&channel->tx.idle);
	INIT_LIST_HEAD(&channel->rx.idle);
	channel->session = session;
	channel->tx.session = session;
	channel->rx.session = session;
	channel->sock = sock;
	channel->numbered = number >= 0;
	channel->number = channel->numbered ? number : 0;
	if (mux_session_is_source(session))
		mux_sock_set_queue(sock, max_t(u32, session->chunk_size, QUEUE_MIN));
	if (mux_handshake_begin(channel)) {
		kfree(channel);
		return NULL;
	}
	return channel;
}

/* Have a channel given back where waiting for its workers does no harm */
static void bury(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;

	lockdep_assert_held(&session->config);
	list_add_tail(&channel->node, &session->dead);
	queue_work(mux_workqueue, &session->reap);
}

/* A new channel makes those forgotten whose number it takes, or that never
 * had one
 */
static void make_room(struct mux_session *session, int number)
{
	struct mux_channel *channel;

	lockdep_assert_held(&session->lock);
	if (mux_session_over(session))
		return;
	list_for_each_entry(channel, &session->channels, node) {
		if (mux_channel_is_over(channel) &&
		    (!channel->numbered || channel->number == number))
			mux_channel_supersede(channel);
	}
}

/**
 * mux_channel_create - make a channel of a socket
 * @session: the session
 * @fd: file descriptor of the calling process
 * @number: the channel's number on the source, -1 on the destination
 * @extack: told what is wrong
 *
 * The first channel seals the session. The handshake begins at once and its
 * outcome is notified.
 *
 * Context: process context of the owner, under the config mutex; may sleep,
 * but never for a peer.
 * Return: 0, %-EEXIST the number is taken, %-ENOSPC enough channels, %-EBUSY
 * the socket is a channel already, %-ENOMEM, or as mux_sock_get(),
 * mux_session_seal() and mux_worker_start().
 */
int mux_channel_create(struct mux_session *session, int fd, int number,
		       struct netlink_ext_ack *extack)
{
	struct mux_channel *channel;
	struct socket *sock;
	int ret;

	sock = mux_sock_get(fd, extack);
	if (IS_ERR(sock))
		return PTR_ERR(sock);
	ret = create_check(session, sock, number, extack);
	if (!ret)
		ret = mux_session_seal(session, extack);
	if (ret)
		goto err_put_sock;
	channel = channel_alloc(session, sock, number);
	if (!channel) {
		NL_SET_ERR_MSG(extack, "no memory for a channel");
		ret = -ENOMEM;
		goto err_put_sock;
	}
	/* Until the channel is on the list its workers only idle. */
	ret = start_workers(channel, extack);
	if (ret) {
		/* One of them may be there, and look. */
		mux_session_lock(session);
		channel->tx_done = true;
		channel->rx_done = true;
		mux_session_unlock(session);
		channel->unborn = true;
		bury(channel);
		return ret;
	}

	mux_session_lock(session);
	make_room(session, number);
	list_add_tail(&channel->node, &session->channels);
	mux_worker_wake(&channel->rx);
	mux_notify_channel(channel);
	mux_session_unlock(session);
	return 0;

err_put_sock:
	mux_sock_put(sock, true);
	return ret;
}

/* The other host has got all that was sent, so none of it is in the socket */
static bool has_delivered(const struct mux_channel *channel,
			  struct socket *sock)
{
	struct mux_session *session = channel->session;
	bool said;
	u64 acked;

	if (!mux_session_is_source(session) || channel->unborn)
		return true;
	/* Says who has acknowledged the last chunk; TCP may know better. The
	 * session may be ended just now, over another channel.
	 */
	mux_session_lock(session);
	said = channel->state == VFIO_MIG_MUX_CHANNEL_STATE_CLOSED ||
	       session->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED;
	mux_session_unlock(session);
	return said &&
	       /* When all else has arrived there is BYE and the end. */
	       mux_sock_backlog(sock, &acked) <=
	       mux_sock_farewell(sock, MUX_FRAME_SIZE);
}

/* Give back what a channel has, but not what it has to tell */
static void release(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct socket *sock = channel->sock;

	mux_session_lock(session);
	channel->released = true;
	mux_session_unlock(session);
	mux_handshake_end(channel);
	mux_channel_stop(channel);
	channel->sock = NULL;
	if (sock)
		mux_sock_put(sock, has_delivered(channel, sock));
}

/* Channels that nobody shows any more and that no worker of theirs is about to
 * do something with; the others release what they can.
 */
static void take_dead(struct mux_session *session, struct list_head *dead)
{
	struct mux_channel *channel, *next;

	mux_session_lock(session);
	list_for_each_entry_safe(channel, next, &session->channels, node) {
		if (!channel->superseded || !channel->tx_done ||
		    channel->in.spare)
			continue;
		list_move_tail(&channel->node, dead);
	}
	mux_session_unlock(session);
}

static bool can_release(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	bool can;

	mux_session_lock(session);
	can = mux_channel_is_closed(channel) && !channel->released;
	mux_session_unlock(session);
	return can;
}

/**
 * mux_channel_reap - give back what channels have left
 * @work: the session's reap
 *
 * Context: workqueue; sleeps until their workers have ended.
 */
void mux_channel_reap(struct work_struct *work)
{
	struct mux_session *session = container_of(work, struct mux_session,
						   reap);
	struct mux_channel *channel, *next;
	LIST_HEAD(dead);

	mutex_lock(&session->config);
	list_splice_init(&session->dead, &dead);
	take_dead(session, &dead);
	list_for_each_entry(channel, &session->channels, node) {
		if (can_release(channel))
			release(channel);
	}
	mutex_unlock(&session->config);
	list_for_each_entry_safe(channel, next, &dead, node) {
		/* The owner may try again with a socket that nobody has used. */
		if (!channel->unborn)
			mux_channel_cut(channel);
		mux_channel_stop(channel);
		mux_channel_destroy(channel);
	}
}

/**
 * mux_channel_cut - end all waiting on a channel's socket
 * @channel: a channel of a session that is over, or one that is dead
 *
 * Context: process context, where the channel cannot go away; may sleep for a
 * short time.
 */
void mux_channel_cut(struct mux_channel *channel)
{
	if (channel->released)
		return;
	mux_sock_shutdown(channel->sock, true);
	mux_worker_interrupt(&channel->tx);
	mux_worker_interrupt(&channel->rx);
}

/**
 * mux_channel_stop - end a channel's workers
 * @channel: a channel that is cut or closed, or was never on the list
 *
 * Context: process context; sleeps until they have ended.
 */
void mux_channel_stop(struct mux_channel *channel)
{
	/* The receiving worker wakes the other one. */
	mux_worker_stop(&channel->rx);
	mux_worker_stop(&channel->tx);
}

/**
 * mux_channel_destroy - give everything of a channel back
 * @channel: a stopped channel, not in its session's list any more
 *
 * Context: process context; may sleep.
 */
void mux_channel_destroy(struct mux_channel *channel)
{
	release(channel);
	kfree(channel);
}
