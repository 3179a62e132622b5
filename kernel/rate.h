/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rate: when the next chunk may go so that no more go than a limit admits.
 */
#ifndef _MUX_RATE_H_
#define _MUX_RATE_H_

#include <linux/types.h>

/* What may be saved up while nothing goes, in nanoseconds of the limit: as
 * much as somebody may come late without anything being lost
 */
#define MUX_RATE_SAVED_NS	10000000

/**
 * struct mux_rate - a token bucket, its content told as a time
 * @limit: bytes per second, 0 for no limit
 * @paid: when all that has gone so far will be paid for, in nanoseconds; what
 *	lies in the past has been saved up
 */
struct mux_rate {
	u64 limit;
	u64 paid;
};

void mux_rate_set(struct mux_rate *rate, u64 limit, u64 now);
u64 mux_rate_wait(const struct mux_rate *rate, u64 now);
void mux_rate_take(struct mux_rate *rate, u64 now, u32 bytes);
void mux_rate_return(struct mux_rate *rate, u32 taken, u32 used);

#endif /* _MUX_RATE_H_ */
