/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a simulated device state: what they are at any offset, and
 * whether given bytes are those. Pure: no locks, no allocation, no waiting.
 */
#ifndef _VFIO_MIG_SIM_STREAM_H
#define _VFIO_MIG_SIM_STREAM_H

#include <linux/bits.h>
#include <linux/sizes.h>
#include <linux/types.h>

#define SIM_STREAM_PAGE		SZ_4K
#define SIM_STREAM_STAMP	16	/* bytes at the start of each page */
#define SIM_STREAM_HEADER	16	/* stands where page 0 has its stamp */
#define SIM_STREAM_MARKER	16	/* the last bytes of the stream */
#define SIM_STREAM_DESCRIBED	64	/* shorter streams have neither */
#define SIM_STREAM_BLOCK	SZ_64K	/* most contiguous bytes there are */
#define SIM_STREAM_PATTERN	SZ_256K
#define SIM_STREAM_MEMORY	(SIM_STREAM_PATTERN + SIM_STREAM_BLOCK)

#define SIM_STREAM_MAX		BIT_ULL(40)
#define SIM_STREAM_UNKNOWN	(~0ULL)	/* total length not known yet */

/**
 * struct sim_content - everything that determines the bytes of a state
 * @seed: what they are generated from
 * @size: how many there are
 * @zero_percent: how many of 100 runs are all zero
 * @zero_shift: log2 of the bytes of a run
 */
struct sim_content {
	u64 seed;
	u64 size;
	u8 zero_percent;
	u8 zero_shift;
};

/**
 * struct sim_stream - a generator of the bytes of one content
 * @content: which bytes
 * @total: length of the stream, or SIM_STREAM_UNKNOWN. Not always the size of
 *	the content: what is dirtied in PRE_COPY lengthens a stream
 * @described: the stream has a header and an end marker
 * @pattern: SIM_STREAM_PATTERN bytes, stamped in place as pages are asked for
 * @zeros: SIM_STREAM_BLOCK bytes of zero
 * @marker: the end marker that goes with @total
 */
struct sim_stream {
	struct sim_content content;
	u64 total;
	bool described;
	u8 *pattern;
	u8 *zeros;
	u8 marker[SIM_STREAM_MARKER];
};

void sim_stream_init(struct sim_stream *stream,
		     const struct sim_content *content, bool described,
		     void *memory);
void sim_stream_set_total(struct sim_stream *stream, u64 total);
bool sim_stream_may_describe(u8 first_byte);
unsigned int sim_stream_parse(const u8 *header, struct sim_content *content);
const u8 *sim_stream_at(struct sim_stream *stream, u64 offset, size_t *len);
u64 sim_stream_check(struct sim_stream *stream, u64 offset, const u8 *data,
		     size_t len);
u64 sim_stream_check_stamps(const struct sim_stream *stream, u64 offset,
			    const u8 *data, size_t len);

#endif /* _VFIO_MIG_SIM_STREAM_H */
