// SPDX-License-Identifier: GPL-2.0
/*
 * Limit: a source's channels together send no more than they may.
 *
 * A worker asks before it takes a chunk, be it new, lost or stuck elsewhere,
 * and pays for a full one. What the chunk then turns out to need less, on the
 * wire and with its header, it gets back. A worker that has to wait goes idle
 * like any other, so that whatever ends the session finds it there.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>

#include "limit.h"
#include "rate.h"
#include "session.h"
#include "wire.h"

/* Time before the end of a wait that is too short for a tick to tell, and so
 * is slept through
 */
#define SLEEP_JIFFIES	2

/* The longest wait; a limit of a few bytes per second is in no hurry */
#define WAIT_MAX_NS	NSEC_PER_SEC

static u64 left(struct mux_session *session)
{
	u64 ns;

	mux_session_lock(session);
	ns = mux_session_over(session) ? 0 :
	     mux_rate_wait(&session->rate, ktime_get_ns());
	mux_session_unlock(session);
	return ns;
}

/* The wait is over, but for less than a tick is sure to last */
static void wake(struct work_struct *work)
{
	struct mux_session *session = container_of(to_delayed_work(work),
						   struct mux_session, limit);
	u64 most = jiffies_to_nsecs(SLEEP_JIFFIES + 1);
	u64 ns = min(left(session), most);
	u64 us = DIV_ROUND_UP_ULL(ns, NSEC_PER_USEC);

	if (us)
		usleep_range(us, us + 20);
	mux_session_lock(session);
	/* All: who comes first may find only what it carries itself stuck. */
	mux_session_wake_idle(session);
	mux_session_unlock(session);
}

/**
 * mux_limit_init - prepare a new session
 * @session: the session
 * @bytes_per_second: its limit, 0 for none
 */
void mux_limit_init(struct mux_session *session, u64 bytes_per_second)
{
	mux_rate_set(&session->rate, bytes_per_second, ktime_get_ns());
	INIT_DELAYED_WORK(&session->limit, wake);
}

/**
 * mux_limit_stop - end what works here on its own
 * @session: a session that is over
 *
 * Context: process context; may sleep.
 */
void mux_limit_stop(struct mux_session *session)
{
	cancel_delayed_work_sync(&session->limit);
}

/**
 * mux_limit_set - another limit from now on
 * @session: the session
 * @bytes_per_second: its limit, 0 for none
 *
 * Context: process context, not under the session's lock.
 */
void mux_limit_set(struct mux_session *session, u64 bytes_per_second)
{
	mux_session_lock(session);
	mux_rate_set(&session->rate, bytes_per_second, ktime_get_ns());
	mod_delayed_work(mux_workqueue, &session->limit, 0);
	mux_session_unlock(session);
}

/**
 * mux_limit_holds - whether no chunk may be taken now
 * @session: the session
 *
 * Context: under the session's lock.
 * Return: true if none may; idle workers are woken when one may.
 */
bool mux_limit_holds(struct mux_session *session)
{
	unsigned long ticks;
	u64 ns;

	lockdep_assert_held(&session->lock);
	/* Without a limit nobody need look at the clock. */
	if (!session->rate.limit)
		return false;
	ns = mux_rate_wait(&session->rate, ktime_get_ns());
	if (!ns)
		return false;
	ticks = nsecs_to_jiffies(min(ns, WAIT_MAX_NS));
	if (!mux_session_over(session))
		mod_delayed_work(mux_workqueue, &session->limit,
				 ticks > SLEEP_JIFFIES ?
				 ticks - SLEEP_JIFFIES : 0);
	return true;
}

/**
 * mux_limit_take - a chunk is taken
 * @session: the session
 *
 * Context: under the session's lock.
 */
void mux_limit_take(struct mux_session *session)
{
	lockdep_assert_held(&session->lock);
	if (session->rate.limit)
		mux_rate_take(&session->rate, ktime_get_ns(),
			      MUX_FRAME_SIZE + session->chunk_size);
}

/**
 * mux_limit_return - it is known what the chunk needs
 * @session: the session
 * @used: bytes of it on the wire, 0 if it does not go
 *
 * Context: under the session's lock.
 */
void mux_limit_return(struct mux_session *session, u32 used)
{
	lockdep_assert_held(&session->lock);
	mux_rate_return(&session->rate, MUX_FRAME_SIZE + session->chunk_size,
			used);
}
