// SPDX-License-Identifier: GPL-2.0
/* Sync points: each that a VMM asks for is answered, in their order, when all that had been read by then is loaded. */
#include <string.h>

#include "error.h"
#include "served.h"

/**
 * served_ask_sync() - note how far a device's stream has got
 * @served: a source's VMM
 * @id: a device that is attached
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_ask_sync(struct served *served, uint32_t id)
{
	struct served_device *device = &served->devices[id];
	const char *name = served->session.devices[id].now.name;

	/* What there is to know then is 'loaded'. */
	if (device->final)
		return fail("'sync' after 'final' of device '%s'", name);
	if (device->point_count == SERVED_POINTS_MAX)
		return fail("'sync' of device '%s' when %d are not answered yet", name, SERVED_POINTS_MAX);
	if (mux_device_sync(&served->session.mux, served->session.now.id, id, &device->points[device->point_count]))
		return -1;
	device->point_count++;
	/* It may have been told before the answer was there. */
	served->session.stale = true;
	return 0;
}

/**
 * served_look_at_sync() - tell a VMM of the sync points that have been reached
 * @served: the VMM; its session is fresh
 * @id: the device
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_look_at_sync(struct served *served, uint32_t id)
{
	const struct mux_device *now = &served->session.devices[id].now;
	struct served_device *device = &served->devices[id];

	if (now->synced == MUX_NONE)
		return 0;
	while (device->point_count && device->points[0] <= now->synced) {
		device->point_count--;
		memmove(device->points, device->points + 1, device->point_count * sizeof(device->points[0]));
		if (served_tell_device(served, "synced", now, now->bytes))
			return -1;
	}
	return 0;
}
