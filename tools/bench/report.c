// SPDX-License-Identifier: GPL-2.0
/* What every subject of the benchmark prints: one line of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "report.h"

static double cpu_seconds(const struct rusage *usage)
{
	return usage->ru_utime.tv_sec + usage->ru_stime.tv_sec +
	       (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/**
 * stopwatch_now() - read the clocks
 *
 * Return: seconds on the wall, and on all processors of this process and those
 * it has waited for.
 */
struct stopwatch stopwatch_now(void)
{
	struct timespec wall;
	struct rusage usage, children;

	clock_gettime(CLOCK_MONOTONIC, &wall);
	getrusage(RUSAGE_SELF, &usage);
	getrusage(RUSAGE_CHILDREN, &children);
	return (struct stopwatch){
		.wall = wall.tv_sec + wall.tv_nsec / 1e9,
		.cpu = cpu_seconds(&usage) + cpu_seconds(&children),
	};
}

/**
 * report() - print a result
 * @subject: who was measured
 * @settings: how it was set, in words
 * @bytes: what was moved
 * @began: before the first byte
 * @ended: after the last one
 */
void report(const char *subject, const char *settings, uint64_t bytes, struct stopwatch began, struct stopwatch ended)
{
	double seconds = ended.wall - began.wall;

	printf("{\"subject\":\"%s\",\"settings\":\"%s\",\"bytes\":%" PRIu64 ",\"seconds\":%.6f,\"cpu_seconds\":%.6f}\n",
	       subject, settings, bytes, seconds, ended.cpu - began.cpu);
	fflush(stdout);
}
