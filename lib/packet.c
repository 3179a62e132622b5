// SPDX-License-Identifier: GPL-2.0
/*
 * The messages between a VMM and its agent: one JSON object, and at most one file
 * descriptor or some bytes, in a packet of a UNIX socket. Both ends use this; neither waits.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "json.h"
#include "macros.h"
#include "packet.h"

/**
 * packet_new() - begin a message
 * @type: what it is
 *
 * Return: an object, the caller's; packet_send() takes it.
 */
struct json_object *packet_new(const char *type)
{
	struct json_object *message = json_object_new_object();

	json_put_text(message, "type", type);
	json_put_number(message, "version", PACKET_VERSION);
	return message;
}

/* As the header's alignment wants it */
union one_fd {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

union more_fds {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int) * PACKET_FDS_MAX)];
};

static void put_fd(struct msghdr *header, union one_fd *control, int fd)
{
	struct cmsghdr *cmsg;

	header->msg_control = control;
	header->msg_controllen = sizeof(*control);
	cmsg = CMSG_FIRSTHDR(header);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
}

/* Sends and frees @message; there is room for it in front of what @header has. */
static int send_message(int sock, struct json_object *message, struct msghdr *header)
{
	struct iovec *parts = header->msg_iov;
	size_t length = 0;
	int error = 0;

	parts[0].iov_base = (char *)json_object_to_json_string_length(message, JSON_C_TO_STRING_PLAIN,
								      &parts[0].iov_len);
	for (size_t i = 0; i < header->msg_iovlen; i++)
		length += parts[i].iov_len;
	if (length > PACKET_MAX)
		error = EMSGSIZE;
	else if (sendmsg(sock, header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		error = errno;
	json_object_put(message);
	errno = error;
	return error ? fail("cannot send a message: %m") : 0;
}

/**
 * packet_send() - send a message
 * @sock: the socket
 * @message: the message, freed here
 * @passed_fd: goes with it and stays the caller's; negative for none
 *
 * Return: 0, or -1 with the error recorded and errno set: EAGAIN if the other end
 * does not read, EPIPE or ECONNRESET if it is gone.
 */
int packet_send(int sock, struct json_object *message, int passed_fd)
{
	union one_fd control = { 0 };
	struct iovec part;
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (passed_fd >= 0)
		put_fd(&header, &control, passed_fd);
	return send_message(sock, message, &header);
}

/**
 * packet_send_bytes() - send a message with bytes after it
 * @sock: the socket
 * @message: the message, freed here
 * @bytes: what comes after it, or NULL for nothing: not the same as no bytes
 * @length: how many
 *
 * Return: as packet_send().
 */
int packet_send_bytes(int sock, struct json_object *message, const void *bytes, size_t length)
{
	/* JSON has no such byte. */
	static const char end = '\0';
	struct iovec parts[] = {
		{ 0 },
		{ .iov_base = (void *)&end, .iov_len = sizeof(end) },
		{ .iov_base = (void *)bytes, .iov_len = length },
	};
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = bytes ? ARRAY_SIZE(parts) : 1 };

	return send_message(sock, message, &header);
}

static void take_fds(struct packet *packet, struct msghdr *header)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		packet->fd_count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(packet->fds, CMSG_DATA(cmsg), packet->fd_count * sizeof(int));
	}
}

/* Returns where the object ends. */
static size_t take_bytes(struct packet *packet, const char *text, size_t length)
{
	const char *end = memchr(text, '\0', length);

	if (!end)
		return length;
	packet->bytes = end + 1;
	packet->length = text + length - end - 1;
	return end - text;
}

static int parse(struct packet *packet, const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();
	uint64_t version;
	bool whole;

	if (!tokener)
		return fail("out of memory");
	packet->message = json_tokener_parse_ex(tokener, text, length);
	whole = json_tokener_get_error(tokener) == json_tokener_success &&
		json_tokener_get_parse_end(tokener) == length;
	json_tokener_free(tokener);
	if (!whole || !json_object_is_type(packet->message, json_type_object))
		return fail("a message is no JSON object");
	if (json_read_number(packet->message, "version", 0, INT32_MAX, &version))
		return -1;
	if (version != PACKET_VERSION)
		return fail("a message is of version %d, not %d", (int)version, PACKET_VERSION);
	return json_read_text(packet->message, "type", packet->type, sizeof(packet->type));
}

/**
 * packet_receive() - take the next message
 * @sock: the socket
 * @packet: receives it; message (which may be NULL) and fds are the caller's,
 *	whatever is returned
 *
 * Return: PACKET_HERE, PACKET_NONE if there is none now, PACKET_GONE if there will
 * be none any more, or PACKET_FAILED with the error recorded.
 */
enum packet_outcome packet_receive(int sock, struct packet *packet)
{
	static _Thread_local char text[PACKET_MAX];
	struct iovec part = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	union more_fds control;
	ssize_t n;

	*packet = (struct packet){ 0 };
	header.msg_control = &control;
	header.msg_controllen = sizeof(control);
	n = recvmsg(sock, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	/* The other end is gone and has left something unread; its own words come after that news. */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(sock, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? PACKET_NONE : PACKET_GONE;
	take_fds(packet, &header);
	if (!n)
		return PACKET_GONE;
	if (header.msg_flags & MSG_TRUNC)
		return fail("a message is longer than %d bytes", PACKET_MAX);
	if (header.msg_flags & MSG_CTRUNC)
		return fail("a message carries more file descriptors than this process may have");
	return parse(packet, text, take_bytes(packet, text, n)) ? PACKET_FAILED : PACKET_HERE;
}
