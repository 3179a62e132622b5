// SPDX-License-Identifier: GPL-2.0
/*
 * When to stop the guest: as soon as it can be expected to stand still for no
 * longer than the user allows. In: what has been loaded and what is left. Out:
 * an estimate of the downtime, and the decision.
 */
#include "loop.h"
#include "switchover.h"

/* Shorter times say more about when ACKs come than about how fast data moves. */
#define WINDOW_NS (5 * NS_PER_MS)

/* What was measured longer ago than this counts less and less. */
#define HORIZON_NS (2 * NS_PER_S)

/* Nothing has shown yet how fast it goes: 100 MiB a second, as over a common network. */
#define RATE_ASSUMED (100.0 * 1024 * 1024)

/* On the source to P2P, STOP_COPY and STOP; on the destination to STOP, P2P and RUNNING */
#define SWITCHOVER_ARCS 6

/**
 * switchover_begin() - the devices are about to go to PRE_COPY
 * @switchover: becomes what is known by then
 * @limit_ms: longest downtime the user wants, 0 to leave it to the time-out and the user
 * @timeout_ms: longest time in PRE_COPY
 * @rate_max: bytes per second that may be sent, 0 for no limit
 */
void switchover_begin(struct switchover *switchover, unsigned int limit_ms, unsigned int timeout_ms,
		      uint64_t rate_max)
{
	uint64_t now = now_ns();

	*switchover = (struct switchover){
		.limit_ms = limit_ms,
		.deadline_ns = now + timeout_ms * NS_PER_MS,
		.rate_max = rate_max,
		.since_ns = now,
	};
}

/**
 * switchover_measure() - note how far it has come
 * @switchover: what is known
 * @loaded: bytes that the destination has loaded
 * @busy: there is more to load now
 */
void switchover_measure(struct switchover *switchover, uint64_t loaded, bool busy)
{
	uint64_t now = now_ns(), time = now - switchover->since_ns;
	double bytes = loaded - switchover->loaded;

	if (time < WINDOW_NS)
		return;
	if (bytes * NS_PER_S / time > switchover->least)
		switchover->least = bytes * NS_PER_S / time;
	if (busy && switchover->busy) {
		double share = (double)HORIZON_NS / (HORIZON_NS + time);

		switchover->busy_bytes = switchover->busy_bytes * share + bytes;
		switchover->busy_ns = switchover->busy_ns * share + time;
	}
	switchover->since_ns = now;
	switchover->loaded = loaded;
	switchover->busy = busy;
}

static double expected_rate(const struct switchover *switchover)
{
	double rate = switchover->least > RATE_ASSUMED ? switchover->least : RATE_ASSUMED;

	if (switchover->busy_bytes > 0)
		rate = switchover->busy_bytes * NS_PER_S / switchover->busy_ns;
	if (switchover->rate_max && rate > switchover->rate_max)
		rate = switchover->rate_max;
	return rate;
}

/**
 * switchover_estimate() - how long would the guest stand still, if it stopped now?
 * @switchover: what is known; receives the estimate
 * @remaining: bytes that the destination would have to load meanwhile
 */
void switchover_estimate(struct switchover *switchover, uint64_t remaining)
{
	double seconds = remaining ? remaining / expected_rate(switchover) : 0;

	switchover->estimate_ms = seconds * 1000 + (double)switchover->arc_ns * SWITCHOVER_ARCS / NS_PER_MS;
}

/**
 * switchover_decide() - shall the guest stop now?
 * @switchover: what is known, with a fresh estimate; receives why
 * @ready: the destination has loaded the initial data of every device
 * @command: the user wants it now
 *
 * Before the destination is ready it would make the guest wait while it
 * allocates what the devices need. Only the user and the time limit overrule that.
 *
 * Return: whether it shall.
 */
bool switchover_decide(struct switchover *switchover, bool ready, bool command)
{
	switchover->ready = ready;
	if (command)
		switchover->cause = SWITCHOVER_COMMAND;
	else if (ready && switchover->limit_ms && switchover->estimate_ms <= switchover->limit_ms)
		switchover->cause = SWITCHOVER_ESTIMATE;
	else if (!remaining_ms(switchover->deadline_ns))
		switchover->cause = SWITCHOVER_TIMEOUT;
	return switchover->cause != SWITCHOVER_NONE;
}

/**
 * switchover_cause_name() - why the guest was stopped, in a word
 * @cause: why
 *
 * Return: the word.
 */
const char *switchover_cause_name(enum switchover_cause cause)
{
	static const char * const names[] = {
		[SWITCHOVER_NONE] = "none",
		[SWITCHOVER_ESTIMATE] = "estimate",
		[SWITCHOVER_TIMEOUT] = "timeout",
		[SWITCHOVER_COMMAND] = "command",
	};

	return names[cause];
}
