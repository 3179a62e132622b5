/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots: the owner's memory, pinned and cut into pieces of one chunk.
 */
#ifndef _MUX_UMEM_H_
#define _MUX_UMEM_H_

#include <linux/bvec.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/sizes.h>
#include <linux/uio.h>

struct netlink_ext_ack;

/* Largest umem in bytes: pinning it takes time, and netlink waits for it */
#define MUX_UMEM_MAX	SZ_8G

/* Most slots: an ACK may cover all of them at once, under the session's lock */
#define MUX_UMEM_SLOTS_MAX	16384u

/**
 * struct mux_slot - room for one chunk
 * @node: on the umem's free list while nobody holds the slot
 * @users: who holds it: a chunk, and every channel that is sending it
 * @addr: where the owner sees it; what a data_fd reads and writes
 * @bvecs: the same bytes as pages; what a socket sends and receives
 * @nr_bvecs: number of @bvecs
 */
struct mux_slot {
	struct list_head node;
	unsigned int users;
	void __user *addr;
	struct bio_vec *bvecs;
	unsigned int nr_bvecs;
};

/**
 * struct mux_umem - a session's slots
 * @mm: address space the region is in; grabbed, not gotten
 * @pages: pinned pages of the region
 * @nr_pages: number of @pages
 * @bvecs: all slots' bvecs, one for each page
 * @slots: all slots
 * @nr_slots: number of @slots
 * @free: slots nobody holds, the one given back last in front: it is the one
 *	most likely still in cache; under the session's lock like all below
 * @nr_free: length of @free
 * @used_max: most slots ever held at one time
 */
struct mux_umem {
	struct mm_struct *mm;
	struct page **pages;
	unsigned long nr_pages;
	struct bio_vec *bvecs;
	struct mux_slot *slots;
	u32 nr_slots;
	struct list_head free;
	u32 nr_free;
	u32 used_max;
};

struct mux_umem *mux_umem_create(u64 addr, u64 length, u32 chunk_size,
				 struct netlink_ext_ack *extack);
void mux_umem_destroy(struct mux_umem *umem);

struct mux_slot *mux_slot_get(struct mux_umem *umem);
void mux_slot_hold(struct mux_slot *slot);
void mux_slot_put(struct mux_umem *umem, struct mux_slot *slot);
void mux_slot_iter(const struct mux_slot *slot, unsigned int direction,
		   u32 offset, u32 length, struct iov_iter *iter);
u32 mux_slot_crc(const struct mux_slot *slot, u32 length);
void mux_slot_copy(const struct mux_slot *slot, u8 *to, u32 length);
bool mux_slot_is_zero(const struct mux_slot *slot, u32 length);
void mux_slot_clear(const struct mux_slot *slot);
bool mux_slot_is_mapped(const struct mux_slot *slot, u32 offset, u32 length);

#endif /* _MUX_UMEM_H_ */
