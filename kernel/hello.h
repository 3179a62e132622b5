/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages of the handshake that opens a channel: HELLO, HELLO_ACK, REFUSE.
 */
#ifndef _MUX_HELLO_H_
#define _MUX_HELLO_H_

#include <linux/types.h>
#include <linux/uuid.h>

#include <uapi/linux/vfio_mig_mux.h>

#include "wire.h"

/* "VMMX", the first four bytes of a channel */
#define MUX_HELLO_MAGIC		0x564d4d58
#define MUX_HELLO_VERSION	1

/* Bytes on the wire: the head all messages share, then a body by type */
#define MUX_HELLO_HEAD_SIZE	32
#define MUX_HELLO_FIXED_SIZE	16
#define MUX_HELLO_NAME_SIZE	(VFIO_MIG_MUX_NAME_MAX + 1)
#define MUX_HELLO_ACK_FIXED_SIZE	8
#define MUX_HELLO_ACK_ENTRY_SIZE	16
#define MUX_REFUSE_FIXED_SIZE	8
#define MUX_HELLO_BODY_MAX	(MUX_HELLO_FIXED_SIZE + \
				 VFIO_MIG_MUX_DEVICES_MAX * MUX_HELLO_NAME_SIZE)
#define MUX_HELLO_SIZE_MAX	(MUX_HELLO_HEAD_SIZE + MUX_HELLO_BODY_MAX)

/* HELLO: this session, or a channel of this number, has been live before */
#define MUX_HELLO_RESUME	0x0001

/**
 * enum mux_hello_type - what a handshake message is
 * @MUX_HELLO: source to destination, opens the channel
 * @MUX_HELLO_ACK: destination to source, the channel is live
 * @MUX_HELLO_REFUSE: destination to source, the channel is not wanted
 */
enum mux_hello_type {
	MUX_HELLO		= 1,
	MUX_HELLO_ACK		= 2,
	MUX_HELLO_REFUSE	= 3,
};

/**
 * struct mux_hello_head - what all handshake messages begin with
 * @type: enum mux_hello_type
 * @length: bytes of body that follow
 * @crc: CRC32C of the whole message with this field zero
 * @uuid: the session's UUID
 */
struct mux_hello_head {
	u16 type;
	u32 length;
	u32 crc;
	uuid_t uuid;
};

/**
 * struct mux_hello - body of HELLO in host order
 * @channel: number of this channel
 * @channels: channels the session is made for
 * @features: features the source wants
 * @chunk_size: bytes of a full chunk
 * @devices: number of devices
 * @resume: takes the place of a channel that has failed
 * @names: their names, in the order of their numbers
 */
struct mux_hello {
	u16 channel;
	u16 channels;
	u32 features;
	u32 chunk_size;
	u16 devices;
	bool resume;
	char names[VFIO_MIG_MUX_DEVICES_MAX][MUX_HELLO_NAME_SIZE];
};

/**
 * struct mux_hello_ack - body of HELLO_ACK in host order
 * @features: features agreed on
 * @devices: number of devices
 * @window: per device, chunks that may be under way
 * @loaded: per device, chunks loaded so far
 */
struct mux_hello_ack {
	u32 features;
	u16 devices;
	u32 window[VFIO_MIG_MUX_DEVICES_MAX];
	u64 loaded[VFIO_MIG_MUX_DEVICES_MAX];
};

/**
 * struct mux_refuse - body of REFUSE in host order
 * @code: positive error number
 * @text: why, in words
 */
struct mux_refuse {
	u32 code;
	char text[MUX_ABORT_TEXT_MAX + 1];
};

u32 mux_hello_encode(u8 *buf, const uuid_t *uuid,
		     const struct mux_hello *hello);
u32 mux_hello_ack_encode(u8 *buf, const uuid_t *uuid,
			 const struct mux_hello_ack *ack);
u32 mux_refuse_encode(u8 *buf, const uuid_t *uuid,
		      const struct mux_refuse *refuse);

enum mux_wire_verdict mux_hello_head_decode(const u8 *buf,
					    struct mux_hello_head *head);
enum mux_wire_verdict mux_hello_check(const u8 *buf,
				      const struct mux_hello_head *head);
enum mux_wire_verdict mux_hello_decode(const u8 *body, u32 length,
				       struct mux_hello *hello);
enum mux_wire_verdict mux_hello_ack_decode(const u8 *body, u32 length,
					   struct mux_hello_ack *ack);
enum mux_wire_verdict mux_refuse_decode(const u8 *body, u32 length,
					struct mux_refuse *refuse);

#endif /* _MUX_HELLO_H_ */
