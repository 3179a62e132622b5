// SPDX-License-Identifier: GPL-2.0-only
/*
 * A 64-bit digest of a stream of bytes, fed by save.c and load.c as bytes pass,
 * under the lock of their session.
 */
#include <linux/bitops.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "digest.h"
#include "stream.h"

#define SIM_DIGEST_FACTOR	0x9fb21c651e98df25ULL

static u64 step(u64 lane, u64 word)
{
	return rol64((lane ^ word) * SIM_DIGEST_FACTOR, 31);
}

static void add_stripe(u64 *lane, const u8 *stripe)
{
	unsigned int i;

	for (i = 0; i < SIM_DIGEST_LANES; i++)
		lane[i] = step(lane[i], get_unaligned_le64(stripe + 8 * i));
}

/**
 * sim_digest_init - start a digest
 * @digest: the digest
 */
void sim_digest_init(struct sim_digest *digest)
{
	unsigned int i;

	memset(digest, 0, sizeof(*digest));
	for (i = 0; i < SIM_DIGEST_LANES; i++)
		digest->lane[i] = (i + 1) * SIM_DIGEST_FACTOR;
}

/**
 * sim_digest_add - add bytes
 * @digest: the digest
 * @data: the bytes
 * @len: how many
 */
void sim_digest_add(struct sim_digest *digest, const u8 *data, size_t len)
{
	size_t have = digest->bytes % SIM_DIGEST_STRIPE;
	u64 lane[SIM_DIGEST_LANES];

	digest->bytes += len;
	if (have) {
		size_t n = min(len, SIM_DIGEST_STRIPE - have);

		memcpy(digest->rest + have, data, n);
		if (have + n < SIM_DIGEST_STRIPE)
			return;
		add_stripe(digest->lane, digest->rest);
		data += n;
		len -= n;
	}

	/* A copy that lives in registers: data may alias anything. */
	memcpy(lane, digest->lane, sizeof(lane));
	for (; len >= SIM_DIGEST_STRIPE; len -= SIM_DIGEST_STRIPE) {
		add_stripe(lane, data);
		data += SIM_DIGEST_STRIPE;
	}
	memcpy(digest->lane, lane, sizeof(lane));
	memcpy(digest->rest, data, len);
}

/**
 * sim_digest_add_stamps - add only those bytes that lie in stamps
 * @digest: the digest
 * @offset: offset in the stream of the first byte
 * @data: the bytes
 * @len: how many
 */
void sim_digest_add_stamps(struct sim_digest *digest, u64 offset,
			   const u8 *data, size_t len)
{
	u64 end = offset + len;
	u64 page = round_down(offset, SIM_STREAM_PAGE);

	for (; page < end; page += SIM_STREAM_PAGE) {
		u64 from = max(page, offset);
		u64 to = min(page + SIM_STREAM_STAMP, end);

		if (from < to)
			sim_digest_add(digest, data + (from - offset), to - from);
	}
}

/**
 * sim_digest_value - the digest of what was added so far
 * @digest: the digest, which can be added to further
 * @total: length of the stream so far, including what was left out
 *
 * Return: the digest.
 */
u64 sim_digest_value(const struct sim_digest *digest, u64 total)
{
	size_t rest = digest->bytes % SIM_DIGEST_STRIPE;
	u64 value = total;
	unsigned int i;

	for (i = 0; i < SIM_DIGEST_LANES; i++)
		value = step(value, digest->lane[i]);
	for (i = 0; i < rest; i++)
		value = step(value, digest->rest[i]);
	value ^= value >> 29;
	return value * SIM_DIGEST_FACTOR;
}
