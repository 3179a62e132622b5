// SPDX-License-Identifier: GPL-2.0
/* What the user is told that does not end the command. */
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

void (*warn_hook)(void);

/**
 * warn() - tell the user what does not end the command
 * @format: one sentence in printf() format
 */
void warn(const char *format, ...)
{
	va_list args;

	if (warn_hook)
		warn_hook();
	fputs("vfio-mig-agent: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
