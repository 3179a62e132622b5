// SPDX-License-Identifier: GPL-2.0
/*
 * Channel: its life, from channel-new to the end of the session, and the two
 * workers that move frames. What a frame means is for source.c and
 * destination.c.
 *
 * A worker's step can be left at any byte and taken up again: what it is
 * doing is kept in the channel.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/netlink.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "channel.h"
#include "destination.h"
#include "handshake.h"
#include "notify.h"
#include "pause.h"
#include "resend.h"
#include "session.h"
#include "sock.h"
#include "source.h"
#include "tls_record.h"
#include "trace.h"
#include "trailer.h"
#include "umem.h"

/* Bytes that may wait in a source's socket: a chunk, and no less than this */
#define QUEUE_MIN	SZ_128K

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

static bool is_failed(const struct mux_channel *channel)
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
	return is_failed(channel) ||
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

static bool is_closed(const struct mux_channel *channel)
{
	return channel->tx_done && channel->rx_done;
}

/* The outgoing frame is sent or will never be */
static void drop_outgoing(struct mux_channel *channel)
{
	struct mux_outgoing *out = &channel->out;

	lockdep_assert_held(&channel->session->lock);
	out->busy = false;
	out->chunk = false;
	if (out->slot)
		mux_slot_put(channel->session->umem, out->slot);
	out->slot = NULL;
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
	if (is_closed(channel))
		queue_work(mux_workqueue, &session->reap);
	list_for_each_entry(other, &session->channels, node) {
		if (other->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE)
			mux_worker_wake(&other->rx);
	}
}

/* One direction is done; with the other the channel is closed */
static void finish(struct mux_channel *channel, bool *done)
{
	struct mux_session *session = channel->session;

	mux_session_lock(session);
	*done = true;
	if (channel->tx_done)
		drop_outgoing(channel);
	if (is_closed(channel) &&
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

static void finish_sending(struct mux_channel *channel)
{
	mux_sock_shutdown(channel->sock, false);
	finish(channel, &channel->tx_done);
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

static void fail_socket(struct mux_channel *channel,
			enum vfio_mig_mux_direction direction, int err)
{
	bool sending = direction == VFIO_MIG_MUX_DIRECTION_SEND;
	struct mux_error error;
	const char *what;

	what = sending ? NULL : mux_tls_strerror(channel->sock, err);
	if (!what)
		what = sending ? "sending failed" : "receiving failed";
	if (err == -ENODATA) {
		what = "closed by the other host without BYE";
		err = -ECONNRESET;
	}
	mux_error_set_channel(&error, channel, direction, err, "%s", what);
	mux_channel_fail(channel, &error, false);
}

/**
 * mux_channel_put_frame - have a channel send a frame next
 * @channel: the channel, which is not busy; its sending worker calls, or
 *	nobody else can. A chunk's payload is in its outgoing slot already.
 * @frame: the header
 */
void mux_channel_put_frame(struct mux_channel *channel,
			   const struct mux_frame *frame)
{
	struct mux_outgoing *out = &channel->out;

	mux_frame_encode(out->head, frame);
	mux_channel_put_message(channel, out->head, MUX_FRAME_SIZE);
}

/**
 * mux_channel_put_message - have a channel send frames next that are made
 * @channel: as for mux_channel_put_frame()
 * @message: the frames; not changed as long as the channel has workers
 * @length: bytes of @message
 */
void mux_channel_put_message(struct mux_channel *channel, const u8 *message,
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
	mux_channel_put_frame(channel, &frame);
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
	drop_outgoing(channel);
	if (session->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED)
		mux_channel_put_frame(channel, &bye);
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
	drop_outgoing(channel);
	put_abort(channel, &channel->error, MUX_ABORT_CHANNEL);
	out->last = true;
	return true;
}

/* The channel is no longer wanted: say so after what is on it. Returns false
 * when the other host has said so too, and so has received all of it.
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
	mux_channel_put_frame(channel, &bye);
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
	if (is_failed(channel))
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

static bool tx_step(struct mux_worker *worker)
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
		fail_socket(channel, VFIO_MIG_MUX_DIRECTION_SEND, err);
		finish_sending(channel);
	}
	return true;
}

/* The owner has been killed: no more waiting, but what fits is still sent */
static void tx_died(struct mux_worker *worker)
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

static void rx_died(struct mux_worker *worker)
{
	struct mux_channel *channel = container_of(worker, struct mux_channel,
						   rx);

	mux_session_owner_died(worker->session);
	finish(channel, &channel->rx_done);
}

static void take_abort(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	const struct mux_frame *frame = &channel->in.frame;
	const u8 *payload = channel->in.head + MUX_FRAME_SIZE;
	bool by_owner = frame->flags & MUX_ABORT_BY_OWNER;
	bool alone = frame->flags & MUX_ABORT_CHANNEL;
	enum mux_wire_verdict verdict;
	const char *fault = NULL;
	struct mux_error error;
	struct mux_abort abort;

	verdict = mux_abort_decode(payload, frame->length, &abort);
	if (mux_payload_crc(payload, frame->length) != frame->payload_crc)
		fault = "checksum is wrong";
	else if (verdict != MUX_WIRE_OK)
		fault = mux_wire_strverdict(verdict);
	if (fault) {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EPROTO,
				      "ABORT frame: %s", fault);
		/* Of whatever it was meant to tell, this much is certain. */
		if (alone)
			mux_channel_fail(channel, &error, false);
		else
			mux_channel_fail_session(channel, &error);
		return;
	}
	mux_error_set_peer(&error, &abort, by_owner);
	if (alone) {
		mux_channel_fail(channel, &error, false);
		return;
	}
	mux_session_end(session, by_owner ? VFIO_MIG_MUX_SESSION_STATE_ABORTED :
					    VFIO_MIG_MUX_SESSION_STATE_FAILED,
			&error);
}

static void begin_drain(struct mux_channel *channel)
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

/* The other host puts nothing more on the channel */
static void take_drain(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_error error;

	mux_error_set_channel(&error, channel, VFIO_MIG_MUX_DIRECTION_RECEIVE,
			      -ESHUTDOWN, "removed by the other host");
	mux_session_lock(session);
	channel->bye_heard = true;
	if (mux_channel_is_live(channel) && !mux_session_over(session)) {
		begin_drain(channel);
		mux_pause_check(session, &error);
	}
	mux_worker_wake(&channel->tx);
	mux_session_unlock(session);
}

static void take_bye(struct mux_channel *channel)
{
	struct mux_error error;

	if (channel->in.frame.flags & MUX_BYE_DRAIN) {
		take_drain(channel);
		return;
	}
	if (!mux_session_is_source(channel->session)) {
		mux_destination_bye(channel);
		return;
	}
	mux_error_set_channel(&error, channel, VFIO_MIG_MUX_DIRECTION_RECEIVE,
			      -EPROTO, "BYE before everything was loaded");
	mux_channel_fail_session(channel, &error);
}

/* A whole frame is there */
static void dispatch(struct mux_channel *channel)
{
	const struct mux_frame *frame = &channel->in.frame;

	switch (frame->type) {
	case MUX_FRAME_DATA:
	case MUX_FRAME_ZERO:
		mux_destination_place(channel, frame);
		break;
	case MUX_FRAME_CONFIG:
		mux_trailer_place(channel, frame);
		break;
	case MUX_FRAME_END:
		mux_destination_end(channel, frame);
		break;
	case MUX_FRAME_ACK:
		mux_source_ack(channel, frame);
		break;
	case MUX_FRAME_ABORT:
		take_abort(channel);
		break;
	case MUX_FRAME_BYE:
		take_bye(channel);
		break;
	}
}

/* A header is there: may its payload come? */
static void accept_header(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_incoming *in = &channel->in;
	const struct mux_wire_rules rules = {
		.chunk_size = session->chunk_size,
		.devices = session->nr_devices,
		.checksum = mux_session_has_checksum(session),
		.zero = mux_session_has_zero(session),
		.trailer = mux_session_has_trailer(session),
		.from_source = !mux_session_is_source(session),
	};
	enum mux_wire_verdict verdict;
	struct mux_error error;
	bool garbled;

	verdict = mux_frame_decode(in->head, &rules, &in->frame);
	garbled = verdict == MUX_WIRE_CRC;
	if (verdict != MUX_WIRE_OK)
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE,
				      garbled ? -EBADMSG : -EPROTO,
				      "%s frame, type %u, device %u, length %u: %s",
				      mux_frame_name(in->frame.type),
				      in->frame.type, in->frame.device,
				      in->frame.length,
				      mux_wire_strverdict(verdict));
	if (garbled) {
		mux_channel_fail(channel, &error, true);
		return;
	}
	if (verdict != MUX_WIRE_OK) {
		mux_channel_fail_session(channel, &error);
		return;
	}
	in->accepted = true;
	in->done = 0;
	if (in->frame.type == MUX_FRAME_DATA ||
	    in->frame.type == MUX_FRAME_ZERO)
		mux_destination_expect(channel, &in->frame);
	else if (in->frame.type == MUX_FRAME_CONFIG)
		mux_trailer_expect(channel, &in->frame);
}

static void count_received(struct mux_channel *channel, u32 bytes)
{
	struct mux_session *session = channel->session;

	mux_session_lock(session);
	channel->bytes_received += bytes;
	mux_session_unlock(session);
}

static int receive_payload(struct mux_channel *channel)
{
	struct mux_incoming *in = &channel->in;

	if (in->frame.type == MUX_FRAME_DATA ||
	    in->frame.type == MUX_FRAME_CONFIG)
		return mux_sock_recv_slot(channel->sock, in->spare,
					  in->frame.length, &in->done);
	return mux_sock_recv(channel->sock, in->head + MUX_FRAME_SIZE,
			     mux_frame_payload(&in->frame), &in->done);
}

/* Receive on; as mux_sock_recv(), 0 whenever the state must be looked at */
static int receive(struct mux_channel *channel)
{
	struct mux_incoming *in = &channel->in;
	int err;

	if (!in->accepted) {
		err = mux_sock_recv(channel->sock, in->head, MUX_FRAME_SIZE,
				    &in->head_done);
		if (err)
			return err;
		count_received(channel, MUX_FRAME_SIZE);
		accept_header(channel);
		return 0;
	}
	err = receive_payload(channel);
	if (err)
		return err;
	count_received(channel, mux_frame_payload(&in->frame));
	dispatch(channel);
	in->accepted = false;
	in->head_done = 0;
	return 0;
}

/* Receive what nobody wants any more: a socket closed with bytes unread resets
 * the connection, and the peer could lose what was sent to it last.
 */
static int discard(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_incoming *in = &channel->in;
	u32 done = 0;
	int err;

	/* After BYE comes the end, or an ABORT if that BYE does not hold. */
	if (in->spare)
		err = mux_sock_recv_slot(channel->sock, in->spare,
					 session->chunk_size, &done);
	else
		err = mux_sock_recv(channel->sock, in->head, sizeof(in->head),
				    &done);
	count_received(channel, done);
	in->after_bye |= done;
	return err;
}

/* Where both hosts have said BYE, EOF says that the other has heard ours */
static bool is_drained(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	bool drained;

	mux_session_lock(session);
	drained = channel->bye_said && channel->bye_heard &&
		  !channel->in.after_bye;
	mux_session_unlock(session);
	return drained;
}

static bool rx_step(struct mux_worker *worker)
{
	struct mux_channel *channel = container_of(worker, struct mux_channel,
						   rx);
	struct mux_session *session = channel->session;
	bool wanted;
	int err;

	mux_session_lock(session);
	if (channel->rx_done || list_empty(&channel->node)) {
		mux_session_unlock(session);
		return false;
	}
	if (channel->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE) {
		mux_session_unlock(session);
		return mux_handshake_step(channel);
	}
	wanted = mux_channel_carries(channel) && !channel->bye_heard;
	mux_session_unlock(session);

	err = wanted ? receive(channel) : discard(channel);
	if (!err || err == -EINTR)
		return true;
	if (err != -ENODATA || !is_drained(channel))
		fail_socket(channel, VFIO_MIG_MUX_DIRECTION_RECEIVE, err);
	finish(channel, &channel->rx_done);
	return true;
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
		closed &= is_closed(channel);
	mux_session_unlock(session);
	return closed;
}

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

	channel->tx.step = tx_step;
	channel->tx.died = tx_died;
	channel->rx.step = rx_step;
	channel->rx.died = rx_died;
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
		channel->tx_done = true;
		channel->rx_done = true;
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
	const struct mux_session *session = channel->session;
	u64 acked;

	if (!mux_session_is_source(session) || channel->unborn)
		return true;
	/* Says who has acknowledged the last chunk; TCP may know better. */
	return (channel->state == VFIO_MIG_MUX_CHANNEL_STATE_CLOSED ||
		session->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED) &&
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
	can = is_closed(channel) && !channel->released;
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
	begin_drain(channel);
	return 0;
}
