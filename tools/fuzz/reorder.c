// SPDX-License-Identifier: GPL-2.0
/*
 * kernel/reorder.c against a naive model: a list of all chunks that have
 * arrived, searched from end to end.
 *
 * An input is a window and where the stream stands, and then a list of things
 * that happen.
 */
#include "input.h"
#include "reorder.h"

#define CAPACITY_MAX	64
#define HEAD_MAX	BIT_ULL(62)

enum {
	PLACE,
	ADVANCE,
	SPOIL,
	REACHES,
	THINGS,
};

/**
 * struct model - the same buffer, naively
 * @chunks: chunks that wait, in any order
 * @indices: their indices
 * @count: how many there are
 * @spoiled: for each place of the window, whether a bad copy has come
 */
struct model {
	struct mux_chunk chunks[CAPACITY_MAX];
	u64 indices[CAPACITY_MAX];
	u32 count;
	bool spoiled[CAPACITY_MAX];
};

static int find(const struct model *model, u64 index)
{
	u32 i;

	for (i = 0; i < model->count; i++) {
		if (model->indices[i] == index)
			return i;
	}
	return -1;
}

static enum mux_reorder_verdict expected(const struct model *model,
					 const struct mux_reorder *reorder, u64 index,
					 const struct mux_chunk *chunk)
{
	u128 end = (u128)reorder->head + reorder->window;
	const struct mux_chunk *held;
	int at = find(model, index);

	if (index < reorder->head)
		return MUX_REORDER_LOADED;
	if (index >= end)
		return MUX_REORDER_BEYOND;
	if (at < 0)
		return MUX_REORDER_WANTED;
	held = &model->chunks[at];
	if (held->length != chunk->length || held->offset != chunk->offset ||
	    held->crc != chunk->crc || (held->zero != chunk->zero && !chunk->crc))
		return MUX_REORDER_CONFLICT;
	return MUX_REORDER_DUPLICATE;
}

/* Few values, so that chunks are often the same */
static struct mux_chunk make_chunk(struct input *input, u64 index)
{
	u8 kind = input_u8(input);

	return (struct mux_chunk){
		.slot = (void *)(uintptr_t)(index + 1),
		.length = 1 + (kind & 1),
		.offset = kind >> 1 & 1,
		.crc = kind >> 2 & 1,
		.zero = kind >> 3 & 1,
	};
}

static void place(struct mux_reorder *reorder, struct model *model, struct input *input, u64 index)
{
	struct mux_chunk chunk = make_chunk(input, index);
	enum mux_reorder_verdict verdict = expected(model, reorder, index, &chunk);

	CHECK(mux_reorder_check(reorder, index, &chunk) == verdict);
	CHECK(mux_reorder_place(reorder, index, &chunk) == verdict);
	if (verdict != MUX_REORDER_WANTED)
		return;
	model->chunks[model->count] = chunk;
	model->indices[model->count++] = index;
}

static void advance(struct mux_reorder *reorder, struct model *model)
{
	const struct mux_chunk *head = mux_reorder_head(reorder);
	int at = find(model, reorder->head);

	CHECK(!head == (at < 0));
	if (!head)
		return;
	CHECK(head->slot == model->chunks[at].slot && head->length == model->chunks[at].length);
	CHECK(mux_reorder_advance(reorder) == model->chunks[at].slot);
	model->count--;
	model->chunks[at] = model->chunks[model->count];
	model->indices[at] = model->indices[model->count];
	memmove(model->spoiled, model->spoiled + 1, sizeof(model->spoiled) - sizeof(bool));
	model->spoiled[CAPACITY_MAX - 1] = false;
}

static void spoil(struct mux_reorder *reorder, struct model *model, u64 index)
{
	u64 ahead = index - reorder->head;

	if (index < reorder->head || ahead >= reorder->window)
		return;
	CHECK(mux_reorder_spoil(reorder, index) == model->spoiled[ahead]);
	model->spoiled[ahead] = true;
}

static void reaches(const struct mux_reorder *reorder, const struct model *model, u64 end)
{
	bool any = end < reorder->head;
	u32 i;

	for (i = 0; i < model->count; i++)
		any |= model->indices[i] >= end;
	CHECK(mux_reorder_reaches(reorder, end) == any);
}

/* Near the window as a rule, and otherwise anywhere */
static u64 make_index(struct input *input, const struct mux_reorder *reorder)
{
	u8 step = input_u8(input);

	return step == 0xff ? input_u64(input) : reorder->head + step - 4;
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	struct mux_chunk ring[CAPACITY_MAX] = {};
	struct input input = { bytes, size };
	struct mux_reorder reorder;
	struct model model = {};
	u32 capacity = 1u << input_u8(&input) % 7;
	u64 index;

	mux_reorder_init(&reorder, ring, capacity, 1 + input_u8(&input) % capacity);
	reorder.head = 4 + input_u64(&input) % HEAD_MAX;
	while (input.size) {
		u8 thing = input_u8(&input) % THINGS;

		index = make_index(&input, &reorder);
		if (thing == PLACE)
			place(&reorder, &model, &input, index);
		else if (thing == ADVANCE)
			advance(&reorder, &model);
		else if (thing == SPOIL)
			spoil(&reorder, &model, index);
		else
			reaches(&reorder, &model, index);
		CHECK(reorder.held == model.count && reorder.held <= reorder.window);
		CHECK(reorder.held_max >= reorder.held && reorder.held_max <= reorder.window);
	}
	return 0;
}
