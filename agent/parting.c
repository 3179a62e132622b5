// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a source's connection that came to nothing: what the destination has been told is to arrive, and what
 * it still says is to be heard out.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parting.h"
#include "reaper.h"

/* For the other side to close a connection that it has been told is none, and what it may still say. */
#define PARTING_MS 500
#define PARTING_MAX (1024 * 1024)

struct parting {
	struct reap reap;
	int fd;
};

/*
 * Closed over unread bytes, TCP would take the alert back with a reset. The server
 * sends all it has at once, and closes; who goes on sending is not listened to
 * without end.
 */
static void part(int fd)
{
	struct pollfd unread = { .fd = fd, .events = POLLIN };
	uint64_t deadline = now_ns() + PARTING_MS * NS_PER_MS;
	size_t total = 0;
	char rest[4096];
	int left;

	shutdown(fd, SHUT_WR);
	while (total < PARTING_MAX && (left = remaining_ms(deadline)) > 0 && poll(&unread, 1, left) > 0) {
		ssize_t n = recv(fd, rest, sizeof(rest), MSG_DONTWAIT);

		if (n <= 0)
			break;
		total += n;
	}
	close(fd);
}

static void parting_work(struct reap *reap)
{
	part(container_of(reap, struct parting, reap)->fd);
}

static void parting_done(struct reap *reap)
{
	free(container_of(reap, struct parting, reap));
}

/**
 * parting_begin() - close a connection
 * @reaper: waits for the other side, or NULL to wait here
 * @fd: the connected socket, not this caller's any more
 */
void parting_begin(struct reaper *reaper, int fd)
{
	struct parting *parting = reaper ? calloc(1, sizeof(*parting)) : NULL;

	if (parting) {
		parting->fd = fd;
		parting->reap.work = parting_work;
		parting->reap.done = parting_done;
		reaper_give(reaper, &parting->reap);
	} else {
		part(fd);
	}
}
