// SPDX-License-Identifier: GPL-2.0
/*
 * Migrations that are not like the others: several devices, no checksums,
 * memory that goes away, sockets with options of their own.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "lib_expect.h"
#include "lib_migrate.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define COMPLETED	VFIO_MIG_MUX_SESSION_STATE_COMPLETED
#define FAILED		VFIO_MIG_MUX_SESSION_STATE_FAILED
#define DEVICES		3

FIXTURE(unusual)
{
	struct mux mux;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host_params params;
	struct pair pair;
	struct sim saving[DEVICES];
	struct sim loading[DEVICES];
	struct session_info at_source;
	struct session_info at_destination;
};

/* Sizes that have nothing in common, the first as large as the others together */
static const __u64 sizes[DEVICES] = { 1000001, 300, 655360 };

FIXTURE_SETUP(unusual)
{
	int i;

	ASSERT_EQ(0, mux_open(&self->mux));
	uuid_make(self->uuid);
	self->params = (struct host_params){
		.uuid = self->uuid,
		.channels = 2,
		.devices = DEVICES,
		.slots = 8,
	};
	for (i = 0; i < DEVICES; i++) {
		ASSERT_EQ(0, sim_open(&self->saving[i], 910 + i,
				      words("state_size=%llu seed=%d",
					    (unsigned long long)sizes[i], 50 + i)));
		ASSERT_EQ(0, sim_open(&self->loading[i], 920 + i, ""));
		ASSERT_EQ(0, sim_save(&self->saving[i]));
		ASSERT_EQ(0, sim_load(&self->loading[i]));
	}
}

FIXTURE_TEARDOWN(unusual)
{
	int i;

	pair_close(&self->pair);
	for (i = 0; i < DEVICES; i++) {
		sim_close(&self->saving[i]);
		sim_close(&self->loading[i]);
	}
	EXPECT_EQ(0, migration_works(&self->mux));
	mux_close(&self->mux);
}

/* Makes both sessions as the parameters say */
static void open_pair(struct __test_metadata *_metadata, FIXTURE_DATA(unusual) * self)
{
	ASSERT_EQ(0, host_open(&self->pair.source, &self->mux, &self->params));
	self->params.role = VFIO_MIG_MUX_ROLE_DESTINATION;
	ASSERT_EQ(0, host_open(&self->pair.destination, &self->mux, &self->params));
}

static void attach_all(struct __test_metadata *_metadata, FIXTURE_DATA(unusual) * self)
{
	int i;

	for (i = 0; i < DEVICES; i++) {
		ASSERT_EQ(0, host_attach(&self->pair.destination, i, self->loading[i].data_fd,
					 false));
		ASSERT_EQ(0, host_attach(&self->pair.source, i, self->saving[i].data_fd, true));
	}
}

static void expect_end(struct __test_metadata *_metadata, FIXTURE_DATA(unusual) * self,
		       __u32 state)
{
	ASSERT_EQ(0, session_wait(&self->mux, self->pair.source.id, COMPLETED, &self->at_source));
	ASSERT_EQ(0, session_wait(&self->mux, self->pair.destination.id, COMPLETED,
				  &self->at_destination));
	EXPECT_EQ(state, self->at_source.state)
		TH_LOG("%s", self->at_source.error.text);
	EXPECT_EQ(state, self->at_destination.state)
		TH_LOG("%s", self->at_destination.error.text);
}

static void expect_all_identical(struct __test_metadata *_metadata, FIXTURE_DATA(unusual) * self)
{
	struct device_info device;
	__u64 bytes = 0;
	int i;

	expect_end(_metadata, self, COMPLETED);
	for (i = 0; i < DEVICES; i++) {
		ASSERT_EQ(0, device_get(&self->mux, self->pair.destination.id, i, &device));
		EXPECT_EQ(sizes[i], device.bytes);
		EXPECT_EQ(0, sim_stop(&self->loading[i]));
		EXPECT_STREQ("identical", sim_read(&self->loading[i], "verified"))
			TH_LOG("device %d", i);
		bytes += sizes[i];
	}
	EXPECT_EQ(DEVICES, self->at_source.devices_loaded);
	EXPECT_EQ(DEVICES, self->at_destination.devices_loaded);
	EXPECT_EQ(bytes, self->at_source.bytes);
	EXPECT_EQ(bytes, self->at_destination.bytes);
}

TEST_F(unusual, several_devices_arrive_side_by_side)
{
	open_pair(_metadata, self);
	ASSERT_EQ(0, pair_connect(&self->pair, 0));
	ASSERT_EQ(0, pair_connect(&self->pair, 1));
	attach_all(_metadata, self);
	expect_all_identical(_metadata, self);
}

TEST_F(unusual, several_devices_arrive_over_one_channel)
{
	open_pair(_metadata, self);
	ASSERT_EQ(0, pair_connect(&self->pair, 1));
	attach_all(_metadata, self);
	expect_all_identical(_metadata, self);
}

TEST_F(unusual, several_devices_arrive_without_checksums)
{
	self->params.no_checksum = true;
	open_pair(_metadata, self);
	ASSERT_EQ(0, pair_connect(&self->pair, 0));
	attach_all(_metadata, self);
	expect_all_identical(_metadata, self);
	EXPECT_EQ(0, self->at_source.features);
	EXPECT_EQ(0, self->at_destination.features);
}

/* A slot for each device and one for the channel: as little as can be */
TEST_F(unusual, several_devices_arrive_with_windows_of_one_chunk)
{
	struct device_info device;

	self->params.channels = 1;
	self->params.slots = DEVICES + 1;
	open_pair(_metadata, self);
	ASSERT_EQ(0, pair_connect(&self->pair, 0));
	attach_all(_metadata, self);
	expect_all_identical(_metadata, self);
	ASSERT_EQ(0, device_get(&self->mux, self->pair.source.id, 0, &device));
	EXPECT_EQ(1, device.window);
	EXPECT_LT(0, device.window_stalls);
	EXPECT_GE(DEVICES + 1, self->at_destination.slots_used_max);
}

TEST_F(unusual, several_devices_arrive_out_of_one_slot)
{
	self->params.slots = 1;
	ASSERT_EQ(0, host_open(&self->pair.source, &self->mux, &self->params));
	self->params.slots = 8;
	self->params.role = VFIO_MIG_MUX_ROLE_DESTINATION;
	ASSERT_EQ(0, host_open(&self->pair.destination, &self->mux, &self->params));
	ASSERT_EQ(0, pair_connect(&self->pair, 0));
	ASSERT_EQ(0, pair_connect(&self->pair, 1));
	attach_all(_metadata, self);
	expect_all_identical(_metadata, self);
	EXPECT_EQ(1, self->at_source.slots_used_max);
}

/* A device that hangs must not keep the others from arriving */
TEST_F(unusual, several_devices_arrive_while_another_hangs)
{
	struct device_info device;
	__u32 i;

	ASSERT_EQ(0, sim_write(&self->loading[0], "hang_write_at", "0"));
	open_pair(_metadata, self);
	ASSERT_EQ(0, pair_connect(&self->pair, 0));
	attach_all(_metadata, self);
	for (i = 1; i < DEVICES; i++) {
		ASSERT_TRUE(eventually(!device_get(&self->mux, self->pair.source.id, i, &device) &&
				       device.state == VFIO_MIG_MUX_DEVICE_STATE_LOADED))
			TH_LOG("device %u: state %u, %llu bytes loaded", i, device.state,
			       (unsigned long long)device.bytes);
	}
	ASSERT_EQ(0, session_get(&self->mux, self->pair.source.id, &self->at_source));
	EXPECT_EQ(2, self->at_source.devices_loaded);
	ASSERT_EQ(0, sim_write(&self->loading[0], "hang_write_at", "none"));
	expect_all_identical(_metadata, self);
}

TEST_F(unusual, memory_that_is_unmapped_fails_the_device_on_the_source)
{
	const char *text = "device d0: reading chunk 0 from its data_fd failed";
	struct host *source = &self->pair.source;

	self->params.devices = 1;
	open_pair(_metadata, self);
	ASSERT_EQ(0, munmap(source->umem, source->length));
	source->umem = NULL;
	ASSERT_EQ(0, pair_connect(&self->pair, 0));
	ASSERT_EQ(0, host_attach(source, 0, self->saving[0].data_fd, true));
	expect_end(_metadata, self, FAILED);
	EXPECT_LOCAL_ERROR(&self->at_source.error, EFAULT, text);
	EXPECT_PEER_ERROR(&self->at_destination.error, EFAULT, text);
}

TEST_F(unusual, memory_that_is_unmapped_fails_the_device_on_the_destination)
{
	const char *text = "device d0: writing chunk 0 to its data_fd failed";
	struct host *destination = &self->pair.destination;

	self->params.devices = 1;
	open_pair(_metadata, self);
	ASSERT_EQ(0, munmap(destination->umem, destination->length));
	destination->umem = NULL;
	ASSERT_EQ(0, pair_connect(&self->pair, 0));
	ASSERT_EQ(0, host_attach(destination, 0, self->loading[0].data_fd, false));
	ASSERT_EQ(0, host_attach(&self->pair.source, 0, self->saving[0].data_fd, true));
	expect_end(_metadata, self, FAILED);
	EXPECT_LOCAL_ERROR(&self->at_destination.error, EFAULT, text);
	EXPECT_PEER_ERROR(&self->at_source.error, EFAULT, text);
}

/* Connects with sockets that have been used before they were given away */
static void connect_with(struct __test_metadata *_metadata, FIXTURE_DATA(unusual) * self,
			 int option, const struct timeval *limit)
{
	int fds[2], i;

	ASSERT_EQ(0, tcp_pair(fds));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, fcntl(fds[i], F_SETFL, O_NONBLOCK));
		if (limit)
			ASSERT_EQ(0, setsockopt(fds[i], SOL_SOCKET, option, limit,
						sizeof(*limit)));
	}
	ASSERT_EQ(0, host_channel(&self->pair.destination, fds[1], -1));
	ASSERT_EQ(0, host_channel(&self->pair.source, fds[0], 0));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(unusual, sockets_that_do_not_block_make_no_difference)
{
	open_pair(_metadata, self);
	connect_with(_metadata, self, 0, NULL);
	attach_all(_metadata, self);
	expect_all_identical(_metadata, self);
}

static bool has_failed(struct host *host)
{
	struct channel_info info;

	return channel_dump(host->mux, host->id, &info, 1) != 1 ||
	       info.state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
}

/* Long after the limit that the owner has left on its sockets nobody has said a
 * word, and that is no failure
 */
TEST_F(unusual, sockets_with_a_limit_to_their_patience_make_no_difference)
{
	const struct timeval limit = { .tv_usec = 20000 };
	long long until;

	open_pair(_metadata, self);
	connect_with(_metadata, self, SO_RCVTIMEO, &limit);
	for (until = now_ms() + 20 * 20; now_ms() < until; poll(NULL, 0, 1)) {
		ASSERT_FALSE(has_failed(&self->pair.source));
		ASSERT_FALSE(has_failed(&self->pair.destination));
	}
	attach_all(_metadata, self);
	expect_all_identical(_metadata, self);
}

TEST_HARNESS_MAIN
