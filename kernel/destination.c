// SPDX-License-Identifier: GPL-2.0
/*
 * Destination: where a chunk ends. A channel's receiving worker receives it
 * into its spare slot and, once it is whole and right, places it in the
 * device's reorder buffer and takes a free slot for its next spare. The
 * device's loader writes chunks in the order of their indices into the
 * data_fd. A channel's sending worker that has nothing to send pulls: it
 * acknowledges what has been loaded.
 *
 * A chunk of zeroes has come with its header. It is placed with a slot that
 * holds nothing but zeroes, the same for all such chunks.
 *
 * Memory is bounded by construction: a window's worth of slots for each
 * device, one spare for each channel, and the zeroes. As the source never
 * sends past a window, there is always a slot for what arrives, and no channel
 * is ever left unread.
 *
 * Everything here stands in a worker of the owner; the session's lock is
 * taken to decide and never held while receiving or writing.
 */
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "channel.h"
#include "destination.h"
#include "device.h"
#include "migfile.h"
#include "notify.h"
#include "session.h"
#include "trace.h"
#include "umem.h"
#include "wire.h"

/**
 * mux_destination_init - make a new device one of a destination
 * @device: the device, zeroed
 */
void mux_destination_init(struct mux_device *device)
{
	device->destination.loader.session = device->session;
	INIT_LIST_HEAD(&device->destination.loader.idle);
}

/**
 * mux_destination_seal - make room for a device's window
 * @device: the device
 * @window: chunks that may be under way
 *
 * Context: process context, under the config mutex; may sleep.
 * Return: 0 or %-ENOMEM.
 */
int mux_destination_seal(struct mux_device *device, u32 window)
{
	struct mux_reorder *reorder = &device->destination.reorder;
	u32 capacity = roundup_pow_of_two(window);
	struct mux_chunk *ring;

	ring = kvcalloc(capacity, sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return -ENOMEM;
	/* The loader may be there already, with nothing to load yet. */
	mux_session_lock(device->session);
	mux_reorder_init(reorder, ring, capacity, window);
	mux_session_unlock(device->session);
	return 0;
}

static struct mux_chunk chunk_of(const struct mux_frame *data)
{
	return (struct mux_chunk) {
		.offset = data->offset,
		.length = data->length,
		.crc = data->payload_crc,
		.zero = data->type == MUX_FRAME_ZERO,
	};
}

static void describe(struct mux_error *error, struct mux_channel *channel,
		     const struct mux_frame *frame, int err, const char *fault)
{
	struct mux_device *device = channel->session->devices[frame->device];

	mux_error_set_channel(error, channel, VFIO_MIG_MUX_DIRECTION_RECEIVE,
			      err, "%s of device %s, chunk %llu: %s",
			      mux_frame_name(frame->type), device->name,
			      frame->index, fault);
	error->what.has_device = true;
	error->what.device = device->id;
	mux_error_set_chunk(error, frame->index);
}

/* The source has broken the protocol */
static void fail_frame(struct mux_channel *channel,
		       const struct mux_frame *frame, const char *fault)
{
	struct mux_error error;

	describe(&error, channel, frame, -EPROTO, fault);
	mux_channel_fail_session(channel, &error);
}

static const char *check_data(const struct mux_device *device,
			      const struct mux_frame *data)
{
	const struct mux_device_destination *destination;
	struct mux_chunk chunk = chunk_of(data);

	destination = &device->destination;
	switch (mux_reorder_check(&destination->reorder, data->index, &chunk)) {
	case MUX_REORDER_BEYOND:
		return "outside the window";
	case MUX_REORDER_CONFLICT:
		return "conflicts with one that is there already";
	case MUX_REORDER_WANTED:
		if (destination->end_known &&
		    data->index >= destination->end_chunks)
			return "after the end of the stream";
		return NULL;
	case MUX_REORDER_LOADED:
	case MUX_REORDER_DUPLICATE:
		return NULL;
	}
	return NULL;
}

/**
 * mux_destination_expect - a chunk is about to arrive
 * @channel: where from; the caller is its receiving worker
 * @data: its header, checked by the codec
 *
 * Before a byte of it is accepted: is it in the window, is it for real? If
 * not the channel fails.
 *
 * Context: the worker, not under the session's lock; may sleep.
 */
void mux_destination_expect(struct mux_channel *channel,
			    const struct mux_frame *data)
{
	struct mux_session *session = channel->session;
	struct mux_device *device = session->devices[data->device];
	const char *fault;

	mux_session_lock(session);
	fault = check_data(device, data);
	mux_session_unlock(session);
	if (fault)
		fail_frame(channel, data, fault);
}

static bool checksum_wrong(struct mux_channel *channel,
			   const struct mux_frame *data)
{
	return data->type == MUX_FRAME_DATA &&
	       mux_session_has_checksum(channel->session) &&
	       mux_slot_crc(channel->in.spare, data->length) !=
	       data->payload_crc;
}

/* A chunk's checksum is wrong: the chunk may come again over another channel.
 * One that has been loaded in the meantime need not be right: its slot on the
 * source may have been reused while a slow channel still held its pages.
 */
static void spoil(struct mux_channel *channel, struct mux_device *device,
		  const struct mux_frame *data)
{
	struct mux_reorder *reorder = &device->destination.reorder;
	struct mux_session *session = channel->session;
	bool wanted, again = false;
	struct mux_error error;

	mux_session_lock(session);
	wanted = data->index >= reorder->head;
	if (wanted)
		again = mux_reorder_spoil(reorder, data->index);
	mux_session_unlock(session);
	if (!wanted)
		return;
	describe(&error, channel, data, -EBADMSG,
		 again ? "checksum is wrong again" : "checksum is wrong");
	if (again)
		mux_channel_fail_session(channel, &error);
	else
		mux_channel_fail(channel, &error, true);
}

/* Swaps the channel's spare for a free slot: the window leaves room for it */
static void take_spare(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;

	channel->in.spare = mux_slot_get(session->umem);
	WARN_ON_ONCE(!channel->in.spare);
}

/* A chunk has been placed: its slot is not the channel's any more */
static void leave_slot(struct mux_channel *channel,
		       const struct mux_chunk *chunk)
{
	if (chunk->zero)
		mux_slot_hold(chunk->slot);
	else
		take_spare(channel);
}

/**
 * mux_destination_place - a chunk has arrived whole
 * @channel: where from; the caller is its receiving worker, and the chunk is
 *	in its spare slot, unless it is all zero
 * @data: its header
 *
 * Context: the worker, not under the session's lock; may sleep.
 */
void mux_destination_place(struct mux_channel *channel,
			   const struct mux_frame *data)
{
	struct mux_session *session = channel->session;
	struct mux_device *device = session->devices[data->device];
	struct mux_reorder *reorder = &device->destination.reorder;
	struct mux_chunk chunk = chunk_of(data);
	enum mux_reorder_verdict verdict;
	const char *fault;

	if (checksum_wrong(channel, data)) {
		spoil(channel, device, data);
		return;
	}

	mux_session_lock(session);
	fault = check_data(device, data);
	chunk.slot = chunk.zero ? session->zeroes : channel->in.spare;
	verdict = fault || mux_session_over(session) ? MUX_REORDER_LOADED :
		  mux_reorder_place(reorder, data->index, &chunk);
	if (verdict == MUX_REORDER_WANTED) {
		leave_slot(channel, &chunk);
		channel->chunks++;
		channel->zero_chunks += chunk.zero;
		device->chunks_moved++;
		device->zero_chunks += chunk.zero;
		device->bytes_moved += data->length;
		if (data->index == reorder->head && device->file)
			mux_worker_wake(&device->destination.loader);
	} else if (!fault) {
		channel->duplicates++;
		session->duplicates++;
	}
	mux_session_unlock(session);

	trace_mux_chunk_received(device, channel, data->index, data->length,
				 verdict);
	if (fault)
		fail_frame(channel, data, fault);
}

static const char *check_end(const struct mux_device *device,
			     const struct mux_frame *end)
{
	const struct mux_device_destination *destination;
	bool trailer = end->flags & MUX_END_TRAILER;

	destination = &device->destination;
	if (destination->end_known) {
		if (destination->end_chunks != end->index ||
		    destination->end_bytes != end->offset ||
		    destination->end_digest != end->payload_crc ||
		    device->trailer.known != trailer)
			return "conflicts with an earlier one";
		return NULL;
	}
	/* Some chunks may be on their way yet, but none may be too many. */
	if (mux_reorder_reaches(&destination->reorder, end->index))
		return "counts less chunks than have arrived";
	if (end->index - destination->reorder.head >
	    destination->reorder.window)
		return "counts more chunks than the window admits";
	if (trailer && !device->trailer.known)
		return "announces a trailer that has not come";
	if (!trailer && device->trailer.known)
		return "announces no trailer, but one has come";
	return NULL;
}

/**
 * mux_destination_end - a device's stream has an end
 * @channel: who says so; the caller is its receiving worker
 * @end: the END frame, checked by the codec
 *
 * Context: the worker, not under the session's lock; may sleep.
 */
void mux_destination_end(struct mux_channel *channel,
			 const struct mux_frame *end)
{
	struct mux_session *session = channel->session;
	struct mux_device *device = session->devices[end->device];
	struct mux_device_destination *destination = &device->destination;
	const char *fault;

	mux_session_lock(session);
	fault = check_end(device, end);
	if (!fault && !destination->end_known) {
		destination->end_known = true;
		destination->end_chunks = end->index;
		destination->end_bytes = end->offset;
		destination->end_digest = end->payload_crc;
		device->state = VFIO_MIG_MUX_DEVICE_STATE_ENDED;
		mux_notify_device(device);
		if (device->file)
			mux_worker_wake(&destination->loader);
	}
	mux_session_unlock(session);

	trace_mux_end(device, channel);
	if (fault)
		fail_frame(channel, end, fault);
}

/**
 * mux_destination_bye - the source has learnt that all is loaded
 * @channel: who says so; the caller is its receiving worker
 *
 * Context: the worker, not under the session's lock; may sleep.
 */
void mux_destination_bye(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	bool complete = true;
	struct mux_error error;
	u32 i;

	mux_session_lock(session);
	for (i = 0; i < session->nr_devices; i++)
		complete &= session->devices[i]->destination.complete_acked;
	mux_session_unlock(session);

	if (complete) {
		mux_session_end(session, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				NULL);
		return;
	}
	mux_error_set_channel(&error, channel, VFIO_MIG_MUX_DIRECTION_RECEIVE,
			      -EPROTO, "BYE before everything was loaded");
	mux_channel_fail_session(channel, &error);
}

static void fail_write(struct mux_device *device, u64 index, int err)
{
	struct mux_error error;

	if (fatal_signal_pending(current)) {
		mux_session_owner_died(device->session);
		return;
	}
	mux_error_set_device(&error, device, VFIO_MIG_MUX_DIRECTION_WRITE, err,
			     "writing chunk %llu to its data_fd failed", index);
	mux_error_set_chunk(&error, index);
	mux_session_end(device->session, VFIO_MIG_MUX_SESSION_STATE_FAILED,
			&error);
}

static void fail_stream(struct mux_device *device, const char *what, u64 got,
			u64 expected)
{
	struct mux_error error;

	mux_error_set_device(&error, device, VFIO_MIG_MUX_DIRECTION_WRITE,
			     -EBADMSG, "%s is %llu, the source says %llu",
			     what, got, expected);
	mux_session_end(device->session, VFIO_MIG_MUX_SESSION_STATE_FAILED,
			&error);
}

static void fail_offset(struct mux_device *device,
			const struct mux_chunk *chunk, u64 index)
{
	struct mux_error error;

	mux_error_set_device(&error, device, VFIO_MIG_MUX_DIRECTION_WRITE,
			     -EBADMSG,
			     "offset of chunk %llu is %llu, the source says %llu",
			     index, device->bytes, chunk->offset);
	mux_error_set_chunk(&error, index);
	mux_session_end(device->session, VFIO_MIG_MUX_SESSION_STATE_FAILED,
			&error);
}

/* All chunks are loaded: are they what the source has sent? */
static void finish_stream(struct mux_device *device)
{
	struct mux_device_destination *destination = &device->destination;
	struct mux_session *session = device->session;

	if (device->bytes != destination->end_bytes) {
		fail_stream(device, "byte count", device->bytes,
			    destination->end_bytes);
		return;
	}
	if (device->digest != destination->end_digest) {
		fail_stream(device, "digest", device->digest,
			    destination->end_digest);
		return;
	}
	mux_session_lock(session);
	device->state = VFIO_MIG_MUX_DEVICE_STATE_LOADED;
	session->devices_loaded++;
	mux_notify_device(device);
	mux_session_wake_one(session);
	mux_session_unlock(session);
}

/* Write a chunk: drivers may take little at a time. Returns early, and without
 * an error, if a signal would tear the next write.
 */
static int drain_slot(struct mux_device *device, const struct mux_chunk *chunk,
		      u32 *calls)
{
	u32 *done = &device->destination.written;

	while (*done < chunk->length && !signal_pending(current)) {
		ssize_t ret;

		ret = mux_migfile_write(device->file, chunk->slot, *done,
					chunk->length - *done);
		(*calls)++;
		if (ret < 0)
			return ret;
		/* Neither nothing nor more than there is will ever end well. */
		if (!ret || ret > chunk->length - *done)
			return -EIO;
		*done += ret;
	}
	return 0;
}

/* An ACK is due when a good part of the window, or of what is there, has been
 * loaded, and at the end.
 */
static bool ack_due(const struct mux_device *device)
{
	const struct mux_device_destination *destination;
	const struct mux_reorder *reorder;
	u64 loaded;

	destination = &device->destination;
	reorder = &destination->reorder;
	if (destination->ack_again)
		return true;
	if (device->state == VFIO_MIG_MUX_DEVICE_STATE_LOADED)
		return !destination->complete_acked;
	loaded = reorder->head - destination->acked;
	return loaded && (loaded >= reorder->window / 4 ||
			  loaded >= reorder->held || !mux_reorder_head(reorder));
}

/* The chunk is in the device: its slot is free, its ACK is due */
static void arrive(struct mux_device *device, const struct mux_chunk *chunk,
		   u64 now)
{
	struct mux_reorder *reorder = &device->destination.reorder;
	struct mux_session *session = device->session;

	mux_slot_put(session->umem, mux_reorder_advance(reorder));
	device->destination.written = 0;
	mux_device_note_chunk(device, now);
	device->bytes += chunk->length;
	if (mux_session_has_checksum(session))
		device->digest = mux_digest_fold(device->digest, chunk->crc);
	if (ack_due(device))
		mux_session_wake_one(session);
}

static void load_chunk(struct mux_device *device,
		       const struct mux_chunk *chunk, u64 index)
{
	struct mux_session *session = device->session;
	u64 start = ktime_get_ns();
	u32 calls = 0;
	bool whole;
	u64 now;
	int err;

	err = drain_slot(device, chunk, &calls);
	now = ktime_get_ns();

	mux_session_lock(session);
	device->io_calls += calls;
	device->io_ns += now - start;
	whole = device->destination.written == chunk->length;
	if (whole)
		arrive(device, chunk, now);
	mux_session_unlock(session);
	if (!whole && !err)
		return;

	trace_mux_chunk_loaded(device, index, chunk->length, err);
	if (err)
		fail_write(device, index, err);
}

static bool all_loaded(const struct mux_device *device)
{
	const struct mux_device_destination *destination;

	destination = &device->destination;
	return device->state == VFIO_MIG_MUX_DEVICE_STATE_ENDED &&
	       destination->reorder.head == destination->end_chunks;
}

static bool loader_step(struct mux_worker *worker)
{
	struct mux_device *device = container_of(worker, struct mux_device,
						 destination.loader);
	struct mux_reorder *reorder = &device->destination.reorder;
	struct mux_session *session = device->session;
	const struct mux_chunk *head = NULL;
	struct mux_chunk chunk;
	bool finish = false;
	u64 index;

	/* A write must not be begun that a signal would tear apart. */
	if (signal_pending(current))
		return true;

	mux_session_lock(session);
	if (device->file && reorder->ring && !mux_session_over(session)) {
		head = mux_reorder_head(reorder);
		finish = !head && all_loaded(device);
	}
	if (!head && !finish) {
		mux_session_unlock(session);
		return false;
	}
	index = reorder->head;
	if (head)
		chunk = *head;
	mux_session_unlock(session);

	if (!head)
		finish_stream(device);
	else if (chunk.offset == device->bytes)
		load_chunk(device, &chunk, index);
	else
		fail_offset(device, &chunk, index);
	return true;
}

static void loader_died(struct mux_worker *worker)
{
	mux_session_owner_died(worker->session);
}

/**
 * mux_destination_start - start a device's loader
 * @device: the device
 * @extack: told what is wrong
 *
 * Context: process context of the owner, under the config mutex; may sleep.
 * Return: 0, also if it was started before, or a negative error number.
 */
int mux_destination_start(struct mux_device *device,
			  struct netlink_ext_ack *extack)
{
	struct mux_worker *loader = &device->destination.loader;
	char name[TASK_COMM_LEN];

	if (loader->task)
		return 0;
	loader->step = loader_step;
	loader->died = loader_died;
	snprintf(name, sizeof(name), "mux%u-load%u", device->session->id,
		 device->id);
	return mux_worker_start(loader, name, extack);
}

/* The next device with an ACK due, each in its turn */
static struct mux_device *pick_device(struct mux_session *session)
{
	u32 i;

	for (i = 0; i < session->nr_devices; i++) {
		u32 id = (session->next_device + i) % session->nr_devices;

		if (ack_due(session->devices[id])) {
			session->next_device = id + 1;
			return session->devices[id];
		}
	}
	return NULL;
}

static void put_ack(struct mux_channel *channel, struct mux_device *device)
{
	struct mux_device_destination *destination = &device->destination;
	struct mux_frame frame = {
		.type = MUX_FRAME_ACK,
		.device = device->id,
		.index = destination->reorder.head,
		.offset = device->bytes,
	};

	destination->acked = destination->reorder.head;
	destination->ack_again = false;
	if (device->state == VFIO_MIG_MUX_DEVICE_STATE_LOADED) {
		frame.flags = MUX_ACK_COMPLETE;
		destination->complete_acked = true;
	}
	mux_outgoing_put_frame(channel, &frame);
	trace_mux_ack_sent(device, channel, frame.index);
}

/**
 * mux_destination_ack_again - a channel has failed: ACKs may be lost with it
 * @session: a session that is a destination
 *
 * Context: under the session's lock.
 */
void mux_destination_ack_again(struct mux_session *session)
{
	u32 i;

	lockdep_assert_held(&session->lock);
	for (i = 0; i < session->nr_devices; i++) {
		struct mux_device_destination *destination;

		destination = &session->devices[i]->destination;
		destination->ack_again |= destination->acked ||
					  destination->complete_acked;
	}
}

/**
 * mux_destination_pull - find something to send
 * @channel: a live channel with nothing to send; the caller is its sending
 *	worker
 *
 * One ACK covers all that has been loaded since the last.
 *
 * Context: the worker, not under the session's lock.
 * Return: true if there is something to send now, false if the worker has
 * been put on the idle list.
 */
bool mux_destination_pull(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_device *device;
	bool found = true;

	mux_session_lock(session);
	if (!mux_session_over(session) && mux_channel_is_live(channel)) {
		device = pick_device(session);
		if (device)
			put_ack(channel, device);
		else
			mux_session_go_idle(session, &channel->tx);
		found = device;
	}
	mux_session_unlock(session);
	return found;
}
