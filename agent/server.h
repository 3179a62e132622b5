/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SERVER_H
#define _AGENT_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "listener.h"
#include "tls_handshake.h"
#include "transport.h"

#define SERVER_PENDING_MAX 128

struct server;

/* A connection that has not said yet what it is. */
struct pending {
	struct watch watch;
	struct server *server;
	struct tls_handshake handshake;
	/* In TLS, which is done; who is there is in the handshake. */
	bool secure;
	char peer[ADDRESS_TEXT_MAX];
	uint64_t deadline_ns;
};

struct server {
	struct listener listener;
	struct loop *loop;
	unsigned int patience_ms;
	const struct tls *tls;
	/* Who has proved to be @identity, is it wanted? 0, or -1 with the error recorded. */
	int (*admit)(struct server *server, const struct tls_identity *identity);
	/* Both own @fd from there on, a non-blocking socket with its first bytes unread. */
	void (*control)(struct server *server, int fd, const struct tls_identity *identity);
	void (*channel)(struct server *server, int fd, const struct tls_identity *identity, const uint8_t *uuid);
	/* Of those closed here, one a second is told of. */
	uint64_t told_ns;
	unsigned int untold;
	struct pending pending[SERVER_PENDING_MAX];
};

int server_start(struct server *server, struct loop *loop, const struct endpoint *endpoint);
void server_stop(struct server *server);
void server_expire(struct server *server);
bool server_may_tell(struct server *server);
void server_tell(struct server *server, const char *peer, const char *why);

#endif /* _AGENT_SERVER_H */
