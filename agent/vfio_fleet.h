/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_VFIO_FLEET_H
#define _AGENT_VFIO_FLEET_H

#include <linux/vfio_mig_mux.h>

#include "vfio.h"

/* What --device said, in the order it was said. */
struct fleet_spec {
	int count;
	struct {
		char *path;
		/* Empty if not given. */
		char name[VFIO_MIG_MUX_NAME_MAX + 1];
	} devices[VFIO_MIG_MUX_DEVICES_MAX];
};

/* The devices of one run; the migration's device number is the index. */
struct fleet {
	int count;
	/* They change state one after the other. */
	bool serial;
	struct fleet_device {
		struct vfio_device vfio;
		/* It streams while it runs. */
		bool precopy;
		/* By the user of this host, may be empty; and in the migration. */
		char given[VFIO_MIG_MUX_NAME_MAX + 1];
		char name[VFIO_MIG_MUX_NAME_MAX + 1];
	} devices[VFIO_MIG_MUX_DEVICES_MAX];
};

int fleet_spec_add(struct fleet_spec *spec, const char *text);
void fleet_spec_free(struct fleet_spec *spec);

int fleet_open(struct fleet *fleet, const struct fleet_spec *spec);
void fleet_close(struct fleet *fleet);
int fleet_require_running(struct fleet *fleet);
int fleet_clear(struct fleet *fleet);
void fleet_name(struct fleet *fleet);
int fleet_match(struct fleet *fleet, int count, char names[][VFIO_MIG_MUX_NAME_MAX + 1]);
uint64_t fleet_data_size(struct fleet *fleet);

/* vfio_fleet_states.c */
int fleet_set_p2p(struct fleet *fleet);
int fleet_set_state(struct fleet *fleet, enum vfio_state state);
int fleet_resume(struct fleet *fleet, int (*done)(int device, void *arg), void *arg);
int fleet_precopy(struct fleet *fleet, int (*done)(int device, void *arg), void *arg);
int fleet_stop_copy(struct fleet *fleet, int (*done)(int device, void *arg), void *arg);
int fleet_discard(struct fleet *fleet);
int fleet_recover(struct fleet *fleet);

#endif /* _AGENT_VFIO_FLEET_H */
