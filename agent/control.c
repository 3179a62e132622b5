// SPDX-License-Identifier: GPL-2.0
/* The connection over which two agents agree; carries messages, never device state. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "error.h"
#include "ktls.h"

static void control_lose(struct control *control)
{
	control_stop(control);
	control->lost(control);
}

/* Who speaks another version, or nonsense, gets told. */
static void control_refuse(struct control *control, const char *why)
{
	char text[VFIO_MIG_MUX_TEXT_MAX + 1];

	snprintf(text, sizeof(text), "%s", why);
	control_say(control, MESSAGE_REFUSE, text);
	fail("a message of the other agent (%s) is refused: %s", control->peer, text);
	control_lose(control);
}

/* Hands over one line; false when the connection is over after it. */
static bool control_take_line(struct control *control, size_t length)
{
	struct message message;

	if (message_parse(control->line, length, &message)) {
		control_refuse(control, error_text());
		return false;
	}
	control->message(control, &message);
	return control_is_open(control);
}

static void control_take_lines(struct control *control)
{
	char *end;

	while ((end = memchr(control->line, '\n', control->used))) {
		size_t length = end - control->line;

		if (!control_take_line(control, length))
			return;
		control->used -= length + 1;
		memmove(control->line, end + 1, control->used);
	}
	if (control->used == sizeof(control->line)) {
		char why[64];

		snprintf(why, sizeof(why), "it has more than %d bytes", MESSAGE_MAX);
		control_refuse(control, why);
	}
}

static ssize_t control_recv(struct control *control)
{
	char *to = control->line + control->used;
	size_t room = sizeof(control->line) - control->used;

	return control->secure ? ktls_recv(control->watch.fd, to, room, MSG_DONTWAIT) :
				 recv(control->watch.fd, to, room, MSG_DONTWAIT);
}

static void control_ready(struct watch *watch, uint32_t events)
{
	struct control *control = container_of(watch, struct control, watch);
	ssize_t n;

	(void)events;
	n = control_recv(control);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		control->used += n;
		control_take_lines(control);
		return;
	}
	if (n < 0 && errno == ENOLINK)
		fail("the control connection to the other agent (%s) was cut: it ended without close_notify",
		     control->peer);
	else if (n < 0)
		fail("the control connection to the other agent (%s) broke: %m", control->peer);
	else
		fail("the other agent (%s) closed the control connection before the end", control->peer);
	control_lose(control);
}

/**
 * control_start() - listen to the other agent
 * @control: message, lost, secure and identity are set; control_stop() it
 * @loop: where messages arrive
 * @fd: the connected socket; the connection's from here on, after an error too
 *
 * Return: 0, or -1 with the error recorded.
 */
int control_start(struct control *control, struct loop *loop, int fd)
{
	control->loop = loop;
	control->used = 0;
	control->watch.fd = fd;
	control->watch.ready = control_ready;
	transport_peer_text(fd, control->peer);
	if (loop_add(loop, &control->watch, EPOLLIN)) {
		close(fd);
		control->watch.fd = -1;
		return -1;
	}
	return 0;
}

/**
 * control_stop() - close the connection; what was sent still arrives
 * @control: the connection, open or not
 */
void control_stop(struct control *control)
{
	if (!control_is_open(control))
		return;
	loop_remove(control->loop, &control->watch);
	if (control->secure)
		ktls_close_notify(control->watch.fd);
	close(control->watch.fd);
	control->watch.fd = -1;
}

/**
 * control_send() - tell the other agent
 * @control: the connection
 * @message: what
 *
 * The few messages of a migration always fit into the socket's buffer; a peer
 * that lets them pile up there is as good as dead.
 *
 * Return: 0, or -1 with the error recorded.
 */
int control_send(struct control *control, const struct message *message)
{
	size_t length;
	ssize_t n;
	char *line;

	if (!control_is_open(control))
		return fail("the other agent is gone");
	line = message_format(message, &length);
	if (!line)
		return fail("out of memory");
	n = send(control->watch.fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	free(line);
	if (n < 0)
		return fail("cannot tell the other agent (%s) '%s': %m", control->peer, message_name(message->type));
	if ((size_t)n < length)
		return fail("the other agent (%s) does not read", control->peer);
	return 0;
}

/**
 * control_say() - send a message that has nothing but perhaps a text
 * @control: the connection
 * @type: what
 * @text: why, for the types that say why
 *
 * Return: 0, or -1 with the error recorded.
 */
int control_say(struct control *control, enum message_type type, const char *text)
{
	struct message message = { .type = type };

	snprintf(message.text, sizeof(message.text), "%s", text ? text : "");
	return control_send(control, &message);
}

/**
 * control_turn_away() - refuse a connection that was not started
 * @fd: the connected socket, closed here
 * @secure: it is in TLS
 * @text: why
 */
void control_turn_away(int fd, bool secure, const char *text)
{
	struct message message = { .type = MESSAGE_REFUSE };
	char *line, unread[4096];
	size_t length;

	snprintf(message.text, sizeof(message.text), "%s", text);
	line = message_format(&message, &length);
	if (line && send(fd, line, length, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
		if (secure)
			ktls_close_notify(fd);
		shutdown(fd, SHUT_WR);
	}
	free(line);
	/* Closed over unread bytes, TCP would take the answer back with a reset. */
	for (int i = 0; i < 16 && recv(fd, unread, sizeof(unread), MSG_DONTWAIT) > 0; i++)
		;
	close(fd);
}
