/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_ALLOW_H
#define _AGENT_ALLOW_H

#include <sys/socket.h>
#include <sys/types.h>

#define ALLOW_MAX 64

/* Who is served besides root and the agent's own user. */
struct allow {
	int user_count;
	uid_t users[ALLOW_MAX];
	int group_count;
	gid_t groups[ALLOW_MAX];
};

int allow_add_user(struct allow *allow, const char *text);
int allow_add_group(struct allow *allow, const char *text);
int allow_check(const struct allow *allow, int sock, struct ucred *peer);

#endif /* _AGENT_ALLOW_H */
