/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_CHANNEL_H
#define _AGENT_CHANNEL_H

#include "session.h"
#include "transport.h"

/* A channel of the source until the module has its socket. */
struct channel {
	struct dial dial;
	struct channels *channels;
	int id;
	bool dialing;
	/* Why there is none; empty if there may be one. */
	char error[512];
};

struct channels {
	struct session *session;
	struct addrinfo *to;
	char to_text[ENDPOINT_TEXT_MAX];
	unsigned int peer_timeout_ms;
	int count;
	struct channel channels[VFIO_MIG_MUX_CHANNELS_MAX];
};

int channel_hand_over(struct session *session, int64_t id, int fd, unsigned int peer_timeout_ms);

void channels_start(struct channels *channels, int count, struct addrinfo **from, int from_count);
void channels_stop(struct channels *channels, const char *why);
bool channels_are_settled(const struct channels *channels);
int channels_report(const struct channels *channels);

#endif /* _AGENT_CHANNEL_H */
