// SPDX-License-Identifier: GPL-2.0
/*
 * A VFIO device: as a character device bound to an iommufd where the kernel
 * has that, else through its group and a type1 container.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/limits.h>
#include <linux/vfio.h>

#include "lib_vfio.h"

/* Newer than the headers of the oldest system this builds on */
#ifndef VFIO_DEVICE_BIND_IOMMUFD
#define VFIO_DEVICE_BIND_IOMMUFD	_IO(VFIO_TYPE, VFIO_BASE + 18)

struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};
#endif

static int open_cdev(struct vfio *vfio, const char *name)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	vfio->device = open(path, O_RDWR | O_CLOEXEC);
	vfio->iommu = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	bind.iommufd = vfio->iommu;
	if (vfio->device < 0 || vfio->iommu < 0 ||
	    ioctl(vfio->device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		return -errno;
	return 0;
}

static int open_group(struct vfio *vfio, const char *sysfs)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/iommu_group", sysfs);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio%.64s", strrchr(target, '/'));
	vfio->group = open(path, O_RDWR | O_CLOEXEC);
	vfio->iommu = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vfio->group < 0 || vfio->iommu < 0 ||
	    ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->iommu) ||
	    ioctl(vfio->iommu, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	vfio->device = ioctl(vfio->group, VFIO_GROUP_GET_DEVICE_FD, strrchr(sysfs, '/') + 1);
	return vfio->device < 0 ? -errno : 0;
}

/* The name of the device's node in /dev/vfio/devices, if it has one */
static int find_cdev(const char *sysfs, char *name, size_t size)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int ret = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/vfio-dev", sysfs);
	dir = opendir(path);
	if (!dir)
		return ret;
	while (ret && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(name, size, "%s", entry->d_name);
		snprintf(path, sizeof(path), "/dev/vfio/devices/%.64s", name);
		ret = access(path, F_OK) ? -ENOENT : 0;
	}
	closedir(dir);
	return ret;
}

/**
 * vfio_open() - open a device
 * @vfio: receives it; to be closed with vfio_close(), after an error too
 * @sysfs: the device's directory in sysfs
 *
 * Return: 0 or a negative errno.
 */
int vfio_open(struct vfio *vfio, const char *sysfs)
{
	char name[NAME_MAX + 1];

	*vfio = (struct vfio){ .device = -1, .group = -1, .iommu = -1 };
	if (!find_cdev(sysfs, name, sizeof(name)))
		return open_cdev(vfio, name);
	return open_group(vfio, sysfs);
}

/**
 * vfio_close() - close a device
 * @vfio: the device
 */
void vfio_close(struct vfio *vfio)
{
	close(vfio->device);
	close(vfio->group);
	close(vfio->iommu);
}

/**
 * vfio_set_state() - bring a device into a migration state
 * @vfio: the device
 * @state: enum vfio_device_mig_state
 * @data_fd: receives the data_fd that comes with the state, or -1
 *
 * Return: 0 or a negative errno.
 */
int vfio_set_state(struct vfio *vfio, __u32 state, int *data_fd)
{
	__u64 buf[(sizeof(struct vfio_device_feature) +
		   sizeof(struct vfio_device_feature_mig_state)) / sizeof(__u64) + 1] = {};
	struct vfio_device_feature *feature = (void *)buf;
	struct vfio_device_feature_mig_state *mig = (void *)feature->data;

	feature->argsz = sizeof(*feature) + sizeof(*mig);
	feature->flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	mig->device_state = state;
	mig->data_fd = -1;
	*data_fd = -1;
	if (ioctl(vfio->device, VFIO_DEVICE_FEATURE, feature))
		return -errno;
	*data_fd = mig->data_fd;
	return 0;
}
