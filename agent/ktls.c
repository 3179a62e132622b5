// SPDX-License-Identifier: GPL-2.0
/*
 * TLS in the kernel: the keys that a handshake has agreed on go into the socket,
 * which from then on enciphers what is sent and deciphers what is received, for
 * this process as for the module.
 */
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "error.h"
#include "ktls.h"

#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TLS_RX_EXPECT_NO_PAD
#define TLS_RX_EXPECT_NO_PAD 4
#endif

/* RFC 8446, section 6 */
#define RECORD_ALERT 21
#define RECORD_DATA 23
#define ALERT_WARNING 1
#define ALERT_CLOSE_NOTIFY 0

union key_material {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 aes128;
	struct tls12_crypto_info_aes_gcm_256 aes256;
};

/* What one direction goes on with. */
struct direction {
	gnutls_datum_t iv;
	gnutls_datum_t key;
	unsigned char sequence[8];
};

/* Where the kernel wants it. */
struct places {
	struct tls_crypto_info *info;
	unsigned char *key;
	size_t key_size;
	unsigned char *salt;
	unsigned char *iv;
	unsigned char *sequence;
};

/* Both ciphers have the same. The first bytes of TLS 1.3's nonce are what the kernel calls the salt. */
#define SALT_SIZE TLS_CIPHER_AES_GCM_128_SALT_SIZE
#define IV_SIZE TLS_CIPHER_AES_GCM_128_IV_SIZE

static int fill(const struct places *places, uint16_t cipher, const struct direction *direction)
{
	if (direction->key.size != places->key_size || direction->iv.size != SALT_SIZE + IV_SIZE)
		return fail("TLS: the keys are not of the size that the kernel takes");
	places->info->version = TLS_1_3_VERSION;
	places->info->cipher_type = cipher;
	memcpy(places->key, direction->key.data, places->key_size);
	memcpy(places->salt, direction->iv.data, SALT_SIZE);
	memcpy(places->iv, direction->iv.data + SALT_SIZE, IV_SIZE);
	memcpy(places->sequence, direction->sequence, sizeof(direction->sequence));
	return 0;
}

static int fill_aes128(struct tls12_crypto_info_aes_gcm_128 *keys, const struct direction *direction)
{
	struct places places = { &keys->info, keys->key, sizeof(keys->key), keys->salt, keys->iv, keys->rec_seq };

	return fill(&places, TLS_CIPHER_AES_GCM_128, direction);
}

static int fill_aes256(struct tls12_crypto_info_aes_gcm_256 *keys, const struct direction *direction)
{
	struct places places = { &keys->info, keys->key, sizeof(keys->key), keys->salt, keys->iv, keys->rec_seq };

	return fill(&places, TLS_CIPHER_AES_GCM_256, direction);
}

static int fill_any(union key_material *keys, gnutls_cipher_algorithm_t cipher, const struct direction *direction,
		    socklen_t *size)
{
	switch (cipher) {
	case GNUTLS_CIPHER_AES_128_GCM:
		*size = sizeof(keys->aes128);
		return fill_aes128(&keys->aes128, direction);
	case GNUTLS_CIPHER_AES_256_GCM:
		*size = sizeof(keys->aes256);
		return fill_aes256(&keys->aes256, direction);
	default:
		return fail("TLS: the cipher %s is not for the kernel", gnutls_cipher_get_name(cipher));
	}
}

static int give_keys(int fd, gnutls_session_t session, int receive)
{
	union key_material keys = { 0 };
	struct direction direction;
	socklen_t size = 0;
	int err;

	err = gnutls_record_get_state(session, receive, NULL, &direction.iv, &direction.key, direction.sequence);
	if (err)
		return fail("TLS: %s", gnutls_strerror(err));
	err = fill_any(&keys, gnutls_cipher_get(session), &direction, &size);
	if (!err && setsockopt(fd, SOL_TLS, receive ? TLS_RX : TLS_TX, &keys, size))
		err = fail_environment("the kernel does not take the keys of TLS: %m");
	explicit_bzero(&keys, sizeof(keys));
	return err;
}

static int fail_begin(void)
{
	if (errno == ENOTCONN)
		return fail("it was closed after the TLS handshake");
	return fail_environment("the kernel has no TLS for sockets (CONFIG_TLS, module 'tls'): %m");
}

/**
 * ktls_start() - have the kernel go on with TLS
 * @fd: a connected socket
 * @session: whose handshake is done; of no use after that
 *
 * Return: 0, or -1 with the error recorded.
 */
int ktls_start(int fd, gnutls_session_t session)
{
	int on = 1;

	if (gnutls_protocol_get_version(session) != GNUTLS_TLS1_3)
		return fail("TLS: version 1.3 was not agreed on");
	if (gnutls_record_check_pending(session))
		return fail("TLS: the other agent has sent more than it may yet");
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")))
		return fail_begin();
	if (give_keys(fd, session, 0) || give_keys(fd, session, 1))
		return -1;
	/* Lets it decipher to where the data belongs. Where it is not known, it copies. */
	setsockopt(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &on, sizeof(on));
	return 0;
}

/* What came was no data: was it the end? */
static ssize_t take_alert(const unsigned char *alert, ssize_t length)
{
	if (length == 2 && alert[1] == ALERT_CLOSE_NOTIFY)
		return 0;
	errno = ECONNABORTED;
	return -1;
}

/**
 * ktls_recv() - receive data
 * @fd: a socket that ktls_start() was called for
 * @buffer: where to
 * @size: at most; at least 2 bytes
 * @flags: MSG_DONTWAIT, MSG_PEEK
 *
 * Return: as recv(), but 0 only if the other agent has said that this is the end.
 * Where the connection was cut errno is ENOLINK, at an alert ECONNABORTED.
 */
ssize_t ktls_recv(int fd, void *buffer, size_t size, int flags)
{
	union {
		struct cmsghdr header;
		unsigned char bytes[CMSG_SPACE(1)];
	} control;
	struct iovec part = { .iov_base = buffer, .iov_len = size };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	unsigned char type;
	ssize_t n;

	n = recvmsg(fd, &message, flags);
	if (n < 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_TLS || header->cmsg_type != TLS_GET_RECORD_TYPE) {
		errno = n ? EPROTO : ENOLINK;
		return -1;
	}
	type = *CMSG_DATA(header);
	if (type == RECORD_DATA)
		return n;
	if (type == RECORD_ALERT)
		return take_alert(buffer, n);
	errno = EPROTO;
	return -1;
}

/**
 * ktls_close_notify() - say that this is the end
 * @fd: a socket that ktls_start() was called for
 */
void ktls_close_notify(int fd)
{
	unsigned char alert[] = { ALERT_WARNING, ALERT_CLOSE_NOTIFY };
	union {
		struct cmsghdr header;
		unsigned char bytes[CMSG_SPACE(1)];
	} control = { 0 };
	struct iovec part = { .iov_base = alert, .iov_len = sizeof(alert) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.header.cmsg_level = SOL_TLS;
	control.header.cmsg_type = TLS_SET_RECORD_TYPE;
	control.header.cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(&control.header) = RECORD_ALERT;
	sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}
