// SPDX-License-Identifier: GPL-2.0
/*
 * TLS between two sockets of the test, with keys that nobody has agreed on: a
 * key is as good as its first byte. Records of any type can be sent and seen.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/tls.h>

#include "lib_ktls.h"
#include "lib_tcp.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

union record_control {
	struct cmsghdr header;
	__u8 bytes[CMSG_SPACE(1)];
};

/**
 * ktls_begin() - have a socket speak TLS, as soon as it has keys
 * @fd: the socket
 *
 * Return: 0 or a negative errno.
 */
int ktls_begin(int fd)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) ? -errno : 0;
}

static int give_key(int fd, int direction, int version, __u8 key)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info.version = version,
		.info.cipher_type = TLS_CIPHER_AES_GCM_128,
		.key = { key },
	};

	return setsockopt(fd, SOL_TLS, direction, &info, sizeof(info)) ? -errno : 0;
}

/**
 * ktls_send_with() - set the key of what a socket sends
 * @fd: the socket
 * @key: the key
 *
 * Return: 0 or a negative errno.
 */
int ktls_send_with(int fd, __u8 key)
{
	return give_key(fd, TLS_TX, TLS_1_3_VERSION, key);
}

/**
 * ktls_receive_with() - set the key of what a socket receives
 * @fd: the socket
 * @key: the key
 *
 * Return: 0 or a negative errno.
 */
int ktls_receive_with(int fd, __u8 key)
{
	return give_key(fd, TLS_RX, TLS_1_3_VERSION, key);
}

/**
 * ktls_old() - have a socket speak TLS 1.2
 * @fd: the socket
 * @key: of both directions
 *
 * Return: 0 or a negative errno.
 */
int ktls_old(int fd, __u8 key)
{
	return ktls_begin(fd) ?: give_key(fd, TLS_TX, TLS_1_2_VERSION, key) ?:
				 give_key(fd, TLS_RX, TLS_1_2_VERSION, key);
}

/**
 * ktls_pair() - make two sockets that speak TLS with each other
 * @fds: receives them
 * @first: key of what the first one sends
 * @second: key that the second one takes that for; another one for a second one
 *	that makes no sense of it
 *
 * Return: 0 or a negative errno.
 */
int ktls_pair(int fds[2], __u8 first, __u8 second)
{
	int ret = tcp_pair(fds);

	for (int i = 0; !ret && i < 2; i++)
		ret = ktls_begin(fds[i]);
	if (!ret)
		ret = ktls_send_with(fds[0], first);
	if (!ret)
		ret = ktls_receive_with(fds[0], 99);
	if (!ret)
		ret = ktls_send_with(fds[1], 99);
	if (!ret)
		ret = ktls_receive_with(fds[1], second);
	return ret;
}

/**
 * ktls_say() - send a record
 * @fd: the socket
 * @type: type of the record
 * @bytes: what is in it
 * @length: number of bytes
 *
 * Return: 0 or a negative errno.
 */
int ktls_say(int fd, __u8 type, const void *bytes, size_t length)
{
	union record_control control = {
		.header = {
			.cmsg_level = SOL_TLS,
			.cmsg_type = TLS_SET_RECORD_TYPE,
			.cmsg_len = CMSG_LEN(1),
		},
	};
	struct iovec part = { .iov_base = (void *)bytes, .iov_len = length };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	*CMSG_DATA(&control.header) = type;
	if (sendmsg(fd, &message, MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

/**
 * ktls_take() - receive what is left of a record
 * @fd: the socket
 * @type: set to the type of the record, 0 at the end of the connection
 * @bytes: where to
 * @size: how many bytes at most
 *
 * Return: number of bytes, or a negative errno.
 */
int ktls_take(int fd, __u8 *type, void *bytes, size_t size)
{
	union record_control control = { 0 };
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t done;

	*type = 0;
	done = recvmsg(fd, &message, 0);
	if (done < 0)
		return -errno;
	if (control.header.cmsg_level == SOL_TLS && control.header.cmsg_type == TLS_GET_RECORD_TYPE)
		*type = *CMSG_DATA(&control.header);
	return done;
}
