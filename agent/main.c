// SPDX-License-Identifier: GPL-2.0
/* The table of commands. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "loop.h"
#include "stdout.h"

static const struct command * const commands[] = {
	&command_receive,
	&command_send,
	&command_serve,
	&command_session,
	&command_device,
	&command_channel,
	&command_monitor,
	&command_abort,
};

static void print_usage(FILE *to)
{
	fputs("usage: vfio-mig-agent COMMAND [OPTION]...\n\n"
	      "Migrates VFIO devices between hosts with the module vfio_mig_mux.\n\n"
	      "commands:\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-8s  %s\n", commands[i]->name, commands[i]->brief);
	fputs("\nA first migration, of one device:\n"
	      "  on the destination   vfio-mig-agent receive --device /dev/vfio/12 --tls-psk FILE\n"
	      "  on the source        vfio-mig-agent send --device /dev/vfio/7 --tls-psk FILE --to DESTINATION\n\n"
	      "'vfio-mig-agent COMMAND --help' explains a command, vfio-mig-agent(8) everything.\n", to);
}

/**
 * command_help() - print what a command's --help asks for
 * @command: the command
 *
 * Return: 0.
 */
int command_help(const struct command *command)
{
	fputs(command->help, stdout);
	return 0;
}

static enum status run(const struct command *command, int argc, char **argv)
{
	if (!command->run(argc, argv))
		return STATUS_OK;
	warn("%s", error_text());
	if (error_status() == STATUS_USAGE)
		fprintf(stderr, "Try 'vfio-mig-agent %s --help'.\n", command->name);
	return error_status();
}

static enum status run_word(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		print_usage(stdout);
		return STATUS_OK;
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		puts("vfio-mig-agent " AGENT_VERSION);
		return STATUS_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(word, commands[i]->name))
			return run(commands[i], argc - 1, argv + 1);
	if (*word)
		warn("'%s' is no command", word);
	print_usage(stderr);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	stdout_open();
	return stdout_end(run_word(argc, argv));
}
