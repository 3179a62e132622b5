// SPDX-License-Identifier: GPL-2.0
/*
 * A destination that is given everything in the worst order: the first chunk
 * of every window last, and something half received on every channel. It
 * takes the memory it was promised, all of it and no more.
 */
#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED

#define CHANNELS	3
#define DEVICES		2
#define WINDOW		4
#define SLOTS		(DEVICES * WINDOW + CHANNELS)
#define CHUNKS		(3 * WINDOW)
#define STATE_BYTES	(CHUNKS * CHUNK)

FIXTURE(bound)
{
	struct mux mux;
	struct peer peers[CHANNELS];
	struct host host;
	struct sim loading[DEVICES];
	struct session_info info;
	struct device_info device;
	int turn;
	__u8 state[DEVICES][STATE_BYTES];
};

FIXTURE_SETUP(bound)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peers[0].uuid,
		.channels = CHANNELS,
		.devices = DEVICES,
		.slots = SLOTS,
	};
	struct wire_hello_ack ack;
	struct wire_hello hello;
	int i;

	ASSERT_EQ(0, mux_open(&self->mux));
	for (i = 0; i < DEVICES; i++) {
		ASSERT_EQ(STATE_BYTES,
			  sim_twin(902, words("state_size=%d seed=%d", STATE_BYTES, 71 + i),
				   self->state[i], STATE_BYTES));
		ASSERT_EQ(0, sim_open(&self->loading[i], 903 + i, ""));
		ASSERT_EQ(0, sim_load(&self->loading[i]));
	}
	peers_init(self->peers, CHANNELS);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	for (i = 0; i < CHANNELS; i++) {
		hello_make(&hello, i, CHANNELS, DEVICES);
		ASSERT_EQ(0, peer_open(&self->peers[i], &self->host, -1));
		ASSERT_EQ(0, peer_say_hello(&self->peers[i], &hello));
		ASSERT_EQ(0, peer_take_hello_ack(&self->peers[i], &ack));
		ASSERT_EQ(WINDOW, ack.window[0]);
		ASSERT_EQ(WINDOW, ack.window[1]);
	}
}

FIXTURE_TEARDOWN(bound)
{
	int i;

	peers_close(self->peers, CHANNELS);
	host_close(&self->host);
	for (i = 0; i < DEVICES; i++)
		sim_close(&self->loading[i]);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static struct wire_frame chunk(FIXTURE_DATA(bound) * self, int device, __u64 index)
{
	return (struct wire_frame){
		.type = WIRE_DATA,
		.device = device,
		.length = CHUNK,
		.index = index,
		.offset = index * CHUNK,
		.crc = crc_of(self->state[device] + index * CHUNK, CHUNK),
	};
}

/* Says a chunk on the next channel */
static void say_chunk(struct __test_metadata *_metadata, FIXTURE_DATA(bound) * self, int device,
		      __u64 index)
{
	struct wire_frame frame = chunk(self, device, index);
	struct peer *peer = &self->peers[self->turn++ % CHANNELS];

	ASSERT_EQ(0, peer_say(peer, &frame, self->state[device] + index * CHUNK));
}

/* Says a window's worth of chunks of all devices, the first ones last */
static void say_window(struct __test_metadata *_metadata, FIXTURE_DATA(bound) * self, __u64 first)
{
	int i, device;

	for (i = WINDOW - 1; i >= 0; i--) {
		for (device = 0; device < DEVICES; device++)
			say_chunk(_metadata, self, device, first + i);
	}
}

/* Says a chunk once more on every channel, in two parts */
static void say_copies(struct __test_metadata *_metadata, FIXTURE_DATA(bound) * self, __u64 index,
		       bool first_part)
{
	struct wire_frame frame = chunk(self, 0, index);
	const __u8 *bytes = self->state[0] + index * CHUNK;
	int i;

	for (i = 0; i < CHANNELS; i++) {
		if (first_part)
			ASSERT_EQ(0, peer_say(&self->peers[i], &frame, NULL));
		ASSERT_EQ(0, peer_send(&self->peers[i], bytes + (first_part ? 0 : CHUNK / 2),
				       CHUNK / 2));
	}
}

static void wait_moved(struct __test_metadata *_metadata, FIXTURE_DATA(bound) * self, __u64 chunks)
{
	int i;

	for (i = 0; i < DEVICES; i++)
		ASSERT_EQ(0, chunks_wait(&self->mux, self->host.id, i, chunks, &self->device));
}

static void wait_loaded(struct __test_metadata *_metadata, FIXTURE_DATA(bound) * self,
			__u64 chunks)
{
	int i;

	for (i = 0; i < DEVICES; i++)
		ASSERT_TRUE(eventually(!device_get(&self->mux, self->host.id, i,
						   &self->device) &&
				       self->device.chunks == chunks));
}

static void expect_bounds(struct __test_metadata *_metadata, FIXTURE_DATA(bound) * self)
{
	int i;

	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(SLOTS, self->info.slots_used_max);
	for (i = 0; i < DEVICES; i++) {
		ASSERT_EQ(0, device_get(&self->mux, self->host.id, i, &self->device));
		EXPECT_EQ(WINDOW, self->device.chunks_held_max);
	}
}

/* Receives what comes on whichever channel until all devices are complete */
static void take_complete(struct __test_metadata *_metadata, FIXTURE_DATA(bound) * self)
{
	struct pollfd fds[CHANNELS];
	struct wire_frame ack;
	unsigned int complete = 0;
	int i;

	while (complete != (1 << DEVICES) - 1) {
		for (i = 0; i < CHANNELS; i++)
			fds[i] = (struct pollfd){ .fd = self->peers[i].sock, .events = POLLIN };
		ASSERT_LT(0, poll(fds, CHANNELS, WAIT_MS));
		for (i = 0; !fds[i].revents; i++)
			;
		ASSERT_EQ(0, peer_take_type(&self->peers[i], WIRE_ACK, &ack));
		if (ack.flags == WIRE_ACK_COMPLETE)
			complete |= 1 << ack.device;
	}
}

static void end_well(struct __test_metadata *_metadata, FIXTURE_DATA(bound) * self)
{
	struct wire_frame bye = { .type = WIRE_BYE };
	int device, i;

	for (device = 0; device < DEVICES; device++) {
		struct wire_frame end = {
			.type = WIRE_END,
			.device = device,
			.index = CHUNKS,
			.offset = STATE_BYTES,
		};

		for (i = 0; i < CHUNKS; i++)
			end.crc = wire_digest(end.crc, chunk(self, device, i).crc);
		ASSERT_EQ(0, peer_say(&self->peers[0], &end, NULL));
	}
	take_complete(_metadata, self);
	for (i = 0; i < CHANNELS; i++)
		ASSERT_EQ(0, peer_say(&self->peers[i], &bye, NULL));
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, COMPLETED, &self->info));
	EXPECT_EQ(COMPLETED, self->info.state);
	for (device = 0; device < DEVICES; device++) {
		EXPECT_EQ(0, sim_stop(&self->loading[device]));
		EXPECT_STREQ("identical", sim_read(&self->loading[device], "verified"));
	}
}

TEST_F(bound, of_memory_is_kept_in_the_worst_order)
{
	__u64 first, copies = 0;
	int i;

	/* Nothing is loaded yet: what is there takes every slot there is. */
	say_window(_metadata, self, 0);
	wait_moved(_metadata, self, WINDOW);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(0, self->info.slots_free);
	expect_bounds(_metadata, self);
	say_copies(_metadata, self, WINDOW - 1, true);
	for (i = 0; i < DEVICES; i++)
		ASSERT_EQ(0, host_attach(&self->host, i, self->loading[i].data_fd, false));
	wait_loaded(_metadata, self, WINDOW);
	say_copies(_metadata, self, WINDOW - 1, false);
	copies += CHANNELS;
	for (first = WINDOW; first < CHUNKS; first += WINDOW) {
		say_window(_metadata, self, first);
		say_copies(_metadata, self, first + WINDOW - 1, true);
		wait_loaded(_metadata, self, first + WINDOW);
		say_copies(_metadata, self, first + WINDOW - 1, false);
		copies += CHANNELS;
	}
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.duplicates == copies));
	expect_bounds(_metadata, self);
	EXPECT_EQ(DEVICES * WINDOW, self->info.slots_free);
	end_well(_metadata, self);
}

/* With every slot in use copies of what is there go nowhere, again and again */
TEST_F(bound, of_memory_is_kept_by_copies)
{
	int i;

	say_window(_metadata, self, 0);
	for (i = 0; i < 4; i++) {
		say_copies(_metadata, self, i % WINDOW, true);
		say_copies(_metadata, self, i % WINDOW, false);
	}
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.duplicates == 4 * CHANNELS));
	EXPECT_EQ(0, self->info.slots_free);
	expect_bounds(_metadata, self);
}

TEST_HARNESS_MAIN
