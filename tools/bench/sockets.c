// SPDX-License-Identifier: GPL-2.0
/*
 * The connections of a rival: TCP_NODELAY, sizes of socket buffers left to the
 * kernel, which tunes them itself.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "sockets.h"

static int open_socket(const struct addrinfo *address)
{
	int on = 1, sock = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return fail("socket: %m");
	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Accepted sockets have it from the one that listens. */
	setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return sock;
}

static int accept_all(const struct addrinfo *address, int *socks, int count)
{
	int listener = open_socket(address);

	if (listener < 0)
		return -1;
	if (bind(listener, address->ai_addr, address->ai_addrlen) || listen(listener, count)) {
		fail("listen: %m");
		close(listener);
		return -1;
	}
	puts("waiting");
	fflush(stdout);
	for (int i = 0; i < count; i++) {
		socks[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (socks[i] < 0) {
			close(listener);
			return fail("accept: %m");
		}
	}
	close(listener);
	return 0;
}

static int come_from(int sock, const char *text)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *address;
	int err = getaddrinfo(text, NULL, &hints, &address);

	if (err)
		return fail("%s: %s", text, gai_strerror(err));
	err = bind(sock, address->ai_addr, address->ai_addrlen);
	freeaddrinfo(address);
	return err ? fail("bind to %s: %m", text) : 0;
}

static int connect_all(const struct endpoints *endpoints, const struct addrinfo *address, int *socks, int count)
{
	for (int i = 0; i < count; i++) {
		socks[i] = open_socket(address);
		if (socks[i] < 0)
			return -1;
		if (endpoints->from_count && come_from(socks[i], endpoints->from[i % endpoints->from_count]))
			return -1;
		if (connect(socks[i], address->ai_addr, address->ai_addrlen))
			return fail("connect: %m");
	}
	return 0;
}

/**
 * sockets_open() - connect the two sides
 * @endpoints: who and where
 * @socks: receives the sockets, the caller's also after an error; -1 before
 * @count: how many
 *
 * The destination prints a line when the source may come.
 *
 * Return: 0, or -1 with the error recorded.
 */
int sockets_open(const struct endpoints *endpoints, int *socks, int count)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *address;
	int err = getaddrinfo(endpoints->host, endpoints->port, &hints, &address);

	if (err)
		return fail("%s: %s", endpoints->host, gai_strerror(err));
	err = endpoints->source ? connect_all(endpoints, address, socks, count) : accept_all(address, socks, count);
	freeaddrinfo(address);
	return err;
}

/**
 * send_all() - send every byte
 * @sock: a connection
 * @parts: what; spoilt
 * @count: number of @parts
 * @flags: of sendmsg()
 *
 * Return: 0, or -1 with the error recorded.
 */
int send_all(int sock, struct iovec *parts, int count, int flags)
{
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = count };

	while (msg.msg_iovlen) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL | flags);

		if (n < 0)
			return fail("send: %m");
		while (msg.msg_iovlen && (size_t)n >= msg.msg_iov->iov_len) {
			n -= msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (msg.msg_iovlen) {
			msg.msg_iov->iov_base = (char *)msg.msg_iov->iov_base + n;
			msg.msg_iov->iov_len -= n;
		}
	}
	return 0;
}

/**
 * receive_all() - receive that many bytes
 * @sock: a connection
 * @buffer: where to
 * @length: how many
 *
 * Return: 0, or -1 with the error recorded.
 */
int receive_all(int sock, void *buffer, size_t length)
{
	ssize_t n = recv(sock, buffer, length, MSG_WAITALL);

	if (n < 0)
		return fail("receive: %m");
	if ((size_t)n < length)
		return fail("the other side is gone");
	return 0;
}
