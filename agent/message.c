// SPDX-License-Identifier: GPL-2.0
/*
 * The messages of the control connection, one JSON object per line; see
 * Documentation/agent-protocol.rst. Nothing that is read is trusted.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "loop.h"
#include "message.h"
#include "uuid.h"

/* An object in an array in an object. */
#define MESSAGE_DEPTH 4

static const char * const message_names[] = {
	[MESSAGE_WELCOME] = "welcome",
	[MESSAGE_MIGRATE] = "migrate",
	[MESSAGE_PREPARING] = "preparing",
	[MESSAGE_ACCEPT] = "accept",
	[MESSAGE_REFUSE] = "refuse",
	[MESSAGE_LOADED] = "loaded",
	[MESSAGE_RUN] = "run",
	[MESSAGE_RUNNING] = "running",
	[MESSAGE_FAILED] = "failed",
	[MESSAGE_ABORT] = "abort",
};

/**
 * message_name() - a message's type in words
 * @type: the type
 *
 * Return: the word on the wire.
 */
const char *message_name(enum message_type type)
{
	return message_names[type];
}

static bool has_text(enum message_type type)
{
	return type == MESSAGE_REFUSE || type == MESSAGE_FAILED || type == MESSAGE_ABORT;
}

static int parse_type(struct json_object *object, enum message_type *type)
{
	char word[32];

	if (json_read_text(object, "type", word, sizeof(word)))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(message_names); i++) {
		if (!strcmp(word, message_names[i])) {
			*type = i;
			return 0;
		}
	}
	return fail("the type '%s' is unknown", word);
}

static int parse_devices(struct json_object *object, struct message *message)
{
	struct json_object *array, *device;
	size_t count;

	if (!json_object_object_get_ex(object, "devices", &array) ||
	    !json_object_is_type(array, json_type_array))
		return fail("'devices' is not an array");
	count = json_object_array_length(array);
	if (!count || count > VFIO_MIG_MUX_DEVICES_MAX)
		return fail("there are %zu devices, not 1 to %d", count, VFIO_MIG_MUX_DEVICES_MAX);
	for (size_t i = 0; i < count; i++) {
		device = json_object_array_get_idx(array, i);
		if (!json_object_is_type(device, json_type_object))
			return fail("a device is not an object");
		if (json_read_text(device, "name", message->names[i], sizeof(message->names[i])))
			return -1;
		if (!message->names[i][0])
			return fail("a device has no name");
		for (size_t j = 0; j < i; j++)
			if (!strcmp(message->names[i], message->names[j]))
				return fail("two devices have the name '%s'", message->names[i]);
	}
	message->devices = count;
	return 0;
}

static int parse_migrate(struct json_object *object, struct message *message)
{
	char uuid[UUID_TEXT_LEN + 1];
	uint64_t number;

	if (json_read_text(object, "uuid", uuid, sizeof(uuid)))
		return -1;
	if (uuid_parse(uuid, message->uuid))
		return fail("'uuid' is '%s', which is none", uuid);
	if (json_read_number(object, "chunk_size", VFIO_MIG_MUX_CHUNK_SIZE_MIN, VFIO_MIG_MUX_CHUNK_SIZE_MAX, &number))
		return -1;
	message->chunk_size = number;
	if (number & (number - 1))
		return fail("'chunk_size' is %u, no power of two", message->chunk_size);
	if (json_read_number(object, "channels", 1, VFIO_MIG_MUX_CHANNELS_MAX, &number))
		return -1;
	message->channels = number;
	if (json_read_bool(object, "checksum", &message->checksum))
		return -1;
	if (json_object_object_get_ex(object, "zero", NULL) && json_read_bool(object, "zero", &message->zero))
		return -1;
	return parse_devices(object, message);
}

/* What another version says besides is not known here. */
static int parse_version(struct json_object *object, struct message *message)
{
	uint64_t number;

	if (json_read_number(object, "version", 0, UINT32_MAX, &number))
		return -1;
	message->version = number;
	if (message->version != MESSAGE_VERSION)
		return fail("the other agent speaks version %u, this one version %d",
			    message->version, MESSAGE_VERSION);
	return 0;
}

static int parse_object(struct json_object *object, struct message *message)
{
	memset(message, 0, sizeof(*message));
	if (!json_object_is_type(object, json_type_object))
		return fail("it is not an object");
	if (parse_type(object, &message->type) || parse_version(object, message))
		return -1;
	if (message->type == MESSAGE_MIGRATE)
		return parse_migrate(object, message);
	if (has_text(message->type))
		return json_read_text(object, "error", message->text, sizeof(message->text));
	return 0;
}

/**
 * message_parse() - read a message
 * @line: its bytes without the newline; need not end with a NUL
 * @length: number of bytes
 * @message: receives it
 *
 * Fields that are not known are passed over, for the sake of later versions.
 *
 * Return: 0, or -1 with the error recorded.
 */
int message_parse(const char *line, size_t length, struct message *message)
{
	struct json_tokener *tokener = json_tokener_new_ex(MESSAGE_DEPTH);
	struct json_object *object;
	int ret;

	if (!tokener)
		return fail("out of memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, line, length);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		ret = fail("it is not JSON: %s", json_tokener_error_desc(json_tokener_get_error(tokener)));
	else
		ret = parse_object(object, message);
	json_object_put(object);
	json_tokener_free(tokener);
	return ret;
}

static void put_migrate(struct json_object *object, const struct message *message)
{
	struct json_object *array = json_object_new_array(), *device;
	char uuid[UUID_TEXT_LEN + 1];

	uuid_format(message->uuid, uuid);
	json_put_text(object, "uuid", uuid);
	json_put_number(object, "chunk_size", message->chunk_size);
	json_put_number(object, "channels", message->channels);
	json_put_bool(object, "checksum", message->checksum);
	json_put_bool(object, "zero", message->zero);
	for (int i = 0; i < message->devices; i++) {
		device = json_object_new_object();
		json_put_text(device, "name", message->names[i]);
		json_object_array_add(array, device);
	}
	json_object_object_add(object, "devices", array);
}

/**
 * message_format() - write a message
 * @message: the message
 * @length: receives the number of bytes
 *
 * Return: the bytes with their newline, to be freed; NULL without memory.
 */
char *message_format(const struct message *message, size_t *length)
{
	struct json_object *object = json_object_new_object();
	const char *text;
	char *line;

	json_put_text(object, "type", message_name(message->type));
	json_put_number(object, "version", MESSAGE_VERSION);
	if (message->type == MESSAGE_MIGRATE)
		put_migrate(object, message);
	if (has_text(message->type))
		json_put_text(object, "error", message->text);

	text = json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN, length);
	line = malloc(*length + 1);
	if (line) {
		memcpy(line, text, *length);
		line[(*length)++] = '\n';
	}
	json_object_put(object);
	return line;
}
