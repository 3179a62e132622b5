/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_STDOUT_H
#define _AGENT_STDOUT_H

#include <stdbool.h>

#include "error.h"

void stdout_open(void);
void stdout_flush(void);
bool stdout_has_failed(void);
enum status stdout_end(enum status status);

#endif /* _AGENT_STDOUT_H */
