/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_PLAINTEXT_H
#define _AGENT_PLAINTEXT_H

struct addrinfo;
struct endpoint;
struct tls_options;

int plaintext_allow(const struct tls_options *options, const char *option, const struct addrinfo *list);
int plaintext_allow_listen(const struct tls_options *options, const struct endpoint *endpoint);

#endif /* _AGENT_PLAINTEXT_H */
