// SPDX-License-Identifier: GPL-2.0
/* The connections of a rival, in plaintext or in TLS with the agent's own credentials. */
#include <stdio.h>
#include <unistd.h>

#include "connection.h"
#include "error.h"

/* Those of all connections of the process. */
static struct tls credentials;

static int secure(const struct endpoints *endpoints, const struct security *security,
		  struct connection *connections, int count)
{
	const struct tls_options options = { .psk = security->psk };

	if (tls_init(&credentials, &options, endpoints->source ? endpoints->host : NULL))
		return -1;
	for (int i = 0; i < count; i++) {
		connections[i].tls = tls_stream_open(connections[i].sock, &credentials, security->gather);
		if (!connections[i].tls)
			return -1;
	}
	return 0;
}

/**
 * connections_open() - connect the two sides, see sockets_open()
 * @endpoints: who and where
 * @security: whether in TLS
 * @connections: receive the connections; connection_close() them, after an error too
 * @count: how many, CONNECTIONS_MAX at most
 *
 * Return: 0, or -1 with the error recorded.
 */
int connections_open(const struct endpoints *endpoints, const struct security *security,
		     struct connection *connections, int count)
{
	int socks[CONNECTIONS_MAX], err;

	for (int i = 0; i < count; i++)
		socks[i] = -1;
	err = sockets_open(endpoints, socks, count);
	for (int i = 0; i < count; i++)
		connections[i] = (struct connection){ .sock = socks[i] };
	if (err || !security->psk)
		return err;
	return secure(endpoints, security, connections, count);
}

/**
 * connection_close() - end a connection
 * @connection: the connection, or one whose socket is -1
 */
void connection_close(struct connection *connection)
{
	if (connection->tls)
		tls_stream_close(connection->tls);
	if (connection->sock >= 0)
		close(connection->sock);
	*connection = (struct connection){ .sock = -1 };
}

/**
 * connection_describe() - how what is sent is protected, in words
 * @connection: the connection
 * @text: receives them
 * @size: of @text
 */
void connection_describe(const struct connection *connection, char *text, size_t size)
{
	if (connection->tls)
		tls_stream_describe(connection->tls, text, size);
	else
		snprintf(text, size, "plaintext");
}

/**
 * connection_send() - send every byte
 * @connection: the connection
 * @parts: what; spoilt
 * @count: number of @parts
 * @flags: of sendmsg(), 0 in TLS
 *
 * Return: 0, or -1 with the error recorded.
 */
int connection_send(struct connection *connection, struct iovec *parts, int count, int flags)
{
	if (connection->tls)
		return tls_stream_send(connection->tls, parts, count);
	return send_all(connection->sock, parts, count, flags);
}

/**
 * connection_receive() - receive that many bytes
 * @connection: the connection
 * @buffer: where to
 * @length: how many
 *
 * Return: 0, or -1 with the error recorded.
 */
int connection_receive(struct connection *connection, void *buffer, size_t length)
{
	if (connection->tls)
		return tls_stream_receive(connection->tls, buffer, length);
	return receive_all(connection->sock, buffer, length);
}

/**
 * connection_exchange() - one byte each way: both are ready to begin, the last byte is written
 * @connection: the connection
 * @tell: send one
 * @listen_to: wait for one
 *
 * Return: 0, or -1 with the error recorded.
 */
int connection_exchange(struct connection *connection, bool tell, bool listen_to)
{
	char byte = 0;
	struct iovec part = { &byte, 1 };

	if (tell && connection_send(connection, &part, 1, 0))
		return -1;
	return listen_to ? connection_receive(connection, &byte, 1) : 0;
}
