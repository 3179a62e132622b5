// SPDX-License-Identifier: GPL-2.0
/*
 * Trailers: what the source's owner has to say of a device gets to the
 * destination's owner, whole, once, and not before the device is loaded.
 */
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "lib_crc.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_peer.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED
#define ENDED		VFIO_MIG_MUX_DEVICE_STATE_ENDED
#define LOADED		VFIO_MIG_MUX_DEVICE_STATE_LOADED
#define DESTINATION	VFIO_MIG_MUX_ROLE_DESTINATION

#define GET	VFIO_MIG_MUX_CMD_DEVICE_TRAILER_GET
#define SET	VFIO_MIG_MUX_CMD_DEVICE_SET
#define SESSION	VFIO_MIG_MUX_A_DEVICE_SESSION
#define ID	VFIO_MIG_MUX_A_DEVICE_ID
#define FINAL	VFIO_MIG_MUX_A_DEVICE_FINAL
#define TRAILER	VFIO_MIG_MUX_A_DEVICE_TRAILER
#define LENGTH	VFIO_MIG_MUX_A_DEVICE_TRAILER_LEN

#define LONGEST		VFIO_MIG_MUX_TRAILER_MAX
#define FEATURES	(VFIO_MIG_MUX_FEATURE_CHECKSUM | VFIO_MIG_MUX_FEATURE_TRAILER)
#define STATE		"state_size=100000 seed=59"
#define STATE_BYTES	100000

static int get(struct host *host)
{
	return mux_do(host->mux, GET, attr_u32(SESSION, host->id), attr_u32(ID, 0));
}

/* Whether a trailer is what is given to the owner */
static bool gets(struct host *host, const void *bytes, int length)
{
	struct genlmsghdr *message;
	struct nlattr *attr;

	if (get(host) || host->mux->nr_replies != 1)
		return false;
	message = nlmsg_data(host->mux->replies[0]);
	attr = nla_find(genlmsg_attrdata(message, 0), genlmsg_attrlen(message, 0), TRAILER);
	return attr && nla_len(attr) == length && !memcmp(nla_data(attr), bytes, length);
}

/* Two hosts that both know trailers, unless told otherwise, and a device on each */
FIXTURE(trailer)
{
	struct mux mux;
	struct migration migration;
	struct host *source;
	struct host *destination;
	struct session_info at_source;
	struct session_info at_destination;
	struct device_info device;
	__u8 bytes[LONGEST + 1];
};

static void open_hosts(struct __test_metadata *_metadata, FIXTURE_DATA(trailer) * self,
		       bool trailer, bool checksum)
{
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host_params params = {
		.uuid = uuid,
		.channels = 2,
		.trailer = trailer,
		.no_checksum = !checksum,
		.devices = 1,
		.slots = 6,
	};

	uuid_make(uuid);
	ASSERT_EQ(0, host_open(self->source, &self->mux, &params));
	params.role = DESTINATION;
	ASSERT_EQ(0, host_open(self->destination, &self->mux, &params));
}

FIXTURE_SETUP(trailer)
{
	struct migration *migration = &self->migration;
	__u32 i;

	self->source = &migration->pair.source;
	self->destination = &migration->pair.destination;
	for (i = 0; i < sizeof(self->bytes); i++)
		self->bytes[i] = i * 7 + (i >> 8);
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, sim_open(&migration->saving, 902, STATE));
	ASSERT_EQ(0, sim_open(&migration->loading, 903, ""));
	ASSERT_EQ(0, sim_save(&migration->saving));
	ASSERT_EQ(0, sim_load(&migration->loading));
}

FIXTURE_TEARDOWN(trailer)
{
	migration_close(&self->migration);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static void finish(struct __test_metadata *_metadata, FIXTURE_DATA(trailer) * self)
{
	ASSERT_EQ(0, migration_wait(&self->migration, COMPLETED,
				    &self->at_source, &self->at_destination));
	ASSERT_EQ(COMPLETED, self->at_source.state)
		TH_LOG("%s", self->at_source.error.text);
	ASSERT_EQ(COMPLETED, self->at_destination.state)
		TH_LOG("%s", self->at_destination.error.text);
	EXPECT_EQ(0, sim_stop(&self->migration.loading));
	EXPECT_STREQ("identical", sim_read(&self->migration.loading, "verified"));
}

static void migrate(struct __test_metadata *_metadata, FIXTURE_DATA(trailer) * self)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, 2));
	ASSERT_EQ(0, migration_attach(&self->migration));
	finish(_metadata, self);
}

/* Sends all there is, END included, to a destination that cannot load it yet */
static void send_all(struct __test_metadata *_metadata, FIXTURE_DATA(trailer) * self)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, 2));
	ASSERT_EQ(0, host_attach(self->source, 0, self->migration.saving.data_fd, true));
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->destination->id, 0, &self->device) &&
			       self->device.state == ENDED));
}

static void expect_length(struct __test_metadata *_metadata, FIXTURE_DATA(trailer) * self,
			  struct host *host, __u32 length)
{
	ASSERT_EQ(0, device_get(&self->mux, host->id, 0, &self->device));
	EXPECT_TRUE(HAS(&self->device, LENGTH));
	EXPECT_EQ(length, self->device.trailer_len);
}

static void expect_no_length(struct __test_metadata *_metadata, FIXTURE_DATA(trailer) * self,
			     struct host *host)
{
	ASSERT_EQ(0, device_get(&self->mux, host->id, 0, &self->device));
	EXPECT_FALSE(HAS(&self->device, LENGTH));
}

static void expect_arrival(struct __test_metadata *_metadata, FIXTURE_DATA(trailer) * self,
			   __u32 length, bool checksum)
{
	open_hosts(_metadata, self, true, checksum);
	ASSERT_EQ(0, host_trailer(self->source, 0, self->bytes, length));
	expect_length(_metadata, self, self->source, length);
	expect_no_length(_metadata, self, self->destination);
	migrate(_metadata, self);
	expect_length(_metadata, self, self->destination, length);
	EXPECT_TRUE(gets(self->destination, self->bytes, length));
	EXPECT_TRUE(gets(self->destination, self->bytes, length));
	ASSERT_EQ(0, device_get(&self->mux, self->destination->id, 0, &self->device));
	EXPECT_EQ(STATE_BYTES, self->device.bytes);
}

TEST_F(trailer, of_no_bytes_arrives)
{
	expect_arrival(_metadata, self, 0, true);
}

TEST_F(trailer, of_one_byte_arrives)
{
	expect_arrival(_metadata, self, 1, true);
}

TEST_F(trailer, of_the_greatest_length_arrives)
{
	expect_arrival(_metadata, self, LONGEST, true);
}

TEST_F(trailer, arrives_where_chunks_have_no_checksums)
{
	expect_arrival(_metadata, self, 5000, false);
}

TEST_F(trailer, longer_than_that_is_refused)
{
	open_hosts(_metadata, self, true, true);
	EXPECT_REFUSED(&self->mux, host_trailer(self->source, 0, self->bytes, LONGEST + 1), E2BIG,
		       "trailer of 61441 bytes is longer than 61440 bytes");
	expect_no_length(_metadata, self, self->source);
}

TEST_F(trailer, takes_the_place_of_an_earlier_one)
{
	open_hosts(_metadata, self, true, true);
	ASSERT_EQ(0, host_trailer(self->source, 0, self->bytes, LONGEST));
	ASSERT_EQ(0, host_trailer(self->source, 0, self->bytes + 3, 100));
	expect_length(_metadata, self, self->source, 100);
	migrate(_metadata, self);
	EXPECT_TRUE(gets(self->destination, self->bytes + 3, 100));
}

TEST_F(trailer, may_come_with_the_words_that_the_device_is_final)
{
	open_hosts(_metadata, self, true, true);
	ASSERT_EQ(0, migration_go_live(&self->migration, 2));
	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	ASSERT_EQ(0, host_attach(self->source, 0, self->migration.saving.data_fd, false));
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->source->id, 0, &self->device) &&
			       self->device.state == VFIO_MIG_MUX_DEVICE_STATE_DRAINED));
	ASSERT_EQ(0, mux_do(&self->mux, SET, attr_u32(SESSION, self->source->id), attr_u32(ID, 0),
			    attr_flag(FINAL), attr_bytes(TRAILER, self->bytes, 10)));
	finish(_metadata, self);
	EXPECT_TRUE(gets(self->destination, self->bytes, 10));
}

TEST_F(trailer, is_not_set_where_being_final_is_refused)
{
	open_hosts(_metadata, self, true, true);
	EXPECT_REFUSED(&self->mux,
		       mux_do(&self->mux, SET, attr_u32(SESSION, self->source->id),
			      attr_u32(ID, 0), attr_flag(FINAL),
			      attr_bytes(TRAILER, self->bytes, 10)),
		       EINVAL, "device 0 has no data-fd yet");
	expect_no_length(_metadata, self, self->source);
}

TEST_F(trailer, is_not_given_before_the_device_is_loaded)
{
	open_hosts(_metadata, self, true, true);
	EXPECT_REFUSED(&self->mux, get(self->destination), EBUSY, "device 0 is not loaded yet");
	ASSERT_EQ(0, host_trailer(self->source, 0, self->bytes, 77));
	send_all(_metadata, self);
	/* It has arrived, but the owner has nothing to do with it yet. */
	expect_length(_metadata, self, self->destination, 77);
	EXPECT_REFUSED(&self->mux, get(self->destination), EBUSY, "device 0 is not loaded yet");
	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	finish(_metadata, self);
	EXPECT_TRUE(gets(self->destination, self->bytes, 77));
}

TEST_F(trailer, is_not_given_when_the_device_will_not_be_loaded)
{
	open_hosts(_metadata, self, true, true);
	ASSERT_EQ(0, host_trailer(self->source, 0, self->bytes, 77));
	send_all(_metadata, self);
	ASSERT_EQ(0, host_abort(self->destination, NULL));
	EXPECT_REFUSED(&self->mux, get(self->destination), ESHUTDOWN,
		       "device 0 is not loaded, and its session is over");
}

TEST_F(trailer, that_was_never_given_is_not_there)
{
	open_hosts(_metadata, self, true, true);
	migrate(_metadata, self);
	expect_no_length(_metadata, self, self->destination);
	EXPECT_REFUSED(&self->mux, get(self->destination), ENODATA,
		       "the source gave no trailer for device 0");
}

TEST_F(trailer, is_refused_once_the_end_is_sent)
{
	open_hosts(_metadata, self, true, true);
	ASSERT_EQ(0, host_trailer(self->source, 0, self->bytes, 77));
	send_all(_metadata, self);
	EXPECT_REFUSED(&self->mux, host_trailer(self->source, 0, self->bytes, 78), EBUSY,
		       "END of device 0 is sent, too late for a trailer");
	expect_length(_metadata, self, self->source, 77);
	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	finish(_metadata, self);
	EXPECT_TRUE(gets(self->destination, self->bytes, 77));
	EXPECT_REFUSED(&self->mux, host_trailer(self->source, 0, self->bytes, 78), ESHUTDOWN,
		       words("session %u is over", self->source->id));
}

TEST_F(trailer, is_the_first_to_be_refused_once_the_end_is_sent)
{
	open_hosts(_metadata, self, true, true);
	send_all(_metadata, self);
	EXPECT_REFUSED(&self->mux, host_trailer(self->source, 0, self->bytes, 1), EBUSY,
		       "END of device 0 is sent, too late for a trailer");
	expect_no_length(_metadata, self, self->source);
}

TEST_F(trailer, takes_its_way_from_source_to_destination_only)
{
	open_hosts(_metadata, self, true, true);
	EXPECT_REFUSED(&self->mux, host_trailer(self->destination, 0, self->bytes, 1), EINVAL,
		       "device 0 is not a source's: it cannot be given a trailer");
	EXPECT_REFUSED(&self->mux, get(self->source), EINVAL,
		       "device 0 is a source's: the destination has its trailer");
}

TEST_F(trailer, is_nothing_for_sessions_without_the_feature)
{
	open_hosts(_metadata, self, false, true);
	EXPECT_REFUSED(&self->mux, host_trailer(self->source, 0, self->bytes, 1), EOPNOTSUPP,
		       words("session %u was made without the feature trailer", self->source->id));
	EXPECT_REFUSED(&self->mux, get(self->destination), EOPNOTSUPP,
		       words("session %u was made without the feature trailer",
			     self->destination->id));
	migrate(_metadata, self);
}

TEST_F(trailer, is_asked_for_by_session_and_number)
{
	struct host nobody = { .mux = &self->mux, .id = 99999 };

	open_hosts(_metadata, self, true, true);
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, GET, attr_none()), "session", SESSION);
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, GET, attr_u32(SESSION, 1)), "id", ID);
	EXPECT_REFUSED_AT(&self->mux, get(&nobody), ENOENT, "there is no session 99999", SESSION);
	EXPECT_REFUSED_AT(&self->mux,
			  mux_do(&self->mux, GET, attr_u32(SESSION, self->destination->id),
				 attr_u32(ID, 1)),
			  ENOENT, words("session %u has no device 1", self->destination->id), ID);
	EXPECT_OTHERS_REFUSED(&self->mux, GET, 1 << SESSION | 1 << ID, VFIO_MIG_MUX_A_DEVICE_MAX);
}

/* A source, and a destination played by the test */
FIXTURE(resent)
{
	struct mux mux;
	struct peer peers[2];
	struct host host;
	struct sim saving;
	struct session_info info;
	struct wire_frame frame;
	__u8 bytes[LONGEST];
	__u8 payload[CHUNK];
};

FIXTURE_SETUP(resent)
{
	struct host_params params = {
		.uuid = self->peers[0].uuid,
		.channels = 2,
		.trailer = true,
		.devices = 1,
		.slots = 2,
	};
	__u32 i;

	for (i = 0; i < sizeof(self->bytes); i++)
		self->bytes[i] = i * 13 + (i >> 7);
	ASSERT_EQ(0, mux_open(&self->mux));
	/* Nothing but a trailer and END */
	ASSERT_EQ(0, sim_open(&self->saving, 902, "state_size=0"));
	ASSERT_EQ(0, sim_save(&self->saving));
	uuid_make(self->peers[0].uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	self->peers[1] = self->peers[0];
	self->peers[0].sock = -1;
	self->peers[1].sock = -1;
	ASSERT_EQ(0, host_trailer(&self->host, 0, self->bytes, LONGEST));
}

FIXTURE_TEARDOWN(resent)
{
	host_close(&self->host);
	peer_close(&self->peers[0]);
	peer_close(&self->peers[1]);
	sim_close(&self->saving);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static void join(struct __test_metadata *_metadata, FIXTURE_DATA(resent) * self, int channel)
{
	struct channel_info info;
	struct wire_hello_ack ack;
	struct wire_hello hello;

	ASSERT_EQ(0, peer_open(&self->peers[channel], &self->host, channel));
	ASSERT_EQ(0, peer_take_hello(&self->peers[channel], &hello));
	EXPECT_EQ(FEATURES, hello.features);
	hello_ack_make(&ack, 1, 4);
	ack.features = FEATURES;
	ASSERT_EQ(0, peer_say_hello_ack(&self->peers[channel], &ack));
	ASSERT_TRUE(eventually(!channel_get(&self->mux, self->host.id, channel, &info) &&
			       info.state == VFIO_MIG_MUX_CHANNEL_STATE_LIVE));
}

static void take_trailer(struct __test_metadata *_metadata, FIXTURE_DATA(resent) * self,
			 int channel)
{
	ASSERT_EQ(0, peer_take_frame(&self->peers[channel], &self->frame, self->payload, CHUNK));
	ASSERT_EQ(WIRE_CONFIG, self->frame.type);
	EXPECT_EQ(LONGEST, self->frame.length);
	EXPECT_EQ(0, self->frame.flags);
	EXPECT_EQ(0, self->frame.index);
	EXPECT_EQ(0, self->frame.offset);
	EXPECT_EQ(0, memcmp(self->bytes, self->payload, LONGEST));
}

static void take_end(struct __test_metadata *_metadata, FIXTURE_DATA(resent) * self, int channel)
{
	ASSERT_EQ(0, peer_take_frame(&self->peers[channel], &self->frame, self->payload, CHUNK));
	ASSERT_EQ(WIRE_END, self->frame.type);
	EXPECT_EQ(WIRE_END_TRAILER, self->frame.flags);
	EXPECT_EQ(0, self->frame.index);
}

static void complete(struct __test_metadata *_metadata, FIXTURE_DATA(resent) * self, int channel)
{
	struct wire_frame ack = { .type = WIRE_ACK, .flags = WIRE_ACK_COMPLETE };

	ASSERT_EQ(0, peer_say(&self->peers[channel], &ack, NULL));
	ASSERT_EQ(0, peer_take_frame(&self->peers[channel], &self->frame, self->payload, CHUNK));
	EXPECT_EQ(WIRE_BYE, self->frame.type);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(COMPLETED, self->info.state);
}

TEST_F(resent, trailer_follows_the_end_to_another_channel)
{
	join(_metadata, self, 0);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	take_trailer(_metadata, self, 0);
	take_end(_metadata, self, 0);
	join(_metadata, self, 1);
	peer_reset(&self->peers[0]);
	take_trailer(_metadata, self, 1);
	take_end(_metadata, self, 1);
	complete(_metadata, self, 1);
}

TEST_F(resent, trailer_begins_anew_when_it_was_torn)
{
	__u8 head[WIRE_FRAME_SIZE];

	join(_metadata, self, 0);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	ASSERT_EQ(0, peer_take(&self->peers[0], head, sizeof(head)));
	ASSERT_EQ(0, peer_take(&self->peers[0], self->payload, LONGEST / 2));
	join(_metadata, self, 1);
	peer_reset(&self->peers[0]);
	take_trailer(_metadata, self, 1);
	take_end(_metadata, self, 1);
	complete(_metadata, self, 1);
}

TEST_F(resent, trailer_stays_what_it_was)
{
	join(_metadata, self, 0);
	ASSERT_EQ(0, host_attach(&self->host, 0, self->saving.data_fd, true));
	take_trailer(_metadata, self, 0);
	EXPECT_REFUSED(&self->mux, host_trailer(&self->host, 0, self->bytes, 1), EBUSY,
		       "END of device 0 is sent, too late for a trailer");
	join(_metadata, self, 1);
	peer_reset(&self->peers[0]);
	take_trailer(_metadata, self, 1);
	take_end(_metadata, self, 1);
	complete(_metadata, self, 1);
}

/* A destination of an empty stream, and a source played by the test */
FIXTURE(hostile)
{
	struct mux mux;
	struct peer peers[2];
	struct host host;
	struct sim loading;
	struct session_info info;
	struct channel_info channel;
	__u8 bytes[LONGEST + 1];
};

static void meet(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) * self, int channel,
		 __u32 features)
{
	struct wire_hello_ack ack;
	struct wire_hello hello;

	hello_make(&hello, channel, 2, 1);
	hello.features = features;
	ASSERT_EQ(0, peer_open(&self->peers[channel], &self->host, -1));
	ASSERT_EQ(0, peer_say_hello(&self->peers[channel], &hello));
	ASSERT_EQ(0, peer_take_hello_ack(&self->peers[channel], &ack));
	EXPECT_EQ(features, ack.features);
}

static void begin(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) * self,
		  __u32 features)
{
	struct host_params params = {
		.role = DESTINATION,
		.uuid = self->peers[0].uuid,
		.channels = 2,
		.trailer = features & VFIO_MIG_MUX_FEATURE_TRAILER,
		.no_checksum = !(features & VFIO_MIG_MUX_FEATURE_CHECKSUM),
		.devices = 1,
		.slots = 4,
	};

	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	meet(_metadata, self, 0, features);
}

FIXTURE_SETUP(hostile)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	memset(self->bytes, 0x5a, sizeof(self->bytes));
	uuid_make(self->peers[0].uuid);
	self->peers[1] = self->peers[0];
	self->peers[0].sock = -1;
	self->peers[1].sock = -1;
	ASSERT_EQ(0, sim_open(&self->loading, 903, "state_size=0"));
	ASSERT_EQ(0, sim_load(&self->loading));
}

FIXTURE_TEARDOWN(hostile)
{
	peer_close(&self->peers[0]);
	peer_close(&self->peers[1]);
	host_close(&self->host);
	sim_close(&self->loading);
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

static int say_config(FIXTURE_DATA(hostile) * self, int channel, __u32 length)
{
	struct wire_frame frame = {
		.type = WIRE_CONFIG,
		.length = length,
		.crc = crc_of(self->bytes, length),
	};

	return peer_say(&self->peers[channel], &frame, self->bytes);
}

static int say_end(FIXTURE_DATA(hostile) * self, int channel, __u8 flags)
{
	struct wire_frame frame = { .type = WIRE_END, .flags = flags };

	return peer_say(&self->peers[channel], &frame, NULL);
}

static void expect_failure(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) * self,
			   int channel, __u32 code, const char *text)
{
	struct wire_abort abort;
	struct wire_frame frame;

	ASSERT_EQ(0, session_wait(&self->mux, self->host.id, COMPLETED, &self->info));
	EXPECT_EQ(FAILED, self->info.state);
	EXPECT_LOCAL_ERROR(&self->info.error, code, text);
	ASSERT_EQ(0, peer_take_abort(&self->peers[channel], &frame, &abort));
	EXPECT_EQ(0, frame.flags);
	EXPECT_EQ(code, abort.code);
	EXPECT_STREQ(self->info.error.text, abort.text);
	EXPECT_TRUE(peer_sees_end(&self->peers[channel]));
}

/* Loads what has come and sees it through to the end */
static void end_well(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) * self,
		     int channel, int length)
{
	struct wire_frame frame;

	ASSERT_EQ(0, host_attach(&self->host, 0, self->loading.data_fd, false));
	ASSERT_EQ(0, peer_take_type(&self->peers[channel], WIRE_ACK, &frame));
	EXPECT_EQ(WIRE_ACK_COMPLETE, frame.flags);
	EXPECT_TRUE(gets(&self->host, self->bytes, length));
	/* Late copies change nothing. */
	ASSERT_EQ(0, say_config(self, channel, length));
	ASSERT_EQ(0, say_end(self, channel, WIRE_END_TRAILER));
	frame = (struct wire_frame){ .type = WIRE_BYE };
	ASSERT_EQ(0, peer_say(&self->peers[channel], &frame, NULL));
	ASSERT_EQ(0, peer_take_type(&self->peers[channel], WIRE_BYE, &frame));
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &self->info));
	EXPECT_EQ(COMPLETED, self->info.state);
	EXPECT_TRUE(gets(&self->host, self->bytes, length));
}

TEST_F(hostile, trailer_may_come_as_often_as_the_source_likes)
{
	begin(_metadata, self, FEATURES);
	meet(_metadata, self, 1, FEATURES);
	ASSERT_EQ(0, say_config(self, 0, LONGEST));
	ASSERT_EQ(0, say_config(self, 0, LONGEST));
	ASSERT_EQ(0, say_end(self, 0, WIRE_END_TRAILER));
	ASSERT_EQ(0, say_config(self, 1, LONGEST));
	ASSERT_EQ(0, say_end(self, 1, WIRE_END_TRAILER));
	end_well(_metadata, self, 0, LONGEST);
}

TEST_F(hostile, trailer_of_no_bytes_may_come_twice)
{
	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, say_config(self, 0, 0));
	ASSERT_EQ(0, say_config(self, 0, 0));
	ASSERT_EQ(0, say_end(self, 0, WIRE_END_TRAILER));
	end_well(_metadata, self, 0, 0);
}

TEST_F(hostile, trailer_of_other_bytes_conflicts)
{
	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, say_config(self, 0, 100));
	self->bytes[99] ^= 1;
	ASSERT_EQ(0, say_config(self, 0, 100));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: CONFIG of device d0: conflicts with one that is there already");
	EXPECT_WHERE(&self->info.error, VFIO_MIG_MUX_DIRECTION_RECEIVE, 0, 0, NOWHERE);
}

TEST_F(hostile, trailer_of_another_length_conflicts_before_its_bytes)
{
	struct wire_frame frame = { .type = WIRE_CONFIG, .length = 101 };

	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, say_config(self, 0, 100));
	ASSERT_EQ(0, say_end(self, 0, WIRE_END_TRAILER));
	frame.crc = crc_of(self->bytes, 101);
	ASSERT_EQ(0, peer_say(&self->peers[0], &frame, NULL));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: CONFIG of device d0: conflicts with one that is there already");
}

TEST_F(hostile, trailer_is_missed_before_the_end_that_announces_it)
{
	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, say_end(self, 0, WIRE_END_TRAILER));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: END of device d0, chunk 0: announces a trailer that has not come");
}

TEST_F(hostile, trailer_must_be_announced)
{
	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, say_config(self, 0, 1));
	ASSERT_EQ(0, say_end(self, 0, 0));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: END of device d0, chunk 0: announces no trailer, but one has come");
}

TEST_F(hostile, trailer_after_an_end_without_one_is_refused)
{
	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, say_end(self, 0, 0));
	ASSERT_EQ(0, say_config(self, 0, 0));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: CONFIG of device d0: after an END that announced none");
}

TEST_F(hostile, trailer_once_announced_stays_announced)
{
	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, say_config(self, 0, 1));
	ASSERT_EQ(0, say_end(self, 0, WIRE_END_TRAILER));
	ASSERT_EQ(0, say_end(self, 0, 0));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: END of device d0, chunk 0: conflicts with an earlier one");
}

TEST_F(hostile, trailer_too_long_is_refused_before_its_bytes)
{
	struct wire_frame frame = { .type = WIRE_CONFIG, .length = LONGEST + 1 };

	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, peer_say(&self->peers[0], &frame, NULL));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: CONFIG frame, type 3, device 0, length 61441: length is out of bounds");
}

TEST_F(hostile, trailer_of_4_gib_is_refused)
{
	struct wire_frame frame = { .type = WIRE_CONFIG, .length = 0xffffffff };

	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, peer_say(&self->peers[0], &frame, NULL));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: CONFIG frame, type 3, device 0, length 4294967295: length is out of bounds");
}

TEST_F(hostile, trailer_of_no_device_is_refused)
{
	struct wire_frame frame = { .type = WIRE_CONFIG, .device = 1 };

	begin(_metadata, self, FEATURES);
	ASSERT_EQ(0, peer_say(&self->peers[0], &frame, NULL));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: CONFIG frame, type 3, device 1, length 0: no such device");
}

TEST_F(hostile, trailer_that_was_not_agreed_on_is_refused)
{
	struct wire_frame frame = { .type = WIRE_CONFIG };

	begin(_metadata, self, VFIO_MIG_MUX_FEATURE_CHECKSUM);
	ASSERT_EQ(0, peer_say(&self->peers[0], &frame, NULL));
	expect_failure(_metadata, self, 0, EPROTO,
		       "channel 0: CONFIG frame, type 3, device 0, length 0: type was not negotiated");
}

TEST_F(hostile, trailer_that_one_host_only_knows_is_refused)
{
	struct host_params params = {
		.role = DESTINATION,
		.uuid = self->peers[0].uuid,
		.devices = 1,
		.slots = 4,
	};
	struct wire_refuse refuse;
	struct wire_hello hello;

	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
	hello_make(&hello, 0, 1, 1);
	hello.features = FEATURES;
	ASSERT_EQ(0, peer_open(&self->peers[0], &self->host, -1));
	ASSERT_EQ(0, peer_say_hello(&self->peers[0], &hello));
	ASSERT_EQ(0, peer_take_refuse(&self->peers[0], &refuse));
	EXPECT_EQ(EOPNOTSUPP, refuse.code);
}

/* Sends a trailer with a wrong bit, which is the channel's fault at first */
static void spoil(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) * self, int channel,
		  __u32 length)
{
	struct wire_frame frame = {
		.type = WIRE_CONFIG,
		.length = length,
		.crc = crc_of(self->bytes, length),
	};

	self->bytes[0] ^= 1;
	ASSERT_EQ(0, peer_say(&self->peers[channel], &frame, self->bytes));
	self->bytes[0] ^= 1;
}

static void expect_spoilt(struct __test_metadata *_metadata, FIXTURE_DATA(hostile) * self)
{
	struct wire_abort abort;
	struct wire_frame frame;

	ASSERT_EQ(0, peer_take_abort(&self->peers[0], &frame, &abort));
	EXPECT_EQ(WIRE_ABORT_CHANNEL, frame.flags);
	EXPECT_EQ(EBADMSG, abort.code);
	ASSERT_EQ(0, channel_get(&self->mux, self->host.id, 0, &self->channel));
	EXPECT_LOCAL_ERROR(&self->channel.error, EBADMSG,
			   "channel 0: CONFIG of device d0: checksum is wrong");
}

TEST_F(hostile, trailer_with_a_wrong_checksum_comes_again_elsewhere)
{
	begin(_metadata, self, FEATURES);
	meet(_metadata, self, 1, FEATURES);
	spoil(_metadata, self, 0, 1000);
	expect_spoilt(_metadata, self);
	ASSERT_EQ(0, say_config(self, 1, 1000));
	ASSERT_EQ(0, say_end(self, 1, WIRE_END_TRAILER));
	end_well(_metadata, self, 1, 1000);
}

TEST_F(hostile, trailer_with_a_wrong_checksum_twice_is_the_source_s_fault)
{
	begin(_metadata, self, FEATURES);
	meet(_metadata, self, 1, FEATURES);
	spoil(_metadata, self, 0, 1000);
	expect_spoilt(_metadata, self);
	spoil(_metadata, self, 1, 1000);
	expect_failure(_metadata, self, 1, EBADMSG,
		       "channel 1: CONFIG of device d0: checksum is wrong again");
}

TEST_F(hostile, trailer_has_its_checksum_where_chunks_have_none)
{
	begin(_metadata, self, VFIO_MIG_MUX_FEATURE_TRAILER);
	meet(_metadata, self, 1, VFIO_MIG_MUX_FEATURE_TRAILER);
	spoil(_metadata, self, 0, 1000);
	expect_spoilt(_metadata, self);
	ASSERT_EQ(0, say_config(self, 1, 1000));
	ASSERT_EQ(0, say_end(self, 1, WIRE_END_TRAILER));
	end_well(_metadata, self, 1, 1000);
}

TEST_HARNESS_MAIN
