// SPDX-License-Identifier: GPL-2.0
/*
 * Rate: a session's source asks here (limit.c) before it takes a chunk to
 * send, whichever channel it is for.
 *
 * A chunk may go when all before it is paid for, and then puts the bucket into
 * debt for as long as the limit gives it. So in any time no more goes than the
 * limit admits in it and in what can be saved up, and one chunk.
 *
 * A pure core: no locks, no allocation, no clock of its own.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "rate.h"

/* How long so many bytes take, rounded up: rather too slow than too fast */
static u64 time_of(const struct mux_rate *rate, u32 bytes)
{
	u64 whole = (u64)bytes * NSEC_PER_SEC;
	u64 time = div64_u64(whole, rate->limit);

	return time + (time * rate->limit < whole);
}

/**
 * mux_rate_set - set the limit, at first or while something goes
 * @rate: the bucket
 * @limit: bytes per second, 0 for no limit
 * @now: the time, in nanoseconds
 *
 * Debts of before are forgotten, and so is what was saved up.
 */
void mux_rate_set(struct mux_rate *rate, u64 limit, u64 now)
{
	rate->limit = limit;
	rate->paid = now;
}

/**
 * mux_rate_wait - when a chunk may go
 * @rate: the bucket
 * @now: the time, in nanoseconds
 *
 * Return: nanoseconds to wait, 0 if it may go at once.
 */
u64 mux_rate_wait(const struct mux_rate *rate, u64 now)
{
	if (!rate->limit || rate->paid <= now)
		return 0;
	return rate->paid - now;
}

/**
 * mux_rate_take - a chunk goes
 * @rate: the bucket
 * @now: the time, in nanoseconds
 * @bytes: bytes of the chunk
 */
void mux_rate_take(struct mux_rate *rate, u64 now, u32 bytes)
{
	u64 first = now > MUX_RATE_SAVED_NS ? now - MUX_RATE_SAVED_NS : 0;

	if (rate->limit)
		rate->paid = max(rate->paid, first) + time_of(rate, bytes);
}

/**
 * mux_rate_return - less has gone than was taken
 * @rate: the bucket
 * @taken: bytes taken
 * @used: bytes that have gone, no more than that
 */
void mux_rate_return(struct mux_rate *rate, u32 taken, u32 used)
{
	u64 spare;

	if (!rate->limit)
		return;
	spare = time_of(rate, taken) - time_of(rate, used);
	/* The limit may have been another when it was taken. */
	rate->paid -= min(rate->paid, spare);
}
