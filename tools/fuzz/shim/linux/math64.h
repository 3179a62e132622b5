/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Division.
 */
#ifndef _SHIM_MATH64_H_
#define _SHIM_MATH64_H_

#include <linux/types.h>

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

#endif /* _SHIM_MATH64_H_ */
