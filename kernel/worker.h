/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Workers: threads of the owner that do a session's work in the kernel.
 */
#ifndef _MUX_WORKER_H_
#define _MUX_WORKER_H_

#include <linux/list.h>
#include <linux/types.h>

struct mux_session;
struct task_struct;
struct vhost_task;
struct netlink_ext_ack;

/**
 * struct mux_worker - a thread of the owner
 * @session: the session it works for
 * @step: does a piece of work; called again at once if it returns true, after
 *	mux_worker_wake() if it returns false. It must return soon, with what
 *	it was doing kept for the next call, when a signal is pending: the
 *	owner may be stopped or killed.
 * @died: called once, in the worker, if the owner is killed
 * @task: handle of vhost_task.c
 * @thread: the worker's task, %NULL until its first step
 * @wanted: bit 0 is set when there is to be another step
 * @idle: on the session's list of idle workers while it waits for work there;
 *	under the session's lock like all below
 * @in_driver: stands in a data_fd's read; of a source's sending worker
 */
struct mux_worker {
	struct mux_session *session;
	bool (*step)(struct mux_worker *worker);
	void (*died)(struct mux_worker *worker);
	struct vhost_task *task;
	struct task_struct *thread;
	unsigned long wanted;
	struct list_head idle;
	bool in_driver;
};

int mux_worker_start(struct mux_worker *worker, const char *name,
		     struct netlink_ext_ack *extack);
void mux_worker_wake(struct mux_worker *worker);
void mux_worker_interrupt(struct mux_worker *worker);
void mux_worker_stop(struct mux_worker *worker);

#endif /* _MUX_WORKER_H_ */
