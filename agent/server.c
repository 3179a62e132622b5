// SPDX-License-Identifier: GPL-2.0
/*
 * One port for everything. A new connection is looked at without taking its
 * first bytes: a control connection begins with '{', a channel with the module's
 * HELLO, whose UUID says which migration it belongs to. Looking only routes;
 * who reads the bytes checks them. With TLS what is looked at is what the kernel
 * has deciphered, after a handshake, by whose first byte TLS is told from plaintext.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "error.h"
#include "ktls.h"
#include "server.h"

/* The fixed part of HELLO: magic at 0, session UUID at 16. */
#define HELLO_MAGIC "VMMX"
#define HELLO_UUID_AT 16
#define HELLO_FIXED 32
/* The type of a record with a handshake, RFC 8446, section 5.1 */
#define TLS_HANDSHAKE 0x16

/**
 * server_may_tell() - is the user to be told of another connection that is closed?
 * @server: where it came
 *
 * Who floods the port shall not flood the log as well. Those that are not told of
 * are counted, and told of with the next one that is.
 *
 * Return: whether to.
 */
bool server_may_tell(struct server *server)
{
	if (server->told_ns && now_ns() - server->told_ns < NS_PER_S) {
		server->untold++;
		return false;
	}
	if (server->untold)
		warn("%u more connections were closed", server->untold);
	server->told_ns = now_ns();
	server->untold = 0;
	return true;
}

/**
 * server_tell() - tell why a connection is closed, if server_may_tell()
 * @server: where it came
 * @peer: who is at its other end
 * @why: the reason
 */
void server_tell(struct server *server, const char *peer, const char *why)
{
	if (server_may_tell(server))
		warn("a connection from %s is closed: %s", peer, why);
}

static void tell(struct server *server, int fd, const char *why)
{
	char peer[ADDRESS_TEXT_MAX];

	transport_peer_text(fd, peer);
	server_tell(server, peer, why);
}

static void pending_close(struct pending *pending)
{
	if (tls_handshake_is_under_way(&pending->handshake)) {
		tls_handshake_cancel(&pending->handshake);
	} else {
		loop_remove(pending->server->loop, &pending->watch);
		close(pending->watch.fd);
	}
	pending->watch.fd = -1;
}

static void pending_drop(struct pending *pending, const char *why)
{
	tell(pending->server, pending->watch.fd, why);
	pending_close(pending);
}

/* Makes the socket wake for every byte again. */
static int pending_take(struct pending *pending)
{
	int fd = pending->watch.fd, one = 1;

	loop_remove(pending->server->loop, &pending->watch);
	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one));
	return fd;
}

/* Frees the place. */
static int pending_release(struct pending *pending)
{
	int fd = pending_take(pending);

	pending->watch.fd = -1;
	return fd;
}

/* It speaks TLS and this side does not, or the reverse. */
static void pending_turn_away(struct pending *pending, const char *why)
{
	tell(pending->server, pending->watch.fd, why);
	control_turn_away(pending_release(pending), false, why);
}

static int pending_admit(struct tls_handshake *handshake)
{
	struct server *server = container_of(handshake, struct pending, handshake)->server;

	return server->admit(server, &handshake->identity);
}

static void pending_shaken(struct tls_handshake *handshake, int fd)
{
	struct pending *pending = container_of(handshake, struct pending, handshake);

	if (fd < 0) {
		server_tell(pending->server, pending->peer, error_text());
		pending->watch.fd = -1;
		return;
	}
	pending->secure = true;
	if (loop_add(pending->server->loop, &pending->watch, EPOLLIN)) {
		close(fd);
		pending->watch.fd = -1;
	}
}

static void pending_shake(struct pending *pending)
{
	int fd = pending_take(pending);

	transport_peer_text(fd, pending->peer);
	pending->handshake.admit = pending_admit;
	pending->handshake.done = pending_shaken;
	tls_handshake_start(&pending->handshake, pending->server->loop, pending->server->tls, fd);
}

/* As recv(), without taking what is there */
static ssize_t pending_look(const struct pending *pending, uint8_t *first, size_t size)
{
	int fd = pending->watch.fd;

	return pending->secure ? ktls_recv(fd, first, size, MSG_PEEK | MSG_DONTWAIT) :
				 recv(fd, first, size, MSG_PEEK | MSG_DONTWAIT);
}

static void pending_ready(struct watch *watch, uint32_t events)
{
	struct pending *pending = container_of(watch, struct pending, watch);
	struct server *server = pending->server;
	const struct tls_identity *identity = &pending->handshake.identity;
	uint8_t first[HELLO_FIXED];
	ssize_t n;

	(void)events;
	n = pending_look(pending, first, sizeof(first));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		pending_drop(pending, "it ended before it said what it is");
	else if (first[0] == TLS_HANDSHAKE && !pending->secure && server->tls->on)
		pending_shake(pending);
	else if (first[0] == TLS_HANDSHAKE && !pending->secure)
		pending_turn_away(pending, "it speaks TLS, and this destination does not");
	else if (server->tls->on && !pending->secure)
		pending_turn_away(pending, "it does not speak TLS, and this destination speaks nothing else");
	else if (first[0] == '{')
		server->control(server, pending_release(pending), identity);
	else if (memcmp(first, HELLO_MAGIC, n < 4 ? n : 4))
		pending_drop(pending, "it is neither an agent nor a channel");
	else if (n < HELLO_FIXED)
		/* SO_RCVLOWAT lets fewer bytes through only at the end. */
		pending_drop(pending, "it ended in the middle of its HELLO");
	else
		server->channel(server, pending_release(pending), identity, first + HELLO_UUID_AT);
}

/* When all places are taken, who has waited longest gives way. */
static struct pending *pending_place(struct server *server)
{
	struct pending *oldest = &server->pending[0];

	for (int i = 0; i < SERVER_PENDING_MAX; i++) {
		struct pending *pending = &server->pending[i];

		if (pending->watch.fd < 0)
			return pending;
		if (pending->deadline_ns < oldest->deadline_ns)
			oldest = pending;
	}
	pending_drop(oldest, "too many connections wait, and it was silent for longest");
	return oldest;
}

static void server_ready(struct watch *watch, uint32_t events)
{
	struct server *server = container_of(watch, struct server, listener.watch);
	int fd, enough = HELLO_FIXED;
	struct pending *pending;

	(void)events;
	fd = listener_accept(&server->listener);
	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &enough, sizeof(enough));
	pending = pending_place(server);
	memset(pending, 0, sizeof(*pending));
	pending->server = server;
	pending->deadline_ns = now_ns() + server->patience_ms * NS_PER_MS;
	pending->watch.ready = pending_ready;
	pending->watch.fd = fd;
	if (loop_add(server->loop, &pending->watch, EPOLLIN)) {
		close(fd);
		pending->watch.fd = -1;
	}
}

/**
 * server_start() - listen for control connections and channels
 * @server: patience_ms, control and channel are set; server_stop() it
 * @loop: where connections arrive
 * @endpoint: where to listen
 *
 * Return: 0, or -1 with the error recorded.
 */
int server_start(struct server *server, struct loop *loop, const struct endpoint *endpoint)
{
	for (int i = 0; i < SERVER_PENDING_MAX; i++)
		server->pending[i].watch.fd = -1;
	server->loop = loop;
	server->listener.watch.ready = server_ready;
	server->listener.watch.fd = transport_listen(endpoint);
	return server->listener.watch.fd < 0 ? -1 : listener_start(&server->listener, loop);
}

/**
 * server_stop() - close the port and who has not said what it is
 * @server: one that server_start() was called for
 */
void server_stop(struct server *server)
{
	if (server->listener.watch.fd < 0)
		return;
	for (int i = 0; i < SERVER_PENDING_MAX; i++)
		if (server->pending[i].watch.fd >= 0)
			pending_close(&server->pending[i]);
	listener_stop(&server->listener);
}

/**
 * server_expire() - close connections that have been silent for too long, and take new ones again
 * @server: to be called now and then
 */
void server_expire(struct server *server)
{
	uint64_t now = now_ns();

	listener_look(&server->listener);
	for (int i = 0; i < SERVER_PENDING_MAX; i++) {
		struct pending *pending = &server->pending[i];

		if (pending->watch.fd >= 0 && pending->deadline_ns <= now)
			pending_drop(pending, tls_handshake_is_under_way(&pending->handshake) ?
				     "it did not finish the TLS handshake in time" :
				     "it did not say in time what it is");
	}
}
