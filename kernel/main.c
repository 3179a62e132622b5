// SPDX-License-Identifier: GPL-2.0
/*
 * vfio_mig_mux: VFIO migration state over several sockets.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#include <uapi/linux/vfio_mig_mux.h>

#include "netlink.h"
#include "session.h"

static int __init mux_init(void)
{
	int ret;

	ret = mux_session_init();
	if (ret)
		return ret;
	ret = mux_netlink_init();
	if (ret)
		goto err_session;
	return 0;

err_session:
	mux_session_exit();
	return ret;
}

static void __exit mux_exit(void)
{
	mux_netlink_exit();
	mux_session_exit();
}

module_init(mux_init);
module_exit(mux_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO migration state over several sockets");
MODULE_AUTHOR("The vfio_mig_mux developers");
MODULE_ALIAS_GENL_FAMILY(VFIO_MIG_MUX_FAMILY_NAME);
