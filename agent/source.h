/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SOURCE_H
#define _AGENT_SOURCE_H

#include "options.h"
#include "uuid.h"

struct send_options {
	struct migration_options common;
	struct endpoint to;
	uint32_t channels;
	uint32_t chunk_size;
	bool checksum;
	bool checksum_given;
	bool zero;
	/* Use PRE_COPY where devices have it. */
	bool precopy;
	unsigned int downtime_limit_ms;
	unsigned int precopy_timeout_ms;
	/* Bytes per second, 0 for no limit. */
	uint64_t max_bandwidth;
	uint8_t uuid[UUID_LEN];
	int from_count;
	struct endpoint from[VFIO_MIG_MUX_CHANNELS_MAX];
};

int source_run(const struct send_options *options);

#endif /* _AGENT_SOURCE_H */
