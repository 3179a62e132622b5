// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device tells about itself in sysfs: the read-only attributes. save.c,
 * load.c and migration.c report here; showing takes the report's lock only, so
 * looking at a device that hangs does not hang.
 */
#include <linux/sysfs.h>

#include "sim.h"

/**
 * sim_report_init - nothing to tell yet
 * @sim: new device
 */
void sim_report_init(struct sim_device *sim)
{
	spin_lock_init(&sim->report.lock);
	sim_report_begin(sim);
}

/**
 * sim_report_begin - a session begins
 * @sim: its device
 */
void sim_report_begin(struct sim_device *sim)
{
	struct sim_digest nothing;

	sim_digest_init(&nothing);
	sim_report_progress(sim, 0, 0, 0, sim_digest_value(&nothing, 0));
	spin_lock(&sim->report.lock);
	sim->report.error[0] = '\0';
	spin_unlock(&sim->report.lock);
}

/**
 * sim_report_progress - how far a session is
 * @sim: the device
 * @reads: calls of ->read
 * @writes: calls of ->write
 * @bytes: that have passed
 * @digest: of these
 */
void sim_report_progress(struct sim_device *sim, u64 reads, u64 writes,
			 u64 bytes, u64 digest)
{
	spin_lock(&sim->report.lock);
	sim->report.reads = reads;
	sim->report.writes = writes;
	sim->report.stream_bytes = bytes;
	sim->report.digest = digest;
	spin_unlock(&sim->report.lock);
}

/**
 * sim_report_verdict - what is known of the loaded state
 * @sim: the device
 * @verdict: what
 * @at: offset or length that goes with it
 */
void sim_report_verdict(struct sim_device *sim, enum sim_verdict verdict,
			u64 at)
{
	spin_lock(&sim->report.lock);
	sim->report.verdict = verdict;
	sim->report.verdict_at = at;
	spin_unlock(&sim->report.lock);
}

/**
 * sim_report_error - an error is about to be returned
 * @sim: the device
 * @error: negative errno
 * @format: why, as of printf()
 */
void sim_report_error(struct sim_device *sim, int error, const char *format,
		      ...)
{
	struct sim_report *report = &sim->report;
	struct va_format why = { .fmt = format };
	char number[8];
	va_list args;

	va_start(args, format);
	why.va = &args;
	spin_lock(&report->lock);
	snprintf(report->error, sizeof(report->error), "%s: %pV",
		 sim_errno_name(error, number, sizeof(number)), &why);
	spin_unlock(&report->lock);
	va_end(args);
}

static ssize_t migration_state_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	unsigned int state = READ_ONCE(to_sim(dev)->mig_state);

	return sysfs_emit(buf, "%s\n", sim_migration_state_names[state]);
}
static DEVICE_ATTR_RO(migration_state);

static ssize_t verified_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	static const char *const names[] = {
		[SIM_VERDICT_NONE] = "none",
		[SIM_VERDICT_LOADING] = "loading",
		[SIM_VERDICT_IDENTICAL] = "identical",
		[SIM_VERDICT_CORRUPT] = "corrupt",
		[SIM_VERDICT_TRUNCATED] = "truncated",
		[SIM_VERDICT_ABORTED] = "aborted",
	};
	struct sim_report *report = &to_sim(dev)->report;
	enum sim_verdict verdict;
	u64 at;

	spin_lock(&report->lock);
	verdict = report->verdict;
	at = report->verdict_at;
	spin_unlock(&report->lock);

	if (verdict >= SIM_VERDICT_CORRUPT)
		return sysfs_emit(buf, "%s at %llu\n", names[verdict], at);
	return sysfs_emit(buf, "%s\n", names[verdict]);
}
static DEVICE_ATTR_RO(verified);

static u64 look(struct sim_report *report, const u64 *figure)
{
	u64 value;

	spin_lock(&report->lock);
	value = *figure;
	spin_unlock(&report->lock);
	return value;
}

static ssize_t digest_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct sim_report *report = &to_sim(dev)->report;

	return sysfs_emit(buf, "0x%016llx\n", look(report, &report->digest));
}
static DEVICE_ATTR_RO(digest);

static ssize_t stream_bytes_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct sim_report *report = &to_sim(dev)->report;

	return sysfs_emit(buf, "%llu\n", look(report, &report->stream_bytes));
}
static DEVICE_ATTR_RO(stream_bytes);

static ssize_t reads_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct sim_report *report = &to_sim(dev)->report;

	return sysfs_emit(buf, "%llu\n", look(report, &report->reads));
}
static DEVICE_ATTR_RO(reads);

static ssize_t writes_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct sim_report *report = &to_sim(dev)->report;

	return sysfs_emit(buf, "%llu\n", look(report, &report->writes));
}
static DEVICE_ATTR_RO(writes);

static ssize_t last_error_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct sim_report *report = &to_sim(dev)->report;
	ssize_t len;

	spin_lock(&report->lock);
	len = sysfs_emit(buf, "%s\n",
			 report->error[0] ? report->error : "none");
	spin_unlock(&report->lock);
	return len;
}
static DEVICE_ATTR_RO(last_error);

static ssize_t content_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct sim_device *sim = to_sim(dev);
	struct sim_content content;

	mutex_lock(&sim->state_lock);
	content = sim->content;
	mutex_unlock(&sim->state_lock);

	return sysfs_emit(buf, "seed=0x%llx state_size=%llu zero_percent=%u zero_run=%lu\n",
			  content.seed, content.size, content.zero_percent,
			  1UL << content.zero_shift);
}
static DEVICE_ATTR_RO(content);

static ssize_t opened_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_sim(dev)->opened));
}
static DEVICE_ATTR_RO(opened);

static struct attribute *sim_report_attrs[] = {
	&dev_attr_migration_state.attr,
	&dev_attr_verified.attr,
	&dev_attr_digest.attr,
	&dev_attr_stream_bytes.attr,
	&dev_attr_reads.attr,
	&dev_attr_writes.attr,
	&dev_attr_last_error.attr,
	&dev_attr_content.attr,
	&dev_attr_opened.attr,
	NULL
};

/* Next to the knobs, in the device's own directory. */
const struct attribute_group sim_report_group = {
	.attrs = sim_report_attrs,
};
