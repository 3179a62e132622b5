// SPDX-License-Identifier: GPL-2.0
/*
 * Channel: the states it goes through, from a handshake that has gone well to
 * its end.
 */
#include <linux/netlink.h>

#include "channel.h"
#include "destination.h"
#include "notify.h"
#include "outgoing.h"
#include "pause.h"
#include "resend.h"
#include "session.h"
#include "sock.h"
#include "tls_record.h"
#include "trace.h"
#include "umem.h"

/**
 * mux_channel_is_live - whether something new may be put on a channel
 * @channel: the channel
 *
 * Context: under the session's lock.
 * Return: true if it carries frames and has not begun to end.
 */
bool mux_channel_is_live(const struct mux_channel *channel)
{
	return channel->state == VFIO_MIG_MUX_CHANNEL_STATE_LIVE;
}

/**
 * mux_channel_is_failed - whether a channel has failed
 * @channel: the channel
 *
 * Context: under the session's lock.
 * Return: true if so.
 */
bool mux_channel_is_failed(const struct mux_channel *channel)
{
	return channel->state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
}

/**
 * mux_channel_is_over - whether a channel's number may be used again
 * @channel: the channel
 *
 * Context: under the session's lock.
 * Return: true if it has failed or has been removed.
 */
bool mux_channel_is_over(const struct mux_channel *channel)
{
	return mux_channel_is_failed(channel) ||
	       channel->state == VFIO_MIG_MUX_CHANNEL_STATE_CLOSED;
}

/**
 * mux_channel_carries - whether anything is still to come over a channel
 * @channel: the channel
 *
 * Context: under the session's lock.
 * Return: true if it is live, or being removed, of a session that is not over.
 */
bool mux_channel_carries(const struct mux_channel *channel)
{
	return !mux_session_over(channel->session) &&
	       (mux_channel_is_live(channel) ||
		(channel->draining && !mux_channel_is_over(channel)));
}

/**
 * mux_channel_is_closed - whether a channel has come to its end
 * @channel: the channel
 *
 * Context: under the session's lock.
 * Return: true if nothing will be sent or received any more.
 */
bool mux_channel_is_closed(const struct mux_channel *channel)
{
	return channel->tx_done && channel->rx_done;
}

/**
 * mux_channel_wake_all - have all channels look at their session's state
 * @session: the session
 *
 * Context: under the session's lock.
 */
void mux_channel_wake_all(struct mux_session *session)
{
	struct mux_channel *channel;

	lockdep_assert_held(&session->lock);
	list_for_each_entry(channel, &session->channels, node) {
		if (!channel->released)
			mux_worker_wake(&channel->tx);
	}
}

/**
 * mux_channel_all_closed - whether all channels have come to their end
 * @session: the session
 *
 * Context: not under the session's lock.
 * Return: true if no worker will send or receive any more.
 */
bool mux_channel_all_closed(struct mux_session *session)
{
	struct mux_channel *channel;
	bool closed = true;

	mux_session_lock(session);
	list_for_each_entry(channel, &session->channels, node)
		closed &= mux_channel_is_closed(channel);
	mux_session_unlock(session);
	return closed;
}

static void drop_spare(struct mux_channel *channel)
{
	lockdep_assert_held(&channel->session->lock);
	if (channel->in.spare)
		mux_slot_put(channel->session->umem, channel->in.spare);
	channel->in.spare = NULL;
}

/* The channel has left the session, which goes on: what it held is free, and
 * a handshake may have waited for that.
 */
static void leave_session(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_channel *other;

	lockdep_assert_held(&session->lock);
	if (channel->rx_done)
		drop_spare(channel);
	if (mux_channel_is_closed(channel))
		queue_work(mux_workqueue, &session->reap);
	list_for_each_entry(other, &session->channels, node) {
		if (other->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE)
			mux_worker_wake(&other->rx);
	}
}

/**
 * mux_channel_finish - one direction is done; with the other the channel is
 *	closed
 * @channel: the channel
 * @done: its @tx_done or @rx_done
 *
 * Context: the worker of that direction, not under the session's lock.
 */
void mux_channel_finish(struct mux_channel *channel, bool *done)
{
	struct mux_session *session = channel->session;

	mux_session_lock(session);
	*done = true;
	if (channel->tx_done)
		mux_outgoing_drop(channel);
	if (mux_channel_is_closed(channel) &&
	    channel->state == VFIO_MIG_MUX_CHANNEL_STATE_CLOSING) {
		channel->state = VFIO_MIG_MUX_CHANNEL_STATE_CLOSED;
		if (mux_session_is_source(session))
			mux_resend_forget(channel);
		mux_notify_channel(channel);
	}
	if (!mux_session_over(session))
		leave_session(channel);
	mux_session_unlock(session);
	wake_up_all(&session->quiet);
}

/**
 * mux_channel_live - the handshake has gone well
 * @channel: the channel; the caller is its receiving worker
 *
 * Context: the worker, not under the session's lock; may sleep.
 */
void mux_channel_live(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;

	mux_session_lock(session);
	channel->state = VFIO_MIG_MUX_CHANNEL_STATE_LIVE;
	session->channels_live++;
	session->channels_lived |= BIT_ULL(channel->number);
	if (!mux_session_is_source(session))
		channel->in.spare = mux_slot_get(session->umem);
	mux_worker_wake(&channel->tx);
	mux_notify_channel(channel);
	mux_session_channel_live(session);
	if (!mux_session_over(session))
		mux_watchdog_start(session);
	mux_session_unlock(session);
}

/**
 * mux_channel_leave - the session is over before the handshake is
 * @channel: a channel of a source that has said HELLO; its handshake has ended
 *
 * On the destination the channel may be live already, and a channel that is
 * live does not end without a good-bye.
 *
 * Context: its receiving worker, not under the session's lock; may sleep.
 */
void mux_channel_leave(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;

	mux_session_lock(session);
	channel->state = VFIO_MIG_MUX_CHANNEL_STATE_CLOSING;
	mux_worker_wake(&channel->tx);
	mux_notify_channel(channel);
	mux_session_unlock(session);
}

/* What was on the channel has to go over another one */
static void leave_behind(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;

	if (mux_session_is_source(session))
		mux_resend_lose(channel);
	else
		mux_destination_ack_again(session);
}

/* The channel does not carry frames any more */
static void set_failed(struct mux_channel *channel,
		       const struct mux_error *error)
{
	struct mux_session *session = channel->session;

	lockdep_assert_held(&session->lock);
	if (mux_channel_is_live(channel))
		session->channels_live--;
	channel->state = VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
	channel->error = *error;
	/* Who looks for somebody to do something must not find this one. */
	list_del_init(&channel->tx.idle);
	mux_notify_channel(channel);
	trace_mux_channel_fail(channel);
}

/* A channel fails, the session goes on without it. Its workers leave when the
 * socket is cut: at once, or after a last word. One that is inside a driver
 * leaves when the driver returns: a read that is torn loses bytes.
 */
static void fail_alone(struct mux_channel *channel,
		       const struct mux_error *error, bool tell)
{
	struct mux_session *session = channel->session;
	unsigned int linger_ms = 0;

	set_failed(channel, error);
	/* After BYE a bare end would say that all has been received. */
	tell |= channel->bye_said;
	channel->tell = tell;
	leave_behind(channel);
	mux_pause_check(session, error);
	mux_channel_wake_all(session);
	if (tell || mux_session_over(session))
		linger_ms = MUX_LINGER_MS;
	mod_delayed_work(mux_workqueue, &channel->timeout,
			 msecs_to_jiffies(linger_ms));
}

/**
 * mux_channel_fail - a live channel cannot go on, its session can
 * @channel: the channel
 * @error: why
 * @tell: the other host does not know and can be told
 *
 * Context: process context, not under the session's lock.
 */
void mux_channel_fail(struct mux_channel *channel,
		      const struct mux_error *error, bool tell)
{
	struct mux_session *session = channel->session;

	mux_session_lock(session);
	if (mux_channel_carries(channel))
		fail_alone(channel, error, tell);
	mux_session_unlock(session);
}

/**
 * mux_channel_fail_session - a live channel cannot go on, nor can its session
 * @channel: the channel, whose peer has broken the protocol
 * @error: how
 *
 * Both hosts are told on every channel, this one included.
 *
 * Context: process context, not under the session's lock.
 */
void mux_channel_fail_session(struct mux_channel *channel,
			      const struct mux_error *error)
{
	struct mux_session *session = channel->session;

	mux_session_lock(session);
	if (mux_channel_carries(channel)) {
		set_failed(channel, error);
		mux_session_end_locked(session,
				       VFIO_MIG_MUX_SESSION_STATE_FAILED,
				       error);
	}
	mux_session_unlock(session);
}

/**
 * mux_channel_displace - the other host has given a channel up for a new one
 * @channel: a channel that is not over, of a session that is not over
 *
 * Context: under the session's lock.
 */
void mux_channel_displace(struct mux_channel *channel)
{
	struct mux_error error;

	mux_error_set_channel(&error, channel, VFIO_MIG_MUX_DIRECTION_RECEIVE,
			      -ECONNRESET, "displaced by a new channel");
	fail_alone(channel, &error, false);
}

/**
 * mux_channel_supersede - another channel takes a channel's number
 * @channel: a channel that is over, of a session that is not over
 *
 * Context: under the session's lock.
 */
void mux_channel_supersede(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;

	lockdep_assert_held(&session->lock);
	channel->superseded = true;
	if (!channel->released)
		mod_delayed_work(mux_workqueue, &channel->timeout, 0);
	queue_work(mux_workqueue, &session->reap);
}

/**
 * mux_channel_stillborn - a channel will not come to life
 * @channel: the channel; its handshake has ended
 * @error: why
 *
 * Nothing more is sent. What the other host has sent is still received for a
 * moment, so that it gets to read what was sent to it.
 *
 * Context: its receiving worker, not under the session's lock; may sleep.
 */
void mux_channel_stillborn(struct mux_channel *channel,
			   const struct mux_error *error)
{
	struct mux_session *session = channel->session;

	mux_sock_shutdown(channel->sock, false);
	mux_session_lock(session);
	channel->state = VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
	channel->error = *error;
	channel->tx_done = true;
	mux_notify_channel(channel);
	mod_delayed_work(mux_workqueue, &channel->timeout,
			 msecs_to_jiffies(MUX_LINGER_MS));
	mux_session_unlock(session);
	trace_mux_channel_fail(channel);
}

/**
 * mux_channel_fail_socket - a channel's socket has failed
 * @channel: the channel
 * @direction: which worker has found out
 * @err: what the socket has returned, %-ENODATA for the end of the stream
 *
 * Context: process context, not under the session's lock.
 */
void mux_channel_fail_socket(struct mux_channel *channel,
			     enum vfio_mig_mux_direction direction, int err)
{
	bool sending = direction == VFIO_MIG_MUX_DIRECTION_SEND;
	struct mux_session *session = channel->session;
	struct mux_error error;
	const char *what;
	bool timed_out;

	mux_session_lock(session);
	timed_out = channel->timed_out;
	mux_session_unlock(session);

	what = sending ? NULL : mux_tls_strerror(channel->sock, err);
	if (!what)
		what = sending ? "sending failed" : "receiving failed";
	if (timed_out) {
		what = "its end was not answered in time";
		err = -ETIMEDOUT;
	} else if (err == -ENODATA) {
		what = "closed by the other host without BYE";
		err = -ECONNRESET;
	}
	mux_error_set_channel(&error, channel, direction, err, "%s", what);
	mux_channel_fail(channel, &error, false);
}

/**
 * mux_channel_begin_drain - nothing new is put on a channel, what is on it
 *	arrives
 * @channel: a channel that is live
 *
 * Context: under the session's lock.
 */
void mux_channel_begin_drain(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;

	lockdep_assert_held(&session->lock);
	channel->state = VFIO_MIG_MUX_CHANNEL_STATE_CLOSING;
	channel->draining = true;
	session->channels_live--;
	list_del_init(&channel->tx.idle);
	mux_notify_channel(channel);
	/* It may have been woken for work that it does not do any more. */
	mux_channel_wake_all(session);
}

/**
 * mux_channel_drain - remove a channel
 * @channel: the channel
 * @extack: told what is wrong
 *
 * What is on it still arrives; how that goes is notified.
 *
 * Context: under the session's lock.
 * Return: 0, %-EINVAL it is not live, or %-EBUSY there is no other.
 */
int mux_channel_drain(struct mux_channel *channel,
		      struct netlink_ext_ack *extack)
{
	struct mux_session *session = channel->session;

	lockdep_assert_held(&session->lock);
	if (!mux_channel_is_live(channel)) {
		NL_SET_ERR_MSG_FMT(extack, "channel %u is not live",
				   channel->number);
		return -EINVAL;
	}
	if (session->channels_live == 1) {
		NL_SET_ERR_MSG_FMT(extack, "channel %u is the only live one of session %u",
				   channel->number, session->id);
		return -EBUSY;
	}
	mux_channel_begin_drain(channel);
	return 0;
}
