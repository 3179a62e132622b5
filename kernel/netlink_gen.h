/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vfio-mig-mux.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_VFIO_MIG_MUX_GEN_H
#define _LINUX_VFIO_MIG_MUX_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/vfio_mig_mux.h>

int vfio_mig_mux_nl_session_new_doit(struct sk_buff *skb,
				     struct genl_info *info);
int vfio_mig_mux_nl_session_get_doit(struct sk_buff *skb,
				     struct genl_info *info);
int vfio_mig_mux_nl_session_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb);
int vfio_mig_mux_nl_session_abort_doit(struct sk_buff *skb,
				       struct genl_info *info);
int vfio_mig_mux_nl_umem_reg_doit(struct sk_buff *skb, struct genl_info *info);
int vfio_mig_mux_nl_device_new_doit(struct sk_buff *skb,
				    struct genl_info *info);
int vfio_mig_mux_nl_device_attach_doit(struct sk_buff *skb,
				       struct genl_info *info);
int vfio_mig_mux_nl_device_set_doit(struct sk_buff *skb,
				    struct genl_info *info);
int vfio_mig_mux_nl_device_get_doit(struct sk_buff *skb,
				    struct genl_info *info);
int vfio_mig_mux_nl_device_get_dumpit(struct sk_buff *skb,
				      struct netlink_callback *cb);
int vfio_mig_mux_nl_channel_new_doit(struct sk_buff *skb,
				     struct genl_info *info);
int vfio_mig_mux_nl_channel_get_doit(struct sk_buff *skb,
				     struct genl_info *info);
int vfio_mig_mux_nl_channel_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb);
int vfio_mig_mux_nl_channel_del_doit(struct sk_buff *skb,
				     struct genl_info *info);
int vfio_mig_mux_nl_session_set_doit(struct sk_buff *skb,
				     struct genl_info *info);
int vfio_mig_mux_nl_device_trailer_get_doit(struct sk_buff *skb,
					    struct genl_info *info);
int vfio_mig_mux_nl_device_sync_doit(struct sk_buff *skb,
				     struct genl_info *info);

enum {
	VFIO_MIG_MUX_NLGRP_MONITOR,
};

extern struct genl_family vfio_mig_mux_nl_family;

#endif /* _LINUX_VFIO_MIG_MUX_GEN_H */
