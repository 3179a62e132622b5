/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Show: what netlink says of sessions, devices and channels.
 */
#ifndef _MUX_SHOW_H_
#define _MUX_SHOW_H_

struct genl_info;
struct mux_channel;
struct mux_device;
struct mux_session;
struct sk_buff;

int mux_show_session(struct sk_buff *skb, const struct genl_info *info,
		     struct mux_session *session);
int mux_show_device(struct sk_buff *skb, const struct genl_info *info,
		    struct mux_device *device);
int mux_show_channel(struct sk_buff *skb, const struct genl_info *info,
		     struct mux_channel *channel);

#endif /* _MUX_SHOW_H_ */
