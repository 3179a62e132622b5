// SPDX-License-Identifier: GPL-2.0
/*
 * Trailer: comes from the source's owner by netlink, goes over a channel as
 * CONFIG with the device's END right behind it, and rests until the
 * destination's owner asks for it. END says whether there is one, so that the
 * device is not loaded without it.
 *
 * On the source CONFIG, trailer and END are one piece of memory that does not
 * change any more once it is sent: channels that fail leave it to the next. On
 * the destination a channel receives a trailer into its spare slot, which is
 * longer than any, and what is whole and right is copied out of it, into
 * memory that was set aside before the first channel.
 *
 * Setting and asking stand in netlink calls, the rest in workers of the owner.
 */
#include <linux/netlink.h>
#include <linux/slab.h>

#include "channel.h"
#include "device.h"
#include "session.h"
#include "trace.h"
#include "trailer.h"
#include "umem.h"
#include "wire.h"

static int set_check(const struct mux_device *device, u32 length,
		     struct netlink_ext_ack *extack)
{
	const struct mux_session *session = device->session;

	if (!mux_session_has_trailer(session)) {
		NL_SET_ERR_MSG_FMT(extack, "session %u was made without the feature trailer",
				   session->id);
		return -EOPNOTSUPP;
	}
	if (length > VFIO_MIG_MUX_TRAILER_MAX) {
		NL_SET_ERR_MSG_FMT(extack, "trailer of %u bytes is longer than %u bytes",
				   length, VFIO_MIG_MUX_TRAILER_MAX);
		return -E2BIG;
	}
	return 0;
}

/**
 * mux_trailer_set - give a device of a source a trailer
 * @device: the device
 * @bytes: the trailer; copied
 * @length: its bytes
 * @extack: told what is wrong
 *
 * Takes the place of an earlier one.
 *
 * Context: process context of the owner, under the config mutex; may sleep.
 * Return: 0, %-EOPNOTSUPP without the feature, %-E2BIG too long, %-ENOMEM, or
 * %-EBUSY too late.
 */
int mux_trailer_set(struct mux_device *device, const void *bytes, u32 length,
		    struct netlink_ext_ack *extack)
{
	struct mux_session *session = device->session;
	struct mux_trailer *trailer = &device->trailer;
	bool late;
	u8 *room;
	u32 crc;
	int ret;

	ret = set_check(device, length, extack);
	if (ret)
		return ret;
	room = kvmalloc(length + 2 * MUX_FRAME_SIZE, GFP_KERNEL_ACCOUNT);
	if (!room) {
		NL_SET_ERR_MSG_FMT(extack, "no memory for a trailer of %u bytes",
				   length);
		return -ENOMEM;
	}
	memcpy(room + MUX_FRAME_SIZE, bytes, length);
	crc = mux_payload_crc(bytes, length);

	mux_session_lock(session);
	late = device->source.end_sent;
	if (!late) {
		swap(trailer->bytes, room);
		trailer->length = length;
		trailer->crc = crc;
		trailer->known = true;
	}
	mux_session_unlock(session);
	/* What it was before, or what came too late */
	kvfree(room);
	if (!late)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "END of device %u is sent, too late for a trailer",
			   device->id);
	return -EBUSY;
}

/**
 * mux_trailer_put - have a channel send a trailer and END next
 * @channel: a channel of a source that is not busy; the caller is its sending
 *	worker
 * @device: a device that has a trailer
 * @end: its END, the same as ever before
 *
 * Context: under the session's lock.
 */
void mux_trailer_put(struct mux_channel *channel, struct mux_device *device,
		     const struct mux_frame *end)
{
	const struct mux_trailer *trailer = &device->trailer;
	const struct mux_frame config = {
		.type = MUX_FRAME_CONFIG,
		.device = device->id,
		.length = trailer->length,
		.payload_crc = trailer->crc,
	};

	lockdep_assert_held(&device->session->lock);
	/* Another channel may be about to leave off in the middle of it. */
	if (!device->source.end_sent) {
		mux_frame_encode(trailer->bytes, &config);
		mux_frame_encode(trailer->bytes + MUX_FRAME_SIZE +
				 trailer->length, end);
	}
	mux_outgoing_put_message(channel, trailer->bytes,
				 trailer->length + 2 * MUX_FRAME_SIZE);
	trace_mux_trailer(device, channel, trailer->length);
}

/**
 * mux_trailer_seal - make room for the trailer of a destination's device
 * @device: the device
 *
 * Context: process context, under the config mutex; may sleep.
 * Return: 0 or %-ENOMEM.
 */
int mux_trailer_seal(struct mux_device *device)
{
	struct mux_trailer *trailer = &device->trailer;

	if (mux_session_is_source(device->session) ||
	    !mux_session_has_trailer(device->session) || trailer->bytes)
		return 0;
	trailer->bytes = kvmalloc(VFIO_MIG_MUX_TRAILER_MAX, GFP_KERNEL_ACCOUNT);
	return trailer->bytes ? 0 : -ENOMEM;
}

static const char *check_config(const struct mux_device *device,
				const struct mux_frame *config)
{
	const struct mux_trailer *trailer = &device->trailer;

	if (device->destination.end_known && !trailer->known)
		return "after an END that announced none";
	if (trailer->known && (trailer->length != config->length ||
			       trailer->crc != config->payload_crc))
		return "conflicts with one that is there already";
	return NULL;
}

static void describe(struct mux_error *error, struct mux_channel *channel,
		     const struct mux_frame *config, int err, const char *fault)
{
	struct mux_device *device = channel->session->devices[config->device];

	mux_error_set_channel(error, channel, VFIO_MIG_MUX_DIRECTION_RECEIVE,
			      err, "CONFIG of device %s: %s", device->name,
			      fault);
	error->what.has_device = true;
	error->what.device = device->id;
}

static void fail_config(struct mux_channel *channel,
			const struct mux_frame *config, const char *fault)
{
	struct mux_error error;

	describe(&error, channel, config, -EPROTO, fault);
	mux_channel_fail_session(channel, &error);
}

/**
 * mux_trailer_expect - a trailer is about to arrive
 * @channel: where from; the caller is its receiving worker
 * @config: its header, checked by the codec
 *
 * Context: the worker, not under the session's lock; may sleep.
 */
void mux_trailer_expect(struct mux_channel *channel,
			const struct mux_frame *config)
{
	struct mux_session *session = channel->session;
	const char *fault;

	mux_session_lock(session);
	fault = check_config(session->devices[config->device], config);
	mux_session_unlock(session);
	if (fault)
		fail_config(channel, config, fault);
}

/* As for a chunk: once it is the channel's fault, twice the source's */
static void fail_checksum(struct mux_channel *channel,
			  const struct mux_frame *config, bool again)
{
	struct mux_error error;

	describe(&error, channel, config, -EBADMSG,
		 again ? "checksum is wrong again" : "checksum is wrong");
	if (again)
		mux_channel_fail_session(channel, &error);
	else
		mux_channel_fail(channel, &error, true);
}

static void keep(struct mux_trailer *trailer, const struct mux_slot *slot,
		 const struct mux_frame *config)
{
	mux_slot_copy(slot, trailer->bytes, config->length);
	trailer->length = config->length;
	trailer->crc = config->payload_crc;
	trailer->known = true;
}

/**
 * mux_trailer_place - a trailer has arrived whole
 * @channel: where from; the caller is its receiving worker, and the trailer is
 *	in its spare slot
 * @config: its header
 *
 * Context: the worker, not under the session's lock; may sleep.
 */
void mux_trailer_place(struct mux_channel *channel,
		       const struct mux_frame *config)
{
	struct mux_session *session = channel->session;
	struct mux_device *device = session->devices[config->device];
	struct mux_trailer *trailer = &device->trailer;
	bool wrong, wanted, again = false;
	const char *fault;

	wrong = mux_slot_crc(channel->in.spare, config->length) !=
		config->payload_crc;
	mux_session_lock(session);
	fault = check_config(device, config);
	wanted = !fault && !trailer->known && !mux_session_over(session);
	if (wanted && wrong) {
		again = trailer->spoiled;
		trailer->spoiled = true;
	} else if (wanted) {
		keep(trailer, channel->in.spare, config);
	}
	mux_session_unlock(session);

	trace_mux_trailer(device, channel, config->length);
	if (fault)
		fail_config(channel, config, fault);
	else if (wanted && wrong)
		fail_checksum(channel, config, again);
}

/**
 * mux_trailer_check - whether the destination's owner may have a trailer
 * @device: the device
 * @extack: told why not
 *
 * Context: under the session's lock.
 * Return: 0, and the trailer will not change any more, %-EINVAL on the source,
 * %-EOPNOTSUPP without the feature, %-EBUSY the device is not loaded yet,
 * %-ESHUTDOWN it will not be, or %-ENODATA there is none.
 */
int mux_trailer_check(struct mux_device *device, struct netlink_ext_ack *extack)
{
	const struct mux_session *session = device->session;

	lockdep_assert_held(&session->lock);
	if (mux_session_is_source(session)) {
		NL_SET_ERR_MSG_FMT(extack, "device %u is a source's: the destination has its trailer",
				   device->id);
		return -EINVAL;
	}
	if (!mux_session_has_trailer(session)) {
		NL_SET_ERR_MSG_FMT(extack, "session %u was made without the feature trailer",
				   session->id);
		return -EOPNOTSUPP;
	}
	if (device->state != VFIO_MIG_MUX_DEVICE_STATE_LOADED) {
		bool over = mux_session_over(session);

		NL_SET_ERR_MSG_FMT(extack, "device %u is not loaded%s",
				   device->id,
				   over ? ", and its session is over" : " yet");
		/* -EAGAIN is what netlink says of a full socket. */
		return over ? -ESHUTDOWN : -EBUSY;
	}
	if (!device->trailer.known) {
		NL_SET_ERR_MSG_FMT(extack, "the source gave no trailer for device %u",
				   device->id);
		return -ENODATA;
	}
	return 0;
}

/**
 * mux_trailer_destroy - free a trailer
 * @device: a stopped device, not looked at by anybody any more
 *
 * Context: process context; may sleep.
 */
void mux_trailer_destroy(struct mux_device *device)
{
	kvfree(device->trailer.bytes);
}
