// SPDX-License-Identifier: GPL-2.0
/* Plaintext has to be asked for, wherever it leads off this host. */
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>

#include "error.h"
#include "plaintext.h"
#include "tls_options.h"
#include "transport.h"

static bool is_loopback(const struct addrinfo *address)
{
	const struct sockaddr_in6 *v6 = (const void *)address->ai_addr;
	const struct sockaddr_in *v4 = (const void *)address->ai_addr;

	if (address->ai_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return address->ai_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/**
 * plaintext_allow() - refuse plaintext that nobody has asked for
 * @options: what the user said, checked
 * @option: where the addresses are from
 * @list: addresses that are to be connected to or listened at
 *
 * Return: 0, or -1 with the error recorded.
 */
int plaintext_allow(const struct tls_options *options, const char *option, const struct addrinfo *list)
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
 * plaintext_allow_listen() - the same for where connections are taken
 * @options: what the user said, checked
 * @endpoint: --listen
 *
 * Return: 0, or -1 with the error recorded.
 */
int plaintext_allow_listen(const struct tls_options *options, const struct endpoint *endpoint)
{
	struct addrinfo *list;
	int ret;

	if (transport_resolve(endpoint, 1, &list))
		return -1;
	ret = plaintext_allow(options, "--listen", list);
	freeaddrinfo(list);
	return ret;
}
