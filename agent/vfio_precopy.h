/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_VFIO_PRECOPY_H
#define _AGENT_VFIO_PRECOPY_H

#include "vfio.h"

/* What a device in PRE_COPY has to give now, in bytes. */
struct vfio_precopy {
	uint64_t initial;
	uint64_t dirty;
	/* Its initial data has begun anew. */
	bool again;
};

bool vfio_has_precopy(const struct vfio_device *dev);
int vfio_precopy_enter(struct vfio_device *dev);
int vfio_precopy_look(struct vfio_device *dev, struct vfio_precopy *precopy);
int vfio_precopy_leave(struct vfio_device *dev);

#endif /* _AGENT_VFIO_PRECOPY_H */
