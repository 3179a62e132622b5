// SPDX-License-Identifier: GPL-2.0
/*
 * Whole migrations of simulated devices within the test, step by step.
 */
#include <errno.h>
#include <stdio.h>

#include "lib_migrate.h"
#include "lib_time.h"

#define SAVING	900
#define LOADING	901

/* Makes a device on each host that is ready to move */
static int open_devices(struct migration *migration, const char *saving_knobs,
			const char *loading_knobs)
{
	int ret;

	memset(migration, 0, sizeof(*migration));
	ret = sim_open(&migration->saving, SAVING, saving_knobs);
	if (!ret)
		ret = sim_open(&migration->loading, LOADING, loading_knobs);
	if (!ret)
		ret = sim_save(&migration->saving);
	return ret ?: sim_load(&migration->loading);
}

/**
 * migration_open() - make two hosts, and a device on each that is ready to move
 * @migration: receives them; to be closed with migration_close(), after an
 *	error too
 * @mux: netlink socket
 * @channels: channels both sessions are made for
 * @slots: slots of each umem
 * @saving_knobs: knobs of the device on the source
 * @loading_knobs: knobs of the device on the destination
 *
 * Return: 0 or a negative errno.
 */
int migration_open(struct migration *migration, struct mux *mux, __u32 channels, __u32 slots,
		   const char *saving_knobs, const char *loading_knobs)
{
	int ret = open_devices(migration, saving_knobs, loading_knobs);

	return ret ?: pair_open(&migration->pair, mux, channels, 1, slots);
}

/**
 * migration_make() - the same, out of more than its numbers
 * @migration: receives them; to be closed with migration_close(), after an
 *	error too
 * @mux: netlink socket
 * @params: what to make both sessions of, without role and UUID; a limit of
 *	the bandwidth is the source's alone
 * @saving_knobs: knobs of the device on the source
 * @loading_knobs: knobs of the device on the destination
 *
 * Return: 0 or a negative errno.
 */
int migration_make(struct migration *migration, struct mux *mux, const struct host_params *params,
		   const char *saving_knobs, const char *loading_knobs)
{
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host_params own = *params;
	int ret;

	uuid_make(uuid);
	own.uuid = uuid;
	own.role = VFIO_MIG_MUX_ROLE_SOURCE;
	ret = open_devices(migration, saving_knobs, loading_knobs);
	if (!ret)
		ret = host_open(&migration->pair.source, mux, &own);
	own.role = VFIO_MIG_MUX_ROLE_DESTINATION;
	own.max_bandwidth = 0;
	return ret ?: host_open(&migration->pair.destination, mux, &own);
}

/**
 * migration_close() - end both sessions and remove both devices
 * @migration: the migration
 */
void migration_close(struct migration *migration)
{
	pair_close(&migration->pair);
	sim_close(&migration->saving);
	sim_close(&migration->loading);
}

/**
 * migration_connect() - make all channels
 * @migration: the migration
 * @channels: how many
 *
 * Return: 0 or a negative errno.
 */
int migration_connect(struct migration *migration, __u32 channels)
{
	__u32 i;
	int ret = 0;

	for (i = 0; !ret && i < channels; i++)
		ret = pair_connect(&migration->pair, i);
	return ret;
}

static bool all_live(struct host *host, __u32 channels)
{
	struct session_info info;

	return !session_get(host->mux, host->id, &info) && info.channels_live == channels;
}

/**
 * migration_go_live() - make all channels and wait until they carry frames
 * @migration: the migration; with all there is to move it could be over before
 *	the last channel is made
 * @channels: how many
 *
 * Return: 0 or a negative errno.
 */
int migration_go_live(struct migration *migration, __u32 channels)
{
	int ret = migration_connect(migration, channels);

	if (ret)
		return ret;
	if (eventually(all_live(&migration->pair.source, channels) &&
		       all_live(&migration->pair.destination, channels)))
		return 0;
	return -ETIMEDOUT;
}

/**
 * migration_attach() - attach the devices on both hosts, the source's as final
 * @migration: the migration
 *
 * Return: 0 or a negative errno.
 */
int migration_attach(struct migration *migration)
{
	return host_attach(&migration->pair.destination, 0, migration->loading.data_fd, false) ?:
	       host_attach(&migration->pair.source, 0, migration->saving.data_fd, true);
}

/**
 * migration_wait() - wait until both sessions have come as far as a state
 * @migration: the migration
 * @state: the state, or any after it
 * @source: receives what the source shows
 * @destination: receives what the destination shows
 *
 * Return: 0 or a negative errno.
 */
int migration_wait(struct migration *migration, __u32 state, struct session_info *source,
		   struct session_info *destination)
{
	struct mux *mux = migration->pair.source.mux;

	return session_wait(mux, migration->pair.source.id, state, source) ?:
	       session_wait(mux, migration->pair.destination.id, state, destination);
}

/* Returns 0 if all is well at the end, else says what is not */
static int check_end(struct migration *migration, const struct session_info *source,
		     const struct session_info *destination)
{
	int ret = sim_stop(&migration->loading);
	const char *verified = sim_read(&migration->loading, "verified");

	if (source->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED &&
	    destination->state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED &&
	    !ret && !strcmp(verified, "identical"))
		return 0;
	fprintf(stderr, "# source: state %u '%s', destination: state %u '%s', device: %d '%s'\n",
		source->state, source->error.text, destination->state, destination->error.text,
		ret, verified);
	return -EIO;
}

/**
 * migration_arrives() - wait until both sessions are over, and see what came of it
 * @migration: the migration, its devices attached
 * @source: receives what the source shows
 * @destination: receives what the destination shows
 *
 * Return: 0 if all is well, byte for byte; else it is printed what is not.
 */
int migration_arrives(struct migration *migration, struct session_info *source,
		      struct session_info *destination)
{
	int ret;

	ret = migration_wait(migration, VFIO_MIG_MUX_SESSION_STATE_COMPLETED, source, destination);
	return ret ?: check_end(migration, source, destination);
}

/**
 * migration_works() - whether a device can still be migrated
 * @mux: netlink socket
 *
 * Return: 0 if it can, byte for byte.
 */
int migration_works(struct mux *mux)
{
	struct session_info source, destination;
	struct migration migration;
	int ret;

	ret = migration_open(&migration, mux, 2, 4, "state_size=200000 seed=7", "");
	if (!ret)
		ret = migration_connect(&migration, 2);
	if (!ret)
		ret = migration_attach(&migration);
	if (!ret)
		ret = migration_arrives(&migration, &source, &destination);
	migration_close(&migration);
	return ret;
}
