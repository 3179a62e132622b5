/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TLS_CRL_H
#define _AGENT_TLS_CRL_H

#include <gnutls/gnutls.h>

int tls_crl_load(gnutls_certificate_credentials_t certificates, const char *path);

#endif /* _AGENT_TLS_CRL_H */
