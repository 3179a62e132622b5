// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the handshake codec, which is compiled into this file. A
 * HELLO is the first thing a stranger says: nothing in it is believed before
 * it is checked.
 */
#include <kunit/test.h>
#include <linux/sizes.h>

#include "../hello.c"
#include "golden.h"

#define NAME		MUX_HELLO_NAME_SIZE

static const uuid_t session = UUID_INIT(0x00112233, 0x4455, 0x6677, 0x88, 0x99,
					0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff);

static void *zalloc(struct kunit *test, size_t size)
{
	void *memory = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);
	return memory;
}

/* A body in a buffer of exactly its size, so that KASAN sees each overrun */
static u8 *exact(struct kunit *test, const u8 *body, u32 length)
{
	u8 *copy = zalloc(test, max_t(u32, length, 1));

	memcpy(copy, body, length);
	return copy;
}

static struct mux_hello *a_hello(struct kunit *test, u16 devices)
{
	struct mux_hello *hello = zalloc(test, sizeof(*hello));
	int i;

	hello->channels = 4;
	hello->channel = 1;
	hello->features = VFIO_MIG_MUX_FEATURE_CHECKSUM;
	hello->chunk_size = SZ_1M;
	hello->devices = devices;
	for (i = 0; i < devices; i++)
		snprintf(hello->names[i], NAME, "device%d", i);
	return hello;
}

static struct mux_hello_ack *an_ack(struct kunit *test, u16 devices)
{
	struct mux_hello_ack *ack = zalloc(test, sizeof(*ack));
	int i;

	ack->features = VFIO_MIG_MUX_FEATURE_CHECKSUM;
	ack->devices = devices;
	for (i = 0; i < devices; i++) {
		ack->window[i] = i + 1;
		ack->loaded[i] = U64_MAX - i;
	}
	return ack;
}

static struct mux_refuse *a_refuse(struct kunit *test, u32 length)
{
	struct mux_refuse *refuse = zalloc(test, sizeof(*refuse));

	refuse->code = 22;
	memset(refuse->text, 'x', length);
	return refuse;
}

/* Golden vectors */

static const struct golden_message {
	const char *desc;
	const char *hex[GOLDEN_LINES];
	enum mux_hello_type type;
	u32 size;
	bool resume;
} golden_messages[] = {
	{ "HELLO",
	  { "564d4d58 0001 0001 00000090 8880f26f",
	    "00112233445566778899aabbccddeeff",
	    "0001 0004 00000001 00100000 0002 0000",
	    "6e696300000000000000000000000000",
	    "00000000000000000000000000000000",
	    "00000000000000000000000000000000",
	    "00000000000000000000000000000000",
	    "67707500000000000000000000000000",
	    "00000000000000000000000000000000",
	    "00000000000000000000000000000000",
	    "00000000000000000000000000000000" },
	  MUX_HELLO, 176, false },
	{ "HELLO_ACK",
	  { "564d4d58 0001 0002 00000028 06f884e4",
	    "00112233445566778899aabbccddeeff",
	    "00000001 0002 0000",
	    "00000004 00000000 0000000000000000",
	    "00000008 00000000 0000000000000000" },
	  MUX_HELLO_ACK, 72, false },
	{ "REFUSE",
	  { "564d4d58 0001 0003 00000028 51cbf138",
	    "00112233445566778899aabbccddeeff",
	    "00000016 0020 0000",
	    "6368756e6b2073697a65206973203130",
	    "34383537362c206e6f74203635353336" },
	  MUX_HELLO_REFUSE, 72, false },
	{ "HELLO that resumes",
	  { "564d4d58 0001 0001 00000090 cb99a5f0",
	    "00112233445566778899aabbccddeeff",
	    "0001 0004 00000001 00100000 0002 0001",
	    "6e696300000000000000000000000000",
	    "00000000000000000000000000000000",
	    "00000000000000000000000000000000",
	    "00000000000000000000000000000000",
	    "67707500000000000000000000000000",
	    "00000000000000000000000000000000",
	    "00000000000000000000000000000000",
	    "00000000000000000000000000000000" },
	  MUX_HELLO, 176, true },
	{ "HELLO_ACK to it",
	  { "564d4d58 0001 0002 00000028 f49307e7",
	    "00112233445566778899aabbccddeeff",
	    "00000001 0002 0000",
	    "00000004 00000000 0000000000000000",
	    "00000008 00000000 0000000000000001" },
	  MUX_HELLO_ACK, 72, true },
};

KUNIT_ARRAY_PARAM_DESC(golden_message, golden_messages, desc);

static u32 encode_golden(struct kunit *test, u8 *buf, enum mux_hello_type type,
			 bool resume)
{
	struct mux_hello *hello = a_hello(test, 2);
	struct mux_hello_ack *ack = an_ack(test, 2);
	struct mux_refuse *refuse = a_refuse(test, 0);

	switch (type) {
	case MUX_HELLO:
		memset(hello->names, 0, sizeof(hello->names));
		strscpy(hello->names[0], "nic", NAME);
		strscpy(hello->names[1], "gpu", NAME);
		hello->resume = resume;
		return mux_hello_encode(buf, &session, hello);
	case MUX_HELLO_ACK:
		ack->window[0] = 4;
		ack->window[1] = 8;
		ack->loaded[0] = 0;
		ack->loaded[1] = resume;
		return mux_hello_ack_encode(buf, &session, ack);
	case MUX_HELLO_REFUSE:
		strscpy(refuse->text, "chunk size is 1048576, not 65536",
			sizeof(refuse->text));
		return mux_refuse_encode(buf, &session, refuse);
	}
	return 0;
}

static void a_message_is_encoded_as_documented(struct kunit *test)
{
	const struct golden_message *golden = test->param_value;
	u8 *should = zalloc(test, MUX_HELLO_SIZE_MAX);
	u8 *is = zalloc(test, MUX_HELLO_SIZE_MAX);

	memset(is, 0xa5, MUX_HELLO_SIZE_MAX);
	KUNIT_ASSERT_EQ(test, golden_bytes(should, golden->hex), golden->size);
	KUNIT_ASSERT_EQ(test, encode_golden(test, is, golden->type,
					    golden->resume), golden->size);
	KUNIT_EXPECT_MEMEQ(test, is, should, golden->size);
	KUNIT_EXPECT_EQ_MSG(test, is[golden->size], 0xa5,
			    "wrote more than it said");
}

static void a_documented_head_is_decoded(struct kunit *test)
{
	const struct golden_message *golden = test->param_value;
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	struct mux_hello_head head;

	golden_bytes(buf, golden->hex);
	KUNIT_ASSERT_EQ(test, mux_hello_head_decode(buf, &head), MUX_WIRE_OK);
	KUNIT_EXPECT_EQ(test, head.type, golden->type);
	KUNIT_EXPECT_EQ(test, head.length, golden->size - MUX_HELLO_HEAD_SIZE);
	KUNIT_EXPECT_TRUE(test, uuid_equal(&head.uuid, &session));
	KUNIT_EXPECT_EQ(test, mux_hello_check(buf, &head), MUX_WIRE_OK);
}

static void a_documented_hello_is_decoded(struct kunit *test)
{
	struct mux_hello *hello = zalloc(test, sizeof(*hello));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);

	memset(hello, 0xa5, sizeof(*hello));
	golden_bytes(buf, golden_messages[0].hex);
	KUNIT_ASSERT_EQ(test, mux_hello_decode(buf + MUX_HELLO_HEAD_SIZE, 144,
					       hello), MUX_WIRE_OK);
	KUNIT_EXPECT_EQ(test, hello->channel, 1);
	KUNIT_EXPECT_EQ(test, hello->channels, 4);
	KUNIT_EXPECT_EQ(test, hello->features, 1);
	KUNIT_EXPECT_EQ(test, hello->chunk_size, SZ_1M);
	KUNIT_EXPECT_EQ(test, hello->devices, 2);
	KUNIT_EXPECT_STREQ(test, hello->names[0], "nic");
	KUNIT_EXPECT_STREQ(test, hello->names[1], "gpu");
	KUNIT_EXPECT_STREQ(test, hello->names[2], "");
}

static void a_documented_hello_ack_is_decoded(struct kunit *test)
{
	static const char * const lines[GOLDEN_LINES] = {
		"564d4d58 0001 0002 00000018 5d95f53e",
		"00112233445566778899aabbccddeeff",
		"ffffffff 0001 0000",
		"01020304 00000000 05060708090a0b0c",
	};
	struct mux_hello_ack *ack = zalloc(test, sizeof(*ack));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	struct mux_hello_head head;

	memset(ack, 0xa5, sizeof(*ack));
	KUNIT_ASSERT_EQ(test, golden_bytes(buf, lines), 56);
	KUNIT_ASSERT_EQ(test, mux_hello_head_decode(buf, &head), MUX_WIRE_OK);
	KUNIT_EXPECT_EQ(test, mux_hello_check(buf, &head), MUX_WIRE_OK);
	KUNIT_ASSERT_EQ(test, mux_hello_ack_decode(buf + MUX_HELLO_HEAD_SIZE,
						   head.length, ack),
			MUX_WIRE_OK);
	KUNIT_EXPECT_EQ(test, ack->features, U32_MAX);
	KUNIT_EXPECT_EQ(test, ack->devices, 1);
	KUNIT_EXPECT_EQ(test, ack->window[0], 0x01020304);
	KUNIT_EXPECT_EQ(test, ack->loaded[0], 0x05060708090a0b0c);
}

static void a_documented_refuse_is_decoded(struct kunit *test)
{
	struct mux_refuse *refuse = zalloc(test, sizeof(*refuse));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);

	memset(refuse, 0xa5, sizeof(*refuse));
	golden_bytes(buf, golden_messages[2].hex);
	KUNIT_ASSERT_EQ(test, mux_refuse_decode(buf + MUX_HELLO_HEAD_SIZE, 40,
						refuse), MUX_WIRE_OK);
	KUNIT_EXPECT_EQ(test, refuse->code, 22);
	KUNIT_EXPECT_STREQ(test, refuse->text,
			   "chunk size is 1048576, not 65536");
}

static enum mux_wire_verdict verdict_on_message(const u8 *buf)
{
	enum mux_wire_verdict verdict;
	struct mux_hello_head head;

	verdict = mux_hello_head_decode(buf, &head);
	if (verdict != MUX_WIRE_OK)
		return verdict;
	/* Reading on would leave the buffer: as good as having believed it */
	if (head.length > MUX_HELLO_BODY_MAX)
		return MUX_WIRE_OK;
	return mux_hello_check(buf, &head);
}

static void every_flipped_bit_of_a_message_is_found(struct kunit *test)
{
	const struct golden_message *golden = test->param_value;
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u32 bit;

	golden_bytes(buf, golden->hex);
	for (bit = 0; bit < golden->size * 8; bit++) {
		buf[bit / 8] ^= BIT(bit % 8);
		KUNIT_EXPECT_NE_MSG(test, verdict_on_message(buf), MUX_WIRE_OK,
				    "byte %u, bit %u", bit / 8, bit % 8);
		buf[bit / 8] ^= BIT(bit % 8);
	}
}

/* The head all messages share */

struct patch {
	u8 offset;
	u8 size;
	u32 value;
};

static void apply(u8 *bytes, const struct patch *patch)
{
	if (patch->size == 4)
		put_unaligned_be32(patch->value, bytes + patch->offset);
	else
		put_unaligned_be16(patch->value, bytes + patch->offset);
}

static const struct patch_case {
	const char *desc;
	struct patch patch;
	enum mux_wire_verdict verdict;
} head_cases[] = {
	{ "magic of a HELLO", { 0, 4, 0x564d4d58 }, MUX_WIRE_OK },
	{ "no magic", { 0, 4, 0 }, MUX_WIRE_MAGIC },
	{ "magic in the wrong byte order", { 0, 4, 0x584d4d56 },
	  MUX_WIRE_MAGIC },
	{ "magic of multifd", { 0, 4, 0x11223344 }, MUX_WIRE_MAGIC },
	{ "a TLS record", { 0, 4, 0x16030102 }, MUX_WIRE_MAGIC },
	{ "version 0", { 4, 2, 0 }, MUX_WIRE_VERSION },
	{ "version 2", { 4, 2, 2 }, MUX_WIRE_VERSION },
	{ "version 256", { 4, 2, 256 }, MUX_WIRE_VERSION },
	{ "version 65535", { 4, 2, U16_MAX }, MUX_WIRE_VERSION },
	{ "type 0", { 6, 2, 0 }, MUX_WIRE_TYPE },
	{ "HELLO", { 6, 2, 1 }, MUX_WIRE_OK },
	{ "HELLO_ACK", { 6, 2, 2 }, MUX_WIRE_OK },
	{ "REFUSE", { 6, 2, 3 }, MUX_WIRE_OK },
	{ "type 4", { 6, 2, 4 }, MUX_WIRE_TYPE },
	{ "type 257", { 6, 2, 257 }, MUX_WIRE_TYPE },
	{ "type 65535", { 6, 2, U16_MAX }, MUX_WIRE_TYPE },
	{ "no body", { 8, 4, 0 }, MUX_WIRE_OK },
	{ "the longest body", { 8, 4, 16 + 64 * 64 }, MUX_WIRE_OK },
	{ "a body one byte too long", { 8, 4, 16 + 64 * 64 + 1 },
	  MUX_WIRE_LENGTH },
	{ "a body of 2 GiB", { 8, 4, BIT(31) }, MUX_WIRE_LENGTH },
	{ "a body as long as can be said", { 8, 4, U32_MAX }, MUX_WIRE_LENGTH },
};

KUNIT_ARRAY_PARAM_DESC(head_case, head_cases, desc);

static void a_head_is_taken_or_refused_by_its_rules(struct kunit *test)
{
	const struct patch_case *c = test->param_value;
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	enum mux_wire_verdict verdict;
	struct mux_hello_head head;

	mux_hello_encode(buf, &session, a_hello(test, 1));
	apply(buf, &c->patch);
	verdict = mux_hello_head_decode(exact(test, buf, MUX_HELLO_HEAD_SIZE),
					&head);
	KUNIT_EXPECT_STREQ(test, mux_wire_strverdict(verdict),
			   mux_wire_strverdict(c->verdict));
}

static void another_session_has_another_checksum(struct kunit *test)
{
	static const uuid_t other = UUID_INIT(0x00112233, 0x4455, 0x6677, 0x88,
					      0x99, 0xaa, 0xbb, 0xcc, 0xdd,
					      0xee, 0xfe);
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	struct mux_hello_head head;

	mux_hello_encode(buf, &other, a_hello(test, 1));
	KUNIT_EXPECT_EQ(test, verdict_on_message(buf), MUX_WIRE_OK);
	mux_hello_head_decode(buf, &head);
	KUNIT_EXPECT_TRUE(test, uuid_equal(&head.uuid, &other));
	export_uuid(buf + HEAD_UUID, &session);
	KUNIT_EXPECT_EQ(test, verdict_on_message(buf), MUX_WIRE_CRC);
}

static void the_largest_message_fits_its_bound(struct kunit *test)
{
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);

	KUNIT_EXPECT_EQ(test, mux_hello_encode(buf, &session, a_hello(test, 64)),
			MUX_HELLO_SIZE_MAX);
	KUNIT_EXPECT_EQ(test, verdict_on_message(buf), MUX_WIRE_OK);
	KUNIT_EXPECT_LE(test, mux_hello_ack_encode(buf, &session,
						   an_ack(test, 64)),
			MUX_HELLO_SIZE_MAX);
	KUNIT_EXPECT_EQ(test, verdict_on_message(buf), MUX_WIRE_OK);
	KUNIT_EXPECT_LE(test, mux_refuse_encode(buf, &session,
						a_refuse(test, 255)),
			MUX_HELLO_SIZE_MAX);
	KUNIT_EXPECT_EQ(test, verdict_on_message(buf), MUX_WIRE_OK);
}

/* HELLO */

/* Of two devices, four channels */
static const struct patch_case hello_cases[] = {
	{ "the first channel", { 0, 2, 0 }, MUX_WIRE_OK },
	{ "the last channel", { 0, 2, 3 }, MUX_WIRE_OK },
	{ "a channel after the last", { 0, 2, 4 }, MUX_WIRE_CHANNEL },
	{ "channel 64", { 0, 2, 64 }, MUX_WIRE_CHANNEL },
	{ "channel 65535", { 0, 2, U16_MAX }, MUX_WIRE_CHANNEL },
	{ "no channels", { 2, 2, 0 }, MUX_WIRE_CHANNEL },
	{ "channel 1 of 1", { 2, 2, 1 }, MUX_WIRE_CHANNEL },
	{ "channel 1 of 2", { 2, 2, 2 }, MUX_WIRE_OK },
	{ "64 channels", { 2, 2, 64 }, MUX_WIRE_OK },
	{ "65 channels", { 2, 2, 65 }, MUX_WIRE_CHANNEL },
	{ "65535 channels", { 2, 2, U16_MAX }, MUX_WIRE_CHANNEL },
	{ "no features", { 4, 4, 0 }, MUX_WIRE_OK },
	{ "features of the future", { 4, 4, U32_MAX }, MUX_WIRE_OK },
	{ "chunks of nothing", { 8, 4, 0 }, MUX_WIRE_CHUNK_SIZE },
	{ "chunks of one byte", { 8, 4, 1 }, MUX_WIRE_CHUNK_SIZE },
	{ "chunks of a page", { 8, 4, 4096 }, MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 32 KiB", { 8, 4, SZ_32K }, MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 64 KiB less one", { 8, 4, SZ_64K - 1 },
	  MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 64 KiB", { 8, 4, SZ_64K }, MUX_WIRE_OK },
	{ "chunks of 64 KiB and one", { 8, 4, SZ_64K + 1 },
	  MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 96 KiB", { 8, 4, SZ_64K + SZ_32K }, MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 16 MiB less one", { 8, 4, SZ_16M - 1 },
	  MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 16 MiB", { 8, 4, SZ_16M }, MUX_WIRE_OK },
	{ "chunks of 16 MiB and one", { 8, 4, SZ_16M + 1 },
	  MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 32 MiB", { 8, 4, SZ_32M }, MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 2 GiB", { 8, 4, BIT(31) }, MUX_WIRE_CHUNK_SIZE },
	{ "chunks of 4 GiB less one", { 8, 4, U32_MAX }, MUX_WIRE_CHUNK_SIZE },
	{ "no devices", { 12, 2, 0 }, MUX_WIRE_DEVICES },
	{ "fewer devices than names", { 12, 2, 1 }, MUX_WIRE_LENGTH },
	{ "more devices than names", { 12, 2, 3 }, MUX_WIRE_LENGTH },
	{ "64 devices with two names", { 12, 2, 64 }, MUX_WIRE_LENGTH },
	{ "65 devices", { 12, 2, 65 }, MUX_WIRE_DEVICES },
	{ "65535 devices", { 12, 2, U16_MAX }, MUX_WIRE_DEVICES },
};

KUNIT_ARRAY_PARAM_DESC(hello_case, hello_cases, desc);

static void a_hello_is_taken_or_refused_by_its_rules(struct kunit *test)
{
	const struct patch_case *c = test->param_value;
	struct mux_hello *hello = zalloc(test, sizeof(*hello));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	enum mux_wire_verdict verdict;
	u32 length;

	length = mux_hello_encode(buf, &session, a_hello(test, 2)) -
		 MUX_HELLO_HEAD_SIZE;
	apply(buf + MUX_HELLO_HEAD_SIZE, &c->patch);
	verdict = mux_hello_decode(exact(test, buf + MUX_HELLO_HEAD_SIZE,
					 length), length, hello);
	KUNIT_EXPECT_STREQ(test, mux_wire_strverdict(verdict),
			   mux_wire_strverdict(c->verdict));
}

static void every_reserved_flag_of_a_hello_is_refused(struct kunit *test)
{
	struct mux_hello *hello = zalloc(test, sizeof(*hello));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;
	int bit;

	mux_hello_encode(buf, &session, a_hello(test, 2));
	for (bit = 1; bit < 16; bit++) {
		put_unaligned_be16(BIT(bit), body + HELLO_FLAGS);
		KUNIT_EXPECT_EQ_MSG(test, mux_hello_decode(body, 144, hello),
				    MUX_WIRE_FLAGS, "flag %d", bit);
	}
}

static void a_hello_says_whether_it_resumes(struct kunit *test)
{
	struct mux_hello *decoded = zalloc(test, sizeof(*decoded));
	struct mux_hello *hello = a_hello(test, 2);
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;
	int resume;

	for (resume = 1; resume >= 0; resume--) {
		hello->resume = resume;
		mux_hello_encode(buf, &session, hello);
		KUNIT_EXPECT_EQ(test, mux_hello_decode(body, 144, decoded),
				MUX_WIRE_OK);
		KUNIT_EXPECT_EQ(test, decoded->resume, resume);
	}
}

static void a_hello_of_any_number_of_devices_survives(struct kunit *test)
{
	struct mux_hello *decoded = zalloc(test, sizeof(*decoded));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	struct mux_hello *hello;
	u32 length;
	u16 n;

	for (n = 1; n <= VFIO_MIG_MUX_DEVICES_MAX; n++) {
		hello = a_hello(test, n);
		length = mux_hello_encode(buf, &session, hello);
		KUNIT_ASSERT_EQ(test, length, MUX_HELLO_HEAD_SIZE +
				MUX_HELLO_FIXED_SIZE + n * NAME);
		memset(decoded, 0xa5, sizeof(*decoded));
		length -= MUX_HELLO_HEAD_SIZE;
		KUNIT_ASSERT_EQ_MSG(test,
				    mux_hello_decode(exact(test, buf +
							   MUX_HELLO_HEAD_SIZE,
							   length),
						     length, decoded),
				    MUX_WIRE_OK, "%u devices", n);
		KUNIT_EXPECT_EQ(test, decoded->devices, n);
		KUNIT_EXPECT_MEMEQ(test, decoded->names[0], hello->names[0],
				   sizeof(hello->names));
	}
}

static void a_hello_of_any_other_length_is_refused(struct kunit *test)
{
	struct mux_hello *hello = zalloc(test, sizeof(*hello));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u32 length;

	mux_hello_encode(buf, &session, a_hello(test, 2));
	for (length = 0; length <= MUX_HELLO_BODY_MAX; length++) {
		/* Beyond the message copies bring no new insight */
		u8 *body = buf + MUX_HELLO_HEAD_SIZE;

		if (length <= 145)
			body = exact(test, body, length);
		KUNIT_EXPECT_EQ_MSG(test,
				    mux_hello_decode(body, length, hello),
				    length == 144 ? MUX_WIRE_OK :
				    MUX_WIRE_LENGTH, "%u of 144 bytes", length);
	}
}

/* One of two names is @length bytes long, with another @byte @at some place */
static enum mux_wire_verdict verdict_on_name(struct kunit *test, int device,
					     u32 length, u32 at, u8 byte)
{
	struct mux_hello *hello = a_hello(test, 2);
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u8 *body;

	memset(hello->names[device], 0, NAME);
	memset(hello->names[device], 'x', length);
	if (at < NAME)
		hello->names[device][at] = byte;
	mux_hello_encode(buf, &session, hello);
	body = exact(test, buf + MUX_HELLO_HEAD_SIZE, 144);
	memset(hello, 0, sizeof(*hello));
	return mux_hello_decode(body, 144, hello);
}

static void a_name_is_terminated_and_not_empty(struct kunit *test)
{
	int device;
	u32 length;

	for (device = 0; device < 2; device++) {
		for (length = 0; length <= NAME; length++)
			KUNIT_EXPECT_EQ_MSG(test,
					    verdict_on_name(test, device, length,
							    NAME, 0),
					    length && length < NAME ?
					    MUX_WIRE_OK : MUX_WIRE_NAME,
					    "device %d, name of %u bytes",
					    device, length);
	}
}

static void nothing_follows_the_end_of_a_name(struct kunit *test)
{
	int device;
	u32 at;

	for (device = 0; device < 2; device++) {
		for (at = 2; at < NAME; at++) {
			KUNIT_EXPECT_EQ_MSG(test,
					    verdict_on_name(test, device, 1, at,
							    'x'),
					    MUX_WIRE_NAME,
					    "device %d, 'x' at %u", device, at);
			KUNIT_EXPECT_EQ_MSG(test,
					    verdict_on_name(test, device, 1, at,
							    0x80),
					    MUX_WIRE_NAME,
					    "device %d, 0x80 at %u", device, at);
		}
	}
	KUNIT_EXPECT_EQ(test, verdict_on_name(test, 0, 0, 1, 'x'),
			MUX_WIRE_NAME);
}

/* HELLO_ACK */

/* Of two devices */
static const struct patch_case ack_cases[] = {
	{ "no features", { 0, 4, 0 }, MUX_WIRE_OK },
	{ "features of the future", { 0, 4, U32_MAX }, MUX_WIRE_OK },
	{ "no devices", { 4, 2, 0 }, MUX_WIRE_DEVICES },
	{ "fewer devices than entries", { 4, 2, 1 }, MUX_WIRE_LENGTH },
	{ "more devices than entries", { 4, 2, 3 }, MUX_WIRE_LENGTH },
	{ "64 devices with two entries", { 4, 2, 64 }, MUX_WIRE_LENGTH },
	{ "65 devices", { 4, 2, 65 }, MUX_WIRE_DEVICES },
	{ "65535 devices", { 4, 2, U16_MAX }, MUX_WIRE_DEVICES },
	{ "a window of zero", { 8, 4, 0 }, MUX_WIRE_WINDOW },
	{ "a window of one", { 8, 4, 1 }, MUX_WIRE_OK },
	{ "the largest window", { 8, 4, U32_MAX }, MUX_WIRE_OK },
	{ "a window of zero for the last device", { 24, 4, 0 },
	  MUX_WIRE_WINDOW },
};

KUNIT_ARRAY_PARAM_DESC(ack_case, ack_cases, desc);

static void an_ack_is_taken_or_refused_by_its_rules(struct kunit *test)
{
	const struct patch_case *c = test->param_value;
	struct mux_hello_ack *ack = zalloc(test, sizeof(*ack));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	enum mux_wire_verdict verdict;

	mux_hello_ack_encode(buf, &session, an_ack(test, 2));
	apply(buf + MUX_HELLO_HEAD_SIZE, &c->patch);
	verdict = mux_hello_ack_decode(exact(test, buf + MUX_HELLO_HEAD_SIZE,
					     40), 40, ack);
	KUNIT_EXPECT_STREQ(test, mux_wire_strverdict(verdict),
			   mux_wire_strverdict(c->verdict));
}

static void every_reserved_bit_of_an_ack_is_refused(struct kunit *test)
{
	struct mux_hello_ack *ack = zalloc(test, sizeof(*ack));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;
	int device, bit;

	mux_hello_ack_encode(buf, &session, an_ack(test, 2));
	for (bit = 0; bit < 16; bit++) {
		put_unaligned_be16(BIT(bit), body + ACK_FLAGS);
		KUNIT_EXPECT_EQ_MSG(test, mux_hello_ack_decode(body, 40, ack),
				    MUX_WIRE_FLAGS, "flag %d", bit);
	}
	for (device = 0; device < 2; device++) {
		for (bit = 0; bit < 32; bit++) {
			mux_hello_ack_encode(buf, &session, an_ack(test, 2));
			put_unaligned_be32(BIT(bit), body + 8 + device * 16 + 4);
			KUNIT_EXPECT_EQ_MSG(test,
					    mux_hello_ack_decode(body, 40, ack),
					    MUX_WIRE_RESERVED,
					    "device %d, reserved bit %d",
					    device, bit);
		}
	}
}

static void an_ack_of_any_number_of_devices_survives(struct kunit *test)
{
	struct mux_hello_ack *decoded = zalloc(test, sizeof(*decoded));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	struct mux_hello_ack *ack;
	u32 length;
	u16 n;

	for (n = 1; n <= VFIO_MIG_MUX_DEVICES_MAX; n++) {
		ack = an_ack(test, n);
		length = mux_hello_ack_encode(buf, &session, ack);
		KUNIT_ASSERT_EQ(test, length, MUX_HELLO_HEAD_SIZE + 8 + n * 16);
		memset(decoded, 0xa5, sizeof(*decoded));
		length -= MUX_HELLO_HEAD_SIZE;
		KUNIT_ASSERT_EQ_MSG(test,
				    mux_hello_ack_decode(exact(test, buf +
							       MUX_HELLO_HEAD_SIZE,
							       length),
							 length, decoded),
				    MUX_WIRE_OK, "%u devices", n);
		KUNIT_EXPECT_EQ(test, decoded->devices, n);
		KUNIT_EXPECT_MEMEQ(test, decoded->window, ack->window,
				   sizeof(ack->window));
		KUNIT_EXPECT_MEMEQ(test, decoded->loaded, ack->loaded,
				   sizeof(ack->loaded));
	}
}

static void an_ack_of_any_other_length_is_refused(struct kunit *test)
{
	struct mux_hello_ack *ack = zalloc(test, sizeof(*ack));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u32 length;

	mux_hello_ack_encode(buf, &session, an_ack(test, 2));
	for (length = 0; length <= MUX_HELLO_BODY_MAX; length++) {
		u8 *body = buf + MUX_HELLO_HEAD_SIZE;

		if (length <= 41)
			body = exact(test, body, length);
		KUNIT_EXPECT_EQ_MSG(test,
				    mux_hello_ack_decode(body, length, ack),
				    length == 40 ? MUX_WIRE_OK :
				    MUX_WIRE_LENGTH, "%u of 40 bytes", length);
	}
}

/* REFUSE */

static void a_reason_of_any_length_survives(struct kunit *test)
{
	struct mux_refuse *decoded = zalloc(test, sizeof(*decoded));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u32 n, length;

	for (n = 0; n <= MUX_ABORT_TEXT_MAX; n++) {
		length = mux_refuse_encode(buf, &session, a_refuse(test, n));
		KUNIT_ASSERT_EQ(test, length, MUX_HELLO_HEAD_SIZE + 8 + n);
		memset(decoded, 0xa5, sizeof(*decoded));
		length -= MUX_HELLO_HEAD_SIZE;
		KUNIT_ASSERT_EQ_MSG(test,
				    mux_refuse_decode(exact(test, buf +
							    MUX_HELLO_HEAD_SIZE,
							    length),
						      length, decoded),
				    MUX_WIRE_OK, "reason of %u bytes", n);
		KUNIT_EXPECT_EQ(test, decoded->code, 22);
		KUNIT_ASSERT_EQ(test, strnlen(decoded->text,
					      sizeof(decoded->text)), n);
	}
	length = mux_refuse_encode(buf, &session, a_refuse(test, 256));
	KUNIT_EXPECT_EQ_MSG(test, length, MUX_HELLO_HEAD_SIZE + 8 + 255,
			    "a reason too long was not cut");
}

static void a_refuse_of_any_other_length_is_refused(struct kunit *test)
{
	struct mux_refuse *refuse = zalloc(test, sizeof(*refuse));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;
	u32 length, said;

	mux_refuse_encode(buf, &session, a_refuse(test, 5));
	for (length = 0; length <= MUX_HELLO_BODY_MAX; length++) {
		if (length <= 14)
			body = exact(test, buf + MUX_HELLO_HEAD_SIZE, length);
		else
			body = buf + MUX_HELLO_HEAD_SIZE;
		KUNIT_EXPECT_EQ_MSG(test,
				    mux_refuse_decode(body, length, refuse),
				    length == 13 ? MUX_WIRE_OK :
				    MUX_WIRE_LENGTH, "%u of 13 bytes", length);
	}
	for (said = 0; said <= U16_MAX; said++) {
		put_unaligned_be16(said, body + REFUSE_TEXT_LENGTH);
		KUNIT_EXPECT_EQ_MSG(test, mux_refuse_decode(body, 13, refuse),
				    said == 5 ? MUX_WIRE_OK : MUX_WIRE_LENGTH,
				    "reason of 5 bytes said to have %u", said);
	}
	put_unaligned_be16(256, body + REFUSE_TEXT_LENGTH);
	KUNIT_EXPECT_EQ(test, mux_refuse_decode(body, 8 + 256, refuse),
			MUX_WIRE_LENGTH);
}

static void every_reserved_bit_of_a_refuse_is_refused(struct kunit *test)
{
	struct mux_refuse *refuse = zalloc(test, sizeof(*refuse));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;
	int bit;

	mux_refuse_encode(buf, &session, a_refuse(test, 0));
	for (bit = 0; bit < 16; bit++) {
		put_unaligned_be16(BIT(bit), body + REFUSE_RESERVED);
		KUNIT_EXPECT_EQ_MSG(test, mux_refuse_decode(body, 8, refuse),
				    MUX_WIRE_RESERVED, "reserved bit %d", bit);
	}
}

static void a_hostile_reason_is_made_harmless(struct kunit *test)
{
	struct mux_refuse *refuse = zalloc(test, sizeof(*refuse));
	u8 *buf = zalloc(test, MUX_HELLO_SIZE_MAX);
	u8 *body = buf + MUX_HELLO_HEAD_SIZE;
	int c;

	mux_refuse_encode(buf, &session, a_refuse(test, 3));
	for (c = 0; c <= U8_MAX; c++) {
		body[MUX_REFUSE_FIXED_SIZE + 2] = c;
		KUNIT_ASSERT_EQ(test, mux_refuse_decode(body, 11, refuse),
				MUX_WIRE_OK);
		KUNIT_EXPECT_EQ_MSG(test, refuse->text[2],
				    c >= ' ' && c <= '~' ? c : '?',
				    "byte 0x%02x", c);
		KUNIT_EXPECT_EQ(test, strnlen(refuse->text, 256), 3);
	}
}

static struct kunit_case hello_kunit_cases[] = {
	KUNIT_CASE_PARAM(a_message_is_encoded_as_documented,
			 golden_message_gen_params),
	KUNIT_CASE_PARAM(a_documented_head_is_decoded,
			 golden_message_gen_params),
	KUNIT_CASE(a_documented_hello_is_decoded),
	KUNIT_CASE(a_documented_hello_ack_is_decoded),
	KUNIT_CASE(a_documented_refuse_is_decoded),
	KUNIT_CASE_PARAM(every_flipped_bit_of_a_message_is_found,
			 golden_message_gen_params),
	KUNIT_CASE_PARAM(a_head_is_taken_or_refused_by_its_rules,
			 head_case_gen_params),
	KUNIT_CASE(another_session_has_another_checksum),
	KUNIT_CASE(the_largest_message_fits_its_bound),
	KUNIT_CASE_PARAM(a_hello_is_taken_or_refused_by_its_rules,
			 hello_case_gen_params),
	KUNIT_CASE(every_reserved_flag_of_a_hello_is_refused),
	KUNIT_CASE(a_hello_says_whether_it_resumes),
	KUNIT_CASE(a_hello_of_any_number_of_devices_survives),
	KUNIT_CASE(a_hello_of_any_other_length_is_refused),
	KUNIT_CASE(a_name_is_terminated_and_not_empty),
	KUNIT_CASE(nothing_follows_the_end_of_a_name),
	KUNIT_CASE_PARAM(an_ack_is_taken_or_refused_by_its_rules,
			 ack_case_gen_params),
	KUNIT_CASE(every_reserved_bit_of_an_ack_is_refused),
	KUNIT_CASE(an_ack_of_any_number_of_devices_survives),
	KUNIT_CASE(an_ack_of_any_other_length_is_refused),
	KUNIT_CASE(a_reason_of_any_length_survives),
	KUNIT_CASE(a_refuse_of_any_other_length_is_refused),
	KUNIT_CASE(every_reserved_bit_of_a_refuse_is_refused),
	KUNIT_CASE(a_hostile_reason_is_made_harmless),
	{}
};

static struct kunit_suite hello_suite = {
	.name = "vfio_mig_mux_hello",
	.test_cases = hello_kunit_cases,
};

kunit_test_suite(hello_suite);
