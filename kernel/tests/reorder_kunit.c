// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the reorder buffer, which is compiled into this file: in
 * whatever order chunks arrive, and however often, each leaves once and in
 * its turn.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../reorder.c"

/* Different for every index, so that a mix-up shows in every field */
static struct mux_chunk chunk_of(u64 index)
{
	return (struct mux_chunk) {
		.slot = (void *)(index * 4096 + 8),
		.offset = index * 1000,
		.length = 1 + index % 65536,
		.crc = index * 2654435761U,
	};
}

static struct mux_chunk *a_ring(struct kunit *test, u32 capacity)
{
	struct mux_chunk *ring;

	ring = kunit_kcalloc(test, capacity, sizeof(*ring), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ring);
	return ring;
}

/* A buffer that has loaded all chunks below @head and holds none */
static struct mux_reorder a_buffer(struct kunit *test, u32 capacity, u32 window,
				   u64 head)
{
	struct mux_reorder reorder;

	mux_reorder_init(&reorder, a_ring(test, capacity), capacity, window);
	reorder.head = head;
	return reorder;
}

static enum mux_reorder_verdict place(struct mux_reorder *reorder, u64 index)
{
	struct mux_chunk chunk = chunk_of(index);

	return mux_reorder_place(reorder, index, &chunk);
}

static enum mux_reorder_verdict check(const struct mux_reorder *reorder,
				      u64 index)
{
	struct mux_chunk chunk = chunk_of(index);

	chunk.slot = NULL;
	return mux_reorder_check(reorder, index, &chunk);
}

/* Load the head chunk, which must be the one with @index */
static void load(struct kunit *test, struct mux_reorder *reorder, u64 index)
{
	const struct mux_chunk *head = mux_reorder_head(reorder);
	struct mux_chunk should = chunk_of(index);

	KUNIT_ASSERT_NOT_NULL_MSG(test, head, "chunk %llu is lost", index);
	KUNIT_ASSERT_EQ(test, reorder->head, index);
	KUNIT_ASSERT_PTR_EQ(test, head->slot, should.slot);
	KUNIT_ASSERT_EQ(test, head->offset, should.offset);
	KUNIT_ASSERT_EQ(test, head->length, should.length);
	KUNIT_ASSERT_EQ(test, head->crc, should.crc);
	KUNIT_ASSERT_PTR_EQ(test, mux_reorder_advance(reorder), should.slot);
	KUNIT_ASSERT_EQ(test, reorder->head, index + 1);
}

static void a_new_buffer_is_empty(struct kunit *test)
{
	struct mux_chunk *ring = a_ring(test, 8);
	struct mux_reorder reorder;

	memset(&reorder, 0xa5, sizeof(reorder));
	mux_reorder_init(&reorder, ring, 8, 5);
	KUNIT_EXPECT_PTR_EQ(test, reorder.ring, ring);
	KUNIT_EXPECT_EQ(test, reorder.mask, 7);
	KUNIT_EXPECT_EQ(test, reorder.window, 5);
	KUNIT_EXPECT_EQ(test, reorder.held, 0);
	KUNIT_EXPECT_EQ(test, reorder.held_max, 0);
	KUNIT_EXPECT_EQ(test, reorder.head, 0);
	KUNIT_EXPECT_NULL(test, mux_reorder_head(&reorder));
}

/* Where windows begin and how large their rings are */
static const struct shape {
	const char *desc;
	u32 window;
	u32 capacity;
	u64 start;
} shapes[] = {
	{ "window 1", 1, 1, 0 },
	{ "window 1, ring of 2", 1, 2, 0 },
	{ "window 1, ring of 8", 1, 8, 0 },
	{ "window 2", 2, 2, 0 },
	{ "window 2, ring of 4", 2, 4, 0 },
	{ "window 3", 3, 4, 0 },
	{ "window 3, ring of 16", 3, 16, 0 },
	{ "window 7", 7, 8, 0 },
	{ "window 7, ring of 64", 7, 64, 0 },
	{ "window 8", 8, 8, 0 },
	{ "window 8, ring of 16", 8, 16, 0 },
	{ "window 64", 64, 64, 0 },
	{ "window 64, ring of 256", 64, 256, 0 },
	{ "window 3 across 2^32", 3, 4, BIT_ULL(32) - 500 },
	{ "window 64 across 2^32", 64, 64, BIT_ULL(32) - 500 },
	{ "window 8 across 2^63", 8, 8, BIT_ULL(63) - 500 },
	{ "window 7 up to the last index", 7, 8, U64_MAX - 1000 },
	{ "window 64 up to the last index", 64, 64, U64_MAX - 1000 },
};

KUNIT_ARRAY_PARAM_DESC(shape, shapes, desc);

#define CHUNKS		1000

static void chunks_in_order_never_pile_up(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct mux_reorder reorder;
	u64 index;

	reorder = a_buffer(test, s->capacity, s->window, s->start);
	for (index = s->start; index < s->start + CHUNKS; index++) {
		KUNIT_ASSERT_NULL(test, mux_reorder_head(&reorder));
		KUNIT_ASSERT_EQ_MSG(test, place(&reorder, index),
				    MUX_REORDER_WANTED, "chunk %llu", index);
		KUNIT_ASSERT_EQ(test, reorder.held, 1);
		load(test, &reorder, index);
		KUNIT_ASSERT_EQ(test, reorder.held, 0);
	}
	KUNIT_EXPECT_EQ(test, reorder.held_max, 1);
}

static void chunks_in_reverse_order_wait_for_the_first(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct mux_reorder reorder;
	u64 index, first;
	u32 i;

	reorder = a_buffer(test, s->capacity, s->window, s->start);
	for (first = s->start; first <= s->start + CHUNKS - s->window;
	     first += s->window) {
		for (i = 1; i <= s->window; i++) {
			index = first + s->window - i;
			KUNIT_ASSERT_NULL_MSG(test, mux_reorder_head(&reorder),
					      "before chunk %llu", index);
			KUNIT_ASSERT_EQ_MSG(test, place(&reorder, index),
					    MUX_REORDER_WANTED, "chunk %llu",
					    index);
			KUNIT_ASSERT_EQ(test, reorder.held, i);
		}
		for (i = 0; i < s->window; i++)
			load(test, &reorder, first + i);
		KUNIT_ASSERT_EQ(test, reorder.held, 0);
	}
	KUNIT_EXPECT_EQ(test, reorder.held_max, s->window);
}

/*
 * A model of a network: all chunks of the window are under way, come in any
 * order, some of them several times and late, and are loaded now and then.
 */
struct schedule {
	struct mux_reorder reorder;
	struct rnd_state random;
	u64 start;
	u64 head;
	u32 held;
	u32 held_max;
	bool arrived[CHUNKS];
};

static u32 below(struct schedule *s, u32 bound)
{
	return prandom_u32_state(&s->random) % bound;
}

static void deliver(struct kunit *test, struct schedule *s, u64 index)
{
	enum mux_reorder_verdict should = MUX_REORDER_WANTED;

	if (index < s->head)
		should = MUX_REORDER_LOADED;
	else if (index - s->head >= s->reorder.window)
		should = MUX_REORDER_BEYOND;
	else if (s->arrived[index - s->start])
		should = MUX_REORDER_DUPLICATE;

	KUNIT_ASSERT_EQ_MSG(test, check(&s->reorder, index), should,
			    "check of chunk %llu, head %llu", index, s->head);
	KUNIT_ASSERT_EQ_MSG(test, place(&s->reorder, index), should,
			    "chunk %llu, head %llu", index, s->head);
	if (should == MUX_REORDER_WANTED) {
		s->arrived[index - s->start] = true;
		s->held_max = max(s->held_max, ++s->held);
	}
	KUNIT_ASSERT_EQ_MSG(test, s->reorder.held, s->held, "after chunk %llu",
			    index);
	KUNIT_ASSERT_EQ_MSG(test, s->reorder.held_max, s->held_max,
			    "after chunk %llu", index);
}

static void load_if_arrived(struct kunit *test, struct schedule *s)
{
	if (!s->arrived[s->head - s->start]) {
		KUNIT_ASSERT_NULL_MSG(test, mux_reorder_head(&s->reorder),
				      "chunk %llu has not arrived", s->head);
		return;
	}
	load(test, &s->reorder, s->head++);
	KUNIT_ASSERT_EQ(test, s->reorder.held, --s->held);
}

static void no_schedule_loses_or_doubles_a_chunk(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	u64 end = shape->start + CHUNKS;
	struct schedule *s;
	s64 position;
	int steps = 0;

	s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s);
	s->reorder = a_buffer(test, shape->capacity, shape->window,
			      shape->start);
	s->start = shape->start;
	s->head = shape->start;
	prandom_seed_state(&s->random, shape->window * 1000 + shape->capacity);

	while (s->head < end) {
		KUNIT_ASSERT_LT_MSG(test, steps++, 200 * CHUNKS,
				    "stuck at chunk %llu", s->head);
		if (!below(s, 3)) {
			load_if_arrived(test, s);
			continue;
		}
		/* From a window before the window to a place behind it */
		position = s->head - s->start + below(s, 2 * shape->window + 2);
		position -= shape->window;
		if (position >= 0 && position < CHUNKS)
			deliver(test, s, s->start + position);
	}
	KUNIT_EXPECT_EQ(test, s->reorder.held, 0);
	KUNIT_EXPECT_NULL(test, mux_reorder_head(&s->reorder));
}

static void a_full_window_in_random_order_leaves_in_order(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct mux_reorder reorder;
	struct rnd_state random;
	u32 order[64], i, j;
	int round;
	u64 first;

	prandom_seed_state(&random, shape->capacity);
	reorder = a_buffer(test, shape->capacity, shape->window, shape->start);
	for (round = 0; round < 15; round++) {
		first = shape->start + round * shape->window;
		for (i = 0; i < shape->window; i++) {
			j = prandom_u32_state(&random) % (i + 1);
			order[i] = order[j];
			order[j] = i;
		}
		for (i = 0; i < shape->window; i++)
			KUNIT_ASSERT_EQ_MSG(test,
					    place(&reorder, first + order[i]),
					    MUX_REORDER_WANTED,
					    "chunk %llu", first + order[i]);
		KUNIT_EXPECT_EQ(test, reorder.held, shape->window);
		for (i = 0; i < shape->window; i++)
			load(test, &reorder, first + i);
	}
	KUNIT_EXPECT_EQ(test, reorder.held_max, shape->window);
}

static const struct index_case {
	const char *desc;
	u32 window;
	u32 capacity;
	u64 head;
	u64 index;
	enum mux_reorder_verdict verdict;
} index_cases[] = {
	{ "the first of a window of 1", 1, 1, 0, 0, MUX_REORDER_WANTED },
	{ "the second of a window of 1", 1, 1, 0, 1, MUX_REORDER_BEYOND },
	{ "the last in the window", 8, 8, 0, 7, MUX_REORDER_WANTED },
	{ "one beyond the window", 8, 8, 0, 8, MUX_REORDER_BEYOND },
	{ "one beyond a window smaller than its ring", 7, 8, 0, 7,
	  MUX_REORDER_BEYOND },
	{ "beyond the window, still within the ring", 3, 16, 0, 15,
	  MUX_REORDER_BEYOND },
	{ "one ring beyond", 3, 16, 0, 16, MUX_REORDER_BEYOND },
	{ "the last in the window later on", 8, 8, 1000, 1007,
	  MUX_REORDER_WANTED },
	{ "one beyond the window later on", 8, 8, 1000, 1008,
	  MUX_REORDER_BEYOND },
	{ "2^32 beyond", 8, 8, 0, BIT_ULL(32), MUX_REORDER_BEYOND },
	{ "2^32 less one beyond", 8, 8, 0, U32_MAX, MUX_REORDER_BEYOND },
	{ "2^32 and one beyond, later on", 8, 8, 1000, BIT_ULL(32) + 1001,
	  MUX_REORDER_BEYOND },
	{ "2^63 beyond", 8, 8, 1000, BIT_ULL(63) + 1000, MUX_REORDER_BEYOND },
	{ "the index that would need 6 GB of table", 8, 8, 0, 0x0fffffff,
	  MUX_REORDER_BEYOND },
	{ "the last index", 8, 8, 0, U64_MAX, MUX_REORDER_BEYOND },
	{ "the last index later on", 8, 8, 1000, U64_MAX, MUX_REORDER_BEYOND },
	{ "one before the head", 8, 8, 1000, 999, MUX_REORDER_LOADED },
	{ "a window before the head", 8, 8, 1000, 992, MUX_REORDER_LOADED },
	{ "a ring and a half before the head", 8, 8, 1000, 988,
	  MUX_REORDER_LOADED },
	{ "the very first, long loaded", 8, 8, 1000, 0, MUX_REORDER_LOADED },
	{ "the head of the last window", 8, 8, U64_MAX - 7, U64_MAX - 7,
	  MUX_REORDER_WANTED },
	{ "the last index of the last window", 8, 8, U64_MAX - 7, U64_MAX,
	  MUX_REORDER_WANTED },
	{ "the last index as head", 8, 8, U64_MAX, U64_MAX, MUX_REORDER_WANTED },
	{ "the first index behind the last", 8, 8, U64_MAX - 3, 0,
	  MUX_REORDER_LOADED },
	{ "the last index, one beyond", 7, 8, U64_MAX - 7, U64_MAX,
	  MUX_REORDER_BEYOND },
	{ "the largest window's last", 65536, 65536, 5, 65540,
	  MUX_REORDER_WANTED },
	{ "one beyond the largest window", 65536, 65536, 5, 65541,
	  MUX_REORDER_BEYOND },
};

KUNIT_ARRAY_PARAM_DESC(index_case, index_cases, desc);

static void an_index_is_judged_by_its_window(struct kunit *test)
{
	const struct index_case *c = test->param_value;
	struct mux_reorder reorder;

	reorder = a_buffer(test, c->capacity, c->window, c->head);
	KUNIT_EXPECT_EQ_MSG(test, check(&reorder, c->index), c->verdict,
			    "check of chunk %llu", c->index);
	KUNIT_EXPECT_EQ_MSG(test, place(&reorder, c->index), c->verdict,
			    "chunk %llu", c->index);
	KUNIT_EXPECT_EQ(test, reorder.held, c->verdict == MUX_REORDER_WANTED);
	KUNIT_EXPECT_EQ(test, reorder.head, c->head);
}

/* Beyond a full window every index meets a place that is taken */
static void an_index_beyond_a_full_window_is_no_duplicate(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct mux_reorder reorder;
	u64 index;
	u32 i;

	if (s->start > U64_MAX - 2000)
		kunit_skip(test, "there is nothing beyond the last index");
	reorder = a_buffer(test, s->capacity, s->window, s->start);
	for (i = 0; i < s->window; i++)
		place(&reorder, s->start + i);
	for (i = 0; i < 2 * s->capacity; i++) {
		index = s->start + s->window + i;
		KUNIT_ASSERT_EQ_MSG(test, place(&reorder, index),
				    MUX_REORDER_BEYOND, "chunk %llu", index);
		KUNIT_ASSERT_EQ(test, place(&reorder, index + BIT_ULL(32)),
				MUX_REORDER_BEYOND);
	}
	for (i = 0; i < s->window; i++)
		load(test, &reorder, s->start + i);
}

static void a_duplicate_is_known_before_while_and_after_loading(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 8, 8, 5);

	KUNIT_EXPECT_EQ(test, check(&reorder, 6), MUX_REORDER_WANTED);
	KUNIT_EXPECT_EQ(test, place(&reorder, 6), MUX_REORDER_WANTED);
	KUNIT_EXPECT_EQ(test, place(&reorder, 6), MUX_REORDER_DUPLICATE);
	KUNIT_EXPECT_EQ(test, place(&reorder, 5), MUX_REORDER_WANTED);
	load(test, &reorder, 5);

	/* The loader has taken a look at chunk 6 and is writing it */
	KUNIT_ASSERT_NOT_NULL(test, mux_reorder_head(&reorder));
	KUNIT_EXPECT_EQ(test, check(&reorder, 6), MUX_REORDER_DUPLICATE);
	KUNIT_EXPECT_EQ(test, place(&reorder, 6), MUX_REORDER_DUPLICATE);
	KUNIT_EXPECT_EQ(test, reorder.held, 1);
	load(test, &reorder, 6);

	KUNIT_EXPECT_EQ(test, place(&reorder, 6), MUX_REORDER_LOADED);
	KUNIT_EXPECT_EQ(test, place(&reorder, 5), MUX_REORDER_LOADED);
	KUNIT_EXPECT_EQ(test, reorder.held, 0);
	KUNIT_EXPECT_EQ(test, reorder.held_max, 2);
}

static void a_place_is_free_again_when_its_chunk_is_loaded(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 4, 4, 0);

	KUNIT_EXPECT_EQ(test, place(&reorder, 0), MUX_REORDER_WANTED);
	KUNIT_EXPECT_EQ(test, place(&reorder, 4), MUX_REORDER_BEYOND);
	load(test, &reorder, 0);
	KUNIT_EXPECT_EQ(test, place(&reorder, 4), MUX_REORDER_WANTED);
	KUNIT_EXPECT_EQ(test, place(&reorder, 4), MUX_REORDER_DUPLICATE);
	KUNIT_EXPECT_NULL(test, mux_reorder_head(&reorder));
}

static void each_difference_of_a_waiting_chunk_is_a_conflict(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 8, 8, 1000);
	struct mux_chunk chunk;
	int bit;

	KUNIT_ASSERT_EQ(test, place(&reorder, 1003), MUX_REORDER_WANTED);
	for (bit = 0; bit < 32; bit++) {
		chunk = chunk_of(1003);
		chunk.length ^= BIT(bit);
		KUNIT_EXPECT_EQ_MSG(test, mux_reorder_place(&reorder, 1003,
							    &chunk),
				    MUX_REORDER_CONFLICT, "length, bit %d", bit);
		chunk = chunk_of(1003);
		chunk.crc ^= BIT(bit);
		KUNIT_EXPECT_EQ_MSG(test, mux_reorder_place(&reorder, 1003,
							    &chunk),
				    MUX_REORDER_CONFLICT, "crc, bit %d", bit);
	}
	for (bit = 0; bit < 64; bit++) {
		chunk = chunk_of(1003);
		chunk.offset ^= BIT_ULL(bit);
		KUNIT_EXPECT_EQ_MSG(test, mux_reorder_check(&reorder, 1003,
							    &chunk),
				    MUX_REORDER_CONFLICT, "offset, bit %d", bit);
	}
	KUNIT_EXPECT_EQ(test, place(&reorder, 1003), MUX_REORDER_DUPLICATE);
	KUNIT_EXPECT_EQ(test, reorder.held, 1);
}

static void another_copy_in_another_slot_is_a_duplicate(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 8, 8, 0);
	struct mux_chunk chunk = chunk_of(0);

	KUNIT_ASSERT_EQ(test, place(&reorder, 0), MUX_REORDER_WANTED);
	chunk.slot = &chunk;
	KUNIT_EXPECT_EQ(test, mux_reorder_place(&reorder, 0, &chunk),
			MUX_REORDER_DUPLICATE);
	load(test, &reorder, 0);
}

/* A dying channel may still send the bytes of a newer chunk: design.md, D5 */
static void a_loaded_chunk_is_never_a_conflict(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 8, 8, 1000);
	struct mux_chunk chunk = chunk_of(77);
	u64 index;

	place(&reorder, 1000);
	for (index = 984; index < 1000; index++)
		KUNIT_EXPECT_EQ_MSG(test, mux_reorder_place(&reorder, index,
							    &chunk),
				    MUX_REORDER_LOADED, "chunk %llu", index);
	load(test, &reorder, 1000);
	KUNIT_EXPECT_EQ(test, mux_reorder_place(&reorder, 1000, &chunk),
			MUX_REORDER_LOADED);
}

static void what_is_not_wanted_changes_nothing(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 8, 7, 1000);
	struct mux_chunk *before, odd = chunk_of(77);
	struct mux_reorder was;
	u64 index;

	before = a_ring(test, 8);
	place(&reorder, 1000);
	place(&reorder, 1005);
	was = reorder;
	memcpy(before, reorder.ring, 8 * sizeof(*before));

	for (index = 980; index < 1020; index++) {
		check(&reorder, index);
		mux_reorder_check(&reorder, index, &odd);
		mux_reorder_head(&reorder);
		if (index >= 1000 && index < 1007 && index != 1000 &&
		    index != 1005)
			continue;
		place(&reorder, index);
		mux_reorder_place(&reorder, index, &odd);
	}
	KUNIT_EXPECT_MEMEQ(test, &reorder, &was, sizeof(was));
	KUNIT_EXPECT_MEMEQ(test, reorder.ring, before, 8 * sizeof(*before));
}

static void a_gap_holds_back_all_that_follow(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 8, 8, 0);
	u64 index;

	for (index = 0; index < 8; index++) {
		if (index != 3)
			KUNIT_EXPECT_EQ(test, place(&reorder, index),
					MUX_REORDER_WANTED);
	}
	for (index = 0; index < 3; index++)
		load(test, &reorder, index);
	KUNIT_EXPECT_NULL(test, mux_reorder_head(&reorder));
	KUNIT_EXPECT_EQ(test, reorder.held, 4);
	KUNIT_EXPECT_EQ(test, place(&reorder, 3), MUX_REORDER_WANTED);
	for (index = 3; index < 8; index++)
		load(test, &reorder, index);
	KUNIT_EXPECT_NULL(test, mux_reorder_head(&reorder));
	KUNIT_EXPECT_EQ(test, reorder.held, 0);
	KUNIT_EXPECT_EQ(test, reorder.held_max, 7);
}

static const struct end_case {
	const char *desc;
	u64 head;
	u64 arrived;
	u64 end;
	bool reaches;
} end_cases[] = {
	{ "the chunk under way is the last", 5, 8, 9, false },
	{ "the end is the chunk that arrived", 5, 8, 8, true },
	{ "the end is before the chunk that arrived", 5, 8, 7, true },
	{ "the end is the head", 5, 8, 5, true },
	{ "the end is before the head", 5, 8, 4, true },
	{ "the stream is said to be empty", 5, 8, 0, true },
	{ "the head is the last that arrived", 5, 5, 6, false },
	{ "the head is one too many", 5, 5, 5, true },
	{ "the last place of the window is the last", 5, 11, 12, false },
	{ "the last place of the window is one too many", 5, 11, 11, true },
	{ "the end is a ring after the chunk that arrived", 5, 6, 14, false },
	{ "the end is 2^32 after the chunk that arrived", 5, 8,
	  BIT_ULL(32) + 8, false },
	{ "the end is the last index", 5, 8, U64_MAX, false },
	{ "the end is the last index, and it arrived", U64_MAX - 2, U64_MAX,
	  U64_MAX, true },
	{ "the end is the last index, and it did not", U64_MAX - 2, U64_MAX - 1,
	  U64_MAX, false },
};

KUNIT_ARRAY_PARAM_DESC(end_case, end_cases, desc);

/* A window of 7 in a ring of 8, in which one chunk has arrived */
static void a_stream_cannot_end_before_what_arrived(struct kunit *test)
{
	const struct end_case *c = test->param_value;
	struct mux_reorder reorder = a_buffer(test, 8, 7, c->head);

	KUNIT_ASSERT_EQ(test, place(&reorder, c->arrived), MUX_REORDER_WANTED);
	KUNIT_EXPECT_EQ_MSG(test, mux_reorder_reaches(&reorder, c->end),
			    c->reaches, "end %llu, head %llu, arrived %llu",
			    c->end, c->head, c->arrived);
}

static void a_stream_may_end_where_nothing_waits(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 8, 8, 0);
	u64 index;

	KUNIT_EXPECT_FALSE(test, mux_reorder_reaches(&reorder, 0));
	for (index = 0; index < 20; index++) {
		KUNIT_EXPECT_FALSE(test, mux_reorder_reaches(&reorder, index));
		place(&reorder, index);
		KUNIT_EXPECT_TRUE(test, mux_reorder_reaches(&reorder, index));
		KUNIT_EXPECT_FALSE(test, mux_reorder_reaches(&reorder, index + 1));
		load(test, &reorder, index);
		KUNIT_EXPECT_TRUE_MSG(test, mux_reorder_reaches(&reorder, index),
				      "chunk %llu is loaded", index);
	}
}

static void a_chunk_is_spoiled_once_or_again(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 4, 3, 5);

	KUNIT_EXPECT_FALSE(test, mux_reorder_spoil(&reorder, 6));
	KUNIT_EXPECT_FALSE(test, mux_reorder_spoil(&reorder, 5));
	KUNIT_EXPECT_TRUE(test, mux_reorder_spoil(&reorder, 6));
	KUNIT_EXPECT_EQ(test, reorder.held, 0);
	KUNIT_EXPECT_EQ(test, check(&reorder, 6), MUX_REORDER_WANTED);
}

static void a_spoiled_chunk_is_known_while_it_waits(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 4, 3, 5);

	mux_reorder_spoil(&reorder, 6);
	KUNIT_EXPECT_EQ(test, place(&reorder, 6), MUX_REORDER_WANTED);
	KUNIT_EXPECT_EQ(test, check(&reorder, 6), MUX_REORDER_DUPLICATE);
	KUNIT_EXPECT_TRUE(test, mux_reorder_spoil(&reorder, 6));
}

static void a_loaded_chunk_leaves_no_spoilt_place(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 4, 4, 5);

	mux_reorder_spoil(&reorder, 5);
	place(&reorder, 5);
	load(test, &reorder, 5);
	/* The next chunk in the same place of the ring */
	KUNIT_EXPECT_FALSE(test, mux_reorder_spoil(&reorder, 9));
}

/* Whether one chunk may come both as zeroes and as bytes */
static enum mux_reorder_verdict verdict_on_both(struct kunit *test, u32 crc,
						bool zero_first)
{
	struct mux_reorder reorder = a_buffer(test, 4, 4, 7);
	struct mux_chunk chunk = chunk_of(8);

	chunk.crc = crc;
	chunk.zero = zero_first;
	KUNIT_ASSERT_EQ(test, mux_reorder_place(&reorder, 8, &chunk),
			MUX_REORDER_WANTED);
	KUNIT_EXPECT_EQ(test, mux_reorder_check(&reorder, 8, &chunk),
			MUX_REORDER_DUPLICATE);
	chunk.zero = !zero_first;
	return mux_reorder_check(&reorder, 8, &chunk);
}

static void a_checksum_tells_that_zeroes_are_the_same(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on_both(test, 0xad82acae, false),
			MUX_REORDER_DUPLICATE);
	KUNIT_EXPECT_EQ(test, verdict_on_both(test, 0xad82acae, true),
			MUX_REORDER_DUPLICATE);
}

static void without_a_checksum_zeroes_conflict_with_bytes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on_both(test, 0, false),
			MUX_REORDER_CONFLICT);
	KUNIT_EXPECT_EQ(test, verdict_on_both(test, 0, true),
			MUX_REORDER_CONFLICT);
}

static void zeroes_of_another_checksum_conflict(struct kunit *test)
{
	struct mux_reorder reorder = a_buffer(test, 4, 4, 7);
	struct mux_chunk chunk = chunk_of(8);

	mux_reorder_place(&reorder, 8, &chunk);
	chunk.zero = true;
	chunk.crc ^= 1;
	KUNIT_EXPECT_EQ(test, mux_reorder_check(&reorder, 8, &chunk),
			MUX_REORDER_CONFLICT);
}

static struct kunit_case reorder_cases[] = {
	KUNIT_CASE(a_new_buffer_is_empty),
	KUNIT_CASE_PARAM(chunks_in_order_never_pile_up, shape_gen_params),
	KUNIT_CASE_PARAM(chunks_in_reverse_order_wait_for_the_first,
			 shape_gen_params),
	KUNIT_CASE_PARAM(a_full_window_in_random_order_leaves_in_order,
			 shape_gen_params),
	KUNIT_CASE_PARAM(no_schedule_loses_or_doubles_a_chunk,
			 shape_gen_params),
	KUNIT_CASE_PARAM(an_index_is_judged_by_its_window,
			 index_case_gen_params),
	KUNIT_CASE_PARAM(an_index_beyond_a_full_window_is_no_duplicate,
			 shape_gen_params),
	KUNIT_CASE(a_duplicate_is_known_before_while_and_after_loading),
	KUNIT_CASE(a_place_is_free_again_when_its_chunk_is_loaded),
	KUNIT_CASE(each_difference_of_a_waiting_chunk_is_a_conflict),
	KUNIT_CASE(another_copy_in_another_slot_is_a_duplicate),
	KUNIT_CASE(a_loaded_chunk_is_never_a_conflict),
	KUNIT_CASE(what_is_not_wanted_changes_nothing),
	KUNIT_CASE(a_gap_holds_back_all_that_follow),
	KUNIT_CASE_PARAM(a_stream_cannot_end_before_what_arrived,
			 end_case_gen_params),
	KUNIT_CASE(a_stream_may_end_where_nothing_waits),
	KUNIT_CASE(a_chunk_is_spoiled_once_or_again),
	KUNIT_CASE(a_spoiled_chunk_is_known_while_it_waits),
	KUNIT_CASE(a_loaded_chunk_leaves_no_spoilt_place),
	KUNIT_CASE(a_checksum_tells_that_zeroes_are_the_same),
	KUNIT_CASE(without_a_checksum_zeroes_conflict_with_bytes),
	KUNIT_CASE(zeroes_of_another_checksum_conflict),
	{}
};

static struct kunit_suite reorder_suite = {
	.name = "vfio_mig_mux_reorder",
	.test_cases = reorder_cases,
};

kunit_test_suite(reorder_suite);
