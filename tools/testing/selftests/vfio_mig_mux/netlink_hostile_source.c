// SPDX-License-Identifier: GPL-2.0
/*
 * A destination against a source that lies, stammers or falls silent. Each
 * fault is refused by name on both hosts, and the next session works.
 */
#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"

#define FAILED	VFIO_MIG_MUX_SESSION_STATE_FAILED
#define RECEIVE	VFIO_MIG_MUX_DIRECTION_RECEIVE
#define WRITE	VFIO_MIG_MUX_DIRECTION_WRITE

/* Four slots, one of them the channel's */
#define WINDOW	3

/* A chunk and a bit of real state */
#define STATE_BYTES	100000
#define STATE		"state_size=100000 seed=37"

FIXTURE(wire)
{
	struct mux mux;
	struct peer peer;
	struct host host;
	struct sim loading;
	struct session_info info;
	__u8 state[2 * CHUNK];
	__u8 payload[CHUNK];
};

FIXTURE_SETUP(wire)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peer.uuid,
		.devices = 1,
		.slots = WINDOW + 1,
		.no_resume = true,
	};
	struct wire_hello_ack ack;
	struct wire_hello hello;

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	hello_make(&hello, 0, 1, 1);
	ASSERT_EQ(0, peer_open(&self->peer, &self->host, -1));
	ASSERT_EQ(0, peer_say_hello(&self->peer, &hello));
	ASSERT_EQ(0, peer_take_hello_ack(&self->peer, &ack));
	ASSERT_EQ(WINDOW, ack.window[0]);
	memset(self->payload, 0x5a, sizeof(self->payload));
}

FIXTURE_TEARDOWN(wire)
{
	peer_close(&self->peer);
	host_close(&self->host);
	sim_close(&self->loading);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

/* A right header for bytes of a payload */
static struct wire_frame data(const void *payload, __u32 length, __u64 index, __u64 offset)
{
	return (struct wire_frame){
		.type = WIRE_DATA,
		.length = length,
		.index = index,
		.offset = offset,
		.crc = crc_of(payload, length),
	};
}

static int say_data(struct peer *peer, const void *payload, __u32 length, __u64 index,
		    __u64 offset)
{
	struct wire_frame frame = data(payload, length, index, offset);

	return peer_say(peer, &frame, payload);
}

static int say_end(struct peer *peer, __u64 chunks, __u64 bytes, __u32 digest)
{
	struct wire_frame frame = {
		.type = WIRE_END,
		.index = chunks,
		.offset = bytes,
		.crc = digest,
	};

	return peer_say(peer, &frame, NULL);
}

/* The session must have failed with this error, and its ABORT must say the same */
static void expect_failure(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self,
			   __u32 code, const char *text)
{
	const struct error_info *error = &self->info.error;
	struct wire_abort abort;
	struct wire_frame frame;

	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(error, code, text);
	ASSERT_EQ(0, peer_take_abort(&self->peer, &frame, &abort));
	EXPECT_EQ(0, frame.flags);
	EXPECT_EQ(code, abort.code);
	EXPECT_STREQ(error->text, abort.text);
	EXPECT_EQ(error->direction, abort.direction);
	EXPECT_EQ(HAS(error, VFIO_MIG_MUX_A_ERROR_DEVICE) |
		  HAS(error, VFIO_MIG_MUX_A_ERROR_CHANNEL) << 1 |
		  HAS(error, VFIO_MIG_MUX_A_ERROR_CHUNK) << 2, abort.present);
	EXPECT_EQ(error->chunk, abort.chunk);
	EXPECT_TRUE(peer_sees_end(&self->peer));
}

/* And so must the channel, for it was the channel's fault */
static void expect_channel_failure(struct __test_metadata *_metadata,
				   FIXTURE_DATA(wire) * self, __u32 code, const char *text)
{
	struct channel_info channel;

	expect_failure(_metadata, self, code, text);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &channel));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_FAILED, channel.state);
	EXPECT_EQ(0, memcmp(&self->info.error, &channel.error, sizeof(channel.error)));
}

TEST_F(wire, chunk_outside_the_window_is_refused_before_its_payload)
{
	struct wire_frame frame = data(self->payload, CHUNK, WINDOW, WINDOW * CHUNK);

	ASSERT_EQ(0, peer_say(&self->peer, &frame, NULL));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: DATA of device d0, chunk 3: outside the window");
	EXPECT_WHERE(&self->info.error, RECEIVE, 0, 0, 3);
}

TEST_F(wire, chunk_with_the_largest_index_is_refused_before_its_payload)
{
	struct wire_frame frame = data(self->payload, 1, ~0ull, ~0ull);

	ASSERT_EQ(0, peer_say(&self->peer, &frame, NULL));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: DATA of device d0, chunk 18446744073709551615: outside the window");
	EXPECT_WHERE(&self->info.error, RECEIVE, 0, 0, -1ll);
}

TEST_F(wire, chunk_with_a_wrong_checksum_is_refused)
{
	struct wire_frame frame = data(self->payload, CHUNK, 1, CHUNK);

	self->payload[CHUNK - 1] ^= 0x80;
	ASSERT_EQ(0, peer_say(&self->peer, &frame, self->payload));
	expect_channel_failure(_metadata, self, EBADMSG,
			       "channel 0: DATA of device d0, chunk 1: checksum is wrong");
	EXPECT_WHERE(&self->info.error, RECEIVE, 0, 0, 1);
}

TEST_F(wire, header_with_a_wrong_checksum_is_refused)
{
	struct wire_frame frame = { .type = WIRE_END };
	__u8 head[WIRE_FRAME_SIZE];

	wire_put_frame(head, &frame);
	head[31] ^= 1;
	ASSERT_EQ(0, peer_send(&self->peer, head, sizeof(head)));
	expect_channel_failure(_metadata, self, EBADMSG,
			       "channel 0: END frame, type 4, device 0, length 0: header checksum is wrong");
	EXPECT_WHERE(&self->info.error, RECEIVE, NOWHERE, 0, NOWHERE);
}

TEST_F(wire, chunk_that_conflicts_with_another_of_its_index_is_refused)
{
	ASSERT_EQ(0, say_data(&self->peer, self->payload, CHUNK, 1, CHUNK));
	self->payload[0] ^= 1;
	ASSERT_EQ(0, say_data(&self->peer, self->payload, CHUNK, 1, CHUNK));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: DATA of device d0, chunk 1: conflicts with one that is there already");
}

TEST_F(wire, chunk_after_the_end_is_refused)
{
	ASSERT_EQ(0, say_end(&self->peer, 1, CHUNK, 0));
	ASSERT_EQ(0, say_data(&self->peer, self->payload, CHUNK, 1, CHUNK));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: DATA of device d0, chunk 1: after the end of the stream");
}

TEST_F(wire, end_that_conflicts_with_another_is_refused)
{
	ASSERT_EQ(0, say_end(&self->peer, 2, CHUNK + 1, 7));
	ASSERT_EQ(0, say_end(&self->peer, 2, CHUNK + 1, 7));
	ASSERT_EQ(0, say_end(&self->peer, 2, CHUNK + 2, 7));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: END of device d0, chunk 2: conflicts with an earlier one");
	EXPECT_WHERE(&self->info.error, RECEIVE, 0, 0, 2);
}

TEST_F(wire, end_before_what_has_arrived_is_refused)
{
	ASSERT_EQ(0, say_data(&self->peer, self->payload, CHUNK, 2, 2 * CHUNK));
	ASSERT_EQ(0, say_end(&self->peer, 2, 2 * CHUNK, 0));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: END of device d0, chunk 2: counts less chunks than have arrived");
}

TEST_F(wire, end_beyond_the_window_is_refused)
{
	ASSERT_EQ(0, say_end(&self->peer, WINDOW + 1, (WINDOW + 1) * CHUNK, 0));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: END of device d0, chunk 4: counts more chunks than the window admits");
}

TEST_F(wire, bye_before_all_is_loaded_is_refused)
{
	struct wire_frame bye = { .type = WIRE_BYE };

	ASSERT_EQ(0, say_data(&self->peer, self->payload, CHUNK, 0, 0));
	ASSERT_EQ(0, peer_say(&self->peer, &bye, NULL));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: BYE before everything was loaded");
}

/* The peer has gone: only this host can be asked */
static void expect_gone(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(&self->info.error, ECONNRESET,
			   "channel 0: closed by the other host without BYE");
	EXPECT_WHERE(&self->info.error, RECEIVE, NOWHERE, 0, NOWHERE);
}

TEST_F(wire, silence_between_frames_is_not_an_end)
{
	ASSERT_EQ(0, say_data(&self->peer, self->payload, CHUNK, 0, 0));
	peer_close(&self->peer);
	expect_gone(_metadata, self);
}

TEST_F(wire, silence_in_a_header_is_not_an_end)
{
	ASSERT_EQ(0, peer_send(&self->peer, self->payload, WIRE_FRAME_SIZE - 1));
	peer_close(&self->peer);
	expect_gone(_metadata, self);
}

TEST_F(wire, silence_in_a_payload_is_not_an_end)
{
	struct wire_frame frame = data(self->payload, CHUNK, 0, 0);

	ASSERT_EQ(0, peer_say(&self->peer, &frame, NULL));
	ASSERT_EQ(0, peer_send(&self->peer, self->payload, CHUNK - 1));
	peer_close(&self->peer);
	expect_gone(_metadata, self);
}

static void expect_abort(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self,
			 __u32 state, __u32 code, const char *text)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_EQ(state, self->info.state);
	EXPECT_EQ(VFIO_MIG_MUX_ERROR_ORIGIN_PEER, self->info.error.origin);
	EXPECT_EQ(code, self->info.error.code);
	EXPECT_STREQ(text, self->info.error.text);
	EXPECT_TRUE(peer_sees_end(&self->peer));
}

TEST_F(wire, abort_shows_its_words_made_harmless)
{
	struct wire_abort abort = { .code = EIO, .direction = RECEIVE,
				    .text = "fell\033]0;down\a\n\x80" };

	ASSERT_EQ(0, peer_say_abort(&self->peer, 0, &abort));
	expect_abort(_metadata, self, FAILED, EIO, "fell?]0;down???");
	EXPECT_WHERE(&self->info.error, RECEIVE, NOWHERE, NOWHERE, NOWHERE);
}

TEST_F(wire, abort_shows_where_it_struck)
{
	struct wire_abort abort = {
		.code = ENOSPC, .direction = WRITE, .present = 7, .device = 0, .channel = 63,
		.chunk = 0x123456789abcull, .text = "full",
	};

	ASSERT_EQ(0, peer_say_abort(&self->peer, 0, &abort));
	expect_abort(_metadata, self, FAILED, ENOSPC, "full");
	EXPECT_WHERE(&self->info.error, WRITE, 0, 63, 0x123456789abcll);
}

TEST_F(wire, abort_by_an_owner_is_no_failure)
{
	struct wire_abort abort = { .code = ECANCELED, .text = "enough" };

	ASSERT_EQ(0, peer_say_abort(&self->peer, WIRE_ABORT_BY_OWNER, &abort));
	expect_abort(_metadata, self, VFIO_MIG_MUX_SESSION_STATE_ABORTED, ECANCELED, "enough");
}

TEST_F(wire, abort_without_a_proper_error_number_is_a_protocol_error)
{
	struct wire_abort abort = { .code = 0, .direction = 200, .text = "" };

	ASSERT_EQ(0, peer_say_abort(&self->peer, 0, &abort));
	expect_abort(_metadata, self, FAILED, EPROTO, "");
	EXPECT_WHERE(&self->info.error, VFIO_MIG_MUX_DIRECTION_NONE, NOWHERE, NOWHERE, NOWHERE);
}

TEST_F(wire, abort_with_the_longest_text_is_shown_whole)
{
	struct wire_abort abort = { .code = EIO };

	memset(abort.text, 't', VFIO_MIG_MUX_TEXT_MAX);
	ASSERT_EQ(0, peer_say_abort(&self->peer, 0, &abort));
	expect_abort(_metadata, self, FAILED, EIO, abort.text);
}

/* Says a whole ABORT with something wrong in its payload */
static int say_bad_abort(struct peer *peer, __u8 *payload, __u32 length, __u32 crc_error)
{
	struct wire_frame frame = { .type = WIRE_ABORT, .length = length };

	frame.crc = crc_of(payload, length) ^ crc_error;
	return peer_say(peer, &frame, payload);
}

TEST_F(wire, abort_with_a_wrong_checksum_is_refused)
{
	struct wire_abort abort = { .code = EIO, .text = "what" };
	__u8 payload[WIRE_ABORT_MAX];
	size_t length = wire_put_abort(payload, &abort);

	ASSERT_EQ(0, say_bad_abort(&self->peer, payload, length, 1));
	/* It is not the header's that is wrong. */
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: ABORT frame: checksum is wrong");
}

TEST_F(wire, abort_longer_than_its_text_is_refused)
{
	struct wire_abort abort = { .code = EIO, .text = "what" };
	__u8 payload[WIRE_ABORT_MAX];
	size_t length = wire_put_abort(payload, &abort);

	ASSERT_EQ(0, say_bad_abort(&self->peer, payload, length - 1, 0));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: ABORT frame: length is out of bounds");
}

TEST_F(wire, abort_with_a_reserved_bit_is_refused)
{
	struct wire_abort abort = { .code = EIO, .present = 8, .text = "what" };
	__u8 payload[WIRE_ABORT_MAX];
	size_t length = wire_put_abort(payload, &abort);

	ASSERT_EQ(0, say_bad_abort(&self->peer, payload, length, 0));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: ABORT frame: reserved flag is set");
}

TEST_F(wire, abort_with_a_reserved_field_is_refused)
{
	struct wire_abort abort = { .code = EIO, .reserved = 1, .text = "what" };
	__u8 payload[WIRE_ABORT_MAX];
	size_t length = wire_put_abort(payload, &abort);

	ASSERT_EQ(0, say_bad_abort(&self->peer, payload, length, 0));
	expect_channel_failure(_metadata, self, EPROTO,
			       "channel 0: ABORT frame: reserved field is not zero");
}

/* Opens a device to load, and reads the state of another as a source would */
static void load_for_real(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self)
{
	ASSERT_EQ(STATE_BYTES, sim_twin(902, STATE, self->state, sizeof(self->state)));
	ASSERT_EQ(0, sim_open(&self->loading, 903, ""));
	ASSERT_EQ(0, sim_load(&self->loading));
	ASSERT_EQ(0, host_attach(&self->host, 0, self->loading.data_fd, false));
}

/* Says both chunks of the state; returns their digest */
static __u32 say_state(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self)
{
	const __u8 *rest = self->state + CHUNK;

	/* The second one first */
	EXPECT_EQ(0, say_data(&self->peer, rest, STATE_BYTES - CHUNK, 1, CHUNK));
	EXPECT_EQ(0, say_data(&self->peer, self->state, CHUNK, 0, 0));
	return wire_digest(wire_digest(0, crc_of(self->state, CHUNK)),
			   crc_of(rest, STATE_BYTES - CHUNK));
}

/* Waits for an ACK that covers so many chunks */
static void take_ack(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self,
		     __u64 index, __u64 offset, __u8 flags)
{
	struct wire_frame ack;

	do {
		ASSERT_EQ(0, peer_take_type(&self->peer, WIRE_ACK, &ack));
	} while (ack.index < index || ack.flags != flags);
	EXPECT_EQ(index, ack.index);
	EXPECT_EQ(offset, ack.offset);
	EXPECT_EQ(0, ack.device + ack.length + ack.crc);
}

static void end_well(struct __test_metadata *_metadata, FIXTURE_DATA(wire) * self,
		     __u32 digest)
{
	struct wire_frame frame = { .type = WIRE_BYE };

	ASSERT_EQ(0, say_end(&self->peer, 2, STATE_BYTES, digest));
	take_ack(_metadata, self, 2, STATE_BYTES, WIRE_ACK_COMPLETE);
	ASSERT_EQ(0, peer_say(&self->peer, &frame, NULL));
	ASSERT_EQ(0, peer_take_type(&self->peer, WIRE_BYE, &frame));
	EXPECT_TRUE(peer_sees_end(&self->peer));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_COMPLETED, self->info.state);
	EXPECT_EQ(0, sim_stop(&self->loading));
	EXPECT_STREQ("identical", sim_read(&self->loading, "verified"));
}

TEST_F(wire, of_an_honest_source_migrates_a_device)
{
	load_for_real(_metadata, self);
	end_well(_metadata, self, say_state(_metadata, self));
}

/* A slow channel may still carry what has been reused since: see D5 */
TEST_F(wire, late_copy_of_a_loaded_chunk_is_ignored_right_or_wrong)
{
	struct wire_frame late = data(self->payload, CHUNK, 0, 0);
	__u32 digest;

	load_for_real(_metadata, self);
	digest = say_state(_metadata, self);
	take_ack(_metadata, self, 2, STATE_BYTES, 0);
	ASSERT_EQ(0, peer_say(&self->peer, &late, self->payload));
	late.crc ^= 1;
	ASSERT_EQ(0, peer_say(&self->peer, &late, self->payload));
	late.length = 5;
	ASSERT_EQ(0, peer_say(&self->peer, &late, self->payload));
	end_well(_metadata, self, digest);
}

TEST_F(wire, second_copy_of_a_waiting_chunk_is_ignored)
{
	load_for_real(_metadata, self);
	ASSERT_EQ(0, say_data(&self->peer, self->state + CHUNK, STATE_BYTES - CHUNK, 1, CHUNK));
	end_well(_metadata, self, say_state(_metadata, self));
}

TEST_F(wire, wrong_digest_is_refused)
{
	__u32 digest;

	load_for_real(_metadata, self);
	digest = say_state(_metadata, self);
	ASSERT_EQ(0, say_end(&self->peer, 2, STATE_BYTES, digest ^ 1));
	expect_failure(_metadata, self, EBADMSG,
		       words("device d0: digest is %u, the source says %u", digest, digest ^ 1));
	EXPECT_WHERE(&self->info.error, WRITE, 0, NOWHERE, NOWHERE);
}

TEST_F(wire, wrong_byte_count_is_refused)
{
	load_for_real(_metadata, self);
	ASSERT_EQ(0, say_end(&self->peer, 2, STATE_BYTES + 1, say_state(_metadata, self)));
	expect_failure(_metadata, self, EBADMSG,
		       "device d0: byte count is 100000, the source says 100001");
	EXPECT_WHERE(&self->info.error, WRITE, 0, NOWHERE, NOWHERE);
}

TEST_F(wire, wrong_offset_of_a_chunk_is_refused)
{
	load_for_real(_metadata, self);
	ASSERT_EQ(0, say_data(&self->peer, self->state, CHUNK, 0, 5));
	expect_failure(_metadata, self, EBADMSG,
		       "device d0: offset of chunk 0 is 0, the source says 5");
	EXPECT_WHERE(&self->info.error, WRITE, 0, NOWHERE, 0);
}

/* Nothing of what is wrong may reach the device */
TEST_F(wire, wrong_chunk_never_reaches_the_device)
{
	struct wire_frame frame = data(self->payload, CHUNK, 0, 0);

	load_for_real(_metadata, self);
	self->payload[9] ^= 1;
	ASSERT_EQ(0, peer_say(&self->peer, &frame, self->payload));
	expect_channel_failure(_metadata, self, EBADMSG,
			       "channel 0: DATA of device d0, chunk 0: checksum is wrong");
	EXPECT_STREQ("0", sim_read(&self->loading, "stream_bytes"));
}

TEST_HARNESS_MAIN
