// SPDX-License-Identifier: GPL-2.0
/* From a VMM's "start" to a session: what it asks for is checked, and what it leaves open decided. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "plaintext.h"
#include "reconnect.h"
#include "served.h"
#include "text.h"
#include "uuid.h"

#define DEFAULT_CHANNELS 4

static int optional_number(struct json_object *message, const char *key, uint64_t min, uint64_t max, uint32_t *value)
{
	uint64_t number;

	if (!json_object_object_get_ex(message, key, NULL))
		return 0;
	if (json_read_number(message, key, min, max, &number))
		return -1;
	*value = number;
	return 0;
}

static int optional_bool(struct json_object *message, const char *key, bool *value)
{
	if (!json_object_object_get_ex(message, key, NULL))
		return 0;
	return json_read_bool(message, key, value);
}

static int read_role(struct json_object *message, struct mux_session *wanted)
{
	char role[16];

	if (json_read_text(message, "role", role, sizeof(role)))
		return -1;
	if (!strcmp(role, "source"))
		wanted->role = VFIO_MIG_MUX_ROLE_SOURCE;
	else if (!strcmp(role, "destination"))
		wanted->role = VFIO_MIG_MUX_ROLE_DESTINATION;
	else
		return fail("'role' is '%s', neither source nor destination", role);
	return 0;
}

/* The other end of a migration may be served here as well; the UUID tells channels apart by role. */
static bool uuid_is_taken(const struct served *served, const struct mux_session *wanted)
{
	for (const struct served *other = served->set->first; other; other = other->next)
		if (served_is_open(other) && other->session.now.role == wanted->role &&
		    !memcmp(other->session.now.uuid, wanted->uuid, UUID_LEN))
			return true;
	return false;
}

static int read_uuid(const struct served *served, struct json_object *message, struct mux_session *wanted)
{
	char text[UUID_TEXT_LEN + 1];

	if (!json_object_object_get_ex(message, "uuid", NULL))
		return uuid_random(wanted->uuid);
	if (json_read_text(message, "uuid", text, sizeof(text)))
		return -1;
	if (uuid_parse(text, wanted->uuid))
		return fail("'uuid' is '%s', which is none", text);
	if (uuid_is_taken(served, wanted))
		return fail("a migration %s is under way", text);
	return 0;
}

static int read_wanted(const struct served *served, struct json_object *message, struct mux_session *wanted)
{
	bool checksum = true, zero = true, trailer = false;

	wanted->chunk_size = DEFAULT_CHUNK_SIZE;
	wanted->channels = DEFAULT_CHANNELS;
	wanted->resume_timeout = served->set->options->common.resume_timeout_ms;
	wanted->channel_timeout = served->set->options->common.channel_timeout_ms;
	if (read_role(message, wanted) || read_uuid(served, message, wanted))
		return -1;
	if (optional_number(message, "chunk_size", VFIO_MIG_MUX_CHUNK_SIZE_MIN, VFIO_MIG_MUX_CHUNK_SIZE_MAX,
			    &wanted->chunk_size) ||
	    optional_number(message, "channels", 1, VFIO_MIG_MUX_CHANNELS_MAX, &wanted->channels) ||
	    optional_bool(message, "checksum", &checksum) || optional_bool(message, "zero", &zero) ||
	    optional_bool(message, "trailer", &trailer))
		return -1;
	if (wanted->chunk_size & (wanted->chunk_size - 1))
		return fail("'chunk_size' is %u, no power of two", wanted->chunk_size);
	wanted->features = mux_features(checksum, zero) | (trailer ? VFIO_MIG_MUX_FEATURE_TRAILER : 0);
	return 0;
}

static int read_name(struct json_object *value, struct fleet *names)
{
	char *name = names->devices[names->count].name, clean[VFIO_MIG_MUX_NAME_MAX + 1];

	if (!json_object_is_type(value, json_type_string))
		return fail("a device's name is no string");
	if (snprintf(name, VFIO_MIG_MUX_NAME_MAX + 1, "%s", json_object_get_string(value)) > VFIO_MIG_MUX_NAME_MAX ||
	    !name[0])
		return fail("a device's name is not 1 to %d bytes long", VFIO_MIG_MUX_NAME_MAX);
	/* It is told of to others. */
	snprintf(clean, sizeof(clean), "%s", name);
	text_clean(clean, strlen(clean));
	if (strcmp(clean, name))
		return fail("a device's name has what cannot be printed: '%s'", clean);
	for (int i = 0; i < names->count; i++)
		if (!strcmp(names->devices[i].name, name))
			return fail("two devices have the name '%s'", name);
	names->count++;
	return 0;
}

static int read_names(struct json_object *message, struct fleet *names)
{
	struct json_object *array;
	size_t count;

	if (!json_object_object_get_ex(message, "devices", &array) || !json_object_is_type(array, json_type_array))
		return fail("'devices' is not an array");
	count = json_object_array_length(array);
	if (!count || count > VFIO_MIG_MUX_DEVICES_MAX)
		return fail("there are %zu devices, not 1 to %d", count, VFIO_MIG_MUX_DEVICES_MAX);
	for (size_t i = 0; i < count; i++)
		if (read_name(json_object_array_get_idx(array, i), names))
			return -1;
	return 0;
}

/* Of an address only: looking up a name takes as long as it likes. */
static int read_to(struct served *served, struct json_object *message)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST,
	};
	const struct tls_options *tls = &served->set->options->common.tls;
	struct endpoint *to = &served->other;
	char text[ENDPOINT_TEXT_MAX], port[8];

	if (json_read_text(message, "to", text, sizeof(text)))
		return -1;
	to->port = DEFAULT_PORT;
	if (option_endpoint("'to'", text, to))
		return -1;
	snprintf(port, sizeof(port), "%u", to->port);
	if (!to->host[0] || getaddrinfo(to->host, port, &hints, &served->to))
		return fail("'to' is '%s', no IP address", text);
	endpoint_text(to, served->channels.to_text);
	return plaintext_allow(tls, "the agent knows no TLS, and 'to'", served->to);
}

/*
 * What the migration would like to have, but never more than one may have. With less than a destination needs
 * the module would refuse its channels, but only when the first one comes.
 */
static int choose_slots(const struct served_set *set, const struct mux_session *wanted, uint32_t devices,
			uint32_t *slots)
{
	static const struct migration_options no_wish = MIGRATION_OPTIONS_INIT;
	bool zero = wanted->features & VFIO_MIG_MUX_FEATURE_ZERO;
	bool source = wanted->role == VFIO_MIG_MUX_ROLE_SOURCE;
	uint32_t least = source ? 1 : wanted->channels + devices + zero;
	uint64_t room = set->options->memory / wanted->chunk_size;

	*slots = migration_slots(&no_wish, wanted->chunk_size, wanted->channels, devices);
	if (*slots > room)
		*slots = room;
	if (*slots >= least)
		return 0;
	return fail("--memory of the agent has room for %u slots of %u bytes, too few for %u channels and %u devices; "
		    "at least %u are needed", *slots, wanted->chunk_size, wanted->channels, devices, least);
}

static int make_session(struct served *served, const struct mux_session *wanted, const struct fleet *names)
{
	uint32_t slots;

	if (choose_slots(served->set, wanted, names->count, &slots))
		return -1;
	return session_open(&served->session, served->set->loop, wanted, slots, names);
}

static int read_and_make(struct served *served, struct json_object *message, struct fleet *names)
{
	struct mux_session wanted = { 0 };
	uint32_t progress_ms = 0;

	if (read_wanted(served, message, &wanted) || read_names(message, names) ||
	    optional_number(message, "progress_ms", 20, 60000, &progress_ms))
		return -1;
	if (wanted.role == VFIO_MIG_MUX_ROLE_SOURCE && read_to(served, message))
		return -1;
	if (make_session(served, &wanted, names))
		return -1;
	served->progress_ms = progress_ms;
	served->progress_ns = now_ns() + progress_ms * NS_PER_MS;
	return 0;
}

/* They are due, and have been for long. */
static void connect_channels(struct served *served)
{
	struct channels *channels = &served->channels;

	tls_lead_to(&served->tls, &served->set->tls_out, served->other.host);
	channels->to = served->to;
	channels->tls = &served->tls;
	channels->admit = served_admit_destination;
	channels->count = served->session.now.channels;
	for (int i = 0; i < channels->count; i++) {
		channels->channels[i].channels = channels;
		channels->channels[i].id = i;
		channels->channels[i].due_ns = 1;
	}
	reconnect_start(channels);
}

/**
 * served_start() - do what a VMM asks for in its first message
 * @served: the VMM
 * @message: the message
 *
 * A source's channels are connected from here on; a destination's are awaited.
 *
 * Return: 0, or -1 with the error recorded.
 */
int served_start(struct served *served, struct json_object *message)
{
	struct fleet *names = calloc(1, sizeof(*names));
	int ret;

	if (!names)
		return fail("out of memory");
	ret = read_and_make(served, message, names);
	free(names);
	if (ret)
		return ret;
	if (served_is_source(served))
		connect_channels(served);
	return 0;
}
