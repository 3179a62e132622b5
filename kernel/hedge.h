/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hedging: which chunk to send a second time because all wait for it.
 */
#ifndef _MUX_HEDGE_H_
#define _MUX_HEDGE_H_

#include <linux/types.h>

struct mux_channel;
struct mux_device;
struct mux_session;

void mux_hedge_init(struct mux_session *session);
void mux_hedge_stop(struct mux_session *session);
void mux_hedge_note(struct mux_device *device, u64 latency);
void mux_hedge_arm(struct mux_session *session);
struct mux_device *mux_hedge_pick(struct mux_channel *channel, u64 now,
				  u64 *index);

#endif /* _MUX_HEDGE_H_ */
