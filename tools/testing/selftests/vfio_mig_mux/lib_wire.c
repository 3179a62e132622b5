// SPDX-License-Identifier: GPL-2.0
/*
 * The wire protocol, spelled out a second time. Everything is big-endian.
 */
#include <string.h>

#include "lib_crc.h"
#include "lib_wire.h"

static __u8 *put(__u8 *to, __u64 value, int size)
{
	while (size--)
		*to++ = value >> 8 * size;
	return to;
}

static __u64 get(const __u8 **from, int size)
{
	__u64 value = 0;

	while (size--)
		value = value << 8 | *(*from)++;
	return value;
}

/**
 * wire_put_head() - write the head of a handshake message
 * @message: where to
 * @head: the head; its checksum as it is, right or wrong
 *
 * Return: WIRE_HEAD_SIZE.
 */
size_t wire_put_head(__u8 *message, const struct wire_head *head)
{
	__u8 *to = message;

	to = put(to, head->magic, 4);
	to = put(to, head->version, 2);
	to = put(to, head->type, 2);
	to = put(to, head->length, 4);
	to = put(to, head->crc, 4);
	memcpy(to, head->uuid, sizeof(head->uuid));
	return to + sizeof(head->uuid) - message;
}

/**
 * wire_get_head() - read the head of a handshake message
 * @message: WIRE_HEAD_SIZE bytes
 * @head: receives it
 */
void wire_get_head(const __u8 *message, struct wire_head *head)
{
	head->magic = get(&message, 4);
	head->version = get(&message, 2);
	head->type = get(&message, 2);
	head->length = get(&message, 4);
	head->crc = get(&message, 4);
	memcpy(head->uuid, message, sizeof(head->uuid));
}

/**
 * wire_message_crc() - checksum a handshake message
 * @message: head and body
 * @length: bytes of both
 *
 * Return: what belongs into its head.
 */
__u32 wire_message_crc(const __u8 *message, size_t length)
{
	static const __u8 zeroes[4];
	__u32 crc;

	crc = crc_of(message, 12);
	crc = crc_add(crc, zeroes, sizeof(zeroes));
	return crc_add(crc, message + 16, length - 16);
}

/**
 * wire_put_message() - write a whole handshake message
 * @message: where to
 * @head: its head, of which the checksum is made right
 * @body: its body, @head->length bytes
 *
 * Return: bytes written.
 */
size_t wire_put_message(__u8 *message, const struct wire_head *head, const __u8 *body)
{
	struct wire_head right = *head;

	wire_put_head(message, head);
	memcpy(message + WIRE_HEAD_SIZE, body, head->length);
	right.crc = wire_message_crc(message, WIRE_HEAD_SIZE + head->length);
	wire_put_head(message, &right);
	return WIRE_HEAD_SIZE + head->length;
}

/* Bodies: the wire_put functions return the bytes written, the wire_get
 * functions whether the length was right.
 */
size_t wire_put_hello(__u8 *body, const struct wire_hello *hello)
{
	size_t names = hello->devices * sizeof(hello->names[0]);
	__u8 *to = body;

	to = put(to, hello->channel, 2);
	to = put(to, hello->channels, 2);
	to = put(to, hello->features, 4);
	to = put(to, hello->chunk_size, 4);
	to = put(to, hello->devices, 2);
	to = put(to, hello->flags, 2);
	memcpy(to, hello->names, names);
	return to + names - body;
}

bool wire_get_hello(const __u8 *body, size_t length, struct wire_hello *hello)
{
	if (length < 16)
		return false;
	memset(hello, 0, sizeof(*hello));
	hello->channel = get(&body, 2);
	hello->channels = get(&body, 2);
	hello->features = get(&body, 4);
	hello->chunk_size = get(&body, 4);
	hello->devices = get(&body, 2);
	hello->flags = get(&body, 2);
	if (hello->devices > 64 || length != 16 + hello->devices * sizeof(hello->names[0]))
		return false;
	memcpy(hello->names, body, length - 16);
	return true;
}

size_t wire_put_hello_ack(__u8 *body, const struct wire_hello_ack *ack)
{
	__u8 *to = body;
	int i;

	to = put(to, ack->features, 4);
	to = put(to, ack->devices, 2);
	to = put(to, ack->flags, 2);
	for (i = 0; i < ack->devices; i++) {
		to = put(to, ack->window[i], 4);
		to = put(to, ack->reserved[i], 4);
		to = put(to, ack->loaded[i], 8);
	}
	return to - body;
}

bool wire_get_hello_ack(const __u8 *body, size_t length, struct wire_hello_ack *ack)
{
	int i;

	if (length < 8)
		return false;
	memset(ack, 0, sizeof(*ack));
	ack->features = get(&body, 4);
	ack->devices = get(&body, 2);
	ack->flags = get(&body, 2);
	if (ack->devices > 64 || length != 8 + ack->devices * 16ul)
		return false;
	for (i = 0; i < ack->devices; i++) {
		ack->window[i] = get(&body, 4);
		ack->reserved[i] = get(&body, 4);
		ack->loaded[i] = get(&body, 8);
	}
	return true;
}

size_t wire_put_refuse(__u8 *body, const struct wire_refuse *refuse)
{
	size_t length = strlen(refuse->text);
	__u8 *to = body;

	to = put(to, refuse->code, 4);
	to = put(to, length, 2);
	to = put(to, refuse->reserved, 2);
	memcpy(to, refuse->text, length);
	return to + length - body;
}

bool wire_get_refuse(const __u8 *body, size_t length, struct wire_refuse *refuse)
{
	size_t text_length;

	if (length < 8)
		return false;
	memset(refuse, 0, sizeof(*refuse));
	refuse->code = get(&body, 4);
	text_length = get(&body, 2);
	refuse->reserved = get(&body, 2);
	if (text_length >= sizeof(refuse->text) || length != 8 + text_length)
		return false;
	memcpy(refuse->text, body, text_length);
	return true;
}

/**
 * wire_put_frame() - write a frame's header
 * @head: where to
 * @frame: the header; the checksum of the header itself is added
 */
void wire_put_frame(__u8 head[WIRE_FRAME_SIZE], const struct wire_frame *frame)
{
	__u8 *to = head;

	to = put(to, frame->type, 1);
	to = put(to, frame->flags, 1);
	to = put(to, frame->device, 2);
	to = put(to, frame->length, 4);
	to = put(to, frame->index, 8);
	to = put(to, frame->offset, 8);
	to = put(to, frame->crc, 4);
	put(to, crc_of(head, to - head), 4);
}

/**
 * wire_get_frame() - read a frame's header
 * @head: the header
 * @frame: receives it
 *
 * Return: whether its checksum was right.
 */
bool wire_get_frame(const __u8 head[WIRE_FRAME_SIZE], struct wire_frame *frame)
{
	const __u8 *from = head;

	frame->type = get(&from, 1);
	frame->flags = get(&from, 1);
	frame->device = get(&from, 2);
	frame->length = get(&from, 4);
	frame->index = get(&from, 8);
	frame->offset = get(&from, 8);
	frame->crc = get(&from, 4);
	return get(&from, 4) == crc_of(head, WIRE_FRAME_SIZE - 4);
}

size_t wire_put_abort(__u8 *payload, const struct wire_abort *abort)
{
	size_t length = strlen(abort->text);
	__u8 *to = payload;

	to = put(to, abort->code, 4);
	to = put(to, abort->direction, 1);
	to = put(to, abort->present, 1);
	to = put(to, abort->device, 2);
	to = put(to, abort->channel, 2);
	to = put(to, length, 2);
	to = put(to, abort->reserved, 4);
	to = put(to, abort->chunk, 8);
	memcpy(to, abort->text, length);
	return to + length - payload;
}

bool wire_get_abort(const __u8 *payload, size_t length, struct wire_abort *abort)
{
	size_t text_length;

	if (length < 24)
		return false;
	memset(abort, 0, sizeof(*abort));
	abort->code = get(&payload, 4);
	abort->direction = get(&payload, 1);
	abort->present = get(&payload, 1);
	abort->device = get(&payload, 2);
	abort->channel = get(&payload, 2);
	text_length = get(&payload, 2);
	abort->reserved = get(&payload, 4);
	abort->chunk = get(&payload, 8);
	if (text_length >= sizeof(abort->text) || length != 24 + text_length)
		return false;
	memcpy(abort->text, payload, text_length);
	return true;
}

/**
 * wire_digest() - add a chunk to the digest of a stream
 * @digest: digest of the chunks before it, 0 for the first
 * @payload_crc: checksum of the chunk
 *
 * Return: the digest with it.
 */
__u32 wire_digest(__u32 digest, __u32 payload_crc)
{
	__u8 bytes[4];

	put(bytes, payload_crc, sizeof(bytes));
	return crc_add(digest, bytes, sizeof(bytes));
}
