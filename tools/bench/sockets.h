/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BENCH_SOCKETS_H
#define _BENCH_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Where the two sides of a rival meet. */
struct endpoints {
	bool source;
	const char *host;
	const char *port;
	/* Addresses that the source's connections come from, each in turn; may be none. */
	char *from[64];
	int from_count;
};

int sockets_open(const struct endpoints *endpoints, int *socks, int count);
int send_all(int sock, struct iovec *parts, int count, int flags);
int receive_all(int sock, void *buffer, size_t length);

#endif /* _BENCH_SOCKETS_H */
