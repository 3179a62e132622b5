// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that says to "vfio-mig-agent serve" what it is told to, however wrong, and prints
 * what it hears. Shares nothing with libvfio-mig-mux, so that both cannot be wrong alike.
 *
 * usage: serve_liar SOCKET [VERB ARGUMENT...]...
 *   say TEXT         sends TEXT
 *   hear TYPE        prints messages, but no statistics, until one of this type has come
 *   pass KIND TEXT   sends TEXT with a file descriptor: null, pipe-read, pipe-write, event, socket
 *   passes N TEXT    sends TEXT with N file descriptors
 *   attach PATH TEXT sends TEXT with the data_fd of a simulated device, which goes to STOP_COPY
 *   trailer N TEXT   sends TEXT, and N bytes after it
 *   linger N TEXT    connects N times; sends TEXT each time with a file descriptor that is
 *                    closed for as long as this process is there, and says so
 *   bundle N TEXT    sends TEXT once, with N such file descriptors, and says so
 *   long BYTES       sends a message of so many bytes
 *   flood TEXT       sends TEXT until nobody takes it any more, and reads nothing
 *   more N           makes N more connections
 *   stand TEXT       prints TEXT, and stands still until it is told to go on
 *   next             prints all that comes until the agent has closed the connection, and
 *                    "end"; and connects again
 * The same is printed in the end.
 */
#include <errno.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "lib_vfio.h"

#define MESSAGE_MAX 65536
#define FDS_MAX 16

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int sock;

static int connect_agent(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "connect");
	return fd;
}

static int send_with(const char *text, size_t length, const int *fds, int count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * FDS_MAX)] = { 0 };
	struct iovec part = { .iov_base = (void *)text, .iov_len = length };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (count) {
		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		cmsg = CMSG_FIRSTHDR(&header);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * count);
	}
	return sendmsg(sock, &header, MSG_NOSIGNAL) == (ssize_t)length ? 0 : -1;
}

static int make_fd(const char *kind)
{
	int ends[2];

	if (!strcmp(kind, "null"))
		return open("/dev/null", O_RDWR);
	if (!strcmp(kind, "event"))
		return eventfd(0, 0);
	if (!strcmp(kind, "socket"))
		return socket(AF_INET, SOCK_STREAM, 0);
	if (pipe(ends))
		err(1, "pipe");
	return ends[!strcmp(kind, "pipe-write")];
}

static void pass(const char *kind, const char *text)
{
	int fd = make_fd(kind);

	send_with(text, strlen(text), &fd, 1);
	close(fd);
}

static void passes(int count, const char *text)
{
	int fds[FDS_MAX];

	for (int i = 0; i < count; i++)
		fds[i] = make_fd("null");
	send_with(text, strlen(text), fds, count);
}

static struct vfio device;
static bool device_is_open;

static void attach(const char *path, const char *text)
{
	int data_fd;

	if (vfio_open(&device, path) || vfio_set_state(&device, VFIO_DEVICE_STATE_STOP_COPY, &data_fd))
		errx(1, "%s is no device for this", path);
	device_is_open = true;
	send_with(text, strlen(text), &data_fd, 1);
	close(data_fd);
}

static void let_device_go(void)
{
	if (device_is_open)
		vfio_close(&device);
	device_is_open = false;
}

static void send_trailer(size_t length, const char *text)
{
	size_t end = strlen(text) + 1;
	char *bytes = malloc(end + length);

	if (!bytes)
		err(1, "malloc");
	strcpy(bytes, text);
	memset(bytes + end, 0xff, length);
	if (send_with(bytes, end + length, NULL, 0))
		err(1, "a trailer of %zu bytes", length);
	free(bytes);
}

/* Connected, with more sent than the other end, which is in this process, has room for or will ever read */
static int make_lingering(void)
{
	struct linger forever = { .l_onoff = 1, .l_linger = 10000 };
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
	socklen_t length = sizeof(here);
	char bytes[4096] = { 0 };

	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	if (bind(listener, (void *)&here, length) || listen(listener, 1) ||
	    getsockname(listener, (void *)&here, &length) || connect(fd, (void *)&here, length) ||
	    accept(listener, NULL, NULL) < 0)
		err(1, "nobody to linger for");
	close(listener);
	while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &forever, sizeof(forever));
	return fd;
}

static void bundle(int count, const char *text)
{
	int fds[FDS_MAX];

	for (int i = 0; i < count; i++)
		fds[i] = make_lingering();
	if (send_with(text, strlen(text), fds, count))
		err(1, "bundle");
	for (int i = 0; i < count; i++)
		close(fds[i]);
	puts("lingering");
	fflush(stdout);
}

static void linger(int count, const char *text)
{
	for (int i = 0; i < count; i++) {
		int fd = make_lingering();

		if (i)
			sock = connect_agent();
		if (send_with(text, strlen(text), &fd, 1))
			err(1, "linger");
		close(fd);
	}
	puts("lingering");
	fflush(stdout);
}

static void send_long(size_t length)
{
	int room = 4 * length;
	char *text = malloc(length);

	if (!text)
		err(1, "malloc");
	setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	memset(text, ' ', length);
	if (send_with(text, length, NULL, 0))
		err(1, "a message of %zu bytes", length);
	free(text);
}

/* Returns 0 at the end. What was left unread at the other end is told before what it said. */
static int hear(const char *type)
{
	static char text[2 * MESSAGE_MAX];
	char pattern[64];
	ssize_t n;

	n = recv(sock, text, sizeof(text) - 1, 0);
	if (n < 0 && errno == ECONNRESET)
		n = recv(sock, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* Nobody wants to see what a flood has asked for. */
	if (!strstr(text, "\"type\":\"stats\"")) {
		puts(text);
		fflush(stdout);
	}
	snprintf(pattern, sizeof(pattern), "\"type\":\"%s\"", type);
	return strstr(text, pattern) ? 1 : 2;
}

static void hear_until(const char *type)
{
	while (hear(type) == 2)
		;
}

static void hear_out(void)
{
	hear_until("nothing");
	puts("end");
	fflush(stdout);
	close(sock);
}

static void stand(const char *text)
{
	puts(text);
	fflush(stdout);
	raise(SIGSTOP);
}

static int act_on(const char *verb, const char *argument)
{
	if (!strcmp(verb, "say"))
		send_with(argument, strlen(argument), NULL, 0);
	else if (!strcmp(verb, "hear"))
		hear_until(argument);
	else if (!strcmp(verb, "long"))
		send_long(atoi(argument));
	else if (!strcmp(verb, "flood"))
		while (!send_with(argument, strlen(argument), NULL, 0))
			;
	else if (!strcmp(verb, "stand"))
		stand(argument);
	else if (!strcmp(verb, "more"))
		for (int i = atoi(argument); i > 0; i--)
			sock = connect_agent();
	else
		errx(2, "'%s' is no verb", verb);
	return 2;
}

/* Returns how many arguments it has taken. */
static int act(char **argv)
{
	if (!strcmp(argv[0], "next")) {
		hear_out();
		let_device_go();
		sock = connect_agent();
		return 1;
	}
	if (!strcmp(argv[0], "pass"))
		pass(argv[1], argv[2]);
	else if (!strcmp(argv[0], "passes"))
		passes(atoi(argv[1]), argv[2]);
	else if (!strcmp(argv[0], "attach"))
		attach(argv[1], argv[2]);
	else if (!strcmp(argv[0], "trailer"))
		send_trailer(atoi(argv[1]), argv[2]);
	else if (!strcmp(argv[0], "linger"))
		linger(atoi(argv[1]), argv[2]);
	else if (!strcmp(argv[0], "bundle"))
		bundle(atoi(argv[1]), argv[2]);
	else
		return act_on(argv[0], argv[1]);
	return 3;
}

int main(int argc, char **argv)
{
	int i = 2;

	if (argc < 2)
		errx(2, "no socket is given");
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	sock = connect_agent();
	while (i < argc)
		i += act(argv + i);
	hear_out();
	return 0;
}
