/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credit window of a device on the source: how far it may run ahead of what
 * the destination has loaded.
 */
#ifndef _MUX_WINDOW_H_
#define _MUX_WINDOW_H_

#include <linux/types.h>

/**
 * struct mux_window - credit arithmetic of one device's stream
 * @next: index that the next chunk gets
 * @loaded: all chunks below this index are loaded on the destination
 * @size: chunks that may be under way, 0 until the destination has said so
 */
struct mux_window {
	u64 next;
	u64 loaded;
	u32 size;
};

/**
 * enum mux_window_verdict - what an ACK means to a window
 * @MUX_WINDOW_MOVED: chunks have been loaded that were not before
 * @MUX_WINDOW_STALE: a later ACK has overtaken this one; harmless
 * @MUX_WINDOW_UNSENT: acknowledges chunks that do not exist yet
 */
enum mux_window_verdict {
	MUX_WINDOW_MOVED,
	MUX_WINDOW_STALE,
	MUX_WINDOW_UNSENT,
};

bool mux_window_open(const struct mux_window *window);
u64 mux_window_take(struct mux_window *window);
enum mux_window_verdict mux_window_check(const struct mux_window *window,
					 u64 loaded);

#endif /* _MUX_WINDOW_H_ */
