// SPDX-License-Identifier: GPL-2.0
/*
 * A device fails, or a channel's peer breaks the protocol, and all channels are
 * told: the first error is the session's, and the same everywhere. A channel
 * that fails otherwise is no concern of the others.
 */
#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"

#define CHANNELS	3

FIXTURE(failure)
{
	struct mux mux;
	struct peer peers[CHANNELS];
	struct host host;
	struct sim loading;
	struct session_info info;
};

FIXTURE_SETUP(failure)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peers[0].uuid,
		.channels = CHANNELS,
		.devices = 1,
		.slots = 8,
	};
	struct wire_hello_ack ack;
	struct wire_hello hello;
	int i;

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->peers[0].uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	ASSERT_EQ(0, sim_open(&self->loading, 905, ""));
	ASSERT_EQ(0, sim_load(&self->loading));
	for (i = 0; i < CHANNELS; i++) {
		self->peers[i] = self->peers[0];
		hello_make(&hello, i, CHANNELS, 1);
		ASSERT_EQ(0, peer_open(&self->peers[i], &self->host, -1));
		ASSERT_EQ(0, peer_say_hello(&self->peers[i], &hello));
		ASSERT_EQ(0, peer_take_hello_ack(&self->peers[i], &ack));
	}
}

FIXTURE_TEARDOWN(failure)
{
	host_close(&self->host);
	sim_close(&self->loading);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

/* All channels but those in @gone (bits by number) must be told, and then closed */
static void expect_all_told(struct __test_metadata *_metadata, FIXTURE_DATA(failure) * self,
			    __u32 gone)
{
	struct wire_frame frame;
	struct wire_abort abort;
	int i;

	for (i = 0; i < CHANNELS; i++) {
		if (gone & 1u << i)
			continue;
		ASSERT_EQ(0, peer_take_abort(&self->peers[i], &frame, &abort))
			TH_LOG("channel %d", i);
		EXPECT_STREQ(self->info.error.text, abort.text);
		EXPECT_EQ(self->info.error.code, abort.code);
		EXPECT_TRUE(peer_sees_end(&self->peers[i]));
	}
}

static void expect_failed(struct __test_metadata *_metadata, FIXTURE_DATA(failure) * self,
			  __u32 code, const char *text)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(&self->info.error, code, text);
}

TEST_F(failure, of_one_channel_is_told_on_all)
{
	struct wire_frame bye = { .type = WIRE_BYE };

	ASSERT_EQ(0, peer_say(&self->peers[1], &bye, NULL));
	expect_failed(_metadata, self, EPROTO, "channel 1: BYE before everything was loaded");
	expect_all_told(_metadata, self, 0);
}

TEST_F(failure, of_one_channel_is_the_others_no_error)
{
	struct channel_info info;
	__u32 i;

	peer_close(&self->peers[2]);
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 2,
				  VFIO_MIG_MUX_CHANNEL_STATE_FAILED, &info));
	EXPECT_LOCAL_ERROR(&info.error, ECONNRESET,
			   "channel 2: closed by the other host without BYE");
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ACTIVE, self->info.state);
	EXPECT_EQ(CHANNELS - 1, self->info.channels_live);
	EXPECT_FALSE(HAS(&self->info, VFIO_MIG_MUX_A_SESSION_ERROR));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, channel_get(&self->mux, self->host.id, i, &info));
		EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_LIVE, info.state);
		EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_CHANNEL_ERROR));
	}
	ASSERT_EQ(0, host_abort(&self->host, NULL));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	expect_all_told(_metadata, self, 1u << 2);
}

TEST_F(failure, that_comes_second_changes_nothing)
{
	struct wire_frame bye = { .type = WIRE_BYE }, unknown = { .type = 99 };
	struct session_info after;

	ASSERT_EQ(0, peer_say(&self->peers[0], &bye, NULL));
	expect_failed(_metadata, self, EPROTO, "channel 0: BYE before everything was loaded");
	ASSERT_EQ(0, peer_say(&self->peers[1], &unknown, NULL));
	peer_close(&self->peers[2]);
	expect_all_told(_metadata, self, 1u << 2);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &after));
	EXPECT_EQ(0, memcmp(&self->info.error, &after.error, sizeof(after.error)));
}

TEST_F(failure, of_a_device_is_told_on_all_channels)
{
	static const char wrong[] = "this is no state of a device";
	struct wire_frame frame = {
		.type = WIRE_DATA,
		.length = sizeof(wrong),
		.crc = crc_of(wrong, sizeof(wrong)),
	};

	ASSERT_EQ(0, sim_write(&self->loading, "fail_write_at", "0"));
	ASSERT_EQ(0, host_attach(&self->host, 0, self->loading.data_fd, false));
	ASSERT_EQ(0, peer_say(&self->peers[2], &frame, wrong));
	expect_failed(_metadata, self, EIO, "device d0: writing chunk 0 to its data_fd failed");
	EXPECT_WHERE(&self->info.error, VFIO_MIG_MUX_DIRECTION_WRITE, 0, NOWHERE, 0);
	expect_all_told(_metadata, self, 0);
}

TEST_F(failure, told_by_the_peer_is_not_told_back)
{
	struct wire_abort abort = { .code = EIO, .text = "down" };
	int i;

	ASSERT_EQ(0, peer_say_abort(&self->peers[1], 0, &abort));
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				  &self->info));
	EXPECT_STREQ("down", self->info.error.text);
	for (i = 0; i < CHANNELS; i++)
		EXPECT_TRUE(peer_sees_end(&self->peers[i]));
}

TEST_HARNESS_MAIN
