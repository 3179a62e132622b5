// SPDX-License-Identifier: GPL-2.0
/*
 * TCP connections of the test with itself, over the loopback device.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib_tcp.h"

static const struct sockaddr_in any_port = {
	.sin_family = AF_INET,
	.sin_addr.s_addr = __builtin_bswap32(INADDR_LOOPBACK),
};

/**
 * tcp_listen() - make a listening socket
 *
 * Return: the socket, or a negative errno.
 */
int tcp_listen(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd >= 0 && !bind(fd, (const void *)&any_port, sizeof(any_port)) && !listen(fd, 8))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int connect_to(int listener)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd;

	if (getsockname(listener, (void *)&address, &length))
		return -1;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (const void *)&address, length))
		return fd;
	close(fd);
	return -1;
}

/**
 * tcp_pair() - make two sockets that are connected to each other
 * @fds: receives them
 *
 * Return: 0 or a negative errno.
 */
int tcp_pair(int fds[2])
{
	int listener = tcp_listen();
	int ret = 0;

	fds[0] = -1;
	fds[1] = -1;
	if (listener < 0)
		return listener;
	fds[0] = connect_to(listener);
	if (fds[0] >= 0)
		fds[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fds[1] < 0)
		ret = -errno;
	close(listener);
	return ret;
}

/**
 * tcp_port() - the port by which a socket is known
 * @fd: the socket
 *
 * Return: its own port, or a negative errno.
 */
int tcp_port(int fd)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	if (getsockname(fd, (void *)&address, &length))
		return -errno;
	return ntohs(address.sin_port);
}

/**
 * tcp_kill() - destroy connections, whoever has them; the other ends see resets
 * @ports: ports of the ends that connected
 * @count: number of @ports
 * @far_end: destroy the other ends instead
 *
 * Return: 0 or -EIO.
 */
int tcp_kill(const int *ports, int count, bool far_end)
{
	char command[1024];
	int i, length;

	length = snprintf(command, sizeof(command), "ss -K state established '( ");
	for (i = 0; i < count; i++)
		length += snprintf(command + length, sizeof(command) - length, "%s%s = :%d ",
				   i ? "or " : "", far_end ? "dport" : "sport", ports[i]);
	snprintf(command + length, sizeof(command) - length, ")' >/dev/null");
	return system(command) ? -EIO : 0;
}
