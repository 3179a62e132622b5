// SPDX-License-Identifier: GPL-2.0
/*
 * Errors: puts together what is said in notifications, in session-get and,
 * through an ABORT frame, on the other host. The words are made once, where
 * the error is seen, so that they are the same everywhere.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "channel.h"
#include "device.h"
#include "error.h"

static void set_code(struct mux_error *error, int err,
		     enum vfio_mig_mux_direction direction)
{
	*error = (struct mux_error) {
		.origin = VFIO_MIG_MUX_ERROR_ORIGIN_LOCAL,
		.what.code = -err,
		.what.direction = direction,
	};
}

__printf(2, 0)
static void add_words(struct mux_error *error, const char *fmt, va_list args)
{
	size_t length = strlen(error->what.text);
	int code = -(int)error->what.code;

	vscnprintf(error->what.text + length,
		   sizeof(error->what.text) - length, fmt, args);
	length = strlen(error->what.text);
	scnprintf(error->what.text + length,
		  sizeof(error->what.text) - length, " (%pe)", ERR_PTR(code));
	/* Some of it may be a stranger's words. */
	mux_text_clean(error->what.text, strlen(error->what.text));
}

/**
 * mux_error_set - describe an error of a session as a whole
 * @error: what to fill in
 * @err: negative error number
 * @fmt: the error in words; the error number's name is added
 */
void mux_error_set(struct mux_error *error, int err, const char *fmt, ...)
{
	va_list args;

	set_code(error, err, VFIO_MIG_MUX_DIRECTION_NONE);
	va_start(args, fmt);
	add_words(error, fmt, args);
	va_end(args);
}

/**
 * mux_error_set_device - describe an error of a device
 * @error: what to fill in
 * @device: the device; its name comes first in the text
 * @direction: what was being done
 * @err: negative error number
 * @fmt: the error in words; the error number's name is added
 */
void mux_error_set_device(struct mux_error *error,
			  const struct mux_device *device,
			  enum vfio_mig_mux_direction direction, int err,
			  const char *fmt, ...)
{
	va_list args;

	set_code(error, err, direction);
	error->what.has_device = true;
	error->what.device = device->id;
	scnprintf(error->what.text, sizeof(error->what.text), "device %s: ",
		  device->name);
	va_start(args, fmt);
	add_words(error, fmt, args);
	va_end(args);
}

/**
 * mux_error_set_channel - describe an error of a channel
 * @error: what to fill in
 * @channel: the channel; its number, if it has one, comes first in the text
 * @direction: what was being done
 * @err: negative error number
 * @fmt: the error in words; the error number's name is added
 */
void mux_error_set_channel(struct mux_error *error,
			   const struct mux_channel *channel,
			   enum vfio_mig_mux_direction direction, int err,
			   const char *fmt, ...)
{
	va_list args;

	set_code(error, err, direction);
	if (channel->numbered) {
		error->what.has_channel = true;
		error->what.channel = channel->number;
		scnprintf(error->what.text, sizeof(error->what.text),
			  "channel %u: ", channel->number);
	} else {
		strscpy(error->what.text, "new channel: ");
	}
	va_start(args, fmt);
	add_words(error, fmt, args);
	va_end(args);
}

/**
 * mux_error_set_chunk - add the chunk that an error struck
 * @error: an error that is filled in already
 * @index: index of the chunk
 */
void mux_error_set_chunk(struct mux_error *error, u64 index)
{
	error->what.has_chunk = true;
	error->what.chunk = index;
}

/**
 * mux_error_set_peer - take over an error from the other host
 * @error: what to fill in
 * @what: payload of the ABORT frame that brought it
 * @by_owner: somebody there wanted it
 */
void mux_error_set_peer(struct mux_error *error, const struct mux_abort *what,
			bool by_owner)
{
	*error = (struct mux_error) {
		.origin = VFIO_MIG_MUX_ERROR_ORIGIN_PEER,
		.by_owner = by_owner,
		.what = *what,
	};
	/* A code that is no error number would read as "no error". */
	if (!what->code || what->code > MAX_ERRNO)
		error->what.code = EPROTO;
	if (what->direction > VFIO_MIG_MUX_DIRECTION_RECEIVE)
		error->what.direction = VFIO_MIG_MUX_DIRECTION_NONE;
}
