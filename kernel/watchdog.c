// SPDX-License-Identifier: GPL-2.0
/*
 * Watchdog: fails channels that make no progress.
 *
 * A destination never leaves a channel unread, so whatever is sent is soon
 * acknowledged by the other host's TCP, however slow the line is. Where nothing
 * is for a session's channel-timeout, the line or the other host is gone. A
 * channel with nothing to send shows nothing: that is for TCP's keepalive.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mutex.h>

#include "channel.h"
#include "error.h"
#include "session.h"
#include "sock.h"
#include "watchdog.h"

/* How often it looks within a time-out, and how seldom at most */
#define LOOKS		8
#define LOOK_MAX	HZ

static unsigned long look_time(const struct mux_session *session)
{
	unsigned long timeout = msecs_to_jiffies(session->channel_timeout);

	return clamp(timeout / LOOKS, 1, LOOK_MAX);
}

/* Whether a channel has made no progress for too long */
static bool is_stuck(struct mux_channel *channel)
{
	u32 timeout = channel->session->channel_timeout;
	struct mux_watch *watch = &channel->watch;
	unsigned long now = jiffies;
	u32 acked;

	if (!mux_sock_pending(channel->sock, &acked)) {
		watch->since = 0;
		return false;
	}
	if (!watch->since || watch->acked != acked) {
		watch->since = now ?: 1;
		watch->acked = acked;
		return false;
	}
	return time_after_eq(now, watch->since + msecs_to_jiffies(timeout));
}

static bool is_watched(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	bool watched;

	mux_session_lock(session);
	watched = mux_channel_carries(channel) && !channel->released;
	mux_session_unlock(session);
	return watched;
}

static void look(struct work_struct *work)
{
	struct mux_session *session = container_of(to_delayed_work(work),
						   struct mux_session, watch);
	struct mux_channel *channel;
	struct mux_error error;

	mutex_lock(&session->config);
	list_for_each_entry(channel, &session->channels, node) {
		if (!is_watched(channel) || !is_stuck(channel))
			continue;
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_SEND, -ETIMEDOUT,
				      "nothing that was sent has been received for %u ms",
				      session->channel_timeout);
		mux_channel_fail(channel, &error, false);
	}
	mutex_unlock(&session->config);

	if (!mux_session_over(session))
		queue_delayed_work(mux_workqueue, &session->watch,
				   look_time(session));
}

/**
 * mux_watchdog_init - prepare a new session
 * @session: the session
 */
void mux_watchdog_init(struct mux_session *session)
{
	INIT_DELAYED_WORK(&session->watch, look);
}

/**
 * mux_watchdog_start - there is a channel to be watched
 * @session: the session, not over
 *
 * Context: under the session's lock.
 */
void mux_watchdog_start(struct mux_session *session)
{
	queue_delayed_work(mux_workqueue, &session->watch, look_time(session));
}

/**
 * mux_watchdog_stop - end what works here on its own
 * @session: a session that is over
 *
 * Context: process context, not under the config mutex; may sleep.
 */
void mux_watchdog_stop(struct mux_session *session)
{
	cancel_delayed_work_sync(&session->watch);
}
