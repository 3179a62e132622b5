/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Simulated devices (Documentation/vfio-mig-sim.rst).
 */
#ifndef _LIB_SIM_H_
#define _LIB_SIM_H_

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib_vfio.h"

/**
 * struct sim - a simulated device, open
 * @made: it exists
 * @sysfs: its directory
 * @id: its number
 * @vfio: the open device
 * @data_fd: what its migration state has brought, or -1
 */
struct sim {
	bool made;
	char sysfs[64];
	unsigned int id;
	struct vfio vfio;
	int data_fd;
};

int sim_open(struct sim *sim, unsigned int id, const char *knobs);
void sim_close(struct sim *sim);
int sim_pre_copy(struct sim *sim);
int sim_save(struct sim *sim);
int sim_load(struct sim *sim);
int sim_stop(struct sim *sim);
ssize_t sim_stream(struct sim *sim, void *bytes, size_t size);
ssize_t sim_twin(unsigned int id, const char *knobs, void *bytes, size_t size);
int sim_write(const struct sim *sim, const char *knob, const char *value);
const char *sim_read(const struct sim *sim, const char *file);

#endif /* _LIB_SIM_H_ */
