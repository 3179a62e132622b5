// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a save and a load have in common: the data_fd and its life, waiting,
 * pacing, faults that concern time. Called by save.c and load.c with the
 * session's lock held; migration.c ends sessions, knobs.c wakes them.
 */
#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "sim.h"

#define SIM_SLICE_MAX	SZ_1M	/* most bytes in one go with the lock held */
#define SIM_BURST_MS	10	/* how much a rate may be caught up with */

/**
 * sim_session_open - make a session and its data_fd
 * @session: zeroed memory in a larger structure, freed by @fops' release
 * @sim: the device, under its state lock
 * @fops: of the data_fd; its private data is @session
 * @loading: data_fd is written, not read
 *
 * Return: 0, with a file reference in @session->filp, or a negative errno, then
 * @session is the caller's to free.
 */
int sim_session_open(struct sim_session *session, struct sim_device *sim,
		     const struct file_operations *fops, bool loading)
{
	struct file *filp;

	session->memory = kvmalloc(SIM_STREAM_MEMORY, GFP_KERNEL_ACCOUNT);
	if (!session->memory)
		return -ENOMEM;
	session->sim = sim;
	session->loading = loading;
	session->due = ktime_get();
	mutex_init(&session->lock);
	sim_digest_init(&session->digest);

	filp = anon_inode_getfile("vfio_mig_sim", fops, session,
				  loading ? O_WRONLY : O_RDONLY);
	if (IS_ERR(filp)) {
		mutex_destroy(&session->lock);
		kvfree(session->memory);
		return PTR_ERR(filp);
	}
	stream_open(filp->f_inode, filp);
	session->filp = filp;
	get_device(&sim->dev);
	sim_report_begin(sim);
	return 0;
}

/**
 * sim_session_close - data_fd is released: undo sim_session_open()
 * @session: the session; the structure it is in is the caller's to free
 */
void sim_session_close(struct sim_session *session)
{
	mutex_destroy(&session->lock);
	kvfree(session->memory);
	put_device(&session->sim->dev);
}

/**
 * sim_session_end - the device leaves the session's states
 * @session: the session; its device's reference to data_fd is dropped, so it
 *	may be gone afterwards
 */
void sim_session_end(struct sim_session *session)
{
	mutex_lock(&session->lock);
	session->over = true;
	mutex_unlock(&session->lock);
	sim_session_kick(session);
	fput(session->filp);
}

/**
 * sim_session_kick - something changed that someone may be waiting for
 * @session: the session, kept alive by the caller
 */
void sim_session_kick(struct sim_session *session)
{
	atomic_inc(&session->events);
	wake_up_all(&session->sim->wait);
}

/**
 * sim_session_publish - let sysfs know how far the session is
 * @session: the session
 */
void sim_session_publish(struct sim_session *session)
{
	lockdep_assert_held(&session->lock);
	/* The next session's figures must not be overwritten. */
	if (session->over)
		return;
	sim_report_progress(session->sim,
			    session->loading ? 0 : session->calls,
			    session->loading ? session->calls : 0,
			    session->pos,
			    sim_digest_value(&session->digest, session->pos));
}

/**
 * sim_session_wait - let go of the lock and wait
 * @session: the session
 * @until: no longer than until then; KTIME_MAX for ever
 *
 * Whatever was found out under the lock must be looked at again afterwards.
 *
 * Return: 0 when the time has come or something has changed, -ERESTARTSYS after
 * a signal, -ENODEV if the session is over.
 */
int sim_session_wait(struct sim_session *session, ktime_t until)
{
	int seen = atomic_read(&session->events);
	ktime_t left = until;
	int err = 0;

	if (session->over)
		return -ENODEV;
	sim_session_publish(session);
	if (until != KTIME_MAX)
		left = ktime_sub(until, ktime_get());
	mutex_unlock(&session->lock);
	if (left > 0)
		err = wait_event_interruptible_hrtimeout(session->sim->wait,
							 atomic_read(&session->events) != seen,
							 left);
	mutex_lock(&session->lock);
	if (session->over)
		return -ENODEV;
	return err == -ERESTARTSYS ? err : 0;
}

/**
 * sim_session_sleep - spend time, like an I/O would, interruptibly
 * @session: the session
 * @usecs: how much
 *
 * Return: as sim_session_wait().
 */
int sim_session_sleep(struct sim_session *session, u64 usecs)
{
	ktime_t until = ktime_add_us(ktime_get(), usecs);

	while (usecs && ktime_before(ktime_get(), until)) {
		int err = sim_session_wait(session, until);

		if (err)
			return err;
	}
	return 0;
}

/**
 * sim_session_sleep_deaf - spend time like a driver that waits for firmware: no
 *	signal shortens it
 * @session: the session, which may be over afterwards
 * @msecs: how much
 */
void sim_session_sleep_deaf(struct sim_session *session, u64 msecs)
{
	sim_session_publish(session);
	mutex_unlock(&session->lock);
	msleep(msecs);
	mutex_lock(&session->lock);
}

/**
 * sim_session_hangs_at - is this where to hang?
 * @session: the session
 * @where: value of the knob
 *
 * Return: true if so.
 */
bool sim_session_hangs_at(const struct sim_session *session, u64 where)
{
	return session->pos == where && !session->hung;
}

/**
 * sim_session_hang - hang, at an offset that a knob says
 * @session: the session
 * @where: the knob; hanging ends when it is changed
 *
 * Return: as sim_session_wait().
 */
int sim_session_hang(struct sim_session *session, const u64 *where)
{
	u64 msecs = READ_ONCE(session->sim->config.hang_uninterruptible_ms);

	if (msecs) {
		session->hung = true;
		sim_session_sleep_deaf(session, msecs);
		return session->over ? -ENODEV : 0;
	}

	while (session->pos == READ_ONCE(*where)) {
		int err = sim_session_wait(session, KTIME_MAX);

		if (err)
			return err;
	}
	return 0;
}

/**
 * sim_session_share - how much of what is asked for a call shall move
 * @session: the session
 * @len: what is asked for
 * @max: limit, or 0
 * @jitter: seed of random lengths, or 0
 *
 * Return: 1 to @len, 0 if @len is.
 */
size_t sim_session_share(const struct sim_session *session, size_t len,
			 u64 max, u64 jitter)
{
	if (max)
		len = min_t(u64, len, max);
	if (jitter && len)
		len = 1 + (u32)hash_64(jitter + session->calls, 32) % len;
	return len;
}

/**
 * sim_session_until - how much to move before an offset where something else is
 *	to happen
 * @session: the session
 * @len: what there is to move
 * @event: the offset; without effect if it is not ahead
 *
 * Return: the amount, less than or equal to @len.
 */
u64 sim_session_until(const struct sim_session *session, u64 len, u64 event)
{
	return event > session->pos ? min(len, event - session->pos) : len;
}

/**
 * sim_session_slice - how much to move before looking around again
 * @session: the session
 * @len: what there is to move
 * @rate: bytes per second, or 0
 *
 * Return: the amount, less than or equal to @len.
 */
size_t sim_session_slice(const struct sim_session *session, size_t len,
			 u64 rate)
{
	u64 slice = SIM_SLICE_MAX;

	if (rate)
		slice = clamp(div_u64(rate, MSEC_PER_SEC / SIM_BURST_MS),
			      1, SIM_SLICE_MAX);
	return min_t(u64, len, slice);
}

/**
 * sim_session_pay - put off what comes next, as the rate demands
 * @session: the session
 * @len: how much was moved
 * @rate: bytes per second, or 0
 */
void sim_session_pay(struct sim_session *session, size_t len, u64 rate)
{
	ktime_t earliest;

	if (!rate)
		return;
	earliest = ktime_sub(ktime_get(), ms_to_ktime(SIM_BURST_MS));
	if (ktime_before(session->due, earliest))
		session->due = earliest;
	/* len is a slice, the product does not overflow */
	session->due = ktime_add_ns(session->due,
				    div64_u64((u64)len * NSEC_PER_SEC, rate));
}

/**
 * sim_session_is_due - has what was paid for come?
 * @session: the session
 * @rate: bytes per second, or 0
 *
 * Return: true if more may be moved now, at this rate.
 */
bool sim_session_is_due(const struct sim_session *session, u64 rate)
{
	return !rate || !ktime_before(ktime_get(), session->due);
}

/**
 * sim_session_account - bytes were moved
 * @session: the session
 * @data: the bytes
 * @len: how many
 */
void sim_session_account(struct sim_session *session, const u8 *data,
			 size_t len)
{
	if (session->sim->config.verify == SIM_VERIFY_STAMP)
		sim_digest_add_stamps(&session->digest, session->pos, data, len);
	else
		sim_digest_add(&session->digest, data, len);
	session->pos += len;
}

/**
 * sim_session_relax - in a long call, let others at the lock and the processor
 * @session: the session, which may be over afterwards
 */
void sim_session_relax(struct sim_session *session)
{
	mutex_unlock(&session->lock);
	cond_resched();
	mutex_lock(&session->lock);
}
