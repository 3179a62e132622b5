// SPDX-License-Identifier: GPL-2.0
/* Fields of JSON objects: checked when read, so that callers need not. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "text.h"

static struct json_object *field(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value)) {
		fail("'%s' is missing", key);
		return NULL;
	}
	if (!json_object_is_type(value, type)) {
		fail("'%s' is not a %s", key, json_type_to_name(type));
		return NULL;
	}
	return value;
}

/**
 * json_read_text() - read a string
 * @object: the object
 * @key: the field
 * @text: receives the string
 * @size: bytes of @text
 *
 * Whatever is not printable ASCII is replaced: the string may come from another
 * host and be printed here.
 *
 * Return: 0, or -1 with the error recorded.
 */
int json_read_text(struct json_object *object, const char *key, char *text, size_t size)
{
	struct json_object *value = field(object, key, json_type_string);
	size_t length;

	if (!value)
		return -1;
	length = json_object_get_string_len(value);
	if (length >= size)
		return fail("'%s' has %zu bytes, more than %zu", key, length, size - 1);
	memcpy(text, json_object_get_string(value), length);
	text[length] = '\0';
	text_clean(text, length);
	return 0;
}

/**
 * json_read_number() - read a whole number
 * @object: the object
 * @key: the field
 * @min: smallest number allowed
 * @max: largest number allowed, at most INT64_MAX
 * @value: receives the number
 *
 * Return: 0, or -1 with the error recorded.
 */
int json_read_number(struct json_object *object, const char *key, uint64_t min, uint64_t max, uint64_t *value)
{
	struct json_object *found = field(object, key, json_type_int);
	int64_t number;

	if (!found)
		return -1;
	number = json_object_get_int64(found);
	if (number < 0 || (uint64_t)number < min || (uint64_t)number > max)
		return fail("'%s' is %" PRId64 ", not from %" PRIu64 " to %" PRIu64, key, number, min, max);
	*value = number;
	return 0;
}

/**
 * json_read_bool() - read true or false
 * @object: the object
 * @key: the field
 * @value: receives it
 *
 * Return: 0, or -1 with the error recorded.
 */
int json_read_bool(struct json_object *object, const char *key, bool *value)
{
	struct json_object *found = field(object, key, json_type_boolean);

	if (!found)
		return -1;
	*value = json_object_get_boolean(found);
	return 0;
}

/**
 * json_put_text() - add a string
 * @object: the object
 * @key: the field
 * @text: the string
 */
void json_put_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

/**
 * json_put_number() - add a whole number
 * @object: the object
 * @key: the field
 * @value: the number
 */
void json_put_number(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

/**
 * json_put_real() - add a number with six decimals
 * @object: the object
 * @key: the field
 * @value: the number; what JSON cannot say becomes null
 */
void json_put_real(struct json_object *object, const char *key, double value)
{
	char digits[64];

	snprintf(digits, sizeof(digits), "%.6f", value);
	json_object_object_add(object, key, isfinite(value) ? json_object_new_double_s(value, digits) : NULL);
}

/**
 * json_put_bool() - add true or false
 * @object: the object
 * @key: the field
 * @value: which
 */
void json_put_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}
