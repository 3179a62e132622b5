// SPDX-License-Identifier: GPL-2.0
/*
 * Session: its life, from session-new to the last close of its fd, and the
 * one place that decides how it ends.
 *
 * Everything a session has is the owner's: memory, threads, files. The
 * session fd's release gives all of it back, whoever or whatever closed it.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>

#include "channel.h"
#include "device.h"
#include "hedge.h"
#include "limit.h"
#include "notify.h"
#include "pace.h"
#include "pause.h"
#include "session.h"
#include "source.h"
#include "trace.h"
#include "umem.h"
#include "watchdog.h"
#include "worker.h"

/* All sessions by id; an id is erased before its session fd is gone */
static DEFINE_XARRAY_ALLOC1(sessions);

/* Where to look for a free id: the last ones are not used again soon, as
 * somebody may still be told of them
 */
static u32 next_id;

struct workqueue_struct *mux_workqueue;

static void session_linger(struct work_struct *work)
{
	struct mux_session *session = container_of(to_delayed_work(work),
						   struct mux_session, linger);
	struct mux_channel *channel;

	mutex_lock(&session->config);
	list_for_each_entry(channel, &session->channels, node)
		mux_channel_cut(channel);
	mutex_unlock(&session->config);
}

/**
 * mux_session_create - make a session of the calling process
 * @params: what it is made of; checked by the caller
 * @net: network namespace it can be seen in
 *
 * Context: process context; may sleep.
 * Return: the session with one reference, for mux_session_file() or
 * mux_session_put(), or an ERR_PTR: %-ENOMEM, %-EBUSY out of ids.
 */
struct mux_session *mux_session_create(const struct mux_session_params *params,
				       struct net *net)
{
	struct mux_session *session;
	int ret;

	session = kzalloc(sizeof(*session), GFP_KERNEL_ACCOUNT);
	if (!session)
		return ERR_PTR(-ENOMEM);
	kref_init(&session->kref);
	session->role = params->role;
	session->uuid = params->uuid;
	session->chunk_size = params->chunk_size;
	session->channels_max = params->channels;
	session->features = params->features;
	session->resume_timeout = params->resume_timeout;
	session->channel_timeout = params->channel_timeout;
	session->net = get_net(net);
	session->mm = current->mm;
	mmgrab(session->mm);
	session->owner = task_tgid_nr(current);
	mutex_init(&session->config);
	skb_queue_head_init(&session->news);
	INIT_WORK(&session->tell, mux_notify_tell);
	spin_lock_init(&session->lock);
	INIT_LIST_HEAD(&session->channels);
	INIT_LIST_HEAD(&session->dead);
	INIT_WORK(&session->reap, mux_channel_reap);
	INIT_LIST_HEAD(&session->idle);
	init_waitqueue_head(&session->quiet);
	INIT_DELAYED_WORK(&session->linger, session_linger);
	mux_pause_init(session);
	mux_watchdog_init(session);
	mux_hedge_init(session);
	mux_pace_init(session);
	mux_limit_init(session, params->max_bandwidth);

	/* Only the number: nobody must find the session before its file. */
	ret = xa_alloc_cyclic(&sessions, &session->id, NULL, xa_limit_31b,
			      &next_id, GFP_KERNEL_ACCOUNT);
	if (ret < 0) {
		mux_session_put(session);
		return ERR_PTR(ret);
	}
	return session;
}

static void session_free(struct kref *kref)
{
	struct mux_session *session = container_of(kref, struct mux_session,
						   kref);
	u32 i;

	for (i = 0; i < session->nr_devices; i++)
		mux_device_destroy(session->devices[i]);
	put_net(session->net);
	mmdrop(session->mm);
	mutex_destroy(&session->config);
	kfree(session);
}

/**
 * mux_session_put - give a reference back
 * @session: the session; the last reference frees it
 *
 * Context: process context; may sleep.
 */
void mux_session_put(struct mux_session *session)
{
	kref_put(&session->kref, session_free);
}

/**
 * mux_session_discard - undo mux_session_create()
 * @session: a session that has got no file
 */
void mux_session_discard(struct mux_session *session)
{
	xa_erase(&sessions, session->id);
	mux_session_put(session);
}

/**
 * mux_session_find - look a session up
 * @id: its number
 * @net: network namespace of the caller
 *
 * Return: the session with a reference for mux_session_put(), or %NULL if
 * there is none of that number in that namespace.
 */
struct mux_session *mux_session_find(u32 id, struct net *net)
{
	struct mux_session *session;

	xa_lock(&sessions);
	session = xa_load(&sessions, id);
	if (session && net_eq(session->net, net))
		kref_get(&session->kref);
	else
		session = NULL;
	xa_unlock(&sessions);
	return session;
}

/**
 * mux_session_find_next - look the next session up
 * @id: number to begin with; set to the number of the session found
 * @net: network namespace of the caller
 *
 * Return: the session with a reference for mux_session_put(), or %NULL if
 * there is none left in that namespace.
 */
struct mux_session *mux_session_find_next(u32 *id, struct net *net)
{
	struct mux_session *session;
	unsigned long index = *id;

	xa_lock(&sessions);
	xa_for_each_start(&sessions, index, session, *id) {
		if (net_eq(session->net, net)) {
			kref_get(&session->kref);
			*id = index;
			break;
		}
	}
	xa_unlock(&sessions);
	return session;
}

/**
 * mux_session_lock - take a session's lock
 * @session: the session
 *
 * Context: process context.
 */
void mux_session_lock(struct mux_session *session)
	__acquires(&session->lock)
{
	spin_lock(&session->lock);
}

/**
 * mux_session_unlock - release a session's lock
 * @session: the session
 *
 * And wake the workers for whom there is something to do now.
 *
 * Context: process context.
 */
void mux_session_unlock(struct mux_session *session)
	__releases(&session->lock)
{
	struct task_struct *woken[MUX_WOKEN_MAX];
	u32 number = session->nr_woken;
	u32 i;

	memcpy(woken, session->woken, number * sizeof(*woken));
	session->nr_woken = 0;
	spin_unlock(&session->lock);

	for (i = 0; i < number; i++) {
		wake_up_process(woken[i]);
		put_task_struct(woken[i]);
	}
}

/**
 * mux_session_check_owner - whether the caller is a session's owner
 * @session: the session
 * @extack: told whose it is
 *
 * Context: process context.
 * Return: 0 or %-EPERM.
 */
int mux_session_check_owner(const struct mux_session *session,
			    struct netlink_ext_ack *extack)
{
	if (current->mm == session->mm)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "session %u belongs to process %d",
			   session->id, session->owner);
	return -EPERM;
}

/**
 * mux_session_lock_config - begin a change by the owner
 * @session: the session
 * @extack: told what is wrong
 *
 * Context: process context; sleeps for other changes, never for I/O.
 * Return: 0 with the config mutex held, which the caller releases, or without
 * it %-EPERM the caller is not the owner, %-ESHUTDOWN the session is over or
 * its fd closed, %-EINTR killed while waiting.
 */
int mux_session_lock_config(struct mux_session *session,
			    struct netlink_ext_ack *extack)
{
	int ret;

	ret = mux_session_check_owner(session, extack);
	if (ret)
		return ret;
	if (mutex_lock_killable(&session->config))
		return -EINTR;
	if (session->released || mux_session_over(session)) {
		NL_SET_ERR_MSG_FMT(extack, "session %u is over", session->id);
		mutex_unlock(&session->config);
		return -ESHUTDOWN;
	}
	return 0;
}

/* Slots of a destination that no window has: one for each channel, and one
 * that is all zero
 */
static u32 slots_apart(const struct mux_session *session)
{
	return session->channels_max + mux_session_has_zero(session);
}

static int seal_check(const struct mux_session *session,
		      struct netlink_ext_ack *extack)
{
	u32 needed;

	if (!session->umem) {
		NL_SET_ERR_MSG_FMT(extack, "session %u has no umem yet",
				   session->id);
		return -EINVAL;
	}
	if (!session->nr_devices) {
		NL_SET_ERR_MSG_FMT(extack, "session %u has no device yet",
				   session->id);
		return -EINVAL;
	}
	needed = mux_session_is_source(session) ? 1 :
		 slots_apart(session) + session->nr_devices;
	if (session->umem->nr_slots < needed) {
		NL_SET_ERR_MSG_FMT(extack, "umem has %u slots, at least %u are needed",
				   session->umem->nr_slots, needed);
		return -ENOSPC;
	}
	return 0;
}

/* Slots an unspecific device of the destination gets: an equal share of what
 * the channels, the zeroes and the specific devices leave.
 */
static int seal_share(const struct mux_session *session, u32 *share,
		      struct netlink_ext_ack *extack)
{
	u64 taken = slots_apart(session);
	u32 sharing = 0;
	u32 i;

	for (i = 0; i < session->nr_devices; i++) {
		taken += session->devices[i]->granted;
		sharing += !session->devices[i]->granted;
	}
	if (taken + sharing > session->umem->nr_slots) {
		NL_SET_ERR_MSG_FMT(extack, "windows and channels need %llu slots, the umem has %u",
				   taken + sharing, session->umem->nr_slots);
		return -ENOSPC;
	}
	if (sharing)
		*share = (session->umem->nr_slots - taken) / sharing;
	return 0;
}

/* Set the slot aside that is written into data_fds for chunks of zeroes. All
 * devices share it, for nobody changes it; each chunk that waits for its
 * turn is one more user of it, like of any slot.
 */
static void seal_zeroes(struct mux_session *session)
{
	struct mux_slot *zeroes;

	mux_session_lock(session);
	zeroes = mux_slot_get(session->umem);
	session->zeroes = zeroes;
	mux_session_unlock(session);
	/* There is no channel yet that could bring such a chunk. */
	mux_slot_clear(zeroes);
}

/**
 * mux_session_seal - make umem and devices final
 * @session: the session
 * @extack: told what is wrong
 *
 * Context: process context, under the config mutex; may sleep.
 * Return: 0, also if it was done before, %-EINVAL umem or devices are missing,
 * %-ENOSPC the umem is too small, %-ENOMEM.
 */
int mux_session_seal(struct mux_session *session,
		     struct netlink_ext_ack *extack)
{
	u32 share = session->umem ? session->umem->nr_slots : 0;
	u32 i;
	int ret;

	lockdep_assert_held(&session->config);
	if (session->sealed)
		return 0;
	ret = seal_check(session, extack);
	if (!ret && !mux_session_is_source(session))
		ret = seal_share(session, &share, extack);
	if (ret)
		return ret;
	for (i = 0; i < session->nr_devices; i++) {
		ret = mux_device_seal(session->devices[i], share, extack);
		if (ret)
			goto err_unseal;
	}

	if (mux_session_has_zero(session) && !mux_session_is_source(session))
		seal_zeroes(session);
	session->sealed = true;
	mux_session_lock(session);
	if (session->state == VFIO_MIG_MUX_SESSION_STATE_SETUP) {
		WRITE_ONCE(session->state,
			   VFIO_MIG_MUX_SESSION_STATE_CONNECTING);
		mux_notify_session(session);
	}
	mux_session_unlock(session);
	return 0;

err_unseal:
	while (i--)
		mux_device_unseal(session->devices[i]);
	return ret;
}

/**
 * mux_session_over - whether a session has ended, one way or another
 * @session: the session
 *
 * Context: any; the answer is final only when it is true.
 * Return: true if its state is final.
 */
bool mux_session_over(const struct mux_session *session)
{
	return READ_ONCE(session->state) >=
	       VFIO_MIG_MUX_SESSION_STATE_COMPLETED;
}

/* Workers in a driver have nothing to say good-bye to: out with them. Those
 * in a socket finish their frame so that ABORT or BYE can follow it.
 */
static void wake_for_the_end(struct mux_session *session)
{
	struct mux_channel *channel;
	u32 i;

	list_for_each_entry(channel, &session->channels, node) {
		if (channel->released)
			continue;
		if (channel->tx.in_driver ||
		    channel->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE) {
			mux_worker_interrupt(&channel->tx);
			mux_worker_interrupt(&channel->rx);
			/* It may wait for its turn instead of its socket. */
			mux_worker_wake(&channel->rx);
		}
	}
	mux_channel_wake_all(session);
	for (i = 0; i < session->nr_devices; i++) {
		struct mux_device *device = session->devices[i];

		if (mux_session_is_source(session))
			mux_source_end(device);
		else
			mux_worker_interrupt(&device->destination.loader);
	}
}

/**
 * mux_session_end_locked - end a session that is not over
 * @session: the session
 * @state: completed, failed or aborted
 * @error: why, unless completed
 *
 * Context: under the session's lock; otherwise as mux_session_end().
 */
void mux_session_end_locked(struct mux_session *session,
			    enum vfio_mig_mux_session_state state,
			    const struct mux_error *error)
{
	lockdep_assert_held(&session->lock);
	WRITE_ONCE(session->state, state);
	if (error)
		session->error = *error;
	mux_notify_session(session);
	wake_for_the_end(session);
	mod_delayed_work(mux_workqueue, &session->linger,
			 msecs_to_jiffies(MUX_LINGER_MS));
	trace_mux_session_end(session);
}

/**
 * mux_session_end - end a session, unless it has ended before
 * @session: the session
 * @state: completed, failed or aborted
 * @error: why, unless completed
 *
 * The one arbiter: of completion, failure and abort the first wins, and its
 * error is the session's. Workers then say good-bye on their channels on
 * their own; what has not managed to after MUX_LINGER_MS is cut off.
 *
 * Context: process context, not under the session's lock; may sleep.
 * Return: true if this call has ended the session.
 */
bool mux_session_end(struct mux_session *session,
		     enum vfio_mig_mux_session_state state,
		     const struct mux_error *error)
{
	bool ended;

	mux_session_lock(session);
	ended = !mux_session_over(session);
	if (ended)
		mux_session_end_locked(session, state, error);
	mux_session_unlock(session);
	return ended;
}

/**
 * mux_session_channel_live - a channel has come to life
 * @session: its session
 *
 * Context: under the session's lock.
 */
void mux_session_channel_live(struct mux_session *session)
{
	lockdep_assert_held(&session->lock);
	if (session->state != VFIO_MIG_MUX_SESSION_STATE_CONNECTING &&
	    session->state != VFIO_MIG_MUX_SESSION_STATE_PAUSED)
		return;
	mux_pause_end(session);
	WRITE_ONCE(session->state, VFIO_MIG_MUX_SESSION_STATE_ACTIVE);
	mux_notify_session(session);
}

/**
 * mux_session_owner_died - a worker has been killed, and so has its owner
 * @session: the session
 *
 * Context: the worker, on its way out; may sleep.
 */
void mux_session_owner_died(struct mux_session *session)
{
	struct mux_error error;

	mux_error_set(&error, -EOWNERDEAD, "the %s's agent (process %d) died",
		      mux_session_is_source(session) ? "source" : "destination",
		      session->owner);
	mux_session_end(session, VFIO_MIG_MUX_SESSION_STATE_FAILED, &error);
}

/**
 * mux_session_go_idle - have a worker wait for something to do
 * @session: its session
 * @worker: the calling worker, whose step must return false next
 *
 * Context: the worker, under the session's lock, where it has found nothing.
 */
void mux_session_go_idle(struct mux_session *session,
			 struct mux_worker *worker)
{
	lockdep_assert_held(&session->lock);
	list_add_tail(&worker->idle, &session->idle);
}

/**
 * mux_session_wake_one - there is something to do
 * @session: the session
 *
 * Wakes one idle worker. It wakes another if it finds more to do than it can
 * do itself, so that there are as many awake as there is work for.
 *
 * Context: under the session's lock.
 */
void mux_session_wake_one(struct mux_session *session)
{
	struct mux_worker *worker;

	lockdep_assert_held(&session->lock);
	worker = list_first_entry_or_null(&session->idle, struct mux_worker,
					  idle);
	if (!worker)
		return;
	list_del_init(&worker->idle);
	mux_worker_wake(worker);
}

/**
 * mux_session_wake_idle - there may be something for a certain worker to do
 * @session: the session
 *
 * Wakes all that are idle.
 *
 * Context: under the session's lock.
 */
void mux_session_wake_idle(struct mux_session *session)
{
	while (!list_empty(&session->idle))
		mux_session_wake_one(session);
}

static void session_stop_workers(struct mux_session *session)
{
	struct mux_channel *channel;
	u32 i;

	list_for_each_entry(channel, &session->channels, node)
		mux_channel_stop(channel);
	for (i = 0; i < session->nr_devices; i++)
		mux_device_stop(session->devices[i]);
}

static void session_give_back(struct mux_session *session)
{
	struct mux_channel *channel, *next;
	LIST_HEAD(channels);

	mux_session_lock(session);
	list_splice_init(&session->channels, &channels);
	mux_session_unlock(session);
	list_for_each_entry_safe(channel, next, &channels, node)
		mux_channel_destroy(channel);
}

/* The last close of the session fd, by the owner or by its death */
static int session_release(struct inode *inode, struct file *file)
{
	struct mux_session *session = file->private_data;
	struct mux_umem *umem;
	struct mux_error error;

	xa_erase(&sessions, session->id);
	mutex_lock(&session->config);
	session->released = true;
	mutex_unlock(&session->config);

	/* The last one to have the file may be a child that the owner left it to. */
	if (current->flags & PF_EXITING &&
	    task_tgid_nr(current) == session->owner) {
		/* Its workers are about to say so, or have said so already. */
		mux_session_owner_died(session);
	} else {
		mux_error_set(&error, -ECANCELED, "the %s's session was closed",
			      mux_session_is_source(session) ? "source" :
							       "destination");
		error.by_owner = true;
		mux_session_end(session, VFIO_MIG_MUX_SESSION_STATE_ABORTED,
				&error);
	}

	flush_work(&session->reap);
	wait_event_timeout(session->quiet, mux_channel_all_closed(session),
			   msecs_to_jiffies(MUX_LINGER_MS));
	mux_pause_stop(session);
	mux_watchdog_stop(session);
	mux_hedge_stop(session);
	mux_pace_stop(session);
	mux_limit_stop(session);
	cancel_delayed_work_sync(&session->linger);
	session_linger(&session->linger.work);
	session_stop_workers(session);
	flush_work(&session->tell);

	session_give_back(session);
	mux_session_lock(session);
	umem = session->umem;
	session->umem = NULL;
	session->zeroes = NULL;
	mux_session_unlock(session);
	if (umem)
		mux_umem_destroy(umem);
	mux_session_put(session);
	return 0;
}

static void session_show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct mux_session *session = file->private_data;

	seq_printf(seq, "vfio-mig-mux-session:\t%u\n", session->id);
}

static const struct file_operations session_fops = {
	.owner		= THIS_MODULE,
	.release	= session_release,
	.show_fdinfo	= session_show_fdinfo,
};

/**
 * mux_session_file - make the session's file
 * @session: a new session; its reference becomes the file's
 *
 * From now on the session can be found.
 *
 * Return: the file, whose last fput() ends the session, or an ERR_PTR, and
 * the reference stays with the caller.
 */
struct file *mux_session_file(struct mux_session *session)
{
	struct file *file;

	file = anon_inode_getfile("[vfio-mig-mux]", &session_fops, session,
				  O_RDWR);
	if (!IS_ERR(file))
		xa_store(&sessions, session->id, session, GFP_KERNEL_ACCOUNT);
	return file;
}

/**
 * mux_session_init - prepare for sessions
 *
 * Return: 0 or %-ENOMEM.
 */
int __init mux_session_init(void)
{
	mux_workqueue = alloc_workqueue("vfio_mig_mux", WQ_UNBOUND, 0);
	return mux_workqueue ? 0 : -ENOMEM;
}

/**
 * mux_session_exit - undo mux_session_init()
 *
 * There is no session left: each session fd holds the module.
 */
void mux_session_exit(void)
{
	destroy_workqueue(mux_workqueue);
	xa_destroy(&sessions);
}
