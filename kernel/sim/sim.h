/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of vfio_mig_sim share: the device, its knobs, its migration
 * session. See Documentation/vfio-mig-sim.rst for what all of it is for.
 */
#ifndef _VFIO_MIG_SIM_H
#define _VFIO_MIG_SIM_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vfio.h>
#include <linux/wait.h>

#include "digest.h"
#include "stream.h"

#define SIM_CONFIG_SIZE		256
#define SIM_BAR_SIZE		SZ_4K

/* An offset knob that is set to none: no stream gets there. */
#define SIM_NOWHERE		(~0ULL)

enum sim_blocking { SIM_BLOCKING_NONE, SIM_BLOCKING_MLX5, SIM_BLOCKING_XE };
enum sim_drained { SIM_DRAINED_ENOMSG, SIM_DRAINED_ZERO, SIM_DRAINED_BLOCK };
enum sim_verify { SIM_VERIFY_FULL, SIM_VERIFY_STAMP };
enum sim_refuse { SIM_REFUSE_EARLY, SIM_REFUSE_LATE };

/**
 * struct sim_arc_fault - the fail_transition knob
 * @armed: there is such a fault
 * @once: disarm when it has struck
 * @to_error: the device goes to ERROR instead of staying in @from
 * @from: state the arc leaves
 * @to: state the arc leads to
 * @error: negative errno
 */
struct sim_arc_fault {
	bool armed;
	bool once;
	bool to_error;
	enum vfio_device_mig_state from;
	enum vfio_device_mig_state to;
	int error;
};

/**
 * struct sim_config - the knobs, each by its name
 *
 * All numbers are u64 so that one table in knobs.c serves them all. Written
 * under &sim_device.state_lock. Those that may change in a session are read
 * with READ_ONCE(), the others do not change while there is one.
 */
struct sim_config {
	/* private: documented in Documentation/vfio-mig-sim.rst */
	u64 state_size;
	u64 seed;
	u64 zero_percent;
	u64 zero_run;

	u64 p2p;
	u64 pre_copy;
	u64 transition_delay_ms;
	struct sim_arc_fault fail_transition;

	u64 pre_copy_initial;
	u64 pre_copy_dirty_rate;
	u64 pre_copy_drained;
	u64 pre_copy_reinit;

	u64 read_max;
	u64 write_max;
	u64 read_jitter;
	u64 write_jitter;
	u64 read_rate;
	u64 write_rate;
	u64 read_latency_us;
	u64 write_latency_us;
	u64 first_write_delay_ms;
	u64 blocking;
	u64 fill;
	u64 poll;
	u64 stop_copy_ready_ms;
	u64 early_stop_copy_error;

	u64 verify;
	u64 refuse;

	u64 fail_read_at;
	u64 fail_write_at;
	u64 fail_read_errno;
	u64 fail_write_errno;
	u64 fail_partial;
	u64 write_zero_at;
	u64 hang_read_at;
	u64 hang_write_at;
	u64 hang_uninterruptible_ms;
	u64 corrupt_at;
	u64 fail_reset;
};

enum sim_verdict {
	SIM_VERDICT_NONE,
	SIM_VERDICT_LOADING,
	SIM_VERDICT_IDENTICAL,
	SIM_VERDICT_CORRUPT,
	SIM_VERDICT_TRUNCATED,
	SIM_VERDICT_ABORTED,
};

/**
 * struct sim_report - what is told in sysfs about the latest session
 * @lock: protects all below. Innermost lock; a copy, so that looking never
 *	waits for a session that is waiting
 * @digest: of the bytes so far
 * @stream_bytes: how many
 * @reads: calls of ->read
 * @writes: calls of ->write
 * @verdict: what is known of the loaded state
 * @verdict_at: offset or length that goes with @verdict
 * @error: latest error in words, or empty
 */
struct sim_report {
	spinlock_t lock;	/* protects all below */
	u64 digest;
	u64 stream_bytes;
	u64 reads;
	u64 writes;
	enum sim_verdict verdict;
	u64 verdict_at;
	char error[96];
};

struct sim_save;
struct sim_load;

/**
 * struct sim_device - a simulated device
 * @dev: on the vfio_mig_sim bus; its references keep all of this alive
 * @link: in the list of devices of bus.c, under its lock
 * @id: number in its name
 * @state_lock: the device's state: all from here to @reads_precopy_flags. Never taken by
 *	->read, ->write or ->poll of a data_fd, so that a state change is never
 *	kept waiting by a user that waits for data. Order: state_lock, then
 *	&sim_session.lock, then &sim_report.lock
 * @opened: between open_device and close_device
 * @dying: being removed, must not be opened any more
 * @mig_state: migration state. Written under @state_lock, may be looked at
 *	without
 * @save: session in the saving group of states, or NULL. Holds a file reference
 * @load: session in RESUMING, or NULL. Holds a file reference
 * @content: what the device's state is now: configured, or loaded
 * @config: the knobs
 * @logging: DMA logging has been started
 * @reads_precopy_flags: the user has said so before the latest change of state
 * @wait: everyone who waits for anything in ->read, ->write and ->poll
 * @regs_lock: protects @config_space and @bar. Taken alone
 * @config_space: PCI configuration space
 * @bar: memory behind BAR 0
 * @report: what sysfs tells
 */
struct sim_device {
	struct device dev;
	struct list_head link;
	unsigned int id;

	struct mutex state_lock;	/* protects all down to regs_lock */
	bool opened;
	bool dying;
	enum vfio_device_mig_state mig_state;
	struct sim_save *save;
	struct sim_load *load;
	struct sim_content content;
	struct sim_config config;
	bool logging;
	bool reads_precopy_flags;

	wait_queue_head_t wait;

	struct mutex regs_lock;		/* protects the next two */
	u8 config_space[SIM_CONFIG_SIZE];
	u8 bar[SIM_BAR_SIZE];

	struct sim_report report;
};

static inline struct sim_device *to_sim(struct device *dev)
{
	return container_of(dev, struct sim_device, dev);
}

/**
 * struct sim_session - what a save and a load have in common
 * @sim: the device, referenced: a data_fd may outlive it
 * @filp: the data_fd
 * @lock: serialises ->read or ->write, protects all below but @events. Dropped
 *	for every wait but that for a page fault
 * @events: counts what may end a wait, see sim_session_kick()
 * @over: the state was left; -ENODEV from now on
 * @hung: the uninterruptible hang has been had
 * @pos: bytes moved
 * @loading: this is a load
 * @calls: calls of ->read or ->write
 * @due: when the bytes moved so far were due at the configured rate
 * @digest: of what was moved
 * @stream: generator of what is read or must be written
 * @memory: SIM_STREAM_MEMORY bytes for @stream
 */
struct sim_session {
	struct sim_device *sim;
	struct file *filp;
	struct mutex lock;		/* protects all below but events */
	atomic_t events;
	bool over;
	bool hung;
	bool loading;
	u64 pos;
	u64 calls;
	ktime_t due;
	struct sim_digest digest;
	struct sim_stream stream;
	void *memory;
};

/* bus.c */
int sim_bus_register(void);
void sim_bus_unregister(void);

/* device.c */
extern const struct vfio_device_ops sim_device_ops;
int sim_device_claim_removal(struct sim_device *sim);

/* pci.c */
void sim_pci_reset(struct sim_device *sim);
ssize_t sim_pci_read(struct sim_device *sim, char __user *buf, size_t count,
		     loff_t *ppos);
ssize_t sim_pci_write(struct sim_device *sim, const char __user *buf,
		      size_t count, loff_t *ppos);
int sim_pci_region_info(struct vfio_device *vdev,
			struct vfio_region_info *info,
			struct vfio_info_cap *caps);

/* migration.c */
extern const struct vfio_migration_ops sim_migration_ops;
extern const struct vfio_log_ops sim_migration_log_ops;
extern const char *const sim_migration_state_names[VFIO_DEVICE_STATE_NR];
u32 sim_migration_flags(const struct sim_device *sim);
void sim_migration_configure(struct sim_device *sim);
void sim_migration_stop(struct sim_device *sim);

/* session.c */
int sim_session_open(struct sim_session *session, struct sim_device *sim,
		     const struct file_operations *fops, bool loading);
void sim_session_close(struct sim_session *session);
void sim_session_end(struct sim_session *session);
void sim_session_kick(struct sim_session *session);
int sim_session_wait(struct sim_session *session, ktime_t until);
int sim_session_sleep(struct sim_session *session, u64 usecs);
void sim_session_sleep_deaf(struct sim_session *session, u64 msecs);
int sim_session_hang(struct sim_session *session, const u64 *where);
bool sim_session_hangs_at(const struct sim_session *session, u64 where);
u64 sim_session_until(const struct sim_session *session, u64 len, u64 event);
size_t sim_session_slice(const struct sim_session *session, size_t len,
			 u64 rate);
bool sim_session_is_due(const struct sim_session *session, u64 rate);
void sim_session_pay(struct sim_session *session, size_t len, u64 rate);
size_t sim_session_share(const struct sim_session *session, size_t len,
			 u64 max, u64 jitter);
void sim_session_account(struct sim_session *session, const u8 *data,
			 size_t len);
void sim_session_relax(struct sim_session *session);
void sim_session_publish(struct sim_session *session);

/* save.c */
struct sim_save *sim_save_open(struct sim_device *sim, bool stop_copy);
void sim_save_stop_copy(struct sim_save *save);
void sim_save_end(struct sim_save *save);
struct sim_session *sim_save_session(struct sim_save *save);
void sim_save_count(struct sim_save *save);
u64 sim_save_remaining(struct sim_save *save);

/* load.c */
struct sim_load *sim_load_open(struct sim_device *sim);
int sim_load_finish(struct sim_load *load, struct sim_content *content);
void sim_load_end(struct sim_load *load);
struct sim_session *sim_load_session(struct sim_load *load);

/* knobs.c */
extern const struct attribute_group *sim_knobs_groups[];
void sim_knobs_init(void);
void sim_knobs_defaults(struct sim_device *sim);
int sim_knobs_parse(struct sim_device *sim, char *text);

/* errnos.c */
int sim_errno_parse(const char *text);
const char *sim_errno_name(int error, char *buf, size_t size);

/* report.c */
extern const struct attribute_group sim_report_group;
void sim_report_init(struct sim_device *sim);
void sim_report_begin(struct sim_device *sim);
void sim_report_progress(struct sim_device *sim, u64 reads, u64 writes,
			 u64 bytes, u64 digest);
void sim_report_verdict(struct sim_device *sim, enum sim_verdict verdict,
			u64 at);
__printf(3, 4)
void sim_report_error(struct sim_device *sim, int error, const char *format,
		      ...);

#endif /* _VFIO_MIG_SIM_H */
