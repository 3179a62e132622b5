/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_UMEM_H
#define _AGENT_UMEM_H

#include <stddef.h>

struct umem {
	void *addr;
	size_t length;
	/* Bytes to unmap: whole huge pages. */
	size_t mapped;
};

int umem_init(struct umem *umem, size_t length);
void umem_fini(struct umem *umem);

#endif /* _AGENT_UMEM_H */
