// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data_fd of RESUMING: bytes arrive from userspace here and are checked by
 * stream.c as they come. Everything under the session's lock.
 *
 * Only at RESUMING to STOP is it known which bytes are the last. So as many as
 * an end marker has are held back, unjudged, until more come or that happens.
 */
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "sim.h"

#define SIM_LOAD_BOUNCE		SZ_64K	/* small enough to stay in the cache */

/**
 * struct sim_load - a session in RESUMING
 * @session: what it has in common with a save
 * @bounce: where bytes arrive, after those held back
 * @held: bytes held back, at the start of @bounce
 * @expected: what a raw stream must be; what a header promises otherwise
 * @known: it is known whether the stream is raw, &sim_session.stream is valid
 * @started: ->write was called
 * @finished: the verdict has been spoken
 * @wrong: a wrong byte was found
 */
struct sim_load {
	struct sim_session session;
	u8 *bounce;
	size_t held;
	struct sim_content expected;
	bool known;
	bool started;
	bool finished;
	bool wrong;
};

static struct sim_load *to_load(struct file *filp)
{
	return container_of((struct sim_session *)filp->private_data,
			    struct sim_load, session);
}

/**
 * sim_load_session - the part a load has in common with a save
 * @load: the load
 *
 * Return: the session.
 */
struct sim_session *sim_load_session(struct sim_load *load)
{
	return &load->session;
}

static void wrong_at(struct sim_load *load, u64 offset)
{
	struct sim_device *sim = load->session.sim;

	load->wrong = true;
	load->held = 0;
	sim_report_verdict(sim, SIM_VERDICT_CORRUPT, offset);
	sim_report_error(sim, -EINVAL, "write: wrong byte at %llu", offset);
}

/* Raw or not: the first byte tells, the header is needed if not. */
static bool learn_kind(struct sim_load *load, size_t have)
{
	struct sim_session *session = &load->session;
	bool described = sim_stream_may_describe(load->bounce[0]);
	unsigned int right;

	if (described) {
		if (have < SIM_STREAM_HEADER)
			return false;
		right = sim_stream_parse(load->bounce, &load->expected);
		if (right < SIM_STREAM_HEADER) {
			wrong_at(load, right);
			return false;
		}
	} else if (load->expected.size >= SIM_STREAM_DESCRIBED) {
		wrong_at(load, 0);
		return false;
	}
	sim_stream_init(&session->stream, &load->expected, described,
			session->memory);
	load->known = true;
	return true;
}

static u64 check(struct sim_load *load, u64 offset, const u8 *data, size_t len)
{
	struct sim_stream *stream = &load->session.stream;

	if (load->session.sim->config.verify == SIM_VERIFY_STAMP)
		return sim_stream_check_stamps(stream, offset, data, len);
	return sim_stream_check(stream, offset, data, len);
}

/* Judge the first bytes of bounce, but for those to be held back. */
static void judge(struct sim_load *load, size_t have)
{
	struct sim_session *session = &load->session;
	u64 start = session->pos - have;
	u64 end = session->pos, right;

	if (load->wrong)
		return;
	load->held = have;
	if (!load->known && !learn_kind(load, have))
		return;

	if (session->stream.described)
		end -= min_t(size_t, have, SIM_STREAM_MARKER);
	else
		end = min(end, load->expected.size);
	right = check(load, start, load->bounce, end - start);
	if (right < end) {
		wrong_at(load, right);
	} else if (session->stream.described) {
		load->held = session->pos - end;
		memmove(load->bounce, load->bounce + (end - start), load->held);
	} else {
		load->held = 0;
		if (end < session->pos)
			wrong_at(load, end);
	}
}

static ssize_t copy_in(struct sim_load *load, const char __user *buf, u64 len)
{
	struct sim_session *session = &load->session;
	const struct sim_config *config = &session->sim->config;
	u64 rate = READ_ONCE(config->write_rate);
	u8 *to = load->bounce + load->held;

	len = sim_session_until(session, len, READ_ONCE(config->fail_write_at));
	len = sim_session_until(session, len, READ_ONCE(config->hang_write_at));
	len = sim_session_until(session, len, READ_ONCE(config->write_zero_at));
	len = sim_session_slice(session, len, rate);
	len = min_t(u64, len, SIM_LOAD_BOUNCE);
	if (copy_from_user(to, buf, len))
		return -EFAULT;
	sim_session_account(session, to, len);
	sim_session_pay(session, len, rate);
	judge(load, load->held + len);
	return len;
}

static bool refused(const struct sim_load *load)
{
	return load->wrong &&
	       load->session.sim->config.refuse == SIM_REFUSE_EARLY;
}

/*
 * The next bytes of a call that has moved @done already. Returns how many, 0 if
 * the call shall return what it has, or a negative errno.
 */
static ssize_t write_on(struct sim_load *load, const char __user *buf,
			size_t len, size_t done)
{
	struct sim_session *session = &load->session;
	struct sim_device *sim = session->sim;
	const struct sim_config *config = &sim->config;

	for (;;) {
		int err;

		if (session->over)
			return -ENODEV;
		if (refused(load))
			return -EINVAL;
		if (session->pos == READ_ONCE(config->fail_write_at)) {
			err = -(int)READ_ONCE(config->fail_write_errno);
			sim_report_error(sim, err, "write: fail_write_at %llu",
					 session->pos);
			return err;
		}
		if (session->pos == READ_ONCE(config->write_zero_at))
			return 0;
		if (sim_session_hangs_at(session,
					 READ_ONCE(config->hang_write_at))) {
			if (done)
				return 0;
			err = sim_session_hang(session, &config->hang_write_at);
		} else if (!sim_session_is_due(session,
					       READ_ONCE(config->write_rate))) {
			err = sim_session_wait(session, session->due);
		} else {
			return copy_in(load, buf, len);
		}
		if (err)
			return err;
	}
}

static int before_first_write(struct sim_load *load)
{
	struct sim_session *session = &load->session;
	u64 delay_ms = session->sim->config.first_write_delay_ms;

	if (!load->started && delay_ms)
		sim_session_sleep_deaf(session, delay_ms);
	load->started = true;
	return session->over ? -ENODEV : 0;
}

static ssize_t sim_load_write(struct file *filp, const char __user *buf,
			      size_t len, loff_t *pos)
{
	struct sim_load *load = to_load(filp);
	struct sim_session *session = &load->session;
	const struct sim_config *config = &session->sim->config;
	size_t done = 0;
	int err;

	if (pos)
		return -ESPIPE;

	mutex_lock(&session->lock);
	session->calls++;
	err = before_first_write(load);
	if (!err)
		err = sim_session_sleep(session,
					READ_ONCE(config->write_latency_us));
	len = sim_session_share(session, len, config->write_max,
				config->write_jitter);
	while (!err && done < len) {
		ssize_t n = write_on(load, buf + done, len - done, done);

		if (n <= 0) {
			err = n;
			break;
		}
		done += n;
		if (done < len)
			sim_session_relax(session);
	}
	if (refused(load))
		err = -EINVAL;
	else if (done && !READ_ONCE(config->fail_partial))
		err = 0;
	sim_session_publish(session);
	mutex_unlock(&session->lock);
	return err ?: done;
}

static int sim_load_release(struct inode *inode, struct file *filp)
{
	struct sim_load *load = to_load(filp);

	sim_session_close(&load->session);
	kvfree(load->bounce);
	kfree(load);
	return 0;
}

static const struct file_operations sim_load_fops = {
	.owner = THIS_MODULE,
	.write = sim_load_write,
	.release = sim_load_release,
};

/**
 * sim_load_open - begin a load
 * @sim: the device, under its state lock
 *
 * Return: the load, which the data_fd owns; the caller holds one reference to
 * that, for sim_load_end() to drop. Or an ERR_PTR.
 */
struct sim_load *sim_load_open(struct sim_device *sim)
{
	struct sim_load *load;
	int err = -ENOMEM;

	load = kzalloc(sizeof(*load), GFP_KERNEL_ACCOUNT);
	if (!load)
		return ERR_PTR(-ENOMEM);
	load->bounce = kvmalloc(SIM_STREAM_MARKER + SIM_LOAD_BOUNCE,
				GFP_KERNEL_ACCOUNT);
	if (!load->bounce)
		goto free_load;
	load->expected = (struct sim_content) {
		.seed = sim->config.seed,
		.size = sim->config.state_size,
		.zero_shift = ilog2(SIM_STREAM_PAGE),
	};
	err = sim_session_open(&load->session, sim, &sim_load_fops, true);
	if (err)
		goto free_bounce;
	sim_report_verdict(sim, SIM_VERDICT_LOADING, 0);
	return load;

free_bounce:
	kvfree(load->bounce);
free_load:
	kfree(load);
	return ERR_PTR(err);
}

/*
 * The stream has ended without an end marker. Does it look like one that was
 * cut off? Then what was held back is generated bytes, and perhaps the part of
 * the end marker that is the same for all lengths.
 */
static bool is_cut_off(struct sim_load *load, u64 *wrong)
{
	struct sim_session *session = &load->session;
	u64 start = session->pos - load->held;
	u8 marker[SIM_STREAM_MARKER];
	size_t same;

	memcpy(marker, session->stream.marker, sizeof(marker));
	sim_stream_set_total(&session->stream, SIM_STREAM_UNKNOWN);
	*wrong = sim_stream_check(&session->stream, start, load->bounce,
				  load->held);
	same = *wrong - start;
	return same && !memcmp(load->bounce + same, marker,
			       min_t(size_t, load->held - same, 8));
}

static int verdict(struct sim_load *load, u64 *at)
{
	struct sim_session *session = &load->session;

	*at = session->pos;
	if (!load->known)
		return session->pos || load->expected.size ?
		       SIM_VERDICT_TRUNCATED : SIM_VERDICT_IDENTICAL;
	if (!session->stream.described)
		return session->pos < load->expected.size ?
		       SIM_VERDICT_TRUNCATED : SIM_VERDICT_IDENTICAL;
	if (session->pos < SIM_STREAM_DESCRIBED)
		return SIM_VERDICT_TRUNCATED;

	sim_stream_set_total(&session->stream, session->pos);
	if (!memcmp(load->bounce, session->stream.marker, SIM_STREAM_MARKER))
		return SIM_VERDICT_IDENTICAL;
	if (is_cut_off(load, at)) {
		*at = session->pos;
		return SIM_VERDICT_TRUNCATED;
	}
	return SIM_VERDICT_CORRUPT;
}

static void speak(struct sim_load *load, enum sim_verdict verdict, u64 at)
{
	struct sim_device *sim = load->session.sim;

	sim_report_verdict(sim, verdict, at);
	if (verdict != SIM_VERDICT_IDENTICAL)
		sim_report_error(sim, -EINVAL, "RESUMING to STOP: %s at %llu",
				 verdict == SIM_VERDICT_TRUNCATED ?
				 "truncated" : "corrupt", at);
}

/**
 * sim_load_finish - RESUMING to STOP: is what was written a whole state?
 * @load: the load
 * @content: set to what was loaded, if so
 *
 * Return: 0, or -EINVAL.
 */
int sim_load_finish(struct sim_load *load, struct sim_content *content)
{
	struct sim_session *session = &load->session;
	int result = SIM_VERDICT_CORRUPT;
	u64 at;

	mutex_lock(&session->lock);
	load->finished = true;
	if (!load->wrong) {
		result = verdict(load, &at);
		speak(load, result, at);
	}
	if (result == SIM_VERDICT_IDENTICAL) {
		*content = load->expected;
		content->size = session->pos;
	}
	mutex_unlock(&session->lock);
	return result == SIM_VERDICT_IDENTICAL ? 0 : -EINVAL;
}

/**
 * sim_load_end - the device leaves RESUMING
 * @load: the load, not to be used by the caller any more
 */
void sim_load_end(struct sim_load *load)
{
	struct sim_session *session = &load->session;

	mutex_lock(&session->lock);
	if (!load->finished && !load->wrong)
		sim_report_verdict(session->sim, SIM_VERDICT_ABORTED,
				   session->pos);
	mutex_unlock(&session->lock);
	sim_session_end(session);
}
