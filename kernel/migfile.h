/* SPDX-License-Identifier: GPL-2.0 */
/*
 * migfile: a device's data_fd, as this module reads and writes it.
 */
#ifndef _MUX_MIGFILE_H_
#define _MUX_MIGFILE_H_

#include <linux/types.h>

struct file;
struct mux_slot;
struct netlink_ext_ack;

struct file *mux_migfile_get(int fd, bool for_reading,
			     struct netlink_ext_ack *extack);
ssize_t mux_migfile_read(struct file *file, const struct mux_slot *slot,
			 u32 offset, u32 length);
ssize_t mux_migfile_write(struct file *file, const struct mux_slot *slot,
			  u32 offset, u32 length);

#endif /* _MUX_MIGFILE_H_ */
