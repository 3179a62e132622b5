// SPDX-License-Identifier: GPL-2.0
/*
 * A netlink socket to vfio_mig_mux. libnl makes the messages; what is answered
 * is read here, because libnl keeps an extack's words and offset to itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "lib_mux.h"

#define REQUEST_SIZE	65536
#define ANSWER_SIZE	65536

static int load_modules(void)
{
	if (!access("/sys/module/vfio_mig_mux", F_OK) &&
	    !access("/sys/module/vfio_mig_sim", F_OK))
		return 0;
	/* Not every kernel has the type1 container, or needs it. */
	(void)!system("modprobe -q vfio_iommu_type1");
	return system("modprobe vfio_mig_mux && modprobe vfio_mig_sim") ? -ENOENT : 0;
}

/**
 * mux_open() - open a netlink socket to the module, which is loaded if need be
 * @mux: receives the socket
 *
 * Return: 0 or a negative errno.
 */
int mux_open(struct mux *mux)
{
	struct timeval limit = { .tv_sec = 20 };
	int room = 1 << 18, one = 1;
	int fd;

	memset(mux, 0, sizeof(*mux));
	if (load_modules())
		return -ENOENT;
	mux->sock = nl_socket_alloc();
	if (!mux->sock || genl_connect(mux->sock))
		return -ENOTCONN;
	mux->family = genl_ctrl_resolve(mux->sock, VFIO_MIG_MUX_FAMILY_NAME);
	if (mux->family < 0)
		return -ENOENT;
	fd = nl_socket_get_fd(mux->sock);
	/* With the longest trailer in it an acknowledgment must fit, too. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return -errno;
	return 0;
}

static void forget_answer(struct mux *mux)
{
	while (mux->nr_replies)
		free(mux->replies[--mux->nr_replies]);
	mux->text[0] = '\0';
	mux->bad = 0;
	mux->missing = 0;
}

/**
 * mux_close() - close the socket
 * @mux: a socket, opened or all zero
 */
void mux_close(struct mux *mux)
{
	forget_answer(mux);
	nl_socket_free(mux->sock);
	mux->sock = NULL;
}

static struct nl_msg *make_request(struct mux *mux, __u8 cmd, __u16 flags,
				   const struct attr *attrs, size_t count)
{
	struct nl_msg *request = nlmsg_alloc_size(REQUEST_SIZE);
	size_t i;

	if (!request)
		return NULL;
	genlmsg_put(request, NL_AUTO_PORT, NL_AUTO_SEQ, mux->family, 0,
		    flags, cmd, VFIO_MIG_MUX_FAMILY_VERSION);
	for (i = 0; i < count; i++) {
		const struct attr *attr = &attrs[i];

		if (attr->type >= 0)
			nla_put(request, attr->type, attr->length,
				attr->data ?: &attr->number);
	}
	return request;
}

/* The kernel gives offsets into the request: which attribute is there? */
static __u16 attr_at(struct nlmsghdr *request, __u32 offset)
{
	const struct nlattr *attr = (const void *)((const char *)request + offset);

	return offset + sizeof(*attr) <= request->nlmsg_len ? nla_type(attr) : 0xffff;
}

static void take_extack(struct mux *mux, struct nlmsghdr *request,
			struct nlattr *attrs, int length)
{
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = { NULL };

	nla_parse(tb, NLMSGERR_ATTR_MAX, attrs, length, NULL);
	if (tb[NLMSGERR_ATTR_MSG])
		snprintf(mux->text, sizeof(mux->text), "%s", nla_get_string(tb[NLMSGERR_ATTR_MSG]));
	if (tb[NLMSGERR_ATTR_OFFS])
		mux->bad = attr_at(request, nla_get_u32(tb[NLMSGERR_ATTR_OFFS]));
	if (tb[NLMSGERR_ATTR_MISS_TYPE])
		mux->missing = nla_get_u32(tb[NLMSGERR_ATTR_MISS_TYPE]);
}

/* An acknowledgment: errno, the request or only its header, extack */
static int take_ack(struct mux *mux, struct nlmsghdr *request, struct nlmsghdr *answer)
{
	struct nlmsgerr *ack = nlmsg_data(answer);
	size_t skip = sizeof(*ack);

	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(ack->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (answer->nlmsg_flags & NLM_F_ACK_TLVS)
		take_extack(mux, request, (void *)((char *)ack + skip),
			    nlmsg_datalen(answer) - skip);
	return ack->error;
}

/* The end of a dump: errno, extack */
static int take_done(struct mux *mux, struct nlmsghdr *request, struct nlmsghdr *answer)
{
	int *error = nlmsg_data(answer);

	if (answer->nlmsg_flags & NLM_F_ACK_TLVS)
		take_extack(mux, request, (void *)(error + 1),
			    nlmsg_datalen(answer) - sizeof(*error));
	return *error;
}

static void keep_reply(struct mux *mux, const struct nlmsghdr *answer)
{
	struct nlmsghdr *copy = malloc(answer->nlmsg_len);

	if (!copy || mux->nr_replies == MUX_REPLIES_MAX)
		abort();
	memcpy(copy, answer, answer->nlmsg_len);
	mux->replies[mux->nr_replies++] = copy;
}

/* Returns true if the answer ends with this message, with *@ret its errno */
static bool take_message(struct mux *mux, struct nlmsghdr *request,
			 struct nlmsghdr *answer, int *ret)
{
	if (answer->nlmsg_seq != request->nlmsg_seq)
		return false;
	switch (answer->nlmsg_type) {
	case NLMSG_ERROR:
		*ret = take_ack(mux, request, answer);
		return true;
	case NLMSG_DONE:
		*ret = take_done(mux, request, answer);
		return true;
	default:
		keep_reply(mux, answer);
		return false;
	}
}

static int take_answer(struct mux *mux, struct nlmsghdr *request)
{
	static struct nlmsghdr buf[ANSWER_SIZE / sizeof(struct nlmsghdr)];
	struct nlmsghdr *answer;
	int length, ret = 0;

	for (;;) {
		length = recv(nl_socket_get_fd(mux->sock), buf, sizeof(buf), 0);
		if (length < 0)
			return -errno;
		answer = buf;
		for (; nlmsg_ok(answer, length); answer = nlmsg_next(answer, &length)) {
			if (take_message(mux, request, answer, &ret))
				return ret;
		}
	}
}

/**
 * mux_request() - send a request and wait for its answer
 * @mux: the socket
 * @cmd: VFIO_MIG_MUX_CMD_*
 * @flags: NLM_F_ACK or NLM_F_DUMP
 * @attrs: attributes, in this order; what is in them is not looked at
 * @count: number of @attrs
 *
 * Return: 0, or the negative errno that was answered.
 */
int mux_request(struct mux *mux, __u8 cmd, __u16 flags, const struct attr *attrs, size_t count)
{
	struct nl_msg *request = make_request(mux, cmd, flags, attrs, count);
	int ret;

	forget_answer(mux);
	if (!request)
		return -ENOMEM;
	ret = nl_send_auto(mux->sock, request);
	ret = ret < 0 ? -ECOMM : take_answer(mux, nlmsg_hdr(request));
	nlmsg_free(request);
	return ret;
}
