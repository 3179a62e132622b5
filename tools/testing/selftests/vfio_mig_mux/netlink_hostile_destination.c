// SPDX-License-Identifier: GPL-2.0
/*
 * A source against a destination that lies, stammers or falls silent. Each
 * fault is refused by name on both hosts, and the next session works.
 */
#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_time.h"

#define FAILED	VFIO_MIG_MUX_SESSION_STATE_FAILED
#define RECEIVE	VFIO_MIG_MUX_DIRECTION_RECEIVE

/* Three chunks and a half; the window that is granted is two */
#define STATE		"state_size=229376 seed=41"
#define STATE_BYTES	229376
#define STATE_CHUNKS	4
#define WINDOW		2

FIXTURE(wire)
{
	struct mux mux;
	struct peer peer;
	struct host host;
	struct sim saving;
	struct session_info info;
	struct wire_frame frame;
	__u8 payload[CHUNK];
	__u32 digest;
};

FIXTURE_SETUP(wire)
{
	struct host_params params = {
		.uuid = self->peer.uuid,
		.devices = 1,
		.slots = 4,
		.no_resume = true,
	};
	struct wire_hello_ack ack;

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&self->saving, 902, STATE));
	ASSERT_EQ(0, sim_save(&self->saving));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	hello_ack_make(&ack, 1, WINDOW);
	ASSERT_EQ(0, peer_join(&self->peer, &self->host, 0, &ack));
}

FIXTURE_TEARDOWN(wire)
{
	peer_close(&self->peer);
	host_close(&self->host);
	sim_close(&self->saving);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static int say_ack(struct peer *peer, __u64 index, __u64 offset, __u8 flags)
{
	struct wire_frame frame = {
		.type = WIRE_ACK,
		.flags = flags,
		.index = index,
		.offset = offset,
	};

	return peer_say(peer, &frame, NULL);
}

/* Receives the next frame, which must be this chunk */
static void take_chunk(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self, __u64 index)
{
	__u64 offset = index * CHUNK;

	ASSERT_EQ(0, peer_take_frame(&self->peer, &self->frame, self->payload,
				     sizeof(self->payload)));
	ASSERT_EQ(WIRE_DATA, self->frame.type);
	EXPECT_EQ(0, self->frame.flags);
	EXPECT_EQ(0, self->frame.device);
	EXPECT_EQ(index, self->frame.index);
	EXPECT_EQ(offset, self->frame.offset);
	EXPECT_EQ(index == STATE_CHUNKS - 1 ? STATE_BYTES - offset : CHUNK, self->frame.length);
	self->digest = wire_digest(self->digest, self->frame.crc);
}

static void expect_failure(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self,
			   __u32 code, const char *text)
{
	const struct error_info *error = &self->info.error;
	struct channel_info channel;
	struct wire_abort abort;

	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(error, code, text);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &channel));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_FAILED, channel.state);
	EXPECT_EQ(0, memcmp(error, &channel.error, sizeof(channel.error)));
	ASSERT_EQ(0, peer_take_abort(&self->peer, &self->frame, &abort));
	EXPECT_EQ(code, abort.code);
	EXPECT_STREQ(error->text, abort.text);
	EXPECT_EQ(error->chunk, abort.chunk);
	EXPECT_TRUE(peer_sees_end(&self->peer));
	EXPECT_EQ(0, self->info.devices_loaded);
}

TEST_F(wire, carries_no_more_than_the_window_admits)
{
	struct device_info device;

	take_chunk(_metadata, self, 0);
	take_chunk(_metadata, self, 1);
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->host.id, 0, &device) &&
			       device.window_stalls));
	EXPECT_EQ(WINDOW, device.window);
	EXPECT_EQ(WINDOW, device.chunks_moved);
	EXPECT_EQ(0, device.chunks);
	ASSERT_EQ(0, say_ack(&self->peer, 1, CHUNK, 0));
	take_chunk(_metadata, self, 2);
	ASSERT_EQ(0, device_get(&self->mux, self->host.id, 0, &device));
	EXPECT_EQ(1, device.chunks);
	EXPECT_EQ(CHUNK, device.bytes);
	EXPECT_EQ(3, device.chunks_moved);
}

TEST_F(wire, to_an_honest_destination_carries_every_byte_and_the_end)
{
	static const __u64 acked[STATE_CHUNKS] = { 1, 2, 3, 4 };
	__u8 expected[CHUNK];
	struct sim twin;
	__u64 i;

	ASSERT_EQ(0, sim_open(&twin, 904, STATE));
	ASSERT_EQ(0, sim_save(&twin));
	for (i = 0; i < STATE_CHUNKS; i++) {
		take_chunk(_metadata, self, i);
		ASSERT_EQ(self->frame.length, read(twin.data_fd, expected, self->frame.length));
		EXPECT_EQ(0, memcmp(expected, self->payload, self->frame.length))
			TH_LOG("chunk %llu", (unsigned long long)i);
		ASSERT_EQ(0, say_ack(&self->peer, acked[i],
				     self->frame.offset + self->frame.length, 0));
	}
	ASSERT_EQ(0, peer_take_frame(&self->peer, &self->frame, self->payload, CHUNK));
	EXPECT_EQ(WIRE_END, self->frame.type);
	EXPECT_EQ(STATE_CHUNKS, self->frame.index);
	EXPECT_EQ(STATE_BYTES, self->frame.offset);
	EXPECT_EQ(self->digest, self->frame.crc);
	EXPECT_EQ(0, self->frame.length + self->frame.flags + self->frame.device);
	ASSERT_EQ(0, say_ack(&self->peer, STATE_CHUNKS, STATE_BYTES, WIRE_ACK_COMPLETE));
	ASSERT_EQ(0, peer_take_frame(&self->peer, &self->frame, self->payload, CHUNK));
	EXPECT_EQ(WIRE_BYE, self->frame.type);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_COMPLETED, self->info.state);
	EXPECT_EQ(1, self->info.devices_loaded);
	EXPECT_EQ(4, self->info.slots_free);
	sim_close(&twin);
}

TEST_F(wire, ack_of_a_chunk_that_was_never_sent_is_refused)
{
	take_chunk(_metadata, self, 0);
	take_chunk(_metadata, self, 1);
	ASSERT_EQ(0, say_ack(&self->peer, 3, 3 * CHUNK, 0));
	expect_failure(_metadata, self, EPROTO,
		       "channel 0: ACK of device d0 acknowledges a chunk that was never sent");
	EXPECT_WHERE(&self->info.error, RECEIVE, 0, 0, 3);
}

TEST_F(wire, ack_of_the_largest_index_is_refused)
{
	ASSERT_EQ(0, say_ack(&self->peer, ~0ull, 0, 0));
	expect_failure(_metadata, self, EPROTO,
		       "channel 0: ACK of device d0 acknowledges a chunk that was never sent");
}

TEST_F(wire, ack_of_another_number_of_bytes_is_refused)
{
	take_chunk(_metadata, self, 0);
	ASSERT_EQ(0, say_ack(&self->peer, 1, CHUNK + 1, 0));
	expect_failure(_metadata, self, EPROTO,
		       "channel 0: ACK of device d0 acknowledges another number of bytes than was sent");
	EXPECT_WHERE(&self->info.error, RECEIVE, 0, 0, 1);
}

TEST_F(wire, ack_of_bytes_without_chunks_is_refused)
{
	take_chunk(_metadata, self, 0);
	ASSERT_EQ(0, say_ack(&self->peer, 0, 1, 0));
	expect_failure(_metadata, self, EPROTO,
		       "channel 0: ACK of device d0 acknowledges another number of bytes than was sent");
}

TEST_F(wire, ack_that_is_complete_too_early_is_refused)
{
	take_chunk(_metadata, self, 0);
	take_chunk(_metadata, self, 1);
	ASSERT_EQ(0, say_ack(&self->peer, 2, 2 * CHUNK, WIRE_ACK_COMPLETE));
	expect_failure(_metadata, self, EPROTO,
		       "channel 0: ACK of device d0 acknowledges the end of a stream too early");
	EXPECT_WHERE(&self->info.error, RECEIVE, 0, 0, 2);
}

TEST_F(wire, ack_that_is_complete_before_anything_is_sent_is_refused)
{
	ASSERT_EQ(0, say_ack(&self->peer, 0, 0, WIRE_ACK_COMPLETE));
	expect_failure(_metadata, self, EPROTO,
		       "channel 0: ACK of device d0 acknowledges the end of a stream too early");
}

TEST_F(wire, ack_that_was_overtaken_is_harmless)
{
	take_chunk(_metadata, self, 0);
	take_chunk(_metadata, self, 1);
	ASSERT_EQ(0, say_ack(&self->peer, 2, 2 * CHUNK, 0));
	take_chunk(_metadata, self, 2);
	ASSERT_EQ(0, say_ack(&self->peer, 1, CHUNK, 0));
	ASSERT_EQ(0, say_ack(&self->peer, 2, 2 * CHUNK, 0));
	ASSERT_EQ(0, say_ack(&self->peer, 3, 3 * CHUNK, 0));
	take_chunk(_metadata, self, 3);
	ASSERT_TRUE(eventually(session_get(&self->mux, self->host.id, &self->info) ||
			       self->info.bytes == 3 * CHUNK));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ACTIVE, self->info.state);
}

TEST_F(wire, header_with_a_wrong_checksum_is_refused)
{
	struct wire_frame frame = { .type = WIRE_ACK };
	__u8 head[WIRE_FRAME_SIZE];

	wire_put_frame(head, &frame);
	head[8] ^= 1;
	ASSERT_EQ(0, peer_send(&self->peer, head, sizeof(head)));
	expect_failure(_metadata, self, EBADMSG,
		       "channel 0: ACK frame, type 7, device 0, length 0: header checksum is wrong");
}

TEST_F(wire, bye_before_all_is_loaded_is_refused)
{
	struct wire_frame bye = { .type = WIRE_BYE };

	ASSERT_EQ(0, peer_say(&self->peer, &bye, NULL));
	expect_failure(_metadata, self, EPROTO, "channel 0: BYE before everything was loaded");
	EXPECT_WHERE(&self->info.error, RECEIVE, NOWHERE, 0, NOWHERE);
}

/* With chunks unread on its side the peer's close may look like a reset */
TEST_F(wire, silence_is_not_an_end)
{
	take_chunk(_metadata, self, 0);
	take_chunk(_metadata, self, 1);
	peer_close(&self->peer);
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(&self->info.error, ECONNRESET,
			   "channel 0: closed by the other host without BYE");
	EXPECT_WHERE(&self->info.error, RECEIVE, NOWHERE, 0, NOWHERE);
}

TEST_F(wire, silence_in_a_header_is_not_an_end)
{
	__u8 head[WIRE_FRAME_SIZE] = { WIRE_ACK };

	take_chunk(_metadata, self, 0);
	take_chunk(_metadata, self, 1);
	ASSERT_EQ(0, peer_send(&self->peer, head, sizeof(head) / 2));
	peer_close(&self->peer);
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_LOCAL_ERROR(&self->info.error, ECONNRESET,
			   "channel 0: closed by the other host without BYE");
}

TEST_F(wire, abort_of_the_destination_shows_its_words_made_harmless)
{
	struct wire_abort abort = {
		.code = EINVAL, .direction = VFIO_MIG_MUX_DIRECTION_WRITE, .present = 5,
		.device = 0, .chunk = 1, .text = "d0\tbroken\r\n",
	};

	take_chunk(_metadata, self, 0);
	ASSERT_EQ(0, peer_say_abort(&self->peer, 0, &abort));
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_EQ(VFIO_MIG_MUX_ERROR_ORIGIN_PEER, self->info.error.origin);
	EXPECT_EQ(EINVAL, self->info.error.code);
	EXPECT_STREQ("d0?broken??", self->info.error.text);
	EXPECT_WHERE(&self->info.error, VFIO_MIG_MUX_DIRECTION_WRITE, 0, NOWHERE, 1);
}

FIXTURE(large)
{
	struct mux mux;
	struct peer peer;
	struct host host;
	struct sim saving;
	struct session_info info;
};

/* More than both sockets together ever hold */
#define LARGE	VFIO_MIG_MUX_CHUNK_SIZE_MAX

FIXTURE_SETUP(large)
{
	struct host_params params = {
		.uuid = self->peer.uuid,
		.chunk_size = LARGE,
		.devices = 1,
		.slots = 1,
	};
	struct wire_hello_ack ack;

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&self->saving, 902, "state_size=16777217 verify=stamp"));
	ASSERT_EQ(0, sim_save(&self->saving));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	hello_ack_make(&ack, 1, 2);
	ASSERT_EQ(0, peer_join(&self->peer, &self->host, 0, &ack));
}

FIXTURE_TEARDOWN(large)
{
	peer_close(&self->peer);
	host_close(&self->host);
	sim_close(&self->saving);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

/* An ACK of what cannot have arrived yet must not give the slot away: what
 * follows is still the chunk, and the only slot is not read into before
 */
TEST_F(large, ack_of_a_chunk_still_being_sent_does_not_touch_its_bytes)
{
	__u8 head[WIRE_FRAME_SIZE];
	struct wire_frame frame;
	struct device_info device;
	__u8 *payload = malloc(LARGE);

	ASSERT_NE(NULL, payload);
	ASSERT_EQ(0, peer_take(&self->peer, head, sizeof(head)));
	ASSERT_TRUE(wire_get_frame(head, &frame));
	ASSERT_EQ(WIRE_DATA, frame.type);
	ASSERT_EQ(LARGE, frame.length);
	ASSERT_EQ(0, say_ack(&self->peer, 1, LARGE, 0));
	ASSERT_TRUE(eventually(session_get(&self->mux, self->host.id, &self->info) ||
			       self->info.bytes == LARGE ||
			       self->info.state != VFIO_MIG_MUX_SESSION_STATE_ACTIVE));
	if (self->info.state == VFIO_MIG_MUX_SESSION_STATE_ACTIVE) {
		ASSERT_EQ(0, device_get(&self->mux, self->host.id, 0, &device));
		EXPECT_EQ(1, device.chunks_moved);
		EXPECT_EQ(0, self->info.slots_free);
		ASSERT_EQ(0, peer_take(&self->peer, payload, LARGE));
		EXPECT_EQ(frame.crc, crc_of(payload, LARGE));
		ASSERT_EQ(0, peer_take_type(&self->peer, WIRE_DATA, &frame));
		EXPECT_EQ(1, frame.index);
		EXPECT_EQ(1, frame.length);
	} else {
		EXPECT_EQ(FAILED, self->info.state);
		EXPECT_EQ(EPROTO, self->info.error.code);
	}
	free(payload);
}

TEST_HARNESS_MAIN
