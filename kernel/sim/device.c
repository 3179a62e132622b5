// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VFIO device: what VFIO core calls when userspace opens, closes and
 * commands it. Migration commands go to migration.c through the operations set
 * in bus.c, region accesses to pci.c.
 */
#include <linux/uaccess.h>

#include "compat/region_info.h"
#include "sim.h"

/**
 * sim_device_claim_removal - may the device be removed?
 * @sim: the device
 *
 * After success it cannot be opened any more.
 *
 * Return: 0, or -EBUSY while it is open.
 */
int sim_device_claim_removal(struct sim_device *sim)
{
	int err = 0;

	mutex_lock(&sim->state_lock);
	if (sim->opened)
		err = -EBUSY;
	else
		sim->dying = true;
	mutex_unlock(&sim->state_lock);
	return err;
}

static int sim_open_device(struct vfio_device *vdev)
{
	struct sim_device *sim = to_sim(vdev->dev);
	int err = -ENODEV;

	mutex_lock(&sim->state_lock);
	if (!sim->dying) {
		WRITE_ONCE(sim->opened, true);
		/* Constant while open, see SIM_CLOSED in knobs.c. */
		vdev->migration_flags = sim_migration_flags(sim);
		err = 0;
	}
	mutex_unlock(&sim->state_lock);
	return err;
}

static void sim_close_device(struct vfio_device *vdev)
{
	struct sim_device *sim = to_sim(vdev->dev);

	mutex_lock(&sim->state_lock);
	sim_migration_stop(sim);
	WRITE_ONCE(sim->opened, false);
	mutex_unlock(&sim->state_lock);
}

static int sim_reset(struct sim_device *sim)
{
	if (READ_ONCE(sim->config.fail_reset)) {
		sim_report_error(sim, -EIO, "reset: fail_reset");
		return -EIO;
	}
	mutex_lock(&sim->state_lock);
	sim_migration_stop(sim);
	sim_migration_configure(sim);
	mutex_unlock(&sim->state_lock);
	sim_pci_reset(sim);
	return 0;
}

static ssize_t sim_read(struct vfio_device *vdev, char __user *buf,
			size_t count, loff_t *ppos)
{
	return sim_pci_read(to_sim(vdev->dev), buf, count, ppos);
}

static ssize_t sim_write(struct vfio_device *vdev, const char __user *buf,
			 size_t count, loff_t *ppos)
{
	return sim_pci_write(to_sim(vdev->dev), buf, count, ppos);
}

static int sim_get_info(struct vfio_device_info __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info = {};

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int sim_get_region_info(struct vfio_device *vdev,
			       struct vfio_region_info __user *arg)
{
	size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = {};
	int err;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	err = sim_pci_region_info(vdev, &info, NULL);
	if (err)
		return err;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

/*
 * None of any kind of interrupt. Errors are reported by PCI Express only, and
 * there is no asking back for the device; VMMs expect that to be told like this.
 */
static int sim_get_irq_info(struct vfio_irq_info __user *arg)
{
	size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info = {};

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_ERR_IRQ_INDEX)
		return -EINVAL;

	info.flags = 0;
	info.count = 0;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long sim_ioctl(struct vfio_device *vdev, unsigned int cmd,
		      unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return sim_get_info(user);
	case VFIO_DEVICE_GET_REGION_INFO:
		return sim_get_region_info(vdev, user);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return sim_get_irq_info(user);
	case VFIO_DEVICE_SET_IRQS:
		return -EINVAL;
	case VFIO_DEVICE_RESET:
		return sim_reset(to_sim(vdev->dev));
	default:
		return -ENOTTY;
	}
}

const struct vfio_device_ops sim_device_ops = {
	.name = "vfio_mig_sim",
	.open_device = sim_open_device,
	.close_device = sim_close_device,
	.read = sim_read,
	.write = sim_write,
	.ioctl = sim_ioctl,
	SIM_REGION_INFO_OP
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
};
