/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Golden vectors: messages as hexadecimal text, line by line as they stand in
 * Documentation/protocol.rst. No code of this project has computed them.
 */
#ifndef _MUX_GOLDEN_H_
#define _MUX_GOLDEN_H_

#include <linux/hex.h>
#include <linux/types.h>

#define GOLDEN_LINES	12

/**
 * golden_bytes - the bytes that a golden vector stands for
 * @buf: where to, with room for all of them
 * @lines: hexadecimal text with spaces, GOLDEN_LINES lines or up to a %NULL
 *
 * Return: number of bytes.
 */
static inline u32 golden_bytes(u8 *buf, const char * const lines[])
{
	u32 size = 0;
	const char *c;
	int i;

	for (i = 0; i < GOLDEN_LINES && lines[i]; i++) {
		for (c = lines[i]; *c; c++) {
			if (*c == ' ')
				continue;
			buf[size] = hex_to_bin(c[0]) << 4;
			buf[size++] |= hex_to_bin(c[1]);
			c++;
		}
	}
	return size;
}

#endif /* _MUX_GOLDEN_H_ */
