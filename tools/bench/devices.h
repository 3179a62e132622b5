/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BENCH_DEVICES_H
#define _BENCH_DEVICES_H

#include "vfio.h"

#define DEVICES_MAX 64

int devices_open(struct vfio_device *devices, char **paths, int count, enum vfio_state state);
int devices_run(struct vfio_device *devices, int count);
void devices_close(struct vfio_device *devices, int count);
int write_device(struct vfio_device *dev, const char *from, size_t length);

#endif /* _BENCH_DEVICES_H */
