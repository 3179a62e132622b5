/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CRC32C, bit by bit.
 */
#ifndef _LIB_CRC_H_
#define _LIB_CRC_H_

#include <stddef.h>

#include <linux/types.h>

__u32 crc_add(__u32 crc, const void *bytes, size_t length);
__u32 crc_of(const void *bytes, size_t length);

#endif /* _LIB_CRC_H_ */
