/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_CONNECT_H
#define _AGENT_CONNECT_H

#include "tls_handshake.h"
#include "transport.h"

/* A connection of the source being made: TCP, and then TLS if there is to be any. */
struct connect {
	struct dial dial;
	struct tls_handshake handshake;
	const struct tls *tls;
	bool under_way;
	/* Why there is none. */
	char error[512];
	/* Takes the connected socket; @fd is -1 if there is none. */
	void (*done)(struct connect *connect, int fd);
};

void connect_start(struct connect *connect, struct loop *loop, const struct addrinfo *to, const struct addrinfo *from);
const char *connect_cancel(struct connect *connect);

#endif /* _AGENT_CONNECT_H */
