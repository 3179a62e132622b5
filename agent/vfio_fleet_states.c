// SPDX-License-Identifier: GPL-2.0
/* The states that all devices of a migration go through together. */
#include "transition.h"
#include "vfio_fleet.h"
#include "vfio_precopy.h"

static bool has_p2p(const struct fleet_device *device)
{
	return vfio_has_p2p(&device->vfio);
}

static int set_p2p(struct fleet_device *device, enum vfio_state state)
{
	return vfio_set_state(&device->vfio, device->precopy ? VFIO_STATE_PRE_COPY_P2P : state);
}

/**
 * fleet_set_p2p() - bring the devices that have it into RUNNING_P2P, or PRE_COPY_P2P
 * @fleet: the devices
 *
 * The uAPI demands that none stops while another may still talk to it, and that
 * none runs before all others may be talked to.
 *
 * Return: 0, or -1 with the error recorded.
 */
int fleet_set_p2p(struct fleet *fleet)
{
	struct transition transition = {
		.concerns = has_p2p,
		.act = set_p2p,
		.state = VFIO_STATE_RUNNING_P2P,
	};

	return transition_run(fleet, &transition);
}

static int set_state(struct fleet_device *device, enum vfio_state state)
{
	return vfio_set_state(&device->vfio, state);
}

/**
 * fleet_set_state() - bring all devices into a state
 * @fleet: the devices
 * @state: the state
 *
 * Return: 0, or -1 with the first error recorded.
 */
int fleet_set_state(struct fleet *fleet, enum vfio_state state)
{
	struct transition transition = { .act = set_state, .state = state };

	return transition_run(fleet, &transition);
}

/**
 * fleet_resume() - bring all devices into RESUMING
 * @fleet: the devices
 * @done: called for each that is, in their order, with its number
 * @arg: for @done
 *
 * Return: 0, or -1 with the first error recorded.
 */
int fleet_resume(struct fleet *fleet, int (*done)(int device, void *arg), void *arg)
{
	struct transition transition = {
		.act = set_state,
		.state = VFIO_STATE_RESUMING,
		.done = done,
		.arg = arg,
	};

	return transition_run(fleet, &transition);
}

static bool takes_precopy(const struct fleet_device *device)
{
	return device->precopy;
}

static int enter_precopy(struct fleet_device *device, enum vfio_state state)
{
	(void)state;
	return vfio_precopy_enter(&device->vfio);
}

/**
 * fleet_precopy() - bring the devices that have it into PRE_COPY
 * @fleet: the devices, RUNNING
 * @done: called for each that is, in their order, with its number
 * @arg: for @done
 *
 * Return: 0, or -1 with the first error recorded.
 */
int fleet_precopy(struct fleet *fleet, int (*done)(int device, void *arg), void *arg)
{
	struct transition transition = {
		.concerns = takes_precopy,
		.act = enter_precopy,
		.done = done,
		.arg = arg,
	};

	for (int i = 0; i < fleet->count; i++)
		fleet->devices[i].precopy = vfio_has_precopy(&fleet->devices[i].vfio);
	return transition_run(fleet, &transition);
}

static int stop_copy(struct fleet_device *device, enum vfio_state state)
{
	if (device->precopy)
		return vfio_precopy_leave(&device->vfio);
	return vfio_set_state(&device->vfio, state);
}

/**
 * fleet_stop_copy() - bring all devices into STOP_COPY
 * @fleet: the devices, after fleet_set_p2p()
 * @done: called for each that is, in their order, with its number
 * @arg: for @done
 *
 * Return: 0, or -1 with the first error recorded.
 */
int fleet_stop_copy(struct fleet *fleet, int (*done)(int device, void *arg), void *arg)
{
	struct transition transition = {
		.act = stop_copy,
		.state = VFIO_STATE_STOP_COPY,
		.done = done,
		.arg = arg,
	};

	return transition_run(fleet, &transition);
}

/* One that refuses is told of by fleet_recover(), which knows what to do with it. */
static int leave_stop(struct fleet_device *device, enum vfio_state wanted)
{
	struct vfio_device *vfio = &device->vfio;
	enum vfio_state state;

	vfio_close_data(vfio);
	if (!vfio_get_state(vfio, &state) && (state == VFIO_STATE_STOP || state == VFIO_STATE_STOP_COPY))
		vfio_set_state(vfio, wanted);
	return 0;
}

static int recover(struct fleet_device *device, enum vfio_state state)
{
	(void)state;
	return vfio_recover(&device->vfio);
}

/**
 * fleet_recover() - let all devices run on as they were
 * @fleet: the devices
 *
 * Each is tried, whatever becomes of the others; what fails is told at once.
 *
 * Return: 0, or -1 with the last error recorded.
 */
int fleet_recover(struct fleet *fleet)
{
	struct transition p2p = {
		.concerns = has_p2p,
		.act = leave_stop,
		.state = VFIO_STATE_RUNNING_P2P,
		.regardless = true,
	};
	struct transition running = { .act = recover, .regardless = true };

	transition_run(fleet, &p2p);
	return transition_run(fleet, &running);
}

static int discard(struct fleet_device *device, enum vfio_state state)
{
	(void)state;
	return vfio_discard(&device->vfio);
}

/**
 * fleet_discard() - throw away what was loaded into any device
 * @fleet: the devices
 *
 * Each is tried, whatever becomes of the others; what fails is told at once.
 *
 * Return: 0, or -1 with the last error recorded.
 */
int fleet_discard(struct fleet *fleet)
{
	struct transition transition = { .act = discard, .regardless = true };

	return transition_run(fleet, &transition);
}
