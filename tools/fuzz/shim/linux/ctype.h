/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kinds of characters. The kernel's isprint() holds for Latin-1, too.
 */
#ifndef _SHIM_CTYPE_H_
#define _SHIM_CTYPE_H_

#include <linux/types.h>

#define isascii(c)	(((u8)(c)) <= 0x7f)

static inline bool isprint(u8 c)
{
	return (c >= 0x20 && c <= 0x7e) || c >= 0xa0;
}

#endif /* _SHIM_CTYPE_H_ */
