/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frame a channel is receiving
 */
#ifndef _MUX_INCOMING_H_
#define _MUX_INCOMING_H_

#include <linux/types.h>

#include "wire.h"

struct mux_slot;
struct mux_worker;

/**
 * struct mux_incoming - the frame a channel is receiving; its receiving
 *	worker's
 * @head: header, and for ABORT the payload
 * @head_done: bytes of the header that have arrived
 * @frame: the header, once it is all there and accepted
 * @accepted: so it is
 * @done: bytes of the payload that have arrived
 * @after_bye: bytes have arrived that nobody wanted
 * @spare: slot that a chunk, or a trailer, is received into; on the
 *	destination, of a channel that is live
 */
struct mux_incoming {
	u8 head[MUX_FRAME_SIZE + MUX_ABORT_SIZE + MUX_ABORT_TEXT_MAX];
	u32 head_done;
	struct mux_frame frame;
	bool accepted;
	u32 done;
	bool after_bye;
	struct mux_slot *spare;
};

bool mux_incoming_step(struct mux_worker *worker);
void mux_incoming_died(struct mux_worker *worker);

#endif /* _MUX_INCOMING_H_ */
