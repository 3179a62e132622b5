// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM's side of Documentation/serve-protocol.rst. Never waits, has no threads and
 * no global state; one thread at a time may use a connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"
#include "json.h"
#include "macros.h"
#include "packet.h"
#include "vfio_mig.h"

/* Of the first version of the structure: whoever is built with less is wrong. */
#define PROPOSAL_SIZE_MIN (offsetof(struct vfio_mig_proposal, progress_ms) + sizeof(uint32_t))

/* An event, and what its text of statistics and its trailer are in */
struct news {
	struct news *next;
	struct vfio_mig_event event;
	struct json_object *stats;
	void *trailer;
};

struct vfio_mig {
	int sock;
	/* VFIO_MIG_ERROR has been told. */
	bool over;
	/* Taken from the socket and not told yet; the last of them is an error. */
	struct news *kept;
	/* What the latest event points into */
	struct json_object *stats;
	void *trailer;
	/* The proposal wants trailers. */
	bool with_trailer;
	uint32_t device_count;
	char (*devices)[VFIO_MIG_NAME_MAX + 1];
};

/**
 * vfio_mig_error() - why the latest call in this thread failed
 *
 * Return: a sentence, valid until the next call that fails.
 */
const char *vfio_mig_error(void)
{
	return error_text();
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail("the path of the agent's socket is too long: %s", path);
	strcpy(address.sun_path, path);
	/* An agent that takes nobody at the moment shall not hold up the VMM. */
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return fail("socket: %m");
	if (!connect(sock, (struct sockaddr *)&address, sizeof(address)) &&
	    !fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) & ~O_NONBLOCK))
		return sock;
	error = errno;
	close(sock);
	if (error == EAGAIN)
		return fail("the agent at %s is busy with others", path);
	return fail("cannot connect to the agent at %s: %s", path, strerror(error));
}

/**
 * vfio_mig_connect() - connect to the agent, for one migration
 * @path: its socket
 *
 * Return: a connection to vfio_mig_close(), or NULL with vfio_mig_error() set.
 */
struct vfio_mig *vfio_mig_connect(const char *path)
{
	struct vfio_mig *mig = calloc(1, sizeof(*mig));

	if (!mig) {
		fail("out of memory");
		return NULL;
	}
	mig->sock = connect_to(path);
	if (mig->sock >= 0)
		return mig;
	free(mig);
	return NULL;
}

static void drop_kept(struct vfio_mig *mig)
{
	struct news *news = mig->kept;

	mig->kept = news->next;
	json_object_put(news->stats);
	free(news->trailer);
	free(news);
}

/**
 * vfio_mig_close() - end the connection, and with it a migration that is not complete
 * @mig: a connection, or NULL
 */
void vfio_mig_close(struct vfio_mig *mig)
{
	if (!mig)
		return;
	close(mig->sock);
	while (mig->kept)
		drop_kept(mig);
	json_object_put(mig->stats);
	free(mig->trailer);
	free(mig->devices);
	free(mig);
}

/**
 * vfio_mig_fd() - what to wait for
 * @mig: a connection
 *
 * Return: a file descriptor that stays the connection's. When it is readable,
 * vfio_mig_next() has something to tell.
 */
int vfio_mig_fd(const struct vfio_mig *mig)
{
	return mig->sock;
}

static int receive_news(struct vfio_mig *mig, struct news *news);

/* Returns whether there is more to come; without memory there is not. */
static bool keep_one(struct vfio_mig *mig, struct news ***end)
{
	struct news *news = calloc(1, sizeof(*news));

	if (!news || receive_news(mig, news) <= 0) {
		free(news);
		return false;
	}
	**end = news;
	*end = &news->next;
	return news->event.type != VFIO_MIG_ERROR;
}

/*
 * What the agent said last is why it is gone. It and what came before it are still to be told:
 * the caller may learn that all is complete.
 */
static int gone(struct vfio_mig *mig)
{
	struct news **end = &mig->kept;
	const struct news *last;

	if (!mig->kept)
		while (keep_one(mig, &end))
			;
	for (last = mig->kept; last && last->next; last = last->next)
		;
	if (last && last->event.type == VFIO_MIG_ERROR)
		return fail("%s", last->event.text);
	return fail("the migration is over");
}

static int fail_over(struct json_object *message)
{
	json_object_put(message);
	return fail("the migration is over");
}

/* As errno says: the agent is gone, or there is no room now. */
static int not_sent(struct vfio_mig *mig)
{
	return errno == EPIPE || errno == ECONNRESET ? gone(mig) : -1;
}

static int send_fd(struct vfio_mig *mig, struct json_object *message, int fd)
{
	if (mig->over)
		return fail_over(message);
	return packet_send(mig->sock, message, fd) ? not_sent(mig) : 0;
}

/* Returns 1 if there is no room now. */
static int send_bytes(struct vfio_mig *mig, struct json_object *message, const void *bytes, size_t length)
{
	if (mig->over)
		return fail_over(message);
	if (!packet_send_bytes(mig->sock, message, bytes, length))
		return 0;
	return errno == EAGAIN ? 1 : not_sent(mig);
}

static int say(struct vfio_mig *mig, struct json_object *message)
{
	return send_fd(mig, message, -1);
}

static int keep_names(struct vfio_mig *mig, const struct vfio_mig_proposal *proposal)
{
	if (!proposal->device_count)
		return fail("a migration of no device");
	free(mig->devices);
	mig->device_count = 0;
	mig->devices = calloc(proposal->device_count, sizeof(*mig->devices));
	if (!mig->devices)
		return fail("out of memory");
	for (uint32_t i = 0; i < proposal->device_count; i++) {
		if (strlen(proposal->devices[i]) > VFIO_MIG_NAME_MAX)
			return fail("the name '%s' is longer than %d bytes", proposal->devices[i], VFIO_MIG_NAME_MAX);
		strcpy(mig->devices[i], proposal->devices[i]);
	}
	mig->device_count = proposal->device_count;
	return 0;
}

static void put_optional(struct json_object *message, const struct vfio_mig_proposal *proposal)
{
	if (proposal->to)
		json_put_text(message, "to", proposal->to);
	if (proposal->uuid)
		json_put_text(message, "uuid", proposal->uuid);
	if (proposal->chunk_size)
		json_put_number(message, "chunk_size", proposal->chunk_size);
	if (proposal->channels)
		json_put_number(message, "channels", proposal->channels);
	if (proposal->progress_ms)
		json_put_number(message, "progress_ms", proposal->progress_ms);
}

/* Of a caller that knows less the rest is zero, of one that knows more the rest has to be. */
static int take_proposal(const struct vfio_mig_proposal *theirs, struct vfio_mig_proposal *proposal)
{
	const uint8_t *bytes = (const uint8_t *)theirs;
	uint32_t size = theirs->size;

	if (size < PROPOSAL_SIZE_MIN)
		return fail("a proposal of %u bytes is too short to be one", size);
	for (uint32_t i = sizeof(*proposal); i < size; i++)
		if (bytes[i])
			return fail("a proposal of %u bytes asks for what this version of the library does not know",
				    size);
	memset(proposal, 0, sizeof(*proposal));
	memcpy(proposal, theirs, size < sizeof(*proposal) ? size : sizeof(*proposal));
	return 0;
}

static struct json_object *start_message(const struct vfio_mig_proposal *proposal)
{
	struct json_object *message = packet_new("start"), *names = json_object_new_array();

	json_put_text(message, "role", proposal->role == VFIO_MIG_SOURCE ? "source" : "destination");
	for (uint32_t i = 0; i < proposal->device_count; i++)
		json_object_array_add(names, json_object_new_string(proposal->devices[i]));
	json_object_object_add(message, "devices", names);
	put_optional(message, proposal);
	json_put_bool(message, "checksum", !proposal->no_checksum);
	json_put_bool(message, "zero", !proposal->no_zero);
	json_put_bool(message, "trailer", proposal->trailer);
	return message;
}

/**
 * vfio_mig_start() - say what the migration is to be; VFIO_MIG_STARTED answers
 * @mig: a connection that has not been told yet
 * @proposal: stays the caller's
 *
 * Return: 0, or -1 with vfio_mig_error() set.
 */
int vfio_mig_start(struct vfio_mig *mig, const struct vfio_mig_proposal *proposal)
{
	struct vfio_mig_proposal known;

	if (take_proposal(proposal, &known) || keep_names(mig, &known))
		return -1;
	mig->with_trailer = known.trailer;
	return say(mig, start_message(&known));
}

/* Returns NULL with the error recorded if there is no such device. */
static struct json_object *about(struct vfio_mig *mig, const char *type, uint32_t device)
{
	struct json_object *message;

	if (device >= mig->device_count) {
		fail("there is no device %u in this migration", device);
		return NULL;
	}
	message = packet_new(type);
	json_put_text(message, "device", mig->devices[device]);
	return message;
}

/**
 * vfio_mig_attach() - hand over a device's data_fd
 * @mig: a started connection
 * @device: place in the proposal
 * @data_fd: stays the caller's, who may close it at once and must not read or
 *	write it any more
 * @final: the device is in STOP_COPY (source)
 *
 * Return: 0, or -1 with vfio_mig_error() set.
 */
int vfio_mig_attach(struct vfio_mig *mig, uint32_t device, int data_fd, bool final)
{
	struct json_object *message = about(mig, "attach", device);

	if (!message)
		return -1;
	json_put_bool(message, "final", final);
	return send_fd(mig, message, data_fd);
}

/**
 * vfio_mig_final() - a device that was attached in PRE_COPY is in STOP_COPY now
 * @mig: a source's connection
 * @device: place in the proposal
 *
 * Return: 0, or -1 with vfio_mig_error() set.
 */
int vfio_mig_final(struct vfio_mig *mig, uint32_t device)
{
	struct json_object *message = about(mig, "final", device);

	return message ? say(mig, message) : -1;
}

/**
 * vfio_mig_kick() - a device that was drained may have more to read
 * @mig: a source's connection
 * @device: place in the proposal
 *
 * Return: 0, or -1 with vfio_mig_error() set.
 */
int vfio_mig_kick(struct vfio_mig *mig, uint32_t device)
{
	struct json_object *message = about(mig, "kick", device);

	return message ? say(mig, message) : -1;
}

/**
 * vfio_mig_sync() - ask when all that a data_fd has given by now is loaded; VFIO_MIG_SYNCED answers
 * @mig: a source's connection
 * @device: place in the proposal, of a device that is not final
 *
 * Each call is answered by one event, those of one device in their order; 16 of
 * them may be unanswered.
 *
 * Return: 0, or -1 with vfio_mig_error() set.
 */
int vfio_mig_sync(struct vfio_mig *mig, uint32_t device)
{
	struct json_object *message = about(mig, "sync", device);

	return message ? say(mig, message) : -1;
}

/**
 * vfio_mig_set_trailer() - hand over what the destination's VMM needs besides the device's data
 * @mig: a source's connection, of a proposal with trailers
 * @device: place in the proposal, of a device that is not final yet
 * @bytes: the trailer; takes the place of an earlier one; stays the caller's
 * @length: its bytes, at most VFIO_MIG_TRAILER_MAX
 *
 * Return: 0; 1 if the agent has not read yet what it was told, and this is to be
 * tried again when vfio_mig_fd() can be written to; -1 with vfio_mig_error() set.
 */
int vfio_mig_set_trailer(struct vfio_mig *mig, uint32_t device, const void *bytes, size_t length)
{
	struct json_object *message;

	if (length > VFIO_MIG_TRAILER_MAX)
		return fail("a trailer of %zu bytes is longer than %d bytes", length, VFIO_MIG_TRAILER_MAX);
	message = about(mig, "trailer", device);
	/* One of no bytes is a trailer, too. */
	return message ? send_bytes(mig, message, length ? bytes : "", length) : -1;
}

/**
 * vfio_mig_ask_trailer() - ask what the source's VMM has said of a device; VFIO_MIG_TRAILER answers
 * @mig: a destination's connection, of a proposal with trailers
 * @device: place in the proposal, of a device that VFIO_MIG_LOADED has come for
 *
 * Also after VFIO_MIG_COMPLETED.
 *
 * Return: 0, or -1 with vfio_mig_error() set.
 */
int vfio_mig_ask_trailer(struct vfio_mig *mig, uint32_t device)
{
	struct json_object *message = about(mig, "trailer", device);

	return message ? say(mig, message) : -1;
}

/**
 * vfio_mig_ask_stats() - ask for a VFIO_MIG_STATS
 * @mig: a started connection
 *
 * Return: 0, or -1 with vfio_mig_error() set.
 */
int vfio_mig_ask_stats(struct vfio_mig *mig)
{
	return say(mig, packet_new("stats"));
}

/**
 * vfio_mig_abort() - end the migration on both hosts; VFIO_MIG_ERROR answers
 * @mig: a connection
 * @text: why, for both hosts; cut off at VFIO_MIG_TEXT_MAX
 *
 * Return: 0, or -1 with vfio_mig_error() set.
 */
int vfio_mig_abort(struct vfio_mig *mig, const char *text)
{
	struct json_object *message = packet_new("abort");
	char cut[VFIO_MIG_TEXT_MAX + 1];

	snprintf(cut, sizeof(cut), "%s", text);
	json_put_text(message, "text", cut);
	return say(mig, message);
}

enum field {
	FIELD_DEVICE = 1 << 0,
	FIELD_CHANNEL = 1 << 1,
	FIELD_BYTES = 1 << 2,
	FIELD_MOVED = 1 << 3,
	FIELD_UUID = 1 << 4,
	FIELD_TEXT = 1 << 5,
	FIELD_STATS = 1 << 6,
	FIELD_TRAILER = 1 << 7,
};

static const struct kind {
	const char *name;
	enum vfio_mig_event_type type;
	unsigned int fields;
} kinds[] = {
	{ "started", VFIO_MIG_STARTED, FIELD_UUID },
	{ "channel", VFIO_MIG_CHANNEL_LIVE, FIELD_CHANNEL },
	{ "paused", VFIO_MIG_PAUSED, 0 },
	{ "resumed", VFIO_MIG_RESUMED, 0 },
	{ "drained", VFIO_MIG_DRAINED, FIELD_DEVICE | FIELD_BYTES },
	{ "ready", VFIO_MIG_READY, FIELD_DEVICE | FIELD_BYTES },
	{ "loaded", VFIO_MIG_LOADED, FIELD_DEVICE | FIELD_BYTES },
	{ "completed", VFIO_MIG_COMPLETED, FIELD_BYTES },
	{ "progress", VFIO_MIG_PROGRESS, FIELD_BYTES | FIELD_MOVED },
	{ "stats", VFIO_MIG_STATS, FIELD_STATS },
	{ "error", VFIO_MIG_ERROR, FIELD_TEXT },
	{ "synced", VFIO_MIG_SYNCED, FIELD_DEVICE | FIELD_BYTES },
	{ "trailer", VFIO_MIG_TRAILER, FIELD_DEVICE | FIELD_TRAILER },
};

static int read_device(struct vfio_mig *mig, struct json_object *message, struct vfio_mig_event *event)
{
	char name[VFIO_MIG_NAME_MAX + 1];

	if (json_read_text(message, "device", name, sizeof(name)))
		return -1;
	for (event->device = 0; event->device < mig->device_count; event->device++)
		if (!strcmp(name, mig->devices[event->device]))
			return 0;
	return fail("the agent speaks of a device '%s', which there is not", name);
}

static int read_channel(struct json_object *message, struct vfio_mig_event *event)
{
	uint64_t channel, live;
	char state[16];

	if (json_read_text(message, "state", state, sizeof(state)) ||
	    json_read_number(message, "channel", 0, UINT32_MAX, &channel) ||
	    json_read_number(message, "live", 0, UINT32_MAX, &live))
		return -1;
	event->channel = channel;
	event->live = live;
	if (!strcmp(state, "live"))
		return 0;
	event->type = VFIO_MIG_CHANNEL_FAILED;
	return json_read_text(message, "text", event->text, sizeof(event->text));
}

/* An agent that does not know trailers does not know either that they are asked for. */
static int check_trailer(const struct vfio_mig *mig, struct json_object *message)
{
	bool trailer = false;

	if (json_object_object_get_ex(message, "trailer", NULL) && json_read_bool(message, "trailer", &trailer))
		return -1;
	return mig->with_trailer && !trailer ? fail("this agent does not know trailers") : 0;
}

static int read_started(const struct vfio_mig *mig, struct json_object *message, struct vfio_mig_event *event)
{
	uint64_t port = 0;

	if (check_trailer(mig, message))
		return -1;
	if (json_object_object_get_ex(message, "port", NULL) &&
	    json_read_number(message, "port", 1, UINT16_MAX, &port))
		return -1;
	event->port = port;
	return json_read_text(message, "uuid", event->uuid, sizeof(event->uuid));
}

static int read_stats(struct json_object *message, struct news *news)
{
	struct json_object *stats;

	if (!json_object_object_get_ex(message, "stats", &stats))
		return fail("the agent's statistics are missing");
	news->stats = json_object_get(stats);
	news->event.stats = json_object_to_json_string_ext(stats, JSON_C_TO_STRING_PLAIN);
	return 0;
}

static int read_trailer(const struct packet *packet, struct news *news)
{
	if (!packet->bytes)
		return 0;
	/* One of no bytes has to be somewhere as well. */
	news->trailer = malloc(packet->length + 1);
	if (!news->trailer)
		return fail("out of memory");
	memcpy(news->trailer, packet->bytes, packet->length);
	news->event.trailer = news->trailer;
	news->event.trailer_length = packet->length;
	return 0;
}

static int read_fields(struct vfio_mig *mig, unsigned int fields, const struct packet *packet, struct news *news)
{
	struct json_object *message = packet->message;
	struct vfio_mig_event *event = &news->event;

	if (fields & FIELD_DEVICE && read_device(mig, message, event))
		return -1;
	if (fields & FIELD_CHANNEL && read_channel(message, event))
		return -1;
	if (fields & FIELD_BYTES && json_read_number(message, "bytes", 0, INT64_MAX, &event->bytes))
		return -1;
	if (fields & FIELD_MOVED && json_read_number(message, "moved", 0, INT64_MAX, &event->moved))
		return -1;
	if (fields & FIELD_UUID && read_started(mig, message, event))
		return -1;
	if (fields & FIELD_TEXT && json_read_text(message, "text", event->text, sizeof(event->text)))
		return -1;
	if (fields & FIELD_TRAILER && read_trailer(packet, news))
		return -1;
	return fields & FIELD_STATS ? read_stats(message, news) : 0;
}

/* Returns 1 with an event, 0 for one that a newer agent tells, -1 with the error recorded. */
static int read_event(struct vfio_mig *mig, const struct packet *packet, struct news *news)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(packet->type, kinds[i].name))
			continue;
		news->event.type = kinds[i].type;
		return read_fields(mig, kinds[i].fields, packet, news) ? -1 : 1;
	}
	return 0;
}

static int end_with(struct news *news, const char *text)
{
	news->event = (struct vfio_mig_event){ .type = VFIO_MIG_ERROR };
	snprintf(news->event.text, sizeof(news->event.text), "%s", text);
	return 1;
}

static int next_packet(struct vfio_mig *mig, struct news *news, bool *ignored)
{
	enum packet_outcome outcome;
	struct packet packet;
	int ret = 0;

	*ignored = false;
	outcome = packet_receive(mig->sock, &packet);
	if (outcome == PACKET_HERE) {
		ret = read_event(mig, &packet, news);
		*ignored = !ret;
	}
	for (int i = 0; i < packet.fd_count; i++)
		close(packet.fds[i]);
	json_object_put(packet.message);
	if (outcome == PACKET_GONE)
		return end_with(news, "the agent is gone: it has closed the connection without a word");
	return outcome == PACKET_FAILED || ret < 0 ? end_with(news, error_text()) : ret;
}

/* Returns 1 with an event, 0 if there is none now. */
static int receive_news(struct vfio_mig *mig, struct news *news)
{
	bool ignored;
	int ret;

	do {
		*news = (struct news){ 0 };
		ret = next_packet(mig, news, &ignored);
	} while (ignored);
	return ret;
}

/* As receive_news(), but what gone() has kept comes first. */
static int next_news(struct vfio_mig *mig, struct news *news)
{
	if (!mig->kept)
		return receive_news(mig, news);
	*news = *mig->kept;
	/* They go on in @news. */
	mig->kept->stats = NULL;
	mig->kept->trailer = NULL;
	drop_kept(mig);
	return 1;
}

/**
 * vfio_mig_next() - take the next event
 * @mig: a connection
 * @event: receives it
 * @size: sizeof(*event), so that it can grow
 *
 * That the agent is gone is an event as well: VFIO_MIG_ERROR. Any of these is the
 * last one.
 *
 * Return: 1 with an event, 0 if there is none now, -1 if there will be none any
 * more.
 */
int vfio_mig_next(struct vfio_mig *mig, struct vfio_mig_event *event, size_t size)
{
	struct news news;
	int ret;

	if (mig->over)
		return -1;
	ret = next_news(mig, &news);
	if (ret <= 0)
		return ret;
	json_object_put(mig->stats);
	free(mig->trailer);
	mig->stats = news.stats;
	mig->trailer = news.trailer;
	mig->over = news.event.type == VFIO_MIG_ERROR;
	memset(event, 0, size);
	memcpy(event, &news.event, size < sizeof(news.event) ? size : sizeof(news.event));
	return ret;
}
