// SPDX-License-Identifier: GPL-2.0
/*
 * PRE_COPY on the source: the module streams whatever the devices give while the
 * guest runs. A data_fd cannot say whether it will have more, so that the devices
 * are asked in rounds; those that were drained and have more are read on. Each
 * round ends with the question whether it is time to stop the guest.
 */
#include <string.h>

#include "precopy.h"
#include "vfio_precopy.h"

/* How often the devices are asked; some of them do work to answer. */
#define ROUND_MS 50
/* All that there was has been read: it will be loaded any moment. */
#define SOON_MS 5

/**
 * precopy_is_possible() - does any device stream while it runs?
 * @fleet: the devices
 *
 * Return: whether one does.
 */
bool precopy_is_possible(const struct fleet *fleet)
{
	for (int i = 0; i < fleet->count; i++)
		if (vfio_has_precopy(&fleet->devices[i].vfio))
			return true;
	return false;
}

static int attach(int device, void *arg)
{
	struct precopy *precopy = arg;

	return session_attach(precopy->session, device, precopy->fleet->devices[device].vfio.data_fd, false);
}

/* What one change of state takes all of them */
static uint64_t arc_ns(const struct fleet *fleet)
{
	uint64_t longest = 0, total = 0;

	for (int i = 0; i < fleet->count; i++) {
		uint64_t time = fleet->devices[i].vfio.precopy_ns;

		total += time;
		if (time > longest)
			longest = time;
	}
	return fleet->serial ? total : longest;
}

/**
 * precopy_start() - bring the devices that have it into PRE_COPY
 * @precopy: all zero but for its switchover; precopy_stop() it, after an error too
 * @session: has channels
 * @fleet: the devices, RUNNING
 * @timeline: where the rounds are noted
 *
 * Return: 0, or -1 with the error recorded.
 */
int precopy_start(struct precopy *precopy, struct session *session, struct fleet *fleet, struct timeline *timeline)
{
	precopy->session = session;
	precopy->fleet = fleet;
	precopy->timeline = timeline;
	timeline_mark(timeline, TIMELINE_PRE_COPY, TIMELINE_ALL);
	precopy->began_ns = now_ns();
	precopy->due_ns = precopy->began_ns;
	for (int i = 0; i < fleet->count; i++)
		precopy->devices[i].precopy = precopy;
	if (fleet_precopy(fleet, attach, precopy))
		return -1;
	precopy->switchover.arc_ns = arc_ns(fleet);
	return 0;
}

static int ask(struct precopy_device *device, struct vfio_device *vfio)
{
	struct vfio_precopy told;

	if (vfio_precopy_look(vfio, &told))
		return -1;
	device->initial = told.initial;
	device->pending = told.initial + told.dirty;
	if (told.initial || told.again) {
		device->settled = false;
		device->marked = false;
	}
	/* Whatever the destination has to do for that data as well, it has not done yet. */
	if (told.again)
		timeline_unmark(device->precopy->timeline, TIMELINE_READY);
	if (device->woken && !device->pending)
		device->deaf = true;
	device->woken = false;
	return 0;
}

/*
 * What is being read while the device says that no initial data is left may be the
 * last of it, and the module counts it when that read is over.
 */
static void mark(struct precopy_device *device, const struct mux_device *now)
{
	if (device->initial || device->marked)
		return;
	if (!device->settled) {
		device->settled = true;
		device->io_calls = now->io_calls;
	}
	if (now->state != VFIO_MIG_MUX_DEVICE_STATE_DRAINED && now->io_calls == device->io_calls)
		return;
	device->marked = true;
	device->mark = now->bytes_moved;
}

static void unwatch(struct precopy_device *device)
{
	if (device->watched)
		loop_remove(device->precopy->session->loop, &device->watch);
	device->watched = false;
}

/* The next round is due, but never right after the last one. */
static void hurry(struct precopy *precopy)
{
	uint64_t soon_ns = precopy->asked_ns + SOON_MS * NS_PER_MS;

	if (precopy->due_ns > soon_ns)
		precopy->due_ns = soon_ns;
}

static void has_more(struct watch *watch, uint32_t events)
{
	struct precopy_device *device = container_of(watch, struct precopy_device, watch);

	(void)events;
	unwatch(device);
	device->woken = true;
	hurry(device->precopy);
}

/*
 * A driver without poll, or with one that knows nothing, cannot be waited for; it is
 * asked in the next round, as all are.
 */
static void listen_to(struct precopy_device *device, int data_fd)
{
	if (device->deaf || device->watched)
		return;
	device->watch.fd = data_fd;
	device->watch.ready = has_more;
	device->watched = !loop_add(device->precopy->session->loop, &device->watch, EPOLLIN);
	device->deaf = !device->watched;
}

static int go_on(struct precopy *precopy, int i)
{
	struct precopy_device *device = &precopy->devices[i];

	if (precopy->session->devices[i].now.state != VFIO_MIG_MUX_DEVICE_STATE_DRAINED)
		return 0;
	if (device->pending) {
		unwatch(device);
		return session_kick(precopy->session, i);
	}
	listen_to(device, precopy->fleet->devices[i].vfio.data_fd);
	return 0;
}

static bool is_ready(const struct precopy *precopy)
{
	for (int i = 0; i < precopy->fleet->count; i++) {
		const struct precopy_device *device = &precopy->devices[i];

		if (!precopy->fleet->devices[i].precopy)
			continue;
		if (!device->marked || precopy->session->devices[i].now.bytes < device->mark)
			return false;
	}
	return true;
}

static uint64_t under_way(const struct mux_device *now)
{
	return now->bytes_moved - now->bytes;
}

/* What would have to be moved if the devices stopped now; a device may not know better than what it has to give. */
static uint64_t remaining(const struct precopy *precopy)
{
	uint64_t total = 0, bytes;

	for (int i = 0; i < precopy->fleet->count; i++) {
		const struct precopy_device *device = &precopy->devices[i];

		if (vfio_data_size(&precopy->fleet->devices[i].vfio, &bytes) || bytes < device->pending)
			bytes = device->pending;
		total += bytes + under_way(&precopy->session->devices[i].now);
	}
	return total;
}

static int ask_all(struct precopy *precopy)
{
	struct fleet *fleet = precopy->fleet;

	for (int i = 0; i < fleet->count; i++)
		if (fleet->devices[i].precopy && ask(&precopy->devices[i], &fleet->devices[i].vfio))
			return -1;
	/* What the module knows has to be younger than what the devices have said. */
	if (session_refresh(precopy->session))
		return -1;
	for (int i = 0; i < fleet->count; i++)
		if (fleet->devices[i].precopy)
			mark(&precopy->devices[i], &precopy->session->devices[i].now);
	return 0;
}

/* For the timeline, what this round has brought. */
static void note(struct precopy *precopy)
{
	for (int i = 0; i < precopy->fleet->count; i++) {
		struct precopy_device *device = &precopy->devices[i];
		uint64_t given = precopy->session->devices[i].now.bytes_moved;

		if (!precopy->fleet->devices[i].precopy)
			continue;
		timeline_round(precopy->timeline, i, given - device->given, device->pending);
		device->given = given;
	}
	if (is_ready(precopy) && !precopy->timeline->marks[TIMELINE_READY])
		timeline_mark(precopy->timeline, TIMELINE_READY, TIMELINE_ALL);
}

/* Returns how soon the next round is. */
static uint64_t measure(struct precopy *precopy)
{
	uint64_t loaded = 0, moved = 0, pending = 0;

	for (int i = 0; i < precopy->fleet->count; i++) {
		const struct mux_device *now = &precopy->session->devices[i].now;

		loaded += now->bytes;
		moved += now->bytes_moved;
		pending += precopy->devices[i].pending;
	}
	precopy->bytes = moved;
	switchover_measure(&precopy->switchover, loaded, pending || moved > loaded);
	return !pending && moved > loaded && !is_ready(precopy) ? SOON_MS : ROUND_MS;
}

/* The guest shall not stand still and wait for a channel. */
static bool decide(struct precopy *precopy, bool command)
{
	switchover_estimate(&precopy->switchover, remaining(precopy));
	return precopy->session->now.channels_live &&
	       switchover_decide(&precopy->switchover, is_ready(precopy), command);
}

/**
 * precopy_round() - ask the devices, have them read on, and think about stopping them
 * @precopy: one that precopy_start() began
 * @command: the user wants them stopped
 *
 * Return: 1 if they are to be stopped now, 0 if not, -1 with the error recorded.
 */
int precopy_round(struct precopy *precopy, bool command)
{
	uint64_t deadline_ns = precopy->switchover.deadline_ns, next_ms;

	precopy->rounds++;
	precopy->asked_ns = now_ns();
	if (ask_all(precopy))
		return -1;
	next_ms = measure(precopy);
	note(precopy);
	for (int i = 0; i < precopy->fleet->count; i++)
		if (precopy->fleet->devices[i].precopy && go_on(precopy, i))
			return -1;
	if (decide(precopy, command)) {
		timeline_switchover(precopy->timeline, precopy->switchover.estimate_ms * NS_PER_MS);
		return 1;
	}
	precopy->due_ns = now_ns() + next_ms * NS_PER_MS;
	if (remaining_ms(deadline_ns) && precopy->due_ns > deadline_ns)
		precopy->due_ns = deadline_ns;
	return 0;
}

/**
 * precopy_stop() - no more rounds
 * @precopy: all zero, or one that precopy_start() was called for
 */
void precopy_stop(struct precopy *precopy)
{
	if (!precopy->due_ns)
		return;
	precopy->due_ns = 0;
	precopy->ended_ns = now_ns();
	for (int i = 0; i < precopy->fleet->count; i++)
		unwatch(&precopy->devices[i]);
}

/**
 * precopy_look() - see whether the next round should be sooner
 * @precopy: one that precopy_start() began; its session has been refreshed
 *
 * Once a device has been drained for the first time, it is a matter of moments
 * until the destination is ready.
 */
void precopy_look(struct precopy *precopy)
{
	for (int i = 0; i < precopy->fleet->count; i++)
		if (precopy->fleet->devices[i].precopy && !precopy->devices[i].marked &&
		    precopy->session->devices[i].now.state == VFIO_MIG_MUX_DEVICE_STATE_DRAINED)
			hurry(precopy);
}

/**
 * precopy_due_ms() - how long until the next round
 * @precopy: all zero, or one that precopy_start() was called for
 *
 * Return: milliseconds, -1 for never.
 */
int precopy_due_ms(const struct precopy *precopy)
{
	return precopy->due_ns ? remaining_ms(precopy->due_ns) : -1;
}
