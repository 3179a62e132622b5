/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SESSION_H
#define _AGENT_SESSION_H

#include "loop.h"
#include "mux.h"
#include "umem.h"
#include "vfio_fleet.h"

struct session_device {
	struct mux_device now;
	uint64_t attached_ns;
	uint64_t loaded_ns;
};

/* This host's side of a migration, as the module last told it. */
struct session {
	struct mux mux;
	struct mux monitor;
	struct watch watch;
	struct loop *loop;
	struct umem umem;
	struct mux_session now;
	struct session_device devices[VFIO_MIG_MUX_DEVICES_MAX];
	int channel_count;
	struct mux_channel channels[VFIO_MIG_MUX_CHANNELS_MAX];
	/* Something has changed since the last refresh. */
	bool stale;
};

int session_check_module(void);
int session_open(struct session *session, struct loop *loop, const struct mux_session *wanted,
		 uint32_t slots, const struct fleet *fleet);
void session_close(struct session *session);
int session_refresh(struct session *session);
int session_attach(struct session *session, int device, int data_fd, bool final);
int session_kick(struct session *session, int device);
int session_finish(struct session *session, int device);
void session_abort(struct session *session, const char *reason);
void session_linger(struct session *session, unsigned int ms);
void session_blame(struct session *session);
int session_check(const struct session *session);
const struct mux_channel *session_channel(const struct session *session, uint32_t id);

static inline bool session_is_open(const struct session *session)
{
	return session->now.id;
}

#endif /* _AGENT_SESSION_H */
