/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_REAPER_H
#define _AGENT_REAPER_H

#include <pthread.h>

#include "loop.h"

struct reaper {
	struct watch watch;
	struct loop *loop;
	int finished_fd;
	int count;
};

/* Embedded in whatever is to be closed. */
struct reap {
	struct reaper *reaper;
	pthread_t thread;
	/* In a thread of its own, and may wait for anything. */
	void (*work)(struct reap *reap);
	/* In the loop's thread, afterwards; may free what it is embedded in. */
	void (*done)(struct reap *reap);
};

int reaper_init(struct reaper *reaper, struct loop *loop);
void reaper_fini(struct reaper *reaper);
void reaper_give(struct reaper *reaper, struct reap *reap);

#endif /* _AGENT_REAPER_H */
