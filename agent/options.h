/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_OPTIONS_H
#define _AGENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls_options.h"
#include "transport.h"
#include "vfio_fleet.h"

/* Options that send and receive share. */
struct migration_options {
	struct fleet_spec fleet;
	struct tls_options tls;
	/* 0 = not given; slots are stronger than memory. */
	uint64_t memory;
	uint32_t slots;
	unsigned int connect_timeout_ms;
	unsigned int channel_timeout_ms;
	unsigned int resume_timeout_ms;
	/* The devices change state one after the other. */
	bool serial;
	bool json;
	bool progress;
	bool timeline;
	bool quiet;
};

#define DEFAULT_CHUNK_SIZE 1048576u

#define MIGRATION_OPTIONS_INIT {		\
	.connect_timeout_ms = 10000,		\
	.channel_timeout_ms = 5000,		\
	.resume_timeout_ms = 10000,		\
}

int option_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value);
int option_size(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value);
int option_seconds(const char *option, const char *text, double min, unsigned int *ms);
unsigned int migration_control_timeout(const struct migration_options *options);
int option_endpoint(const char *option, const char *text, struct endpoint *endpoint);
uint32_t migration_slots(const struct migration_options *options, uint32_t chunk_size, uint32_t channels,
			 uint32_t devices);
int option_none_left(int argc, char **argv, int first);
int option_refused(int option, char **argv);

#endif /* _AGENT_OPTIONS_H */
