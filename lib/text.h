/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_TEXT_H
#define _LIB_TEXT_H

#include <stddef.h>

void text_clean(char *text, size_t length);

#endif /* _LIB_TEXT_H */
