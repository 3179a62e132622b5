// SPDX-License-Identifier: GPL-2.0
/*
 * Handshake: the source says HELLO, the destination answers HELLO_ACK, and
 * the channel is live; or REFUSE, and it is not. Done by the channel's
 * receiving worker, each channel for itself, so that a peer that stalls one
 * holds up nothing else. Until it has said a right HELLO it costs the
 * destination no slot.
 */
#include <linux/netlink.h>
#include <linux/slab.h>

#include "channel.h"
#include "device.h"
#include "handshake.h"
#include "hello.h"
#include "session.h"
#include "sock.h"
#include "source.h"
#include "tls_record.h"
#include "trace.h"

/* Others are a newer peer's, and not agreed on */
#define KNOWN_FEATURES	(VFIO_MIG_MUX_FEATURE_CHECKSUM | \
			 VFIO_MIG_MUX_FEATURE_ZERO | \
			 VFIO_MIG_MUX_FEATURE_TRAILER)

/**
 * enum handshake_phase - what the handshake waits for
 * @PHASE_SEND: our message to be sent
 * @PHASE_HEAD: the head of the other host's message
 * @PHASE_BODY: its body
 * @PHASE_TURN: another channel of the same number to be gone
 */
enum handshake_phase {
	PHASE_SEND,
	PHASE_HEAD,
	PHASE_BODY,
	PHASE_TURN,
};

/**
 * struct mux_handshake - a handshake under way
 * @phase: what it waits for
 * @buf: the message being sent or received
 * @length: its bytes
 * @done: bytes of it sent or received
 * @head: head of the message received
 * @hello: body of HELLO
 * @ack: body of HELLO_ACK
 * @refuse: body of REFUSE
 * @refused: destination only, what is being sent is REFUSE
 * @error: and this is why
 */
struct mux_handshake {
	enum handshake_phase phase;
	u8 buf[MUX_HELLO_SIZE_MAX];
	u32 length;
	u32 done;
	struct mux_hello_head head;
	union {
		struct mux_hello hello;
		struct mux_hello_ack ack;
		struct mux_refuse refuse;
	};
	bool refused;
	struct mux_error error;
};

static void handshake_timeout(struct work_struct *work)
{
	struct mux_channel *channel = container_of(to_delayed_work(work),
						   struct mux_channel, timeout);
	struct mux_session *session = channel->session;
	bool draining;

	mux_session_lock(session);
	channel->timed_out = true;
	if (channel->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE &&
	    channel->rx.task)
		mux_worker_wake(&channel->rx);
	draining = channel->draining && channel->bye_said;
	mux_session_unlock(session);
	/* After BYE a mere end would say that all has been received. */
	if (draining)
		mux_sock_reset(channel->sock);
	else
		mux_sock_shutdown(channel->sock, true);
}

/* Whether the other host must not take the channel for a first one */
static bool resumes(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	bool resume;

	mux_session_lock(session);
	resume = session->state == VFIO_MIG_MUX_SESSION_STATE_PAUSED ||
		 session->channels_lived & BIT_ULL(channel->number);
	mux_session_unlock(session);
	return resume;
}

static void put_hello(struct mux_channel *channel)
{
	struct mux_handshake *handshake = channel->handshake;
	struct mux_session *session = channel->session;
	struct mux_hello *hello = &handshake->hello;
	u32 i;

	hello->channel = channel->number;
	hello->channels = session->channels_max;
	hello->features = session->features;
	hello->chunk_size = session->chunk_size;
	hello->devices = session->nr_devices;
	hello->resume = resumes(channel);
	for (i = 0; i < session->nr_devices; i++)
		strscpy_pad(hello->names[i], session->devices[i]->name);
	handshake->length = mux_hello_encode(handshake->buf, &session->uuid,
					     hello);
}

/**
 * mux_handshake_begin - prepare a new channel's handshake
 * @channel: the channel, its socket and number set
 *
 * Context: process context; may sleep.
 * Return: 0 or %-ENOMEM.
 */
int mux_handshake_begin(struct mux_channel *channel)
{
	struct mux_handshake *handshake;

	handshake = kzalloc(sizeof(*handshake), GFP_KERNEL_ACCOUNT);
	if (!handshake)
		return -ENOMEM;
	channel->handshake = handshake;
	if (mux_session_is_source(channel->session)) {
		put_hello(channel);
		handshake->phase = PHASE_SEND;
	} else {
		handshake->length = MUX_HELLO_HEAD_SIZE;
		handshake->phase = PHASE_HEAD;
	}
	INIT_DELAYED_WORK(&channel->timeout, handshake_timeout);
	mod_delayed_work(mux_workqueue, &channel->timeout,
			 MUX_HANDSHAKE_TIMEOUT * HZ);
	return 0;
}

/**
 * mux_handshake_end - the handshake is over, whatever came of it
 * @channel: the channel; its receiving worker calls or is no more
 *
 * Context: process context; may sleep.
 */
void mux_handshake_end(struct mux_channel *channel)
{
	cancel_delayed_work_sync(&channel->timeout);
	kfree(channel->handshake);
	channel->handshake = NULL;
}

static void give_up(struct mux_channel *channel, const struct mux_error *error)
{
	mux_handshake_end(channel);
	mux_channel_stillborn(channel, error);
}

/* Sockets say little of why: find the reason behind an error number */
static void give_up_socket(struct mux_channel *channel, int err)
{
	bool source = mux_session_is_source(channel->session);
	struct mux_error error;
	bool timed_out;

	mux_session_lock(channel->session);
	timed_out = channel->timed_out;
	mux_session_unlock(channel->session);

	if (timed_out)
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE,
				      -ETIMEDOUT, "no %s within %u seconds",
				      source ? "HELLO_ACK" : "HELLO",
				      MUX_HANDSHAKE_TIMEOUT);
	else if (err == -ENODATA)
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE,
				      -ECONNRESET,
				      "closed by the other host before %s",
				      source ? "HELLO_ACK" : "HELLO");
	else if (mux_tls_strerror(channel->sock, err))
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, err,
				      "handshake: %s",
				      mux_tls_strerror(channel->sock, err));
	else
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_NONE, err,
				      "handshake failed");
	give_up(channel, &error);
}

static void give_up_verdict(struct mux_channel *channel,
			    enum mux_wire_verdict verdict)
{
	struct mux_error error;

	mux_error_set_channel(&error, channel, VFIO_MIG_MUX_DIRECTION_RECEIVE,
			      -EPROTO, "handshake: %s",
			      mux_wire_strverdict(verdict));
	give_up(channel, &error);
}

static void refuse(struct mux_channel *channel, const struct mux_error *error)
{
	struct mux_handshake *handshake = channel->handshake;
	struct mux_refuse refuse = { .code = error->what.code };

	strscpy(refuse.text, error->what.text);
	/* A stranger is told nothing of the session but what it said itself. */
	handshake->length = mux_refuse_encode(handshake->buf,
					      &handshake->head.uuid, &refuse);
	handshake->done = 0;
	handshake->phase = PHASE_SEND;
	handshake->refused = true;
	handshake->error = *error;
}

static bool names_differ(const struct mux_session *session,
			 const struct mux_hello *hello, u32 *id)
{
	for (*id = 0; *id < session->nr_devices; (*id)++) {
		if (strcmp(session->devices[*id]->name, hello->names[*id]))
			return true;
	}
	return false;
}

/* Whether what the source says is what this session was made for */
static int check_hello(struct mux_channel *channel,
		       const struct mux_hello *hello, struct mux_error *error)
{
	struct mux_session *session = channel->session;
	u32 id;

	if (hello->channels > session->channels_max)
		mux_error_set_channel(error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EINVAL,
				      "HELLO announces %u channels, %u are expected",
				      hello->channels, session->channels_max);
	else if (hello->chunk_size != session->chunk_size)
		mux_error_set_channel(error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EINVAL,
				      "HELLO has chunk size %u, %u is expected",
				      hello->chunk_size, session->chunk_size);
	else if ((hello->features & KNOWN_FEATURES) != session->features)
		mux_error_set_channel(error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE,
				      -EOPNOTSUPP,
				      "HELLO has features 0x%x, 0x%x are expected",
				      hello->features, session->features);
	else if (hello->devices != session->nr_devices)
		mux_error_set_channel(error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EINVAL,
				      "HELLO has %u devices, %u are expected",
				      hello->devices, session->nr_devices);
	else if (names_differ(session, hello, &id))
		mux_error_set_channel(error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EINVAL,
				      "HELLO names device %u %s, %s is expected",
				      id, hello->names[id],
				      session->devices[id]->name);
	else
		return 0;
	return -EINVAL;
}

/* The channel that has a number, unless another has taken it over */
static struct mux_channel *holder_of(struct mux_session *session, u16 number)
{
	struct mux_channel *channel;

	lockdep_assert_held(&session->lock);
	list_for_each_entry(channel, &session->channels, node) {
		if (channel->numbered && channel->number == number &&
		    !channel->superseded)
			return channel;
	}
	return NULL;
}

/* Give a channel its number. One that has it and has not failed here has done
 * so on the source, if the source says that it resumes.
 */
static bool claim_number(struct mux_channel *channel,
			 const struct mux_hello *hello)
{
	struct mux_session *session = channel->session;
	struct mux_channel *holder = holder_of(session, hello->channel);

	if (mux_session_over(session))
		return true;
	if (holder && !mux_channel_is_over(holder)) {
		if (!hello->resume || holder->state ==
				      VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE)
			return false;
		mux_channel_displace(holder);
	}
	/* That may have been the end of the session. */
	if (holder && !mux_session_over(session))
		mux_channel_supersede(holder);
	channel->number = hello->channel;
	channel->numbered = true;
	return true;
}

static int take_number(struct mux_channel *channel,
		       const struct mux_hello *hello, struct mux_error *error)
{
	struct mux_session *session = channel->session;
	bool claimed, stale;

	mux_session_lock(session);
	stale = hello->resume && !session->channels_lived;
	claimed = !stale && claim_number(channel, hello);
	mux_session_unlock(session);
	if (claimed)
		return 0;
	if (stale) {
		mux_error_set_channel(error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -ESTALE,
				      "HELLO resumes a session that has not begun");
		return -ESTALE;
	}
	mux_error_set_channel(error, channel, VFIO_MIG_MUX_DIRECTION_RECEIVE,
			      -EEXIST, "HELLO has number %u, which is taken",
			      hello->channel);
	return -EEXIST;
}

/* A number has one spare slot: whether its last holder has let go of it */
static bool is_turn(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_channel *other;
	bool turn = true;

	mux_session_lock(session);
	list_for_each_entry(other, &session->channels, node)
		turn &= other == channel || !other->numbered ||
			other->number != channel->number || !other->in.spare;
	turn |= channel->timed_out;
	mux_session_unlock(session);
	return turn;
}

static void put_hello_ack(struct mux_channel *channel)
{
	struct mux_handshake *handshake = channel->handshake;
	struct mux_session *session = channel->session;
	struct mux_hello_ack *ack = &handshake->ack;
	u32 i;

	memset(ack, 0, sizeof(*ack));
	ack->features = session->features;
	ack->devices = session->nr_devices;
	mux_session_lock(session);
	for (i = 0; i < session->nr_devices; i++) {
		const struct mux_reorder *reorder;

		reorder = &session->devices[i]->destination.reorder;
		ack->window[i] = reorder->window;
		ack->loaded[i] = reorder->head;
	}
	mux_session_unlock(session);
	handshake->length = mux_hello_ack_encode(handshake->buf,
						 &session->uuid, ack);
	handshake->done = 0;
	handshake->phase = PHASE_SEND;
}

static void take_hello(struct mux_channel *channel, const u8 *body)
{
	struct mux_handshake *handshake = channel->handshake;
	struct mux_hello *hello = &handshake->hello;
	enum mux_wire_verdict verdict;
	struct mux_error error;

	verdict = mux_hello_decode(body, handshake->head.length, hello);
	if (verdict != MUX_WIRE_OK) {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EPROTO,
				      "HELLO: %s",
				      mux_wire_strverdict(verdict));
		refuse(channel, &error);
		return;
	}
	if (check_hello(channel, hello, &error) ||
	    take_number(channel, hello, &error)) {
		refuse(channel, &error);
		return;
	}
	handshake->phase = PHASE_TURN;
}

/* What the other host has loaded, and its windows; more chunks than there are
 * slots cannot be under way however many it would take.
 */
static const char *take_windows(struct mux_channel *channel,
				const struct mux_hello_ack *ack)
{
	struct mux_session *session = channel->session;
	const char *fault = NULL;
	u32 i;

	if (ack->features != session->features)
		return "HELLO_ACK has other features than HELLO";
	if (ack->devices != session->nr_devices)
		return "HELLO_ACK has another number of devices than HELLO";

	mux_session_lock(session);
	for (i = 0; i < session->nr_devices && !fault; i++) {
		struct mux_device *device = session->devices[i];
		struct mux_device_source *source = &device->source;

		if (!source->window.size)
			source->window.size = min(ack->window[i],
						  source->mask + 1);
		fault = mux_source_resume(device, ack->loaded[i]);
	}
	mux_session_unlock(session);
	return fault ? "HELLO_ACK acknowledges a chunk that was never sent" :
		       NULL;
}

static void become_live(struct mux_channel *channel)
{
	cancel_delayed_work_sync(&channel->timeout);
	/* It may have run just before, and the socket is of no use then. */
	if (channel->timed_out) {
		give_up_socket(channel, -ETIMEDOUT);
		return;
	}
	mux_handshake_end(channel);
	mux_channel_live(channel);
}

static void take_hello_ack(struct mux_channel *channel, const u8 *body)
{
	struct mux_handshake *handshake = channel->handshake;
	enum mux_wire_verdict verdict;
	struct mux_error error;
	const char *fault;

	verdict = mux_hello_ack_decode(body, handshake->head.length,
				       &handshake->ack);
	if (verdict != MUX_WIRE_OK) {
		give_up_verdict(channel, verdict);
		return;
	}
	fault = take_windows(channel, &handshake->ack);
	if (fault) {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EPROTO,
				      "%s", fault);
		give_up(channel, &error);
		return;
	}
	become_live(channel);
}

static void take_refuse(struct mux_channel *channel, const u8 *body)
{
	struct mux_handshake *handshake = channel->handshake;
	struct mux_abort what = { .has_channel = true };
	enum mux_wire_verdict verdict;
	struct mux_error error;

	verdict = mux_refuse_decode(body, handshake->head.length,
				    &handshake->refuse);
	if (verdict != MUX_WIRE_OK) {
		give_up_verdict(channel, verdict);
		return;
	}
	what.code = handshake->refuse.code;
	what.channel = channel->number;
	what.direction = VFIO_MIG_MUX_DIRECTION_RECEIVE;
	strscpy(what.text, handshake->refuse.text);
	mux_error_set_peer(&error, &what, false);
	give_up(channel, &error);
}

/* A whole message is there */
static void take_message(struct mux_channel *channel)
{
	struct mux_handshake *handshake = channel->handshake;
	bool source = mux_session_is_source(channel->session);
	const u8 *body = handshake->buf + MUX_HELLO_HEAD_SIZE;
	struct mux_error error;
	bool ours;

	ours = uuid_equal(&handshake->head.uuid, &channel->session->uuid);

	if (mux_hello_check(handshake->buf, &handshake->head) != MUX_WIRE_OK) {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EPROTO,
				      "handshake: checksum is wrong");
		give_up(channel, &error);
	} else if (source && handshake->head.type == MUX_HELLO_ACK) {
		if (!ours)
			give_up_verdict(channel, MUX_WIRE_UUID);
		else
			take_hello_ack(channel, body);
	} else if (source) {
		take_refuse(channel, body);
	} else if (ours) {
		take_hello(channel, body);
	} else {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EINVAL,
				      "HELLO has session UUID %pUb, which is another session's",
				      &handshake->head.uuid);
		refuse(channel, &error);
	}
}

/* Whether the other host, being what it is, may say that */
static bool is_expected(const struct mux_channel *channel)
{
	u16 type = channel->handshake->head.type;

	return mux_session_is_source(channel->session) ?
	       type == MUX_HELLO_ACK || type == MUX_HELLO_REFUSE :
	       type == MUX_HELLO;
}

static void take_head(struct mux_channel *channel)
{
	struct mux_handshake *handshake = channel->handshake;
	enum mux_wire_verdict verdict;
	struct mux_error error;

	verdict = mux_hello_head_decode(handshake->buf, &handshake->head);
	if (verdict == MUX_WIRE_VERSION &&
	    !mux_session_is_source(channel->session)) {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE,
				      -EPROTONOSUPPORT, "HELLO: %s",
				      mux_wire_strverdict(verdict));
		refuse(channel, &error);
		return;
	}
	if (verdict == MUX_WIRE_OK && !is_expected(channel))
		verdict = MUX_WIRE_DIRECTION;
	if (verdict != MUX_WIRE_OK) {
		give_up_verdict(channel, verdict);
		return;
	}
	handshake->length = MUX_HELLO_HEAD_SIZE + handshake->head.length;
	handshake->phase = PHASE_BODY;
}

static void message_sent(struct mux_channel *channel)
{
	struct mux_handshake *handshake = channel->handshake;

	if (mux_session_is_source(channel->session)) {
		handshake->length = MUX_HELLO_HEAD_SIZE;
		handshake->done = 0;
		handshake->phase = PHASE_HEAD;
	} else if (handshake->refused) {
		const struct mux_error error = handshake->error;

		give_up(channel, &error);
	} else {
		become_live(channel);
	}
}

/**
 * mux_handshake_step - do a piece of a channel's handshake
 * @channel: the channel; the caller is its receiving worker
 *
 * Context: the worker, not under the session's lock; sleeps for the socket.
 * Return: true if there is another step to take at once, false if it waits
 * for another channel to leave.
 */
bool mux_handshake_step(struct mux_channel *channel)
{
	struct mux_handshake *handshake = channel->handshake;
	struct mux_error error;
	int err;

	if (mux_session_over(channel->session) &&
	    mux_session_is_source(channel->session) &&
	    handshake->phase != PHASE_SEND) {
		mux_handshake_end(channel);
		mux_channel_leave(channel);
		return true;
	}
	if (mux_session_over(channel->session)) {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_NONE, -ESHUTDOWN,
				      "the session is over");
		give_up(channel, &error);
		return true;
	}
	if (handshake->phase == PHASE_TURN) {
		if (!is_turn(channel))
			return false;
		put_hello_ack(channel);
	}
	if (handshake->phase == PHASE_SEND)
		err = mux_sock_send(channel->sock, handshake->buf,
				    handshake->length, &handshake->done, 0);
	else
		err = mux_sock_recv(channel->sock, handshake->buf,
				    handshake->length, &handshake->done);
	if (err == -EINTR)
		return true;
	if (err) {
		give_up_socket(channel, err);
		return true;
	}
	switch (handshake->phase) {
	case PHASE_SEND:
		message_sent(channel);
		break;
	case PHASE_HEAD:
		take_head(channel);
		break;
	case PHASE_BODY:
		take_message(channel);
		break;
	case PHASE_TURN:
		break;
	}
	return true;
}
