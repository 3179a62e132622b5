// SPDX-License-Identifier: GPL-2.0-only
/*
 * Error numbers by name, both ways: for knobs.c, which takes them, and for
 * report.c, which tells them. Pure.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "sim.h"

#define NAMED(errno) { errno, #errno }

static const struct {
	int number;
	const char *name;
} sim_errnos[] = {
	NAMED(EPERM), NAMED(EINTR), NAMED(EIO), NAMED(ENXIO), NAMED(EAGAIN),
	NAMED(ENOMEM), NAMED(EFAULT), NAMED(EBUSY), NAMED(ENODEV),
	NAMED(EINVAL), NAMED(ENOSPC), NAMED(EPIPE), NAMED(ENOMSG),
	NAMED(EPROTO), NAMED(ETIMEDOUT),
	/* what a signal makes of a wait */
	{ ERESTARTSYS, "EINTR" },
};

/**
 * sim_errno_parse - error number from its name or its digits
 * @text: as in "EIO" or "5"
 *
 * Return: the positive number, or -EINVAL.
 */
int sim_errno_parse(const char *text)
{
	unsigned int i, number;

	for (i = 0; i < ARRAY_SIZE(sim_errnos); i++)
		if (!strcmp(text, sim_errnos[i].name))
			return sim_errnos[i].number;
	if (kstrtouint(text, 0, &number) || !number || number > MAX_ERRNO)
		return -EINVAL;
	return number;
}

/**
 * sim_errno_name - name of an error number
 * @error: the number, positive or negative
 * @buf: for numbers without a name
 * @size: bytes of @buf
 *
 * Return: the name, or the digits, in @buf.
 */
const char *sim_errno_name(int error, char *buf, size_t size)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sim_errnos); i++)
		if (abs(error) == sim_errnos[i].number)
			return sim_errnos[i].name;
	snprintf(buf, size, "%d", abs(error));
	return buf;
}
