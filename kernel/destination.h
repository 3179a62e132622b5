/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Destination: receives chunks and writes data_fds.
 */
#ifndef _MUX_DESTINATION_H_
#define _MUX_DESTINATION_H_

#include <linux/types.h>

struct mux_channel;
struct mux_device;
struct mux_frame;
struct mux_session;
struct netlink_ext_ack;

void mux_destination_init(struct mux_device *device);
int mux_destination_seal(struct mux_device *device, u32 window);
int mux_destination_start(struct mux_device *device,
			  struct netlink_ext_ack *extack);

void mux_destination_expect(struct mux_channel *channel,
			    const struct mux_frame *data);
void mux_destination_place(struct mux_channel *channel,
			   const struct mux_frame *data);
void mux_destination_end(struct mux_channel *channel,
			 const struct mux_frame *end);
void mux_destination_bye(struct mux_channel *channel);
void mux_destination_ack_again(struct mux_session *session);
bool mux_destination_pull(struct mux_channel *channel);

#endif /* _MUX_DESTINATION_H_ */
