// SPDX-License-Identifier: GPL-2.0
/* A request to stop is an event like any other: it never interrupts a system call. */
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "error.h"
#include "signals.h"

static void signals_ready(struct watch *watch, uint32_t events)
{
	struct signals *signals = container_of(watch, struct signals, watch);
	struct signalfd_siginfo info;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1) {
		signals->command = true;
		return;
	}
	signals->caught = info.ssi_signo;
	signals->asked++;
}

/**
 * signals_init() - turn SIGINT, SIGTERM, SIGHUP and SIGUSR1 into events
 * @signals: becomes the state; signals_fini() it
 * @loop: where they arrive
 *
 * A stopped agent would hold up a migration with the devices standing still, so
 * the terminal's stop key is ignored.
 *
 * Return: 0, or -1 with the error recorded.
 */
int signals_init(struct signals *signals, struct loop *loop)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);

	signals->loop = loop;
	signals->caught = 0;
	signals->asked = 0;
	signals->told = false;
	signals->command = false;
	signals->watch.ready = signals_ready;
	signals->watch.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->watch.fd < 0)
		return fail("signalfd: %m");
	if (loop_add(loop, &signals->watch, EPOLLIN)) {
		close(signals->watch.fd);
		return -1;
	}
	return 0;
}

/**
 * signals_fini() - give back what signals_init() took; the signals stay blocked
 * @signals: the state
 */
void signals_fini(struct signals *signals)
{
	loop_remove(signals->loop, &signals->watch);
	close(signals->watch.fd);
}

/**
 * signals_check() - has the user asked to stop?
 * @signals: the state
 *
 * Return: 0, or -1 with the request recorded as the error.
 */
int signals_check(struct signals *signals)
{
	/* Also seen between two long ioctls, when no loop has run. */
	signals_ready(&signals->watch, EPOLLIN);
	if (signals->caught)
		return fail("stopped by signal %d (%s)", signals->caught, strsignal(signals->caught));
	return 0;
}

/**
 * signals_insist() - has the user asked to stop, and not only once?
 * @signals: the state
 * @why: what is waited for nevertheless; told the first time
 *
 * Return: 0, or -1 with the request recorded as the error.
 */
int signals_insist(struct signals *signals, const char *why)
{
	signals_ready(&signals->watch, EPOLLIN);
	if (!signals->asked)
		return 0;
	if (signals->told)
		return signals_check(signals);
	/* Those that have come with it do not count. */
	signals->asked = 0;
	signals->told = true;
	warn("signal %d (%s) comes too late: %s; a second one ends that", signals->caught,
	     strsignal(signals->caught), why);
	return 0;
}
