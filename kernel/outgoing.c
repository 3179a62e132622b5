// SPDX-License-Identifier: GPL-2.0
/*
 * A channel's outgoing frames, and the worker that sends them. What they say
 * while the session lasts is for source.c and destination.c; here are the words
 * that end a channel.
 *
 * The worker's step can be left at any byte and taken up again: what it is doing
 * is kept in the channel.
 */
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/net.h>
#include <linux/socket.h>

#include "channel.h"
#include "destination.h"
#include "notify.h"
#include "outgoing.h"
#include "session.h"
#include "sock.h"
#include "source.h"
#include "umem.h"

/**
 * mux_outgoing_drop - the outgoing frame is sent or will never be
 * @channel: the channel
 *
 * Gives its slot back.
 *
 * Context: under the session's lock.
 */
void mux_outgoing_drop(struct mux_channel *channel)
{
	struct mux_outgoing *out = &channel->out;

	lockdep_assert_held(&channel->session->lock);
	out->busy = false;
	out->chunk = false;
	if (out->slot)
		mux_slot_put(channel->session->umem, out->slot);
	out->slot = NULL;
}

/**
 * mux_outgoing_put_frame - have a channel send a frame next
 * @channel: the channel, which is not busy; its sending worker calls, or
 *	nobody else can. A chunk's payload is in its outgoing slot already.
 * @frame: the header
 */
void mux_outgoing_put_frame(struct mux_channel *channel,
			    const struct mux_frame *frame)
{
	struct mux_outgoing *out = &channel->out;

	mux_frame_encode(out->head, frame);
	mux_outgoing_put_message(channel, out->head, MUX_FRAME_SIZE);
}

/**
 * mux_outgoing_put_message - have a channel send frames next that are made
 * @channel: as for mux_outgoing_put_frame()
 * @message: the frames; not changed as long as the channel has workers
 * @length: bytes of @message
 */
void mux_outgoing_put_message(struct mux_channel *channel, const u8 *message,
			      u32 length)
{
	struct mux_outgoing *out = &channel->out;

	out->message = message;
	out->head_length = length;
	out->head_done = 0;
	out->busy = true;
}

static void put_abort(struct mux_channel *channel,
		      const struct mux_error *error, u8 flags)
{
	struct mux_outgoing *out = &channel->out;
	struct mux_frame frame = {
		.type = MUX_FRAME_ABORT,
		.flags = flags,
	};

	frame.length = mux_abort_encode(out->head + MUX_FRAME_SIZE,
					&error->what);
	frame.payload_crc = mux_payload_crc(out->head + MUX_FRAME_SIZE,
					    frame.length);
	mux_outgoing_put_frame(channel, &frame);
	out->head_length += frame.length;
}

/* The session is over: say so, once, after the frame of which a part has been
 * sent already. Returns false if the other host knows.
 */
static bool put_farewell(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	static const struct mux_frame bye = { .type = MUX_FRAME_BYE };
	const struct mux_error *error = &session->error;
	struct mux_outgoing *out = &channel->out;

	lockdep_assert_held(&session->lock);
	if (mux_channel_is_live(channel)) {
		channel->state = VFIO_MIG_MUX_CHANNEL_STATE_CLOSING;
		session->channels_live--;
		mux_notify_channel(channel);
	}
	if (error->what.code &&
	    error->origin == VFIO_MIG_MUX_ERROR_ORIGIN_PEER)
		return false;
	if (out->busy && (out->head_done || out->last))
		return true;
	if (channel->bye_said)
		return false;
	mux_outgoing_drop(channel);
	if (session->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED)
		mux_outgoing_put_frame(channel, &bye);
	else
		put_abort(channel, error,
			  error->by_owner ? MUX_ABORT_BY_OWNER : 0);
	out->last = true;
	return true;
}

/* The channel has failed: say why, as above, if the other host is to know */
static bool put_reason(struct mux_channel *channel)
{
	struct mux_outgoing *out = &channel->out;

	lockdep_assert_held(&channel->session->lock);
	if (!channel->tell)
		return false;
	if (out->busy && (out->head_done || out->last))
		return true;
	mux_outgoing_drop(channel);
	put_abort(channel, &channel->error, MUX_ABORT_CHANNEL);
	out->last = true;
	return true;
}

/* The channel is no longer wanted: say so after what is on it. Returns false
 * when both hosts have said so: the end that follows says that the other's has
 * been heard.
 */
static bool put_drain(struct mux_channel *channel)
{
	static const struct mux_frame bye = {
		.type = MUX_FRAME_BYE,
		.flags = MUX_BYE_DRAIN,
	};
	struct mux_session *session = channel->session;

	lockdep_assert_held(&session->lock);
	if (channel->out.busy)
		return true;
	if (channel->bye_said)
		return !channel->bye_heard;
	channel->bye_said = true;
	mux_outgoing_put_frame(channel, &bye);
	/* A host that does not answer has perhaps not received all of it. */
	mod_delayed_work(mux_workqueue, &channel->timeout,
			 msecs_to_jiffies(session->channel_timeout));
	return true;
}

/* A channel or its session nears its end: as put_farewell() */
static bool put_last_word(struct mux_channel *channel)
{
	if (mux_session_over(channel->session))
		return put_farewell(channel);
	if (mux_channel_is_failed(channel))
		return put_reason(channel);
	if (channel->draining)
		return put_drain(channel);
	return true;
}

/* Send what is left of the outgoing frame; as mux_sock_send() */
static int send_outgoing(struct mux_channel *channel, unsigned int flags)
{
	struct mux_outgoing *out = &channel->out;
	int err;

	err = mux_sock_send(channel->sock, out->message, out->head_length,
			    &out->head_done,
			    flags | (out->slot ? MSG_MORE : 0));
	if (!err && out->slot)
		err = mux_sock_send_slot(channel->sock, out->slot, out->length,
					 &out->done, flags);
	return err;
}

/* The same, with a look at the clock for chunks: they may have to wait */
static int send_timed(struct mux_channel *channel)
{
	struct mux_outgoing *out = &channel->out;
	u64 start;
	int err;

	if (!out->chunk)
		return send_outgoing(channel, 0);
	start = ktime_get_ns();
	err = send_outgoing(channel, 0);
	out->took += ktime_get_ns() - start;
	return err;
}

static void finish_sending(struct mux_channel *channel)
{
	mux_sock_shutdown(channel->sock, false);
	mux_channel_finish(channel, &channel->tx_done);
}

static void sent(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_outgoing *out = &channel->out;

	mux_session_lock(session);
	channel->bytes_sent += out->head_length;
	if (out->slot)
		channel->bytes_sent += out->length;
	channel->send_ns += out->took;
	mux_session_unlock(session);

	out->took = 0;
	out->busy = false;
	if (out->chunk)
		mux_source_sent(channel);
	if (out->last)
		finish_sending(channel);
}

/**
 * mux_outgoing_step - a step of a channel's sending worker
 * @worker: the worker
 *
 * Context: the worker, not under the session's lock; may sleep.
 * Return: true if there may be more to do, false to wait until it is woken.
 */
bool mux_outgoing_step(struct mux_worker *worker)
{
	struct mux_channel *channel = container_of(worker, struct mux_channel,
						   tx);
	struct mux_session *session = channel->session;
	bool speak, draining;
	int err;

	mux_session_lock(session);
	list_del_init(&worker->idle);
	if (channel->tx_done ||
	    channel->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE) {
		mux_session_unlock(session);
		return false;
	}
	speak = put_last_word(channel);
	draining = channel->draining;
	mux_session_unlock(session);

	if (!speak) {
		finish_sending(channel);
		return true;
	}
	/* Its receiving worker wakes it when the other host has answered. */
	if (!channel->out.busy && draining)
		return false;
	if (!channel->out.busy)
		return mux_session_is_source(session) ?
		       mux_source_pull(channel) : mux_destination_pull(channel);

	err = send_timed(channel);
	if (!err) {
		sent(channel);
	} else if (err != -EINTR) {
		mux_channel_fail_socket(channel, VFIO_MIG_MUX_DIRECTION_SEND,
					err);
		finish_sending(channel);
	}
	return true;
}

/**
 * mux_outgoing_died - the owner of a channel's sending worker has been killed
 * @worker: the worker
 *
 * No more waiting, but what fits is still sent.
 *
 * Context: the worker, which makes no step any more.
 */
void mux_outgoing_died(struct mux_worker *worker)
{
	struct mux_channel *channel = container_of(worker, struct mux_channel,
						   tx);
	struct mux_session *session = channel->session;
	bool speak;

	mux_session_owner_died(session);
	if (channel->out.busy && !channel->out.last && channel->out.head_done &&
	    !send_outgoing(channel, MSG_DONTWAIT))
		channel->out.busy = false;

	mux_session_lock(session);
	list_del_init(&worker->idle);
	speak = !channel->tx_done &&
		channel->state != VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE &&
		put_farewell(channel);
	mux_session_unlock(session);
	if (speak && channel->out.last)
		send_outgoing(channel, MSG_DONTWAIT);
	finish_sending(channel);
}
