// SPDX-License-Identifier: GPL-2.0
/*
 * Show: writes messages about sessions, devices and channels, the same for
 * replies, dumps and notifications. Each message is one consistent snapshot:
 * it is written under the session's lock.
 */
#include <net/genetlink.h>

#include "channel.h"
#include "device.h"
#include "session.h"
#include "show.h"
#include "umem.h"

static int fill_error(struct sk_buff *skb, int attr,
		      const struct mux_error *error)
{
	const struct mux_abort *what = &error->what;
	struct nlattr *nest;

	if (!what->code)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VFIO_MIG_MUX_A_ERROR_ORIGIN, error->origin) ||
	    nla_put_u32(skb, VFIO_MIG_MUX_A_ERROR_ERRNO, what->code) ||
	    nla_put_u32(skb, VFIO_MIG_MUX_A_ERROR_DIRECTION, what->direction) ||
	    (what->has_device &&
	     nla_put_u32(skb, VFIO_MIG_MUX_A_ERROR_DEVICE, what->device)) ||
	    (what->has_channel &&
	     nla_put_u32(skb, VFIO_MIG_MUX_A_ERROR_CHANNEL, what->channel)) ||
	    (what->has_chunk &&
	     nla_put_uint(skb, VFIO_MIG_MUX_A_ERROR_CHUNK, what->chunk)) ||
	    nla_put_string(skb, VFIO_MIG_MUX_A_ERROR_TEXT, what->text))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int finish(struct sk_buff *skb, void *message, int err)
{
	if (err) {
		genlmsg_cancel(skb, message);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, message);
	return 0;
}

static int fill_slots(struct sk_buff *skb, const struct mux_umem *umem)
{
	if (!umem)
		return 0;
	return nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_SLOTS,
			   umem->nr_slots) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_SLOTS_FREE,
			   umem->nr_free) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_SLOTS_USED_MAX,
			   umem->used_max);
}

static int fill_session(struct sk_buff *skb, const struct mux_session *session)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < session->nr_devices; i++)
		bytes += session->devices[i]->bytes;
	return nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_ID, session->id) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_ROLE, session->role) ?:
	       nla_put(skb, VFIO_MIG_MUX_A_SESSION_UUID,
		       VFIO_MIG_MUX_UUID_LEN, &session->uuid) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE,
			   session->chunk_size) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_CHANNELS,
			   session->channels_max) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_FEATURES,
			   session->features) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_STATE,
			   session->state) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_OWNER_PID,
			   session->owner) ?:
	       fill_slots(skb, session->umem) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_DEVICES,
			   session->nr_devices) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_DEVICES_LOADED,
			   session->devices_loaded) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_CHANNELS_LIVE,
			   session->channels_live) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_SESSION_BYTES, bytes) ?:
	       fill_error(skb, VFIO_MIG_MUX_A_SESSION_ERROR, &session->error) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT,
			   session->resume_timeout) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_SESSION_CHANNEL_TIMEOUT,
			   session->channel_timeout) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_SESSION_RESENT,
			    session->resent) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_SESSION_HEDGED,
			    session->hedged) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_SESSION_DUPLICATES,
			    session->duplicates) ?:
	       (mux_session_is_source(session) ?
		nla_put_uint(skb, VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH,
			     session->rate.limit) : 0);
}

/**
 * mux_show_session - write a message about a session
 * @skb: where to
 * @info: what it answers, or a notification's
 * @session: the session
 *
 * Context: under the session's lock.
 * Return: 0, or %-EMSGSIZE with @skb as it was.
 */
int mux_show_session(struct sk_buff *skb, const struct genl_info *info,
		     struct mux_session *session)
{
	void *message = genlmsg_iput(skb, info);

	lockdep_assert_held(&session->lock);
	if (!message)
		return -EMSGSIZE;
	return finish(skb, message, fill_session(skb, session));
}

static int fill_source(struct sk_buff *skb, const struct mux_device *device)
{
	const struct mux_device_source *source = &device->source;
	u64 stall_ns = source->stall_ns;

	if (source->stall_since && !mux_session_over(device->session))
		stall_ns += ktime_get_ns() - source->stall_since;
	return nla_put_u32(skb, VFIO_MIG_MUX_A_DEVICE_WINDOW,
			   source->window.size) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_CHUNKS,
			    source->window.loaded) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_CHUNKS_MOVED,
			    source->window.next) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_WINDOW_STALLS,
			    source->stalls) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_WINDOW_STALL_NS,
			    stall_ns) ?:
	       (source->sync.asked ?
		nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_SYNC,
			     source->sync.last) : 0) ?:
	       (source->sync.reached ?
		nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_SYNCED,
			     source->sync.synced) : 0);
}

static int fill_destination(struct sk_buff *skb, const struct mux_device *device)
{
	const struct mux_reorder *reorder = &device->destination.reorder;

	return nla_put_u32(skb, VFIO_MIG_MUX_A_DEVICE_WINDOW,
			   reorder->window ?: device->granted) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_CHUNKS,
			    reorder->head) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_CHUNKS_MOVED,
			    device->chunks_moved) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_DEVICE_CHUNKS_HELD_MAX,
			   reorder->held_max);
}

/* Absent until there is something to tell */
static int fill_times(struct sk_buff *skb, const struct mux_device *device)
{
	if (!device->first_ns)
		return 0;
	return nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_FIRST_NS,
			    device->first_ns) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_LAST_NS,
			    device->last_ns);
}

static int fill_device(struct sk_buff *skb, const struct mux_device *device)
{
	const struct mux_session *session = device->session;

	return nla_put_u32(skb, VFIO_MIG_MUX_A_DEVICE_SESSION, session->id) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_DEVICE_ID, device->id) ?:
	       nla_put_string(skb, VFIO_MIG_MUX_A_DEVICE_NAME, device->name) ?:
	       (device->final ?
		nla_put_flag(skb, VFIO_MIG_MUX_A_DEVICE_FINAL) : 0) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_DEVICE_STATE, device->state) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_BYTES, device->bytes) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_BYTES_MOVED,
			    device->bytes_moved) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_IO_CALLS,
			    device->io_calls) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_IO_NS, device->io_ns) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_DEVICE_ZERO_CHUNKS,
			    device->zero_chunks) ?:
	       fill_times(skb, device) ?:
	       (device->trailer.known ?
		nla_put_u32(skb, VFIO_MIG_MUX_A_DEVICE_TRAILER_LEN,
			    device->trailer.length) : 0) ?:
	       (mux_session_is_source(session) ? fill_source(skb, device) :
						 fill_destination(skb, device));
}

/**
 * mux_show_device - write a message about a device
 * @skb: where to
 * @info: what it answers, or a notification's
 * @device: the device
 *
 * Context: under the session's lock.
 * Return: 0, or %-EMSGSIZE with @skb as it was.
 */
int mux_show_device(struct sk_buff *skb, const struct genl_info *info,
		    struct mux_device *device)
{
	void *message = genlmsg_iput(skb, info);

	lockdep_assert_held(&device->session->lock);
	if (!message)
		return -EMSGSIZE;
	return finish(skb, message, fill_device(skb, device));
}

static int fill_channel(struct sk_buff *skb, const struct mux_channel *channel)
{
	return nla_put_u32(skb, VFIO_MIG_MUX_A_CHANNEL_SESSION,
			   channel->session->id) ?:
	       (channel->numbered ?
		nla_put_u32(skb, VFIO_MIG_MUX_A_CHANNEL_ID,
			    channel->number) : 0) ?:
	       nla_put_u32(skb, VFIO_MIG_MUX_A_CHANNEL_STATE,
			   channel->state) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_CHANNEL_BYTES_SENT,
			    channel->bytes_sent) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_CHANNEL_BYTES_RECEIVED,
			    channel->bytes_received) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_CHANNEL_CHUNKS,
			    channel->chunks) ?:
	       fill_error(skb, VFIO_MIG_MUX_A_CHANNEL_ERROR, &channel->error) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_CHANNEL_RESENT,
			    channel->resent) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_CHANNEL_HEDGED,
			    channel->hedged) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_CHANNEL_DUPLICATES,
			    channel->duplicates) ?:
	       nla_put_uint(skb, VFIO_MIG_MUX_A_CHANNEL_ZERO_CHUNKS,
			    channel->zero_chunks) ?:
	       (mux_session_is_source(channel->session) ?
		nla_put_uint(skb, VFIO_MIG_MUX_A_CHANNEL_SEND_NS,
			     channel->send_ns) : 0);
}

/**
 * mux_show_channel - write a message about a channel
 * @skb: where to
 * @info: what it answers, or a notification's
 * @channel: the channel
 *
 * Context: under the session's lock, which keeps the channel where it is.
 * Return: 0, or %-EMSGSIZE with @skb as it was.
 */
int mux_show_channel(struct sk_buff *skb, const struct genl_info *info,
		     struct mux_channel *channel)
{
	void *message = genlmsg_iput(skb, info);

	lockdep_assert_held(&channel->session->lock);
	if (!message)
		return -EMSGSIZE;
	return finish(skb, message, fill_channel(skb, channel));
}
