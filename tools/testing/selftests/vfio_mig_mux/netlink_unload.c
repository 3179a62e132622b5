// SPDX-License-Identifier: GPL-2.0
/*
 * Attempts to unload the module in every moment of a session's life: refused
 * until its last file is closed, done at once then, and never in the way of what
 * the session does.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define CHANNELS	2
#define STATE		"state_size=380000 seed=41"

/* What is in use the kernel does not unload. */
#define REFUSED		(-EWOULDBLOCK)

/* How often sessions come and go beside attempts that may succeed */
#define RACES		30

FIXTURE(unload)
{
	struct mux mux;
	struct migration migration;
	struct session_info at_source;
	struct session_info at_destination;
};

static int unload(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

static int unload_mux(void)
{
	return unload("vfio_mig_mux");
}

static int load_mux(void)
{
	return system("modprobe vfio_mig_mux") ? -EIO : 0;
}

FIXTURE_SETUP(unload)
{
	ASSERT_EQ(0, mux_open(&self->mux));
}

/* The module goes, now that nobody has a session, and comes back as good as new. */
FIXTURE_TEARDOWN(unload)
{
	migration_close(&self->migration);
	EXPECT_EQ(0, unload_mux());
	mux_close(&self->mux);
	ASSERT_EQ(0, load_mux());
	ASSERT_EQ(0, mux_open(&self->mux));
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

#define EXPECT_IN_USE()	EXPECT_EQ(REFUSED, unload_mux())

/* A host alone, from nothing to a channel that nobody answers on */
TEST_F(unload, is_refused_while_a_session_is_set_up)
{
	struct host_params params = { .uuid = (const __u8 *)"sixteen bytes...", .channels = 1 };
	struct host *host = &self->migration.pair.source;
	int fds[2];

	ASSERT_EQ(0, host_open(host, &self->mux, &params));
	EXPECT_IN_USE();
	ASSERT_EQ(0, host_umem(host, 4 * CHUNK));
	EXPECT_IN_USE();
	ASSERT_EQ(0, host_device(host, 0, "d0", 0));
	EXPECT_IN_USE();
	ASSERT_EQ(0, tcp_pair(fds));
	ASSERT_EQ(0, host_channel(host, fds[0], 0));
	EXPECT_IN_USE();
	close(fds[0]);
	close(fds[1]);
}

static void begin(struct __test_metadata *_metadata, FIXTURE_DATA(unload) * self,
		  const char *saving, const char *loading)
{
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, CHANNELS, 8,
				    words(STATE " %s", saving), loading));
	EXPECT_IN_USE();
	ASSERT_EQ(0, migration_go_live(&self->migration, CHANNELS));
	EXPECT_IN_USE();
	ASSERT_EQ(0, migration_attach(&self->migration));
	EXPECT_IN_USE();
}

static void wait_hanging(struct __test_metadata *_metadata, const struct sim *sim)
{
	ASSERT_TRUE(eventually(!strcmp("140000", sim_read(sim, "stream_bytes"))));
}

TEST_F(unload, is_refused_while_a_device_is_read_and_when_all_has_arrived)
{
	begin(_metadata, self, "hang_read_at=140000", "");
	wait_hanging(_metadata, &self->migration.saving);
	EXPECT_IN_USE();
	EXPECT_EQ(REFUSED, unload("vfio_mig_sim"));
	ASSERT_EQ(0, sim_write(&self->migration.saving, "hang_read_at", "none"));
	EXPECT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));
	EXPECT_IN_USE();
	host_shut(&self->migration.pair.source);
	EXPECT_IN_USE();
}

TEST_F(unload, is_refused_while_a_device_is_written_and_when_it_has_failed)
{
	begin(_metadata, self, "", "hang_write_at=140000 fail_write_at=150000");
	wait_hanging(_metadata, &self->migration.loading);
	EXPECT_IN_USE();
	ASSERT_EQ(0, sim_write(&self->migration.loading, "hang_write_at", "none"));
	ASSERT_EQ(0, migration_wait(&self->migration, COMPLETED, &self->at_source,
				    &self->at_destination));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_FAILED, self->at_source.state);
	EXPECT_IN_USE();
	host_shut(&self->migration.pair.destination);
	EXPECT_IN_USE();
}

TEST_F(unload, is_refused_when_a_session_was_aborted)
{
	begin(_metadata, self, "hang_read_at=140000", "");
	wait_hanging(_metadata, &self->migration.saving);
	ASSERT_EQ(0, host_abort(&self->migration.pair.source, NULL));
	EXPECT_IN_USE();
	ASSERT_EQ(0, migration_wait(&self->migration, COMPLETED, &self->at_source,
				    &self->at_destination));
	EXPECT_IN_USE();
}

static bool is_paused(struct mux *mux, const struct host *host)
{
	struct session_info info;

	return !session_get(mux, host->id, &info) &&
	       info.state == VFIO_MIG_MUX_SESSION_STATE_PAUSED;
}

TEST_F(unload, is_refused_while_a_session_is_paused)
{
	int fds[2], port;

	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, CHANNELS, 8,
				    STATE " hang_read_at=140000", ""));
	ASSERT_EQ(0, tcp_pair(fds));
	port = tcp_port(fds[0]);
	ASSERT_EQ(0, host_channel(&self->migration.pair.destination, fds[1], -1));
	ASSERT_EQ(0, host_channel(&self->migration.pair.source, fds[0], 0));
	ASSERT_EQ(0, migration_attach(&self->migration));
	wait_hanging(_metadata, &self->migration.saving);
	ASSERT_EQ(0, tcp_kill(&port, 1, false));
	close(fds[0]);
	close(fds[1]);
	/* The one that reads may be inside the driver: the other host pauses. */
	ASSERT_TRUE(eventually(is_paused(&self->mux, &self->migration.pair.destination)));
	EXPECT_IN_USE();
	ASSERT_EQ(0, pair_connect(&self->migration.pair, 1));
	ASSERT_EQ(0, sim_write(&self->migration.saving, "hang_read_at", "none"));
	EXPECT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));
}

static void *close_source(void *fd)
{
	close(*(int *)fd);
	return NULL;
}

/* The close waits for a driver that cannot be interrupted; by then the session
 * is not found any more.
 */
TEST_F(unload, is_refused_while_the_last_close_takes_its_time)
{
	struct host *source = &self->migration.pair.source;
	pthread_t closer;

	begin(_metadata, self, "hang_read_at=140000 hang_uninterruptible_ms=5000", "");
	wait_hanging(_metadata, &self->migration.saving);
	host_shut(&self->migration.pair.destination);
	ASSERT_EQ(0, pthread_create(&closer, NULL, close_source, &source->fd));
	ASSERT_TRUE(eventually(session_get(&self->mux, source->id, &self->at_source) == -ENOENT));
	EXPECT_IN_USE();
	ASSERT_EQ(0, pthread_join(closer, NULL));
	source->fd = -1;
}

/* Another process that tries all the time, and is told to stop by a signal; it
 * exits with 0 if it was refused at least once and never anything else.
 */
static bool is_enough(void)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, SIGTERM);
}

static pid_t start_trying(bool may_succeed, int told)
{
	unsigned long refused = 0, done = 0;
	pid_t child = fork();
	sigset_t set;
	int ret;

	if (child)
		return child;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)!write(told, "", 1);
	while (!is_enough()) {
		ret = unload_mux();
		refused += ret == REFUSED;
		done += !ret;
		if (ret && ret != REFUSED && ret != -ENOENT && ret != -EBUSY)
			_exit(2);
		if (!ret && !may_succeed)
			_exit(3);
		sched_yield();
	}
	_exit(may_succeed ? !done : !refused);
}

static void stop_child(struct __test_metadata *_metadata, pid_t child)
{
	int status;

	ASSERT_EQ(0, kill(child, SIGTERM));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(unload, is_refused_at_any_time_of_a_migration)
{
	int told[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(told));
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, CHANNELS, 8, STATE, ""));
	child = start_trying(false, told[1]);
	ASSERT_LT(0, child);
	ASSERT_EQ(1, read(told[0], &byte, 1));
	ASSERT_EQ(0, migration_connect(&self->migration, CHANNELS));
	ASSERT_EQ(0, migration_attach(&self->migration));
	EXPECT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));
	stop_child(_metadata, child);
	close(told[0]);
	close(told[1]);
}

/* There is a session, and it keeps the module, or there is none: how many */
static int come_and_go(struct __test_metadata *_metadata)
{
	struct host_params params = { .uuid = (const __u8 *)"sixteen bytes..." };
	struct session_info info;
	struct host host;
	struct mux mux;
	int made = 0;

	if (!mux_open(&mux)) {
		if (!host_open(&host, &mux, &params)) {
			EXPECT_EQ(0, session_get(&mux, host.id, &info));
			EXPECT_IN_USE();
			made = 1;
		}
		host_close(&host);
	}
	mux_close(&mux);
	return made;
}

TEST_F_TIMEOUT(unload, races_with_sessions_that_come_and_go, 300)
{
	int told[2], made = 0, i;
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(told));
	child = start_trying(true, told[1]);
	ASSERT_LT(0, child);
	ASSERT_EQ(1, read(told[0], &byte, 1));
	for (i = 0; i < RACES; i++) {
		load_mux();
		made += come_and_go(_metadata);
	}
	stop_child(_metadata, child);
	close(told[0]);
	close(told[1]);
	TH_LOG("%d of %d sessions have been made", made, RACES);
	/* For the end of the test, whoever has been the last one */
	ASSERT_EQ(0, load_mux());
}

TEST_HARNESS_MAIN
