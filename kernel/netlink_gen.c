// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vfio-mig-mux.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <uapi/linux/vfio_mig_mux.h>

/* Integer value ranges */
static const struct netlink_range_validation vfio_mig_mux_a_session_chunk_size_range = {
	.min	= VFIO_MIG_MUX_CHUNK_SIZE_MIN,
	.max	= VFIO_MIG_MUX_CHUNK_SIZE_MAX,
};

/* VFIO_MIG_MUX_CMD_SESSION_NEW - do */
static const struct nla_policy vfio_mig_mux_session_new_nl_policy[VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH + 1] = {
	[VFIO_MIG_MUX_A_SESSION_ROLE] = NLA_POLICY_MAX(NLA_U32, 1),
	[VFIO_MIG_MUX_A_SESSION_UUID] = NLA_POLICY_EXACT_LEN(VFIO_MIG_MUX_UUID_LEN),
	[VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE] = NLA_POLICY_FULL_RANGE(NLA_U32, &vfio_mig_mux_a_session_chunk_size_range),
	[VFIO_MIG_MUX_A_SESSION_CHANNELS] = NLA_POLICY_RANGE(NLA_U32, 1, VFIO_MIG_MUX_CHANNELS_MAX),
	[VFIO_MIG_MUX_A_SESSION_FEATURES] = NLA_POLICY_MASK(NLA_U32, 0x7),
	[VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT] = { .type = NLA_U32, },
	[VFIO_MIG_MUX_A_SESSION_CHANNEL_TIMEOUT] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH] = { .type = NLA_UINT, },
};

/* VFIO_MIG_MUX_CMD_SESSION_GET - do */
static const struct nla_policy vfio_mig_mux_session_get_nl_policy[VFIO_MIG_MUX_A_SESSION_ID + 1] = {
	[VFIO_MIG_MUX_A_SESSION_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VFIO_MIG_MUX_CMD_SESSION_ABORT - do */
static const struct nla_policy vfio_mig_mux_session_abort_nl_policy[VFIO_MIG_MUX_A_SESSION_REASON + 1] = {
	[VFIO_MIG_MUX_A_SESSION_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_SESSION_REASON] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_MUX_TEXT_MAX, },
};

/* VFIO_MIG_MUX_CMD_UMEM_REG - do */
static const struct nla_policy vfio_mig_mux_umem_reg_nl_policy[VFIO_MIG_MUX_A_UMEM_LENGTH + 1] = {
	[VFIO_MIG_MUX_A_UMEM_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_UMEM_ADDR] = { .type = NLA_UINT, },
	[VFIO_MIG_MUX_A_UMEM_LENGTH] = { .type = NLA_UINT, },
};

/* VFIO_MIG_MUX_CMD_DEVICE_NEW - do */
static const struct nla_policy vfio_mig_mux_device_new_nl_policy[VFIO_MIG_MUX_A_DEVICE_WINDOW + 1] = {
	[VFIO_MIG_MUX_A_DEVICE_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_DEVICE_ID] = NLA_POLICY_MAX(NLA_U32, 63),
	[VFIO_MIG_MUX_A_DEVICE_NAME] = { .type = NLA_NUL_STRING, .len = VFIO_MIG_MUX_NAME_MAX, },
	[VFIO_MIG_MUX_A_DEVICE_WINDOW] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VFIO_MIG_MUX_CMD_DEVICE_ATTACH - do */
static const struct nla_policy vfio_mig_mux_device_attach_nl_policy[VFIO_MIG_MUX_A_DEVICE_FINAL + 1] = {
	[VFIO_MIG_MUX_A_DEVICE_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_DEVICE_ID] = NLA_POLICY_MAX(NLA_U32, 63),
	[VFIO_MIG_MUX_A_DEVICE_DATA_FD] = NLA_POLICY_MIN(NLA_S32, 0),
	[VFIO_MIG_MUX_A_DEVICE_FINAL] = { .type = NLA_FLAG, },
};

/* VFIO_MIG_MUX_CMD_DEVICE_SET - do */
static const struct nla_policy vfio_mig_mux_device_set_nl_policy[VFIO_MIG_MUX_A_DEVICE_TRAILER + 1] = {
	[VFIO_MIG_MUX_A_DEVICE_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_DEVICE_ID] = NLA_POLICY_MAX(NLA_U32, 63),
	[VFIO_MIG_MUX_A_DEVICE_FINAL] = { .type = NLA_FLAG, },
	[VFIO_MIG_MUX_A_DEVICE_KICK] = { .type = NLA_FLAG, },
	[VFIO_MIG_MUX_A_DEVICE_TRAILER] = { .type = NLA_BINARY, },
};

/* VFIO_MIG_MUX_CMD_DEVICE_GET - do */
static const struct nla_policy vfio_mig_mux_device_get_do_nl_policy[VFIO_MIG_MUX_A_DEVICE_ID + 1] = {
	[VFIO_MIG_MUX_A_DEVICE_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_DEVICE_ID] = NLA_POLICY_MAX(NLA_U32, 63),
};

/* VFIO_MIG_MUX_CMD_DEVICE_GET - dump */
static const struct nla_policy vfio_mig_mux_device_get_dump_nl_policy[VFIO_MIG_MUX_A_DEVICE_SESSION + 1] = {
	[VFIO_MIG_MUX_A_DEVICE_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VFIO_MIG_MUX_CMD_CHANNEL_NEW - do */
static const struct nla_policy vfio_mig_mux_channel_new_nl_policy[VFIO_MIG_MUX_A_CHANNEL_SOCK_FD + 1] = {
	[VFIO_MIG_MUX_A_CHANNEL_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_CHANNEL_ID] = NLA_POLICY_MAX(NLA_U32, 63),
	[VFIO_MIG_MUX_A_CHANNEL_SOCK_FD] = NLA_POLICY_MIN(NLA_S32, 0),
};

/* VFIO_MIG_MUX_CMD_CHANNEL_GET - do */
static const struct nla_policy vfio_mig_mux_channel_get_do_nl_policy[VFIO_MIG_MUX_A_CHANNEL_ID + 1] = {
	[VFIO_MIG_MUX_A_CHANNEL_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_CHANNEL_ID] = NLA_POLICY_MAX(NLA_U32, 63),
};

/* VFIO_MIG_MUX_CMD_CHANNEL_GET - dump */
static const struct nla_policy vfio_mig_mux_channel_get_dump_nl_policy[VFIO_MIG_MUX_A_CHANNEL_SESSION + 1] = {
	[VFIO_MIG_MUX_A_CHANNEL_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VFIO_MIG_MUX_CMD_CHANNEL_DEL - do */
static const struct nla_policy vfio_mig_mux_channel_del_nl_policy[VFIO_MIG_MUX_A_CHANNEL_ID + 1] = {
	[VFIO_MIG_MUX_A_CHANNEL_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_CHANNEL_ID] = NLA_POLICY_MAX(NLA_U32, 63),
};

/* VFIO_MIG_MUX_CMD_SESSION_SET - do */
static const struct nla_policy vfio_mig_mux_session_set_nl_policy[VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH + 1] = {
	[VFIO_MIG_MUX_A_SESSION_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH] = { .type = NLA_UINT, },
};

/* VFIO_MIG_MUX_CMD_DEVICE_TRAILER_GET - do */
static const struct nla_policy vfio_mig_mux_device_trailer_get_nl_policy[VFIO_MIG_MUX_A_DEVICE_ID + 1] = {
	[VFIO_MIG_MUX_A_DEVICE_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_DEVICE_ID] = NLA_POLICY_MAX(NLA_U32, 63),
};

/* VFIO_MIG_MUX_CMD_DEVICE_SYNC - do */
static const struct nla_policy vfio_mig_mux_device_sync_nl_policy[VFIO_MIG_MUX_A_DEVICE_ID + 1] = {
	[VFIO_MIG_MUX_A_DEVICE_SESSION] = NLA_POLICY_MIN(NLA_U32, 1),
	[VFIO_MIG_MUX_A_DEVICE_ID] = NLA_POLICY_MAX(NLA_U32, 63),
};

/* Ops table for vfio_mig_mux */
static const struct genl_split_ops vfio_mig_mux_nl_ops[] = {
	{
		.cmd		= VFIO_MIG_MUX_CMD_SESSION_NEW,
		.doit		= vfio_mig_mux_nl_session_new_doit,
		.policy		= vfio_mig_mux_session_new_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_SESSION_GET,
		.doit		= vfio_mig_mux_nl_session_get_doit,
		.policy		= vfio_mig_mux_session_get_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_SESSION_ID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= VFIO_MIG_MUX_CMD_SESSION_GET,
		.dumpit	= vfio_mig_mux_nl_session_get_dumpit,
		.flags	= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_SESSION_ABORT,
		.doit		= vfio_mig_mux_nl_session_abort_doit,
		.policy		= vfio_mig_mux_session_abort_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_SESSION_REASON,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_UMEM_REG,
		.doit		= vfio_mig_mux_nl_umem_reg_doit,
		.policy		= vfio_mig_mux_umem_reg_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_UMEM_LENGTH,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_DEVICE_NEW,
		.doit		= vfio_mig_mux_nl_device_new_doit,
		.policy		= vfio_mig_mux_device_new_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_DEVICE_WINDOW,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_DEVICE_ATTACH,
		.doit		= vfio_mig_mux_nl_device_attach_doit,
		.policy		= vfio_mig_mux_device_attach_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_DEVICE_FINAL,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_DEVICE_SET,
		.doit		= vfio_mig_mux_nl_device_set_doit,
		.policy		= vfio_mig_mux_device_set_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_DEVICE_TRAILER,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_DEVICE_GET,
		.doit		= vfio_mig_mux_nl_device_get_doit,
		.policy		= vfio_mig_mux_device_get_do_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_DEVICE_ID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_DEVICE_GET,
		.dumpit		= vfio_mig_mux_nl_device_get_dumpit,
		.policy		= vfio_mig_mux_device_get_dump_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_DEVICE_SESSION,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_CHANNEL_NEW,
		.doit		= vfio_mig_mux_nl_channel_new_doit,
		.policy		= vfio_mig_mux_channel_new_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_CHANNEL_SOCK_FD,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_CHANNEL_GET,
		.doit		= vfio_mig_mux_nl_channel_get_doit,
		.policy		= vfio_mig_mux_channel_get_do_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_CHANNEL_ID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_CHANNEL_GET,
		.dumpit		= vfio_mig_mux_nl_channel_get_dumpit,
		.policy		= vfio_mig_mux_channel_get_dump_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_CHANNEL_SESSION,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_CHANNEL_DEL,
		.doit		= vfio_mig_mux_nl_channel_del_doit,
		.policy		= vfio_mig_mux_channel_del_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_CHANNEL_ID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_SESSION_SET,
		.doit		= vfio_mig_mux_nl_session_set_doit,
		.policy		= vfio_mig_mux_session_set_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_DEVICE_TRAILER_GET,
		.doit		= vfio_mig_mux_nl_device_trailer_get_doit,
		.policy		= vfio_mig_mux_device_trailer_get_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_DEVICE_ID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VFIO_MIG_MUX_CMD_DEVICE_SYNC,
		.doit		= vfio_mig_mux_nl_device_sync_doit,
		.policy		= vfio_mig_mux_device_sync_nl_policy,
		.maxattr	= VFIO_MIG_MUX_A_DEVICE_ID,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group vfio_mig_mux_nl_mcgrps[] = {
	[VFIO_MIG_MUX_NLGRP_MONITOR] = { "monitor", },
};

struct genl_family vfio_mig_mux_nl_family __ro_after_init = {
	.name		= VFIO_MIG_MUX_FAMILY_NAME,
	.version	= VFIO_MIG_MUX_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= vfio_mig_mux_nl_ops,
	.n_split_ops	= ARRAY_SIZE(vfio_mig_mux_nl_ops),
	.mcgrps		= vfio_mig_mux_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(vfio_mig_mux_nl_mcgrps),
};
