// SPDX-License-Identifier: GPL-2.0
/*
 * The source of a migration, top down. The device states are set here and nowhere
 * else: the agent never sees a device, only its data_fd.
 */
#include <stdio.h>
#include <string.h>

#include <linux/vfio.h>

#include "error.h"
#include "vmm.h"

/* Newer than the oldest headers this builds with. */
#ifndef VFIO_MIGRATION_PRE_COPY
#define VFIO_MIGRATION_PRE_COPY 0x4
#endif

static bool is_awaited(const struct vmm *vmm)
{
	return !strncmp(vmm->peer_word, "ready ", 6);
}

static bool is_started(const struct vmm *vmm)
{
	return vmm->started;
}

static bool can_stream(const struct vmm *vmm)
{
	return vmm->live;
}

static bool is_completed(const struct vmm *vmm)
{
	return vmm->completed;
}

static bool is_loaded(const struct vmm *vmm)
{
	return !strcmp(vmm->peer_word, "loaded");
}

static bool is_running(const struct vmm *vmm)
{
	return !strcmp(vmm->peer_word, "running");
}

static bool is_synced(const struct vmm *vmm)
{
	return vmm->synced == vmm->count;
}

static bool is_ready(const struct vmm *vmm)
{
	return vmm->ready == vmm->count;
}

/* Final: in STOP_COPY the end of a data_fd is the end of the stream. In PRE_COPY it only has no more for now. */
static int hand_over(struct vmm *vmm, uint32_t i, bool final)
{
	if (vfio_mig_attach(vmm->mig, i, vmm->devices[i].data_fd, final))
		return vmm_fail(vmm, vfio_mig_error());
	/* The agent has its own now; this one is of no more use. */
	vfio_close_data(&vmm->devices[i]);
	return 0;
}

/* All that has been read is loaded over there: the other devices have what they need to take the rest. */
static int synchronise(struct vmm *vmm)
{
	vmm_phase("ahead");
	for (uint32_t i = 0; i < vmm->count; i++)
		if (vfio_mig_sync(vmm->mig, i))
			return vmm_fail(vmm, vfio_mig_error());
	if (vmm_wait(vmm, is_synced))
		return -1;
	vmm_phase("synced");
	return 0;
}

/*
 * The guest runs on. What it dirties meanwhile is read when the agent is told to look again; a real VMM asks the device
 * how much that is (VFIO_MIG_GET_PRECOPY_INFO), and stops when it is little enough. This one looks once more.
 */
static int pre_copy(struct vmm *vmm)
{
	for (uint32_t i = 0; i < vmm->count; i++) {
		if (vfio_set_state(&vmm->devices[i], VFIO_STATE_PRE_COPY))
			return vmm_fail(vmm, error_text());
		if (hand_over(vmm, i, false))
			return -1;
	}
	if (synchronise(vmm) || vmm_wait(vmm, is_ready))
		return -1;
	vmm->ready = 0;
	for (uint32_t i = 0; i < vmm->count; i++)
		if (vfio_mig_kick(vmm->mig, i))
			return vmm_fail(vmm, vfio_mig_error());
	return vmm_wait(vmm, is_ready);
}

/* The guest stands still from here on. All devices stop talking to each other before any of them stops. */
static int stop_and_stream(struct vmm *vmm)
{
	enum vfio_state p2p = vmm->pre_copy ? VFIO_STATE_PRE_COPY_P2P : VFIO_STATE_RUNNING_P2P;

	if (vmm_have(vmm, VFIO_MIGRATION_P2P) && vmm_set_states(vmm, p2p))
		return -1;
	for (uint32_t i = 0; i < vmm->count; i++) {
		if (vfio_set_state(&vmm->devices[i], VFIO_STATE_STOP_COPY))
			return vmm_fail(vmm, error_text());
		if (trailer_hand_over(vmm, i))
			return -1;
		if (!vmm->pre_copy && hand_over(vmm, i, true))
			return -1;
		if (vmm->pre_copy && vfio_mig_final(vmm->mig, i))
			return vmm_fail(vmm, vfio_mig_error());
	}
	return 0;
}

/**
 * source_run() - migrate the devices away
 * @vmm: with its devices RUNNING
 *
 * Return: 0 with the devices in STOP here and the guest the other VMM's, or -1 with
 * the reason in @vmm->error and the guest still this VMM's.
 */
int source_run(struct vmm *vmm)
{
	/* 1. The other VMM goes first: its agent makes the UUID, and can take channels when it has told it. */
	if (peer_connect(vmm) || peer_say(vmm, "migrate") || vmm_wait(vmm, is_awaited))
		return -1;
	snprintf(vmm->uuid, sizeof(vmm->uuid), "%s", vmm->peer_word + 6);

	/* 2. Ask the agent for the same migration. It connects the channels at once, while the guest runs on. */
	if (vmm_start(vmm, VFIO_MIG_SOURCE) || vmm_wait(vmm, is_started))
		return -1;
	vmm_phase("started");
	if (vmm_wait(vmm, can_stream))
		return -1;
	vmm_phase("connected");

	/* 3. Let the agents move the devices' state, at last with the devices stopped. */
	vmm->pre_copy = vmm->pre_copy && vmm_have(vmm, VFIO_MIGRATION_PRE_COPY);
	if (vmm->pre_copy && pre_copy(vmm))
		return -1;
	if (stop_and_stream(vmm))
		return -1;
	vmm_phase("streaming");
	if (vmm_wait(vmm, is_completed))
		return -1;
	vmm_phase("completed");

	/* 4. Both agents have done their part. */
	vmm_leave_agent(vmm);

	/* 5. Hand over. Until "run" is sent all of this can be taken back. */
	if (vmm_set_states(vmm, VFIO_STATE_STOP) || vmm_wait(vmm, is_loaded))
		return -1;
	if (peer_say(vmm, "run"))
		return -1;
	vmm->committed = true;
	vmm_phase("committed");

	/* 6. The guest is the other VMM's. That it does not say so is no reason to have two of them. */
	if (vmm_wait(vmm, is_running))
		vmm_warn(vmm, "the guest is over there, and nobody says that it runs");
	return 0;
}

/**
 * source_roll_back() - let the guest go on here
 * @vmm: after an error
 */
void source_roll_back(struct vmm *vmm)
{
	/* Ends the session, if there is one still. */
	vmm_leave_agent(vmm);
	for (uint32_t i = 0; i < vmm->count; i++)
		if (vfio_recover(&vmm->devices[i]))
			fprintf(stderr, "example-vmm: %s\n", error_text());
}
