/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_PROGRESS_H
#define _AGENT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct session;

struct progress {
	/* Estimate of all bytes, 0 if unknown. */
	uint64_t total;
	bool json;
	bool quiet;
	uint64_t began_ns;
	double began_cpu;
	uint64_t printed_ns;
	uint64_t printed_bytes;
};

void progress_start(struct progress *progress, uint64_t total);
int progress_period_ms(const struct progress *progress);
void progress_show(struct progress *progress, const struct session *session);
void progress_end(struct progress *progress, const struct session *session);
void progress_break(void);
double progress_cpu_seconds(const struct progress *progress);

void say(const struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* _AGENT_PROGRESS_H */
