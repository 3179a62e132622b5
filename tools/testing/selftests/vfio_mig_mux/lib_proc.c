// SPDX-License-Identifier: GPL-2.0
/*
 * What a session takes, and has to give back, in figures.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib_proc.h"
#include "lib_time.h"

static long entries(const char *path)
{
	struct dirent *entry;
	long count = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return -1;
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* The number that follows @key at the beginning of a line */
static long figure(const char *path, const char *key)
{
	char line[256];
	long value = -1;
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, key, strlen(key)) &&
		    sscanf(line + strlen(key), "%ld", &value) == 1)
			break;
	}
	fclose(file);
	return value;
}

/* Every processor counts for itself: have it all added up */
static long pins(void)
{
	char buf[1];
	int fd;

	fd = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!read(fd, buf, sizeof(buf));
		close(fd);
	}
	return figure("/proc/vmstat", "nr_foll_pin_acquired ") -
	       figure("/proc/vmstat", "nr_foll_pin_released ");
}

/**
 * holdings_take() - see what is held now
 * @holdings: receives the figures
 */
void holdings_take(struct holdings *holdings)
{
	holdings->tasks = entries("/proc/self/task");
	holdings->locked_kb = figure("/proc/self/status", "VmLck:");
	holdings->pins = pins();
	holdings->mux_refs = figure("/sys/module/vfio_mig_mux/refcnt", "");
	holdings->sim_refs = figure("/sys/module/vfio_mig_sim/refcnt", "");
	holdings->files = entries("/proc/self/fd");
}

/**
 * holdings_equal() - whether as much is held now as it was before
 * @before: the figures of then
 *
 * Return: true if none of them has changed.
 */
bool holdings_equal(const struct holdings *before)
{
	struct holdings now;

	holdings_take(&now);
	return !memcmp(&now, before, sizeof(now));
}

/**
 * holdings_return() - wait until no more is held than was before
 * @before: the figures of then
 *
 * A thread that has ended can be seen for a moment yet.
 *
 * Return: true if all figures are back; else they are printed.
 */
bool holdings_return(const struct holdings *before)
{
	struct holdings now;

	if (eventually(holdings_equal(before)))
		return true;
	holdings_take(&now);
	fprintf(stderr, "# tasks %ld, were %ld; locked %ld KiB, were %ld; pins %ld, were %ld\n",
		now.tasks, before->tasks, now.locked_kb, before->locked_kb,
		now.pins, before->pins);
	fprintf(stderr, "# mux refs %ld, were %ld; sim refs %ld, were %ld; files %ld, were %ld\n",
		now.mux_refs, before->mux_refs, now.sim_refs, before->sim_refs,
		now.files, before->files);
	return false;
}
