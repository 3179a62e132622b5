// SPDX-License-Identifier: GPL-2.0
/*
 * Handshake codec: turns HELLO, HELLO_ACK and REFUSE into bytes and back.
 *
 * A pure core like wire.c. handshake.c decides what to say and believe; here
 * it is only spelled and checked.
 */
#include <linux/crc32c.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "hello.h"

/* Offsets of the head's fields */
#define HEAD_MAGIC		0
#define HEAD_VERSION		4
#define HEAD_TYPE		6
#define HEAD_LENGTH		8
#define HEAD_CRC		12
#define HEAD_UUID		16

/* Offsets of the fields of HELLO's body */
#define HELLO_CHANNEL		0
#define HELLO_CHANNELS		2
#define HELLO_FEATURES		4
#define HELLO_CHUNK_SIZE	8
#define HELLO_DEVICES		12
#define HELLO_FLAGS		14

/* Offsets of the fields of HELLO_ACK's body, and of an entry in it */
#define ACK_FEATURES		0
#define ACK_DEVICES		4
#define ACK_FLAGS		6
#define ENTRY_WINDOW		0
#define ENTRY_RESERVED		4
#define ENTRY_LOADED		8

/* Offsets of the fields of REFUSE's body */
#define REFUSE_CODE		0
#define REFUSE_TEXT_LENGTH	4
#define REFUSE_RESERVED		6

static u32 message_crc(const u8 *buf, u32 size)
{
	static const u8 zero[4];
	u32 crc;

	crc = crc32c(~0, buf, HEAD_CRC);
	crc = crc32c(crc, zero, sizeof(zero));
	return crc32c(crc, buf + HEAD_UUID, size - HEAD_UUID);
}

static u32 seal(u8 *buf, enum mux_hello_type type, const uuid_t *uuid,
		u32 length)
{
	put_unaligned_be32(MUX_HELLO_MAGIC, buf + HEAD_MAGIC);
	put_unaligned_be16(MUX_HELLO_VERSION, buf + HEAD_VERSION);
	put_unaligned_be16(type, buf + HEAD_TYPE);
	put_unaligned_be32(length, buf + HEAD_LENGTH);
	export_uuid(buf + HEAD_UUID, uuid);
	put_unaligned_be32(message_crc(buf, MUX_HELLO_HEAD_SIZE + length),
			   buf + HEAD_CRC);
	return MUX_HELLO_HEAD_SIZE + length;
}

/**
 * mux_hello_encode - write a HELLO
 * @buf: where to, room for MUX_HELLO_SIZE_MAX bytes
 * @uuid: the session's UUID
 * @hello: what to say
 *
 * Return: bytes written.
 */
u32 mux_hello_encode(u8 *buf, const uuid_t *uuid,
		     const struct mux_hello *hello)
{
	u32 names = hello->devices * MUX_HELLO_NAME_SIZE;
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;

	put_unaligned_be16(hello->channel, body + HELLO_CHANNEL);
	put_unaligned_be16(hello->channels, body + HELLO_CHANNELS);
	put_unaligned_be32(hello->features, body + HELLO_FEATURES);
	put_unaligned_be32(hello->chunk_size, body + HELLO_CHUNK_SIZE);
	put_unaligned_be16(hello->devices, body + HELLO_DEVICES);
	put_unaligned_be16(hello->resume ? MUX_HELLO_RESUME : 0,
			   body + HELLO_FLAGS);
	memcpy(body + MUX_HELLO_FIXED_SIZE, hello->names, names);
	return seal(buf, MUX_HELLO, uuid, MUX_HELLO_FIXED_SIZE + names);
}

/**
 * mux_hello_ack_encode - write a HELLO_ACK
 * @buf: where to, room for MUX_HELLO_SIZE_MAX bytes
 * @uuid: the session's UUID
 * @ack: what to say
 *
 * Return: bytes written.
 */
u32 mux_hello_ack_encode(u8 *buf, const uuid_t *uuid,
			 const struct mux_hello_ack *ack)
{
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;
	u8 *entry = body + MUX_HELLO_ACK_FIXED_SIZE;
	u16 i;

	put_unaligned_be32(ack->features, body + ACK_FEATURES);
	put_unaligned_be16(ack->devices, body + ACK_DEVICES);
	put_unaligned_be16(0, body + ACK_FLAGS);
	for (i = 0; i < ack->devices; i++) {
		put_unaligned_be32(ack->window[i], entry + ENTRY_WINDOW);
		put_unaligned_be32(0, entry + ENTRY_RESERVED);
		put_unaligned_be64(ack->loaded[i], entry + ENTRY_LOADED);
		entry += MUX_HELLO_ACK_ENTRY_SIZE;
	}
	return seal(buf, MUX_HELLO_ACK, uuid, entry - body);
}

/**
 * mux_refuse_encode - write a REFUSE
 * @buf: where to, room for MUX_HELLO_SIZE_MAX bytes
 * @uuid: the session's UUID
 * @refuse: what to say; its text is cut at MUX_ABORT_TEXT_MAX bytes
 *
 * Return: bytes written.
 */
u32 mux_refuse_encode(u8 *buf, const uuid_t *uuid,
		      const struct mux_refuse *refuse)
{
	u16 length = strnlen(refuse->text, MUX_ABORT_TEXT_MAX);
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;

	put_unaligned_be32(refuse->code, body + REFUSE_CODE);
	put_unaligned_be16(length, body + REFUSE_TEXT_LENGTH);
	put_unaligned_be16(0, body + REFUSE_RESERVED);
	memcpy(body + MUX_REFUSE_FIXED_SIZE, refuse->text, length);
	return seal(buf, MUX_HELLO_REFUSE, uuid,
		    MUX_REFUSE_FIXED_SIZE + length);
}

/**
 * mux_hello_head_decode - read and check the head of a handshake message
 * @buf: MUX_HELLO_HEAD_SIZE bytes from a peer
 * @head: set to the head's fields where the verdict is MUX_WIRE_OK; the UUID
 *	also where it is MUX_WIRE_VERSION, for a REFUSE
 *
 * After it @head's length can be trusted to fit a buffer of
 * MUX_HELLO_SIZE_MAX bytes, nothing more: see mux_hello_check().
 *
 * Return: MUX_WIRE_OK or the first thing found wrong.
 */
enum mux_wire_verdict mux_hello_head_decode(const u8 *buf,
					    struct mux_hello_head *head)
{
	if (get_unaligned_be32(buf + HEAD_MAGIC) != MUX_HELLO_MAGIC)
		return MUX_WIRE_MAGIC;
	import_uuid(&head->uuid, buf + HEAD_UUID);
	if (get_unaligned_be16(buf + HEAD_VERSION) != MUX_HELLO_VERSION)
		return MUX_WIRE_VERSION;
	head->type = get_unaligned_be16(buf + HEAD_TYPE);
	if (head->type < MUX_HELLO || head->type > MUX_HELLO_REFUSE)
		return MUX_WIRE_TYPE;
	head->length = get_unaligned_be32(buf + HEAD_LENGTH);
	if (head->length > MUX_HELLO_BODY_MAX)
		return MUX_WIRE_LENGTH;
	head->crc = get_unaligned_be32(buf + HEAD_CRC);
	return MUX_WIRE_OK;
}

/**
 * mux_hello_check - check the checksum of a whole handshake message
 * @buf: the message, head and body
 * @head: its head as mux_hello_head_decode() has read it
 *
 * Return: MUX_WIRE_OK or MUX_WIRE_CRC.
 */
enum mux_wire_verdict mux_hello_check(const u8 *buf,
				      const struct mux_hello_head *head)
{
	if (message_crc(buf, MUX_HELLO_HEAD_SIZE + head->length) != head->crc)
		return MUX_WIRE_CRC;
	return MUX_WIRE_OK;
}

static bool name_is_sane(const char *name)
{
	size_t length = strnlen(name, MUX_HELLO_NAME_SIZE);

	return length && length < MUX_HELLO_NAME_SIZE &&
	       mux_text_is_clean(name) &&
	       !memchr_inv(name + length, 0, MUX_HELLO_NAME_SIZE - length);
}

/**
 * mux_hello_decode - read and check the body of a HELLO
 * @body: @length bytes whose checksum was right
 * @length: bytes of the body, at most MUX_HELLO_BODY_MAX
 * @hello: set to the body's fields where the verdict is MUX_WIRE_OK
 *
 * Return: MUX_WIRE_OK or the first thing found wrong.
 */
enum mux_wire_verdict mux_hello_decode(const u8 *body, u32 length,
				       struct mux_hello *hello)
{
	u16 flags, i;

	if (length < MUX_HELLO_FIXED_SIZE)
		return MUX_WIRE_LENGTH;
	hello->channel = get_unaligned_be16(body + HELLO_CHANNEL);
	hello->channels = get_unaligned_be16(body + HELLO_CHANNELS);
	hello->features = get_unaligned_be32(body + HELLO_FEATURES);
	hello->chunk_size = get_unaligned_be32(body + HELLO_CHUNK_SIZE);
	hello->devices = get_unaligned_be16(body + HELLO_DEVICES);

	flags = get_unaligned_be16(body + HELLO_FLAGS);
	if (flags & ~MUX_HELLO_RESUME)
		return MUX_WIRE_FLAGS;
	hello->resume = flags & MUX_HELLO_RESUME;
	if (!hello->channels || hello->channels > VFIO_MIG_MUX_CHANNELS_MAX ||
	    hello->channel >= hello->channels)
		return MUX_WIRE_CHANNEL;
	if (hello->chunk_size < VFIO_MIG_MUX_CHUNK_SIZE_MIN ||
	    hello->chunk_size > VFIO_MIG_MUX_CHUNK_SIZE_MAX ||
	    !is_power_of_2(hello->chunk_size))
		return MUX_WIRE_CHUNK_SIZE;
	if (!hello->devices || hello->devices > VFIO_MIG_MUX_DEVICES_MAX)
		return MUX_WIRE_DEVICES;
	if (length != MUX_HELLO_FIXED_SIZE +
		      hello->devices * MUX_HELLO_NAME_SIZE)
		return MUX_WIRE_LENGTH;

	memset(hello->names, 0, sizeof(hello->names));
	memcpy(hello->names, body + MUX_HELLO_FIXED_SIZE,
	       hello->devices * MUX_HELLO_NAME_SIZE);
	for (i = 0; i < hello->devices; i++) {
		if (!name_is_sane(hello->names[i]))
			return MUX_WIRE_NAME;
	}
	return MUX_WIRE_OK;
}

/**
 * mux_hello_ack_decode - read and check the body of a HELLO_ACK
 * @body: @length bytes whose checksum was right
 * @length: bytes of the body, at most MUX_HELLO_BODY_MAX
 * @ack: set to the body's fields where the verdict is MUX_WIRE_OK
 *
 * Return: MUX_WIRE_OK or the first thing found wrong.
 */
enum mux_wire_verdict mux_hello_ack_decode(const u8 *body, u32 length,
					   struct mux_hello_ack *ack)
{
	const u8 *entry = body + MUX_HELLO_ACK_FIXED_SIZE;
	u16 i;

	if (length < MUX_HELLO_ACK_FIXED_SIZE)
		return MUX_WIRE_LENGTH;
	memset(ack, 0, sizeof(*ack));
	ack->features = get_unaligned_be32(body + ACK_FEATURES);
	ack->devices = get_unaligned_be16(body + ACK_DEVICES);
	if (get_unaligned_be16(body + ACK_FLAGS))
		return MUX_WIRE_FLAGS;
	if (!ack->devices || ack->devices > VFIO_MIG_MUX_DEVICES_MAX)
		return MUX_WIRE_DEVICES;
	if (length != MUX_HELLO_ACK_FIXED_SIZE +
		      ack->devices * MUX_HELLO_ACK_ENTRY_SIZE)
		return MUX_WIRE_LENGTH;

	for (i = 0; i < ack->devices; i++) {
		ack->window[i] = get_unaligned_be32(entry + ENTRY_WINDOW);
		ack->loaded[i] = get_unaligned_be64(entry + ENTRY_LOADED);
		if (!ack->window[i])
			return MUX_WIRE_WINDOW;
		if (get_unaligned_be32(entry + ENTRY_RESERVED))
			return MUX_WIRE_RESERVED;
		entry += MUX_HELLO_ACK_ENTRY_SIZE;
	}
	return MUX_WIRE_OK;
}

/**
 * mux_refuse_decode - read and check the body of a REFUSE
 * @body: @length bytes whose checksum was right
 * @length: bytes of the body, at most MUX_HELLO_BODY_MAX
 * @refuse: set to the body's fields where the verdict is MUX_WIRE_OK; its
 *	text is made harmless to print
 *
 * Return: MUX_WIRE_OK or the first thing found wrong.
 */
enum mux_wire_verdict mux_refuse_decode(const u8 *body, u32 length,
					struct mux_refuse *refuse)
{
	u16 text_length;

	if (length < MUX_REFUSE_FIXED_SIZE)
		return MUX_WIRE_LENGTH;
	text_length = get_unaligned_be16(body + REFUSE_TEXT_LENGTH);
	if (text_length > MUX_ABORT_TEXT_MAX ||
	    length != MUX_REFUSE_FIXED_SIZE + text_length)
		return MUX_WIRE_LENGTH;
	if (get_unaligned_be16(body + REFUSE_RESERVED))
		return MUX_WIRE_RESERVED;

	memset(refuse, 0, sizeof(*refuse));
	refuse->code = get_unaligned_be32(body + REFUSE_CODE);
	memcpy(refuse->text, body + MUX_REFUSE_FIXED_SIZE, text_length);
	mux_text_clean(refuse->text, text_length);
	return MUX_WIRE_OK;
}
