// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the frame codec, which is compiled into this file: what a
 * peer may send is understood, whatever else it sends is refused.
 */
#include <kunit/test.h>
#include <linux/sizes.h>

#include "../wire.c"
#include "golden.h"

#define DEVICES		3

static const struct mux_wire_rules source = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.checksum = true,
	.from_source = true,
};

static const struct mux_wire_rules destination = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.checksum = true,
};

static const struct mux_wire_rules unsummed_source = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.from_source = true,
};

static const struct mux_wire_rules unsummed_destination = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
};

static const struct mux_wire_rules zero_source = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.checksum = true,
	.zero = true,
	.from_source = true,
};

static const struct mux_wire_rules zero_destination = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.checksum = true,
	.zero = true,
};

static const struct mux_wire_rules unsummed_zero_source = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.zero = true,
	.from_source = true,
};

static const struct mux_wire_rules trailer_source = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.checksum = true,
	.trailer = true,
	.from_source = true,
};

static const struct mux_wire_rules trailer_destination = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.checksum = true,
	.trailer = true,
};

static const struct mux_wire_rules unsummed_trailer_source = {
	.chunk_size = SZ_1M,
	.devices = DEVICES,
	.trailer = true,
	.from_source = true,
};

static const struct mux_wire_rules smallest_source = {
	.chunk_size = SZ_64K,
	.devices = 1,
	.checksum = true,
	.from_source = true,
};

static const struct mux_wire_rules largest_source = {
	.chunk_size = SZ_16M,
	.devices = 64,
	.checksum = true,
	.from_source = true,
};

/* No session agrees on these; they let every value of every field through */
static const struct mux_wire_rules boundless_source = {
	.chunk_size = U32_MAX,
	.devices = U16_MAX,
	.checksum = true,
	.from_source = true,
};

static void expect_same_frame(struct kunit *test, const struct mux_frame *is,
			      const struct mux_frame *should)
{
	KUNIT_EXPECT_EQ(test, is->type, should->type);
	KUNIT_EXPECT_EQ(test, is->flags, should->flags);
	KUNIT_EXPECT_EQ(test, is->device, should->device);
	KUNIT_EXPECT_EQ(test, is->length, should->length);
	KUNIT_EXPECT_EQ(test, is->index, should->index);
	KUNIT_EXPECT_EQ(test, is->offset, should->offset);
	KUNIT_EXPECT_EQ(test, is->payload_crc, should->payload_crc);
}

/* Golden vectors */

static const struct golden_frame {
	const char *desc;
	const char *hex[GOLDEN_LINES];
	const struct mux_wire_rules *rules;
	struct mux_frame frame;
} golden_frames[] = {
	{ "DATA, the first chunk",
	  { "01000001 00000004 0000000000000000 0000000000000000 09c50b11 a724a866" },
	  &source, { MUX_FRAME_DATA, 0, 1, 4, 0, 0, 0x09c50b11 } },
	{ "DATA, the second chunk",
	  { "01000001 00000005 0000000000000001 0000000000000004 7c4a9a27 4f5922fd" },
	  &source, { MUX_FRAME_DATA, 0, 1, 5, 1, 4, 0x7c4a9a27 } },
	{ "DATA, the second chunk without checksums",
	  { "01000001 00000005 0000000000000001 0000000000000004 00000000 6da374b3" },
	  &unsummed_source, { MUX_FRAME_DATA, 0, 1, 5, 1, 4, 0 } },
	{ "DATA, every field another value",
	  { "01000203 04050607 08090a0b0c0d0e0f 1011121314151617 18191a1b 670a2faa" },
	  &boundless_source,
	  { MUX_FRAME_DATA, 0, 0x0203, 0x04050607, 0x08090a0b0c0d0e0f,
	    0x1011121314151617, 0x18191a1b } },
	{ "DATA, every field at its end",
	  { "0100fffe ffffffff ffffffffffffffff ffffffffffffffff ffffffff 63d6d66a" },
	  &boundless_source,
	  { MUX_FRAME_DATA, 0, U16_MAX - 1, U32_MAX, U64_MAX, U64_MAX, U32_MAX } },
	{ "ZERO, a full chunk",
	  { "02000001 00100000 0000000000000002 0000000000000009 ebd673ed 3f1f486e" },
	  &zero_source, { MUX_FRAME_ZERO, 0, 1, SZ_1M, 2, 9, 0xebd673ed } },
	{ "ZERO, one byte",
	  { "02000001 00000001 0000000000000002 0000000000000009 ad82acae be164bc1" },
	  &zero_source, { MUX_FRAME_ZERO, 0, 1, 1, 2, 9, 0xad82acae } },
	{ "ZERO, a full chunk without checksums",
	  { "02000001 00100000 0000000000000002 0000000000000009 00000000 bfadc432" },
	  &unsummed_zero_source, { MUX_FRAME_ZERO, 0, 1, SZ_1M, 2, 9, 0 } },
	{ "CONFIG",
	  { "03000001 00000010 0000000000000000 0000000000000000 2b382d9f 8c8f995b" },
	  &trailer_source, { MUX_FRAME_CONFIG, 0, 1, 16, 0, 0, 0x2b382d9f } },
	{ "CONFIG of no bytes, without checksums of chunks",
	  { "03000000 00000000 0000000000000000 0000000000000000 ffffffff 5c7c6703" },
	  &unsummed_trailer_source,
	  { MUX_FRAME_CONFIG, 0, 0, 0, 0, 0, U32_MAX } },
	{ "CONFIG of the longest trailer",
	  { "03000001 0000f000 0000000000000000 0000000000000000 0c76c351 ea5a4c70" },
	  &trailer_source, { MUX_FRAME_CONFIG, 0, 1, 61440, 0, 0, 0x0c76c351 } },
	{ "END after a trailer",
	  { "04010001 00000000 0000000000000002 0000000000000009 884e129e cb51d4e3" },
	  &trailer_source,
	  { MUX_FRAME_END, MUX_END_TRAILER, 1, 0, 2, 9, 0x884e129e } },
	{ "END of an empty stream after a trailer",
	  { "04010000 00000000 0000000000000000 0000000000000000 00000000 d5866b04" },
	  &unsummed_trailer_source,
	  { MUX_FRAME_END, MUX_END_TRAILER, 0, 0, 0, 0, 0 } },
	{ "END",
	  { "04000001 00000000 0000000000000002 0000000000000009 884e129e 956f4643" },
	  &source, { MUX_FRAME_END, 0, 1, 0, 2, 9, 0x884e129e } },
	{ "END of an empty stream",
	  { "04000000 00000000 0000000000000000 0000000000000000 00000000 8bb8f9a4" },
	  &source, { MUX_FRAME_END, 0, 0, 0, 0, 0, 0 } },
	{ "ACK",
	  { "07000001 00000000 0000000000000001 0000000000000004 00000000 96c95f41" },
	  &destination, { MUX_FRAME_ACK, 0, 1, 0, 1, 4, 0 } },
	{ "ACK, complete",
	  { "07010001 00000000 0000000000000002 0000000000000009 00000000 84b25fc3" },
	  &destination, { MUX_FRAME_ACK, MUX_ACK_COMPLETE, 1, 0, 2, 9, 0 } },
	{ "ACK, complete, of an empty stream",
	  { "07010000 00000000 0000000000000000 0000000000000000 00000000 365480a9" },
	  &destination, { MUX_FRAME_ACK, MUX_ACK_COMPLETE, 0, 0, 0, 0, 0 } },
	{ "ABORT for a failure",
	  { "08000000 00000038 0000000000000000 0000000000000000 25c3994b 53fc68f3" },
	  &destination, { MUX_FRAME_ABORT, 0, 0, 56, 0, 0, 0x25c3994b } },
	{ "ABORT by the owner",
	  { "08010000 00000021 0000000000000000 0000000000000000 e20952e2 14983af0" },
	  &source, { MUX_FRAME_ABORT, MUX_ABORT_BY_OWNER, 0, 33, 0, 0, 0xe20952e2 } },
	{ "BYE of a source",
	  { "09000000 00000000 0000000000000000 0000000000000000 00000000 a8d24737" },
	  &source, { MUX_FRAME_BYE, 0, 0, 0, 0, 0, 0 } },
	{ "BYE of a destination",
	  { "09000000 00000000 0000000000000000 0000000000000000 00000000 a8d24737" },
	  &destination, { MUX_FRAME_BYE, 0, 0, 0, 0, 0, 0 } },
	{ "ABORT of a channel",
	  { "08020000 0000005c 0000000000000000 0000000000000000 e1547caa 09dd55c3" },
	  &destination,
	  { MUX_FRAME_ABORT, MUX_ABORT_CHANNEL, 0, 92, 0, 0, 0xe1547caa } },
	{ "BYE of a channel",
	  { "09010000 00000000 0000000000000000 0000000000000000 00000000 f6ecd597" },
	  &source, { MUX_FRAME_BYE, MUX_BYE_DRAIN, 0, 0, 0, 0, 0 } },
};

KUNIT_ARRAY_PARAM_DESC(golden_frame, golden_frames, desc);

static void a_frame_is_encoded_as_documented(struct kunit *test)
{
	const struct golden_frame *golden = test->param_value;
	u8 should[MUX_FRAME_SIZE], is[MUX_FRAME_SIZE];

	KUNIT_ASSERT_EQ(test, golden_bytes(should, golden->hex), MUX_FRAME_SIZE);
	mux_frame_encode(is, &golden->frame);
	KUNIT_EXPECT_MEMEQ(test, is, should, MUX_FRAME_SIZE);
}

static void a_documented_frame_is_decoded(struct kunit *test)
{
	const struct golden_frame *golden = test->param_value;
	enum mux_wire_verdict verdict;
	struct mux_frame frame;
	u8 buf[MUX_FRAME_SIZE];

	golden_bytes(buf, golden->hex);
	verdict = mux_frame_decode(buf, golden->rules, &frame);
	KUNIT_EXPECT_STREQ(test, mux_wire_strverdict(verdict), "ok");
	expect_same_frame(test, &frame, &golden->frame);
}

static void every_single_flipped_bit_is_found(struct kunit *test)
{
	const struct golden_frame *golden = test->param_value;
	u8 buf[MUX_FRAME_SIZE];
	struct mux_frame frame;
	int bit;

	golden_bytes(buf, golden->hex);
	for (bit = 0; bit < MUX_FRAME_SIZE * 8; bit++) {
		buf[bit / 8] ^= BIT(bit % 8);
		KUNIT_EXPECT_EQ_MSG(test,
				    mux_frame_decode(buf, golden->rules, &frame),
				    MUX_WIRE_CRC, "byte %d, bit %d",
				    bit / 8, bit % 8);
		buf[bit / 8] ^= BIT(bit % 8);
	}
}

static void every_pair_of_flipped_bits_is_found(struct kunit *test)
{
	const struct golden_frame *golden = test->param_value;
	u8 buf[MUX_FRAME_SIZE];
	struct mux_frame frame;
	int a, b;

	golden_bytes(buf, golden->hex);
	for (a = 0; a < MUX_FRAME_SIZE * 8; a++) {
		buf[a / 8] ^= BIT(a % 8);
		for (b = a + 1; b < MUX_FRAME_SIZE * 8; b++) {
			buf[b / 8] ^= BIT(b % 8);
			KUNIT_ASSERT_EQ_MSG(test,
					    mux_frame_decode(buf, golden->rules,
							     &frame),
					    MUX_WIRE_CRC, "bits %d and %d", a, b);
			buf[b / 8] ^= BIT(b % 8);
		}
		buf[a / 8] ^= BIT(a % 8);
	}
}

/* Rules of the header */

static const struct frame_case {
	const char *desc;
	const struct mux_wire_rules *rules;
	struct mux_frame frame;
	enum mux_wire_verdict verdict;
} frame_cases[] = {
	{ "DATA of one byte", &source,
	  { .type = MUX_FRAME_DATA, .length = 1 }, MUX_WIRE_OK },
	{ "DATA of a full chunk", &source,
	  { .type = MUX_FRAME_DATA, .length = SZ_1M }, MUX_WIRE_OK },
	{ "DATA one byte short of a chunk", &source,
	  { .type = MUX_FRAME_DATA, .length = SZ_1M - 1 }, MUX_WIRE_OK },
	{ "DATA without payload", &source,
	  { .type = MUX_FRAME_DATA }, MUX_WIRE_LENGTH },
	{ "DATA one byte longer than a chunk", &source,
	  { .type = MUX_FRAME_DATA, .length = SZ_1M + 1 }, MUX_WIRE_LENGTH },
	{ "DATA as long as can be said", &source,
	  { .type = MUX_FRAME_DATA, .length = U32_MAX }, MUX_WIRE_LENGTH },
	{ "DATA of the smallest full chunk", &smallest_source,
	  { .type = MUX_FRAME_DATA, .length = SZ_64K }, MUX_WIRE_OK },
	{ "DATA longer than the smallest chunk", &smallest_source,
	  { .type = MUX_FRAME_DATA, .length = SZ_64K + 1 }, MUX_WIRE_LENGTH },
	{ "DATA of the largest full chunk", &largest_source,
	  { .type = MUX_FRAME_DATA, .length = SZ_16M }, MUX_WIRE_OK },
	{ "DATA longer than the largest chunk", &largest_source,
	  { .type = MUX_FRAME_DATA, .length = SZ_16M + 1 }, MUX_WIRE_LENGTH },
	{ "DATA of the last device", &source,
	  { .type = MUX_FRAME_DATA, .device = DEVICES - 1, .length = 1 },
	  MUX_WIRE_OK },
	{ "DATA of a device after the last", &source,
	  { .type = MUX_FRAME_DATA, .device = DEVICES, .length = 1 },
	  MUX_WIRE_DEVICE },
	{ "DATA of device 65535", &source,
	  { .type = MUX_FRAME_DATA, .device = U16_MAX, .length = 1 },
	  MUX_WIRE_DEVICE },
	{ "DATA of a second device where there is one", &smallest_source,
	  { .type = MUX_FRAME_DATA, .device = 1, .length = 1 },
	  MUX_WIRE_DEVICE },
	{ "DATA of device 63 of 64", &largest_source,
	  { .type = MUX_FRAME_DATA, .device = 63, .length = 1 }, MUX_WIRE_OK },
	{ "DATA of device 64 of 64", &largest_source,
	  { .type = MUX_FRAME_DATA, .device = 64, .length = 1 },
	  MUX_WIRE_DEVICE },
	{ "DATA with any checksum", &source,
	  { .type = MUX_FRAME_DATA, .length = 1, .payload_crc = U32_MAX },
	  MUX_WIRE_OK },
	{ "DATA with a checksum of zero", &source,
	  { .type = MUX_FRAME_DATA, .length = 1 }, MUX_WIRE_OK },
	{ "DATA without checksum where none was agreed on", &unsummed_source,
	  { .type = MUX_FRAME_DATA, .length = 1 }, MUX_WIRE_OK },
	{ "DATA with a checksum where none was agreed on", &unsummed_source,
	  { .type = MUX_FRAME_DATA, .length = 1, .payload_crc = 1 },
	  MUX_WIRE_RESERVED },
	{ "DATA with the checksum's top bit where none was agreed on",
	  &unsummed_source,
	  { .type = MUX_FRAME_DATA, .length = 1, .payload_crc = BIT(31) },
	  MUX_WIRE_RESERVED },
	{ "DATA with the last index and offset", &source,
	  { .type = MUX_FRAME_DATA, .length = 1, .index = U64_MAX,
	    .offset = U64_MAX }, MUX_WIRE_OK },
	{ "DATA from a destination", &destination,
	  { .type = MUX_FRAME_DATA, .length = 1 }, MUX_WIRE_DIRECTION },

	{ "ZERO that was not agreed on", &source,
	  { .type = MUX_FRAME_ZERO, .length = 1, .payload_crc = 0xad82acae },
	  MUX_WIRE_UNNEGOTIATED },
	{ "ZERO of one byte", &zero_source,
	  { .type = MUX_FRAME_ZERO, .length = 1, .payload_crc = 0xad82acae },
	  MUX_WIRE_OK },
	{ "ZERO of a full chunk", &zero_source,
	  { .type = MUX_FRAME_ZERO, .length = SZ_1M,
	    .payload_crc = 0xebd673ed }, MUX_WIRE_OK },
	{ "ZERO with the last index and offset", &zero_source,
	  { .type = MUX_FRAME_ZERO, .length = SZ_64K, .index = U64_MAX,
	    .offset = U64_MAX, .payload_crc = 0x8d3f3b5b }, MUX_WIRE_OK },
	{ "ZERO of no bytes", &zero_source,
	  { .type = MUX_FRAME_ZERO, .payload_crc = U32_MAX },
	  MUX_WIRE_LENGTH },
	{ "ZERO one byte longer than a chunk", &zero_source,
	  { .type = MUX_FRAME_ZERO, .length = SZ_1M + 1 }, MUX_WIRE_LENGTH },
	{ "ZERO as long as can be said", &zero_source,
	  { .type = MUX_FRAME_ZERO, .length = U32_MAX }, MUX_WIRE_LENGTH },
	{ "ZERO of a device after the last", &zero_source,
	  { .type = MUX_FRAME_ZERO, .device = DEVICES, .length = 1,
	    .payload_crc = 0xad82acae }, MUX_WIRE_DEVICE },
	{ "ZERO with another length's checksum", &zero_source,
	  { .type = MUX_FRAME_ZERO, .length = 2, .payload_crc = 0xad82acae },
	  MUX_WIRE_NOT_ZERO },
	{ "ZERO with a wrong bit in its checksum", &zero_source,
	  { .type = MUX_FRAME_ZERO, .length = SZ_1M,
	    .payload_crc = 0xebd673ec }, MUX_WIRE_NOT_ZERO },
	{ "ZERO without a checksum where one was agreed on", &zero_source,
	  { .type = MUX_FRAME_ZERO, .length = 1 }, MUX_WIRE_NOT_ZERO },
	{ "ZERO without a checksum where none was agreed on",
	  &unsummed_zero_source,
	  { .type = MUX_FRAME_ZERO, .length = 1 }, MUX_WIRE_OK },
	{ "ZERO with a checksum where none was agreed on",
	  &unsummed_zero_source,
	  { .type = MUX_FRAME_ZERO, .length = 1, .payload_crc = 0xad82acae },
	  MUX_WIRE_RESERVED },
	{ "ZERO from a destination", &zero_destination,
	  { .type = MUX_FRAME_ZERO, .length = 1, .payload_crc = 0xad82acae },
	  MUX_WIRE_DIRECTION },

	{ "CONFIG that was not agreed on", &source,
	  { .type = MUX_FRAME_CONFIG, .length = 1 }, MUX_WIRE_UNNEGOTIATED },
	{ "CONFIG of no bytes", &trailer_source,
	  { .type = MUX_FRAME_CONFIG }, MUX_WIRE_OK },
	{ "CONFIG of the longest trailer", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .length = 61440 }, MUX_WIRE_OK },
	{ "CONFIG one byte longer than a trailer", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .length = 61441 }, MUX_WIRE_LENGTH },
	{ "CONFIG as long as can be said", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .length = U32_MAX }, MUX_WIRE_LENGTH },
	{ "CONFIG of the last device", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .device = DEVICES - 1 }, MUX_WIRE_OK },
	{ "CONFIG of a device after the last", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .device = DEVICES }, MUX_WIRE_DEVICE },
	{ "CONFIG with any checksum", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .length = 1, .payload_crc = U32_MAX },
	  MUX_WIRE_OK },
	{ "CONFIG with a checksum where chunks have none",
	  &unsummed_trailer_source,
	  { .type = MUX_FRAME_CONFIG, .length = 1, .payload_crc = 1 },
	  MUX_WIRE_OK },
	{ "CONFIG with an index", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .index = 1 }, MUX_WIRE_RESERVED },
	{ "CONFIG with the index's top bit", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .index = BIT_ULL(63) },
	  MUX_WIRE_RESERVED },
	{ "CONFIG with an offset", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .offset = 1 }, MUX_WIRE_RESERVED },
	{ "CONFIG with the offset's top bit", &trailer_source,
	  { .type = MUX_FRAME_CONFIG, .offset = BIT_ULL(63) },
	  MUX_WIRE_RESERVED },
	{ "CONFIG from a destination", &trailer_destination,
	  { .type = MUX_FRAME_CONFIG }, MUX_WIRE_DIRECTION },

	{ "END of nothing", &source,
	  { .type = MUX_FRAME_END }, MUX_WIRE_OK },
	{ "END with all counts at their end", &source,
	  { .type = MUX_FRAME_END, .index = U64_MAX, .offset = U64_MAX,
	    .payload_crc = U32_MAX }, MUX_WIRE_OK },
	{ "END with one byte of payload", &source,
	  { .type = MUX_FRAME_END, .length = 1 }, MUX_WIRE_LENGTH },
	{ "END with the longest payload", &source,
	  { .type = MUX_FRAME_END, .length = U32_MAX }, MUX_WIRE_LENGTH },
	{ "END of the last device", &source,
	  { .type = MUX_FRAME_END, .device = DEVICES - 1 }, MUX_WIRE_OK },
	{ "END of a device after the last", &source,
	  { .type = MUX_FRAME_END, .device = DEVICES }, MUX_WIRE_DEVICE },
	{ "END of device 65535", &source,
	  { .type = MUX_FRAME_END, .device = U16_MAX }, MUX_WIRE_DEVICE },
	{ "END without digest where none was agreed on", &unsummed_source,
	  { .type = MUX_FRAME_END, .index = 1, .offset = 1 }, MUX_WIRE_OK },
	{ "END with a digest where none was agreed on", &unsummed_source,
	  { .type = MUX_FRAME_END, .payload_crc = 1 }, MUX_WIRE_RESERVED },
	{ "END after a trailer that was not agreed on", &source,
	  { .type = MUX_FRAME_END, .flags = MUX_END_TRAILER },
	  MUX_WIRE_FLAGS },
	{ "END from a destination", &destination,
	  { .type = MUX_FRAME_END }, MUX_WIRE_DIRECTION },

	{ "ACK of nothing", &destination,
	  { .type = MUX_FRAME_ACK }, MUX_WIRE_OK },
	{ "ACK of the last index and offset", &destination,
	  { .type = MUX_FRAME_ACK, .index = U64_MAX, .offset = U64_MAX },
	  MUX_WIRE_OK },
	{ "ACK where checksums are off", &unsummed_destination,
	  { .type = MUX_FRAME_ACK, .index = 1, .offset = 1 }, MUX_WIRE_OK },
	{ "ACK with one byte of payload", &destination,
	  { .type = MUX_FRAME_ACK, .length = 1 }, MUX_WIRE_LENGTH },
	{ "ACK with the longest payload", &destination,
	  { .type = MUX_FRAME_ACK, .length = U32_MAX }, MUX_WIRE_LENGTH },
	{ "ACK of the last device", &destination,
	  { .type = MUX_FRAME_ACK, .device = DEVICES - 1 }, MUX_WIRE_OK },
	{ "ACK of a device after the last", &destination,
	  { .type = MUX_FRAME_ACK, .device = DEVICES }, MUX_WIRE_DEVICE },
	{ "ACK of device 65535", &destination,
	  { .type = MUX_FRAME_ACK, .device = U16_MAX }, MUX_WIRE_DEVICE },
	{ "ACK with a checksum", &destination,
	  { .type = MUX_FRAME_ACK, .payload_crc = 1 }, MUX_WIRE_RESERVED },
	{ "ACK with a checksum where none was agreed on", &unsummed_destination,
	  { .type = MUX_FRAME_ACK, .payload_crc = 1 }, MUX_WIRE_RESERVED },
	{ "ACK from a source", &source,
	  { .type = MUX_FRAME_ACK }, MUX_WIRE_DIRECTION },

	{ "ABORT without payload", &source,
	  { .type = MUX_FRAME_ABORT }, MUX_WIRE_LENGTH },
	{ "ABORT one byte too short", &source,
	  { .type = MUX_FRAME_ABORT, .length = 23 }, MUX_WIRE_LENGTH },
	{ "ABORT without text", &source,
	  { .type = MUX_FRAME_ABORT, .length = 24 }, MUX_WIRE_OK },
	{ "ABORT with the longest text", &destination,
	  { .type = MUX_FRAME_ABORT, .length = 24 + 255 }, MUX_WIRE_OK },
	{ "ABORT one byte too long", &destination,
	  { .type = MUX_FRAME_ABORT, .length = 24 + 256 }, MUX_WIRE_LENGTH },
	{ "ABORT as long as a chunk", &destination,
	  { .type = MUX_FRAME_ABORT, .length = SZ_1M }, MUX_WIRE_LENGTH },
	{ "ABORT as long as can be said", &destination,
	  { .type = MUX_FRAME_ABORT, .length = U32_MAX }, MUX_WIRE_LENGTH },
	{ "ABORT with any checksum", &source,
	  { .type = MUX_FRAME_ABORT, .length = 24, .payload_crc = U32_MAX },
	  MUX_WIRE_OK },
	{ "ABORT with a device", &source,
	  { .type = MUX_FRAME_ABORT, .length = 24, .device = 1 },
	  MUX_WIRE_RESERVED },
	{ "ABORT with an index", &source,
	  { .type = MUX_FRAME_ABORT, .length = 24, .index = 1 },
	  MUX_WIRE_RESERVED },
	{ "ABORT with the index's top bit", &source,
	  { .type = MUX_FRAME_ABORT, .length = 24, .index = BIT_ULL(63) },
	  MUX_WIRE_RESERVED },
	{ "ABORT with an offset", &source,
	  { .type = MUX_FRAME_ABORT, .length = 24, .offset = 1 },
	  MUX_WIRE_RESERVED },
	{ "ABORT with the offset's top bit", &source,
	  { .type = MUX_FRAME_ABORT, .length = 24, .offset = BIT_ULL(63) },
	  MUX_WIRE_RESERVED },

	{ "BYE where checksums are off", &unsummed_source,
	  { .type = MUX_FRAME_BYE }, MUX_WIRE_OK },
	{ "BYE with one byte of payload", &source,
	  { .type = MUX_FRAME_BYE, .length = 1 }, MUX_WIRE_LENGTH },
	{ "BYE with the longest payload", &source,
	  { .type = MUX_FRAME_BYE, .length = U32_MAX }, MUX_WIRE_LENGTH },
	{ "BYE with a device", &source,
	  { .type = MUX_FRAME_BYE, .device = 1 }, MUX_WIRE_RESERVED },
	{ "BYE with an index", &source,
	  { .type = MUX_FRAME_BYE, .index = 1 }, MUX_WIRE_RESERVED },
	{ "BYE with the index's top bit", &source,
	  { .type = MUX_FRAME_BYE, .index = BIT_ULL(63) }, MUX_WIRE_RESERVED },
	{ "BYE with an offset", &source,
	  { .type = MUX_FRAME_BYE, .offset = 1 }, MUX_WIRE_RESERVED },
	{ "BYE with the offset's top bit", &source,
	  { .type = MUX_FRAME_BYE, .offset = BIT_ULL(63) }, MUX_WIRE_RESERVED },
	{ "BYE with a checksum", &destination,
	  { .type = MUX_FRAME_BYE, .payload_crc = 1 }, MUX_WIRE_RESERVED },
};

KUNIT_ARRAY_PARAM_DESC(frame_case, frame_cases, desc);

static void a_header_is_taken_or_refused_by_its_rules(struct kunit *test)
{
	const struct frame_case *c = test->param_value;
	enum mux_wire_verdict verdict;
	struct mux_frame frame;
	u8 buf[MUX_FRAME_SIZE];

	mux_frame_encode(buf, &c->frame);
	verdict = mux_frame_decode(buf, c->rules, &frame);
	KUNIT_EXPECT_STREQ(test, mux_wire_strverdict(verdict),
			   mux_wire_strverdict(c->verdict));
	expect_same_frame(test, &frame, &c->frame);
}

static enum mux_wire_verdict verdict_on(const struct mux_frame *frame,
					const struct mux_wire_rules *rules)
{
	struct mux_frame decoded;
	u8 buf[MUX_FRAME_SIZE];

	mux_frame_encode(buf, frame);
	return mux_frame_decode(buf, rules, &decoded);
}

/* A frame as small as its type allows */
static struct mux_frame smallest_frame(u8 type)
{
	struct mux_frame frame = { .type = type };

	if (type == MUX_FRAME_DATA)
		frame.length = 1;
	if (type == MUX_FRAME_ABORT)
		frame.length = MUX_ABORT_SIZE;
	if (type == MUX_FRAME_ZERO) {
		frame.length = 1;
		frame.payload_crc = 0xad82acae;
	}
	return frame;
}

static enum mux_wire_verdict verdict_on_type(u8 type, bool from_source)
{
	switch (type) {
	case MUX_FRAME_DATA:
	case MUX_FRAME_END:
		return from_source ? MUX_WIRE_OK : MUX_WIRE_DIRECTION;
	case MUX_FRAME_ACK:
		return from_source ? MUX_WIRE_DIRECTION : MUX_WIRE_OK;
	case MUX_FRAME_ABORT:
	case MUX_FRAME_BYE:
		return MUX_WIRE_OK;
	case MUX_FRAME_ZERO:
	case MUX_FRAME_CONFIG:
		return MUX_WIRE_UNNEGOTIATED;
	}
	return MUX_WIRE_TYPE;
}

static void a_type_is_taken_only_from_its_direction(struct kunit *test)
{
	struct mux_frame frame;
	int type;

	for (type = 0; type <= U8_MAX; type++) {
		frame = smallest_frame(type);
		KUNIT_EXPECT_EQ_MSG(test, verdict_on(&frame, &source),
				    verdict_on_type(type, true),
				    "type %d from a source", type);
		KUNIT_EXPECT_EQ_MSG(test, verdict_on(&frame, &destination),
				    verdict_on_type(type, false),
				    "type %d from a destination", type);
	}
}

static void every_reserved_flag_is_refused(struct kunit *test)
{
	static const struct {
		u8 type;
		u8 allowed;
		const struct mux_wire_rules *rules;
	} types[] = {
		{ MUX_FRAME_DATA, 0, &source },
		{ MUX_FRAME_ZERO, 0, &zero_source },
		{ MUX_FRAME_CONFIG, 0, &trailer_source },
		{ MUX_FRAME_END, 0, &source },
		{ MUX_FRAME_END, MUX_END_TRAILER, &trailer_source },
		{ MUX_FRAME_ACK, MUX_ACK_COMPLETE, &destination },
		{ MUX_FRAME_ABORT, MUX_ABORT_BY_OWNER | MUX_ABORT_CHANNEL,
		  &source },
		{ MUX_FRAME_ABORT, MUX_ABORT_BY_OWNER | MUX_ABORT_CHANNEL,
		  &destination },
		{ MUX_FRAME_BYE, MUX_BYE_DRAIN, &source },
		{ MUX_FRAME_BYE, MUX_BYE_DRAIN, &destination },
	};
	struct mux_frame frame;
	int i, flags;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		frame = smallest_frame(types[i].type);
		for (flags = 0; flags <= U8_MAX; flags++) {
			frame.flags = flags;
			KUNIT_EXPECT_EQ_MSG(test,
					    verdict_on(&frame, types[i].rules),
					    flags & ~types[i].allowed ?
					    MUX_WIRE_FLAGS : MUX_WIRE_OK,
					    "%s with flags 0x%02x",
					    mux_frame_name(types[i].type), flags);
		}
	}
}

static void a_broken_header_is_judged_by_its_checksum_alone(struct kunit *test)
{
	struct mux_frame frame;
	u8 buf[MUX_FRAME_SIZE];

	memset(buf, 0, sizeof(buf));
	KUNIT_EXPECT_EQ(test, mux_frame_decode(buf, &source, &frame),
			MUX_WIRE_CRC);
	memset(buf, 0xff, sizeof(buf));
	KUNIT_EXPECT_EQ(test, mux_frame_decode(buf, &source, &frame),
			MUX_WIRE_CRC);
	KUNIT_EXPECT_EQ(test, frame.index, U64_MAX);
}

static void every_value_survives_the_wire(struct kunit *test)
{
	static const u64 values[] = {
		0, 1, U16_MAX, U32_MAX, BIT_ULL(32), BIT_ULL(32) + 1, S64_MAX,
		BIT_ULL(63), U64_MAX - 1, U64_MAX,
	};
	struct mux_frame frame, decoded;
	u8 buf[MUX_FRAME_SIZE];
	int i, j;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		for (j = 0; j < ARRAY_SIZE(values); j++) {
			frame = (struct mux_frame) {
				.type = MUX_FRAME_DATA,
				.device = values[j] % U16_MAX,
				.length = max_t(u32, values[i], 1),
				.index = values[i],
				.offset = values[j],
				.payload_crc = values[i] >> 16,
			};
			mux_frame_encode(buf, &frame);
			KUNIT_ASSERT_EQ(test, mux_frame_decode(buf,
							       &boundless_source,
							       &decoded),
					MUX_WIRE_OK);
			expect_same_frame(test, &decoded, &frame);
		}
	}
}

/* ABORT's payload */

static const struct golden_abort {
	const char *desc;
	const char *hex[GOLDEN_LINES];
	u32 crc;
	struct mux_abort abort;
} golden_aborts[] = {
	{ "a chunk could not be written",
	  { "00000005 02 05 0001 0000 0020 00000000 0000000000000001",
	    "6770753a207772697465206f66206368",
	    "756e6b20313a20492f4f206572726f72" },
	  0x25c3994b,
	  { .code = 5, .direction = 2, .has_device = true, .has_chunk = true,
	    .device = 1, .chunk = 1,
	    .text = "gpu: write of chunk 1: I/O error" } },
	{ "the owner has had enough",
	  { "0000007d 00 00 0000 0000 0009 00000000 0000000000000000",
	    "63616e63656c6c6564" },
	  0xe20952e2, { .code = 125, .text = "cancelled" } },
	{ "every field another value",
	  { "00000fab 04 07 0607 0809 0000 00000000 0a0b0c0d0e0f1011" },
	  0x90236650,
	  { .code = 0xfab, .direction = 4, .has_device = true,
	    .has_channel = true, .has_chunk = true, .device = 0x0607,
	    .channel = 0x0809, .chunk = 0x0a0b0c0d0e0f1011 } },
};

KUNIT_ARRAY_PARAM_DESC(golden_abort, golden_aborts, desc);

static void expect_same_abort(struct kunit *test, const struct mux_abort *is,
			      const struct mux_abort *should)
{
	KUNIT_EXPECT_EQ(test, is->code, should->code);
	KUNIT_EXPECT_EQ(test, is->direction, should->direction);
	KUNIT_EXPECT_EQ(test, is->has_device, should->has_device);
	KUNIT_EXPECT_EQ(test, is->has_channel, should->has_channel);
	KUNIT_EXPECT_EQ(test, is->has_chunk, should->has_chunk);
	KUNIT_EXPECT_EQ(test, is->device, should->device);
	KUNIT_EXPECT_EQ(test, is->channel, should->channel);
	KUNIT_EXPECT_EQ(test, is->chunk, should->chunk);
	KUNIT_EXPECT_STREQ(test, is->text, should->text);
}

static void an_abort_is_encoded_as_documented(struct kunit *test)
{
	const struct golden_abort *golden = test->param_value;
	u8 should[MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX];
	u8 is[MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX];
	u32 size;

	memset(is, 0xa5, sizeof(is));
	size = golden_bytes(should, golden->hex);
	KUNIT_ASSERT_EQ(test, mux_abort_encode(is, &golden->abort), size);
	KUNIT_EXPECT_MEMEQ(test, is, should, size);
	KUNIT_EXPECT_EQ_MSG(test, is[size], 0xa5, "wrote more than it said");
	KUNIT_EXPECT_EQ(test, mux_payload_crc(should, size), golden->crc);
}

static void a_documented_abort_is_decoded(struct kunit *test)
{
	const struct golden_abort *golden = test->param_value;
	u8 buf[MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX];
	struct mux_abort abort;
	u32 size;

	memset(&abort, 0xa5, sizeof(abort));
	size = golden_bytes(buf, golden->hex);
	KUNIT_EXPECT_EQ(test, mux_abort_decode(buf, size, &abort), MUX_WIRE_OK);
	expect_same_abort(test, &abort, &golden->abort);
}

/* An ABORT in a buffer of exactly its size, so that KASAN sees each overrun */
static u8 *abort_with_text(struct kunit *test, u32 length)
{
	struct mux_abort *abort;
	u8 *buf, *exact;

	abort = kunit_kzalloc(test, sizeof(*abort), GFP_KERNEL);
	buf = kunit_kmalloc(test, MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX,
			    GFP_KERNEL);
	exact = kunit_kmalloc(test, MUX_ABORT_SIZE + length, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, abort);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, exact);

	abort->code = 5;
	memset(abort->text, 'x', length);
	KUNIT_ASSERT_EQ(test, mux_abort_encode(buf, abort),
			MUX_ABORT_SIZE + length);
	memcpy(exact, buf, MUX_ABORT_SIZE + length);
	return exact;
}

static void a_text_of_any_length_survives(struct kunit *test)
{
	struct mux_abort abort;
	u32 length;
	u8 *buf;

	for (length = 0; length <= MUX_ABORT_TEXT_MAX; length++) {
		buf = abort_with_text(test, length);
		memset(&abort, 0xa5, sizeof(abort));
		KUNIT_ASSERT_EQ_MSG(test,
				    mux_abort_decode(buf, MUX_ABORT_SIZE + length,
						     &abort),
				    MUX_WIRE_OK, "text of %u bytes", length);
		KUNIT_ASSERT_EQ(test, strnlen(abort.text, sizeof(abort.text)),
				length);
	}
}

static void a_text_too_long_is_cut(struct kunit *test)
{
	u8 buf[MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX];
	struct mux_abort abort = { .code = 5 };

	memset(abort.text, 'x', sizeof(abort.text));
	KUNIT_EXPECT_EQ(test, mux_abort_encode(buf, &abort), sizeof(buf));
	KUNIT_EXPECT_EQ(test, mux_abort_decode(buf, sizeof(buf), &abort),
			MUX_WIRE_OK);
	KUNIT_EXPECT_EQ(test, strnlen(abort.text, sizeof(abort.text)),
			MUX_ABORT_TEXT_MAX);
}

static void a_text_must_be_as_long_as_the_frame_says(struct kunit *test)
{
	static const u16 beyond[] = { 256, 257, 511, 512, S16_MAX, 32768,
				      U16_MAX };
	struct mux_abort abort;
	u32 length, said;
	u8 *buf;

	for (length = 0; length <= MUX_ABORT_TEXT_MAX; length++) {
		buf = abort_with_text(test, length);
		for (said = 0; said <= MUX_ABORT_TEXT_MAX + ARRAY_SIZE(beyond);
		     said++) {
			u32 text = said > MUX_ABORT_TEXT_MAX ?
				beyond[said - MUX_ABORT_TEXT_MAX - 1] : said;

			put_unaligned_be16(text, buf + ABORT_TEXT_LENGTH);
			KUNIT_ASSERT_EQ_MSG(test,
					    mux_abort_decode(buf,
							     MUX_ABORT_SIZE +
							     length, &abort),
					    text == length ? MUX_WIRE_OK :
					    MUX_WIRE_LENGTH,
					    "text of %u bytes said to have %u",
					    length, text);
		}
	}
}

static void every_reserved_bit_of_an_abort_is_refused(struct kunit *test)
{
	u8 *buf = abort_with_text(test, 0);
	struct mux_abort abort;
	int present, bit;

	for (present = 0; present <= U8_MAX; present++) {
		buf[ABORT_PRESENT] = present;
		KUNIT_EXPECT_EQ_MSG(test,
				    mux_abort_decode(buf, MUX_ABORT_SIZE, &abort),
				    present > ABORT_HAS_ALL ?
				    MUX_WIRE_FLAGS : MUX_WIRE_OK,
				    "present bits 0x%02x", present);
	}
	buf[ABORT_PRESENT] = 0;
	for (bit = 0; bit < 32; bit++) {
		put_unaligned_be32(BIT(bit), buf + ABORT_RESERVED);
		KUNIT_EXPECT_EQ_MSG(test,
				    mux_abort_decode(buf, MUX_ABORT_SIZE, &abort),
				    MUX_WIRE_RESERVED, "reserved bit %d", bit);
	}
}

static void each_part_of_an_abort_may_be_absent(struct kunit *test)
{
	u8 buf[MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX];
	struct mux_abort abort, decoded;
	int present;

	for (present = 0; present <= ABORT_HAS_ALL; present++) {
		abort = (struct mux_abort) {
			.code = 5,
			.has_device = present & ABORT_HAS_DEVICE,
			.has_channel = present & ABORT_HAS_CHANNEL,
			.has_chunk = present & ABORT_HAS_CHUNK,
			.device = U16_MAX,
			.channel = U16_MAX,
			.chunk = U64_MAX,
		};
		mux_abort_encode(buf, &abort);
		KUNIT_EXPECT_EQ(test, mux_abort_decode(buf, MUX_ABORT_SIZE,
						       &decoded), MUX_WIRE_OK);
		abort.device = abort.has_device ? U16_MAX : 0;
		abort.channel = abort.has_channel ? U16_MAX : 0;
		abort.chunk = abort.has_chunk ? U64_MAX : 0;
		expect_same_abort(test, &decoded, &abort);
	}
}

static void hostile_text_is_made_harmless(struct kunit *test)
{
	u8 *buf = abort_with_text(test, 3);
	struct mux_abort abort;
	int c;

	for (c = 0; c <= U8_MAX; c++) {
		buf[MUX_ABORT_SIZE + 1] = c;
		KUNIT_ASSERT_EQ(test, mux_abort_decode(buf, MUX_ABORT_SIZE + 3,
						       &abort), MUX_WIRE_OK);
		KUNIT_EXPECT_EQ_MSG(test, abort.text[1],
				    c >= ' ' && c <= '~' ? c : '?',
				    "byte 0x%02x", c);
		KUNIT_EXPECT_EQ_MSG(test, strnlen(abort.text, 256), 3,
				    "byte 0x%02x hides the rest", c);
	}
}

static void only_the_text_itself_is_cleaned(struct kunit *test)
{
	char text[] = "\n\x1b[31m\x7f\0\x80\xff~\n";

	mux_text_clean(text, 0);
	KUNIT_EXPECT_EQ(test, text[0], '\n');
	mux_text_clean(text, sizeof(text) - 2);
	KUNIT_EXPECT_MEMEQ(test, text, "??[31m????~\n", sizeof(text));
}

/* Checksums */

static void a_payload_has_the_documented_checksum(struct kunit *test)
{
	static const struct {
		const char *payload;
		u32 crc;
	} payloads[] = {
		{ "", U32_MAX },
		{ "1234", 0x09c50b11 },
		{ "56789", 0x7c4a9a27 },
		{ "msi-x vectors: 8", 0x2b382d9f },
		{ "123456789", 0x1cf96d7c },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(payloads); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    mux_payload_crc(payloads[i].payload,
						    strlen(payloads[i].payload)),
				    payloads[i].crc, "payload '%s'",
				    payloads[i].payload);
}

static void expect_zero_crc(struct kunit *test, const u8 *zeroes, u32 length)
{
	KUNIT_EXPECT_EQ_MSG(test, mux_zero_crc(length),
			    mux_payload_crc(zeroes, length), "%u bytes",
			    length);
}

static void zeroes_have_the_checksum_of_any_payload(struct kunit *test)
{
	u8 *zeroes = kunit_kzalloc(test, SZ_1M, GFP_KERNEL);
	u32 length;

	KUNIT_ASSERT_NOT_NULL(test, zeroes);
	for (length = 0; length <= 1000; length++)
		expect_zero_crc(test, zeroes, length);
	for (length = SZ_1K; length <= SZ_1M; length *= 2) {
		expect_zero_crc(test, zeroes, length - 1);
		expect_zero_crc(test, zeroes, length);
		expect_zero_crc(test, zeroes, length / 2 + 4097);
	}
}

static void zeroes_have_the_documented_checksum(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mux_zero_crc(0), U32_MAX);
	KUNIT_EXPECT_EQ(test, mux_zero_crc(1), 0xad82acae);
	KUNIT_EXPECT_EQ(test, mux_zero_crc(100), 0xf8346009);
	KUNIT_EXPECT_EQ(test, mux_zero_crc(SZ_64K), 0x8d3f3b5b);
	KUNIT_EXPECT_EQ(test, mux_zero_crc(SZ_1M), 0xebd673ed);
	KUNIT_EXPECT_EQ(test, mux_zero_crc(SZ_16M), 0x5c547abd);
}

static void only_zeroes_are_not_sent(struct kunit *test)
{
	struct mux_frame frame = { .length = 7 };
	int type;

	for (type = 0; type <= U8_MAX; type++) {
		frame.type = type;
		KUNIT_EXPECT_EQ_MSG(test, mux_frame_payload(&frame),
				    type == MUX_FRAME_ZERO ? 0 : 7,
				    "type %d", type);
	}
}

static void a_digest_is_the_crc_of_the_chunks_crcs(struct kunit *test)
{
	u32 digest = mux_digest_fold(0, 0x09c50b11);

	KUNIT_EXPECT_EQ(test, digest, 0x171a27ed);
	digest = mux_digest_fold(digest, 0x7c4a9a27);
	KUNIT_EXPECT_EQ(test, digest, 0x884e129e);
}

static void a_digest_depends_on_the_order_of_chunks(struct kunit *test)
{
	u32 digest = mux_digest_fold(0, 0x7c4a9a27);

	digest = mux_digest_fold(digest, 0x09c50b11);
	KUNIT_EXPECT_NE(test, digest, 0x884e129e);
}

static void a_digest_stays_zero_without_checksums(struct kunit *test)
{
	u32 digest = 0;
	int i;

	for (i = 0; i < 1000; i++)
		digest = mux_digest_fold(digest, 0);
	KUNIT_EXPECT_EQ(test, digest, 0);
}

/* Words */

static void every_verdict_has_words_of_its_own(struct kunit *test)
{
	const char *words, *other;
	int i, j;

	for (i = MUX_WIRE_OK; i <= MUX_WIRE_NOT_ZERO; i++) {
		words = mux_wire_strverdict(i);
		KUNIT_ASSERT_NOT_NULL(test, words);
		KUNIT_EXPECT_GT_MSG(test, strlen(words), 0, "verdict %d", i);
		KUNIT_EXPECT_STRNEQ(test, words, "unknown verdict");
		for (j = 0; j < i; j++) {
			other = mux_wire_strverdict(j);
			KUNIT_EXPECT_STRNEQ(test, words, other);
		}
	}
	KUNIT_EXPECT_STREQ(test, mux_wire_strverdict(MUX_WIRE_NOT_ZERO + 1),
			   "unknown verdict");
	KUNIT_EXPECT_STREQ(test, mux_wire_strverdict(-1), "unknown verdict");
}

static void every_type_has_its_name(struct kunit *test)
{
	static const char * const should[] = {
		"unknown", "DATA", "ZERO", "CONFIG", "END", "unknown",
		"unknown", "ACK", "ABORT", "BYE",
	};
	int type;

	for (type = 0; type <= U8_MAX; type++)
		KUNIT_EXPECT_STREQ_MSG(test, mux_frame_name(type),
				       type < ARRAY_SIZE(should) ?
				       should[type] : "unknown",
				       "type %d", type);
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE_PARAM(a_frame_is_encoded_as_documented,
			 golden_frame_gen_params),
	KUNIT_CASE_PARAM(a_documented_frame_is_decoded,
			 golden_frame_gen_params),
	KUNIT_CASE_PARAM(every_single_flipped_bit_is_found,
			 golden_frame_gen_params),
	KUNIT_CASE_PARAM(every_pair_of_flipped_bits_is_found,
			 golden_frame_gen_params),
	KUNIT_CASE_PARAM(a_header_is_taken_or_refused_by_its_rules,
			 frame_case_gen_params),
	KUNIT_CASE(a_type_is_taken_only_from_its_direction),
	KUNIT_CASE(every_reserved_flag_is_refused),
	KUNIT_CASE(a_broken_header_is_judged_by_its_checksum_alone),
	KUNIT_CASE(every_value_survives_the_wire),
	KUNIT_CASE_PARAM(an_abort_is_encoded_as_documented,
			 golden_abort_gen_params),
	KUNIT_CASE_PARAM(a_documented_abort_is_decoded,
			 golden_abort_gen_params),
	KUNIT_CASE(a_text_of_any_length_survives),
	KUNIT_CASE(a_text_too_long_is_cut),
	KUNIT_CASE(a_text_must_be_as_long_as_the_frame_says),
	KUNIT_CASE(every_reserved_bit_of_an_abort_is_refused),
	KUNIT_CASE(each_part_of_an_abort_may_be_absent),
	KUNIT_CASE(hostile_text_is_made_harmless),
	KUNIT_CASE(only_the_text_itself_is_cleaned),
	KUNIT_CASE(a_payload_has_the_documented_checksum),
	KUNIT_CASE(zeroes_have_the_checksum_of_any_payload),
	KUNIT_CASE(zeroes_have_the_documented_checksum),
	KUNIT_CASE(only_zeroes_are_not_sent),
	KUNIT_CASE(a_digest_is_the_crc_of_the_chunks_crcs),
	KUNIT_CASE(a_digest_depends_on_the_order_of_chunks),
	KUNIT_CASE(a_digest_stays_zero_without_checksums),
	KUNIT_CASE(every_verdict_has_words_of_its_own),
	KUNIT_CASE(every_type_has_its_name),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "vfio_mig_mux_wire",
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);

MODULE_DESCRIPTION("KUnit tests of vfio_mig_mux");
MODULE_LICENSE("GPL");
