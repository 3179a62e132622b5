/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Big-endian numbers anywhere.
 */
#ifndef _SHIM_UNALIGNED_H_
#define _SHIM_UNALIGNED_H_

#include <string.h>

#include <linux/types.h>

#define SHIM_BE(bits)							\
static inline u##bits get_unaligned_be##bits(const void *from)		\
{									\
	u##bits value;							\
									\
	memcpy(&value, from, sizeof(value));				\
	return __builtin_bswap##bits(value);				\
}									\
									\
static inline void put_unaligned_be##bits(u##bits value, void *to)	\
{									\
	value = __builtin_bswap##bits(value);				\
	memcpy(to, &value, sizeof(value));				\
}

SHIM_BE(16)
SHIM_BE(32)
SHIM_BE(64)

#endif /* _SHIM_UNALIGNED_H_ */
