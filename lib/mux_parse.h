/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_MUX_PARSE_H
#define _LIB_MUX_PARSE_H

#include "mux.h"

struct nlattr;

int mux_parse(uint8_t command, struct nlattr *head, int length, const struct mux_listener *listener);

#endif /* _LIB_MUX_PARSE_H */
