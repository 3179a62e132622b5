/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS records, on sockets that have been given their keys.
 */
#ifndef _MUX_TLS_RECORD_H_
#define _MUX_TLS_RECORD_H_

#include <linux/types.h>

/* What TLS 1.3 puts around a record: its header, the type, the tag */
#define MUX_TLS_OVERHEAD	(5 + 1 + 16)
#define MUX_TLS_ALERT_SIZE	2

struct sock;
struct socket;

bool mux_tls_is_on(const struct sock *sk);
const char *mux_tls_sock_fault(const struct sock *sk);
int mux_tls_take_record(struct socket *sock);
void mux_tls_close_notify(struct socket *sock);
const char *mux_tls_strerror(const struct socket *sock, int err);

#endif /* _MUX_TLS_RECORD_H_ */
