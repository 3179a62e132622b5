// SPDX-License-Identifier: GPL-2.0
/*
 * Taking connections. One that cannot be taken, for want of file descriptors, waits where
 * it is and keeps its listener readable: to look at it all the time would help nobody.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "listener.h"

/* How long a listener is left alone */
#define AGAIN_MS 200

/**
 * listener_start() - look out for connections
 * @listener: its watch has a socket that listens, closed if this fails, and who is called
 * @loop: where they arrive
 *
 * Return: 0, or -1 with the error recorded.
 */
int listener_start(struct listener *listener, struct loop *loop)
{
	listener->loop = loop;
	listener->again_ns = 0;
	listener->told = false;
	if (!loop_add(loop, &listener->watch, EPOLLIN))
		return 0;
	close(listener->watch.fd);
	listener->watch.fd = -1;
	return -1;
}

/**
 * listener_stop() - close the socket
 * @listener: one that listener_start() took
 */
void listener_stop(struct listener *listener)
{
	if (!listener->again_ns)
		loop_remove(listener->loop, &listener->watch);
	close(listener->watch.fd);
	listener->watch.fd = -1;
	listener->again_ns = 0;
}

/**
 * listener_rest() - leave connections where they are for a moment
 * @listener: a started listener that is looked at
 * @why: the reason, told once
 */
void listener_rest(struct listener *listener, const char *why)
{
	if (!listener->told)
		warn("connections have to wait: %s", why);
	listener->told = true;
	loop_remove(listener->loop, &listener->watch);
	listener->again_ns = now_ns() + AGAIN_MS * NS_PER_MS;
}

/**
 * listener_accept() - take the connection that waits
 * @listener: a started listener; listener_look() at it now and then
 *
 * Return: a socket that does not block, or -1 if there is none now.
 */
int listener_accept(struct listener *listener)
{
	int sock = accept4(listener->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (sock >= 0)
		listener->told = false;
	else if (errno == EMFILE)
		listener_rest(listener, "this process has too many file descriptors");
	else if (errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
		listener_rest(listener, "this host lacks file descriptors or memory");
	return sock;
}

/**
 * listener_look() - look out for connections again when it is time
 * @listener: a started listener
 */
void listener_look(struct listener *listener)
{
	if (!listener->again_ns || remaining_ms(listener->again_ns))
		return;
	if (loop_add(listener->loop, &listener->watch, EPOLLIN))
		listener->again_ns = now_ns() + AGAIN_MS * NS_PER_MS;
	else
		listener->again_ns = 0;
}
