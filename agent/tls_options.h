/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TLS_OPTIONS_H
#define _AGENT_TLS_OPTIONS_H

#include <stdbool.h>

/* What the user says about who may listen in; all NULL and false if nothing. */
struct tls_options {
	const char *ca;
	const char *cert;
	const char *key;
	const char *crl;
	const char *peer;
	const char *psk;
	const char *psk_identity;
	bool plaintext;
};

/* Beyond all others of a command. */
enum {
	OPTION_TLS_CA = 0x200,
	OPTION_TLS_CERT,
	OPTION_TLS_KEY,
	OPTION_TLS_CRL,
	OPTION_TLS_PEER,
	OPTION_TLS_PSK,
	OPTION_TLS_PSK_IDENTITY,
	OPTION_PLAINTEXT,
};

bool tls_option(struct tls_options *options, int option, const char *text);
int tls_options_check(const struct tls_options *options);
bool tls_options_wanted(const struct tls_options *options);

#endif /* _AGENT_TLS_OPTIONS_H */
