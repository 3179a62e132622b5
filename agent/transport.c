// SPDX-License-Identifier: GPL-2.0
/* TCP sockets: listening, connecting without waiting, and how both are tuned. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "transport.h"

/* What TCP_KEEPCNT takes */
#define PROBES_MAX 127

/**
 * endpoint_text() - an endpoint as the user would write it
 * @endpoint: the endpoint
 * @text: receives it
 */
void endpoint_text(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_MAX])
{
	const char *host = endpoint->host[0] ? endpoint->host : "*";
	bool v6 = strchr(host, ':');

	snprintf(text, ENDPOINT_TEXT_MAX, "%s%s%s:%u", v6 ? "[" : "", host,
		 v6 ? "]" : "", endpoint->port);
}

/**
 * transport_resolve() - find the addresses of an endpoint
 * @endpoint: host and port; an empty host is any address
 * @passive: for listening or binding, not for connecting
 * @list: receives them; freeaddrinfo() it
 *
 * Return: 0, or -1 with the error recorded.
 */
int transport_resolve(const struct endpoint *endpoint, int passive, struct addrinfo **list)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0),
	};
	char port[8];
	int err;

	snprintf(port, sizeof(port), "%u", endpoint->port);
	err = getaddrinfo(endpoint->host[0] ? endpoint->host : NULL, port, &hints, list);
	if (err)
		return fail("host '%s': %s", endpoint->host,
			    err == EAI_SYSTEM ? strerror(errno) : gai_strerror(err));
	return 0;
}

static int listen_on(const struct addrinfo *address)
{
	int on = 1, off = 0, fd, saved;

	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, address->ai_addr, address->ai_addrlen) && !listen(fd, SOMAXCONN))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/**
 * transport_listen() - listen at an endpoint
 * @endpoint: host and port; an empty host is every address, of both IP versions
 *
 * Return: a non-blocking socket, or -1 with the error recorded.
 */
int transport_listen(const struct endpoint *endpoint)
{
	char text[ENDPOINT_TEXT_MAX];
	struct addrinfo *list, *address;
	int fd = -1;

	if (transport_resolve(endpoint, 1, &list))
		return -1;
	/* A socket for IPv6 hears IPv4 as well, where the kernel has it. */
	for (address = list; address && fd < 0; address = address->ai_next)
		if (endpoint->host[0] || address->ai_family == AF_INET6)
			fd = listen_on(address);
	for (address = list; address && fd < 0; address = address->ai_next)
		fd = listen_on(address);
	freeaddrinfo(list);
	if (fd < 0) {
		endpoint_text(endpoint, text);
		return fail_environment("cannot listen at %s: %m", text);
	}
	return fd;
}

/**
 * transport_tune() - set a connected socket up for a migration
 * @fd: the socket
 * @silence_ms: within this time without a word the peer is asked three times
 * @timeout_ms: after this time without a sign of life the peer is dead
 */
void transport_tune(int fd, unsigned int silence_ms, unsigned int timeout_ms)
{
	int seconds = (silence_ms + 999) / 1000;
	int idle = seconds > 3 ? seconds / 3 : 1;
	/* Only counted where TCP_USER_TIMEOUT is not known. */
	int on = 1, probes = timeout_ms / 1000 / idle + 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
	if (probes > PROBES_MAX)
		probes = PROBES_MAX;
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

/**
 * transport_peer_text() - who is at the other end
 * @fd: a connected socket
 * @text: receives address and port
 */
void transport_peer_text(int fd, char text[ADDRESS_TEXT_MAX])
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char host[64], port[8];

	if (getpeername(fd, (struct sockaddr *)&address, &length) ||
	    getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(text, ADDRESS_TEXT_MAX, "an unknown address");
	else if (!strncmp(host, "::ffff:", 7))
		snprintf(text, ADDRESS_TEXT_MAX, "%s:%s", host + 7, port);
	else
		snprintf(text, ADDRESS_TEXT_MAX, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

/* The address to come from, of the same family as the one to go to. */
static int bind_from(int fd, const struct addrinfo *from, int family)
{
	if (!from)
		return 0;
	for (; from; from = from->ai_next)
		if (from->ai_family == family)
			return bind(fd, from->ai_addr, from->ai_addrlen);
	errno = EADDRNOTAVAIL;
	return -1;
}

/* Returns 0 when a connection is under way or made, -1 with errno when this address is none. */
static int dial_one(struct dial *dial, const struct addrinfo *to)
{
	int fd;

	fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (bind_from(fd, dial->from, to->ai_family) ||
	    (connect(fd, to->ai_addr, to->ai_addrlen) && errno != EINPROGRESS)) {
		dial->error = errno;
		close(fd);
		errno = dial->error;
		return -1;
	}
	dial->watch.fd = fd;
	return 0;
}

static void dial_next(struct dial *dial)
{
	dial->watch.fd = -1;
	while (dial->next) {
		const struct addrinfo *to = dial->next;

		dial->next = to->ai_next;
		if (dial_one(dial, to)) {
			dial->error = errno;
			continue;
		}
		if (!loop_add(dial->loop, &dial->watch, EPOLLOUT))
			return;
		dial->error = errno;
		close(dial->watch.fd);
		dial->watch.fd = -1;
	}
	errno = dial->error;
	dial->done(dial, -1);
}

static void dial_ready(struct watch *watch, uint32_t events)
{
	struct dial *dial = container_of(watch, struct dial, watch);
	socklen_t length = sizeof(dial->error);
	int fd = watch->fd;

	(void)events;
	loop_remove(dial->loop, watch);
	watch->fd = -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &dial->error, &length))
		dial->error = errno;
	if (dial->error) {
		close(fd);
		dial_next(dial);
	} else {
		dial->done(dial, fd);
	}
}

/**
 * dial_start() - begin to connect
 * @dial: its done() is called from the loop, or from here if all fails at once
 * @loop: where the connection is awaited
 * @to: the addresses to try, one after the other; must outlive @dial
 * @from: the addresses to come from, or NULL; must outlive @dial
 */
void dial_start(struct dial *dial, struct loop *loop, const struct addrinfo *to, const struct addrinfo *from)
{
	dial->watch.ready = dial_ready;
	dial->loop = loop;
	dial->next = to;
	dial->from = from;
	dial->error = EADDRNOTAVAIL;
	dial_next(dial);
}

/**
 * dial_cancel() - give up; done() will not be called any more
 * @dial: one that dial_start() began
 */
void dial_cancel(struct dial *dial)
{
	if (dial->watch.fd < 0)
		return;
	loop_remove(dial->loop, &dial->watch);
	close(dial->watch.fd);
	dial->watch.fd = -1;
}
