/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_LISTENER_H
#define _AGENT_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"

/* A listening socket, which is not looked at for a while when this process cannot take what waits there. */
struct listener {
	struct watch watch;
	struct loop *loop;
	/* 0 while it is looked at */
	uint64_t again_ns;
	/* The log has it that connections have to wait. */
	bool told;
};

int listener_start(struct listener *listener, struct loop *loop);
void listener_stop(struct listener *listener);
int listener_accept(struct listener *listener);
void listener_rest(struct listener *listener, const char *why);
void listener_look(struct listener *listener);

#endif /* _AGENT_LISTENER_H */
