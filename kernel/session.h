/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Session: the devices and channels of one migration on one host.
 */
#ifndef _MUX_SESSION_H_
#define _MUX_SESSION_H_

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <uapi/linux/vfio_mig_mux.h>

#include "error.h"
#include "rate.h"

/* How long good-byes may take once a session or a channel is over */
#define MUX_LINGER_MS	500

struct mux_channel;
struct mux_device;
struct mux_slot;
struct mux_umem;
struct mux_worker;
struct task_struct;
struct net;
struct netlink_ext_ack;

/* Workers that are usually woken at a time, and some more */
#define MUX_WOKEN_MAX	4

/**
 * struct mux_session - one migration on one host
 * @kref: held by the session fd and by netlink calls under way
 * @id: number in netlink
 * @role: source or destination
 * @uuid: names the migration on both hosts
 * @chunk_size: bytes of a full chunk and of a slot
 * @channels_max: channels the session is made for
 * @features: enum vfio_mig_mux_feature, the same on both hosts
 * @resume_timeout: milliseconds it stays paused
 * @channel_timeout: milliseconds a channel may make no progress
 * @net: network namespace the session can be seen in
 * @mm: the owner's address space; grabbed, not gotten
 * @owner: the owner's process number
 * @config: serialises what the owner changes: umem, devices, the list of
 *	channels, and the release; taken before @lock, never held across I/O
 *	that can wait
 * @released: the session fd is closed; under @config
 * @sealed: there has been a channel: umem and devices are final; under @config
 * @reap: gives back channels, or what they held, that are of no use any more
 * @dead: channels for it to give back that are in no other list; under @config
 * @umem: the slots; set once under @config and @lock
 * @zeroes: a slot that is all zero, which the destination's loaders write for
 *	chunks of zeroes; %NULL without the feature; set once like @umem
 * @lock: protects all below, and slots, devices and channels; never held
 *	across I/O and never nested
 * @woken: workers to wake when @lock is released
 * @nr_woken: how many
 * @state: enum vfio_mig_mux_session_state
 * @error: why the session is over, unless it is complete
 * @devices: by number
 * @nr_devices: number of @devices
 * @devices_loaded: devices the destination has loaded entirely
 * @next_device: where to look for work first, so that all get their turn
 * @channels: all channels that have not been reaped
 * @channels_made: channels there ever were
 * @channels_live: channels that carry frames
 * @channels_lived: numbers of channels that have ever done so, as bits
 * @pause_error: why the last channel has gone, while paused
 * @paused_until: when it has been paused long enough, in jiffies
 * @resume: ends the pause
 * @watch: looks for channels that make no progress
 * @hedge: has idle workers look for chunks that are stuck
 * @rate: on the source, when the next chunk may be taken
 * @limit: has idle workers look again then
 * @probe: has workers that rest ask whether they still have to
 * @resent: chunks sent again because their channel had failed
 * @hedged: chunks sent twice because their channel was slow
 * @duplicates: copies of chunks received and dropped
 * @idle: sending workers with nothing to do, the longest idle first, so that
 *	all channels carry a share
 * @quiet: woken when a channel has come to its end
 * @news: notifications to be sent, in the order of what they tell
 * @tell: sends them
 * @linger: cuts off what has not said good-bye in time
 */
struct mux_session {
	struct kref kref;
	u32 id;
	enum vfio_mig_mux_role role;
	uuid_t uuid;
	u32 chunk_size;
	u32 channels_max;
	u32 features;
	u32 resume_timeout;
	u32 channel_timeout;
	struct net *net;
	struct mm_struct *mm;
	pid_t owner;

	struct mutex config; /* protects released, sealed and umem */
	bool released;
	bool sealed;
	struct work_struct reap;
	struct list_head dead;
	struct mux_umem *umem;
	struct mux_slot *zeroes;

	spinlock_t lock; /* protects all below */
	struct task_struct *woken[MUX_WOKEN_MAX];
	u32 nr_woken;
	enum vfio_mig_mux_session_state state;
	struct mux_error error;
	struct mux_device *devices[VFIO_MIG_MUX_DEVICES_MAX];
	u32 nr_devices;
	u32 devices_loaded;
	u32 next_device;
	struct list_head channels;
	u32 channels_made;
	u32 channels_live;
	u64 channels_lived;
	struct mux_error pause_error;
	unsigned long paused_until;
	struct delayed_work resume;
	struct delayed_work watch;
	struct delayed_work hedge;
	struct mux_rate rate;
	struct delayed_work limit;
	struct delayed_work probe;
	u64 resent;
	u64 hedged;
	u64 duplicates;
	struct list_head idle;
	wait_queue_head_t quiet;
	struct sk_buff_head news;
	struct work_struct tell;
	struct delayed_work linger;
};

/**
 * struct mux_session_params - what a session is made of
 * @role: source or destination
 * @uuid: names the migration
 * @chunk_size: bytes of a chunk, a power of two within the bounds
 * @channels: channels to expect
 * @features: features to agree on
 * @resume_timeout: milliseconds to stay paused
 * @channel_timeout: milliseconds a channel may make no progress
 * @max_bandwidth: bytes per second to send at most, 0 for no limit
 */
struct mux_session_params {
	enum vfio_mig_mux_role role;
	uuid_t uuid;
	u32 chunk_size;
	u32 channels;
	u32 features;
	u32 resume_timeout;
	u32 channel_timeout;
	u64 max_bandwidth;
};

/* For what has to be done later or from a context that cannot sleep */
extern struct workqueue_struct *mux_workqueue;

int mux_session_init(void);
void mux_session_exit(void);

struct mux_session *mux_session_create(const struct mux_session_params *params,
				       struct net *net);
void mux_session_discard(struct mux_session *session);
struct file *mux_session_file(struct mux_session *session);
struct mux_session *mux_session_find(u32 id, struct net *net);
struct mux_session *mux_session_find_next(u32 *id, struct net *net);
void mux_session_put(struct mux_session *session);

void mux_session_lock(struct mux_session *session);
void mux_session_unlock(struct mux_session *session);
int mux_session_check_owner(const struct mux_session *session,
			    struct netlink_ext_ack *extack);
int mux_session_lock_config(struct mux_session *session,
			    struct netlink_ext_ack *extack);
int mux_session_seal(struct mux_session *session,
		     struct netlink_ext_ack *extack);

bool mux_session_over(const struct mux_session *session);
bool mux_session_end(struct mux_session *session,
		     enum vfio_mig_mux_session_state state,
		     const struct mux_error *error);
void mux_session_end_locked(struct mux_session *session,
			    enum vfio_mig_mux_session_state state,
			    const struct mux_error *error);
void mux_session_channel_live(struct mux_session *session);
void mux_session_owner_died(struct mux_session *session);

void mux_session_go_idle(struct mux_session *session,
			 struct mux_worker *worker);
void mux_session_wake_one(struct mux_session *session);
void mux_session_wake_idle(struct mux_session *session);

static inline bool mux_session_is_source(const struct mux_session *session)
{
	return session->role == VFIO_MIG_MUX_ROLE_SOURCE;
}

static inline bool mux_session_has_checksum(const struct mux_session *session)
{
	return session->features & VFIO_MIG_MUX_FEATURE_CHECKSUM;
}

static inline bool mux_session_has_zero(const struct mux_session *session)
{
	return session->features & VFIO_MIG_MUX_FEATURE_ZERO;
}

static inline bool mux_session_has_trailer(const struct mux_session *session)
{
	return session->features & VFIO_MIG_MUX_FEATURE_TRAILER;
}

#endif /* _MUX_SESSION_H_ */
