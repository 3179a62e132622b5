// SPDX-License-Identifier: GPL-2.0
/* A timeline as a table and as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "timeline.h"

/* In JSON as they are here; NULL where a device has no such mark of its own. */
static const struct {
	const char *name;
	const char *device_name;
} mark_names[TIMELINE_MARKS] = {
	[TIMELINE_BEGUN] = { "begun", NULL },
	[TIMELINE_AGREED] = { "agreed", NULL },
	[TIMELINE_CONNECTED] = { "connected", NULL },
	[TIMELINE_PRE_COPY] = { "pre_copy", "pre_copy" },
	[TIMELINE_READY] = { "ready", "ready" },
	[TIMELINE_SWITCHOVER] = { "switchover", NULL },
	[TIMELINE_STOP] = { "stop", "stop" },
	[TIMELINE_STOPPED] = { "stopped", "stopped" },
	[TIMELINE_FIRST] = { "first", "first" },
	[TIMELINE_LAST] = { "last", "last" },
	[TIMELINE_STREAMED] = { "streamed", "loaded" },
	[TIMELINE_LEFT] = { "left", "left" },
	[TIMELINE_LOADED] = { "loaded", NULL },
	[TIMELINE_RUN] = { "run", NULL },
	[TIMELINE_RUNNING] = { "running", "running" },
};

static bool is_source(const struct timeline *timeline)
{
	return timeline->role == VFIO_MIG_MUX_ROLE_SOURCE;
}

static double ms(uint64_t ns)
{
	return (double)ns / NS_PER_MS;
}

/* Since the beginning */
static double at_ms(const struct timeline *timeline, uint64_t at_ns)
{
	return ((double)at_ns - (double)timeline->marks[TIMELINE_BEGUN]) / NS_PER_MS;
}

static double took_ms(const struct timeline_phase *phase)
{
	return ms(phase->ended_ns - phase->began_ns);
}

static void print_phases(const struct timeline *timeline)
{
	struct timeline_phase phases[TIMELINE_MARKS];
	int count = timeline_phases(timeline, phases);

	printf("%-16s %10s %10s\n", "phase", "at ms", "took ms");
	for (int i = 0; i < count; i++)
		printf("%-16s %10.1f %10.1f\n", phases[i].name, at_ms(timeline, phases[i].began_ns),
		       took_ms(&phases[i]));
}

static bool any_has(const struct timeline *timeline, enum timeline_mark mark)
{
	for (int i = 0; i < timeline->device_count; i++)
		if (timeline->devices[i].marks[mark])
			return true;
	return false;
}

static void print_device_title(const struct timeline *timeline)
{
	printf("%-16s", "device, ms");
	for (int mark = TIMELINE_STOPPED; mark < TIMELINE_MARKS; mark++)
		if (any_has(timeline, mark))
			printf(" %9s", mark_names[mark].device_name);
	if (is_source(timeline))
		printf(" | %8s %8s %8s\n", "reading", "window", "rest");
	else
		printf(" | %8s %8s\n", "writing", "rest");
}

static void print_device(const struct timeline *timeline, const struct timeline_device *device)
{
	printf("%-16s", device->name);
	for (int mark = TIMELINE_STOPPED; mark < TIMELINE_MARKS; mark++) {
		if (device->marks[mark])
			printf(" %9.1f", at_ms(timeline, device->marks[mark]));
		else if (any_has(timeline, mark))
			printf(" %9s", "-");
	}
	printf(" | %8.1f", ms(device->io_ns));
	if (is_source(timeline))
		printf(" %8.1f", ms(device->window_ns));
	printf(" %8.1f\n", ms(timeline_rest(timeline, device)));
}

static void print_transitions(const struct timeline_device *device)
{
	printf("%-16s", device->name);
	for (int i = 0; i < device->transition_count; i++)
		printf("%s %s %.1f", i ? "," : "", vfio_state_name(device->transitions[i].to),
		       ms(device->transitions[i].ended_ns - device->transitions[i].began_ns));
	putchar('\n');
}

/* In a line; JSON has each of them. */
static void print_rounds(const struct timeline_device *device)
{
	uint64_t bytes = 0;

	if (!device->round_count)
		return;
	for (int i = 0; i < device->round_count; i++)
		bytes += device->rounds[i].bytes;
	printf("%-16s PRE_COPY, %d rounds: %" PRIu64 " bytes read, %" PRIu64 " left\n", device->name,
	       device->round_count, bytes, device->rounds[device->round_count - 1].remaining);
}

static void print_channels(const struct timeline *timeline)
{
	fputs("sending, ms, per channel:", stdout);
	for (int i = 0; i < timeline->channel_count; i++)
		printf(" %.1f", ms(timeline->channels[i].send_ns));
	putchar('\n');
}

static void print_downtime(const struct timeline *timeline)
{
	struct timeline_phase phases[TIMELINE_MARKS];
	int count = timeline_phases(timeline, phases);
	const char *sign = "=";

	printf("downtime, ms: %.1f", ms(timeline_downtime(timeline)));
	for (int i = 0; i < count; i++) {
		if (!phases[i].down)
			continue;
		printf(" %s %s %.1f", sign, phases[i].name, took_ms(&phases[i]));
		sign = "+";
	}
	if (timeline->estimate_ns)
		printf(" (%.1f expected)", ms(timeline->estimate_ns));
	putchar('\n');
}

/**
 * timeline_print() - print a timeline for a human
 * @timeline: the timeline, collected
 */
void timeline_print(const struct timeline *timeline)
{
	putchar('\n');
	print_phases(timeline);
	putchar('\n');
	print_device_title(timeline);
	for (int i = 0; i < timeline->device_count; i++)
		print_device(timeline, &timeline->devices[i]);
	puts("\nstates, ms");
	for (int i = 0; i < timeline->device_count; i++)
		print_transitions(&timeline->devices[i]);
	for (int i = 0; i < timeline->device_count; i++)
		print_rounds(&timeline->devices[i]);
	putchar('\n');
	if (is_source(timeline)) {
		print_channels(timeline);
		print_downtime(timeline);
	}
}

static struct json_object *phases_json(const struct timeline *timeline)
{
	struct json_object *array = json_object_new_array(), *object;
	struct timeline_phase phases[TIMELINE_MARKS];
	int count = timeline_phases(timeline, phases);

	for (int i = 0; i < count; i++) {
		object = json_object_new_object();
		json_put_text(object, "phase", phases[i].name);
		json_put_real(object, "at_ms", at_ms(timeline, phases[i].began_ns));
		json_put_real(object, "took_ms", took_ms(&phases[i]));
		json_put_bool(object, "downtime", phases[i].down);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *marks_json(const struct timeline *timeline, const uint64_t *marks, bool of_device)
{
	struct json_object *object = json_object_new_object();

	for (int mark = 0; mark < TIMELINE_MARKS; mark++) {
		const char *name = of_device ? mark_names[mark].device_name : mark_names[mark].name;

		if (name && marks[mark])
			json_put_real(object, name, at_ms(timeline, marks[mark]));
	}
	return object;
}

static struct json_object *transitions_json(const struct timeline *timeline, const struct timeline_device *device)
{
	struct json_object *array = json_object_new_array(), *object;

	for (int i = 0; i < device->transition_count; i++) {
		const struct vfio_transition *transition = &device->transitions[i];

		object = json_object_new_object();
		json_put_text(object, "to", vfio_state_name(transition->to));
		json_put_real(object, "at_ms", at_ms(timeline, transition->began_ns));
		json_put_real(object, "took_ms", ms(transition->ended_ns - transition->began_ns));
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *rounds_json(const struct timeline *timeline, const struct timeline_device *device)
{
	struct json_object *array = json_object_new_array(), *object;

	for (int i = 0; i < device->round_count; i++) {
		object = json_object_new_object();
		json_put_real(object, "at_ms", at_ms(timeline, device->rounds[i].at_ns));
		json_put_number(object, "bytes", device->rounds[i].bytes);
		json_put_number(object, "remaining", device->rounds[i].remaining);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *device_json(const struct timeline *timeline, int id)
{
	const struct timeline_device *device = &timeline->devices[id];
	struct json_object *object = json_object_new_object();

	json_put_number(object, "id", id);
	json_put_text(object, "name", device->name);
	json_object_object_add(object, "marks", marks_json(timeline, device->marks, true));
	json_object_object_add(object, "transitions", transitions_json(timeline, device));
	json_object_object_add(object, "rounds", rounds_json(timeline, device));
	json_put_real(object, is_source(timeline) ? "reading_ms" : "writing_ms", ms(device->io_ns));
	if (is_source(timeline))
		json_put_real(object, "window_ms", ms(device->window_ns));
	json_put_real(object, "rest_ms", ms(timeline_rest(timeline, device)));
	return object;
}

static struct json_object *channels_json(const struct timeline *timeline)
{
	struct json_object *array = json_object_new_array(), *object;

	for (int i = 0; i < timeline->channel_count; i++) {
		object = json_object_new_object();
		json_put_number(object, "id", timeline->channels[i].id);
		json_put_real(object, "sending_ms", ms(timeline->channels[i].send_ns));
		json_object_array_add(array, object);
	}
	return array;
}

/**
 * timeline_json() - a timeline as JSON
 * @timeline: the timeline, collected
 *
 * Return: an object, the caller's.
 */
struct json_object *timeline_json(const struct timeline *timeline)
{
	struct json_object *object = json_object_new_object(), *devices = json_object_new_array();

	json_put_text(object, "role", mux_role_name(timeline->role));
	json_put_number(object, "began_ns", timeline->marks[TIMELINE_BEGUN]);
	json_put_number(object, "began_unix_ns", timeline->unix_ns);
	json_object_object_add(object, "marks", marks_json(timeline, timeline->marks, false));
	json_object_object_add(object, "phases", phases_json(timeline));
	for (int i = 0; i < timeline->device_count; i++)
		json_object_array_add(devices, device_json(timeline, i));
	json_object_object_add(object, "devices", devices);
	if (!is_source(timeline))
		return object;
	json_object_object_add(object, "channels", channels_json(timeline));
	if (timeline->estimate_ns)
		json_put_real(object, "estimate_ms", ms(timeline->estimate_ns));
	json_put_real(object, "downtime_ms", ms(timeline_downtime(timeline)));
	return object;
}
