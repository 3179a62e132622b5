// SPDX-License-Identifier: GPL-2.0
/*
 * A source with a slow channel: what is stuck on it goes over another one as
 * well, but only what is stuck, and only once.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

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
	struct sim other;
	struct session_info info;
	struct device_info device;
	struct channel_info channel;
	struct wire_frame frame;
	__u8 *payload;
	__u32 crcs[CHUNKS];
	int copies[CHUNKS];
	__u64 loaded;
};

FIXTURE_SETUP(hedge)
{
	self->payload = malloc(SIZE);
	ASSERT_NE(NULL, self->payload);
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&self->saving, 902, STATE));
	ASSERT_EQ(0, sim_save(&self->saving));
	peers_init(self->peers, 2);
}

FIXTURE_TEARDOWN(hedge)
{
	peers_close(self->peers, 2);
	host_close(&self->host);
	sim_close(&self->saving);
	sim_close(&self->other);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
	free(self->payload);
}

static void begin(struct __test_metadata *_metadata, FIXTURE_DATA(hedge) * self, __u32 devices)
{
	struct host_params params = {
		.uuid = self->peers[0].uuid,
		.chunk_size = SIZE,
		.channels = 2,
		.devices = devices,
		.slots = SLOTS,
		.channel_timeout = 60000,
	};

	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

/* A second device may have one chunk under way. However much has been read from
 * a socket, it takes little more that is not.
 */
static void join(struct __test_metadata *_metadata, FIXTURE_DATA(hedge) * self, int channel,
		 __u16 devices)
{
	struct wire_hello_ack ack;
	int bytes = 1 << 20;

	hello_ack_make(&ack, devices, WINDOW);
	ack.window[1] = 1;
	ASSERT_EQ(0, peer_join(&self->peers[channel], &self->host, channel, &ack));
	ASSERT_EQ(0, setsockopt(self->peers[channel].sock, SOL_SOCKET, SO_RCVBUF, &bytes,
				sizeof(bytes)));
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

/* Has a chunk get stuck on the first channel, which nobody reads; the second
 * comes too late for it.
 */
static void get_stuck(struct __test_metadata *_metadata, FIXTURE_DATA(hedge) * self)
{
	begin(_metadata, self, 1);
	join(_metadata, self, 0, 1);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	ASSERT_EQ(0, chunks_wait(&self->mux, self->host.id, 0, 1, &self->device));
	join(_metadata, self, 1, 1);
}

/* Receives all that is left on the second channel, up to the end */
static void take_all(struct __test_metadata *_metadata, FIXTURE_DATA(hedge) * self)
{
	do {
		take(_metadata, self, 1);
		if (self->frame.type == WIRE_DATA)
			ASSERT_EQ(0, peer_say_ack(&self->peers[1], self->loaded, SIZE, 0));
	} while (self->frame.type == WIRE_DATA);
	ASSERT_EQ(WIRE_END, self->frame.type);
	ASSERT_EQ(CHUNKS, self->loaded);
}

/* The first channel is never read, but whatever is on it comes over the second */
TEST_F(hedge, brings_what_is_stuck_on_a_channel_over_another)
{
	int i;

	get_stuck(_metadata, self);
	take_all(_metadata, self);
	ASSERT_EQ(0, peer_say_ack(&self->peers[1], CHUNKS, SIZE, WIRE_ACK_COMPLETE));
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

/* Receives what comes, over whichever channel */
static void take_any(struct __test_metadata *_metadata, FIXTURE_DATA(hedge) * self)
{
	struct pollfd fds[2] = {
		{ .fd = self->peers[0].sock, .events = POLLIN },
		{ .fd = self->peers[1].sock, .events = POLLIN },
	};

	ASSERT_LT(0, poll(fds, 2, WAIT_MS));
	take(_metadata, self, !fds[0].revents);
}

/* Has the other host know of all that has been received, and how often it has
 * thought until then that something was stuck: reading may take its time here.
 */
static __u64 settle(struct __test_metadata *_metadata, FIXTURE_DATA(hedge) * self)
{
	int i, one = 1;

	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, setsockopt(self->peers[i].sock, IPPROTO_TCP, TCP_QUICKACK, &one,
					sizeof(one)));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	return self->info.hedged;
}

/* What has been received and only waits to be loaded is not stuck. What another
 * device has sent after it is, and has its copy made: whoever looked at that
 * has looked at all that had been there for longer.
 */
TEST_F(hedge, is_not_made_of_what_has_arrived)
{
	__u64 before;
	int i;

	begin(_metadata, self, 2);
	join(_metadata, self, 0, 2);
	join(_metadata, self, 1, 2);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	while (self->loaded < WINDOW)
		take_any(_metadata, self);
	before = settle(_metadata, self);
	ASSERT_EQ(0, sim_open(&self->other, 904, STATE));
	ASSERT_EQ(0, sim_save(&self->other));
	ASSERT_EQ(0, host_attach(&self->host, 1, self->other.data_fd, true));
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.hedged > before));
	for (i = 0; i < 2; i++) {
		do {
			ASSERT_EQ(0, peer_take_frame(&self->peers[i], &self->frame, self->payload,
						     SIZE));
		} while (!self->frame.device && before);
		EXPECT_EQ(WIRE_DATA, self->frame.type);
		EXPECT_EQ(1, self->frame.device);
		EXPECT_EQ(0, self->frame.index);
	}
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(before + 1, self->info.hedged);
}

/* A channel that has a copy fails: the other copy is enough */
TEST_F(hedge, outlives_the_channel_it_was_made_for)
{
	int i;

	get_stuck(_metadata, self);
	/* The rest of the window comes first, unless reading it takes so long that the copy does. */
	for (i = 1; i < WINDOW; i++)
		take(_metadata, self, 1);
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.hedged == 1));
	peer_reset(&self->peers[0]);
	take_all(_metadata, self);
	EXPECT_EQ(1, self->copies[0]);
	EXPECT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.slots_free == SLOTS));
}

TEST_HARNESS_MAIN
