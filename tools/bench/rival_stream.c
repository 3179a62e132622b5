// SPDX-License-Identifier: GPL-2.0
/*
 * Rival 2: a careful user's pipeline over one connection. The source reads a
 * data_fd and sends, the destination receives and writes. One buffer of 1 MiB
 * each, touched beforehand and used again; each buffer goes out as its length
 * and its bytes in one system call; TCP_NODELAY; the kernel tunes the socket
 * buffers itself. Devices follow one another in the order given.
 *
 * Measured from the first read until the destination has said that the last
 * write is done; device states are set before and after.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "error.h"
#include "report.h"
#include "vfio.h"

#define BUFFER_SIZE ((size_t)1 << 20)
#define DEVICES_MAX 64

struct rival {
	bool source;
	const char *host;
	const char *port;
	int count;
	struct vfio_device devices[DEVICES_MAX];
	char *buffer;
	int sock;
	uint64_t bytes;
};

static int send_all(int sock, struct iovec *parts, int count)
{
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = count };

	while (msg.msg_iovlen) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL);

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

static int receive_all(int sock, void *buffer, size_t length)
{
	ssize_t n = recv(sock, buffer, length, MSG_WAITALL);

	if (n < 0)
		return fail("receive: %m");
	if ((size_t)n < length)
		return fail("the other side is gone");
	return 0;
}

static int send_device(struct rival *rival, struct vfio_device *dev)
{
	ssize_t n;

	do {
		uint32_t length;
		struct iovec parts[2];

		n = read(dev->data_fd, rival->buffer, BUFFER_SIZE);
		if (n < 0)
			return fail("read of %s: %m", dev->path);
		length = htonl(n);
		parts[0] = (struct iovec){ &length, sizeof(length) };
		parts[1] = (struct iovec){ rival->buffer, n };
		if (send_all(rival->sock, parts, n ? 2 : 1))
			return -1;
		rival->bytes += n;
	} while (n);
	return 0;
}

static int write_all(struct vfio_device *dev, const char *from, size_t length)
{
	while (length) {
		ssize_t n = write(dev->data_fd, from, length);

		if (n <= 0)
			return fail("write of %s: %s", dev->path, n ? strerror(errno) : "nothing written");
		from += n;
		length -= n;
	}
	return 0;
}

static int receive_device(struct rival *rival, struct vfio_device *dev)
{
	uint32_t length;

	for (;;) {
		if (receive_all(rival->sock, &length, sizeof(length)))
			return -1;
		length = ntohl(length);
		if (!length)
			return 0;
		if (length > BUFFER_SIZE)
			return fail("the other side sent a buffer of %u bytes", length);
		if (receive_all(rival->sock, rival->buffer, length) || write_all(dev, rival->buffer, length))
			return -1;
		rival->bytes += length;
	}
}

/* One byte each way: both are ready to begin, the last byte is written. */
static int exchange(struct rival *rival, bool tell, bool listen_to)
{
	char byte = 0;
	struct iovec part = { &byte, 1 };

	if (tell && send_all(rival->sock, &part, 1))
		return -1;
	return listen_to ? receive_all(rival->sock, &byte, 1) : 0;
}

static int move(struct rival *rival)
{
	struct stopwatch began;

	if (exchange(rival, true, true))
		return -1;
	began = stopwatch_now();
	for (int i = 0; i < rival->count; i++)
		if (rival->source ? send_device(rival, &rival->devices[i]) : receive_device(rival, &rival->devices[i]))
			return -1;
	if (exchange(rival, !rival->source, rival->source))
		return -1;
	report(rival->source ? "rival-stream-source" : "rival-stream-destination", rival->bytes, began,
	       stopwatch_now());
	return 0;
}

static int open_devices(struct rival *rival)
{
	enum vfio_state state = rival->source ? VFIO_STATE_STOP_COPY : VFIO_STATE_RESUMING;

	for (int i = 0; i < rival->count; i++)
		if (vfio_open(&rival->devices[i], rival->devices[i].path) ||
		    vfio_set_state(&rival->devices[i], state))
			return -1;
	return 0;
}

/* Leaving RESUMING is where the device checks what it was given. */
static int finish_devices(struct rival *rival)
{
	for (int i = 0; i < rival->count; i++)
		if (vfio_set_state(&rival->devices[i], VFIO_STATE_STOP) ||
		    vfio_set_state(&rival->devices[i], VFIO_STATE_RUNNING))
			return -1;
	return 0;
}

static int accept_one(const struct addrinfo *address)
{
	int on = 1, listener, sock;

	listener = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return fail("socket: %m");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, address->ai_addr, address->ai_addrlen) || listen(listener, 1)) {
		fail("listen: %m");
		close(listener);
		return -1;
	}
	puts("waiting");
	fflush(stdout);
	sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return sock < 0 ? fail("accept: %m") : sock;
}

static int connect_to(const struct addrinfo *address)
{
	int sock = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return fail("socket: %m");
	if (connect(sock, address->ai_addr, address->ai_addrlen)) {
		fail("connect: %m");
		close(sock);
		return -1;
	}
	return sock;
}

static int open_socket(struct rival *rival)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *address;
	int err, on = 1;

	err = getaddrinfo(rival->host, rival->port, &hints, &address);
	if (err)
		return fail("%s: %s", rival->host, gai_strerror(err));
	rival->sock = rival->source ? connect_to(address) : accept_one(address);
	freeaddrinfo(address);
	if (rival->sock < 0)
		return -1;
	setsockopt(rival->sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return 0;
}

static int open_buffer(struct rival *rival)
{
	rival->buffer = mmap(NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
			     -1, 0);
	if (rival->buffer == MAP_FAILED)
		return fail("mmap: %m");
	return 0;
}

static int run(struct rival *rival)
{
	if (open_buffer(rival) || open_devices(rival) || open_socket(rival))
		return -1;
	if (move(rival))
		return -1;
	return finish_devices(rival);
}

int main(int argc, char **argv)
{
	struct rival rival = { .sock = -1 };
	int ret;

	if (argc < 5 || argc - 4 > DEVICES_MAX || (strcmp(argv[1], "source") && strcmp(argv[1], "destination"))) {
		fputs("usage: rival-stream source|destination ADDRESS PORT DEVICE...\n", stderr);
		return 2;
	}
	rival.source = !strcmp(argv[1], "source");
	rival.host = argv[2];
	rival.port = argv[3];
	rival.count = argc - 4;
	for (int i = 0; i < rival.count; i++) {
		rival.devices[i] = (struct vfio_device)VFIO_DEVICE_INIT;
		rival.devices[i].path = argv[i + 4];
	}
	ret = run(&rival);
	if (ret)
		fprintf(stderr, "rival-stream: %s\n", error_text());
	for (int i = 0; i < rival.count; i++)
		vfio_close(&rival.devices[i]);
	if (rival.sock >= 0)
		close(rival.sock);
	return ret ? 1 : 0;
}
