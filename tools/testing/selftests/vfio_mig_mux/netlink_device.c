// SPDX-License-Identifier: GPL-2.0
/*
 * device-new, device-attach, device-set and device-get: what they take, what
 * they refuse and in which words, what they show.
 */
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>

#include "lib_expect.h"
#include "lib_host.h"
#include "lib_sim.h"

#define NEW	VFIO_MIG_MUX_CMD_DEVICE_NEW
#define ATTACH	VFIO_MIG_MUX_CMD_DEVICE_ATTACH
#define SET	VFIO_MIG_MUX_CMD_DEVICE_SET
#define GET	VFIO_MIG_MUX_CMD_DEVICE_GET
#define SESSION	VFIO_MIG_MUX_A_DEVICE_SESSION
#define ID	VFIO_MIG_MUX_A_DEVICE_ID
#define NAME	VFIO_MIG_MUX_A_DEVICE_NAME
#define WINDOW	VFIO_MIG_MUX_A_DEVICE_WINDOW
#define DATA_FD	VFIO_MIG_MUX_A_DEVICE_DATA_FD
#define FINAL	VFIO_MIG_MUX_A_DEVICE_FINAL
#define KICK	VFIO_MIG_MUX_A_DEVICE_KICK
#define TRAILER	VFIO_MIG_MUX_A_DEVICE_TRAILER

#define SAVING	900
#define LOADING	901

FIXTURE(device)
{
	struct mux mux;
	struct pair pair;
	struct host *source;
	struct host *destination;
	struct sim saving;
	struct sim loading;
	char longest[VFIO_MIG_MUX_NAME_MAX + 1];
};

FIXTURE_SETUP(device)
{
	ASSERT_EQ(0, mux_open(&self->mux));
	ASSERT_EQ(0, pair_open(&self->pair, &self->mux, 1, 2, 8));
	self->source = &self->pair.source;
	self->destination = &self->pair.destination;
	ASSERT_EQ(0, sim_open(&self->saving, SAVING, "state_size=64K"));
	ASSERT_EQ(0, sim_open(&self->loading, LOADING, ""));
	ASSERT_EQ(0, sim_save(&self->saving));
	ASSERT_EQ(0, sim_load(&self->loading));
	memset(self->longest, 'n', sizeof(self->longest) - 1);
}

FIXTURE_TEARDOWN(device)
{
	pair_close(&self->pair);
	sim_close(&self->saving);
	sim_close(&self->loading);
	mux_close(&self->mux);
}

/* device-set: final, kick, both or none */
static int set(struct host *host, __u32 id, bool final, bool kick)
{
	return mux_do(host->mux, SET, attr_u32(SESSION, host->id), attr_u32(ID, id),
		      final ? attr_flag(FINAL) : attr_none(), kick ? attr_flag(KICK) : attr_none());
}

TEST_F(device, new_refuses_what_the_policy_forbids)
{
	char name[VFIO_MIG_MUX_NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	EXPECT_BAD_ATTRS(&self->mux,
			 { NEW, attr_u32(SESSION, 0), ERANGE, POLICY_RANGE },
			 { NEW, attr_u64(SESSION, 1), EINVAL, POLICY_LENGTH },
			 { NEW, attr_u32(ID, 64), ERANGE, POLICY_RANGE },
			 { NEW, attr_bytes(ID, name, 2), EINVAL, POLICY_LENGTH },
			 { NEW, attr_bytes(NAME, "", 0), EINVAL, POLICY_FAILED },
			 { NEW, attr_bytes(NAME, name, 8), EINVAL, POLICY_FAILED },
			 { NEW, attr_bytes(NAME, name, sizeof(name)), EINVAL, POLICY_FAILED },
			 { NEW, attr_u32(WINDOW, 0), ERANGE, POLICY_RANGE },
			 { NEW, attr_bytes(WINDOW, name, 1), EINVAL, POLICY_LENGTH });
	EXPECT_OTHERS_REFUSED(&self->mux, NEW, 1 << SESSION | 1 << ID | 1 << NAME | 1 << WINDOW,
			      VFIO_MIG_MUX_A_DEVICE_MAX);
}

TEST_F(device, new_names_the_attribute_that_is_missing)
{
	struct mux *mux = &self->mux;

	EXPECT_MISSING(mux, mux_do(mux, NEW, attr_none()), "session", SESSION);
	EXPECT_MISSING(mux, mux_do(mux, NEW, attr_u32(SESSION, 1)), "id", ID);
	EXPECT_MISSING(mux, mux_do(mux, NEW, attr_u32(SESSION, 1), attr_u32(ID, 0)), "name", NAME);
}

TEST_F(device, new_in_a_session_that_does_not_exist_names_its_number)
{
	struct host host = { .mux = &self->mux, .id = 99999 };

	EXPECT_REFUSED_AT(&self->mux, host_device(&host, 0, "d", 0), ENOENT,
			  "there is no session 99999", SESSION);
}

TEST_F(device, new_takes_numbers_in_their_order_only)
{
	EXPECT_REFUSED(&self->mux, host_device(self->source, 3, "x", 0), EINVAL,
		       "device id 3 given, the next is 2");
	EXPECT_REFUSED(&self->mux, host_device(self->source, 63, "x", 0), EINVAL,
		       "device id 63 given, the next is 2");
	EXPECT_REFUSED(&self->mux, host_device(self->source, 1, "x", 0), EEXIST,
		       "device id 1 given, the next is 2");
	EXPECT_EQ(0, host_device(self->source, 2, "x", 0));
}

TEST_F(device, new_refuses_an_empty_name_and_one_that_is_taken)
{
	EXPECT_REFUSED(&self->mux, host_device(self->source, 2, "", 0), EINVAL,
		       "device name is empty");
	EXPECT_REFUSED(&self->mux, host_device(self->source, 2, "d1", 0), EEXIST,
		       "device name is taken by device 1");
	EXPECT_EQ(0, host_device(self->source, 2, "d", 0));
	EXPECT_EQ(0, host_device(self->source, 3, "D1", 0));
}

TEST_F(device, new_takes_the_longest_name_and_refusals_have_room_for_their_words)
{
	struct device_info info;

	ASSERT_EQ(0, host_device(self->source, 2, self->longest, 0));
	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 2, &info));
	EXPECT_STREQ(self->longest, info.name);
	EXPECT_REFUSED(&self->mux, host_device(self->source, 3, self->longest, 0), EEXIST,
		       "device name is taken by device 2");
	EXPECT_REFUSED(&self->mux, set(self->source, 2, true, false), EINVAL,
		       "device 2 has no data-fd yet");
}

TEST_F(device, new_refuses_a_name_that_cannot_be_printed)
{
	static const char * const names[] = { "a\nb", "\033[2J", "\177", "caf\303\251" };
	int i;

	/* Error texts carry names: they are to be the same on both hosts. */
	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_REFUSED(&self->mux, host_device(self->source, 2, names[i], 0), EINVAL,
			       "device name is not printable ASCII");
}

TEST_F(device, new_takes_a_window_on_the_destination_only)
{
	struct device_info info;

	EXPECT_REFUSED(&self->mux, host_device(self->source, 2, "x", 3), EINVAL,
		       "window 3 given on the source, it is the destination's");
	ASSERT_EQ(0, host_device(self->destination, 2, "x", 3));
	ASSERT_EQ(0, device_get(&self->mux, self->destination->id, 2, &info));
	EXPECT_EQ(3, info.window);
}

TEST_F(device, new_takes_64_devices_and_not_one_more)
{
	struct device_info infos[65];
	char name[8];
	__u32 i;

	for (i = 2; i < 64; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		ASSERT_EQ(0, host_device(self->source, i, name, 0));
	}
	EXPECT_REFUSED_AT(&self->mux, host_device(self->source, 64, "d64", 0), ERANGE,
			  POLICY_RANGE, ID);
	ASSERT_EQ(64, device_dump(&self->mux, self->source->id, infos, 65));
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(i, infos[i].id);
		EXPECT_STREQ(words("d%u", i), infos[i].name);
	}
}

TEST_F(device, new_comes_too_late_once_there_is_a_channel)
{
	ASSERT_EQ(0, pair_connect(&self->pair, 0));
	EXPECT_REFUSED(&self->mux, host_device(self->source, 2, "x", 0), EBUSY,
		       words("session %u has channels already, too late for a device",
			     self->source->id));
	EXPECT_REFUSED(&self->mux, host_device(self->destination, 2, "x", 0), EBUSY,
		       words("session %u has channels already, too late for a device",
			     self->destination->id));
}

TEST_F(device, attach_refuses_what_the_policy_forbids)
{
	EXPECT_BAD_ATTRS(&self->mux,
			 { ATTACH, attr_u32(SESSION, 0), ERANGE, POLICY_RANGE },
			 { ATTACH, attr_u32(ID, 64), ERANGE, POLICY_RANGE },
			 { ATTACH, attr_u32(DATA_FD, -1), ERANGE, POLICY_RANGE },
			 { ATTACH, attr_u32(DATA_FD, 0x80000000), ERANGE, POLICY_RANGE },
			 { ATTACH, attr_u64(DATA_FD, 3), EINVAL, POLICY_LENGTH },
			 { ATTACH, attr_u32(FINAL, 1), ERANGE, POLICY_FAILED });
	EXPECT_OTHERS_REFUSED(&self->mux, ATTACH,
			      1 << SESSION | 1 << ID | 1 << DATA_FD | 1 << FINAL,
			      VFIO_MIG_MUX_A_DEVICE_MAX);
}

TEST_F(device, attach_names_the_attribute_that_is_missing)
{
	struct mux *mux = &self->mux;

	EXPECT_MISSING(mux, mux_do(mux, ATTACH, attr_none()), "session", SESSION);
	EXPECT_MISSING(mux, mux_do(mux, ATTACH, attr_u32(SESSION, 1)), "id", ID);
	EXPECT_MISSING(mux, mux_do(mux, ATTACH, attr_u32(SESSION, 1), attr_u32(ID, 0)),
		       "data-fd", DATA_FD);
}

TEST_F(device, attach_of_a_device_that_does_not_exist_names_its_number)
{
	struct host host = { .mux = &self->mux, .id = 99999 };

	EXPECT_REFUSED_AT(&self->mux, host_attach(&host, 0, 0, false), ENOENT,
			  "there is no session 99999", SESSION);
	EXPECT_REFUSED_AT(&self->mux, host_attach(self->source, 2, 0, false), ENOENT,
			  words("session %u has no device 2", self->source->id), ID);
	EXPECT_REFUSED_AT(&self->mux, host_attach(self->source, 63, 0, false), ENOENT,
			  words("session %u has no device 63", self->source->id), ID);
}

TEST_F(device, attach_refuses_every_other_kind_of_file)
{
	struct { int fd; int error; const char *fault; } kinds[] = {
		{ 1000, EBADF, "not open" },
		{ open("/proc/self/exe", O_RDONLY), EINVAL, "not an anonymous inode" },
		{ open("/dev/zero", O_RDWR), EINVAL, "not an anonymous inode" },
		{ open("/proc", O_RDONLY | O_DIRECTORY), EINVAL, "not an anonymous inode" },
		{ socket(AF_INET, SOCK_STREAM, 0), EINVAL, "not an anonymous inode" },
		{ socket(AF_UNIX, SOCK_STREAM, 0), EINVAL, "not an anonymous inode" },
		{ self->source->fd, EINVAL, "not a stream" },
		{ self->destination->fd, EINVAL, "not a stream" },
		{ eventfd(0, 0), EINVAL, "not a stream" },
		{ open("/proc/self/exe", O_PATH), EBADF, "not open" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *text = words("data-fd %d is %s", kinds[i].fd, kinds[i].fault);

		EXPECT_REFUSED(&self->mux, host_attach(self->source, 0, kinds[i].fd, false),
			       kinds[i].error, text);
		EXPECT_REFUSED(&self->mux, host_attach(self->destination, 0, kinds[i].fd, false),
			       kinds[i].error, text);
	}
}

/* An anonymous inode or a character device, depending on how it was opened */
TEST_F(device, attach_refuses_the_device_itself)
{
	EXPECT_EQ(-EINVAL, host_attach(self->source, 0, self->saving.vfio.device, false));
	EXPECT_STRNE("", self->mux.text);
	EXPECT_EQ(-EINVAL, host_attach(self->destination, 0, self->loading.vfio.device, false));
	EXPECT_STRNE("", self->mux.text);
}

TEST_F(device, attach_refuses_pipes)
{
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	EXPECT_REFUSED(&self->mux, host_attach(self->source, 0, fds[0], false), EINVAL,
		       words("data-fd %d is not an anonymous inode", fds[0]));
	EXPECT_REFUSED(&self->mux, host_attach(self->destination, 0, fds[1], false), EINVAL,
		       words("data-fd %d is not an anonymous inode", fds[1]));
}

TEST_F(device, attach_refuses_a_data_fd_of_the_wrong_direction)
{
	EXPECT_REFUSED(&self->mux, host_attach(self->source, 0, self->loading.data_fd, false),
		       EINVAL, words("data-fd %d is not readable", self->loading.data_fd));
	EXPECT_REFUSED(&self->mux, host_attach(self->destination, 0, self->saving.data_fd, false),
		       EINVAL, words("data-fd %d is not writable", self->saving.data_fd));
}

TEST_F(device, attach_gives_a_device_one_data_fd_and_a_data_fd_one_device)
{
	int copy = dup(self->saving.data_fd);

	ASSERT_EQ(0, host_attach(self->source, 0, self->saving.data_fd, false));
	EXPECT_REFUSED(&self->mux, host_attach(self->source, 0, self->saving.data_fd, false),
		       EEXIST, "device 0 has a data-fd already");
	EXPECT_REFUSED(&self->mux, host_attach(self->source, 1, self->saving.data_fd, false),
		       EBUSY, words("data-fd %d belongs to another device of the session",
				    self->saving.data_fd));
	EXPECT_REFUSED(&self->mux, host_attach(self->source, 1, copy, false), EBUSY,
		       words("data-fd %d belongs to another device of the session", copy));
	ASSERT_EQ(0, host_attach(self->destination, 1, self->loading.data_fd, false));
	EXPECT_REFUSED(&self->mux, host_attach(self->destination, 0, self->loading.data_fd, false),
		       EBUSY, words("data-fd %d belongs to another device of the session",
				    self->loading.data_fd));
}

TEST_F(device, attach_takes_final_on_the_source_only)
{
	struct device_info info;

	EXPECT_REFUSED(&self->mux, host_attach(self->destination, 0, self->loading.data_fd, true),
		       EINVAL, "device 0 cannot be declared final on the destination");
	ASSERT_EQ(0, device_get(&self->mux, self->destination->id, 0, &info));
	EXPECT_EQ(VFIO_MIG_MUX_DEVICE_STATE_DECLARED, info.state);
	ASSERT_EQ(0, host_attach(self->source, 0, self->saving.data_fd, true));
	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 0, &info));
	EXPECT_TRUE(info.final);
	EXPECT_EQ(VFIO_MIG_MUX_DEVICE_STATE_STREAMING, info.state);
}

TEST_F(device, a_refused_attach_changes_nothing_and_another_can_follow)
{
	struct device_info before, after;

	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 0, &before));
	EXPECT_EQ(-EBADF, host_attach(self->source, 0, 1000, true));
	EXPECT_EQ(-EINVAL, host_attach(self->source, 0, self->loading.data_fd, true));
	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 0, &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	EXPECT_EQ(0, host_attach(self->source, 0, self->saving.data_fd, false));
}

TEST_F(device, set_refuses_what_the_policy_forbids)
{
	EXPECT_BAD_ATTRS(&self->mux,
			 { SET, attr_u32(SESSION, 0), ERANGE, POLICY_RANGE },
			 { SET, attr_u32(ID, 64), ERANGE, POLICY_RANGE },
			 { SET, attr_u32(FINAL, 1), ERANGE, POLICY_FAILED },
			 { SET, attr_u32(KICK, 1), ERANGE, POLICY_FAILED });
	EXPECT_OTHERS_REFUSED(&self->mux, SET, 1 << SESSION | 1 << ID | 1 << FINAL | 1 << KICK |
			      1 << TRAILER, VFIO_MIG_MUX_A_DEVICE_MAX);
}

TEST_F(device, set_names_the_attribute_that_is_missing)
{
	struct mux *mux = &self->mux;

	EXPECT_MISSING(mux, mux_do(mux, SET, attr_none()), "session", SESSION);
	EXPECT_MISSING(mux, mux_do(mux, SET, attr_u32(SESSION, 1), attr_flag(KICK)), "id", ID);
}

TEST_F(device, set_of_a_device_that_does_not_exist_names_its_number)
{
	struct host host = { .mux = &self->mux, .id = 99999 };

	EXPECT_REFUSED_AT(&self->mux, set(&host, 0, true, false), ENOENT,
			  "there is no session 99999", SESSION);
	EXPECT_REFUSED_AT(&self->mux, set(self->source, 2, true, false), ENOENT,
			  words("session %u has no device 2", self->source->id), ID);
}

TEST_F(device, set_needs_a_data_fd_and_something_to_set)
{
	EXPECT_REFUSED(&self->mux, set(self->source, 0, true, false), EINVAL,
		       "device 0 has no data-fd yet");
	EXPECT_REFUSED(&self->mux, set(self->source, 0, false, true), EINVAL,
		       "device 0 has no data-fd yet");
	ASSERT_EQ(0, host_attach(self->source, 0, self->saving.data_fd, false));
	EXPECT_REFUSED(&self->mux, set(self->source, 0, false, false), EINVAL,
		       "nothing to set on device 0: neither final nor kick nor trailer");
	EXPECT_EQ(0, set(self->source, 0, false, true));
	EXPECT_EQ(0, set(self->source, 0, true, true));
}

TEST_F(device, set_is_refused_on_the_destination)
{
	ASSERT_EQ(0, host_attach(self->destination, 0, self->loading.data_fd, false));
	EXPECT_REFUSED(&self->mux, set(self->destination, 0, true, false), EINVAL,
		       "device 0 is not a source's: it cannot be final");
	EXPECT_REFUSED(&self->mux, set(self->destination, 0, false, true), EINVAL,
		       "device 0 is not a source's: it cannot be kicked");
}

TEST_F(device, set_final_is_shown_and_stays)
{
	struct device_info info;

	ASSERT_EQ(0, host_attach(self->source, 0, self->saving.data_fd, false));
	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 0, &info));
	EXPECT_FALSE(info.final);
	ASSERT_EQ(0, set(self->source, 0, true, false));
	ASSERT_EQ(0, set(self->source, 0, false, true));
	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 0, &info));
	EXPECT_TRUE(info.final);
}

TEST_F(device, get_refuses_what_the_policy_forbids)
{
	struct mux *mux = &self->mux;

	EXPECT_BAD_ATTRS(mux,
			 { GET, attr_u32(SESSION, 0), ERANGE, POLICY_RANGE },
			 { GET, attr_u64(SESSION, 1), EINVAL, POLICY_LENGTH },
			 { GET, attr_u32(ID, 64), ERANGE, POLICY_RANGE });
	EXPECT_OTHERS_REFUSED(mux, GET, 1 << SESSION | 1 << ID, VFIO_MIG_MUX_A_DEVICE_MAX);
	EXPECT_MISSING(mux, mux_do(mux, GET, attr_none()), "session", SESSION);
	EXPECT_MISSING(mux, mux_do(mux, GET, attr_u32(SESSION, 1)), "id", ID);
	EXPECT_REFUSED_AT(mux, mux_do(mux, GET, attr_u32(SESSION, 99999), attr_u32(ID, 0)),
			  ENOENT, "there is no session 99999", SESSION);
	EXPECT_REFUSED_AT(mux, mux_do(mux, GET, attr_u32(SESSION, self->source->id),
				      attr_u32(ID, 2)), ENOENT,
			  words("session %u has no device 2", self->source->id), ID);
}

TEST_F(device, dump_refuses_what_the_policy_forbids)
{
	struct mux *mux = &self->mux;

	EXPECT_REFUSED_AT(mux, mux_dump(mux, GET, attr_u32(SESSION, 0)), ERANGE,
			  POLICY_RANGE, SESSION);
	EXPECT_REFUSED_AT(mux, mux_dump(mux, GET, attr_u32(ID, 0)), EINVAL, POLICY_UNKNOWN, ID);
	EXPECT_REFUSED(mux, mux_dump(mux, GET, attr_none()), EINVAL,
		       "attribute session is missing");
	EXPECT_REFUSED(mux, mux_dump(mux, GET, attr_u32(SESSION, 99999)), ENOENT,
		       "there is no session 99999");
}

TEST_F(device, get_shows_what_belongs_to_the_side)
{
	struct device_info info;

	ASSERT_EQ(0, device_get(&self->mux, self->source->id, 1, &info));
	EXPECT_EQ(self->source->id, info.session);
	EXPECT_EQ(1, info.id);
	EXPECT_STREQ("d1", info.name);
	EXPECT_EQ(VFIO_MIG_MUX_DEVICE_STATE_DECLARED, info.state);
	EXPECT_FALSE(info.final);
	EXPECT_EQ(0, info.bytes + info.bytes_moved + info.chunks + info.chunks_moved);
	EXPECT_EQ(0, info.io_calls + info.io_ns + info.window_stalls + info.window_stall_ns);
	EXPECT_TRUE(HAS(&info, VFIO_MIG_MUX_A_DEVICE_WINDOW_STALLS));
	EXPECT_TRUE(HAS(&info, VFIO_MIG_MUX_A_DEVICE_WINDOW_STALL_NS));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_DEVICE_CHUNKS_HELD_MAX));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_DEVICE_FIRST_NS));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_DEVICE_LAST_NS));

	ASSERT_EQ(0, device_get(&self->mux, self->destination->id, 1, &info));
	EXPECT_TRUE(HAS(&info, VFIO_MIG_MUX_A_DEVICE_CHUNKS_HELD_MAX));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_DEVICE_WINDOW_STALLS));
	EXPECT_FALSE(HAS(&info, VFIO_MIG_MUX_A_DEVICE_WINDOW_STALL_NS));
	EXPECT_FALSE(HAS(&info, DATA_FD));
	EXPECT_FALSE(HAS(&info, KICK));
}

TEST_F(device, get_and_dump_agree)
{
	struct device_info infos[2], info;
	__u32 i;

	ASSERT_EQ(0, host_attach(self->source, 1, self->saving.data_fd, true));
	ASSERT_EQ(2, device_dump(&self->mux, self->source->id, infos, 2));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, device_get(&self->mux, self->source->id, i, &info));
		EXPECT_EQ(0, memcmp(&info, &infos[i], sizeof(info)))
			TH_LOG("device %u", i);
	}
}

TEST_F(device, changes_come_too_late_when_the_session_is_over)
{
	const char *over = words("session %u is over", self->source->id);
	struct device_info info;

	ASSERT_EQ(0, host_abort(self->source, NULL));
	EXPECT_REFUSED(&self->mux, host_device(self->source, 2, "x", 0), ESHUTDOWN, over);
	EXPECT_REFUSED(&self->mux, host_attach(self->source, 0, self->saving.data_fd, false),
		       ESHUTDOWN, over);
	EXPECT_REFUSED(&self->mux, set(self->source, 0, true, false), ESHUTDOWN, over);
	EXPECT_EQ(0, device_get(&self->mux, self->source->id, 0, &info));
}

TEST_HARNESS_MAIN
