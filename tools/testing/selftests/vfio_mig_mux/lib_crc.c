// SPDX-License-Identifier: GPL-2.0
/*
 * CRC32C, bit by bit: slow, and written from the polynomial alone, so that it
 * has no mistake in common with the module's.
 */
#include "lib_crc.h"

/* x^32 + x^28 + x^27 + ... + 1, lowest power in the highest bit */
#define CASTAGNOLI	0x82f63b78u

/**
 * crc_add() - go on with a CRC32C
 * @crc: what has come of the bytes so far, neither begun nor ended inverted
 * @bytes: more bytes
 * @length: their number
 *
 * Return: what has come of all of them.
 */
__u32 crc_add(__u32 crc, const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;
	int bit;

	for (; length; length--) {
		crc ^= *byte++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CASTAGNOLI : 0);
	}
	return crc;
}

/**
 * crc_of() - the CRC32C that the protocol puts into its headers
 * @bytes: the bytes
 * @length: their number
 *
 * Return: it, begun with all ones and not inverted at the end.
 */
__u32 crc_of(const void *bytes, size_t length)
{
	return crc_add(0xffffffff, bytes, length);
}
