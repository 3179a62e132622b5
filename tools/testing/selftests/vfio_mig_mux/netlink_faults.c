// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of every call and of every worker fails once: the call says
 * so and can be made again, the migration comes to a good end or to an error
 * on both hosts, and nothing is left behind.
 */
#include <sys/syscall.h>

#include "lib_expect.h"
#include "lib_fault.h"
#include "lib_migrate.h"
#include "lib_proc.h"
#include "lib_tcp.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED

/* More allocations than that no call makes, nor a worker in these migrations */
#define NTH_MAX		2000

#define STATE		"state_size=200000 seed=5"

static pid_t self_id(void)
{
	return syscall(SYS_gettid);
}

/* What a call says that an allocation has failed in: nothing has come of it */
static bool is_refused(int ret)
{
	return ret == -ENOMEM || ret == -EAGAIN;
}

/* What the netlink socket says where request or answer are lost: something may
 * have come of it
 */
static bool is_lost(int ret)
{
	return ret == -ENOBUFS || ret == -ECOMM;
}

FIXTURE(call)
{
	struct mux mux;
	struct migration migration;
	struct holdings before;
	struct host extra;
	int fds[2];
	unsigned int struck;
};

/**
 * struct call_params - a call whose allocations fail
 * @channels: how many channels are live before it
 * @attached: both devices are attached, and the source hangs
 * @make: makes the call
 */
FIXTURE_VARIANT(call)
{
	__u32 channels;
	bool attached;
	int (*make)(FIXTURE_DATA(call) * self);
};

static int make_session(FIXTURE_DATA(call) * self)
{
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_SOURCE,
		.uuid = (const __u8 *)"sixteen bytes...",
	};

	host_close(&self->extra);
	return host_open(&self->extra, &self->mux, &params);
}

static int make_umem(FIXTURE_DATA(call) * self)
{
	struct host *host = &self->extra;

	if (host->fd < 0 || !host->mux)
		return make_session(self) ?: make_umem(self);
	return host_umem(host, 4 * CHUNK);
}

static int make_device(FIXTURE_DATA(call) * self)
{
	return host_device(&self->migration.pair.source, 1, "d1", 0);
}

static int make_attach_source(FIXTURE_DATA(call) * self)
{
	return host_attach(&self->migration.pair.source, 0, self->migration.saving.data_fd, true);
}

static int make_attach_destination(FIXTURE_DATA(call) * self)
{
	return host_attach(&self->migration.pair.destination, 0, self->migration.loading.data_fd,
			   false);
}

static int make_channel_source(FIXTURE_DATA(call) * self)
{
	return host_channel(&self->migration.pair.source, self->fds[0], 0);
}

static int make_channel_destination(FIXTURE_DATA(call) * self)
{
	return host_channel(&self->migration.pair.destination, self->fds[1], -1);
}

static int make_final(FIXTURE_DATA(call) * self)
{
	return mux_do(&self->mux, VFIO_MIG_MUX_CMD_DEVICE_SET,
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, self->migration.pair.source.id),
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, 0),
		      attr_flag(VFIO_MIG_MUX_A_DEVICE_FINAL));
}

static int make_limit(FIXTURE_DATA(call) * self)
{
	return mux_do(&self->mux, VFIO_MIG_MUX_CMD_SESSION_SET,
		      attr_u32(VFIO_MIG_MUX_A_SESSION_ID, self->migration.pair.source.id),
		      attr_u64(VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH, 1 << 20));
}

static int make_drain(FIXTURE_DATA(call) * self)
{
	return host_drain(&self->migration.pair.source, 0);
}

static int make_abort(FIXTURE_DATA(call) * self)
{
	return host_abort(&self->migration.pair.source, "a fault");
}

static int make_session_get(FIXTURE_DATA(call) * self)
{
	struct session_info info;

	return session_get(&self->mux, self->migration.pair.source.id, &info);
}

static int make_session_dump(FIXTURE_DATA(call) * self)
{
	struct session_info infos[4];
	int ret = session_dump(&self->mux, infos, 4);

	return ret < 0 ? ret : 0;
}

static int make_device_dump(FIXTURE_DATA(call) * self)
{
	struct device_info infos[4];
	int ret = device_dump(&self->mux, self->migration.pair.source.id, infos, 4);

	return ret < 0 ? ret : 0;
}

static int make_channel_dump(FIXTURE_DATA(call) * self)
{
	struct channel_info infos[4];
	int ret = channel_dump(&self->mux, self->migration.pair.source.id, infos, 4);

	return ret < 0 ? ret : 0;
}

FIXTURE_VARIANT_ADD(call, session_new) { .make = make_session };
FIXTURE_VARIANT_ADD(call, umem_reg) { .make = make_umem };
FIXTURE_VARIANT_ADD(call, device_new) { .make = make_device };
FIXTURE_VARIANT_ADD(call, device_attach_of_a_source) { .make = make_attach_source };
FIXTURE_VARIANT_ADD(call, device_attach_of_a_destination) { .make = make_attach_destination };
FIXTURE_VARIANT_ADD(call, channel_new_of_a_source) { .make = make_channel_source };
FIXTURE_VARIANT_ADD(call, channel_new_of_a_destination) { .make = make_channel_destination };
FIXTURE_VARIANT_ADD(call, device_set) { .channels = 2, .attached = true, .make = make_final };
FIXTURE_VARIANT_ADD(call, session_set) { .make = make_limit };
FIXTURE_VARIANT_ADD(call, channel_del) { .channels = 2, .make = make_drain };
FIXTURE_VARIANT_ADD(call, session_abort) { .channels = 2, .attached = true, .make = make_abort };
FIXTURE_VARIANT_ADD(call, session_get) { .channels = 1, .make = make_session_get };
FIXTURE_VARIANT_ADD(call, session_dump) { .channels = 1, .make = make_session_dump };
FIXTURE_VARIANT_ADD(call, device_dump) { .channels = 1, .make = make_device_dump };
FIXTURE_VARIANT_ADD(call, channel_dump) { .channels = 2, .make = make_channel_dump };

FIXTURE_SETUP(call)
{
	if (fault_open())
		SKIP(return, "this kernel has no fault injection");
	ASSERT_EQ(0, mux_open(&self->mux));
	holdings_take(&self->before);
}

FIXTURE_TEARDOWN(call)
{
	fault_close();
	mux_close(&self->mux);
}

static void world_open(struct __test_metadata *_metadata, FIXTURE_DATA(call) * self,
		       const FIXTURE_VARIANT(call) * variant)
{
	self->extra = (struct host){ .fd = -1 };
	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, 2, 8, STATE " hang_read_at=70000",
				    ""));
	ASSERT_EQ(0, tcp_pair(self->fds));
	if (variant->channels)
		ASSERT_EQ(0, migration_go_live(&self->migration, variant->channels));
	if (variant->attached)
		ASSERT_EQ(0, migration_attach(&self->migration));
	if (variant->make == make_umem)
		ASSERT_EQ(0, make_session(self));
}

/* Session fds that were made, and whose numbers were lost with the answer */
static void close_sessions(void)
{
	char file[32], target[64] = "";
	int fd;

	for (fd = 3; fd < 64; fd++) {
		snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
		if (readlink(file, target, sizeof(target) - 1) > 0 &&
		    !strncmp(target, "anon_inode:[vfio-mig-mux]", 25))
			close(fd);
	}
}

static void world_close(struct __test_metadata *_metadata, FIXTURE_DATA(call) * self)
{
	host_close(&self->extra);
	pair_close(&self->migration.pair);
	close_sessions();
	close(self->fds[0]);
	close(self->fds[1]);
	migration_close(&self->migration);
	EXPECT_TRUE(holdings_return(&self->before));
}

/* Whether the call was struck, in a world of its own */
static bool strike(struct __test_metadata *_metadata, FIXTURE_DATA(call) * self,
		   const FIXTURE_VARIANT(call) * variant, unsigned int nth)
{
	bool struck;
	int ret;

	world_open(_metadata, self, variant);
	fault_set(self_id(), nth);
	ret = variant->make(self);
	struck = fault_struck(self_id());
	fault_set(self_id(), 0);
	if (ret) {
		EXPECT_TRUE(struck && (is_refused(ret) || is_lost(ret)))
			TH_LOG("allocation %u: %d '%s'", nth, ret, self->mux.text);
		/* Nothing of the first attempt is in the way of the next. */
		EXPECT_TRUE(is_lost(ret) || !variant->make(self))
			TH_LOG("after allocation %u: '%s'", nth, self->mux.text);
	}
	world_close(_metadata, self);
	return struck;
}

TEST_F_TIMEOUT(call, survives_each_allocation_that_fails, 300)
{
	unsigned int nth = 1;

	while (nth < NTH_MAX && strike(_metadata, self, variant, nth))
		nth++;
	EXPECT_LT(1, nth);
	EXPECT_GT(NTH_MAX, nth);
	TH_LOG("%u allocations have failed", nth - 1);
	EXPECT_EQ(0, migration_works(&self->mux));
}

FIXTURE(worker)
{
	struct mux mux;
	struct migration migration;
	struct holdings before;
	unsigned int failures;
};

FIXTURE_SETUP(worker)
{
	if (fault_open())
		SKIP(return, "this kernel has no fault injection");
	ASSERT_EQ(0, mux_open(&self->mux));
	holdings_take(&self->before);
}

FIXTURE_TEARDOWN(worker)
{
	fault_close();
	mux_close(&self->mux);
}

/* Either all is well on both hosts, or neither of them says so */
static void expect_sound(struct __test_metadata *_metadata, FIXTURE_DATA(worker) * self,
			 unsigned int nth)
{
	struct session_info source, destination;

	ASSERT_EQ(0, migration_wait(&self->migration, COMPLETED, &source, &destination))
		TH_LOG("allocation %u: no end", nth);
	if (destination.state == COMPLETED || source.state == COMPLETED) {
		EXPECT_EQ(0, sim_stop(&self->migration.loading));
		EXPECT_STREQ("identical", sim_read(&self->migration.loading, "verified"));
	}
	if (source.state == COMPLETED)
		return;
	self->failures++;
	EXPECT_LT(0, source.error.code);
	EXPECT_NE('\0', source.error.text[0]);
}

/* One worker's n-th allocation; returns whether it has been made */
static bool strike_worker(struct __test_metadata *_metadata, FIXTURE_DATA(worker) * self, int which,
			  unsigned int nth, int *count)
{
	pid_t workers[FAULT_THREADS_MAX];
	bool struck;

	ASSERT_EQ(0, migration_open(&self->migration, &self->mux, 1, 4, STATE, ""));
	ASSERT_EQ(0, migration_go_live(&self->migration, 1));
	/* The loader is there from now on. */
	ASSERT_EQ(0, host_attach(&self->migration.pair.destination, 0,
				 self->migration.loading.data_fd, false));
	*count = fault_workers(workers);
	ASSERT_LT(which, *count);
	fault_set(workers[which], nth);
	ASSERT_EQ(0, host_attach(&self->migration.pair.source, 0,
				 self->migration.saving.data_fd, true));
	expect_sound(_metadata, self, nth);
	struck = fault_struck(workers[which]);
	fault_set(workers[which], 0);
	migration_close(&self->migration);
	EXPECT_TRUE(holdings_return(&self->before));
	return struck;
}

TEST_F_TIMEOUT(worker, survives_each_allocation_that_fails, 500)
{
	unsigned int strikes = 0, nth;
	int which, count = 1;

	for (which = 0; which < count; which++) {
		nth = 1;
		while (nth < NTH_MAX && strike_worker(_metadata, self, which, nth, &count))
			nth++;
		EXPECT_GT(NTH_MAX, nth);
		strikes += nth - 1;
	}
	EXPECT_LT(0, strikes);
	TH_LOG("%u allocations of %d workers have failed, and %u migrations because of it",
	       strikes, count, self->failures);
	EXPECT_EQ(0, migration_works(&self->mux));
}

TEST_HARNESS_MAIN
