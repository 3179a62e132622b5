// SPDX-License-Identifier: GPL-2.0
/*
 * Sync points: the source's owner asks how far the data_fd has got and is told
 * when the destination has loaded that much, and not before.
 */
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "lib_expect.h"
#include "lib_listen.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define PAUSED		VFIO_MIG_MUX_SESSION_STATE_PAUSED
#define DRAINED		VFIO_MIG_MUX_DEVICE_STATE_DRAINED

#define SYNC	VFIO_MIG_MUX_CMD_DEVICE_SYNC
#define SESSION	VFIO_MIG_MUX_A_DEVICE_SESSION
#define ID	VFIO_MIG_MUX_A_DEVICE_ID
#define POINT	VFIO_MIG_MUX_A_DEVICE_SYNC
#define SYNCED	VFIO_MIG_MUX_A_DEVICE_SYNCED

#define WINDOW	8
#define SLOTS	8

/* Of four chunks three can be read in PRE_COPY */
#define STATE	"state_size=262144 seed=67 pre_copy_initial=196608"

static int sync_call(struct host *host)
{
	return mux_do(host->mux, SYNC, attr_u32(SESSION, host->id), attr_u32(ID, 0));
}

/* The answer to device-sync, or -1 */
static long long sync_point(struct host *host)
{
	struct device_info device;

	if (sync_call(host) || host->mux->nr_replies != 1)
		return -1;
	device_parse(host->mux->replies[0], &device);
	if (device.has != (1u << SESSION | 1u << ID | 1u << POINT) || device.session != host->id)
		return -1;
	return device.sync;
}

/* A source, and a destination played by the test */
FIXTURE(sync)
{
	struct mux mux;
	struct listener listener;
	struct peer peers[2];
	struct host host;
	struct sim saving;
	struct session_info info;
	struct device_info device;
	struct wire_frame frame;
	__u8 payload[CHUNK];
};

FIXTURE_SETUP(sync)
{
	struct host_params params = {
		.uuid = self->peers[0].uuid,
		.channels = 2,
		.devices = 1,
		.slots = SLOTS,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&self->saving, 902, STATE));
	uuid_make(self->peers[0].uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	self->peers[1] = self->peers[0];
	self->peers[0].sock = -1;
	self->peers[1].sock = -1;
	ASSERT_EQ(0, listener_open(&self->listener));
}

FIXTURE_TEARDOWN(sync)
{
	listener_close(&self->listener);
	host_close(&self->host);
	peer_close(&self->peers[0]);
	peer_close(&self->peers[1]);
	sim_close(&self->saving);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static void join(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self, int channel,
		 __u64 loaded)
{
	struct wire_hello_ack ack;
	struct wire_hello hello;

	ASSERT_EQ(0, peer_open(&self->peers[channel], &self->host, channel));
	ASSERT_EQ(0, peer_take_hello(&self->peers[channel], &hello));
	hello_ack_make(&ack, 1, WINDOW);
	ack.loaded[0] = loaded;
	ASSERT_EQ(0, peer_say_hello_ack(&self->peers[channel], &ack));
}

/* Begins to read, up to a byte where the read gets stuck */
static void attach(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self,
		   const char *hang_at)
{
	ASSERT_EQ(0, sim_write(&self->saving, "hang_read_at", hang_at));
	ASSERT_EQ(0, sim_pre_copy(&self->saving));
	join(_metadata, self, 0, 0);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, false));
}

static bool has_read(FIXTURE_DATA(sync) * self, const char *bytes)
{
	return !strcmp(bytes, sim_read(&self->saving, "stream_bytes"));
}

static void take(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self, __u64 index)
{
	ASSERT_EQ(0, peer_take_frame(&self->peers[0], &self->frame, self->payload, CHUNK));
	ASSERT_EQ(WIRE_DATA, self->frame.type);
	ASSERT_EQ(index, self->frame.index);
}

static void say_ack(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self, __u64 index)
{
	struct wire_frame frame = {
		.type = WIRE_ACK,
		.index = index,
		.offset = index * CHUNK,
	};

	ASSERT_EQ(0, peer_say(&self->peers[0], &frame, NULL));
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->host.id, 0, &self->device) &&
			       self->device.chunks == index));
}

/* Listens until a point is told of that is none of the earlier ones */
static void expect_told(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self,
			__u64 point)
{
	struct notice notice;

	do {
		ASSERT_EQ(0, listener_next(&self->listener, WAIT_MS, &notice))
			TH_LOG("not told of %llu", (unsigned long long)point);
	} while (notice.cmd != VFIO_MIG_MUX_CMD_DEVICE_NTF ||
		 notice.device.session != self->host.id || !HAS(&notice.device, SYNCED) ||
		 notice.device.synced < point);
	EXPECT_EQ(point, notice.device.synced);
	ASSERT_EQ(0, device_get(&self->mux, self->host.id, 0, &self->device));
	EXPECT_TRUE(HAS(&self->device, SYNCED));
	EXPECT_LE(point, self->device.synced);
}

static void expect_not_synced(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self,
			      __u64 point)
{
	ASSERT_EQ(0, device_get(&self->mux, self->host.id, 0, &self->device));
	EXPECT_TRUE(HAS(&self->device, POINT));
	EXPECT_EQ(point, self->device.sync);
	/* An earlier one may have been reached. */
	EXPECT_TRUE(!HAS(&self->device, SYNCED) || self->device.synced < point);
}

static void drain(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self)
{
	int i;

	attach(_metadata, self, "none");
	for (i = 0; i < 3; i++)
		take(_metadata, self, i);
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->host.id, 0, &self->device) &&
			       self->device.state == DRAINED));
	EXPECT_FALSE(HAS(&self->device, POINT));
	EXPECT_FALSE(HAS(&self->device, SYNCED));
}

TEST_F(sync, point_is_told_when_all_before_it_is_loaded)
{
	drain(_metadata, self);
	ASSERT_EQ(3, sync_point(&self->host));
	expect_not_synced(_metadata, self, 3);
	say_ack(_metadata, self, 2);
	expect_not_synced(_metadata, self, 3);
	say_ack(_metadata, self, 3);
	expect_told(_metadata, self, 3);
}

TEST_F(sync, point_is_told_at_once_when_all_is_loaded)
{
	drain(_metadata, self);
	say_ack(_metadata, self, 3);
	ASSERT_EQ(3, sync_point(&self->host));
	expect_told(_metadata, self, 3);
	/* As often as it is asked for */
	ASSERT_EQ(3, sync_point(&self->host));
	expect_told(_metadata, self, 3);
	EXPECT_EQ(3, self->device.sync);
}

TEST_F(sync, point_before_anything_was_given_is_reached_at_once)
{
	ASSERT_EQ(0, sim_pre_copy(&self->saving));
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, false));
	ASSERT_EQ(0, sync_point(&self->host));
	expect_told(_metadata, self, 0);
}

TEST_F(sync, point_counts_the_chunk_that_is_being_read)
{
	attach(_metadata, self, "65636");
	take(_metadata, self, 0);
	ASSERT_TRUE(eventually(has_read(self, "65636")));
	ASSERT_EQ(2, sync_point(&self->host));
	/* What it has of the second chunk is not even sent. */
	say_ack(_metadata, self, 1);
	expect_not_synced(_metadata, self, 2);
	ASSERT_EQ(0, sim_write(&self->saving, "hang_read_at", "none"));
	take(_metadata, self, 1);
	take(_metadata, self, 2);
	expect_not_synced(_metadata, self, 2);
	say_ack(_metadata, self, 2);
	expect_told(_metadata, self, 2);
}

TEST_F(sync, point_is_reached_by_an_ack_of_more)
{
	attach(_metadata, self, "65636");
	take(_metadata, self, 0);
	ASSERT_TRUE(eventually(has_read(self, "65636")));
	ASSERT_EQ(2, sync_point(&self->host));
	ASSERT_EQ(0, sim_write(&self->saving, "hang_read_at", "none"));
	take(_metadata, self, 1);
	take(_metadata, self, 2);
	say_ack(_metadata, self, 3);
	expect_told(_metadata, self, 2);
}

TEST_F(sync, point_is_not_forgotten_for_a_later_one)
{
	attach(_metadata, self, "65636");
	take(_metadata, self, 0);
	ASSERT_TRUE(eventually(has_read(self, "65636")));
	ASSERT_EQ(2, sync_point(&self->host));
	ASSERT_EQ(0, sim_write(&self->saving, "hang_read_at", "131172"));
	take(_metadata, self, 1);
	ASSERT_TRUE(eventually(has_read(self, "131172")));
	ASSERT_EQ(3, sync_point(&self->host));
	expect_not_synced(_metadata, self, 3);
	say_ack(_metadata, self, 2);
	expect_told(_metadata, self, 2);
	EXPECT_EQ(2, self->device.synced);
	EXPECT_EQ(3, self->device.sync);
	ASSERT_EQ(0, sim_write(&self->saving, "hang_read_at", "none"));
	take(_metadata, self, 2);
	say_ack(_metadata, self, 3);
	expect_told(_metadata, self, 3);
}

/* Asks while a read is under way that will bring nothing */
static void ask_in_vain(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self)
{
	int i;

	attach(_metadata, self, "196608");
	for (i = 0; i < 3; i++)
		take(_metadata, self, i);
	ASSERT_TRUE(eventually(sync_point(&self->host) == 4));
}

static void end_in_vain(struct __test_metadata *_metadata, FIXTURE_DATA(sync) * self)
{
	ASSERT_EQ(0, sim_write(&self->saving, "hang_read_at", "none"));
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->host.id, 0, &self->device) &&
			       self->device.state == DRAINED));
}

TEST_F(sync, point_is_reached_when_the_read_it_waited_for_brings_nothing)
{
	ask_in_vain(_metadata, self);
	say_ack(_metadata, self, 3);
	expect_not_synced(_metadata, self, 4);
	end_in_vain(_metadata, self);
	expect_told(_metadata, self, 4);
}

TEST_F(sync, point_waits_for_the_chunks_before_a_read_that_brings_nothing)
{
	ask_in_vain(_metadata, self);
	end_in_vain(_metadata, self);
	expect_not_synced(_metadata, self, 4);
	say_ack(_metadata, self, 2);
	expect_not_synced(_metadata, self, 4);
	say_ack(_metadata, self, 3);
	expect_told(_metadata, self, 4);
}

TEST_F(sync, point_after_one_without_its_chunk_is_another)
{
	ask_in_vain(_metadata, self);
	end_in_vain(_metadata, self);
	say_ack(_metadata, self, 3);
	expect_told(_metadata, self, 4);
	/* Chunk 3 comes after all: what was said of 4 did not mean this one. */
	ASSERT_EQ(0, sim_save(&self->saving));
	ASSERT_EQ(0, mux_do(&self->mux, VFIO_MIG_MUX_CMD_DEVICE_SET,
			    attr_u32(SESSION, self->host.id), attr_u32(ID, 0),
			    attr_flag(VFIO_MIG_MUX_A_DEVICE_KICK)));
	take(_metadata, self, 3);
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->host.id, 0, &self->device) &&
			       self->device.state == DRAINED));
	ASSERT_EQ(5, sync_point(&self->host));
	ASSERT_EQ(0, device_get(&self->mux, self->host.id, 0, &self->device));
	EXPECT_EQ(4, self->device.synced);
	say_ack(_metadata, self, 4);
	expect_told(_metadata, self, 5);
}

TEST_F(sync, point_is_reached_by_what_a_new_channel_says)
{
	drain(_metadata, self);
	ASSERT_EQ(3, sync_point(&self->host));
	peer_reset(&self->peers[0]);
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, PAUSED, &self->info));
	expect_not_synced(_metadata, self, 3);
	join(_metadata, self, 1, 3);
	expect_told(_metadata, self, 3);
}

TEST_F(sync, point_is_not_reached_when_the_session_is_aborted)
{
	drain(_metadata, self);
	ASSERT_EQ(3, sync_point(&self->host));
	ASSERT_EQ(0, host_abort(&self->host, NULL));
	expect_not_synced(_metadata, self, 3);
	EXPECT_REFUSED(&self->mux, sync_call(&self->host), ESHUTDOWN,
		       words("session %u is over", self->host.id));
	expect_not_synced(_metadata, self, 3);
}

TEST_F(sync, point_is_asked_for_by_session_and_number)
{
	struct host nobody = { .mux = &self->mux, .id = 99999 };

	EXPECT_MISSING(&self->mux, mux_do(&self->mux, SYNC, attr_none()), "session", SESSION);
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, SYNC, attr_u32(SESSION, 1)), "id", ID);
	EXPECT_REFUSED_AT(&self->mux, sync_call(&nobody), ENOENT, "there is no session 99999",
			  SESSION);
	EXPECT_REFUSED_AT(&self->mux,
			  mux_do(&self->mux, SYNC, attr_u32(SESSION, self->host.id),
				 attr_u32(ID, 1)),
			  ENOENT, words("session %u has no device 1", self->host.id), ID);
	EXPECT_OTHERS_REFUSED(&self->mux, SYNC, 1 << SESSION | 1 << ID,
			      VFIO_MIG_MUX_A_DEVICE_MAX);
	EXPECT_REFUSED(&self->mux, sync_call(&self->host), EINVAL, "device 0 has no data-fd yet");
}

/* Both hosts, with a window much larger than what is sent */
FIXTURE(pair)
{
	struct mux mux;
	struct migration migration;
	struct host *source;
	struct session_info at_source;
	struct session_info at_destination;
	struct device_info device;
};

FIXTURE_SETUP(pair)
{
	struct migration *migration = &self->migration;

	self->source = &migration->pair.source;
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&migration->saving, 902, STATE));
	ASSERT_EQ(0, sim_open(&migration->loading, 903, ""));
	ASSERT_EQ(0, sim_pre_copy(&migration->saving));
	ASSERT_EQ(0, sim_load(&migration->loading));
	ASSERT_EQ(0, pair_open(&migration->pair, &self->mux, 2, 1, 66));
	ASSERT_EQ(0, migration_go_live(migration, 2));
	ASSERT_EQ(0, host_attach(self->source, 0, migration->saving.data_fd, false));
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->source->id, 0, &self->device) &&
			       self->device.state == DRAINED));
	EXPECT_EQ(64, self->device.window);
}

FIXTURE_TEARDOWN(pair)
{
	migration_close(&self->migration);
	mux_close(&self->mux);
}

TEST_F(pair, is_in_sync_although_few_chunks_are_loaded)
{
	struct migration *migration = &self->migration;

	ASSERT_EQ(3, sync_point(self->source));
	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 0, &self->device));
	EXPECT_FALSE(HAS(&self->device, SYNCED));
	ASSERT_EQ(0, host_attach(&migration->pair.destination, 0, migration->loading.data_fd,
				 false));
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->source->id, 0, &self->device) &&
			       HAS(&self->device, SYNCED)));
	EXPECT_EQ(3, self->device.synced);
	EXPECT_EQ(3, self->device.chunks);

	ASSERT_EQ(0, sim_save(&migration->saving));
	ASSERT_EQ(0, mux_do(&self->mux, VFIO_MIG_MUX_CMD_DEVICE_SET,
			    attr_u32(SESSION, self->source->id), attr_u32(ID, 0),
			    attr_flag(VFIO_MIG_MUX_A_DEVICE_FINAL)));
	ASSERT_EQ(0, migration_wait(migration, COMPLETED, &self->at_source,
				    &self->at_destination));
	EXPECT_EQ(COMPLETED, self->at_source.state);
	EXPECT_EQ(0, sim_stop(&migration->loading));
	EXPECT_STREQ("identical", sim_read(&migration->loading, "verified"));
	EXPECT_REFUSED(&self->mux, sync_call(self->source), ESHUTDOWN,
		       words("session %u is over", self->source->id));
}

TEST_F(pair, has_sync_points_on_the_source_only)
{
	EXPECT_REFUSED(&self->mux, sync_call(&self->migration.pair.destination), EINVAL,
		       "device 0 is not a source's: it has no sync points");
}

TEST_HARNESS_MAIN
