/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_OUTAGE_H
#define _AGENT_OUTAGE_H

#include "progress.h"
#include "session.h"

/* What has been told of the channels that are lost. */
struct outage {
	bool lost[VFIO_MIG_MUX_CHANNELS_MAX];
	bool paused;
};

void outage_start(struct outage *outage, const struct session *session);
void outage_look(struct outage *outage, const struct session *session, const struct progress *progress);

#endif /* _AGENT_OUTAGE_H */
