/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TLS_CRL_H
#define _AGENT_TLS_CRL_H

#include <time.h>
#include <gnutls/gnutls.h>

int tls_crl_load(gnutls_certificate_credentials_t certificates, const char *path, time_t *until);

#endif /* _AGENT_TLS_CRL_H */
