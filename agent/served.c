// SPDX-License-Identifier: GPL-2.0
/*
 * One VMM of "serve": who it is, what it says and in which order it may. Whatever is
 * wrong ends its own migration: on_*() return -1 with the reason, which it is told.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "json.h"
#include "reconnect.h"
#include "served.h"

/* Messages that a VMM has not read, as the kernel counts them; half of it ends its migration. */
#define UNREAD_MAX (2 << 20)
#define LINES_PER_S 20

/**
 * served_device() - find a device
 * @served: a VMM
 * @name: the device's name
 *
 * Return: its number, or -1 with the error recorded.
 */
int served_device(const struct served *served, const char *name)
{
	for (uint32_t i = 0; i < served->session.now.devices; i++)
		if (!strcmp(served->session.devices[i].now.name, name))
			return i;
	return fail("there is no device '%s' in this migration", name);
}

/**
 * served_may_log() - is there to be a line in the log?
 * @set: all who are served; the line is counted
 *
 * Who floods the agent shall not flood its log as well.
 *
 * Return: whether there is.
 */
bool served_may_log(struct served_set *set)
{
	if (set->options->common.quiet)
		return false;
	if (now_ns() - set->told_ns >= NS_PER_S) {
		if (set->untold)
			warn("%u more lines are left out", set->untold);
		set->told_ns = now_ns();
		set->told = 0;
		set->untold = 0;
	}
	if (set->told++ < LINES_PER_S)
		return true;
	set->untold++;
	return false;
}

/* Ending */

static void served_work(struct reap *reap)
{
	struct served *served = container_of(reap, struct served, reap);

	session_close(&served->session);
	for (int i = 0; i < served->packet.fd_count; i++)
		close(served->packet.fds[i]);
	/* There may be more of them in messages that nobody has read. */
	close(served->watch.fd);
}

static void served_done(struct reap *reap)
{
	struct served *served = container_of(reap, struct served, reap), **link;

	for (link = &served->set->first; *link != served; link = &(*link)->next)
		;
	*link = served->next;
	if (served->to)
		freeaddrinfo(served->to);
	free(served);
}

/* The VMM finds what it was told before the end of the connection. */
static void served_end(struct served *served)
{
	served->phase = SERVED_ENDED;
	loop_remove(served->set->loop, &served->watch);
	shutdown(served->watch.fd, SHUT_RDWR);
	channels_stop(&served->channels, "the migration is over");
	if (served->session.monitor.sock)
		loop_remove(served->set->loop, &served->session.watch);
	served->reap.work = served_work;
	served->reap.done = served_done;
	reaper_give(served->set->reaper, &served->reap);
}

static void log_end(const struct served *served, const char *text)
{
	if (served_may_log(served->set))
		warn("VMM %d of user %u: %s", served->peer.pid, served->peer.uid, text);
}

/**
 * served_fail() - end a migration with the error that is recorded
 * @served: a VMM, told why if it still listens; not to be used any more
 */
void served_fail(struct served *served)
{
	char why[VFIO_MIG_MUX_TEXT_MAX + 1];
	struct json_object *message;

	/* What the module found before is why the rest went wrong. */
	if (served_is_open(served))
		session_blame(&served->session);
	snprintf(why, sizeof(why), "%s", error_text());
	session_abort(&served->session, why);
	message = packet_new("error");
	json_put_text(message, "text", why);
	packet_send(served->watch.fd, message, -1);
	log_end(served, why);
	served_end(served);
}

/**
 * served_stop() - end a migration that one of both ends leaves, for the reason that is recorded
 * @served: a VMM, told why unless its migration is complete: then nothing has failed; not to
 *	be used any more
 */
void served_stop(struct served *served)
{
	if (served->phase == SERVED_COMPLETED)
		served_end(served);
	else
		served_fail(served);
}

static void served_gone(struct served *served)
{
	fail("the VMM is gone");
	served_stop(served);
}

/* Messages */

static int read_name(struct served *served)
{
	char name[VFIO_MIG_MUX_NAME_MAX + 1];

	if (json_read_text(served->packet.message, "device", name, sizeof(name)))
		return -1;
	return served_device(served, name);
}

static int fail_time(const struct served *served)
{
	return fail("'%s' at the wrong time", served->packet.type);
}

static int read_device(struct served *served)
{
	return served->phase == SERVED_STARTED ? read_name(served) : fail_time(served);
}

static int on_attach(struct served *served)
{
	struct json_object *message = served->packet.message;
	int id = read_device(served);
	bool final = false;

	if (id < 0)
		return -1;
	if (served->packet.fd_count != 1)
		return fail("'attach' comes with %d file descriptors, not with one", served->packet.fd_count);
	if (json_object_object_get_ex(message, "final", NULL) && json_read_bool(message, "final", &final))
		return -1;
	if (served->devices[id].attached)
		return fail("device '%s' is attached already", served->session.devices[id].now.name);
	if (session_attach(&served->session, id, served->packet.fds[0], final && served_is_source(served)))
		return -1;
	/* The module has it now, and knows it for a data_fd. */
	close(served->packet.fds[0]);
	served->packet.fd_count = 0;
	served->devices[id].attached = true;
	served->devices[id].final = final;
	return 0;
}

static int read_own_device(struct served *served)
{
	int id = read_device(served);

	if (id < 0)
		return -1;
	if (!served_is_source(served))
		return fail("'%s' is for a source", served->packet.type);
	if (!served->devices[id].attached)
		return fail("'%s' before 'attach' of device '%s'", served->packet.type,
			    served->session.devices[id].now.name);
	return id;
}

static int on_final(struct served *served)
{
	int id = read_own_device(served);

	if (id < 0)
		return -1;
	served->devices[id].final = true;
	return mux_device_set(&served->session.mux, served->session.now.id, id, true, false);
}

static int on_kick(struct served *served)
{
	int id = read_own_device(served);

	if (id < 0)
		return -1;
	if (served->devices[id].final)
		return fail("'kick' after 'final' of device '%s'", served->session.devices[id].now.name);
	served->devices[id].drained = false;
	served->devices[id].ready = false;
	served->devices[id].awaited = false;
	return mux_device_set(&served->session.mux, served->session.now.id, id, false, true);
}

static int on_sync(struct served *served)
{
	int id = read_own_device(served);

	return id < 0 ? -1 : served_ask_sync(served, id);
}

/* A destination's VMM may ask when all is over. */
static int on_trailer(struct served *served)
{
	int id = served_is_open(served) ? read_name(served) : fail_time(served);

	if (id < 0)
		return -1;
	if (!(served->session.now.features & VFIO_MIG_MUX_FEATURE_TRAILER))
		return fail("'trailer', and no 'trailer' in 'start'");
	return served_is_source(served) ? served_take_trailer(served, id) : served_tell_trailer(served, id);
}

static int on_start(struct served *served)
{
	if (served->phase != SERVED_NEW)
		return fail("'start' for the second time");
	if (served_start(served, served->packet.message))
		return -1;
	served->phase = SERVED_STARTED;
	return served_tell_started(served);
}

static int on_stats(struct served *served)
{
	if (!served_is_open(served))
		return fail("'stats' before 'start'");
	return served_tell_stats(served);
}

static int on_abort(struct served *served)
{
	char text[VFIO_MIG_MUX_TEXT_MAX + 1];

	if (json_read_text(served->packet.message, "text", text, sizeof(text)))
		return -1;
	if (served->phase == SERVED_COMPLETED)
		return 0;
	return fail("%s", text[0] ? text : "the VMM gives up");
}

static const struct {
	const char *type;
	int (*on)(struct served *served);
} messages[] = {
	{ "start", on_start },
	{ "attach", on_attach },
	{ "final", on_final },
	{ "kick", on_kick },
	{ "sync", on_sync },
	{ "trailer", on_trailer },
	{ "stats", on_stats },
	{ "abort", on_abort },
};

static int dispatch(struct served *served)
{
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		if (strcmp(messages[i].type, served->packet.type))
			continue;
		if (served->packet.fd_count && messages[i].on != on_attach)
			return fail("a file descriptor comes with '%s'", served->packet.type);
		if (served->packet.bytes && messages[i].on != on_trailer)
			return fail("bytes come after '%s'", served->packet.type);
		return messages[i].on(served);
	}
	return fail("'%s' is no message that this agent knows", served->packet.type);
}

/* One message at a time: the others' turn comes before the next one. */
static void served_ready(struct watch *watch, uint32_t events)
{
	struct served *served = container_of(watch, struct served, watch);
	enum packet_outcome outcome = packet_receive(watch->fd, &served->packet);
	int ret = outcome == PACKET_HERE ? dispatch(served) : outcome == PACKET_FAILED ? -1 : 0;

	(void)events;
	json_object_put(served->packet.message);
	served->packet.message = NULL;
	if (ret)
		served_fail(served);
	else if (outcome == PACKET_GONE)
		served_gone(served);
}

/* Looking */

static bool progress_is_due(const struct served *served)
{
	return served->progress_ms && served->phase == SERVED_STARTED && !remaining_ms(served->progress_ns);
}

static int look(struct served *served)
{
	struct session *session = &served->session;

	if (!session->stale && !progress_is_due(served))
		return 0;
	if (session_refresh(session) || session_check(session))
		return -1;
	if (served_tell_news(served))
		return -1;
	if (session->now.state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED && served->phase == SERVED_STARTED) {
		served->phase = SERVED_COMPLETED;
		log_end(served, "completed");
	}
	return 0;
}

/**
 * served_look() - tell a VMM what is new, and do what is due
 * @served: a VMM, in any phase; not to be used any more
 */
void served_look(struct served *served)
{
	if (served->phase == SERVED_NEW && !remaining_ms(served->deadline_ns)) {
		fail("no 'start' in time");
		served_fail(served);
		return;
	}
	if (!served_is_open(served))
		return;
	if (look(served)) {
		served_fail(served);
		return;
	}
	reconnect_look(&served->channels);
}

/**
 * served_due_ms() - until when there is nothing to do
 * @served: a VMM, in any phase
 *
 * Return: milliseconds, -1 if nothing is due.
 */
int served_due_ms(const struct served *served)
{
	int due = -1;

	if (served->phase == SERVED_NEW)
		return remaining_ms(served->deadline_ns);
	if (served->phase != SERVED_STARTED)
		return -1;
	if (served->session.stale)
		return 0;
	if (served->progress_ms)
		due = remaining_ms(served->progress_ns);
	return sooner_ms(due, reconnect_due_ms(&served->channels));
}

/* Beginning */

static int check_numbers(const struct served_set *set, const struct ucred *peer)
{
	unsigned int all = 0, users = 0;

	for (const struct served *other = set->first; other; other = other->next) {
		all++;
		users += other->peer.uid == peer->uid;
	}
	if (users >= set->options->user_sessions)
		return fail("user %u has %u migrations already", peer->uid, users);
	if (all >= set->options->sessions)
		return fail("there are %u migrations already", all);
	return 0;
}

static struct served *served_new(struct served_set *set, int sock, const struct ucred *peer)
{
	struct served *served = calloc(1, sizeof(*served));

	if (!served) {
		fail("out of memory");
		return NULL;
	}
	served->set = set;
	served->peer = *peer;
	served->deadline_ns = now_ns() + set->options->common.connect_timeout_ms * NS_PER_MS;
	served->channels.session = &served->session;
	served->watch.fd = sock;
	served->watch.ready = served_ready;
	if (loop_add(set->loop, &served->watch, EPOLLIN)) {
		free(served);
		return NULL;
	}
	served->next = set->first;
	set->first = served;
	return served;
}

/**
 * served_accept() - serve a VMM, or turn it away
 * @set: the others
 * @sock: its connection, owned from here on
 */
void served_accept(struct served_set *set, int sock)
{
	int room = UNREAD_MAX / 2;
	struct ucred peer = { 0 };

	/* The kernel doubles what it is told. */
	if (setsockopt(sock, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (allow_check(&set->options->allow, sock, &peer) || check_numbers(set, &peer) ||
	    !served_new(set, sock, &peer))
		served_turn_away(set, sock, &peer);
}
