// SPDX-License-Identifier: GPL-2.0
/*
 * A source whose channels fail, are removed and come again: what was on them
 * goes over others, once more and in order, and not a byte is lost.
 */
#include <poll.h>
#include <sys/socket.h>

#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_time.h"

#define ACTIVE		VFIO_MIG_MUX_SESSION_STATE_ACTIVE
#define PAUSED		VFIO_MIG_MUX_SESSION_STATE_PAUSED
#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED

#define CHANNELS	3
#define CHUNKS		12
#define STATE_BYTES	(CHUNKS * CHUNK)
#define STATE		"state_size=786432 seed=53"
#define WINDOW		6
#define SLOTS		8

FIXTURE(resend)
{
	struct mux mux;
	struct peer peers[CHANNELS];
	struct host host;
	struct sim saving;
	struct session_info info;
	struct channel_info channel;
	struct wire_frame frame;
	__u8 expected[STATE_BYTES];
	__u8 payload[CHUNK];
	int copies[CHUNKS];
	__u64 loaded;
	bool ended;
};

FIXTURE_SETUP(resend)
{
	struct host_params params = {
		.uuid = self->peers[0].uuid,
		.channels = CHANNELS,
		.devices = 1,
		.slots = SLOTS,
		.resume_timeout = 5000,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(STATE_BYTES, sim_twin(904, STATE, self->expected, STATE_BYTES));
	ASSERT_EQ(0, sim_open(&self->saving, 902, STATE));
	ASSERT_EQ(0, sim_save(&self->saving));
	peers_init(self->peers, CHANNELS);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(resend)
{
	host_close(&self->host);
	peers_close(self->peers, CHANNELS);
	sim_close(&self->saving);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

/* Makes a channel, up to the source's HELLO */
static void greet(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self, int channel,
		  __u16 flags)
{
	struct wire_hello hello;

	ASSERT_EQ(0, peer_open(&self->peers[channel], &self->host, channel))
		TH_LOG("%s", self->mux.text);
	ASSERT_EQ(0, peer_take_hello(&self->peers[channel], &hello));
	EXPECT_EQ(channel, hello.channel);
	EXPECT_EQ(flags, hello.flags);
}

/* Makes a channel, and has the source know what is loaded */
static void join(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self, int channel,
		 __u16 flags)
{
	struct wire_hello_ack ack;

	greet(_metadata, self, channel, flags);
	hello_ack_make(&ack, 1, WINDOW);
	ack.loaded[0] = self->loaded;
	ASSERT_EQ(0, peer_say_hello_ack(&self->peers[channel], &ack));
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, channel, &self->channel) &&
			       self->channel.state == VFIO_MIG_MUX_CHANNEL_STATE_LIVE));
}

static void attach(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self)
{
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
}

/* Receives a frame: a chunk of the state, as it should be, or something else */
static void take(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self, int channel)
{
	const struct wire_frame *frame = &self->frame;

	ASSERT_EQ(0, peer_take_frame(&self->peers[channel], &self->frame, self->payload, CHUNK))
		TH_LOG("channel %d", channel);
	if (frame->type != WIRE_DATA)
		return;
	ASSERT_GT(CHUNKS, frame->index);
	ASSERT_EQ(CHUNK, frame->length);
	ASSERT_EQ(frame->index * CHUNK, frame->offset);
	ASSERT_EQ(0, memcmp(self->expected + frame->offset, self->payload, CHUNK))
		TH_LOG("chunk %llu", (unsigned long long)frame->index);
	self->copies[frame->index]++;
	while (self->loaded < CHUNKS && self->copies[self->loaded])
		self->loaded++;
}

/* Receives the first half of a chunk */
static void take_half(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self, int channel)
{
	__u8 head[WIRE_FRAME_SIZE];

	ASSERT_EQ(0, peer_take(&self->peers[channel], head, sizeof(head)));
	ASSERT_TRUE(wire_get_frame(head, &self->frame));
	ASSERT_EQ(WIRE_DATA, self->frame.type);
	ASSERT_EQ(0, peer_take(&self->peers[channel], self->payload, CHUNK / 2));
}

static void take_end(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self)
{
	__u32 digest = 0;
	int i;

	for (i = 0; i < CHUNKS; i++)
		digest = wire_digest(digest, crc_of(self->expected + i * CHUNK, CHUNK));
	ASSERT_EQ(WIRE_END, self->frame.type);
	EXPECT_EQ(CHUNKS, self->frame.index);
	EXPECT_EQ(STATE_BYTES, self->frame.offset);
	EXPECT_EQ(digest, self->frame.crc);
	self->ended = true;
}

/* Plays the destination on all channels there are until all has arrived */
static void serve(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self)
{
	struct pollfd fds[CHANNELS];
	int i;

	while (!self->ended || self->loaded < CHUNKS) {
		for (i = 0; i < CHANNELS; i++)
			fds[i] = (struct pollfd){ .fd = self->peers[i].sock, .events = POLLIN };
		ASSERT_LT(0, poll(fds, CHANNELS, WAIT_MS))
			TH_LOG("%llu chunks have come", (unsigned long long)self->loaded);
		for (i = 0; i < CHANNELS; i++) {
			if (self->peers[i].sock < 0 || !fds[i].revents)
				continue;
			take(_metadata, self, i);
			if (self->frame.type != WIRE_DATA) {
				take_end(_metadata, self);
				continue;
			}
			ASSERT_EQ(0, peer_say_ack(&self->peers[i], self->loaded, CHUNK, 0));
		}
	}
}

/* Everything has arrived: the source must be satisfied */
static void complete(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self, int channel)
{
	ASSERT_EQ(0, peer_say_ack(&self->peers[channel], CHUNKS, CHUNK, WIRE_ACK_COMPLETE));
	ASSERT_EQ(0, peer_take_type(&self->peers[channel], WIRE_BYE, &self->frame));
	EXPECT_EQ(0, self->frame.flags);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(COMPLETED, self->info.state);
	EXPECT_EQ(SLOTS, self->info.slots_free);
	EXPECT_EQ(STATE_BYTES, self->info.bytes);
}

static void wait_paused(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, PAUSED, &self->info));
	ASSERT_EQ(PAUSED, self->info.state);
	EXPECT_EQ(0, self->info.channels_live);
	EXPECT_FALSE(HAS(&self->info, VFIO_MIG_MUX_A_SESSION_ERROR));
}

static void expect_gone(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self,
			int channel)
{
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, channel, &self->channel) &&
			       self->channel.state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED));
	EXPECT_EQ(ECONNRESET, self->channel.error.code);
	EXPECT_EQ(channel, self->channel.error.channel);
}

TEST_F(resend, after_resets_in_the_middle_of_chunks_one_channel_is_enough)
{
	int i;

	join(_metadata, self, 0, 0);
	attach(_metadata, self);
	for (i = 0; i < CHANNELS - 1; i++) {
		take_half(_metadata, self, i);
		join(_metadata, self, i + 1, 0);
		peer_reset(&self->peers[i]);
		expect_gone(_metadata, self, i);
	}
	serve(_metadata, self);
	complete(_metadata, self, CHANNELS - 1);
	EXPECT_LT(1, self->info.resent);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, CHANNELS - 1, &self->channel));
	EXPECT_LE(1, self->channel.resent);
	for (i = 0; i < CHUNKS; i++)
		EXPECT_EQ(1, self->copies[i]);
}

TEST_F(resend, of_chunks_that_were_acknowledged_is_not_done)
{
	join(_metadata, self, 0, 0);
	attach(_metadata, self);
	take(_metadata, self, 0);
	take(_metadata, self, 0);
	ASSERT_EQ(2, self->loaded);
	ASSERT_EQ(0, peer_say_ack(&self->peers[0], 1, CHUNK, 0));
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
			       self->info.bytes == CHUNK));
	join(_metadata, self, 1, 0);
	peer_reset(&self->peers[0]);
	serve(_metadata, self);
	complete(_metadata, self, 1);
	EXPECT_EQ(1, self->copies[0]);
}

TEST_F(resend, of_an_end_is_done_when_its_channel_fails)
{
	join(_metadata, self, 0, 0);
	attach(_metadata, self);
	serve(_metadata, self);
	self->ended = false;
	join(_metadata, self, 1, 0);
	peer_reset(&self->peers[0]);
	serve(_metadata, self);
	complete(_metadata, self, 1);
	EXPECT_EQ(0, self->info.resent);
}

TEST_F(resend, of_an_end_is_not_done_once_the_stream_is_complete)
{
	join(_metadata, self, 0, 0);
	join(_metadata, self, 1, 0);
	attach(_metadata, self);
	serve(_metadata, self);
	complete(_metadata, self, 0);
	ASSERT_EQ(0, peer_take_frame(&self->peers[1], &self->frame, self->payload, CHUNK));
	EXPECT_EQ(WIRE_BYE, self->frame.type);
}

TEST_F(resend, waits_for_a_new_channel_twice)
{
	int round;

	join(_metadata, self, 0, 0);
	attach(_metadata, self);
	for (round = 0; round < 2; round++) {
		take(_metadata, self, 0);
		take(_metadata, self, 0);
		ASSERT_EQ(2 * round + 2, self->loaded);
		peer_reset(&self->peers[0]);
		wait_paused(_metadata, self);
		expect_gone(_metadata, self, 0);
		/* A channel that gets no further than this changes nothing. */
		greet(_metadata, self, 0, WIRE_HELLO_RESUME);
		peer_reset(&self->peers[0]);
		expect_gone(_metadata, self, 0);
		wait_paused(_metadata, self);
		join(_metadata, self, 0, WIRE_HELLO_RESUME);
		ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
		EXPECT_EQ(ACTIVE, self->info.state);
	}
	serve(_metadata, self);
	complete(_metadata, self, 0);
	/* HELLO_ACK said what was loaded: none of that came again. */
	for (round = 0; round < 4; round++)
		EXPECT_EQ(1, self->copies[round]);
}

TEST_F(resend, takes_no_hello_ack_that_knows_too_much)
{
	struct wire_hello_ack ack;

	join(_metadata, self, 0, 0);
	attach(_metadata, self);
	take(_metadata, self, 0);
	peer_reset(&self->peers[0]);
	wait_paused(_metadata, self);
	greet(_metadata, self, 1, WIRE_HELLO_RESUME);
	hello_ack_make(&ack, 1, WINDOW);
	ack.loaded[0] = WINDOW + 1;
	ASSERT_EQ(0, peer_say_hello_ack(&self->peers[1], &ack));
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 1,
				  VFIO_MIG_MUX_CHANNEL_STATE_FAILED, &self->channel));
	EXPECT_LOCAL_ERROR(&self->channel.error, EPROTO,
			   "channel 1: HELLO_ACK acknowledges a chunk that was never sent");
	wait_paused(_metadata, self);
}

TEST_F(resend, of_a_channel_that_is_told_to_fail_shows_the_peers_words)
{
	struct wire_abort abort = { .code = EBADMSG, .present = 2, .channel = 1, .text = "noise" };

	join(_metadata, self, 0, 0);
	join(_metadata, self, 1, 0);
	ASSERT_EQ(0, peer_say_abort(&self->peers[1], WIRE_ABORT_CHANNEL, &abort));
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 1,
				  VFIO_MIG_MUX_CHANNEL_STATE_FAILED, &self->channel));
	EXPECT_EQ(VFIO_MIG_MUX_ERROR_ORIGIN_PEER, self->channel.error.origin);
	EXPECT_EQ(EBADMSG, self->channel.error.code);
	EXPECT_STREQ("noise", self->channel.error.text);
	EXPECT_TRUE(peer_sees_end(&self->peers[1]));
	peer_close(&self->peers[1]);
	attach(_metadata, self);
	serve(_metadata, self);
	complete(_metadata, self, 0);
}

TEST_F(resend, makes_up_for_a_garbled_header_and_says_so)
{
	struct wire_frame ack = { .type = WIRE_ACK };
	struct wire_abort abort;
	__u8 head[WIRE_FRAME_SIZE];

	join(_metadata, self, 0, 0);
	join(_metadata, self, 1, 0);
	wire_put_frame(head, &ack);
	head[8] ^= 1;
	ASSERT_EQ(0, peer_send(&self->peers[1], head, sizeof(head)));
	ASSERT_EQ(0, peer_take_abort(&self->peers[1], &self->frame, &abort));
	EXPECT_EQ(WIRE_ABORT_CHANNEL, self->frame.flags);
	EXPECT_EQ(EBADMSG, abort.code);
	EXPECT_TRUE(peer_sees_end(&self->peers[1]));
	peer_close(&self->peers[1]);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 1, &self->channel));
	EXPECT_LOCAL_ERROR(&self->channel.error, EBADMSG,
			   "channel 1: ACK frame, type 7, device 0, length 0: header checksum is wrong");
	EXPECT_STREQ(self->channel.error.text, abort.text);
	attach(_metadata, self);
	serve(_metadata, self);
	complete(_metadata, self, 0);
}

/* Receives what is on a channel up to its BYE */
static void take_drain(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self,
		       int channel)
{
	do {
		take(_metadata, self, channel);
	} while (self->frame.type == WIRE_DATA);
	ASSERT_EQ(WIRE_BYE, self->frame.type);
	EXPECT_EQ(WIRE_BYE_DRAIN, self->frame.flags);
}

static void expect_closed(struct __test_metadata *_metadata, FIXTURE_DATA(resend) * self,
			  int channel)
{
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, channel, &self->channel) &&
			       self->channel.state == VFIO_MIG_MUX_CHANNEL_STATE_CLOSED));
	EXPECT_FALSE(HAS(&self->channel, VFIO_MIG_MUX_A_CHANNEL_ERROR));
}

TEST_F(resend, is_not_needed_after_a_channel_was_removed)
{
	int i;

	join(_metadata, self, 0, 0);
	attach(_metadata, self);
	take(_metadata, self, 0);
	join(_metadata, self, 1, 0);
	ASSERT_EQ(0, host_drain(&self->host, 0));
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &self->channel));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_CLOSING, self->channel.state);
	take_drain(_metadata, self, 0);
	ASSERT_EQ(0, peer_say_drain(&self->peers[0]));
	EXPECT_TRUE(peer_sees_end(&self->peers[0]));
	peer_close(&self->peers[0]);
	expect_closed(_metadata, self, 0);
	/* Nothing of it may be waiting to be sent again. */
	ASSERT_EQ(0, mux_do(&self->mux, VFIO_MIG_MUX_CMD_DEVICE_SET,
			    attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, self->host.id),
			    attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, 0),
			    attr_flag(VFIO_MIG_MUX_A_DEVICE_KICK)));
	serve(_metadata, self);
	complete(_metadata, self, 1);
	EXPECT_EQ(0, self->info.resent);
	for (i = 0; i < CHUNKS; i++)
		EXPECT_EQ(1, self->copies[i]);
}

TEST_F(resend, is_not_needed_after_the_peer_removed_a_channel)
{
	char byte;

	join(_metadata, self, 0, 0);
	attach(_metadata, self);
	take(_metadata, self, 0);
	join(_metadata, self, 1, 0);
	ASSERT_EQ(0, peer_say_drain(&self->peers[0]));
	take_drain(_metadata, self, 0);
	ASSERT_EQ(0, peer_take(&self->peers[0], &byte, 0));
	ASSERT_EQ(0, shutdown(self->peers[0].sock, SHUT_WR));
	EXPECT_TRUE(peer_sees_end(&self->peers[0]));
	peer_close(&self->peers[0]);
	expect_closed(_metadata, self, 0);
	serve(_metadata, self);
	complete(_metadata, self, 1);
	EXPECT_EQ(0, self->info.resent);
}

TEST_F(resend, is_done_when_a_channel_fails_while_it_is_removed)
{
	join(_metadata, self, 0, 0);
	attach(_metadata, self);
	take_half(_metadata, self, 0);
	join(_metadata, self, 1, 0);
	ASSERT_EQ(0, host_drain(&self->host, 0));
	peer_reset(&self->peers[0]);
	expect_gone(_metadata, self, 0);
	serve(_metadata, self);
	complete(_metadata, self, 1);
	EXPECT_LT(0, self->info.resent);
}

TEST_F(resend, goes_over_a_channel_that_was_removed_and_came_again)
{
	join(_metadata, self, 0, 0);
	join(_metadata, self, 1, 0);
	ASSERT_EQ(0, host_drain(&self->host, 1));
	take_drain(_metadata, self, 1);
	ASSERT_EQ(0, peer_say_drain(&self->peers[1]));
	peer_close(&self->peers[1]);
	expect_closed(_metadata, self, 1);
	join(_metadata, self, 1, WIRE_HELLO_RESUME);
	peer_reset(&self->peers[0]);
	attach(_metadata, self);
	expect_gone(_metadata, self, 0);
	serve(_metadata, self);
	complete(_metadata, self, 1);
}

TEST_F(resend, refuses_to_remove_what_is_not_there_or_all_there_is)
{
	EXPECT_REFUSED_AT(&self->mux, host_drain(&self->host, 0), ENOENT,
			  words("session %u has no channel 0", self->host.id),
			  VFIO_MIG_MUX_A_CHANNEL_ID);
	join(_metadata, self, 0, 0);
	EXPECT_REFUSED_AT(&self->mux, host_drain(&self->host, 0), EBUSY,
			  words("channel 0 is the only live one of session %u", self->host.id),
			  VFIO_MIG_MUX_A_CHANNEL_ID);
	greet(_metadata, self, 1, 0);
	EXPECT_REFUSED_AT(&self->mux, host_drain(&self->host, 1), EINVAL,
			  "channel 1 is not live", VFIO_MIG_MUX_A_CHANNEL_ID);
	peer_reset(&self->peers[1]);
	expect_gone(_metadata, self, 1);
	EXPECT_REFUSED_AT(&self->mux, host_drain(&self->host, 1), EINVAL,
			  "channel 1 is not live", VFIO_MIG_MUX_A_CHANNEL_ID);
	ASSERT_EQ(0, host_abort(&self->host, NULL));
	EXPECT_REFUSED(&self->mux, host_drain(&self->host, 0), ESHUTDOWN,
		       words("session %u is over", self->host.id));
}

FIXTURE(timeout)
{
	struct mux mux;
	struct peer peer;
	struct peer other;
	struct wire_frame frame;
	__u8 payload[1 << 20];
	struct host host;
	struct sim saving;
	struct session_info info;
	struct channel_info channel;
	long long began;
};

#define RESUME_MS	400
#define CHANNEL_MS	600

FIXTURE_SETUP(timeout)
{
	struct host_params params = {
		.uuid = self->peer.uuid,
		.chunk_size = 1 << 20,
		.channels = 2,
		.devices = 1,
		.slots = 32,
		.resume_timeout = RESUME_MS,
		.channel_timeout = CHANNEL_MS,
	};
	struct wire_hello_ack ack;

	self->other.sock = -1;
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&self->saving, 902, "state_size=1G verify=stamp"));
	ASSERT_EQ(0, sim_save(&self->saving));
	uuid_make(self->peer.uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	hello_ack_make(&ack, 1, 32);
	ASSERT_EQ(0, peer_join(&self->peer, &self->host, 0, &ack));
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 0, VFIO_MIG_MUX_CHANNEL_STATE_LIVE,
				  &self->channel));
	self->began = now_ms();
}

FIXTURE_TEARDOWN(timeout)
{
	host_close(&self->host);
	peer_close(&self->peer);
	peer_close(&self->other);
	sim_close(&self->saving);
	mux_close(&self->mux);
}

TEST_F(timeout, is_shown)
{
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(RESUME_MS, self->info.resume_timeout);
	EXPECT_EQ(CHANNEL_MS, self->info.channel_timeout);
}

TEST_F(timeout, of_a_pause_ends_the_session)
{
	peer_close(&self->peer);
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, COMPLETED, &self->info));
	EXPECT_LE(RESUME_MS, now_ms() - self->began);
	EXPECT_GT(RESUME_MS + 5000, now_ms() - self->began);
	EXPECT_EQ(FAILED, self->info.state);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &self->channel));
	EXPECT_LOCAL_ERROR(&self->info.error, ETIMEDOUT,
			   words("no new channel within 400 ms, of the last one: %s",
				 self->channel.error.text));
	EXPECT_LOCAL_ERROR(&self->channel.error, ECONNRESET,
			   "channel 0: closed by the other host without BYE");
}

TEST_F(timeout, of_a_peer_that_stops_reading_fails_the_channel)
{
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 0,
				  VFIO_MIG_MUX_CHANNEL_STATE_FAILED, &self->channel));
	EXPECT_LE(CHANNEL_MS, now_ms() - self->began);
	EXPECT_LOCAL_ERROR(&self->channel.error, ETIMEDOUT,
			   "channel 0: nothing that was sent has been received for 600 ms");
	EXPECT_WHERE(&self->channel.error, VFIO_MIG_MUX_DIRECTION_SEND, NOWHERE, 0, NOWHERE);
}

static bool is_reset(const struct peer *peer)
{
	char byte;

	return recv(peer->sock, &byte, 1, 0) < 0 && errno == ECONNRESET;
}

static void expect_unanswered(struct __test_metadata *_metadata, FIXTURE_DATA(timeout) * self)
{
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 0,
				  VFIO_MIG_MUX_CHANNEL_STATE_CLOSED, &self->channel));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_FAILED, self->channel.state);
	EXPECT_LOCAL_ERROR(&self->channel.error, ETIMEDOUT,
			   "channel 0: its end was not answered in time");
}

static void join_another(struct __test_metadata *_metadata, FIXTURE_DATA(timeout) * self)
{
	struct wire_hello_ack ack;

	hello_ack_make(&ack, 1, 32);
	memcpy(self->other.uuid, self->peer.uuid, sizeof(self->other.uuid));
	ASSERT_EQ(0, peer_join(&self->other, &self->host, 1, &ack));
	ASSERT_EQ(0, channel_wait(&self->mux, self->host.id, 1, VFIO_MIG_MUX_CHANNEL_STATE_LIVE,
				  &self->channel));
}

TEST_F(timeout, of_a_channel_that_is_removed_is_no_end)
{
	join_another(_metadata, self);
	ASSERT_EQ(0, host_drain(&self->host, 0));
	ASSERT_EQ(0, peer_take_type(&self->peer, WIRE_BYE, &self->frame));
	expect_unanswered(_metadata, self);
	/* A mere end would say that all has been received. */
	EXPECT_TRUE(is_reset(&self->peer));
}

/* It has said that it will get no more, and nothing of whether it has got what there is. */
TEST_F(timeout, of_a_channel_that_the_peer_removes_loses_nothing)
{
	/* The next one is not there yet, and nobody waits for it in the driver. */
	ASSERT_EQ(0, sim_write(&self->saving, "fail_read_errno", "EAGAIN"));
	ASSERT_EQ(0, sim_write(&self->saving, "fail_read_at", "1048576"));
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	ASSERT_EQ(0, peer_take_frame(&self->peer, &self->frame, self->payload,
				     sizeof(self->payload)));
	ASSERT_EQ(WIRE_DATA, self->frame.type);
	join_another(_metadata, self);
	ASSERT_EQ(0, peer_say_drain(&self->peer));
	ASSERT_EQ(0, peer_take_type(&self->peer, WIRE_BYE, &self->frame));
	expect_unanswered(_metadata, self);
	ASSERT_EQ(0, peer_take_frame(&self->other, &self->frame, self->payload,
				     sizeof(self->payload)));
	EXPECT_EQ(WIRE_DATA, self->frame.type);
	EXPECT_EQ(0, self->frame.index);
}

/* With nothing to send there is nothing to be received */
TEST_F(timeout, of_an_idle_channel_never_comes)
{
	poll(NULL, 0, 3 * CHANNEL_MS);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &self->channel));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_LIVE, self->channel.state);
}

/* Slow is not dead: something is received all the time */
TEST_F(timeout, of_a_peer_that_reads_slowly_never_comes)
{
	static __u8 some[128 * 1024];

	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	while (now_ms() < self->began + 4 * CHANNEL_MS) {
		ASSERT_EQ(0, peer_take(&self->peer, some, sizeof(some)));
		poll(NULL, 0, 20);
	}
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &self->channel));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_LIVE, self->channel.state);
}

TEST_HARNESS_MAIN
