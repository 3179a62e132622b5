// SPDX-License-Identifier: GPL-2.0
/*
 * vfio_mig_mux: VFIO migration state over several sockets.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#include "netlink_gen.h"
#include "session.h"

static int __init mux_init(void)
{
	int ret;

	ret = mux_session_init();
	if (ret)
		return ret;
	ret = genl_register_family(&vfio_mig_mux_nl_family);
	if (ret)
		goto err_session;
	return 0;

err_session:
	mux_session_exit();
	return ret;
}

static void __exit mux_exit(void)
{
	genl_unregister_family(&vfio_mig_mux_nl_family);
	mux_session_exit();
}

module_init(mux_init);
module_exit(mux_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO migration state over several sockets");
MODULE_AUTHOR("The vfio_mig_mux developers");
MODULE_ALIAS_GENL_FAMILY(VFIO_MIG_MUX_FAMILY_NAME);
