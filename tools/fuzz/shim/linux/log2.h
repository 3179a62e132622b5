/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Powers of two.
 */
#ifndef _SHIM_LOG2_H_
#define _SHIM_LOG2_H_

#include <linux/types.h>

static inline bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

#endif /* _SHIM_LOG2_H_ */
