// SPDX-License-Identifier: GPL-2.0
/* Credentials: read once, in the beginning, and the same for all connections. */
#include <string.h>

#include "error.h"
#include "tls.h"
#include "tls_crl.h"

/* What the kernel knows; the faster one first. */
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM"
#define PRIORITY_PSK PRIORITY ":-KX-ALL:+ECDHE-PSK:+DHE-PSK"

static int load_certificates(struct tls *tls, const struct tls_options *options)
{
	int n;

	if (gnutls_certificate_allocate_credentials(&tls->certificates))
		return fail("out of memory");
	n = gnutls_certificate_set_x509_trust_file(tls->certificates, options->ca, GNUTLS_X509_FMT_PEM);
	if (n < 0)
		return fail_usage("--tls-ca '%s' cannot be used: %s", options->ca, gnutls_strerror(n));
	if (!n)
		return fail_usage("--tls-ca '%s' has no certificate", options->ca);
	if (options->crl && tls_crl_load(tls->certificates, options->crl, &tls->lists_until))
		return -1;
	n = gnutls_certificate_set_x509_key_file(tls->certificates, options->cert, options->key, GNUTLS_X509_FMT_PEM);
	if (n < 0)
		return fail_usage("--tls-cert '%s' with --tls-key '%s' cannot be used: %s", options->cert,
				  options->key, gnutls_strerror(n));
	return 0;
}

static int load_psk_client(struct tls *tls)
{
	char identity[PSK_IDENTITY_MAX + 1];
	gnutls_datum_t key;
	int err;

	if (psk_file_find(&tls->psk, tls->psk_identity, identity, &key))
		return -1;
	err = gnutls_psk_allocate_client_credentials(&tls->psk_client);
	if (!err)
		err = gnutls_psk_set_client_credentials(tls->psk_client, identity, &key, GNUTLS_PSK_KEY_RAW);
	gnutls_memset(key.data, 0, key.size);
	gnutls_free(key.data);
	return err ? fail("TLS: %s", gnutls_strerror(err)) : 0;
}

static int load_psk(struct tls *tls, const struct tls_options *options)
{
	tls->psk_identity = options->psk_identity;
	if (psk_file_load(&tls->psk, options->psk))
		return -1;
	if (!tls->server)
		return load_psk_client(tls);
	if (gnutls_psk_allocate_server_credentials(&tls->psk_server))
		return fail("out of memory");
	return 0;
}

/**
 * tls_init() - read credentials
 * @tls: receives them; tls_fini() it, after an error too
 * @options: what the user said, checked
 * @host: where the destination is, on the source; NULL on the destination
 *
 * Without --tls-peer the destination's certificate has to be for its host, as
 * the user called it.
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_init(struct tls *tls, const struct tls_options *options, const char *host)
{
	memset(tls, 0, sizeof(*tls));
	if (!tls_options_wanted(options))
		return 0;
	tls->on = true;
	tls->server = !host;
	tls->peer = options->peer ? options->peer : host;
	if (gnutls_priority_init(&tls->priority, options->psk ? PRIORITY_PSK : PRIORITY, NULL))
		return fail_environment("this machine's GnuTLS does not do TLS 1.3 with AES-GCM");
	return options->psk ? load_psk(tls, options) : load_certificates(tls, options);
}

/**
 * tls_lead_to() - the same credentials for one of several destinations
 * @tls: receives them; nothing of its own that tls_fini() would have to give back
 * @credentials: a source's, which outlive @tls; their own host may be empty
 * @host: where this destination is; outlives @tls
 */
void tls_lead_to(struct tls *tls, const struct tls *credentials, const char *host)
{
	*tls = *credentials;
	if (tls->on && !tls->peer[0])
		tls->peer = host;
}

/**
 * tls_fini() - give back what tls_init() took
 * @tls: one that tls_init() was called for, or all zero
 */
void tls_fini(struct tls *tls)
{
	if (tls->certificates)
		gnutls_certificate_free_credentials(tls->certificates);
	if (tls->psk_client)
		gnutls_psk_free_client_credentials(tls->psk_client);
	if (tls->psk_server)
		gnutls_psk_free_server_credentials(tls->psk_server);
	if (tls->priority)
		gnutls_priority_deinit(tls->priority);
	psk_file_free(&tls->psk);
	memset(tls, 0, sizeof(*tls));
}

/**
 * tls_arm() - give a connection the credentials
 * @tls: the credentials
 * @session: one that has just been made
 *
 * Return: 0, or an error of GnuTLS.
 */
int tls_arm(const struct tls *tls, gnutls_session_t session)
{
	int err = gnutls_priority_set(session, tls->priority);

	if (err)
		return err;
	if (tls->psk_client)
		return gnutls_credentials_set(session, GNUTLS_CRD_PSK, tls->psk_client);
	if (tls->psk_server)
		return gnutls_credentials_set(session, GNUTLS_CRD_PSK, tls->psk_server);
	/* Asked for, but looked at by us: who has none shall be told so in words. */
	if (tls->server)
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->certificates);
}
