// SPDX-License-Identifier: GPL-2.0
/*
 * session-new and session-get: what they take, what they refuse and in which
 * words, what they show.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "lib_expect.h"
#include "lib_host.h"
#include "lib_proc.h"

#define NEW	VFIO_MIG_MUX_CMD_SESSION_NEW
#define GET	VFIO_MIG_MUX_CMD_SESSION_GET
#define ID	VFIO_MIG_MUX_A_SESSION_ID
#define ROLE	VFIO_MIG_MUX_A_SESSION_ROLE
#define UUID	VFIO_MIG_MUX_A_SESSION_UUID
#define SIZE	VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE
#define CHANNELS	VFIO_MIG_MUX_A_SESSION_CHANNELS
#define FEATURES	VFIO_MIG_MUX_A_SESSION_FEATURES

/* More than one message buffer of a dump can hold */
#define MANY	150

FIXTURE(session)
{
	struct mux mux;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host_params params;
};

FIXTURE_SETUP(session)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->uuid);
	self->params.uuid = self->uuid;
}

FIXTURE_TEARDOWN(session)
{
	mux_close(&self->mux);
}

TEST_F(session, new_refuses_what_the_policy_forbids)
{
	static const __u8 uuid[VFIO_MIG_MUX_UUID_LEN + 1] = { 1 };

	EXPECT_BAD_ATTRS(&self->mux,
			 { NEW, attr_u32(ROLE, 2), ERANGE, POLICY_RANGE },
			 { NEW, attr_u32(ROLE, 0xffffffff), ERANGE, POLICY_RANGE },
			 { NEW, attr_bytes(ROLE, uuid, 2), EINVAL, POLICY_LENGTH },
			 { NEW, attr_bytes(ROLE, uuid, 8), EINVAL, POLICY_LENGTH },
			 { NEW, attr_bytes(UUID, uuid, 15), ERANGE, POLICY_BINARY },
			 { NEW, attr_bytes(UUID, uuid, 17), ERANGE, POLICY_BINARY },
			 { NEW, attr_bytes(UUID, uuid, 0), ERANGE, POLICY_BINARY },
			 { NEW, attr_u32(SIZE, 0), ERANGE, POLICY_RANGE },
			 { NEW, attr_u32(SIZE, 65535), ERANGE, POLICY_RANGE },
			 { NEW, attr_u32(SIZE, 16777217), ERANGE, POLICY_RANGE },
			 { NEW, attr_u64(SIZE, 65536), EINVAL, POLICY_LENGTH },
			 { NEW, attr_u32(CHANNELS, 0), ERANGE, POLICY_RANGE },
			 { NEW, attr_u32(CHANNELS, 65), ERANGE, POLICY_RANGE },
			 { NEW, attr_bytes(CHANNELS, uuid, 1), EINVAL, POLICY_LENGTH },
			 { NEW, attr_u32(FEATURES, 8), EINVAL, POLICY_MASK },
			 { NEW, attr_u32(FEATURES, 0x80000001), EINVAL, POLICY_MASK },
			 { NEW, attr_u64(FEATURES, 1), EINVAL, POLICY_LENGTH });
}

TEST_F(session, new_refuses_every_attribute_that_is_not_its_own)
{
	EXPECT_OTHERS_REFUSED(&self->mux, NEW,
			      1 << ROLE | 1 << UUID | 1 << SIZE | 1 << CHANNELS | 1 << FEATURES |
			      1 << VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT |
			      1 << VFIO_MIG_MUX_A_SESSION_CHANNEL_TIMEOUT |
			      1 << VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH,
			      VFIO_MIG_MUX_A_SESSION_MAX);
}

TEST_F(session, new_names_the_attribute_that_is_missing)
{
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, NEW, attr_none()), "role", ROLE);
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, NEW, attr_u32(ROLE, 0)), "uuid", UUID);
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, NEW, attr_bytes(UUID, self->uuid, 16)),
		       "role", ROLE);
}

TEST_F(session, new_refuses_a_chunk_size_that_is_no_power_of_two)
{
	static const __u32 sizes[] = { 65537, 65536 * 3, 16777215 };
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_REFUSED_AT(&self->mux,
				  mux_do(&self->mux, NEW, attr_u32(ROLE, 0),
					 attr_bytes(UUID, self->uuid, 16),
					 attr_u32(SIZE, sizes[i])),
				  EINVAL,
				  words("chunk-size %u is not a power of two", sizes[i]), SIZE);
}

TEST_F(session, new_refuses_the_null_uuid)
{
	static const __u8 null[16];

	EXPECT_REFUSED_AT(&self->mux,
			  mux_do(&self->mux, NEW, attr_u32(ROLE, 1), attr_bytes(UUID, null, 16)),
			  EINVAL, "uuid is null", UUID);
}

TEST_F(session, new_without_a_free_descriptor_says_so_and_leaves_nothing)
{
	struct rlimit limit = { .rlim_cur = 0, .rlim_max = 4096 };
	struct holdings before;

	holdings_take(&before);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-EMFILE, mux_do(&self->mux, NEW, attr_u32(ROLE, 0),
				  attr_bytes(UUID, self->uuid, 16)));
	EXPECT_STRNE("", self->mux.text)
		TH_LOG("a refusal without a word");
	limit.rlim_cur = 1024;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_TRUE(holdings_return(&before));
}

TEST_F(session, new_takes_every_bound_and_get_shows_it)
{
	static const struct host_params bounds[] = {
		{ .role = 0, .chunk_size = 65536, .channels = 1 },
		{ .role = 1, .chunk_size = 16777216, .channels = 64 },
		{ .role = 0, .chunk_size = 1048576, .channels = 8, .no_checksum = true },
		{ .role = 1, .chunk_size = 65536, .channels = 1, .zero = true },
	};
	struct session_info info;
	struct host host;
	int i;

	for (i = 0; i < ARRAY_SIZE(bounds); i++) {
		self->params = bounds[i];
		self->params.uuid = self->uuid;
		ASSERT_EQ(0, host_open(&host, &self->mux, &self->params))
			TH_LOG("bounds %d: %s", i, self->mux.text);
		ASSERT_EQ(0, session_get(&self->mux, host.id, &info));
		EXPECT_EQ(host.id, info.id);
		EXPECT_EQ(bounds[i].role, info.role);
		EXPECT_EQ(bounds[i].chunk_size, info.chunk_size);
		EXPECT_EQ(bounds[i].channels, info.channels);
		EXPECT_EQ((bounds[i].no_checksum ? 0 : 1) | (bounds[i].zero ? 2 : 0), info.features);
		EXPECT_EQ(0, memcmp(self->uuid, info.uuid, sizeof(info.uuid)));
		host_close(&host);
	}
}

TEST_F(session, new_fills_in_what_is_left_out)
{
	struct session_info infos[2];

	ASSERT_EQ(0, mux_do(&self->mux, NEW, attr_u32(ROLE, 1), attr_bytes(UUID, self->uuid, 16)));
	ASSERT_EQ(1, session_dump(&self->mux, infos, 2));
	EXPECT_EQ(1048576, infos[0].chunk_size);
	EXPECT_EQ(4, infos[0].channels);
	EXPECT_EQ(VFIO_MIG_MUX_FEATURE_CHECKSUM, infos[0].features);
}

TEST_F(session, a_new_one_is_empty_and_in_setup)
{
	struct session_info info;
	struct host host;

	ASSERT_EQ(0, host_open(&host, &self->mux, &self->params));
	ASSERT_EQ(0, session_get(&self->mux, host.id, &info));
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_SETUP, info.state);
	EXPECT_EQ(getpid(), info.owner_pid);
	EXPECT_EQ(0, info.devices);
	EXPECT_EQ(0, info.devices_loaded);
	EXPECT_EQ(0, info.channels_live);
	EXPECT_EQ(0, info.bytes);
	EXPECT_TRUE(HAS(&info, VFIO_MIG_MUX_A_SESSION_BYTES));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_SESSION_FD));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_SESSION_SLOTS));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_SESSION_SLOTS_FREE));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_SESSION_SLOTS_USED_MAX));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_SESSION_ERROR));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_SESSION_REASON));
	host_close(&host);
}

TEST_F(session, get_shows_umem_and_devices)
{
	struct session_info info;
	struct host host;

	self->params.slots = 5;
	self->params.devices = 3;
	ASSERT_EQ(0, host_open(&host, &self->mux, &self->params));
	ASSERT_EQ(0, session_get(&self->mux, host.id, &info));
	EXPECT_EQ(5, info.slots);
	EXPECT_EQ(5, info.slots_free);
	EXPECT_EQ(0, info.slots_used_max);
	EXPECT_EQ(3, info.devices);
	EXPECT_EQ(VFIO_MIG_MUX_SESSION_STATE_SETUP, info.state);
	host_close(&host);
}

TEST_F(session, get_refuses_what_the_policy_forbids)
{
	EXPECT_BAD_ATTRS(&self->mux,
			 { GET, attr_u32(ID, 0), ERANGE, POLICY_RANGE },
			 { GET, attr_u64(ID, 1), EINVAL, POLICY_LENGTH },
			 { GET, attr_bytes(ID, "ab", 2), EINVAL, POLICY_LENGTH });
	EXPECT_OTHERS_REFUSED(&self->mux, GET, 1 << ID, VFIO_MIG_MUX_A_SESSION_MAX);
	EXPECT_MISSING(&self->mux, mux_do(&self->mux, GET, attr_none()), "id", ID);
}

TEST_F(session, get_of_one_that_does_not_exist_names_its_number)
{
	static const __u32 ids[] = { 1, 4711, 0x7fffffff, 0xffffffff };
	int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		EXPECT_REFUSED_AT(&self->mux, mux_do(&self->mux, GET, attr_u32(ID, ids[i])),
				  ENOENT, words("there is no session %u", ids[i]), ID);
}

TEST_F(session, dump_of_none_is_empty)
{
	struct session_info info;

	EXPECT_EQ(0, session_dump(&self->mux, &info, 1));
}

TEST_F(session, dump_shows_each_of_many_once_and_in_order)
{
	struct session_info infos[MANY], info;
	struct host hosts[MANY];
	int i;

	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, host_open(&hosts[i], &self->mux, &self->params));
	ASSERT_EQ(MANY, session_dump(&self->mux, infos, MANY));
	for (i = 0; i < MANY; i++) {
		EXPECT_EQ(hosts[i].id, infos[i].id);
		ASSERT_EQ(0, session_get(&self->mux, hosts[i].id, &info));
		EXPECT_EQ(0, memcmp(&info, &infos[i], sizeof(info)))
			TH_LOG("dump and get differ in session %u", info.id);
	}
	for (i = 0; i < MANY; i++)
		host_close(&hosts[i]);
	EXPECT_EQ(0, session_dump(&self->mux, infos, MANY));
}

TEST_F(session, fd_is_close_on_exec_and_good_for_nothing_but_closing)
{
	struct host host;
	char byte = 0;

	ASSERT_EQ(0, host_open(&host, &self->mux, &self->params));
	EXPECT_EQ(FD_CLOEXEC, fcntl(host.fd, F_GETFD));
	EXPECT_EQ(-1, read(host.fd, &byte, 1));
	EXPECT_EQ(-1, write(host.fd, &byte, 1));
	EXPECT_EQ(-1, ioctl(host.fd, 0, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, host.fd, 0));
	host_close(&host);
}

TEST_F(session, fdinfo_names_the_session)
{
	char path[64], text[512] = "";
	struct host host;
	int fd;

	ASSERT_EQ(0, host_open(&host, &self->mux, &self->params));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", host.fd);
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, read(fd, text, sizeof(text) - 1));
	EXPECT_NE(NULL, strstr(text, words("\nvfio-mig-mux-session:\t%u\n", host.id)))
		TH_LOG("%s", text);
	close(fd);
	host_close(&host);
}

TEST_HARNESS_MAIN
