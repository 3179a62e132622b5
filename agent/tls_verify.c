// SPDX-License-Identifier: GPL-2.0
/* Is the other side's certificate what it has to be? */
#include <stdio.h>
#include <time.h>
#include <gnutls/x509.h>

#include "error.h"
#include "loop.h"
#include "tls_identity.h"
#include "tls_verify.h"

/* Of all that is wrong with a certificate, what the user has to know first */
static const struct {
	unsigned int status;
	gnutls_alert_description_t alert;
	const char *text;
} faults[] = {
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, GNUTLS_A_UNKNOWN_CA, "is not signed by the CA that is asked for" },
	{ GNUTLS_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED, "has been revoked" },
	{ GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED, GNUTLS_A_BAD_CERTIFICATE,
	  "may have been revoked since: --tls-crl is out of date" },
	{ GNUTLS_CERT_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED, "has expired" },
	{ GNUTLS_CERT_NOT_ACTIVATED, GNUTLS_A_BAD_CERTIFICATE, "is not valid yet" },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, GNUTLS_A_UNSUPPORTED_CERTIFICATE, "is not for this purpose" },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, GNUTLS_A_BAD_CERTIFICATE, "is signed with an insecure algorithm" },
};

static int refuse(const struct tls *tls, gnutls_session_t session, unsigned int status,
		  gnutls_alert_description_t *alert)
{
	const char *side = tls->server ? "source" : "destination";
	struct tls_identity identity;

	if (tls_identity_take(&identity, session))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!(status & faults[i].status))
			continue;
		*alert = faults[i].alert;
		return fail("the certificate of the %s (%s) %s", side, identity.text, faults[i].text);
	}
	if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
		return fail("the certificate of the %s (%s) is not for '%s'", side, identity.text, tls->peer);
	return fail("the certificate of the %s (%s) is not to be trusted (0x%x)", side, identity.text, status);
}

/* What GnuTLS has let through is not to hang on its priority string alone. */
static int check_method(const struct tls *tls, gnutls_session_t session)
{
	bool psk = tls_has_psk(tls);

	if (gnutls_auth_get_type(session) == (psk ? GNUTLS_CRD_PSK : GNUTLS_CRD_CERTIFICATE))
		return 0;
	return fail("the %s has proved nothing with %s", tls->server ? "source" : "destination",
		    psk ? "a pre-shared key" : "a certificate");
}

/**
 * tls_verify() - check the other side's certificate, or that a pre-shared key was used
 * @tls: what is asked of it
 * @session: during or after its handshake
 * @alert: set to what it is to be told if it is none
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_verify(const struct tls *tls, gnutls_session_t session, gnutls_alert_description_t *alert)
{
	const char *purpose = tls->server ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;
	gnutls_typed_vdata_st wanted[] = {
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose },
		{ .type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)tls->peer },
	};
	unsigned int status = 0, length = 0;
	int err;

	*alert = GNUTLS_A_HANDSHAKE_FAILURE;
	if (check_method(tls, session))
		return -1;
	if (tls_has_psk(tls))
		return 0;
	*alert = GNUTLS_A_CERTIFICATE_REQUIRED;
	if (!gnutls_certificate_get_peers(session, &length) || !length)
		return fail("the %s has no certificate", tls->server ? "source" : "destination");
	*alert = GNUTLS_A_BAD_CERTIFICATE;
	err = gnutls_certificate_verify_peers(session, wanted, tls->peer ? 2 : 1, &status);
	if (err)
		return fail("the certificate of the %s: %s", tls->server ? "source" : "destination",
			    gnutls_strerror(err));
	if (tls->lists_until && time(NULL) >= tls->lists_until)
		status |= GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED;
	return status ? refuse(tls, session, status, alert) : 0;
}
