// SPDX-License-Identifier: GPL-2.0
/*
 * TLS records: what a socket with kernel TLS carries besides data. The owner
 * has shaken hands and given the kernel the keys; the records that come after
 * that are this module's to send and to understand.
 *
 * The names of record types and how a record is asked for are part of the
 * uAPI. What net/handshake has for it is not there in every kernel.
 */
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/inet_connection_sock.h>
#include <net/tls.h>

#include "tls_record.h"

/* RFC 8446, sections 4, 5.1 and 6 */
#define RECORD_ALERT			21
#define RECORD_HANDSHAKE		22
#define ALERT_WARNING			1
#define ALERT_CLOSE_NOTIFY		0
#define ALERT_USER_CANCELED		90
#define HANDSHAKE_NEW_SESSION_TICKET	4
#define HANDSHAKE_KEY_UPDATE		24

/* Enough to tell what a record is; tickets are longer and read in pieces */
#define PIECE_SIZE	128

union record_control {
	struct cmsghdr header;
	u8 bytes[CMSG_SPACE(sizeof(u8))];
};

/**
 * mux_tls_is_on - whether a socket speaks TLS
 * @sk: a TCP socket
 *
 * Context: any.
 * Return: true if it does.
 */
bool mux_tls_is_on(const struct sock *sk)
{
	const struct tcp_ulp_ops *ulp = READ_ONCE(inet_csk(sk)->icsk_ulp_ops);

	return ulp && !strcmp(ulp->name, "tls");
}

/* Whether the kernel makes the records, or has a network card encipher them */
static bool has_records(u8 conf)
{
	return conf == TLS_SW || conf == TLS_HW;
}

/**
 * mux_tls_sock_fault - why a socket with TLS cannot be a channel
 * @sk: a socket that speaks TLS
 *
 * With keys for one direction only the other one would be plaintext. Earlier
 * versions of TLS have other records, and other alerts, than are known here.
 * What is sent from the slots without a copy must not be enciphered anew when a
 * slot has been used again.
 *
 * Context: any.
 * Return: the reason, or %NULL.
 */
const char *mux_tls_sock_fault(const struct sock *sk)
{
	const struct tls_context *context = tls_get_ctx(sk);

	if (context->tx_conf == TLS_BASE || context->rx_conf == TLS_BASE)
		return "without TLS keys for both directions";
	if (context->prot_info.version != TLS_1_3_VERSION)
		return "of a TLS other than 1.3";
	if (!has_records(context->tx_conf) || !has_records(context->rx_conf))
		return "with TLS in a network card";
	if (context->zerocopy_sendfile)
		return "with TLS_TX_ZEROCOPY_RO";
	return NULL;
}

/* As much as is there of the next record; a record in pieces ends with EOR */
static int recv_piece(struct socket *sock, u8 piece[PIECE_SIZE], u8 *type,
		      bool *last)
{
	struct kvec kvec = { .iov_base = piece, .iov_len = PIECE_SIZE };
	union record_control control = {};
	struct msghdr msg = {
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int ret;

	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &kvec, 1, kvec.iov_len);
	ret = sock_recvmsg(sock, &msg, MSG_DONTWAIT);
	if (ret < 0)
		return ret;
	/* After an empty record there was nothing but the end. */
	if (!ret && !control.header.cmsg_len)
		return -ENOLINK;
	if (control.header.cmsg_level != SOL_TLS ||
	    control.header.cmsg_type != TLS_GET_RECORD_TYPE)
		return -EPROTO;
	*type = *(u8 *)CMSG_DATA(&control.header);
	*last = msg.msg_flags & MSG_EOR;
	return ret;
}

static int take_alert(const u8 *alert, int length)
{
	if (length != MUX_TLS_ALERT_SIZE)
		return -EPROTO;
	switch (alert[1]) {
	case ALERT_CLOSE_NOTIFY:
		return -ENODATA;
	case ALERT_USER_CANCELED:
		/* Says why a close_notify is about to come */
		return 0;
	default:
		return -EREMOTEIO;
	}
}

/* Tickets are of no use to who does not come again with a handshake */
static int take_handshake(struct socket *sock, u8 piece[PIECE_SIZE],
			  int length, bool last)
{
	u8 type = RECORD_HANDSHAKE;

	if (length && piece[0] == HANDSHAKE_KEY_UPDATE)
		return -EKEYEXPIRED;
	if (!length || piece[0] != HANDSHAKE_NEW_SESSION_TICKET)
		return -EPROTO;
	while (!last) {
		length = recv_piece(sock, piece, &type, &last);
		if (length < 0)
			return length;
		if (!length || type != RECORD_HANDSHAKE)
			return -EPROTO;
	}
	return 0;
}

/**
 * mux_tls_take_record - receive a record that is not data
 * @sock: a socket with TLS whose next record is one
 *
 * Context: process context, may sleep for a short time.
 * Return: 0 if it can be passed over; %-ENODATA for the end of what the other
 * host sends; or an error that mux_tls_strerror() has words for.
 */
int mux_tls_take_record(struct socket *sock)
{
	u8 piece[PIECE_SIZE];
	u8 type = 0;
	bool last;
	int ret;

	ret = recv_piece(sock, piece, &type, &last);
	if (ret < 0)
		return ret;
	switch (type) {
	case RECORD_ALERT:
		return take_alert(piece, ret);
	case RECORD_HANDSHAKE:
		return take_handshake(sock, piece, ret, last);
	default:
		return -EPROTO;
	}
}

/**
 * mux_tls_close_notify - say that nothing more will be sent
 * @sock: a socket with TLS
 *
 * Without it whoever can cut the connection could make less of what was said.
 * Where it does not fit into the socket any more it is left out: the other
 * host does not read.
 *
 * Context: process context, may sleep for a short time.
 */
void mux_tls_close_notify(struct socket *sock)
{
	u8 alert[MUX_TLS_ALERT_SIZE] = { ALERT_WARNING, ALERT_CLOSE_NOTIFY };
	struct kvec kvec = { .iov_base = alert, .iov_len = sizeof(alert) };
	union record_control control = {
		.header = {
			.cmsg_level = SOL_TLS,
			.cmsg_type = TLS_SET_RECORD_TYPE,
			.cmsg_len = CMSG_LEN(sizeof(u8)),
		},
	};
	struct msghdr msg = {
		.msg_control = &control,
		.msg_controllen = sizeof(control),
		.msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT,
	};

	*(u8 *)CMSG_DATA(&control.header) = RECORD_ALERT;
	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &kvec, 1, kvec.iov_len);
	sock_sendmsg(sock, &msg);
}

/**
 * mux_tls_strerror - what an error number means that a socket with TLS gave
 * @sock: the socket
 * @err: as returned by a receiving call
 *
 * Context: any.
 * Return: words, or %NULL if it has nothing to do with TLS.
 */
const char *mux_tls_strerror(const struct socket *sock, int err)
{
	if (!mux_tls_is_on(sock->sk))
		return NULL;
	switch (err) {
	case -ENOLINK:
		return "cut: it ended without close_notify";
	case -EREMOTEIO:
		return "the other host has ended it with a TLS alert";
	case -EKEYEXPIRED:
		return "the other host wants other TLS keys, which cannot be";
	case -EBADMSG:
		return "a TLS record is not genuine";
	case -EPROTO:
		return "a TLS record of a type that has no place here";
	default:
		return NULL;
	}
}
