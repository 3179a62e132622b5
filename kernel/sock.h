/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets, as channels use them.
 */
#ifndef _MUX_SOCK_H_
#define _MUX_SOCK_H_

#include <linux/types.h>

struct mux_slot;
struct netlink_ext_ack;
struct socket;

struct socket *mux_sock_get(int fd, struct netlink_ext_ack *extack);
void mux_sock_put(struct socket *sock, bool clean);

int mux_sock_send(struct socket *sock, const void *buf, u32 length, u32 *done,
		  unsigned int flags);
int mux_sock_send_slot(struct socket *sock, const struct mux_slot *slot,
		       u32 length, u32 *done, unsigned int flags);
int mux_sock_recv(struct socket *sock, void *buf, u32 length, u32 *done);
int mux_sock_recv_slot(struct socket *sock, const struct mux_slot *slot,
		       u32 length, u32 *done);
void mux_sock_set_queue(struct socket *sock, u32 bytes);
u32 mux_sock_backlog(const struct socket *sock, u64 *acked);
u32 mux_sock_farewell(const struct socket *sock, u32 length);
u32 mux_sock_written(const struct socket *sock);
bool mux_sock_pending(const struct socket *sock, u32 *acked);
void mux_sock_reset(struct socket *sock);
void mux_sock_shutdown(struct socket *sock, bool both);

#endif /* _MUX_SOCK_H_ */
