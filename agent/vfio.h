/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_VFIO_H
#define _AGENT_VFIO_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers of enum vfio_device_mig_state; older headers lack the last two. */
enum vfio_state {
	VFIO_STATE_ERROR,
	VFIO_STATE_STOP,
	VFIO_STATE_RUNNING,
	VFIO_STATE_STOP_COPY,
	VFIO_STATE_RESUMING,
	VFIO_STATE_RUNNING_P2P,
	VFIO_STATE_PRE_COPY,
	VFIO_STATE_PRE_COPY_P2P,
};

/* A state that the device was told to go to, whatever came of it; on the clock of now_ns(). */
struct vfio_transition {
	enum vfio_state to;
	uint64_t began_ns;
	uint64_t ended_ns;
};

/* No migration has as many. */
#define VFIO_TRANSITIONS_MAX 16

struct vfio_device {
	const char *path;
	int fd;
	int group_fd;
	/* The container of the group, or the iommufd of the cdev. */
	int iommu_fd;
	/* Returned by the latest transition that begins a stream; -1 if none did. */
	int data_fd;
	uint64_t features;
	/* Whoever drives the device may look at them, and who has waited for that one to end. */
	int transition_count;
	struct vfio_transition transitions[VFIO_TRANSITIONS_MAX];
	/* The flags of its answers in PRE_COPY mean something. */
	bool precopy_flags;
	/* How long going there took */
	uint64_t precopy_ns;
};

#define VFIO_DEVICE_INIT { .fd = -1, .group_fd = -1, .iommu_fd = -1, .data_fd = -1 }

int vfio_open(struct vfio_device *dev, const char *path);
void vfio_close(struct vfio_device *dev);
bool vfio_has_p2p(const struct vfio_device *dev);
int vfio_get_state(struct vfio_device *dev, enum vfio_state *state);
int vfio_set_state(struct vfio_device *dev, enum vfio_state state);
int vfio_data_size(struct vfio_device *dev, uint64_t *bytes);
void vfio_close_data(struct vfio_device *dev);
int vfio_discard(struct vfio_device *dev);
int vfio_recover(struct vfio_device *dev);
const char *vfio_state_name(enum vfio_state state);

#endif /* _AGENT_VFIO_H */
