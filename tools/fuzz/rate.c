// SPDX-License-Identifier: GPL-2.0
/*
 * kernel/rate.c: whatever is asked for and when, no more goes than the limit
 * admits in the time that has passed and in what can be saved up, and one
 * chunk; and who waits as long as told may go then.
 *
 * An input is a limit, and then steps: time passes, and a chunk goes if it may.
 */
#include "input.h"
#include "rate.h"

#define CHUNK_MAX	(16u << 20)
#define NS		1000000000ULL

/**
 * struct gone - what has gone since the limit was set
 * @since: when that was
 * @bytes: how much
 * @last: bytes of the last chunk
 */
struct gone {
	u64 since;
	u128 bytes;
	u32 last;
};

static void check_sum(const struct mux_rate *rate, const struct gone *gone, u64 now)
{
	u128 time = (u128)(now - gone->since) + MUX_RATE_SAVED_NS;

	CHECK((gone->bytes - gone->last) * NS <= time * rate->limit);
}

static void go(struct mux_rate *rate, struct gone *gone, u64 now, u32 bytes, u32 used)
{
	u64 before = rate->paid;

	mux_rate_take(rate, now, bytes);
	CHECK(!rate->limit || rate->paid >= before);
	mux_rate_return(rate, bytes, used);
	if (!rate->limit) {
		CHECK(rate->paid == before);
		return;
	}
	gone->bytes += used;
	gone->last = used;
	check_sum(rate, gone, now);
}

/* As long as told is long enough, and less is not */
static u64 sleep_through(const struct mux_rate *rate, u64 now, u64 wait)
{
	CHECK(mux_rate_wait(rate, now + wait - 1) == 1);
	CHECK(!mux_rate_wait(rate, now + wait));
	return now + wait;
}

static void set(struct mux_rate *rate, struct gone *gone, u64 now, u64 limit)
{
	mux_rate_set(rate, limit, now);
	CHECK(!mux_rate_wait(rate, now));
	*gone = (struct gone){ .since = now };
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	struct input input = { bytes, size };
	struct mux_rate rate;
	struct gone gone;
	u64 wait, now = input_u64(&input) >> 2;

	set(&rate, &gone, now, input_u64(&input) >> input_u8(&input) % 64);
	while (input.size && now < BIT_ULL(62)) {
		u32 chunk = 1 + input_u32(&input) % CHUNK_MAX;

		wait = mux_rate_wait(&rate, now);
		CHECK(rate.limit || !wait);
		if (!wait)
			go(&rate, &gone, now, chunk, input_u32(&input) % (chunk + 1));
		else
			now = sleep_through(&rate, now, wait);
		now += input_u32(&input) >> input_u8(&input) % 32;
		if (input_u8(&input) == 0xff)
			set(&rate, &gone, now, input_u64(&input) >> input_u8(&input) % 64);
	}
	return 0;
}
