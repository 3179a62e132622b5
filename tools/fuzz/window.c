// SPDX-License-Identifier: GPL-2.0
/*
 * kernel/window.c against the same arithmetic with 128 bits, where nothing can
 * wrap.
 *
 * An input is a window (loaded, chunks under way, size) and then indices that
 * are acknowledged; after each the window is used as far as it admits.
 */
#include "input.h"
#include "window.h"

/* Indices of a session never come near their end; its peer's may be any. */
#define LOADED_MAX	BIT_ULL(62)

static void check_ack(const struct mux_window *window, u64 loaded)
{
	enum mux_window_verdict verdict = mux_window_check(window, loaded);

	if ((u128)loaded > window->next)
		CHECK(verdict == MUX_WINDOW_UNSENT);
	else if ((u128)loaded > window->loaded)
		CHECK(verdict == MUX_WINDOW_MOVED);
	else
		CHECK(verdict == MUX_WINDOW_STALE);
}

static void check_open(struct mux_window *window)
{
	bool open = mux_window_open(window);
	u64 next = window->next;

	CHECK(open == ((u128)next < (u128)window->loaded + window->size));
	if (!open)
		return;
	CHECK(mux_window_take(window) == next);
	CHECK((u128)window->next == (u128)next + 1);
	CHECK(window->next - window->loaded <= window->size);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	struct input input = { bytes, size };
	struct mux_window window = { .loaded = input_u64(&input) % LOADED_MAX };
	u32 under_way = input_u32(&input);

	window.size = input_u32(&input);
	window.next = window.loaded + (under_way < window.size ? under_way : window.size);
	while (input.size) {
		u64 loaded = input_u64(&input);

		/* Half of them near what is under way */
		if (input_u8(&input) & 1)
			loaded = window.loaded + loaded % (2ULL * window.size + 2);
		check_open(&window);
		check_ack(&window, loaded);
		if (mux_window_check(&window, loaded) == MUX_WINDOW_MOVED)
			window.loaded = loaded;
	}
	return 0;
}
