/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_PACKET_H
#define _LIB_PACKET_H

#include <json-c/json.h>

/* Bytes of a message of Documentation/serve-protocol.rst */
#define PACKET_MAX 65536
#define PACKET_VERSION 1
#define PACKET_TYPE_MAX 32
/*
 * More than one is an error, but the kernel lets so many through (SCM_MAX_FD), and those that there is no room for are
 * closed before recvmsg() returns, which may take as long as who has sent them likes.
 */
#define PACKET_FDS_MAX 253

struct packet {
	struct json_object *message;
	char type[PACKET_TYPE_MAX];
	int fd_count;
	int fds[PACKET_FDS_MAX];
	/* What came after the object, or NULL; good until the thread receives another one. */
	const void *bytes;
	size_t length;
};

enum packet_outcome {
	PACKET_FAILED = -1,
	PACKET_NONE,
	PACKET_HERE,
	PACKET_GONE,
};

struct json_object *packet_new(const char *type);
int packet_send(int sock, struct json_object *message, int passed_fd);
int packet_send_bytes(int sock, struct json_object *message, const void *bytes, size_t length);
enum packet_outcome packet_receive(int sock, struct packet *packet);

#endif /* _LIB_PACKET_H */
