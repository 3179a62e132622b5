/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BENCH_SECURITY_H
#define _BENCH_SECURITY_H

#include <stdbool.h>
#include <stddef.h>

/* What a rival is told about TLS. */
struct security {
	/* File with the key that both sides have, see psk_file.h; NULL for plaintext. */
	const char *psk;
	/* See tls_stream_open(). */
	size_t gather;
};

#define SECURITY_INIT { .gather = 256 << 10 }

/* Beyond all others of a rival. */
enum {
	SECURITY_OPTION_TLS = 0x200,
	SECURITY_OPTION_GATHER,
};

#define SECURITY_USAGE \
	"  --tls FILE      TLS 1.3 by GnuTLS, with the pre-shared key in FILE\n" \
	"  --gather KIB    so much for each system call of it; 0: one for each record (256)\n"

bool security_option(struct security *security, int option, const char *text);

#endif /* _BENCH_SECURITY_H */
