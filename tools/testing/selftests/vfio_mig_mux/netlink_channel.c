// SPDX-License-Identifier: GPL-2.0
/*
 * channel-new and channel-get: what they take, what they refuse and in which
 * words, what they show.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "lib_expect.h"
#include "lib_host.h"
#include "lib_sim.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define NEW	VFIO_MIG_MUX_CMD_CHANNEL_NEW
#define GET	VFIO_MIG_MUX_CMD_CHANNEL_GET
#define SESSION	VFIO_MIG_MUX_A_CHANNEL_SESSION
#define ID	VFIO_MIG_MUX_A_CHANNEL_ID
#define SOCK_FD	VFIO_MIG_MUX_A_CHANNEL_SOCK_FD

FIXTURE(channel)
{
	struct mux mux;
	struct pair pair;
	struct host *source;
	struct host *destination;
	int fds[2];
};

FIXTURE_SETUP(channel)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, pair_open(&self->pair, &self->mux, 2, 1, 8));
	self->source = &self->pair.source;
	self->destination = &self->pair.destination;
	ASSERT_EQ(0, tcp_pair(self->fds));
}

FIXTURE_TEARDOWN(channel)
{
	pair_close(&self->pair);
	mux_close(&self->mux);
}

TEST_F(channel, new_refuses_what_the_policy_forbids)
{
	EXPECT_BAD_ATTRS(&self->mux,
			 { NEW, attr_u32(SESSION, 0), ERANGE, POLICY_RANGE },
			 { NEW, attr_u64(SESSION, 1), EINVAL, POLICY_LENGTH },
			 { NEW, attr_u32(ID, 64), ERANGE, POLICY_RANGE },
			 { NEW, attr_bytes(ID, "ab", 2), EINVAL, POLICY_LENGTH },
			 { NEW, attr_u32(SOCK_FD, -1), ERANGE, POLICY_RANGE },
			 { NEW, attr_u64(SOCK_FD, 0), EINVAL, POLICY_LENGTH });
	EXPECT_OTHERS_REFUSED(&self->mux, NEW, 1 << SESSION | 1 << ID | 1 << SOCK_FD,
			      VFIO_MIG_MUX_A_CHANNEL_MAX);
}

TEST_F(channel, new_names_the_attribute_that_is_missing)
{
	struct mux *mux = &self->mux;

	EXPECT_MISSING(mux, mux_do(mux, NEW, attr_none()), "session", SESSION);
	EXPECT_MISSING(mux, mux_do(mux, NEW, attr_u32(SESSION, 1)), "sock-fd", SOCK_FD);
}

TEST_F(channel, new_in_a_session_that_does_not_exist_names_its_number)
{
	struct host host = { .mux = &self->mux, .id = 99999 };

	EXPECT_REFUSED_AT(&self->mux, host_channel(&host, self->fds[0], 0), ENOENT,
			  "there is no session 99999", SESSION);
}

TEST_F(channel, new_takes_a_number_on_the_source_and_none_on_the_destination)
{
	EXPECT_REFUSED(&self->mux, host_channel(self->source, self->fds[0], -1), EINVAL,
		       "attribute id is missing on the source");
	EXPECT_REFUSED_AT(&self->mux, host_channel(self->destination, self->fds[0], 0), EINVAL,
			  "attribute id is given on the destination, which learns it from HELLO",
			  ID);
	EXPECT_REFUSED_AT(&self->mux, host_channel(self->source, self->fds[0], 2), EINVAL,
			  "channel id 2 given, the session is made for 2 channels", ID);
	EXPECT_REFUSED_AT(&self->mux, host_channel(self->source, self->fds[0], 63), EINVAL,
			  "channel id 63 given, the session is made for 2 channels", ID);
}

TEST_F(channel, new_refuses_every_other_kind_of_file)
{
	struct sim sim;
	int fds[2];

	ASSERT_EQ(0, sim_open(&sim, 900, ""));
	ASSERT_EQ(0, sim_save(&sim));
	ASSERT_EQ(0, pipe(fds));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, 1000, 0), EBADF,
		       "sock-fd 1000 is not open");
	EXPECT_REFUSED(&self->mux, host_channel(self->source, sim.data_fd, 0), ENOTSOCK,
		       words("sock-fd %d is not a socket", sim.data_fd));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, fds[0], 0), ENOTSOCK,
		       words("sock-fd %d is not a socket", fds[0]));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, self->source->fd, 0), ENOTSOCK,
		       words("sock-fd %d is not a socket", self->source->fd));
	sim_close(&sim);
}

TEST_F(channel, new_refuses_every_other_kind_of_socket)
{
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, udp, 0), EINVAL,
		       words("sock-fd %d is not a TCP socket", udp));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, pair[0], 0), EINVAL,
		       words("sock-fd %d is not a TCP socket", pair[0]));
	EXPECT_REFUSED(&self->mux, host_channel(self->destination, pair[1], -1), EINVAL,
		       words("sock-fd %d is not a TCP socket", pair[1]));
}

static bool has_left_established(int sock)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	return !getsockopt(sock, IPPROTO_TCP, TCP_INFO, &info, &length) &&
	       info.tcpi_state != TCP_ESTABLISHED;
}

TEST_F(channel, new_refuses_a_socket_that_is_not_connected)
{
	int unconnected = socket(AF_INET, SOCK_STREAM, 0);
	int listening = tcp_listen();

	EXPECT_REFUSED(&self->mux, host_channel(self->source, unconnected, 0), EINVAL,
		       words("sock-fd %d is not connected", unconnected));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, listening, 0), EINVAL,
		       words("sock-fd %d is not connected", listening));
	close(self->fds[1]);
	ASSERT_TRUE(eventually(has_left_established(self->fds[0])));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, self->fds[0], 0), EINVAL,
		       words("sock-fd %d is not connected", self->fds[0]));
}

TEST_F(channel, new_refuses_a_socket_that_is_a_channel_already)
{
	int copy = dup(self->fds[0]);

	ASSERT_EQ(0, host_channel(self->source, self->fds[0], 0));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, self->fds[0], 1), EBUSY,
		       "the socket is another channel's");
	EXPECT_REFUSED(&self->mux, host_channel(self->source, copy, 1), EBUSY,
		       "the socket is another channel's");
	ASSERT_EQ(0, host_channel(self->destination, self->fds[1], -1));
	EXPECT_REFUSED(&self->mux, host_channel(self->destination, self->fds[1], -1), EBUSY,
		       "the socket is another channel's");
}

TEST_F(channel, new_refuses_a_number_that_is_taken_and_one_too_many)
{
	int second[2], third[2];

	ASSERT_EQ(0, tcp_pair(second));
	ASSERT_EQ(0, tcp_pair(third));
	ASSERT_EQ(0, host_channel(self->source, self->fds[0], 1));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, second[0], 1), EEXIST,
		       "channel 1 exists");
	ASSERT_EQ(0, host_channel(self->source, second[0], 0));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, third[0], 0), EEXIST,
		       "channel 0 exists");
}

TEST_F(channel, new_refuses_more_strangers_than_there_can_be_channels)
{
	int fds[VFIO_MIG_MUX_CHANNELS_MAX + 1][2];

	for (int i = 0; i < VFIO_MIG_MUX_CHANNELS_MAX; i++) {
		ASSERT_EQ(0, tcp_pair(fds[i]));
		ASSERT_EQ(0, host_channel(self->destination, fds[i][1], -1));
	}
	ASSERT_EQ(0, tcp_pair(fds[VFIO_MIG_MUX_CHANNELS_MAX]));
	EXPECT_REFUSED(&self->mux,
		       host_channel(self->destination, fds[VFIO_MIG_MUX_CHANNELS_MAX][1], -1), ENOSPC,
		       words("session %u has 64 channels without HELLO", self->destination->id));
}

TEST_F(channel, new_needs_umem_and_devices)
{
	struct host_params params = { .uuid = (const __u8 *)"1234567890abcdef" };
	struct host host;

	ASSERT_EQ(0, host_open(&host, &self->mux, &params));
	EXPECT_REFUSED(&self->mux, host_channel(&host, self->fds[0], 0), EINVAL,
		       words("session %u has no umem yet", host.id));
	ASSERT_EQ(0, host_device(&host, 0, "d0", 0));
	EXPECT_REFUSED(&self->mux, host_channel(&host, self->fds[0], 0), EINVAL,
		       words("session %u has no umem yet", host.id));
	ASSERT_EQ(0, host_umem(&host, CHUNK));
	EXPECT_EQ(0, host_channel(&host, self->fds[0], 0));
	host_close(&host);

	params.slots = 1;
	ASSERT_EQ(0, host_open(&host, &self->mux, &params));
	ASSERT_EQ(0, tcp_pair(self->fds));
	EXPECT_REFUSED(&self->mux, host_channel(&host, self->fds[0], 0), EINVAL,
		       words("session %u has no device yet", host.id));
	host_close(&host);
}

/* On the destination: one slot for each channel, one at least for each device */
TEST_F(channel, new_needs_slots_for_windows_and_channels)
{
	static const struct {
		struct host_params params;
		const char *text;
	} small[] = {
		{ { .channels = 4, .devices = 3, .slots = 6 },
		  "umem has 6 slots, at least 7 are needed" },
		{ { .channels = 4, .devices = 3, .slots = 1 },
		  "umem has 1 slots, at least 7 are needed" },
		{ { .channels = 2, .devices = 2, .slots = 7, .window = 3 },
		  "windows and channels need 8 slots, the umem has 7" },
		{ { .channels = 1, .devices = 2, .slots = 4, .window = 0xffffffff },
		  "windows and channels need 8589934591 slots, the umem has 4" },
	};
	struct host_params params;
	struct host host;
	int i;

	for (i = 0; i < ARRAY_SIZE(small); i++) {
		params = small[i].params;
		params.role = VFIO_MIG_MUX_ROLE_DESTINATION;
		params.uuid = (const __u8 *)"1234567890abcdef";
		ASSERT_EQ(0, host_open(&host, &self->mux, &params));
		EXPECT_REFUSED(&self->mux, host_channel(&host, self->fds[1], -1), ENOSPC,
			       small[i].text);
		host_close(&host);
	}
}

TEST_F(channel, new_shares_the_slots_between_devices_without_a_window)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = (const __u8 *)"1234567890abcdef",
		.channels = 2,
		.devices = 2,
		.slots = 12,
	};
	static const __u32 windows[] = { 3, 3, 4 };
	struct device_info info;
	struct host host;
	int i;

	ASSERT_EQ(0, host_open(&host, &self->mux, &params));
	ASSERT_EQ(0, host_device(&host, 2, "asks", 4));
	ASSERT_EQ(0, host_channel(&host, self->fds[1], -1));
	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		ASSERT_EQ(0, device_get(&self->mux, host.id, i, &info));
		EXPECT_EQ(windows[i], info.window)
			TH_LOG("device %d", i);
	}
	host_close(&host);
}

TEST_F(channel, a_refused_new_changes_nothing)
{
	struct session_info before, after;

	ASSERT_EQ(0, session_get(&self->mux, self->source->id, &before));
	EXPECT_EQ(-EBADF, host_channel(self->source, 1000, 0));
	EXPECT_EQ(-EINVAL, host_channel(self->source, self->fds[0], 2));
	ASSERT_EQ(0, session_get(&self->mux, self->source->id, &after));
	EXPECT_EQ(before.state, after.state);
	EXPECT_EQ(0, host_device(self->source, 1, "d1", 0))
		TH_LOG("no channel was made, and yet: %s", self->mux.text);
}

TEST_F(channel, new_comes_too_late_when_the_session_is_over)
{
	ASSERT_EQ(0, host_abort(self->source, NULL));
	EXPECT_REFUSED(&self->mux, host_channel(self->source, self->fds[0], 0), ESHUTDOWN,
		       words("session %u is over", self->source->id));
}

TEST_F(channel, new_begins_the_handshake)
{
	struct session_info session;
	struct channel_info info;

	ASSERT_EQ(0, host_channel(self->source, self->fds[0], 1));
	ASSERT_EQ(0, session_get(&self->mux, self->source->id, &session));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_CONNECTING, session.state);
	EXPECT_EQ(0, session.channels_live);
	ASSERT_EQ(0, channel_get(&self->mux, self->source->id, 1, &info));
	EXPECT_EQ(self->source->id, info.session);
	EXPECT_EQ(1, info.id);
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE, info.state);
	EXPECT_EQ(0, info.bytes_sent + info.bytes_received + info.chunks);
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_CHANNEL_ERROR));
	EXPECT_FALSE(HAS(&info, SOCK_FD));
}

TEST_F(channel, becomes_live_with_the_same_number_on_both_hosts)
{
	struct channel_info source, destination;
	struct session_info session;

	ASSERT_EQ(0, host_channel(self->destination, self->fds[1], -1));
	ASSERT_EQ(1, channel_dump(&self->mux, self->destination->id, &destination, 1));
	EXPECT_FALSE(HAS(&destination, ID));
	ASSERT_EQ(0, host_channel(self->source, self->fds[0], 1));
	ASSERT_EQ(0, channel_wait(&self->mux, self->source->id, 0,
				  VFIO_MIG_MUX_CHANNEL_STATE_LIVE, &source));
	ASSERT_EQ(0, channel_wait(&self->mux, self->destination->id, 0,
				  VFIO_MIG_MUX_CHANNEL_STATE_LIVE, &destination));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_LIVE, source.state);
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_LIVE, destination.state);
	EXPECT_EQ(1, source.id);
	EXPECT_EQ(1, destination.id);
	ASSERT_EQ(0, session_wait(&self->mux, self->source->id,
				  VFIO_MIG_MUX_SESSION_STATE_ACTIVE, &session));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ACTIVE, session.state);
	EXPECT_EQ(1, session.channels_live);
	ASSERT_EQ(0, session_wait(&self->mux, self->destination->id,
				  VFIO_MIG_MUX_SESSION_STATE_ACTIVE, &session));
	EXPECT_EQ(1, session.channels_live);
	EXPECT_EQ(session.slots - 1, session.slots_free);
	ASSERT_EQ(0, channel_get(&self->mux, self->destination->id, 1, &destination));
}

TEST_F(channel, get_refuses_what_the_policy_forbids)
{
	struct mux *mux = &self->mux;

	EXPECT_BAD_ATTRS(mux,
			 { GET, attr_u32(SESSION, 0), ERANGE, POLICY_RANGE },
			 { GET, attr_u32(ID, 64), ERANGE, POLICY_RANGE });
	EXPECT_OTHERS_REFUSED(mux, GET, 1 << SESSION | 1 << ID, VFIO_MIG_MUX_A_CHANNEL_MAX);
	EXPECT_MISSING(mux, mux_do(mux, GET, attr_none()), "session", SESSION);
	EXPECT_MISSING(mux, mux_do(mux, GET, attr_u32(SESSION, 1)), "id", ID);
	EXPECT_REFUSED_AT(mux, mux_do(mux, GET, attr_u32(SESSION, 99999), attr_u32(ID, 0)),
			  ENOENT, "there is no session 99999", SESSION);
	EXPECT_REFUSED_AT(mux, mux_do(mux, GET, attr_u32(SESSION, self->source->id),
				      attr_u32(ID, 1)), ENOENT,
			  words("session %u has no channel 1", self->source->id), ID);
}

TEST_F(channel, dump_refuses_what_the_policy_forbids)
{
	struct mux *mux = &self->mux;

	EXPECT_REFUSED_AT(mux, mux_dump(mux, GET, attr_u32(SESSION, 0)), ERANGE,
			  POLICY_RANGE, SESSION);
	EXPECT_REFUSED_AT(mux, mux_dump(mux, GET, attr_u32(ID, 0)), EINVAL, POLICY_UNKNOWN, ID);
	EXPECT_REFUSED(mux, mux_dump(mux, GET, attr_none()), EINVAL,
		       "attribute session is missing");
	EXPECT_REFUSED(mux, mux_dump(mux, GET, attr_u32(SESSION, 99999)), ENOENT,
		       "there is no session 99999");
}

TEST_F(channel, get_and_dump_agree)
{
	struct channel_info infos[2], info;
	int second[2];
	int i;

	ASSERT_EQ(0, tcp_pair(second));
	ASSERT_EQ(0, channel_dump(&self->mux, self->source->id, infos, 2));
	ASSERT_EQ(0, host_channel(self->source, self->fds[0], 1));
	ASSERT_EQ(0, host_channel(self->source, second[0], 0));
	ASSERT_EQ(2, channel_dump(&self->mux, self->source->id, infos, 2));
	EXPECT_EQ(1, infos[0].id);
	EXPECT_EQ(0, infos[1].id);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, channel_get(&self->mux, self->source->id, infos[i].id, &info));
		EXPECT_EQ(0, memcmp(&info, &infos[i], sizeof(info)))
			TH_LOG("channel %d", i);
	}
}

TEST_HARNESS_MAIN
