// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data_fd of the saving group of states: the bytes of stream.c leave for
 * userspace here, in the manner of whichever driver the knobs describe.
 * Everything under the session's lock.
 */
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/precopy_info.h"
#include "sim.h"

/**
 * struct sim_save - a session in PRE_COPY, PRE_COPY_P2P or STOP_COPY
 * @session: what it has in common with a load
 * @stop_copy: the device does not change any more, the total is known
 * @ready_at: in STOP_COPY, nothing can be read before
 * @may_reinit: there may be initial data anew, and has not been yet
 * @initial: where in the stream the latest initial data ends
 * @renewed: bytes by which initial data that came anew, with all that was dirty
 *	before, has lengthened the stream
 * @dirtied: bytes added since by a device that runs
 * @dirtied_until: time up to which @dirtied has been counted
 * @poll_timer: wakes those in ->poll when what they wait for is a matter of time
 */
struct sim_save {
	struct sim_session session;
	bool stop_copy;
	ktime_t ready_at;
	bool may_reinit;
	u64 initial;
	u64 renewed;
	u64 dirtied;
	ktime_t dirtied_until;
	struct timer_list poll_timer;
};

static struct sim_save *to_save(struct file *filp)
{
	return container_of((struct sim_session *)filp->private_data,
			    struct sim_save, session);
}

/**
 * sim_save_session - the part a save has in common with a load
 * @save: the save
 *
 * Return: the session.
 */
struct sim_session *sim_save_session(struct sim_save *save)
{
	return &save->session;
}

/* What is dirty and not read is at most all there is. */
static void count_dirtied(struct sim_save *save)
{
	struct sim_session *session = &save->session;
	u64 rate = READ_ONCE(session->sim->config.pre_copy_dirty_rate);
	const struct sim_content *content = &session->stream.content;
	ktime_t now = ktime_get();
	u64 read = 0, more;

	if (save->stop_copy || !session->stream.described)
		return;
	more = mul_u64_u64_div_u64(rate, ktime_sub(now, save->dirtied_until),
				   NSEC_PER_SEC);
	/* What is less than a byte stays on the clock. */
	if (!more && rate)
		return;
	save->dirtied_until = now;
	if (session->pos > save->initial)
		read = session->pos - save->initial;
	save->dirtied = min(save->dirtied + more, read + content->size);
}

/* How many bytes there are now. If none, when to look again. */
static u64 readable(struct sim_save *save, ktime_t *again)
{
	struct sim_session *session = &save->session;
	ktime_t now = ktime_get();
	u64 bytes, rate;

	*again = KTIME_MAX;
	if (save->stop_copy) {
		if (ktime_before(now, save->ready_at)) {
			*again = save->ready_at;
			return 0;
		}
		return session->stream.total - session->pos;
	}

	count_dirtied(save);
	bytes = save->initial + save->dirtied - session->pos;
	rate = READ_ONCE(session->sim->config.pre_copy_dirty_rate);
	if (!bytes && rate)
		*again = ktime_add_ns(now, max_t(u64, NSEC_PER_MSEC,
						 div64_u64(NSEC_PER_SEC, rate)));
	return bytes;
}

static bool at_end(const struct sim_save *save)
{
	return save->stop_copy &&
	       save->session.pos == save->session.stream.total;
}

static ssize_t copy_out(struct sim_save *save, char __user *buf, u64 len)
{
	struct sim_session *session = &save->session;
	const struct sim_config *config = &session->sim->config;
	u64 corrupt_at = READ_ONCE(config->corrupt_at);
	u64 rate = READ_ONCE(config->read_rate);
	size_t moved = 0;

	len = sim_session_until(session, len, READ_ONCE(config->fail_read_at));
	len = sim_session_until(session, len, READ_ONCE(config->hang_read_at));
	len = sim_session_slice(session, len, rate);
	while (moved < len) {
		size_t piece = sim_session_until(session, len - moved, corrupt_at);
		const u8 *from = sim_stream_at(&session->stream, session->pos,
					       &piece);
		u8 flipped;

		if (session->pos == corrupt_at) {
			flipped = *from ^ 1;
			from = &flipped;
			piece = 1;
		}
		if (copy_to_user(buf + moved, from, piece)) {
			if (!moved)
				return -EFAULT;
			break;
		}
		sim_session_account(session, from, piece);
		moved += piece;
	}
	sim_session_pay(session, moved, rate);
	return moved;
}

/*
 * There is nothing to read and it is not the end. Returns what ->read shall
 * return (0: nothing, or what it has), or 1 to wait.
 */
static int nothing_yet(struct sim_save *save, bool nonblock)
{
	struct sim_device *sim = save->session.sim;
	const struct sim_config *config = &sim->config;

	if (save->stop_copy) {
		if (config->early_stop_copy_error) {
			sim_report_error(sim, -EINVAL,
					 "read: STOP_COPY is not ready");
			return -EINVAL;
		}
		return nonblock && config->blocking == SIM_BLOCKING_MLX5 ?
		       -EAGAIN : 1;
	}
	switch (config->pre_copy_drained) {
	case SIM_DRAINED_ENOMSG:
		return -ENOMSG;
	case SIM_DRAINED_ZERO:
		return 0;
	default:
		return nonblock && config->blocking != SIM_BLOCKING_XE ?
		       -EAGAIN : 1;
	}
}

static bool fills(const struct sim_config *config)
{
	return config->fill || config->blocking == SIM_BLOCKING_XE;
}

/*
 * The next bytes of a call that has got @done already. Returns how many, 0 if
 * the call shall return what it has, or a negative errno.
 */
static ssize_t read_on(struct sim_save *save, char __user *buf, size_t len,
		       bool nonblock, size_t done)
{
	struct sim_session *session = &save->session;
	struct sim_device *sim = session->sim;
	const struct sim_config *config = &sim->config;

	for (;;) {
		bool may_stop = done && !fills(config);
		ktime_t again;
		u64 bytes;
		int err;

		if (session->over)
			return -ENODEV;
		if (session->pos == READ_ONCE(config->fail_read_at)) {
			err = -(int)READ_ONCE(config->fail_read_errno);
			sim_report_error(sim, err, "read: fail_read_at %llu",
					 session->pos);
			return err;
		}
		if (sim_session_hangs_at(session,
					 READ_ONCE(config->hang_read_at))) {
			if (may_stop)
				return 0;
			err = sim_session_hang(session, &config->hang_read_at);
			if (err)
				return err;
			continue;
		}
		if (at_end(save))
			return 0;

		bytes = readable(save, &again);
		if (!bytes) {
			err = nothing_yet(save, nonblock);
			if (err <= 0)
				return err;
			if (may_stop)
				return 0;
		} else if (!sim_session_is_due(session,
					       READ_ONCE(config->read_rate))) {
			again = session->due;
			if (config->blocking == SIM_BLOCKING_MLX5) {
				if (may_stop)
					return 0;
				if (nonblock)
					return -EAGAIN;
			}
		} else {
			return copy_out(save, buf, min_t(u64, len, bytes));
		}
		err = sim_session_wait(session, again);
		if (err)
			return err;
	}
}

static ssize_t sim_save_read(struct file *filp, char __user *buf, size_t len,
			     loff_t *pos)
{
	struct sim_save *save = to_save(filp);
	struct sim_session *session = &save->session;
	const struct sim_config *config = &session->sim->config;
	bool nonblock = filp->f_flags & O_NONBLOCK;
	size_t done = 0;
	int err;

	if (pos)
		return -ESPIPE;

	mutex_lock(&session->lock);
	session->calls++;
	err = sim_session_sleep(session, READ_ONCE(config->read_latency_us));
	if (!fills(config))
		len = sim_session_share(session, len, config->read_max,
					config->read_jitter);
	while (!err && done < len) {
		ssize_t n = read_on(save, buf + done, len - done, nonblock,
				    done);

		if (n <= 0) {
			err = n;
			break;
		}
		done += n;
		if (done < len)
			sim_session_relax(session);
	}
	sim_session_publish(session);
	mutex_unlock(&session->lock);

	/* Nothing to read is no failure; other errors may lose bytes. */
	if (done && (err == -ENOMSG || err == -EAGAIN ||
		     !READ_ONCE(config->fail_partial)))
		err = 0;
	return err ?: done;
}

static void sim_save_poll_timer(struct timer_list *timer)
{
	struct sim_save *save = container_of(timer, struct sim_save, poll_timer);

	wake_up_all(&save->session.sim->wait);
}

static void wake_later(struct sim_save *save, ktime_t when)
{
	s64 left = ktime_sub(when, ktime_get());

	if (when != KTIME_MAX)
		mod_timer(&save->poll_timer,
			  jiffies + 1 + nsecs_to_jiffies(max(left, 0)));
}

static __poll_t sim_save_poll(struct file *filp, struct poll_table_struct *wait)
{
	struct sim_save *save = to_save(filp);
	struct sim_session *session = &save->session;
	__poll_t mask = 0;
	ktime_t again;

	poll_wait(filp, &session->sim->wait, wait);

	mutex_lock(&session->lock);
	if (session->over) {
		mask = EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	} else if (at_end(save)) {
		mask = EPOLLIN | EPOLLRDNORM;
	} else {
		u64 rate = READ_ONCE(session->sim->config.read_rate);
		u64 bytes = readable(save, &again);

		if (bytes && sim_session_is_due(session, rate))
			mask = EPOLLIN | EPOLLRDNORM;
		else
			wake_later(save, bytes ? session->due : again);
	}
	mutex_unlock(&session->lock);
	return mask;
}

/* What was dirty so far is initial data now, and as much again as there was. */
static bool reinit(struct sim_save *save)
{
	const struct sim_config *config = &save->session.sim->config;
	u64 more = save->dirtied + config->pre_copy_initial;

	if (!save->may_reinit ||
	    save->session.pos < READ_ONCE(config->pre_copy_reinit))
		return false;
	save->may_reinit = false;
	save->initial += more;
	save->renewed += more;
	save->dirtied = 0;
	return true;
}

static int get_precopy_info(struct sim_save *save,
			    struct vfio_precopy_info *info)
{
	struct sim_session *session = &save->session;
	u64 pos = session->pos;

	if (session->over)
		return -ENODEV;
	if (save->stop_copy)
		return -EINVAL;

	count_dirtied(save);
	info->flags = reinit(save) ? VFIO_PRECOPY_INFO_REINIT : 0;
	info->initial_bytes = save->initial - min(pos, save->initial);
	info->dirty_bytes = save->initial + save->dirtied - pos -
			    info->initial_bytes;
	return 0;
}

static long sim_save_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	size_t minsz = offsetofend(struct vfio_precopy_info, dirty_bytes);
	struct vfio_precopy_info __user *user = (void __user *)arg;
	struct sim_save *save = to_save(filp);
	struct vfio_precopy_info info = {};
	int err;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, user, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	mutex_lock(&save->session.lock);
	err = get_precopy_info(save, &info);
	mutex_unlock(&save->session.lock);
	if (err)
		return err;
	/* Whoever waits for more */
	if (info.flags)
		sim_session_kick(&save->session);
	return copy_to_user(user, &info, minsz) ? -EFAULT : 0;
}

static int sim_save_release(struct inode *inode, struct file *filp)
{
	struct sim_save *save = to_save(filp);

	timer_shutdown_sync(&save->poll_timer);
	sim_session_close(&save->session);
	kfree(save);
	return 0;
}

/* What a driver does not have must be absent, not merely fail. */
#define SAVE_FOPS(...) {						\
	.owner = THIS_MODULE,						\
	.read = sim_save_read,						\
	.release = sim_save_release,					\
	__VA_ARGS__							\
}

#define SAVE_IOCTL							\
	.unlocked_ioctl = sim_save_ioctl,				\
	.compat_ioctl = compat_ptr_ioctl

static const struct file_operations sim_save_fops[2][2] = {
	/* [poll][pre_copy] */
	{ SAVE_FOPS(), SAVE_FOPS(SAVE_IOCTL) },
	{ SAVE_FOPS(.poll = sim_save_poll),
	  SAVE_FOPS(.poll = sim_save_poll, SAVE_IOCTL) },
};

/**
 * sim_save_stop_copy - the device has stopped, what is to be read is final
 * @save: the save
 */
void sim_save_stop_copy(struct sim_save *save)
{
	struct sim_session *session = &save->session;
	u64 ready_ms = session->sim->config.stop_copy_ready_ms;

	mutex_lock(&session->lock);
	count_dirtied(save);
	save->stop_copy = true;
	save->ready_at = ktime_add_ms(ktime_get(), ready_ms);
	sim_stream_set_total(&session->stream,
			     session->stream.content.size + save->renewed +
			     save->dirtied);
	mutex_unlock(&session->lock);
	sim_session_kick(session);
}

/**
 * sim_save_open - begin a save
 * @sim: the device, under its state lock
 * @stop_copy: in STOP_COPY, not in PRE_COPY
 *
 * Return: the save, which the data_fd owns; the caller holds one reference to
 * that, for sim_save_end() to drop. Or an ERR_PTR.
 */
struct sim_save *sim_save_open(struct sim_device *sim, bool stop_copy)
{
	const struct sim_content *content = &sim->content;
	bool described = content->size >= SIM_STREAM_DESCRIBED;
	bool pre_copy = sim_migration_flags(sim) & VFIO_MIGRATION_PRE_COPY;
	struct sim_save *save;
	int err;

	save = kzalloc(sizeof(*save), GFP_KERNEL_ACCOUNT);
	if (!save)
		return ERR_PTR(-ENOMEM);
	/* The end marker is for STOP_COPY, only then is the total known. */
	save->initial = min(sim->config.pre_copy_initial, content->size -
			    (described ? SIM_STREAM_MARKER : 0));
	save->may_reinit = described && sim->reads_precopy_flags;
	save->dirtied_until = ktime_get();
	timer_setup(&save->poll_timer, sim_save_poll_timer, 0);

	err = sim_session_open(&save->session, sim,
			       &sim_save_fops[sim->config.poll][pre_copy],
			       false);
	if (err) {
		kfree(save);
		return ERR_PTR(err);
	}
	sim_stream_init(&save->session.stream, content, described,
			save->session.memory);
	if (stop_copy)
		sim_save_stop_copy(save);
	return save;
}

/**
 * sim_save_count - a knob is about to change: what was dirtied until now was
 *	dirtied at the rate until now
 * @save: the save
 */
void sim_save_count(struct sim_save *save)
{
	mutex_lock(&save->session.lock);
	count_dirtied(save);
	mutex_unlock(&save->session.lock);
}

/**
 * sim_save_remaining - estimate what is to be read
 * @save: the save
 *
 * Return: bytes.
 */
u64 sim_save_remaining(struct sim_save *save)
{
	struct sim_session *session = &save->session;
	u64 bytes;

	mutex_lock(&session->lock);
	count_dirtied(save);
	bytes = session->stream.content.size + save->renewed + save->dirtied -
		session->pos;
	mutex_unlock(&session->lock);
	return bytes;
}

/**
 * sim_save_end - the device leaves the saving group of states
 * @save: the save, not to be used by the caller any more
 */
void sim_save_end(struct sim_save *save)
{
	sim_session_end(&save->session);
}
