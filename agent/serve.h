/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SERVE_H
#define _AGENT_SERVE_H

#include "allow.h"
#include "options.h"

struct serve_options {
	/* Memory, slots, time-outs and quiet; the rest of it is not used. */
	struct migration_options common;
	const char *control;
	struct endpoint listen;
	struct allow allow;
	unsigned int sessions;
	unsigned int user_sessions;
};

int serve_run(const struct serve_options *options);

#endif /* _AGENT_SERVE_H */
