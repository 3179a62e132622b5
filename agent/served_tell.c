// SPDX-License-Identifier: GPL-2.0
/*
 * What a VMM is told: the difference between what the module says now and what the
 * VMM knows. The connection never holds up the agent: who does not read is at fault.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "error.h"
#include "json.h"
#include "output.h"
#include "served.h"
#include "uuid.h"

/* Bytes of messages that the VMM has not read, with the kernel's own */
static int unread(const struct served *served)
{
	int bytes = 0;

	ioctl(served->watch.fd, SIOCOUTQ, &bytes);
	return bytes;
}

/* Of the room that the connection has */
static int room(const struct served *served)
{
	socklen_t length = sizeof(int);
	int bytes = 0;

	getsockopt(served->watch.fd, SOL_SOCKET, SO_SNDBUF, &bytes, &length);
	return bytes;
}

/**
 * served_tell_bytes() - send a VMM a message with bytes after it
 * @served: the VMM
 * @message: the message, freed here
 * @bytes: what comes after it, or NULL for nothing
 * @length: how many
 *
 * The other half of the room is for the error that says so.
 *
 * Return: 0, or -1 with the error recorded. That the VMM is gone is no error: its
 * connection says so by itself.
 */
int served_tell_bytes(struct served *served, struct json_object *message, const void *bytes, size_t length)
{
	if (unread(served) > room(served) / 2) {
		json_object_put(message);
		return fail("the VMM does not read what it is told");
	}
	if (packet_send_bytes(served->watch.fd, message, bytes, length) && errno != EPIPE && errno != ECONNRESET)
		return -1;
	return 0;
}

/**
 * served_tell() - send a VMM a message
 * @served: the VMM
 * @message: the message, freed here
 *
 * Return: as served_tell_bytes().
 */
int served_tell(struct served *served, struct json_object *message)
{
	return served_tell_bytes(served, message, NULL, 0);
}

/**
 * served_tell_started() - answer a VMM's "start"
 * @served: the VMM
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_tell_started(struct served *served)
{
	const struct mux_session *now = &served->session.now;
	struct json_object *message = packet_new("started");
	char uuid[UUID_TEXT_LEN + 1];

	uuid_format(now->uuid, uuid);
	json_put_number(message, "session", now->id);
	json_put_text(message, "uuid", uuid);
	json_put_number(message, "chunk_size", now->chunk_size);
	json_put_number(message, "channels", now->channels);
	json_put_bool(message, "checksum", now->features & VFIO_MIG_MUX_FEATURE_CHECKSUM);
	json_put_bool(message, "zero", now->features & VFIO_MIG_MUX_FEATURE_ZERO);
	json_put_bool(message, "trailer", now->features & VFIO_MIG_MUX_FEATURE_TRAILER);
	json_put_bool(message, "sync", true);
	if (!served_is_source(served))
		json_put_number(message, "port", served->set->port);
	return served_tell(served, message);
}

/**
 * served_tell_stats() - answer a VMM's "stats"
 * @served: the VMM
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_tell_stats(struct served *served)
{
	struct json_object *message, *stats, *devices, *channels;
	struct session *session = &served->session;

	if (session_refresh(session))
		return -1;
	/* What is new is still to be told. */
	session->stale = true;
	devices = json_object_new_array();
	for (uint32_t i = 0; i < session->now.devices; i++)
		json_object_array_add(devices, output_device_json(&session->devices[i].now));
	channels = json_object_new_array();
	for (int i = 0; i < session->channel_count; i++)
		json_object_array_add(channels, output_channel_json(&session->channels[i]));
	stats = json_object_new_object();
	json_object_object_add(stats, "session", output_session_json(&session->now));
	json_object_object_add(stats, "devices", devices);
	json_object_object_add(stats, "channels", channels);
	message = packet_new("stats");
	json_object_object_add(message, "stats", stats);
	return served_tell(served, message);
}

static int tell_channel(struct served *served, uint32_t id, const char *text)
{
	struct json_object *message = packet_new("channel");

	json_put_number(message, "channel", id);
	json_put_text(message, "state", text ? "failed" : "live");
	json_put_number(message, "live", served->session.now.channels_live);
	if (text)
		json_put_text(message, "text", text);
	return served_tell(served, message);
}

/* The same reason is told once, however often the channel is connected again. */
static int note_channel_error(struct served *served, uint32_t id, const char *text)
{
	char *told = served->channel_error[id];

	if (!served->live[id] && !strncmp(told, text, VFIO_MIG_MUX_TEXT_MAX))
		return 0;
	served->live[id] = false;
	snprintf(told, sizeof(served->channel_error[id]), "%s", text);
	return tell_channel(served, id, told);
}

static int look_at_channel(struct served *served, uint32_t id)
{
	const struct mux_channel *channel = session_channel(&served->session, id);
	const char *dial_error = served->channels.channels[id].error;

	if (channel && channel->state == VFIO_MIG_MUX_CHANNEL_STATE_LIVE) {
		if (served->live[id])
			return 0;
		served->live[id] = true;
		served->channel_error[id][0] = '\0';
		return tell_channel(served, id, NULL);
	}
	if (channel && channel->state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED)
		return note_channel_error(served, id, channel->error.text);
	return dial_error[0] ? note_channel_error(served, id, dial_error) : 0;
}

/**
 * served_tell_device() - tell a VMM how a device gets on
 * @served: the VMM
 * @what: the message's type
 * @device: the device
 * @bytes: how many
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_tell_device(struct served *served, const char *what, const struct mux_device *device, uint64_t bytes)
{
	struct json_object *message = packet_new(what);

	json_put_text(message, "device", device->name);
	json_put_number(message, "bytes", bytes);
	return served_tell(served, message);
}

/* The module tells when its other host has loaded what was read, or has done so by the next look. */
static int await_ready(struct served *served, struct served_device *told, const struct mux_device *device)
{
	uint64_t point;

	if (told->awaited)
		return 0;
	told->awaited = true;
	served->session.stale = true;
	return mux_device_sync(&served->session.mux, served->session.now.id, device->id, &point);
}

static int look_at_drained(struct served *served, struct served_device *told, const struct mux_device *device)
{
	if (!told->drained && served_tell_device(served, "drained", device, device->bytes_moved))
		return -1;
	told->drained = true;
	if (told->ready)
		return 0;
	if (device->bytes != device->bytes_moved)
		return await_ready(served, told, device);
	told->ready = true;
	return served_tell_device(served, "ready", device, device->bytes);
}

static int look_at_device(struct served *served, uint32_t id)
{
	const struct mux_device *device = &served->session.devices[id].now;
	struct served_device *told = &served->devices[id];

	if (served_look_at_sync(served, id))
		return -1;
	if (device->state == VFIO_MIG_MUX_DEVICE_STATE_DRAINED && !told->final)
		return look_at_drained(served, told, device);
	if (device->state != VFIO_MIG_MUX_DEVICE_STATE_LOADED || told->loaded)
		return 0;
	told->loaded = true;
	return served_tell_device(served, "loaded", device, device->bytes);
}

static int look_at_pause(struct served *served)
{
	bool paused = served->session.now.state == VFIO_MIG_MUX_SESSION_STATE_PAUSED;

	if (paused == served->paused)
		return 0;
	served->paused = paused;
	return served_tell(served, packet_new(paused ? "paused" : "resumed"));
}

/* Rather none than one too many: it is worth nothing when the next one comes. */
static int look_at_progress(struct served *served)
{
	const struct session *session = &served->session;
	struct json_object *message;
	uint64_t moved = 0;

	if (!served->progress_ms || remaining_ms(served->progress_ns))
		return 0;
	served->progress_ns = now_ns() + served->progress_ms * NS_PER_MS;
	if (unread(served) > room(served) / 8)
		return 0;
	for (uint32_t i = 0; i < session->now.devices; i++)
		moved += session->devices[i].now.bytes_moved;
	message = packet_new("progress");
	json_put_number(message, "bytes", session->now.bytes);
	json_put_number(message, "moved", moved);
	return served_tell(served, message);
}

/**
 * served_tell_news() - tell a VMM what is new
 * @served: the VMM; its session is fresh and has not failed
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_tell_news(struct served *served)
{
	const struct mux_session *now = &served->session.now;
	bool completed = now->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED;
	struct json_object *message;

	/* The end of a session is the end of its channels. */
	for (uint32_t i = 0; i < now->channels && !completed; i++)
		if (look_at_channel(served, i))
			return -1;
	if (look_at_pause(served))
		return -1;
	for (uint32_t i = 0; i < now->devices; i++)
		if (look_at_device(served, i))
			return -1;
	if (!completed)
		return look_at_progress(served);
	if (served->phase == SERVED_COMPLETED)
		return 0;
	message = packet_new("completed");
	json_put_number(message, "bytes", now->bytes);
	return served_tell(served, message);
}
