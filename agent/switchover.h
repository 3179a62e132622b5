/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SWITCHOVER_H
#define _AGENT_SWITCHOVER_H

#include <stdbool.h>
#include <stdint.h>

enum switchover_cause {
	SWITCHOVER_NONE,
	SWITCHOVER_ESTIMATE,
	SWITCHOVER_TIMEOUT,
	SWITCHOVER_COMMAND,
};

/* When the guest stops: what is known about how long that would take, and what has been decided. */
struct switchover {
	/* What the user wants */
	unsigned int limit_ms;
	uint64_t deadline_ns;
	/* What one change of state took */
	uint64_t arc_ns;
	/* What has been loaded, and whether there was more to load, when the last window of time began */
	uint64_t since_ns;
	uint64_t loaded;
	bool busy;
	/* While there was always more to load: how much was loaded, and in what time */
	double busy_bytes;
	double busy_ns;
	/* Bytes per second that it has been at least */
	double least;
	/* Bytes per second that the user allows, 0 for no limit */
	uint64_t rate_max;
	/* The latest */
	double estimate_ms;
	enum switchover_cause cause;
	/* The destination had loaded the initial data of every device. */
	bool ready;
};

void switchover_begin(struct switchover *switchover, unsigned int limit_ms, unsigned int timeout_ms,
		      uint64_t rate_max);
void switchover_measure(struct switchover *switchover, uint64_t loaded, bool busy);
void switchover_estimate(struct switchover *switchover, uint64_t remaining);
bool switchover_decide(struct switchover *switchover, bool ready, bool command);
const char *switchover_cause_name(enum switchover_cause cause);

#endif /* _AGENT_SWITCHOVER_H */
