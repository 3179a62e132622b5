/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Errors: what ended a session or a channel, in fields and in words.
 */
#ifndef _MUX_ERROR_H_
#define _MUX_ERROR_H_

#include <linux/types.h>

#include <uapi/linux/vfio_mig_mux.h>

#include "wire.h"

struct mux_channel;
struct mux_device;

/**
 * struct mux_error - an error as both hosts know it
 * @origin: the host that saw it first
 * @by_owner: not a fault; an owner or administrator wanted it
 * @what: the error as an ABORT frame carries it; its code is 0 while there
 *	is no error
 */
struct mux_error {
	enum vfio_mig_mux_error_origin origin;
	bool by_owner;
	struct mux_abort what;
};

__printf(3, 4)
void mux_error_set(struct mux_error *error, int err, const char *fmt, ...);
__printf(5, 6)
void mux_error_set_device(struct mux_error *error,
			  const struct mux_device *device,
			  enum vfio_mig_mux_direction direction, int err,
			  const char *fmt, ...);
__printf(5, 6)
void mux_error_set_channel(struct mux_error *error,
			   const struct mux_channel *channel,
			   enum vfio_mig_mux_direction direction, int err,
			   const char *fmt, ...);
void mux_error_set_chunk(struct mux_error *error, u64 index);
void mux_error_set_peer(struct mux_error *error, const struct mux_abort *what,
			bool by_owner);

#endif /* _MUX_ERROR_H_ */
