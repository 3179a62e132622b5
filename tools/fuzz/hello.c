// SPDX-License-Identifier: GPL-2.0
/*
 * kernel/hello.c: what it accepts it writes again byte for byte, texts aside,
 * and it never reads past what it was given, or past what the head announces.
 *
 * The first byte of an input says whether length and checksum are put right
 * before; then comes a message.
 */
#include <linux/crc32c.h>
#include <linux/unaligned.h>

#include "hello.h"
#include "input.h"

#define RIGHT_CRC	0x01
#define RIGHT_LENGTH	0x02

static void check_hello(const u8 *message, const struct mux_hello_head *head, const u8 *body)
{
	static struct mux_hello hello;
	u8 again[MUX_HELLO_SIZE_MAX];
	u16 i;

	if (mux_hello_decode(body, head->length, &hello) != MUX_WIRE_OK)
		return;
	CHECK(hello.channels >= 1 && hello.channels <= 64 && hello.channel < hello.channels);
	CHECK(hello.devices >= 1 && hello.devices <= 64);
	CHECK(hello.chunk_size >= 65536 && hello.chunk_size <= 16777216);
	CHECK(__builtin_popcount(hello.chunk_size) == 1);
	for (i = 0; i < hello.devices; i++) {
		CHECK(hello.names[i][0] && !hello.names[i][63]);
		CHECK(mux_text_is_clean(hello.names[i]));
	}
	CHECK(mux_hello_encode(again, &head->uuid, &hello) == MUX_HELLO_HEAD_SIZE + head->length);
	if (head->type == MUX_HELLO)
		CHECK(!memcmp(again, message, MUX_HELLO_HEAD_SIZE + head->length));
}

static void check_hello_ack(const u8 *message, const struct mux_hello_head *head, const u8 *body)
{
	static struct mux_hello_ack ack;
	u8 again[MUX_HELLO_SIZE_MAX];
	u16 i;

	if (mux_hello_ack_decode(body, head->length, &ack) != MUX_WIRE_OK)
		return;
	CHECK(ack.devices >= 1 && ack.devices <= 64);
	for (i = 0; i < ack.devices; i++)
		CHECK(ack.window[i]);
	CHECK(mux_hello_ack_encode(again, &head->uuid, &ack) ==
	      MUX_HELLO_HEAD_SIZE + head->length);
	if (head->type == MUX_HELLO_ACK)
		CHECK(!memcmp(again, message, MUX_HELLO_HEAD_SIZE + head->length));
}

static void check_refuse(const struct mux_hello_head *head, const u8 *body)
{
	u8 again[MUX_HELLO_SIZE_MAX];
	struct mux_refuse refuse, twice;
	u32 length;

	if (mux_refuse_decode(body, head->length, &refuse) != MUX_WIRE_OK)
		return;
	CHECK(mux_text_is_clean(refuse.text));
	CHECK(strlen(refuse.text) == head->length - MUX_REFUSE_FIXED_SIZE);
	length = mux_refuse_encode(again, &head->uuid, &refuse);
	CHECK(length == MUX_HELLO_HEAD_SIZE + head->length);
	CHECK(mux_refuse_decode(again + MUX_HELLO_HEAD_SIZE, head->length, &twice) == MUX_WIRE_OK);
	CHECK(!memcmp(&refuse, &twice, sizeof(refuse)));
}

/* What the checksum is to be, as the document says it: with its field zero */
static u32 right_crc(const u8 *message, u32 size)
{
	u8 copy[MUX_HELLO_SIZE_MAX];

	memcpy(copy, message, size);
	memset(copy + 12, 0, 4);
	return crc32c(~0, copy, size);
}

static void check_message(const u8 *message, const struct mux_hello_head *head)
{
	bool whole = right_crc(message, MUX_HELLO_HEAD_SIZE + head->length) == head->crc;
	struct input rest = { message + MUX_HELLO_HEAD_SIZE, head->length };
	u8 *body;

	CHECK((mux_hello_check(message, head) == MUX_WIRE_OK) == whole);
	if (!whole)
		return;
	/* Whatever type it is: the decoders see bytes of a peer in any case. */
	body = input_copy(&rest, head->length);
	check_hello(message, head, body);
	check_hello_ack(message, head, body);
	check_refuse(head, body);
	free(body);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	struct input input = { bytes, size };
	u8 options = input_u8(&input);
	u32 length = input.size > MUX_HELLO_HEAD_SIZE ? input.size : MUX_HELLO_HEAD_SIZE;
	u8 *message = input_copy(&input, length);
	struct mux_hello_head head;

	if (options & RIGHT_LENGTH)
		put_unaligned_be32(length - MUX_HELLO_HEAD_SIZE, message + 8);
	if (options & RIGHT_CRC && length <= MUX_HELLO_SIZE_MAX)
		put_unaligned_be32(right_crc(message, length), message + 12);
	if (mux_hello_head_decode(message, &head) == MUX_WIRE_OK) {
		CHECK(head.type >= MUX_HELLO && head.type <= MUX_HELLO_REFUSE);
		CHECK(head.length <= MUX_HELLO_BODY_MAX);
		if (length == MUX_HELLO_HEAD_SIZE + head.length)
			check_message(message, &head);
	}
	free(message);
	return 0;
}
