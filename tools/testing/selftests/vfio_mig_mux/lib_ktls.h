/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS between two sockets of the test, with keys that nobody has agreed on.
 */
#ifndef _LIB_KTLS_H_
#define _LIB_KTLS_H_

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define KTLS_ALERT	21
#define KTLS_HANDSHAKE	22
#define KTLS_DATA	23

int ktls_begin(int fd);
int ktls_send_with(int fd, __u8 key);
int ktls_receive_with(int fd, __u8 key);
int ktls_old(int fd, __u8 key);
int ktls_pair(int fds[2], __u8 first, __u8 second);
int ktls_say(int fd, __u8 type, const void *bytes, size_t length);
int ktls_take(int fd, __u8 *type, void *bytes, size_t size);

#endif /* _LIB_KTLS_H_ */
