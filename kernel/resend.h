/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Resend: what a source's channel takes with it when it goes.
 */
#ifndef _MUX_RESEND_H_
#define _MUX_RESEND_H_

#include <linux/types.h>

struct mux_channel;
struct mux_device;
struct mux_session;

void mux_resend_lose(struct mux_channel *channel);
void mux_resend_forget(struct mux_channel *channel);
struct mux_device *mux_resend_pick(struct mux_session *session, u64 *index);

#endif /* _MUX_RESEND_H_ */
