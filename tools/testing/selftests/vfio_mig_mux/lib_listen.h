/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notifications, as they come.
 */
#ifndef _LIB_LISTEN_H_
#define _LIB_LISTEN_H_

#include "lib_show.h"

struct listener {
	struct nl_sock *sock;
};

/**
 * struct notice - a notification
 * @cmd: VFIO_MIG_MUX_CMD_*_NTF
 * @session: if it is about a session
 * @device: if it is about a device
 * @channel: if it is about a channel
 */
struct notice {
	__u8 cmd;
	union {
		struct session_info session;
		struct device_info device;
		struct channel_info channel;
	};
};

int listener_open(struct listener *listener);
void listener_close(struct listener *listener);
int listener_next(struct listener *listener, int wait_ms, struct notice *notice);

#endif /* _LIB_LISTEN_H_ */
