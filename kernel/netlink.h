/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink: the family and its calls, which netlink_gen.h declares.
 */
#ifndef _MUX_NETLINK_H_
#define _MUX_NETLINK_H_

int mux_netlink_init(void);
void mux_netlink_exit(void);

#endif /* _MUX_NETLINK_H_ */
