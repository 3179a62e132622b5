/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_PARTING_H
#define _AGENT_PARTING_H

struct reaper;

void parting_begin(struct reaper *reaper, int fd);

#endif /* _AGENT_PARTING_H */
