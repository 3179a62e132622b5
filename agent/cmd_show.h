/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_CMD_SHOW_H
#define _AGENT_CMD_SHOW_H

#include "mux.h"

struct command;

/* What "NOUN show [SESSION [ID]]" was asked for; negative for all. */
struct show {
	bool json;
	int64_t session;
	int64_t id;
};

struct output;

int show_end(const struct show *show, const char *noun, int ret, struct output *output);
int show_parse(int argc, char **argv, int most, struct show *show);
int show_each_session(struct mux *mux, const struct show *show,
		      int (*list)(struct mux *mux, uint32_t session, void *arg), void *arg);

#endif /* _AGENT_CMD_SHOW_H */
