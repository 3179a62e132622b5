// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications: one for every change of state, in order, with what a get
 * would show.
 */
#include <fcntl.h>
#include <sched.h>

#include "lib_expect.h"
#include "lib_listen.h"
#include "lib_migrate.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define SESSION_NTF	VFIO_MIG_MUX_CMD_SESSION_NTF
#define DEVICE_NTF	VFIO_MIG_MUX_CMD_DEVICE_NTF
#define CHANNEL_NTF	VFIO_MIG_MUX_CMD_CHANNEL_NTF
#define NOTICES_MAX	64

FIXTURE(notify)
{
	struct mux mux;
	struct listener listener;
	struct migration migration;
	struct host *source;
	struct host *destination;
	struct session_info at_source;
	struct session_info at_destination;
	int count;
	struct notice notices[NOTICES_MAX];
};

FIXTURE_SETUP(notify)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, 1, 4,
				    "state_size=100000 seed=31", ""));
	self->source = &self->migration.pair.source;
	self->destination = &self->migration.pair.destination;
	ASSERT_EQ(0, listener_open(&self->listener));
}

FIXTURE_TEARDOWN(notify)
{
	migration_close(&self->migration);
	listener_close(&self->listener);
	mux_close(&self->mux);
}

static __u32 session_of(const struct notice *notice)
{
	switch (notice->cmd) {
	case SESSION_NTF:
		return notice->session.id;
	case DEVICE_NTF:
		return notice->device.session;
	default:
		return notice->channel.session;
	}
}

static __u32 state_of(const struct notice *notice)
{
	switch (notice->cmd) {
	case SESSION_NTF:
		return notice->session.state;
	case DEVICE_NTF:
		return notice->device.state;
	default:
		return notice->channel.state;
	}
}

/* Listens until this has been told of the session; the time-out is for failure only */
static void listen_for(struct __test_metadata *_metadata, FIXTURE_DATA(notify) * self,
		       __u8 cmd, __u32 session, __u32 state)
{
	struct notice *notice;
	int i;

	for (i = 0; i < self->count; i++) {
		notice = &self->notices[i];
		if (notice->cmd == cmd && session_of(notice) == session &&
		    state_of(notice) == state)
			return;
	}
	do {
		ASSERT_GT(NOTICES_MAX, self->count);
		notice = &self->notices[self->count++];
		ASSERT_EQ(0, listener_next(&self->listener, WAIT_MS, notice))
			TH_LOG("not told: session %u, kind %u, state %u", session, cmd, state);
	} while (notice->cmd != cmd || session_of(notice) != session ||
		 state_of(notice) != state);
}

/* The states that one kind of thing of a session was told to be in, as digits */
static const char *states(FIXTURE_DATA(notify) * self, __u8 cmd, __u32 session)
{
	static char texts[4][NOTICES_MAX + 1];
	static unsigned int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];
	int i, length = 0;

	for (i = 0; i < self->count; i++) {
		if (self->notices[i].cmd == cmd && session_of(&self->notices[i]) == session)
			text[length++] = '0' + state_of(&self->notices[i]);
	}
	text[length] = '\0';
	return text;
}

static int position(FIXTURE_DATA(notify) * self, __u8 cmd, __u32 session, __u32 state)
{
	int i;

	for (i = 0; i < self->count; i++) {
		if (self->notices[i].cmd == cmd && session_of(&self->notices[i]) == session &&
		    state_of(&self->notices[i]) == state)
			return i;
	}
	return -1;
}

/* A migration in steps, each of which is waited for, up to the clean end */
static void migrate(struct __test_metadata *_metadata, FIXTURE_DATA(notify) * self)
{
	const __u32 closed = VFIO_MIG_MUX_CHANNEL_STATE_CLOSED;

	ASSERT_EQ(0, host_attach(self->destination, 0, self->migration.loading.data_fd, false));
	ASSERT_EQ(0, migration_go_live(&self->migration, 1));
	ASSERT_EQ(0, host_attach(self->source, 0, self->migration.saving.data_fd, true));
	listen_for(_metadata, self, CHANNEL_NTF, self->source->id, closed);
	listen_for(_metadata, self, CHANNEL_NTF, self->destination->id, closed);
	listen_for(_metadata, self, SESSION_NTF, self->source->id,
		   VFIO_MIG_MUX_SESSION_STATE_COMPLETED);
	listen_for(_metadata, self, SESSION_NTF, self->destination->id,
		   VFIO_MIG_MUX_SESSION_STATE_COMPLETED);
}

TEST_F(notify, tells_every_state_of_a_session_once_and_in_order)
{
	migrate(_metadata, self);
	/* connecting, active, completed */
	EXPECT_STREQ("124", states(self, SESSION_NTF, self->source->id));
	EXPECT_STREQ("124", states(self, SESSION_NTF, self->destination->id));
}

TEST_F(notify, tells_every_state_of_a_channel_once_and_in_order)
{
	migrate(_metadata, self);
	/* handshake, live, closing, closed */
	EXPECT_STREQ("0123", states(self, CHANNEL_NTF, self->source->id));
	EXPECT_STREQ("0123", states(self, CHANNEL_NTF, self->destination->id));
}

TEST_F(notify, tells_every_state_of_a_device_once_and_in_order)
{
	migrate(_metadata, self);
	/* streaming, ended, loaded */
	EXPECT_STREQ("134", states(self, DEVICE_NTF, self->source->id));
	EXPECT_STREQ("134", states(self, DEVICE_NTF, self->destination->id));
}

TEST_F(notify, tells_that_a_device_is_drained_and_streams_again)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, 1));
	ASSERT_EQ(0, host_attach(self->source, 0, self->migration.saving.data_fd, false));
	listen_for(_metadata, self, DEVICE_NTF, self->source->id,
		   VFIO_MIG_MUX_DEVICE_STATE_DRAINED);
	EXPECT_STREQ("12", states(self, DEVICE_NTF, self->source->id));
	ASSERT_EQ(0, mux_do(&self->mux, VFIO_MIG_MUX_CMD_DEVICE_SET,
			    attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, self->source->id),
			    attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, 0),
			    attr_flag(VFIO_MIG_MUX_A_DEVICE_FINAL)));
	listen_for(_metadata, self, DEVICE_NTF, self->source->id,
		   VFIO_MIG_MUX_DEVICE_STATE_ENDED);
	EXPECT_STREQ("1213", states(self, DEVICE_NTF, self->source->id));
}

/* What a listener may conclude from one thing about another */
TEST_F(notify, tells_causes_before_their_effects)
{
	__u32 id[2] = { self->source->id, self->destination->id };
	int i;

	migrate(_metadata, self);
	for (i = 0; i < 2; i++) {
		EXPECT_LT(position(self, SESSION_NTF, id[i], VFIO_MIG_MUX_SESSION_STATE_CONNECTING),
			  position(self, CHANNEL_NTF, id[i],
				   VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE));
		EXPECT_LT(position(self, CHANNEL_NTF, id[i], VFIO_MIG_MUX_CHANNEL_STATE_LIVE),
			  position(self, SESSION_NTF, id[i], VFIO_MIG_MUX_SESSION_STATE_ACTIVE));
		EXPECT_LT(position(self, DEVICE_NTF, id[i], VFIO_MIG_MUX_DEVICE_STATE_LOADED),
			  position(self, SESSION_NTF, id[i],
				   VFIO_MIG_MUX_SESSION_STATE_COMPLETED));
		EXPECT_LT(position(self, SESSION_NTF, id[i], VFIO_MIG_MUX_SESSION_STATE_COMPLETED),
			  position(self, CHANNEL_NTF, id[i], VFIO_MIG_MUX_CHANNEL_STATE_CLOSED));
	}
}

TEST_F(notify, shows_what_a_get_shows)
{
	struct channel_info channel;
	struct session_info session;
	struct device_info device;
	int i;

	migrate(_metadata, self);
	ASSERT_EQ(0, device_get(&self->mux, self->destination->id, 0, &device));
	i = position(self, DEVICE_NTF, self->destination->id, VFIO_MIG_MUX_DEVICE_STATE_LOADED);
	ASSERT_LE(0, i);
	EXPECT_EQ(0, memcmp(&device, &self->notices[i].device, sizeof(device)));
	ASSERT_EQ(0, channel_get(&self->mux, self->source->id, 0, &channel));
	i = position(self, CHANNEL_NTF, self->source->id, VFIO_MIG_MUX_CHANNEL_STATE_CLOSED);
	ASSERT_LE(0, i);
	EXPECT_EQ(0, memcmp(&channel, &self->notices[i].channel, sizeof(channel)));
	/* Of a session, channels still close after it is complete. */
	ASSERT_EQ(0, session_get(&self->mux, self->destination->id, &session));
	i = position(self, SESSION_NTF, self->destination->id,
		     VFIO_MIG_MUX_SESSION_STATE_COMPLETED);
	ASSERT_LE(0, i);
	EXPECT_EQ(session.has, self->notices[i].session.has);
	EXPECT_EQ(session.bytes, self->notices[i].session.bytes);
	EXPECT_EQ(1, self->notices[i].session.devices_loaded);
}

TEST_F(notify, tells_of_a_failure_with_the_error_on_both_hosts)
{
	const char *text = "device d0: reading chunk 1 from its data_fd failed";
	const __u32 failed = VFIO_MIG_MUX_SESSION_STATE_FAILED;
	const struct error_info *error;
	int i;

	ASSERT_EQ(0, sim_write(&self->migration.saving, "fail_read_at", "65536"));
	ASSERT_EQ(0, migration_go_live(&self->migration, 1));
	ASSERT_EQ(0, migration_attach(&self->migration));
	listen_for(_metadata, self, SESSION_NTF, self->source->id, failed);
	listen_for(_metadata, self, SESSION_NTF, self->destination->id, failed);

	i = position(self, SESSION_NTF, self->source->id, failed);
	error = &self->notices[i].session.error;
	EXPECT_LOCAL_ERROR(error, EIO, text);
	EXPECT_WHERE(error, VFIO_MIG_MUX_DIRECTION_READ, 0, NOWHERE, 1);
	i = position(self, SESSION_NTF, self->destination->id, failed);
	error = &self->notices[i].session.error;
	EXPECT_PEER_ERROR(error, EIO, text);
	EXPECT_WHERE(error, VFIO_MIG_MUX_DIRECTION_READ, 0, NOWHERE, 1);
}

TEST_F(notify, tells_of_an_abort_with_its_reason)
{
	const __u32 aborted = VFIO_MIG_MUX_SESSION_STATE_ABORTED;
	int i;

	ASSERT_EQ(0, host_abort(self->source, "why not"));
	listen_for(_metadata, self, SESSION_NTF, self->source->id, aborted);
	i = position(self, SESSION_NTF, self->source->id, aborted);
	EXPECT_LOCAL_ERROR(&self->notices[i].session.error, ECANCELED,
			   "aborted on the source: why not");
	EXPECT_STREQ("6", states(self, SESSION_NTF, self->source->id));
}

TEST_F(notify, tells_of_a_channel_that_fails_with_its_error)
{
	const __u32 failed = VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
	const struct notice *notice;
	int fds[2];

	ASSERT_EQ(0, tcp_pair(fds));
	ASSERT_EQ(0, host_channel(self->destination, fds[1], -1));
	close(fds[0]);
	listen_for(_metadata, self, CHANNEL_NTF, self->destination->id, failed);
	notice = &self->notices[position(self, CHANNEL_NTF, self->destination->id, failed)];
	EXPECT_LOCAL_ERROR(&notice->channel.error, ECONNRESET,
			   "new channel: closed by the other host before HELLO");
	EXPECT_WHERE(&notice->channel.error, VFIO_MIG_MUX_DIRECTION_RECEIVE,
		     NOWHERE, NOWHERE, NOWHERE);
	EXPECT_STREQ("04", states(self, CHANNEL_NTF, self->destination->id));
	/* A channel that never was live takes nothing with it. */
	EXPECT_STREQ("1", states(self, SESSION_NTF, self->destination->id));
}

TEST_F(notify, tells_of_a_close)
{
	const __u32 aborted = VFIO_MIG_MUX_SESSION_STATE_ABORTED;

	host_shut(self->source);
	listen_for(_metadata, self, SESSION_NTF, self->source->id, aborted);
	EXPECT_STREQ("6", states(self, SESSION_NTF, self->source->id));
}

TEST_F(notify, is_not_heard_in_another_network_namespace)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct listener elsewhere;
	struct notice notice;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, listener_open(&elsewhere));
	ASSERT_EQ(0, setns(here, CLONE_NEWNET));
	ASSERT_EQ(0, host_abort(self->source, NULL));
	/* Who is told is told at once: what is heard here would be there too. */
	listen_for(_metadata, self, SESSION_NTF, self->source->id,
		   VFIO_MIG_MUX_SESSION_STATE_ABORTED);
	EXPECT_EQ(-ETIMEDOUT, listener_next(&elsewhere, 0, &notice));
	listener_close(&elsewhere);
}

TEST_HARNESS_MAIN
