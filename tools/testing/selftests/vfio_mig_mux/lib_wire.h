/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wire protocol, spelled out a second time: nothing is shared with the
 * module, and anything can be sent that must never be.
 */
#ifndef _LIB_WIRE_H_
#define _LIB_WIRE_H_

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define WIRE_MAGIC	0x564d4d58	/* "VMMX" */
#define WIRE_VERSION	1

#define WIRE_HELLO	1
#define WIRE_HELLO_ACK	2
#define WIRE_REFUSE	3

#define WIRE_DATA	1
#define WIRE_ZERO	2
#define WIRE_CONFIG	3
#define WIRE_END	4
#define WIRE_ACK	7
#define WIRE_ABORT	8
#define WIRE_BYE	9

#define WIRE_END_TRAILER	1
#define WIRE_ACK_COMPLETE	1
#define WIRE_ABORT_BY_OWNER	1
#define WIRE_ABORT_CHANNEL	2
#define WIRE_BYE_DRAIN		1
#define WIRE_HELLO_RESUME	1

#define WIRE_HEAD_SIZE		32
#define WIRE_BODY_MAX		(16 + 64 * 64)
#define WIRE_FRAME_SIZE		32
#define WIRE_ABORT_MAX		(24 + 255)

/**
 * struct wire_head - head of a handshake message
 * @magic: WIRE_MAGIC
 * @version: WIRE_VERSION
 * @type: WIRE_HELLO, WIRE_HELLO_ACK or WIRE_REFUSE
 * @length: bytes of the body
 * @crc: of the message, with zeroes in its own place
 * @uuid: the session's UUID
 */
struct wire_head {
	__u32 magic;
	__u16 version;
	__u16 type;
	__u32 length;
	__u32 crc;
	__u8 uuid[16];
};

/**
 * struct wire_hello - body of HELLO
 * @channel: number of this channel
 * @channels: how many there will be
 * @features: 1: checksums, 2: zeroes are not sent, 4: trailers
 * @chunk_size: bytes of a chunk
 * @devices: number of devices
 * @flags: WIRE_HELLO_RESUME or 0
 * @names: names of the devices
 */
struct wire_hello {
	__u16 channel;
	__u16 channels;
	__u32 features;
	__u32 chunk_size;
	__u16 devices;
	__u16 flags;
	char names[64][64];
};

/**
 * struct wire_hello_ack - body of HELLO_ACK
 * @features: 1: checksums, 2: zeroes are not sent, 4: trailers
 * @devices: number of devices
 * @flags: 0
 * @window: window of each device
 * @reserved: 0 for each device
 * @loaded: chunks loaded of each device
 */
struct wire_hello_ack {
	__u32 features;
	__u16 devices;
	__u16 flags;
	__u32 window[64];
	__u32 reserved[64];
	__u64 loaded[64];
};

/**
 * struct wire_refuse - body of REFUSE
 * @code: positive errno
 * @reserved: 0
 * @text: in words
 */
struct wire_refuse {
	__u32 code;
	__u16 reserved;
	char text[256];
};

/**
 * struct wire_frame - header of a frame
 * @type: WIRE_DATA to WIRE_BYE
 * @flags: by @type
 * @device: device number
 * @length: bytes of payload
 * @index: chunk index or count
 * @offset: bytes of the stream before it
 * @crc: CRC32C of the payload, or digest
 */
struct wire_frame {
	__u8 type;
	__u8 flags;
	__u16 device;
	__u32 length;
	__u64 index;
	__u64 offset;
	__u32 crc;
};

/**
 * struct wire_abort - payload of ABORT
 * @code: positive errno
 * @direction: enum vfio_mig_mux_direction
 * @present: bits: 1 device, 2 channel, 4 chunk
 * @device: device number
 * @channel: channel number
 * @reserved: 0
 * @chunk: chunk index
 * @text: in words
 */
struct wire_abort {
	__u32 code;
	__u8 direction;
	__u8 present;
	__u16 device;
	__u16 channel;
	__u32 reserved;
	__u64 chunk;
	char text[256];
};

size_t wire_put_head(__u8 *message, const struct wire_head *head);
void wire_get_head(const __u8 *message, struct wire_head *head);
__u32 wire_message_crc(const __u8 *message, size_t length);
size_t wire_put_message(__u8 *message, const struct wire_head *head, const __u8 *body);

size_t wire_put_hello(__u8 *body, const struct wire_hello *hello);
bool wire_get_hello(const __u8 *body, size_t length, struct wire_hello *hello);
size_t wire_put_hello_ack(__u8 *body, const struct wire_hello_ack *ack);
bool wire_get_hello_ack(const __u8 *body, size_t length, struct wire_hello_ack *ack);
size_t wire_put_refuse(__u8 *body, const struct wire_refuse *refuse);
bool wire_get_refuse(const __u8 *body, size_t length, struct wire_refuse *refuse);

void wire_put_frame(__u8 head[WIRE_FRAME_SIZE], const struct wire_frame *frame);
bool wire_get_frame(const __u8 head[WIRE_FRAME_SIZE], struct wire_frame *frame);
size_t wire_put_abort(__u8 *payload, const struct wire_abort *abort);
bool wire_get_abort(const __u8 *payload, size_t length, struct wire_abort *abort);
__u32 wire_digest(__u32 digest, __u32 payload_crc);

#endif /* _LIB_WIRE_H_ */
