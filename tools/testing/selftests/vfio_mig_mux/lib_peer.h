/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The other host, played by the test itself on a plain socket.
 */
#ifndef _LIB_PEER_H_
#define _LIB_PEER_H_

#include "lib_host.h"
#include "lib_wire.h"

/**
 * struct peer - the test's end of a channel
 * @sock: its socket
 * @uuid: the session's UUID
 */
struct peer {
	int sock;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
};

void peers_init(struct peer *peers, int count);
void peers_close(struct peer *peers, int count);
int peer_open(struct peer *peer, struct host *host, int channel);
void peer_close(struct peer *peer);
void peer_reset(struct peer *peer);

int peer_send(struct peer *peer, const void *bytes, size_t length);
int peer_take(struct peer *peer, void *bytes, size_t length);
bool peer_sees_end(struct peer *peer);

void hello_make(struct wire_hello *hello, __u16 channel, __u16 channels, __u16 devices);
void hello_ack_make(struct wire_hello_ack *ack, __u16 devices, __u32 window);
int peer_say_message(struct peer *peer, const struct wire_head *head, const __u8 *body);
int peer_say_hello(struct peer *peer, const struct wire_hello *hello);
int peer_say_hello_ack(struct peer *peer, const struct wire_hello_ack *ack);
int peer_say_refuse(struct peer *peer, const struct wire_refuse *refuse);
int peer_join(struct peer *peer, struct host *host, int channel, const struct wire_hello_ack *ack);
int peer_take_hello(struct peer *peer, struct wire_hello *hello);
int peer_take_hello_ack(struct peer *peer, struct wire_hello_ack *ack);
int peer_take_refuse(struct peer *peer, struct wire_refuse *refuse);

int peer_say(struct peer *peer, const struct wire_frame *frame, const void *payload);
int peer_say_ack(struct peer *peer, __u64 index, __u32 chunk_size, __u8 flags);
int peer_say_drain(struct peer *peer);
int peer_say_abort(struct peer *peer, __u8 flags, const struct wire_abort *abort);
int peer_take_frame(struct peer *peer, struct wire_frame *frame, void *payload, size_t size);
int peer_take_type(struct peer *peer, __u8 type, struct wire_frame *frame);
int peer_take_abort(struct peer *peer, struct wire_frame *frame, struct wire_abort *abort);

#endif /* _LIB_PEER_H_ */
