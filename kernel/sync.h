/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sync points: the source's owner learns when all before one is loaded.
 */
#ifndef _MUX_SYNC_H_
#define _MUX_SYNC_H_

#include <linux/types.h>

struct mux_device;
struct netlink_ext_ack;

/**
 * struct mux_sync - sync points of a device; under the session's lock
 * @asked: there has been one, and @last and @due are set
 * @last: the latest
 * @due: how many chunks must be loaded for it
 * @reading: the one that waits for the read under way, 0 if none does
 * @reached: all before one has been loaded, and @synced is set
 * @synced: the greatest for which that is so
 */
struct mux_sync {
	bool asked;
	u64 last;
	u64 due;
	u64 reading;
	bool reached;
	u64 synced;
};

int mux_sync_ask(struct mux_device *device, u64 *point,
		 struct netlink_ext_ack *extack);
void mux_sync_read(struct mux_device *device);
void mux_sync_loaded(struct mux_device *device, u64 point);

#endif /* _MUX_SYNC_H_ */
