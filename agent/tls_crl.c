// SPDX-License-Identifier: GPL-2.0
/* Certificates that their CA has revoked */
#include <stdbool.h>
#include <gnutls/x509.h>

#include "error.h"
#include "tls_crl.h"

/* A list that no CA of ours has signed, or that has been followed by another one, would revoke nothing. */
#define LIST_FLAGS (GNUTLS_TL_VERIFY_CRL | GNUTLS_TL_FAIL_ON_INVALID_CRL)

static void free_lists(gnutls_x509_crl_t *lists, unsigned int count)
{
	while (count--)
		gnutls_x509_crl_deinit(lists[count]);
	gnutls_free(lists);
}

/* The first list that is not good is refused; those before it are the trust list's already. */
static int trust(gnutls_x509_trust_list_t list, gnutls_x509_crl_t *crls, unsigned int count, time_t *until)
{
	for (unsigned int i = 0; i < count; i++) {
		time_t next = gnutls_x509_crl_get_next_update(crls[i]);
		int n = gnutls_x509_trust_list_add_crls(list, &crls[i], 1, LIST_FLAGS, 0);

		if (n == 1) {
			crls[i] = NULL;
			if (next > 0 && (!*until || next < *until))
				*until = next;
			continue;
		}
		return n < 0 ? n : GNUTLS_E_CRL_VERIFICATION_ERROR;
	}
	return 0;
}

static int import(gnutls_x509_trust_list_t list, const gnutls_datum_t *text, time_t *until)
{
	gnutls_x509_crl_t *crls;
	unsigned int count;
	int err;

	err = gnutls_x509_crl_list_import2(&crls, &count, text, GNUTLS_X509_FMT_PEM, 0);
	if (err < 0)
		return err;
	err = trust(list, crls, count, until);
	free_lists(crls, count);
	return err;
}

/**
 * tls_crl_load() - take no certificate that has been revoked
 * @certificates: credentials that have their CAs
 * @path: a file of certificate revocation lists in PEM, of these CAs and in force
 * @until: receives when the first of them will be out of date, in seconds since
 *         the epoch, or 0 if none ever is
 *
 * GnuTLS looks at that here and never again; whoever verifies a certificate later has to.
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_crl_load(gnutls_certificate_credentials_t certificates, const char *path, time_t *until)
{
	gnutls_x509_trust_list_t list;
	gnutls_datum_t text;
	int err;

	err = gnutls_load_file(path, &text);
	if (err)
		return fail_usage("--tls-crl '%s' cannot be read: %s", path, gnutls_strerror(err));
	gnutls_certificate_get_trust_list(certificates, &list);
	*until = 0;
	err = import(list, &text, until);
	gnutls_free(text.data);
	if (err == GNUTLS_E_CRL_VERIFICATION_ERROR)
		return fail_usage("--tls-crl '%s' has a list that is not in force, or that no CA of --tls-ca signed",
				  path);
	return err ? fail_usage("--tls-crl '%s' cannot be used: %s", path, gnutls_strerror(err)) : 0;
}
