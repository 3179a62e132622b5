/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_VFIO_PATH_H
#define _AGENT_VFIO_PATH_H

#include <limits.h>
#include <stdbool.h>

struct vfio_path {
	bool cdev;
	/* /dev/vfio/devices/vfioN, or /dev/vfio/N with the device's name in that group. */
	char node[PATH_MAX];
	char name[NAME_MAX + 1];
};

int vfio_path_resolve(const char *text, struct vfio_path *path);

#endif /* _AGENT_VFIO_PATH_H */
