// SPDX-License-Identifier: GPL-2.0
/*
 * Handshakes between two sessions that do not fit together: each is refused
 * in the same words on both hosts, and costs nothing but its channel.
 */
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_tcp.h"

#define FAILED	VFIO_MIG_MUX_CHANNEL_STATE_FAILED

FIXTURE(handshake)
{
	struct mux mux;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host_params params;
	struct host source;
	struct host destination;
	struct channel_info at_source;
	struct channel_info at_destination;
};

FIXTURE_SETUP(handshake)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->uuid);
	self->params = (struct host_params){
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->uuid,
		.channels = 2,
		.devices = 2,
		.slots = 8,
	};
	ASSERT_EQ(0, host_open(&self->destination, &self->mux, &self->params));
	self->params.role = VFIO_MIG_MUX_ROLE_SOURCE;
}

FIXTURE_TEARDOWN(handshake)
{
	host_close(&self->source);
	host_close(&self->destination);
	mux_close(&self->mux);
}

static int connect_hosts(struct host *source, struct host *destination, __u32 channel)
{
	struct pair pair = { .source = *source, .destination = *destination };

	return pair_connect(&pair, channel);
}

/* Connects a source that does not fit, and looks what both are told */
static void expect_refusal(struct __test_metadata *_metadata, FIXTURE_DATA(handshake) * self,
			   __u32 channel, __u32 code, const char *text)
{
	struct session_info session;

	ASSERT_EQ(0, connect_hosts(&self->source, &self->destination, channel));
	ASSERT_EQ(0, channel_wait(&self->mux, self->destination.id, 0, FAILED,
				  &self->at_destination));
	ASSERT_EQ(0, channel_wait(&self->mux, self->source.id, 0, FAILED, &self->at_source));
	EXPECT_LOCAL_ERROR(&self->at_destination.error, code, text);
	EXPECT_PEER_ERROR(&self->at_source.error, code, text);
	EXPECT_STREQ(self->at_destination.error.text, self->at_source.error.text);
	EXPECT_WHERE(&self->at_destination.error, VFIO_MIG_MUX_DIRECTION_RECEIVE,
		     NOWHERE, NOWHERE, NOWHERE);
	EXPECT_WHERE(&self->at_source.error, VFIO_MIG_MUX_DIRECTION_RECEIVE,
		     NOWHERE, channel, NOWHERE);

	ASSERT_EQ(0, session_get(&self->mux, self->destination.id, &session));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_CONNECTING, session.state);
	EXPECT_EQ(session.slots, session.slots_free);
	EXPECT_FALSE(HAS(&session, VFIO_MIG_MUX_A_SESSION_ERROR));
	ASSERT_EQ(0, session_get(&self->mux, self->source.id, &session));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_CONNECTING, session.state);
}

/* Whether the destination has lost nothing: a source that fits comes to life */
static void expect_life(struct __test_metadata *_metadata, FIXTURE_DATA(handshake) * self)
{
	struct host_params params = {
		.uuid = self->uuid,
		.channels = 2,
		.devices = 2,
		.slots = 8,
	};
	struct session_info info;
	struct host host;

	ASSERT_EQ(0, host_open(&host, &self->mux, &params));
	ASSERT_EQ(0, connect_hosts(&host, &self->destination, 0));
	ASSERT_EQ(0, connect_hosts(&host, &self->destination, 1));
	ASSERT_EQ(0, session_wait(&self->mux, self->destination.id,
				  VFIO_MIG_MUX_SESSION_STATE_ACTIVE, &info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ACTIVE, info.state);
	host_close(&host);
}

TEST_F(handshake, of_another_uuid_is_refused)
{
	char given[37];
	__u8 other[VFIO_MIG_MUX_UUID_LEN];

	memcpy(other, self->uuid, sizeof(other));
	other[15] ^= 1;
	self->params.uuid = other;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	expect_refusal(_metadata, self, 0, EINVAL,
		       words("new channel: HELLO has session UUID %s, which is another session's",
			     uuid_text(other, given)));
	expect_life(_metadata, self);
}

TEST_F(handshake, of_another_chunk_size_is_refused)
{
	self->params.chunk_size = 2 * CHUNK;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	expect_refusal(_metadata, self, 1, EINVAL,
		       "new channel: HELLO has chunk size 131072, 65536 is expected");
	expect_life(_metadata, self);
}

TEST_F(handshake, of_other_features_is_refused)
{
	self->params.no_checksum = true;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	expect_refusal(_metadata, self, 0, EOPNOTSUPP,
		       "new channel: HELLO has features 0x0, 0x1 are expected");
	expect_life(_metadata, self);
}

TEST_F(handshake, of_more_or_less_devices_is_refused)
{
	self->params.devices = 1;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	expect_refusal(_metadata, self, 0, EINVAL,
		       "new channel: HELLO has 1 devices, 2 are expected");
	host_close(&self->source);
	self->params.devices = 64;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	expect_refusal(_metadata, self, 1, EINVAL,
		       "new channel: HELLO has 64 devices, 2 are expected");
	expect_life(_metadata, self);
}

TEST_F(handshake, of_other_device_names_is_refused_and_names_them)
{
	self->params.devices = 1;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	ASSERT_EQ(0, host_device(&self->source, 1, "other", 0));
	expect_refusal(_metadata, self, 0, EINVAL,
		       "new channel: HELLO names device 1 other, d1 is expected");
	expect_life(_metadata, self);
}

TEST_F(handshake, of_the_longest_device_names_spells_them_out)
{
	char longest[VFIO_MIG_MUX_NAME_MAX + 1] = "";

	memset(longest, 'n', sizeof(longest) - 1);
	self->params.devices = 1;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	ASSERT_EQ(0, host_device(&self->source, 1, longest, 0));
	expect_refusal(_metadata, self, 0, EINVAL,
		       words("new channel: HELLO names device 1 %s, d1 is expected", longest));
}

TEST_F(handshake, of_more_channels_is_refused)
{
	self->params.channels = 3;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	expect_refusal(_metadata, self, 2, EINVAL,
		       "new channel: HELLO announces 3 channels, 2 are expected");
	expect_life(_metadata, self);
}

TEST_F(handshake, of_less_channels_is_taken)
{
	struct channel_info info;

	self->params.channels = 1;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	ASSERT_EQ(0, connect_hosts(&self->source, &self->destination, 0));
	ASSERT_EQ(0, channel_wait(&self->mux, self->source.id, 0,
				  VFIO_MIG_MUX_CHANNEL_STATE_LIVE, &info));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_LIVE, info.state);
}

/* Two sources that pretend to be the same one */
TEST_F(handshake, of_a_number_that_is_taken_is_refused_and_the_first_lives_on)
{
	const char *text = "new channel: HELLO has number 1, which is taken";
	struct channel_info info;
	struct host second;

	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	ASSERT_EQ(0, host_open(&second, &self->mux, &self->params));
	ASSERT_EQ(0, connect_hosts(&self->source, &self->destination, 1));
	ASSERT_EQ(0, channel_wait(&self->mux, self->destination.id, 0,
				  VFIO_MIG_MUX_CHANNEL_STATE_LIVE, &info));
	ASSERT_EQ(0, connect_hosts(&second, &self->destination, 1));
	ASSERT_EQ(0, channel_wait(&self->mux, self->destination.id, 1, FAILED, &info));
	EXPECT_LOCAL_ERROR(&info.error, EEXIST, text);
	ASSERT_EQ(0, channel_wait(&self->mux, second.id, 0, FAILED, &info));
	EXPECT_PEER_ERROR(&info.error, EEXIST, text);
	ASSERT_EQ(0, channel_get(&self->mux, self->destination.id, 1, &info));
	EXPECT_EQ(VFIO_MIG_MUX_CHANNEL_STATE_LIVE, info.state);
	host_close(&second);
}

/* A channel that was refused makes room for the next */
TEST_F(handshake, can_be_tried_again_any_number_of_times)
{
	int i;

	self->params.devices = 1;
	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	for (i = 0; i < 8; i++)
		expect_refusal(_metadata, self, 0, EINVAL,
			       "new channel: HELLO has 1 devices, 2 are expected");
	expect_life(_metadata, self);
}

TEST_F(handshake, between_two_sources_fails_on_both)
{
	struct host second;
	int fds[2];

	ASSERT_EQ(0, host_open(&self->source, &self->mux, &self->params));
	ASSERT_EQ(0, host_open(&second, &self->mux, &self->params));
	ASSERT_EQ(0, tcp_pair(fds));
	ASSERT_EQ(0, host_channel(&self->source, fds[0], 0));
	ASSERT_EQ(0, host_channel(&second, fds[1], 1));
	close(fds[0]);
	close(fds[1]);
	ASSERT_EQ(0, channel_wait(&self->mux, self->source.id, 0, FAILED, &self->at_source));
	ASSERT_EQ(0, channel_wait(&self->mux, second.id, 0, FAILED, &self->at_destination));
	EXPECT_LOCAL_ERROR(&self->at_source.error, EPROTO,
			   "channel 0: handshake: type is not for this direction");
	EXPECT_LOCAL_ERROR(&self->at_destination.error, EPROTO,
			   "channel 1: handshake: type is not for this direction");
	host_close(&second);
}

TEST_HARNESS_MAIN
