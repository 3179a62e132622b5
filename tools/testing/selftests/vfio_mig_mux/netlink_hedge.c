// SPDX-License-Identifier: GPL-2.0
/*
 * A source with a slow channel: what is stuck on it goes over another one as
 * well, but only what is stuck, and only once.
 */
#include <poll.h>

#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_time.h"

/* Far more than an unread socket takes */
#define SIZE		(4 << 20)
#define CHUNKS		8
#define WINDOW		3
#define SLOTS		4
#define STATE		"state_size=32M verify=stamp"

FIXTURE(hedge)
{
	struct mux mux;
	struct peer peers[2];
	struct host host;
	struct sim saving;
	struct session_info info;
	struct channel_info channel;
	struct wire_frame frame;
	__u8 *payload;
	__u32 crcs[CHUNKS];
	int copies[CHUNKS];
	__u64 loaded;
};

FIXTURE_SETUP(hedge)
{
	struct host_params params = {
		.uuid = self->peers[0].uuid,
		.chunk_size = SIZE,
		.channels = 2,
		.devices = 1,
		.slots = SLOTS,
		.channel_timeout = 60000,
	};

	self->payload = malloc(SIZE);
	ASSERT_NE(NULL, self->payload);
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&self->saving, 902, STATE));
	ASSERT_EQ(0, sim_save(&self->saving));
	uuid_make(self->peers[0].uuid);
	self->peers[1] = self->peers[0];
	self->peers[0].sock = -1;
	self->peers[1].sock = -1;
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(hedge)
{
	peer_close(&self->peers[0]);
	peer_close(&self->peers[1]);
	host_close(&self->host);
	sim_close(&self->saving);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
	free(self->payload);
}

static void join(struct __test_metadata *_metadata, FIXTURE_DATA(hedge) * self, int channel)
{
	struct wire_hello hello = { .chunk_size = 0 };
	struct wire_hello_ack ack;

	ASSERT_EQ(0, peer_open(&self->peers[channel], &self->host, channel));
	ASSERT_EQ(0, peer_take_hello(&self->peers[channel], &hello));
	hello_ack_make(&ack, 1, WINDOW);
	ASSERT_EQ(0, peer_say_hello_ack(&self->peers[channel], &ack));
}

static int say_ack(struct peer *peer, __u64 index, __u8 flags)
{
	struct wire_frame frame = {
		.type = WIRE_ACK,
		.flags = flags,
		.index = index,
		.offset = index * SIZE,
	};

	return peer_say(peer, &frame, NULL);
}

/* Receives a frame on a channel and counts it if it is a chunk */
static void take(struct __test_metadata *_metadata, FIXTURE_DATA(hedge) * self, int channel)
{
	const struct wire_frame *frame = &self->frame;

	ASSERT_EQ(0, peer_take_frame(&self->peers[channel], &self->frame, self->payload, SIZE));
	if (frame->type != WIRE_DATA)
		return;
	ASSERT_GT(CHUNKS, frame->index);
	ASSERT_TRUE(!self->copies[frame->index] || self->crcs[frame->index] == frame->crc);
	self->crcs[frame->index] = frame->crc;
	self->copies[frame->index]++;
	while (self->loaded < CHUNKS && self->copies[self->loaded])
		self->loaded++;
}

/* The first channel is never read, but whatever is on it comes over the second */
TEST_F(hedge, brings_what_is_stuck_on_a_channel_over_another)
{
	int i;

	join(_metadata, self, 0);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.slots_free < SLOTS));
	poll(NULL, 0, 50);
	join(_metadata, self, 1);
	do {
		take(_metadata, self, 1);
		if (self->frame.type == WIRE_DATA)
			ASSERT_EQ(0, say_ack(&self->peers[1], self->loaded, 0));
	} while (self->frame.type == WIRE_DATA);
	ASSERT_EQ(WIRE_END, self->frame.type);
	ASSERT_EQ(CHUNKS, self->loaded);
	ASSERT_EQ(0, say_ack(&self->peers[1], CHUNKS, WIRE_ACK_COMPLETE));
	ASSERT_EQ(0, peer_take_type(&self->peers[1], WIRE_BYE, &self->frame));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_COMPLETED, self->info.state);
	EXPECT_LE(1, self->info.hedged);
	EXPECT_GE(WINDOW, self->info.hedged);
	EXPECT_EQ(0, self->info.resent);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 1, &self->channel));
	EXPECT_EQ(self->info.hedged, self->channel.hedged);
	for (i = 0; i < CHUNKS; i++)
		EXPECT_EQ(1, self->copies[i]);
}

/* What has been received and only waits to be loaded is not stuck */
TEST_F(hedge, is_not_made_of_what_has_arrived)
{
	long long until;
	int i;

	join(_metadata, self, 0);
	join(_metadata, self, 1);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	until = now_ms() + 1000;
	while (now_ms() < until) {
		struct pollfd fds[2] = {
			{ .fd = self->peers[0].sock, .events = POLLIN },
			{ .fd = self->peers[1].sock, .events = POLLIN },
		};

		if (poll(fds, 2, 100) <= 0)
			continue;
		for (i = 0; i < 2; i++) {
			if (fds[i].revents)
				take(_metadata, self, i);
		}
	}
	for (i = 0; i < CHUNKS; i++)
		EXPECT_EQ(i < WINDOW, self->copies[i]);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(0, self->info.hedged);
}

/* A channel that has a copy fails: the other copy is enough */
TEST_F(hedge, outlives_the_channel_it_was_made_for)
{
	int i;

	join(_metadata, self, 0);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.slots_free < SLOTS));
	poll(NULL, 0, 50);
	join(_metadata, self, 1);
	/* The rest of the window comes first. */
	for (i = 1; i < WINDOW; i++)
		take(_metadata, self, 1);
	ASSERT_EQ(0, self->loaded);
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.hedged == 1));
	peer_reset(&self->peers[0]);
	do {
		take(_metadata, self, 1);
		if (self->frame.type == WIRE_DATA)
			ASSERT_EQ(0, say_ack(&self->peers[1], self->loaded, 0));
	} while (self->frame.type == WIRE_DATA);
	ASSERT_EQ(WIRE_END, self->frame.type);
	ASSERT_EQ(CHUNKS, self->loaded);
	EXPECT_EQ(1, self->copies[0]);
	EXPECT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.slots_free == SLOTS));
}

TEST_HARNESS_MAIN
