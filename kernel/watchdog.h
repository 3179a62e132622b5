/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Watchdog: fails channels that make no progress.
 */
#ifndef _MUX_WATCHDOG_H_
#define _MUX_WATCHDOG_H_

#include <linux/types.h>

struct mux_session;

/**
 * struct mux_watch - what the watchdog remembers of a channel
 * @acked: what the other host's TCP had acknowledged
 * @since: since when that and not more, in jiffies; 0 while there is nothing
 *	to be acknowledged
 */
struct mux_watch {
	u32 acked;
	unsigned long since;
};

void mux_watchdog_init(struct mux_session *session);
void mux_watchdog_start(struct mux_session *session);
void mux_watchdog_stop(struct mux_session *session);

#endif /* _MUX_WATCHDOG_H_ */
