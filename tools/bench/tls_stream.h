/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BENCH_TLS_STREAM_H
#define _BENCH_TLS_STREAM_H

#include <stddef.h>
#include <sys/uio.h>

#include "tls.h"

struct tls_stream;

struct tls_stream *tls_stream_open(int sock, const struct tls *tls, size_t gather);
void tls_stream_close(struct tls_stream *stream);
void tls_stream_describe(const struct tls_stream *stream, char *text, size_t size);
int tls_stream_send(struct tls_stream *stream, const struct iovec *parts, int count);
int tls_stream_receive(struct tls_stream *stream, void *buffer, size_t length);

#endif /* _BENCH_TLS_STREAM_H */
