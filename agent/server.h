/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SERVER_H
#define _AGENT_SERVER_H

#include <stdint.h>

#include "loop.h"
#include "transport.h"

#define SERVER_PENDING_MAX 128

struct server;

/* A connection that has not said yet what it is. */
struct pending {
	struct watch watch;
	struct server *server;
	uint64_t deadline_ns;
};

struct server {
	struct watch watch;
	struct loop *loop;
	unsigned int patience_ms;
	/* Both own @fd from there on, a non-blocking socket with its first bytes unread. */
	void (*control)(struct server *server, int fd);
	void (*channel)(struct server *server, int fd, const uint8_t *uuid);
	/* Of those closed here, one a second is told of. */
	uint64_t told_ns;
	unsigned int untold;
	struct pending pending[SERVER_PENDING_MAX];
};

int server_start(struct server *server, struct loop *loop, const struct endpoint *endpoint);
void server_stop(struct server *server);
void server_expire(struct server *server);

#endif /* _AGENT_SERVER_H */
