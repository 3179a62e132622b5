// SPDX-License-Identifier: GPL-2.0
/* Whom a connection leads to: all connections of a migration have to lead to the same. */
#include <stdio.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "error.h"
#include "text.h"
#include "tls_identity.h"

static int fingerprint(struct tls_identity *identity, const void *data, size_t size)
{
	int err = gnutls_hash_fast(GNUTLS_DIG_SHA256, data, size, identity->fingerprint);

	return err ? fail("TLS: %s", gnutls_strerror(err)) : 0;
}

static int take_certificate(struct tls_identity *identity, const gnutls_datum_t *der)
{
	size_t size = sizeof(identity->text);
	gnutls_x509_crt_t certificate;
	int err;

	if (gnutls_x509_crt_init(&certificate))
		return fail("out of memory");
	err = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER);
	/* Those that go by their alternative names may have no other. */
	if (!err && (gnutls_x509_crt_get_dn(certificate, identity->text, &size) || !identity->text[0]))
		snprintf(identity->text, sizeof(identity->text), "a certificate without a name");
	text_clean(identity->text, strlen(identity->text));
	gnutls_x509_crt_deinit(certificate);
	if (err)
		return fail("TLS: %s", gnutls_strerror(err));
	return fingerprint(identity, der->data, der->size);
}

/**
 * tls_identity_take() - note whom a connection leads to
 * @identity: receives it
 * @session: one whose handshake is done and whose other side has been verified
 *
 * Of a pre-shared key only the server learns a name: the client's. That the
 * server has the key of that name is all it proves.
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_identity_take(struct tls_identity *identity, gnutls_session_t session)
{
	const gnutls_datum_t *chain;
	const char *name;
	unsigned int length;

	memset(identity, 0, sizeof(*identity));
	chain = gnutls_certificate_get_peers(session, &length);
	if (chain && length)
		return take_certificate(identity, chain);
	name = gnutls_psk_server_get_username(session);
	if (!name)
		name = "the one with the pre-shared key";
	snprintf(identity->text, sizeof(identity->text), "%s", name);
	text_clean(identity->text, strlen(identity->text));
	return fingerprint(identity, name, strlen(name));
}

/**
 * tls_identity_is() - do two connections lead to the same?
 * @one: of one connection
 * @other: of the other
 *
 * Return: whether they do, as far as they have proved.
 */
bool tls_identity_is(const struct tls_identity *one, const struct tls_identity *other)
{
	return !memcmp(one->fingerprint, other->fingerprint, sizeof(one->fingerprint));
}
