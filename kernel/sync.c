// SPDX-License-Identifier: GPL-2.0
/*
 * Sync points: the source's owner asks, gets a number that stands for all that
 * the data_fd has given so far, and is told by a notification when the
 * destination has loaded it. The ACKs say that anyway, so nothing is sent.
 *
 * The number is an index: all is in chunks below it. The chunk before it
 * carries it as a mark until its ACK, so that each point is noticed, however
 * many are waited for, and nothing needs to be allocated for one. A chunk that
 * is being read counts: the driver may have given some of it. Should that read
 * bring nothing, the point is reached with the chunks before, although the
 * index is not used; a later point is a greater number then.
 *
 * Asking stands in a netlink call, the rest in workers of the owner, all under
 * the session's lock.
 */
#include <linux/minmax.h>
#include <linux/netlink.h>

#include "device.h"
#include "notify.h"
#include "session.h"
#include "sync.h"

/* A point is reached when the last chunk that has been read is loaded */
static void mark(struct mux_device *device, u64 point)
{
	struct mux_window *window = &device->source.window;

	if (window->next > window->loaded)
		mux_flight_of(device, window->next - 1)->sync = point;
	else
		mux_sync_loaded(device, point);
}

static void ask(struct mux_device *device)
{
	struct mux_device_source *source = &device->source;
	u64 due = source->window.next + source->reading;
	struct mux_sync *sync = &source->sync;

	if (!sync->asked || due > sync->due) {
		sync->last = sync->asked ? max(due, sync->last + 1) : due;
		sync->due = due;
		sync->asked = true;
	}
	if (source->reading)
		sync->reading = sync->last;
	else
		mark(device, sync->last);
}

/**
 * mux_sync_ask - note how far a device's data_fd has got
 * @device: the device
 * @point: set to the sync point
 * @extack: told what is wrong
 *
 * Context: process context of the owner, under the config mutex.
 * Return: 0, or %-EINVAL on the destination or with no data_fd.
 */
int mux_sync_ask(struct mux_device *device, u64 *point,
		 struct netlink_ext_ack *extack)
{
	struct mux_session *session = device->session;

	if (!mux_session_is_source(session)) {
		NL_SET_ERR_MSG_FMT(extack, "device %u is not a source's: it has no sync points",
				   device->id);
		return -EINVAL;
	}
	if (!device->file) {
		NL_SET_ERR_MSG_FMT(extack, "device %u has no data-fd yet",
				   device->id);
		return -EINVAL;
	}
	mux_session_lock(session);
	ask(device);
	*point = device->source.sync.last;
	mux_session_unlock(session);
	return 0;
}

/**
 * mux_sync_read - a read that a sync point may wait for has ended well
 * @device: the device; what has been read has its index
 *
 * Context: under the session's lock.
 */
void mux_sync_read(struct mux_device *device)
{
	struct mux_sync *sync = &device->source.sync;
	u64 point = sync->reading;

	lockdep_assert_held(&device->session->lock);
	if (!point)
		return;
	sync->reading = 0;
	sync->due = device->source.window.next;
	mark(device, point);
}

/**
 * mux_sync_loaded - a sync point has been reached
 * @device: the device
 * @point: the sync point, and with it all before it
 *
 * Context: under the session's lock.
 */
void mux_sync_loaded(struct mux_device *device, u64 point)
{
	struct mux_sync *sync = &device->source.sync;

	lockdep_assert_held(&device->session->lock);
	sync->synced = point;
	sync->reached = true;
	mux_notify_device(device);
}
