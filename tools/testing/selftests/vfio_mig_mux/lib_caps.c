// SPDX-License-Identifier: GPL-2.0
/*
 * Capabilities of the test, laid down and taken up again.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "lib_caps.h"

/**
 * capability_set() - have a capability or not
 * @capability: CAP_*; stays permitted in any case
 * @effective: whether to have it
 *
 * Return: 0 or a negative errno.
 */
int capability_set(int capability, bool effective)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	__u32 bit = CAP_TO_MASK(capability);
	__u32 *word;

	if (syscall(SYS_capget, &header, data))
		return -errno;
	word = &data[CAP_TO_INDEX(capability)].effective;
	*word = effective ? *word | bit : *word & ~bit;
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}
