/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Expectations about answers, on top of kselftest_harness.h. A failed one
 * prints what was expected, what came instead and the line of the test.
 */
#ifndef _LIB_EXPECT_H_
#define _LIB_EXPECT_H_

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "kselftest_harness.h"

#include "lib_mux.h"
#include "lib_show.h"

/* What the kernel's own validation says */
#define POLICY_RANGE	"integer out of range"
#define POLICY_LENGTH	"invalid attribute length"
#define POLICY_FAILED	"Attribute failed policy validation"
#define POLICY_BINARY	"binary attribute size out of range"
#define POLICY_MASK	"reserved bit set"
#define POLICY_UNKNOWN	"Unknown attribute type"
#define POLICY_UNUSED	"Unsupported attribute"

/* For refusals that may point at an attribute or not */
#define ANYWHERE	-1

/* Words with values in them, good until the next call but seven */
static inline __printf(1, 2) const char *words(const char *format, ...)
{
	static char texts[8][512];
	static unsigned int next;
	char *text = texts[next++ % ARRAY_SIZE(texts)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(texts[0]), format, args);
	va_end(args);
	return text;
}

static inline void expect_refused(struct __test_metadata *_metadata, int line,
				  const struct mux *mux, int ret, int error,
				  const char *text, int attr)
{
	if (ret == -error && !strcmp(mux->text, text) && (attr == ANYWHERE || mux->bad == attr))
		return;
	TH_LOG("line %d: expected -%d '%s' at attribute %d, got %d '%s' at attribute %d",
	       line, error, text, attr, ret, mux->text, mux->bad);
	_metadata->exit_code = KSFT_FAIL;
}

static inline void expect_missing(struct __test_metadata *_metadata, int line,
				  const struct mux *mux, int ret, const char *name, int attr)
{
	expect_refused(_metadata, line, mux, ret, EINVAL, words("attribute %s is missing", name),
		       ANYWHERE);
	if (mux->missing == attr)
		return;
	TH_LOG("line %d: expected to be told that attribute %d is missing, not %d",
	       line, attr, mux->missing);
	_metadata->exit_code = KSFT_FAIL;
}

/* A call must be refused with this errno and these extack words */
#define EXPECT_REFUSED(mux, call, error, text) \
	expect_refused(_metadata, __LINE__, mux, call, error, text, ANYWHERE)

/* And the extack must point at this attribute */
#define EXPECT_REFUSED_AT(mux, call, error, text, attr) \
	expect_refused(_metadata, __LINE__, mux, call, error, text, attr)

/* A call must be told, in words and by type, which attribute is missing */
#define EXPECT_MISSING(mux, call, name, attr) \
	expect_missing(_metadata, __LINE__, mux, call, name, attr)

/**
 * struct bad_attr - an attribute that must be refused before a call begins
 * @cmd: the call
 * @attr: the attribute
 * @error: the errno
 * @text: the extack words
 */
struct bad_attr {
	__u8 cmd;
	struct attr attr;
	int error;
	const char *text;
};

static inline void expect_bad_attrs(struct __test_metadata *_metadata, int line, struct mux *mux,
				    const struct bad_attr *bad, int count)
{
	int i;

	for (i = 0; i < count; i++)
		expect_refused(_metadata, line, mux, mux_do(mux, bad[i].cmd, bad[i].attr),
			       bad[i].error, bad[i].text, bad[i].attr.type);
}

/* Each of these attributes, alone in its call, must be refused */
#define EXPECT_BAD_ATTRS(mux, ...)							\
	expect_bad_attrs(_metadata, __LINE__, mux, (struct bad_attr[]){ __VA_ARGS__ },	\
			 sizeof((struct bad_attr[]){ __VA_ARGS__ }) / sizeof(struct bad_attr))

/* Every attribute of a set up to @max, and one above, is refused unless it is
 * among @taken, as bits by type
 */
static inline void expect_others_refused(struct __test_metadata *_metadata, int line,
					 struct mux *mux, __u8 cmd, __u32 taken, int max)
{
	int top = 31 - __builtin_clz(taken);
	int type;

	for (type = 1; type <= max + 1; type++) {
		if (taken & 1u << type)
			continue;
		expect_refused(_metadata, line, mux, mux_do(mux, cmd, attr_u32(type, 1)), EINVAL,
			       type > top ? POLICY_UNKNOWN : POLICY_UNUSED, type);
	}
}

#define EXPECT_OTHERS_REFUSED(mux, cmd, taken, max) \
	expect_others_refused(_metadata, __LINE__, mux, cmd, taken, max)

/* Whether these are the words of an error; the module adds its number, by name
 * where the kernel has names for them (CONFIG_SYMBOLIC_ERRNAME)
 */
static inline bool is_error_text(const char *seen, const char *text, __u32 code)
{
	return !strcmp(seen, words("%s (-%s)", text, strerrorname_np(code))) ||
	       !strcmp(seen, words("%s (-%u)", text, code));
}

static inline void expect_error(struct __test_metadata *_metadata, int line,
				const struct error_info *error, __u32 origin, __u32 code,
				const char *text)
{
	if (error->origin == origin && error->code == code &&
	    is_error_text(error->text, text, code))
		return;
	TH_LOG("line %d: expected error %u of origin %u '%s', got error %u of origin %u '%s'",
	       line, code, origin, text, error->code, error->origin, error->text);
	_metadata->exit_code = KSFT_FAIL;
}

/* An error must be of this host or the other, have this number and these words */
#define EXPECT_LOCAL_ERROR(error, code, text) \
	expect_error(_metadata, __LINE__, error, VFIO_MIG_MUX_ERROR_ORIGIN_LOCAL, code, text)
#define EXPECT_PEER_ERROR(error, code, text) \
	expect_error(_metadata, __LINE__, error, VFIO_MIG_MUX_ERROR_ORIGIN_PEER, code, text)

/* Where an error struck: VFIO_MIG_MUX_DIRECTION_* and numbers, or NOWHERE */
#define NOWHERE	-1ll

static inline bool is_at(const struct error_info *error, int attr, __u64 seen, long long number)
{
	return HAS(error, attr) ? (long long)seen == number : number == NOWHERE;
}

static inline void expect_where(struct __test_metadata *_metadata, int line,
				const struct error_info *error, __u32 direction,
				long long device, long long channel, long long chunk)
{
	if (HAS(error, VFIO_MIG_MUX_A_ERROR_DIRECTION) && error->direction == direction &&
	    is_at(error, VFIO_MIG_MUX_A_ERROR_DEVICE, error->device, device) &&
	    is_at(error, VFIO_MIG_MUX_A_ERROR_CHANNEL, error->channel, channel) &&
	    is_at(error, VFIO_MIG_MUX_A_ERROR_CHUNK, error->chunk, chunk))
		return;
	TH_LOG("line %d: expected direction %u, device %lld, channel %lld, chunk %lld",
	       line, direction, device, channel, chunk);
	TH_LOG("got direction %u, device %u, channel %u, chunk %llu; attributes 0x%x",
	       error->direction, error->device, error->channel,
	       (unsigned long long)error->chunk, error->has);
	_metadata->exit_code = KSFT_FAIL;
}

#define EXPECT_WHERE(error, direction, device, channel, chunk) \
	expect_where(_metadata, __LINE__, error, direction, device, channel, chunk)

#endif /* _LIB_EXPECT_H_ */
