// SPDX-License-Identifier: GPL-2.0
/*
 * Whole migrations, by netlink alone: every byte arrives, every figure is
 * right, and what is not right does not go unnoticed.
 */
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED
#define CHANNELS	2
#define SLOTS		8

/* Bytes of a frame's header */
#define FRAME_HEAD	32

static int set(struct host *host, int what)
{
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_DEVICE_SET,
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, host->id),
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, 0), attr_flag(what));
}

FIXTURE(size)
{
	struct mux mux;
	struct migration migration;
	struct host *source;
	struct host *destination;
	struct session_info at_source;
	struct session_info at_destination;
	struct device_info read;
	struct device_info loaded;
	__u64 chunks;
};

FIXTURE_VARIANT(size)
{
	__u64 bytes;
};

FIXTURE_VARIANT_ADD(size, nothing) { .bytes = 0 };
FIXTURE_VARIANT_ADD(size, one_byte) { .bytes = 1 };
FIXTURE_VARIANT_ADD(size, a_chunk_less_a_byte) { .bytes = CHUNK - 1 };
FIXTURE_VARIANT_ADD(size, a_chunk) { .bytes = CHUNK };
FIXTURE_VARIANT_ADD(size, a_chunk_and_a_byte) { .bytes = CHUNK + 1 };
FIXTURE_VARIANT_ADD(size, three_chunks_and_a_half) { .bytes = CHUNK / 2 * 7 };
FIXTURE_VARIANT_ADD(size, more_than_all_slots) { .bytes = 100 * CHUNK + 17 };

FIXTURE_SETUP(size)
{
	const char *knobs = words("state_size=%llu seed=11", (unsigned long long)variant->bytes);

	self->chunks = (variant->bytes + CHUNK - 1) / CHUNK;
	ASSERT_EQ(0, mux_open(&self->mux));
	/* Less than 64 bytes do not say themselves what they are. */
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, CHANNELS, SLOTS, knobs,
				    variant->bytes < 64 ? knobs : ""));
	self->source = &self->migration.pair.source;
	self->destination = &self->migration.pair.destination;
}

FIXTURE_TEARDOWN(size)
{
	migration_close(&self->migration);
	mux_close(&self->mux);
}

/* Waits for the end, which must be a good one, and collects the figures */
static void finish(struct __test_metadata *_metadata, FIXTURE_DATA(size) * self)
{
	ASSERT_EQ(0, migration_wait(&self->migration, COMPLETED,
				    &self->at_source, &self->at_destination));
	ASSERT_EQ(COMPLETED, self->at_source.state)
		TH_LOG("%s", self->at_source.error.text);
	ASSERT_EQ(COMPLETED, self->at_destination.state)
		TH_LOG("%s", self->at_destination.error.text);
	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 0, &self->read));
	ASSERT_EQ(0, device_get(&self->mux, self->destination->id, 0, &self->loaded));
}

static void expect_identical(struct __test_metadata *_metadata, struct migration *migration)
{
	char digest[64];

	EXPECT_EQ(0, sim_stop(&migration->loading));
	EXPECT_STREQ("identical", sim_read(&migration->loading, "verified"));
	snprintf(digest, sizeof(digest), "%s", sim_read(&migration->saving, "digest"));
	EXPECT_STREQ(digest, sim_read(&migration->loading, "digest"));
}

TEST_F(size, arrives_byte_for_byte)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	finish(_metadata, self);
	expect_identical(_metadata, &self->migration);
}

TEST_F(size, arrives_when_the_data_fds_are_there_before_the_channels)
{
	ASSERT_EQ(0, host_attach(self->source, 0, self->migration.saving.data_fd, false));
	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, set(self->source, VFIO_MIG_MUX_A_DEVICE_FINAL));
	finish(_metadata, self);
	expect_identical(_metadata, &self->migration);
}

TEST_F(size, is_shown_alike_by_both_hosts)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	finish(_metadata, self);

	EXPECT_EQ(variant->bytes, self->read.bytes);
	EXPECT_EQ(variant->bytes, self->read.bytes_moved);
	EXPECT_EQ(self->chunks, self->read.chunks);
	EXPECT_EQ(self->chunks, self->read.chunks_moved);
	EXPECT_EQ(VFIO_MIG_MUX_DEVICE_STATE_LOADED, self->read.state);
	EXPECT_TRUE(self->read.final);
	EXPECT_EQ(SLOTS - CHANNELS, self->read.window);
	/* At the end of a stream a data_fd is read once more. */
	EXPECT_LT(self->chunks, self->read.io_calls);

	EXPECT_EQ(variant->bytes, self->loaded.bytes);
	EXPECT_EQ(variant->bytes, self->loaded.bytes_moved);
	EXPECT_EQ(self->chunks, self->loaded.chunks);
	EXPECT_EQ(self->chunks, self->loaded.chunks_moved);
	EXPECT_EQ(VFIO_MIG_MUX_DEVICE_STATE_LOADED, self->loaded.state);
	EXPECT_EQ(SLOTS - CHANNELS, self->loaded.window);
	EXPECT_LE(self->chunks, self->loaded.io_calls);
	EXPECT_GE(self->loaded.window, self->loaded.chunks_held_max);
	EXPECT_EQ(!!self->chunks, !!self->loaded.chunks_held_max);
	EXPECT_EQ(!!self->chunks, !!self->loaded.io_ns);

	EXPECT_EQ(variant->bytes, self->at_source.bytes);
	EXPECT_EQ(variant->bytes, self->at_destination.bytes);
	EXPECT_EQ(1, self->at_source.devices_loaded);
	EXPECT_EQ(1, self->at_destination.devices_loaded);
	EXPECT_EQ(VFIO_MIG_MUX_FEATURE_CHECKSUM, self->at_source.features);
	EXPECT_FALSE(HAS(&self->at_source, VFIO_MIG_MUX_A_SESSION_ERROR));
	EXPECT_FALSE(HAS(&self->at_destination, VFIO_MIG_MUX_A_SESSION_ERROR));
}

TEST_F(size, gives_every_slot_back)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	finish(_metadata, self);
	/* ACKs may be faster than who has sent the chunk, and lets its slot go. */
	EXPECT_TRUE(eventually(!session_get(&self->mux, self->source->id, &self->at_source) &&
			       self->at_source.slots_free == SLOTS));
	EXPECT_LE(!!self->chunks, self->at_source.slots_used_max);
	EXPECT_GE(SLOTS, self->at_source.slots_used_max);
	/* A channel of the destination keeps its spare slot as long as it lives. */
	EXPECT_EQ(SLOTS - CHANNELS, self->at_destination.slots_free);
	EXPECT_GE(SLOTS, self->at_destination.slots_used_max);
}

/* A chunk is written after it has been read, all while this test runs. */
TEST_F(size, is_dated_by_the_monotonic_clock)
{
	const struct device_info *read = &self->read, *loaded = &self->loaded;
	__u64 before = now_ns();

	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	finish(_metadata, self);
	EXPECT_EQ(!!self->chunks, HAS(read, VFIO_MIG_MUX_A_DEVICE_FIRST_NS));
	EXPECT_EQ(!!self->chunks, HAS(read, VFIO_MIG_MUX_A_DEVICE_LAST_NS));
	EXPECT_EQ(!!self->chunks, HAS(loaded, VFIO_MIG_MUX_A_DEVICE_FIRST_NS));
	EXPECT_EQ(!!self->chunks, HAS(loaded, VFIO_MIG_MUX_A_DEVICE_LAST_NS));
	if (!self->chunks)
		return;
	EXPECT_LT(before, read->first_ns);
	EXPECT_LT(read->first_ns, loaded->first_ns);
	EXPECT_LT(read->last_ns, loaded->last_ns);
	EXPECT_GT(now_ns(), loaded->last_ns);
	EXPECT_EQ(self->chunks > 1, read->first_ns < read->last_ns);
	EXPECT_EQ(self->chunks > 1, loaded->first_ns < loaded->last_ns);
	/* Nobody reads or writes but from then on. */
	EXPECT_GE(loaded->last_ns - before, loaded->io_ns);
}

/* Whoever has sent a chunk has taken some time over it, and no one else has. */
TEST_F(size, is_sent_in_time_that_is_shown)
{
	struct channel_info sent, received;
	int i;

	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	finish(_metadata, self);
	for (i = 0; i < CHANNELS; i++) {
		ASSERT_EQ(0, channel_wait(&self->mux, self->source->id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &sent));
		ASSERT_EQ(0, channel_wait(&self->mux, self->destination->id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &received));
		EXPECT_TRUE(HAS(&sent, VFIO_MIG_MUX_A_CHANNEL_SEND_NS));
		EXPECT_FALSE(HAS(&received, VFIO_MIG_MUX_A_CHANNEL_SEND_NS));
		EXPECT_EQ(!!sent.chunks, !!sent.send_ns);
	}
}

/* What one end has sent the other has received, frame by frame, chunk by chunk */
TEST_F(size, adds_up_over_the_channels)
{
	struct channel_info sent, received;
	__u64 chunks = 0, bytes = 0;
	int i;

	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	finish(_metadata, self);
	for (i = 0; i < CHANNELS; i++) {
		ASSERT_EQ(0, channel_wait(&self->mux, self->source->id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &sent));
		ASSERT_EQ(0, channel_wait(&self->mux, self->destination->id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &received));
		EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, sent.state);
		EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, received.state);
		EXPECT_EQ(sent.id, received.id);
		EXPECT_EQ(sent.chunks, received.chunks + received.duplicates);
		EXPECT_EQ(sent.bytes_sent, received.bytes_received);
		EXPECT_EQ(received.bytes_sent, sent.bytes_received);
		chunks += sent.chunks;
		bytes += sent.bytes_sent;
	}
	/* A slow machine may look like a slow channel. */
	EXPECT_EQ(self->chunks + self->at_source.hedged, chunks);
	if (self->at_source.hedged)
		return;
	/* A header for each chunk, one END, a BYE for each channel */
	EXPECT_EQ(variant->bytes + FRAME_HEAD * (self->chunks + 1 + CHANNELS), bytes);
}

FIXTURE(migration)
{
	struct mux mux;
	struct migration migration;
	struct host *source;
	struct host *destination;
	struct session_info at_source;
	struct session_info at_destination;
};

/* Four chunks and a bit: less than the window of six */
#define FEW_BYTES	(4 * CHUNK + 100)
#define FEW_CHUNKS	5
#define FEW		"state_size=262244 seed=23"

FIXTURE_SETUP(migration)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, CHANNELS, SLOTS, FEW, ""));
	self->source = &self->migration.pair.source;
	self->destination = &self->migration.pair.destination;
}

FIXTURE_TEARDOWN(migration)
{
	migration_close(&self->migration);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static void expect_end(struct __test_metadata *_metadata, FIXTURE_DATA(migration) * self,
		       __u32 state)
{
	ASSERT_EQ(0, migration_wait(&self->migration, COMPLETED,
				    &self->at_source, &self->at_destination));
	EXPECT_EQ(state, self->at_source.state)
		TH_LOG("%s", self->at_source.error.text);
	EXPECT_EQ(state, self->at_destination.state)
		TH_LOG("%s", self->at_destination.error.text);
}

/* Sends all of the source's device, waits until it is all in the destination's
 * umem, and finds where: the stream begins with "VMSM"
 */
static unsigned char *arrive(struct __test_metadata *_metadata, FIXTURE_DATA(migration) * self)
{
	struct device_info info;
	size_t offset;

	ASSERT_EQ(0, host_attach(self->source, 0, self->migration.saving.data_fd, true));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, chunks_wait(&self->mux, self->destination->id, 0, FEW_CHUNKS, &info));
	EXPECT_EQ(FEW_CHUNKS, info.chunks_moved);
	EXPECT_EQ(FEW_BYTES, info.bytes_moved);
	EXPECT_EQ(FEW_CHUNKS, info.chunks_held_max);
	EXPECT_EQ(0, info.chunks);
	for (offset = 0; offset < self->destination->length; offset += CHUNK) {
		if (!memcmp(self->destination->umem + offset, "VMSM", 4))
			return self->destination->umem + offset;
	}
	return NULL;
}

TEST_F(migration, of_a_byte_flipped_behind_the_checksum_is_refused_by_the_device)
{
	const char *text = "device d0: writing chunk 0 to its data_fd failed";
	unsigned char *first;

	first = arrive(_metadata, self);
	ASSERT_NE(NULL, first);
	first[4096 + 77] ^= 1;
	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	expect_end(_metadata, self, FAILED);
	EXPECT_LOCAL_ERROR(&self->at_destination.error, EINVAL, text);
	EXPECT_PEER_ERROR(&self->at_source.error, EINVAL, text);
	EXPECT_WHERE(&self->at_destination.error, VFIO_MIG_MUX_DIRECTION_WRITE, 0, NOWHERE, 0);
	EXPECT_WHERE(&self->at_source.error, VFIO_MIG_MUX_DIRECTION_WRITE, 0, NOWHERE, 0);
	EXPECT_EQ(-EINVAL, sim_stop(&self->migration.loading));
	EXPECT_STREQ("corrupt at 4173", sim_read(&self->migration.loading, "verified"));
}

TEST_F(migration, of_the_same_bytes_unflipped_succeeds)
{
	unsigned char *first = arrive(_metadata, self);

	ASSERT_NE(NULL, first);
	first[4096 + 77] ^= 1;
	first[4096 + 77] ^= 1;
	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	expect_end(_metadata, self, COMPLETED);
	expect_identical(_metadata, &self->migration);
}

TEST_F(migration, waits_for_a_late_data_fd_without_taking_more_than_its_memory)
{
	struct device_info read, held;

	sim_close(&self->migration.saving);
	ASSERT_EQ(0, sim_open(&self->migration.saving, 900, "state_size=2M seed=29"));
	ASSERT_EQ(0, sim_save(&self->migration.saving));
	ASSERT_EQ(0, host_attach(self->source, 0, self->migration.saving.data_fd, true));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, chunks_wait(&self->mux, self->destination->id, 0, 6, &held));
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->source->id, 0, &read) &&
			       read.window_stalls));
	EXPECT_EQ(6, read.chunks_moved);
	ASSERT_EQ(0, device_get(&self->mux, self->destination->id, 0, &held));
	EXPECT_EQ(6, held.chunks_moved);
	EXPECT_EQ(6, held.chunks_held_max);
	ASSERT_EQ(0, session_get(&self->mux, self->destination->id, &self->at_destination));
	EXPECT_EQ(0, self->at_destination.slots_free);

	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	expect_end(_metadata, self, COMPLETED);
	expect_identical(_metadata, &self->migration);
	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 0, &read));
	EXPECT_LT(0, read.window_stalls);
	EXPECT_LT(0, read.window_stall_ns);
}

static bool is_in_state(struct host *host, __u32 state, struct device_info *info)
{
	return !device_get(host->mux, host->id, 0, info) && info->state == state;
}

TEST_F(migration, takes_an_end_for_drained_until_the_device_is_final)
{
	struct device_info info;

	ASSERT_EQ(0, host_attach(self->source, 0, self->migration.saving.data_fd, false));
	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_TRUE(eventually(is_in_state(self->source, VFIO_MIG_MUX_DEVICE_STATE_DRAINED,
					   &info)));
	EXPECT_EQ(FEW_BYTES, info.bytes_moved);
	EXPECT_FALSE(info.final);
	ASSERT_EQ(0, chunks_wait(&self->mux, self->destination->id, 0, FEW_CHUNKS, &info));
	EXPECT_EQ(VFIO_MIG_MUX_DEVICE_STATE_STREAMING, info.state);
	ASSERT_EQ(0, session_get(&self->mux, self->source->id, &self->at_source));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ACTIVE, self->at_source.state);

	ASSERT_EQ(0, set(self->source, VFIO_MIG_MUX_A_DEVICE_FINAL));
	expect_end(_metadata, self, COMPLETED);
	expect_identical(_metadata, &self->migration);
}

TEST_F(migration, reads_a_drained_device_again_when_kicked)
{
	struct sim *saving = &self->migration.saving;
	struct device_info info;
	__u64 calls;

	sim_close(saving);
	ASSERT_EQ(0, sim_open(saving, 900, FEW " pre_copy_initial=100000"));
	ASSERT_EQ(0, sim_pre_copy(saving));
	ASSERT_EQ(0, host_attach(self->source, 0, saving->data_fd, false));
	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_TRUE(eventually(is_in_state(self->source, VFIO_MIG_MUX_DEVICE_STATE_DRAINED,
					   &info)));
	EXPECT_EQ(100000, info.bytes_moved);
	calls = info.io_calls;

	ASSERT_EQ(0, set(self->source, VFIO_MIG_MUX_A_DEVICE_KICK));
	ASSERT_TRUE(eventually(is_in_state(self->source, VFIO_MIG_MUX_DEVICE_STATE_DRAINED,
					   &info) && info.io_calls > calls));
	EXPECT_EQ(100000, info.bytes_moved);

	ASSERT_EQ(0, sim_save(saving));
	ASSERT_EQ(0, set(self->source, VFIO_MIG_MUX_A_DEVICE_FINAL));
	expect_end(_metadata, self, COMPLETED);
	expect_identical(_metadata, &self->migration);
}

/* As fast as can be, while most channels are not live yet: of each try both
 * hosts must think the same, and well of it
 */
TEST_F(migration, channels_still_shaking_hands_at_the_end_do_no_harm)
{
	const int channels = 8;
	int i;

	migration_close(&self->migration);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, migration_open(&self->migration, &self->mux, channels, 16,
					    "state_size=100 seed=3", ""));
		ASSERT_EQ(0, migration_attach(&self->migration));
		/* What comes too late to be a channel is refused, no more. */
		migration_connect(&self->migration, channels);
		expect_end(_metadata, self, COMPLETED);
		expect_identical(_metadata, &self->migration);
		migration_close(&self->migration);
	}
}

TEST_F(migration, with_a_read_that_fails_is_told_to_both_hosts_in_the_same_words)
{
	const char *text = "device d0: reading chunk 2 from its data_fd failed";

	ASSERT_EQ(0, sim_write(&self->migration.saving, "fail_read_at", "131072"));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	expect_end(_metadata, self, FAILED);
	EXPECT_LOCAL_ERROR(&self->at_source.error, EIO, text);
	EXPECT_PEER_ERROR(&self->at_destination.error, EIO, text);
	EXPECT_WHERE(&self->at_source.error, VFIO_MIG_MUX_DIRECTION_READ, 0, NOWHERE, 2);
	EXPECT_WHERE(&self->at_destination.error, VFIO_MIG_MUX_DIRECTION_READ, 0, NOWHERE, 2);
}

TEST_F(migration, with_a_write_that_fails_is_told_to_both_hosts_in_the_same_words)
{
	const char *text = "device d0: writing chunk 1 to its data_fd failed";

	ASSERT_EQ(0, sim_write(&self->migration.loading, "fail_write_at", "65536"));
	ASSERT_EQ(0, sim_write(&self->migration.loading, "fail_write_errno", "ENOSPC"));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	expect_end(_metadata, self, FAILED);
	EXPECT_LOCAL_ERROR(&self->at_destination.error, ENOSPC, text);
	EXPECT_PEER_ERROR(&self->at_source.error, ENOSPC, text);
	EXPECT_WHERE(&self->at_destination.error, VFIO_MIG_MUX_DIRECTION_WRITE, 0, NOWHERE, 1);
	EXPECT_WHERE(&self->at_source.error, VFIO_MIG_MUX_DIRECTION_WRITE, 0, NOWHERE, 1);
}

TEST_F(migration, with_a_write_of_nothing_fails)
{
	const char *text = "device d0: writing chunk 0 to its data_fd failed";

	ASSERT_EQ(0, sim_write(&self->migration.loading, "write_zero_at", "5000"));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	expect_end(_metadata, self, FAILED);
	EXPECT_LOCAL_ERROR(&self->at_destination.error, EIO, text);
	EXPECT_PEER_ERROR(&self->at_source.error, EIO, text);
}

TEST_F(migration, that_failed_shows_no_device_as_loaded)
{
	struct device_info info;

	ASSERT_EQ(0, sim_write(&self->migration.loading, "fail_write_at", "262200"));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	expect_end(_metadata, self, FAILED);
	EXPECT_EQ(0, self->at_source.devices_loaded);
	EXPECT_EQ(0, self->at_destination.devices_loaded);
	ASSERT_EQ(0, device_get(&self->mux, self->destination->id, 0, &info));
	EXPECT_NE(VFIO_MIG_MUX_DEVICE_STATE_LOADED, info.state);
	EXPECT_EQ(4, info.chunks);
	EXPECT_EQ(4 * CHUNK, info.bytes);
	EXPECT_EQ(info.bytes, self->at_destination.bytes);
}

TEST_HARNESS_MAIN
