// SPDX-License-Identifier: GPL-2.0
/*
 * Migrations over channels of given rates, which TCP's own pacing gives them.
 */
#include <sys/socket.h>

#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define CHANNELS	4
#define SLOTS		64
#define RATE		(10 << 20)
#define STATE_BYTES	(48 << 20)

FIXTURE(slow)
{
	struct mux mux;
	struct migration migration;
	struct session_info at_source;
	struct session_info at_destination;
};

FIXTURE_SETUP(slow)
{
	ASSERT_EQ(0, mux_open(&self->mux));
}

FIXTURE_TEARDOWN(slow)
{
	migration_close(&self->migration);
	mux_close(&self->mux);
}

/* Adds a channel of a rate in bytes per second */
static int connect_at(struct pair *pair, __u32 channel, unsigned int rate)
{
	int fds[2], ret;

	ret = tcp_pair(fds);
	if (!ret && setsockopt(fds[0], SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)))
		ret = -errno;
	if (!ret)
		ret = host_channel(&pair->destination, fds[1], -1);
	if (!ret)
		ret = host_channel(&pair->source, fds[0], channel);
	close(fds[0]);
	close(fds[1]);
	return ret;
}

/* A migration over so many channels, and one that is slower if it has a rate */
static void migrate(struct __test_metadata *_metadata, FIXTURE_DATA(slow) * self, __u32 channels,
		    unsigned int slow_rate)
{
	struct migration *migration = &self->migration;
	__u32 all = channels + !!slow_rate;
	__u32 i;

	EXPECT_EQ(0, migration_open(migration, &self->mux, CHANNELS, SLOTS,
				    "state_size=48M seed=61 verify=stamp", "verify=stamp"));
	for (i = 0; i < all; i++)
		EXPECT_EQ(0, connect_at(&migration->pair, i, i < channels ? RATE : slow_rate));
	EXPECT_TRUE(eventually(!session_get(&self->mux, migration->pair.destination.id,
					    &self->at_destination) &&
			       self->at_destination.channels_live == all));
	EXPECT_EQ(0, migration_attach(migration));
	EXPECT_EQ(0, migration_wait(migration, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				    &self->at_source, &self->at_destination));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_COMPLETED, self->at_source.state)
		TH_LOG("%s", self->at_source.error.text);
	EXPECT_EQ(STATE_BYTES, self->at_destination.bytes);
}

/* It would be given a quarter of the chunks, were it as good as the others. */
TEST_F(slow, channel_at_a_hundredth_of_the_others_rate_is_given_next_to_nothing)
{
	struct channel_info info;

	migrate(_metadata, self, CHANNELS - 1, RATE / 100);
	ASSERT_EQ(0, channel_get(&self->mux, self->at_source.id, CHANNELS - 1, &info));
	EXPECT_GT(STATE_BYTES / CHUNK / 20, info.chunks);
	EXPECT_LT(0, self->at_source.hedged);
}

/* Equal channels must not be taken for slow ones, whatever becomes of their shares */
TEST_F(slow, channels_are_not_made_of_equal_ones)
{
	struct channel_info info;
	__u32 i;

	migrate(_metadata, self, CHANNELS, 0);
	for (i = 0; i < CHANNELS; i++) {
		ASSERT_EQ(0, channel_get(&self->mux, self->at_source.id, i, &info));
		EXPECT_LT(STATE_BYTES / CHUNK / CHANNELS / 4, info.chunks)
			TH_LOG("channel %u", i);
	}
}

TEST_HARNESS_MAIN
