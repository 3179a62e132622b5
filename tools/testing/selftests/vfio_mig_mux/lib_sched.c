// SPDX-License-Identifier: GPL-2.0
/*
 * Where and when threads run: the test's own, and workers, which begin as who
 * makes them is. With all of them on one processor, one that is in more of a
 * hurry runs until it has nothing to do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib_sched.h"

/**
 * sched_pin() - run on one processor, with all workers made from now on
 * @cpu: its number
 *
 * Return: 0 or a negative errno.
 */
int sched_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/**
 * sched_hurry() - run before all that is in less of a hurry, with all workers
 *	made from now on
 * @priority: from 1, or 0 to be as usual again
 *
 * Return: 0 or a negative errno.
 */
int sched_hurry(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &param) ? -errno : 0;
}

static bool is_worker(const char *task)
{
	char path[300], name[4] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	return !strcmp(name, "mux");
}

/**
 * workers_count() - workers of sessions of this process
 *
 * Return: their number, or a negative errno.
 */
int workers_count(void)
{
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	dir = opendir("/proc/self/task");
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)))
		count += is_worker(entry->d_name);
	closedir(dir);
	return count;
}
