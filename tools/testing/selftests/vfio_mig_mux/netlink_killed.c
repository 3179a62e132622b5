// SPDX-License-Identifier: GPL-2.0
/*
 * Channels that are killed: in every state of a session, on either side, by a
 * reset, by an end without a word or by silence. A session that can go on does
 * so over new channels; one that is over stays as it was, and gives all back.
 */
#include <sys/socket.h>

#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_proc.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define CONNECTING	VFIO_MIG_MUX_SESSION_STATE_CONNECTING
#define ACTIVE		VFIO_MIG_MUX_SESSION_STATE_ACTIVE
#define PAUSED		VFIO_MIG_MUX_SESSION_STATE_PAUSED
#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED
#define ABORTED		VFIO_MIG_MUX_SESSION_STATE_ABORTED

#define CHANNELS	3
#define WINDOW		4
#define SLOTS		(WINDOW + CHANNELS)

/* One short chunk */
#define STATE_BYTES	100
#define STATE		"state_size=100 seed=89"

#define REASON		"as planned"

/* Channels that are killed below the module, bytes per second that each of them
 * makes, so that it always has some under way, and the state of all that time,
 * which does not come to its end by itself
 */
#define BELOW		4
#define RATE		(1024 * 1024)
#define BELOW_STATE	"state_size=8M seed=97 hang_read_at=8000000"

FIXTURE(killed)
{
	struct mux mux;
	struct peer peers[CHANNELS];
	struct host host;
	struct sim sim;
	struct holdings before;
	struct session_info info;
	struct channel_info channel;
	struct wire_frame frame;
	__u8 state[STATE_BYTES];
	__u8 payload[CHUNK];
};

FIXTURE_VARIANT(killed)
{
	bool source;
	void (*strike)(struct peer *peer);
};

/* Not a word any more, and whether anything is heard nobody knows */
static void fall_silent(struct peer *peer)
{
	(void)peer;
}

FIXTURE_VARIANT_ADD(killed, source_reset) {
	.source = true, .strike = peer_reset,
};

FIXTURE_VARIANT_ADD(killed, source_closed) {
	.source = true, .strike = peer_close,
};

FIXTURE_VARIANT_ADD(killed, source_silent) {
	.source = true, .strike = fall_silent,
};

FIXTURE_VARIANT_ADD(killed, destination_reset) {
	.strike = peer_reset,
};

FIXTURE_VARIANT_ADD(killed, destination_closed) {
	.strike = peer_close,
};

FIXTURE_VARIANT_ADD(killed, destination_silent) {
	.strike = fall_silent,
};

FIXTURE_SETUP(killed)
{
	struct host_params params = {
		.role = variant->source ? VFIO_MIG_MUX_ROLE_SOURCE : VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->peers[0].uuid,
		.channels = CHANNELS,
		.devices = 1,
		.slots = SLOTS,
	};

	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(STATE_BYTES, sim_twin(902, STATE, self->state, STATE_BYTES));
	ASSERT_EQ(0, sim_open(&self->sim, 903, variant->source ? STATE : ""));
	ASSERT_EQ(0, variant->source ? sim_save(&self->sim) : sim_load(&self->sim));
	peers_init(self->peers, CHANNELS);
	holdings_take(&self->before);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(killed)
{
	host_close(&self->host);
	peers_close(self->peers, CHANNELS);
	EXPECT_TRUE(holdings_return(&self->before));
	sim_close(&self->sim);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

/* Makes a channel, but not to the end of its handshake */
static void greet(struct __test_metadata *_metadata, FIXTURE_DATA(killed) * self,
		  const FIXTURE_VARIANT(killed) * variant, int channel)
{
	struct wire_hello hello;

	ASSERT_EQ(0, peer_open(&self->peers[channel], &self->host,
			       variant->source ? channel : -1))
		TH_LOG("%s", self->mux.text);
	if (variant->source)
		ASSERT_EQ(0, peer_take_hello(&self->peers[channel], &hello));
}

/* Makes a channel */
static void join(struct __test_metadata *_metadata, FIXTURE_DATA(killed) * self,
		 const FIXTURE_VARIANT(killed) * variant, int channel, __u16 flags)
{
	struct peer *peer = &self->peers[channel];
	struct wire_hello_ack ack;
	struct wire_hello hello;

	if (variant->source) {
		hello_ack_make(&ack, 1, WINDOW);
		ASSERT_EQ(0, peer_join(peer, &self->host, channel, &ack));
	} else {
		hello_make(&hello, channel, CHANNELS, 1);
		hello.flags = flags;
		ASSERT_EQ(0, peer_open(peer, &self->host, -1));
		ASSERT_EQ(0, peer_say_hello(peer, &hello));
		ASSERT_EQ(0, peer_take_hello_ack(peer, &ack));
	}
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, channel, &self->channel) &&
			       self->channel.state == VFIO_MIG_MUX_CHANNEL_STATE_LIVE));
}

static void join_all(struct __test_metadata *_metadata, FIXTURE_DATA(killed) * self,
		     const FIXTURE_VARIANT(killed) * variant)
{
	int i;

	for (i = 0; i < CHANNELS; i++)
		join(_metadata, self, variant, i, 0);
}

/* Receives up to a frame of a type and flags, on whichever channel it comes */
static void take_somewhere(struct __test_metadata *_metadata, FIXTURE_DATA(killed) * self,
			   __u8 type, __u8 flags)
{
	struct pollfd fds[CHANNELS];
	int i;

	do {
		for (i = 0; i < CHANNELS; i++)
			fds[i] = (struct pollfd){ .fd = self->peers[i].sock, .events = POLLIN };
		ASSERT_LT(0, poll(fds, CHANNELS, WAIT_MS));
		for (i = 0; !fds[i].revents; i++)
			;
		ASSERT_EQ(0, peer_take_frame(&self->peers[i], &self->frame, self->payload,
					     CHUNK));
	} while (self->frame.type != type || self->frame.flags != flags);
}

/* Has all of the state go over the channels that there are; says what is to be
 * said to complete it on this one.
 */
static void complete(struct __test_metadata *_metadata, FIXTURE_DATA(killed) * self,
		     const FIXTURE_VARIANT(killed) * variant, int channel)
{
	struct peer *peer = &self->peers[channel];
	struct wire_frame frame = {
		.type = WIRE_DATA,
		.length = STATE_BYTES,
		.crc = crc_of(self->state, STATE_BYTES),
	};

	ASSERT_EQ(0, host_attach(&self->host, 0, self->sim.data_fd, variant->source));
	if (variant->source) {
		take_somewhere(_metadata, self, WIRE_END, 0);
		ASSERT_EQ(0, peer_say_ack(peer, 1, STATE_BYTES, WIRE_ACK_COMPLETE));
	} else {
		ASSERT_EQ(0, peer_say(peer, &frame, self->state));
		frame = (struct wire_frame){
			.type = WIRE_END,
			.index = 1,
			.offset = STATE_BYTES,
			.crc = wire_digest(0, frame.crc),
		};
		ASSERT_EQ(0, peer_say(peer, &frame, NULL));
		take_somewhere(_metadata, self, WIRE_ACK, WIRE_ACK_COMPLETE);
		frame = (struct wire_frame){ .type = WIRE_BYE };
		ASSERT_EQ(0, peer_say(peer, &frame, NULL));
	}
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, COMPLETED, &self->info));
	EXPECT_EQ(COMPLETED, self->info.state);
}

static void expect_state(struct __test_metadata *_metadata, FIXTURE_DATA(killed) * self,
			 __u32 state)
{
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(state, self->info.state)
		TH_LOG("%s", self->info.error.text);
	EXPECT_FALSE(HAS(&self->info, VFIO_MIG_MUX_A_SESSION_ERROR));
}

/* Whether no channel has anything to do any more */
static bool all_over(FIXTURE_DATA(killed) * self)
{
	struct channel_info infos[VFIO_MIG_MUX_CHANNELS_MAX];
	int i, count;

	count = channel_dump(&self->mux, self->host.id, infos, VFIO_MIG_MUX_CHANNELS_MAX);
	for (i = 0; i < count; i++) {
		if (infos[i].state < VFIO_MIG_MUX_CHANNEL_STATE_CLOSED)
			return false;
	}
	return count >= 0;
}

static void strike_all(struct __test_metadata *_metadata, FIXTURE_DATA(killed) * self,
		       const FIXTURE_VARIANT(killed) * variant)
{
	int i;

	for (i = 0; i < CHANNELS; i++) {
		if (self->peers[i].sock >= 0)
			variant->strike(&self->peers[i]);
	}
	/* How long a handshake may be silent is netlink_hello's. */
	if (self->info.state >= COMPLETED || variant->strike != fall_silent)
		ASSERT_TRUE(eventually(all_over(self)));
}

/* Nor do they hold up the one that comes then */
TEST_F(killed, while_connecting_are_as_if_they_had_not_been)
{
	int i;

	for (i = 0; i < CHANNELS - 1; i++)
		greet(_metadata, self, variant, i);
	expect_state(_metadata, self, CONNECTING);
	strike_all(_metadata, self, variant);
	expect_state(_metadata, self, CONNECTING);
	join(_metadata, self, variant, CHANNELS - 1, 0);
	complete(_metadata, self, variant, CHANNELS - 1);
}

TEST_F(killed, while_active_up_to_all_but_one_are_no_end)
{
	__u32 live = CHANNELS;
	int i;

	join_all(_metadata, self, variant);
	for (i = 0; i < CHANNELS - 1; i++) {
		variant->strike(&self->peers[i]);
		live -= variant->strike != fall_silent;
		ASSERT_TRUE(eventually(!session_get(&self->mux, self->host.id, &self->info) &&
				       self->info.channels_live == live));
		expect_state(_metadata, self, ACTIVE);
	}
	complete(_metadata, self, variant, CHANNELS - 1);
}

TEST_F(killed, while_paused_leave_the_session_paused)
{
	int i;

	join_all(_metadata, self, variant);
	for (i = 0; i < CHANNELS; i++)
		peer_reset(&self->peers[i]);
	ASSERT_TRUE(eventually(all_over(self)));
	expect_state(_metadata, self, PAUSED);
	for (i = 0; i < CHANNELS - 1; i++)
		greet(_metadata, self, variant, i);
	strike_all(_metadata, self, variant);
	expect_state(_metadata, self, PAUSED);
	join(_metadata, self, variant, CHANNELS - 1, WIRE_HELLO_RESUME);
	expect_state(_metadata, self, ACTIVE);
	complete(_metadata, self, variant, CHANNELS - 1);
}

TEST_F(killed, while_completed_leave_the_session_completed)
{
	join_all(_metadata, self, variant);
	complete(_metadata, self, variant, 0);
	strike_all(_metadata, self, variant);
	expect_state(_metadata, self, COMPLETED);
	EXPECT_EQ(STATE_BYTES, self->info.bytes);
}

TEST_F(killed, while_failed_leave_the_session_its_error)
{
	struct wire_frame frame = { .type = WIRE_BYE };
	struct error_info error;

	join_all(_metadata, self, variant);
	ASSERT_EQ(0, peer_say(&self->peers[1], &frame, NULL));
	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, COMPLETED, &self->info));
	ASSERT_EQ(FAILED, self->info.state);
	error = self->info.error;
	EXPECT_EQ(EPROTO, error.code);
	EXPECT_EQ(1, error.channel);
	strike_all(_metadata, self, variant);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_EQ(0, memcmp(&error, &self->info.error, sizeof(error)));
}

TEST_F(killed, while_aborted_leave_the_session_its_reason)
{
	struct error_info error;

	join_all(_metadata, self, variant);
	ASSERT_EQ(0, host_abort(&self->host, REASON));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	ASSERT_EQ(ABORTED, self->info.state);
	error = self->info.error;
	strike_all(_metadata, self, variant);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(ABORTED, self->info.state);
	EXPECT_EQ(0, memcmp(&error, &self->info.error, sizeof(error)));
}

/* Both hosts are the module's, and the sockets are destroyed below it */
FIXTURE(below)
{
	struct mux mux;
	struct migration migration;
	struct session_info at_source;
	struct session_info at_destination;
	struct channel_info channel;
	int ports[BELOW];
	__u64 chunks;
};

FIXTURE_SETUP(below)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, BELOW, 32,
				    BELOW_STATE, ""));
}

FIXTURE_TEARDOWN(below)
{
	migration_close(&self->migration);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

/* Adds a channel to both hosts, and notes by which port it is known */
static void connect_below(struct __test_metadata *_metadata, FIXTURE_DATA(below) * self, int i)
{
	struct pair *pair = &self->migration.pair;
	unsigned int rate = RATE;
	int fds[2];

	ASSERT_EQ(0, tcp_pair(fds));
	EXPECT_EQ(0, setsockopt(fds[0], SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)));
	self->ports[i] = tcp_port(fds[0]);
	EXPECT_LT(0, self->ports[i]);
	EXPECT_EQ(0, host_channel(&pair->destination, fds[1], -1));
	EXPECT_EQ(0, host_channel(&pair->source, fds[0], i))
		TH_LOG("%s", self->mux.text);
	close(fds[0]);
	close(fds[1]);
}

/* What has become of the channels, for whoever looks for the reason of a failure */
static const char *what_failed(FIXTURE_DATA(below) * self)
{
	static char text[BELOW * (VFIO_MIG_MUX_TEXT_MAX + 8)];
	size_t length = 0;
	int i;

	for (i = 0; i < BELOW; i++) {
		if (channel_get(&self->mux, self->migration.pair.source.id, i, &self->channel))
			continue;
		length += snprintf(text + length, sizeof(text) - length, "%d: state %u %s; ", i,
				   self->channel.state, self->channel.error.text);
	}
	return text;
}

static void wait_live(struct __test_metadata *_metadata, FIXTURE_DATA(below) * self)
{
	const struct pair *pair = &self->migration.pair;

	ASSERT_TRUE(eventually(!session_get(&self->mux, pair->source.id, &self->at_source) &&
			       self->at_source.channels_live == BELOW))
		TH_LOG("%s", what_failed(self));
	ASSERT_TRUE(eventually(!session_get(&self->mux, pair->destination.id,
					    &self->at_destination) &&
			       self->at_destination.channels_live == BELOW));
}

/* While chunks are under way some channels are killed, and made again */
static void kill_some(struct __test_metadata *_metadata, FIXTURE_DATA(below) * self,
		      unsigned int which)
{
	const struct pair *pair = &self->migration.pair;
	struct device_info device;
	int ports[BELOW];
	int i, count = 0;

	for (i = 0; i < BELOW; i++) {
		if (which & 1 << i)
			ports[count++] = self->ports[i];
	}
	self->chunks += BELOW;
	ASSERT_EQ(0, chunks_wait(&self->mux, pair->source.id, 0, self->chunks, &device));
	ASSERT_EQ(0, tcp_kill(ports, count, which % 2));
	for (i = 0; i < BELOW; i++) {
		if (!(which & 1 << i))
			continue;
		ASSERT_TRUE(eventually(!channel_get(&self->mux, pair->source.id, i,
						    &self->channel) &&
				       self->channel.state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED))
			TH_LOG("channel %d of 0x%x", i, which);
		connect_below(_metadata, self, i);
	}
	wait_live(_metadata, self);
}

TEST_F(below, in_every_combination_but_all_lose_nothing)
{
	unsigned int which;
	int i;

	for (i = 0; i < BELOW; i++)
		connect_below(_metadata, self, i);
	wait_live(_metadata, self);
	ASSERT_EQ(0, migration_attach(&self->migration));
	for (which = 1; which < (1 << BELOW) - 1; which++)
		kill_some(_metadata, self, which);
	ASSERT_EQ(0, sim_write(&self->migration.saving, "hang_read_at", "none"));
	ASSERT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));
	EXPECT_LT(0, self->at_source.resent);
	EXPECT_GE(32, self->at_destination.slots_used_max);
}

TEST_HARNESS_MAIN
