// SPDX-License-Identifier: GPL-2.0
/*
 * umem: pins a region of the owner's memory and hands out slots of it.
 *
 * A slot is the only place a chunk ever rests in. A data_fd's driver copies
 * between its device and the slot's user address, a socket takes the slot's
 * pages or fills them; nothing in this module copies a byte of a chunk. It
 * reads them, for the checksum and to see whether they are all zero.
 */
#include <linux/crc32c.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "umem.h"

/* Words of a chunk that are looked at before all of it is */
#define PROBES	8

/* Of so many pages one is looked up to see whether they are still mapped */
#define LOOK_EVERY	(SZ_64K >> PAGE_SHIFT)

static int umem_check(u64 addr, u64 length, u32 chunk_size,
		      struct netlink_ext_ack *extack)
{
	u64 end;

	if (!PAGE_ALIGNED(addr)) {
		NL_SET_ERR_MSG_FMT(extack, "umem address 0x%llx is not page aligned",
				   addr);
		return -EINVAL;
	}
	if (!length || length % chunk_size) {
		NL_SET_ERR_MSG_FMT(extack, "umem length %llu is no multiple of the chunk size %u",
				   length, chunk_size);
		return -EINVAL;
	}
	if (length > MUX_UMEM_MAX) {
		NL_SET_ERR_MSG_FMT(extack, "umem of %llu bytes is larger than %llu bytes",
				   length, (u64)MUX_UMEM_MAX);
		return -E2BIG;
	}
	if (length / chunk_size > MUX_UMEM_SLOTS_MAX) {
		NL_SET_ERR_MSG_FMT(extack, "umem has %llu slots, more than %u",
				   length / chunk_size, MUX_UMEM_SLOTS_MAX);
		return -E2BIG;
	}
	if (check_add_overflow(addr, length, &end) ||
	    !access_ok((void __user *)(unsigned long)addr, length)) {
		NL_SET_ERR_MSG_FMT(extack, "umem 0x%llx+%llu is outside the address space",
				   addr, length);
		return -EFAULT;
	}
	return 0;
}

static int umem_pin(struct mux_umem *umem, u64 addr,
		    struct netlink_ext_ack *extack)
{
	unsigned long done = 0;
	int ret;

	while (done < umem->nr_pages) {
		int batch = min(umem->nr_pages - done, 65536ul);

		ret = pin_user_pages_fast(addr + (done << PAGE_SHIFT), batch,
					  FOLL_WRITE | FOLL_LONGTERM,
					  umem->pages + done);
		if (!ret)
			ret = -EFAULT;
		if (ret < 0)
			goto err_unpin;
		done += ret;
	}
	return 0;

err_unpin:
	NL_SET_ERR_MSG_FMT(extack, "umem cannot be pinned at 0x%llx: error %d",
			   addr + ((u64)done << PAGE_SHIFT), ret);
	unpin_user_pages(umem->pages, done);
	return ret;
}

static void umem_cut(struct mux_umem *umem, u64 addr, u32 chunk_size)
{
	unsigned int per_slot = chunk_size >> PAGE_SHIFT;
	unsigned long i;

	for (i = 0; i < umem->nr_pages; i++)
		bvec_set_page(&umem->bvecs[i], umem->pages[i], PAGE_SIZE, 0);
	for (i = 0; i < umem->nr_slots; i++) {
		struct mux_slot *slot = &umem->slots[i];

		slot->addr = (void __user *)(unsigned long)
			     (addr + (u64)i * chunk_size);
		slot->bvecs = umem->bvecs + i * per_slot;
		slot->nr_bvecs = per_slot;
		list_add_tail(&slot->node, &umem->free);
	}
	umem->nr_free = umem->nr_slots;
}

/**
 * mux_umem_create - pin a region of the caller's memory
 * @addr: its start, page aligned
 * @length: its bytes, a multiple of @chunk_size
 * @chunk_size: bytes of a slot, a multiple of the page size
 * @extack: told what is wrong
 *
 * The pages count against the caller's RLIMIT_MEMLOCK until
 * mux_umem_destroy().
 *
 * Context: process context of the owner; may sleep.
 * Return: the umem, or an ERR_PTR:
 * %-EINVAL misaligned or empty, %-E2BIG too large, %-EFAULT not (all)
 * mapped, %-ENOMEM over the limit or out of memory, or what pinning said.
 */
struct mux_umem *mux_umem_create(u64 addr, u64 length, u32 chunk_size,
				 struct netlink_ext_ack *extack)
{
	struct mux_umem *umem;
	int ret;

	ret = umem_check(addr, length, chunk_size, extack);
	if (ret)
		return ERR_PTR(ret);

	umem = kzalloc(sizeof(*umem), GFP_KERNEL);
	if (!umem) {
		NL_SET_ERR_MSG(extack, "no memory for a umem");
		return ERR_PTR(-ENOMEM);
	}
	INIT_LIST_HEAD(&umem->free);
	umem->nr_slots = length / chunk_size;
	umem->nr_pages = length >> PAGE_SHIFT;
	umem->mm = current->mm;
	mmgrab(umem->mm);

	ret = account_locked_vm(umem->mm, umem->nr_pages, true);
	if (ret) {
		NL_SET_ERR_MSG_FMT(extack, "umem of %lu KiB exceeds RLIMIT_MEMLOCK",
				   umem->nr_pages << (PAGE_SHIFT - 10));
		goto err_drop_mm;
	}
	ret = -ENOMEM;
	umem->pages = kvcalloc(umem->nr_pages, sizeof(*umem->pages),
			       GFP_KERNEL_ACCOUNT);
	umem->bvecs = kvcalloc(umem->nr_pages, sizeof(*umem->bvecs),
			       GFP_KERNEL_ACCOUNT);
	umem->slots = kvcalloc(umem->nr_slots, sizeof(*umem->slots),
			       GFP_KERNEL_ACCOUNT);
	if (!umem->pages || !umem->bvecs || !umem->slots) {
		NL_SET_ERR_MSG_FMT(extack, "no memory for %u slots",
				   umem->nr_slots);
		goto err_free;
	}

	ret = umem_pin(umem, addr, extack);
	if (ret)
		goto err_free;
	umem_cut(umem, addr, chunk_size);
	return umem;

err_free:
	kvfree(umem->slots);
	kvfree(umem->bvecs);
	kvfree(umem->pages);
	account_locked_vm(umem->mm, umem->nr_pages, false);
err_drop_mm:
	mmdrop(umem->mm);
	kfree(umem);
	return ERR_PTR(ret);
}

/**
 * mux_umem_destroy - unpin a region
 * @umem: the umem, none of whose slots is in use any more
 *
 * Context: process context; may sleep. The owner may be dead already.
 */
void mux_umem_destroy(struct mux_umem *umem)
{
	unpin_user_pages_dirty_lock(umem->pages, umem->nr_pages, true);
	account_locked_vm(umem->mm, umem->nr_pages, false);
	kvfree(umem->slots);
	kvfree(umem->bvecs);
	kvfree(umem->pages);
	mmdrop(umem->mm);
	kfree(umem);
}

/**
 * mux_slot_get - take a free slot
 * @umem: the umem
 *
 * Context: under the session's lock.
 * Return: the slot, the caller's until mux_slot_put(), or %NULL if none is
 * free.
 */
struct mux_slot *mux_slot_get(struct mux_umem *umem)
{
	struct mux_slot *slot;

	slot = list_first_entry_or_null(&umem->free, struct mux_slot, node);
	if (!slot)
		return NULL;
	list_del_init(&slot->node);
	slot->users = 1;
	umem->nr_free--;
	umem->used_max = max(umem->used_max, umem->nr_slots - umem->nr_free);
	return slot;
}

/**
 * mux_slot_hold - use a slot that somebody else has taken
 * @slot: the slot; every user gives it back with mux_slot_put()
 *
 * Context: under the session's lock.
 */
void mux_slot_hold(struct mux_slot *slot)
{
	slot->users++;
}

/**
 * mux_slot_put - give a slot back
 * @umem: the umem it is of
 * @slot: the slot; not the caller's any more, and free with its last user
 *
 * Context: under the session's lock.
 */
void mux_slot_put(struct mux_umem *umem, struct mux_slot *slot)
{
	if (--slot->users)
		return;
	list_add(&slot->node, &umem->free);
	umem->nr_free++;
}

/**
 * mux_slot_iter - point an iterator at bytes of a slot
 * @slot: the slot
 * @direction: ITER_SOURCE to send them, ITER_DEST to receive into them
 * @offset: first byte, less than the chunk size
 * @length: bytes, @offset + @length at most the chunk size
 * @iter: the iterator, good as long as the slot is the caller's
 */
void mux_slot_iter(const struct mux_slot *slot, unsigned int direction,
		   u32 offset, u32 length, struct iov_iter *iter)
{
	iov_iter_bvec(iter, direction, slot->bvecs, slot->nr_bvecs,
		      offset + length);
	iov_iter_advance(iter, offset);
}

/**
 * mux_slot_crc - checksum a slot's bytes
 * @slot: the slot, the caller's
 * @length: bytes from its start
 *
 * Context: process context, no locks held.
 * Return: their CRC32C.
 */
u32 mux_slot_crc(const struct mux_slot *slot, u32 length)
{
	struct bio_vec *bvec = slot->bvecs;
	u32 crc = ~0;

	for (; length; bvec++) {
		u32 part = min(length, bvec->bv_len);
		void *bytes = bvec_kmap_local(bvec);

		crc = crc32c(crc, bytes, part);
		kunmap_local(bytes);
		length -= part;
		cond_resched();
	}
	return crc;
}

/**
 * mux_slot_copy - copy bytes out of a slot
 * @slot: the slot, the caller's; it holds no chunk but a trailer
 * @to: where to
 * @length: bytes from its start
 *
 * Context: any.
 */
void mux_slot_copy(const struct mux_slot *slot, u8 *to, u32 length)
{
	struct bio_vec *bvec = slot->bvecs;

	for (; length; bvec++) {
		u32 part = min(length, bvec->bv_len);

		memcpy_from_page(to, bvec->bv_page, bvec->bv_offset, part);
		to += part;
		length -= part;
	}
}

static bool is_zero_at(const struct mux_slot *slot, u32 offset, u32 length)
{
	struct bio_vec *bvec = &slot->bvecs[offset >> PAGE_SHIFT];
	void *bytes = bvec_kmap_local(bvec);
	bool zero;

	zero = !memchr_inv(bytes + offset_in_page(offset), 0, length);
	kunmap_local(bytes);
	return zero;
}

/* A look at a few words: what is not all zero seldom gets past it */
static bool seems_zero(const struct mux_slot *slot, u32 length)
{
	u32 step = round_down(length / PROBES, sizeof(u64));
	u32 i;

	for (i = 0; i < PROBES && step; i++) {
		if (!is_zero_at(slot, i * step, sizeof(u64)))
			return false;
	}
	return true;
}

/**
 * mux_slot_is_zero - whether a slot's bytes are all zero
 * @slot: the slot, the caller's
 * @length: bytes from its start
 *
 * Context: process context, no locks held.
 * Return: true if they are.
 */
bool mux_slot_is_zero(const struct mux_slot *slot, u32 length)
{
	u32 offset, part;

	if (!seems_zero(slot, length))
		return false;
	for (offset = 0; offset < length; offset += part) {
		part = min_t(u32, length - offset, PAGE_SIZE);
		if (!is_zero_at(slot, offset, part))
			return false;
		cond_resched();
	}
	return true;
}

/**
 * mux_slot_clear - make a slot's bytes all zero
 * @slot: the slot, the caller's
 *
 * Context: process context, no locks held.
 */
void mux_slot_clear(const struct mux_slot *slot)
{
	unsigned int i;

	for (i = 0; i < slot->nr_bvecs; i++) {
		memzero_bvec(&slot->bvecs[i]);
		cond_resched();
	}
}

static bool is_mapped_at(const struct mux_slot *slot, u32 index)
{
	unsigned long addr = (unsigned long)slot->addr +
			     ((unsigned long)index << PAGE_SHIFT);
	struct page *page;

	if (get_user_pages_fast(addr, 1, 0, &page) != 1)
		return false;
	put_page(page);
	return page == slot->bvecs[index].bv_page;
}

/**
 * mux_slot_is_mapped - whether a slot's user address still leads to its pages
 * @slot: the slot, the caller's
 * @offset: first byte
 * @length: bytes, at least one, @offset + @length at most the chunk size
 *
 * Pinning keeps pages, not what the owner has mapped: after a munmap(2), an
 * mmap(2) over it or MADV_DONTNEED a driver that goes by the address meets
 * other memory, and what it takes or leaves there is not what the socket sends
 * or has received. To look at every page would cost a good part of what the
 * copy does: these are the first one, the last one, and one in LOOK_EVERY.
 *
 * Context: a worker of the owner, no locks held; may sleep.
 * Return: true if these bytes are where they have been from the start.
 */
bool mux_slot_is_mapped(const struct mux_slot *slot, u32 offset, u32 length)
{
	u32 last = (offset + length - 1) >> PAGE_SHIFT;
	u32 index;

	for (index = offset >> PAGE_SHIFT; index < last; index += LOOK_EVERY) {
		if (!is_mapped_at(slot, index))
			return false;
	}
	return is_mapped_at(slot, last);
}
