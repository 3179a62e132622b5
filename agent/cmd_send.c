// SPDX-License-Identifier: GPL-2.0
/* send: what the user wants from the source. */
#include <stdio.h>
#include <string.h>

#include "command_line.h"
#include "error.h"
#include "output.h"
#include "source.h"

static const char help[] =
"usage: vfio-mig-agent send --device DEVICE[,name=NAME]... --to HOST[:PORT] [OPTION]...\n"
"\n"
"Migrates devices of this host to another one where 'vfio-mig-agent receive'\n"
"waits. On any failure the devices go on running here.\n"
"\n"
"DEVICE is /dev/vfio/devices/vfioN, a sysfs directory, /dev/vfio/GROUP, or\n"
"/dev/vfio/GROUP:NAME if the group has several. It must not be in use.\n"
"\n"
"  -d, --device DEVICE         a device to migrate; may be given up to 64 times\n"
"  -t, --to HOST[:PORT]        where 'receive' waits; port 7390 if not given\n"
"  -c, --channels N            connections to spread the data over, 1 to 64 (4)\n"
"  -f, --from ADDRESS          leave this host by this address; given several\n"
"                              times, channels take them in turn\n"
"      --chunk-size SIZE       power of two from 64K to 16M (1M)\n"
"      --memory SIZE           memory for chunks under way (16M, more if channels\n"
"                              or devices need it)\n"
"      --slots N               the same, in chunks\n"
"      --checksum              protect chunks with CRC32C in TLS too\n"
"      --no-checksum           do not protect chunks with CRC32C without TLS\n"
"      --no-zero               send chunks that are all zero like any others\n"
"      --max-bandwidth SIZE    bytes per second over all channels (0: no limit)\n"
"      --uuid UUID             name of the migration (random)\n"
"      --connect-timeout SECS  longest wait for a connection (10)\n"
"      --channel-timeout SECS  a channel silent for this long is dead (5)\n"
"      --resume-timeout SECS   longest wait for a channel when all are lost (10);\n"
"                              0 for none\n"
"      --no-precopy            do not let devices stream while they run\n"
"      --downtime-limit MS     in PRE_COPY, stop the devices when they can be\n"
"                              expected to stand still for no longer (300);\n"
"                              0: do not expect anything\n"
"      --precopy-timeout SECS  or when this time is over (60), or at SIGUSR1\n"
"      --serial-transitions    devices change state one after the other\n"
"      --tls-ca FILE           speak TLS, with whom a CA in FILE vouches for\n"
"      --tls-cert FILE         this host's certificate, in PEM\n"
"      --tls-key FILE          and its private key\n"
"      --tls-crl FILE          take nobody whom a revocation list in FILE names\n"
"      --tls-peer NAME         what the destination's certificate has to be for\n"
"                              (the HOST of --to)\n"
"      --tls-psk FILE          speak TLS with pre-shared keys, lines IDENTITY:HEX\n"
"      --tls-psk-identity ID   which of them to use (the first one)\n"
"      --plaintext             let anybody on the way read and change the data\n"
"  -j, --json                  result as one JSON object\n"
"      --progress              with --json: progress as JSON lines before it\n"
"      --timeline              after the result, what the time was spent on\n"
"  -q, --quiet                 only the result\n"
"\n"
"Exit status: 0 done, 1 failed and rolled back, 2 wrong usage, 3 this machine\n"
"lacks something, 4 done, but not all of the output could be written.\n"
"\n"
"examples:\n"
"  vfio-mig-agent send --device /dev/vfio/7 --to 192.0.2.2 \\\n"
"      --tls-ca ca.pem --tls-cert host.pem --tls-key host.key\n"
"  vfio-mig-agent send --device /sys/bus/pci/devices/0000:01:00.1,name=nic \\\n"
"      --to [2001:db8::2]:7390 --plaintext --channels 8 --from 192.0.2.1 --from 198.51.100.1\n";

enum {
	OPTION_CHUNK_SIZE = OPTION_OWN,
	OPTION_NO_CHECKSUM,
	OPTION_NO_ZERO,
	OPTION_MAX_BANDWIDTH,
	OPTION_UUID,
	OPTION_NO_PRECOPY,
	OPTION_DOWNTIME_LIMIT,
	OPTION_PRECOPY_TIMEOUT,
	OPTION_CHECKSUM,
};

static const struct option long_options[] = {
	{ "to", required_argument, NULL, 't' },
	{ "channels", required_argument, NULL, 'c' },
	{ "from", required_argument, NULL, 'f' },
	{ "chunk-size", required_argument, NULL, OPTION_CHUNK_SIZE },
	{ "checksum", no_argument, NULL, OPTION_CHECKSUM },
	{ "no-checksum", no_argument, NULL, OPTION_NO_CHECKSUM },
	{ "no-zero", no_argument, NULL, OPTION_NO_ZERO },
	{ "max-bandwidth", required_argument, NULL, OPTION_MAX_BANDWIDTH },
	{ "uuid", required_argument, NULL, OPTION_UUID },
	{ "no-precopy", no_argument, NULL, OPTION_NO_PRECOPY },
	{ "downtime-limit", required_argument, NULL, OPTION_DOWNTIME_LIMIT },
	{ "precopy-timeout", required_argument, NULL, OPTION_PRECOPY_TIMEOUT },
	{ 0 },
};

static int take_chunk_size(struct send_options *options, const char *text)
{
	uint64_t size;

	if (option_size("--chunk-size", text, VFIO_MIG_MUX_CHUNK_SIZE_MIN, VFIO_MIG_MUX_CHUNK_SIZE_MAX, &size))
		return -1;
	if (size & (size - 1))
		return fail_usage("--chunk-size '%s' is no power of two", text);
	options->chunk_size = size;
	return 0;
}

static int take_from(struct send_options *options, const char *text)
{
	struct endpoint *from;

	if (options->from_count == VFIO_MIG_MUX_CHANNELS_MAX)
		return fail_usage("--from '%s' is one too many: there are at most %d channels", text,
				  VFIO_MIG_MUX_CHANNELS_MAX);
	from = &options->from[options->from_count++];
	if (!*text || strlen(text) >= sizeof(from->host))
		return fail_usage("--from '%s' is no address", text);
	strcpy(from->host, text);
	return 0;
}

static int take_channels(struct send_options *options, const char *text)
{
	uint64_t number;

	if (option_number("--channels", text, 1, VFIO_MIG_MUX_CHANNELS_MAX, &number))
		return -1;
	options->channels = number;
	return 0;
}

static int take_downtime_limit(struct send_options *options, const char *text)
{
	uint64_t number;

	if (option_number("--downtime-limit", text, 0, 86400000, &number))
		return -1;
	options->downtime_limit_ms = number;
	return 0;
}

static int take_option(void *command, int option, const char *text)
{
	struct send_options *options = command;

	switch (option) {
	case 't':
		return option_endpoint("--to", text, &options->to);
	case 'c':
		return take_channels(options, text);
	case 'f':
		return take_from(options, text);
	case OPTION_CHUNK_SIZE:
		return take_chunk_size(options, text);
	case OPTION_CHECKSUM:
		options->checksum = true;
		options->checksum_given = true;
		return 0;
	case OPTION_NO_CHECKSUM:
		options->checksum = false;
		options->checksum_given = true;
		return 0;
	case OPTION_NO_ZERO:
		options->zero = false;
		return 0;
	case OPTION_MAX_BANDWIDTH:
		return option_size("--max-bandwidth", text, 0, UINT64_MAX, &options->max_bandwidth);
	case OPTION_UUID:
		if (uuid_parse(text, options->uuid))
			return fail_usage("--uuid '%s' is no UUID", text);
		return 0;
	case OPTION_NO_PRECOPY:
		options->precopy = false;
		return 0;
	case OPTION_DOWNTIME_LIMIT:
		return take_downtime_limit(options, text);
	default:
		return option_seconds("--precopy-timeout", text, 0, &options->precopy_timeout_ms);
	}
}

static const struct command_line line = {
	.letters = "t:c:f:",
	.options = long_options,
	.drives = true,
	.take = take_option,
};

/* Returns 1 if the user only wanted help. */
static int parse(int argc, char **argv, struct send_options *options)
{
	int ret = command_line_read(&line, argc, argv, &options->common, options);

	if (ret)
		return ret;
	if (!options->common.fleet.count)
		return fail_usage("no --device is given");
	if (!options->to.host[0])
		return fail_usage("no host is given with --to");
	if (tls_options_check(&options->common.tls))
		return -1;
	/* TLS does the same and more. */
	if (!options->checksum_given)
		options->checksum = !tls_options_wanted(&options->common.tls);
	return 0;
}

static int run(int argc, char **argv)
{
	struct send_options options = {
		.common = MIGRATION_OPTIONS_INIT,
		.to.port = DEFAULT_PORT,
		.channels = 4,
		.chunk_size = DEFAULT_CHUNK_SIZE,
		.zero = true,
		.precopy = true,
		.downtime_limit_ms = 300,
		.precopy_timeout_ms = 60000,
	};
	int ret;

	if (uuid_random(options.uuid))
		return -1;
	ret = parse(argc, argv, &options);
	if (ret > 0)
		ret = command_help(&command_send);
	else if (!ret)
		ret = source_run(&options);
	if (ret && options.common.json)
		output_result_error("send");
	fleet_spec_free(&options.common.fleet);
	return ret;
}

const struct command command_send = {
	.name = "send",
	.brief = "migrate devices to another host",
	.help = help,
	.run = run,
};
