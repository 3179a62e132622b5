// SPDX-License-Identifier: GPL-2.0
/*
 * Channels that are removed while chunks pour through them, by either host, up
 * to all but one, and made again: nothing is lost, and nothing sent twice.
 */
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_time.h"

#define CHANNELS	4
#define SLOTS		32
#define CLOSED		VFIO_MIG_MUX_CHANNEL_STATE_CLOSED

/* How much pours while a channel is removed, and how much that is in the end */
#define STEP		(4 * CHUNK)
#define STATE		"state_size=16M seed=83 hang_read_at=262144"

FIXTURE(drain)
{
	struct mux mux;
	struct migration migration;
	struct session_info at_source;
	struct session_info at_destination;
	__u64 gate;
};

FIXTURE_SETUP(drain)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, CHANNELS, SLOTS, STATE, ""));
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	self->gate = STEP;
}

FIXTURE_TEARDOWN(drain)
{
	migration_close(&self->migration);
	mux_close(&self->mux);
}

/* Lets some more chunks go */
static void pour(struct __test_metadata *_metadata, FIXTURE_DATA(drain) * self)
{
	self->gate += STEP;
	ASSERT_EQ(0, sim_write(&self->migration.saving, "hang_read_at",
			       words("%llu", (unsigned long long)self->gate)));
}

static bool is_over(FIXTURE_DATA(drain) * self, const struct host *host, int channel)
{
	struct channel_info info;

	return !channel_get(&self->mux, host->id, channel, &info) && info.state >= CLOSED;
}

/* Whether both hosts are done with a channel. Who reads answers when it has read
 * its chunk, and so must not be left hanging.
 */
static bool is_drained(struct __test_metadata *_metadata, FIXTURE_DATA(drain) * self, int channel)
{
	const struct pair *pair = &self->migration.pair;
	struct device_info device;

	if (is_over(self, &pair->source, channel) && is_over(self, &pair->destination, channel))
		return true;
	if (!device_get(&self->mux, pair->source.id, 0, &device) &&
	    device.chunks_moved == self->gate / CHUNK)
		pour(_metadata, self);
	return false;
}

static void expect_closed(struct __test_metadata *_metadata, FIXTURE_DATA(drain) * self,
			  const struct host *host, int channel)
{
	struct channel_info info;

	ASSERT_EQ(0, channel_get(&self->mux, host->id, channel, &info));
	EXPECT_EQ(CLOSED, info.state)
		TH_LOG("channel %d: %s", channel, info.error.text);
}

/* Removes all channels but one, by one of the hosts, and makes them again */
static void drain_all_but(struct __test_metadata *_metadata, FIXTURE_DATA(drain) * self,
			  struct host *host, int survivor)
{
	struct pair *pair = &self->migration.pair;
	struct device_info device;
	int i;

	for (i = 0; i < CHANNELS; i++) {
		if (i == survivor)
			continue;
		ASSERT_EQ(0, chunks_wait(&self->mux, pair->source.id, 0, self->gate / CHUNK,
					 &device));
		pour(_metadata, self);
		ASSERT_EQ(0, host_drain(host, i))
			TH_LOG("%s", self->mux.text);
		ASSERT_TRUE(eventually(is_drained(_metadata, self, i)));
		expect_closed(_metadata, self, &pair->source, i);
		expect_closed(_metadata, self, &pair->destination, i);
	}
	EXPECT_REFUSED_AT(&self->mux, host_drain(host, survivor), EBUSY,
			  words("channel %d is the only live one of session %u", survivor,
				host->id), VFIO_MIG_MUX_A_CHANNEL_ID);
	for (i = 0; i < CHANNELS; i++) {
		if (i != survivor)
			ASSERT_EQ(0, pair_connect(pair, i));
	}
	ASSERT_TRUE(eventually(!session_get(&self->mux, pair->source.id, &self->at_source) &&
			       self->at_source.channels_live == CHANNELS));
	ASSERT_TRUE(eventually(!session_get(&self->mux, pair->destination.id,
					    &self->at_destination) &&
			       self->at_destination.channels_live == CHANNELS));
}

TEST_F(drain, of_all_channels_but_one_under_load_loses_nothing)
{
	struct pair *pair = &self->migration.pair;
	int i;

	for (i = 0; i < CHANNELS; i++)
		drain_all_but(_metadata, self, i % 2 ? &pair->source : &pair->destination, i);
	ASSERT_EQ(0, sim_write(&self->migration.saving, "hang_read_at", "none"));
	ASSERT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));
	EXPECT_EQ(0, self->at_source.resent);
	EXPECT_GE(SLOTS, self->at_destination.slots_used_max);
}

TEST_HARNESS_MAIN
