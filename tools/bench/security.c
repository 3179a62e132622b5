// SPDX-License-Identifier: GPL-2.0
/* What a rival is told about TLS. */
#include <stdlib.h>

#include "security.h"

/* More than a record with all that belongs to it, and no more than anybody has a use for. */
#define GATHER_MIN_KIB 32
#define GATHER_MAX_KIB (16 << 10)

static bool take_gather(struct security *security, const char *text)
{
	char *end;
	long kib = strtol(text, &end, 10);

	if (*end || (kib && kib < GATHER_MIN_KIB) || kib > GATHER_MAX_KIB)
		return false;
	security->gather = (size_t)kib << 10;
	return true;
}

/**
 * security_option() - take an option if it is one about TLS
 * @security: receives it
 * @option: as getopt_long() has returned it
 * @text: its value; must outlive @security
 *
 * Return: whether it was one, with a value that makes sense.
 */
bool security_option(struct security *security, int option, const char *text)
{
	switch (option) {
	case SECURITY_OPTION_TLS:
		security->psk = text;
		return true;
	case SECURITY_OPTION_GATHER:
		return take_gather(security, text);
	default:
		return false;
	}
}
