/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_MESSAGE_H
#define _AGENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/vfio_mig_mux.h>

#define MESSAGE_VERSION 1
/* Bytes of a message with its newline. */
#define MESSAGE_MAX 65536

/* What the agents say to each other, in the order of a migration. */
enum message_type {
	MESSAGE_WELCOME,
	MESSAGE_MIGRATE,
	MESSAGE_PREPARING,
	MESSAGE_ACCEPT,
	MESSAGE_REFUSE,
	MESSAGE_LOADED,
	MESSAGE_RUN,
	MESSAGE_RUNNING,
	MESSAGE_FAILED,
	MESSAGE_ABORT,
};

struct message {
	enum message_type type;
	/* MIGRATE */
	uint32_t version;
	uint8_t uuid[VFIO_MIG_MUX_UUID_LEN];
	uint32_t chunk_size;
	uint32_t channels;
	bool checksum;
	/* False if the other agent has never heard of it. */
	bool zero;
	int devices;
	char names[VFIO_MIG_MUX_DEVICES_MAX][VFIO_MIG_MUX_NAME_MAX + 1];
	/* REFUSE, FAILED, ABORT */
	char text[VFIO_MIG_MUX_TEXT_MAX + 1];
};

const char *message_name(enum message_type type);
int message_parse(const char *line, size_t length, struct message *message);
char *message_format(const struct message *message, size_t *length);

#endif /* _AGENT_MESSAGE_H */
