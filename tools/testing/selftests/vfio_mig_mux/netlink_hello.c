// SPDX-License-Identifier: GPL-2.0
/*
 * The handshake on the wire, with a peer that knows it, knows it half or not
 * at all.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "lib_expect.h"
#include "lib_peer.h"

#define FAILED	VFIO_MIG_MUX_CHANNEL_STATE_FAILED
#define LIVE	VFIO_MIG_MUX_CHANNEL_STATE_LIVE
#define SLOTS	7

FIXTURE(hello)
{
	struct mux mux;
	struct peer peer;
	struct host source;
	struct host destination;
	struct wire_hello hello;
	struct wire_hello_ack ack;
	struct wire_refuse refuse;
	struct channel_info info;
};

FIXTURE_SETUP(hello)
{
	struct host_params params = {
		.uuid = self->peer.uuid,
		.channels = 2,
		.devices = 2,
		.slots = SLOTS,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &params));
	params.role = VFIO_MIG_MUX_ROLE_DESTINATION;
	ASSERT_EQ(0, host_open(&self->destination, &self->mux, &params));
	hello_make(&self->hello, 0, 2, 2);
	hello_ack_make(&self->ack, 2, 3);
}

FIXTURE_TEARDOWN(hello)
{
	host_close(&self->source);
	host_close(&self->destination);
	mux_close(&self->mux);
}

static void expect_failed(struct __test_metadata *_metadata, FIXTURE_DATA(hello) * self,
			  struct host *host, __u32 code, const char *text)
{
	struct session_info session;

	ASSERT_EQ(0, channel_wait(&self->mux, host->id, 0, FAILED, &self->info));
	EXPECT_LOCAL_ERROR(&self->info.error, code, text);
	ASSERT_EQ(0, session_get(&self->mux, host->id, &session));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_CONNECTING, session.state);
	EXPECT_EQ(SLOTS, session.slots_free);
	EXPECT_EQ(0, session.slots_used_max);
}

TEST_F(hello, of_the_source_says_what_the_session_is_made_of)
{
	ASSERT_EQ(0, peer_open(&self->peer, &self->source, 1));
	ASSERT_EQ(0, peer_take_hello(&self->peer, &self->hello));
	EXPECT_EQ(1, self->hello.channel);
	EXPECT_EQ(2, self->hello.channels);
	EXPECT_EQ(VFIO_MIG_MUX_FEATURE_CHECKSUM, self->hello.features);
	EXPECT_EQ(CHUNK, self->hello.chunk_size);
	EXPECT_EQ(2, self->hello.devices);
	EXPECT_EQ(0, self->hello.flags);
	EXPECT_STREQ("d0", self->hello.names[0]);
	EXPECT_STREQ("d1", self->hello.names[1]);
}

TEST_F(hello, is_answered_with_the_windows_and_the_channel_is_live)
{
	ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
	ASSERT_EQ(0, peer_say_hello(&self->peer, &self->hello));
	ASSERT_EQ(0, peer_take_hello_ack(&self->peer, &self->ack));
	EXPECT_EQ(VFIO_MIG_MUX_FEATURE_CHECKSUM, self->ack.features);
	EXPECT_EQ(2, self->ack.devices);
	EXPECT_EQ(0, self->ack.flags);
	/* Seven slots, less two channels, shared by two devices */
	EXPECT_EQ(2, self->ack.window[0]);
	EXPECT_EQ(2, self->ack.window[1]);
	EXPECT_EQ(0, self->ack.loaded[0] + self->ack.loaded[1]);
	EXPECT_EQ(0, self->ack.reserved[0] + self->ack.reserved[1]);
	ASSERT_EQ(0, channel_wait(&self->mux, self->destination.id, 0, LIVE, &self->info));
	EXPECT_EQ(LIVE, self->info.state);
}

TEST_F(hello, may_come_byte_by_byte)
{
	__u8 message[WIRE_HEAD_SIZE + WIRE_BODY_MAX], body[WIRE_BODY_MAX];
	struct wire_head head = {
		.magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = WIRE_HELLO,
	};
	size_t i, length;
	int one = 1;

	head.length = wire_put_hello(body, &self->hello);
	memcpy(head.uuid, self->peer.uuid, sizeof(head.uuid));
	length = wire_put_message(message, &head, body);
	ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
	ASSERT_EQ(0, setsockopt(self->peer.sock, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	for (i = 0; i < length; i++)
		ASSERT_EQ(0, peer_send(&self->peer, message + i, 1));
	EXPECT_EQ(0, peer_take_hello_ack(&self->peer, &self->ack));
}

TEST_F(hello, that_is_another_protocol_is_refused)
{
	static const char request[] = "GET /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n";

	ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
	ASSERT_EQ(0, peer_send(&self->peer, request, strlen(request)));
	expect_failed(_metadata, self, &self->destination, EPROTO,
		      "new channel: handshake: magic is wrong");
	EXPECT_TRUE(peer_sees_end(&self->peer));
}

TEST_F(hello, with_a_checksum_that_is_wrong_is_refused)
{
	__u8 message[WIRE_HEAD_SIZE + WIRE_BODY_MAX];
	struct wire_head head = {
		.magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = WIRE_HELLO, .crc = 1,
	};

	head.length = wire_put_hello(message + WIRE_HEAD_SIZE, &self->hello);
	memcpy(head.uuid, self->peer.uuid, sizeof(head.uuid));
	wire_put_head(message, &head);
	ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
	ASSERT_EQ(0, peer_send(&self->peer, message, WIRE_HEAD_SIZE + head.length));
	expect_failed(_metadata, self, &self->destination, EPROTO,
		      "new channel: handshake: checksum is wrong");
	EXPECT_TRUE(peer_sees_end(&self->peer));
}

/* A peer of another version cannot be expected to say more than its head right */
TEST_F(hello, of_another_version_is_refused_in_the_same_words_on_both_hosts)
{
	static const __u16 versions[] = { 0, 2, 0xffff };
	struct wire_head head = { .magic = WIRE_MAGIC, .type = WIRE_HELLO, .length = 0xffffffff };
	__u8 message[WIRE_HEAD_SIZE];
	int i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		head.version = versions[i];
		memcpy(head.uuid, self->peer.uuid, sizeof(head.uuid));
		wire_put_head(message, &head);
		ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
		ASSERT_EQ(0, peer_send(&self->peer, message, sizeof(message)));
		expect_failed(_metadata, self, &self->destination, EPROTONOSUPPORT,
			      "new channel: HELLO: version is not 1");
		ASSERT_EQ(0, peer_take_refuse(&self->peer, &self->refuse));
		EXPECT_EQ(EPROTONOSUPPORT, self->refuse.code);
		EXPECT_STREQ(self->info.error.text, self->refuse.text);
		EXPECT_TRUE(peer_sees_end(&self->peer));
		peer_close(&self->peer);
	}
}

TEST_F(hello, that_never_comes_is_waited_for_ten_seconds)
{
	struct peer other = self->peer;

	ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
	ASSERT_EQ(0, peer_open(&other, &self->source, 0));
	expect_failed(_metadata, self, &self->destination, ETIMEDOUT,
		      "new channel: no HELLO within 10 seconds");
	expect_failed(_metadata, self, &self->source, ETIMEDOUT,
		      "channel 0: no HELLO_ACK within 10 seconds");
}

TEST_F(hello, of_a_peer_that_closes_first_is_not_waited_for)
{
	ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
	peer_close(&self->peer);
	expect_failed(_metadata, self, &self->destination, ECONNRESET,
		      "new channel: closed by the other host before HELLO");
	ASSERT_EQ(0, peer_open(&self->peer, &self->source, 0));
	ASSERT_EQ(0, peer_take_hello(&self->peer, &self->hello));
	peer_close(&self->peer);
	expect_failed(_metadata, self, &self->source, ECONNRESET,
		      "channel 0: closed by the other host before HELLO_ACK");
}

TEST_F(hello, of_a_peer_that_closes_in_the_middle_is_not_waited_for)
{
	__u8 some[20] = { 0x56, 0x4d, 0x4d, 0x58 };

	ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
	ASSERT_EQ(0, peer_send(&self->peer, some, sizeof(some)));
	peer_close(&self->peer);
	expect_failed(_metadata, self, &self->destination, ECONNRESET,
		      "new channel: closed by the other host before HELLO");
}

TEST_F(hello, ack_with_zero_windows_features_or_devices_of_its_own_is_refused)
{
	static const struct {
		struct wire_hello_ack ack;
		const char *text;
	} bad[] = {
		{ { .features = 0, .devices = 2, .window = { 1, 1 } },
		  "HELLO_ACK has other features than HELLO" },
		{ { .features = 3, .devices = 2, .window = { 1, 1 } },
		  "HELLO_ACK has other features than HELLO" },
		{ { .features = 1, .devices = 1, .window = { 1 } },
		  "HELLO_ACK has another number of devices than HELLO" },
		{ { .features = 1, .devices = 3, .window = { 1, 1, 1 } },
		  "HELLO_ACK has another number of devices than HELLO" },
		{ { .features = 1, .devices = 0 }, "handshake: device count is out of range" },
		{ { .features = 1, .devices = 2, .window = { 1, 0 } },
		  "handshake: window is zero" },
		{ { .features = 1, .devices = 2, .window = { 1, 1 }, .flags = 1 },
		  "handshake: reserved flag is set" },
		{ { .features = 1, .devices = 2, .window = { 1, 1 }, .reserved = { 0, 1 } },
		  "handshake: reserved field is not zero" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(0, peer_open(&self->peer, &self->source, 0));
		ASSERT_EQ(0, peer_take_hello(&self->peer, &self->hello));
		ASSERT_EQ(0, peer_say_hello_ack(&self->peer, &bad[i].ack));
		expect_failed(_metadata, self, &self->source, EPROTO,
			      words("channel 0: %s", bad[i].text));
		EXPECT_TRUE(peer_sees_end(&self->peer));
		peer_close(&self->peer);
	}
}

TEST_F(hello, ack_of_another_session_is_refused)
{
	ASSERT_EQ(0, peer_open(&self->peer, &self->source, 0));
	ASSERT_EQ(0, peer_take_hello(&self->peer, &self->hello));
	self->peer.uuid[0] ^= 1;
	ASSERT_EQ(0, peer_say_hello_ack(&self->peer, &self->ack));
	ASSERT_EQ(0, channel_wait(&self->mux, self->source.id, 0, LIVE, &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(&self->info.error, EPROTO,
			   "channel 0: handshake: UUID is another session's");
}

TEST_F(hello, ack_makes_the_channel_live_with_its_windows)
{
	struct device_info device;

	self->ack.window[1] = 1000000;
	ASSERT_EQ(0, peer_open(&self->peer, &self->source, 0));
	ASSERT_EQ(0, peer_take_hello(&self->peer, &self->hello));
	ASSERT_EQ(0, peer_say_hello_ack(&self->peer, &self->ack));
	ASSERT_EQ(0, channel_wait(&self->mux, self->source.id, 0, LIVE, &self->info));
	EXPECT_EQ(LIVE, self->info.state);
	ASSERT_EQ(0, device_get(&self->mux, self->source.id, 0, &device));
	EXPECT_EQ(3, device.window);
	/* Never more than the source's own slots, rounded up to a power of two */
	ASSERT_EQ(0, device_get(&self->mux, self->source.id, 1, &device));
	EXPECT_LE(SLOTS, device.window);
	EXPECT_GE(8, device.window);
}

TEST_F(hello, refused_by_a_peer_shows_its_words_made_harmless)
{
	struct wire_refuse refuse = { .code = EACCES, .text = "go\033[1m \001away\n\303\251" };

	ASSERT_EQ(0, peer_open(&self->peer, &self->source, 0));
	ASSERT_EQ(0, peer_take_hello(&self->peer, &self->hello));
	ASSERT_EQ(0, peer_say_refuse(&self->peer, &refuse));
	ASSERT_EQ(0, channel_wait(&self->mux, self->source.id, 0, FAILED, &self->info));
	EXPECT_EQ(VFIO_MIG_MUX_ERROR_ORIGIN_PEER, self->info.error.origin);
	EXPECT_EQ(EACCES, self->info.error.code);
	EXPECT_STREQ("go?[1m ?away???", self->info.error.text);
}

TEST_F(hello, refused_without_a_proper_error_number_is_a_protocol_error)
{
	static const __u32 codes[] = { 0, 4096, 0xffffffff };
	struct wire_refuse refuse = { .text = "no" };
	int i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		refuse.code = codes[i];
		ASSERT_EQ(0, peer_open(&self->peer, &self->source, 0));
		ASSERT_EQ(0, peer_take_hello(&self->peer, &self->hello));
		ASSERT_EQ(0, peer_say_refuse(&self->peer, &refuse));
		ASSERT_EQ(0, channel_wait(&self->mux, self->source.id, 0, FAILED, &self->info));
		EXPECT_EQ(EPROTO, self->info.error.code);
		EXPECT_STREQ("no", self->info.error.text);
		EXPECT_TRUE(peer_sees_end(&self->peer));
		peer_close(&self->peer);
	}
}

/* Nothing of the body may be waited for: it does not fit */
TEST_F(hello, that_announces_too_long_a_body_is_refused_before_it_comes)
{
	struct wire_head head = {
		.magic = WIRE_MAGIC, .version = WIRE_VERSION, .type = WIRE_HELLO,
		.length = WIRE_BODY_MAX + 1,
	};
	__u8 message[WIRE_HEAD_SIZE];

	wire_put_head(message, &head);
	ASSERT_EQ(0, peer_open(&self->peer, &self->destination, -1));
	ASSERT_EQ(0, peer_send(&self->peer, message, sizeof(message)));
	expect_failed(_metadata, self, &self->destination, EPROTO,
		      "new channel: handshake: length is out of bounds");
}

TEST_HARNESS_MAIN
