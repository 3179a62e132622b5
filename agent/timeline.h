/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TIMELINE_H
#define _AGENT_TIMELINE_H

#include <json-c/json.h>

#include "message.h"
#include "session.h"
#include "vfio_fleet.h"

/* Rounds of PRE_COPY that are kept of a device; of more, the last few are one. */
#define TIMELINE_ROUNDS_MAX 64

/* Instead of a device's number: the mark is the whole migration's. */
#define TIMELINE_ALL (-1)

/* What can be marked, in the order in which it happens. Those in brackets are found out by timeline_collect(). */
enum timeline_mark {
	/* Set-up begins, by timeline_begin(). */
	TIMELINE_BEGUN,
	/* The destination has accepted. */
	TIMELINE_AGREED,
	/* The channels are live. */
	TIMELINE_CONNECTED,
	/* The first device goes to PRE_COPY. */
	TIMELINE_PRE_COPY,
	/* The destination is ready for the devices to be stopped. */
	TIMELINE_READY,
	/* The source has decided to stop them; by timeline_switchover(). */
	TIMELINE_SWITCHOVER,
	/* The first device leaves what it ran in: the downtime begins. */
	TIMELINE_STOP,
	/* [The device, or the last one, is in STOP_COPY.] */
	TIMELINE_STOPPED,
	/* [The first and the last chunk have been read, or written.] */
	TIMELINE_FIRST,
	TIMELINE_LAST,
	/* The module's session is completed. A device: [its stream is loaded.] */
	TIMELINE_STREAMED,
	/* [The device, or the last one, is in STOP.] */
	TIMELINE_LEFT,
	/* The destination has said "loaded". */
	TIMELINE_LOADED,
	/* The source has said "run". */
	TIMELINE_RUN,
	/* The destination has said "running". A device: [it is RUNNING.] */
	TIMELINE_RUNNING,
	TIMELINE_MARKS,
};

struct timeline_round {
	uint64_t at_ns;
	/* Read in this round, and left to be read. */
	uint64_t bytes;
	uint64_t remaining;
};

struct timeline_device {
	char name[VFIO_MIG_MUX_NAME_MAX + 1];
	uint64_t marks[TIMELINE_MARKS];
	int round_count;
	struct timeline_round rounds[TIMELINE_ROUNDS_MAX];
	int transition_count;
	struct vfio_transition transitions[VFIO_TRANSITIONS_MAX];
	uint64_t attached_ns;
	/* In the driver's read or write, and with the window shut, which the destination does not know. */
	uint64_t io_ns;
	uint64_t window_ns;
};

struct timeline_channel {
	uint64_t id;
	/* Of a source. */
	uint64_t send_ns;
};

/*
 * What happened when, on the clock of now_ns(), which the module's is too; 0 is never. Marks and rounds of a device may
 * be set by whatever thread drives it, as long as nobody looks at them meanwhile.
 */
struct timeline {
	/* The user wants to see it. */
	bool wanted;
	uint32_t role;
	/* When it began by the clock on the wall, which other hosts have too. */
	uint64_t unix_ns;
	/* What the downtime was expected to be; 0 if nobody knew. */
	uint64_t estimate_ns;
	uint64_t marks[TIMELINE_MARKS];
	int device_count;
	struct timeline_device devices[VFIO_MIG_MUX_DEVICES_MAX];
	int channel_count;
	struct timeline_channel channels[VFIO_MIG_MUX_CHANNELS_MAX];
};

/* From one mark to the next that there is. */
struct timeline_phase {
	const char *name;
	uint64_t began_ns;
	uint64_t ended_ns;
	/* Neither host runs the devices. */
	bool down;
};

void timeline_begin(struct timeline *timeline, struct fleet *fleet, bool wanted);
void timeline_mark(struct timeline *timeline, enum timeline_mark mark, int device);
void timeline_unmark(struct timeline *timeline, enum timeline_mark mark);
void timeline_round(struct timeline *timeline, int device, uint64_t bytes, uint64_t remaining);
void timeline_switchover(struct timeline *timeline, uint64_t estimate_ns);
void timeline_heard(struct timeline *timeline, enum message_type type);
void timeline_collect(struct timeline *timeline, const struct session *session, const struct fleet *fleet);
int timeline_phases(const struct timeline *timeline, struct timeline_phase phases[TIMELINE_MARKS]);
uint64_t timeline_downtime(const struct timeline *timeline);
uint64_t timeline_rest(const struct timeline *timeline, const struct timeline_device *device);

/* timeline_show.c */
void timeline_print(const struct timeline *timeline);
struct json_object *timeline_json(const struct timeline *timeline);

#endif /* _AGENT_TIMELINE_H */
