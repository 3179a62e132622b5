// SPDX-License-Identifier: GPL-2.0
/* UUIDs name migrations. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "error.h"
#include "uuid.h"

/* Bytes of the five groups of 8-4-4-4-12 digits. */
static const int groups[] = { 4, 2, 2, 2, 6 };

/**
 * uuid_random() - make a random UUID (version 4)
 * @uuid: receives it
 *
 * Return: 0, or -1 with the error recorded.
 */
int uuid_random(uint8_t uuid[UUID_LEN])
{
	if (getrandom(uuid, UUID_LEN, 0) != UUID_LEN)
		return fail("getrandom: %m");
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return 0;
}

/**
 * uuid_parse() - read the usual 36 characters
 * @text: the characters
 * @uuid: receives the bytes
 *
 * Return: 0, or -1 (nothing recorded: the caller knows where it came from).
 */
int uuid_parse(const char *text, uint8_t uuid[UUID_LEN])
{
	int n = 0;

	if (strlen(text) != UUID_TEXT_LEN)
		return -1;
	for (int group = 0; group < 5; group++) {
		if (group && *text++ != '-')
			return -1;
		for (int i = 0; i < groups[group]; i++, text += 2) {
			if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]))
				return -1;
			uuid[n++] = strtoul((char[]){ text[0], text[1], 0 }, NULL, 16);
		}
	}
	return 0;
}

/**
 * uuid_format() - write the usual 36 characters
 * @uuid: the bytes
 * @text: receives the characters and a NUL
 */
void uuid_format(const uint8_t uuid[UUID_LEN], char text[UUID_TEXT_LEN + 1])
{
	int n = 0;

	for (int group = 0; group < 5; group++) {
		if (group)
			*text++ = '-';
		for (int i = 0; i < groups[group]; i++, text += 2)
			sprintf(text, "%02x", uuid[n++]);
	}
}
