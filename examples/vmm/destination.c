// SPDX-License-Identifier: GPL-2.0
/* The destination of a migration, top down. */
#include <stdio.h>
#include <string.h>

#include <linux/vfio.h>

#include "error.h"
#include "vmm.h"

static bool is_wanted(const struct vmm *vmm)
{
	return !strcmp(vmm->peer_word, "migrate");
}

static bool is_started(const struct vmm *vmm)
{
	return vmm->started;
}

static bool is_completed(const struct vmm *vmm)
{
	return vmm->completed;
}

static bool may_run(const struct vmm *vmm)
{
	return !strcmp(vmm->peer_word, "run");
}

static int resume(struct vmm *vmm)
{
	for (uint32_t i = 0; i < vmm->count; i++) {
		struct vfio_device *device = &vmm->devices[i];

		if (vfio_set_state(device, VFIO_STATE_RESUMING))
			return vmm_fail(vmm, error_text());
		if (vfio_mig_attach(vmm->mig, i, device->data_fd, false))
			return vmm_fail(vmm, vfio_mig_error());
		vfio_close_data(device);
	}
	return 0;
}

/* A device may talk to another one as soon as it is RUNNING: all of them listen before the first one does. */
static int run(struct vmm *vmm)
{
	if (vmm_have(vmm, VFIO_MIGRATION_P2P) && vmm_set_states(vmm, VFIO_STATE_RUNNING_P2P))
		return -1;
	return vmm_set_states(vmm, VFIO_STATE_RUNNING);
}

/**
 * destination_run() - take devices from another VMM
 * @vmm: with devices to load into
 *
 * Return: 0 with the devices RUNNING what was loaded, or -1 with the reason in
 * @vmm->error. With @vmm->committed the guest is this VMM's all the same.
 */
int destination_run(struct vmm *vmm)
{
	char word[64];

	/* 1. Wait for a VMM that wants to migrate its devices here. */
	if (peer_listen(vmm) || vmm_wait(vmm, is_wanted))
		return -1;

	/* 2. Ask the agent for a migration. It makes the UUID, by which channels find it from here on. */
	if (vmm_start(vmm, VFIO_MIG_DESTINATION) || vmm_wait(vmm, is_started))
		return -1;
	vmm_phase("started");

	/* 3. Make the devices resume, let the agent load them, and have the other VMM begin. */
	snprintf(word, sizeof(word), "ready %s", vmm->uuid);
	if (resume(vmm) || peer_say(vmm, word))
		return -1;
	vmm_phase("streaming");
	if (vmm_wait(vmm, is_completed))
		return -1;
	vmm_phase("completed");

	/* The agent has also what the other VMM had to say of the devices. */
	if (trailers_fetch(vmm))
		return -1;
	vmm_leave_agent(vmm);

	/* 4. Leaving RESUMING is where a device accepts or refuses what it was given. */
	if (vmm_set_states(vmm, VFIO_STATE_STOP))
		return -1;
	if (peer_say(vmm, "loaded") || vmm_wait(vmm, may_run))
		return -1;

	/* 5. The guest is this VMM's now. */
	vmm->committed = true;
	vmm_phase("committed");
	if (run(vmm))
		return -1;
	if (peer_say(vmm, "running"))
		vmm_warn(vmm, "the guest runs, and the other VMM cannot be told");
	return 0;
}

/**
 * destination_roll_back() - throw away what was loaded
 * @vmm: after an error
 */
void destination_roll_back(struct vmm *vmm)
{
	vmm_leave_agent(vmm);
	for (uint32_t i = 0; i < vmm->count; i++)
		if (vfio_discard(&vmm->devices[i]))
			fprintf(stderr, "example-vmm: %s\n", error_text());
}
