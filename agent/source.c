// SPDX-License-Identifier: GPL-2.0
/*
 * A migration as the source sees it, from top to bottom: agree, connect, stream
 * while the guest runs, stop, stream the rest, hand over. Up to the handing over
 * everything can be taken back; from "run" on the destination owns the devices,
 * whatever becomes of this process.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "control.h"
#include "error.h"
#include "outage.h"
#include "plaintext.h"
#include "precopy.h"
#include "progress.h"
#include "reconnect.h"
#include "signals.h"
#include "source.h"
#include "summary.h"
#include "timeline.h"

/* For the last words of the channels. */
#define LINGER_MS 1000

struct source {
	const struct send_options *options;
	struct loop loop;
	struct signals signals;
	struct fleet fleet;
	struct session session;
	struct tls tls;
	struct control control;
	struct channels channels;
	struct progress progress;
	struct outage outage;
	struct precopy precopy;
	struct addrinfo *to;
	struct addrinfo *from[VFIO_MIG_MUX_CHANNELS_MAX];
	/* What the other agent has said. */
	bool heard[MESSAGE_ABORT + 1];
	/* A callback has recorded why this cannot go on. */
	bool failed;
	/* The devices may have left RUNNING. */
	bool touched;
	/* The destination has been told to run the devices. */
	bool committed;
	struct timeline timeline;
};

static void source_message(struct control *control, const struct message *message)
{
	struct source *source = container_of(control, struct source, control);

	switch (message->type) {
	case MESSAGE_PREPARING:
	case MESSAGE_ACCEPT:
	case MESSAGE_LOADED:
	case MESSAGE_RUNNING:
		break;
	case MESSAGE_REFUSE:
		fail("the destination refuses: %s", message->text);
		source->failed = true;
		break;
	case MESSAGE_FAILED:
		fail("on the destination: %s", message->text);
		source->failed = true;
		break;
	default:
		fail("the destination said '%s', which only a source may say", message_name(message->type));
		source->failed = true;
		break;
	}
	source->heard[message->type] = true;
	timeline_heard(&source->timeline, message->type);
}

static void source_lost(struct control *control)
{
	container_of(control, struct source, control)->failed = true;
}

static int source_look(struct source *source)
{
	if (!session_is_open(&source->session))
		return 0;
	if (session_refresh(&source->session))
		return -1;
	/* What has not come about in the beginning is reported when that is over. */
	if (source->channels.reconnect)
		outage_look(&source->outage, &source->session, &source->progress);
	progress_show(&source->progress, &source->session);
	if (source->precopy.due_ns)
		precopy_look(&source->precopy);
	return 0;
}

/* Until the deadline, the next look at the progress, or a channel that is due. */
static int source_patience(struct source *source, uint64_t deadline_ns)
{
	int left = deadline_ns ? remaining_ms(deadline_ns) : -1;

	if (session_is_open(&source->session))
		left = sooner_ms(left, progress_period_ms(&source->progress));
	left = sooner_ms(left, precopy_due_ms(&source->precopy));
	return sooner_ms(left, reconnect_due_ms(&source->channels));
}

/* Whose the devices are is the destination's to say when it has been told to run them. */
static int is_interrupted(struct source *source)
{
	if (!source->committed)
		return signals_check(&source->signals);
	return signals_insist(&source->signals,
			      "the destination has been told to run the devices, and has not answered yet");
}

/* Waits until done(); 1 if @deadline_ns (0 for none) came first, -1 with the error recorded. */
static int source_wait(struct source *source, bool (*done)(struct source *source), uint64_t deadline_ns)
{
	for (;;) {
		int n;

		if (done(source))
			return 0;
		if (source->failed || is_interrupted(source))
			return -1;
		if (session_is_open(&source->session) && session_check(&source->session))
			return -1;
		if (deadline_ns && !remaining_ms(deadline_ns))
			return 1;
		n = loop_once(&source->loop, source_patience(source, deadline_ns));
		if (n < 0)
			return -1;
		if ((!n || source->session.stale) && source_look(source))
			return -1;
		reconnect_look(&source->channels);
	}
}

static uint64_t connect_deadline(const struct source *source)
{
	return now_ns() + source->options->common.connect_timeout_ms * NS_PER_MS;
}

/* Agree */

struct control_connect {
	struct connect connect;
	int fd;
};

static void control_connected(struct connect *connect, int fd)
{
	container_of(connect, struct control_connect, connect)->fd = fd;
}

static int connect_control(struct source *source, const char *to_text)
{
	struct control_connect control = { .connect = { .done = control_connected, .tls = &source->tls } };
	struct connect *connect = &control.connect;
	uint64_t deadline = connect_deadline(source);

	connect_start(connect, &source->loop, source->to, source->from[0]);
	while (connect->under_way && remaining_ms(deadline)) {
		if (signals_check(&source->signals) || loop_once(&source->loop, remaining_ms(deadline)) < 0) {
			connect_cancel(connect);
			return -1;
		}
	}
	if (connect->under_way)
		return fail("cannot connect to %s: %s within %u ms", to_text, connect_cancel(connect),
			    source->options->common.connect_timeout_ms);
	if (control.fd < 0)
		return fail("cannot connect to %s: %s", to_text, connect->error);
	transport_tune(control.fd, source->options->common.channel_timeout_ms,
		       migration_control_timeout(&source->options->common));
	source->control.message = source_message;
	source->control.lost = source_lost;
	source->control.secure = source->tls.on;
	source->control.identity = connect->handshake.identity;
	return control_start(&source->control, &source->loop, control.fd);
}

static bool is_preparing(struct source *source)
{
	return source->heard[MESSAGE_PREPARING];
}

static bool is_accepted(struct source *source)
{
	return source->heard[MESSAGE_ACCEPT];
}

/* Who prepares may take its time: its devices change state meanwhile. Its death would be noticed. */
static int agree(struct source *source)
{
	const struct send_options *options = source->options;
	struct message migrate = {
		.type = MESSAGE_MIGRATE,
		.chunk_size = options->chunk_size,
		.channels = options->channels,
		.checksum = options->checksum,
		.zero = options->zero,
		.devices = source->fleet.count,
	};
	int ret;

	memcpy(migrate.uuid, options->uuid, sizeof(migrate.uuid));
	for (int i = 0; i < source->fleet.count; i++)
		strcpy(migrate.names[i], source->fleet.devices[i].name);
	if (control_send(&source->control, &migrate))
		return -1;
	ret = source_wait(source, is_preparing, connect_deadline(source));
	if (ret > 0)
		return fail("%s does not answer like an agent within %u ms", source->control.peer,
			    options->common.connect_timeout_ms);
	return ret ? ret : source_wait(source, is_accepted, 0);
}

/* Connect */

static int make_session(struct source *source)
{
	const struct send_options *options = source->options;
	struct mux_session wanted = {
		.role = VFIO_MIG_MUX_ROLE_SOURCE,
		.chunk_size = options->chunk_size,
		.channels = options->channels,
		.features = mux_features(options->checksum, options->zero),
		.max_bandwidth = options->max_bandwidth,
		.resume_timeout = options->common.resume_timeout_ms,
		.channel_timeout = options->common.channel_timeout_ms,
	};
	uint32_t slots = migration_slots(&options->common, options->chunk_size, options->channels, 1);

	memcpy(wanted.uuid, options->uuid, sizeof(wanted.uuid));
	if (session_open(&source->session, &source->loop, &wanted, slots, &source->fleet))
		return -1;
	summary_begin(&source->progress, &source->session);
	return 0;
}

static bool channels_settled(struct source *source)
{
	return channels_are_settled(&source->channels);
}

/*
 * A destination that has given up says so before it is gone, but by another connection. Where that has lost a
 * segment it is slower, and no slower than a connection may be without being dead.
 */
static void hear_why(struct source *source)
{
	uint64_t deadline = now_ns() + source->options->common.channel_timeout_ms * NS_PER_MS;

	while (!source->failed && !source->signals.caught && remaining_ms(deadline))
		if (loop_once(&source->loop, remaining_ms(deadline)) < 0)
			return;
}

static int connect_channels(struct source *source, const char *to_text)
{
	const struct send_options *options = source->options;
	struct channels *channels = &source->channels;
	int ret, live;

	channels->session = &source->session;
	channels->to = source->to;
	channels->from = source->from;
	channels->from_count = options->from_count;
	strcpy(channels->to_text, to_text);
	channels->tls = &source->tls;
	channels->identity = &source->control.identity;
	channels_start(channels, options->channels);
	ret = source_wait(source, channels_settled, connect_deadline(source));
	channels_stop(channels, ret < 0 ? "given up" : "no connection in time");
	if (ret < 0)
		return -1;
	live = channels_report(channels);
	if (live < 0) {
		hear_why(source);
		return -1;
	}
	timeline_mark(&source->timeline, TIMELINE_CONNECTED, TIMELINE_ALL);
	say(&source->progress, "%d of %u channels live", live, options->channels);
	outage_start(&source->outage, &source->session);
	reconnect_start(channels);
	return 0;
}

/* Stream while the guest runs */

/* The guest shall not stand still for a migration that has failed already. */
static bool is_switchover(struct source *source)
{
	int ret;

	if (source->failed)
		return false;
	if (precopy_due_ms(&source->precopy) && !source->signals.command)
		return false;
	ret = precopy_round(&source->precopy, source->signals.command);
	/* The round has looked at the session. */
	if (ret > 0)
		ret = session_check(&source->session) ? -1 : 1;
	if (ret < 0)
		source->failed = true;
	return ret > 0;
}

static void say_switchover(const struct switchover *switchover, const struct send_options *options)
{
	if (switchover->cause == SWITCHOVER_TIMEOUT)
		warn("switching over after %g s in PRE_COPY: %s, and the downtime is expected to be %.0f ms of %u",
		     options->precopy_timeout_ms / 1000.0,
		     switchover->ready ? "the destination is ready" : "the destination is not ready",
		     switchover->estimate_ms, switchover->limit_ms);
}

static int precopy(struct source *source)
{
	const struct send_options *options = source->options;

	if (!options->precopy || !precopy_is_possible(&source->fleet))
		return 0;
	switchover_begin(&source->precopy.switchover, options->downtime_limit_ms, options->precopy_timeout_ms,
			 options->max_bandwidth);
	source->touched = true;
	if (precopy_start(&source->precopy, &source->session, &source->fleet, &source->timeline))
		return -1;
	if (source_wait(source, is_switchover, 0))
		return -1;
	precopy_stop(&source->precopy);
	say_switchover(&source->precopy.switchover, options);
	return 0;
}

/* Stop and stream */

static bool is_completed(struct source *source)
{
	return source->session.now.state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED;
}

/* Each device's data flows as soon as it has stopped, whatever the others do. */
static int is_stopped(int device, void *arg)
{
	struct source *source = arg;
	struct fleet_device *stopped = &source->fleet.devices[device];

	if (signals_check(&source->signals))
		return -1;
	if (stopped->precopy)
		return session_finish(&source->session, device);
	return session_attach(&source->session, device, stopped->vfio.data_fd, true);
}

static int stop_devices(struct source *source)
{
	source->touched = true;
	timeline_mark(&source->timeline, TIMELINE_STOP, TIMELINE_ALL);
	if (fleet_set_p2p(&source->fleet) || signals_check(&source->signals))
		return -1;
	return fleet_stop_copy(&source->fleet, is_stopped, source);
}

static int stream(struct source *source)
{
	progress_start(&source->progress, fleet_data_size(&source->fleet));
	if (precopy(source) || stop_devices(source) || source_look(source))
		return -1;
	if (source_wait(source, is_completed, 0))
		return -1;
	timeline_mark(&source->timeline, TIMELINE_STREAMED, TIMELINE_ALL);
	channels_stop(&source->channels, "not needed any more");
	progress_end(&source->progress, &source->session);
	return 0;
}

/* Hand over */

static bool is_loaded(struct source *source)
{
	return source->heard[MESSAGE_LOADED];
}

static bool is_running(struct source *source)
{
	return source->heard[MESSAGE_RUNNING];
}

static int hand_over(struct source *source)
{
	if (fleet_set_state(&source->fleet, VFIO_STATE_STOP))
		return -1;
	if (source_wait(source, is_loaded, 0))
		return -1;
	/* The last moment for the user to change his mind */
	if (signals_check(&source->signals) || control_say(&source->control, MESSAGE_RUN, NULL))
		return -1;
	source->committed = true;
	timeline_mark(&source->timeline, TIMELINE_RUN, TIMELINE_ALL);
	return source_wait(source, is_running, 0);
}

static int migrate(struct source *source)
{
	char to_text[ENDPOINT_TEXT_MAX];

	timeline_begin(&source->timeline, &source->fleet, source->options->common.timeline);
	endpoint_text(&source->options->to, to_text);
	if (connect_control(source, to_text) || agree(source))
		return -1;
	if (make_session(source) || connect_channels(source, to_text))
		return -1;
	if (stream(source) || hand_over(source))
		return -1;
	session_linger(&source->session, LINGER_MS);
	timeline_collect(&source->timeline, &source->session, &source->fleet);
	summary_sent(&source->progress, &source->session, &source->precopy, &source->timeline);
	return 0;
}

static void roll_back(struct source *source)
{
	bool lost = false;
	char why[1024];

	precopy_stop(&source->precopy);
	channels_stop(&source->channels, "given up");
	session_blame(&source->session);
	snprintf(why, sizeof(why), "%s", error_text());
	/* Only the destination itself can say that it does not run what it was given. */
	if (source->committed && !source->heard[MESSAGE_FAILED]) {
		fail("%s, after it was told to run the devices: they may be running there and stay stopped here", why);
		return;
	}
	session_abort(&source->session, why);
	if (source->touched && fleet_recover(&source->fleet))
		lost = true;
	else if (source->touched)
		say(&source->progress, "rolled back: %d device%s RUNNING on this host", source->fleet.count,
		    source->fleet.count == 1 ? "" : "s");
	/* The module's own word, with the exact error, goes before the agent's. */
	session_linger(&source->session, LINGER_MS);
	control_say(&source->control, MESSAGE_ABORT, why);
	fail(lost ? "%s; and not all devices run on this host again" : "%s", why);
}

static int resolve_hosts(struct source *source)
{
	if (transport_resolve(&source->options->to, 0, &source->to))
		return -1;
	for (int i = 0; i < source->options->from_count; i++)
		if (transport_resolve(&source->options->from[i], 1, &source->from[i]))
			return -1;
	return 0;
}

static int source_prepare(struct source *source)
{
	const struct tls_options *tls = &source->options->common.tls;

	if (resolve_hosts(source) || plaintext_allow(tls, "--to", source->to))
		return -1;
	if (tls_init(&source->tls, tls, source->options->to.host) || session_check_module())
		return -1;
	if (fleet_open(&source->fleet, &source->options->common.fleet))
		return -1;
	fleet_name(&source->fleet);
	return fleet_require_running(&source->fleet);
}

static void source_free(struct source *source)
{
	control_stop(&source->control);
	session_close(&source->session);
	fleet_close(&source->fleet);
	if (source->to)
		freeaddrinfo(source->to);
	for (int i = 0; i < source->options->from_count; i++)
		if (source->from[i])
			freeaddrinfo(source->from[i]);
	tls_fini(&source->tls);
	signals_fini(&source->signals);
	loop_fini(&source->loop);
	free(source);
}

static struct source *source_new(const struct send_options *options)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source) {
		fail("out of memory");
		return NULL;
	}
	source->options = options;
	source->fleet.serial = options->common.serial;
	source->control = (struct control)CONTROL_INIT;
	source->progress.json = options->common.json;
	source->progress.quiet = options->common.quiet || (options->common.json && !options->common.progress);
	if (loop_init(&source->loop))
		goto free_source;
	if (signals_init(&source->signals, &source->loop))
		goto fini_loop;
	return source;

fini_loop:
	loop_fini(&source->loop);
free_source:
	free(source);
	return NULL;
}

/**
 * source_run() - migrate devices to another host
 * @options: which, where to and how
 *
 * Return: 0 with the devices running there; -1 with the error recorded and the
 * devices running here, unless the error says otherwise.
 */
int source_run(const struct send_options *options)
{
	struct source *source = source_new(options);
	int ret;

	if (!source)
		return -1;
	ret = source_prepare(source);
	if (!ret) {
		ret = migrate(source);
		if (ret)
			roll_back(source);
	}
	source_free(source);
	return ret;
}
