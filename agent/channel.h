/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_CHANNEL_H
#define _AGENT_CHANNEL_H

#include "connect.h"
#include "session.h"

/* A channel of the source until the module has its socket. */
struct channel {
	struct connect connect;
	struct channels *channels;
	int id;
	/* reconnect.c: when a dial is given up, and when the next one begins; 0 if none is due */
	uint64_t until_ns;
	uint64_t due_ns;
	unsigned int delay_ms;
	/* Why there is none; empty if there may be one. */
	char error[512];
};

struct channels {
	struct session *session;
	struct addrinfo *to;
	/* Addresses to come from, one channel each in turn; may be none. */
	struct addrinfo **from;
	int from_count;
	char to_text[ENDPOINT_TEXT_MAX];
	const struct tls *tls;
	/* Who has proved to be at the other end of the control connection, where there is one. */
	const struct tls_identity *identity;
	/* Instead of that: is @identity wanted? 0, or -1 with the error recorded. */
	int (*admit)(struct channels *channels, const struct tls_identity *identity);
	/* Those that are lost are connected again. */
	bool reconnect;
	int count;
	struct channel channels[VFIO_MIG_MUX_CHANNELS_MAX];
};

int channel_hand_over(struct session *session, int64_t id, int fd);
void channel_dial(struct channel *channel);
void channel_give_up(struct channel *channel, const char *why);

void channels_start(struct channels *channels, int count);
void channels_stop(struct channels *channels, const char *why);
bool channels_are_settled(const struct channels *channels);
int channels_report(const struct channels *channels);

#endif /* _AGENT_CHANNEL_H */
