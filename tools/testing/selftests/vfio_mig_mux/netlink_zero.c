// SPDX-License-Identifier: GPL-2.0
/*
 * Chunks that are all zero go without their bytes, arrive with them, and are
 * no way around any check.
 */
#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED
#define SOURCE		VFIO_MIG_MUX_ROLE_SOURCE
#define DESTINATION	VFIO_MIG_MUX_ROLE_DESTINATION

#define FEATURES	(VFIO_MIG_MUX_FEATURE_CHECKSUM | VFIO_MIG_MUX_FEATURE_ZERO)
#define FRAME_HEAD	32

static const __u8 zeroes[CHUNK];

/* A destination, and a source played by the test */
FIXTURE(zero)
{
	struct mux mux;
	struct peer peer;
	struct host host;
	struct sim loading;
	struct session_info info;
	struct device_info device;
	struct channel_info channel;
	__u8 state[2 * CHUNK];
};

/* Of six slots one is the channel's, one is all zero, the others the device's */
#define SLOTS	6
#define WINDOW	4

static void go_live(struct __test_metadata *_metadata, FIXTURE_DATA(zero) * self,
		    bool checksum, bool zero)
{
	struct host_params params = {
		.role = DESTINATION,
		.uuid = self->peer.uuid,
		.no_checksum = !checksum,
		.zero = zero,
		.devices = 1,
		.slots = SLOTS,
		.no_resume = true,
	};
	struct wire_hello_ack ack;
	struct wire_hello hello;

	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	hello_make(&hello, 0, 1, 1);
	hello.features = checksum | zero << 1;
	ASSERT_EQ(0, peer_open(&self->peer, &self->host, -1));
	ASSERT_EQ(0, peer_say_hello(&self->peer, &hello));
	ASSERT_EQ(0, peer_take_hello_ack(&self->peer, &ack));
	ASSERT_EQ(hello.features, ack.features);
	ASSERT_EQ(SLOTS - 1 - zero, ack.window[0]);
}

FIXTURE_SETUP(zero)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->peer.uuid);
	self->peer.sock = -1;
}

FIXTURE_TEARDOWN(zero)
{
	peer_close(&self->peer);
	host_close(&self->host);
	sim_close(&self->loading);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static struct wire_frame frame_of(__u8 type, const void *bytes, __u32 length, __u64 index)
{
	return (struct wire_frame){
		.type = type,
		.length = length,
		.index = index,
		.offset = index * CHUNK,
		.crc = crc_of(bytes, length),
	};
}

static int say_zero(struct peer *peer, __u32 length, __u64 index)
{
	struct wire_frame frame = frame_of(WIRE_ZERO, zeroes, length, index);

	return peer_say(peer, &frame, NULL);
}

static int say_data(struct peer *peer, const void *bytes, __u32 length, __u64 index)
{
	struct wire_frame frame = frame_of(WIRE_DATA, bytes, length, index);

	return peer_say(peer, &frame, bytes);
}

/* The session must have failed with this error, and the peer be told so */
static void expect_failure(struct __test_metadata *_metadata, FIXTURE_DATA(zero) * self,
			   const char *text)
{
	struct wire_abort abort;
	struct wire_frame frame;

	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, COMPLETED, &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(&self->info.error, EPROTO, text);
	ASSERT_EQ(0, peer_take_abort(&self->peer, &frame, &abort));
	EXPECT_EQ(EPROTO, abort.code);
	EXPECT_STREQ(self->info.error.text, abort.text);
	EXPECT_TRUE(peer_sees_end(&self->peer));
}

/* Reads the state of a device whose second chunk is all zero, and attaches
 * another that expects it
 */
static void load_for_real(struct __test_metadata *_metadata, FIXTURE_DATA(zero) * self)
{
	const char *knobs = "state_size=131088 seed=5 zero_percent=100 zero_run=65536";
	__u8 stream[2 * CHUNK + 16 + 1];
	const __u8 *rest = stream + 2 * CHUNK;

	ASSERT_EQ(2 * CHUNK + 16, sim_twin(902, knobs, stream, sizeof(stream)));
	memcpy(self->state, stream, sizeof(self->state));
	ASSERT_EQ(0, memcmp(zeroes, self->state + CHUNK, CHUNK));
	ASSERT_EQ(0, sim_open(&self->loading, 903, ""));
	ASSERT_EQ(0, sim_load(&self->loading));
	ASSERT_EQ(0, host_attach(&self->host, 0, self->loading.data_fd, false));
	/* The end marker is a chunk of its own. */
	ASSERT_EQ(0, say_data(&self->peer, rest, 16, 2));
	memcpy(self->state + CHUNK, rest, 16);
}

static void end_well(struct __test_metadata *_metadata, FIXTURE_DATA(zero) * self,
		     bool checksum)
{
	struct wire_frame frame = { .type = WIRE_END, .index = 3, .offset = 2 * CHUNK + 16 };

	if (checksum) {
		frame.crc = wire_digest(0, crc_of(self->state, CHUNK));
		frame.crc = wire_digest(frame.crc, crc_of(zeroes, CHUNK));
		frame.crc = wire_digest(frame.crc, crc_of(self->state + CHUNK, 16));
	}
	ASSERT_EQ(0, peer_say(&self->peer, &frame, NULL));
	do {
		ASSERT_EQ(0, peer_take_type(&self->peer, WIRE_ACK, &frame));
	} while (frame.flags != WIRE_ACK_COMPLETE);
	frame = (struct wire_frame){ .type = WIRE_BYE };
	ASSERT_EQ(0, peer_say(&self->peer, &frame, NULL));
	ASSERT_EQ(0, peer_take_type(&self->peer, WIRE_BYE, &frame));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(COMPLETED, self->info.state);
	EXPECT_EQ(0, sim_stop(&self->loading));
	EXPECT_STREQ("identical", sim_read(&self->loading, "verified"));
	ASSERT_EQ(0, device_get(&self->mux, self->host.id, 0, &self->device));
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &self->channel));
}

TEST_F(zero, without_its_bytes_is_loaded_with_them)
{
	go_live(_metadata, self, true, true);
	load_for_real(_metadata, self);
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 1));
	ASSERT_EQ(0, say_data(&self->peer, self->state, CHUNK, 0));
	end_well(_metadata, self, true);
	EXPECT_EQ(1, self->device.zero_chunks);
	EXPECT_EQ(3, self->device.chunks_moved);
	EXPECT_EQ(2 * CHUNK + 16, self->device.bytes);
	EXPECT_EQ(1, self->channel.zero_chunks);
	EXPECT_EQ(3, self->channel.chunks);
	/* Headers of three chunks, END and BYE, two payloads, and HELLO */
	EXPECT_GT(CHUNK + 4096, self->channel.bytes_received);
	/* The spare and the zeroes */
	EXPECT_EQ(SLOTS - 2, self->info.slots_free);
}

TEST_F(zero, with_its_bytes_has_the_same_digest)
{
	go_live(_metadata, self, true, true);
	load_for_real(_metadata, self);
	ASSERT_EQ(0, say_data(&self->peer, zeroes, CHUNK, 1));
	ASSERT_EQ(0, say_data(&self->peer, self->state, CHUNK, 0));
	end_well(_metadata, self, true);
	EXPECT_EQ(0, self->device.zero_chunks);
	EXPECT_EQ(0, self->channel.zero_chunks);
}

TEST_F(zero, conflicts_with_the_same_as_bytes_without_checksums)
{
	struct wire_frame frame;

	go_live(_metadata, self, false, true);
	frame = frame_of(WIRE_ZERO, zeroes, CHUNK, 0);
	frame.crc = 0;
	ASSERT_EQ(0, peer_say(&self->peer, &frame, NULL));
	ASSERT_EQ(0, chunks_wait(&self->mux, self->host.id, 0, 1, &self->device));
	EXPECT_EQ(1, self->device.zero_chunks);
	EXPECT_EQ(CHUNK, self->device.bytes_moved);
	/* And nothing tells that the same as bytes would be the same. */
	frame.type = WIRE_DATA;
	ASSERT_EQ(0, peer_say(&self->peer, &frame, zeroes));
	expect_failure(_metadata, self,
		       "channel 0: DATA of device d0, chunk 0: conflicts with one that is there already");
}

TEST_F(zero, comes_as_often_as_the_source_likes)
{
	go_live(_metadata, self, true, true);
	load_for_real(_metadata, self);
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 1));
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 1));
	ASSERT_EQ(0, say_data(&self->peer, zeroes, CHUNK, 1));
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 1));
	ASSERT_EQ(0, say_data(&self->peer, self->state, CHUNK, 0));
	end_well(_metadata, self, true);
	EXPECT_EQ(1, self->device.zero_chunks);
	EXPECT_EQ(3, self->channel.duplicates);
	EXPECT_EQ(SLOTS - 2, self->info.slots_free);
}

TEST_F(zero, after_it_was_loaded_is_late_and_ignored)
{
	struct wire_frame ack;

	go_live(_metadata, self, true, true);
	load_for_real(_metadata, self);
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 1));
	ASSERT_EQ(0, say_data(&self->peer, self->state, CHUNK, 0));
	do {
		ASSERT_EQ(0, peer_take_type(&self->peer, WIRE_ACK, &ack));
	} while (ack.index < 3);
	ASSERT_EQ(0, say_zero(&self->peer, 77, 1));
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 0));
	end_well(_metadata, self, true);
	EXPECT_EQ(2, self->channel.duplicates);
}

TEST_F(zero, fills_a_window_without_taking_slots)
{
	int i;

	go_live(_metadata, self, true, true);
	for (i = 0; i < WINDOW; i++)
		ASSERT_EQ(0, say_zero(&self->peer, CHUNK, i));
	ASSERT_EQ(0, chunks_wait(&self->mux, self->host.id, 0, WINDOW, &self->device));
	EXPECT_EQ(WINDOW, self->device.chunks_held_max);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(SLOTS - 2, self->info.slots_free);
	EXPECT_EQ(2, self->info.slots_used_max);
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, WINDOW));
	expect_failure(_metadata, self,
		       "channel 0: ZERO of device d0, chunk 4: outside the window");
}

TEST_F(zero, with_the_largest_index_is_refused)
{
	go_live(_metadata, self, true, true);
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, ~0ull));
	expect_failure(_metadata, self,
		       "channel 0: ZERO of device d0, chunk 18446744073709551615: outside the window");
}

TEST_F(zero, after_the_end_is_refused)
{
	struct wire_frame end = { .type = WIRE_END, .index = 1, .offset = CHUNK };

	go_live(_metadata, self, true, true);
	ASSERT_EQ(0, peer_say(&self->peer, &end, NULL));
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 1));
	expect_failure(_metadata, self,
		       "channel 0: ZERO of device d0, chunk 1: after the end of the stream");
}

TEST_F(zero, that_conflicts_with_bytes_is_refused)
{
	memset(self->state, 0x5a, CHUNK);
	go_live(_metadata, self, true, true);
	ASSERT_EQ(0, say_data(&self->peer, self->state, CHUNK, 1));
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 1));
	expect_failure(_metadata, self,
		       "channel 0: ZERO of device d0, chunk 1: conflicts with one that is there already");
}

TEST_F(zero, that_conflicts_with_bytes_is_refused_without_checksums)
{
	struct wire_frame frame = { .type = WIRE_DATA, .length = CHUNK, .index = 1,
				    .offset = CHUNK };

	go_live(_metadata, self, false, true);
	ASSERT_EQ(0, peer_say(&self->peer, &frame, zeroes));
	frame.type = WIRE_ZERO;
	ASSERT_EQ(0, peer_say(&self->peer, &frame, NULL));
	expect_failure(_metadata, self,
		       "channel 0: ZERO of device d0, chunk 1: conflicts with one that is there already");
}

TEST_F(zero, of_another_length_conflicts)
{
	go_live(_metadata, self, true, true);
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK, 1));
	ASSERT_EQ(0, say_zero(&self->peer, CHUNK - 1, 1));
	expect_failure(_metadata, self,
		       "channel 0: ZERO of device d0, chunk 1: conflicts with one that is there already");
}

/* What a header alone can get wrong */
static void expect_refused_frame(struct __test_metadata *_metadata, FIXTURE_DATA(zero) * self,
				 const struct wire_frame *frame, const char *why)
{
	ASSERT_EQ(0, peer_say(&self->peer, frame, NULL));
	expect_failure(_metadata, self,
		       words("channel 0: ZERO frame, type 2, device %u, length %u: %s",
			     frame->device, frame->length, why));
	ASSERT_EQ(0, device_get(&self->mux, self->host.id, 0, &self->device));
	EXPECT_EQ(0, self->device.chunks_moved);
}

TEST_F(zero, that_one_host_only_knows_is_refused)
{
	struct host_params params = {
		.role = DESTINATION,
		.uuid = self->peer.uuid,
		.devices = 1,
		.slots = SLOTS,
	};
	struct wire_refuse refuse;
	struct wire_hello hello;

	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	hello_make(&hello, 0, 1, 1);
	hello.features = FEATURES;
	ASSERT_EQ(0, peer_open(&self->peer, &self->host, -1));
	ASSERT_EQ(0, peer_say_hello(&self->peer, &hello));
	ASSERT_EQ(0, peer_take_refuse(&self->peer, &refuse));
	EXPECT_EQ(EOPNOTSUPP, refuse.code);
}

TEST_F(zero, that_was_not_agreed_on_is_refused)
{
	struct wire_frame frame = frame_of(WIRE_ZERO, zeroes, CHUNK, 0);

	go_live(_metadata, self, true, false);
	expect_refused_frame(_metadata, self, &frame, "type was not negotiated");
}

TEST_F(zero, with_a_wrong_checksum_is_refused)
{
	struct wire_frame frame = frame_of(WIRE_ZERO, zeroes, CHUNK, 0);

	go_live(_metadata, self, true, true);
	frame.crc ^= 1;
	expect_refused_frame(_metadata, self, &frame, "checksum is not that of zeroes");
}

TEST_F(zero, with_the_checksum_of_another_length_is_refused)
{
	struct wire_frame frame = frame_of(WIRE_ZERO, zeroes, CHUNK, 0);

	go_live(_metadata, self, true, true);
	frame.length--;
	expect_refused_frame(_metadata, self, &frame, "checksum is not that of zeroes");
}

TEST_F(zero, with_a_checksum_where_there_are_none_is_refused)
{
	struct wire_frame frame = frame_of(WIRE_ZERO, zeroes, CHUNK, 0);

	go_live(_metadata, self, false, true);
	expect_refused_frame(_metadata, self, &frame, "reserved field is not zero");
}

TEST_F(zero, longer_than_a_chunk_is_refused)
{
	struct wire_frame frame = { .type = WIRE_ZERO, .length = CHUNK + 1 };

	go_live(_metadata, self, true, true);
	expect_refused_frame(_metadata, self, &frame, "length is out of bounds");
}

TEST_F(zero, of_4_gib_is_refused)
{
	struct wire_frame frame = { .type = WIRE_ZERO, .length = 0xffffffff };

	go_live(_metadata, self, true, true);
	expect_refused_frame(_metadata, self, &frame, "length is out of bounds");
}

TEST_F(zero, of_no_bytes_is_refused)
{
	struct wire_frame frame = { .type = WIRE_ZERO, .crc = 0xffffffff };

	go_live(_metadata, self, true, true);
	expect_refused_frame(_metadata, self, &frame, "length is out of bounds");
}

TEST_F(zero, with_a_flag_is_refused)
{
	struct wire_frame frame = frame_of(WIRE_ZERO, zeroes, CHUNK, 0);

	go_live(_metadata, self, true, true);
	frame.flags = 0x80;
	expect_refused_frame(_metadata, self, &frame, "reserved flag is set");
}

TEST_F(zero, of_no_device_is_refused)
{
	struct wire_frame frame = frame_of(WIRE_ZERO, zeroes, CHUNK, 0);

	go_live(_metadata, self, true, true);
	frame.device = 1;
	expect_refused_frame(_metadata, self, &frame, "no such device");
}

TEST_F(zero, needs_a_slot_of_the_destination)
{
	struct host_params params = {
		.role = DESTINATION,
		.uuid = self->peer.uuid,
		.zero = true,
		.devices = 1,
		.slots = 2,
	};

	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	EXPECT_REFUSED(&self->mux, peer_open(&self->peer, &self->host, -1), ENOSPC,
		       "umem has 2 slots, at least 3 are needed");
	peer_close(&self->peer);
	host_close(&self->host);
	params.slots = 3;
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	EXPECT_EQ(0, peer_open(&self->peer, &self->host, -1));
}

/* Both sides are the module's, and what goes over the wire is counted */
FIXTURE(share)
{
	struct mux mux;
	const char *knobs;
	struct migration migration;
	struct session_info at_source;
	struct session_info at_destination;
};

FIXTURE_VARIANT(share)
{
	unsigned int percent;
	bool zero;
	bool no_checksum;
	__u32 slots;
	__u64 bytes;
};

#define CHUNKS	100

FIXTURE_VARIANT_ADD(share, none) {
	.percent = 0, .zero = true, .slots = 8, .bytes = CHUNKS * CHUNK,
};

FIXTURE_VARIANT_ADD(share, a_fifth) {
	.percent = 20, .zero = true, .slots = 8, .bytes = CHUNKS * CHUNK,
};

FIXTURE_VARIANT_ADD(share, a_fifth_without_checksums) {
	.percent = 20, .zero = true, .no_checksum = true, .slots = 8, .bytes = CHUNKS * CHUNK,
};

FIXTURE_VARIANT_ADD(share, a_fifth_without_the_feature) {
	.percent = 20, .slots = 8, .bytes = CHUNKS * CHUNK,
};

FIXTURE_VARIANT_ADD(share, half_out_of_few_slots) {
	.percent = 50, .zero = true, .slots = 4, .bytes = CHUNKS * CHUNK,
};

FIXTURE_VARIANT_ADD(share, all_and_a_bit) {
	.percent = 100, .zero = true, .slots = 8, .bytes = CHUNKS * CHUNK + 5000,
};

FIXTURE_SETUP(share)
{
	struct host_params params = {
		.channels = 2,
		.no_checksum = variant->no_checksum,
		.zero = variant->zero,
		.devices = 1,
		.slots = variant->slots,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	self->knobs = words("state_size=%llu seed=61 zero_percent=%u zero_run=65536",
			    (unsigned long long)variant->bytes, variant->percent);
	ASSERT_EQ(0, migration_make(&self->migration, &self->mux, &params, self->knobs, ""));
}

FIXTURE_TEARDOWN(share)
{
	migration_close(&self->migration);
	mux_close(&self->mux);
}

/* Counts the chunks that are all zero, and the bytes that are in them */
static void count(struct __test_metadata *_metadata, const char *knobs, __u64 *chunks,
		  __u64 *bytes)
{
	static __u8 chunk[CHUNK];
	struct sim twin;
	ssize_t length;

	*chunks = 0;
	*bytes = 0;
	ASSERT_EQ(0, sim_open(&twin, 904, knobs));
	ASSERT_EQ(0, sim_save(&twin));
	while ((length = sim_stream(&twin, chunk, CHUNK)) > 0) {
		if (!memcmp(chunk, zeroes, length)) {
			(*chunks)++;
			*bytes += length;
		}
	}
	ASSERT_EQ(0, length);
	sim_close(&twin);
}

TEST_F(share, of_zeroes_is_not_sent)
{
	const struct pair *pair = &self->migration.pair;
	struct device_info read, loaded;
	struct channel_info channel;
	__u64 chunks, bytes, sent = 0, zero_sent = 0, zero_received = 0, all;
	int i;

	count(_metadata, self->knobs, &chunks, &bytes);
	EXPECT_LE(variant->percent * CHUNKS / 100 * 3 / 4, chunks);
	if (!variant->zero) {
		chunks = 0;
		bytes = 0;
	}
	/* Each has its spare slot from then on. */
	ASSERT_EQ(0, migration_go_live(&self->migration, 2));
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));

	ASSERT_EQ(0, device_get(&self->mux, pair->source.id, 0, &read));
	ASSERT_EQ(0, device_get(&self->mux, pair->destination.id, 0, &loaded));
	EXPECT_EQ(chunks, read.zero_chunks);
	EXPECT_EQ(chunks, loaded.zero_chunks);
	EXPECT_EQ(variant->bytes, read.bytes);
	EXPECT_EQ(variant->bytes, loaded.bytes);
	all = (variant->bytes + CHUNK - 1) / CHUNK;
	EXPECT_EQ(all, read.chunks_moved);
	EXPECT_EQ(all, loaded.chunks_moved);
	/* ACKs may be faster than who has sent the chunk, and lets its slot go. */
	EXPECT_TRUE(eventually(!session_get(&self->mux, pair->source.id, &self->at_source) &&
			       self->at_source.slots_free == variant->slots));
	EXPECT_EQ(variant->slots - 2 - variant->zero, self->at_destination.slots_free);

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, channel_wait(&self->mux, pair->source.id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &channel));
		sent += channel.bytes_sent;
		zero_sent += channel.zero_chunks;
		ASSERT_EQ(0, channel_wait(&self->mux, pair->destination.id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &channel));
		zero_received += channel.zero_chunks;
	}
	EXPECT_EQ(chunks, zero_received);
	/* A slow machine may look like a slow channel. */
	if (self->at_source.hedged)
		return;
	EXPECT_EQ(chunks, zero_sent);
	EXPECT_EQ(variant->bytes - bytes + FRAME_HEAD * (all + 1 + 2), sent);
}

/* A source whose first channel fails with chunks of zeroes on it */
FIXTURE(again)
{
	struct mux mux;
	struct peer peers[2];
	struct host host;
	struct sim saving;
	struct session_info info;
	struct device_info device;
	struct wire_frame frame;
	__u8 payload[CHUNK];
};

#define AGAIN_CHUNKS	8

FIXTURE_SETUP(again)
{
	struct host_params params = {
		.uuid = self->peers[0].uuid,
		.channels = 2,
		.zero = true,
		.devices = 1,
		.slots = 2,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&self->saving, 902,
			      "state_size=524288 seed=3 zero_percent=100 zero_run=65536"));
	ASSERT_EQ(0, sim_save(&self->saving));
	peers_init(self->peers, 2);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(again)
{
	host_close(&self->host);
	peers_close(self->peers, 2);
	sim_close(&self->saving);
	mux_close(&self->mux);
}

static void join(struct __test_metadata *_metadata, FIXTURE_DATA(again) * self, int channel)
{
	struct wire_hello_ack ack;

	hello_ack_make(&ack, 1, AGAIN_CHUNKS);
	ack.features = FEATURES;
	ASSERT_EQ(0, peer_join(&self->peers[channel], &self->host, channel, &ack));
}

static void take(struct __test_metadata *_metadata, FIXTURE_DATA(again) * self, int channel)
{
	ASSERT_EQ(0, peer_take_frame(&self->peers[channel], &self->frame, self->payload, CHUNK));
}

static void expect_chunk(struct __test_metadata *_metadata, FIXTURE_DATA(again) * self)
{
	const struct wire_frame *frame = &self->frame;

	EXPECT_EQ(frame->index * CHUNK, frame->offset);
	EXPECT_EQ(CHUNK, frame->length);
	if (frame->type != WIRE_ZERO) {
		EXPECT_EQ(WIRE_DATA, frame->type);
		return;
	}
	EXPECT_EQ(crc_of(zeroes, CHUNK), frame->crc);
}

TEST_F(again, is_a_chunk_of_zeroes_sent_when_its_channel_has_failed)
{
	int i, zero = 0;

	join(_metadata, self, 0);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	take(_metadata, self, 0);
	EXPECT_EQ(WIRE_DATA, self->frame.type);
	EXPECT_EQ(0, self->frame.index);
	take(_metadata, self, 0);
	EXPECT_EQ(WIRE_ZERO, self->frame.type);
	expect_chunk(_metadata, self);
	join(_metadata, self, 1);
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.channels_live == 2));
	peer_reset(&self->peers[0]);
	for (i = 0; i < AGAIN_CHUNKS; i++) {
		take(_metadata, self, 1);
		expect_chunk(_metadata, self);
		zero += self->frame.type == WIRE_ZERO;
		ASSERT_EQ(0, peer_say_ack(&self->peers[1], self->frame.index + 1, CHUNK, 0));
	}
	take(_metadata, self, 1);
	ASSERT_EQ(WIRE_END, self->frame.type);
	ASSERT_EQ(0, peer_say_ack(&self->peers[1], AGAIN_CHUNKS, CHUNK, WIRE_ACK_COMPLETE));
	ASSERT_EQ(0, peer_take_type(&self->peers[1], WIRE_BYE, &self->frame));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(COMPLETED, self->info.state);
	EXPECT_EQ(2, self->info.slots_free);
	EXPECT_LE(2, self->info.resent);
	ASSERT_EQ(0, device_get(&self->mux, self->host.id, 0, &self->device));
	EXPECT_EQ(zero, self->device.zero_chunks);
	EXPECT_LE(AGAIN_CHUNKS - 2, zero);
}

TEST_F(again, is_a_slot_free_while_zeroes_are_under_way)
{
	int i;

	join(_metadata, self, 0);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       !device_get(&self->mux, self->host.id, 0, &self->device) &&
			       self->device.zero_chunks == 1));
	EXPECT_LE(1, self->info.slots_free);
	for (i = 0; i < 2; i++)
		take(_metadata, self, 0);
	EXPECT_EQ(WIRE_ZERO, self->frame.type);
}

TEST_HARNESS_MAIN
