/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SIGNALS_H
#define _AGENT_SIGNALS_H

#include <stdbool.h>

#include "loop.h"

struct signals {
	struct watch watch;
	struct loop *loop;
	int caught;
	/* SIGUSR1 has come. */
	bool command;
};

int signals_init(struct signals *signals, struct loop *loop);
void signals_fini(struct signals *signals);
int signals_check(struct signals *signals);

#endif /* _AGENT_SIGNALS_H */
