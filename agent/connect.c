// SPDX-License-Identifier: GPL-2.0
/* Connections of the source, with all that comes before their first byte of data. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "connect.h"
#include "error.h"

static void finish(struct connect *connect, int fd)
{
	connect->under_way = false;
	connect->done(connect, fd);
}

static void connect_shaken(struct tls_handshake *handshake, int fd)
{
	struct connect *connect = container_of(handshake, struct connect, handshake);

	if (fd < 0)
		snprintf(connect->error, sizeof(connect->error), "%s", error_text());
	finish(connect, fd);
}

static void connect_dialed(struct dial *dial, int fd)
{
	struct connect *connect = container_of(dial, struct connect, dial);

	if (fd < 0) {
		snprintf(connect->error, sizeof(connect->error), "%s", strerror(errno));
		finish(connect, -1);
	} else if (connect->tls->on) {
		tls_handshake_start(&connect->handshake, dial->loop, connect->tls, fd);
	} else {
		finish(connect, fd);
	}
}

/**
 * connect_start() - begin to connect
 * @connect: done and tls are set, and what the handshake asks; done() is called from the loop, or from here if
 *	all fails at once
 * @loop: where the connection is awaited
 * @to: the addresses to try, one after the other; must outlive @connect
 * @from: the addresses to come from, or NULL; must outlive @connect
 */
void connect_start(struct connect *connect, struct loop *loop, const struct addrinfo *to, const struct addrinfo *from)
{
	connect->dial.done = connect_dialed;
	connect->handshake.done = connect_shaken;
	connect->error[0] = '\0';
	connect->under_way = true;
	dial_start(&connect->dial, loop, to, from);
}

/**
 * connect_cancel() - give up; done() will not be called any more
 * @connect: one that is under way, or not
 *
 * Return: how far it has come, for who was waiting.
 */
const char *connect_cancel(struct connect *connect)
{
	const char *where = "no answer";

	if (!connect->under_way)
		return "not under way";
	connect->under_way = false;
	if (tls_handshake_is_under_way(&connect->handshake)) {
		where = "the TLS handshake did not come to its end";
		tls_handshake_cancel(&connect->handshake);
	} else {
		dial_cancel(&connect->dial);
	}
	return where;
}
