/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_TLS_VERIFY_H
#define _AGENT_TLS_VERIFY_H

#include "tls.h"

int tls_verify(const struct tls *tls, gnutls_session_t session, gnutls_alert_description_t *alert);

#endif /* _AGENT_TLS_VERIFY_H */
