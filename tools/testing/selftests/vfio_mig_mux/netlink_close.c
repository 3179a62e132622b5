// SPDX-License-Identifier: GPL-2.0
/*
 * The last close of a session fd ends the session and gives back all that it
 * took: threads, memory, files, references to the module.
 */
#include <signal.h>

#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_proc.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define CHANNELS	4

/* Even with a peer that never answers and a driver that hangs */
#define CLOSE_MS	5000

FIXTURE(close)
{
	struct mux mux;
	struct holdings before;
	struct migration migration;
	struct host *source;
	struct host *destination;
	struct session_info at_source;
	struct session_info at_destination;
};

FIXTURE_SETUP(close)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	holdings_take(&self->before);
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, CHANNELS, 8,
				    "state_size=1M seed=3", ""));
	self->source = &self->migration.pair.source;
	self->destination = &self->migration.pair.destination;
}

FIXTURE_TEARDOWN(close)
{
	mux_close(&self->mux);
}

/* Closes both sessions, the source's first, in time, and looks what is left */
static void close_all(struct __test_metadata *_metadata, FIXTURE_DATA(close) * self)
{
	long long start = now_ms();

	host_shut(self->source);
	EXPECT_EQ(-ENOENT, session_get(&self->mux, self->source->id, &self->at_source));
	host_shut(self->destination);
	EXPECT_EQ(-ENOENT, session_get(&self->mux, self->destination->id, &self->at_destination));
	EXPECT_GT(CLOSE_MS, now_ms() - start);
	migration_close(&self->migration);
	EXPECT_TRUE(holdings_return(&self->before));
	EXPECT_EQ(0, migration_works(&self->mux));
	EXPECT_TRUE(holdings_return(&self->before));
}

static void go_live(struct __test_metadata *_metadata, FIXTURE_DATA(close) * self)
{
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
}

TEST_F(close, gives_back_a_session_in_setup)
{
	close_all(_metadata, self);
}

TEST_F(close, gives_back_what_is_attached)
{
	struct holdings holdings;

	ASSERT_EQ(0, migration_attach(&self->migration));
	holdings_take(&holdings);
	EXPECT_LT(self->before.tasks, holdings.tasks);
	EXPECT_LT(self->before.mux_refs, holdings.mux_refs);
	/* From here on the data_fds are the sessions' alone. */
	close(self->migration.saving.data_fd);
	close(self->migration.loading.data_fd);
	close_all(_metadata, self);
}

TEST_F(close, gives_back_channels_whose_peer_says_nothing)
{
	int fds[2];

	ASSERT_EQ(0, tcp_pair(fds));
	/* It must not be the peer's end that ends the waiting. */
	self->before.files++;
	ASSERT_EQ(0, host_channel(self->source, fds[0], 0));
	close(fds[0]);
	close_all(_metadata, self);
}

TEST_F(close, gives_back_channels_that_are_live)
{
	struct holdings holdings;

	go_live(_metadata, self);
	holdings_take(&holdings);
	/* One to send and one to receive for each channel on each host */
	EXPECT_EQ(self->before.tasks + 2 * 2 * CHANNELS, holdings.tasks);
	close_all(_metadata, self);
}

TEST_F(close, gives_back_a_session_that_is_complete)
{
	go_live(_metadata, self);
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_EQ(0, migration_wait(&self->migration, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				    &self->at_source, &self->at_destination));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_COMPLETED, self->at_source.state);
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_COMPLETED, self->at_destination.state);
	close_all(_metadata, self);
}

TEST_F(close, gives_back_a_session_that_was_aborted)
{
	go_live(_metadata, self);
	ASSERT_EQ(0, host_abort(self->destination, NULL));
	close_all(_metadata, self);
}

TEST_F(close, gives_back_a_worker_that_hangs_in_a_read)
{
	struct device_info info;

	ASSERT_EQ(0, sim_write(&self->migration.saving, "hang_read_at", "200000"));
	go_live(_metadata, self);
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_EQ(0, chunks_wait(&self->mux, self->source->id, 0, 3, &info));
	close_all(_metadata, self);
}

TEST_F(close, gives_back_a_loader_that_hangs_in_a_write)
{
	struct device_info info;

	ASSERT_EQ(0, sim_write(&self->migration.loading, "hang_write_at", "200000"));
	go_live(_metadata, self);
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_EQ(0, chunks_wait(&self->mux, self->destination->id, 0, 4, &info));
	close_all(_metadata, self);
}

TEST_F(close, tells_the_destination_that_the_source_has_closed)
{
	go_live(_metadata, self);
	host_shut(self->source);
	ASSERT_EQ(0, session_wait(&self->mux, self->destination->id,
				  VFIO_MIG_MUX_SESSION_STATE_COMPLETED, &self->at_destination));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ABORTED, self->at_destination.state);
	EXPECT_PEER_ERROR(&self->at_destination.error, ECANCELED,
			  "the source's session was closed");
	close_all(_metadata, self);
}

TEST_F(close, tells_the_source_that_the_destination_has_closed)
{
	go_live(_metadata, self);
	host_shut(self->destination);
	ASSERT_EQ(0, session_wait(&self->mux, self->source->id,
				  VFIO_MIG_MUX_SESSION_STATE_COMPLETED, &self->at_source));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ABORTED, self->at_source.state);
	EXPECT_PEER_ERROR(&self->at_source.error, ECANCELED,
			  "the destination's session was closed");
	close_all(_metadata, self);
}

TEST_F(close, of_one_of_two_descriptors_ends_nothing)
{
	int copy = dup(self->source->fd);

	go_live(_metadata, self);
	host_shut(self->source);
	ASSERT_EQ(0, session_get(&self->mux, self->source->id, &self->at_source));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ACTIVE, self->at_source.state);
	EXPECT_EQ(CHANNELS, self->at_source.channels_live);
	self->source->fd = copy;
	close_all(_metadata, self);
}

TEST_F(close, is_the_last_one_where_a_child_has_the_descriptor_too)
{
	int go[2], status;
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(go));
	child = fork();
	if (!child) {
		close(go[1]);
		_exit(read(go[0], &byte, 1));
	}
	host_shut(self->source);
	EXPECT_EQ(0, session_get(&self->mux, self->source->id, &self->at_source));
	close(go[0]);
	close(go[1]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	/* Files of a process that has ended are closed before it can be waited for. */
	EXPECT_EQ(-ENOENT, session_get(&self->mux, self->source->id, &self->at_source));
	close_all(_metadata, self);
}

/* A source in a process of its own, with a live channel to this one's destination */
static pid_t start_source(FIXTURE_DATA(close) * self, bool then_exit)
{
	struct host_params params = {
		.uuid = self->at_destination.uuid,
		.channels = CHANNELS,
		.devices = 1,
		.slots = 2,
	};
	int fds[2];
	struct host host;
	struct channel_info info;
	struct mux mux;
	pid_t child;

	if (tcp_pair(fds))
		return -1;
	child = fork();
	if (child) {
		if (host_channel(self->destination, fds[1], -1))
			return -1;
		close(fds[0]);
		close(fds[1]);
		return child;
	}
	close(fds[1]);
	if (mux_open(&mux) || host_open(&host, &mux, &params) ||
	    host_channel(&host, fds[0], 0) ||
	    channel_wait(&mux, host.id, 0, VFIO_MIG_MUX_CHANNEL_STATE_LIVE, &info))
		_exit(1);
	while (!then_exit)
		pause();
	_exit(0);
}

/* Whether both sessions there are, the other process's too, have a live channel */
static bool both_are_live(struct mux *mux)
{
	struct session_info infos[2];

	return session_dump(mux, infos, 2) == 2 && infos[0].channels_live == 1 &&
	       infos[1].channels_live == 1;
}

/* Ends the other process and looks what its death has come to here */
static void end_source(struct __test_metadata *_metadata, FIXTURE_DATA(close) * self,
		       bool then_exit)
{
	struct session_info *info = &self->at_destination;
	pid_t child;

	host_close(self->source);
	ASSERT_EQ(0, session_get(&self->mux, self->destination->id, info));
	child = start_source(self, then_exit);
	ASSERT_LT(0, child);
	if (!then_exit) {
		ASSERT_TRUE(eventually(both_are_live(&self->mux)));
		ASSERT_EQ(0, kill(child, SIGKILL));
	}
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	ASSERT_EQ(0, session_wait(&self->mux, self->destination->id,
				  VFIO_MIG_MUX_SESSION_STATE_COMPLETED, info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_FAILED, info->state);
	EXPECT_PEER_ERROR(&info->error, EOWNERDEAD,
			  words("the source's agent (process %d) died", child));
	host_shut(self->destination);
	migration_close(&self->migration);
	EXPECT_TRUE(holdings_return(&self->before));
	EXPECT_EQ(0, migration_works(&self->mux));
}

TEST_F(close, by_the_death_of_the_owner_is_told_to_the_other_host)
{
	end_source(_metadata, self, false);
}

TEST_F(close, by_the_exit_of_the_owner_is_told_to_the_other_host)
{
	end_source(_metadata, self, true);
}

TEST_HARNESS_MAIN
