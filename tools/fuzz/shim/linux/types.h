/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's names of types.
 */
#ifndef _SHIM_TYPES_H_
#define _SHIM_TYPES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include_next <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#endif /* _SHIM_TYPES_H_ */
