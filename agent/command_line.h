/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_COMMAND_LINE_H
#define _AGENT_COMMAND_LINE_H

#include <getopt.h>
#include <stdbool.h>

#include "command.h"
#include "options.h"

/* What a command that migrates knows besides the options that all of them have. */
struct command_line {
	/* As for getopt_long(); the values of @options begin at OPTION_OWN. */
	const char *letters;
	const struct option *options;
	/* It drives devices itself, and has the options that are about them. */
	bool drives;
	/* Takes one of these: 0, or -1 with the error recorded. */
	int (*take)(void *command, int option, const char *text);
};

/* The first that a command may give to an option of its own */
#define OPTION_OWN (OPTION_HELP + 1)

int command_line_read(const struct command_line *line, int argc, char **argv, struct migration_options *common,
		      void *command);

#endif /* _AGENT_COMMAND_LINE_H */
