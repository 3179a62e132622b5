/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames of the wire protocol, version 1: what follows the handshake on a
 * channel. Documentation/protocol.rst is the same in prose.
 */
#ifndef _MUX_WIRE_H_
#define _MUX_WIRE_H_

#include <linux/types.h>

/* A frame header on the wire, in bytes. Everything is big-endian. */
#define MUX_FRAME_SIZE		32

/* An ABORT's payload before its text, in bytes */
#define MUX_ABORT_SIZE		24
#define MUX_ABORT_TEXT_MAX	255

/**
 * enum mux_frame_type - what a frame is
 * @MUX_FRAME_DATA: a chunk; index, offset and CRC32C are the chunk's
 * @MUX_FRAME_ZERO: a chunk of zeroes, which are not sent; the fields are those
 *	of DATA
 * @MUX_FRAME_CONFIG: the trailer of a device, with its CRC32C whether chunks
 *	have one or not; its END follows
 * @MUX_FRAME_END: end of a device's stream: index counts its chunks, offset
 *	its bytes, the payload CRC field holds the digest
 * @MUX_FRAME_ACK: all below index, offset bytes, is loaded
 * @MUX_FRAME_ABORT: the session or the channel is over, the payload says why
 * @MUX_FRAME_BYE: nothing follows on this channel; without MUX_BYE_DRAIN
 *	because the session is complete
 */
enum mux_frame_type {
	MUX_FRAME_DATA		= 1,
	MUX_FRAME_ZERO		= 2,
	MUX_FRAME_CONFIG	= 3,
	MUX_FRAME_END		= 4,
	MUX_FRAME_ACK		= 7,
	MUX_FRAME_ABORT		= 8,
	MUX_FRAME_BYE		= 9,
};

/* END: the device has a trailer, in a CONFIG before */
#define MUX_END_TRAILER		0x01

/* ACK: the device is loaded entirely and its digest is right */
#define MUX_ACK_COMPLETE	0x01

/* ABORT: somebody asked for it; without this flag something failed */
#define MUX_ABORT_BY_OWNER	0x01

/* ABORT: of this channel only, the session goes on without it */
#define MUX_ABORT_CHANNEL	0x02

/* BYE: of this channel only, which is no longer wanted */
#define MUX_BYE_DRAIN		0x01

/**
 * enum mux_wire_verdict - what a decoder thinks of what it was given
 * @MUX_WIRE_OK: every field may be used
 * @MUX_WIRE_CRC: the header or message checksum is wrong
 * @MUX_WIRE_TYPE: no such type
 * @MUX_WIRE_UNNEGOTIATED: the type belongs to a feature not agreed on
 * @MUX_WIRE_DIRECTION: the type is never sent by this peer's role
 * @MUX_WIRE_FLAGS: a reserved flag is set
 * @MUX_WIRE_DEVICE: no such device in the session
 * @MUX_WIRE_LENGTH: the length is out of bounds for the type
 * @MUX_WIRE_RESERVED: a field that must be zero is not
 * @MUX_WIRE_MAGIC: not this protocol
 * @MUX_WIRE_VERSION: another version of this protocol
 * @MUX_WIRE_UUID: another session
 * @MUX_WIRE_CHANNEL: channel number or count out of range
 * @MUX_WIRE_CHUNK_SIZE: chunk size out of range or no power of two
 * @MUX_WIRE_DEVICES: device count out of range
 * @MUX_WIRE_NAME: a device name is empty, not terminated or not printable
 * @MUX_WIRE_WINDOW: a window of zero chunks
 * @MUX_WIRE_NOT_ZERO: a chunk of zeroes has another checksum than they have
 */
enum mux_wire_verdict {
	MUX_WIRE_OK,
	MUX_WIRE_CRC,
	MUX_WIRE_TYPE,
	MUX_WIRE_UNNEGOTIATED,
	MUX_WIRE_DIRECTION,
	MUX_WIRE_FLAGS,
	MUX_WIRE_DEVICE,
	MUX_WIRE_LENGTH,
	MUX_WIRE_RESERVED,
	MUX_WIRE_MAGIC,
	MUX_WIRE_VERSION,
	MUX_WIRE_UUID,
	MUX_WIRE_CHANNEL,
	MUX_WIRE_CHUNK_SIZE,
	MUX_WIRE_DEVICES,
	MUX_WIRE_NAME,
	MUX_WIRE_WINDOW,
	MUX_WIRE_NOT_ZERO,
};

/**
 * struct mux_frame - a frame header in host order
 * @type: enum mux_frame_type
 * @flags: meaning depends on @type
 * @device: device number, 0 for frames of no device
 * @length: bytes of payload that follow the header; for ZERO, that do not
 * @index: chunk index or chunk count
 * @offset: bytes of the device's stream before the chunk, or in all
 * @payload_crc: CRC32C of the payload, or a digest
 */
struct mux_frame {
	u8 type;
	u8 flags;
	u16 device;
	u32 length;
	u64 index;
	u64 offset;
	u32 payload_crc;
};

/**
 * struct mux_wire_rules - what a session has agreed on with its peer
 * @chunk_size: bytes of a full chunk
 * @devices: number of devices in the session
 * @checksum: payloads carry their CRC32C
 * @zero: chunks of zeroes may come without payload
 * @trailer: devices may have a trailer
 * @from_source: the frames to decode come from the source
 */
struct mux_wire_rules {
	u32 chunk_size;
	u16 devices;
	bool checksum;
	bool zero;
	bool trailer;
	bool from_source;
};

/**
 * struct mux_abort - payload of an ABORT frame in host order
 * @code: positive error number
 * @direction: enum vfio_mig_mux_direction
 * @has_device: @device means something
 * @has_channel: @channel means something
 * @has_chunk: @chunk means something
 * @device: device number
 * @channel: channel number
 * @chunk: chunk index
 * @text: the error in words, terminated, printable ASCII only
 */
struct mux_abort {
	u32 code;
	u8 direction;
	bool has_device;
	bool has_channel;
	bool has_chunk;
	u16 device;
	u16 channel;
	u64 chunk;
	char text[MUX_ABORT_TEXT_MAX + 1];
};

const char *mux_wire_strverdict(enum mux_wire_verdict verdict);
const char *mux_frame_name(u8 type);

void mux_frame_encode(u8 buf[MUX_FRAME_SIZE], const struct mux_frame *frame);
enum mux_wire_verdict mux_frame_decode(const u8 buf[MUX_FRAME_SIZE],
				       const struct mux_wire_rules *rules,
				       struct mux_frame *frame);

u32 mux_frame_payload(const struct mux_frame *frame);

u32 mux_abort_encode(u8 *buf, const struct mux_abort *abort);
enum mux_wire_verdict mux_abort_decode(const u8 *buf, u32 length,
				       struct mux_abort *abort);

u32 mux_payload_crc(const u8 *payload, u32 length);
u32 mux_zero_crc(u32 length);
u32 mux_digest_fold(u32 digest, u32 payload_crc);
void mux_text_clean(char *text, size_t length);
bool mux_text_is_clean(const char *text);

#endif /* _MUX_WIRE_H_ */
