/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limit: a source's channels together send no more than they may.
 */
#ifndef _MUX_LIMIT_H_
#define _MUX_LIMIT_H_

#include <linux/types.h>

struct mux_session;

void mux_limit_init(struct mux_session *session, u64 bytes_per_second);
void mux_limit_stop(struct mux_session *session);
void mux_limit_set(struct mux_session *session, u64 bytes_per_second);
bool mux_limit_holds(struct mux_session *session);
void mux_limit_take(struct mux_session *session);
void mux_limit_return(struct mux_session *session, u32 used);

#endif /* _MUX_LIMIT_H_ */
