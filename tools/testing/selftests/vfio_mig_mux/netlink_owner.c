// SPDX-License-Identifier: GPL-2.0
/*
 * What may become of a session's owner while a migration is under way: it is
 * stopped and goes on, it dies while a child has its files, it executes another
 * program. Nothing is lost where it goes on, and where it does not, the other
 * host is told, and all is given back with the last file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_proc.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED

#define CHANNELS	2
#define SLOTS		8

/* A stop may last longer than a channel or a session would wait for. */
#define PATIENCE_MS	600000

/* Six chunks, in the third of which drivers can be made to hang */
#define STATE		"state_size=380000 seed=31"
#define HANG_AT		"140000"
#define HANG_CHUNK	2

/* What the owner does when it is told to */
enum order {
	FORK = 'f',
	CLOSE = 'c',
	EXEC = 'e',
	EXEC_WITH_FILES = 'x',
};

FIXTURE(owner)
{
	struct mux mux;
	struct holdings before;
	/* This process has one of its hosts only. */
	struct migration migration;
	struct host *host;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	int fds[CHANNELS][2];
	int orders[2];
	int answers[2];
	pid_t owner;
	__u32 session;
	struct session_info its;
	struct session_info mine;
};

/**
 * struct owner_params - which host is another process's
 * @source: the source
 */
FIXTURE_VARIANT(owner)
{
	bool source;
};

FIXTURE_VARIANT_ADD(owner, of_the_source) { .source = true };
FIXTURE_VARIANT_ADD(owner, of_the_destination) { };

static int make_host(FIXTURE_DATA(owner) * self, struct host *host, struct mux *mux, bool source)
{
	const struct sim *sim = source ? &self->migration.saving : &self->migration.loading;
	struct host_params params = {
		.role = source ? VFIO_MIG_MUX_ROLE_SOURCE : VFIO_MIG_MUX_ROLE_DESTINATION,
		.uuid = self->uuid,
		.channels = CHANNELS,
		.channel_timeout = PATIENCE_MS,
		.resume_timeout = PATIENCE_MS,
		.slots = SLOTS,
		.devices = 1,
	};
	int i, ret;

	ret = host_open(host, mux, &params);
	for (i = 0; !ret && i < CHANNELS; i++)
		ret = host_channel(host, self->fds[i][source ? 0 : 1], source ? i : -1);
	return ret ?: host_attach(host, 0, sim->data_fd, source);
}

/* A child of the owner that has all its files, and does nothing */
static pid_t have_child(void)
{
	pid_t child = fork();

	if (child)
		return child;
	for (;;)
		pause();
}

static void obey(FIXTURE_DATA(owner) * self, struct host *host, char order)
{
	pid_t child = 0;

	if (order == CLOSE) {
		host_close(host);
		(void)!write(self->answers[1], &child, sizeof(child));
		return;
	}
	if (order == EXEC_WITH_FILES)
		fcntl(host->fd, F_SETFD, 0);
	if (order != FORK)
		execlp("sleep", "sleep", "infinity", NULL);
	child = have_child();
	(void)!write(self->answers[1], &child, sizeof(child));
}

/* The other process, from beginning to end */
static void be_owner(FIXTURE_DATA(owner) * self, bool source)
{
	struct host host = { .fd = -1 };
	struct mux mux;
	int i, ret;
	char order;

	/* What it has of this one's must not be in the way of the channels' ends. */
	ret = mux_open(&mux) ?: make_host(self, &host, &mux, source);
	for (i = 0; i < CHANNELS; i++) {
		close(self->fds[i][0]);
		close(self->fds[i][1]);
	}
	if (ret)
		_exit(1);
	(void)!write(self->answers[1], &host.id, sizeof(host.id));
	while (read(self->orders[0], &order, 1) == 1)
		obey(self, &host, order);
	_exit(0);
}

FIXTURE_SETUP(owner)
{
	int i;

	ASSERT_EQ(0, mux_open(&self->mux));
	holdings_take(&self->before);
	uuid_make(self->uuid);
	ASSERT_EQ(0, sim_open(&self->migration.saving, 930, STATE));
	ASSERT_EQ(0, sim_open(&self->migration.loading, 931, ""));
	ASSERT_EQ(0, sim_save(&self->migration.saving));
	ASSERT_EQ(0, sim_load(&self->migration.loading));
	for (i = 0; i < CHANNELS; i++)
		ASSERT_EQ(0, tcp_pair(self->fds[i]));
	ASSERT_EQ(0, pipe2(self->orders, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(self->answers, O_CLOEXEC));
	self->host = variant->source ? &self->migration.pair.destination :
				       &self->migration.pair.source;
}

FIXTURE_TEARDOWN(owner)
{
	if (self->owner > 0) {
		kill(self->owner, SIGKILL);
		waitpid(self->owner, NULL, 0);
	}
	close(self->orders[0]);
	close(self->orders[1]);
	close(self->answers[0]);
	close(self->answers[1]);
	migration_close(&self->migration);
	EXPECT_TRUE(holdings_return(&self->before));
	EXPECT_EQ(0, migration_works(&self->mux));
	EXPECT_TRUE(holdings_return(&self->before));
	mux_close(&self->mux);
}

/* Has the migration begin, one of its hosts being the other process's */
static void begin(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self,
		  const FIXTURE_VARIANT(owner) * variant)
{
	int i;

	self->owner = fork();
	if (!self->owner)
		be_owner(self, variant->source);
	ASSERT_LT(0, self->owner);
	ASSERT_EQ((ssize_t)sizeof(self->session), read(self->answers[0], &self->session,
						       sizeof(self->session)));
	ASSERT_EQ(0, make_host(self, self->host, &self->mux, !variant->source))
		TH_LOG("%s", self->mux.text);
	for (i = 0; i < CHANNELS; i++) {
		close(self->fds[i][0]);
		close(self->fds[i][1]);
	}
}

static void hang(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self, bool source)
{
	struct sim *sim = source ? &self->migration.saving : &self->migration.loading;

	ASSERT_EQ(0, sim_write(sim, source ? "hang_read_at" : "hang_write_at", HANG_AT));
}

static void wait_hanging(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self,
			 bool source)
{
	struct sim *sim = source ? &self->migration.saving : &self->migration.loading;

	ASSERT_TRUE(eventually(!strcmp(HANG_AT, sim_read(sim, "stream_bytes"))));
}

/* ... and stand still where the other process is inside its driver */
static void begin_and_hang(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self,
			   const FIXTURE_VARIANT(owner) * variant)
{
	hang(_metadata, self, variant->source);
	begin(_metadata, self, variant);
	wait_hanging(_metadata, self, variant->source);
}

static void release(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self, bool source)
{
	struct sim *sim = source ? &self->migration.saving : &self->migration.loading;

	ASSERT_EQ(0, sim_write(sim, source ? "hang_read_at" : "hang_write_at", "none"));
}

static char state_of(pid_t owner, const char *task)
{
	char path[300], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", owner, task);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*d %*[^)]) %c", &state) != 1)
		state = 0;
	if (file)
		fclose(file);
	return state;
}

/* Whether the owner stands still with all its threads, the workers included */
static bool stands_still(pid_t owner)
{
	struct dirent *entry;
	bool still = true;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", owner);
	dir = opendir(path);
	if (!dir)
		return false;
	while (still && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			still = state_of(owner, entry->d_name) == 'T';
	}
	closedir(dir);
	return still;
}

static void stop(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self)
{
	ASSERT_EQ(0, kill(self->owner, SIGSTOP));
	ASSERT_TRUE(eventually(stands_still(self->owner)));
}

static void expect_arrival(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host->id, COMPLETED, &self->mine));
	ASSERT_EQ(0, session_wait(&self->mux, self->session, COMPLETED, &self->its));
	EXPECT_EQ(COMPLETED, self->mine.state)
		TH_LOG("%s", self->mine.error.text);
	EXPECT_EQ(COMPLETED, self->its.state)
		TH_LOG("%s", self->its.error.text);
	EXPECT_EQ(0, sim_stop(&self->migration.loading));
	EXPECT_STREQ("identical", sim_read(&self->migration.loading, "verified"));
}

/* While the other host's driver takes its time */
TEST_F(owner, is_stopped_and_loses_nothing)
{
	int times;

	hang(_metadata, self, !variant->source);
	begin(_metadata, self, variant);
	wait_hanging(_metadata, self, !variant->source);
	for (times = 0; times < 3; times++) {
		stop(_metadata, self);
		ASSERT_EQ(0, kill(self->owner, SIGCONT));
	}
	stop(_metadata, self);
	release(_metadata, self, !variant->source);
	ASSERT_EQ(0, session_get(&self->mux, self->session, &self->its));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ACTIVE, self->its.state);
	ASSERT_EQ(0, kill(self->owner, SIGCONT));
	expect_arrival(_metadata, self);
}

/* While it is inside its own driver, which cannot be interrupted */
TEST_F(owner, is_stopped_in_a_driver_that_does_not_mind)
{
	struct sim *sim = variant->source ? &self->migration.saving : &self->migration.loading;

	ASSERT_EQ(0, sim_write(sim, "hang_uninterruptible_ms", "300"));
	begin_and_hang(_metadata, self, variant);
	stop(_metadata, self);
	ASSERT_EQ(0, kill(self->owner, SIGCONT));
	expect_arrival(_metadata, self);
}

static void expect_end(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self,
		       __u32 code, const char *text)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->host->id, COMPLETED, &self->mine));
	EXPECT_EQ(FAILED, self->mine.state);
	EXPECT_PEER_ERROR(&self->mine.error, code, text);
}

/* A driver that minds has lost what it had in hand, and is not asked again. */
TEST_F(owner, is_stopped_in_a_driver_that_minds)
{
	begin_and_hang(_metadata, self, variant);
	stop(_metadata, self);
	ASSERT_EQ(0, kill(self->owner, SIGCONT));
	expect_end(_metadata, self, EINTR,
		   words("device d0: %s chunk %d %s its data_fd failed",
			 variant->source ? "reading" : "writing", HANG_CHUNK,
			 variant->source ? "from" : "to"));
}

static const char *its_death(FIXTURE_DATA(owner) * self, const FIXTURE_VARIANT(owner) * variant)
{
	return words("the %s's agent (process %d) died",
		     variant->source ? "source" : "destination", self->owner);
}

static bool is_gone(FIXTURE_DATA(owner) * self)
{
	return session_get(&self->mux, self->session, &self->its) == -ENOENT;
}

static void command(struct __test_metadata *_metadata, FIXTURE_DATA(owner) * self, char order,
		    pid_t *answer)
{
	ASSERT_EQ(1, write(self->orders[1], &order, 1));
	ASSERT_EQ((ssize_t)sizeof(*answer), read(self->answers[0], answer, sizeof(*answer)));
}

/* Whose child has the session's file, which nobody else can close then */
TEST_F(owner, dies_and_leaves_a_child_with_its_files)
{
	pid_t child;

	begin_and_hang(_metadata, self, variant);
	command(_metadata, self, FORK, &child);
	ASSERT_LT(0, child);
	kill(self->owner, SIGKILL);
	ASSERT_EQ(self->owner, waitpid(self->owner, NULL, 0));
	expect_end(_metadata, self, EOWNERDEAD, its_death(self, variant));
	EXPECT_EQ(0, session_get(&self->mux, self->session, &self->its));
	EXPECT_EQ(FAILED, self->its.state);
	EXPECT_LOCAL_ERROR(&self->its.error, EOWNERDEAD, its_death(self, variant));
	self->owner = 0;
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_TRUE(eventually(is_gone(self)));
}

/* The last one to have the session's file dies, but the owner lives, and has closed it. */
TEST_F(owner, closes_what_a_child_has_that_dies)
{
	pid_t child, none;

	begin_and_hang(_metadata, self, variant);
	command(_metadata, self, FORK, &child);
	ASSERT_LT(0, child);
	command(_metadata, self, CLOSE, &none);
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(0, session_wait(&self->mux, self->host->id, COMPLETED, &self->mine));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ABORTED, self->mine.state);
	EXPECT_PEER_ERROR(&self->mine.error, ECANCELED,
			  words("the %s's session was closed",
				variant->source ? "source" : "destination"));
	ASSERT_TRUE(eventually(is_gone(self)));
}

static bool runs(pid_t process, const char *program)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", process);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, program);
}

/* Its threads are gone then, the workers among them, and so is the session's file. */
TEST_F(owner, executes_another_program)
{
	char order = EXEC;

	begin_and_hang(_metadata, self, variant);
	ASSERT_EQ(1, write(self->orders[1], &order, 1));
	ASSERT_TRUE(eventually(runs(self->owner, "sleep")));
	expect_end(_metadata, self, EOWNERDEAD, its_death(self, variant));
	ASSERT_TRUE(eventually(is_gone(self)));
}

/* Which has the session's file, and no use for it */
TEST_F(owner, executes_another_program_that_has_its_files)
{
	struct holdings during;
	char order = EXEC_WITH_FILES;

	begin_and_hang(_metadata, self, variant);
	ASSERT_EQ(1, write(self->orders[1], &order, 1));
	ASSERT_TRUE(eventually(runs(self->owner, "sleep")));
	expect_end(_metadata, self, EOWNERDEAD, its_death(self, variant));
	EXPECT_EQ(0, session_get(&self->mux, self->session, &self->its));
	EXPECT_EQ(FAILED, self->its.state);
	holdings_take(&during);
	EXPECT_LT(self->before.mux_refs, during.mux_refs);
	ASSERT_EQ(0, kill(self->owner, SIGKILL));
	ASSERT_EQ(self->owner, waitpid(self->owner, NULL, 0));
	self->owner = 0;
	EXPECT_TRUE(is_gone(self));
}

TEST_HARNESS_MAIN
