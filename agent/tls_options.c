// SPDX-License-Identifier: GPL-2.0
/* What the user says about TLS. */
#include <stddef.h>

#include "error.h"
#include "tls_options.h"

/**
 * tls_option() - take an option if it is one about TLS
 * @options: receives it
 * @option: as getopt_long() has returned it
 * @text: its value; must outlive @options
 *
 * Return: whether it was one.
 */
bool tls_option(struct tls_options *options, int option, const char *text)
{
	switch (option) {
	case OPTION_TLS_CA:
		options->ca = text;
		return true;
	case OPTION_TLS_CERT:
		options->cert = text;
		return true;
	case OPTION_TLS_KEY:
		options->key = text;
		return true;
	case OPTION_TLS_CRL:
		options->crl = text;
		return true;
	case OPTION_TLS_PEER:
		options->peer = text;
		return true;
	case OPTION_TLS_PSK:
		options->psk = text;
		return true;
	case OPTION_TLS_PSK_IDENTITY:
		options->psk_identity = text;
		return true;
	case OPTION_PLAINTEXT:
		options->plaintext = true;
		return true;
	default:
		return false;
	}
}

/**
 * tls_options_wanted() - is there to be TLS?
 * @options: what the user said, checked
 *
 * Return: whether there is.
 */
bool tls_options_wanted(const struct tls_options *options)
{
	return options->ca || options->psk;
}

/**
 * tls_options_check() - refuse what does not go together
 * @options: what the user said
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_options_check(const struct tls_options *options)
{
	bool x509 = options->ca || options->cert || options->key || options->crl || options->peer;
	bool psk = options->psk || options->psk_identity;

	if (options->plaintext && (x509 || psk))
		return fail_usage("--plaintext and TLS exclude each other");
	if (x509 && psk)
		return fail_usage("certificates and --tls-psk exclude each other");
	if (x509 && !options->ca)
		return fail_usage("--tls-ca is missing: both sides prove who they are");
	if (x509 && !options->cert)
		return fail_usage("--tls-cert is missing: both sides prove who they are");
	if (x509 && !options->key)
		return fail_usage("--tls-key is missing: both sides prove who they are");
	if (psk && !options->psk)
		return fail_usage("--tls-psk is missing");
	return 0;
}
