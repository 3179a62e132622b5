// SPDX-License-Identifier: GPL-2.0
/* serve: what the user wants VMMs to be served with. */
#include "command_line.h"
#include "error.h"
#include "serve.h"

#define DEFAULT_MEMORY ((uint64_t)256 << 20)

static const char help[] =
"usage: vfio-mig-agent serve --control SOCKET [OPTION]...\n"
"\n"
"Moves the device state of VMMs that keep their devices to themselves. They\n"
"connect to SOCKET and hand over the data_fds of their devices: see\n"
"serve-protocol.rst, or use libvfio-mig-mux. Serves until it is stopped.\n"
"\n"
"  -c, --control SOCKET        UNIX socket for VMMs\n"
"  -l, --listen [ADDR][:PORT]  where all their channels come (every address, port\n"
"                              7390)\n"
"  -u, --allow-user USER       name or number of a user to serve, besides root and\n"
"                              this process's own; may be given up to 64 times\n"
"  -g, --allow-group GROUP     the same for a group's members\n"
"      --sessions N            most migrations at a time (64)\n"
"      --user-sessions N       most migrations of one user (16)\n"
"      --memory SIZE           most memory of each for chunks under way (256M); it\n"
"                              takes 16M, more if channels or devices want it\n"
"      --connect-timeout SECS  longest silence of a new connection (10)\n"
"      --channel-timeout SECS  a channel silent for this long is dead (5)\n"
"      --resume-timeout SECS   longest wait for a channel when all are lost (10);\n"
"                              0 for none\n"
"      --tls-ca FILE           speak TLS, with whom a CA in FILE vouches for\n"
"      --tls-cert FILE         this host's certificate, in PEM\n"
"      --tls-key FILE          and its private key\n"
"      --tls-crl FILE          take nobody whom a revocation list in FILE names\n"
"      --tls-peer NAME         what the other host's certificate has to be for (a\n"
"                              destination's for the address that the VMM gives, a\n"
"                              source's for anything)\n"
"      --tls-psk FILE          speak TLS with pre-shared keys, lines IDENTITY:HEX\n"
"      --tls-psk-identity ID   the only one that is taken (any), and used (the first)\n"
"      --plaintext             let anybody on the way read and change the data\n"
"  -q, --quiet                 do not tell who comes and how it ends\n"
"\n"
"Exit status: 0 stopped by a signal, 1 failed, 2 wrong usage, 3 this machine lacks\n"
"something, 4 stopped, but not all of the output could be written.\n"
"\n"
"example:\n"
"  vfio-mig-agent serve --control /run/vfio-mig-agent.sock \\\n"
"      --allow-user libvirt-qemu \\\n"
"      --tls-ca ca.pem --tls-cert host.pem --tls-key host.key\n";

enum {
	OPTION_SESSIONS = OPTION_OWN,
	OPTION_USER_SESSIONS,
	OPTION_MEMORY,
};

static const struct option long_options[] = {
	{ "control", required_argument, NULL, 'c' },
	{ "listen", required_argument, NULL, 'l' },
	{ "allow-user", required_argument, NULL, 'u' },
	{ "allow-group", required_argument, NULL, 'g' },
	{ "sessions", required_argument, NULL, OPTION_SESSIONS },
	{ "user-sessions", required_argument, NULL, OPTION_USER_SESSIONS },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ 0 },
};

static int take_count(const char *option, const char *text, unsigned int *count)
{
	uint64_t number;

	if (option_number(option, text, 1, 4096, &number))
		return -1;
	*count = number;
	return 0;
}

static int take_option(void *command, int option, const char *text)
{
	struct serve_options *options = command;

	switch (option) {
	case 'c':
		options->control = text;
		return 0;
	case 'l':
		return option_endpoint("--listen", text, &options->listen);
	case 'u':
		return allow_add_user(&options->allow, text);
	case 'g':
		return allow_add_group(&options->allow, text);
	case OPTION_SESSIONS:
		return take_count("--sessions", text, &options->sessions);
	case OPTION_USER_SESSIONS:
		return take_count("--user-sessions", text, &options->user_sessions);
	default:
		return option_size("--memory", text, VFIO_MIG_MUX_CHUNK_SIZE_MIN, 1ull << 40, &options->memory);
	}
}

static const struct command_line line = {
	.letters = "c:l:u:g:",
	.options = long_options,
	.take = take_option,
};

/* Returns 1 if the user only wanted help. */
static int parse(int argc, char **argv, struct serve_options *options)
{
	int ret = command_line_read(&line, argc, argv, &options->common, options);

	if (ret)
		return ret;
	if (!options->control)
		return fail_usage("no --control is given");
	return tls_options_check(&options->common.tls);
}

static int run(int argc, char **argv)
{
	struct serve_options options = {
		.common = MIGRATION_OPTIONS_INIT,
		.listen.port = DEFAULT_PORT,
		.memory = DEFAULT_MEMORY,
		.sessions = 64,
		.user_sessions = 16,
	};
	int ret = parse(argc, argv, &options);

	if (ret > 0)
		return command_help(&command_serve);
	return ret ? ret : serve_run(&options);
}

const struct command command_serve = {
	.name = "serve",
	.brief = "move the device state of VMMs",
	.help = help,
	.run = run,
};
