// SPDX-License-Identifier: GPL-2.0
/*
 * Pause: a session that has lost its last channel waits for another one.
 *
 * Nothing else happens to it meanwhile. On the source everything that is not
 * acknowledged is marked as lost by then (resend.c), on the destination every
 * ACK as due again, and whichever channel comes first takes up both.
 */
#include <linux/jiffies.h>

#include "error.h"
#include "notify.h"
#include "pause.h"
#include "session.h"

static void pause_over(struct work_struct *work)
{
	struct mux_session *session = container_of(to_delayed_work(work),
						   struct mux_session, resume);
	unsigned long now = jiffies;
	struct mux_error error;

	mux_session_lock(session);
	if (session->state != VFIO_MIG_MUX_SESSION_STATE_PAUSED)
		goto out;
	/* It may be a later pause than the one this was meant for. */
	if (time_before(now, session->paused_until)) {
		mod_delayed_work(mux_workqueue, &session->resume,
				 session->paused_until - now);
		goto out;
	}
	mux_error_set(&error, -ETIMEDOUT,
		      "no new channel within %u ms, of the last one: %s",
		      session->resume_timeout, session->pause_error.what.text);
	mux_session_end_locked(session, VFIO_MIG_MUX_SESSION_STATE_FAILED,
			       &error);
out:
	mux_session_unlock(session);
}

/**
 * mux_pause_init - prepare a new session
 * @session: the session
 */
void mux_pause_init(struct mux_session *session)
{
	INIT_DELAYED_WORK(&session->resume, pause_over);
}

/**
 * mux_pause_check - a channel has gone: was it the last?
 * @session: its session
 * @error: why it has gone
 *
 * Context: under the session's lock.
 */
void mux_pause_check(struct mux_session *session,
		     const struct mux_error *error)
{
	unsigned long timeout = msecs_to_jiffies(session->resume_timeout);

	lockdep_assert_held(&session->lock);
	if (session->channels_live ||
	    session->state != VFIO_MIG_MUX_SESSION_STATE_ACTIVE)
		return;
	if (!timeout) {
		mux_session_end_locked(session,
				       VFIO_MIG_MUX_SESSION_STATE_FAILED,
				       error);
		return;
	}
	session->pause_error = *error;
	session->paused_until = jiffies + timeout;
	WRITE_ONCE(session->state, VFIO_MIG_MUX_SESSION_STATE_PAUSED);
	mux_notify_session(session);
	mod_delayed_work(mux_workqueue, &session->resume, timeout);
}

/**
 * mux_pause_end - a channel has come to life
 * @session: its session
 *
 * Context: under the session's lock.
 */
void mux_pause_end(struct mux_session *session)
{
	lockdep_assert_held(&session->lock);
	cancel_delayed_work(&session->resume);
}

/**
 * mux_pause_stop - end what works here on its own
 * @session: a session that is over
 *
 * Context: process context; may sleep.
 */
void mux_pause_stop(struct mux_session *session)
{
	cancel_delayed_work_sync(&session->resume);
}
