/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Strings.
 */
#ifndef _SHIM_STRING_H_
#define _SHIM_STRING_H_

#include <string.h>

#include <linux/types.h>

static inline void *memchr_inv(const void *bytes, int byte, size_t length)
{
	const u8 *at = bytes;

	for (; length; length--, at++) {
		if (*at != (u8)byte)
			return (void *)at;
	}
	return NULL;
}

#endif /* _SHIM_STRING_H_ */
