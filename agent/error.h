/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_ERROR_H
#define _AGENT_ERROR_H

#include "../lib/error.h"

/* Called before a warning is printed, to go to a fresh line. */
extern void (*warn_hook)(void);

void warn(const char *format, ...) __printf_like(1, 2);

#endif /* _AGENT_ERROR_H */
