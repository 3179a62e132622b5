// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of a simulated device state. They come from save.c's question what
 * is at an offset and from load.c's question whether received bytes are right;
 * the caller holds whatever protects its struct sim_stream.
 *
 * Speed decides the form. A block of 64 KiB is contiguous in a pattern buffer,
 * so that it takes one copy to get it to the reader; what makes each page
 * unique is a stamp of 16 bytes, put into the pattern just before. The cost is
 * that of the copy, as it is for a driver that hands out its device's pages.
 */
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "stream.h"

#define SIM_STREAM_VERSION	1
#define SIM_STREAM_NR_BASES	((SIM_STREAM_PATTERN - SIM_STREAM_BLOCK) / \
				 SIM_STREAM_PAGE + 1)

/* Keep apart the hashes that are made from one seed for several purposes. */
#define SIM_SALT_PATTERN	0x9e3779b97f4a7c15ULL
#define SIM_SALT_BLOCK		0xd1b54a32d192ed03ULL
#define SIM_SALT_ZERO		0x8cb92ba72f3d8dd7ULL
#define SIM_SALT_STAMP		0xaef17502108ef2d9ULL
#define SIM_SALT_MARKER		0xf1357aea2e62a9c5ULL

static const u8 sim_magic[4] = { 'V', 'M', 'S', 'M' };

static u64 mix(u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static u8 header_check(const struct sim_content *content)
{
	return mix(content->seed ^ mix(SIM_STREAM_VERSION |
				       content->zero_percent << 8 |
				       content->zero_shift << 16));
}

static void make_header(const struct sim_content *content, u8 *header)
{
	memcpy(header, sim_magic, sizeof(sim_magic));
	header[4] = SIM_STREAM_VERSION;
	header[5] = content->zero_percent;
	header[6] = content->zero_shift;
	header[7] = header_check(content);
	put_unaligned_le64(content->seed, header + 8);
}

/**
 * sim_stream_may_describe - can a stream that starts with this byte have a
 *	header?
 * @first_byte: first byte of the stream
 *
 * Return: false if it is certainly raw, true if it is certainly not.
 */
bool sim_stream_may_describe(u8 first_byte)
{
	return first_byte == sim_magic[0];
}

/**
 * sim_stream_parse - learn from a header what follows it
 * @header: SIM_STREAM_HEADER bytes
 * @content: set if the header is right, but for its size
 *
 * Return: SIM_STREAM_HEADER if the header is right, else the offset in it of
 * a byte that is not.
 */
unsigned int sim_stream_parse(const u8 *header, struct sim_content *content)
{
	struct sim_content found = {
		.seed = get_unaligned_le64(header + 8),
		.zero_percent = header[5],
		.zero_shift = header[6],
	};
	unsigned int i;

	for (i = 0; i < sizeof(sim_magic); i++)
		if (header[i] != sim_magic[i])
			return i;
	if (header[4] != SIM_STREAM_VERSION)
		return 4;
	if (found.zero_percent > 100)
		return 5;
	if (found.zero_shift < 12 || found.zero_shift > 26)
		return 6;
	if (header[7] != header_check(&found))
		return 7;
	*content = found;
	return SIM_STREAM_HEADER;
}

/**
 * sim_stream_init - prepare a generator
 * @stream: the generator
 * @content: what to generate
 * @described: give the stream a header, and an end marker at its end
 * @memory: SIM_STREAM_MEMORY bytes, the caller's, in use until the generator is
 *	no longer used
 */
void sim_stream_init(struct sim_stream *stream,
		     const struct sim_content *content, bool described,
		     void *memory)
{
	size_t i;

	stream->content = *content;
	stream->described = described;
	stream->pattern = memory;
	stream->zeros = stream->pattern + SIM_STREAM_PATTERN;
	stream->total = SIM_STREAM_UNKNOWN;

	for (i = 0; i < SIM_STREAM_PATTERN; i += sizeof(u64))
		put_unaligned_le64(mix(content->seed + i * SIM_SALT_PATTERN),
				   stream->pattern + i);
	memset(stream->zeros, 0, SIM_STREAM_BLOCK);
}

/**
 * sim_stream_set_total - tell a generator where its stream ends
 * @stream: the generator
 * @total: length of the stream; at least SIM_STREAM_DESCRIBED if described
 */
void sim_stream_set_total(struct sim_stream *stream, u64 total)
{
	u64 key = stream->content.seed ^ SIM_SALT_MARKER;

	stream->total = total;
	put_unaligned_le64(mix(key), stream->marker);
	put_unaligned_le64(mix(key + total), stream->marker + 8);
}

/*
 * Exactly zero_percent runs of each hundred, in an order of their own per
 * hundred: r -> a * r + c modulo 100 is a permutation if a has no factor of 2 or 5.
 */
static bool run_is_zero(const struct sim_content *content, u64 run)
{
	static const u8 factors[] = { 1, 3, 7, 9, 11, 13, 17, 19 };
	u32 in_hundred;
	u64 hundred, h;

	if (!content->zero_percent || !run)
		return false;
	hundred = div_u64_rem(run, 100, &in_hundred);
	h = mix(content->seed ^ hundred * SIM_SALT_ZERO);
	in_hundred = in_hundred * factors[h & 7] + (u32)(h >> 32) % 100;
	return in_hundred % 100 < content->zero_percent;
}

static bool is_zero(const struct sim_content *content, u64 offset)
{
	return run_is_zero(content, offset >> content->zero_shift);
}

static void make_stamp(const struct sim_stream *stream, u64 page, u8 *stamp)
{
	u64 key = stream->content.seed ^ SIM_SALT_STAMP;

	if (!page && stream->described) {
		make_header(&stream->content, stamp);
		return;
	}
	put_unaligned_le64(mix(key + page * SIM_SALT_PATTERN), stamp);
	put_unaligned_le64(mix(~key ^ page), stamp + 8);
	/* A raw stream must not look like the start of a header. */
	if (!page && stamp[0] == sim_magic[0])
		stamp[0] ^= 0x80;
}

static u8 *block_in_pattern(const struct sim_stream *stream, u64 offset)
{
	u64 block = offset / SIM_STREAM_BLOCK;
	u64 h = mix(stream->content.seed ^ block * SIM_SALT_BLOCK);

	return stream->pattern +
	       (u32)(h >> 32) % SIM_STREAM_NR_BASES * SIM_STREAM_PAGE;
}

/* Where the bytes stop being zero, or not zero, as they are at offset. */
static u64 end_of_kind(const struct sim_content *content, u64 offset, u64 end)
{
	bool zero = is_zero(content, offset);
	u64 run = offset >> content->zero_shift;

	if (!content->zero_percent)
		return end;
	do
		run++;
	while (run << content->zero_shift < end &&
	       run_is_zero(content, run) == zero);
	return min(end, run << content->zero_shift);
}

/**
 * sim_stream_at - the bytes of a stream at an offset
 * @stream: the generator
 * @offset: where; less than the total length, if that is known
 * @len: how many bytes are wanted, at least 1; set to how many there are in one
 *	piece, at least 1
 *
 * Return: the bytes. They are valid until the next call.
 */
const u8 *sim_stream_at(struct sim_stream *stream, u64 offset, size_t *len)
{
	u64 marker = SIM_STREAM_UNKNOWN;
	u64 end, page;
	u8 *block;

	if (stream->described && stream->total != SIM_STREAM_UNKNOWN)
		marker = stream->total - SIM_STREAM_MARKER;
	if (offset >= marker) {
		*len = min_t(u64, *len, stream->total - offset);
		return stream->marker + (offset - marker);
	}

	end = min(round_down(offset, SIM_STREAM_BLOCK) + SIM_STREAM_BLOCK,
		  offset + *len);
	end = end_of_kind(&stream->content, offset, min(end, marker));
	*len = end - offset;
	if (is_zero(&stream->content, offset))
		return stream->zeros;

	block = block_in_pattern(stream, offset);
	for (page = offset / SIM_STREAM_PAGE; page * SIM_STREAM_PAGE < end; page++)
		make_stamp(stream, page, block + page * SIM_STREAM_PAGE %
					 SIM_STREAM_BLOCK);
	return block + offset % SIM_STREAM_BLOCK;
}

/*
 * memcmp() leaves at the first difference, which there is only in tests, and
 * pays for that with most of its speed.
 */
static bool are_same(const u8 *a, const u8 *b, size_t len)
{
	u64 difference = 0;
	size_t i;

	for (i = 0; i + 32 <= len; i += 32)
		difference |= (get_unaligned_le64(a + i) ^
			       get_unaligned_le64(b + i)) |
			      (get_unaligned_le64(a + i + 8) ^
			       get_unaligned_le64(b + i + 8)) |
			      (get_unaligned_le64(a + i + 16) ^
			       get_unaligned_le64(b + i + 16)) |
			      (get_unaligned_le64(a + i + 24) ^
			       get_unaligned_le64(b + i + 24));
	return !difference && !memcmp(a + i, b + i, len - i);
}

static size_t first_difference(const u8 *a, const u8 *b, size_t len)
{
	size_t i = 0;

	while (i < len && a[i] == b[i])
		i++;
	return i;
}

/**
 * sim_stream_check - compare bytes with what they must be
 * @stream: the generator
 * @offset: offset in the stream of the first byte
 * @data: the bytes
 * @len: how many
 *
 * Return: @offset + @len if all are right, else the offset in the stream of the
 * first that is not.
 */
u64 sim_stream_check(struct sim_stream *stream, u64 offset, const u8 *data,
		     size_t len)
{
	while (len) {
		size_t piece = len;
		const u8 *right = sim_stream_at(stream, offset, &piece);

		if (!are_same(data, right, piece))
			return offset + first_difference(data, right, piece);
		offset += piece;
		data += piece;
		len -= piece;
	}
	return offset;
}

/**
 * sim_stream_check_stamps - compare no more than the pages' stamps
 * @stream: the generator
 * @offset: offset in the stream of the first byte
 * @data: the bytes, none of them of the end marker
 * @len: how many
 *
 * Return: @offset + @len if all that lie in stamps are right, else the offset
 * in the stream of the first that is not.
 */
u64 sim_stream_check_stamps(const struct sim_stream *stream, u64 offset,
			    const u8 *data, size_t len)
{
	u64 end = offset + len, page;

	for (page = offset / SIM_STREAM_PAGE; page * SIM_STREAM_PAGE < end; page++) {
		u64 stamp_at = page * SIM_STREAM_PAGE;
		u64 from = max(stamp_at, offset);
		u64 to = min(stamp_at + SIM_STREAM_STAMP, end);
		u8 stamp[SIM_STREAM_STAMP] = {};
		size_t same;

		if (from >= to)
			continue;
		if (!is_zero(&stream->content, stamp_at))
			make_stamp(stream, page, stamp);
		same = first_difference(data + (from - offset),
					stamp + (from - stamp_at), to - from);
		if (same < to - from)
			return from + same;
	}
	return end;
}
