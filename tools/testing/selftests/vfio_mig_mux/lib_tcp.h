/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP connections of the test with itself.
 */
#ifndef _LIB_TCP_H_
#define _LIB_TCP_H_

int tcp_listen(void);
int tcp_pair(int fds[2]);

#endif /* _LIB_TCP_H_ */
