// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications, as they come.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "lib_listen.h"

#define NOTICE_SIZE	65536
#define BACKLOG_SIZE	(4 << 20)

/**
 * listener_open() - begin to listen
 * @listener: receives the socket
 *
 * Return: 0 or a negative errno.
 */
int listener_open(struct listener *listener)
{
	int group;

	listener->sock = nl_socket_alloc();
	if (!listener->sock || genl_connect(listener->sock))
		return -ENOTCONN;
	nl_socket_set_buffer_size(listener->sock, BACKLOG_SIZE, 0);
	group = genl_ctrl_resolve_grp(listener->sock, VFIO_MIG_MUX_FAMILY_NAME,
				      VFIO_MIG_MUX_MCGRP_MONITOR);
	if (group < 0 || nl_socket_add_membership(listener->sock, group))
		return -ENOENT;
	return 0;
}

/**
 * listener_close() - listen no more
 * @listener: an open listener, or one all zero
 */
void listener_close(struct listener *listener)
{
	nl_socket_free(listener->sock);
	listener->sock = NULL;
}

static void parse(struct nlmsghdr *message, struct notice *notice)
{
	notice->cmd = ((struct genlmsghdr *)nlmsg_data(message))->cmd;
	switch (notice->cmd) {
	case VFIO_MIG_MUX_CMD_SESSION_NTF:
		session_parse(message, &notice->session);
		break;
	case VFIO_MIG_MUX_CMD_DEVICE_NTF:
		device_parse(message, &notice->device);
		break;
	case VFIO_MIG_MUX_CMD_CHANNEL_NTF:
		channel_parse(message, &notice->channel);
		break;
	}
}

/**
 * listener_next() - take the next notification
 * @listener: the listener
 * @wait_ms: how long to wait for it
 * @notice: receives it
 *
 * Return: 0, -ETIMEDOUT, or what the socket said (-ENOBUFS: some are lost).
 */
int listener_next(struct listener *listener, int wait_ms, struct notice *notice)
{
	static struct nlmsghdr buf[NOTICE_SIZE / sizeof(struct nlmsghdr)];
	struct pollfd pollfd = {
		.fd = nl_socket_get_fd(listener->sock),
		.events = POLLIN,
	};
	ssize_t length;

	if (poll(&pollfd, 1, wait_ms) <= 0)
		return -ETIMEDOUT;
	length = recv(pollfd.fd, buf, sizeof(buf), 0);
	if (length < 0)
		return -errno;
	parse(buf, notice);
	return 0;
}
