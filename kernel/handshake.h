/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handshake: what opens a channel.
 */
#ifndef _MUX_HANDSHAKE_H_
#define _MUX_HANDSHAKE_H_

#include <linux/types.h>

struct mux_channel;

/* How long a handshake may take, in seconds */
#define MUX_HANDSHAKE_TIMEOUT	10

int mux_handshake_begin(struct mux_channel *channel);
bool mux_handshake_step(struct mux_channel *channel);
void mux_handshake_end(struct mux_channel *channel);

#endif /* _MUX_HANDSHAKE_H_ */
