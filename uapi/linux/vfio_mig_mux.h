/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vfio-mig-mux.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_VFIO_MIG_MUX_H
#define _UAPI_LINUX_VFIO_MIG_MUX_H

#define VFIO_MIG_MUX_FAMILY_NAME	"vfio-mig-mux"
#define VFIO_MIG_MUX_FAMILY_VERSION	1

#define VFIO_MIG_MUX_UUID_LEN		16
#define VFIO_MIG_MUX_NAME_MAX		63
#define VFIO_MIG_MUX_TEXT_MAX		255
#define VFIO_MIG_MUX_CHUNK_SIZE_MIN	65536
#define VFIO_MIG_MUX_CHUNK_SIZE_MAX	16777216
#define VFIO_MIG_MUX_DEVICES_MAX	64
#define VFIO_MIG_MUX_CHANNELS_MAX	64

/**
 * enum vfio_mig_mux_role - The side of the migration that a session serves.
 * @VFIO_MIG_MUX_ROLE_SOURCE: Reads data_fds and sends chunks.
 * @VFIO_MIG_MUX_ROLE_DESTINATION: Receives chunks and writes data_fds.
 */
enum vfio_mig_mux_role {
	VFIO_MIG_MUX_ROLE_SOURCE,
	VFIO_MIG_MUX_ROLE_DESTINATION,
};

/**
 * enum vfio_mig_mux_feature - Protocol features, agreed on per session in the
 *   handshake.
 * @VFIO_MIG_MUX_FEATURE_CHECKSUM: Every chunk carries the CRC32C of its
 *   payload.
 */
enum vfio_mig_mux_feature {
	VFIO_MIG_MUX_FEATURE_CHECKSUM = 1,
};

/**
 * enum vfio_mig_mux_session_state - Where a session stands. The last three are
 *   final.
 * @VFIO_MIG_MUX_SESSION_STATE_SETUP: No channel has been added yet; umem and
 *   devices may be.
 * @VFIO_MIG_MUX_SESSION_STATE_CONNECTING: Channels are shaking hands, none is
 *   live yet.
 * @VFIO_MIG_MUX_SESSION_STATE_ACTIVE: At least one channel is live.
 * @VFIO_MIG_MUX_SESSION_STATE_COMPLETED: The destination has loaded all of
 *   every device, both know it.
 * @VFIO_MIG_MUX_SESSION_STATE_FAILED: An error ended the session; the error
 *   attribute says which.
 * @VFIO_MIG_MUX_SESSION_STATE_ABORTED: An owner or an administrator of either
 *   host ended the session.
 */
enum vfio_mig_mux_session_state {
	VFIO_MIG_MUX_SESSION_STATE_SETUP,
	VFIO_MIG_MUX_SESSION_STATE_CONNECTING,
	VFIO_MIG_MUX_SESSION_STATE_ACTIVE,
	VFIO_MIG_MUX_SESSION_STATE_COMPLETED,
	VFIO_MIG_MUX_SESSION_STATE_FAILED,
	VFIO_MIG_MUX_SESSION_STATE_ABORTED,
};

/**
 * enum vfio_mig_mux_device_state - Where a device of a session stands.
 * @VFIO_MIG_MUX_DEVICE_STATE_DECLARED: Named, without a data_fd yet.
 * @VFIO_MIG_MUX_DEVICE_STATE_STREAMING: Its data_fd is attached and being read
 *   or written.
 * @VFIO_MIG_MUX_DEVICE_STATE_DRAINED: Source only. Its data_fd had nothing
 *   more to give, and the owner has not declared the device final.
 * @VFIO_MIG_MUX_DEVICE_STATE_ENDED: Source, the whole stream has been read.
 *   Destination, the whole stream has been announced but not loaded yet.
 * @VFIO_MIG_MUX_DEVICE_STATE_LOADED: The destination has loaded the whole
 *   stream.
 */
enum vfio_mig_mux_device_state {
	VFIO_MIG_MUX_DEVICE_STATE_DECLARED,
	VFIO_MIG_MUX_DEVICE_STATE_STREAMING,
	VFIO_MIG_MUX_DEVICE_STATE_DRAINED,
	VFIO_MIG_MUX_DEVICE_STATE_ENDED,
	VFIO_MIG_MUX_DEVICE_STATE_LOADED,
};

/**
 * enum vfio_mig_mux_channel_state - Where a channel of a session stands.
 * @VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE: HELLO has not been answered yet.
 * @VFIO_MIG_MUX_CHANNEL_STATE_LIVE: Carries frames.
 * @VFIO_MIG_MUX_CHANNEL_STATE_CLOSING: BYE or ABORT is under way.
 * @VFIO_MIG_MUX_CHANNEL_STATE_CLOSED: Both ends have said all they had to say.
 * @VFIO_MIG_MUX_CHANNEL_STATE_FAILED: Ended by an error of its own; the error
 *   attribute says which.
 */
enum vfio_mig_mux_channel_state {
	VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE,
	VFIO_MIG_MUX_CHANNEL_STATE_LIVE,
	VFIO_MIG_MUX_CHANNEL_STATE_CLOSING,
	VFIO_MIG_MUX_CHANNEL_STATE_CLOSED,
	VFIO_MIG_MUX_CHANNEL_STATE_FAILED,
};

/**
 * enum vfio_mig_mux_error_origin - The host an error was first seen on.
 * @VFIO_MIG_MUX_ERROR_ORIGIN_LOCAL: This host.
 * @VFIO_MIG_MUX_ERROR_ORIGIN_PEER: The other host; it was carried over by an
 *   ABORT frame.
 */
enum vfio_mig_mux_error_origin {
	VFIO_MIG_MUX_ERROR_ORIGIN_LOCAL,
	VFIO_MIG_MUX_ERROR_ORIGIN_PEER,
};

/**
 * enum vfio_mig_mux_direction - What was being done when an error struck.
 * @VFIO_MIG_MUX_DIRECTION_NONE: Nothing with a direction.
 * @VFIO_MIG_MUX_DIRECTION_READ: Reading from a data_fd.
 * @VFIO_MIG_MUX_DIRECTION_WRITE: Writing to a data_fd.
 * @VFIO_MIG_MUX_DIRECTION_SEND: Sending on a channel.
 * @VFIO_MIG_MUX_DIRECTION_RECEIVE: Receiving from a channel.
 */
enum vfio_mig_mux_direction {
	VFIO_MIG_MUX_DIRECTION_NONE,
	VFIO_MIG_MUX_DIRECTION_READ,
	VFIO_MIG_MUX_DIRECTION_WRITE,
	VFIO_MIG_MUX_DIRECTION_SEND,
	VFIO_MIG_MUX_DIRECTION_RECEIVE,
};

enum {
	VFIO_MIG_MUX_A_ERROR_ORIGIN = 1,
	VFIO_MIG_MUX_A_ERROR_ERRNO,
	VFIO_MIG_MUX_A_ERROR_DIRECTION,
	VFIO_MIG_MUX_A_ERROR_DEVICE,
	VFIO_MIG_MUX_A_ERROR_CHANNEL,
	VFIO_MIG_MUX_A_ERROR_CHUNK,
	VFIO_MIG_MUX_A_ERROR_TEXT,

	__VFIO_MIG_MUX_A_ERROR_MAX,
	VFIO_MIG_MUX_A_ERROR_MAX = (__VFIO_MIG_MUX_A_ERROR_MAX - 1)
};

enum {
	VFIO_MIG_MUX_A_SESSION_ID = 1,
	VFIO_MIG_MUX_A_SESSION_FD,
	VFIO_MIG_MUX_A_SESSION_ROLE,
	VFIO_MIG_MUX_A_SESSION_UUID,
	VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE,
	VFIO_MIG_MUX_A_SESSION_CHANNELS,
	VFIO_MIG_MUX_A_SESSION_FEATURES,
	VFIO_MIG_MUX_A_SESSION_STATE,
	VFIO_MIG_MUX_A_SESSION_OWNER_PID,
	VFIO_MIG_MUX_A_SESSION_SLOTS,
	VFIO_MIG_MUX_A_SESSION_SLOTS_FREE,
	VFIO_MIG_MUX_A_SESSION_SLOTS_USED_MAX,
	VFIO_MIG_MUX_A_SESSION_DEVICES,
	VFIO_MIG_MUX_A_SESSION_DEVICES_LOADED,
	VFIO_MIG_MUX_A_SESSION_CHANNELS_LIVE,
	VFIO_MIG_MUX_A_SESSION_BYTES,
	VFIO_MIG_MUX_A_SESSION_ERROR,
	VFIO_MIG_MUX_A_SESSION_REASON,

	__VFIO_MIG_MUX_A_SESSION_MAX,
	VFIO_MIG_MUX_A_SESSION_MAX = (__VFIO_MIG_MUX_A_SESSION_MAX - 1)
};

enum {
	VFIO_MIG_MUX_A_UMEM_SESSION = 1,
	VFIO_MIG_MUX_A_UMEM_ADDR,
	VFIO_MIG_MUX_A_UMEM_LENGTH,

	__VFIO_MIG_MUX_A_UMEM_MAX,
	VFIO_MIG_MUX_A_UMEM_MAX = (__VFIO_MIG_MUX_A_UMEM_MAX - 1)
};

enum {
	VFIO_MIG_MUX_A_DEVICE_SESSION = 1,
	VFIO_MIG_MUX_A_DEVICE_ID,
	VFIO_MIG_MUX_A_DEVICE_NAME,
	VFIO_MIG_MUX_A_DEVICE_WINDOW,
	VFIO_MIG_MUX_A_DEVICE_DATA_FD,
	VFIO_MIG_MUX_A_DEVICE_FINAL,
	VFIO_MIG_MUX_A_DEVICE_KICK,
	VFIO_MIG_MUX_A_DEVICE_STATE,
	VFIO_MIG_MUX_A_DEVICE_BYTES,
	VFIO_MIG_MUX_A_DEVICE_BYTES_MOVED,
	VFIO_MIG_MUX_A_DEVICE_CHUNKS,
	VFIO_MIG_MUX_A_DEVICE_CHUNKS_MOVED,
	VFIO_MIG_MUX_A_DEVICE_CHUNKS_HELD_MAX,
	VFIO_MIG_MUX_A_DEVICE_WINDOW_STALLS,
	VFIO_MIG_MUX_A_DEVICE_WINDOW_STALL_NS,
	VFIO_MIG_MUX_A_DEVICE_IO_CALLS,
	VFIO_MIG_MUX_A_DEVICE_IO_NS,

	__VFIO_MIG_MUX_A_DEVICE_MAX,
	VFIO_MIG_MUX_A_DEVICE_MAX = (__VFIO_MIG_MUX_A_DEVICE_MAX - 1)
};

enum {
	VFIO_MIG_MUX_A_CHANNEL_SESSION = 1,
	VFIO_MIG_MUX_A_CHANNEL_ID,
	VFIO_MIG_MUX_A_CHANNEL_SOCK_FD,
	VFIO_MIG_MUX_A_CHANNEL_STATE,
	VFIO_MIG_MUX_A_CHANNEL_BYTES_SENT,
	VFIO_MIG_MUX_A_CHANNEL_BYTES_RECEIVED,
	VFIO_MIG_MUX_A_CHANNEL_CHUNKS,
	VFIO_MIG_MUX_A_CHANNEL_ERROR,

	__VFIO_MIG_MUX_A_CHANNEL_MAX,
	VFIO_MIG_MUX_A_CHANNEL_MAX = (__VFIO_MIG_MUX_A_CHANNEL_MAX - 1)
};

enum {
	VFIO_MIG_MUX_CMD_SESSION_NEW = 1,
	VFIO_MIG_MUX_CMD_SESSION_GET,
	VFIO_MIG_MUX_CMD_SESSION_ABORT,
	VFIO_MIG_MUX_CMD_SESSION_NTF,
	VFIO_MIG_MUX_CMD_UMEM_REG,
	VFIO_MIG_MUX_CMD_DEVICE_NEW,
	VFIO_MIG_MUX_CMD_DEVICE_ATTACH,
	VFIO_MIG_MUX_CMD_DEVICE_SET,
	VFIO_MIG_MUX_CMD_DEVICE_GET,
	VFIO_MIG_MUX_CMD_DEVICE_NTF,
	VFIO_MIG_MUX_CMD_CHANNEL_NEW,
	VFIO_MIG_MUX_CMD_CHANNEL_GET,
	VFIO_MIG_MUX_CMD_CHANNEL_NTF,

	__VFIO_MIG_MUX_CMD_MAX,
	VFIO_MIG_MUX_CMD_MAX = (__VFIO_MIG_MUX_CMD_MAX - 1)
};

#define VFIO_MIG_MUX_MCGRP_MONITOR	"monitor"

#endif /* _UAPI_LINUX_VFIO_MIG_MUX_H */
