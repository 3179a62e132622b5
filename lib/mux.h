/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VFIO_MIG_MUX_H
#define _VFIO_MIG_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/vfio_mig_mux.h>

struct nl_sock;

/* What the module tells; absent numbers that 0 cannot stand for are MUX_NONE. */
#define MUX_NONE UINT64_MAX

struct mux_error {
	bool present;
	uint32_t origin;
	uint32_t number;
	uint32_t direction;
	uint64_t device;
	uint64_t channel;
	uint64_t chunk;
	char text[VFIO_MIG_MUX_TEXT_MAX + 1];
};

struct mux_session {
	uint32_t id;
	int fd;
	uint32_t role;
	uint8_t uuid[VFIO_MIG_MUX_UUID_LEN];
	uint32_t chunk_size;
	uint32_t channels;
	uint32_t features;
	uint32_t state;
	uint32_t owner_pid;
	uint64_t slots;
	uint64_t slots_free;
	uint64_t slots_used_max;
	uint32_t devices;
	uint32_t devices_loaded;
	uint32_t channels_live;
	uint64_t bytes;
	/* Milliseconds */
	uint32_t resume_timeout;
	uint32_t channel_timeout;
	/* Chunks; the first two of a source, the last of a destination */
	uint64_t resent;
	uint64_t hedged;
	uint64_t duplicates;
	/* Bytes per second, 0 for no limit; the source's. */
	uint64_t max_bandwidth;
	struct mux_error error;
};

struct mux_device {
	uint32_t session;
	uint32_t id;
	char name[VFIO_MIG_MUX_NAME_MAX + 1];
	uint64_t window;
	bool final;
	uint32_t state;
	uint64_t bytes;
	uint64_t bytes_moved;
	uint64_t chunks;
	uint64_t chunks_moved;
	uint64_t chunks_held_max;
	uint64_t window_stalls;
	uint64_t window_stall_ns;
	uint64_t io_calls;
	uint64_t io_ns;
	uint64_t zero_chunks;
	/* Of CLOCK_MONOTONIC */
	uint64_t first_ns;
	uint64_t last_ns;
	/* Bytes of its trailer, MUX_NONE without one */
	uint64_t trailer_len;
	/* Sync points of a source: the latest, and the greatest that is loaded */
	uint64_t sync;
	uint64_t synced;
};

/* What the source's owner says of a device besides its stream. */
struct mux_trailer {
	size_t length;
	uint8_t bytes[VFIO_MIG_MUX_TRAILER_MAX];
};

struct mux_channel {
	uint32_t session;
	uint64_t id;
	uint32_t state;
	uint64_t bytes_sent;
	uint64_t bytes_received;
	uint64_t chunks;
	uint64_t resent;
	uint64_t hedged;
	uint64_t duplicates;
	uint64_t zero_chunks;
	/* The source's */
	uint64_t send_ns;
	struct mux_error error;
};

/* Whoever listens to notifications, dumps or answers; any of the four may be NULL. */
struct mux_listener {
	void (*session)(const struct mux_session *session, void *arg);
	void (*device)(const struct mux_device *device, void *arg);
	void (*channel)(const struct mux_channel *channel, void *arg);
	void (*trailer)(const struct mux_trailer *trailer, void *arg);
	void *arg;
};

struct mux {
	struct nl_sock *sock;
	int family;
};

/* mux.c: requests */
int mux_open(struct mux *mux);
void mux_close(struct mux *mux);
int mux_session_new(struct mux *mux, struct mux_session *session);
int mux_session_get(struct mux *mux, uint32_t id, struct mux_session *session);
int mux_session_dump(struct mux *mux, const struct mux_listener *listener);
int mux_session_abort(struct mux *mux, uint32_t id, const char *reason);
int mux_umem_reg(struct mux *mux, uint32_t session, const void *addr, uint64_t length);
int mux_device_new(struct mux *mux, uint32_t session, uint32_t id, const char *name);
int mux_device_attach(struct mux *mux, uint32_t session, uint32_t id, int data_fd, bool final);
int mux_device_set(struct mux *mux, uint32_t session, uint32_t id, bool final, bool kick);
int mux_device_set_trailer(struct mux *mux, uint32_t session, uint32_t id, const void *bytes, size_t length);
int mux_device_trailer_get(struct mux *mux, uint32_t session, uint32_t id, struct mux_trailer *trailer);
int mux_device_sync(struct mux *mux, uint32_t session, uint32_t id, uint64_t *point);
int mux_device_dump(struct mux *mux, uint32_t session, const struct mux_listener *listener);
int mux_channel_new(struct mux *mux, uint32_t session, int64_t id, int sock_fd);
int mux_channel_dump(struct mux *mux, uint32_t session, const struct mux_listener *listener);

/* mux.c: notifications */
int mux_monitor_open(struct mux *mux);
int mux_monitor_fd(const struct mux *mux);
int mux_monitor_read(struct mux *mux, const struct mux_listener *listener);

/* mux_names.c */
const char *mux_role_name(uint32_t role);
const char *mux_session_state_name(uint32_t state);
const char *mux_device_state_name(uint32_t state);
const char *mux_channel_state_name(uint32_t state);
const char *mux_origin_name(uint32_t origin);
const char *mux_direction_name(uint32_t direction);
bool mux_session_is_over(uint32_t state);

static inline uint32_t mux_features(bool checksum, bool zero)
{
	return (checksum ? VFIO_MIG_MUX_FEATURE_CHECKSUM : 0) | (zero ? VFIO_MIG_MUX_FEATURE_ZERO : 0);
}

#endif /* _VFIO_MIG_MUX_H */
