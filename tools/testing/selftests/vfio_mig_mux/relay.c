// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody between two hosts: what comes to a port goes on to another one of
 * this host, the first connection to one and all others to a second one.
 * usage: relay PORT FIRST OTHERS
 *
 * Each connection is carried by two processes, one for each direction. They end
 * with it, or with the process that has started them.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in address_of(in_addr_t address, int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address),
		.sin_port = htons(port),
	};
}

static int listen_at(int port)
{
	struct sockaddr_in here = address_of(INADDR_ANY, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&here, sizeof(here)) || listen(fd, 64)) {
		perror("listen");
		exit(1);
	}
	return fd;
}

/* Until the end, which goes on too */
static void carry(int from, int to)
{
	char bytes[65536];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		if (send(to, bytes, n, MSG_NOSIGNAL) != n)
			break;
	shutdown(to, SHUT_WR);
	exit(0);
}

static void start(int from, int to)
{
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	carry(from, to);
}

static void relay(int fd, int port)
{
	struct sockaddr_in there = address_of(INADDR_LOOPBACK, port);
	int to = socket(AF_INET, SOCK_STREAM, 0);

	if (!connect(to, (void *)&there, sizeof(there))) {
		start(fd, to);
		start(to, fd);
	}
	close(to);
	close(fd);
}

int main(int argc, char **argv)
{
	int listener, fd, next;

	if (argc != 4)
		return 1;
	signal(SIGCHLD, SIG_IGN);
	listener = listen_at(atoi(argv[1]));
	puts("ready");
	fflush(stdout);
	next = atoi(argv[2]);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		relay(fd, next);
		next = atoi(argv[3]);
	}
	return 1;
}
