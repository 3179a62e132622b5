/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A netlink socket to vfio_mig_mux: sends a request as it is told to, right or
 * wrong, and keeps all that is answered.
 */
#ifndef _LIB_MUX_H_
#define _LIB_MUX_H_

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/types.h>
#include <linux/vfio_mig_mux.h>

struct nl_sock;

#define MUX_REPLIES_MAX	256

/**
 * struct mux - a netlink socket and the answer to its last request
 * @sock: the socket
 * @family: number of the generic netlink family
 * @text: extack text, empty if there was none
 * @bad: type of the attribute the extack points at, 0 if at none
 * @missing: type of the attribute the extack says is missing, 0 if none
 * @nr_replies: messages answered before the final status
 * @replies: these messages
 */
struct mux {
	struct nl_sock *sock;
	int family;
	char text[512];
	__u16 bad;
	__u16 missing;
	int nr_replies;
	struct nlmsghdr *replies[MUX_REPLIES_MAX];
};

/**
 * struct attr - an attribute of a request
 * @type: its type
 * @length: bytes of its payload
 * @data: where they are, or %NULL if they are in @number
 * @number: payload of up to 8 bytes
 */
struct attr {
	int type;
	size_t length;
	const void *data;
	__u64 number;
};

static inline struct attr attr_bytes(int type, const void *data, size_t length)
{
	return (struct attr){ .type = type, .data = data, .length = length };
}

static inline struct attr attr_u32(int type, __u32 value)
{
	struct attr attr = { .type = type, .length = sizeof(value) };

	memcpy(&attr.number, &value, sizeof(value));
	return attr;
}

static inline struct attr attr_u64(int type, __u64 value)
{
	return (struct attr){ .type = type, .length = sizeof(value), .number = value };
}

static inline struct attr attr_text(int type, const char *text)
{
	return attr_bytes(type, text, strlen(text) + 1);
}

static inline struct attr attr_flag(int type)
{
	return (struct attr){ .type = type };
}

/* For a request without any attribute */
static inline struct attr attr_none(void)
{
	return (struct attr){ .type = -1 };
}

int mux_open(struct mux *mux);
void mux_close(struct mux *mux);
int mux_request(struct mux *mux, __u8 cmd, __u16 flags, const struct attr *attrs, size_t count);

/* Send a request made of attributes; returns 0 or the negative errno answered */
#define mux_do(mux, cmd, ...)							\
	mux_request(mux, cmd, NLM_F_ACK, (struct attr[]){ __VA_ARGS__ },	\
		    sizeof((struct attr[]){ __VA_ARGS__ }) / sizeof(struct attr))

#define mux_dump(mux, cmd, ...)							\
	mux_request(mux, cmd, NLM_F_DUMP, (struct attr[]){ __VA_ARGS__ },	\
		    sizeof((struct attr[]){ __VA_ARGS__ }) / sizeof(struct attr))

#endif /* _LIB_MUX_H_ */
