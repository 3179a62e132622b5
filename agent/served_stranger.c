// SPDX-License-Identifier: GPL-2.0
/*
 * Who connects and is not served. What he has sent is not read, and may have files in it
 * whose closing takes as long as he likes: that is not for the loop to wait for.
 */
#include <stdlib.h>
#include <unistd.h>

#include "error.h"
#include "json.h"
#include "served.h"

/* Connections that are being closed, each in a thread; nobody else is taken meanwhile. */
#define STRANGERS_MAX 64

struct stranger {
	struct reap reap;
	struct served_set *set;
	int sock;
};

static void stranger_work(struct reap *reap)
{
	close(container_of(reap, struct stranger, reap)->sock);
}

static void stranger_done(struct reap *reap)
{
	struct stranger *stranger = container_of(reap, struct stranger, reap);

	stranger->set->strangers--;
	free(stranger);
}

static void stranger_close(struct served_set *set, int sock)
{
	struct stranger *stranger = calloc(1, sizeof(*stranger));

	if (!stranger) {
		close(sock);
		return;
	}
	stranger->set = set;
	stranger->sock = sock;
	stranger->reap.work = stranger_work;
	stranger->reap.done = stranger_done;
	set->strangers++;
	reaper_give(set->reaper, &stranger->reap);
}

/**
 * served_has_strangers() - are there as many that are being closed as there may be?
 * @set: all who are served
 *
 * Return: whether there are.
 */
bool served_has_strangers(const struct served_set *set)
{
	return set->strangers >= STRANGERS_MAX;
}

/**
 * served_turn_away() - do not serve somebody, for the reason that is recorded
 * @set: all who are served
 * @sock: his connection, owned from here on
 * @peer: who he is
 */
void served_turn_away(struct served_set *set, int sock, const struct ucred *peer)
{
	struct json_object *message = packet_new("error");

	if (served_may_log(set))
		warn("process %d of user %u is turned away: %s", peer->pid, peer->uid, error_text());
	json_put_text(message, "text", error_text());
	packet_send(sock, message, -1);
	stranger_close(set, sock);
}
