// SPDX-License-Identifier: GPL-2.0
/*
 * The other host, played by the test itself: says what it is told to and
 * checks the form of what it hears.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib_crc.h"
#include "lib_peer.h"
#include "lib_tcp.h"

#define SILENCE_S	15

/**
 * peers_init() - prepare the test's ends of the channels of one session
 * @peers: receive its UUID, a new one, and no connection yet
 * @count: their number
 */
void peers_init(struct peer *peers, int count)
{
	int i;

	uuid_make(peers[0].uuid);
	for (i = 0; i < count; i++) {
		peers[i] = peers[0];
		peers[i].sock = -1;
	}
}

/**
 * peers_close() - close all of the test's ends, without a word
 * @peers: the peers, connected or not
 * @count: their number
 */
void peers_close(struct peer *peers, int count)
{
	int i;

	for (i = 0; i < count; i++)
		peer_close(&peers[i]);
}

/**
 * peer_open() - connect to a session of this process
 * @peer: receives the test's end; its UUID must have been set
 * @host: the session, which gets the other end
 * @channel: number of the channel if the session is a source, else -1
 *
 * Return: 0 or a negative errno.
 */
int peer_open(struct peer *peer, struct host *host, int channel)
{
	struct timeval limit = { .tv_sec = SILENCE_S };
	int fds[2], ret;

	ret = tcp_pair(fds);
	if (ret)
		return ret;
	ret = host_channel(host, fds[1], channel);
	close(fds[1]);
	peer->sock = fds[0];
	setsockopt(peer->sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(peer->sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return ret;
}

/**
 * peer_close() - close the test's end, without a word
 * @peer: the peer
 */
void peer_close(struct peer *peer)
{
	close(peer->sock);
	peer->sock = -1;
}

/**
 * peer_reset() - have the other end see a reset
 * @peer: the peer
 */
void peer_reset(struct peer *peer)
{
	struct linger at_once = { .l_onoff = 1 };

	setsockopt(peer->sock, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	peer_close(peer);
}

/**
 * peer_send() - send bytes as they are
 * @peer: the peer
 * @bytes: the bytes
 * @length: their number
 *
 * Return: 0 or a negative errno.
 */
int peer_send(struct peer *peer, const void *bytes, size_t length)
{
	ssize_t done;

	while (length) {
		done = send(peer->sock, bytes, length, MSG_NOSIGNAL);
		if (done <= 0)
			return done ? -errno : -EPIPE;
		bytes = (const char *)bytes + done;
		length -= done;
	}
	return 0;
}

/**
 * peer_take() - receive exactly so many bytes
 * @peer: the peer
 * @bytes: where to
 * @length: their number
 *
 * Return: 0, -ENODATA if the other end has closed, or a negative errno.
 */
int peer_take(struct peer *peer, void *bytes, size_t length)
{
	ssize_t done;

	while (length) {
		done = recv(peer->sock, bytes, length, 0);
		if (done <= 0)
			return done ? -errno : -ENODATA;
		bytes = (char *)bytes + done;
		length -= done;
	}
	return 0;
}

/**
 * peer_sees_end() - whether the other end has nothing more to say
 * @peer: the peer
 *
 * Return: true when it closes without another byte.
 */
bool peer_sees_end(struct peer *peer)
{
	char byte;

	return peer_take(peer, &byte, 1) == -ENODATA;
}

/**
 * hello_make() - what a source of this library's hosts would say
 * @hello: receives it
 * @channel: number of the channel
 * @channels: channels the session is made for
 * @devices: devices it has
 */
void hello_make(struct wire_hello *hello, __u16 channel, __u16 channels, __u16 devices)
{
	__u16 i;

	*hello = (struct wire_hello){
		.channel = channel,
		.channels = channels,
		.features = VFIO_MIG_MUX_FEATURE_CHECKSUM,
		.chunk_size = CHUNK,
		.devices = devices,
	};
	for (i = 0; i < devices; i++)
		snprintf(hello->names[i], sizeof(hello->names[i]), "d%u", i);
}

/**
 * hello_ack_make() - what a destination of this library's hosts would say
 * @ack: receives it
 * @devices: devices it has
 * @window: window of each
 */
void hello_ack_make(struct wire_hello_ack *ack, __u16 devices, __u32 window)
{
	__u16 i;

	*ack = (struct wire_hello_ack){
		.features = VFIO_MIG_MUX_FEATURE_CHECKSUM,
		.devices = devices,
	};
	for (i = 0; i < devices; i++)
		ack->window[i] = window;
}

/**
 * peer_say_message() - send a handshake message
 * @peer: the peer
 * @head: its head; the UUID is the peer's, the checksum is made right
 * @body: its body, @head->length bytes
 *
 * Return: 0 or a negative errno.
 */
int peer_say_message(struct peer *peer, const struct wire_head *head, const __u8 *body)
{
	__u8 message[WIRE_HEAD_SIZE + WIRE_BODY_MAX + 1];
	struct wire_head own = *head;

	memcpy(own.uuid, peer->uuid, sizeof(own.uuid));
	return peer_send(peer, message, wire_put_message(message, &own, body));
}

static int say(struct peer *peer, __u16 type, const __u8 *body, size_t length)
{
	struct wire_head head = {
		.magic = WIRE_MAGIC,
		.version = WIRE_VERSION,
		.type = type,
		.length = length,
	};

	return peer_say_message(peer, &head, body);
}

/* The messages of the handshake; each call returns 0 or a negative errno */
int peer_say_hello(struct peer *peer, const struct wire_hello *hello)
{
	__u8 body[WIRE_BODY_MAX];

	return say(peer, WIRE_HELLO, body, wire_put_hello(body, hello));
}

int peer_say_hello_ack(struct peer *peer, const struct wire_hello_ack *ack)
{
	__u8 body[WIRE_BODY_MAX];

	return say(peer, WIRE_HELLO_ACK, body, wire_put_hello_ack(body, ack));
}

int peer_say_refuse(struct peer *peer, const struct wire_refuse *refuse)
{
	__u8 body[WIRE_BODY_MAX];

	return say(peer, WIRE_REFUSE, body, wire_put_refuse(body, refuse));
}

/* Receives a message of a type and checks all of its head */
static int take_message(struct peer *peer, __u16 type, __u8 *message, size_t *length)
{
	struct wire_head head;
	int ret;

	ret = peer_take(peer, message, WIRE_HEAD_SIZE);
	if (ret)
		return ret;
	wire_get_head(message, &head);
	if (head.magic != WIRE_MAGIC || head.version != WIRE_VERSION || head.type != type ||
	    head.length > WIRE_BODY_MAX || memcmp(head.uuid, peer->uuid, sizeof(head.uuid))) {
		fprintf(stderr, "# message: magic %08x, version %u, type %u, length %u\n",
			head.magic, head.version, head.type, head.length);
		return -EPROTO;
	}
	ret = peer_take(peer, message + WIRE_HEAD_SIZE, head.length);
	if (ret)
		return ret;
	*length = head.length;
	return wire_message_crc(message, WIRE_HEAD_SIZE + head.length) == head.crc ? 0 : -EBADMSG;
}

int peer_take_hello(struct peer *peer, struct wire_hello *hello)
{
	__u8 message[WIRE_HEAD_SIZE + WIRE_BODY_MAX];
	size_t length;
	int ret;

	ret = take_message(peer, WIRE_HELLO, message, &length);
	if (ret)
		return ret;
	return wire_get_hello(message + WIRE_HEAD_SIZE, length, hello) ? 0 : -EPROTO;
}

int peer_take_hello_ack(struct peer *peer, struct wire_hello_ack *ack)
{
	__u8 message[WIRE_HEAD_SIZE + WIRE_BODY_MAX];
	size_t length;
	int ret;

	ret = take_message(peer, WIRE_HELLO_ACK, message, &length);
	if (ret)
		return ret;
	return wire_get_hello_ack(message + WIRE_HEAD_SIZE, length, ack) ? 0 : -EPROTO;
}

int peer_take_refuse(struct peer *peer, struct wire_refuse *refuse)
{
	__u8 message[WIRE_HEAD_SIZE + WIRE_BODY_MAX];
	size_t length;
	int ret;

	ret = take_message(peer, WIRE_REFUSE, message, &length);
	if (ret)
		return ret;
	return wire_get_refuse(message + WIRE_HEAD_SIZE, length, refuse) ? 0 : -EPROTO;
}

/**
 * peer_join() - be the destination of a channel up to its handshake's end
 * @peer: the peer, its UUID set
 * @host: the source
 * @channel: number of the channel
 * @ack: what to answer its HELLO; the channel is live soon after
 *
 * Return: 0 or a negative errno.
 */
int peer_join(struct peer *peer, struct host *host, int channel, const struct wire_hello_ack *ack)
{
	struct wire_hello hello;
	int ret;

	ret = peer_open(peer, host, channel);
	if (!ret)
		ret = peer_take_hello(peer, &hello);
	if (!ret && (hello.channel != channel || hello.devices != ack->devices ||
		     hello.features != ack->features))
		ret = -EPROTO;
	return ret ?: peer_say_hello_ack(peer, ack);
}

/**
 * peer_say() - send a frame
 * @peer: the peer
 * @frame: its header
 * @payload: @frame->length bytes, or %NULL to send the header only
 *
 * Return: 0 or a negative errno.
 */
int peer_say(struct peer *peer, const struct wire_frame *frame, const void *payload)
{
	__u8 head[WIRE_FRAME_SIZE];
	int ret;

	wire_put_frame(head, frame);
	ret = peer_send(peer, head, sizeof(head));
	if (ret || !payload)
		return ret;
	return peer_send(peer, payload, frame->length);
}

/**
 * peer_say_ack() - acknowledge chunks of the first device, all of them whole
 * @peer: the peer
 * @index: how many
 * @chunk_size: bytes of each
 * @flags: WIRE_ACK_COMPLETE or 0
 *
 * Return: 0 or a negative errno.
 */
int peer_say_ack(struct peer *peer, __u64 index, __u32 chunk_size, __u8 flags)
{
	struct wire_frame frame = {
		.type = WIRE_ACK,
		.flags = flags,
		.index = index,
		.offset = index * chunk_size,
	};

	return peer_say(peer, &frame, NULL);
}

/**
 * peer_say_drain() - remove the channel
 * @peer: the peer
 *
 * Return: 0 or a negative errno.
 */
int peer_say_drain(struct peer *peer)
{
	struct wire_frame bye = { .type = WIRE_BYE, .flags = WIRE_BYE_DRAIN };

	return peer_say(peer, &bye, NULL);
}

/**
 * peer_say_abort() - send an ABORT frame
 * @peer: the peer
 * @flags: WIRE_ABORT_BY_OWNER, WIRE_ABORT_CHANNEL or 0
 * @abort: its payload
 *
 * Return: 0 or a negative errno.
 */
int peer_say_abort(struct peer *peer, __u8 flags, const struct wire_abort *abort)
{
	struct wire_frame frame = { .type = WIRE_ABORT, .flags = flags };
	__u8 payload[WIRE_ABORT_MAX];

	frame.length = wire_put_abort(payload, abort);
	frame.crc = crc_of(payload, frame.length);
	return peer_say(peer, &frame, payload);
}

/**
 * peer_take_frame() - receive a frame
 * @peer: the peer
 * @frame: receives the header
 * @payload: receives the payload
 * @size: room for it
 *
 * Return: 0, -EBADMSG for a wrong checksum, or as peer_take().
 */
int peer_take_frame(struct peer *peer, struct wire_frame *frame, void *payload, size_t size)
{
	__u8 head[WIRE_FRAME_SIZE];
	bool has_crc;
	int ret;

	ret = peer_take(peer, head, sizeof(head));
	if (ret)
		return ret;
	if (!wire_get_frame(head, frame))
		return -EBADMSG;
	if (frame->type == WIRE_ZERO)
		return 0;
	if (frame->length > size)
		return -EMSGSIZE;
	ret = peer_take(peer, payload, frame->length);
	if (ret)
		return ret;
	has_crc = frame->type == WIRE_DATA || frame->type == WIRE_CONFIG ||
		  frame->type == WIRE_ABORT;
	return has_crc && crc_of(payload, frame->length) != frame->crc ? -EBADMSG : 0;
}

/**
 * peer_take_type() - receive frames up to one of a type
 * @peer: the peer
 * @type: the type
 * @frame: receives its header
 *
 * Return: 0 or as peer_take_frame().
 */
int peer_take_type(struct peer *peer, __u8 type, struct wire_frame *frame)
{
	static __u8 payload[CHUNK];
	int ret;

	do {
		ret = peer_take_frame(peer, frame, payload, sizeof(payload));
	} while (!ret && frame->type != type);
	return ret;
}

/**
 * peer_take_abort() - receive frames up to an ABORT
 * @peer: the peer
 * @frame: receives its header
 * @abort: receives its payload
 *
 * Return: 0 or as peer_take_frame().
 */
int peer_take_abort(struct peer *peer, struct wire_frame *frame, struct wire_abort *abort)
{
	static __u8 payload[CHUNK];
	int ret;

	do {
		ret = peer_take_frame(peer, frame, payload, sizeof(payload));
	} while (!ret && frame->type != WIRE_ABORT);
	if (ret)
		return ret;
	return wire_get_abort(payload, frame->length, abort) ? 0 : -EPROTO;
}
