// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PCI function a device looks like: configuration space and one BAR, just
 * enough for a VMM to put it on a bus. Called by device.c for accesses to the
 * device's file; no part of what migrates.
 */
#include <linux/pci_ids.h>
#include <linux/pci_regs.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

#include "sim.h"

/* PCI ID for experiments, as docs/specs/pci-ids.rst of QEMU sets it aside. */
#define SIM_PCI_VENDOR		PCI_VENDOR_ID_REDHAT_QUMRANET
#define SIM_PCI_DEVICE		0x10f5
#define SIM_PCI_CLASS		0xff	/* does not fit in any */

/* As vfio-pci does it: the region in the upper bits of the file offset. */
#define SIM_REGION_SHIFT	40
#define SIM_REGION_MASK		((1ULL << SIM_REGION_SHIFT) - 1)

/* What a guest may write; answering all ones with the BAR's size falls out. */
static const u8 sim_pci_writable[SIM_CONFIG_SIZE] = {
	[PCI_COMMAND] = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
	[PCI_COMMAND + 1] = PCI_COMMAND_INTX_DISABLE >> 8,
	[PCI_CACHE_LINE_SIZE] = 0xff,
	[PCI_LATENCY_TIMER] = 0xff,
	[PCI_BASE_ADDRESS_0 + 1] = 0xff & ~((SIM_BAR_SIZE - 1) >> 8),
	[PCI_BASE_ADDRESS_0 + 2] = 0xff,
	[PCI_BASE_ADDRESS_0 + 3] = 0xff,
	[PCI_INTERRUPT_LINE] = 0xff,
};

/**
 * sim_pci_reset - set registers and memory to what they are after reset
 * @sim: the device
 */
void sim_pci_reset(struct sim_device *sim)
{
	u8 *config = sim->config_space;

	mutex_lock(&sim->regs_lock);
	memset(config, 0, sizeof(sim->config_space));
	memset(sim->bar, 0, sizeof(sim->bar));
	put_unaligned_le16(SIM_PCI_VENDOR, config + PCI_VENDOR_ID);
	put_unaligned_le16(SIM_PCI_DEVICE, config + PCI_DEVICE_ID);
	put_unaligned_le16(SIM_PCI_VENDOR, config + PCI_SUBSYSTEM_VENDOR_ID);
	put_unaligned_le16(SIM_PCI_DEVICE, config + PCI_SUBSYSTEM_ID);
	config[PCI_CLASS_DEVICE + 1] = SIM_PCI_CLASS;
	mutex_unlock(&sim->regs_lock);
}

static size_t region_size(unsigned int index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return SIM_BAR_SIZE;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return SIM_CONFIG_SIZE;
	default:
		return 0;
	}
}

static u8 *region_memory(struct sim_device *sim, unsigned int index)
{
	return index == VFIO_PCI_CONFIG_REGION_INDEX ? sim->config_space :
						       sim->bar;
}

/* How much of an access lies in its region; nothing is an error. */
static ssize_t clip(loff_t pos, size_t count, unsigned int *index, u64 *offset)
{
	size_t size;

	if (pos < 0 || pos >> SIM_REGION_SHIFT >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	*index = pos >> SIM_REGION_SHIFT;
	*offset = pos & SIM_REGION_MASK;
	size = region_size(*index);
	if (*offset >= size)
		return -EINVAL;
	return min_t(u64, count, size - *offset);
}

/**
 * sim_pci_read - read from a region
 * @sim: the device
 * @buf: where to
 * @count: how much
 * @ppos: file offset, advanced
 *
 * Return: bytes read, -EINVAL outside any region, -EFAULT.
 */
ssize_t sim_pci_read(struct sim_device *sim, char __user *buf, size_t count,
		     loff_t *ppos)
{
	unsigned int index;
	u64 offset;
	ssize_t n;

	n = clip(*ppos, count, &index, &offset);
	if (n <= 0)
		return n;

	mutex_lock(&sim->regs_lock);
	if (copy_to_user(buf, region_memory(sim, index) + offset, n))
		n = -EFAULT;
	mutex_unlock(&sim->regs_lock);
	if (n > 0)
		*ppos += n;
	return n;
}

/**
 * sim_pci_write - write to a region
 * @sim: the device
 * @buf: where from
 * @count: how much
 * @ppos: file offset, advanced
 *
 * Return: bytes written, -EINVAL outside any region, -EFAULT.
 */
ssize_t sim_pci_write(struct sim_device *sim, const char __user *buf,
		      size_t count, loff_t *ppos)
{
	unsigned int index, i;
	u8 value[64];
	u64 offset;
	ssize_t n;
	u8 *to;

	n = clip(*ppos, min(count, sizeof(value)), &index, &offset);
	if (n <= 0)
		return n;
	if (copy_from_user(value, buf, n))
		return -EFAULT;

	mutex_lock(&sim->regs_lock);
	to = region_memory(sim, index) + offset;
	for (i = 0; i < n; i++) {
		u8 mask = 0xff;

		if (index == VFIO_PCI_CONFIG_REGION_INDEX)
			mask = sim_pci_writable[offset + i];
		to[i] = (to[i] & ~mask) | (value[i] & mask);
	}
	mutex_unlock(&sim->regs_lock);
	*ppos += n;
	return n;
}

/**
 * sim_pci_region_info - describe a region
 * @vdev: the device
 * @info: which region; filled in
 * @caps: none are added
 *
 * Return: 0, or -EINVAL if there is no such region.
 */
int sim_pci_region_info(struct vfio_device *vdev,
			struct vfio_region_info *info,
			struct vfio_info_cap *caps)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->offset = (u64)info->index << SIM_REGION_SHIFT;
	info->size = region_size(info->index);
	info->flags = 0;
	if (info->size)
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE;
	return 0;
}
