// SPDX-License-Identifier: GPL-2.0
/* What the user says about TLS, and that plaintext has to be asked for. */
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>

#include "error.h"
#include "tls_options.h"
#include "transport.h"

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

static bool is_loopback(const struct addrinfo *address)
{
	const struct sockaddr_in6 *v6 = (const void *)address->ai_addr;
	const struct sockaddr_in *v4 = (const void *)address->ai_addr;

	if (address->ai_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return address->ai_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/**
 * tls_options_allow() - refuse plaintext that nobody has asked for
 * @options: what the user said, checked
 * @option: where the addresses are from
 * @list: addresses that are to be connected to or listened at
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_options_allow(const struct tls_options *options, const char *option, const struct addrinfo *list)
{
	if (options->plaintext || tls_options_wanted(options))
		return 0;
	for (; list; list = list->ai_next)
		if (!is_loopback(list))
			return fail_usage("%s leads off this host; "
					  "give --tls-ca, --tls-cert and --tls-key, or --tls-psk, or --plaintext",
					  option);
	return 0;
}

/**
 * tls_options_allow_listen() - the same for where connections are taken
 * @options: what the user said, checked
 * @endpoint: --listen
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_options_allow_listen(const struct tls_options *options, const struct endpoint *endpoint)
{
	struct addrinfo *list;
	int ret;

	if (transport_resolve(endpoint, 1, &list))
		return -1;
	ret = tls_options_allow(options, "--listen", list);
	freeaddrinfo(list);
	return ret;
}
