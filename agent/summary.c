// SPDX-License-Identifier: GPL-2.0
/* What send and receive say when they begin and when all went well; scripts read it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "stdout.h"
#include "summary.h"
#include "uuid.h"

#define GIB (1024.0 * 1024 * 1024)
#define MIB (1024.0 * 1024)

/**
 * summary_begin() - say what the session is made of
 * @progress: says how
 * @session: the session
 */
void summary_begin(const struct progress *progress, const struct session *session)
{
	const struct mux_session *now = &session->now;
	char uuid[UUID_TEXT_LEN + 1];

	uuid_format(now->uuid, uuid);
	say(progress, "session %u: %s %s, %u device%s, %u channel%s, chunks of %u KiB, %" PRIu64 " slots (%.1f MiB)",
	    now->id, mux_role_name(now->role), uuid, now->devices, now->devices == 1 ? "" : "s",
	    now->channels, now->channels == 1 ? "" : "s", now->chunk_size / 1024, now->slots,
	    session->umem.length / MIB);
}

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? (double)(to_ns - from_ns) / NS_PER_S : 0;
}

static double rate(uint64_t bytes, double time)
{
	return time > 0 ? bytes / time / GIB : 0;
}

/* From the first data_fd attached to the last device loaded. */
static double session_seconds(const struct session *session)
{
	uint64_t first = UINT64_MAX, last = 0;

	for (uint32_t i = 0; i < session->now.devices; i++) {
		const struct session_device *device = &session->devices[i];

		if (device->attached_ns < first)
			first = device->attached_ns;
		if (device->loaded_ns > last)
			last = device->loaded_ns;
	}
	return seconds(first, last);
}

static struct json_object *devices_json(const struct session *session, const char *state)
{
	struct json_object *array = json_object_new_array();

	for (uint32_t i = 0; i < session->now.devices; i++) {
		const struct session_device *device = &session->devices[i];
		struct json_object *object = output_device_json(&device->now);
		double time = seconds(device->attached_ns, device->loaded_ns);

		json_put_real(object, "seconds", time);
		json_put_real(object, "gib_per_s", rate(device->now.bytes, time));
		json_put_text(object, "migration_state", state);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *channels_json(const struct session *session)
{
	struct json_object *array = json_object_new_array();

	for (int i = 0; i < session->channel_count; i++)
		json_object_array_add(array, output_channel_json(&session->channels[i]));
	return array;
}

static struct json_object *result_json(const struct session *session, const char *command, const char *state)
{
	struct json_object *object = json_object_new_object();
	double time = session_seconds(session);

	json_put_text(object, "command", command);
	json_put_text(object, "status", "completed");
	json_object_object_add(object, "session", output_session_json(&session->now));
	json_object_object_add(object, "devices", devices_json(session, state));
	json_object_object_add(object, "channels", channels_json(session));
	json_put_number(object, "bytes", session->now.bytes);
	json_put_real(object, "seconds", time);
	json_put_real(object, "gib_per_s", rate(session->now.bytes, time));
	return object;
}

static void print_channels(const struct session *session)
{
	char chunks[VFIO_MIG_MUX_CHANNELS_MAX * 24] = "";
	int used = 0, at = 0;

	for (int i = 0; i < session->channel_count; i++) {
		at += snprintf(chunks + at, sizeof(chunks) - at, " %" PRIu64, session->channels[i].chunks);
		used += session->channels[i].chunks > 0;
	}
	printf("channels %d of %u used, chunks per channel:%s\n", used, session->now.channels, chunks);
}

/* What was expected, and what of it came about */
static struct json_object *precopy_json(const struct session *session, const struct precopy *precopy)
{
	const struct switchover *switchover = &precopy->switchover;
	struct json_object *object;

	if (switchover->cause == SWITCHOVER_NONE)
		return NULL;
	object = json_object_new_object();
	json_put_number(object, "rounds", precopy->rounds);
	json_put_real(object, "seconds", seconds(precopy->began_ns, precopy->ended_ns));
	json_put_number(object, "bytes", precopy->bytes);
	json_put_number(object, "stop_copy_bytes", session->now.bytes - precopy->bytes);
	json_put_text(object, "switchover", switchover_cause_name(switchover->cause));
	json_object_object_add(object, "destination_ready", json_object_new_boolean(switchover->ready));
	json_put_real(object, "estimate_ms", switchover->estimate_ms);
	return object;
}

static void print_precopy(const struct session *session, const struct precopy *precopy)
{
	const struct switchover *switchover = &precopy->switchover;

	if (switchover->cause == SWITCHOVER_NONE)
		return;
	printf("PRE_COPY %" PRIu64 " bytes in %" PRIu64 " rounds, %.3f s; STOP_COPY %" PRIu64 " bytes\n",
	       precopy->bytes, precopy->rounds, seconds(precopy->began_ns, precopy->ended_ns),
	       session->now.bytes - precopy->bytes);
	printf("switchover by %s, the downtime expected %.1f ms\n", switchover_cause_name(switchover->cause),
	       switchover->estimate_ms);
}

/**
 * summary_sent() - say how the migration went, on the source
 * @progress: says how
 * @session: the session, fresh
 * @precopy: what was streamed while the guest ran, all zero if nothing was
 * @timeline: the timeline, collected
 */
void summary_sent(const struct progress *progress, const struct session *session, const struct precopy *precopy,
		  const struct timeline *timeline)
{
	double time = session_seconds(session), downtime_ms = (double)timeline_downtime(timeline) / NS_PER_MS;
	struct json_object *object;

	if (progress->json) {
		object = result_json(session, "send", "STOP");
		json_object_object_add(object, "precopy", precopy_json(session, precopy));
		json_put_real(object, "downtime_ms", downtime_ms);
		json_put_real(object, "cpu_seconds", progress_cpu_seconds(progress));
		json_object_object_add(object, "timeline", timeline_json(timeline));
		output_json_line(object);
		return;
	}
	progress_break();
	for (uint32_t i = 0; i < session->now.devices; i++) {
		const struct session_device *device = &session->devices[i];
		double each = seconds(device->attached_ns, device->loaded_ns);

		printf("device %s: %" PRIu64 " bytes in %" PRIu64 " chunks, %.3f s, %.2f GiB/s\n", device->now.name,
		       device->now.bytes, device->now.chunks, each, rate(device->now.bytes, each));
	}
	print_channels(session);
	printf("total %" PRIu64 " bytes, %.3f s, %.2f GiB/s\n", session->now.bytes, time,
	       rate(session->now.bytes, time));
	print_precopy(session, precopy);
	printf("downtime %.1f ms\n", downtime_ms);
	if (timeline->wanted)
		timeline_print(timeline);
	stdout_flush();
}

/**
 * summary_received() - say how the migration went, on the destination
 * @progress: says how
 * @session: the session, fresh
 * @timeline: the timeline, collected
 */
void summary_received(const struct progress *progress, const struct session *session, const struct timeline *timeline)
{
	struct json_object *object;

	if (progress->json) {
		object = result_json(session, "receive", "RUNNING");
		json_put_real(object, "cpu_seconds", progress_cpu_seconds(progress));
		json_object_object_add(object, "timeline", timeline_json(timeline));
		output_json_line(object);
		return;
	}
	progress_break();
	for (uint32_t i = 0; i < session->now.devices; i++) {
		const struct mux_device *device = &session->devices[i].now;

		printf("device %s: %" PRIu64 " bytes in %" PRIu64 " chunks, RUNNING\n", device->name,
		       device->bytes, device->chunks);
	}
	print_channels(session);
	if (timeline->wanted)
		timeline_print(timeline);
	stdout_flush();
}
