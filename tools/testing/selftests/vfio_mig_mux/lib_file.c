// SPDX-License-Identifier: GPL-2.0
/*
 * Files of the kernel's: a knob, a setting.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib_file.h"

/**
 * file_write() - write a word into a file
 * @path: the file
 * @text: the word
 *
 * Return: 0 or a negative errno.
 */
int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}
