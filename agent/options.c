// SPDX-License-Identifier: GPL-2.0
/* Reading the values of options: every refusal names the option and the value. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "options.h"

#define DEFAULT_MEMORY ((uint64_t)16 << 20)
#define CONTROL_SLACK_MS 2000

static int parse_u64(const char *text, const char **end, uint64_t *value)
{
	char *rest;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*value = strtoull(text, &rest, 0);
	*end = rest;
	return errno ? -1 : 0;
}

/**
 * option_number() - read a whole number
 * @option: the option as the user knows it
 * @text: its value
 * @min: smallest number allowed
 * @max: largest number allowed
 * @value: receives the number
 *
 * Return: 0, or -1 with the error recorded.
 */
int option_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	const char *end;

	if (parse_u64(text, &end, value) || *end || *value < min || *value > max)
		return fail_usage("%s '%s' is not a number from %" PRIu64 " to %" PRIu64,
				  option, text, min, max);
	return 0;
}

/**
 * option_size() - read a number of bytes: 65536, 64K, 1M, 2GiB
 * @option: the option as the user knows it
 * @text: its value
 * @min: smallest size allowed
 * @max: largest size allowed
 * @value: receives the bytes
 *
 * Return: 0, or -1 with the error recorded.
 */
int option_size(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	static const char units[] = "KMGT";
	const char *end, *unit;
	int shift = 0;

	if (parse_u64(text, &end, value))
		goto bad;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
		if (!strcasecmp(end, "B") || !strcasecmp(end, "iB"))
			end = "";
	}
	if (*end || *value > UINT64_MAX >> shift)
		goto bad;
	*value <<= shift;
	if (*value < min || *value > max)
		return fail_usage("%s '%s' is not from %" PRIu64 " to %" PRIu64 " bytes",
				  option, text, min, max);
	return 0;
bad:
	return fail_usage("%s '%s' is not a size such as 65536, 64K or 1M", option, text);
}

/**
 * option_seconds() - read a time of up to a day in seconds, fractions allowed
 * @option: the option as the user knows it
 * @text: its value
 * @min: smallest number of seconds allowed
 * @ms: receives it in milliseconds
 *
 * Return: 0, or -1 with the error recorded.
 */
int option_seconds(const char *option, const char *text, double min, unsigned int *ms)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= min && seconds <= 86400))
		return fail_usage("%s '%s' is not a number of seconds from %g to 86400", option, text, min);
	*ms = seconds * 1000;
	return 0;
}

/**
 * option_endpoint() - read HOST, HOST:PORT, [V6]:PORT or :PORT
 * @option: the option as the user knows it
 * @text: its value
 * @endpoint: receives host and port; a part not given keeps what it has
 *
 * Return: 0, or -1 with the error recorded.
 */
int option_endpoint(const char *option, const char *text, struct endpoint *endpoint)
{
	const char *host = text, *host_end, *port = NULL;
	uint64_t number;

	if (*text == '[') {
		host = text + 1;
		host_end = strchr(host, ']');
		if (!host_end || (host_end[1] && host_end[1] != ':'))
			goto bad;
		if (host_end[1])
			port = host_end + 2;
	} else {
		host_end = strchr(text, ':');
		/* More than one colon and no brackets: an IPv6 address alone. */
		if (host_end && !strchr(host_end + 1, ':'))
			port = host_end + 1;
		else
			host_end = text + strlen(text);
	}

	if ((size_t)(host_end - host) >= sizeof(endpoint->host))
		goto bad;
	if (host_end > host) {
		memcpy(endpoint->host, host, host_end - host);
		endpoint->host[host_end - host] = '\0';
	}
	if (port) {
		if (option_number(option, port, 1, UINT16_MAX, &number))
			goto bad;
		endpoint->port = number;
	}
	return 0;
bad:
	return fail_usage("%s '%s' is not HOST, HOST:PORT, [ADDRESS]:PORT or :PORT", option, text);
}

/**
 * migration_slots() - how many slots a session gets
 * @options: what the user wants
 * @chunk_size: bytes of a slot
 * @channels: number of channels
 * @devices: number of windows that the slots are shared by
 *
 * Without a wish, each channel has a slot and each window as many chunks as
 * there are channels, all windows together three for each channel (one that
 * leaves, one that arrives, one that is loaded and acknowledged: with less a
 * channel waits for its turn); fewer of chunks that are larger than usual; and
 * there is one for zeroes.
 *
 * Return: number of slots, at least 1.
 */
uint32_t migration_slots(const struct migration_options *options, uint32_t chunk_size, uint32_t channels,
			 uint32_t devices)
{
	uint32_t slots = DEFAULT_MEMORY / chunk_size, window = channels, windows, least;

	if (options->slots)
		return options->slots;
	if (options->memory)
		return options->memory >= chunk_size ? options->memory / chunk_size : 1;
	if (chunk_size > DEFAULT_CHUNK_SIZE)
		window = channels / (chunk_size / DEFAULT_CHUNK_SIZE);
	if (window < 2)
		window = 2;
	windows = devices > 3 ? devices * window : 3 * window;
	least = channels + windows + 1;
	return slots > least ? slots : least;
}

/**
 * migration_control_timeout() - when the control connection is given up
 * @options: what the user wants
 *
 * There is only one, so it has to outlive a pause of the session, which begins when
 * the last channel has been found dead. TCP takes a little longer than it is told.
 *
 * Return: milliseconds without a sign of life.
 */
unsigned int migration_control_timeout(const struct migration_options *options)
{
	return 2 * options->channel_timeout_ms + options->resume_timeout_ms + CONTROL_SLACK_MS;
}

/**
 * option_none_left() - refuse arguments that no option took
 * @argc: of the command
 * @argv: of the command
 * @first: first argument that is one too many
 *
 * Return: 0 if there is none, or -1 with the error recorded.
 */
int option_none_left(int argc, char **argv, int first)
{
	if (first < argc)
		return fail_usage("'%s' is one argument too many", argv[first]);
	return 0;
}

/**
 * option_refused() - say what getopt_long() stumbled over
 * @option: what it returned: '?', or ':' for a value that is missing
 * @argv: of the command; opterr must be 0 and the short options begin with ':'
 *
 * Return: -1 always.
 */
int option_refused(int option, char **argv)
{
	const char *word = argv[optind - 1];

	if (option == ':')
		return fail_usage("option '%s' lacks its value", word);
	/* One letter of several behind a dash. */
	if (word[0] == '-' && word[1] != '-' && optopt)
		return fail_usage("there is no option '-%c'", optopt);
	if (optopt)
		return fail_usage("option '%s' takes no value", word);
	return fail_usage("there is no option '%s', or it is short for several", word);
}
