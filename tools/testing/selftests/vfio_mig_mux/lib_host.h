/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hosts: a session with its memory and devices, and two of them as the two
 * ends of a migration, both of this process.
 */
#ifndef _LIB_HOST_H_
#define _LIB_HOST_H_

#include <stddef.h>

#include "lib_mux.h"

#define CHUNK	VFIO_MIG_MUX_CHUNK_SIZE_MIN

/**
 * struct host - a session
 * @mux: netlink socket
 * @id: its number
 * @fd: its session fd, -1 once it is closed
 * @umem: its memory
 * @length: bytes of @umem
 */
struct host {
	struct mux *mux;
	__u32 id;
	int fd;
	unsigned char *umem;
	size_t length;
};

/**
 * struct host_params - what to make a session of
 * @role: VFIO_MIG_MUX_ROLE_*
 * @uuid: VFIO_MIG_MUX_UUID_LEN bytes
 * @chunk_size: CHUNK if 0
 * @channels: 1 if 0
 * @no_checksum: without the feature
 * @zero: with the feature
 * @trailer: with the feature
 * @no_resume: without a pause: the session fails with its last channel
 * @resume_timeout: milliseconds, the module's own idea if 0
 * @channel_timeout: the same
 * @max_bandwidth: bytes per second, no limit if 0
 * @slots: slots of the umem, no umem if 0
 * @devices: how many to add, named d0, d1 and so on
 * @window: window of each, an equal share if 0
 */
struct host_params {
	__u32 role;
	const __u8 *uuid;
	__u32 chunk_size;
	__u32 channels;
	bool no_checksum;
	bool zero;
	bool trailer;
	bool no_resume;
	__u32 resume_timeout;
	__u32 channel_timeout;
	__u64 max_bandwidth;
	__u32 slots;
	__u32 devices;
	__u32 window;
};

void uuid_make(__u8 uuid[VFIO_MIG_MUX_UUID_LEN]);
const char *uuid_text(const __u8 uuid[VFIO_MIG_MUX_UUID_LEN], char text[37]);

int host_open(struct host *host, struct mux *mux, const struct host_params *params);
void host_shut(struct host *host);
void host_close(struct host *host);
int host_umem(struct host *host, size_t length);
int host_device(struct host *host, __u32 id, const char *name, __u32 window);
int host_attach(struct host *host, __u32 id, int data_fd, bool final);
int host_trailer(struct host *host, __u32 id, const void *trailer, size_t length);
int host_channel(struct host *host, int sock_fd, int id);
int host_drain(struct host *host, int id);
int host_abort(struct host *host, const char *reason);

/**
 * struct pair - the two hosts of a migration
 * @source: one
 * @destination: the other
 */
struct pair {
	struct host source;
	struct host destination;
};

int pair_open(struct pair *pair, struct mux *mux, __u32 channels, __u32 devices, __u32 slots);
void pair_close(struct pair *pair);
int pair_connect(struct pair *pair, __u32 channel);

#endif /* _LIB_HOST_H_ */
