/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frame a channel is sending
 */
#ifndef _MUX_OUTGOING_H_
#define _MUX_OUTGOING_H_

#include <linux/types.h>

#include "wire.h"

struct mux_channel;
struct mux_device;
struct mux_slot;
struct mux_worker;

/**
 * struct mux_outgoing - the frame a channel is sending; its sending worker's
 * @head: header, and for ABORT the payload
 * @message: what is sent before a slot: @head, or a trailer with the headers
 *	around it, which is the device's
 * @head_length: bytes of @message
 * @head_done: bytes of @message that are sent
 * @slot: payload of a chunk, %NULL if it is all zero or there is none
 * @length: bytes of the chunk
 * @done: bytes of it that are sent
 * @device: the chunk's device
 * @index: the chunk's index
 * @offset: the chunk's offset
 * @crc: the chunk's checksum
 * @summed: @crc is known
 * @took: nanoseconds spent in handing the chunk to the socket so far
 * @chunk: the frame is, or is going to be, a chunk
 * @busy: there is such a frame
 * @last: nothing may follow it
 */
struct mux_outgoing {
	u8 head[MUX_FRAME_SIZE + MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX];
	const u8 *message;
	u32 head_length;
	u32 head_done;
	struct mux_slot *slot;
	u32 length;
	u32 done;
	struct mux_device *device;
	u64 index;
	u64 offset;
	u32 crc;
	bool summed;
	u64 took;
	bool chunk;
	bool busy;
	bool last;
};

void mux_outgoing_put_frame(struct mux_channel *channel,
			    const struct mux_frame *frame);
void mux_outgoing_put_message(struct mux_channel *channel, const u8 *message,
			      u32 length);
void mux_outgoing_drop(struct mux_channel *channel);

bool mux_outgoing_step(struct mux_worker *worker);
void mux_outgoing_died(struct mux_worker *worker);

#endif /* _MUX_OUTGOING_H_ */
