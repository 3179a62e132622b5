// SPDX-License-Identifier: GPL-2.0
/*
 * A channel's incoming frames, and the worker that receives them. What they mean
 * is for source.c and destination.c, but for those that end a channel.
 *
 * The worker's step can be left at any byte and taken up again: what it is doing
 * is kept in the channel.
 */
#include <linux/list.h>

#include "channel.h"
#include "destination.h"
#include "handshake.h"
#include "incoming.h"
#include "pause.h"
#include "session.h"
#include "sock.h"
#include "source.h"
#include "trailer.h"

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
		mux_channel_begin_drain(channel);
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

/* Where both hosts have said BYE, EOF says that the other has heard ours; but
 * not one that the time-out has made.
 */
static bool is_drained(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	bool drained;

	mux_session_lock(session);
	drained = channel->bye_said && channel->bye_heard &&
		  !channel->in.after_bye && !channel->timed_out;
	mux_session_unlock(session);
	return drained;
}

/**
 * mux_incoming_step - a step of a channel's receiving worker
 * @worker: the worker
 *
 * Context: the worker, not under the session's lock; may sleep.
 * Return: true if there may be more to do, false to wait until it is woken.
 */
bool mux_incoming_step(struct mux_worker *worker)
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
		mux_channel_fail_socket(channel,
					VFIO_MIG_MUX_DIRECTION_RECEIVE, err);
	mux_channel_finish(channel, &channel->rx_done);
	return true;
}

/**
 * mux_incoming_died - the owner of a channel's receiving worker has been killed
 * @worker: the worker
 *
 * Context: the worker, which makes no step any more.
 */
void mux_incoming_died(struct mux_worker *worker)
{
	struct mux_channel *channel = container_of(worker, struct mux_channel,
						   rx);

	mux_session_owner_died(worker->session);
	mux_channel_finish(channel, &channel->rx_done);
}
