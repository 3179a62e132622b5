// SPDX-License-Identifier: GPL-2.0
/*
 * Every field of the messages of the handshake that a peer can get wrong.
 */
#include "lib_expect.h"
#include "lib_peer.h"

#define FAILED	VFIO_MIG_MUX_CHANNEL_STATE_FAILED

FIXTURE(bad_head)
{
	struct mux mux;
	struct peer peer;
	struct host host;
};

FIXTURE_VARIANT(bad_head)
{
	__u32 role;
	struct wire_head head;
	const char *text;
};

#define HEAD(type_, length_) \
	.head = { .magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = type_, .length = length_ }
#define SOURCE		.role = VFIO_MIG_MUX_ROLE_SOURCE
#define DESTINATION	.role = VFIO_MIG_MUX_ROLE_DESTINATION

FIXTURE_VARIANT_ADD(bad_head, of_version_2_to_a_source) {
	SOURCE, .head = { .magic = WIRE_MAGIC, .version = 2, .type = WIRE_HELLO_ACK },
	.text = "version is not 1",
};

FIXTURE_VARIANT_ADD(bad_head, of_type_0) {
	DESTINATION, HEAD(0, 0), .text = "unknown type",
};

FIXTURE_VARIANT_ADD(bad_head, of_type_4) {
	DESTINATION, HEAD(4, 0), .text = "unknown type",
};

FIXTURE_VARIANT_ADD(bad_head, of_type_4_to_a_source) {
	SOURCE, HEAD(4, 0), .text = "unknown type",
};

FIXTURE_VARIANT_ADD(bad_head, hello_ack_to_a_destination) {
	DESTINATION, HEAD(WIRE_HELLO_ACK, 8), .text = "type is not for this direction",
};

FIXTURE_VARIANT_ADD(bad_head, refuse_to_a_destination) {
	DESTINATION, HEAD(WIRE_REFUSE, 8), .text = "type is not for this direction",
};

FIXTURE_VARIANT_ADD(bad_head, hello_to_a_source) {
	SOURCE, HEAD(WIRE_HELLO, 16), .text = "type is not for this direction",
};

FIXTURE_VARIANT_ADD(bad_head, short_hello_ack) {
	SOURCE, HEAD(WIRE_HELLO_ACK, 7), .text = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(bad_head, short_refuse) {
	SOURCE, HEAD(WIRE_REFUSE, 7), .text = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(bad_head, refuse_longer_than_its_text) {
	SOURCE, HEAD(WIRE_REFUSE, 9), .text = "length is out of bounds",
};

FIXTURE_SETUP(bad_head)
{
	struct host_params params = {
		.role = variant->role,
		.uuid = self->peer.uuid,
		.devices = 1,
		.slots = 2,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(bad_head)
{
	host_close(&self->host);
	mux_close(&self->mux);
}

TEST_F(bad_head, is_refused_by_name)
{
	bool is_source = variant->role == VFIO_MIG_MUX_ROLE_SOURCE;
	const char *name = is_source ? "channel 0" : "new channel";
	static const __u8 body[64];
	struct wire_hello hello;
	struct channel_info info;

	ASSERT_EQ(0, peer_open(&self->peer, &self->host, is_source ? 0 : -1));
	if (is_source)
		ASSERT_EQ(0, peer_take_hello(&self->peer, &hello));
	ASSERT_EQ(0, peer_say_message(&self->peer, &variant->head, body));
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 0, FAILED, &info));
	EXPECT_LOCAL_ERROR(&info.error, EPROTO, words("%s: handshake: %s", name, variant->text));
	EXPECT_TRUE(peer_sees_end(&self->peer));
}

FIXTURE(bad_hello)
{
	struct mux mux;
	struct peer peer;
	struct host host;
};

FIXTURE_VARIANT(bad_hello)
{
	struct wire_hello hello;
	int length_change;
	const char *text;
};

#define HELLO(...) \
	.hello = { .channels = 1, .features = 1, .chunk_size = CHUNK, .devices = 1, \
		   .names = { "d0" }, __VA_ARGS__ }

FIXTURE_VARIANT_ADD(bad_hello, of_a_channel_beyond_its_count) {
	HELLO(.channel = 1), .text = "channel number is out of range",
};

FIXTURE_VARIANT_ADD(bad_hello, of_no_channels) {
	.hello = { .features = 1, .chunk_size = CHUNK, .devices = 1, .names = { "d0" } },
	.text = "channel number is out of range",
};

FIXTURE_VARIANT_ADD(bad_hello, of_65_channels) {
	.hello = { .channels = 65, .features = 1, .chunk_size = CHUNK, .devices = 1,
		   .names = { "d0" } },
	.text = "channel number is out of range",
};

FIXTURE_VARIANT_ADD(bad_hello, of_a_reserved_flag) {
	HELLO(.flags = 0x8000), .text = "reserved flag is set",
};

FIXTURE_VARIANT_ADD(bad_hello, of_a_chunk_size_too_small) {
	.hello = { .channels = 1, .features = 1, .chunk_size = CHUNK / 2, .devices = 1,
		   .names = { "d0" } },
	.text = "chunk size is out of range",
};

FIXTURE_VARIANT_ADD(bad_hello, of_a_chunk_size_too_large) {
	.hello = { .channels = 1, .features = 1, .chunk_size = 0x2000000, .devices = 1,
		   .names = { "d0" } },
	.text = "chunk size is out of range",
};

FIXTURE_VARIANT_ADD(bad_hello, of_a_chunk_size_no_power_of_two) {
	.hello = { .channels = 1, .features = 1, .chunk_size = CHUNK + 4096, .devices = 1,
		   .names = { "d0" } },
	.text = "chunk size is out of range",
};

FIXTURE_VARIANT_ADD(bad_hello, of_no_devices) {
	.hello = { .channels = 1, .features = 1, .chunk_size = CHUNK },
	.text = "device count is out of range",
};

FIXTURE_VARIANT_ADD(bad_hello, longer_than_its_devices) {
	HELLO(), .length_change = 1, .text = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(bad_hello, shorter_than_its_devices) {
	HELLO(), .length_change = -1, .text = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(bad_hello, shorter_than_any) {
	HELLO(), .length_change = -65, .text = "length is out of bounds",
};

FIXTURE_VARIANT_ADD(bad_hello, of_an_empty_name) {
	.hello = { .channels = 1, .features = 1, .chunk_size = CHUNK, .devices = 1 },
	.text = "device name is malformed",
};

FIXTURE_VARIANT_ADD(bad_hello, of_a_name_with_more_behind_it) {
	.hello = { .channels = 1, .features = 1, .chunk_size = CHUNK, .devices = 1,
		   .names = { "d0\0hidden" } },
	.text = "device name is malformed",
};

#define NAME16	"0123456789abcdef"

FIXTURE_VARIANT_ADD(bad_hello, of_a_name_without_an_end) {
	.hello = { .channels = 1, .features = 1, .chunk_size = CHUNK, .devices = 1,
		   .names = { NAME16 NAME16 NAME16 NAME16 } },
	.text = "device name is malformed",
};

FIXTURE_SETUP(bad_hello)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peer.uuid,
		.devices = 1,
		.slots = 2,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(bad_hello)
{
	host_close(&self->host);
	mux_close(&self->mux);
}

TEST_F(bad_hello, is_refused_in_the_same_words_on_both_hosts)
{
	const char *text = words("new channel: HELLO: %s", variant->text);
	__u8 body[WIRE_BODY_MAX + 1] = { 0 };
	struct wire_head head = {
		.magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = WIRE_HELLO,
	};
	struct wire_refuse refuse;
	struct channel_info info;

	head.length = wire_put_hello(body, &variant->hello) + variant->length_change;
	ASSERT_EQ(0, peer_open(&self->peer, &self->host, -1));
	ASSERT_EQ(0, peer_say_message(&self->peer, &head, body));
	ASSERT_EQ(0, peer_take_refuse(&self->peer, &refuse));
	EXPECT_EQ(EPROTO, refuse.code);
	EXPECT_EQ(0, refuse.reserved);
	EXPECT_TRUE(is_error_text(refuse.text, text, EPROTO))
		TH_LOG("%s", refuse.text);
	EXPECT_TRUE(peer_sees_end(&self->peer));
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 0, FAILED, &info));
	EXPECT_LOCAL_ERROR(&info.error, EPROTO, text);
	EXPECT_STREQ(refuse.text, info.error.text);
}

TEST_HARNESS_MAIN
