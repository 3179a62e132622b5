/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BENCH_REPORT_H
#define _BENCH_REPORT_H

#include <stdint.h>

/* Wall clock and CPU time of this process and its children. */
struct stopwatch {
	double wall;
	double cpu;
};

struct stopwatch stopwatch_now(void);
void report(const char *subject, const char *settings, uint64_t bytes, struct stopwatch began, struct stopwatch ended);

#endif /* _BENCH_REPORT_H */
