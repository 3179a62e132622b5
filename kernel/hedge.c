// SPDX-License-Identifier: GPL-2.0
/*
 * Hedging: which chunk to send a second time because all wait for it.
 *
 * Chunks are loaded in order, so the first one that is not yet loaded holds up
 * the window, and at the end of a stream the END. If it is stuck on a slow
 * channel while another has nothing to do, that one sends it too, and the
 * destination drops whichever copy comes last. There is never a third copy.
 *
 * A chunk is stuck if the other host's TCP has not received all of it in
 * several times the time in which chunks have been acknowledged lately. If it
 * has, the destination only has to load it, and another copy would not help.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>

#include "channel.h"
#include "device.h"
#include "hedge.h"
#include "session.h"
#include "sock.h"
#include "umem.h"

/* A chunk is stuck after so many times what is usual, never sooner than the
 * least, and after the first if nothing is known yet
 */
#define DELAY_FACTOR	3
#define DELAY_MIN_NS	(20 * NSEC_PER_MSEC)
#define DELAY_FIRST_NS	(200 * NSEC_PER_MSEC)

static void wake_idle(struct work_struct *work)
{
	struct mux_session *session = container_of(to_delayed_work(work),
						   struct mux_session, hedge);

	/* All: the first may be the very one that the chunk is stuck on. */
	mux_session_lock(session);
	mux_session_wake_idle(session);
	mux_session_unlock(session);
}

/**
 * mux_hedge_init - prepare a new session
 * @session: the session
 */
void mux_hedge_init(struct mux_session *session)
{
	INIT_DELAYED_WORK(&session->hedge, wake_idle);
}

/**
 * mux_hedge_stop - end what works here on its own
 * @session: a session that is over
 *
 * Context: process context; may sleep.
 */
void mux_hedge_stop(struct mux_session *session)
{
	cancel_delayed_work_sync(&session->hedge);
}

/**
 * mux_hedge_note - chunks have been acknowledged
 * @device: their device
 * @latency: nanoseconds since a channel took the last of them that was taken
 *
 * What was stuck has made all after it late, and must not make the next one
 * that is stuck wait as long: what is usual falls faster than it rises.
 *
 * Context: under the session's lock.
 */
void mux_hedge_note(struct mux_device *device, u64 latency)
{
	u64 *usual = &device->source.latency;

	if (!*usual)
		*usual = latency;
	else if (latency < *usual)
		*usual -= (*usual - latency) / 8;
	else
		*usual += min(latency - *usual, *usual) / 32;
}

static u64 delay_of(const struct mux_device *device)
{
	u64 latency = device->source.latency;

	if (!latency)
		return DELAY_FIRST_NS;
	return max(DELAY_FACTOR * latency, DELAY_MIN_NS);
}

/* Whether nothing goes on before the first chunk is loaded */
static bool is_held_up(const struct mux_device *device)
{
	const struct mux_device_source *source = &device->source;

	if (source->window.loaded == source->window.next || source->reading)
		return false;
	return device->state != VFIO_MIG_MUX_DEVICE_STATE_STREAMING ||
	       !mux_window_open(&source->window) ||
	       !device->session->umem->nr_free;
}

/* Whether a chunk is on one channel, which could be the reason */
static bool is_single(const struct mux_flight *flight)
{
	return flight->channel && !flight->second &&
	       flight->state != MUX_FLIGHT_READ;
}

/* Whether a channel has something to deliver, the chunk included */
static bool is_under_way(const struct mux_flight *flight)
{
	u32 acked;

	if (!mux_sock_pending(flight->channel->sock, &acked))
		return false;
	return !flight->handed || (s32)(flight->end_seq - acked) > 0;
}

static void arm(struct mux_session *session, u64 ns)
{
	unsigned long ticks = nsecs_to_jiffies(ns) + 1;

	/* One device must not wait for what is due later for another. */
	if (!delayed_work_pending(&session->hedge) ||
	    time_before(jiffies + ticks, session->hedge.timer.expires))
		mod_delayed_work(mux_workqueue, &session->hedge, ticks);
}

/**
 * mux_hedge_arm - have somebody look for a chunk that is stuck, in due time
 * @session: a session that is a source, where nothing else is to be done
 *
 * Context: under the session's lock.
 */
void mux_hedge_arm(struct mux_session *session)
{
	u32 i;

	if (mux_session_over(session) || session->channels_live < 2 ||
	    delayed_work_pending(&session->hedge))
		return;
	for (i = 0; i < session->nr_devices; i++) {
		struct mux_device *device = session->devices[i];

		if (is_held_up(device) &&
		    is_single(mux_flight_of(device,
					    device->source.window.loaded))) {
			arm(session, delay_of(device));
			return;
		}
	}
}

/**
 * mux_hedge_pick - find a chunk to send a second time
 * @channel: a live channel with nothing else to do
 * @now: the time, in nanoseconds
 * @index: set to the chunk's index
 *
 * If a chunk may be stuck, but not for long enough, an idle channel is going
 * to be woken.
 *
 * Context: under the session's lock.
 * Return: the chunk's device, or %NULL.
 */
struct mux_device *mux_hedge_pick(struct mux_channel *channel, u64 now,
				  u64 *index)
{
	struct mux_session *session = channel->session;
	u64 wait = U64_MAX;
	u32 i;

	lockdep_assert_held(&session->lock);
	for (i = 0; i < session->nr_devices; i++) {
		struct mux_device *device = session->devices[i];
		struct mux_flight *flight;
		u64 due;

		if (!is_held_up(device))
			continue;
		flight = mux_flight_of(device, device->source.window.loaded);
		if (!is_single(flight))
			continue;
		due = flight->taken + delay_of(device);
		if (now < due) {
			wait = min(wait, due - now);
		} else if (!is_under_way(flight)) {
			wait = min(wait, delay_of(device));
		} else if (flight->channel != channel) {
			*index = device->source.window.loaded;
			return device;
		}
	}
	if (wait != U64_MAX && session->channels_live > 1)
		arm(session, wait);
	return NULL;
}
