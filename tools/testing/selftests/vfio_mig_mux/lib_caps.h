/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Capabilities of the test, laid down and taken up again.
 */
#ifndef _LIB_CAPS_H_
#define _LIB_CAPS_H_

#include <stdbool.h>

int capability_set(int capability, bool effective);

#endif /* _LIB_CAPS_H_ */
