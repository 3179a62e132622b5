/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reorder buffer of a device on the destination: chunks arrive in any order
 * and leave in the order of their indices.
 */
#ifndef _MUX_REORDER_H_
#define _MUX_REORDER_H_

#include <linux/types.h>

/**
 * struct mux_chunk - a chunk that has arrived whole
 * @slot: where its bytes are; opaque here, %NULL marks an empty place
 * @offset: bytes of the stream before it
 * @length: its bytes
 * @crc: CRC32C of its bytes, 0 where checksums are off
 * @zero: it has come as a chunk of zeroes, without them
 * @spoiled: a copy of it has arrived with a wrong checksum
 */
struct mux_chunk {
	void *slot;
	u64 offset;
	u32 length;
	u32 crc;
	bool zero;
	bool spoiled;
};

/**
 * struct mux_reorder - reorder buffer of one device
 * @ring: places for chunks, by index modulo the ring's size
 * @mask: size of @ring less one; the size is a power of two
 * @window: chunks from @head on that may arrive, at most @mask + 1
 * @held: chunks in the ring
 * @held_max: most chunks that ever were in the ring
 * @head: index of the chunk to load next, or being loaded
 */
struct mux_reorder {
	struct mux_chunk *ring;
	u32 mask;
	u32 window;
	u32 held;
	u32 held_max;
	u64 head;
};

/**
 * enum mux_reorder_verdict - what becomes of a chunk
 * @MUX_REORDER_WANTED: its place is empty
 * @MUX_REORDER_LOADED: it has been loaded before; a harmless duplicate
 * @MUX_REORDER_DUPLICATE: the same chunk is waiting already; harmless
 * @MUX_REORDER_CONFLICT: another chunk with this index is waiting already
 * @MUX_REORDER_BEYOND: its index is outside the window
 */
enum mux_reorder_verdict {
	MUX_REORDER_WANTED,
	MUX_REORDER_LOADED,
	MUX_REORDER_DUPLICATE,
	MUX_REORDER_CONFLICT,
	MUX_REORDER_BEYOND,
};

void mux_reorder_init(struct mux_reorder *reorder, struct mux_chunk *ring,
		      u32 capacity, u32 window);
enum mux_reorder_verdict mux_reorder_check(const struct mux_reorder *reorder,
					   u64 index,
					   const struct mux_chunk *chunk);
enum mux_reorder_verdict mux_reorder_place(struct mux_reorder *reorder,
					   u64 index,
					   const struct mux_chunk *chunk);
bool mux_reorder_spoil(struct mux_reorder *reorder, u64 index);
const struct mux_chunk *mux_reorder_head(const struct mux_reorder *reorder);
void *mux_reorder_advance(struct mux_reorder *reorder);
bool mux_reorder_reaches(const struct mux_reorder *reorder, u64 end);

#endif /* _MUX_REORDER_H_ */
