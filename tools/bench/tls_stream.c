// SPDX-License-Identifier: GPL-2.0
/*
 * A connection in TLS with GnuTLS's record layer, set up by somebody who minds
 * its speed: records as long as they may be, nothing corked, because that copies
 * the plaintext once more. By itself GnuTLS makes one system call of each record
 * that it sends and two of each that it receives. Here what it has enciphered is
 * gathered, and what is to be deciphered is read ahead, in two buffers that stay
 * in the cache. What memory it takes for a record is its own affair.
 *
 * The buffers are shared between processes, so that a worker that is one finds
 * them touched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "error.h"
#include "sockets.h"
#include "tls_stream.h"

struct tls_stream {
	gnutls_session_t session;
	int sock;
	/* Size of each of the two, 0 to do without. */
	size_t gather;
	char *out;
	size_t filled;
	char *in;
	size_t at;
	size_t end;
};

static int flush(struct tls_stream *stream, int flags)
{
	struct iovec part = { stream->out, stream->filled };

	stream->filled = 0;
	return part.iov_len ? send_all(stream->sock, &part, 1, flags) : 0;
}

/* Takes a part of what GnuTLS sends; no record is longer than the buffer. */
static int take(struct tls_stream *stream, struct iovec part)
{
	if (!stream->gather)
		return send_all(stream->sock, &part, 1, 0);
	if (part.iov_len > stream->gather - stream->filled && flush(stream, MSG_MORE))
		return -1;
	memcpy(stream->out + stream->filled, part.iov_base, part.iov_len);
	stream->filled += part.iov_len;
	return 0;
}

static ssize_t push(gnutls_transport_ptr_t arg, const giovec_t *parts, int count)
{
	ssize_t total = 0;

	for (int i = 0; i < count; i++) {
		if (take(arg, parts[i]))
			return -1;
		total += parts[i].iov_len;
	}
	return total;
}

/* The other side may wait for what is still here. */
static ssize_t pull(gnutls_transport_ptr_t arg, void *bytes, size_t size)
{
	struct tls_stream *stream = arg;
	ssize_t n;

	if (flush(stream, 0))
		return -1;
	if (stream->at == stream->end) {
		if (size >= stream->gather)
			return recv(stream->sock, bytes, size, 0);
		n = recv(stream->sock, stream->in, stream->gather, 0);
		if (n <= 0)
			return n;
		stream->at = 0;
		stream->end = n;
	}
	if (size > stream->end - stream->at)
		size = stream->end - stream->at;
	memcpy(bytes, stream->in + stream->at, size);
	stream->at += size;
	return size;
}

static int find_key(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
	const struct tls *tls = gnutls_session_get_ptr(session);
	char found[PSK_IDENTITY_MAX + 1];

	return psk_file_find(&tls->psk, identity, found, key);
}

static int open_buffers(struct tls_stream *stream)
{
	if (!stream->gather)
		return 0;
	stream->out = mmap(NULL, 2 * stream->gather, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE,
			   -1, 0);
	if (stream->out == MAP_FAILED) {
		stream->out = NULL;
		return fail("mmap: %m");
	}
	stream->in = stream->out + stream->gather;
	return 0;
}

static int open_session(struct tls_stream *stream, const struct tls *tls)
{
	int err = gnutls_init(&stream->session, GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_SEND_TICKET |
			      (tls->server ? GNUTLS_SERVER : GNUTLS_CLIENT));

	if (err) {
		stream->session = NULL;
		return fail("TLS: %s", gnutls_strerror(err));
	}
	gnutls_session_set_ptr(stream->session, (void *)tls);
	gnutls_transport_set_ptr(stream->session, stream);
	gnutls_transport_set_vec_push_function(stream->session, push);
	gnutls_transport_set_pull_function(stream->session, pull);
	err = tls_arm(tls, stream->session);
	if (!err) {
		if (tls->psk_server)
			gnutls_psk_set_server_credentials_function(tls->psk_server, find_key);
		err = gnutls_handshake(stream->session);
	}
	return err ? fail("TLS: %s", gnutls_strerror(err)) : flush(stream, 0);
}

/**
 * tls_stream_open() - make a connection one in TLS
 * @sock: a connection that nothing has been sent over; stays the caller's
 * @tls: the credentials; must outlive the stream
 * @gather: bytes for each system call, more than in a record; 0 for one for
 *          each record
 *
 * Return: the stream, tls_stream_close() it; NULL with the error recorded.
 */
struct tls_stream *tls_stream_open(int sock, const struct tls *tls, size_t gather)
{
	struct tls_stream *stream = calloc(1, sizeof(*stream));

	if (!stream) {
		fail("no memory for TLS");
		return NULL;
	}
	stream->sock = sock;
	stream->gather = gather;
	if (open_buffers(stream) || open_session(stream, tls)) {
		tls_stream_close(stream);
		return NULL;
	}
	return stream;
}

/**
 * tls_stream_close() - give back what tls_stream_open() took
 * @stream: the stream
 */
void tls_stream_close(struct tls_stream *stream)
{
	if (stream->session)
		gnutls_deinit(stream->session);
	if (stream->out)
		munmap(stream->out, 2 * stream->gather);
	free(stream);
}

/**
 * tls_stream_describe() - what was agreed on, in words
 * @stream: the stream
 * @text: receives them
 * @size: of @text
 */
void tls_stream_describe(const struct tls_stream *stream, char *text, size_t size)
{
	int length = snprintf(text, size, "%s by GnuTLS %s, %s, records of %zu KiB",
			      gnutls_protocol_get_name(gnutls_protocol_get_version(stream->session)),
			      gnutls_check_version(NULL), gnutls_cipher_get_name(gnutls_cipher_get(stream->session)),
			      gnutls_record_get_max_size(stream->session) >> 10);

	if (length > 0 && (size_t)length < size && stream->gather)
		snprintf(text + length, size - length, ", %zu KiB for each system call", stream->gather >> 10);
}

/**
 * tls_stream_send() - send every byte
 * @stream: the stream
 * @parts: what; each begins a record
 * @count: number of @parts
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_stream_send(struct tls_stream *stream, const struct iovec *parts, int count)
{
	for (int i = 0; i < count; i++) {
		const char *from = parts[i].iov_base;
		size_t left = parts[i].iov_len;

		while (left) {
			ssize_t n = gnutls_record_send(stream->session, from, left);

			if (n < 0)
				return fail("TLS: %s", gnutls_strerror(n));
			from += n;
			left -= n;
		}
	}
	return flush(stream, 0);
}

/**
 * tls_stream_receive() - receive that many bytes
 * @stream: the stream
 * @buffer: where to
 * @length: how many
 *
 * Return: 0, or -1 with the error recorded.
 */
int tls_stream_receive(struct tls_stream *stream, void *buffer, size_t length)
{
	char *to = buffer;

	while (length) {
		ssize_t n = gnutls_record_recv(stream->session, to, length);

		if (n < 0)
			return fail("TLS: %s", gnutls_strerror(n));
		if (!n)
			return fail("the other side is gone");
		to += n;
		length -= n;
	}
	return 0;
}
