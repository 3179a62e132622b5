/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TLS_HANDSHAKE_H
#define _AGENT_TLS_HANDSHAKE_H

#include "loop.h"
#include "tls.h"
#include "tls_identity.h"

/* A connection on its way from plain TCP to TLS in the kernel; not under way if all zero. */
struct tls_handshake {
	struct watch watch;
	struct loop *loop;
	const struct tls *tls;
	gnutls_session_t session;
	/* The other side has begun to speak, but not TLS. */
	bool heard;
	bool plain;
	/* The source waits for the destination's word. */
	bool shaken;
	/* The error is recorded, and this is what the other side is told. */
	bool blamed;
	gnutls_alert_description_t alert;
	struct tls_identity identity;
	/* Who has proved to be @identity, is it wanted? 0, or -1 with the error recorded. */
	int (*admit)(struct tls_handshake *handshake);
	/* Takes the socket, in which the kernel does TLS; @fd is -1 with the error recorded if it came to nothing. */
	void (*done)(struct tls_handshake *handshake, int fd);
};

void tls_handshake_start(struct tls_handshake *handshake, struct loop *loop, const struct tls *tls, int fd);
void tls_handshake_cancel(struct tls_handshake *handshake);

static inline bool tls_handshake_is_under_way(const struct tls_handshake *handshake)
{
	return handshake->session;
}

#endif /* _AGENT_TLS_HANDSHAKE_H */
