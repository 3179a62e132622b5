// SPDX-License-Identifier: GPL-2.0
/*
 * A migration as the destination sees it, from top to bottom: agree, make the
 * devices resume, load, wait for the source's word, run. Until that word comes
 * the devices are the source's, and what was loaded is thrown away on failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "control.h"
#include "destination.h"
#include "error.h"
#include "outage.h"
#include "output.h"
#include "plaintext.h"
#include "progress.h"
#include "server.h"
#include "signals.h"
#include "summary.h"
#include "timeline.h"
#include "uuid.h"

#define LINGER_MS 1000
/* In connect time-outs: one is the source's, which begins a little later. */
#define CHANNEL_PATIENCE 2
/* Pinned for whatever a source proposes, unless --memory or --slots says more. */
#define MEMORY_MAX ((uint64_t)256 << 20)
/* What there may be to hear before the source's last word */
#define HEAR_OUT_EVENTS 64
/* How often silent connections are looked at. */
#define EXPIRE_MS 1000

struct destination {
	const struct receive_options *options;
	struct loop loop;
	struct signals signals;
	struct server server;
	struct fleet fleet;
	struct session session;
	struct tls tls;
	struct control control;
	struct progress progress;
	struct outage outage;
	struct timeline timeline;
	/* Until when the other agent has to say what it wants. */
	uint64_t greeting_ns;
	/* Until when its first channel has to have come. */
	uint64_t channel_ns;
	struct message wanted;
	/* What the other agent has said. */
	bool heard[MESSAGE_ABORT + 1];
	/* A callback has recorded why this cannot go on. */
	bool failed;
	/* The source has been told yes. */
	bool accepted;
	/* And that all is loaded, which it may answer with run. */
	bool loaded;
	/* The devices may have left RUNNING, or run what was loaded. */
	bool touched;
};

static void destination_message(struct control *control, const struct message *message)
{
	struct destination *dst = container_of(control, struct destination, control);

	if (message->type == MESSAGE_MIGRATE && !dst->heard[MESSAGE_MIGRATE]) {
		dst->wanted = *message;
	} else if (message->type == MESSAGE_REFUSE) {
		fail("the source refuses: %s", message->text);
		dst->failed = true;
	} else if (message->type == MESSAGE_ABORT) {
		fail("the source gave up: %s", message->text);
		dst->failed = true;
	} else if (message->type != MESSAGE_RUN || !dst->loaded) {
		fail("the source said '%s' at the wrong time", message_name(message->type));
		dst->failed = true;
	}
	dst->heard[message->type] = true;
	timeline_heard(&dst->timeline, message->type);
}

static void destination_lost(struct control *control)
{
	container_of(control, struct destination, control)->failed = true;
}

static bool is_busy(const struct destination *dst)
{
	return control_is_open(&dst->control) || session_is_open(&dst->session);
}

/* All connections of a migration come from where its control connection comes from. */
static int destination_admit(struct server *server, const struct tls_identity *identity)
{
	struct destination *dst = container_of(server, struct destination, server);

	if (!is_busy(dst) || tls_identity_is(identity, &dst->control.identity))
		return 0;
	return fail("a migration of %s is under way, and %s has no part in it", dst->control.identity.text,
		    identity->text);
}

static void destination_control(struct server *server, int fd, const struct tls_identity *identity)
{
	struct destination *dst = container_of(server, struct destination, server);

	if (is_busy(dst)) {
		control_turn_away(fd, dst->tls.on, "another migration is under way");
		return;
	}
	dst->control.secure = dst->tls.on;
	dst->control.identity = *identity;
	transport_tune(fd, dst->options->common.channel_timeout_ms,
		       migration_control_timeout(&dst->options->common));
	dst->control.message = destination_message;
	dst->control.lost = destination_lost;
	if (control_start(&dst->control, &dst->loop, fd)) {
		warn("%s", error_text());
		return;
	}
	memset(dst->heard, 0, sizeof(dst->heard));
	dst->loaded = false;
	dst->failed = false;
	dst->greeting_ns = now_ns() + dst->options->common.connect_timeout_ms * NS_PER_MS;
}

static void tell_of_channel(struct server *server, const char *peer, const char *why)
{
	if (server_may_tell(server))
		warn("a channel from %s is closed: %s", peer, why);
}

static void destination_channel(struct server *server, int fd, const struct tls_identity *identity,
				const uint8_t *uuid)
{
	struct destination *dst = container_of(server, struct destination, server);
	char text[UUID_TEXT_LEN + 1], why[UUID_TEXT_LEN + 64], peer[ADDRESS_TEXT_MAX];

	transport_peer_text(fd, peer);
	if (!session_is_open(&dst->session) || memcmp(uuid, dst->session.now.uuid, UUID_LEN)) {
		uuid_format(uuid, text);
		snprintf(why, sizeof(why), "no migration %s is under way", text);
		tell_of_channel(server, peer, why);
		close(fd);
	} else if (destination_admit(server, identity)) {
		/* It was there before the migration was. */
		tell_of_channel(server, peer, error_text());
		close(fd);
	} else if (channel_hand_over(&dst->session, -1, fd)) {
		tell_of_channel(server, peer, error_text());
	}
}

static int destination_look(struct destination *dst)
{
	if (!session_is_open(&dst->session))
		return 0;
	if (session_refresh(&dst->session))
		return -1;
	outage_look(&dst->outage, &dst->session, &dst->progress);
	progress_show(&dst->progress, &dst->session);
	return 0;
}

static int destination_patience(struct destination *dst)
{
	int period = session_is_open(&dst->session) ? progress_period_ms(&dst->progress) : -1;

	return period >= 0 && period < EXPIRE_MS ? period : EXPIRE_MS;
}

/* Who has agreed and then brings no channel must not keep the devices. */
static int is_late(struct destination *dst)
{
	bool begun = dst->session.now.state != VFIO_MIG_MUX_SESSION_STATE_SETUP &&
		     dst->session.now.state != VFIO_MIG_MUX_SESSION_STATE_CONNECTING;

	if (!session_is_open(&dst->session) || !dst->accepted || begun || remaining_ms(dst->channel_ns))
		return 0;
	return fail("no channel came within %u ms after all was agreed",
		    CHANNEL_PATIENCE * dst->options->common.connect_timeout_ms);
}

static bool may_run(struct destination *dst)
{
	return dst->heard[MESSAGE_RUN];
}

/*
 * A signal may have come after a word that has not been read yet. Looks for that among what
 * there is, but not without end; the error is the signal's again then.
 */
static bool hear_out(struct destination *dst)
{
	char why[256];

	snprintf(why, sizeof(why), "%s", error_text());
	for (int i = 0; i < HEAR_OUT_EVENTS && !may_run(dst) && !dst->failed; i++)
		if (loop_once(&dst->loop, 0) <= 0)
			break;
	fail("%s", why);
	return may_run(dst);
}

/* Waits until done(); -1 with the error recorded. */
static int destination_wait(struct destination *dst, bool (*done)(struct destination *dst))
{
	for (;;) {
		int n;

		/* Once it has said run, the source has given the devices away: nothing else counts any more. */
		if (done == may_run && may_run(dst))
			return 0;
		if (dst->failed)
			return -1;
		if (signals_check(&dst->signals))
			return done == may_run && hear_out(dst) ? 0 : -1;
		if (session_is_open(&dst->session) && session_check(&dst->session))
			return -1;
		if (done(dst))
			return 0;
		if (is_late(dst))
			return -1;
		n = loop_once(&dst->loop, destination_patience(dst));
		if (n < 0)
			return -1;
		if ((!n || dst->session.stale) && destination_look(dst))
			return -1;
		server_expire(&dst->server);
	}
}

/* Agree */

/* What the other side's proposal makes this one pin has an end, unless the user has said how much it is. */
static uint32_t choose_slots(const struct destination *dst)
{
	const struct migration_options *options = &dst->options->common;
	const struct message *wanted = &dst->wanted;
	uint32_t slots = migration_slots(options, wanted->chunk_size, wanted->channels, wanted->devices);
	uint32_t most = MEMORY_MAX / wanted->chunk_size;

	return options->slots || options->memory || slots < most ? slots : most;
}

static int make_session(struct destination *dst)
{
	const struct message *wanted = &dst->wanted;
	struct mux_session session = {
		.role = VFIO_MIG_MUX_ROLE_DESTINATION,
		.chunk_size = wanted->chunk_size,
		.channels = wanted->channels,
		.features = mux_features(wanted->checksum, wanted->zero),
		.resume_timeout = dst->options->common.resume_timeout_ms,
		.channel_timeout = dst->options->common.channel_timeout_ms,
	};
	uint32_t slots = choose_slots(dst);
	/* One for each channel, one for each device, and one for zeroes. */
	uint32_t least = wanted->channels + wanted->devices + wanted->zero;

	/* The module would say so too, but only when the first channel comes. */
	if (slots < least)
		return fail("%u slots of %u bytes are too few for %u channels and %d devices; at least %u are needed",
			    slots, wanted->chunk_size, wanted->channels, wanted->devices, least);
	memcpy(session.uuid, wanted->uuid, sizeof(session.uuid));
	if (session_open(&dst->session, &dst->loop, &session, slots, &dst->fleet))
		return -1;
	summary_begin(&dst->progress, &dst->session);
	dst->outage = (struct outage){ 0 };
	return 0;
}

static int is_resuming(int device, void *arg)
{
	struct destination *dst = arg;

	return session_attach(&dst->session, device, dst->fleet.devices[device].vfio.data_fd, false);
}

static int resume_devices(struct destination *dst)
{
	dst->touched = true;
	if (fleet_set_p2p(&dst->fleet))
		return -1;
	return fleet_resume(&dst->fleet, is_resuming, dst);
}

static int agree(struct destination *dst)
{
	if (control_say(&dst->control, MESSAGE_PREPARING, NULL))
		return -1;
	if (make_session(dst) || resume_devices(dst))
		return -1;
	if (control_say(&dst->control, MESSAGE_ACCEPT, NULL))
		return -1;
	dst->accepted = true;
	dst->channel_ns = now_ns() + CHANNEL_PATIENCE * dst->options->common.connect_timeout_ms * NS_PER_MS;
	timeline_mark(&dst->timeline, TIMELINE_AGREED, TIMELINE_ALL);
	return 0;
}

/* Load and run */

static bool is_completed(struct destination *dst)
{
	return dst->session.now.state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED;
}

static int run_devices(struct destination *dst)
{
	if (fleet_set_p2p(&dst->fleet) || fleet_set_state(&dst->fleet, VFIO_STATE_RUNNING))
		return -1;
	timeline_mark(&dst->timeline, TIMELINE_RUNNING, TIMELINE_ALL);
	/* The source may be gone by now; the devices are not its any more. */
	if (control_say(&dst->control, MESSAGE_RUNNING, NULL))
		warn("the devices are RUNNING, but the source could not be told: %s", error_text());
	return 0;
}

/* Leaving RESUMING is where a device refuses what it was given. */
static int load(struct destination *dst)
{
	progress_start(&dst->progress, 0);
	if (destination_wait(dst, is_completed))
		return -1;
	timeline_mark(&dst->timeline, TIMELINE_STREAMED, TIMELINE_ALL);
	progress_end(&dst->progress, &dst->session);
	for (int i = 0; i < dst->fleet.count; i++)
		vfio_close_data(&dst->fleet.devices[i].vfio);
	if (fleet_set_state(&dst->fleet, VFIO_STATE_STOP))
		return -1;
	/* The source may say run as soon as it hears of this. */
	if (signals_check(&dst->signals))
		return -1;
	dst->loaded = true;
	if (control_say(&dst->control, MESSAGE_LOADED, NULL))
		return -1;
	timeline_mark(&dst->timeline, TIMELINE_LOADED, TIMELINE_ALL);
	if (destination_wait(dst, may_run))
		return -1;
	return run_devices(dst);
}

static void give_up(struct destination *dst)
{
	bool runs = false;
	char why[1024];

	session_blame(&dst->session);
	snprintf(why, sizeof(why), "%s", error_text());
	session_abort(&dst->session, why);
	/* Before the source hears that nothing here runs what is its. */
	if (dst->touched && fleet_discard(&dst->fleet))
		runs = dst->heard[MESSAGE_RUN];
	else if (dst->touched)
		say(&dst->progress, "what was loaded is discarded: %d device%s reset", dst->fleet.count,
		    dst->fleet.count == 1 ? "" : "s");
	/* The module's own word, with the exact error, goes before the agent's. */
	session_linger(&dst->session, LINGER_MS);
	if (runs) {
		/* It would run them too. What it does not hear it does not know, and leaves them stopped. */
		fail("%s, and what was loaded could not be discarded: it may be running here", why);
		return;
	}
	control_say(&dst->control, dst->accepted ? MESSAGE_FAILED : MESSAGE_REFUSE, why);
	fail("%s", why);
}

static int migrate(struct destination *dst)
{
	int ret;

	dst->accepted = false;
	dst->touched = false;
	timeline_begin(&dst->timeline, &dst->fleet, dst->options->common.timeline);
	ret = agree(dst) || load(dst) ? -1 : 0;
	if (ret) {
		give_up(dst);
	} else {
		session_linger(&dst->session, LINGER_MS);
		timeline_collect(&dst->timeline, &dst->session, &dst->fleet);
		summary_received(&dst->progress, &dst->session, &dst->timeline);
	}
	session_close(&dst->session);
	control_stop(&dst->control);
	return ret;
}

/* Who connects and then says nothing must not keep the next one out. */
static bool is_wanted(struct destination *dst)
{
	if (dst->heard[MESSAGE_MIGRATE])
		return true;
	if (control_is_open(&dst->control) && !remaining_ms(dst->greeting_ns)) {
		if (server_may_tell(&dst->server))
			warn("%s is turned away: it did not say in time what it wants", dst->control.peer);
		control_stop(&dst->control);
	}
	return false;
}

/* Waits for a source; who comes and goes again is reported, and does not end the command. */
static int await_source(struct destination *dst)
{
	for (;;) {
		dst->failed = false;
		memset(dst->heard, 0, sizeof(dst->heard));
		if (!destination_wait(dst, is_wanted)) {
			if (!fleet_match(&dst->fleet, dst->wanted.devices, dst->wanted.names))
				return 0;
		} else if (!dst->failed) {
			return -1;
		}
		/* Whoever is no source at all may be one of many. */
		if (dst->heard[MESSAGE_MIGRATE] || server_may_tell(&dst->server))
			warn("%s", error_text());
		if (control_is_open(&dst->control))
			control_say(&dst->control, MESSAGE_REFUSE, error_text());
		control_stop(&dst->control);
	}
}

static int serve(struct destination *dst)
{
	int ret;

	do {
		if (await_source(dst))
			/* That is how a wait for ever ends. */
			return dst->options->keep && dst->signals.caught ? 0 : -1;
		say(&dst->progress, "a migration from %s", dst->control.peer);
		ret = migrate(dst);
		if (!dst->options->keep)
			return ret;
		if (ret && dst->progress.json)
			output_result_error("receive");
		if (ret)
			warn("%s", error_text());
	} while (!dst->signals.caught);
	return ret;
}

static int destination_prepare(struct destination *dst)
{
	const struct tls_options *tls = &dst->options->common.tls;
	char text[ENDPOINT_TEXT_MAX];

	if (plaintext_allow_listen(tls, &dst->options->listen) || tls_init(&dst->tls, tls, NULL))
		return -1;
	if (session_check_module() || fleet_open(&dst->fleet, &dst->options->common.fleet))
		return -1;
	if (fleet_clear(&dst->fleet))
		return -1;
	dst->server.patience_ms = dst->options->common.connect_timeout_ms;
	dst->server.tls = &dst->tls;
	dst->server.admit = destination_admit;
	dst->server.control = destination_control;
	dst->server.channel = destination_channel;
	if (server_start(&dst->server, &dst->loop, &dst->options->listen))
		return -1;
	endpoint_text(&dst->options->listen, text);
	if (dst->progress.json && !dst->progress.quiet)
		output_waiting(text);
	say(&dst->progress, "waiting at %s for %d device%s", text, dst->fleet.count,
	    dst->fleet.count == 1 ? "" : "s");
	return 0;
}

static struct destination *destination_new(const struct receive_options *options)
{
	struct destination *dst = calloc(1, sizeof(*dst));

	if (!dst) {
		fail("out of memory");
		return NULL;
	}
	dst->options = options;
	dst->fleet.serial = options->common.serial;
	dst->control = (struct control)CONTROL_INIT;
	dst->server.listener.watch.fd = -1;
	dst->progress.json = options->common.json;
	dst->progress.quiet = options->common.quiet || (options->common.json && !options->common.progress);
	if (loop_init(&dst->loop))
		goto free_dst;
	if (signals_init(&dst->signals, &dst->loop))
		goto fini_loop;
	return dst;

fini_loop:
	loop_fini(&dst->loop);
free_dst:
	free(dst);
	return NULL;
}

/**
 * destination_run() - wait for devices to be migrated here
 * @options: into which, where to listen, and how
 *
 * Return: 0 with the devices running what was loaded; -1 with the error
 * recorded and the devices reset.
 */
int destination_run(const struct receive_options *options)
{
	struct destination *dst = destination_new(options);
	int ret;

	if (!dst)
		return -1;
	ret = destination_prepare(dst) || serve(dst) ? -1 : 0;
	control_stop(&dst->control);
	server_stop(&dst->server);
	fleet_close(&dst->fleet);
	tls_fini(&dst->tls);
	signals_fini(&dst->signals);
	loop_fini(&dst->loop);
	free(dst);
	return ret;
}
