/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trailer: what the source's owner has to say of a device besides its stream.
 */
#ifndef _MUX_TRAILER_H_
#define _MUX_TRAILER_H_

#include <linux/types.h>

struct mux_channel;
struct mux_device;
struct mux_frame;
struct netlink_ext_ack;

/**
 * struct mux_trailer - trailer of a device
 * @bytes: source: the trailer, with room for the header of CONFIG before it
 *	and for END behind it; destination: room for the longest trailer;
 *	%NULL if there can be none, or none yet
 * @length: bytes of the trailer; like all below, under the session's lock
 * @crc: CRC32C of the trailer
 * @known: there is one; its bytes stay as they are, on the source once END
 *	is sent
 * @spoiled: a copy of it has arrived with a wrong checksum
 */
struct mux_trailer {
	u8 *bytes;
	u32 length;
	u32 crc;
	bool known;
	bool spoiled;
};

int mux_trailer_set(struct mux_device *device, const void *bytes, u32 length,
		    struct netlink_ext_ack *extack);
void mux_trailer_put(struct mux_channel *channel, struct mux_device *device,
		     const struct mux_frame *end);

int mux_trailer_seal(struct mux_device *device);
void mux_trailer_expect(struct mux_channel *channel,
			const struct mux_frame *config);
void mux_trailer_place(struct mux_channel *channel,
		       const struct mux_frame *config);
int mux_trailer_check(struct mux_device *device,
		      struct netlink_ext_ack *extack);

void mux_trailer_destroy(struct mux_device *device);

#endif /* _MUX_TRAILER_H_ */
