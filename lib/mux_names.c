// SPDX-License-Identifier: GPL-2.0
/* The words of the netlink specification for its enums. */
#include <stddef.h>

#include "macros.h"
#include "mux.h"

static const char *name_of(const char * const *names, size_t count, uint32_t value)
{
	return value < count ? names[value] : "unknown";
}

/**
 * mux_role_name() - a session's role in words
 * @role: enum vfio_mig_mux_role
 *
 * Return: the word.
 */
const char *mux_role_name(uint32_t role)
{
	static const char * const names[] = {
		[VFIO_MIG_MUX_ROLE_SOURCE] = "source",
		[VFIO_MIG_MUX_ROLE_DESTINATION] = "destination",
	};

	return name_of(names, ARRAY_SIZE(names), role);
}

/**
 * mux_session_state_name() - a session's state in words
 * @state: enum vfio_mig_mux_session_state
 *
 * Return: the word.
 */
const char *mux_session_state_name(uint32_t state)
{
	static const char * const names[] = {
		[VFIO_MIG_MUX_SESSION_STATE_SETUP] = "setup",
		[VFIO_MIG_MUX_SESSION_STATE_CONNECTING] = "connecting",
		[VFIO_MIG_MUX_SESSION_STATE_ACTIVE] = "active",
		[VFIO_MIG_MUX_SESSION_STATE_PAUSED] = "paused",
		[VFIO_MIG_MUX_SESSION_STATE_COMPLETED] = "completed",
		[VFIO_MIG_MUX_SESSION_STATE_FAILED] = "failed",
		[VFIO_MIG_MUX_SESSION_STATE_ABORTED] = "aborted",
	};

	return name_of(names, ARRAY_SIZE(names), state);
}

/**
 * mux_session_is_over() - is a session's state final?
 * @state: enum vfio_mig_mux_session_state
 *
 * Return: whether it is.
 */
bool mux_session_is_over(uint32_t state)
{
	return state == VFIO_MIG_MUX_SESSION_STATE_COMPLETED ||
	       state == VFIO_MIG_MUX_SESSION_STATE_FAILED ||
	       state == VFIO_MIG_MUX_SESSION_STATE_ABORTED;
}

/**
 * mux_device_state_name() - a device's state in words
 * @state: enum vfio_mig_mux_device_state
 *
 * Return: the word.
 */
const char *mux_device_state_name(uint32_t state)
{
	static const char * const names[] = {
		[VFIO_MIG_MUX_DEVICE_STATE_DECLARED] = "declared",
		[VFIO_MIG_MUX_DEVICE_STATE_STREAMING] = "streaming",
		[VFIO_MIG_MUX_DEVICE_STATE_DRAINED] = "drained",
		[VFIO_MIG_MUX_DEVICE_STATE_ENDED] = "ended",
		[VFIO_MIG_MUX_DEVICE_STATE_LOADED] = "loaded",
	};

	return name_of(names, ARRAY_SIZE(names), state);
}

/**
 * mux_channel_state_name() - a channel's state in words
 * @state: enum vfio_mig_mux_channel_state
 *
 * Return: the word.
 */
const char *mux_channel_state_name(uint32_t state)
{
	static const char * const names[] = {
		[VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE] = "handshake",
		[VFIO_MIG_MUX_CHANNEL_STATE_LIVE] = "live",
		[VFIO_MIG_MUX_CHANNEL_STATE_CLOSING] = "closing",
		[VFIO_MIG_MUX_CHANNEL_STATE_CLOSED] = "closed",
		[VFIO_MIG_MUX_CHANNEL_STATE_FAILED] = "failed",
	};

	return name_of(names, ARRAY_SIZE(names), state);
}

/**
 * mux_origin_name() - which host an error was first seen on
 * @origin: enum vfio_mig_mux_error_origin
 *
 * Return: the word.
 */
const char *mux_origin_name(uint32_t origin)
{
	static const char * const names[] = {
		[VFIO_MIG_MUX_ERROR_ORIGIN_LOCAL] = "local",
		[VFIO_MIG_MUX_ERROR_ORIGIN_PEER] = "peer",
	};

	return name_of(names, ARRAY_SIZE(names), origin);
}

/**
 * mux_direction_name() - what was being done when an error struck
 * @direction: enum vfio_mig_mux_direction
 *
 * Return: the word.
 */
const char *mux_direction_name(uint32_t direction)
{
	static const char * const names[] = {
		[VFIO_MIG_MUX_DIRECTION_NONE] = "none",
		[VFIO_MIG_MUX_DIRECTION_READ] = "read",
		[VFIO_MIG_MUX_DIRECTION_WRITE] = "write",
		[VFIO_MIG_MUX_DIRECTION_SEND] = "send",
		[VFIO_MIG_MUX_DIRECTION_RECEIVE] = "receive",
	};

	return name_of(names, ARRAY_SIZE(names), direction);
}
