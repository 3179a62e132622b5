// SPDX-License-Identifier: GPL-2.0
/*
 * The one place that prints what the module tells: as tables, as event lines,
 * or as JSON with the attribute names of the netlink specification.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "output.h"
#include "stdout.h"
#include "uuid.h"

static void put_known(struct json_object *object, const char *key, uint64_t value)
{
	if (value != MUX_NONE)
		json_put_number(object, key, value);
}

static void put_error(struct json_object *object, const struct mux_error *error)
{
	struct json_object *nest;

	if (!error->present)
		return;
	nest = json_object_new_object();
	json_put_text(nest, "origin", mux_origin_name(error->origin));
	json_put_number(nest, "errno", error->number);
	json_put_text(nest, "direction", mux_direction_name(error->direction));
	put_known(nest, "device", error->device);
	put_known(nest, "channel", error->channel);
	put_known(nest, "chunk", error->chunk);
	json_put_text(nest, "text", error->text);
	json_object_object_add(object, "error", nest);
}

static struct json_object *features_json(uint32_t features)
{
	struct json_object *array = json_object_new_array();

	if (features & VFIO_MIG_MUX_FEATURE_CHECKSUM)
		json_object_array_add(array, json_object_new_string("checksum"));
	if (features & VFIO_MIG_MUX_FEATURE_ZERO)
		json_object_array_add(array, json_object_new_string("zero"));
	if (features & VFIO_MIG_MUX_FEATURE_TRAILER)
		json_object_array_add(array, json_object_new_string("trailer"));
	return array;
}

/**
 * output_session_json() - a session as JSON
 * @session: the session
 *
 * Return: an object, the caller's.
 */
struct json_object *output_session_json(const struct mux_session *session)
{
	struct json_object *object = json_object_new_object();
	char uuid[UUID_TEXT_LEN + 1];

	uuid_format(session->uuid, uuid);
	json_put_number(object, "id", session->id);
	json_put_text(object, "role", mux_role_name(session->role));
	json_put_text(object, "uuid", uuid);
	json_put_number(object, "chunk_size", session->chunk_size);
	json_put_number(object, "channels", session->channels);
	json_object_object_add(object, "features", features_json(session->features));
	json_put_text(object, "state", mux_session_state_name(session->state));
	json_put_number(object, "owner_pid", session->owner_pid);
	put_known(object, "slots", session->slots);
	put_known(object, "slots_free", session->slots_free);
	put_known(object, "slots_used_max", session->slots_used_max);
	json_put_number(object, "devices", session->devices);
	json_put_number(object, "devices_loaded", session->devices_loaded);
	json_put_number(object, "channels_live", session->channels_live);
	json_put_number(object, "bytes", session->bytes);
	json_put_number(object, "resume_timeout", session->resume_timeout);
	json_put_number(object, "channel_timeout", session->channel_timeout);
	put_known(object, "resent", session->resent);
	put_known(object, "hedged", session->hedged);
	put_known(object, "duplicates", session->duplicates);
	put_known(object, "max_bandwidth", session->max_bandwidth);
	put_error(object, &session->error);
	return object;
}

/**
 * output_device_json() - a device as JSON
 * @device: the device
 *
 * Return: an object, the caller's.
 */
struct json_object *output_device_json(const struct mux_device *device)
{
	struct json_object *object = json_object_new_object();

	json_put_number(object, "session", device->session);
	json_put_number(object, "id", device->id);
	json_put_text(object, "name", device->name);
	put_known(object, "window", device->window);
	json_put_bool(object, "final", device->final);
	json_put_text(object, "state", mux_device_state_name(device->state));
	json_put_number(object, "bytes", device->bytes);
	json_put_number(object, "bytes_moved", device->bytes_moved);
	json_put_number(object, "chunks", device->chunks);
	json_put_number(object, "chunks_moved", device->chunks_moved);
	put_known(object, "chunks_held_max", device->chunks_held_max);
	put_known(object, "window_stalls", device->window_stalls);
	put_known(object, "window_stall_ns", device->window_stall_ns);
	json_put_number(object, "io_calls", device->io_calls);
	json_put_number(object, "io_ns", device->io_ns);
	json_put_number(object, "zero_chunks", device->zero_chunks);
	put_known(object, "first_ns", device->first_ns);
	put_known(object, "last_ns", device->last_ns);
	put_known(object, "trailer_len", device->trailer_len);
	put_known(object, "sync", device->sync);
	put_known(object, "synced", device->synced);
	return object;
}

/**
 * output_channel_json() - a channel as JSON
 * @channel: the channel
 *
 * Return: an object, the caller's.
 */
struct json_object *output_channel_json(const struct mux_channel *channel)
{
	struct json_object *object = json_object_new_object();

	json_put_number(object, "session", channel->session);
	put_known(object, "id", channel->id);
	json_put_text(object, "state", mux_channel_state_name(channel->state));
	json_put_number(object, "bytes_sent", channel->bytes_sent);
	json_put_number(object, "bytes_received", channel->bytes_received);
	json_put_number(object, "chunks", channel->chunks);
	put_known(object, "resent", channel->resent);
	put_known(object, "hedged", channel->hedged);
	put_known(object, "duplicates", channel->duplicates);
	json_put_number(object, "zero_chunks", channel->zero_chunks);
	put_known(object, "send_ns", channel->send_ns);
	put_error(object, &channel->error);
	return object;
}

/**
 * output_json_line() - print an object on a line of its own
 * @object: the object, freed here
 */
void output_json_line(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	stdout_flush();
	json_object_put(object);
}

/**
 * output_waiting() - print that others may connect now
 * @where: the endpoint
 */
void output_waiting(const char *where)
{
	struct json_object *object = json_object_new_object();

	json_put_text(object, "waiting", where);
	output_json_line(object);
}

/**
 * output_result_error() - print the recorded error as a command's result
 * @command: the command
 */
void output_result_error(const char *command)
{
	struct json_object *object = json_object_new_object();

	json_put_text(object, "command", command);
	json_put_text(object, "status", "failed");
	json_put_text(object, "error", error_text());
	output_json_line(object);
}

/* A number, or a dash where there is none. */
static const char *cell(char text[24], uint64_t value)
{
	if (value == MUX_NONE)
		return "-";
	snprintf(text, 24, "%" PRIu64, value);
	return text;
}

static void print_title(struct output *output, const char *title)
{
	if (!output->titled)
		puts(title);
	output->titled = true;
}

static bool add_json(struct output *output, struct json_object *(*make)(const void *), const void *thing)
{
	if (!output->json)
		return false;
	if (!output->array)
		output->array = json_object_new_array();
	json_object_array_add(output->array, make(thing));
	return true;
}

static struct json_object *session_maker(const void *session)
{
	return output_session_json(session);
}

static struct json_object *device_maker(const void *device)
{
	return output_device_json(device);
}

static struct json_object *channel_maker(const void *channel)
{
	return output_channel_json(channel);
}

/**
 * output_session() - print a session as one of a list
 * @output: the list
 * @session: the session
 */
void output_session(struct output *output, const struct mux_session *session)
{
	char uuid[UUID_TEXT_LEN + 1], live[24], loaded[24], slots[64], total[24], spare[24];
	char resent[24], hedged[24], duplicates[24];

	if (add_json(output, session_maker, session))
		return;
	print_title(output,
		    "SESSION  ROLE         STATE       LIVE   LOADED  SLOTS-FREE  BYTES         RESENT  HEDGED  DUPS  OWNER  UUID");
	uuid_format(session->uuid, uuid);
	snprintf(live, sizeof(live), "%u/%u", session->channels_live, session->channels);
	snprintf(loaded, sizeof(loaded), "%u/%u", session->devices_loaded, session->devices);
	snprintf(slots, sizeof(slots), "%s/%s", cell(spare, session->slots_free), cell(total, session->slots));
	printf("%-7u  %-11s  %-10s  %-5s  %-6s  %-10s  %-12" PRIu64 "  %-6s  %-6s  %-4s  %-5u  %s\n", session->id,
	       mux_role_name(session->role), mux_session_state_name(session->state), live, loaded, slots,
	       session->bytes, cell(resent, session->resent), cell(hedged, session->hedged),
	       cell(duplicates, session->duplicates), session->owner_pid, uuid);
	if (session->error.present)
		printf("         %s\n", session->error.text);
}

/**
 * output_device() - print a device as one of a list
 * @output: the list
 * @device: the device
 */
void output_device(struct output *output, const struct mux_device *device)
{
	char window[24], held[24], stalls[24], trailer[24], sync[24], synced[24];

	if (add_json(output, device_maker, device))
		return;
	print_title(output,
		    "SESSION  DEVICE  NAME             STATE      BYTES           CHUNKS    MOVED     WINDOW  HELD-MAX  STALLS  TRAILER  SYNCED");
	printf("%-7u  %-6u  %-15s  %-9s  %-14" PRIu64 "  %-8" PRIu64 "  %-8" PRIu64 "  %-6s  %-8s  %-6s  %-7s  %s/%s\n",
	       device->session, device->id, device->name, mux_device_state_name(device->state), device->bytes,
	       device->chunks, device->chunks_moved, cell(window, device->window),
	       cell(held, device->chunks_held_max), cell(stalls, device->window_stalls),
	       cell(trailer, device->trailer_len), cell(synced, device->synced), cell(sync, device->sync));
}

/**
 * output_channel() - print a channel as one of a list
 * @output: the list
 * @channel: the channel
 */
void output_channel(struct output *output, const struct mux_channel *channel)
{
	char id[24], resent[24], hedged[24], duplicates[24];

	if (add_json(output, channel_maker, channel))
		return;
	print_title(output,
		    "SESSION  CHANNEL  STATE      CHUNKS    SENT            RECEIVED        RESENT  HEDGED  DUPS");
	printf("%-7u  %-7s  %-9s  %-8" PRIu64 "  %-14" PRIu64 "  %-14" PRIu64 "  %-6s  %-6s  %s\n", channel->session,
	       cell(id, channel->id), mux_channel_state_name(channel->state), channel->chunks,
	       channel->bytes_sent, channel->bytes_received, cell(resent, channel->resent),
	       cell(hedged, channel->hedged), cell(duplicates, channel->duplicates));
	if (channel->error.present)
		printf("         %s\n", channel->error.text);
}

/**
 * output_end() - finish a list; an empty one is an empty JSON array or nothing
 * @output: the list
 */
void output_end(struct output *output)
{
	if (!output->json)
		return;
	if (!output->array)
		output->array = json_object_new_array();
	output_json_line(output->array);
	output->array = NULL;
}

static void event_json(const char *kind, struct json_object *thing)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, kind, thing);
	output_json_line(line);
}

/**
 * output_event_session() - print that a session has changed state
 * @output: how
 * @session: the session
 */
void output_event_session(const struct output *output, const struct mux_session *session)
{
	if (output->json) {
		event_json("session", output_session_json(session));
		return;
	}
	printf("session %u %s: %u of %u channels live, %u of %u devices loaded, %" PRIu64 " bytes%s%s\n",
	       session->id, mux_session_state_name(session->state), session->channels_live, session->channels,
	       session->devices_loaded, session->devices, session->bytes,
	       session->error.present ? ": " : "", session->error.text);
	stdout_flush();
}

/**
 * output_event_device() - print that a device has changed state
 * @output: how
 * @device: the device
 */
void output_event_device(const struct output *output, const struct mux_device *device)
{
	if (output->json) {
		event_json("device", output_device_json(device));
		return;
	}
	printf("session %u device %u '%s' %s: %" PRIu64 " bytes and %" PRIu64 " chunks loaded\n",
	       device->session, device->id, device->name, mux_device_state_name(device->state),
	       device->bytes, device->chunks);
	stdout_flush();
}

/**
 * output_event_channel() - print that a channel has changed state
 * @output: how
 * @channel: the channel
 */
void output_event_channel(const struct output *output, const struct mux_channel *channel)
{
	char id[24];

	if (output->json) {
		event_json("channel", output_channel_json(channel));
		return;
	}
	printf("session %u channel %s %s: %" PRIu64 " chunks%s%s\n", channel->session, cell(id, channel->id),
	       mux_channel_state_name(channel->state), channel->chunks,
	       channel->error.present ? ": " : "", channel->error.text);
	stdout_flush();
}
