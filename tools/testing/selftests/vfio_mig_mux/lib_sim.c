// SPDX-License-Identifier: GPL-2.0
/*
 * Simulated devices: made, opened, driven and removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "lib_file.h"
#include "lib_sim.h"

#define BUS	"/sys/bus/vfio_mig_sim"

/* VFIO_DEVICE_STATE_PRE_COPY, which the headers of the oldest system lack */
#define STATE_PRE_COPY	6

static int remove_device(unsigned int id)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", id);
	return file_write(BUS "/del_device", text);
}

/**
 * sim_open() - make a simulated device and open it
 * @sim: receives the device; to be closed with sim_close(), after an error too
 * @id: its number; one that an earlier test has left behind is replaced
 * @knobs: its knobs, as new_device takes them
 *
 * Return: 0 or a negative errno.
 */
int sim_open(struct sim *sim, unsigned int id, const char *knobs)
{
	char text[256];
	int ret;

	memset(sim, 0, sizeof(*sim));
	sim->id = id;
	sim->data_fd = -1;
	snprintf(sim->sysfs, sizeof(sim->sysfs), BUS "/devices/sim%u", id);
	snprintf(text, sizeof(text), "%u %s", id, knobs);
	remove_device(id);
	ret = file_write(BUS "/new_device", text);
	if (ret)
		return ret;
	sim->made = true;
	return vfio_open(&sim->vfio, sim->sysfs);
}

/**
 * sim_close() - close a simulated device and remove it
 * @sim: a device, open or all zero
 */
void sim_close(struct sim *sim)
{
	if (!sim->made)
		return;
	close(sim->data_fd);
	vfio_close(&sim->vfio);
	remove_device(sim->id);
	sim->made = false;
}

/* A data_fd that the state brings replaces the last one */
static int set_state(struct sim *sim, unsigned int state)
{
	int data_fd, ret;

	ret = vfio_set_state(&sim->vfio, state, &data_fd);
	if (ret || data_fd < 0)
		return ret;
	close(sim->data_fd);
	sim->data_fd = data_fd;
	return 0;
}

/* The calls below bring the device into a migration state and return 0 or a
 * negative errno.
 */

/* PRE_COPY, with a data_fd to read, which STOP_COPY then goes on with */
int sim_pre_copy(struct sim *sim)
{
	return set_state(sim, STATE_PRE_COPY);
}

/* STOP_COPY, with a data_fd to read */
int sim_save(struct sim *sim)
{
	return set_state(sim, VFIO_DEVICE_STATE_STOP_COPY);
}

/* RESUMING, with a data_fd to write */
int sim_load(struct sim *sim)
{
	return set_state(sim, VFIO_DEVICE_STATE_RESUMING);
}

/* STOP; after RESUMING the device says here whether it likes its bytes */
int sim_stop(struct sim *sim)
{
	return set_state(sim, VFIO_DEVICE_STATE_STOP);
}

/**
 * sim_stream() - read what a device streams
 * @sim: a device that sim_save() has made ready
 * @bytes: receives the stream, or the beginning of it
 * @size: room for it
 *
 * Return: bytes read, less than @size where the stream has ended, or a negative
 * errno.
 */
ssize_t sim_stream(struct sim *sim, void *bytes, size_t size)
{
	size_t done = 0;
	ssize_t ret;

	do {
		ret = read(sim->data_fd, (char *)bytes + done, size - done);
		if (ret < 0)
			return -errno;
		done += ret;
	} while (ret && done < size);
	return done;
}

/**
 * sim_twin() - learn what a device of such knobs streams, from another one
 * @id: number of the other one
 * @knobs: the knobs
 * @bytes: receives the stream, or the beginning of it
 * @size: room for it
 *
 * Return: as sim_stream().
 */
ssize_t sim_twin(unsigned int id, const char *knobs, void *bytes, size_t size)
{
	struct sim twin;
	ssize_t ret;

	ret = sim_open(&twin, id, knobs);
	if (!ret)
		ret = sim_save(&twin);
	if (!ret)
		ret = sim_stream(&twin, bytes, size);
	sim_close(&twin);
	return ret;
}

/**
 * sim_write() - turn a knob
 * @sim: the device
 * @knob: its name
 * @value: its value
 *
 * Return: 0 or a negative errno.
 */
int sim_write(const struct sim *sim, const char *knob, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", sim->sysfs, knob);
	return file_write(path, value);
}

/**
 * sim_read() - read a file of the device
 * @sim: the device
 * @file: its name
 *
 * Return: its content without the newline, good until the next call.
 */
const char *sim_read(const struct sim *sim, const char *file)
{
	static char text[256];
	char path[128];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", sim->sysfs, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return text;
}
