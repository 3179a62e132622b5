// SPDX-License-Identifier: GPL-2.0-only
/*
 * The knobs of a device: one table says what each is called, what it takes and
 * when. Serves sysfs and the KEY=VALUE words of new_device, both under the
 * device's state lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "compat/precopy_info.h"
#include "sim.h"

#define SIM_RATE_MAX		BIT_ULL(40)
#define SIM_MS_MAX		60000
#define SIM_US_MAX		10000000

enum sim_knob_kind {
	SIM_NUMBER,
	SIM_SEED,	/* a number of 64 bits, shown in hexadecimal */
	SIM_POWER_OF_2,
	SIM_OFFSET,	/* a number, or none */
	SIM_WORD,	/* one of a list */
	SIM_ERRNO,
	SIM_ARC,
};

enum sim_knob_when {
	SIM_ANY,	/* at any time */
	SIM_IDLE,	/* while there is no migration session */
	SIM_STATE,	/* the same, and the device's state is made anew */
	SIM_CLOSED,	/* while the device is not open */
};

/**
 * struct sim_knob - a knob
 * @attr: its sysfs file
 * @kind: what it takes
 * @when: when it may be written
 * @offset: where it is in &struct sim_config
 * @min: least number
 * @max: greatest number
 * @initial: its value in a new device
 * @words: for SIM_WORD, ends with NULL; the value is the index
 */
struct sim_knob {
	struct device_attribute attr;
	enum sim_knob_kind kind;
	enum sim_knob_when when;
	size_t offset;
	u64 min;
	u64 max;
	u64 initial;
	const char *const *words;
};

static ssize_t knob_show(struct device *dev, struct device_attribute *attr,
			 char *buf);
static ssize_t knob_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count);

static const char *const drained_words[] = {
	[SIM_DRAINED_ENOMSG] = "enomsg",
	[SIM_DRAINED_ZERO] = "zero",
	[SIM_DRAINED_BLOCK] = "block",
	NULL
};

static const char *const blocking_words[] = {
	[SIM_BLOCKING_NONE] = "none",
	[SIM_BLOCKING_MLX5] = "mlx5",
	[SIM_BLOCKING_XE] = "xe",
	NULL
};

static const char *const verify_words[] = {
	[SIM_VERIFY_FULL] = "full",
	[SIM_VERIFY_STAMP] = "stamp",
	NULL
};

static const char *const refuse_words[] = {
	[SIM_REFUSE_EARLY] = "early",
	[SIM_REFUSE_LATE] = "late",
	NULL
};

#define KNOB(_name, _kind, _when, ...) {				\
	.attr = {							\
		.attr = { .name = #_name, .mode = 0644 },		\
		.show = knob_show,					\
		.store = knob_store,					\
	},								\
	.kind = _kind,							\
	.when = _when,							\
	.offset = offsetof(struct sim_config, _name),			\
	__VA_ARGS__							\
}

#define NUMBER(_name, _when, _max, _initial)				\
	KNOB(_name, SIM_NUMBER, _when, .max = _max, .initial = _initial)
#define SWITCH(_name, _when, _initial) NUMBER(_name, _when, 1, _initial)
#define SEED(_name, _when, _initial)					\
	KNOB(_name, SIM_SEED, _when, .max = U64_MAX, .initial = _initial)
#define OFFSET(_name)							\
	KNOB(_name, SIM_OFFSET, SIM_ANY, .max = U64_MAX - 1,		\
	     .initial = SIM_NOWHERE)
#define WORD(_name, _words, _initial)					\
	KNOB(_name, SIM_WORD, SIM_IDLE, .words = _words, .initial = _initial)

static struct sim_knob sim_knobs[] = {
	NUMBER(state_size, SIM_STATE, SIM_STREAM_MAX, SZ_1M),
	SEED(seed, SIM_STATE, 1),
	NUMBER(zero_percent, SIM_STATE, 100, 0),
	KNOB(zero_run, SIM_POWER_OF_2, SIM_STATE,
	     .min = SIM_STREAM_PAGE, .max = SZ_64M, .initial = SIM_STREAM_PAGE),

	SWITCH(p2p, SIM_CLOSED, 1),
	SWITCH(pre_copy, SIM_CLOSED, 1),
	NUMBER(transition_delay_ms, SIM_ANY, SIM_MS_MAX, 0),
	KNOB(fail_transition, SIM_ARC, SIM_ANY),

	NUMBER(pre_copy_initial, SIM_IDLE, SIM_STREAM_MAX, SZ_64K),
	NUMBER(pre_copy_dirty_rate, SIM_ANY, SIM_RATE_MAX, 0),
	WORD(pre_copy_drained, drained_words, SIM_DRAINED_ENOMSG),
	SIM_REINIT_KNOB

	NUMBER(read_max, SIM_IDLE, SZ_1G, 0),
	NUMBER(write_max, SIM_IDLE, SZ_1G, 0),
	SEED(read_jitter, SIM_IDLE, 0),
	SEED(write_jitter, SIM_IDLE, 0),
	NUMBER(read_rate, SIM_ANY, SIM_RATE_MAX, 0),
	NUMBER(write_rate, SIM_ANY, SIM_RATE_MAX, 0),
	NUMBER(read_latency_us, SIM_ANY, SIM_US_MAX, 0),
	NUMBER(write_latency_us, SIM_ANY, SIM_US_MAX, 0),
	NUMBER(first_write_delay_ms, SIM_IDLE, SIM_MS_MAX, 0),
	WORD(blocking, blocking_words, SIM_BLOCKING_NONE),
	SWITCH(fill, SIM_IDLE, 0),
	SWITCH(poll, SIM_IDLE, 0),
	NUMBER(stop_copy_ready_ms, SIM_IDLE, SIM_MS_MAX, 0),
	SWITCH(early_stop_copy_error, SIM_IDLE, 0),

	WORD(verify, verify_words, SIM_VERIFY_FULL),
	WORD(refuse, refuse_words, SIM_REFUSE_EARLY),

	OFFSET(fail_read_at),
	OFFSET(fail_write_at),
	KNOB(fail_read_errno, SIM_ERRNO, SIM_ANY, .initial = EIO),
	KNOB(fail_write_errno, SIM_ERRNO, SIM_ANY, .initial = EIO),
	SWITCH(fail_partial, SIM_ANY, 0),
	OFFSET(write_zero_at),
	OFFSET(hang_read_at),
	OFFSET(hang_write_at),
	NUMBER(hang_uninterruptible_ms, SIM_ANY, SIM_MS_MAX, 0),
	OFFSET(corrupt_at),
	SWITCH(fail_reset, SIM_ANY, 0),
};

static struct attribute *sim_knobs_attrs[ARRAY_SIZE(sim_knobs) + 1];

static const struct attribute_group sim_knobs_group = {
	.attrs = sim_knobs_attrs,
};

const struct attribute_group *sim_knobs_groups[] = {
	&sim_knobs_group,
	&sim_report_group,
	NULL
};

/**
 * sim_knobs_init - make the table fit for sysfs, once
 */
void sim_knobs_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sim_knobs); i++)
		sim_knobs_attrs[i] = &sim_knobs[i].attr.attr;
}

static void *knob_field(struct sim_device *sim, const struct sim_knob *knob)
{
	return (void *)&sim->config + knob->offset;
}

static int parse_state(const char *name)
{
	unsigned int i;

	for (i = 0; i < VFIO_DEVICE_STATE_NR; i++)
		if (!strcmp(name, sim_migration_state_names[i]))
			return i;
	return -EINVAL;
}

/* FROM-TO[:ERRNO][:once][:error], or none */
static int parse_arc(struct sim_arc_fault *fault, char *text)
{
	struct sim_arc_fault found = { .armed = true, .error = -EIO };
	char *arc, *from, *option;
	int state;

	if (!strcmp(text, "none")) {
		fault->armed = false;
		return 0;
	}

	arc = strsep(&text, ":");
	from = strsep(&arc, "-");
	state = parse_state(from);
	if (state <= VFIO_DEVICE_STATE_ERROR || !arc)
		return -EINVAL;
	found.from = state;
	state = parse_state(arc);
	if (state <= VFIO_DEVICE_STATE_ERROR)
		return -EINVAL;
	found.to = state;

	while ((option = strsep(&text, ":"))) {
		if (!strcmp(option, "once")) {
			found.once = true;
		} else if (!strcmp(option, "error")) {
			found.to_error = true;
		} else {
			found.error = -sim_errno_parse(option);
			if (found.error > 0)
				return -EINVAL;
		}
	}
	*fault = found;
	return 0;
}

static int parse_number(const struct sim_knob *knob, const char *text, u64 *value)
{
	char *end;

	if (!isdigit(*text))
		return -EINVAL;
	if (knob->kind == SIM_SEED)
		return kstrtou64(text, 0, value);
	*value = memparse(text, &end);
	if (*end || *value < knob->min || *value > knob->max)
		return -EINVAL;
	if (knob->kind == SIM_POWER_OF_2 && !is_power_of_2(*value))
		return -EINVAL;
	return 0;
}

static int parse_value(const struct sim_knob *knob, const char *text, u64 *value)
{
	int found;

	switch (knob->kind) {
	case SIM_WORD:
		for (found = 0; knob->words[found]; found++)
			if (!strcmp(text, knob->words[found]))
				break;
		if (!knob->words[found])
			return -EINVAL;
		*value = found;
		return 0;
	case SIM_ERRNO:
		found = sim_errno_parse(text);
		if (found < 0)
			return found;
		*value = found;
		return 0;
	case SIM_OFFSET:
		if (!strcmp(text, "none")) {
			*value = SIM_NOWHERE;
			return 0;
		}
		fallthrough;
	default:
		return parse_number(knob, text, value);
	}
}

static int may_set(const struct sim_device *sim, enum sim_knob_when when)
{
	switch (when) {
	case SIM_IDLE:
	case SIM_STATE:
		return sim->save || sim->load ? -EBUSY : 0;
	case SIM_CLOSED:
		return sim->opened ? -EBUSY : 0;
	default:
		return 0;
	}
}

/* A wait may be for what has just been changed. */
static void wake_sessions(struct sim_device *sim)
{
	if (sim->save)
		sim_session_kick(sim_save_session(sim->save));
	if (sim->load)
		sim_session_kick(sim_load_session(sim->load));
}

static int knob_set(struct sim_device *sim, const struct sim_knob *knob,
		    char *text)
{
	void *field = knob_field(sim, knob);
	u64 value;
	int err;

	lockdep_assert_held(&sim->state_lock);
	err = may_set(sim, knob->when);
	if (err)
		return err;

	if (knob->kind == SIM_ARC)
		return parse_arc(field, text);

	err = parse_value(knob, text, &value);
	if (err)
		return -EINVAL;
	if (sim->save)
		sim_save_count(sim->save);
	WRITE_ONCE(*(u64 *)field, value);
	if (knob->when == SIM_STATE)
		sim_migration_configure(sim);
	wake_sessions(sim);
	return 0;
}

/**
 * sim_knobs_defaults - give all knobs their first values
 * @sim: new device
 */
void sim_knobs_defaults(struct sim_device *sim)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sim_knobs); i++)
		if (sim_knobs[i].kind != SIM_ARC)
			*(u64 *)knob_field(sim, &sim_knobs[i]) =
				sim_knobs[i].initial;
	sim_migration_configure(sim);
}

static const struct sim_knob *find_knob(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sim_knobs); i++)
		if (!strcmp(name, sim_knobs[i].attr.attr.name))
			return &sim_knobs[i];
	return NULL;
}

/**
 * sim_knobs_parse - set the knobs of a device that is being made
 * @sim: new device
 * @text: KEY=VALUE words, taken apart; or NULL
 *
 * Return: 0, or -EINVAL after saying in the log what is wrong.
 */
int sim_knobs_parse(struct sim_device *sim, char *text)
{
	int err = 0;

	mutex_lock(&sim->state_lock);
	while (!err && text) {
		char *value = strsep(&text, " \t\n");
		const struct sim_knob *knob;
		char *key;

		if (!*value)
			continue;
		key = strsep(&value, "=");
		knob = find_knob(key);
		if (!knob || !value) {
			pr_err("sim%u: \"%s\" is no KEY=VALUE of a known KEY\n",
			       sim->id, key);
			err = -EINVAL;
		} else {
			char said[32];

			strscpy(said, value, sizeof(said));
			err = knob_set(sim, knob, value);
			if (err)
				pr_err("sim%u: %s does not take \"%s\"\n",
				       sim->id, key, said);
		}
	}
	mutex_unlock(&sim->state_lock);
	return err;
}

static ssize_t knob_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	const struct sim_knob *knob = container_of(attr, struct sim_knob, attr);
	struct sim_device *sim = to_sim(dev);
	char text[64];
	int err;

	if (strscpy(text, buf, sizeof(text)) < 0)
		return -EINVAL;
	mutex_lock(&sim->state_lock);
	err = knob_set(sim, knob, strim(text));
	mutex_unlock(&sim->state_lock);
	return err ?: count;
}

static ssize_t show_arc(struct sim_device *sim,
			const struct sim_arc_fault *field, char *buf)
{
	struct sim_arc_fault fault;
	char number[8];

	mutex_lock(&sim->state_lock);
	fault = *field;
	mutex_unlock(&sim->state_lock);

	if (!fault.armed)
		return sysfs_emit(buf, "none\n");
	return sysfs_emit(buf, "%s-%s:%s%s%s\n",
			  sim_migration_state_names[fault.from],
			  sim_migration_state_names[fault.to],
			  sim_errno_name(fault.error, number, sizeof(number)),
			  fault.once ? ":once" : "",
			  fault.to_error ? ":error" : "");
}

static ssize_t knob_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	const struct sim_knob *knob = container_of(attr, struct sim_knob, attr);
	struct sim_device *sim = to_sim(dev);
	char number[8];
	u64 value;

	if (knob->kind == SIM_ARC)
		return show_arc(sim, knob_field(sim, knob), buf);

	value = READ_ONCE(*(u64 *)knob_field(sim, knob));
	switch (knob->kind) {
	case SIM_WORD:
		return sysfs_emit(buf, "%s\n", knob->words[value]);
	case SIM_ERRNO:
		return sysfs_emit(buf, "%s\n",
				  sim_errno_name(value, number, sizeof(number)));
	case SIM_SEED:
		return sysfs_emit(buf, "0x%llx\n", value);
	default:
		if (value == SIM_NOWHERE)
			return sysfs_emit(buf, "none\n");
		return sysfs_emit(buf, "%llu\n", value);
	}
}
