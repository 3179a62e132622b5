// SPDX-License-Identifier: GPL-2.0
/* The one place that waits: an epoll set of watches, and the clock. */
#include <errno.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "loop.h"

/**
 * loop_init() - make an empty set of watches
 * @loop: the loop; loop_fini() it
 *
 * Return: 0, or -1 with the error recorded.
 */
int loop_init(struct loop *loop)
{
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return fail("epoll: %m");
	return 0;
}

/**
 * loop_fini() - give back what loop_init() took
 * @loop: the loop
 */
void loop_fini(struct loop *loop)
{
	close(loop->epoll_fd);
}

/**
 * loop_add() - call @watch->ready whenever @watch->fd has @events
 * @loop: the loop
 * @watch: stays the caller's; loop_remove() it before closing its fd
 * @events: EPOLLIN, EPOLLOUT
 *
 * Return: 0, or -1 with the error recorded.
 */
int loop_add(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event))
		return fail("epoll: %m");
	return 0;
}

/**
 * loop_remove() - stop watching
 * @loop: the loop
 * @watch: one that loop_add() took
 */
void loop_remove(struct loop *loop, struct watch *watch)
{
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
}

/**
 * loop_once() - wait for one event and handle it
 * @loop: the loop
 * @timeout_ms: longest wait, -1 for none
 *
 * One event at a time, so that a callback may remove and free any watch.
 *
 * Return: 1 after an event, 0 after the time-out, -1 with the error recorded.
 */
int loop_once(struct loop *loop, int timeout_ms)
{
	struct epoll_event event;
	struct watch *watch;
	int n;

	n = epoll_wait(loop->epoll_fd, &event, 1, timeout_ms);
	if (n < 0 && errno != EINTR)
		return fail("epoll: %m");
	if (n <= 0)
		return 0;
	watch = event.data.ptr;
	watch->ready(watch, event.events);
	return 1;
}

/**
 * now_ns() - the monotonic clock
 *
 * Return: nanoseconds since some point in the past.
 */
uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/**
 * remaining_ms() - how long until @deadline_ns, for poll-like calls
 * @deadline_ns: on the clock of now_ns()
 *
 * Return: milliseconds, rounded up; 0 once it has passed.
 */
int remaining_ms(uint64_t deadline_ns)
{
	uint64_t now = now_ns(), left;

	if (deadline_ns <= now)
		return 0;
	left = (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS;
	return left > INT_MAX ? INT_MAX : left;
}

/**
 * sooner_ms() - which of two waits ends first?
 * @one_ms: milliseconds, -1 for never
 * @other_ms: the same
 *
 * Return: milliseconds, -1 if both are for ever.
 */
int sooner_ms(int one_ms, int other_ms)
{
	if (one_ms < 0 || other_ms < 0)
		return one_ms < 0 ? other_ms : one_ms;
	return one_ms < other_ms ? one_ms : other_ms;
}
