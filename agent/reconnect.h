/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_RECONNECT_H
#define _AGENT_RECONNECT_H

#include "channel.h"

void reconnect_start(struct channels *channels);
void reconnect_look(struct channels *channels);
int reconnect_due_ms(const struct channels *channels);

#endif /* _AGENT_RECONNECT_H */
