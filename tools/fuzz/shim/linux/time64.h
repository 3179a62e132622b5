/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time.
 */
#ifndef _SHIM_TIME64_H_
#define _SHIM_TIME64_H_

#define NSEC_PER_SEC	1000000000L

#endif /* _SHIM_TIME64_H_ */
