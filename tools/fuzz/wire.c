// SPDX-License-Identifier: GPL-2.0
/*
 * kernel/wire.c: what it accepts it writes again byte for byte, it accepts
 * only what the table of Documentation/protocol.rst admits, and it never reads
 * past what it was given.
 *
 * The first byte of an input says what kind of session it is for, and whether
 * the checksum is put right before; then come a header and a payload.
 */
#include <linux/crc32c.h>
#include <linux/unaligned.h>

#include "input.h"
#include "wire.h"

#define RIGHT_CRC	0x80
#define FROM_SOURCE	0x40
#define CHECKSUM	0x20
#define ZERO		0x10
#define DEVICES		0x0f

/* Longest run of zeroes that is looked at one by one */
#define ZEROES_MAX	4096

static bool sent_by_source(const struct mux_frame *frame)
{
	return frame->type != MUX_FRAME_ACK;
}

static bool sent_by_destination(const struct mux_frame *frame)
{
	return frame->type == MUX_FRAME_ACK || frame->type == MUX_FRAME_ABORT ||
	       frame->type == MUX_FRAME_BYE;
}

/* The flags that a type may have */
static u8 flags_of(u8 type)
{
	switch (type) {
	case MUX_FRAME_ACK:
	case MUX_FRAME_BYE:
		return 1;
	case MUX_FRAME_ABORT:
		return 3;
	default:
		return 0;
	}
}

/* The table of the document, once more and differently put */
static void check_table(const struct mux_frame *frame, const struct mux_wire_rules *rules)
{
	bool chunk = frame->type == MUX_FRAME_DATA || frame->type == MUX_FRAME_ZERO;
	bool of_device = chunk || frame->type == MUX_FRAME_END || frame->type == MUX_FRAME_ACK;

	CHECK(of_device || frame->type == MUX_FRAME_ABORT || frame->type == MUX_FRAME_BYE);
	CHECK(rules->from_source ? sent_by_source(frame) : sent_by_destination(frame));
	CHECK(!(frame->flags & ~flags_of(frame->type)));
	CHECK(of_device ? frame->device < rules->devices : !frame->device);
	CHECK(of_device || !(frame->index | frame->offset));
	if (chunk)
		CHECK(frame->length >= 1 && frame->length <= rules->chunk_size);
	else if (frame->type == MUX_FRAME_ABORT)
		CHECK(frame->length >= 24 && frame->length <= 279);
	else
		CHECK(!frame->length);
	if (frame->type == MUX_FRAME_ACK || frame->type == MUX_FRAME_BYE)
		CHECK(!frame->payload_crc);
	if (of_device && !rules->checksum)
		CHECK(!frame->payload_crc);
	if (frame->type == MUX_FRAME_ZERO) {
		CHECK(rules->zero);
		CHECK(!mux_frame_payload(frame));
	} else {
		CHECK(mux_frame_payload(frame) == frame->length);
	}
}

static void check_header(u8 *header, const struct mux_wire_rules *rules, bool right_crc)
{
	enum mux_wire_verdict verdict;
	struct mux_frame frame;
	u8 again[MUX_FRAME_SIZE];

	if (right_crc)
		put_unaligned_be32(crc32c(~0, header, 28), header + 28);
	verdict = mux_frame_decode(header, rules, &frame);
	CHECK(mux_wire_strverdict(verdict) && mux_frame_name(frame.type));
	mux_frame_encode(again, &frame);
	CHECK(!memcmp(again, header, 28));
	CHECK(!memcmp(again, header, 32) == (verdict != MUX_WIRE_CRC));
	if (verdict == MUX_WIRE_OK)
		check_table(&frame, rules);
}

static void check_abort(const u8 *payload, u32 length)
{
	u8 again[MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX];
	struct mux_abort abort, twice;
	u32 i;

	if (mux_abort_decode(payload, length, &abort) != MUX_WIRE_OK)
		return;
	CHECK(length >= MUX_ABORT_SIZE && length <= sizeof(again));
	CHECK(mux_text_is_clean(abort.text));
	CHECK(strlen(abort.text) == length - MUX_ABORT_SIZE);
	for (i = 0; abort.text[i]; i++) {
		u8 byte = payload[MUX_ABORT_SIZE + i];

		CHECK(abort.text[i] == (byte >= 0x20 && byte <= 0x7e ? byte : '?'));
	}
	CHECK(mux_abort_encode(again, &abort) == length);
	CHECK(mux_abort_decode(again, length, &twice) == MUX_WIRE_OK);
	/* What is said not to be known is not written. */
	abort.device *= abort.has_device;
	abort.channel *= abort.has_channel;
	abort.chunk *= abort.has_chunk;
	CHECK(!memcmp(&abort, &twice, sizeof(abort)));
}

static void check_sums(const u8 *payload, u32 length)
{
	static const u8 zeroes[ZEROES_MAX];
	u8 crc[4];

	CHECK(mux_payload_crc(payload, length) == crc32c(~0, payload, length));
	if (length < 4)
		return;
	length = get_unaligned_be32(payload);
	CHECK(mux_zero_crc(length));
	length %= ZEROES_MAX + 1;
	CHECK(mux_zero_crc(length) == crc32c(~0, zeroes, length));
	put_unaligned_be32(length, crc);
	CHECK(mux_digest_fold(7, length) == crc32c(7, crc, sizeof(crc)));
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	struct input input = { bytes, size };
	u8 options = input_u8(&input);
	const struct mux_wire_rules rules = {
		.chunk_size = 1 << 20,
		.devices = 1 + (options & DEVICES),
		.checksum = options & CHECKSUM,
		.zero = options & ZERO,
		.from_source = options & FROM_SOURCE,
	};
	u8 *header = input_copy(&input, MUX_FRAME_SIZE);
	u32 length = input.size;
	u8 *payload = input_copy(&input, length);

	check_header(header, &rules, options & RIGHT_CRC);
	if (length >= MUX_ABORT_SIZE)
		check_abort(payload, length);
	check_sums(payload, length);
	free(payload);
	free(header);
	return 0;
}
