// SPDX-License-Identifier: GPL-2.0
/*
 * How long session-get takes while data moves: asks for the first session there
 * is, a thousand times a second, until it is over.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "loop.h"
#include "mux.h"

#define CALLS_MAX 1000000

static uint64_t calls[CALLS_MAX];

static void take_session(const struct mux_session *session, void *arg)
{
	uint32_t *id = arg;

	if (!*id)
		*id = session->id;
}

static int find_session(struct mux *mux, uint32_t *id)
{
	struct mux_listener listener = { .session = take_session, .arg = id };

	for (int i = 0; i < 10000 && !*id; i++) {
		if (mux_session_dump(mux, &listener))
			return -1;
		usleep(1000);
	}
	return *id ? 0 : fail("there is no session");
}

/* Until it is over or gone: both end the measurement. */
static int measure(struct mux *mux, uint32_t id)
{
	struct mux_session session;
	int count = 0;

	while (count < CALLS_MAX) {
		uint64_t began = now_ns();

		if (mux_session_get(mux, id, &session) || mux_session_is_over(session.state))
			break;
		/* Before data moves nothing is under load. */
		if (session.bytes)
			calls[count++] = now_ns() - began;
		usleep(1000);
	}
	return count;
}

static int compare(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return (first > second) - (first < second);
}

static double ms(int count, double part)
{
	return calls[(int)((count - 1) * part)] / 1e6;
}

int main(void)
{
	struct mux mux = { 0 };
	uint32_t id = 0;
	int count;

	if (mux_open(&mux) || find_session(&mux, &id)) {
		fprintf(stderr, "session-latency: %s\n", error_text());
		return 1;
	}
	count = measure(&mux, id);
	mux_close(&mux);
	if (!count) {
		fputs("session-latency: the session was over before the first call\n", stderr);
		return 1;
	}
	qsort(calls, count, sizeof(calls[0]), compare);
	printf("{\"calls\":%d,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", count, ms(count, 0.5),
	       ms(count, 0.99), ms(count, 1));
	return 0;
}
