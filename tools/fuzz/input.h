/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzer gives, taken piece by piece, and how a harness complains.
 */
#ifndef _FUZZ_INPUT_H_
#define _FUZZ_INPUT_H_

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bits.h>
#include <linux/types.h>

#define u128	unsigned __int128

/**
 * struct input - bytes of the fuzzer that are not used up
 * @bytes: the next one
 * @size: how many there are
 */
struct input {
	const u8 *bytes;
	size_t size;
};

/* A property that does not hold; the fuzzer keeps the input */
#define CHECK(property)								\
	do {									\
		if (!(property)) {						\
			fprintf(stderr, "%s:%d: does not hold: %s\n",		\
				__FILE__, __LINE__, #property);			\
			__builtin_trap();					\
		}								\
	} while (0)

/* Fills an object; what the input lacks is zero */
static inline void input_take(struct input *input, void *to, size_t size)
{
	size_t taken = size < input->size ? size : input->size;

	memset(to, 0, size);
	memcpy(to, input->bytes, taken);
	input->bytes += taken;
	input->size -= taken;
}

static inline u8 input_u8(struct input *input)
{
	u8 value;

	input_take(input, &value, sizeof(value));
	return value;
}

static inline u32 input_u32(struct input *input)
{
	u32 value;

	input_take(input, &value, sizeof(value));
	return value;
}

static inline u64 input_u64(struct input *input)
{
	u64 value;

	input_take(input, &value, sizeof(value));
	return value;
}

/* A copy of exactly so many bytes, for AddressSanitizer to see the end of it */
static inline u8 *input_copy(struct input *input, size_t size)
{
	u8 *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	input_take(input, copy, size);
	return copy;
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size);

#endif /* _FUZZ_INPUT_H_ */
