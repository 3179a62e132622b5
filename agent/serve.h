/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SERVE_H
#define _AGENT_SERVE_H

#include "allow.h"
#include "options.h"

struct serve_options {
	/* Time-outs, TLS and quiet; the rest of it is not used. */
	struct migration_options common;
	/* Bytes that the chunks of one migration may take, whatever its VMM wants. */
	uint64_t memory;
	const char *control;
	struct endpoint listen;
	struct allow allow;
	unsigned int sessions;
	unsigned int user_sessions;
};

int serve_run(const struct serve_options *options);

#endif /* _AGENT_SERVE_H */
