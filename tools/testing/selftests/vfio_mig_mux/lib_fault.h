/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations that fail: the n-th one of a thread, by the kernel's fault
 * injection (/proc/PID/fail-nth).
 */
#ifndef _LIB_FAULT_H_
#define _LIB_FAULT_H_

#include <stdbool.h>
#include <sys/types.h>

#define FAULT_THREADS_MAX	64

int fault_open(void);
void fault_close(void);
void fault_set(pid_t thread, unsigned int nth);
bool fault_struck(pid_t thread);
int fault_workers(pid_t workers[FAULT_THREADS_MAX]);

#endif /* _LIB_FAULT_H_ */
