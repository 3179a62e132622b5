// SPDX-License-Identifier: GPL-2.0
/*
 * Who may do what: the owner, other processes, callers without privilege,
 * other network and user namespaces.
 */
#include <pthread.h>
#include <sched.h>

#include <linux/capability.h>

#include "lib_caps.h"
#include "lib_expect.h"
#include "lib_host.h"
#include "lib_listen.h"
#include "lib_sim.h"

FIXTURE(access)
{
	struct mux mux;
	struct host host;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
};

FIXTURE_SETUP(access)
{
	struct host_params params = { .uuid = self->uuid, .slots = 2, .devices = 1 };

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->uuid);
	ASSERT_EQ(0, host_open(&self->host, &self->mux, &params));
}

FIXTURE_TEARDOWN(access)
{
	host_close(&self->host);
	mux_close(&self->mux);
}

/* Every call there is, with all it needs, on a session of that number */
#define CALLS	14

static int call(struct mux *mux, int number, __u32 session)
{
	static const __u8 uuid[VFIO_MIG_MUX_UUID_LEN] = { 1 };
	struct host host = { .mux = mux, .id = session };
	struct session_info info;
	struct channel_info channel;
	struct device_info device;

	switch (number) {
	case 0:
		return mux_do(mux, VFIO_MIG_MUX_CMD_UMEM_REG,
			      attr_u32(VFIO_MIG_MUX_A_UMEM_SESSION, session),
			      attr_u64(VFIO_MIG_MUX_A_UMEM_ADDR, 0x10000),
			      attr_u64(VFIO_MIG_MUX_A_UMEM_LENGTH, CHUNK));
	case 1:
		return host_device(&host, 1, "d1", 0);
	case 2:
		return host_attach(&host, 0, 0, false);
	case 3:
		return mux_do(mux, VFIO_MIG_MUX_CMD_DEVICE_SET,
			      attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, session),
			      attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, 0),
			      attr_flag(VFIO_MIG_MUX_A_DEVICE_KICK));
	case 4:
		return host_channel(&host, 0, 0);
	case 5:
		return host_drain(&host, 0);
	case 6:
		return mux_do(mux, VFIO_MIG_MUX_CMD_SESSION_SET,
			      attr_u32(VFIO_MIG_MUX_A_SESSION_ID, session),
			      attr_u64(VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH, 1));
	case 7:
		return mux_do(mux, VFIO_MIG_MUX_CMD_DEVICE_TRAILER_GET,
			      attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, session),
			      attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, 0));
	case 8:
		return mux_do(mux, VFIO_MIG_MUX_CMD_DEVICE_SYNC,
			      attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, session),
			      attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, 0));
	case 9:
		return session_get(mux, session, &info);
	case 10:
		return device_get(mux, session, 0, &device);
	case 11:
		return channel_get(mux, session, 0, &channel);
	case 12:
		return host_abort(&host, NULL);
	case 13:
		return mux_do(mux, VFIO_MIG_MUX_CMD_SESSION_NEW,
			      attr_u32(VFIO_MIG_MUX_A_SESSION_ROLE, 0),
			      attr_bytes(VFIO_MIG_MUX_A_SESSION_UUID, uuid, sizeof(uuid)));
	}
	return 0;
}

static bool is_the_owners(int number)
{
	return number <= 8;
}

static int dump(struct mux *mux, int number, __u32 session)
{
	struct session_info info;
	struct channel_info channel;
	struct device_info device;

	switch (number) {
	case 0:
		return session_dump(mux, &info, 1);
	case 1:
		return device_dump(mux, session, &device, 1);
	case 2:
		return channel_dump(mux, session, &channel, 1);
	}
	return 0;
}

/* Waits for a child that has put what it found into _metadata */
static void wait_for(struct __test_metadata *_metadata, pid_t child)
{
	int status;

	ASSERT_LT(0, child);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(access, changes_are_for_the_owner_alone)
{
	pid_t owner = getpid(), child = fork();
	int i;

	if (!child) {
		for (i = 0; is_the_owners(i); i++)
			EXPECT_REFUSED(&self->mux, call(&self->mux, i, self->host.id), EPERM,
				       words("session %u belongs to process %d",
					     self->host.id, owner));
		_exit(0);
	}
	wait_for(_metadata, child);
}

TEST_F(access, every_process_with_the_privilege_may_look)
{
	pid_t child = fork();
	struct session_info info;
	struct device_info device;
	struct mux mux;

	if (!child) {
		EXPECT_EQ(0, mux_open(&mux));
		EXPECT_EQ(0, session_get(&mux, self->host.id, &info));
		EXPECT_EQ(getppid(), info.owner_pid);
		EXPECT_EQ(0, device_get(&mux, self->host.id, 0, &device));
		EXPECT_EQ(1, dump(&mux, 0, self->host.id));
		EXPECT_EQ(1, dump(&mux, 1, self->host.id));
		EXPECT_EQ(0, dump(&mux, 2, self->host.id));
		_exit(0);
	}
	wait_for(_metadata, child);
}

TEST_F(access, every_process_with_the_privilege_may_abort)
{
	pid_t child = fork();
	struct session_info info;

	if (!child) {
		EXPECT_EQ(0, host_abort(&self->host, "by another"));
		_exit(0);
	}
	wait_for(_metadata, child);
	ASSERT_EQ(0, session_get(&self->mux, self->host.id, &info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_ABORTED, info.state);
	EXPECT_LOCAL_ERROR(&info.error, ECANCELED,
			   "aborted on the source: by another");
}

static void *add_device(void *data)
{
	struct host *host = data;
	struct mux mux;
	long ret;

	ret = mux_open(&mux);
	if (ret)
		return (void *)ret;
	return (void *)(long)host_device(&(struct host){ .mux = &mux, .id = host->id },
					 1, "d1", 0);
}

TEST_F(access, every_thread_of_the_owner_is_the_owner)
{
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, add_device, &self->host));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(0, (long)ret);
}

TEST_F(access, nothing_is_allowed_without_cap_net_admin)
{
	int i;

	ASSERT_EQ(0, capability_set(CAP_NET_ADMIN, false));
	for (i = 0; i < CALLS; i++) {
		EXPECT_EQ(-EPERM, call(&self->mux, i, self->host.id))
			TH_LOG("call %d", i);
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EPERM, dump(&self->mux, i, self->host.id))
			TH_LOG("dump %d", i);
	}
}

TEST_F(access, nobody_may_listen_without_cap_net_admin)
{
	struct listener listener = {};

	EXPECT_EQ(0, listener_open(&listener));
	listener_close(&listener);
	ASSERT_EQ(0, capability_set(CAP_NET_ADMIN, false));
	EXPECT_NE(0, listener_open(&listener))
		TH_LOG("what may not be asked for can be listened to");
	listener_close(&listener);
}

TEST_F(access, the_root_of_another_user_namespace_may_do_nothing)
{
	struct mux mux;
	int i;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		SKIP(return, "this kernel gives no user namespaces: %s", strerror(errno));
	ASSERT_EQ(0, mux_open(&mux));
	for (i = 0; i < CALLS; i++) {
		EXPECT_EQ(-EPERM, call(&mux, i, self->host.id))
			TH_LOG("call %d", i);
	}
	mux_close(&mux);
}

TEST_F(access, a_session_does_not_exist_in_another_network_namespace)
{
	struct mux mux;
	int i;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, mux_open(&mux));
	for (i = 0; i <= 11; i++)
		EXPECT_REFUSED(&mux, call(&mux, i, self->host.id), ENOENT,
			       words("there is no session %u", self->host.id));
	EXPECT_EQ(0, dump(&mux, 0, 0));
	EXPECT_EQ(-ENOENT, dump(&mux, 1, self->host.id));
	EXPECT_EQ(-ENOENT, dump(&mux, 2, self->host.id));
	mux_close(&mux);
}

TEST_F(access, every_network_namespace_sees_its_own_sessions)
{
	struct host_params params = { .uuid = self->uuid, .role = 1 };
	struct session_info infos[2];
	struct host other;
	struct mux mux;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, mux_open(&mux));
	ASSERT_EQ(0, host_open(&other, &mux, &params));
	EXPECT_NE(self->host.id, other.id);
	ASSERT_EQ(1, session_dump(&mux, infos, 2));
	EXPECT_EQ(other.id, infos[0].id);
	ASSERT_EQ(1, session_dump(&self->mux, infos, 2));
	EXPECT_EQ(self->host.id, infos[0].id);
	host_close(&other);
	mux_close(&mux);
}

TEST_HARNESS_MAIN
