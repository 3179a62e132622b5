/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a session takes, and has to give back, in figures.
 */
#ifndef _LIB_PROC_H_
#define _LIB_PROC_H_

#include <stdbool.h>

/**
 * struct holdings - what is held at a moment
 * @tasks: threads of this process
 * @locked_kb: memory that counts against RLIMIT_MEMLOCK of this process
 * @pins: pages pinned in the whole system
 * @mux_refs: references to vfio_mig_mux
 * @sim_refs: references to vfio_mig_sim, by open devices and data_fds
 * @files: open file descriptors of this process
 */
struct holdings {
	long tasks;
	long locked_kb;
	long pins;
	long mux_refs;
	long sim_refs;
	long files;
};

void holdings_take(struct holdings *holdings);
bool holdings_equal(const struct holdings *before);
bool holdings_return(const struct holdings *before);

#endif /* _LIB_PROC_H_ */
