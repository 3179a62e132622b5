// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_mig_sim: a simulated VFIO device that can migrate. Init and exit only.
 */
#include <linux/module.h>

#include "sim.h"

static int __init sim_init(void)
{
	sim_knobs_init();
	return sim_bus_register();
}
module_init(sim_init);

static void __exit sim_exit(void)
{
	sim_bus_unregister();
}
module_exit(sim_exit);

MODULE_DESCRIPTION("Simulated VFIO device with migration");
MODULE_LICENSE("GPL");
