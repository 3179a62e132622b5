/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TRANSPORT_H
#define _AGENT_TRANSPORT_H

#include <stdint.h>
#include <sys/socket.h>

#include "loop.h"

#define DEFAULT_PORT 7390

struct endpoint {
	char host[256];
	uint16_t port;
};

struct addrinfo;

/* Room for "[v6%scope]:port". */
#define ADDRESS_TEXT_MAX 80
#define ENDPOINT_TEXT_MAX 280

/* A connection being made: tries one address after the other. */
struct dial {
	struct watch watch;
	struct loop *loop;
	const struct addrinfo *next;
	const struct addrinfo *from;
	int error;
	/* Takes the connected socket; @fd is -1 and errno the last reason if there is none. */
	void (*done)(struct dial *dial, int fd);
};

int transport_resolve(const struct endpoint *endpoint, int passive, struct addrinfo **list);
int transport_listen(const struct endpoint *endpoint);
void transport_tune(int fd, unsigned int silence_ms, unsigned int timeout_ms);
void transport_peer_text(int fd, char text[ADDRESS_TEXT_MAX]);
void endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_MAX]);

void dial_start(struct dial *dial, struct loop *loop, const struct addrinfo *to, const struct addrinfo *from);
void dial_cancel(struct dial *dial);

#endif /* _AGENT_TRANSPORT_H */
