/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_KTLS_H
#define _AGENT_KTLS_H

#include <stddef.h>
#include <sys/types.h>
#include <gnutls/gnutls.h>

int ktls_start(int fd, gnutls_session_t session);
ssize_t ktls_recv(int fd, void *buffer, size_t size, int flags);
void ktls_close_notify(int fd);

#endif /* _AGENT_KTLS_H */
