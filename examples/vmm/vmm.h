/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _EXAMPLE_VMM_H
#define _EXAMPLE_VMM_H

#include <stdbool.h>
#include <stdint.h>
#include <vfio_mig.h>

#include "vfio.h"

#define VMM_DEVICES_MAX 8

struct vmm {
	const char *agent;
	/* The other VMM, and for a source the other VMM's agent: ADDRESS:PORT */
	const char *peer;
	const char *peer_agent;
	uint32_t channels;
	uint32_t chunk_size;
	/* A source's: stream what can be streamed while the guest runs. */
	bool pre_copy;
	/* What a VMM has to say of device N besides its data is in a file of this name and ".devN"; NULL if nothing. */
	const char *trailers;

	/* What a real VMM has anyway: devices, and a connection for everything else that migrates. */
	uint32_t count;
	struct vfio_device devices[VMM_DEVICES_MAX];
	int peer_fd;
	char peer_word[128];

	struct vfio_mig *mig;
	/* What the agent has told so far */
	bool started;
	bool live;
	bool completed;
	/* How often a device was ready, and how many are loaded */
	uint32_t ready;
	uint32_t loaded;
	/* Of how many devices all that was asked for is loaded, and how many trailers have come */
	uint32_t synced;
	uint32_t told;
	/* The agent is needed although all is complete. */
	bool asking;
	char uuid[VFIO_MIG_UUID_TEXT_LEN + 1];
	/* "run" has been said, or heard: the guest is the destination's, and nobody takes anything back. */
	bool committed;
	/* Why this cannot go on */
	char error[512];
};

/* main.c */
int vmm_fail(struct vmm *vmm, const char *text);
void vmm_warn(struct vmm *vmm, const char *text);
bool vmm_have(const struct vmm *vmm, uint64_t feature);
int vmm_start(struct vmm *vmm, enum vfio_mig_role role);
void vmm_leave_agent(struct vmm *vmm);
int vmm_wait(struct vmm *vmm, bool (*done)(const struct vmm *vmm));
int vmm_set_states(struct vmm *vmm, enum vfio_state state);
void vmm_phase(const char *phase);

/* peer.c: the VMMs among themselves */
int peer_listen(struct vmm *vmm);
int peer_connect(struct vmm *vmm);
int peer_say(struct vmm *vmm, const char *word);
int peer_hear(struct vmm *vmm);

/* trailer.c */
int trailer_hand_over(struct vmm *vmm, uint32_t i);
int trailers_fetch(struct vmm *vmm);
int trailer_take(struct vmm *vmm, const struct vfio_mig_event *event);

/* source.c, destination.c */
int source_run(struct vmm *vmm);
void source_roll_back(struct vmm *vmm);
int destination_run(struct vmm *vmm);
void destination_roll_back(struct vmm *vmm);

#endif /* _EXAMPLE_VMM_H */
