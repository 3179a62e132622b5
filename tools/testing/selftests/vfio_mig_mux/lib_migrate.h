/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole migrations of simulated devices within the test.
 */
#ifndef _LIB_MIGRATE_H_
#define _LIB_MIGRATE_H_

#include "lib_host.h"
#include "lib_show.h"
#include "lib_sim.h"

/**
 * struct migration - two hosts and a device on each
 * @pair: the sessions
 * @saving: the device that is saved
 * @loading: the device that is loaded
 */
struct migration {
	struct pair pair;
	struct sim saving;
	struct sim loading;
};

int migration_open(struct migration *migration, struct mux *mux, __u32 channels, __u32 slots,
		   const char *saving_knobs, const char *loading_knobs);
int migration_make(struct migration *migration, struct mux *mux, const struct host_params *params,
		   const char *saving_knobs, const char *loading_knobs);
void migration_close(struct migration *migration);
int migration_connect(struct migration *migration, __u32 channels);
int migration_go_live(struct migration *migration, __u32 channels);
int migration_attach(struct migration *migration);
int migration_wait(struct migration *migration, __u32 state, struct session_info *source,
		   struct session_info *destination);
int migration_arrives(struct migration *migration, struct session_info *source,
		      struct session_info *destination);
int migration_works(struct mux *mux);

#endif /* _LIB_MIGRATE_H_ */
