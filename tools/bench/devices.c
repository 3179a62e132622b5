// SPDX-License-Identifier: GPL-2.0
/* The devices of a rival, opened exactly as the agent does it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "error.h"

/**
 * devices_open() - open devices and begin their streams
 * @devices: receive them; devices_close() them, after an error too
 * @paths: what the user calls them
 * @count: how many
 * @state: STOP_COPY or RESUMING
 *
 * Return: 0, or -1 with the error recorded.
 */
int devices_open(struct vfio_device *devices, char **paths, int count, enum vfio_state state)
{
	for (int i = 0; i < count; i++)
		devices[i] = (struct vfio_device)VFIO_DEVICE_INIT;
	for (int i = 0; i < count; i++)
		if (vfio_open(&devices[i], paths[i]) || vfio_set_state(&devices[i], state))
			return -1;
	return 0;
}

/**
 * devices_run() - end the streams; leaving RESUMING is where a device checks what it was given
 * @devices: the devices
 * @count: how many
 *
 * Return: 0, or -1 with the error recorded.
 */
int devices_run(struct vfio_device *devices, int count)
{
	for (int i = 0; i < count; i++)
		if (vfio_set_state(&devices[i], VFIO_STATE_STOP) || vfio_set_state(&devices[i], VFIO_STATE_RUNNING))
			return -1;
	return 0;
}

/**
 * devices_close() - give the devices back
 * @devices: the devices
 * @count: how many
 */
void devices_close(struct vfio_device *devices, int count)
{
	for (int i = 0; i < count; i++)
		vfio_close(&devices[i]);
}

/**
 * write_device() - load every byte
 * @dev: a device in RESUMING
 * @from: the bytes
 * @length: how many
 *
 * Return: 0, or -1 with the error recorded.
 */
int write_device(struct vfio_device *dev, const char *from, size_t length)
{
	while (length) {
		ssize_t n = write(dev->data_fd, from, length);

		if (n <= 0)
			return fail("write of %s: %s", dev->path, n ? strerror(errno) : "nothing written");
		from += n;
		length -= n;
	}
	return 0;
}
