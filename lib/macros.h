/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_MACROS_H
#define _LIB_MACROS_H

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - __builtin_offsetof(type, member)))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif /* _LIB_MACROS_H */
