/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_CONTROL_H
#define _AGENT_CONTROL_H

#include "loop.h"
#include "message.h"
#include "tls_identity.h"
#include "transport.h"

struct control {
	struct watch watch;
	struct loop *loop;
	char peer[ADDRESS_TEXT_MAX];
	/* In TLS, and who has proved to be there. */
	bool secure;
	struct tls_identity identity;
	/* Called for each message; may stop the connection. */
	void (*message)(struct control *control, const struct message *message);
	/* Called once when no more can come, with the error recorded; the connection is stopped by then. */
	void (*lost)(struct control *control);
	size_t used;
	char line[MESSAGE_MAX];
};

#define CONTROL_INIT { .watch.fd = -1 }

int control_start(struct control *control, struct loop *loop, int fd);
void control_stop(struct control *control);
int control_send(struct control *control, const struct message *message);
int control_say(struct control *control, enum message_type type, const char *text);
void control_turn_away(int fd, bool secure, const char *text);

static inline int control_is_open(const struct control *control)
{
	return control->watch.fd >= 0;
}

#endif /* _AGENT_CONTROL_H */
