/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CRC32C, without the final inversion, as the kernel has it.
 */
#ifndef _SHIM_CRC32C_H_
#define _SHIM_CRC32C_H_

#include <linux/types.h>

static inline u32 crc32c(u32 crc, const void *bytes, size_t length)
{
	const u8 *byte = bytes;

	for (; length; length--, byte++)
		crc = __builtin_ia32_crc32qi(crc, *byte);
	return crc;
}

#endif /* _SHIM_CRC32C_H_ */
