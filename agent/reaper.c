// SPDX-License-Identifier: GPL-2.0
/*
 * What must not hold up the loop when it is closed, a session whose driver takes its
 * time, somebody else's file, or a socket in which somebody else has left files, is
 * closed in a thread of its own.
 */
#include <fcntl.h>
#include <unistd.h>

#include "error.h"
#include "reaper.h"

static void reaper_ready(struct watch *watch, uint32_t events)
{
	struct reaper *reaper = container_of(watch, struct reaper, watch);
	struct reap *reap;

	(void)events;
	if (read(watch->fd, &reap, sizeof(reap)) != sizeof(reap))
		return;
	pthread_join(reap->thread, NULL);
	reaper->count--;
	reap->done(reap);
}

/* A pipe takes so few bytes whole, and has room for thousands. */
static void *reap_run(void *arg)
{
	struct reap *reap = arg;

	reap->work(reap);
	while (write(reap->reaper->finished_fd, &reap, sizeof(reap)) != sizeof(reap))
		;
	return NULL;
}

/**
 * reaper_init() - be ready to close things
 * @reaper: receives it; reaper_fini() it
 * @loop: where it is told what is closed
 *
 * Return: 0, or -1 with the error recorded.
 */
int reaper_init(struct reaper *reaper, struct loop *loop)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return fail("pipe: %m");
	*reaper = (struct reaper){
		.watch = { .fd = fds[0], .ready = reaper_ready },
		.loop = loop,
		.finished_fd = fds[1],
	};
	if (!loop_add(loop, &reaper->watch, EPOLLIN))
		return 0;
	close(fds[0]);
	close(fds[1]);
	return -1;
}

/**
 * reaper_fini() - give back what reaper_init() took
 * @reaper: the reaper; with threads under way this process must end now
 */
void reaper_fini(struct reaper *reaper)
{
	loop_remove(reaper->loop, &reaper->watch);
	/* Who writes to it after its other end is closed gets a signal. */
	if (reaper->count)
		return;
	close(reaper->watch.fd);
	close(reaper->finished_fd);
}

/**
 * reaper_give() - have something closed
 * @reaper: the reaper
 * @reap: work and done are set; nobody else's until done() is called
 */
void reaper_give(struct reaper *reaper, struct reap *reap)
{
	reap->reaper = reaper;
	if (!pthread_create(&reap->thread, NULL, reap_run, reap)) {
		reaper->count++;
		return;
	}
	/* Better late than never */
	reap->work(reap);
	reap->done(reap);
}
