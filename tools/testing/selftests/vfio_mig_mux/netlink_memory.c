// SPDX-License-Identifier: GPL-2.0
/*
 * An owner that changes its memory while a migration is under way: takes it
 * away, maps something else in its place, forbids it, forgets what is in it.
 * Either the state arrives byte for byte, because the pages are pinned, or the
 * device whose driver would have met other memory fails by name. It never
 * arrives as something else.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <linux/capability.h>

#include "lib_caps.h"
#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_proc.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED

#define SLOTS		12

/* A limit that is none: more than these tests ever pin */
#define MEMLOCK_MAX	0x40000000ul

/* Four chunks; both drivers can be made to hang in the third one, with a part
 * of it moved before and the rest after what is done to the memory. The one that
 * loads takes whatever it gets, as a driver may.
 */
#define STATE		"state_size=250000 seed=11"
#define HANG_AT		"140000"
#define HANG_CHUNK	2

/* What becomes of a state */
enum outcome {
	ARRIVES,
	FAILS,
};

FIXTURE(memory)
{
	struct mux mux;
	struct holdings before;
	struct migration migration;
	struct host *source;
	struct host *destination;
	struct session_info at_source;
	struct session_info at_destination;
};

/**
 * struct memory_params - what an owner does to its memory
 * @change: does it, to all of a host's; returns 0
 * @shared: the memory is shared, so that nothing of it can be forgotten
 * @read: what becomes of a state that is being read into it
 * @written: what becomes of one that is being written from it
 */
FIXTURE_VARIANT(memory)
{
	int (*change)(struct host *host);
	bool shared;
	enum outcome read;
	enum outcome written;
};

static int unmap(struct host *host)
{
	return munmap(host->umem, host->length);
}

static int map_over(struct host *host)
{
	void *map = mmap(host->umem, host->length, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return map != host->umem;
}

static int move(void *from, void *to, size_t length)
{
	return mremap(from, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to;
}

/* Somewhere else, where it is the same memory, and nobody looks for it */
static void *elsewhere(struct host *host)
{
	return mmap(NULL, host->length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int move_away(struct host *host)
{
	return move(host->umem, elsewhere(host), host->length);
}

static int move_away_and_back(struct host *host)
{
	void *away = elsewhere(host);

	return move(host->umem, away, host->length) || move(away, host->umem, host->length);
}

static int move_away_and_map_over(struct host *host)
{
	return move_away(host) || map_over(host);
}

static int forbid(struct host *host)
{
	return mprotect(host->umem, host->length, PROT_NONE);
}

static int forbid_writing(struct host *host)
{
	return mprotect(host->umem, host->length, PROT_READ);
}

static int forbid_and_allow(struct host *host)
{
	return forbid(host) || mprotect(host->umem, host->length, PROT_READ | PROT_WRITE);
}

static int forget(struct host *host)
{
	return madvise(host->umem, host->length, MADV_DONTNEED);
}

static int lock_and_unlock(struct host *host)
{
	return mlock(host->umem, host->length) || munlock(host->umem, host->length);
}

/* A child that writes to its copy of all of it */
static int fork_and_scribble(struct host *host)
{
	pid_t child = fork();
	int status;

	if (!child) {
		memset(host->umem, 0xa5, host->length);
		_exit(0);
	}
	return waitpid(child, &status, 0) != child || status;
}

/* Its owner may lock no memory any more. */
static int lower_limit(struct host *host)
{
	const struct rlimit limit = { .rlim_cur = 0, .rlim_max = MEMLOCK_MAX };

	(void)host;
	return setrlimit(RLIMIT_MEMLOCK, &limit) || capability_set(CAP_IPC_LOCK, false);
}

FIXTURE_VARIANT_ADD(memory, unmapped) {
	.change = unmap, .read = FAILS, .written = FAILS,
};

FIXTURE_VARIANT_ADD(memory, mapped_over) {
	.change = map_over, .read = FAILS, .written = FAILS,
};

FIXTURE_VARIANT_ADD(memory, moved) {
	.change = move_away, .read = FAILS, .written = FAILS,
};

FIXTURE_VARIANT_ADD(memory, moved_and_mapped_over) {
	.change = move_away_and_map_over, .read = FAILS, .written = FAILS,
};

FIXTURE_VARIANT_ADD(memory, moved_and_moved_back) {
	.change = move_away_and_back, .read = ARRIVES, .written = ARRIVES,
};

FIXTURE_VARIANT_ADD(memory, forbidden) {
	.change = forbid, .read = FAILS, .written = FAILS,
};

FIXTURE_VARIANT_ADD(memory, forbidden_to_write) {
	.change = forbid_writing, .read = FAILS, .written = ARRIVES,
};

FIXTURE_VARIANT_ADD(memory, forbidden_and_allowed) {
	.change = forbid_and_allow, .read = ARRIVES, .written = ARRIVES,
};

FIXTURE_VARIANT_ADD(memory, forgotten) {
	.change = forget, .read = FAILS, .written = FAILS,
};

FIXTURE_VARIANT_ADD(memory, shared_and_forgotten) {
	.change = forget, .shared = true, .read = ARRIVES, .written = ARRIVES,
};

FIXTURE_VARIANT_ADD(memory, locked_and_unlocked) {
	.change = lock_and_unlock, .read = ARRIVES, .written = ARRIVES,
};

FIXTURE_VARIANT_ADD(memory, forked) {
	.change = fork_and_scribble, .read = ARRIVES, .written = ARRIVES,
};

FIXTURE_VARIANT_ADD(memory, shared_and_unmapped) {
	.change = unmap, .shared = true, .read = FAILS, .written = FAILS,
};

FIXTURE_VARIANT_ADD(memory, over_its_limit) {
	.change = lower_limit, .read = ARRIVES, .written = ARRIVES,
};

static int give_memory(struct host *host, bool shared)
{
	void *map = mmap(NULL, SLOTS * CHUNK, PROT_READ | PROT_WRITE,
			 (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return -errno;
	host->umem = map;
	host->length = SLOTS * CHUNK;
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_UMEM_REG,
		      attr_u32(VFIO_MIG_MUX_A_UMEM_SESSION, host->id),
		      attr_u64(VFIO_MIG_MUX_A_UMEM_ADDR, (unsigned long)map),
		      attr_u64(VFIO_MIG_MUX_A_UMEM_LENGTH, SLOTS * CHUNK));
}

FIXTURE_SETUP(memory)
{
	const struct host_params params = { .devices = 1 };

	ASSERT_EQ(0, mux_open(&self->mux));
	holdings_take(&self->before);
	ASSERT_EQ(0, migration_make(&self->migration, &self->mux, &params, STATE, "refuse=late"));
	self->source = &self->migration.pair.source;
	self->destination = &self->migration.pair.destination;
	ASSERT_EQ(0, give_memory(self->source, variant->shared));
	ASSERT_EQ(0, give_memory(self->destination, variant->shared));
}

FIXTURE_TEARDOWN(memory)
{
	struct rlimit limit = { .rlim_cur = MEMLOCK_MAX, .rlim_max = MEMLOCK_MAX };

	migration_close(&self->migration);
	EXPECT_TRUE(holdings_return(&self->before));
	EXPECT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	EXPECT_EQ(0, migration_works(&self->mux));
	EXPECT_TRUE(holdings_return(&self->before));
	mux_close(&self->mux);
}

static void expect_arrived(struct __test_metadata *_metadata, FIXTURE_DATA(memory) * self)
{
	EXPECT_EQ(0, migration_arrives(&self->migration, &self->at_source,
				       &self->at_destination));
}

static void expect_failed(struct __test_metadata *_metadata, FIXTURE_DATA(memory) * self,
			  const struct session_info *local, const struct session_info *peer,
			  const char *text)
{
	ASSERT_EQ(0, migration_wait(&self->migration, COMPLETED, &self->at_source,
				    &self->at_destination));
	EXPECT_EQ(FAILED, local->state);
	EXPECT_EQ(FAILED, peer->state);
	EXPECT_LOCAL_ERROR(&local->error, EFAULT, text);
	EXPECT_PEER_ERROR(&peer->error, EFAULT, text);
}

TEST_F(memory, while_it_is_read_into)
{
	struct sim *saving = &self->migration.saving;
	struct device_info device;

	ASSERT_EQ(0, sim_write(saving, "hang_read_at", HANG_AT));
	ASSERT_EQ(0, migration_go_live(&self->migration, 1));
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_EQ(0, chunks_wait(&self->mux, self->destination->id, 0, HANG_CHUNK, &device));
	ASSERT_TRUE(eventually(!strcmp(HANG_AT, sim_read(saving, "stream_bytes"))));
	ASSERT_EQ(0, variant->change(self->source));
	ASSERT_EQ(0, sim_write(saving, "hang_read_at", "none"));
	if (variant->read == ARRIVES)
		expect_arrived(_metadata, self);
	else
		expect_failed(_metadata, self, &self->at_source, &self->at_destination,
			      words("device d0: reading chunk %d from its data_fd failed",
				    HANG_CHUNK));
}

TEST_F(memory, while_it_is_written_from)
{
	struct sim *loading = &self->migration.loading;

	ASSERT_EQ(0, sim_write(loading, "hang_write_at", HANG_AT));
	ASSERT_EQ(0, migration_go_live(&self->migration, 1));
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_TRUE(eventually(!strcmp(HANG_AT, sim_read(loading, "stream_bytes"))));
	ASSERT_EQ(0, variant->change(self->destination));
	ASSERT_EQ(0, sim_write(loading, "hang_write_at", "none"));
	if (variant->written == ARRIVES)
		expect_arrived(_metadata, self);
	else
		expect_failed(_metadata, self, &self->at_destination, &self->at_source,
			      words("device d0: writing chunk %d to its data_fd failed",
				    HANG_CHUNK));
}

static bool has_lost_channel(struct host *host)
{
	struct channel_info channel;

	return !channel_get(host->mux, host->id, 0, &channel) &&
	       channel.state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
}

/* All of it is sent once more, out of pages that may have no address any more. */
TEST_F(memory, while_it_is_sent_again)
{
	struct sim *loading = &self->migration.loading;
	struct device_info device;
	int fds[2], port;

	ASSERT_EQ(0, sim_write(loading, "hang_write_at", "0"));
	ASSERT_EQ(0, tcp_pair(fds));
	port = tcp_port(fds[0]);
	ASSERT_EQ(0, host_channel(self->destination, fds[1], -1));
	ASSERT_EQ(0, host_channel(self->source, fds[0], 0));
	ASSERT_EQ(0, migration_attach(&self->migration));
	ASSERT_TRUE(eventually(!device_get(&self->mux, self->source->id, 0, &device) &&
			       device.state == VFIO_MIG_MUX_DEVICE_STATE_ENDED));
	ASSERT_EQ(0, variant->change(self->source));
	ASSERT_EQ(0, tcp_kill(&port, 1, false));
	close(fds[0]);
	close(fds[1]);
	ASSERT_TRUE(eventually(has_lost_channel(self->source)));
	ASSERT_EQ(0, pair_connect(&self->migration.pair, 0));
	ASSERT_TRUE(eventually(!session_get(&self->mux, self->source->id, &self->at_source) &&
			       self->at_source.resent >= 4));
	ASSERT_EQ(0, sim_write(loading, "hang_write_at", "none"));
	expect_arrived(_metadata, self);
}

/* What counts against the limit is what all sessions of an owner have pinned. */
FIXTURE(limit)
{
	struct mux mux;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host hosts[2];
};

FIXTURE_SETUP(limit)
{
	struct host_params params = { .uuid = self->uuid };
	int i;

	ASSERT_EQ(0, mux_open(&self->mux));
	for (i = 0; i < 2; i++) {
		uuid_make(self->uuid);
		ASSERT_EQ(0, host_open(&self->hosts[i], &self->mux, &params));
	}
}

FIXTURE_TEARDOWN(limit)
{
	host_close(&self->hosts[0]);
	host_close(&self->hosts[1]);
	mux_close(&self->mux);
}

TEST_F(limit, is_one_for_all_sessions_and_given_back_by_each)
{
	struct rlimit limit = { .rlim_cur = SLOTS * CHUNK, .rlim_max = MEMLOCK_MAX };

	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, capability_set(CAP_IPC_LOCK, false));
	ASSERT_EQ(0, give_memory(&self->hosts[0], false))
		TH_LOG("%s", self->mux.text);
	EXPECT_REFUSED(&self->mux, give_memory(&self->hosts[1], false), ENOMEM,
		       words("umem of %d KiB exceeds RLIMIT_MEMLOCK", SLOTS * CHUNK / 1024));
	host_close(&self->hosts[0]);
	EXPECT_EQ(0, give_memory(&self->hosts[1], false))
		TH_LOG("%s", self->mux.text);
}

TEST_HARNESS_MAIN
