/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pace: how fast a source's channels are, and which had better rest.
 */
#ifndef _MUX_PACE_H_
#define _MUX_PACE_H_

#include <linux/types.h>

struct mux_channel;
struct mux_session;

/**
 * struct mux_pace - what is known of a channel's rate
 * @since: since when it has had something under way, in nanoseconds; 0 while
 *	it has nothing
 * @acked: bytes acknowledged by then
 * @rate: bytes per second, 0 if unknown
 * @rest_until: when it takes a chunk again, whatever its rate; 0 if it does
 *	not rest
 */
struct mux_pace {
	u64 since;
	u64 acked;
	u64 rate;
	u64 rest_until;
};

void mux_pace_init(struct mux_session *session);
void mux_pace_stop(struct mux_session *session);
void mux_pace_begin(struct mux_channel *channel, u64 now);
void mux_pace_pause(struct mux_channel *channel);
bool mux_pace_rests(struct mux_channel *channel, u64 now);

#endif /* _MUX_PACE_H_ */
