/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SUMMARY_H
#define _AGENT_SUMMARY_H

#include "progress.h"
#include "session.h"

void summary_begin(const struct progress *progress, const struct session *session);
void summary_sent(const struct progress *progress, const struct session *session, uint64_t downtime_ns);
void summary_received(const struct progress *progress, const struct session *session);

#endif /* _AGENT_SUMMARY_H */
