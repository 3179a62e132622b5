/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TRANSITION_H
#define _AGENT_TRANSITION_H

#include "vfio_fleet.h"

/* What the devices of a fleet do at the same time. */
struct transition {
	/* Whom it concerns; NULL for all. */
	bool (*concerns)(const struct fleet_device *device);
	/* In a thread of the device's own; 0, or -1 with the error recorded. Touches nothing but the device. */
	int (*act)(struct fleet_device *device, enum vfio_state state);
	enum vfio_state state;
	/*
	 * After a device has acted, in the caller's thread and in the devices' order; not after a failure. May be
	 * NULL. 0, or -1 with the error recorded.
	 */
	int (*done)(int device, void *arg);
	void *arg;
	/* Those that fail are warned of, and keep nobody from acting. */
	bool regardless;
};

int transition_run(struct fleet *fleet, const struct transition *transition);

#endif /* _AGENT_TRANSITION_H */
