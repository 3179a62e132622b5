// SPDX-License-Identifier: GPL-2.0
/*
 * Handshakes, each as its socket lets it, so that one that stalls holds up no
 * other. At the end the destination says over TLS whether the source is welcome,
 * and if not why: until then a source cannot know what became of its certificate.
 * Then the keys go into the kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "ktls.h"
#include "message.h"
#include "parting.h"
#include "text.h"
#include "tls_handshake.h"
#include "tls_verify.h"

/* Types of records, RFC 8446, section 5.1 */
#define RECORD_ALERT 21
#define RECORD_HANDSHAKE 22

static void end(struct tls_handshake *handshake)
{
	loop_remove(handshake->loop, &handshake->watch);
	gnutls_deinit(handshake->session);
	handshake->session = NULL;
}

static void succeed(struct tls_handshake *handshake)
{
	int fd = handshake->watch.fd;
	int err = ktls_start(fd, handshake->session);

	end(handshake);
	if (err)
		close(fd);
	handshake->done(handshake, err ? -1 : fd);
}

static void give_up(struct tls_handshake *handshake)
{
	int fd = handshake->watch.fd;

	end(handshake);
	if (handshake->tls->server)
		close(fd);
	else
		parting_begin(handshake->tls->reaper, fd);
	handshake->done(handshake, -1);
}

/* An alert of the other side in words */
static int fail_alert(const struct tls_handshake *handshake)
{
	gnutls_alert_description_t alert = gnutls_alert_get(handshake->session);
	const char *side = handshake->tls->server ? "source" : "destination";
	const char *name = gnutls_alert_get_name(alert);

	if (alert == GNUTLS_A_UNKNOWN_PSK_IDENTITY)
		return fail("the %s does not know the identity of the pre-shared key", side);
	if (alert == GNUTLS_A_DECRYPT_ERROR && tls_has_psk(handshake->tls))
		return fail("the %s has another pre-shared key of this identity", side);
	return fail("the %s refuses TLS: %s", side, name ? name : "an alert without a name");
}

/* Records why a handshake failed, and what the other side is to be told of it. */
static void explain(struct tls_handshake *handshake, int err)
{
	int level;

	if (handshake->blamed)
		return;
	handshake->alert = gnutls_error_to_alert(err, &level);
	if (handshake->plain) {
		fail("the destination does not speak TLS; is it there with --plaintext?");
	} else if (err == GNUTLS_E_FATAL_ALERT_RECEIVED) {
		fail_alert(handshake);
	} else if (err == GNUTLS_E_PREMATURE_TERMINATION || err == GNUTLS_E_PULL_ERROR) {
		fail("it was closed in the middle of the TLS handshake");
	} else if (handshake->tls->psk_server && err == GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER) {
		/* What else GnuTLS could mean by that, no client of good faith does. */
		handshake->alert = GNUTLS_A_DECRYPT_ERROR;
		fail("the source has another pre-shared key of this identity");
	} else if (handshake->tls->psk_server && err == GNUTLS_E_INSUFFICIENT_CREDENTIALS) {
		fail("the source has no pre-shared key");
	} else if (handshake->tls->psk_client && err == GNUTLS_E_INSUFFICIENT_CREDENTIALS) {
		fail("the destination has certificates instead of pre-shared keys");
	} else {
		fail("TLS handshake: %s", gnutls_strerror(err));
	}
}

static void refuse(struct tls_handshake *handshake, int err)
{
	explain(handshake, err);
	if (!handshake->plain && err != GNUTLS_E_FATAL_ALERT_RECEIVED)
		gnutls_alert_send(handshake->session, GNUTLS_AL_FATAL, handshake->alert);
	give_up(handshake);
}

static int verify(struct tls_handshake *handshake)
{
	handshake->blamed = true;
	if (tls_verify(handshake->tls, handshake->session, &handshake->alert))
		return -1;
	handshake->alert = GNUTLS_A_ACCESS_DENIED;
	if (tls_identity_take(&handshake->identity, handshake->session))
		return -1;
	if (handshake->admit && handshake->admit(handshake))
		return -1;
	handshake->blamed = false;
	return 0;
}

/* The source finds out before it has shown anything of itself. */
static int verify_destination(gnutls_session_t session)
{
	return verify(gnutls_session_get_ptr(session)) ? GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR : 0;
}

/* The identity may be anything: nobody has proved yet to have the key to it. */
static int fail_identity(const char *identity)
{
	char text[PSK_IDENTITY_MAX + 1];

	snprintf(text, sizeof(text), "%s", identity);
	text_clean(text, strlen(text));
	return fail("the identity '%s' of the source's pre-shared key is not known here", text);
}

static int find_psk(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
	struct tls_handshake *handshake = gnutls_session_get_ptr(session);
	const char *only = handshake->tls->psk_identity;
	char found[PSK_IDENTITY_MAX + 1];

	if ((!only || !strcmp(identity, only)) && !psk_file_find(&handshake->tls->psk, identity, found, key))
		return 0;
	handshake->blamed = true;
	handshake->alert = GNUTLS_A_UNKNOWN_PSK_IDENTITY;
	return fail_identity(identity);
}

/* The destination's word: welcome, or why not. */
static int send_word(struct tls_handshake *handshake, enum message_type type, const char *text)
{
	struct message word = { .type = type };
	size_t length;
	ssize_t n;
	char *line;

	snprintf(word.text, sizeof(word.text), "%s", text);
	line = message_format(&word, &length);
	if (!line)
		return fail("out of memory");
	/* So little always fits into a socket that has just been made. */
	n = gnutls_record_send(handshake->session, line, length);
	free(line);
	return n == (ssize_t)length ? 0 : fail("the source does not read");
}

static void answer(struct tls_handshake *handshake)
{
	if (verify(handshake)) {
		char why[VFIO_MIG_MUX_TEXT_MAX + 1];

		snprintf(why, sizeof(why), "%s", error_text());
		if (!send_word(handshake, MESSAGE_REFUSE, why))
			gnutls_bye(handshake->session, GNUTLS_SHUT_WR);
		fail("%s", why);
		give_up(handshake);
	} else if (send_word(handshake, MESSAGE_WELCOME, "")) {
		give_up(handshake);
	} else {
		succeed(handshake);
	}
}

static void take_word(struct tls_handshake *handshake, const char *line, size_t length)
{
	struct message word;

	if (line[length - 1] != '\n' || message_parse(line, length - 1, &word) ||
	    (word.type != MESSAGE_WELCOME && word.type != MESSAGE_REFUSE)) {
		fail("the destination says neither that this side is welcome nor why not");
		give_up(handshake);
	} else if (word.type == MESSAGE_REFUSE) {
		fail("the destination refuses: %s", word.text);
		give_up(handshake);
	} else {
		succeed(handshake);
	}
}

/* Waits for what GnuTLS waits for. */
static void await(struct tls_handshake *handshake)
{
	uint32_t events = gnutls_record_get_direction(handshake->session) ? EPOLLOUT : EPOLLIN;

	loop_remove(handshake->loop, &handshake->watch);
	if (loop_add(handshake->loop, &handshake->watch, events))
		give_up(handshake);
}

static void await_word(struct tls_handshake *handshake)
{
	char line[MESSAGE_MAX / 4];
	ssize_t n;

	n = gnutls_record_recv(handshake->session, line, sizeof(line));
	if (n > 0) {
		take_word(handshake, line, n);
	} else if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) {
		await(handshake);
	} else if (!n) {
		fail("the destination closed the connection after the TLS handshake");
		give_up(handshake);
	} else {
		refuse(handshake, n);
	}
}

static void shake(struct tls_handshake *handshake)
{
	int err;

	do {
		err = gnutls_handshake(handshake->session);
	} while (err == GNUTLS_E_INTERRUPTED || (err && err != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(err)));
	if (err == GNUTLS_E_AGAIN) {
		await(handshake);
	} else if (err) {
		refuse(handshake, err);
	} else if (handshake->tls->server) {
		answer(handshake);
	} else if (tls_has_psk(handshake->tls) && verify(handshake)) {
		refuse(handshake, GNUTLS_E_INSUFFICIENT_CREDENTIALS);
	} else {
		handshake->shaken = true;
		await_word(handshake);
	}
}

static void handshake_ready(struct watch *watch, uint32_t events)
{
	struct tls_handshake *handshake = container_of(watch, struct tls_handshake, watch);

	(void)events;
	if (handshake->shaken)
		await_word(handshake);
	else
		shake(handshake);
}

/* GnuTLS has no clear word for who does not speak TLS at all. */
static ssize_t pull(gnutls_transport_ptr_t arg, void *bytes, size_t size)
{
	struct tls_handshake *handshake = arg;
	const unsigned char *first = bytes;
	ssize_t n;

	n = recv(handshake->watch.fd, bytes, size, MSG_DONTWAIT);
	if (n > 0 && !handshake->heard) {
		handshake->heard = true;
		handshake->plain = *first != RECORD_HANDSHAKE && *first != RECORD_ALERT;
	}
	return n;
}

static int open_session(struct tls_handshake *handshake)
{
	const struct tls *tls = handshake->tls;
	int err;

	err = gnutls_init(&handshake->session, GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_SEND_TICKET |
			  (tls->server ? GNUTLS_SERVER : GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT));
	if (err) {
		handshake->session = NULL;
		return fail("TLS: %s", gnutls_strerror(err));
	}
	gnutls_session_set_ptr(handshake->session, handshake);
	gnutls_transport_set_ptr2(handshake->session, handshake,
				  (gnutls_transport_ptr_t)(intptr_t)handshake->watch.fd);
	gnutls_transport_set_pull_function(handshake->session, pull);
	err = tls_arm(tls, handshake->session);
	if (err) {
		gnutls_deinit(handshake->session);
		handshake->session = NULL;
		return fail("TLS: %s", gnutls_strerror(err));
	}
	if (tls->psk_server)
		gnutls_psk_set_server_credentials_function(tls->psk_server, find_psk);
	else if (tls->certificates && !tls->server)
		gnutls_session_set_verify_function(handshake->session, verify_destination);
	return 0;
}

/**
 * tls_handshake_start() - begin to make a connection a TLS one
 * @handshake: its done() is called from the loop, or from here if all fails at once
 * @loop: where the other side is awaited
 * @tls: the credentials; must outlive @handshake
 * @fd: a connected, non-blocking socket; the handshake's until it is done
 */
void tls_handshake_start(struct tls_handshake *handshake, struct loop *loop, const struct tls *tls, int fd)
{
	handshake->watch.fd = fd;
	handshake->watch.ready = handshake_ready;
	handshake->loop = loop;
	handshake->tls = tls;
	handshake->heard = false;
	handshake->plain = false;
	handshake->shaken = false;
	handshake->blamed = false;
	if (open_session(handshake)) {
		close(fd);
		handshake->done(handshake, -1);
	} else {
		shake(handshake);
	}
}

/**
 * tls_handshake_cancel() - give up; done() will not be called any more
 * @handshake: one that is under way, or not
 */
void tls_handshake_cancel(struct tls_handshake *handshake)
{
	if (!tls_handshake_is_under_way(handshake))
		return;
	end(handshake);
	close(handshake->watch.fd);
}
