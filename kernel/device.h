/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Device: one device of a session, on the source a stream to be read, on the
 * destination one to be written.
 */
#ifndef _MUX_DEVICE_H_
#define _MUX_DEVICE_H_

#include <linux/types.h>
#include <linux/workqueue.h>

#include <uapi/linux/vfio_mig_mux.h>

#include "reorder.h"
#include "sync.h"
#include "trailer.h"
#include "window.h"
#include "worker.h"

struct file;
struct mux_channel;
struct mux_session;
struct mux_slot;
struct netlink_ext_ack;
struct nlattr;

/**
 * enum mux_flight_state - how far a chunk has come on the source
 * @MUX_FLIGHT_READ: has an index, not a byte of it is sent
 * @MUX_FLIGHT_SENDING: a worker is sending it
 * @MUX_FLIGHT_SENT: all of it has been handed to a socket
 */
enum mux_flight_state {
	MUX_FLIGHT_READ,
	MUX_FLIGHT_SENDING,
	MUX_FLIGHT_SENT,
};

/**
 * struct mux_flight - a chunk between its reading and its ACK
 * @slot: its bytes, which no one may change before the ACK: sockets refer to
 *	them; %NULL if they are all zero, and so are not sent
 * @offset: bytes of the stream before it
 * @length: its bytes
 * @crc: CRC32C of its bytes, from MUX_FLIGHT_SENDING on
 * @state: how far the copy of it has come that has come farthest
 * @lost: no channel carries it, it has to be sent again
 * @channel: carries it, %NULL if lost or if the channel has been drained
 * @second: carries another copy of it
 * @taken: when @channel has taken it, in nanoseconds
 * @handed: all of it has been handed to the socket of @channel
 * @end_seq: where it ends there, as a TCP sequence number
 * @sync: the sync point that is reached with its ACK, 0 if none is
 */
struct mux_flight {
	struct mux_slot *slot;
	u64 offset;
	u32 length;
	u32 crc;
	enum mux_flight_state state;
	bool lost;
	struct mux_channel *channel;
	struct mux_channel *second;
	u64 taken;
	bool handed;
	u32 end_seq;
	u64 sync;
};

/**
 * struct mux_device_source - what only the source knows of a device
 * @window: credit
 * @flights: chunks under way, by index modulo the ring's size
 * @mask: size of @flights less one; the size is a power of two
 * @lost: how many of them are lost
 * @sent: chunks that have been handed to a socket entirely
 * @reading: a worker is reading the data_fd; there is never a second one
 * @retry: the driver said -EAGAIN, @retry_work will try again
 * @retry_work: ends @retry
 * @kicked: since the last read began, the owner has said there may be more
 * @end_sent: END has been sent
 * @end_lost: on a channel that has failed since
 * @end_channel: where, %NULL if that has failed or been drained
 * @sync: sync points
 * @latency: nanoseconds from a chunk's being taken to its ACK, lately
 * @stalls: times the window, or the lack of a slot, kept a device waiting
 * @stall_ns: how long in all
 * @stall_since: since when now, 0 if not
 */
struct mux_device_source {
	struct mux_window window;
	struct mux_flight *flights;
	u32 mask;
	u32 lost;
	u64 sent;
	bool reading;
	bool retry;
	struct delayed_work retry_work;
	bool kicked;
	bool end_sent;
	bool end_lost;
	struct mux_channel *end_channel;
	struct mux_sync sync;
	u64 latency;
	u64 stalls;
	u64 stall_ns;
	u64 stall_since;
};

/**
 * struct mux_device_destination - what only the destination knows of a device
 * @reorder: chunks that wait for their turn
 * @loader: writes them into the data_fd
 * @written: bytes of the chunk being loaded that are in the device; the
 *	loader's
 * @end_known: END has arrived and the fields below are set
 * @end_chunks: chunks of the whole stream
 * @end_bytes: bytes of the whole stream
 * @end_digest: digest of the whole stream
 * @acked: all chunks below this index have been acknowledged
 * @complete_acked: so has the whole stream
 * @ack_again: the last ACK may have been lost with its channel
 */
struct mux_device_destination {
	struct mux_reorder reorder;
	struct mux_worker loader;
	u32 written;
	bool end_known;
	u64 end_chunks;
	u64 end_bytes;
	u32 end_digest;
	u64 acked;
	bool complete_acked;
	bool ack_again;
};

/**
 * struct mux_device - a device of a session
 * @session: the session
 * @id: its number, the same on both hosts
 * @name: its name, the same on both hosts
 * @granted: slots set aside for it on the destination, 0 for an equal share
 * @state: enum vfio_mig_mux_device_state; like all below, under the session's
 *	lock
 * @file: its data_fd, %NULL until it is attached
 * @final: an end of the data_fd is the end of the stream
 * @bytes: bytes the destination has loaded
 * @bytes_moved: bytes read (source) or received (destination)
 * @chunks_moved: chunks received (destination)
 * @zero_chunks: chunks sent or received without their bytes, all zero
 * @digest: digest of the chunks loaded
 * @trailer: its trailer
 * @io_calls: calls of the data_fd's read or write
 * @io_ns: nanoseconds in them
 * @first_ns: when its first chunk had been read or written, 0 until then
 * @last_ns: when its latest chunk had been
 * @source: for a session that is a source
 * @destination: for a session that is a destination
 */
struct mux_device {
	struct mux_session *session;
	u16 id;
	char name[VFIO_MIG_MUX_NAME_MAX + 1];
	u32 granted;

	enum vfio_mig_mux_device_state state;
	struct file *file;
	bool final;
	u64 bytes;
	u64 bytes_moved;
	u64 chunks_moved;
	u64 zero_chunks;
	u32 digest;
	struct mux_trailer trailer;
	u64 io_calls;
	u64 io_ns;
	u64 first_ns;
	u64 last_ns;
	union {
		struct mux_device_source source;
		struct mux_device_destination destination;
	};
};

static inline struct mux_flight *mux_flight_of(struct mux_device *device,
					       u64 index)
{
	return &device->source.flights[index & device->source.mask];
}

/* A chunk has gone through the data_fd; under the session's lock */
static inline void mux_device_note_chunk(struct mux_device *device, u64 now)
{
	if (!device->first_ns)
		device->first_ns = now;
	device->last_ns = now;
}

int mux_device_create(struct mux_session *session, u32 id, const char *name,
		      u32 window, struct netlink_ext_ack *extack);
int mux_device_seal(struct mux_device *device, u32 slots,
		    struct netlink_ext_ack *extack);
void mux_device_unseal(struct mux_device *device);
int mux_device_attach(struct mux_device *device, int fd, bool final,
		      struct netlink_ext_ack *extack);
int mux_device_set(struct mux_device *device, bool final, bool kick,
		   const struct nlattr *trailer,
		   struct netlink_ext_ack *extack);
void mux_device_stop(struct mux_device *device);
void mux_device_destroy(struct mux_device *device);

#endif /* _MUX_DEVICE_H_ */
