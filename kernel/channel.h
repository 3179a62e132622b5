/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channel: a socket of a session with a worker for each direction.
 */
#ifndef _MUX_CHANNEL_H_
#define _MUX_CHANNEL_H_

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <uapi/linux/vfio_mig_mux.h>

#include "error.h"
#include "incoming.h"
#include "outgoing.h"
#include "pace.h"
#include "watchdog.h"
#include "worker.h"

struct mux_handshake;
struct mux_session;
struct netlink_ext_ack;
struct socket;

/**
 * struct mux_channel - a channel of a session
 * @node: in the session's list
 * @session: the session
 * @sock: the socket; its file is held
 * @tx: sends
 * @rx: shakes hands, then receives
 * @out: what is being sent
 * @in: what is being received
 * @handshake: the handshake under way, else %NULL; the receiving worker's
 * @timeout: ends a handshake that takes too long; cuts off a channel that has
 *	failed
 * @watch: the watchdog's
 * @timed_out: @timeout has struck; like all below, under the session's lock
 * @number: the channel's number, the same on both hosts
 * @numbered: @number is known
 * @state: enum vfio_mig_mux_channel_state
 * @error: why the channel failed
 * @tell: and the other host is to be told
 * @unborn: its workers could not be started
 * @superseded: another channel has its number: it is not shown any more
 * @draining: it is being removed while the session goes on
 * @bye_said: and has said so
 * @bye_heard: and so has the other host
 * @tx_done: nothing will be sent any more
 * @rx_done: nothing will be received any more
 * @released: its workers and its socket are gone
 * @bytes_sent: bytes sent, headers included
 * @bytes_received: bytes received, headers included
 * @send_ns: nanoseconds spent in handing chunks to the socket, waiting for room
 *	in it included
 * @pace: how fast it is, on the source
 * @chunks: chunks sent, or received and accepted
 * @zero_chunks: of these, without their bytes, which are all zero
 * @resent: of these, sent because another channel had failed
 * @hedged: of these, sent because another channel was slow
 * @duplicates: chunks received and dropped
 */
struct mux_channel {
	struct list_head node;
	struct mux_session *session;
	struct socket *sock;
	struct mux_worker tx;
	struct mux_worker rx;
	struct mux_outgoing out;
	struct mux_incoming in;
	struct mux_handshake *handshake;
	struct delayed_work timeout;
	struct mux_watch watch;

	bool timed_out;
	u16 number;
	bool numbered;
	enum vfio_mig_mux_channel_state state;
	struct mux_error error;
	bool tell;
	bool unborn;
	bool superseded;
	bool draining;
	bool bye_said;
	bool bye_heard;
	bool tx_done;
	bool rx_done;
	bool released;
	u64 bytes_sent;
	u64 bytes_received;
	u64 send_ns;
	struct mux_pace pace;
	u64 chunks;
	u64 zero_chunks;
	u64 resent;
	u64 hedged;
	u64 duplicates;
};

int mux_channel_create(struct mux_session *session, int fd, int number,
		       struct netlink_ext_ack *extack);
void mux_channel_reap(struct work_struct *work);
void mux_channel_cut(struct mux_channel *channel);
void mux_channel_stop(struct mux_channel *channel);
void mux_channel_destroy(struct mux_channel *channel);

bool mux_channel_carries(const struct mux_channel *channel);
bool mux_channel_is_live(const struct mux_channel *channel);
void mux_channel_live(struct mux_channel *channel);
void mux_channel_fail(struct mux_channel *channel,
		      const struct mux_error *error, bool tell);
void mux_channel_fail_session(struct mux_channel *channel,
			      const struct mux_error *error);
void mux_channel_fail_socket(struct mux_channel *channel,
			     enum vfio_mig_mux_direction direction, int err);
void mux_channel_displace(struct mux_channel *channel);
void mux_channel_supersede(struct mux_channel *channel);
bool mux_channel_is_failed(const struct mux_channel *channel);
bool mux_channel_is_over(const struct mux_channel *channel);
bool mux_channel_is_closed(const struct mux_channel *channel);
void mux_channel_begin_drain(struct mux_channel *channel);
int mux_channel_drain(struct mux_channel *channel,
		      struct netlink_ext_ack *extack);
void mux_channel_finish(struct mux_channel *channel, bool *done);
void mux_channel_leave(struct mux_channel *channel);
void mux_channel_stillborn(struct mux_channel *channel,
			   const struct mux_error *error);
void mux_channel_wake_all(struct mux_session *session);
bool mux_channel_all_closed(struct mux_session *session);

#endif /* _MUX_CHANNEL_H_ */
