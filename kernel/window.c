// SPDX-License-Identifier: GPL-2.0
/*
 * Credit window: a chunk gets its index here before source.c sends it, and
 * the ACK that comes back opens the window again.
 *
 * A pure core: no locks, no allocation, no kernel services. Indices never
 * wrap: 2^64 chunks of 64 KiB are more than any device will ever send.
 */
#include "window.h"

/**
 * mux_window_open - whether another chunk may be sent
 * @window: the device's window
 *
 * Return: true if the index @window->next lies below loaded + size.
 */
bool mux_window_open(const struct mux_window *window)
{
	return window->next - window->loaded < window->size;
}

/**
 * mux_window_take - give the next chunk its index
 * @window: the device's window, which must be open
 *
 * Return: the index.
 */
u64 mux_window_take(struct mux_window *window)
{
	return window->next++;
}

/**
 * mux_window_check - what an ACK means
 * @window: the device's window; not changed, the caller moves @loaded once it
 *	has freed what the ACK covers
 * @loaded: index from the ACK: all chunks below it are loaded
 *
 * Return: MUX_WINDOW_MOVED, MUX_WINDOW_STALE (also where nothing is new) or
 * MUX_WINDOW_UNSENT.
 */
enum mux_window_verdict mux_window_check(const struct mux_window *window,
					 u64 loaded)
{
	if (loaded > window->next)
		return MUX_WINDOW_UNSENT;
	if (loaded <= window->loaded)
		return MUX_WINDOW_STALE;
	return MUX_WINDOW_MOVED;
}
