// SPDX-License-Identifier: GPL-2.0
/*
 * The standard output, which may be a full disk, a pipe that nobody reads any
 * more, or closed. A migration is not stopped by that: its devices are worth
 * more than what is said of it. Who started the agent is told by its status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stdout.h"

/* What came in the way first. */
static int first_error;

/**
 * stdout_open() - make sure that there are the three files that all expect
 *
 * The number of one that is closed would go to a file that is opened later, a
 * connection to the other agent, say, which would be sent what is printed. To
 * print into a file that stands in is an error, as it would be without it.
 */
void stdout_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(STATUS_ENVIRONMENT);
	}
}

/**
 * stdout_flush() - have all that was printed be read
 */
void stdout_flush(void)
{
	if ((fflush(stdout) || ferror(stdout)) && !first_error)
		first_error = errno ? errno : EIO;
}

/**
 * stdout_has_failed() - has something that was printed been lost?
 *
 * Return: true if it has, as far as is known.
 */
bool stdout_has_failed(void)
{
	return first_error;
}

/**
 * stdout_end() - print what has not been yet, and say if not all could be
 * @status: what has come of the command
 *
 * Return: @status, or STATUS_OUTPUT in place of STATUS_OK.
 */
enum status stdout_end(enum status status)
{
	stdout_flush();
	if (status != STATUS_OK || !first_error)
		return status;
	warn("not all of the output could be written: %s", strerror(first_error));
	return STATUS_OUTPUT;
}
