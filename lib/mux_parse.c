// SPDX-License-Identifier: GPL-2.0
/* From netlink attributes to what the rest of the agent reads. */
#include <errno.h>
#include <string.h>
#include <netlink/attr.h>

#include "mux_parse.h"

/* A "uint" of the specification is 32 or 64 bits wide on the wire. */
static uint64_t get_uint(const struct nlattr *attr, uint64_t absent)
{
	if (!attr)
		return absent;
	if (nla_len(attr) == sizeof(uint64_t))
		return nla_get_u64(attr);
	if (nla_len(attr) == sizeof(uint32_t))
		return nla_get_u32(attr);
	return absent;
}

static void get_text(const struct nlattr *attr, char *text, size_t size)
{
	text[0] = '\0';
	if (attr)
		nla_strlcpy(text, attr, size);
}

static void parse_error(struct nlattr *nest, struct mux_error *error)
{
	struct nlattr *attrs[VFIO_MIG_MUX_A_ERROR_MAX + 1];

	if (!nest || nla_parse_nested(attrs, VFIO_MIG_MUX_A_ERROR_MAX, nest, NULL))
		return;
	error->present = true;
	error->origin = get_uint(attrs[VFIO_MIG_MUX_A_ERROR_ORIGIN], 0);
	error->number = get_uint(attrs[VFIO_MIG_MUX_A_ERROR_ERRNO], 0);
	error->direction = get_uint(attrs[VFIO_MIG_MUX_A_ERROR_DIRECTION], 0);
	error->device = get_uint(attrs[VFIO_MIG_MUX_A_ERROR_DEVICE], MUX_NONE);
	error->channel = get_uint(attrs[VFIO_MIG_MUX_A_ERROR_CHANNEL], MUX_NONE);
	error->chunk = get_uint(attrs[VFIO_MIG_MUX_A_ERROR_CHUNK], MUX_NONE);
	get_text(attrs[VFIO_MIG_MUX_A_ERROR_TEXT], error->text, sizeof(error->text));
}

static int parse_session(struct nlattr *head, int length, struct mux_session *session)
{
	struct nlattr *attrs[VFIO_MIG_MUX_A_SESSION_MAX + 1], *uuid;

	if (nla_parse(attrs, VFIO_MIG_MUX_A_SESSION_MAX, head, length, NULL))
		return -EINVAL;
	memset(session, 0, sizeof(*session));
	session->id = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_ID], 0);
	session->fd = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_FD], -1);
	session->role = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_ROLE], 0);
	uuid = attrs[VFIO_MIG_MUX_A_SESSION_UUID];
	if (uuid && nla_len(uuid) == VFIO_MIG_MUX_UUID_LEN)
		memcpy(session->uuid, nla_data(uuid), VFIO_MIG_MUX_UUID_LEN);
	session->chunk_size = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE], 0);
	session->channels = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_CHANNELS], 0);
	session->features = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_FEATURES], 0);
	session->state = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_STATE], 0);
	session->owner_pid = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_OWNER_PID], 0);
	session->slots = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_SLOTS], MUX_NONE);
	session->slots_free = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_SLOTS_FREE], MUX_NONE);
	session->slots_used_max = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_SLOTS_USED_MAX], MUX_NONE);
	session->devices = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_DEVICES], 0);
	session->devices_loaded = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_DEVICES_LOADED], 0);
	session->channels_live = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_CHANNELS_LIVE], 0);
	session->bytes = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_BYTES], 0);
	session->resume_timeout = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT], 0);
	session->channel_timeout = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_CHANNEL_TIMEOUT], 0);
	session->resent = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_RESENT], MUX_NONE);
	session->hedged = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_HEDGED], MUX_NONE);
	session->duplicates = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_DUPLICATES], MUX_NONE);
	session->max_bandwidth = get_uint(attrs[VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH], MUX_NONE);
	parse_error(attrs[VFIO_MIG_MUX_A_SESSION_ERROR], &session->error);
	return 0;
}

static int parse_device(struct nlattr *head, int length, struct mux_device *device)
{
	struct nlattr *attrs[VFIO_MIG_MUX_A_DEVICE_MAX + 1];

	if (nla_parse(attrs, VFIO_MIG_MUX_A_DEVICE_MAX, head, length, NULL))
		return -EINVAL;
	memset(device, 0, sizeof(*device));
	device->session = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_SESSION], 0);
	device->id = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_ID], 0);
	get_text(attrs[VFIO_MIG_MUX_A_DEVICE_NAME], device->name, sizeof(device->name));
	device->window = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_WINDOW], MUX_NONE);
	device->final = attrs[VFIO_MIG_MUX_A_DEVICE_FINAL];
	device->state = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_STATE], 0);
	device->bytes = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_BYTES], 0);
	device->bytes_moved = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_BYTES_MOVED], 0);
	device->chunks = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_CHUNKS], 0);
	device->chunks_moved = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_CHUNKS_MOVED], 0);
	device->chunks_held_max = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_CHUNKS_HELD_MAX], MUX_NONE);
	device->window_stalls = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_WINDOW_STALLS], MUX_NONE);
	device->window_stall_ns = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_WINDOW_STALL_NS], MUX_NONE);
	device->io_calls = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_IO_CALLS], 0);
	device->io_ns = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_IO_NS], 0);
	device->zero_chunks = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_ZERO_CHUNKS], 0);
	device->first_ns = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_FIRST_NS], MUX_NONE);
	device->last_ns = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_LAST_NS], MUX_NONE);
	device->trailer_len = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_TRAILER_LEN], MUX_NONE);
	device->sync = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_SYNC], MUX_NONE);
	device->synced = get_uint(attrs[VFIO_MIG_MUX_A_DEVICE_SYNCED], MUX_NONE);
	return 0;
}

static int parse_trailer(struct nlattr *head, int length, struct mux_trailer *trailer)
{
	const struct nlattr *attr = nla_find(head, length, VFIO_MIG_MUX_A_DEVICE_TRAILER);

	if (!attr || nla_len(attr) > VFIO_MIG_MUX_TRAILER_MAX)
		return -EINVAL;
	trailer->length = nla_len(attr);
	memcpy(trailer->bytes, nla_data(attr), trailer->length);
	return 0;
}

static int parse_channel(struct nlattr *head, int length, struct mux_channel *channel)
{
	struct nlattr *attrs[VFIO_MIG_MUX_A_CHANNEL_MAX + 1];

	if (nla_parse(attrs, VFIO_MIG_MUX_A_CHANNEL_MAX, head, length, NULL))
		return -EINVAL;
	memset(channel, 0, sizeof(*channel));
	channel->session = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_SESSION], 0);
	channel->id = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_ID], MUX_NONE);
	channel->state = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_STATE], 0);
	channel->bytes_sent = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_BYTES_SENT], 0);
	channel->bytes_received = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_BYTES_RECEIVED], 0);
	channel->chunks = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_CHUNKS], 0);
	channel->resent = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_RESENT], MUX_NONE);
	channel->hedged = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_HEDGED], MUX_NONE);
	channel->duplicates = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_DUPLICATES], MUX_NONE);
	channel->zero_chunks = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_ZERO_CHUNKS], 0);
	channel->send_ns = get_uint(attrs[VFIO_MIG_MUX_A_CHANNEL_SEND_NS], MUX_NONE);
	parse_error(attrs[VFIO_MIG_MUX_A_CHANNEL_ERROR], &channel->error);
	return 0;
}

/**
 * mux_parse() - hand one message of the family to a listener
 * @command: the message's command
 * @head: its first attribute
 * @length: bytes of all attributes
 * @listener: is called if it listens to that kind
 *
 * Return: 0, also for a message of no interest, or -EINVAL for a malformed one.
 */
int mux_parse(uint8_t command, struct nlattr *head, int length, const struct mux_listener *listener)
{
	union {
		struct mux_session session;
		struct mux_device device;
		struct mux_channel channel;
		struct mux_trailer trailer;
	} told;
	int err = 0;

	switch (command) {
	case VFIO_MIG_MUX_CMD_SESSION_NEW:
	case VFIO_MIG_MUX_CMD_SESSION_GET:
	case VFIO_MIG_MUX_CMD_SESSION_NTF:
		err = parse_session(head, length, &told.session);
		if (!err && listener->session)
			listener->session(&told.session, listener->arg);
		break;
	case VFIO_MIG_MUX_CMD_DEVICE_GET:
	case VFIO_MIG_MUX_CMD_DEVICE_NTF:
	case VFIO_MIG_MUX_CMD_DEVICE_SYNC:
		err = parse_device(head, length, &told.device);
		if (!err && listener->device)
			listener->device(&told.device, listener->arg);
		break;
	case VFIO_MIG_MUX_CMD_DEVICE_TRAILER_GET:
		err = parse_trailer(head, length, &told.trailer);
		if (!err && listener->trailer)
			listener->trailer(&told.trailer, listener->arg);
		break;
	case VFIO_MIG_MUX_CMD_CHANNEL_GET:
	case VFIO_MIG_MUX_CMD_CHANNEL_NTF:
		err = parse_channel(head, length, &told.channel);
		if (!err && listener->channel)
			listener->channel(&told.channel, listener->arg);
		break;
	}
	return err;
}
