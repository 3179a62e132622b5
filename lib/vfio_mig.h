/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvfio-mig-mux: a VMM's side of "vfio-mig-agent serve". See
 * Documentation/library.rst and Documentation/vmm-guide.rst.
 */
#ifndef _VFIO_MIG_H
#define _VFIO_MIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VFIO_MIG_TEXT_MAX 255
#define VFIO_MIG_NAME_MAX 63
#define VFIO_MIG_UUID_TEXT_LEN 36
#define VFIO_MIG_TRAILER_MAX 61440

/* One migration on this host; a connection to the agent. */
struct vfio_mig;

enum vfio_mig_role {
	VFIO_MIG_SOURCE,
	VFIO_MIG_DESTINATION,
};

/**
 * struct vfio_mig_proposal - what a migration is to be
 * @size: sizeof(struct vfio_mig_proposal), so that it can grow
 * @role: of this host
 * @device_count: number of devices
 * @devices: their names, the same on both hosts
 * @to: where the destination's agent listens, for a source: "ADDRESS:PORT"
 * @uuid: 36 characters, or NULL to have the agent make one
 * @chunk_size: bytes, or 0 for what the agent thinks best
 * @channels: how many, or 0 for what the agent thinks best
 * @no_checksum: chunks go without their checksums
 * @no_zero: chunks that are all zero are sent like others
 * @progress_ms: a VFIO_MIG_PROGRESS as often, or 0 for none
 * @trailer: devices may have trailers; the same on both hosts
 */
struct vfio_mig_proposal {
	uint32_t size;
	enum vfio_mig_role role;
	uint32_t device_count;
	const char * const *devices;
	const char *to;
	const char *uuid;
	uint32_t chunk_size;
	uint32_t channels;
	bool no_checksum;
	bool no_zero;
	uint32_t progress_ms;
	bool trailer;
};

enum vfio_mig_event_type {
	/* uuid, port (destination) */
	VFIO_MIG_STARTED,
	/* channel, live, text */
	VFIO_MIG_CHANNEL_LIVE,
	VFIO_MIG_CHANNEL_FAILED,
	VFIO_MIG_PAUSED,
	VFIO_MIG_RESUMED,
	/* device, bytes */
	VFIO_MIG_DRAINED,
	VFIO_MIG_READY,
	VFIO_MIG_LOADED,
	/* bytes */
	VFIO_MIG_COMPLETED,
	/* bytes, moved */
	VFIO_MIG_PROGRESS,
	/* stats */
	VFIO_MIG_STATS,
	/* text; there is nothing after it */
	VFIO_MIG_ERROR,
	/* device, bytes */
	VFIO_MIG_SYNCED,
	/* device, trailer, trailer_length */
	VFIO_MIG_TRAILER,
};

/**
 * struct vfio_mig_event - what the agent tells; may grow, see vfio_mig_next()
 * @type: what happened; says which of the others are set
 * @device: number of a device: its place in the proposal
 * @channel: number of a channel
 * @live: number of live channels
 * @port: where the destination's agent takes channels
 * @bytes: read (DRAINED, READY), or loaded
 * @moved: read on the source, received on the destination
 * @uuid: the migration's
 * @text: why
 * @stats: a JSON object as text, valid until the next call of vfio_mig_next()
 * @trailer: what the source has said of the device, as long as @stats; NULL if nothing
 * @trailer_length: its bytes
 */
struct vfio_mig_event {
	enum vfio_mig_event_type type;
	uint32_t device;
	uint32_t channel;
	uint32_t live;
	uint32_t port;
	uint64_t bytes;
	uint64_t moved;
	char uuid[VFIO_MIG_UUID_TEXT_LEN + 1];
	char text[VFIO_MIG_TEXT_MAX + 1];
	const char *stats;
	const void *trailer;
	size_t trailer_length;
};

struct vfio_mig *vfio_mig_connect(const char *path);
void vfio_mig_close(struct vfio_mig *mig);
int vfio_mig_fd(const struct vfio_mig *mig);
int vfio_mig_next(struct vfio_mig *mig, struct vfio_mig_event *event, size_t size);

int vfio_mig_start(struct vfio_mig *mig, const struct vfio_mig_proposal *proposal);
int vfio_mig_attach(struct vfio_mig *mig, uint32_t device, int data_fd, bool final);
int vfio_mig_final(struct vfio_mig *mig, uint32_t device);
int vfio_mig_kick(struct vfio_mig *mig, uint32_t device);
int vfio_mig_sync(struct vfio_mig *mig, uint32_t device);
int vfio_mig_set_trailer(struct vfio_mig *mig, uint32_t device, const void *bytes, size_t length);
int vfio_mig_ask_trailer(struct vfio_mig *mig, uint32_t device);
int vfio_mig_ask_stats(struct vfio_mig *mig);
int vfio_mig_abort(struct vfio_mig *mig, const char *text);

const char *vfio_mig_error(void);

#ifdef __cplusplus
}
#endif

#endif /* _VFIO_MIG_H */
