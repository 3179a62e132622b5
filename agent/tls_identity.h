/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TLS_IDENTITY_H
#define _AGENT_TLS_IDENTITY_H

#include <stdbool.h>
#include <gnutls/gnutls.h>

#define TLS_FINGERPRINT_SIZE 32

/* Whom a connection has proved to lead to; all zero without TLS. */
struct tls_identity {
	/* Of the certificate, or of the name of the pre-shared key. */
	unsigned char fingerprint[TLS_FINGERPRINT_SIZE];
	/* For people, harmless to print */
	char text[256];
};

int tls_identity_take(struct tls_identity *identity, gnutls_session_t session);
bool tls_identity_is(const struct tls_identity *one, const struct tls_identity *other);

#endif /* _AGENT_TLS_IDENTITY_H */
