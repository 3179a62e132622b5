// SPDX-License-Identifier: GPL-2.0
/*
 * Source: where a chunk is made. A channel's sending worker that has nothing
 * to send pulls: it picks a device, fills a slot from the data_fd, gives the
 * chunk its index and puts it on its own channel. Nothing is queued, nothing
 * handed over. What a failed channel leaves behind (resend.c) comes before
 * anything new. The destination's ACK, seen by a channel's receiving worker,
 * frees the slot and opens the window. A chunk that is all zero gives its slot
 * back when that has been seen: only its header is sent.
 *
 * Everything here stands in a worker of the owner; the session's lock is
 * taken to decide and never held while reading or sending.
 */
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "channel.h"
#include "device.h"
#include "hedge.h"
#include "limit.h"
#include "migfile.h"
#include "notify.h"
#include "pace.h"
#include "resend.h"
#include "session.h"
#include "sock.h"
#include "source.h"
#include "sync.h"
#include "trace.h"
#include "trailer.h"
#include "umem.h"
#include "wire.h"

/* How soon to try a driver again that said -EAGAIN and cannot be waited for */
#define RETRY_MS	1

static void retry(struct work_struct *work)
{
	struct mux_device *device = container_of(to_delayed_work(work),
						 struct mux_device,
						 source.retry_work);
	struct mux_session *session = device->session;

	mux_session_lock(session);
	device->source.retry = false;
	mux_session_wake_one(session);
	mux_session_unlock(session);
}

/**
 * mux_source_init - make a new device one of a source
 * @device: the device, zeroed
 */
void mux_source_init(struct mux_device *device)
{
	INIT_DELAYED_WORK(&device->source.retry_work, retry);
}

/**
 * mux_source_seal - make room for what a device may have under way
 * @device: the device
 * @slots: slots of the umem; no device can have more chunks under way
 *
 * Context: process context, under the config mutex; may sleep.
 * Return: 0 or %-ENOMEM.
 */
int mux_source_seal(struct mux_device *device, u32 slots)
{
	struct mux_device_source *source = &device->source;
	u32 size = roundup_pow_of_two(slots);

	source->flights = kvcalloc(size, sizeof(*source->flights),
				   GFP_KERNEL_ACCOUNT);
	if (!source->flights)
		return -ENOMEM;
	source->mask = size - 1;
	return 0;
}

/**
 * mux_source_kick - there may be more to read
 * @device: the device
 * @final: and when there is not, that is the end of the stream
 *
 * Context: process context, not under the session's lock.
 */
void mux_source_kick(struct mux_device *device, bool final)
{
	struct mux_session *session = device->session;
	bool news;

	mux_session_lock(session);
	news = final && !device->final;
	if (final)
		device->final = true;
	device->source.kicked = true;
	if (device->state == VFIO_MIG_MUX_DEVICE_STATE_DRAINED) {
		device->state = VFIO_MIG_MUX_DEVICE_STATE_STREAMING;
		news = true;
	}
	if (news)
		mux_notify_device(device);
	mux_session_wake_one(session);
	mux_session_unlock(session);
}

/**
 * mux_source_stop - end what works for a device on its own
 * @device: a device of a session that is over
 *
 * Context: process context; may sleep.
 */
void mux_source_stop(struct mux_device *device)
{
	cancel_delayed_work_sync(&device->source.retry_work);
}

static void stall_begin(struct mux_device_source *source)
{
	if (source->stall_since)
		return;
	source->stall_since = ktime_get_ns();
	source->stalls++;
}

static void stall_end(struct mux_device_source *source)
{
	if (!source->stall_since)
		return;
	source->stall_ns += ktime_get_ns() - source->stall_since;
	source->stall_since = 0;
}

/**
 * mux_source_end - the session of a device is over
 * @device: the device
 *
 * Context: under the session's lock.
 */
void mux_source_end(struct mux_device *device)
{
	lockdep_assert_held(&device->session->lock);
	stall_end(&device->source);
}

/* Whether a worker could read the device now; notes if only room is missing */
static bool readable(struct mux_device *device)
{
	struct mux_device_source *source = &device->source;

	if (device->state != VFIO_MIG_MUX_DEVICE_STATE_STREAMING ||
	    source->reading || source->retry)
		return false;
	if (!mux_window_open(&source->window) ||
	    !device->session->umem->nr_free) {
		stall_begin(source);
		return false;
	}
	return true;
}

/* The next device with something to read, each in its turn */
static struct mux_device *pick_device(struct mux_session *session)
{
	u32 i;

	for (i = 0; i < session->nr_devices; i++) {
		u32 id = (session->next_device + i) % session->nr_devices;

		if (readable(session->devices[id])) {
			session->next_device = id + 1;
			return session->devices[id];
		}
	}
	return NULL;
}

/* A device whose END is due: all is read, all is sent, but not END, or on a
 * channel that has failed
 */
static struct mux_device *pick_ended(struct mux_session *session)
{
	u32 i;

	for (i = 0; i < session->nr_devices; i++) {
		struct mux_device *device = session->devices[i];
		struct mux_device_source *source = &device->source;

		if (device->state == VFIO_MIG_MUX_DEVICE_STATE_ENDED &&
		    source->sent == source->window.next &&
		    (!source->end_sent || source->end_lost))
			return device;
	}
	return NULL;
}

/* Wake a worker that takes a chunk, as soon as one may be taken */
static void wake_for_chunk(struct mux_session *session)
{
	if (!mux_limit_holds(session))
		mux_session_wake_one(session);
}

/* Wake a worker if there is something to do for it: a worker woken in vain
 * costs a chunk's worth of time.
 */
static void wake_for_work(struct mux_session *session)
{
	u64 index;
	u32 i;

	for (i = 0; i < session->nr_devices; i++) {
		if (readable(session->devices[i])) {
			wake_for_chunk(session);
			return;
		}
	}
	if (mux_resend_pick(session, &index))
		wake_for_chunk(session);
	else if (pick_ended(session))
		mux_session_wake_one(session);
	else
		mux_hedge_arm(session);
}

static void put_end(struct mux_channel *channel, struct mux_device *device)
{
	struct mux_device_source *source = &device->source;
	struct mux_frame frame = {
		.type = MUX_FRAME_END,
		.device = device->id,
		.index = source->window.next,
		.offset = device->bytes_moved,
	};
	u64 index;

	/* The ACKs have folded the digest up to what is loaded. */
	if (mux_session_has_checksum(device->session)) {
		frame.payload_crc = device->digest;
		for (index = source->window.loaded;
		     index < source->window.next; index++)
			frame.payload_crc =
				mux_digest_fold(frame.payload_crc,
						mux_flight_of(device, index)->crc);
	}
	if (device->trailer.known) {
		frame.flags = MUX_END_TRAILER;
		mux_trailer_put(channel, device, &frame);
	} else {
		mux_outgoing_put_frame(channel, &frame);
	}
	source->end_sent = true;
	source->end_lost = false;
	source->end_channel = channel;
	trace_mux_end(device, channel);
}

/* Fill a slot: drivers may give little at a time. Returns the last read's
 * result, with what was read before it in *@length.
 */
static ssize_t fill_slot(struct mux_device *device, struct mux_slot *slot,
			 u32 *length, u32 *calls)
{
	u32 size = device->session->chunk_size;
	ssize_t ret = 1;

	while (*length < size && ret > 0) {
		/* The next read would be torn; what is there is a chunk. */
		if (*length && signal_pending(current))
			break;
		ret = mux_migfile_read(device->file, slot, *length,
				       size - *length);
		(*calls)++;
		/* A driver that claims more than it was given is broken. */
		if (ret > (ssize_t)(size - *length))
			return -EIO;
		if (ret > 0)
			*length += ret;
	}
	return ret;
}

/* What the end of a read means; @final is what was known before it began.
 * Returns an error number that ends the device, or 0.
 */
static int note_read(struct mux_device *device, ssize_t ret, bool final)
{
	struct mux_device_source *source = &device->source;

	if (ret > 0)
		return 0;
	if (ret == -EAGAIN) {
		source->retry = true;
		mod_delayed_work(mux_workqueue, &source->retry_work,
				 msecs_to_jiffies(RETRY_MS));
		return 0;
	}
	if (!ret && final) {
		device->state = VFIO_MIG_MUX_DEVICE_STATE_ENDED;
		return 0;
	}
	if (ret && (ret != -ENOMSG || final))
		return ret;
	if (!source->kicked)
		device->state = VFIO_MIG_MUX_DEVICE_STATE_DRAINED;
	return 0;
}

/* A chunk is read: number it. No channel carries it yet. */
static void depart(struct mux_device *device, struct mux_slot *slot, u32 length)
{
	u64 index = mux_window_take(&device->source.window);

	*mux_flight_of(device, index) = (struct mux_flight) {
		.slot = slot,
		.offset = device->bytes_moved,
		.length = length,
		.state = MUX_FLIGHT_READ,
		.lost = true,
	};
	device->source.lost++;
	device->bytes_moved += length;
}

/* Leave a chunk on the channel to be sent */
static void load(struct mux_channel *channel, struct mux_device *device,
		 u64 index)
{
	struct mux_flight *flight = mux_flight_of(device, index);
	struct mux_outgoing *out = &channel->out;

	if (flight->slot)
		mux_slot_hold(flight->slot);
	out->chunk = true;
	out->device = device;
	out->index = index;
	out->slot = flight->slot;
	out->length = flight->length;
	out->done = 0;
	out->offset = flight->offset;
	out->crc = flight->crc;
	out->summed = flight->state != MUX_FLIGHT_READ;
}

/* Take a chunk that no channel carries */
static void carry(struct mux_channel *channel, struct mux_device *device,
		  u64 index)
{
	struct mux_flight *flight = mux_flight_of(device, index);

	flight->lost = false;
	device->source.lost--;
	flight->channel = channel;
	flight->taken = ktime_get_ns();
	flight->handed = false;
	load(channel, device, index);
}

/* Send a chunk a second time that another channel does not get done with */
static void carry_copy(struct mux_channel *channel, struct mux_device *device,
		       u64 index)
{
	mux_flight_of(device, index)->second = channel;
	channel->hedged++;
	channel->session->hedged++;
	mux_limit_take(channel->session);
	load(channel, device, index);
}

/* Take a chunk over whose channel has failed before it had an ACK, or was gone
 * before it could send any of it
 */
static void carry_again(struct mux_channel *channel, struct mux_device *device,
			u64 index)
{
	if (mux_flight_of(device, index)->state != MUX_FLIGHT_READ) {
		channel->resent++;
		channel->session->resent++;
	}
	carry(channel, device, index);
	mux_limit_take(channel->session);
}

/* The chunk is all zero: nobody needs its slot any more */
static void leave_slot(struct mux_channel *channel, struct mux_flight *flight)
{
	struct mux_umem *umem = channel->session->umem;
	struct mux_outgoing *out = &channel->out;

	mux_slot_put(umem, out->slot);
	out->slot = NULL;
	if (out->index < out->device->source.window.loaded || !flight->slot)
		return;
	mux_slot_put(umem, flight->slot);
	flight->slot = NULL;
	out->device->zero_chunks++;
}

/* Its checksum is known: from now on it can be acknowledged. Meanwhile another
 * channel may have taken it over, with the same result.
 */
static void note_sending(struct mux_channel *channel, bool zero)
{
	struct mux_outgoing *out = &channel->out;
	struct mux_flight *flight = mux_flight_of(out->device, out->index);

	if (zero)
		leave_slot(channel, flight);
	if (out->slot)
		mux_pace_begin(channel, ktime_get_ns());
	mux_limit_return(channel->session,
			 MUX_FRAME_SIZE + (out->slot ? out->length : 0));
	/* A slot, or the right to send more, may have come free. */
	if (zero || channel->session->rate.limit)
		wake_for_work(channel->session);
	if (out->index < out->device->source.window.loaded)
		return;
	flight->crc = out->crc;
	if (flight->state == MUX_FLIGHT_READ)
		flight->state = MUX_FLIGHT_SENDING;
}

/* Look at the bytes of a chunk for the first time, and perhaps the last; not
 * while the device waits to be read on. Returns true if they are all zero.
 */
static bool look_at(struct mux_session *session, struct mux_outgoing *out)
{
	bool zero = mux_session_has_zero(session) &&
		    mux_slot_is_zero(out->slot, out->length);

	if (mux_session_has_checksum(session))
		out->crc = zero ? mux_zero_crc(out->length) :
				  mux_slot_crc(out->slot, out->length);
	return zero;
}

/* Checksum and header: as long as the channel holds the slot nobody changes
 * what is in it.
 */
static void put_chunk(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_outgoing *out = &channel->out;
	struct mux_frame frame = {
		.type = MUX_FRAME_DATA,
		.device = out->device->id,
		.length = out->length,
		.index = out->index,
		.offset = out->offset,
	};
	bool zero = false;

	if (!out->summed)
		zero = look_at(session, out);
	frame.payload_crc = out->crc;

	mux_session_lock(session);
	note_sending(channel, zero);
	/* It may be the last that anybody does here, and get stuck. */
	mux_hedge_arm(session);
	mux_session_unlock(session);
	if (!out->slot)
		frame.type = MUX_FRAME_ZERO;
	mux_outgoing_put_frame(channel, &frame);
}

static void fail_read(struct mux_device *device, u64 index, int err)
{
	struct mux_error error;

	if (fatal_signal_pending(current)) {
		mux_session_owner_died(device->session);
		return;
	}
	mux_error_set_device(&error, device, VFIO_MIG_MUX_DIRECTION_READ, err,
			     "reading chunk %llu from its data_fd failed",
			     index);
	mux_error_set_chunk(&error, index);
	mux_session_end(device->session, VFIO_MIG_MUX_SESSION_STATE_FAILED,
			&error);
}

/* Read a chunk of @device into @slot and put it on @channel; both device and
 * slot have been claimed for this worker.
 */
static void read_chunk(struct mux_channel *channel, struct mux_device *device,
		       struct mux_slot *slot, bool final)
{
	struct mux_session *session = device->session;
	enum vfio_mig_mux_device_state before;
	u32 length = 0, calls = 0;
	bool carried = false;
	u64 start, index, now;
	ssize_t ret;
	int err;

	start = ktime_get_ns();
	ret = fill_slot(device, slot, &length, &calls);
	now = ktime_get_ns();

	mux_session_lock(session);
	channel->tx.in_driver = false;
	device->source.reading = false;
	device->io_calls += calls;
	device->io_ns += now - start;
	index = device->source.window.next;
	before = device->state;
	err = note_read(device, ret, final);
	if (length && !err && !mux_session_over(session)) {
		/* If the channel has failed another one takes the chunk. */
		depart(device, slot, length);
		mux_device_note_chunk(device, now);
		carried = mux_channel_is_live(channel);
		if (carried)
			carry(channel, device, index);
	} else {
		mux_slot_put(session->umem, slot);
		length = 0;
	}
	if (!carried)
		mux_limit_return(session, 0);
	if (!err && !mux_session_over(session))
		mux_sync_read(device);
	if (device->state != before)
		mux_notify_device(device);
	wake_for_work(session);
	mux_session_unlock(session);

	trace_mux_chunk_read(device, channel, index, length, ret);
	if (err)
		fail_read(device, index, err);
	if (carried)
		put_chunk(channel);
}

/* Whether there is something to be sent that need not be read */
static bool pull_sent_before(struct mux_channel *channel, bool held)
{
	struct mux_session *session = channel->session;
	struct mux_device *device;
	u64 index;

	device = held ? NULL : mux_resend_pick(session, &index);
	if (device) {
		carry_again(channel, device, index);
		return true;
	}
	device = pick_ended(session);
	if (device)
		put_end(channel, device);
	return device;
}

/* With nothing else to do: whether there is a chunk that is stuck elsewhere */
static bool pull_copy(struct mux_channel *channel, u64 now)
{
	struct mux_session *session = channel->session;
	struct mux_device *device;
	u64 index;

	device = mux_hedge_pick(channel, now, &index);
	if (device) {
		carry_copy(channel, device, index);
		return true;
	}
	mux_pace_pause(channel);
	mux_session_go_idle(session, &channel->tx);
	return false;
}

/**
 * mux_source_pull - find something to send
 * @channel: a live channel with nothing to send; the caller is its sending
 *	worker
 *
 * Context: the worker, not under the session's lock; sleeps while reading.
 * Return: true if there may be something to send now or another pull is
 * worthwhile, false if the worker has been put on the idle list.
 */
bool mux_source_pull(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	u64 now = ktime_get_ns();
	struct mux_device *device;
	struct mux_slot *slot;
	bool final, found, held;

	/* A read must not be begun that a signal would tear apart. */
	if (signal_pending(current))
		return true;

	mux_session_lock(session);
	if (mux_session_over(session) || !mux_channel_is_live(channel)) {
		mux_session_unlock(session);
		return true;
	}
	if (mux_pace_rests(channel, now)) {
		/* It was perhaps woken for something that others can do. */
		wake_for_work(session);
		mux_session_unlock(session);
		return false;
	}
	held = mux_limit_holds(session);
	if (pull_sent_before(channel, held)) {
		wake_for_work(session);
		mux_session_unlock(session);
		if (channel->out.chunk)
			put_chunk(channel);
		return true;
	}
	if (held) {
		mux_session_go_idle(session, &channel->tx);
		mux_session_unlock(session);
		return false;
	}
	device = pick_device(session);
	if (!device) {
		found = pull_copy(channel, now);
		mux_session_unlock(session);
		if (found)
			put_chunk(channel);
		return found;
	}
	stall_end(&device->source);
	device->source.reading = true;
	device->source.kicked = false;
	final = device->final;
	slot = mux_slot_get(session->umem);
	mux_limit_take(session);
	channel->tx.in_driver = true;
	wake_for_work(session);
	mux_session_unlock(session);

	read_chunk(channel, device, slot, final);
	return true;
}

/* Of several copies the first counts */
static void note_sent(struct mux_device_source *source,
		      struct mux_flight *flight)
{
	source->sent += flight->state != MUX_FLIGHT_SENT;
	flight->state = MUX_FLIGHT_SENT;
}

static void note_handed(struct mux_channel *channel, struct mux_flight *flight)
{
	note_sent(&channel->out.device->source, flight);
	if (flight->channel != channel)
		return;
	flight->handed = true;
	flight->end_seq = mux_sock_written(channel->sock);
}

/**
 * mux_source_sent - the channel's chunk has been handed to its socket
 * @channel: the channel; the caller is its sending worker
 *
 * The chunk keeps its slot, if it has one, until the ACK, unless the ACK has
 * been faster.
 *
 * Context: the worker, not under the session's lock.
 */
void mux_source_sent(struct mux_channel *channel)
{
	struct mux_session *session = channel->session;
	struct mux_outgoing *out = &channel->out;
	struct mux_device_source *source = &out->device->source;

	mux_session_lock(session);
	if (out->slot)
		mux_slot_put(session->umem, out->slot);
	else
		channel->zero_chunks++;
	out->slot = NULL;
	out->chunk = false;
	if (out->index >= source->window.loaded)
		note_handed(channel, mux_flight_of(out->device, out->index));
	channel->chunks++;
	wake_for_work(session);
	mux_session_unlock(session);
	trace_mux_chunk_sent(out->device, channel, out->index, out->length);
}

/* Whether all chunks up to an index may be loaded; adds up their bytes */
static const char *check_loaded(struct mux_device *device, u64 loaded,
				u64 *bytes)
{
	u64 index = device->source.window.loaded;

	for (; index < loaded; index++) {
		struct mux_flight *flight = mux_flight_of(device, index);

		if (flight->state == MUX_FLIGHT_READ)
			return "acknowledges a chunk that was never sent";
		*bytes += flight->length;
	}
	return NULL;
}

static const char *check_ack(struct mux_device *device,
			     const struct mux_frame *ack)
{
	struct mux_device_source *source = &device->source;
	u64 bytes = device->bytes;
	const char *fault;

	switch (mux_window_check(&source->window, ack->index)) {
	case MUX_WINDOW_UNSENT:
		return "acknowledges a chunk that was never sent";
	case MUX_WINDOW_STALE:
		if (ack->index < source->window.loaded)
			return ack->flags & MUX_ACK_COMPLETE ?
			       "acknowledges the end of a stream too early" :
			       NULL;
		break;
	case MUX_WINDOW_MOVED:
		break;
	}
	fault = check_loaded(device, ack->index, &bytes);
	if (fault)
		return fault;
	if (ack->offset != bytes)
		return "acknowledges another number of bytes than was sent";
	if (!(ack->flags & MUX_ACK_COMPLETE))
		return NULL;
	if (!source->end_sent || ack->index != source->window.next)
		return "acknowledges the end of a stream too early";
	return NULL;
}

/* Free what the ACK covers. While a channel is still sending a copy of the
 * chunk, its slot is not free for another one.
 */
static void apply_ack(struct mux_device *device, u64 loaded)
{
	struct mux_session *session = device->session;
	struct mux_device_source *source = &device->source;
	u64 taken = 0, point = 0;

	while (source->window.loaded < loaded) {
		struct mux_flight *flight;

		flight = mux_flight_of(device, source->window.loaded);
		device->bytes += flight->length;
		if (mux_session_has_checksum(session))
			device->digest = mux_digest_fold(device->digest,
							 flight->crc);
		note_sent(source, flight);
		source->lost -= flight->lost;
		point = max(point, flight->sync);
		/* How soon a mere header comes says little of a chunk. */
		if (flight->slot) {
			taken = max(taken, flight->taken);
			mux_slot_put(session->umem, flight->slot);
		}
		source->window.loaded++;
	}
	if (taken)
		mux_hedge_note(device, ktime_get_ns() - taken);
	if (point)
		mux_sync_loaded(device, point);
}

/**
 * mux_source_resume - learn from HELLO_ACK what is loaded
 * @device: the device
 * @loaded: index up to which the destination says that all is
 *
 * Context: under the session's lock.
 * Return: what is wrong with it, or %NULL.
 */
const char *mux_source_resume(struct mux_device *device, u64 loaded)
{
	const char *fault;
	u64 bytes = 0;

	lockdep_assert_held(&device->session->lock);
	switch (mux_window_check(&device->source.window, loaded)) {
	case MUX_WINDOW_UNSENT:
		return "acknowledges a chunk that was never sent";
	case MUX_WINDOW_STALE:
		return NULL;
	case MUX_WINDOW_MOVED:
		break;
	}
	fault = check_loaded(device, loaded, &bytes);
	if (!fault && !mux_session_over(device->session))
		apply_ack(device, loaded);
	return fault;
}

static void note_complete(struct mux_device *device)
{
	if (device->state == VFIO_MIG_MUX_DEVICE_STATE_LOADED)
		return;
	device->state = VFIO_MIG_MUX_DEVICE_STATE_LOADED;
	device->session->devices_loaded++;
	mux_notify_device(device);
}

/**
 * mux_source_ack - the destination has loaded something
 * @channel: where the ACK came from; the caller is its receiving worker
 * @ack: the ACK, its header checked
 *
 * Context: the worker, not under the session's lock; may sleep.
 */
void mux_source_ack(struct mux_channel *channel, const struct mux_frame *ack)
{
	struct mux_session *session = channel->session;
	struct mux_device *device = session->devices[ack->device];
	bool complete = false, news;
	struct mux_error error;
	const char *fault;

	mux_session_lock(session);
	fault = check_ack(device, ack);
	if (!fault && !mux_session_over(session)) {
		news = ack->index > device->source.window.loaded ||
		       (ack->flags & MUX_ACK_COMPLETE &&
			device->state != VFIO_MIG_MUX_DEVICE_STATE_LOADED);
		apply_ack(device, ack->index);
		if (ack->flags & MUX_ACK_COMPLETE)
			note_complete(device);
		complete = session->devices_loaded == session->nr_devices;
		/* To look for work costs time, and is not for the peer to ask. */
		if (news)
			wake_for_work(session);
	}
	mux_session_unlock(session);

	trace_mux_ack_received(device, channel, ack->index);
	if (fault) {
		mux_error_set_channel(&error, channel,
				      VFIO_MIG_MUX_DIRECTION_RECEIVE, -EPROTO,
				      "ACK of device %s %s", device->name,
				      fault);
		error.what.has_device = true;
		error.what.device = device->id;
		mux_error_set_chunk(&error, ack->index);
		mux_channel_fail_session(channel, &error);
		return;
	}
	if (complete)
		mux_session_end(session, VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
				NULL);
}
