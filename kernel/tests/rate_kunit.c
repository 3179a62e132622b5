// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the token bucket, which is compiled into this file: whatever
 * is asked of it and when, no more goes than may, and hardly less.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../rate.c"

#define START		(1000 * NSEC_PER_SEC)
#define SAVED		((u64)MUX_RATE_SAVED_NS)

static const struct speed {
	const char *desc;
	u64 limit;
	u32 chunk;
} speeds[] = {
	{ "1 MB/s, 64 KiB", 1000000, SZ_64K },
	{ "1 MiB/s, 16 MiB", SZ_1M, SZ_16M },
	{ "10 MB/s, 1 MiB", 10000000, SZ_1M },
	{ "a prime of bytes, 64 KiB", 104729, SZ_64K },
	{ "125 MB/s, 1 MiB", 125000000, SZ_1M },
	{ "1.25 GB/s, 1 MiB", 1250000000, SZ_1M },
	{ "12.5 GB/s, 1 MiB", 12500000000, SZ_1M },
	{ "12.5 GB/s, 64 KiB", 12500000000, SZ_64K },
};

KUNIT_ARRAY_PARAM_DESC(speed, speeds, desc);

/* The most that may go in a time, to the byte and a rounding */
static u64 most_in(const struct speed *s, u64 ns)
{
	return mul_u64_u64_div_u64(s->limit, ns + SAVED, NSEC_PER_SEC) +
	       s->chunk + 1;
}

static void a_bucket_without_a_limit_never_waits(struct kunit *test)
{
	struct mux_rate rate;
	int i;

	mux_rate_set(&rate, 0, START);
	for (i = 0; i < 1000; i++) {
		mux_rate_take(&rate, START, U32_MAX);
		KUNIT_ASSERT_EQ(test, mux_rate_wait(&rate, START), 0);
	}
	mux_rate_return(&rate, U32_MAX, 0);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, 0), 0);
}

static void the_first_chunk_goes_at_once_the_next_in_time(struct kunit *test)
{
	struct mux_rate rate;

	mux_rate_set(&rate, 1000, START);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START), 0);
	mux_rate_take(&rate, START, 500);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START), NSEC_PER_SEC / 2);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START + 1),
			NSEC_PER_SEC / 2 - 1);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START + NSEC_PER_SEC / 2),
			0);
}

/* On time, every time: the limit is kept to the byte, and reached */
static void who_comes_in_time_gets_all_of_the_limit(struct kunit *test)
{
	const struct speed *s = test->param_value;
	u64 now = START, bytes = 0, wait, whole;
	struct mux_rate rate;
	int i;

	mux_rate_set(&rate, s->limit, now);
	for (i = 0; i < 10000; i++) {
		wait = mux_rate_wait(&rate, now);
		now += wait;
		KUNIT_ASSERT_EQ(test, mux_rate_wait(&rate, now), 0);
		KUNIT_ASSERT_LE(test, bytes + s->chunk,
				most_in(s, now - START));
		mux_rate_take(&rate, now, s->chunk);
		bytes += s->chunk;
	}
	/* All that went is paid for, with one nanosecond lost for each. */
	whole = mul_u64_u64_div_u64(bytes, NSEC_PER_SEC, s->limit);
	KUNIT_EXPECT_GE(test, rate.paid - START, whole);
	KUNIT_EXPECT_LE(test, rate.paid - START, whole + 10000);
}

/* Late, but never later than what is saved up: nothing is lost */
static void who_comes_late_gets_all_of_the_limit(struct kunit *test)
{
	const struct speed *s = test->param_value;
	u64 now = START, bytes = 0, whole;
	struct rnd_state random;
	struct mux_rate rate;
	int i;

	prandom_seed_state(&random, 4711);
	mux_rate_set(&rate, s->limit, now);
	for (i = 0; i < 10000; i++) {
		u64 wait = mux_rate_wait(&rate, now);

		if (wait)
			now += wait + prandom_u32_state(&random) % SAVED;
		mux_rate_take(&rate, now, s->chunk);
		bytes += s->chunk;
		KUNIT_ASSERT_LE(test, bytes, most_in(s, now - START));
	}
	whole = mul_u64_u64_div_u64(bytes, NSEC_PER_SEC, s->limit);
	KUNIT_EXPECT_LE(test, rate.paid - START, whole + 10000);
}

/* Any sizes at any times, some given back: never too much in any time */
static void no_schedule_gets_more_than_the_limit(struct kunit *test)
{
	const struct speed *s = test->param_value;
	u64 now = START, bytes = 0;
	struct rnd_state random;
	struct mux_rate rate;
	int i;

	prandom_seed_state(&random, s->chunk);
	mux_rate_set(&rate, s->limit, now);
	for (i = 0; i < 20000; i++) {
		u32 used = prandom_u32_state(&random) % (s->chunk + 1);

		now += prandom_u32_state(&random) % (2 * SAVED);
		if (mux_rate_wait(&rate, now))
			continue;
		mux_rate_take(&rate, now, s->chunk);
		if (used & 1)
			mux_rate_return(&rate, s->chunk, used);
		else
			used = s->chunk;
		bytes += used;
		KUNIT_ASSERT_LE(test, bytes, most_in(s, now - START));
	}
}

static void nothing_more_is_saved_up_in_an_hour(struct kunit *test)
{
	const struct speed *s = test->param_value;
	u64 now = START + 3600 * NSEC_PER_SEC;
	struct mux_rate rate;
	u64 bytes = 0;

	mux_rate_set(&rate, s->limit, START);
	mux_rate_take(&rate, START, s->chunk);
	while (!mux_rate_wait(&rate, now)) {
		mux_rate_take(&rate, now, s->chunk);
		bytes += s->chunk;
	}
	KUNIT_EXPECT_LE(test, bytes, most_in(s, 0));
	KUNIT_EXPECT_GE(test, bytes, s->chunk);
}

static void what_did_not_go_costs_nothing(struct kunit *test)
{
	const struct speed *s = test->param_value;
	struct mux_rate rate;

	mux_rate_set(&rate, s->limit, START);
	mux_rate_take(&rate, START, s->chunk);
	mux_rate_return(&rate, s->chunk, 0);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START), 0);
	mux_rate_take(&rate, START + SAVED, s->chunk);
	mux_rate_return(&rate, s->chunk, 1);
	KUNIT_EXPECT_LE(test, mux_rate_wait(&rate, START + SAVED),
			time_of(&rate, 1));
}

static void another_limit_holds_from_now_on(struct kunit *test)
{
	struct mux_rate rate;

	mux_rate_set(&rate, 1, START);
	mux_rate_take(&rate, START, SZ_16M);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START),
			SZ_16M * NSEC_PER_SEC);
	mux_rate_set(&rate, 1000, START + 5);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START + 5), 0);
	/* What is given back now was taken at the old limit. */
	mux_rate_return(&rate, SZ_16M, 0);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START + 5), 0);
	mux_rate_take(&rate, START + 5, 1000);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START + 5),
			NSEC_PER_SEC - SAVED);
	mux_rate_set(&rate, 0, START + 6);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, START + 6), 0);
}

static void the_ends_of_all_numbers_are_no_trouble(struct kunit *test)
{
	struct mux_rate rate;

	mux_rate_set(&rate, U64_MAX, 0);
	mux_rate_take(&rate, 0, U32_MAX);
	KUNIT_EXPECT_LE(test, mux_rate_wait(&rate, 0), 1);
	mux_rate_return(&rate, U32_MAX, 0);
	mux_rate_return(&rate, U32_MAX, 0);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, 0), 0);
	mux_rate_set(&rate, 1, 0);
	mux_rate_take(&rate, 0, U32_MAX);
	KUNIT_EXPECT_EQ(test, mux_rate_wait(&rate, 0), U32_MAX * NSEC_PER_SEC);
}

static struct kunit_case rate_cases[] = {
	KUNIT_CASE(a_bucket_without_a_limit_never_waits),
	KUNIT_CASE(the_first_chunk_goes_at_once_the_next_in_time),
	KUNIT_CASE_PARAM(who_comes_in_time_gets_all_of_the_limit,
			 speed_gen_params),
	KUNIT_CASE_PARAM(who_comes_late_gets_all_of_the_limit,
			 speed_gen_params),
	KUNIT_CASE_PARAM(no_schedule_gets_more_than_the_limit,
			 speed_gen_params),
	KUNIT_CASE_PARAM(nothing_more_is_saved_up_in_an_hour,
			 speed_gen_params),
	KUNIT_CASE_PARAM(what_did_not_go_costs_nothing, speed_gen_params),
	KUNIT_CASE(another_limit_holds_from_now_on),
	KUNIT_CASE(the_ends_of_all_numbers_are_no_trouble),
	{}
};

static struct kunit_suite rate_suite = {
	.name = "vfio_mig_mux_rate",
	.test_cases = rate_cases,
};

kunit_test_suite(rate_suite);
