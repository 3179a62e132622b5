/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where and when threads run: the test's own, and workers, which begin as who
 * makes them is.
 */
#ifndef _LIB_SCHED_H_
#define _LIB_SCHED_H_

int sched_pin(int cpu);
int sched_hurry(int priority);
int workers_count(void);

#endif /* _LIB_SCHED_H_ */
