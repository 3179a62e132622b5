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
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices.h"
#include "error.h"
#include "report.h"
#include "sockets.h"

#define BUFFER_SIZE ((size_t)1 << 20)

struct rival {
	struct endpoints endpoints;
	int count;
	struct vfio_device devices[DEVICES_MAX];
	char *buffer;
	int sock;
	uint64_t bytes;
};

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
		if (send_all(rival->sock, parts, n ? 2 : 1, 0))
			return -1;
		rival->bytes += n;
	} while (n);
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
		if (receive_all(rival->sock, rival->buffer, length) || write_device(dev, rival->buffer, length))
			return -1;
		rival->bytes += length;
	}
}

static int move(struct rival *rival)
{
	bool source = rival->endpoints.source;
	struct stopwatch began;

	if (exchange(rival->sock, true, true))
		return -1;
	began = stopwatch_now();
	for (int i = 0; i < rival->count; i++)
		if (source ? send_device(rival, &rival->devices[i]) : receive_device(rival, &rival->devices[i]))
			return -1;
	if (exchange(rival->sock, !source, source))
		return -1;
	report("rival-stream", "1 connection, 1 buffer of 1 MiB on each side", rival->bytes, began, stopwatch_now());
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

static int run(struct rival *rival, char **paths)
{
	if (devices_open(rival->devices, paths, rival->count,
			 rival->endpoints.source ? VFIO_STATE_STOP_COPY : VFIO_STATE_RESUMING))
		return -1;
	if (open_buffer(rival) || sockets_open(&rival->endpoints, &rival->sock, 1) || move(rival))
		return -1;
	return devices_run(rival->devices, rival->count);
}

int main(int argc, char **argv)
{
	struct rival rival = { .sock = -1 };
	int ret;

	if (argc < 5 || argc - 4 > DEVICES_MAX || (strcmp(argv[1], "source") && strcmp(argv[1], "destination"))) {
		fputs("usage: rival-stream source|destination ADDRESS PORT DEVICE...\n", stderr);
		return 2;
	}
	rival.endpoints.source = !strcmp(argv[1], "source");
	rival.endpoints.host = argv[2];
	rival.endpoints.port = argv[3];
	rival.count = argc - 4;
	ret = run(&rival, argv + 4);
	if (ret)
		fprintf(stderr, "rival-stream: %s\n", error_text());
	devices_close(rival.devices, rival.count);
	if (rival.sock >= 0)
		close(rival.sock);
	return ret ? 1 : 0;
}
