/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 64-bit digest of a stream of bytes, the same however the stream is cut into
 * pieces. Pure; detects accidents, not malice.
 */
#ifndef _VFIO_MIG_SIM_DIGEST_H
#define _VFIO_MIG_SIM_DIGEST_H

#include <linux/types.h>

#define SIM_DIGEST_LANES	4
#define SIM_DIGEST_STRIPE	(SIM_DIGEST_LANES * sizeof(u64))

/**
 * struct sim_digest - a digest being made
 * @lane: one running hash per 64-bit column of a stripe, so that a processor
 *	works on all of them at once
 * @bytes: how many bytes were added
 * @rest: those that do not fill a stripe yet
 */
struct sim_digest {
	u64 lane[SIM_DIGEST_LANES];
	u64 bytes;
	u8 rest[SIM_DIGEST_STRIPE];
};

void sim_digest_init(struct sim_digest *digest);
void sim_digest_add(struct sim_digest *digest, const u8 *data, size_t len);
void sim_digest_add_stamps(struct sim_digest *digest, u64 offset,
			   const u8 *data, size_t len);
u64 sim_digest_value(const struct sim_digest *digest, u64 total);

#endif /* _VFIO_MIG_SIM_DIGEST_H */
