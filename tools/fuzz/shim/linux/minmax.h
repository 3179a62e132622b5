/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lesser and the greater.
 */
#ifndef _SHIM_MINMAX_H_
#define _SHIM_MINMAX_H_

#define min(a, b) ({ __auto_type a_ = (a); __auto_type b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __auto_type a_ = (a); __auto_type b_ = (b); a_ > b_ ? a_ : b_; })

#endif /* _SHIM_MINMAX_H_ */
