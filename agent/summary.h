/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SUMMARY_H
#define _AGENT_SUMMARY_H

#include "precopy.h"
#include "progress.h"
#include "session.h"
#include "timeline.h"

void summary_begin(const struct progress *progress, const struct session *session);
void summary_sent(const struct progress *progress, const struct session *session, const struct precopy *precopy,
		  const struct timeline *timeline);
void summary_received(const struct progress *progress, const struct session *session, const struct timeline *timeline);

#endif /* _AGENT_SUMMARY_H */
