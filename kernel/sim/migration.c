// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration states of a device: VFIO core's commands come in here, each is
 * taken apart into arcs, and arcs that begin or end a data transfer go to
 * save.c or load.c. Everything under the device's state lock.
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>

#include "compat/precopy_info.h"
#include "sim.h"

/* As in the uAPI, and in fail_transition. */
const char *const sim_migration_state_names[VFIO_DEVICE_STATE_NR] = {
	[VFIO_DEVICE_STATE_ERROR] = "ERROR",
	[VFIO_DEVICE_STATE_STOP] = "STOP",
	[VFIO_DEVICE_STATE_RUNNING] = "RUNNING",
	[VFIO_DEVICE_STATE_STOP_COPY] = "STOP_COPY",
	[VFIO_DEVICE_STATE_RESUMING] = "RESUMING",
	[VFIO_DEVICE_STATE_RUNNING_P2P] = "RUNNING_P2P",
	[VFIO_DEVICE_STATE_PRE_COPY] = "PRE_COPY",
	[VFIO_DEVICE_STATE_PRE_COPY_P2P] = "PRE_COPY_P2P",
};

/**
 * sim_migration_flags - what the device offers, by its knobs
 * @sim: the device
 *
 * Return: VFIO_MIGRATION_* flags.
 */
u32 sim_migration_flags(const struct sim_device *sim)
{
	return VFIO_MIGRATION_STOP_COPY |
	       (sim->config.p2p ? VFIO_MIGRATION_P2P : 0) |
	       (sim->config.pre_copy ? VFIO_MIGRATION_PRE_COPY : 0);
}

/**
 * sim_migration_configure - make the device's state the configured one
 * @sim: the device, under its state lock or not known to anyone yet
 */
void sim_migration_configure(struct sim_device *sim)
{
	sim->content = (struct sim_content) {
		.seed = sim->config.seed,
		.size = sim->config.state_size,
		.zero_percent = sim->config.zero_percent,
		.zero_shift = ilog2(sim->config.zero_run),
	};
}

static void end_sessions(struct sim_device *sim)
{
	if (sim->save)
		sim_save_end(sim->save);
	if (sim->load)
		sim_load_end(sim->load);
	sim->save = NULL;
	sim->load = NULL;
}

/**
 * sim_migration_stop - end whatever migration does: reset, or last close
 * @sim: the device, under its state lock
 */
void sim_migration_stop(struct sim_device *sim)
{
	lockdep_assert_held(&sim->state_lock);
	end_sessions(sim);
	sim->logging = false;
	WRITE_ONCE(sim->mig_state, VFIO_DEVICE_STATE_RUNNING);
}

static bool is_saving(enum vfio_device_mig_state state)
{
	return state == VFIO_DEVICE_STATE_PRE_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY_P2P ||
	       state == VFIO_DEVICE_STATE_STOP_COPY;
}

static struct file *begin_save(struct sim_device *sim, bool stop_copy)
{
	struct sim_save *save = sim_save_open(sim, stop_copy);

	if (IS_ERR(save))
		return ERR_CAST(save);
	sim->save = save;
	return get_file(sim_save_session(save)->filp);
}

static struct file *begin_load(struct sim_device *sim)
{
	struct sim_load *load = sim_load_open(sim);

	if (IS_ERR(load))
		return ERR_CAST(load);
	sim->load = load;
	return get_file(sim_load_session(load)->filp);
}

/* One arc. Those that are not mentioned change nothing but the name. */
static struct file *do_arc(struct sim_device *sim,
			   enum vfio_device_mig_state from,
			   enum vfio_device_mig_state to)
{
	bool stop_copy = to == VFIO_DEVICE_STATE_STOP_COPY;
	int err;

	if (!is_saving(from) && is_saving(to))
		return begin_save(sim, stop_copy);
	if (is_saving(from) && stop_copy)
		sim_save_stop_copy(sim->save);
	if (is_saving(from) && !is_saving(to))
		end_sessions(sim);

	if (to == VFIO_DEVICE_STATE_RESUMING)
		return begin_load(sim);
	if (from == VFIO_DEVICE_STATE_RESUMING) {
		err = sim_load_finish(sim->load, &sim->content);
		end_sessions(sim);
		if (err) {
			WRITE_ONCE(sim->mig_state, VFIO_DEVICE_STATE_ERROR);
			return ERR_PTR(err);
		}
	}
	return NULL;
}

/* The arc that is to fail by the fail_transition knob, if it is this one. */
static int arc_fault(struct sim_device *sim, enum vfio_device_mig_state from,
		     enum vfio_device_mig_state to)
{
	struct sim_arc_fault *fault = &sim->config.fail_transition;

	if (!fault->armed || fault->from != from || fault->to != to)
		return 0;

	sim_report_error(sim, fault->error, "fail_transition: %s to %s",
			 sim_migration_state_names[from],
			 sim_migration_state_names[to]);
	if (fault->once)
		fault->armed = false;
	if (fault->to_error) {
		end_sessions(sim);
		WRITE_ONCE(sim->mig_state, VFIO_DEVICE_STATE_ERROR);
	}
	return fault->error;
}

/* The next state on the way to one that is wanted, or a negative errno. */
static int next_state(struct vfio_device *vdev,
		      enum vfio_device_mig_state from,
		      enum vfio_device_mig_state wanted)
{
	enum vfio_device_mig_state next;
	int err;

	/* VFIO core warns when it is asked for a way out of ERROR. */
	if (from == VFIO_DEVICE_STATE_ERROR)
		return -EINVAL;
	err = vfio_mig_get_next_state(vdev, from, wanted, &next);
	return err ?: next;
}

static struct file *take_arc(struct sim_device *sim,
			     enum vfio_device_mig_state to)
{
	enum vfio_device_mig_state from = sim->mig_state;
	struct file *filp;
	int err;

	/* With the lock held, as drivers do that wait for their firmware. */
	if (sim->config.transition_delay_ms)
		msleep(sim->config.transition_delay_ms);
	err = arc_fault(sim, from, to);
	if (err)
		return ERR_PTR(err);

	filp = do_arc(sim, from, to);
	if (!IS_ERR(filp))
		WRITE_ONCE(sim->mig_state, to);
	return filp;
}

static struct file *sim_set_state(struct vfio_device *vdev,
				  enum vfio_device_mig_state wanted)
{
	struct sim_device *sim = to_sim(vdev->dev);
	struct file *filp = NULL;

	mutex_lock(&sim->state_lock);
	sim->reads_precopy_flags = sim_reads_precopy_flags(vdev);
	while (sim->mig_state != wanted) {
		int next = next_state(vdev, sim->mig_state, wanted);

		filp = next < 0 ? ERR_PTR(next) : take_arc(sim, next);
		if (IS_ERR(filp))
			break;
		/* Only the last arc of a way begins a data transfer. */
		if (WARN_ON(filp && next != wanted)) {
			fput(filp);
			filp = ERR_PTR(-EINVAL);
			break;
		}
	}
	mutex_unlock(&sim->state_lock);
	return filp;
}

static int sim_get_state(struct vfio_device *vdev,
			 enum vfio_device_mig_state *state)
{
	struct sim_device *sim = to_sim(vdev->dev);

	mutex_lock(&sim->state_lock);
	*state = sim->mig_state;
	mutex_unlock(&sim->state_lock);
	return 0;
}

static int sim_get_data_size(struct vfio_device *vdev,
			     unsigned long *stop_copy_length)
{
	struct sim_device *sim = to_sim(vdev->dev);

	mutex_lock(&sim->state_lock);
	if (sim->save)
		*stop_copy_length = sim_save_remaining(sim->save);
	else
		*stop_copy_length = sim->content.size;
	mutex_unlock(&sim->state_lock);
	return 0;
}

/* For VFIO core; set in bus.c. */
const struct vfio_migration_ops sim_migration_ops = {
	.migration_set_state = sim_set_state,
	.migration_get_state = sim_get_state,
	.migration_get_data_size = sim_get_data_size,
};

static int sim_log_start(struct vfio_device *vdev,
			 struct rb_root_cached *ranges, u32 nnodes,
			 u64 *page_size)
{
	struct sim_device *sim = to_sim(vdev->dev);
	int err = 0;

	mutex_lock(&sim->state_lock);
	if (sim->logging)
		err = -EINVAL;
	sim->logging = true;
	mutex_unlock(&sim->state_lock);
	return err;
}

static int sim_log_stop(struct vfio_device *vdev)
{
	struct sim_device *sim = to_sim(vdev->dev);

	mutex_lock(&sim->state_lock);
	sim->logging = false;
	mutex_unlock(&sim->state_lock);
	return 0;
}

/* The device does no DMA, so none of it was dirtied. */
static int sim_log_read_and_clear(struct vfio_device *vdev, unsigned long iova,
				  unsigned long length,
				  struct iova_bitmap *dirty)
{
	struct sim_device *sim = to_sim(vdev->dev);
	int err;

	mutex_lock(&sim->state_lock);
	err = sim->logging ? 0 : -EINVAL;
	mutex_unlock(&sim->state_lock);
	return err;
}

/* VMMs that know the device dirties nothing send less of their memory. */
const struct vfio_log_ops sim_migration_log_ops = {
	.log_start = sim_log_start,
	.log_stop = sim_log_stop,
	.log_read_and_clear = sim_log_read_and_clear,
};
