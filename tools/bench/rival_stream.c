// SPDX-License-Identifier: GPL-2.0
/*
 * Rival 2: a careful user's pipeline over one connection. The source reads a
 * data_fd and sends, the destination receives and writes. One buffer of 1 MiB
 * each, touched beforehand and used again; each buffer goes out as its length
 * and its bytes in one system call, or by GnuTLS as tls_stream.c does it;
 * TCP_NODELAY; the kernel tunes the socket buffers itself. Devices follow one
 * another in the order given.
 *
 * Measured from the first read until the destination has said that the last
 * write is done; device states are set before and after.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "connection.h"
#include "devices.h"
#include "error.h"
#include "report.h"

#define BUFFER_SIZE ((size_t)1 << 20)

struct rival {
	struct endpoints endpoints;
	struct security security;
	int count;
	struct vfio_device devices[DEVICES_MAX];
	char *buffer;
	struct connection connection;
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
		if (connection_send(&rival->connection, parts, n ? 2 : 1, 0))
			return -1;
		rival->bytes += n;
	} while (n);
	return 0;
}

static int receive_device(struct rival *rival, struct vfio_device *dev)
{
	uint32_t length;

	for (;;) {
		if (connection_receive(&rival->connection, &length, sizeof(length)))
			return -1;
		length = ntohl(length);
		if (!length)
			return 0;
		if (length > BUFFER_SIZE)
			return fail("the other side sent a buffer of %u bytes", length);
		if (connection_receive(&rival->connection, rival->buffer, length) ||
		    write_device(dev, rival->buffer, length))
			return -1;
		rival->bytes += length;
	}
}

static int move(struct rival *rival)
{
	bool source = rival->endpoints.source;
	struct stopwatch began;
	char security[128], settings[200];

	if (connection_exchange(&rival->connection, true, true))
		return -1;
	began = stopwatch_now();
	for (int i = 0; i < rival->count; i++)
		if (source ? send_device(rival, &rival->devices[i]) : receive_device(rival, &rival->devices[i]))
			return -1;
	if (connection_exchange(&rival->connection, !source, source))
		return -1;
	connection_describe(&rival->connection, security, sizeof(security));
	snprintf(settings, sizeof(settings), "%s, 1 connection, 1 buffer of 1 MiB on each side", security);
	report("rival-stream", settings, rival->bytes, began, stopwatch_now());
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
	if (open_buffer(rival) || connections_open(&rival->endpoints, &rival->security, &rival->connection, 1) ||
	    move(rival))
		return -1;
	return devices_run(rival->devices, rival->count);
}

static void refuse(void)
{
	fputs("usage: rival-stream [OPTION]... source|destination ADDRESS PORT DEVICE...\n" SECURITY_USAGE, stderr);
	exit(2);
}

static void take_options(struct rival *rival, int argc, char **argv)
{
	static const struct option options[] = {
		{ "tls", required_argument, NULL, SECURITY_OPTION_TLS },
		{ "gather", required_argument, NULL, SECURITY_OPTION_GATHER },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (!security_option(&rival->security, option, optarg))
			refuse();
}

int main(int argc, char **argv)
{
	struct rival rival = { .connection.sock = -1, .security = SECURITY_INIT };
	int ret;

	take_options(&rival, argc, argv);
	argc -= optind;
	argv += optind;
	if (argc < 4 || argc - 3 > DEVICES_MAX || (strcmp(argv[0], "source") && strcmp(argv[0], "destination")))
		refuse();
	rival.endpoints.source = !strcmp(argv[0], "source");
	rival.endpoints.host = argv[1];
	rival.endpoints.port = argv[2];
	rival.count = argc - 3;
	ret = run(&rival, argv + 3);
	if (ret)
		fprintf(stderr, "rival-stream: %s\n", error_text());
	devices_close(rival.devices, rival.count);
	connection_close(&rival.connection);
	return ret ? 1 : 0;
}
