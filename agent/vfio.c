// SPDX-License-Identifier: GPL-2.0
/*
 * One VFIO device: opening it either way the kernel offers, and driving its
 * migration states. Knows nothing of sessions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "error.h"
#include "loop.h"
#include "vfio.h"
#include "vfio_path.h"

/* Newer than the oldest headers this builds with. */
#ifndef VFIO_DEVICE_BIND_IOMMUFD
#define VFIO_DEVICE_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};
#endif

#ifndef VFIO_DEVICE_FEATURE_MIG_DATA_SIZE
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE 9
struct vfio_device_feature_mig_data_size {
	__aligned_u64 stop_copy_length;
};
#endif

/**
 * vfio_state_name() - a migration state in words
 * @state: the state
 *
 * Return: the name the uAPI gives it.
 */
const char *vfio_state_name(enum vfio_state state)
{
	static const char * const names[] = {
		[VFIO_STATE_ERROR] = "ERROR",
		[VFIO_STATE_STOP] = "STOP",
		[VFIO_STATE_RUNNING] = "RUNNING",
		[VFIO_STATE_STOP_COPY] = "STOP_COPY",
		[VFIO_STATE_RESUMING] = "RESUMING",
		[VFIO_STATE_RUNNING_P2P] = "RUNNING_P2P",
		[VFIO_STATE_PRE_COPY] = "PRE_COPY",
		[VFIO_STATE_PRE_COPY_P2P] = "PRE_COPY_P2P",
	};

	if (state >= ARRAY_SIZE(names))
		return "an unknown state";
	return names[state];
}

/* Every feature of this file fits into 16 bytes. */
#define FEATURE_DATA_MAX 16

static int device_feature(struct vfio_device *dev, uint32_t flags, void *data, size_t size)
{
	uint64_t request[(sizeof(struct vfio_device_feature) + FEATURE_DATA_MAX) / sizeof(uint64_t)] = { 0 };
	struct vfio_device_feature *feature = (struct vfio_device_feature *)request;
	int ret;

	feature->argsz = sizeof(*feature) + size;
	feature->flags = flags;
	memcpy(feature->data, data, size);
	ret = ioctl(dev->fd, VFIO_DEVICE_FEATURE, feature);
	if (!ret)
		memcpy(data, feature->data, size);
	return ret;
}

static int open_cdev(struct vfio_device *dev, const struct vfio_path *path)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };

	dev->fd = open(path->node, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0)
		return fail_environment("device %s: cannot open %s: %m", dev->path, path->node);
	dev->iommu_fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	if (dev->iommu_fd < 0)
		return fail_environment("device %s: cannot open /dev/iommu: %m", dev->path);
	bind.iommufd = dev->iommu_fd;
	if (!ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return 0;
	/* What the kernel says of a device that somebody has bound already. */
	if (errno == EINVAL)
		return fail_environment("device %s: %s is in use", dev->path, path->node);
	return fail_environment("device %s: cannot bind %s to an iommufd: %m", dev->path, path->node);
}

/* A kernel without the type1 container takes an iommufd in its place, which needs no VFIO_SET_IOMMU. */
static int group_join_container(struct vfio_device *dev, const struct vfio_path *path)
{
	bool container = true;

	dev->iommu_fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (dev->iommu_fd < 0) {
		container = false;
		dev->iommu_fd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	}
	if (dev->iommu_fd < 0)
		return fail_environment("device %s: cannot open /dev/vfio/vfio or /dev/iommu: %m", dev->path);
	if (ioctl(dev->group_fd, VFIO_GROUP_SET_CONTAINER, &dev->iommu_fd))
		return fail_environment("device %s: the group %s cannot join a container: %m",
					dev->path, path->node);
	if (!container)
		return 0;
	if (ioctl(dev->iommu_fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fail_environment("device %s: no type1 IOMMU (modprobe vfio_iommu_type1): %m", dev->path);
	return 0;
}

static int open_group(struct vfio_device *dev, const struct vfio_path *path)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	dev->group_fd = open(path->node, O_RDWR | O_CLOEXEC);
	if (dev->group_fd < 0)
		return fail_environment("device %s: cannot open %s: %m", dev->path, path->node);
	if (ioctl(dev->group_fd, VFIO_GROUP_GET_STATUS, &status))
		return fail_environment("device %s: %s: %m", dev->path, path->node);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return fail_environment("device %s: %s is not viable: bind all devices of the group to VFIO drivers",
					dev->path, path->node);
	if (group_join_container(dev, path))
		return -1;
	dev->fd = ioctl(dev->group_fd, VFIO_GROUP_GET_DEVICE_FD, path->name);
	if (dev->fd < 0)
		return fail_environment("device %s: %s gives no device '%s': %m",
					dev->path, path->node, path->name);
	return 0;
}

static int probe_migration(struct vfio_device *dev)
{
	struct vfio_device_feature_migration migration = { 0 };

	if (device_feature(dev, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION,
			   &migration, sizeof(migration)))
		return fail_environment("device %s does not support migration (%m)", dev->path);
	if (!(migration.flags & VFIO_MIGRATION_STOP_COPY))
		return fail_environment("device %s does not support STOP_COPY (its migration flags are 0x%llx)",
					dev->path, (unsigned long long)migration.flags);
	dev->features = migration.flags;
	return 0;
}

/**
 * vfio_open() - open a device that can migrate
 * @dev: initialised with VFIO_DEVICE_INIT; vfio_close() it, after an error too
 * @path: what the user calls it; must outlive @dev
 *
 * Return: 0, or -1 with the error recorded.
 */
int vfio_open(struct vfio_device *dev, const char *path)
{
	struct vfio_path resolved;
	int ret;

	dev->path = path;
	if (vfio_path_resolve(path, &resolved))
		return -1;
	if (resolved.cdev)
		ret = open_cdev(dev, &resolved);
	else
		ret = open_group(dev, &resolved);
	return ret ? ret : probe_migration(dev);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/**
 * vfio_close() - give the device back
 * @dev: one that vfio_open() was called for
 */
void vfio_close(struct vfio_device *dev)
{
	close_fd(&dev->data_fd);
	close_fd(&dev->fd);
	close_fd(&dev->group_fd);
	close_fd(&dev->iommu_fd);
}

/**
 * vfio_has_p2p() - does the device have RUNNING_P2P?
 * @dev: an open device
 *
 * Return: whether it does.
 */
bool vfio_has_p2p(const struct vfio_device *dev)
{
	return dev->features & VFIO_MIGRATION_P2P;
}

/**
 * vfio_get_state() - ask the device where it is
 * @dev: an open device
 * @state: receives the state
 *
 * Return: 0, or -1 with the error recorded.
 */
int vfio_get_state(struct vfio_device *dev, enum vfio_state *state)
{
	struct vfio_device_feature_mig_state mig = { 0 };

	if (device_feature(dev, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			   &mig, sizeof(mig)))
		return fail("device %s does not tell its migration state: %m", dev->path);
	*state = mig.device_state;
	return 0;
}

/* Of more than there is room for, the last is kept. */
static int timed_change(struct vfio_device *dev, struct vfio_device_feature_mig_state *mig)
{
	struct vfio_transition *transition;
	int ret;

	if (dev->transition_count < VFIO_TRANSITIONS_MAX)
		dev->transition_count++;
	transition = &dev->transitions[dev->transition_count - 1];
	transition->to = mig->device_state;
	transition->began_ns = now_ns();
	ret = device_feature(dev, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, mig, sizeof(*mig));
	transition->ended_ns = now_ns();
	return ret;
}

/**
 * vfio_set_state() - bring the device into a migration state
 * @dev: an open device
 * @state: the state
 *
 * A data_fd that comes with it replaces @dev->data_fd. Takes as long as the
 * device needs.
 *
 * Return: 0, or -1 with the error recorded.
 */
int vfio_set_state(struct vfio_device *dev, enum vfio_state state)
{
	struct vfio_device_feature_mig_state mig = { .device_state = state, .data_fd = -1 };
	enum vfio_state left = VFIO_STATE_ERROR;
	int error;

	if (timed_change(dev, &mig)) {
		error = errno;
		vfio_get_state(dev, &left);
		return fail("device %s does not go to %s: %s; it is in %s", dev->path,
			    vfio_state_name(state), strerror(error), vfio_state_name(left));
	}
	if (mig.data_fd >= 0) {
		close_fd(&dev->data_fd);
		dev->data_fd = mig.data_fd;
		/* The uAPI does not promise it. */
		fcntl(dev->data_fd, F_SETFD, FD_CLOEXEC);
	}
	return 0;
}

/**
 * vfio_data_size() - estimate what STOP_COPY will have to move
 * @dev: an open device
 * @bytes: receives the estimate
 *
 * Not to know is no failure: no error is recorded, so that one that was stays.
 *
 * Return: 0, or -1 if the device does not know.
 */
int vfio_data_size(struct vfio_device *dev, uint64_t *bytes)
{
	struct vfio_device_feature_mig_data_size size = { 0 };

	if (device_feature(dev, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &size, sizeof(size)))
		return -1;
	*bytes = size.stop_copy_length;
	return 0;
}

/**
 * vfio_close_data() - close the data_fd, if there is one
 * @dev: an open device
 */
void vfio_close_data(struct vfio_device *dev)
{
	close_fd(&dev->data_fd);
}

/**
 * vfio_discard() - throw away what was loaded, or whatever else the device is in
 * @dev: an open device
 *
 * Return: 0 with the device reset and RUNNING, or -1 with the error recorded.
 */
int vfio_discard(struct vfio_device *dev)
{
	enum vfio_state state;

	vfio_close_data(dev);
	if (ioctl(dev->fd, VFIO_DEVICE_RESET))
		return fail("device %s cannot be reset: %m", dev->path);
	if (vfio_get_state(dev, &state))
		return -1;
	if (state != VFIO_STATE_RUNNING)
		return fail("device %s is in %s after a reset", dev->path, vfio_state_name(state));
	return 0;
}

/**
 * vfio_recover() - make the device usable again, wherever it is
 * @dev: an open device
 *
 * What was saved goes on RUNNING as it was. Only a device in ERROR, or one that
 * refuses to go back, is reset.
 *
 * Return: 0 with the device RUNNING, or -1 with the error recorded.
 */
int vfio_recover(struct vfio_device *dev)
{
	enum vfio_state state;

	vfio_close_data(dev);
	if (vfio_get_state(dev, &state))
		return -1;
	if (state == VFIO_STATE_RUNNING)
		return 0;
	if (state == VFIO_STATE_ERROR) {
		warn("device %s is in ERROR: it is reset, and its state is lost", dev->path);
		return vfio_discard(dev);
	}
	if (!vfio_set_state(dev, VFIO_STATE_RUNNING))
		return 0;
	warn("%s: it is reset, and its state is lost", error_text());
	return vfio_discard(dev);
}
