// SPDX-License-Identifier: GPL-2.0
/* What every subject of the benchmark prints: one line of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "report.h"

#define GIB (1024.0 * 1024 * 1024)

/**
 * stopwatch_now() - read the clocks
 *
 * Return: seconds on the wall and of this process on all processors.
 */
struct stopwatch stopwatch_now(void)
{
	struct timespec wall;
	struct rusage usage;

	clock_gettime(CLOCK_MONOTONIC, &wall);
	getrusage(RUSAGE_SELF, &usage);
	return (struct stopwatch){
		.wall = wall.tv_sec + wall.tv_nsec / 1e9,
		.cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
		       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
	};
}

/**
 * report() - print a result
 * @subject: who was measured
 * @bytes: what was moved
 * @began: before the first byte
 * @ended: after the last one
 */
void report(const char *subject, uint64_t bytes, struct stopwatch began, struct stopwatch ended)
{
	double seconds = ended.wall - began.wall;

	printf("{\"subject\":\"%s\",\"bytes\":%" PRIu64 ",\"seconds\":%.6f,\"gib_per_s\":%.6f,\"cpu_seconds\":%.6f}\n",
	       subject, bytes, seconds, seconds > 0 ? bytes / seconds / GIB : 0, ended.cpu - began.cpu);
	fflush(stdout);
}
