// SPDX-License-Identifier: GPL-2.0
/* From what the user calls a device to the node that opens it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "vfio_path.h"

#define CDEV_DIR "/dev/vfio/devices/"
#define GROUP_DIR "/dev/vfio/"
#define GROUPS_SYSFS "/sys/kernel/iommu_groups/"

/* Counts the entries of @dir that begin with @prefix and keeps the last one's name. */
static int only_entry(const char *dir, const char *prefix, char name[NAME_MAX + 1])
{
	struct dirent *entry;
	int count = 0;
	DIR *stream;

	stream = opendir(dir);
	if (!stream)
		return 0;
	while ((entry = readdir(stream))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		count++;
	}
	closedir(stream);
	return count;
}

static int resolve_group(const char *text, struct vfio_path *path)
{
	const char *group = text + strlen(GROUP_DIR);
	size_t length = strcspn(group, ":");
	char dir[PATH_MAX];
	const char *number;
	int devices;

	snprintf(path->node, sizeof(path->node), GROUP_DIR "%.*s", (int)length, group);
	if (access(path->node, F_OK))
		return fail_usage("--device '%s': there is no %s", text, path->node);
	if (group[length]) {
		snprintf(path->name, sizeof(path->name), "%s", group + length + 1);
		return 0;
	}

	number = strncmp(group, "noiommu-", 8) ? group : group + 8;
	snprintf(dir, sizeof(dir), GROUPS_SYSFS "%s/devices", number);
	devices = only_entry(dir, "", path->name);
	if (devices != 1)
		return fail_usage("--device '%s': the group has %d devices; say which as %s:NAME",
				  text, devices, path->node);
	return 0;
}

static int resolve_sysfs(const char *text, struct vfio_path *path)
{
	char real[PATH_MAX], entry[NAME_MAX + 1], link[PATH_MAX + 32], target[PATH_MAX];
	ssize_t length;

	if (!realpath(text, real))
		return fail_usage("--device '%s': %m", text);

	snprintf(link, sizeof(link), "%s/vfio-dev", real);
	if (only_entry(link, "vfio", entry) == 1) {
		snprintf(path->node, sizeof(path->node), CDEV_DIR "%s", entry);
		path->cdev = !access(path->node, F_OK);
		if (path->cdev)
			return 0;
	}

	snprintf(link, sizeof(link), "%s/iommu_group", real);
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return fail_usage("--device '%s' is no device that a VFIO driver is bound to", text);
	target[length] = '\0';
	snprintf(path->node, sizeof(path->node), GROUP_DIR "%.*s", NAME_MAX, strrchr(target, '/') + 1);
	snprintf(path->name, sizeof(path->name), "%.*s", NAME_MAX, strrchr(real, '/') + 1);
	if (access(path->node, F_OK))
		return fail_usage("--device '%s': there is no %s; is a VFIO driver bound to the device?",
				  text, path->node);
	return 0;
}

/**
 * vfio_path_resolve() - find the node of a device
 * @text: /dev/vfio/devices/vfioN, /dev/vfio/N, /dev/vfio/N:NAME or a sysfs directory
 * @path: receives the node
 *
 * Return: 0, or -1 with the error recorded.
 */
int vfio_path_resolve(const char *text, struct vfio_path *path)
{
	memset(path, 0, sizeof(*path));
	if (!strncmp(text, CDEV_DIR, strlen(CDEV_DIR))) {
		path->cdev = true;
		snprintf(path->node, sizeof(path->node), "%s", text);
		if (access(path->node, F_OK))
			return fail_usage("--device '%s': %m", text);
		return 0;
	}
	if (!strncmp(text, GROUP_DIR, strlen(GROUP_DIR)))
		return resolve_group(text, path);
	return resolve_sysfs(text, path);
}
