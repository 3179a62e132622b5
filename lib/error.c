// SPDX-License-Identifier: GPL-2.0
/*
 * Errors are sentences. Whoever finds one writes it down here and returns -1;
 * nobody on the way up adds to it, and the command prints it once.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

/* Per thread, so that work done in parallel can fail in parallel. */
static _Thread_local char error_buffer[1024];
static _Thread_local enum status error_kind;

static int __attribute__((format(printf, 2, 0)))
record(enum status kind, const char *format, va_list args)
{
	/* The arguments may point into the previous text, and %m needs errno as it was. */
	char text[sizeof(error_buffer)];
	int saved = errno;

	vsnprintf(text, sizeof(text), format, args);
	snprintf(error_buffer, sizeof(error_buffer), "%s", text);
	error_kind = kind;
	errno = saved;
	return -1;
}

/**
 * fail() - record why the command fails
 * @format: one sentence without a full stop, in printf() format; %m is errno
 *
 * Return: -1 always.
 */
int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(STATUS_FAILED, format, args);
	va_end(args);
	return -1;
}

/**
 * fail_usage() - the same for what the user typed
 * @format: names the option and the value
 *
 * Return: -1 always.
 */
int fail_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(STATUS_USAGE, format, args);
	va_end(args);
	return -1;
}

/**
 * fail_environment() - the same for what this machine lacks
 * @format: names what is missing
 *
 * Return: -1 always.
 */
int fail_environment(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(STATUS_ENVIRONMENT, format, args);
	va_end(args);
	return -1;
}

/**
 * error_text() - the sentence recorded last in this thread
 *
 * Return: a buffer that the next error overwrites.
 */
const char *error_text(void)
{
	return error_buffer;
}

/**
 * error_status() - the exit status that goes with error_text()
 *
 * Return: an exit status other than STATUS_OK.
 */
enum status error_status(void)
{
	return error_kind == STATUS_OK ? STATUS_FAILED : error_kind;
}
