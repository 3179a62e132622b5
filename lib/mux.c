// SPDX-License-Identifier: GPL-2.0
/*
 * The client of the netlink family vfio-mig-mux: one function per operation.
 * The kernel's own words (extack) are the error where it gives them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "error.h"
#include "mux.h"
#include "mux_parse.h"

#ifndef NETLINK_EXT_ACK
#define NETLINK_EXT_ACK 11
#endif

/* No operation of the family blocks, so an answer that takes this long will never come. */
#define ANSWER_SECONDS 10

/* Of an answer and of the socket: what takes most is a trailer. */
#define MESSAGE_BYTES 65536
#define SOCKET_BYTES (4 * MESSAGE_BYTES)

/* Of a request besides a trailer; there is much room left. */
#define REQUEST_BYTES 4096

struct call {
	const struct mux_listener *listener;
	bool done;
	int error;
	char extack[256];
};

static void take_extack(struct call *call, const struct nlmsghdr *header, size_t skip)
{
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1];
	int length = (int)header->nlmsg_len - NLMSG_HDRLEN - (int)NLMSG_ALIGN(skip);

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || length <= 0)
		return;
	if (nla_parse(attrs, NLMSGERR_ATTR_MAX,
		      (struct nlattr *)((char *)nlmsg_data(header) + NLMSG_ALIGN(skip)), length, NULL))
		return;
	if (attrs[NLMSGERR_ATTR_MSG])
		nla_strlcpy(call->extack, attrs[NLMSGERR_ATTR_MSG], sizeof(call->extack));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *arg)
{
	const struct nlmsghdr *header = (struct nlmsghdr *)((char *)err - NLMSG_HDRLEN);
	struct call *call = arg;
	size_t skip = sizeof(*err);

	(void)from;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - sizeof(err->msg);
	call->error = err->error;
	call->done = true;
	take_extack(call, header, skip);
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct call *call = arg;

	(void)msg;
	call->done = true;
	return NL_STOP;
}

/* A dump that fails half-way says so in its last message. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct call *call = arg;

	call->done = true;
	if (nlmsg_datalen(header) >= (int)sizeof(int)) {
		memcpy(&call->error, nlmsg_data(header), sizeof(int));
		if (call->error < 0)
			take_extack(call, header, sizeof(int));
	}
	return NL_STOP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *header = genlmsg_hdr(nlmsg_hdr(msg));
	struct call *call = arg;

	if (call->listener)
		mux_parse(header->cmd, genlmsg_attrdata(header, 0), genlmsg_attrlen(header, 0), call->listener);
	return NL_OK;
}

static struct nl_cb *call_callbacks(struct call *call)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);

	if (!cb)
		return NULL;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, call);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, call);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, call);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, call);
	return cb;
}

static int call_failed(const char *what, const struct call *call)
{
	int number = -call->error;

	if (number == EPERM && !call->extack[0])
		return fail_environment("%s is not permitted: it takes CAP_NET_ADMIN (run as root)", what);
	if (call->extack[0])
		return fail("%s: %s (%s)", what, call->extack, strerror(number));
	return fail("%s: %s", what, strerror(number));
}

/* Sends @msg, frees it, and waits for the end of the answer. */
static int call(struct mux *mux, const char *what, struct nl_msg *msg, const struct mux_listener *listener)
{
	struct call state = { .listener = listener };
	struct nl_cb *cb = call_callbacks(&state);
	int err = cb && msg ? nl_send_auto(mux->sock, msg) : -NLE_NOMEM;

	while (err >= 0 && !state.done)
		err = nl_recvmsgs(mux->sock, cb);
	nlmsg_free(msg);
	nl_cb_put(cb);

	if (state.error < 0)
		return call_failed(what, &state);
	/* A list that changed while it was read is still a list. */
	if (err < 0 && err != -NLE_DUMP_INTR)
		return fail("%s: netlink: %s", what, nl_geterror(err));
	return 0;
}

static struct nl_msg *request_sized(const struct mux *mux, uint8_t command, int flags, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_size(size);

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, mux->family, 0, flags | NLM_F_ACK,
				command, VFIO_MIG_MUX_FAMILY_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static struct nl_msg *request(const struct mux *mux, uint8_t command, int flags)
{
	return request_sized(mux, command, flags, REQUEST_BYTES);
}

/* Attributes are few and short: a fresh message always has room for them. */
static void put_u32(struct nl_msg *msg, int type, uint32_t value)
{
	if (msg)
		nla_put_u32(msg, type, value);
}

static void put_flag(struct nl_msg *msg, int type, bool value)
{
	if (msg && value)
		nla_put_flag(msg, type);
}

static void put_uint(struct nl_msg *msg, int type, uint64_t value)
{
	if (!msg)
		return;
	if (value <= UINT32_MAX)
		nla_put_u32(msg, type, value);
	else
		nla_put_u64(msg, type, value);
}

static int set_up_socket(struct mux *mux)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	int on = 1, fd, err;

	err = genl_connect(mux->sock);
	if (err)
		return fail_environment("generic netlink: %s", nl_geterror(err));
	fd = nl_socket_get_fd(mux->sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	nl_socket_set_msg_buf_size(mux->sock, MESSAGE_BYTES);
	/* The acknowledgment must fit in behind the longest answer. */
	nl_socket_set_buffer_size(mux->sock, SOCKET_BYTES, 0);

	mux->family = genl_ctrl_resolve(mux->sock, VFIO_MIG_MUX_FAMILY_NAME);
	if (mux->family < 0)
		return fail_environment("there is no netlink family '" VFIO_MIG_MUX_FAMILY_NAME
					"': the module is not loaded (modprobe vfio_mig_mux)");
	return 0;
}

/**
 * mux_open() - connect to the module
 * @mux: the connection; mux_close() it
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_open(struct mux *mux)
{
	mux->sock = nl_socket_alloc();
	if (!mux->sock)
		return fail("generic netlink: out of memory");
	if (set_up_socket(mux)) {
		mux_close(mux);
		return -1;
	}
	return 0;
}

/**
 * mux_close() - end the connection
 * @mux: a connection, or one that is closed already
 */
void mux_close(struct mux *mux)
{
	if (mux->sock)
		nl_socket_free(mux->sock);
	mux->sock = NULL;
}

static void copy_session(const struct mux_session *session, void *arg)
{
	*(struct mux_session *)arg = *session;
}

/**
 * mux_session_new() - make a session that belongs to this process
 * @mux: the connection
 * @session: role, uuid, chunk_size, channels, features, max_bandwidth and both
 *	time-outs; receives id and fd
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_session_new(struct mux *mux, struct mux_session *session)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_SESSION_NEW, 0);
	struct mux_session reply = { .fd = -1 };
	struct mux_listener listener = { .session = copy_session, .arg = &reply };

	put_u32(msg, VFIO_MIG_MUX_A_SESSION_ROLE, session->role);
	if (msg)
		nla_put(msg, VFIO_MIG_MUX_A_SESSION_UUID, sizeof(session->uuid), session->uuid);
	put_u32(msg, VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE, session->chunk_size);
	put_u32(msg, VFIO_MIG_MUX_A_SESSION_CHANNELS, session->channels);
	put_u32(msg, VFIO_MIG_MUX_A_SESSION_FEATURES, session->features);
	put_u32(msg, VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT, session->resume_timeout);
	put_u32(msg, VFIO_MIG_MUX_A_SESSION_CHANNEL_TIMEOUT, session->channel_timeout);
	if (session->max_bandwidth)
		put_uint(msg, VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH, session->max_bandwidth);
	if (call(mux, "session-new", msg, &listener))
		return -1;
	if (reply.fd < 0 || !reply.id)
		return fail("session-new: the module's answer has no id or no fd");
	session->id = reply.id;
	session->fd = reply.fd;
	return 0;
}

/**
 * mux_session_get() - ask for a session
 * @mux: the connection
 * @id: session number
 * @session: receives it
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_session_get(struct mux *mux, uint32_t id, struct mux_session *session)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_SESSION_GET, 0);
	struct mux_listener listener = { .session = copy_session, .arg = session };

	put_u32(msg, VFIO_MIG_MUX_A_SESSION_ID, id);
	return call(mux, "session-get", msg, &listener);
}

/**
 * mux_session_dump() - ask for all sessions
 * @mux: the connection
 * @listener: is called for each
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_session_dump(struct mux *mux, const struct mux_listener *listener)
{
	return call(mux, "session-get", request(mux, VFIO_MIG_MUX_CMD_SESSION_GET, NLM_F_DUMP), listener);
}

/**
 * mux_session_abort() - end a session
 * @mux: the connection
 * @id: session number
 * @reason: in words, for both hosts; cut off at the length the family allows
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_session_abort(struct mux *mux, uint32_t id, const char *reason)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_SESSION_ABORT, 0);
	char text[VFIO_MIG_MUX_TEXT_MAX + 1];

	snprintf(text, sizeof(text), "%s", reason);
	put_u32(msg, VFIO_MIG_MUX_A_SESSION_ID, id);
	if (msg)
		nla_put_string(msg, VFIO_MIG_MUX_A_SESSION_REASON, text);
	return call(mux, "session-abort", msg, NULL);
}

/**
 * mux_umem_reg() - give a session its slots
 * @mux: the connection
 * @session: session number
 * @addr: start of the memory
 * @length: bytes
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_umem_reg(struct mux *mux, uint32_t session, const void *addr, uint64_t length)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_UMEM_REG, 0);

	put_u32(msg, VFIO_MIG_MUX_A_UMEM_SESSION, session);
	put_uint(msg, VFIO_MIG_MUX_A_UMEM_ADDR, (uintptr_t)addr);
	put_uint(msg, VFIO_MIG_MUX_A_UMEM_LENGTH, length);
	return call(mux, "umem-reg", msg, NULL);
}

/**
 * mux_device_new() - add a device to a session
 * @mux: the connection
 * @session: session number
 * @id: device number
 * @name: its name on both hosts
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_device_new(struct mux *mux, uint32_t session, uint32_t id, const char *name)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_DEVICE_NEW, 0);

	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_SESSION, session);
	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_ID, id);
	if (msg)
		nla_put_string(msg, VFIO_MIG_MUX_A_DEVICE_NAME, name);
	return call(mux, "device-new", msg, NULL);
}

/**
 * mux_device_attach() - give a device its data_fd
 * @mux: the connection
 * @session: session number
 * @id: device number
 * @data_fd: stays open in this process
 * @final: the device is in STOP_COPY
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_device_attach(struct mux *mux, uint32_t session, uint32_t id, int data_fd, bool final)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_DEVICE_ATTACH, 0);

	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_SESSION, session);
	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_ID, id);
	if (msg)
		nla_put_s32(msg, VFIO_MIG_MUX_A_DEVICE_DATA_FD, data_fd);
	put_flag(msg, VFIO_MIG_MUX_A_DEVICE_FINAL, final);
	return call(mux, "device-attach", msg, NULL);
}

/**
 * mux_device_set() - tell what a device's owner knows and its data_fd does not
 * @mux: the connection
 * @session: session number
 * @id: device number
 * @final: the device is in STOP_COPY
 * @kick: there may be more to read
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_device_set(struct mux *mux, uint32_t session, uint32_t id, bool final, bool kick)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_DEVICE_SET, 0);

	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_SESSION, session);
	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_ID, id);
	put_flag(msg, VFIO_MIG_MUX_A_DEVICE_FINAL, final);
	put_flag(msg, VFIO_MIG_MUX_A_DEVICE_KICK, kick);
	return call(mux, "device-set", msg, NULL);
}

/**
 * mux_device_set_trailer() - tell what the destination's owner needs besides the stream
 * @mux: the connection
 * @session: session number, of a source with the feature
 * @id: device number
 * @bytes: the trailer; takes the place of an earlier one
 * @length: its bytes, at most VFIO_MIG_MUX_TRAILER_MAX
 *
 * Before the device is declared final: afterwards its end may be sent.
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_device_set_trailer(struct mux *mux, uint32_t session, uint32_t id, const void *bytes, size_t length)
{
	struct nl_msg *msg;

	/* An attribute cannot be much longer. */
	if (length > VFIO_MIG_MUX_TRAILER_MAX)
		return fail("device-set: a trailer of %zu bytes is longer than %u bytes", length,
			    VFIO_MIG_MUX_TRAILER_MAX);
	msg = request_sized(mux, VFIO_MIG_MUX_CMD_DEVICE_SET, 0, REQUEST_BYTES + length);
	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_SESSION, session);
	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_ID, id);
	if (msg)
		nla_put(msg, VFIO_MIG_MUX_A_DEVICE_TRAILER, length, bytes);
	return call(mux, "device-set", msg, NULL);
}

static void copy_trailer(const struct mux_trailer *trailer, void *arg)
{
	struct mux_trailer *copy = arg;

	copy->length = trailer->length;
	memcpy(copy->bytes, trailer->bytes, trailer->length);
}

/**
 * mux_device_trailer_get() - ask what the source's owner has said of a device
 * @mux: the connection
 * @session: session number, of a destination with the feature
 * @id: number of a device that is loaded
 * @trailer: receives it
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_device_trailer_get(struct mux *mux, uint32_t session, uint32_t id, struct mux_trailer *trailer)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_DEVICE_TRAILER_GET, 0);
	struct mux_listener listener = { .trailer = copy_trailer, .arg = trailer };

	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_SESSION, session);
	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_ID, id);
	return call(mux, "device-trailer-get", msg, &listener);
}

static void copy_sync(const struct mux_device *device, void *arg)
{
	*(uint64_t *)arg = device->sync;
}

/**
 * mux_device_sync() - ask to be told when all that a data_fd has given is loaded
 * @mux: the connection
 * @session: session number, of a source
 * @id: device number
 * @point: receives the sync point: all is loaded when a notification, or
 *	mux_device_dump(), shows one at least as great as synced
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_device_sync(struct mux *mux, uint32_t session, uint32_t id, uint64_t *point)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_DEVICE_SYNC, 0);
	struct mux_listener listener = { .device = copy_sync, .arg = point };

	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_SESSION, session);
	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_ID, id);
	return call(mux, "device-sync", msg, &listener);
}

/**
 * mux_device_dump() - ask for all devices of a session
 * @mux: the connection
 * @session: session number
 * @listener: is called for each
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_device_dump(struct mux *mux, uint32_t session, const struct mux_listener *listener)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_DEVICE_GET, NLM_F_DUMP);

	put_u32(msg, VFIO_MIG_MUX_A_DEVICE_SESSION, session);
	return call(mux, "device-get", msg, listener);
}

/**
 * mux_channel_new() - give a session a connected socket
 * @mux: the connection
 * @session: session number
 * @id: channel number on the source, negative on the destination
 * @sock_fd: stays open in this process
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_channel_new(struct mux *mux, uint32_t session, int64_t id, int sock_fd)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_CHANNEL_NEW, 0);

	put_u32(msg, VFIO_MIG_MUX_A_CHANNEL_SESSION, session);
	if (id >= 0)
		put_u32(msg, VFIO_MIG_MUX_A_CHANNEL_ID, id);
	if (msg)
		nla_put_s32(msg, VFIO_MIG_MUX_A_CHANNEL_SOCK_FD, sock_fd);
	return call(mux, "channel-new", msg, NULL);
}

/**
 * mux_channel_dump() - ask for all channels of a session
 * @mux: the connection
 * @session: session number
 * @listener: is called for each
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_channel_dump(struct mux *mux, uint32_t session, const struct mux_listener *listener)
{
	struct nl_msg *msg = request(mux, VFIO_MIG_MUX_CMD_CHANNEL_GET, NLM_F_DUMP);

	put_u32(msg, VFIO_MIG_MUX_A_CHANNEL_SESSION, session);
	return call(mux, "channel-get", msg, listener);
}

/**
 * mux_monitor_open() - subscribe to the notifications
 * @mux: a connection of its own for them; mux_close() it
 *
 * Return: 0, or -1 with the error recorded.
 */
int mux_monitor_open(struct mux *mux)
{
	int group, err;

	if (mux_open(mux))
		return -1;
	group = genl_ctrl_resolve_grp(mux->sock, VFIO_MIG_MUX_FAMILY_NAME, VFIO_MIG_MUX_MCGRP_MONITOR);
	err = group < 0 ? group : nl_socket_add_membership(mux->sock, group);
	if (err < 0) {
		fail_environment("the netlink group '" VFIO_MIG_MUX_MCGRP_MONITOR "': %s", nl_geterror(err));
		mux_close(mux);
		return -1;
	}
	nl_socket_set_nonblocking(mux->sock);
	/* Many devices and channels may change state at once. */
	nl_socket_set_buffer_size(mux->sock, 1 << 20, 0);
	return 0;
}

/**
 * mux_monitor_fd() - what to wait for
 * @mux: a subscription
 *
 * Return: a file descriptor that stays the subscription's.
 */
int mux_monitor_fd(const struct mux *mux)
{
	return nl_socket_get_fd(mux->sock);
}

static int no_seq_check(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

/**
 * mux_monitor_read() - hand the notifications that are there to a listener
 * @mux: a subscription
 * @listener: is called for each
 *
 * Return: 0; 1 if some were lost because they came too fast; -1 with the error
 * recorded.
 */
int mux_monitor_read(struct mux *mux, const struct mux_listener *listener)
{
	struct call state = { .listener = listener };
	struct nl_cb *cb = call_callbacks(&state);
	int err = -NLE_NOMEM;

	if (cb) {
		nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_seq_check, NULL);
		do
			err = nl_recvmsgs(mux->sock, cb);
		while (err >= 0);
		nl_cb_put(cb);
	}
	if (err == -NLE_AGAIN)
		return 0;
	/* How libnl spells ENOBUFS. */
	if (err == -NLE_NOMEM)
		return 1;
	return fail("netlink notifications: %s", nl_geterror(err));
}
