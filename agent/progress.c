// SPDX-License-Identifier: GPL-2.0
/* The one place that prints while a migration is under way. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"
#include "json.h"
#include "progress.h"
#include "session.h"
#include "stdout.h"

#define GIB (1024.0 * 1024 * 1024)
#define MIB (1024.0 * 1024)
#define TERMINAL_PERIOD_MS 100
#define LOG_PERIOD_MS 1000

/* The terminal's last line is one that will be written again. */
static bool line_is_open;

static bool on_terminal(const struct progress *progress)
{
	static int answer = -1;

	if (answer < 0)
		answer = isatty(STDOUT_FILENO);
	return answer && !progress->json;
}

/**
 * progress_break() - go to a fresh line, whoever is about to print
 */
void progress_break(void)
{
	if (!line_is_open)
		return;
	line_is_open = false;
	putchar('\n');
	stdout_flush();
}

/**
 * say() - tell a human what has been reached
 * @progress: says whether anybody wants to know
 * @format: a line without its newline, in printf() format
 */
void say(const struct progress *progress, const char *format, ...)
{
	va_list args;

	if (progress->quiet || progress->json)
		return;
	progress_break();
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	stdout_flush();
}

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/**
 * progress_start() - data begins to flow
 * @progress: json and quiet are set
 * @total: estimate of all bytes, 0 if unknown
 */
void progress_start(struct progress *progress, uint64_t total)
{
	warn_hook = progress_break;
	progress->total = total;
	progress->began_ns = now_ns();
	progress->printed_ns = progress->began_ns;
	progress->printed_bytes = 0;
	progress->began_cpu = cpu_seconds();
}

/**
 * progress_cpu_seconds() - what the data has cost so far
 * @progress: the progress
 *
 * Return: CPU time of this process since progress_start(), the module's workers
 * included: they are its threads.
 */
double progress_cpu_seconds(const struct progress *progress)
{
	return cpu_seconds() - progress->began_cpu;
}

/**
 * progress_period_ms() - how often it is worth looking
 * @progress: the progress
 *
 * Return: milliseconds, -1 for never.
 */
int progress_period_ms(const struct progress *progress)
{
	if (progress->quiet)
		return -1;
	return on_terminal(progress) ? TERMINAL_PERIOD_MS : LOG_PERIOD_MS;
}

static uint64_t sum_stalls(const struct session *session)
{
	uint64_t stalls = 0;

	for (uint32_t i = 0; i < session->now.devices; i++)
		if (session->devices[i].now.window_stalls != MUX_NONE)
			stalls += session->devices[i].now.window_stalls;
	return stalls;
}

static uint64_t sum_zero_chunks(const struct session *session)
{
	uint64_t chunks = 0;

	for (uint32_t i = 0; i < session->now.devices; i++)
		chunks += session->devices[i].now.zero_chunks;
	return chunks;
}

static void print_json(const struct progress *progress, const struct session *session, double rate)
{
	struct json_object *line = json_object_new_object(), *object = json_object_new_object();

	json_put_number(object, "session", session->now.id);
	json_put_text(object, "state", mux_session_state_name(session->now.state));
	json_put_number(object, "bytes", session->now.bytes);
	if (progress->total)
		json_put_number(object, "total", progress->total);
	json_put_real(object, "gib_per_s", rate / GIB);
	json_put_number(object, "channels_live", session->now.channels_live);
	json_put_number(object, "devices_loaded", session->now.devices_loaded);
	json_put_number(object, "window_stalls", sum_stalls(session));
	json_put_number(object, "zero_chunks", sum_zero_chunks(session));
	json_object_object_add(line, "progress", object);
	puts(json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN));
	stdout_flush();
	json_object_put(line);
}

static void print_share(const struct progress *progress, uint64_t bytes)
{
	if (!progress->total) {
		printf("%.0f MiB", bytes / MIB);
		return;
	}
	printf("%.0f of %.0f MiB, %.0f %%", bytes / MIB, progress->total / MIB,
	       bytes >= progress->total ? 100.0 : 100.0 * bytes / progress->total);
}

/* Short enough for 80 columns. */
static void print_text(const struct progress *progress, const struct session *session, double rate)
{
	uint64_t bytes = session->now.bytes;
	bool again = on_terminal(progress);

	if (again)
		fputs("\r\033[K", stdout);
	print_share(progress, bytes);
	printf(", %.2f GiB/s, %u/%u channels", rate / GIB, session->now.channels_live, session->now.channels);
	if (session->now.role == VFIO_MIG_MUX_ROLE_SOURCE)
		printf(", %" PRIu64 " stalls", sum_stalls(session));
	if (progress->total > bytes && rate > 0)
		printf(", %.1f s left", (progress->total - bytes) / rate);
	if (!again)
		putchar('\n');
	line_is_open = again;
	stdout_flush();
}

/**
 * progress_show() - print where the session stands, if it is time to
 * @progress: the progress
 * @session: the session, fresh
 */
void progress_show(struct progress *progress, const struct session *session)
{
	uint64_t now = now_ns(), bytes = session->now.bytes;
	int period = progress_period_ms(progress);
	double seconds, rate;

	if (period < 0 || !progress->began_ns || now - progress->printed_ns < period * NS_PER_MS)
		return;
	seconds = (double)(now - progress->printed_ns) / NS_PER_S;
	rate = (bytes - progress->printed_bytes) / seconds;
	progress->printed_ns = now;
	progress->printed_bytes = bytes;
	if (progress->json)
		print_json(progress, session, rate);
	else
		print_text(progress, session, rate);
}

/**
 * progress_end() - print on a terminal that all is loaded
 * @progress: the progress
 * @session: the session, fresh
 */
void progress_end(struct progress *progress, const struct session *session)
{
	double seconds = (double)(now_ns() - progress->began_ns) / NS_PER_S;

	if (progress->quiet || !on_terminal(progress))
		return;
	print_text(progress, session, session->now.bytes / seconds);
	progress_break();
}
