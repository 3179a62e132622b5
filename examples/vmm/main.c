// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM with VFIO devices and no guest, reduced to what their migration takes. It
 * needs no privilege but access to its devices and to the agent's socket:
 *
 *   agents   vfio-mig-agent serve --control /run/mig.sock --allow-user vmm --tls-...
 *   dst      example-vmm --agent /run/mig.sock --peer 192.0.2.2:7000 DEVICE...
 *   src      example-vmm --agent /run/mig.sock --peer 192.0.2.2:7000 --to 192.0.2.2:7390 DEVICE...
 *
 * Begin reading with source.c and destination.c.
 */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "loop.h"
#include "vmm.h"

/* For the agent to hear why the other VMM has left */
#define LAST_WORD_MS 1000

/**
 * vmm_fail() - note why this cannot go on; the first reason counts
 * @vmm: the VMM
 * @text: the reason
 *
 * Return: -1 always.
 */
int vmm_fail(struct vmm *vmm, const char *text)
{
	if (!vmm->error[0])
		snprintf(vmm->error, sizeof(vmm->error), "%s", text);
	return -1;
}

/**
 * vmm_warn() - say why something that does not matter any more went wrong
 * @vmm: the VMM; its reason becomes part of the warning
 * @text: what went wrong
 */
void vmm_warn(struct vmm *vmm, const char *text)
{
	fprintf(stderr, "example-vmm: %s: %s\n", text, vmm->error);
	vmm->error[0] = '\0';
}

/**
 * vmm_have() - do all devices have a feature?
 * @vmm: the VMM
 * @feature: VFIO_MIGRATION_P2P, VFIO_MIGRATION_PRE_COPY
 *
 * Return: whether they do.
 */
bool vmm_have(const struct vmm *vmm, uint64_t feature)
{
	for (uint32_t i = 0; i < vmm->count; i++)
		if (!(vmm->devices[i].features & feature))
			return false;
	return true;
}

/**
 * vmm_phase() - say how far this has come
 * @phase: a word
 *
 * For tests: with VMM_STOP_AT of this name, the VMM stands still here until it is
 * told to go on (SIGCONT).
 */
void vmm_phase(const char *phase)
{
	const char *stop = getenv("VMM_STOP_AT");

	puts(phase);
	fflush(stdout);
	if (stop && !strcmp(stop, phase))
		raise(SIGSTOP);
}

/**
 * vmm_set_states() - bring all devices into a state
 * @vmm: the VMM
 * @state: the state
 *
 * One after the other, for simplicity. A real VMM does this in parallel, because
 * some devices take long and the guest stands still.
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int vmm_set_states(struct vmm *vmm, enum vfio_state state)
{
	for (uint32_t i = 0; i < vmm->count; i++)
		if (vfio_set_state(&vmm->devices[i], state))
			return vmm_fail(vmm, error_text());
	return 0;
}

/**
 * vmm_start() - connect to the agent and say what is to be done
 * @vmm: the VMM
 * @role: its role
 *
 * The answer, VFIO_MIG_STARTED, is an event like others.
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int vmm_start(struct vmm *vmm, enum vfio_mig_role role)
{
	/* Both hosts use the same names in the same order. */
	static const char * const names[VMM_DEVICES_MAX] = {
		"dev0", "dev1", "dev2", "dev3", "dev4", "dev5", "dev6", "dev7",
	};
	struct vfio_mig_proposal proposal = {
		.size = sizeof(proposal),
		.role = role,
		.device_count = vmm->count,
		.devices = names,
		.to = vmm->peer_agent,
		.uuid = vmm->uuid[0] ? vmm->uuid : NULL,
		.chunk_size = vmm->chunk_size,
		.channels = vmm->channels,
		.trailer = vmm->trailers,
	};

	vmm->mig = vfio_mig_connect(vmm->agent);
	if (!vmm->mig || vfio_mig_start(vmm->mig, &proposal))
		return vmm_fail(vmm, vfio_mig_error());
	return 0;
}

/**
 * vmm_leave_agent() - end the connection to the agent, and a migration that is not complete
 * @vmm: the VMM
 */
void vmm_leave_agent(struct vmm *vmm)
{
	vfio_mig_close(vmm->mig);
	vmm->mig = NULL;
}

static void take_event(struct vmm *vmm, const struct vfio_mig_event *event)
{
	switch (event->type) {
	case VFIO_MIG_STARTED:
		vmm->started = true;
		strcpy(vmm->uuid, event->uuid);
		break;
	case VFIO_MIG_CHANNEL_LIVE:
		vmm->live = true;
		break;
	case VFIO_MIG_CHANNEL_FAILED:
		/* The agent connects it again: worth a line in a log, and nothing else. */
		fprintf(stderr, "example-vmm: channel %u failed: %s\n", event->channel, event->text);
		break;
	case VFIO_MIG_READY:
		vmm->ready++;
		break;
	case VFIO_MIG_SYNCED:
		vmm->synced++;
		break;
	case VFIO_MIG_TRAILER:
		trailer_take(vmm, event);
		break;
	case VFIO_MIG_LOADED:
		vmm->loaded++;
		break;
	case VFIO_MIG_COMPLETED:
		vmm->completed = true;
		printf("%llu bytes of %u devices\n", (unsigned long long)event->bytes, vmm->loaded);
		break;
	case VFIO_MIG_ERROR:
		/* What is complete needs no agent any more, but for what is still asked. */
		if (!vmm->completed || vmm->asking)
			vmm_fail(vmm, event->text);
		break;
	default:
		/* Others may come; who does not know them loses nothing. */
		break;
	}
}

static int take_events(struct vmm *vmm)
{
	struct vfio_mig_event event;

	while (vfio_mig_next(vmm->mig, &event, sizeof(event)) > 0)
		take_event(vmm, &event);
	return vmm->error[0] ? -1 : 0;
}

/* The agent has the last word: what made the other VMM leave may have been told to it, too. */
static int hear_why(struct vmm *vmm)
{
	uint64_t deadline_ns = now_ns() + LAST_WORD_MS * NS_PER_MS;
	struct pollfd fd = { .events = POLLIN };

	if (!vmm->mig || vmm->completed)
		return -1;
	vmm->error[0] = '\0';
	fd.fd = vfio_mig_fd(vmm->mig);
	/* It comes another way, and perhaps a moment later. */
	while (poll(&fd, 1, remaining_ms(deadline_ns)) > 0 && remaining_ms(deadline_ns)) {
		if (take_events(vmm))
			return -1;
		if (vmm->completed)
			return vmm_fail(vmm, "the other VMM is gone");
	}
	if (vfio_mig_abort(vmm->mig, "the other VMM is gone"))
		return vmm_fail(vmm, vfio_mig_error());
	while (!take_events(vmm) && !vmm->completed)
		poll(&fd, 1, -1);
	return vmm_fail(vmm, "the other VMM is gone");
}

/**
 * vmm_wait() - handle what the agent and the other VMM say, until something is true
 * @vmm: the VMM
 * @done: what is waited for
 *
 * A real VMM has a main loop instead, and adds the agent's file descriptor to it.
 *
 * Return: 0, or -1 with the reason in @vmm->error.
 */
int vmm_wait(struct vmm *vmm, bool (*done)(const struct vmm *vmm))
{
	while (!done(vmm)) {
		struct pollfd fds[] = {
			{ .fd = vmm->mig ? vfio_mig_fd(vmm->mig) : -1, .events = POLLIN },
			{ .fd = vmm->peer_fd, .events = POLLIN },
		};

		if (poll(fds, 2, -1) < 0)
			continue;
		/* The agent first: it knows more of what went wrong than a connection that broke. */
		if (fds[0].revents && take_events(vmm))
			return -1;
		if (fds[1].revents && peer_hear(vmm))
			return hear_why(vmm);
	}
	return 0;
}

static int open_devices(struct vmm *vmm, int count, char **paths)
{
	if (count < 1 || count > VMM_DEVICES_MAX)
		return vmm_fail(vmm, "between 1 and 8 devices, please");
	for (int i = 0; i < count; i++) {
		vmm->devices[i] = (struct vfio_device)VFIO_DEVICE_INIT;
		vmm->count = i + 1;
		if (vfio_open(&vmm->devices[i], paths[i]))
			return vmm_fail(vmm, error_text());
	}
	return 0;
}

static void read_options(struct vmm *vmm, int argc, char **argv)
{
	static const struct option options[] = {
		{ "agent", required_argument, NULL, 'a' },
		{ "peer", required_argument, NULL, 'p' },
		{ "to", required_argument, NULL, 't' },
		{ "channels", required_argument, NULL, 'c' },
		{ "chunk-size", required_argument, NULL, 's' },
		{ "pre-copy", no_argument, NULL, 'P' },
		{ "trailers", required_argument, NULL, 'T' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'a')
			vmm->agent = optarg;
		else if (option == 'p')
			vmm->peer = optarg;
		else if (option == 't')
			vmm->peer_agent = optarg;
		else if (option == 'c')
			vmm->channels = atoi(optarg);
		else if (option == 's')
			vmm->chunk_size = atoi(optarg);
		else if (option == 'P')
			vmm->pre_copy = true;
		else if (option == 'T')
			vmm->trailers = optarg;
		else
			exit(2);
	}
	if (vmm->agent && vmm->peer)
		return;
	fputs("usage: example-vmm --agent SOCKET --peer ADDRESS:PORT [--to ADDRESS:PORT [--pre-copy]]\n"
	      "                   [--trailers PREFIX] DEVICE...\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	static struct vmm vmm = { .peer_fd = -1 };
	bool source;
	int ret;

	read_options(&vmm, argc, argv);
	source = vmm.peer_agent;
	ret = open_devices(&vmm, argc - optind, argv + optind);
	if (!ret) {
		ret = source ? source_run(&vmm) : destination_run(&vmm);
		if (ret && !vmm.committed && source)
			source_roll_back(&vmm);
		else if (ret && !vmm.committed)
			destination_roll_back(&vmm);
	}
	vmm_leave_agent(&vmm);
	if (vmm.peer_fd >= 0)
		close(vmm.peer_fd);
	for (uint32_t i = 0; i < vmm.count; i++)
		vfio_close(&vmm.devices[i]);
	if (ret)
		fprintf(stderr, "example-vmm: %s\n", vmm.error);
	return ret ? 1 : 0;
}
