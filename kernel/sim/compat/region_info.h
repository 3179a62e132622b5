/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Since 6.19 VFIO core answers VFIO_DEVICE_GET_REGION_INFO itself and asks the
 * driver through an operation of its own; before, it is an ioctl like others.
 * Kbuild looks which it is. The ioctl's case is harmless where it is not used.
 */
#ifndef _VFIO_MIG_SIM_COMPAT_REGION_INFO_H
#define _VFIO_MIG_SIM_COMPAT_REGION_INFO_H

#ifdef SIM_HAVE_REGION_INFO_OP
#define SIM_REGION_INFO_OP	.get_region_info_caps = sim_pci_region_info,
#else
#define SIM_REGION_INFO_OP
#endif

#endif /* _VFIO_MIG_SIM_COMPAT_REGION_INFO_H */
