/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Source: reads data_fds and sends chunks.
 */
#ifndef _MUX_SOURCE_H_
#define _MUX_SOURCE_H_

#include <linux/types.h>

struct mux_channel;
struct mux_device;
struct mux_frame;

void mux_source_init(struct mux_device *device);
int mux_source_seal(struct mux_device *device, u32 slots);
void mux_source_kick(struct mux_device *device, bool final);
void mux_source_end(struct mux_device *device);
void mux_source_stop(struct mux_device *device);

bool mux_source_pull(struct mux_channel *channel);
void mux_source_sent(struct mux_channel *channel);
void mux_source_ack(struct mux_channel *channel, const struct mux_frame *ack);
const char *mux_source_resume(struct mux_device *device, u64 loaded);

#endif /* _MUX_SOURCE_H_ */
