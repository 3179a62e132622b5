// SPDX-License-Identifier: GPL-2.0
/*
 * What a VMM knows of a device and the device does not: of an emulated part of its configuration space, say. It goes
 * with the device's data, and can be asked for when all of that is loaded. Here it is what is in a file.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "vmm.h"

static FILE *open_file(struct vmm *vmm, uint32_t i, const char *mode)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s.dev%u", vmm->trailers, i);
	file = fopen(path, mode);
	if (!file && errno != ENOENT)
		vmm_fail(vmm, "a file of --trailers cannot be opened");
	return file;
}

/* What goes into the connection is little, compared with many trailers. */
static int set_trailer(struct vmm *vmm, uint32_t i, const void *bytes, size_t length)
{
	struct pollfd fd = { .fd = vfio_mig_fd(vmm->mig), .events = POLLOUT };
	int ret;

	while ((ret = vfio_mig_set_trailer(vmm->mig, i, bytes, length)) > 0)
		poll(&fd, 1, -1);
	return ret ? vmm_fail(vmm, vfio_mig_error()) : 0;
}

/**
 * trailer_hand_over() - say of a device what its data does not
 * @vmm: a source
 * @i: a device in STOP_COPY of which the agent has not been told so
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int trailer_hand_over(struct vmm *vmm, uint32_t i)
{
	/* One more, so that what is too long is noticed. */
	char bytes[VFIO_MIG_TRAILER_MAX + 1];
	size_t length;
	FILE *file;

	if (!vmm->trailers)
		return 0;
	file = open_file(vmm, i, "r");
	if (!file)
		return vmm->error[0] ? -1 : 0;
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return set_trailer(vmm, i, bytes, length);
}

/**
 * trailer_take() - keep what the other VMM has said of a device
 * @vmm: a destination
 * @event: VFIO_MIG_TRAILER
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int trailer_take(struct vmm *vmm, const struct vfio_mig_event *event)
{
	FILE *file;

	vmm->told++;
	/* The other VMM had nothing to say. */
	if (!event->trailer)
		return 0;
	file = open_file(vmm, event->device, "w");
	if (!file)
		return vmm_fail(vmm, "there is nowhere to keep what the other VMM has said");
	fwrite(event->trailer, 1, event->trailer_length, file);
	return fclose(file) ? vmm_fail(vmm, "what the other VMM has said cannot be kept") : 0;
}

static bool is_told(const struct vmm *vmm)
{
	return vmm->told == vmm->count;
}

/**
 * trailers_fetch() - ask what the other VMM has said of all devices
 * @vmm: a destination whose devices are loaded
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int trailers_fetch(struct vmm *vmm)
{
	if (!vmm->trailers)
		return 0;
	for (uint32_t i = 0; i < vmm->count; i++)
		if (vfio_mig_ask_trailer(vmm->mig, i))
			return vmm_fail(vmm, vfio_mig_error());
	vmm->asking = true;
	if (vmm_wait(vmm, is_told))
		return -1;
	vmm->asking = false;
	return 0;
}
