// SPDX-License-Identifier: GPL-2.0
/*
 * Device: its life, from device-new to the end of the session. What moves
 * its chunks is in source.c and destination.c.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netlink.h>

#include "destination.h"
#include "device.h"
#include "migfile.h"
#include "notify.h"
#include "session.h"
#include "source.h"
#include "wire.h"

static int name_check(const struct mux_session *session, const char *name,
		      struct netlink_ext_ack *extack)
{
	u32 i;

	if (!*name) {
		NL_SET_ERR_MSG(extack, "device name is empty");
		return -EINVAL;
	}
	if (!mux_text_is_clean(name)) {
		NL_SET_ERR_MSG(extack, "device name is not printable ASCII");
		return -EINVAL;
	}
	for (i = 0; i < session->nr_devices; i++) {
		if (!strcmp(session->devices[i]->name, name)) {
			NL_SET_ERR_MSG_FMT(extack, "device name is taken by device %u", i);
			return -EEXIST;
		}
	}
	return 0;
}

static int create_check(const struct mux_session *session, u32 id,
			const char *name, u32 window,
			struct netlink_ext_ack *extack)
{
	if (session->sealed) {
		NL_SET_ERR_MSG_FMT(extack, "session %u has channels already, too late for a device",
				   session->id);
		return -EBUSY;
	}
	if (id != session->nr_devices) {
		NL_SET_ERR_MSG_FMT(extack, "device id %u given, the next is %u",
				   id, session->nr_devices);
		return id < session->nr_devices ? -EEXIST : -EINVAL;
	}
	if (window && mux_session_is_source(session)) {
		NL_SET_ERR_MSG_FMT(extack, "window %u given on the source, it is the destination's",
				   window);
		return -EINVAL;
	}
	return name_check(session, name, extack);
}

/**
 * mux_device_create - add a device to a session
 * @session: the session
 * @id: its number, which must be the next
 * @name: its name, up to VFIO_MIG_MUX_NAME_MAX bytes
 * @window: slots to set aside for it on the destination, 0 for an equal share
 * @extack: told what is wrong
 *
 * Context: process context of the owner, under the config mutex; may sleep.
 * Return: 0, %-EBUSY too late, %-EEXIST the number or name is taken, %-EINVAL,
 * %-ENOMEM.
 */
int mux_device_create(struct mux_session *session, u32 id, const char *name,
		      u32 window, struct netlink_ext_ack *extack)
{
	struct mux_device *device;
	int ret;

	ret = create_check(session, id, name, window, extack);
	if (ret)
		return ret;

	device = kzalloc(sizeof(*device), GFP_KERNEL_ACCOUNT);
	if (!device) {
		NL_SET_ERR_MSG(extack, "no memory for a device");
		return -ENOMEM;
	}
	device->session = session;
	device->id = id;
	device->granted = window;
	strscpy(device->name, name);
	if (mux_session_is_source(session))
		mux_source_init(device);
	else
		mux_destination_init(device);

	mux_session_lock(session);
	session->devices[id] = device;
	session->nr_devices++;
	mux_session_unlock(session);
	return 0;
}

/**
 * mux_device_seal - make room for a device's chunks
 * @device: the device
 * @slots: source: slots of the whole umem; destination: slots for a device
 *	that was granted none
 * @extack: told what is wrong
 *
 * Context: process context, under the config mutex; may sleep.
 * Return: 0 or %-ENOMEM.
 */
int mux_device_seal(struct mux_device *device, u32 slots,
		    struct netlink_ext_ack *extack)
{
	int ret;

	ret = mux_trailer_seal(device);
	if (ret) {
		NL_SET_ERR_MSG_FMT(extack, "no memory for the trailer of device %u",
				   device->id);
		return ret;
	}
	if (mux_session_is_source(device->session))
		ret = mux_source_seal(device, slots);
	else
		ret = mux_destination_seal(device, device->granted ?: slots);
	if (ret)
		NL_SET_ERR_MSG_FMT(extack, "no memory for the window of device %u",
				   device->id);
	return ret;
}

static bool file_is_attached(const struct mux_session *session,
			     const struct file *file)
{
	u32 i;

	for (i = 0; i < session->nr_devices; i++) {
		if (session->devices[i]->file == file)
			return true;
	}
	return false;
}

static int attach_check(const struct mux_device *device, bool final,
			struct netlink_ext_ack *extack)
{
	if (device->file) {
		NL_SET_ERR_MSG_FMT(extack, "device %u has a data-fd already",
				   device->id);
		return -EEXIST;
	}
	if (final && !mux_session_is_source(device->session)) {
		NL_SET_ERR_MSG_FMT(extack, "device %u cannot be declared final on the destination",
				   device->id);
		return -EINVAL;
	}
	return 0;
}

/**
 * mux_device_attach - give a device its data_fd
 * @device: the device
 * @fd: file descriptor of the calling process
 * @final: an end of it is the end of the stream
 * @extack: told what is wrong
 *
 * Context: process context of the owner, under the config mutex; may sleep.
 * Return: 0, %-EEXIST there is one already, %-EBUSY another device has this
 * one, %-EINVAL, %-EBADF, or why no worker can be started.
 */
int mux_device_attach(struct mux_device *device, int fd, bool final,
		      struct netlink_ext_ack *extack)
{
	struct mux_session *session = device->session;
	struct file *file;
	int ret;

	ret = attach_check(device, final, extack);
	if (ret)
		return ret;
	file = mux_migfile_get(fd, mux_session_is_source(session), extack);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (file_is_attached(session, file)) {
		NL_SET_ERR_MSG_FMT(extack, "data-fd %d belongs to another device of the session",
				   fd);
		ret = -EBUSY;
		goto err_put;
	}
	if (!mux_session_is_source(session)) {
		ret = mux_destination_start(device, extack);
		if (ret)
			goto err_put;
	}

	mux_session_lock(session);
	device->file = file;
	device->final = final;
	if (device->state == VFIO_MIG_MUX_DEVICE_STATE_DECLARED)
		device->state = VFIO_MIG_MUX_DEVICE_STATE_STREAMING;
	mux_notify_device(device);
	if (mux_session_is_source(session))
		mux_session_wake_one(session);
	else
		mux_worker_wake(&device->destination.loader);
	mux_session_unlock(session);
	return 0;

err_put:
	fput(file);
	return ret;
}

static const char *what_to_set(bool final, const struct nlattr *trailer)
{
	if (trailer)
		return "given a trailer";
	return final ? "final" : "kicked";
}

static int set_check(const struct mux_device *device, bool final, bool kick,
		     const struct nlattr *trailer,
		     struct netlink_ext_ack *extack)
{
	if (!mux_session_is_source(device->session)) {
		NL_SET_ERR_MSG_FMT(extack, "device %u is not a source's: it cannot be %s",
				   device->id, what_to_set(final, trailer));
		return -EINVAL;
	}
	/* A trailer needs no data_fd. */
	if (!device->file && !(trailer && !final && !kick)) {
		NL_SET_ERR_MSG_FMT(extack, "device %u has no data-fd yet",
				   device->id);
		return -EINVAL;
	}
	if (!final && !kick && !trailer) {
		NL_SET_ERR_MSG_FMT(extack, "nothing to set on device %u: neither final nor kick nor trailer",
				   device->id);
		return -EINVAL;
	}
	return 0;
}

/**
 * mux_device_set - learn from the owner what a data_fd cannot say
 * @device: the device
 * @final: it is in STOP_COPY now
 * @kick: there may be more to read
 * @trailer: its trailer, or %NULL
 * @extack: told what is wrong
 *
 * Context: process context of the owner, under the config mutex; may sleep.
 * Return: 0, %-EINVAL on the destination, or for @final and @kick with no
 * data_fd, or as mux_trailer_set().
 */
int mux_device_set(struct mux_device *device, bool final, bool kick,
		   const struct nlattr *trailer, struct netlink_ext_ack *extack)
{
	int ret;

	ret = set_check(device, final, kick, trailer, extack);
	/* First the trailer: END may follow at once when it is final. */
	if (!ret && trailer)
		ret = mux_trailer_set(device, nla_data(trailer),
				      nla_len(trailer), extack);
	if (!ret && (final || kick))
		mux_source_kick(device, final);
	return ret;
}

/**
 * mux_device_unseal - undo mux_device_seal()
 * @device: the device, of a session that has never had a channel
 *
 * Context: process context, under the config mutex; may sleep.
 */
void mux_device_unseal(struct mux_device *device)
{
	struct mux_session *session = device->session;
	void *ring;

	mux_session_lock(session);
	if (mux_session_is_source(session)) {
		ring = device->source.flights;
		device->source.flights = NULL;
	} else {
		ring = device->destination.reorder.ring;
		device->destination.reorder.ring = NULL;
	}
	mux_session_unlock(session);
	kvfree(ring);
}

/**
 * mux_device_stop - end what works for a device and let its data_fd go
 * @device: a device of a session that is over and has no channels any more
 *
 * Context: process context; sleeps until it has ended.
 */
void mux_device_stop(struct mux_device *device)
{
	struct mux_session *session = device->session;
	struct file *file;

	if (mux_session_is_source(session))
		mux_source_stop(device);
	else
		mux_worker_stop(&device->destination.loader);

	mux_session_lock(session);
	file = device->file;
	device->file = NULL;
	mux_session_unlock(session);
	if (file)
		fput(file);
}

/**
 * mux_device_destroy - free a device
 * @device: a stopped device, not looked at by anybody any more
 *
 * Context: process context; may sleep.
 */
void mux_device_destroy(struct mux_device *device)
{
	mux_device_unseal(device);
	mux_trailer_destroy(device);
	kfree(device);
}
