// SPDX-License-Identifier: GPL-2.0
/*
 * Pace: how fast a source's channels are, and which had better rest.
 *
 * A channel takes a chunk whenever it can (source.c). One that is very much
 * slower than the others would take chunks that all of them wait for in the
 * end, with the window full. It rests instead, and takes a chunk now and then
 * only to see whether it is still so slow.
 *
 * The rate is what the other host's TCP has acknowledged in the time in which
 * there was something to acknowledge. A channel that has always emptied its
 * socket is not what anybody waits for, and has no rate.
 */
#include <linux/ktime.h>
#include <linux/math64.h>

#include "channel.h"
#include "device.h"
#include "pace.h"
#include "session.h"
#include "sock.h"

/* Time that a rate is taken over, at least */
#define SAMPLE_NS	(20 * NSEC_PER_MSEC)

/* How much slower than the fastest one a channel must be to rest, and how long
 * it does
 */
#define REST_RATIO	4
#define REST_MS		1000

static void probe(struct work_struct *work)
{
	struct mux_session *session = container_of(to_delayed_work(work),
						   struct mux_session, probe);

	mux_session_lock(session);
	mux_channel_wake_all(session);
	mux_session_unlock(session);
}

/**
 * mux_pace_init - prepare a new session
 * @session: the session
 */
void mux_pace_init(struct mux_session *session)
{
	INIT_DELAYED_WORK(&session->probe, probe);
}

/**
 * mux_pace_stop - end what works here on its own
 * @session: a session that is over
 *
 * Context: process context; may sleep.
 */
void mux_pace_stop(struct mux_session *session)
{
	cancel_delayed_work_sync(&session->probe);
}

/**
 * mux_pace_begin - a channel has something to send
 * @channel: the channel
 * @now: the time, in nanoseconds
 *
 * Context: under the session's lock.
 */
void mux_pace_begin(struct mux_channel *channel, u64 now)
{
	struct mux_pace *pace = &channel->pace;

	if (pace->since)
		return;
	pace->since = now;
	mux_sock_backlog(channel->sock, &pace->acked);
}

/* Bytes per second since the sample began; some time must have passed */
static u64 rate_since(const struct mux_pace *pace, u64 acked, u64 now)
{
	return mul_u64_u64_div_u64(acked - pace->acked, NSEC_PER_SEC,
				   now - pace->since);
}

/* Looks at what has been acknowledged; returns what has not */
static u32 take_sample(struct mux_channel *channel, u64 now)
{
	struct mux_pace *pace = &channel->pace;
	u64 acked, rate;
	u32 backlog;

	backlog = mux_sock_backlog(channel->sock, &acked);
	/* If all is acknowledged by now, it is not known since when. If less is
	 * than before, the owner has taken the socket apart.
	 */
	if (pace->since && backlog && acked >= pace->acked &&
	    now - pace->since >= SAMPLE_NS) {
		rate = rate_since(pace, acked, now);
		pace->rate = pace->rate ? (3 * pace->rate + rate) / 4 : rate;
		pace->rate = max(pace->rate, 1);
		pace->since = now;
		pace->acked = acked;
	}
	if (!backlog || acked < pace->acked)
		pace->since = 0;
	return backlog;
}

/* Chunks that may be under way, of whatever device */
static u32 widest_window(const struct mux_session *session)
{
	u32 widest = 0;
	u32 i;

	for (i = 0; i < session->nr_devices; i++)
		widest = max(widest, session->devices[i]->source.window.size);
	return widest;
}

/* A channel's rate; it may have got stuck since it was taken */
static u64 current_rate(struct mux_channel *channel, u64 now)
{
	const struct mux_pace *pace = &channel->pace;
	u64 acked;

	if (!pace->since || now - pace->since < SAMPLE_NS ||
	    !mux_sock_backlog(channel->sock, &acked) || acked < pace->acked)
		return pace->rate;
	return min(pace->rate, rate_since(pace, acked, now));
}

/* Whether the others would be done with a whole window before this channel
 * would be with a chunk
 */
static bool is_slow(struct mux_channel *channel, u32 backlog, u64 now)
{
	struct mux_session *session = channel->session;
	struct mux_channel *other;
	u64 fastest = 0, sum = 0, rate, own, rest;

	if (!channel->pace.rate)
		return false;
	list_for_each_entry(other, &session->channels, node) {
		if (other == channel || !mux_channel_is_live(other))
			continue;
		rate = current_rate(other, now);
		sum += rate;
		fastest = max(fastest, rate);
	}
	if (channel->pace.rate >= fastest / REST_RATIO)
		return false;
	own = div64_u64(((u64)backlog + session->chunk_size) * MSEC_PER_SEC,
			channel->pace.rate);
	rest = div64_u64((u64)widest_window(session) * session->chunk_size *
			 MSEC_PER_SEC, sum);
	return own > rest;
}

/**
 * mux_pace_pause - a channel has nothing to send for now
 * @channel: the channel
 *
 * Context: under the session's lock.
 */
void mux_pace_pause(struct mux_channel *channel)
{
	channel->pace.since = 0;
}

/**
 * mux_pace_rests - whether a channel had better not take a chunk
 * @channel: a live channel with nothing to send
 * @now: the time, in nanoseconds
 *
 * Context: under the session's lock.
 * Return: true if it should not; it is woken to ask again.
 */
bool mux_pace_rests(struct mux_channel *channel, u64 now)
{
	struct mux_session *session = channel->session;
	struct mux_pace *pace = &channel->pace;
	u32 backlog;

	lockdep_assert_held(&session->lock);
	backlog = take_sample(channel, now);
	/* Whether it still is so slow takes more than one chunk to see. */
	if (pace->rest_until && now >= pace->rest_until)
		pace->rate = 0;
	if (!is_slow(channel, backlog, now)) {
		pace->rest_until = 0;
		return false;
	}
	if (!pace->rest_until)
		pace->rest_until = now + (u64)REST_MS * NSEC_PER_MSEC;
	queue_delayed_work(mux_workqueue, &session->probe,
			   msecs_to_jiffies(REST_MS) + 1);
	return true;
}
