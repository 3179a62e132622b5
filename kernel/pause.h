/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pause: a session that has lost its last channel waits for another one.
 */
#ifndef _MUX_PAUSE_H_
#define _MUX_PAUSE_H_

struct mux_error;
struct mux_session;

void mux_pause_init(struct mux_session *session);
void mux_pause_check(struct mux_session *session,
		     const struct mux_error *error);
void mux_pause_end(struct mux_session *session);
void mux_pause_stop(struct mux_session *session);

#endif /* _MUX_PAUSE_H_ */
