/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UUIDs.
 */
#ifndef _SHIM_UUID_H_
#define _SHIM_UUID_H_

#include <string.h>

#include <linux/types.h>

struct shim_uuid {
	u8 b[16];
};

#define uuid_t	struct shim_uuid

static inline void import_uuid(uuid_t *uuid, const u8 *from)
{
	memcpy(uuid->b, from, sizeof(uuid->b));
}

static inline void export_uuid(u8 *to, const uuid_t *uuid)
{
	memcpy(to, uuid->b, sizeof(uuid->b));
}

#endif /* _SHIM_UUID_H_ */
