// SPDX-License-Identifier: GPL-2.0
/*
 * What happened when, from the set-up to devices that run: marks that the agent
 * sets as it goes, and what module and devices know, collected at the end.
 */
#include <string.h>
#include <time.h>

#include "timeline.h"

/**
 * timeline_begin() - a migration begins
 * @timeline: forgets what was before
 * @fleet: the devices; they forget their transitions so far
 * @wanted: the user wants to see it
 */
void timeline_begin(struct timeline *timeline, struct fleet *fleet, bool wanted)
{
	struct timespec wall;

	memset(timeline, 0, sizeof(*timeline));
	for (int i = 0; i < fleet->count; i++)
		fleet->devices[i].vfio.transition_count = 0;
	clock_gettime(CLOCK_REALTIME, &wall);
	timeline->unix_ns = wall.tv_sec * NS_PER_S + wall.tv_nsec;
	timeline->wanted = wanted;
	timeline_mark(timeline, TIMELINE_BEGUN, TIMELINE_ALL);
}

/**
 * timeline_mark() - something has come about now
 * @timeline: the timeline
 * @mark: what
 * @device: device number, or TIMELINE_ALL
 */
void timeline_mark(struct timeline *timeline, enum timeline_mark mark, int device)
{
	if (device == TIMELINE_ALL)
		timeline->marks[mark] = now_ns();
	else
		timeline->devices[device].marks[mark] = now_ns();
}

/**
 * timeline_unmark() - what had come about is no more
 * @timeline: the timeline
 * @mark: what, of all devices
 */
void timeline_unmark(struct timeline *timeline, enum timeline_mark mark)
{
	timeline->marks[mark] = 0;
}

/**
 * timeline_round() - a round of PRE_COPY is over
 * @timeline: the timeline
 * @device: device number
 * @bytes: read in this round
 * @remaining: left to be read
 */
void timeline_round(struct timeline *timeline, int device, uint64_t bytes, uint64_t remaining)
{
	struct timeline_device *its = &timeline->devices[device];
	struct timeline_round *round;

	if (its->round_count < TIMELINE_ROUNDS_MAX)
		its->round_count++;
	round = &its->rounds[its->round_count - 1];
	round->at_ns = now_ns();
	round->bytes += bytes;
	round->remaining = remaining;
}

/**
 * timeline_switchover() - the devices are to be stopped now
 * @timeline: the timeline
 * @estimate_ns: the downtime expected, 0 if nobody knows
 */
void timeline_switchover(struct timeline *timeline, uint64_t estimate_ns)
{
	timeline_mark(timeline, TIMELINE_SWITCHOVER, TIMELINE_ALL);
	timeline->estimate_ns = estimate_ns;
}

/**
 * timeline_heard() - the other agent has said something
 * @timeline: the timeline
 * @type: what
 */
void timeline_heard(struct timeline *timeline, enum message_type type)
{
	switch (type) {
	case MESSAGE_ACCEPT:
		timeline_mark(timeline, TIMELINE_AGREED, TIMELINE_ALL);
		break;
	case MESSAGE_LOADED:
		timeline_mark(timeline, TIMELINE_LOADED, TIMELINE_ALL);
		break;
	case MESSAGE_RUN:
		timeline_mark(timeline, TIMELINE_RUN, TIMELINE_ALL);
		break;
	case MESSAGE_RUNNING:
		timeline_mark(timeline, TIMELINE_RUNNING, TIMELINE_ALL);
		break;
	default:
		break;
	}
}

static uint64_t known(uint64_t value)
{
	return value == MUX_NONE ? 0 : value;
}

/* When it was in a state for the last time, 0 if never */
static uint64_t reached(const struct vfio_device *vfio, enum vfio_state state)
{
	uint64_t when = 0;

	for (int i = 0; i < vfio->transition_count; i++)
		if (vfio->transitions[i].to == state)
			when = vfio->transitions[i].ended_ns;
	return when;
}

/* When it was first told to leave what it ran in */
static uint64_t stop_began(const struct vfio_device *vfio)
{
	for (int i = 0; i < vfio->transition_count; i++) {
		enum vfio_state to = vfio->transitions[i].to;

		if (to == VFIO_STATE_RUNNING_P2P || to == VFIO_STATE_PRE_COPY_P2P || to == VFIO_STATE_STOP_COPY)
			return vfio->transitions[i].began_ns;
	}
	return 0;
}

static void collect_device(struct timeline_device *device, const struct session_device *its,
			   const struct fleet_device *fleet, uint32_t role)
{
	const struct vfio_device *vfio = &fleet->vfio;
	uint64_t *marks = device->marks;

	memcpy(device->name, fleet->name, sizeof(device->name));
	device->transition_count = vfio->transition_count;
	memcpy(device->transitions, vfio->transitions, sizeof(device->transitions));
	device->attached_ns = its->attached_ns;
	device->io_ns = its->now.io_ns;
	device->window_ns = known(its->now.window_stall_ns);
	marks[TIMELINE_FIRST] = known(its->now.first_ns);
	marks[TIMELINE_LAST] = known(its->now.last_ns);
	marks[TIMELINE_STREAMED] = its->loaded_ns;
	marks[TIMELINE_LEFT] = reached(vfio, VFIO_STATE_STOP);
	if (role == VFIO_MIG_MUX_ROLE_SOURCE) {
		marks[TIMELINE_STOP] = stop_began(vfio);
		marks[TIMELINE_STOPPED] = reached(vfio, VFIO_STATE_STOP_COPY);
	} else {
		marks[TIMELINE_RUNNING] = reached(vfio, VFIO_STATE_RUNNING);
	}
}

/* What is the whole's: when the first of the devices was so far, or the last. */
static void collect_marks(struct timeline *timeline)
{
	static const enum timeline_mark lasts[] = { TIMELINE_STOPPED, TIMELINE_LAST, TIMELINE_LEFT };
	uint64_t *first = &timeline->marks[TIMELINE_FIRST];

	for (int i = 0; i < timeline->device_count; i++) {
		const uint64_t *marks = timeline->devices[i].marks;

		if (marks[TIMELINE_FIRST] && (!*first || marks[TIMELINE_FIRST] < *first))
			*first = marks[TIMELINE_FIRST];
		for (size_t k = 0; k < ARRAY_SIZE(lasts); k++)
			if (marks[lasts[k]] > timeline->marks[lasts[k]])
				timeline->marks[lasts[k]] = marks[lasts[k]];
	}
}

/**
 * timeline_collect() - take over what only module and devices know
 * @timeline: the timeline, of a migration that has gone well
 * @session: the session, fresh
 * @fleet: the devices
 */
void timeline_collect(struct timeline *timeline, const struct session *session, const struct fleet *fleet)
{
	timeline->role = session->now.role;
	timeline->device_count = fleet->count;
	for (int i = 0; i < fleet->count; i++)
		collect_device(&timeline->devices[i], &session->devices[i], &fleet->devices[i], timeline->role);
	collect_marks(timeline);
	timeline->channel_count = session->channel_count;
	for (int i = 0; i < session->channel_count; i++) {
		timeline->channels[i].id = session->channels[i].id;
		timeline->channels[i].send_ns = known(session->channels[i].send_ns);
	}
}

/* What the time up to a mark is spent on. */
struct stretch {
	enum timeline_mark until;
	const char *name;
};

static const struct stretch source_stretches[] = {
	{ TIMELINE_AGREED, "agree" },
	{ TIMELINE_CONNECTED, "connect" },
	{ TIMELINE_PRE_COPY, "prepare" },
	{ TIMELINE_READY, "pre-copy" },
	{ TIMELINE_SWITCHOVER, "converge" },
	{ TIMELINE_STOP, "ready" },
	{ TIMELINE_STOPPED, "stop" },
	{ TIMELINE_FIRST, "first byte" },
	{ TIMELINE_LAST, "stream" },
	{ TIMELINE_STREAMED, "load tail" },
	{ TIMELINE_LEFT, "leave" },
	{ TIMELINE_LOADED, "accept" },
	{ TIMELINE_RUNNING, "run" },
};

static const struct stretch destination_stretches[] = {
	{ TIMELINE_AGREED, "agree" },
	{ TIMELINE_FIRST, "first byte" },
	{ TIMELINE_LAST, "load" },
	{ TIMELINE_STREAMED, "finish" },
	{ TIMELINE_LEFT, "accept" },
	{ TIMELINE_RUN, "await run" },
	{ TIMELINE_RUNNING, "run" },
};

/**
 * timeline_phases() - cut the time between first and last mark into phases
 * @timeline: the timeline, collected
 * @phases: receives them
 *
 * Each begins where the one before it ends, so that they add up. What overlaps
 * belongs to the earlier one: while one device streams and another stops, the
 * devices are being stopped.
 *
 * Return: their number.
 */
int timeline_phases(const struct timeline *timeline, struct timeline_phase phases[TIMELINE_MARKS])
{
	bool source = timeline->role == VFIO_MIG_MUX_ROLE_SOURCE;
	const struct stretch *stretches = source ? source_stretches : destination_stretches;
	size_t count = source ? ARRAY_SIZE(source_stretches) : ARRAY_SIZE(destination_stretches);
	uint64_t at = timeline->marks[TIMELINE_BEGUN];
	int n = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t until = timeline->marks[stretches[i].until];

		if (!until)
			continue;
		if (until < at)
			until = at;
		phases[n++] = (struct timeline_phase){
			.name = stretches[i].name,
			.began_ns = at,
			.ended_ns = until,
			.down = source && stretches[i].until > TIMELINE_STOP,
		};
		at = until;
	}
	return n;
}

/**
 * timeline_downtime() - how long neither host ran the devices
 * @timeline: the timeline, collected, of a source
 *
 * Return: nanoseconds, the sum of the phases that are downtime.
 */
uint64_t timeline_downtime(const struct timeline *timeline)
{
	struct timeline_phase phases[TIMELINE_MARKS];
	int count = timeline_phases(timeline, phases);
	uint64_t sum = 0;

	for (int i = 0; i < count; i++)
		if (phases[i].down)
			sum += phases[i].ended_ns - phases[i].began_ns;
	return sum;
}

/**
 * timeline_rest() - what is left of a stream's time
 * @timeline: the timeline, collected
 * @device: one of its devices
 *
 * A source's stream runs from the handing over of the data_fd, a destination's
 * from the first chunk, both to the last chunk.
 *
 * Return: nanoseconds that the driver did not take and the window did not cost: on the source mostly for lack
 * of a channel, on the destination for lack of chunks.
 */
uint64_t timeline_rest(const struct timeline *timeline, const struct timeline_device *device)
{
	bool source = timeline->role == VFIO_MIG_MUX_ROLE_SOURCE;
	uint64_t from = source ? device->attached_ns : device->marks[TIMELINE_FIRST];
	uint64_t to = device->marks[TIMELINE_LAST], spent = device->io_ns + device->window_ns;

	return to > from && to - from > spent ? to - from - spent : 0;
}
