/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_LOOP_H
#define _AGENT_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

#include "macros.h"

struct loop {
	int epoll_fd;
};

/* Embedded in whatever waits for a file descriptor. */
struct watch {
	int fd;
	void (*ready)(struct watch *watch, uint32_t events);
};

int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);
int loop_add(struct loop *loop, struct watch *watch, uint32_t events);
void loop_remove(struct loop *loop, struct watch *watch);
int loop_once(struct loop *loop, int timeout_ms);

uint64_t now_ns(void);
int remaining_ms(uint64_t deadline_ns);
int sooner_ms(int one_ms, int other_ms);

#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

#endif /* _AGENT_LOOP_H */
