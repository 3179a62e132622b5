// SPDX-License-Identifier: GPL-2.0
/*
 * Reorder buffer: destination.c places a chunk here once it has arrived
 * whole, and the device's loader takes it out when its turn has come.
 *
 * A pure core: no locks, no allocation, no kernel services. The caller owns
 * the ring and the slots; a slot belongs to the buffer from the moment
 * mux_reorder_place() returns MUX_REORDER_WANTED until mux_reorder_advance()
 * gives it back.
 */
#include "reorder.h"

static struct mux_chunk *place_of(const struct mux_reorder *reorder, u64 index)
{
	return &reorder->ring[index & reorder->mask];
}

/**
 * mux_reorder_init - make an empty reorder buffer
 * @reorder: the buffer
 * @ring: @capacity places, all zero; stays the caller's to free
 * @capacity: places in @ring, a power of two
 * @window: chunks that may be under way, 1 to @capacity
 */
void mux_reorder_init(struct mux_reorder *reorder, struct mux_chunk *ring,
		      u32 capacity, u32 window)
{
	*reorder = (struct mux_reorder) {
		.ring = ring,
		.mask = capacity - 1,
		.window = window,
	};
}

/* Whether two chunks may be the same. A checksum tells that one which is all
 * zero has come with its bytes and without; where there are none, and so both
 * are 0, nothing does.
 */
static bool is_same(const struct mux_chunk *a, const struct mux_chunk *b)
{
	return a->length == b->length && a->offset == b->offset &&
	       a->crc == b->crc && (a->zero == b->zero || a->crc);
}

/**
 * mux_reorder_check - what would become of a chunk
 * @reorder: the buffer
 * @index: the chunk's index as its peer gave it, any value
 * @chunk: the chunk; its slot is not looked at
 *
 * To be asked before a byte of payload is accepted, and again when all have
 * arrived: another copy may have been faster.
 *
 * Return: one of enum mux_reorder_verdict; nothing changes.
 */
enum mux_reorder_verdict mux_reorder_check(const struct mux_reorder *reorder,
					   u64 index,
					   const struct mux_chunk *chunk)
{
	const struct mux_chunk *held;

	if (index < reorder->head)
		return MUX_REORDER_LOADED;
	if (index - reorder->head >= reorder->window)
		return MUX_REORDER_BEYOND;
	held = place_of(reorder, index);
	if (!held->slot)
		return MUX_REORDER_WANTED;
	if (!is_same(held, chunk))
		return MUX_REORDER_CONFLICT;
	return MUX_REORDER_DUPLICATE;
}

/**
 * mux_reorder_place - put a chunk in its place
 * @reorder: the buffer
 * @index: the chunk's index
 * @chunk: the chunk, with a slot
 *
 * Return: MUX_REORDER_WANTED if the buffer has taken the chunk and owns its
 * slot now; otherwise as mux_reorder_check(), and the slot stays the caller's.
 */
enum mux_reorder_verdict mux_reorder_place(struct mux_reorder *reorder,
					   u64 index,
					   const struct mux_chunk *chunk)
{
	struct mux_chunk *place = place_of(reorder, index);
	enum mux_reorder_verdict verdict;
	bool spoiled = place->spoiled;

	verdict = mux_reorder_check(reorder, index, chunk);
	if (verdict != MUX_REORDER_WANTED)
		return verdict;
	*place = *chunk;
	place->spoiled = spoiled;
	reorder->held++;
	if (reorder->held > reorder->held_max)
		reorder->held_max = reorder->held;
	return MUX_REORDER_WANTED;
}

/**
 * mux_reorder_spoil - a copy of a chunk has arrived with a wrong checksum
 * @reorder: the buffer
 * @index: the chunk's index, in the window
 *
 * Once is the fault of a channel. A chunk that is wrong time and again was
 * wrong before it was sent.
 *
 * Return: true if it is not the first such copy of this chunk.
 */
bool mux_reorder_spoil(struct mux_reorder *reorder, u64 index)
{
	struct mux_chunk *place = place_of(reorder, index);
	bool again = place->spoiled;

	place->spoiled = true;
	return again;
}

/**
 * mux_reorder_head - the chunk whose turn it is
 * @reorder: the buffer
 *
 * The chunk keeps its place while it is loaded, so that a late copy of it is
 * still known for a duplicate.
 *
 * Return: the chunk with the index @reorder->head, or %NULL if it has not
 * arrived.
 */
const struct mux_chunk *mux_reorder_head(const struct mux_reorder *reorder)
{
	const struct mux_chunk *chunk = place_of(reorder, reorder->head);

	return chunk->slot ? chunk : NULL;
}

/**
 * mux_reorder_advance - the head chunk has been loaded
 * @reorder: the buffer, whose head chunk must have arrived
 *
 * Return: the chunk's slot, which is the caller's again.
 */
void *mux_reorder_advance(struct mux_reorder *reorder)
{
	struct mux_chunk *chunk = place_of(reorder, reorder->head);
	void *slot = chunk->slot;

	chunk->slot = NULL;
	chunk->spoiled = false;
	reorder->held--;
	reorder->head++;
	return slot;
}

/**
 * mux_reorder_reaches - whether a stream can end at an index
 * @reorder: the buffer
 * @end: number of chunks the stream is said to have
 *
 * Return: true if a chunk with the index @end or above has arrived already.
 */
bool mux_reorder_reaches(const struct mux_reorder *reorder, u64 end)
{
	u64 index = end;

	if (end < reorder->head)
		return true;
	for (; index - reorder->head < reorder->window; index++) {
		if (place_of(reorder, index)->slot)
			return true;
	}
	return false;
}
