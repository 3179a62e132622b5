// SPDX-License-Identifier: GPL-2.0
/*
 * A destination whose channels fail, stammer and come again: it takes up where
 * it was, repeats what may be lost, and loads every byte once.
 */
#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_sched.h"
#include "lib_time.h"

#define ACTIVE		VFIO_MIG_MUX_SESSION_STATE_ACTIVE
#define PAUSED		VFIO_MIG_MUX_SESSION_STATE_PAUSED
#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define SESSION_FAILED	VFIO_MIG_MUX_SESSION_STATE_FAILED
#define LIVE		VFIO_MIG_MUX_CHANNEL_STATE_LIVE
#define FAILED		VFIO_MIG_MUX_CHANNEL_STATE_FAILED

#define CHANNELS	2
#define WINDOW		3
#define SLOTS		(WINDOW + CHANNELS)

/* Three chunks of state */
#define CHUNKS		3
#define STATE_BYTES	150000
#define STATE		"state_size=150000 seed=59"

FIXTURE(resume)
{
	struct mux mux;
	struct peer peers[CHANNELS + 1];
	struct host host;
	struct sim loading;
	struct session_info info;
	struct channel_info channel;
	struct wire_frame frame;
	struct wire_abort abort;
	struct wire_hello_ack ack;
	__u8 state[CHUNKS * CHUNK];
};

FIXTURE_SETUP(resume)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peers[0].uuid,
		.channels = CHANNELS,
		.devices = 1,
		.slots = SLOTS,
		.resume_timeout = 5000,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(STATE_BYTES, sim_twin(902, STATE, self->state, sizeof(self->state)));
	ASSERT_EQ(0, sim_open(&self->loading, 903, ""));
	ASSERT_EQ(0, sim_load(&self->loading));
	peers_init(self->peers, CHANNELS + 1);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	ASSERT_EQ(0, host_attach(&self->host, 0, self->loading.data_fd, false));
}

FIXTURE_TEARDOWN(resume)
{
	peers_close(self->peers, CHANNELS + 1);
	host_close(&self->host);
	sim_close(&self->loading);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static int say_hello(FIXTURE_DATA(resume) * self, struct peer *peer, __u16 channel, __u16 flags)
{
	struct wire_hello hello;
	int ret;

	hello_make(&hello, channel, CHANNELS, 1);
	hello.flags = flags;
	ret = peer_open(peer, &self->host, -1);
	return ret ?: peer_say_hello(peer, &hello);
}

/* Makes a channel, which must be told that so much is loaded */
static void join(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
		 struct peer *peer, __u16 channel, __u16 flags, __u64 loaded)
{
	ASSERT_EQ(0, say_hello(self, peer, channel, flags))
		TH_LOG("%s", self->mux.text);
	ASSERT_EQ(0, peer_take_hello_ack(peer, &self->ack));
	EXPECT_EQ(WINDOW, self->ack.window[0]);
	EXPECT_EQ(loaded, self->ack.loaded[0]);
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, channel, &self->channel) &&
			       self->channel.state == LIVE));
}

static void join_both(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self)
{
	join(_metadata, self, &self->peers[0], 0, 0, 0);
	join(_metadata, self, &self->peers[1], 1, 0, 0);
}

/* A right header for a chunk of the state */
static struct wire_frame chunk(FIXTURE_DATA(resume) * self, __u64 index)
{
	__u32 length = index == CHUNKS - 1 ? STATE_BYTES % CHUNK : CHUNK;

	return (struct wire_frame){
		.type = WIRE_DATA,
		.length = length,
		.index = index,
		.offset = index * CHUNK,
		.crc = crc_of(self->state + index * CHUNK, length),
	};
}

static int say_chunk(FIXTURE_DATA(resume) * self, struct peer *peer, __u64 index)
{
	struct wire_frame frame = chunk(self, index);

	return peer_say(peer, &frame, self->state + index * CHUNK);
}

/* Says a chunk with a bit turned over */
static int say_noise(FIXTURE_DATA(resume) * self, struct peer *peer, __u64 index)
{
	struct wire_frame frame = chunk(self, index);
	int ret;

	self->state[index * CHUNK + 7] ^= 1;
	ret = peer_say(peer, &frame, self->state + index * CHUNK);
	self->state[index * CHUNK + 7] ^= 1;
	return ret;
}

static int say_end(FIXTURE_DATA(resume) * self, struct peer *peer)
{
	struct wire_frame frame = {
		.type = WIRE_END,
		.index = CHUNKS,
		.offset = STATE_BYTES,
	};
	__u64 i;

	for (i = 0; i < CHUNKS; i++)
		frame.crc = wire_digest(frame.crc, chunk(self, i).crc);
	return peer_say(peer, &frame, NULL);
}

static void take_ack(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
		     struct peer *peer, __u64 index, __u8 flags)
{
	do {
		ASSERT_EQ(0, peer_take_type(peer, WIRE_ACK, &self->frame));
	} while (self->frame.index < index || self->frame.flags != flags);
	EXPECT_EQ(index, self->frame.index);
	EXPECT_EQ(index == CHUNKS ? STATE_BYTES : index * CHUNK, self->frame.offset);
}

/* The same, over whichever channel it comes */
static void take_ack_anywhere(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
			      __u64 index, __u8 flags)
{
	struct pollfd fds[CHANNELS];
	int i;

	do {
		for (i = 0; i < CHANNELS; i++)
			fds[i] = (struct pollfd){ .fd = self->peers[i].sock, .events = POLLIN };
		ASSERT_LT(0, poll(fds, CHANNELS, WAIT_MS))
			TH_LOG("no ACK of %llu chunks", (unsigned long long)index);
		for (i = 0; !fds[i].revents; i++)
			;
		ASSERT_EQ(0, peer_take_type(&self->peers[i], WIRE_ACK, &self->frame));
	} while (self->frame.index != index || self->frame.flags != flags);
	EXPECT_EQ(index == CHUNKS ? STATE_BYTES : index * CHUNK, self->frame.offset);
}

/* All is said: the destination must be satisfied, and the device too */
static void complete(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
		     struct peer *peer)
{
	struct wire_frame frame = { .type = WIRE_BYE };

	ASSERT_EQ(0, peer_say(peer, &frame, NULL));
	ASSERT_EQ(0, peer_take_type(peer, WIRE_BYE, &frame));
	EXPECT_EQ(0, frame.flags);
	EXPECT_TRUE(peer_sees_end(peer));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(COMPLETED, self->info.state);
	EXPECT_EQ(0, sim_stop(&self->loading));
	EXPECT_STREQ("identical", sim_read(&self->loading, "verified"));
}

/* Says all that is left, on one channel */
static void finish(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
		   struct peer *peer, __u64 from)
{
	for (; from < CHUNKS; from++)
		ASSERT_EQ(0, say_chunk(self, peer, from));
	ASSERT_EQ(0, say_end(self, peer));
	take_ack_anywhere(_metadata, self, CHUNKS, WIRE_ACK_COMPLETE);
	complete(_metadata, self, peer);
}

static void wait_paused(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, PAUSED, &self->info));
	ASSERT_EQ(PAUSED, self->info.state);
	EXPECT_EQ(0, self->info.channels_live);
}

/* A channel must fail with this error, and its peer be told so in these words */
static void expect_told(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
			__u16 channel, __u32 code, const char *text)
{
	struct peer *peer = &self->peers[channel];

	ASSERT_EQ(0, peer_take_abort(peer, &self->frame, &self->abort));
	EXPECT_EQ(WIRE_ABORT_CHANNEL, self->frame.flags);
	EXPECT_TRUE(peer_sees_end(peer));
	peer_close(peer);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, channel, &self->channel));
	EXPECT_EQ(FAILED, self->channel.state);
	EXPECT_LOCAL_ERROR(&self->channel.error, code, text);
	EXPECT_STREQ(self->channel.error.text, self->abort.text);
	EXPECT_EQ(code, self->abort.code);
}

static void expect_end_of_session(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
				  __u32 code, const char *text)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, COMPLETED, &self->info));
	EXPECT_EQ(SESSION_FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(&self->info.error, code, text);
}

/* A chunk with a wrong checksum comes over the second channel, which fails */
static void expect_noise_told(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
			      __u64 index)
{
	ASSERT_EQ(0, say_noise(self, &self->peers[1], index));
	expect_told(_metadata, self, 1, EBADMSG,
		    words("channel 1: DATA of device d0, chunk %llu: checksum is wrong",
			  (unsigned long long)index));
}

TEST_F(resume, survives_a_wrong_checksum)
{
	join_both(_metadata, self);
	expect_noise_told(_metadata, self, 1);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(ACTIVE, self->info.state);
	finish(_metadata, self, &self->peers[0], 0);
}

TEST_F(resume, survives_a_wrong_checksum_of_each_of_two_chunks)
{
	join_both(_metadata, self);
	expect_noise_told(_metadata, self, 1);
	join(_metadata, self, &self->peers[1], 1, WIRE_HELLO_RESUME, 0);
	expect_noise_told(_metadata, self, 2);
	finish(_metadata, self, &self->peers[0], 0);
}

TEST_F(resume, does_not_survive_two_wrong_checksums_of_one_chunk)
{
	join_both(_metadata, self);
	expect_noise_told(_metadata, self, 1);
	ASSERT_EQ(0, say_noise(self, &self->peers[0], 1));
	expect_end_of_session(_metadata, self, EBADMSG,
			      "channel 0: DATA of device d0, chunk 1: checksum is wrong again");
	ASSERT_EQ(0, peer_take_abort(&self->peers[0], &self->frame, &self->abort));
	EXPECT_EQ(0, self->frame.flags);
	EXPECT_STREQ("0", sim_read(&self->loading, "stream_bytes"));
}

/* A chunk with another checksum than the one that is there */
TEST_F(resume, does_not_survive_a_conflict_between_channels)
{
	struct wire_frame frame = chunk(self, 1);

	join_both(_metadata, self);
	ASSERT_EQ(0, peer_say(&self->peers[0], &frame, self->state + CHUNK));
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, 0, &self->channel) &&
			       self->channel.chunks == 1));
	self->state[CHUNK] ^= 1;
	frame.crc = crc_of(self->state + CHUNK, CHUNK);
	ASSERT_EQ(0, peer_say(&self->peers[1], &frame, self->state + CHUNK));
	expect_end_of_session(_metadata, self, EPROTO,
			      "channel 1: DATA of device d0, chunk 1: conflicts with one that is there already");
}

TEST_F(resume, drops_copies_and_counts_them)
{
	join_both(_metadata, self);
	ASSERT_EQ(0, say_chunk(self, &self->peers[0], 1));
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, 0, &self->channel) &&
			       self->channel.chunks == 1));
	ASSERT_EQ(0, say_chunk(self, &self->peers[1], 1));
	ASSERT_EQ(0, say_chunk(self, &self->peers[1], 0));
	take_ack_anywhere(_metadata, self, 2, 0);
	ASSERT_EQ(0, say_chunk(self, &self->peers[1], 0));
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, 1, &self->channel) &&
			       self->channel.duplicates == 2));
	EXPECT_EQ(1, self->channel.chunks);
	finish(_metadata, self, &self->peers[1], 2);
	EXPECT_EQ(2, self->info.duplicates);
}

TEST_F(resume, survives_a_garbled_header)
{
	struct wire_frame frame = chunk(self, 0);
	__u8 head[WIRE_FRAME_SIZE];

	join_both(_metadata, self);
	wire_put_frame(head, &frame);
	head[31] ^= 1;
	ASSERT_EQ(0, peer_send(&self->peers[1], head, sizeof(head)));
	expect_told(_metadata, self, 1, EBADMSG,
		    "channel 1: DATA frame, type 1, device 0, length 65536: header checksum is wrong");
	finish(_metadata, self, &self->peers[0], 0);
}

/* Whoever has taken the ACK: where it came from fails, the other has to bring it */
static void take_ack_twice(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
			   __u64 index, __u8 flags)
{
	struct pollfd fds[2] = {
		{ .fd = self->peers[0].sock, .events = POLLIN },
		{ .fd = self->peers[1].sock, .events = POLLIN },
	};
	int first;

	ASSERT_LT(0, poll(fds, 2, WAIT_MS));
	first = !fds[0].revents;
	take_ack(_metadata, self, &self->peers[first], index, flags);
	peer_reset(&self->peers[first]);
	take_ack(_metadata, self, &self->peers[!first], index, flags);
	if (first)
		return;
	/* From now on the survivor is the first. */
	self->peers[0] = self->peers[1];
	self->peers[1].sock = -1;
}

TEST_F(resume, repeats_an_ack_that_may_be_lost)
{
	join_both(_metadata, self);
	ASSERT_EQ(0, say_chunk(self, &self->peers[0], 0));
	take_ack_twice(_metadata, self, 1, 0);
	finish(_metadata, self, &self->peers[0], 1);
}

TEST_F(resume, repeats_that_all_is_complete)
{
	__u64 i;

	join(_metadata, self, &self->peers[0], 0, 0, 0);
	for (i = 0; i < CHUNKS; i++) {
		ASSERT_EQ(0, say_chunk(self, &self->peers[0], i));
		take_ack(_metadata, self, &self->peers[0], i + 1, 0);
	}
	join(_metadata, self, &self->peers[1], 1, 0, CHUNKS);
	ASSERT_EQ(0, say_end(self, &self->peers[0]));
	take_ack_twice(_metadata, self, CHUNKS, WIRE_ACK_COMPLETE);
	complete(_metadata, self, &self->peers[0]);
}

TEST_F(resume, waits_for_a_new_channel_twice)
{
	struct peer *peer = &self->peers[0];
	struct wire_frame second = chunk(self, 1);
	__u64 i;

	join(_metadata, self, peer, 0, 0, 0);
	ASSERT_EQ(0, say_chunk(self, peer, 0));
	take_ack(_metadata, self, peer, 1, 0);
	/* Half a chunk is as good as none. */
	ASSERT_EQ(0, peer_say(peer, &second, NULL));
	ASSERT_EQ(0, peer_send(peer, self->state + CHUNK, CHUNK / 2));
	for (i = 1; i < CHUNKS; i++) {
		peer_reset(peer);
		wait_paused(_metadata, self);
		EXPECT_EQ(SLOTS, self->info.slots_free + self->info.channels_live);
		join(_metadata, self, peer, i % CHANNELS, WIRE_HELLO_RESUME, i);
		take_ack(_metadata, self, peer, i, 0);
		ASSERT_EQ(0, say_chunk(self, peer, i));
		take_ack(_metadata, self, peer, i + 1, 0);
	}
	finish(_metadata, self, peer, CHUNKS);
}

TEST_F(resume, lets_a_new_channel_displace_one_that_is_dead_at_the_other_end_only)
{
	int i;

	join_both(_metadata, self);
	ASSERT_EQ(0, say_chunk(self, &self->peers[0], 1));
	/* Again and again, in the middle of a chunk, with every slot in use */
	for (i = 0; i < 5; i++) {
		struct wire_frame frame = chunk(self, 0);

		ASSERT_EQ(0, peer_say(&self->peers[0], &frame, NULL));
		join(_metadata, self, &self->peers[CHANNELS], 0, WIRE_HELLO_RESUME, 0);
		EXPECT_TRUE(peer_sees_end(&self->peers[0]));
		peer_close(&self->peers[0]);
		self->peers[0] = self->peers[CHANNELS];
		self->peers[CHANNELS].sock = -1;
	}
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(ACTIVE, self->info.state);
	EXPECT_EQ(2, self->info.channels_live);
	EXPECT_GE(SLOTS, self->info.slots_used_max);
	finish(_metadata, self, &self->peers[0], 0);
}

/* The new channel has to wait for the old one's slot: there is no other. So
 * that it has to each time, its workers go before those of the old one.
 */
TEST_F(resume, needs_no_more_slots_than_there_are)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peers[0].uuid,
		.channels = CHANNELS,
		.devices = 1,
		.slots = SLOTS,
	};
	__u64 i;

	host_close(&self->host);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	ASSERT_EQ(0, sched_pin(0));
	join_both(_metadata, self);
	for (i = 0; i < CHUNKS; i++)
		ASSERT_EQ(0, say_chunk(self, &self->peers[1], i));
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       !self->info.slots_free));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, sched_hurry(i));
		join(_metadata, self, &self->peers[CHANNELS], 0, WIRE_HELLO_RESUME, 0);
		ASSERT_EQ(0, sched_hurry(0));
		/* Two workers of each channel, and the loader is not there yet. */
		ASSERT_TRUE(eventually(workers_count() == 2 * CHANNELS));
		ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
		/* The new one has nothing to receive into if the old one's is free. */
		ASSERT_EQ(0, self->info.slots_free);
		ASSERT_EQ(0, say_chunk(self, &self->peers[CHANNELS], 1));
		ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, 0,
						    &self->channel) &&
				       self->channel.duplicates == 1));
		peer_close(&self->peers[0]);
		self->peers[0] = self->peers[CHANNELS];
		self->peers[CHANNELS].sock = -1;
	}
	ASSERT_EQ(0, host_attach(&self->host, 0, self->loading.data_fd, false));
	finish(_metadata, self, &self->peers[0], CHUNKS);
}

TEST_F(resume, of_a_number_that_is_live_must_be_meant)
{
	struct wire_refuse refuse;

	join(_metadata, self, &self->peers[0], 0, 0, 0);
	ASSERT_EQ(0, say_hello(self, &self->peers[1], 0, 0));
	ASSERT_EQ(0, peer_take_refuse(&self->peers[1], &refuse));
	EXPECT_EQ(EEXIST, refuse.code);
	peer_close(&self->peers[1]);
	finish(_metadata, self, &self->peers[0], 0);
}

TEST_F(resume, of_a_session_that_has_not_begun_is_refused)
{
	struct wire_refuse refuse;

	ASSERT_EQ(0, say_hello(self, &self->peers[0], 0, WIRE_HELLO_RESUME));
	ASSERT_EQ(0, peer_take_refuse(&self->peers[0], &refuse));
	EXPECT_EQ(ESTALE, refuse.code);
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 0, FAILED, &self->channel));
	EXPECT_LOCAL_ERROR(&self->channel.error, ESTALE,
			   "new channel: HELLO resumes a session that has not begun");
}

TEST_F(resume, is_not_waited_for_forever)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peers[0].uuid,
		.channels = CHANNELS,
		.devices = 1,
		.slots = SLOTS,
		.resume_timeout = 300,
	};

	host_close(&self->host);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	join(_metadata, self, &self->peers[0], 0, 0, 0);
	peer_close(&self->peers[0]);
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, 0, &self->channel) &&
			       self->channel.state == FAILED));
	expect_end_of_session(_metadata, self, ETIMEDOUT,
			      words("no new channel within 300 ms, of the last one: %s",
				    self->channel.error.text));
}

static void take_drain(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
		       struct peer *peer)
{
	ASSERT_EQ(0, peer_take_type(peer, WIRE_BYE, &self->frame));
	EXPECT_EQ(WIRE_BYE_DRAIN, self->frame.flags);
}

static void expect_closed(struct __test_metadata *_metadata, FIXTURE_DATA(resume) * self,
			  int channel)
{
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, channel, &self->channel) &&
			       self->channel.state == VFIO_MIG_MUX_CHANNEL_STATE_CLOSED));
	EXPECT_FALSE(HAS(&self->channel, VFIO_MIG_MUX_A_CHANNEL_ERROR));
}

TEST_F(resume, is_not_needed_after_the_source_has_removed_a_channel)
{
	join_both(_metadata, self);
	ASSERT_EQ(0, say_chunk(self, &self->peers[1], 1));
	ASSERT_EQ(0, peer_say_drain(&self->peers[1]));
	take_drain(_metadata, self, &self->peers[1]);
	peer_close(&self->peers[1]);
	expect_closed(_metadata, self, 1);
	EXPECT_EQ(1, self->channel.chunks);
	ASSERT_EQ(0, say_chunk(self, &self->peers[0], 0));
	take_ack(_metadata, self, &self->peers[0], 2, 0);
	join(_metadata, self, &self->peers[1], 1, WIRE_HELLO_RESUME, 2);
	finish(_metadata, self, &self->peers[1], 2);
}

TEST_F(resume, is_not_needed_after_the_owner_has_removed_a_channel)
{
	join_both(_metadata, self);
	ASSERT_EQ(0, host_drain(&self->host, 1));
	take_drain(_metadata, self, &self->peers[1]);
	/* What was on its way still counts. */
	ASSERT_EQ(0, say_chunk(self, &self->peers[1], 1));
	ASSERT_EQ(0, peer_say_drain(&self->peers[1]));
	EXPECT_TRUE(peer_sees_end(&self->peers[1]));
	peer_close(&self->peers[1]);
	expect_closed(_metadata, self, 1);
	EXPECT_EQ(1, self->channel.chunks);
	ASSERT_EQ(0, say_chunk(self, &self->peers[0], 0));
	take_ack(_metadata, self, &self->peers[0], 2, 0);
	finish(_metadata, self, &self->peers[0], 2);
}

TEST_F(resume, is_needed_after_the_peer_has_removed_the_only_channel)
{
	join(_metadata, self, &self->peers[0], 0, 0, 0);
	ASSERT_EQ(0, say_chunk(self, &self->peers[0], 0));
	take_ack(_metadata, self, &self->peers[0], 1, 0);
	ASSERT_EQ(0, peer_say_drain(&self->peers[0]));
	take_drain(_metadata, self, &self->peers[0]);
	wait_paused(_metadata, self);
	peer_close(&self->peers[0]);
	join(_metadata, self, &self->peers[1], 0, WIRE_HELLO_RESUME, 1);
	finish(_metadata, self, &self->peers[1], 1);
}

TEST_HARNESS_MAIN
