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
#include <linux/netlink.h>
#include <linux/slab.h>

#include "channel.h"
#include "destination.h"
#include "handshake.h"
#include "notify.h"
#include "session.h"
#include "sock.h"
#include "source.h"
#include "trace.h"
#include "umem.h"

static bool is_live(const struct mux_channel *channel)
{
	return channel->state == VFIO_MIG_MUX_CHANNEL_STATE_LIVE;
}

static bool is_closed(const struct mux_channel *channel)
{
	return channel->tx_done && channel->rx_done;
}

/* One direction is done; with the other the channel is closed */
static void finish(struct mux_channel *channel, bool *done)
{
	struct mux_session *session = channel->session;
	bool news;

	spin_lock(&session->lock);
	*done = true;
	news = is_closed(channel) &&
	       channel->state == VFIO_MIG_MUX_CHANNEL_STATE_CLOSING;
	if (news) {
		channel->state = VFIO_MIG_MUX_CHANNEL_STATE_CLOSED;
		mux_notify_channel(channel);
	}
	spin_unlock(&session->lock);
	wake_up_all(&session->quiet);
}

static void finish_sending(struct mux_channel *channel)
{
	channel->out.busy = false;
	mux_sock_shutdown(channel->sock, false);
	finish(channel, &channel->tx_done);
}

/**
 * mux_channel_fail - a live channel cannot go on, and its session with it
 * @channel: the channel
 * @error: why
 *
 * It still says why to the other host if it can.
 *
 * Context: one of its workers, not under the session's lock; may sleep.
 */
void mux_channel_fail(struct mux_channel *channel,
		      const struct mux_error *error)
{
	struct mux_session *session = channel->session;
	bool news;

	spin_lock(&session->lock);
	news = is_live(channel) && !mux_session_over(session);
	if (news) {
		channel->state = VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
		channel->error = *error;
		session->channels_live--;
		mux_notify_channel(channel);
	}
	spin_unlock(&session->lock);
	if (!news)
		return;
	trace_mux_channel_fail(channel);
	mux_session_end(session, VFIO_MIG_MUX_SESSION_STATE_FAILED, error);
}

/**
 * mux_channel_stillborn - a channel will not come to life
 * @channel: the channel; its handshake has ended
 * @error: why
 *
 * Nothing more is sent. What the other host has sent is still received, so
 * that it gets to read what was sent to it.
 *
 * Context: its receiving worker, not under the session's lock; may sleep.
 */
void mux_channel_stillborn(struct mux_channel *channel,
			   const struct mux_error *error)
{
	struct mux_session *session = channel->session;

	mux_sock_shutdown(channel->sock, false);
	spin_lock(&session->lock);
	channel->state = VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
	channel->error = *error;
	channel->tx_done = true;
	mux_notify_channel(channel);
	spin_unlock(&session->lock);
	trace_mux_channel_fail(channel);
}

static void fail_socket(struct mux_channel *channel,
			enum vfio_mig_mux_direction direction, int err)
{
	const char *what = direction == VFIO_MIG_MUX_DIRECTION_SEND ?
			   "sending failed" : "receiving failed";
	struct mux_error error;

	if (err == -ENODATA) {
		what = "closed by the other host without BYE";
		err = -ECONNRESET;
	}
	mux_error_set_channel(&error, channel, direction, err, "%s", what);
	mux_channel_fail(channel, &error);
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
	out->head_length = MUX_FRAME_SIZE;
	out->head_done = 0;
	out->busy = true;
}

static void put_abort(struct mux_channel *channel,
		      const struct mux_error *error)
{
	struct mux_outgoing *out = &channel->out;
	struct mux_frame frame = {
		.type = MUX_FRAME_ABORT,
		.flags = error->by_owner ? MUX_ABORT_BY_OWNER : 0,
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
	struct mux_outgoing *out = &channel->out;

	lockdep_assert_held(&session->lock);
	if (is_live(channel)) {
		channel->state = VFIO_MIG_MUX_CHANNEL_STATE_CLOSING;
		session->channels_live--;
		mux_notify_channel(channel);
	}
	if (session->error.what.code &&
	    session->error.origin == VFIO_MIG_MUX_ERROR_ORIGIN_PEER)
		return false;
	if (out->busy && (out->head_done || out->last))
		return true;
	out->slot = NULL;
	if (session->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED)
		mux_channel_put_frame(channel, &bye);
	else
		put_abort(channel, &session->error);
	out->last = true;
	return true;
}

/* Send what is left of the outgoing frame; as mux_sock_send() */
static int send_outgoing(struct mux_channel *channel, unsigned int flags)
{
	struct mux_outgoing *out = &channel->out;
	int err;

	err = mux_sock_send(channel->sock, out->head, out->head_length,
			    &out->head_done,
			    flags | (out->slot ? MSG_MORE : 0));
	if (!err && out->slot)
		err = mux_sock_send_slot(channel->sock, out->slot, out->length,
					 &out->done, flags);
	return err;
}

static void sent(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_outgoing *out = &channel->out;

	spin_lock(&session->lock);
	channel->bytes_sent += out->head_length;
	if (out->slot)
		channel->bytes_sent += out->length;
	spin_unlock(&session->lock);

	out->busy = false;
	if (out->slot)
		mux_source_sent(channel);
	out->slot = NULL;
	if (out->last)
		finish_sending(channel);
}

static bool tx_step(struct mux_worker *worker)
{
	struct mux_channel *channel = container_of(worker, struct mux_channel,
						   tx);
	struct mux_session *session = channel->session;
	bool speak = true;
	int err;

	spin_lock(&session->lock);
	list_del_init(&worker->idle);
	if (channel->tx_done ||
	    channel->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE) {
		spin_unlock(&session->lock);
		return false;
	}
	if (mux_session_over(session))
		speak = put_farewell(channel);
	spin_unlock(&session->lock);

	if (!speak) {
		finish_sending(channel);
		return true;
	}
	if (!channel->out.busy)
		return mux_session_is_source(session) ?
		       mux_source_pull(channel) : mux_destination_pull(channel);

	err = send_outgoing(channel, 0);
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

	spin_lock(&session->lock);
	list_del_init(&worker->idle);
	speak = !channel->tx_done &&
		channel->state != VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE &&
		put_farewell(channel);
	spin_unlock(&session->lock);
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
		mux_channel_fail(channel, &error);
		return;
	}
	mux_error_set_peer(&error, &abort, by_owner);
	mux_session_end(session, by_owner ? VFIO_MIG_MUX_SESSION_STATE_ABORTED :
					    VFIO_MIG_MUX_SESSION_STATE_FAILED,
			&error);
}

/* A whole frame is there */
static void dispatch(struct mux_channel *channel)
{
	const struct mux_frame *frame = &channel->in.frame;
	struct mux_error error;

	switch (frame->type) {
	case MUX_FRAME_DATA:
		mux_destination_place(channel, frame);
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
		if (!mux_session_is_source(channel->session)) {
			mux_destination_bye(channel);
			break;
		}
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EPROTO,
				      "BYE before everything was loaded");
		mux_channel_fail(channel, &error);
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
		.from_source = !mux_session_is_source(session),
	};
	enum mux_wire_verdict verdict;
	struct mux_error error;

	verdict = mux_frame_decode(in->head, &rules, &in->frame);
	if (verdict != MUX_WIRE_OK) {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EPROTO,
				      "%s frame, type %u, device %u, length %u: %s",
				      mux_frame_name(in->frame.type),
				      in->frame.type, in->frame.device,
				      in->frame.length,
				      mux_wire_strverdict(verdict));
		mux_channel_fail(channel, &error);
		return;
	}
	in->accepted = true;
	in->done = 0;
	if (in->frame.type == MUX_FRAME_DATA)
		mux_destination_expect(channel, &in->frame);
}

static void count_received(struct mux_channel *channel, u32 bytes)
{
	struct mux_session *session = channel->session;

	spin_lock(&session->lock);
	channel->bytes_received += bytes;
	spin_unlock(&session->lock);
}

static int receive_payload(struct mux_channel *channel)
{
	struct mux_incoming *in = &channel->in;

	if (in->frame.type == MUX_FRAME_DATA)
		return mux_sock_recv_slot(channel->sock, in->spare,
					  in->frame.length, &in->done);
	return mux_sock_recv(channel->sock, in->head + MUX_FRAME_SIZE,
			     in->frame.length, &in->done);
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
	count_received(channel, in->frame.length);
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

	if (in->spare)
		err = mux_sock_recv_slot(channel->sock, in->spare,
					 session->chunk_size, &done);
	else
		err = mux_sock_recv(channel->sock, in->head, sizeof(in->head),
				    &done);
	count_received(channel, done);
	return err;
}

static bool rx_step(struct mux_worker *worker)
{
	struct mux_channel *channel = container_of(worker, struct mux_channel,
						   rx);
	struct mux_session *session = channel->session;
	bool wanted;
	int err;

	spin_lock(&session->lock);
	if (channel->rx_done || list_empty(&channel->node)) {
		spin_unlock(&session->lock);
		return false;
	}
	if (channel->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE) {
		spin_unlock(&session->lock);
		return mux_handshake_step(channel);
	}
	wanted = is_live(channel) && !mux_session_over(session);
	spin_unlock(&session->lock);

	err = wanted ? receive(channel) : discard(channel);
	if (!err || err == -EINTR)
		return true;
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

	spin_lock(&session->lock);
	channel->state = VFIO_MIG_MUX_CHANNEL_STATE_LIVE;
	session->channels_live++;
	if (!mux_session_is_source(session))
		channel->in.spare = mux_slot_get(session->umem);
	mux_worker_wake(&channel->tx);
	mux_notify_channel(channel);
	mux_session_channel_live(session);
	spin_unlock(&session->lock);
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

	spin_lock(&session->lock);
	channel->state = VFIO_MIG_MUX_CHANNEL_STATE_CLOSING;
	mux_worker_wake(&channel->tx);
	mux_notify_channel(channel);
	spin_unlock(&session->lock);
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
	list_for_each_entry(channel, &session->channels, node)
		mux_worker_wake(&channel->tx);
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

	spin_lock(&session->lock);
	list_for_each_entry(channel, &session->channels, node)
		closed &= is_closed(channel);
	spin_unlock(&session->lock);
	return closed;
}

static bool is_failed(const struct mux_channel *channel)
{
	return channel->state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
}

/* Channels that never came to life do not count: they make room */
static int create_check(struct mux_session *session, struct socket *sock,
			int number, struct netlink_ext_ack *extack)
{
	struct mux_channel *channel;
	u32 channels = 0;

	list_for_each_entry(channel, &session->channels, node) {
		if (channel->sock == sock) {
			NL_SET_ERR_MSG(extack,
				       "the socket is another channel's");
			return -EBUSY;
		}
		if (is_failed(channel))
			continue;
		if (channel->numbered && channel->number == number) {
			NL_SET_ERR_MSG_FMT(extack, "channel %d exists", number);
			return -EEXIST;
		}
		channels++;
	}
	if (channels < session->channels_max)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "session %u has all its %u channels",
			   session->id, session->channels_max);
	return -ENOSPC;
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

static void bury_stillborn(struct mux_session *session)
{
	struct mux_channel *channel, *next;
	LIST_HEAD(stillborn);

	spin_lock(&session->lock);
	list_for_each_entry_safe(channel, next, &session->channels, node) {
		if (!is_failed(channel))
			continue;
		list_move_tail(&channel->node, &stillborn);
		session->nr_channels--;
	}
	spin_unlock(&session->lock);
	list_for_each_entry_safe(channel, next, &stillborn, node) {
		list_del(&channel->node);
		bury(channel);
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
		bury(channel);
		return ret;
	}

	bury_stillborn(session);
	spin_lock(&session->lock);
	list_add_tail(&channel->node, &session->channels);
	session->nr_channels++;
	mux_worker_wake(&channel->rx);
	mux_notify_channel(channel);
	spin_unlock(&session->lock);
	return 0;

err_put_sock:
	mux_sock_put(sock, true);
	return ret;
}

/**
 * mux_channel_reap - give back the channels that never came to life
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
	mutex_unlock(&session->config);
	list_for_each_entry_safe(channel, next, &dead, node) {
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
	mux_worker_stop(&channel->tx);
	mux_worker_stop(&channel->rx);
}

/**
 * mux_channel_destroy - give everything of a channel back
 * @channel: a stopped channel, not in its session's list any more
 *
 * Context: process context; may sleep.
 */
void mux_channel_destroy(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;

	mux_handshake_end(channel);
	/* All that a completed session has sent has been acknowledged. */
	mux_sock_put(channel->sock, !mux_session_is_source(session) ||
		     session->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED);
	kfree(channel);
}
