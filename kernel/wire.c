// SPDX-License-Identifier: GPL-2.0
/*
 * Frame codec: turns headers and ABORT payloads into bytes and back.
 *
 * A pure core: no locks, no allocation, no kernel services. A chunk comes
 * here from source.c to get its header and, on the other host, its header
 * comes here from channel.c before a byte of its payload is accepted.
 */
#include <linux/bits.h>
#include <linux/crc32c.h>
#include <linux/ctype.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <uapi/linux/vfio_mig_mux.h>

#include "wire.h"

/* Offsets of the header's fields */
#define HEAD_TYPE		0
#define HEAD_FLAGS		1
#define HEAD_DEVICE		2
#define HEAD_LENGTH		4
#define HEAD_INDEX		8
#define HEAD_OFFSET		16
#define HEAD_PAYLOAD_CRC	24
#define HEAD_HEADER_CRC	28

/* Offsets of the fields of an ABORT's payload */
#define ABORT_CODE		0
#define ABORT_DIRECTION		4
#define ABORT_PRESENT		5
#define ABORT_DEVICE		6
#define ABORT_CHANNEL		8
#define ABORT_TEXT_LENGTH	10
#define ABORT_RESERVED		12
#define ABORT_CHUNK		16

#define ABORT_HAS_DEVICE	0x01
#define ABORT_HAS_CHANNEL	0x02
#define ABORT_HAS_CHUNK		0x04
#define ABORT_HAS_ALL		0x07

/* CRC32C as arithmetic: the polynomial, and x^8, with the lowest power of x in
 * the highest bit
 */
#define CASTAGNOLI		0x82f63b78
#define X_TO_THE_8TH		BIT(23)

static const char * const verdicts[] = {
	[MUX_WIRE_OK]		= "ok",
	[MUX_WIRE_CRC]		= "header checksum is wrong",
	[MUX_WIRE_TYPE]		= "unknown type",
	[MUX_WIRE_UNNEGOTIATED]	= "type was not negotiated",
	[MUX_WIRE_DIRECTION]	= "type is not for this direction",
	[MUX_WIRE_FLAGS]	= "reserved flag is set",
	[MUX_WIRE_DEVICE]	= "no such device",
	[MUX_WIRE_LENGTH]	= "length is out of bounds",
	[MUX_WIRE_RESERVED]	= "reserved field is not zero",
	[MUX_WIRE_MAGIC]	= "magic is wrong",
	[MUX_WIRE_VERSION]	= "version is not 1",
	[MUX_WIRE_UUID]		= "UUID is another session's",
	[MUX_WIRE_CHANNEL]	= "channel number is out of range",
	[MUX_WIRE_CHUNK_SIZE]	= "chunk size is out of range",
	[MUX_WIRE_DEVICES]	= "device count is out of range",
	[MUX_WIRE_NAME]		= "device name is malformed",
	[MUX_WIRE_WINDOW]	= "window is zero",
	[MUX_WIRE_NOT_ZERO]	= "checksum is not that of zeroes",
};

static const char * const names[] = {
	[MUX_FRAME_DATA]	= "DATA",
	[MUX_FRAME_ZERO]	= "ZERO",
	[MUX_FRAME_CONFIG]	= "CONFIG",
	[MUX_FRAME_END]		= "END",
	[MUX_FRAME_ACK]		= "ACK",
	[MUX_FRAME_ABORT]	= "ABORT",
	[MUX_FRAME_BYE]		= "BYE",
};

/**
 * mux_wire_strverdict - a decoder's verdict in words
 * @verdict: what the decoder returned
 *
 * Return: a constant string without a full stop, to stand after a colon.
 */
const char *mux_wire_strverdict(enum mux_wire_verdict verdict)
{
	if (verdict >= ARRAY_SIZE(verdicts))
		return "unknown verdict";
	return verdicts[verdict];
}

/**
 * mux_frame_name - the name of a frame type
 * @type: the type as it stands in a header, any value
 *
 * Return: a constant string, "unknown" for types that do not exist.
 */
const char *mux_frame_name(u8 type)
{
	if (type >= ARRAY_SIZE(names) || !names[type])
		return "unknown";
	return names[type];
}

/**
 * mux_frame_encode - write a frame header
 * @buf: where to, MUX_FRAME_SIZE bytes
 * @frame: the header; its fields are taken as they are
 */
void mux_frame_encode(u8 buf[MUX_FRAME_SIZE], const struct mux_frame *frame)
{
	buf[HEAD_TYPE] = frame->type;
	buf[HEAD_FLAGS] = frame->flags;
	put_unaligned_be16(frame->device, buf + HEAD_DEVICE);
	put_unaligned_be32(frame->length, buf + HEAD_LENGTH);
	put_unaligned_be64(frame->index, buf + HEAD_INDEX);
	put_unaligned_be64(frame->offset, buf + HEAD_OFFSET);
	put_unaligned_be32(frame->payload_crc, buf + HEAD_PAYLOAD_CRC);
	put_unaligned_be32(crc32c(~0, buf, HEAD_HEADER_CRC),
			   buf + HEAD_HEADER_CRC);
}

static enum mux_wire_verdict check_data(const struct mux_frame *frame,
					const struct mux_wire_rules *rules)
{
	if (!rules->from_source)
		return MUX_WIRE_DIRECTION;
	if (frame->flags)
		return MUX_WIRE_FLAGS;
	if (frame->device >= rules->devices)
		return MUX_WIRE_DEVICE;
	if (!frame->length || frame->length > rules->chunk_size)
		return MUX_WIRE_LENGTH;
	if (!rules->checksum && frame->payload_crc)
		return MUX_WIRE_RESERVED;
	return MUX_WIRE_OK;
}

/* That the checksum is wrong cannot have happened on the way here: the header
 * has one of its own.
 */
static enum mux_wire_verdict check_zero(const struct mux_frame *frame,
					const struct mux_wire_rules *rules)
{
	enum mux_wire_verdict verdict;

	if (!rules->zero)
		return MUX_WIRE_UNNEGOTIATED;
	verdict = check_data(frame, rules);
	if (verdict != MUX_WIRE_OK)
		return verdict;
	if (rules->checksum &&
	    frame->payload_crc != mux_zero_crc(frame->length))
		return MUX_WIRE_NOT_ZERO;
	return MUX_WIRE_OK;
}

static enum mux_wire_verdict check_config(const struct mux_frame *frame,
					  const struct mux_wire_rules *rules)
{
	if (!rules->trailer)
		return MUX_WIRE_UNNEGOTIATED;
	if (!rules->from_source)
		return MUX_WIRE_DIRECTION;
	if (frame->flags)
		return MUX_WIRE_FLAGS;
	if (frame->device >= rules->devices)
		return MUX_WIRE_DEVICE;
	if (frame->length > VFIO_MIG_MUX_TRAILER_MAX)
		return MUX_WIRE_LENGTH;
	if (frame->index || frame->offset)
		return MUX_WIRE_RESERVED;
	return MUX_WIRE_OK;
}

static enum mux_wire_verdict check_end(const struct mux_frame *frame,
				       const struct mux_wire_rules *rules)
{
	u8 allowed = rules->trailer ? MUX_END_TRAILER : 0;

	if (!rules->from_source)
		return MUX_WIRE_DIRECTION;
	if (frame->flags & ~allowed)
		return MUX_WIRE_FLAGS;
	if (frame->device >= rules->devices)
		return MUX_WIRE_DEVICE;
	if (frame->length)
		return MUX_WIRE_LENGTH;
	if (!rules->checksum && frame->payload_crc)
		return MUX_WIRE_RESERVED;
	return MUX_WIRE_OK;
}

static enum mux_wire_verdict check_ack(const struct mux_frame *frame,
				       const struct mux_wire_rules *rules)
{
	if (rules->from_source)
		return MUX_WIRE_DIRECTION;
	if (frame->flags & ~MUX_ACK_COMPLETE)
		return MUX_WIRE_FLAGS;
	if (frame->device >= rules->devices)
		return MUX_WIRE_DEVICE;
	if (frame->length)
		return MUX_WIRE_LENGTH;
	if (frame->payload_crc)
		return MUX_WIRE_RESERVED;
	return MUX_WIRE_OK;
}

static enum mux_wire_verdict check_abort(const struct mux_frame *frame)
{
	if (frame->flags & ~(MUX_ABORT_BY_OWNER | MUX_ABORT_CHANNEL))
		return MUX_WIRE_FLAGS;
	if (frame->length < MUX_ABORT_SIZE ||
	    frame->length > MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX)
		return MUX_WIRE_LENGTH;
	if (frame->device || frame->index || frame->offset)
		return MUX_WIRE_RESERVED;
	return MUX_WIRE_OK;
}

static enum mux_wire_verdict check_bye(const struct mux_frame *frame)
{
	if (frame->flags & ~MUX_BYE_DRAIN)
		return MUX_WIRE_FLAGS;
	if (frame->length)
		return MUX_WIRE_LENGTH;
	if (frame->device || frame->index || frame->offset ||
	    frame->payload_crc)
		return MUX_WIRE_RESERVED;
	return MUX_WIRE_OK;
}

/**
 * mux_frame_decode - read and check a frame header
 * @buf: MUX_FRAME_SIZE bytes from a peer
 * @rules: what was agreed on with that peer
 * @frame: set to the header's fields, whatever the verdict
 *
 * Checks all that can be known from the header and @rules alone. Whether the
 * index is in the window is for window.c and reorder.c.
 *
 * Return: MUX_WIRE_OK or the first thing found wrong.
 */
enum mux_wire_verdict mux_frame_decode(const u8 buf[MUX_FRAME_SIZE],
				       const struct mux_wire_rules *rules,
				       struct mux_frame *frame)
{
	frame->type = buf[HEAD_TYPE];
	frame->flags = buf[HEAD_FLAGS];
	frame->device = get_unaligned_be16(buf + HEAD_DEVICE);
	frame->length = get_unaligned_be32(buf + HEAD_LENGTH);
	frame->index = get_unaligned_be64(buf + HEAD_INDEX);
	frame->offset = get_unaligned_be64(buf + HEAD_OFFSET);
	frame->payload_crc = get_unaligned_be32(buf + HEAD_PAYLOAD_CRC);

	if (get_unaligned_be32(buf + HEAD_HEADER_CRC) !=
	    crc32c(~0, buf, HEAD_HEADER_CRC))
		return MUX_WIRE_CRC;

	switch (frame->type) {
	case MUX_FRAME_DATA:
		return check_data(frame, rules);
	case MUX_FRAME_ZERO:
		return check_zero(frame, rules);
	case MUX_FRAME_CONFIG:
		return check_config(frame, rules);
	case MUX_FRAME_END:
		return check_end(frame, rules);
	case MUX_FRAME_ACK:
		return check_ack(frame, rules);
	case MUX_FRAME_ABORT:
		return check_abort(frame);
	case MUX_FRAME_BYE:
		return check_bye(frame);
	default:
		return MUX_WIRE_TYPE;
	}
}

/**
 * mux_frame_payload - how much follows a header
 * @frame: the header, as mux_frame_decode() has accepted it
 *
 * Return: bytes of payload on the wire.
 */
u32 mux_frame_payload(const struct mux_frame *frame)
{
	return frame->type == MUX_FRAME_ZERO ? 0 : frame->length;
}

/**
 * mux_abort_encode - write the payload of an ABORT frame
 * @buf: where to, room for MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX bytes
 * @abort: what to say; its text is cut at MUX_ABORT_TEXT_MAX bytes
 *
 * Return: bytes written.
 */
u32 mux_abort_encode(u8 *buf, const struct mux_abort *abort)
{
	size_t length = strnlen(abort->text, MUX_ABORT_TEXT_MAX);

	memset(buf, 0, MUX_ABORT_SIZE);
	put_unaligned_be32(abort->code, buf + ABORT_CODE);
	buf[ABORT_DIRECTION] = abort->direction;
	if (abort->has_device) {
		buf[ABORT_PRESENT] |= ABORT_HAS_DEVICE;
		put_unaligned_be16(abort->device, buf + ABORT_DEVICE);
	}
	if (abort->has_channel) {
		buf[ABORT_PRESENT] |= ABORT_HAS_CHANNEL;
		put_unaligned_be16(abort->channel, buf + ABORT_CHANNEL);
	}
	if (abort->has_chunk) {
		buf[ABORT_PRESENT] |= ABORT_HAS_CHUNK;
		put_unaligned_be64(abort->chunk, buf + ABORT_CHUNK);
	}
	put_unaligned_be16(length, buf + ABORT_TEXT_LENGTH);
	memcpy(buf + MUX_ABORT_SIZE, abort->text, length);
	return MUX_ABORT_SIZE + length;
}

/**
 * mux_abort_decode - read and check the payload of an ABORT frame
 * @buf: @length bytes from a peer
 * @length: payload length as mux_frame_decode() has accepted it
 * @abort: set to the payload's fields where the verdict is MUX_WIRE_OK; its
 *	text is made harmless to print
 *
 * Return: MUX_WIRE_OK or the first thing found wrong.
 */
enum mux_wire_verdict mux_abort_decode(const u8 *buf, u32 length,
				       struct mux_abort *abort)
{
	u16 text_length = get_unaligned_be16(buf + ABORT_TEXT_LENGTH);
	u8 present = buf[ABORT_PRESENT];

	if (text_length > MUX_ABORT_TEXT_MAX ||
	    length != MUX_ABORT_SIZE + text_length)
		return MUX_WIRE_LENGTH;
	if (present & ~ABORT_HAS_ALL)
		return MUX_WIRE_FLAGS;
	if (get_unaligned_be32(buf + ABORT_RESERVED))
		return MUX_WIRE_RESERVED;

	memset(abort, 0, sizeof(*abort));
	abort->code = get_unaligned_be32(buf + ABORT_CODE);
	abort->direction = buf[ABORT_DIRECTION];
	abort->has_device = present & ABORT_HAS_DEVICE;
	abort->has_channel = present & ABORT_HAS_CHANNEL;
	abort->has_chunk = present & ABORT_HAS_CHUNK;
	abort->device = get_unaligned_be16(buf + ABORT_DEVICE);
	abort->channel = get_unaligned_be16(buf + ABORT_CHANNEL);
	abort->chunk = get_unaligned_be64(buf + ABORT_CHUNK);
	memcpy(abort->text, buf + MUX_ABORT_SIZE, text_length);
	mux_text_clean(abort->text, text_length);
	return MUX_WIRE_OK;
}

/**
 * mux_payload_crc - checksum of a payload that is no chunk
 * @payload: the payload
 * @length: its bytes
 *
 * Such payloads are checksummed whether chunks are or not.
 *
 * Return: what goes into the header.
 */
u32 mux_payload_crc(const u8 *payload, u32 length)
{
	return crc32c(~0, payload, length);
}

/* The product of two polynomials, less what the CRC's polynomial goes into */
static u32 multiply(u32 a, u32 b)
{
	u32 product = 0;

	for (; a; a <<= 1) {
		if (a & BIT(31))
			product ^= b;
		b = b & 1 ? b >> 1 ^ CASTAGNOLI : b >> 1;
	}
	return product;
}

/**
 * mux_zero_crc - checksum of a payload that is all zero
 * @length: its bytes
 *
 * A byte of zeroes multiplies the checksum by x^8, and so there is no need to
 * look at any: as many products do as @length has bits, and as many squares.
 *
 * Return: the CRC32C that @length bytes of zeroes have; never 0.
 */
u32 mux_zero_crc(u32 length)
{
	u32 power = X_TO_THE_8TH;
	u32 crc = ~0;

	for (; length; length >>= 1) {
		if (length & 1)
			crc = multiply(crc, power);
		power = multiply(power, power);
	}
	return crc;
}

/**
 * mux_digest_fold - add one chunk to the digest of a stream
 * @digest: digest of all chunks before it, 0 before the first
 * @payload_crc: CRC32C of the chunk
 *
 * The digest is the CRC32C of the chunks' big-endian CRC32Cs in the order of
 * their indices. Source and destination compute it each on its own.
 *
 * Return: the digest with the chunk in it.
 */
u32 mux_digest_fold(u32 digest, u32 payload_crc)
{
	u8 bytes[4];

	put_unaligned_be32(payload_crc, bytes);
	return crc32c(digest, bytes, sizeof(bytes));
}

static bool is_clean(char c)
{
	return isascii(c) && isprint(c);
}

/**
 * mux_text_clean - make a peer's text harmless to print
 * @text: the text, changed in place
 * @length: its length in bytes
 *
 * Text of a peer ends up in logs and terminals: whatever is not printable
 * ASCII becomes a question mark.
 */
void mux_text_clean(char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if (!is_clean(text[i]))
			text[i] = '?';
	}
}

/**
 * mux_text_is_clean - whether a text is harmless to print as it is
 * @text: the text, terminated
 *
 * Return: true if it is all printable ASCII.
 */
bool mux_text_is_clean(const char *text)
{
	while (is_clean(*text))
		text++;
	return !*text;
}
