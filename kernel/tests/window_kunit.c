// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the credit window, which is compiled into this file: the
 * source never runs further ahead than the destination has slots for.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../window.c"

static const struct open_case {
	const char *desc;
	struct mux_window window;
	bool open;
} open_cases[] = {
	{ "size 0, nothing sent", { 0, 0, 0 }, false },
	{ "size 0, all loaded", { 7, 7, 0 }, false },
	{ "size 1, nothing sent", { 0, 0, 1 }, true },
	{ "size 1, one under way", { 1, 0, 1 }, false },
	{ "size 1, all loaded", { 1, 1, 1 }, true },
	{ "size 8, nothing sent", { 0, 0, 8 }, true },
	{ "size 8, seven under way", { 7, 0, 8 }, true },
	{ "size 8, eight under way", { 8, 0, 8 }, false },
	{ "size 8, one of eight loaded", { 8, 1, 8 }, true },
	{ "size 8, eight under way later on", { 108, 100, 8 }, false },
	{ "size 7, seven under way", { 7, 0, 7 }, false },
	{ "largest size, nothing sent", { 0, 0, U32_MAX }, true },
	{ "largest size, one place left", { U32_MAX - 1ULL, 0, U32_MAX }, true },
	{ "largest size, full", { U32_MAX, 0, U32_MAX }, false },
	{ "more under way than 32 bits count", { BIT_ULL(32), 0, 1 }, false },
	{ "largest size later on, full", { BIT_ULL(32) + 3, 4, U32_MAX }, false },
	{ "size 4 across 2^32, full", { BIT_ULL(32) + 2, BIT_ULL(32) - 2, 4 },
	  false },
	{ "size 4 across 2^32, one place left",
	  { BIT_ULL(32) + 1, BIT_ULL(32) - 2, 4 }, true },
	{ "size 4 across 2^63, full", { BIT_ULL(63) + 2, BIT_ULL(63) - 2, 4 },
	  false },
	{ "size 4 across 2^63, one place left",
	  { BIT_ULL(63) + 1, BIT_ULL(63) - 2, 4 }, true },
	{ "size 1 before the last index", { U64_MAX - 1, U64_MAX - 1, 1 }, true },
	{ "size 1 at the last index, one under way", { U64_MAX, U64_MAX - 1, 1 },
	  false },
	{ "size 2 at the last index, one place left",
	  { U64_MAX, U64_MAX - 1, 2 }, true },
	{ "size 2 at the last index, full", { U64_MAX, U64_MAX - 2, 2 }, false },
};

KUNIT_ARRAY_PARAM_DESC(open_case, open_cases, desc);

static void a_window_is_open_for_its_size(struct kunit *test)
{
	const struct open_case *c = test->param_value;

	KUNIT_EXPECT_EQ_MSG(test, mux_window_open(&c->window), c->open,
			    "next %llu, loaded %llu, size %u", c->window.next,
			    c->window.loaded, c->window.size);
}

static const struct ack_case {
	const char *desc;
	struct mux_window window;
	u64 loaded;
	enum mux_window_verdict verdict;
} ack_cases[] = {
	{ "nothing sent, nothing loaded", { 0, 0, 4 }, 0, MUX_WINDOW_STALE },
	{ "nothing sent, one loaded", { 0, 0, 4 }, 1, MUX_WINDOW_UNSENT },
	{ "nothing sent, all loaded", { 0, 0, 4 }, U64_MAX, MUX_WINDOW_UNSENT },
	{ "size still unknown", { 0, 0, 0 }, 1, MUX_WINDOW_UNSENT },
	{ "nothing new", { 5, 3, 4 }, 3, MUX_WINDOW_STALE },
	{ "one before", { 5, 3, 4 }, 2, MUX_WINDOW_STALE },
	{ "the very first", { 5, 3, 4 }, 0, MUX_WINDOW_STALE },
	{ "one more", { 5, 3, 4 }, 4, MUX_WINDOW_MOVED },
	{ "all that was sent", { 5, 3, 4 }, 5, MUX_WINDOW_MOVED },
	{ "one more than was sent", { 5, 3, 4 }, 6, MUX_WINDOW_UNSENT },
	{ "the end of the window, not sent yet", { 5, 3, 4 }, 7,
	  MUX_WINDOW_UNSENT },
	{ "2^32 more than was sent", { 5, 3, 4 }, BIT_ULL(32) + 4,
	  MUX_WINDOW_UNSENT },
	{ "the last index", { 5, 3, 4 }, U64_MAX, MUX_WINDOW_UNSENT },
	{ "all loaded, nothing new", { 5, 5, 4 }, 5, MUX_WINDOW_STALE },
	{ "all loaded, one more", { 5, 5, 4 }, 6, MUX_WINDOW_UNSENT },
	{ "across 2^32", { BIT_ULL(32) + 2, BIT_ULL(32) - 2, 4 }, BIT_ULL(32),
	  MUX_WINDOW_MOVED },
	{ "across 2^32, in 32 bits only", { BIT_ULL(32) + 2, BIT_ULL(32) - 2, 4 },
	  1, MUX_WINDOW_STALE },
	{ "across 2^63", { BIT_ULL(63) + 2, BIT_ULL(63) - 2, 4 },
	  BIT_ULL(63) + 1, MUX_WINDOW_MOVED },
	{ "the last index sent", { U64_MAX, U64_MAX - 1, 2 }, U64_MAX,
	  MUX_WINDOW_MOVED },
	{ "the last index sent, index zero", { U64_MAX, U64_MAX - 1, 2 }, 0,
	  MUX_WINDOW_STALE },
	{ "before the last index", { U64_MAX - 1, U64_MAX - 2, 2 }, U64_MAX,
	  MUX_WINDOW_UNSENT },
};

KUNIT_ARRAY_PARAM_DESC(ack_case, ack_cases, desc);

static void an_ack_moves_the_window_or_does_not(struct kunit *test)
{
	const struct ack_case *c = test->param_value;
	struct mux_window window = c->window;

	KUNIT_EXPECT_EQ_MSG(test, mux_window_check(&window, c->loaded),
			    c->verdict, "next %llu, loaded %llu, ack of %llu",
			    window.next, window.loaded, c->loaded);
	KUNIT_EXPECT_EQ(test, window.next, c->window.next);
	KUNIT_EXPECT_EQ(test, window.loaded, c->window.loaded);
	KUNIT_EXPECT_EQ(test, window.size, c->window.size);
}

static void a_window_gives_as_many_indices_as_its_size(struct kunit *test)
{
	static const u32 sizes[] = { 0, 1, 2, 3, 7, 8, 64, 1000 };
	struct mux_window window;
	int i;
	u64 n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		window = (struct mux_window) { .size = sizes[i] };
		for (n = 0; mux_window_open(&window) && n <= sizes[i]; n++)
			KUNIT_EXPECT_EQ(test, mux_window_take(&window), n);
		KUNIT_EXPECT_EQ_MSG(test, n, sizes[i], "window of %u", sizes[i]);
		KUNIT_EXPECT_EQ(test, window.next, sizes[i]);
		KUNIT_EXPECT_EQ(test, window.loaded, 0);
	}
}

static void a_window_that_shrinks_stays_shut_until_loaded(struct kunit *test)
{
	struct mux_window window = { .next = 18, .loaded = 10, .size = 8 };
	u64 loaded;

	window.size = 3;
	for (loaded = 10; loaded <= 18; loaded++) {
		window.loaded = loaded;
		KUNIT_EXPECT_EQ_MSG(test, mux_window_open(&window), loaded > 15,
				    "loaded %llu of 18", loaded);
	}
}

static const struct schedule {
	const char *desc;
	u32 size;
	u64 start;
} schedules[] = {
	{ "1 from 0", 1, 0 },
	{ "2 from 0", 2, 0 },
	{ "3 from 0", 3, 0 },
	{ "7 from 0", 7, 0 },
	{ "8 from 0", 8, 0 },
	{ "64 from 0", 64, 0 },
	{ "1000 from 0", 1000, 0 },
	{ "8 across 2^32", 8, BIT_ULL(32) - 5000 },
	{ "7 across 2^63", 7, BIT_ULL(63) - 5000 },
	{ "8 up to the last index", 8, U64_MAX - 3000 },
};

KUNIT_ARRAY_PARAM_DESC(schedule, schedules, desc);

/* What an ACK of any age, or of the future, must do to @window */
static void acknowledge(struct kunit *test, struct mux_window *window,
			u64 loaded)
{
	enum mux_window_verdict verdict = mux_window_check(window, loaded);

	if (loaded > window->next)
		KUNIT_ASSERT_EQ_MSG(test, verdict, MUX_WINDOW_UNSENT,
				    "ack of %llu, next %llu", loaded,
				    window->next);
	else if (loaded > window->loaded)
		KUNIT_ASSERT_EQ_MSG(test, verdict, MUX_WINDOW_MOVED,
				    "ack of %llu, loaded %llu", loaded,
				    window->loaded);
	else
		KUNIT_ASSERT_EQ_MSG(test, verdict, MUX_WINDOW_STALE,
				    "ack of %llu, loaded %llu", loaded,
				    window->loaded);
	if (verdict == MUX_WINDOW_MOVED)
		window->loaded = loaded;
}

static void no_schedule_sends_beyond_the_window(struct kunit *test)
{
	const struct schedule *s = test->param_value;
	struct mux_window window = { s->start, s->start, s->size };
	u64 index, next = s->start;
	struct rnd_state random;
	int step;

	prandom_seed_state(&random, 0x6d7578 + s->size);
	for (step = 0; step < 20000 && next < U64_MAX; step++) {
		if (prandom_u32_state(&random) % 2) {
			if (!mux_window_open(&window)) {
				KUNIT_ASSERT_EQ(test, window.next,
						window.loaded + s->size);
				continue;
			}
			index = mux_window_take(&window);
			KUNIT_ASSERT_EQ_MSG(test, index, next,
					    "an index is lost or doubled");
			KUNIT_ASSERT_LT_MSG(test, index - window.loaded, s->size,
					    "index %llu, loaded %llu", index,
					    window.loaded);
			next++;
		} else {
			index = window.loaded + 3 +
				prandom_u32_state(&random) % (s->size + 6);
			acknowledge(test, &window, max(index, 6) - 6);
		}
	}
	KUNIT_EXPECT_GT_MSG(test, next, s->start + 1000, "the schedule stalled");
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE_PARAM(a_window_is_open_for_its_size, open_case_gen_params),
	KUNIT_CASE_PARAM(an_ack_moves_the_window_or_does_not,
			 ack_case_gen_params),
	KUNIT_CASE(a_window_gives_as_many_indices_as_its_size),
	KUNIT_CASE(a_window_that_shrinks_stays_shut_until_loaded),
	KUNIT_CASE_PARAM(no_schedule_sends_beyond_the_window,
			 schedule_gen_params),
	{}
};

static struct kunit_suite window_suite = {
	.name = "vfio_mig_mux_window",
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);
