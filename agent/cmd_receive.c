// SPDX-License-Identifier: GPL-2.0
/* receive: what the user wants from the destination. */
#include <string.h>

#include "command_line.h"
#include "destination.h"
#include "error.h"
#include "output.h"

static const char help[] =
"usage: vfio-mig-agent receive --device DEVICE[,name=NAME]... [OPTION]...\n"
"\n"
"Waits for 'vfio-mig-agent send' on another host and loads its devices into\n"
"devices of this host. On any failure they are reset.\n"
"\n"
"DEVICE is /dev/vfio/devices/vfioN, a sysfs directory, /dev/vfio/GROUP, or\n"
"/dev/vfio/GROUP:NAME if the group has several. It must not be in use. With a\n"
"name it takes the source's device of that name; the others take the source's\n"
"other devices in their order.\n"
"\n"
"  -d, --device DEVICE         a device to load into; may be given up to 64 times\n"
"  -l, --listen [ADDR][:PORT]  where to wait (every address, port 7390)\n"
"      --memory SIZE           memory for chunks under way, a hard limit (16M, more\n"
"                              if channels or devices need it)\n"
"      --slots N               the same, in chunks\n"
"  -k, --keep                  after a migration wait for the next one\n"
"      --connect-timeout SECS  longest silence of a new connection (10)\n"
"      --channel-timeout SECS  a channel silent for this long is dead (5)\n"
"      --resume-timeout SECS   longest wait for a channel when all are lost (10);\n"
"                              0 for none\n"
"      --serial-transitions    devices change state one after the other\n"
"      --tls-ca FILE           speak TLS, with whom a CA in FILE vouches for\n"
"      --tls-cert FILE         this host's certificate, in PEM\n"
"      --tls-key FILE          and its private key\n"
"      --tls-crl FILE          take nobody whom a revocation list in FILE names\n"
"      --tls-peer NAME         what the source's certificate has to be for\n"
"                              (anything)\n"
"      --tls-psk FILE          speak TLS with pre-shared keys, lines IDENTITY:HEX\n"
"      --tls-psk-identity ID   the only one that is taken (any)\n"
"      --plaintext             let anybody on the way read and change the data\n"
"  -j, --json                  result as one JSON object per migration\n"
"      --progress              with --json: progress as JSON lines before it\n"
"      --timeline              after the result, what the time was spent on\n"
"  -q, --quiet                 only the result\n"
"\n"
"Exit status: 0 done, 1 failed and devices reset, 2 wrong usage, 3 this machine\n"
"lacks something, 4 done, but not all of the output could be written.\n"
"\n"
"examples:\n"
"  vfio-mig-agent receive --device /dev/vfio/12 \\\n"
"      --tls-ca ca.pem --tls-cert host.pem --tls-key host.key\n"
"  vfio-mig-agent receive --plaintext --listen 192.0.2.2:7000 --memory 256M \\\n"
"      --device /dev/vfio/devices/vfio3,name=nic --device /dev/vfio/devices/vfio4\n";

static const struct option long_options[] = {
	{ "listen", required_argument, NULL, 'l' },
	{ "keep", no_argument, NULL, 'k' },
	{ 0 },
};

static int take_option(void *command, int option, const char *text)
{
	struct receive_options *options = command;

	switch (option) {
	case 'l':
		return option_endpoint("--listen", text, &options->listen);
	default:
		options->keep = true;
		return 0;
	}
}

static const struct command_line line = {
	.letters = "l:k",
	.options = long_options,
	.drives = true,
	.take = take_option,
};

/* Returns 1 if the user only wanted help. */
static int parse(int argc, char **argv, struct receive_options *options)
{
	int ret = command_line_read(&line, argc, argv, &options->common, options);

	if (ret)
		return ret;
	if (!options->common.fleet.count)
		return fail_usage("no --device is given");
	return tls_options_check(&options->common.tls);
}

static int run(int argc, char **argv)
{
	struct receive_options options = {
		.common = MIGRATION_OPTIONS_INIT,
		.listen.port = DEFAULT_PORT,
	};
	int ret;

	ret = parse(argc, argv, &options);
	if (ret > 0)
		ret = command_help(&command_receive);
	else if (!ret)
		ret = destination_run(&options);
	if (ret && options.common.json)
		output_result_error("receive");
	fleet_spec_free(&options.common.fleet);
	return ret;
}

const struct command command_receive = {
	.name = "receive",
	.brief = "wait for devices from another host",
	.help = help,
	.run = run,
};
