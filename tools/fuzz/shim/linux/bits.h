/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bits, and the size of arrays, which kernel headers bring along.
 */
#ifndef _SHIM_BITS_H_
#define _SHIM_BITS_H_

#define BIT(bit)		(1UL << (bit))
#define BIT_ULL(bit)		(1ULL << (bit))
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#endif /* _SHIM_BITS_H_ */
