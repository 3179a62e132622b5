// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus vfio_mig_sim: devices come and go by writing to its new_device and
 * del_device. VFIO core wants a device that has a driver, so there is one, and
 * it takes every device of the bus.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "sim.h"

#define SIM_MAX_ID	65535

/**
 * struct sim_vfio - what VFIO core allocates per device
 * @vdev: VFIO core's part
 *
 * All of ours is in &struct sim_device, which open data_fds keep alive beyond
 * this.
 */
struct sim_vfio {
	struct vfio_device vdev;
};

static DEFINE_MUTEX(sim_bus_lock);	/* protects the next two */
static LIST_HEAD(sim_bus_devices);
static bool sim_bus_enabled;

/* The module's text must outlive the last release of a device. */
static atomic_t sim_bus_unreleased = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(sim_bus_all_released);

static int sim_probe(struct device *dev)
{
	struct sim_vfio *vfio;
	int err;

	vfio = vfio_alloc_device(sim_vfio, vdev, dev, &sim_device_ops);
	if (IS_ERR(vfio))
		return PTR_ERR(vfio);

	vfio->vdev.mig_ops = &sim_migration_ops;
	/* A kernel without IOVA bitmaps takes the offer and then fails. */
	if (IS_ENABLED(CONFIG_IOMMUFD_DRIVER))
		vfio->vdev.log_ops = &sim_migration_log_ops;
	vfio->vdev.migration_flags = sim_migration_flags(to_sim(dev));
	err = vfio_register_emulated_iommu_dev(&vfio->vdev);
	if (err) {
		vfio_put_device(&vfio->vdev);
		return err;
	}
	dev_set_drvdata(dev, vfio);
	return 0;
}

static void sim_remove(struct device *dev)
{
	struct sim_vfio *vfio = dev_get_drvdata(dev);

	vfio_unregister_group_dev(&vfio->vdev);
	vfio_put_device(&vfio->vdev);
}

static const struct bus_type sim_bus;

static struct device_driver sim_driver = {
	.name = "vfio_mig_sim",
	.bus = &sim_bus,
	.owner = THIS_MODULE,
	/* Unbinding would wait for the device to be closed; see del_device. */
	.suppress_bind_attrs = true,
	.probe_type = PROBE_FORCE_SYNCHRONOUS,
};

static void sim_release(struct device *dev)
{
	struct sim_device *sim = to_sim(dev);

	mutex_destroy(&sim->regs_lock);
	mutex_destroy(&sim->state_lock);
	kfree(sim);
	if (atomic_dec_and_test(&sim_bus_unreleased))
		wake_up(&sim_bus_all_released);
}

static struct sim_device *sim_alloc(unsigned int id)
{
	struct sim_device *sim;

	sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	if (!sim)
		return ERR_PTR(-ENOMEM);

	atomic_inc(&sim_bus_unreleased);
	device_initialize(&sim->dev);
	sim->dev.bus = &sim_bus;
	sim->dev.groups = sim_knobs_groups;
	sim->dev.release = sim_release;
	sim->id = id;
	mutex_init(&sim->state_lock);
	mutex_init(&sim->regs_lock);
	init_waitqueue_head(&sim->wait);
	sim_report_init(sim);
	sim->mig_state = VFIO_DEVICE_STATE_RUNNING;
	sim_knobs_defaults(sim);
	sim_pci_reset(sim);
	return sim;
}

static struct sim_device *sim_bus_find(unsigned int id)
{
	struct sim_device *sim;

	lockdep_assert_held(&sim_bus_lock);
	list_for_each_entry(sim, &sim_bus_devices, link)
		if (sim->id == id)
			return sim;
	return NULL;
}

static int sim_bus_add(struct sim_device *sim, char *knobs)
{
	int err;

	lockdep_assert_held(&sim_bus_lock);
	if (!sim_bus_enabled)
		return -ENODEV;
	if (sim_bus_find(sim->id))
		return -EEXIST;

	err = sim_knobs_parse(sim, knobs);
	if (err)
		return err;
	err = dev_set_name(&sim->dev, "sim%u", sim->id);
	if (err)
		return err;
	err = device_add(&sim->dev);
	if (err)
		return err;
	if (!device_is_bound(&sim->dev)) {
		pr_err("sim%u: VFIO did not take the device\n", sim->id);
		device_del(&sim->dev);
		return -ENODEV;
	}
	list_add_tail(&sim->link, &sim_bus_devices);
	return 0;
}

static ssize_t new_device_store(const struct bus_type *bus, const char *buf,
				size_t count)
{
	struct sim_device *sim;
	char *text, *knobs, *id_text;
	unsigned int id;
	int err;

	text = kstrndup(buf, count, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	knobs = strim(text);
	id_text = strsep(&knobs, " \t");
	err = kstrtouint(id_text, 10, &id);
	if (err || id > SIM_MAX_ID) {
		pr_err("new_device wants \"ID [KEY=VALUE ...]\", ID from 0 to %u\n",
		       SIM_MAX_ID);
		err = -EINVAL;
		goto free_text;
	}

	sim = sim_alloc(id);
	if (IS_ERR(sim)) {
		err = PTR_ERR(sim);
		goto free_text;
	}
	mutex_lock(&sim_bus_lock);
	err = sim_bus_add(sim, knobs);
	mutex_unlock(&sim_bus_lock);
	if (err)
		put_device(&sim->dev);
free_text:
	kfree(text);
	return err ?: count;
}
static BUS_ATTR_WO(new_device);

/*
 * The device stays in the list until it is gone, so that its name is not given
 * to a new one too early. Nobody else removes it: sim_bus_remove() is only for
 * who has claimed it.
 */
static void sim_bus_remove(struct sim_device *sim)
{
	device_del(&sim->dev);
	mutex_lock(&sim_bus_lock);
	list_del(&sim->link);
	mutex_unlock(&sim_bus_lock);
	put_device(&sim->dev);
}

static ssize_t del_device_store(const struct bus_type *bus, const char *buf,
				size_t count)
{
	struct sim_device *sim;
	unsigned int id;
	int err;

	err = kstrtouint(buf, 10, &id);
	if (err)
		return err;

	mutex_lock(&sim_bus_lock);
	sim = sim_bus_find(id);
	if (!sim || sim->dying)
		err = -ENOENT;
	else
		err = sim_device_claim_removal(sim);
	mutex_unlock(&sim_bus_lock);
	if (err)
		return err;

	sim_bus_remove(sim);
	return count;
}
static BUS_ATTR_WO(del_device);

static struct attribute *sim_bus_attrs[] = {
	&bus_attr_new_device.attr,
	&bus_attr_del_device.attr,
	NULL
};
ATTRIBUTE_GROUPS(sim_bus);

static const struct bus_type sim_bus = {
	.name = "vfio_mig_sim",
	.bus_groups = sim_bus_groups,
	.probe = sim_probe,
	.remove = sim_remove,
};

/**
 * sim_bus_register - bring up the bus, from now on devices can be made
 *
 * Return: 0 or a negative errno.
 */
int sim_bus_register(void)
{
	int err;

	err = bus_register(&sim_bus);
	if (err)
		return err;
	err = driver_register(&sim_driver);
	if (err)
		goto unregister_bus;

	mutex_lock(&sim_bus_lock);
	sim_bus_enabled = true;
	mutex_unlock(&sim_bus_lock);
	return 0;

unregister_bus:
	bus_unregister(&sim_bus);
	return err;
}

/* A device nobody else is removing, claimed; or NULL if there is none left. */
static struct sim_device *sim_bus_claim_any(void)
{
	struct sim_device *sim;

	list_for_each_entry(sim, &sim_bus_devices, link)
		if (!sim->dying && !sim_device_claim_removal(sim))
			return sim;
	return NULL;
}

/**
 * sim_bus_unregister - remove all devices and the bus
 *
 * None is open: an open device holds the module.
 */
void sim_bus_unregister(void)
{
	struct sim_device *sim;

	mutex_lock(&sim_bus_lock);
	sim_bus_enabled = false;
	while ((sim = sim_bus_claim_any())) {
		mutex_unlock(&sim_bus_lock);
		sim_bus_remove(sim);
		mutex_lock(&sim_bus_lock);
	}
	mutex_unlock(&sim_bus_lock);

	driver_unregister(&sim_driver);
	/* Waits for writers of del_device that are still removing a device. */
	bus_unregister(&sim_bus);
	wait_event(sim_bus_all_released, !atomic_read(&sim_bus_unreleased));
}
