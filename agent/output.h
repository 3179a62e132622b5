/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_OUTPUT_H
#define _AGENT_OUTPUT_H

#include <stdbool.h>

#include "json.h"
#include "mux.h"

/* Prints lists, and single things as they are told. */
struct output {
	bool json;
	/* The array being filled, with JSON. */
	struct json_object *array;
	bool titled;
};

void output_session(struct output *output, const struct mux_session *session);
void output_device(struct output *output, const struct mux_device *device);
void output_channel(struct output *output, const struct mux_channel *channel);
void output_end(struct output *output);

void output_event_session(const struct output *output, const struct mux_session *session);
void output_event_device(const struct output *output, const struct mux_device *device);
void output_event_channel(const struct output *output, const struct mux_channel *channel);

struct json_object *output_session_json(const struct mux_session *session);
struct json_object *output_device_json(const struct mux_device *device);
struct json_object *output_channel_json(const struct mux_channel *channel);
void output_json_line(struct json_object *object);
void output_waiting(const char *where);
void output_result_error(const char *command);

#endif /* _AGENT_OUTPUT_H */
