/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BENCH_CONNECTION_H
#define _BENCH_CONNECTION_H

#include "security.h"
#include "sockets.h"
#include "tls_stream.h"

#define CONNECTIONS_MAX 64

/* One of those between the two sides. */
struct connection {
	int sock;
	/* NULL in plaintext. */
	struct tls_stream *tls;
};

int connections_open(const struct endpoints *endpoints, const struct security *security,
		     struct connection *connections, int count);
void connection_close(struct connection *connection);
void connection_describe(const struct connection *connection, char *text, size_t size);
int connection_send(struct connection *connection, struct iovec *parts, int count, int flags);
int connection_receive(struct connection *connection, void *buffer, size_t length);
int connection_exchange(struct connection *connection, bool tell, bool listen_to);

#endif /* _BENCH_CONNECTION_H */
