/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_JSON_H
#define _AGENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <json-c/json.h>

int json_read_text(struct json_object *object, const char *key, char *text, size_t size);
int json_read_number(struct json_object *object, const char *key, uint64_t min, uint64_t max, uint64_t *value);
int json_read_bool(struct json_object *object, const char *key, bool *value);

void json_put_text(struct json_object *object, const char *key, const char *text);
void json_put_number(struct json_object *object, const char *key, uint64_t value);
void json_put_real(struct json_object *object, const char *key, double value);
void json_put_bool(struct json_object *object, const char *key, bool value);

#endif /* _AGENT_JSON_H */
