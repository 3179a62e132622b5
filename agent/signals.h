/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SIGNALS_H
#define _AGENT_SIGNALS_H

#include <stdbool.h>

#include "loop.h"

struct signals {
	struct watch watch;
	struct loop *loop;
	int caught;
	/* How often the user has asked since he was told, if he was, that there is something to wait for */
	unsigned int asked;
	bool told;
	/* SIGUSR1 has come. */
	bool command;
};

int signals_init(struct signals *signals, struct loop *loop);
void signals_fini(struct signals *signals);
int signals_check(struct signals *signals);
int signals_insist(struct signals *signals, const char *why);

#endif /* _AGENT_SIGNALS_H */
