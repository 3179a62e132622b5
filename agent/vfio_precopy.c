// SPDX-License-Identifier: GPL-2.0
/* One VFIO device while its guest still runs: PRE_COPY, and what it says of itself there. */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/vfio.h>

#include "error.h"
#include "loop.h"
#include "vfio_precopy.h"

/* Newer than the oldest headers this builds with. */
#ifndef VFIO_MIGRATION_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY 0x4
#endif

#ifndef VFIO_MIG_GET_PRECOPY_INFO
#define VFIO_MIG_GET_PRECOPY_INFO _IO(VFIO_TYPE, VFIO_BASE + 21)
struct vfio_precopy_info {
	__u32 argsz;
	__u32 flags;
	__aligned_u64 initial_bytes;
	__aligned_u64 dirty_bytes;
};
#endif

#ifndef VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2
#define VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 12
#endif

#ifndef VFIO_PRECOPY_INFO_REINIT
#define VFIO_PRECOPY_INFO_REINIT 0x1
#endif

/**
 * vfio_has_precopy() - does the device stream while it runs?
 * @dev: an open device
 *
 * Return: whether it does.
 */
bool vfio_has_precopy(const struct vfio_device *dev)
{
	return dev->features & VFIO_MIGRATION_PRE_COPY;
}

static int set_nonblocking(struct vfio_device *dev, bool on)
{
	int flags = fcntl(dev->data_fd, F_GETFL);

	if (flags < 0 || fcntl(dev->data_fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK))
		return fail("device %s: the flags of its data_fd cannot be set: %m", dev->path);
	return 0;
}

/**
 * vfio_precopy_enter() - bring a running device into PRE_COPY
 * @dev: an open device that has PRE_COPY
 *
 * A driver that would wait inside of read until there is more shall not: what it
 * has given so far would wait with it, in a chunk that is not full.
 *
 * Return: 0 with a data_fd, or -1 with the error recorded.
 */
int vfio_precopy_enter(struct vfio_device *dev)
{
	struct vfio_device_feature feature = {
		.argsz = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2,
	};

	/* Without this the flags of its answers mean nothing, and on older kernels they never do. */
	dev->precopy_flags = !ioctl(dev->fd, VFIO_DEVICE_FEATURE, &feature);
	dev->precopy_ns = now_ns();
	if (vfio_set_state(dev, VFIO_STATE_PRE_COPY))
		return -1;
	dev->precopy_ns = now_ns() - dev->precopy_ns;
	if (dev->data_fd < 0)
		return fail("device %s has gone to PRE_COPY and given no data_fd", dev->path);
	return set_nonblocking(dev, true);
}

/**
 * vfio_precopy_look() - ask the device what it has to give
 * @dev: a device in PRE_COPY
 * @precopy: receives the answer
 *
 * Some drivers prepare more when they are asked.
 *
 * Return: 0, or -1 with the error recorded.
 */
int vfio_precopy_look(struct vfio_device *dev, struct vfio_precopy *precopy)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };

	if (ioctl(dev->data_fd, VFIO_MIG_GET_PRECOPY_INFO, &info))
		return fail("device %s does not tell what it has to give in PRE_COPY: %m", dev->path);
	precopy->initial = info.initial_bytes;
	precopy->dirty = info.dirty_bytes;
	precopy->again = dev->precopy_flags && info.flags & VFIO_PRECOPY_INFO_REINIT;
	return 0;
}

/**
 * vfio_precopy_leave() - bring a device from PRE_COPY or PRE_COPY_P2P into STOP_COPY
 * @dev: a device that vfio_precopy_enter() was called for; its data_fd goes on
 *
 * From now on there is an end to come, and waiting for it inside of read is the
 * fastest way to it.
 *
 * Return: 0, or -1 with the error recorded.
 */
int vfio_precopy_leave(struct vfio_device *dev)
{
	return vfio_set_state(dev, VFIO_STATE_STOP_COPY) ? -1 : set_nonblocking(dev, false);
}
