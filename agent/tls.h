/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TLS_H
#define _AGENT_TLS_H

#include <stdbool.h>
#include <time.h>
#include <gnutls/gnutls.h>

#include "psk_file.h"
#include "tls_options.h"

struct reaper;

/* What this side proves itself with and what it asks of the other one. All zero without TLS. */
struct tls {
	bool on;
	bool server;
	/* What the other side's certificate has to be for; NULL for anything that its CA has signed. */
	const char *peer;
	/* The only one that is taken; NULL for any. */
	const char *psk_identity;
	gnutls_priority_t priority;
	/* One of these. */
	gnutls_certificate_credentials_t certificates;
	gnutls_psk_client_credentials_t psk_client;
	gnutls_psk_server_credentials_t psk_server;
	struct psk_file psk;
	/* From then on they do not say any more who has been revoked; 0 for never. Seconds since the epoch. */
	time_t lists_until;
	/* Waits for the last words of connections that came to nothing; NULL if who shakes hands may wait itself. */
	struct reaper *reaper;
};

int tls_init(struct tls *tls, const struct tls_options *options, const char *host);
void tls_lead_to(struct tls *tls, const struct tls *credentials, const char *host);
void tls_fini(struct tls *tls);
int tls_arm(const struct tls *tls, gnutls_session_t session);

static inline bool tls_has_psk(const struct tls *tls)
{
	return tls->psk_client || tls->psk_server;
}

#endif /* _AGENT_TLS_H */
