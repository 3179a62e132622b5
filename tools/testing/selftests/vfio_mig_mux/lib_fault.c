// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail, each in its turn: what is not struck by the n-th
 * failure has been struck by all of them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib_fault.h"
#include "lib_file.h"

#define DEBUGFS	"/sys/kernel/debug/"
#define SETTINGS	6

/* Which allocations may fail: all of them, without a word in the log */
static const struct {
	const char *file;
	const char *value;
	const char *usual;
} settings[SETTINGS] = {
	{ DEBUGFS "failslab/ignore-gfp-wait", "N", "Y" },
	{ DEBUGFS "failslab/verbose", "0", "2" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N", "Y" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N", "Y" },
	{ DEBUGFS "fail_page_alloc/min-order", "0", "1" },
	{ DEBUGFS "fail_page_alloc/verbose", "0", "2" },
};

/**
 * fault_open() - have every allocation be one that can fail
 *
 * Return: 0, or a negative errno on a kernel without fault injection.
 */
int fault_open(void)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < SETTINGS; i++)
		ret = file_write(settings[i].file, settings[i].value);
	return ret;
}

/**
 * fault_close() - undo fault_open()
 */
void fault_close(void)
{
	size_t i;

	for (i = 0; i < SETTINGS; i++)
		file_write(settings[i].file, settings[i].usual);
}

static const char *nth_file(pid_t thread)
{
	static char file[64];

	snprintf(file, sizeof(file), "/proc/self/task/%d/fail-nth", thread);
	return file;
}

/**
 * fault_set() - have an allocation of a thread fail
 * @thread: of this process; one that has ended has nothing that could fail
 * @nth: which, from 1; 0 for none any more
 */
void fault_set(pid_t thread, unsigned int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", nth);
	file_write(nth_file(thread), text);
}

/**
 * fault_struck() - whether the allocation has been made, and has failed
 * @thread: a thread that fault_set() was called for and that has not ended
 *
 * Return: true if it has.
 */
bool fault_struck(pid_t thread)
{
	char text[16] = "";
	int fd = open(nth_file(thread), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return true;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !atoi(text);
}

static bool is_worker(const char *thread)
{
	char file[300], name[32] = "";
	int fd;

	snprintf(file, sizeof(file), "/proc/self/task/%s/comm", thread);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	return !strncmp(name, "mux", 3);
}

/**
 * fault_workers() - find the module's workers of this process
 * @workers: receives their thread numbers
 *
 * Return: how many there are.
 */
int fault_workers(pid_t workers[FAULT_THREADS_MAX])
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	int count = 0;

	while (tasks && (task = readdir(tasks))) {
		if (count < FAULT_THREADS_MAX && is_worker(task->d_name))
			workers[count++] = atoi(task->d_name);
	}
	if (tasks)
		closedir(tasks);
	return count;
}
