// SPDX-License-Identifier: GPL-2.0
/* The command lines of commands that migrate: what they share is known and read here. */
#include <assert.h>
#include <stdio.h>

#include "command_line.h"
#include "error.h"

/* Of all options of a command, the end of the table included */
#define TABLE_MAX 64
#define LETTERS_MAX 32

/* Beyond those of a command and of TLS. */
enum {
	OPTION_CONNECT_TIMEOUT = 0x300,
	OPTION_CHANNEL_TIMEOUT,
	OPTION_RESUME_TIMEOUT,
	OPTION_MEMORY,
	OPTION_SLOTS,
	OPTION_SERIAL_TRANSITIONS,
	OPTION_PROGRESS,
	OPTION_TIMELINE,
};

static const struct option everybodys[] = {
	{ "connect-timeout", required_argument, NULL, OPTION_CONNECT_TIMEOUT },
	{ "channel-timeout", required_argument, NULL, OPTION_CHANNEL_TIMEOUT },
	{ "resume-timeout", required_argument, NULL, OPTION_RESUME_TIMEOUT },
	{ "tls-ca", required_argument, NULL, OPTION_TLS_CA },
	{ "tls-cert", required_argument, NULL, OPTION_TLS_CERT },
	{ "tls-key", required_argument, NULL, OPTION_TLS_KEY },
	{ "tls-crl", required_argument, NULL, OPTION_TLS_CRL },
	{ "tls-peer", required_argument, NULL, OPTION_TLS_PEER },
	{ "tls-psk", required_argument, NULL, OPTION_TLS_PSK },
	{ "tls-psk-identity", required_argument, NULL, OPTION_TLS_PSK_IDENTITY },
	{ "plaintext", no_argument, NULL, OPTION_PLAINTEXT },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static const struct option drivers[] = {
	{ "device", required_argument, NULL, 'd' },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ "slots", required_argument, NULL, OPTION_SLOTS },
	{ "serial-transitions", no_argument, NULL, OPTION_SERIAL_TRANSITIONS },
	{ "json", no_argument, NULL, 'j' },
	{ "progress", no_argument, NULL, OPTION_PROGRESS },
	{ "timeline", no_argument, NULL, OPTION_TIMELINE },
	{ 0 },
};

static void append(struct option *table, size_t *count, const struct option *options)
{
	while (options->name) {
		assert(*count < TABLE_MAX - 1);
		table[(*count)++] = *options++;
	}
	table[*count] = (struct option){ 0 };
}

static int take_slots(struct migration_options *options, const char *text)
{
	uint64_t number;

	if (option_number("--slots", text, 1, 1 << 20, &number))
		return -1;
	options->slots = number;
	return 0;
}

/* Returns 1 if it is none of those that commands share. */
static int take_shared(struct migration_options *options, int option, const char *text)
{
	switch (option) {
	case 'd':
		return fleet_spec_add(&options->fleet, text);
	case OPTION_MEMORY:
		return option_size("--memory", text, VFIO_MIG_MUX_CHUNK_SIZE_MIN, 1ull << 40, &options->memory);
	case OPTION_SLOTS:
		return take_slots(options, text);
	case OPTION_CONNECT_TIMEOUT:
		return option_seconds("--connect-timeout", text, 0.001, &options->connect_timeout_ms);
	case OPTION_CHANNEL_TIMEOUT:
		return option_seconds("--channel-timeout", text, 0.001, &options->channel_timeout_ms);
	case OPTION_RESUME_TIMEOUT:
		return option_seconds("--resume-timeout", text, 0, &options->resume_timeout_ms);
	case OPTION_SERIAL_TRANSITIONS:
		options->serial = true;
		return 0;
	case OPTION_PROGRESS:
		options->progress = true;
		return 0;
	case OPTION_TIMELINE:
		options->timeline = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	default:
		return tls_option(&options->tls, option, text) ? 0 : 1;
	}
}

/**
 * command_line_read() - take all options of a command
 * @line: what the command knows besides those that all share
 * @argc: of the command
 * @argv: of the command
 * @common: receives those that all share
 * @command: given to @line->take
 *
 * Return: 0; 1 if the user only wants help; -1 with the error recorded.
 */
int command_line_read(const struct command_line *line, int argc, char **argv, struct migration_options *common,
		      void *command)
{
	struct option table[TABLE_MAX];
	char letters[LETTERS_MAX];
	size_t count = 0;
	int option, ret;

	append(table, &count, everybodys);
	if (line->drives)
		append(table, &count, drivers);
	append(table, &count, line->options);
	snprintf(letters, sizeof(letters), "+:%s%sqh", line->drives ? "d:j" : "", line->letters);
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		if (option == OPTION_HELP || option == 'h')
			return 1;
		if (option == '?' || option == ':')
			return option_refused(option, argv);
		ret = take_shared(common, option, optarg);
		if (ret > 0)
			ret = line->take(command, option, optarg);
		if (ret)
			return ret;
	}
	return option_none_left(argc, argv, optind);
}
