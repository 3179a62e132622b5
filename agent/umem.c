// SPDX-License-Identifier: GPL-2.0
/* The memory that the module cuts into slots. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "error.h"
#include "umem.h"

#define HUGE_PAGE ((size_t)2 << 20)

/* Of this size, whatever the machine's default is. */
#define MAP_HUGETLB_2M (MAP_HUGETLB | 21 << 26)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* The module counts what it pins against RLIMIT_MEMLOCK; with CAP_SYS_RESOURCE the limit can follow. */
static void raise_memlock(size_t length)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return;
	limit.rlim_cur = RLIM_INFINITY;
	limit.rlim_max = RLIM_INFINITY;
	if (!setrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur < length && limit.rlim_max > limit.rlim_cur) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &limit);
	}
}

/* By writing to it if the kernel is older than the advice. */
static void populate(void *addr, size_t length)
{
	if (madvise(addr, length, MADV_POPULATE_WRITE) && errno == EINVAL)
		explicit_bzero(addr, length);
}

/*
 * Of the pool that the administrator has set aside. A group's limit shows only when the pages are touched, and
 * then as a signal, unless it is the kernel that touches them.
 */
static bool map_pool(struct umem *umem, size_t length)
{
	size_t whole = (length + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	void *map;

	map = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB_2M, -1, 0);
	if (map == MAP_FAILED)
		return false;
	if (madvise(map, whole, MADV_POPULATE_WRITE) || madvise(map, whole, MADV_DONTFORK)) {
		munmap(map, whole);
		return false;
	}
	umem->addr = map;
	umem->length = length;
	umem->mapped = whole;
	return true;
}

/* Aligned to huge pages, and the kernel may use them. */
static int map_plain(struct umem *umem, size_t length)
{
	size_t spare = length + HUGE_PAGE;
	uintptr_t start, aligned;
	void *map;

	map = mmap(NULL, spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return fail_environment("%zu bytes of memory for slots: %m", length);

	start = (uintptr_t)map;
	aligned = (start + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	if (aligned > start)
		munmap(map, aligned - start);
	munmap((void *)(aligned + length), start + spare - aligned - length);

	umem->addr = (void *)aligned;
	umem->length = length;
	umem->mapped = length;
	/* A child must not share pages that the module has pinned for this process. */
	madvise(umem->addr, length, MADV_DONTFORK);
	madvise(umem->addr, length, MADV_HUGEPAGE);
	populate(umem->addr, length);
	return 0;
}

/**
 * umem_init() - map anonymous memory, in huge pages where there are any
 * @umem: the memory; umem_fini() it, but not before the session is gone
 * @length: bytes
 *
 * Return: 0, or -1 with the error recorded.
 */
int umem_init(struct umem *umem, size_t length)
{
	raise_memlock(length);
	if (length >= HUGE_PAGE && map_pool(umem, length))
		return 0;
	return map_plain(umem, length);
}

/**
 * umem_fini() - unmap the memory
 * @umem: one that umem_init() made, or all zero
 */
void umem_fini(struct umem *umem)
{
	if (umem->addr)
		munmap(umem->addr, umem->mapped);
	umem->addr = NULL;
}
