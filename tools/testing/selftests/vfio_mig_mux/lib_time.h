/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waiting for a state that comes by itself: asked for again and again, and
 * given up after a while.
 */
#ifndef _LIB_TIME_H_
#define _LIB_TIME_H_

#include <poll.h>
#include <stdbool.h>
#include <time.h>

/* No state of these tests takes longer, not even on a kernel with KASAN */
#define WAIT_MS	15000

static inline unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static inline long long now_ms(void)
{
	return now_ns() / 1000000;
}

/* Whether @condition comes true within WAIT_MS; a statement expression */
#define eventually(condition)						\
	({								\
		long long until_ = now_ms() + WAIT_MS;			\
		bool holds_;						\
									\
		while (!(holds_ = (condition)) && now_ms() < until_)	\
			poll(NULL, 0, 1);				\
		holds_;							\
	})

#endif /* _LIB_TIME_H_ */
