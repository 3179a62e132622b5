/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BENCH_THREADS_H
#define _BENCH_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "devices.h"

#define CHANNELS_MAX CONNECTIONS_MAX
#define BUFFERS_MAX 16

/* How a chunk gets into a socket. */
enum how {
	HOW_COPY,	/* sendmsg(), or GnuTLS */
	HOW_SPLICE,	/* vmsplice() and splice(): the socket refers to the buffer */
	HOW_ZEROCOPY,	/* MSG_ZEROCOPY: the same where the device can; it copies later where not */
};

/* Before each chunk, big endian. Chunks of a device are counted from 0. */
struct frame {
	uint32_t device;
	uint32_t length;
	uint64_t index;
};

/* A frame of this device ends a channel. */
#define FRAME_END UINT32_MAX

struct buffer {
	char *data;
	uint32_t device;
	uint32_t length;
	uint64_t index;
};

/*
 * A connection and its own buffers, a ring. On the source: filled from a
 * device, sent, emptied when they may be filled again. On the destination:
 * filled from the socket, emptied into a device.
 */
struct channel {
	struct rival *rival;
	struct connection connection;
	int pipe[2];
	struct buffer ring[BUFFERS_MAX];
	/* Memory of buffers that are empty: what was used last is used next, while the cache has it. */
	char *spare[BUFFERS_MAX];
	int spares;
	uint64_t filled;
	uint64_t sent;
	uint64_t emptied;
	bool last_filled;
	bool done;
	pthread_cond_t changed;
};

struct device {
	struct vfio_device vfio;
	/* One thread at a time reads or writes it. */
	bool busy;
	bool ended;
	uint64_t next;
};

struct rival {
	struct endpoints endpoints;
	struct security security;
	enum how how;
	int channel_count;
	int buffer_count;
	uint32_t chunk;
	/* Each channel has one worker for its socket and one for the devices, instead of one for both. */
	bool split;
	/* Workers are processes that share memory, instead of threads. */
	bool processes;
	int device_count;
	struct device devices[DEVICES_MAX];
	struct channel channels[CHANNELS_MAX];
	/* Protects what changes in channels and devices. */
	pthread_mutex_t lock;
	/* A device is free; on the destination, a buffer is full. */
	pthread_cond_t news;
	/* Device that is looked at first. */
	int turn;
	uint64_t bytes;
};

_Noreturn void die(void);

/* Workers, started for a channel; destination_writer() for all of them. */
void *source_worker(void *channel);
void *source_reader(void *channel);
void *source_sender(void *channel);

void *destination_worker(void *channel);
void *destination_receiver(void *channel);
void *destination_writer(void *rival);
int destination_check(struct rival *rival);

#endif /* _BENCH_THREADS_H */
