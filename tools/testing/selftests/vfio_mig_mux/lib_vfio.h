/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VFIO device, opened by whichever of the two ways the kernel offers.
 */
#ifndef _LIB_VFIO_H_
#define _LIB_VFIO_H_

#include <linux/types.h>

struct vfio {
	int device;
	int group;
	int iommu;
};

int vfio_open(struct vfio *vfio, const char *sysfs);
void vfio_close(struct vfio *vfio);
int vfio_set_state(struct vfio *vfio, __u32 state, int *data_fd);

#endif /* _LIB_VFIO_H_ */
