// SPDX-License-Identifier: GPL-2.0
/* All devices of a migration: which they are and what they are called. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "vfio_fleet.h"

static bool name_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > VFIO_MIG_MUX_NAME_MAX)
		return false;
	for (; *name; name++)
		if (!isgraph((unsigned char)*name) || *name == ',')
			return false;
	return true;
}

/**
 * fleet_spec_add() - take one --device
 * @spec: all of them, zero at first; fleet_spec_free() it
 * @text: PATH[,name=NAME]
 *
 * Return: 0, or -1 with the error recorded.
 */
int fleet_spec_add(struct fleet_spec *spec, const char *text)
{
	const char *comma = strchr(text, ',');
	size_t length = comma ? (size_t)(comma - text) : strlen(text);

	if (spec->count == VFIO_MIG_MUX_DEVICES_MAX)
		return fail_usage("--device '%s' is one too many: a session takes %d devices",
				  text, VFIO_MIG_MUX_DEVICES_MAX);
	if (!length)
		return fail_usage("--device '%s' names no device", text);
	if (comma) {
		if (strncmp(comma, ",name=", 6))
			return fail_usage("--device '%s': '%s' is not ',name=NAME'", text, comma);
		if (!name_is_valid(comma + 6))
			return fail_usage("--device '%s': '%s' is not a name of 1 to %d visible characters",
					  text, comma + 6, VFIO_MIG_MUX_NAME_MAX);
		for (int i = 0; i < spec->count; i++)
			if (!strcmp(spec->devices[i].name, comma + 6))
				return fail_usage("--device '%s': the name '%s' is taken", text, comma + 6);
		strcpy(spec->devices[spec->count].name, comma + 6);
	}
	spec->devices[spec->count].path = strndup(text, length);
	spec->count++;
	return 0;
}

/**
 * fleet_spec_free() - free what fleet_spec_add() took
 * @spec: the devices named
 */
void fleet_spec_free(struct fleet_spec *spec)
{
	for (int i = 0; i < spec->count; i++)
		free(spec->devices[i].path);
	spec->count = 0;
}

/**
 * fleet_open() - open all devices
 * @fleet: receives them; fleet_close() it, after an error too
 * @spec: what to open; must outlive @fleet
 *
 * Return: 0, or -1 with the error recorded.
 */
int fleet_open(struct fleet *fleet, const struct fleet_spec *spec)
{
	fleet->count = 0;
	if (!spec->count)
		return fail_usage("no --device is given");
	for (int i = 0; i < spec->count; i++) {
		struct fleet_device *device = &fleet->devices[i];

		*device = (struct fleet_device){ .vfio = VFIO_DEVICE_INIT };
		strcpy(device->given, spec->devices[i].name);
		fleet->count++;
		if (vfio_open(&device->vfio, spec->devices[i].path))
			return -1;
	}
	return 0;
}

/**
 * fleet_close() - close all devices
 * @fleet: the devices
 */
void fleet_close(struct fleet *fleet)
{
	for (int i = 0; i < fleet->count; i++)
		vfio_close(&fleet->devices[i].vfio);
	fleet->count = 0;
}

static bool name_is_taken(const struct fleet *fleet, const char *name)
{
	for (int i = 0; i < fleet->count; i++)
		if (!strcmp(fleet->devices[i].given, name) || !strcmp(fleet->devices[i].name, name))
			return true;
	return false;
}

/**
 * fleet_require_running() - refuse devices that have nothing to lose by standing still
 * @fleet: the devices
 *
 * Most drivers reset a device that is opened; with the others, one that was
 * migrated away is still in STOP.
 *
 * Return: 0, or -1 with the error recorded.
 */
int fleet_require_running(struct fleet *fleet)
{
	enum vfio_state state;

	for (int i = 0; i < fleet->count; i++) {
		struct vfio_device *vfio = &fleet->devices[i].vfio;

		if (vfio_get_state(vfio, &state))
			return -1;
		if (state != VFIO_STATE_RUNNING)
			return fail_environment("device %s is in %s, not RUNNING", vfio->path, vfio_state_name(state));
	}
	return 0;
}

/**
 * fleet_clear() - reset devices that an earlier migration has left somewhere
 * @fleet: the devices, about to be loaded
 *
 * Return: 0, or -1 with the error recorded.
 */
int fleet_clear(struct fleet *fleet)
{
	enum vfio_state state;

	for (int i = 0; i < fleet->count; i++) {
		struct vfio_device *vfio = &fleet->devices[i].vfio;

		if (vfio_get_state(vfio, &state))
			return -1;
		if (state != VFIO_STATE_RUNNING && vfio_discard(vfio))
			return -1;
	}
	return 0;
}

/**
 * fleet_name() - name the migration's devices: as given, or dev0, dev1, ... by their place
 * @fleet: the devices
 */
void fleet_name(struct fleet *fleet)
{
	char name[VFIO_MIG_MUX_NAME_MAX + 1];

	for (int i = 0; i < fleet->count; i++) {
		if (fleet->devices[i].given[0]) {
			strcpy(fleet->devices[i].name, fleet->devices[i].given);
			continue;
		}
		for (int n = i; ; n++) {
			snprintf(name, sizeof(name), "dev%d", n);
			if (!name_is_taken(fleet, name))
				break;
		}
		strcpy(fleet->devices[i].name, name);
	}
}

static int find_device(const struct fleet *fleet, int first, const char *name)
{
	for (int i = first; i < fleet->count; i++)
		if (!strcmp(fleet->devices[i].given, name))
			return i;
	return -1;
}

/**
 * fleet_match() - put the devices into the other host's order
 * @fleet: this host's devices
 * @count: number of the other host's devices
 * @names: their names, in their order
 *
 * A device that was given a name takes the place of that name; the others take
 * the places left, in their own order.
 *
 * Return: 0, or -1 with the error recorded.
 */
int fleet_match(struct fleet *fleet, int count, char names[][VFIO_MIG_MUX_NAME_MAX + 1])
{
	struct fleet_device moved;

	if (count != fleet->count)
		return fail("the source has %d device%s, the destination %d", count,
			    count == 1 ? "" : "s", fleet->count);
	for (int i = 0; i < count; i++) {
		int from = find_device(fleet, i, names[i]);

		if (from < 0)
			from = find_device(fleet, i, "");
		if (from < 0)
			return fail("the source's device '%s' has no counterpart on the destination", names[i]);
		moved = fleet->devices[from];
		memmove(&fleet->devices[i + 1], &fleet->devices[i], (from - i) * sizeof(moved));
		fleet->devices[i] = moved;
		strcpy(fleet->devices[i].name, names[i]);
	}
	return 0;
}

/**
 * fleet_data_size() - estimate what all devices will stream
 * @fleet: the devices
 *
 * Return: bytes, or 0 if a device does not know.
 */
uint64_t fleet_data_size(struct fleet *fleet)
{
	uint64_t total = 0, bytes;

	for (int i = 0; i < fleet->count; i++) {
		if (vfio_data_size(&fleet->devices[i].vfio, &bytes))
			return 0;
		total += bytes;
	}
	return total;
}
