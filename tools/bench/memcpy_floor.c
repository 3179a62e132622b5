// SPDX-License-Identifier: GPL-2.0
/*
 * The floor: what one core needs to copy every byte three times through
 * buffers of one chunk, which is the least that a stream over a socket costs
 * (device to memory, memory to memory, memory to device).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define COPIES 3

/* The compiler must not see that nobody reads the copies. */
static void use(void *memory)
{
	__asm__ volatile("" : : "r"(memory) : "memory");
}

int main(int argc, char **argv)
{
	uint64_t bytes = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)1 << 30;
	uint64_t chunk = argc > 2 ? strtoull(argv[2], NULL, 0) : 1 << 20;
	char *buffers[COPIES + 1];
	struct stopwatch began;

	if (argc > 3 || !chunk) {
		fputs("usage: memcpy-floor [BYTES [CHUNK-BYTES]]\n", stderr);
		return 2;
	}
	for (int i = 0; i <= COPIES; i++) {
		buffers[i] = aligned_alloc(4096, (chunk + 4095) & ~(uint64_t)4095);
		if (!buffers[i]) {
			perror("memcpy-floor");
			return 1;
		}
		/* Page faults are no part of it. */
		memset(buffers[i], i + 1, chunk);
	}

	began = stopwatch_now();
	for (uint64_t left = bytes; left; ) {
		uint64_t part = left < chunk ? left : chunk;

		for (int i = 0; i < COPIES; i++) {
			memcpy(buffers[i + 1], buffers[i], part);
			use(buffers[i + 1]);
		}
		left -= part;
	}
	report("memcpy-floor", "1 thread, buffers of one chunk", bytes, began, stopwatch_now());
	for (int i = 0; i <= COPIES; i++)
		free(buffers[i]);
	return 0;
}
