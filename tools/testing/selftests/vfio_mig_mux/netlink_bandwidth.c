// SPDX-License-Identifier: GPL-2.0
/*
 * A source that may send so much per second, and no more: over all channels
 * together, copies included. How long it takes at least follows from what has
 * been sent; that it takes longer may be the machine's fault.
 */
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define ABORTED		VFIO_MIG_MUX_SESSION_STATE_ABORTED
#define NEW		VFIO_MIG_MUX_CMD_SESSION_NEW
#define SET		VFIO_MIG_MUX_CMD_SESSION_SET
#define ID		VFIO_MIG_MUX_A_SESSION_ID
#define ROLE		VFIO_MIG_MUX_A_SESSION_ROLE
#define UUID		VFIO_MIG_MUX_A_SESSION_UUID
#define MAX_BANDWIDTH	VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH

#define NOT_ITS_OWN	"max-bandwidth is given on the destination, it is the source's"

#define MIB		(1024 * 1024ull)
#define FRAME_HEAD	32

static int set(struct host *host, __u64 max_bandwidth)
{
	return mux_do(host->mux, SET, attr_u32(ID, host->id),
		      attr_u64(MAX_BANDWIDTH, max_bandwidth));
}

/* The least milliseconds in which so much can go: the first chunk goes at once,
 * and 10 ms may have been saved up.
 */
static long long least_ms(__u64 bytes, __u32 chunk_size, __u64 limit)
{
	__u64 paid = bytes - chunk_size - FRAME_HEAD;

	return (long long)(paid * 1000 / limit) - 11;
}

FIXTURE(call)
{
	struct mux mux;
	struct host host;
	struct host_params params;
	struct session_info info;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
};

FIXTURE_SETUP(call)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->uuid);
	self->params.uuid = self->uuid;
}

FIXTURE_TEARDOWN(call)
{
	host_close(&self->host);
	mux_close(&self->mux);
}

TEST_F(call, new_takes_a_limit_and_get_shows_it)
{
	self->params.max_bandwidth = 0x123456789abcull;
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &self->params));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(0x123456789abcull, self->info.max_bandwidth);
}

TEST_F(call, new_without_one_has_none)
{
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &self->params));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_TRUE(HAS(&self->info, MAX_BANDWIDTH));
	EXPECT_EQ(0, self->info.max_bandwidth);
}

TEST_F(call, new_refuses_one_on_the_destination)
{
	EXPECT_REFUSED_AT(&self->mux,
			  mux_do(&self->mux, NEW, attr_u32(ROLE, VFIO_MIG_MUX_ROLE_DESTINATION),
				 attr_bytes(UUID, self->uuid, 16), attr_u64(MAX_BANDWIDTH, 1)),
			  EINVAL, NOT_ITS_OWN, MAX_BANDWIDTH);
}

TEST_F(call, set_changes_it)
{
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &self->params));
	ASSERT_EQ(0, set(&self->host, 0xffffffffffffffffull));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(0xffffffffffffffffull, self->info.max_bandwidth);
	ASSERT_EQ(0, set(&self->host, 0));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(0, self->info.max_bandwidth);
}

TEST_F(call, set_is_refused_on_the_destination_and_when_it_is_too_late)
{
	self->params.role = VFIO_MIG_MUX_ROLE_DESTINATION;
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &self->params));
	EXPECT_REFUSED_AT(&self->mux, set(&self->host, 1), EINVAL, NOT_ITS_OWN, MAX_BANDWIDTH);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_FALSE(HAS(&self->info, MAX_BANDWIDTH));
	ASSERT_EQ(0, host_abort(&self->host, NULL));
	EXPECT_REFUSED(&self->mux, set(&self->host, 1), ESHUTDOWN,
		       words("session %u is over", self->host.id));
}

TEST_F(call, set_names_what_is_missing_and_refuses_what_is_not_its_own)
{
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, SET, attr_u64(MAX_BANDWIDTH, 1)), "id", ID);
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, SET, attr_u32(ID, 1)), "max-bandwidth",
		       MAX_BANDWIDTH);
	EXPECT_REFUSED_AT(&self->mux, mux_do(&self->mux, SET, attr_u32(ID, 0x7fffffff),
					     attr_u64(MAX_BANDWIDTH, 1)), ENOENT,
			  "there is no session 2147483647", ID);
	EXPECT_OTHERS_REFUSED(&self->mux, SET, 1 << ID | 1 << MAX_BANDWIDTH,
			      VFIO_MIG_MUX_A_SESSION_MAX);
}

FIXTURE(limit)
{
	struct mux mux;
	struct migration migration;
	struct session_info at_source;
	struct session_info at_destination;
	long long began;
};

FIXTURE_VARIANT(limit)
{
	__u64 limit;
	__u64 bytes;
	__u32 chunk_size;
	__u32 channels;
	unsigned int zero_percent;
};

FIXTURE_VARIANT_ADD(limit, one_channel) {
	.limit = 8 * MIB, .bytes = 8 * MIB, .chunk_size = CHUNK, .channels = 1,
};

FIXTURE_VARIANT_ADD(limit, four_channels) {
	.limit = 8 * MIB, .bytes = 8 * MIB, .chunk_size = CHUNK, .channels = 4,
};

FIXTURE_VARIANT_ADD(limit, large_chunks) {
	.limit = 20 * MIB, .bytes = 16 * MIB, .chunk_size = MIB, .channels = 4,
};

FIXTURE_VARIANT_ADD(limit, zeroes) {
	.limit = 4 * MIB, .bytes = 8 * MIB, .chunk_size = CHUNK, .channels = 4,
	.zero_percent = 50,
};

FIXTURE_SETUP(limit)
{
	struct migration *migration = &self->migration;
	struct host_params params = {
		.chunk_size = variant->chunk_size,
		.channels = variant->channels,
		.zero = variant->zero_percent,
		.devices = 1,
		.slots = 16,
		.max_bandwidth = variant->limit,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, migration_make(migration, &self->mux, &params,
				    words("state_size=%llu seed=61 zero_percent=%u zero_run=%u",
					  (unsigned long long)variant->bytes,
					  variant->zero_percent, variant->chunk_size), ""));
	ASSERT_EQ(0, migration_go_live(migration, variant->channels));
	self->began = now_ms();
	ASSERT_EQ(0, migration_attach(migration));
}

FIXTURE_TEARDOWN(limit)
{
	migration_close(&self->migration);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

TEST_F(limit, is_kept_over_all_channels)
{
	struct channel_info channel;
	long long took;
	__u64 sent = 0;
	__u32 i;

	ASSERT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));
	took = now_ms() - self->began;
	for (i = 0; i < variant->channels; i++) {
		ASSERT_EQ(0, channel_wait(&self->mux, self->migration.pair.source.id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &channel));
		sent += channel.bytes_sent - FRAME_HEAD;
	}
	/* Neither END nor BYE counts. */
	sent -= FRAME_HEAD;
	if (!variant->zero_percent)
		EXPECT_LE(variant->bytes, sent);
	EXPECT_LE(least_ms(sent, variant->chunk_size, variant->limit), took);
	TH_LOG("%llu bytes in %lld ms: %lld %% of the limit", (unsigned long long)sent, took,
	       (long long)sent * 1000 * 100 / (long long)variant->limit / took);
}

/* Lowers the limit so that the next chunk would have to wait for half a day,
 * and waits until all before it are loaded
 */
static void hold(struct __test_metadata *_metadata, FIXTURE_DATA(limit) * self)
{
	const struct host *source = &self->migration.pair.source;
	struct device_info device;

	ASSERT_EQ(0, chunks_wait(&self->mux, source->id, 0, 1, &device));
	ASSERT_EQ(0, set(&self->migration.pair.source, 1));
	ASSERT_TRUE(eventually(!device_get(&self->mux, source->id, 0, &device) &&
			       device.chunks == device.chunks_moved));
}

TEST_F(limit, may_be_lifted_while_it_holds)
{
	hold(_metadata, self);
	ASSERT_EQ(0, session_get(&self->mux, self->migration.pair.source.id, &self->at_source));
	EXPECT_EQ(1, self->at_source.max_bandwidth);
	ASSERT_EQ(0, session_get(&self->mux, self->migration.pair.source.id, &self->at_source));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ACTIVE, self->at_source.state);
	ASSERT_EQ(0, set(&self->migration.pair.source, 0));
	ASSERT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));
}

TEST_F(limit, does_not_hold_up_an_abort)
{
	struct channel_info channel;
	__u32 i;

	hold(_metadata, self);
	ASSERT_EQ(0, host_abort(&self->migration.pair.source, NULL));
	ASSERT_EQ(0, session_wait(&self->mux, self->migration.pair.destination.id, COMPLETED,
				  &self->at_destination));
	EXPECT_EQ(ABORTED, self->at_destination.state);
	for (i = 0; i < variant->channels; i++) {
		ASSERT_EQ(0, channel_wait(&self->mux, self->migration.pair.source.id, i,
					  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &channel));
		EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, channel.state);
	}
}

TEST_F(limit, does_not_hold_up_a_close)
{
	hold(_metadata, self);
	host_shut(&self->migration.pair.source);
	ASSERT_EQ(0, session_wait(&self->mux, self->migration.pair.destination.id, COMPLETED,
				  &self->at_destination));
	EXPECT_EQ(ABORTED, self->at_destination.state);
}

/* A destination played by the test, whose first channel fails */
FIXTURE(copies)
{
	struct mux mux;
	struct peer peers[2];
	struct host host;
	struct sim saving;
	struct wire_frame frame;
	struct session_info info;
	__u8 payload[CHUNK];
	long long began;
};

#define WINDOW	6
#define LIMIT	MIB

FIXTURE_SETUP(copies)
{
	struct host_params params = {
		.uuid = self->peers[0].uuid,
		.channels = 2,
		.devices = 1,
		.slots = 8,
		.max_bandwidth = LIMIT,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&self->saving, 902, "state_size=786432 seed=53"));
	ASSERT_EQ(0, sim_save(&self->saving));
	peers_init(self->peers, 2);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(copies)
{
	host_close(&self->host);
	peers_close(self->peers, 2);
	sim_close(&self->saving);
	mux_close(&self->mux);
}

static void join(struct __test_metadata *_metadata, FIXTURE_DATA(copies) * self, int channel)
{
	struct wire_hello_ack ack;

	hello_ack_make(&ack, 1, WINDOW);
	ASSERT_EQ(0, peer_join(&self->peers[channel], &self->host, channel, &ack));
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.channels_live == 1u + channel));
}

static void take_window(struct __test_metadata *_metadata, FIXTURE_DATA(copies) * self,
			int channel)
{
	int i;

	for (i = 0; i < WINDOW; i++) {
		ASSERT_EQ(0, peer_take_frame(&self->peers[channel], &self->frame, self->payload,
					     CHUNK));
		ASSERT_EQ(WIRE_DATA, self->frame.type);
		EXPECT_EQ(i, self->frame.index);
	}
}

TEST_F(copies, count_like_what_goes_first)
{
	const __u64 chunk = CHUNK + FRAME_HEAD;

	join(_metadata, self, 0);
	self->began = now_ms();
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	take_window(_metadata, self, 0);
	EXPECT_LE(least_ms(WINDOW * chunk, CHUNK, LIMIT), now_ms() - self->began);
	join(_metadata, self, 1);
	self->began = now_ms();
	peer_reset(&self->peers[0]);
	take_window(_metadata, self, 1);
	EXPECT_LE(least_ms(WINDOW * chunk, CHUNK, LIMIT), now_ms() - self->began);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(WINDOW, self->info.resent);
}

TEST_HARNESS_MAIN
