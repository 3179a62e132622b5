/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP connections of the test with itself.
 */
#ifndef _LIB_TCP_H_
#define _LIB_TCP_H_

#include <stdbool.h>

int tcp_listen(void);
int tcp_pair(int fds[2]);
int tcp_port(int fd);
int tcp_kill(const int *ports, int count, bool far_end);

#endif /* _LIB_TCP_H_ */
