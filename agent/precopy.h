/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_PRECOPY_H
#define _AGENT_PRECOPY_H

#include "session.h"
#include "switchover.h"
#include "timeline.h"
#include "vfio_fleet.h"

struct precopy;

struct precopy_device {
	struct precopy *precopy;
	/* What it had to give when it was asked last, in bytes */
	uint64_t initial;
	uint64_t pending;
	/* What it had given until then */
	uint64_t given;
	/* All initial data has been read; the module had made so many calls when that was seen. */
	bool settled;
	uint64_t io_calls;
	/* And it ends before this byte. */
	bool marked;
	uint64_t mark;
	/* Tells when a device that was drained has more, if its driver can tell. */
	struct watch watch;
	bool watched;
	bool woken;
	/* It cannot. */
	bool deaf;
};

/* Devices that stream while the guest runs */
struct precopy {
	struct session *session;
	struct fleet *fleet;
	struct timeline *timeline;
	struct precopy_device devices[VFIO_MIG_MUX_DEVICES_MAX];
	struct switchover switchover;
	/* When to ask the devices again; 0 if there is nothing to ask them for (any more). */
	uint64_t due_ns;
	uint64_t asked_ns;
	uint64_t began_ns;
	uint64_t ended_ns;
	/* How often they have been asked; what they gave meanwhile, in bytes */
	uint64_t rounds;
	uint64_t bytes;
};

bool precopy_is_possible(const struct fleet *fleet);
int precopy_start(struct precopy *precopy, struct session *session, struct fleet *fleet, struct timeline *timeline);
int precopy_round(struct precopy *precopy, bool command);
void precopy_look(struct precopy *precopy);
void precopy_stop(struct precopy *precopy);
int precopy_due_ms(const struct precopy *precopy);

#endif /* _AGENT_PRECOPY_H */
