/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_COMMAND_H
#define _AGENT_COMMAND_H

struct command {
	const char *name;
	const char *brief;
	const char *help;
	/* Gets its own name as argv[0]; 0, or -1 with the error recorded. */
	int (*run)(int argc, char **argv);
};

/* What getopt_long() returns for --help; the help is printed by main. */
#define OPTION_HELP 0x100

int command_help(const struct command *command);

extern const struct command command_send;
extern const struct command command_receive;
extern const struct command command_serve;
extern const struct command command_session;
extern const struct command command_device;
extern const struct command command_channel;
extern const struct command command_monitor;
extern const struct command command_abort;

#endif /* _AGENT_COMMAND_H */
