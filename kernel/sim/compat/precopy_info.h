/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Since 7.2 a user can tell VFIO core that it reads the flags of struct
 * vfio_precopy_info, VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2. Where nobody can,
 * the knob for what the flags are about is missing. Kbuild looks which it is.
 */
#ifndef _VFIO_MIG_SIM_COMPAT_PRECOPY_INFO_H
#define _VFIO_MIG_SIM_COMPAT_PRECOPY_INFO_H

#include <linux/vfio.h>

#ifndef VFIO_PRECOPY_INFO_REINIT
#define VFIO_PRECOPY_INFO_REINIT	1
#endif

#ifdef SIM_HAVE_PRECOPY_INFO_V2
#define SIM_REINIT_KNOB			OFFSET(pre_copy_reinit),
#else
#define SIM_REINIT_KNOB
#endif

static inline bool sim_reads_precopy_flags(const struct vfio_device *vdev)
{
#ifdef SIM_HAVE_PRECOPY_INFO_V2
	return vdev->precopy_info_v2;
#else
	return false;
#endif
}

#endif /* _VFIO_MIG_SIM_COMPAT_PRECOPY_INFO_H */
