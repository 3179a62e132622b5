// SPDX-License-Identifier: GPL-2.0
/*
 * Workers: vhost_tasks of the owner. They have its address space, credentials,
 * namespaces, cgroup and limits, and die with it.
 *
 * A worker never waits inside its step for other workers: it goes idle by
 * returning false, and whoever makes work wakes it. What it does wait in are
 * a socket or a driver, and both give way to mux_worker_interrupt().
 */
#include <linux/err.h>
#include <linux/netlink.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/vhost_task.h>
#include <linux/wait.h>

#include "session.h"
#include "worker.h"

/* vhost_task.c calls with the state set for going to sleep and has looked for
 * vhost_task_stop() after setting it: whoever returns false must not touch it.
 */
static bool worker_step(void *data)
{
	struct mux_worker *worker = data;

	if (unlikely(!worker->thread)) {
		/* Pairs with mux_worker_interrupt() and, as looking at what is
		 * wanted is a full barrier, with mux_worker_wake().
		 */
		smp_store_release(&worker->thread, get_task_struct(current));
	}
	if (!test_and_clear_bit(0, &worker->wanted))
		return false;
	__set_current_state(TASK_RUNNING);
	if (worker->step(worker))
		set_bit(0, &worker->wanted);
	cond_resched();
	return true;
}

static void worker_killed(void *data)
{
	struct mux_worker *worker = data;

	worker->died(worker);
}

/**
 * mux_worker_start - make a worker of the calling process
 * @worker: session, step and died are set, the rest is zero
 * @name: name of the thread, up to 15 bytes
 * @extack: told what is wrong
 *
 * The first step comes at once.
 *
 * Context: process context of the owner; may sleep.
 * Return: 0, or a negative error number: %-EAGAIN the caller has a signal
 * pending or is over its limit of processes, %-ENOMEM out of memory.
 */
int mux_worker_start(struct mux_worker *worker, const char *name,
		     struct netlink_ext_ack *extack)
{
	struct vhost_task *task;
	int ret;

	task = vhost_task_create(worker_step, worker_killed, worker, name);
	if (IS_ERR_OR_NULL(task)) {
		/* Early kernels of the 6.12 series return NULL. */
		ret = task ? PTR_ERR(task) : -ENOMEM;
		/* No thread is made while a signal waits to be handled, and
		 * netlink calls are not restarted by themselves.
		 */
		if (ret == -ERESTARTNOINTR)
			ret = -EAGAIN;
		NL_SET_ERR_MSG_FMT(extack, "worker %s cannot be started: error %d",
				   name, ret);
		return ret;
	}
	worker->task = task;
	worker->wanted = BIT(0);
	vhost_task_start(task);
	return 0;
}

/**
 * mux_worker_wake - have a worker take another step
 * @worker: a started worker; if it is not idle it takes one more
 *
 * It wakes up when the lock is released: the first thing it does is to take
 * that lock, and it would only spin on another processor until then.
 *
 * Context: under the session's lock.
 */
void mux_worker_wake(struct mux_worker *worker)
{
	struct mux_session *session = worker->session;
	struct task_struct *thread;

	lockdep_assert_held(&session->lock);
	set_bit(0, &worker->wanted);
	/* Pairs with worker_step(): a first step that is not seen here sees
	 * what is wanted.
	 */
	smp_mb__after_atomic();
	thread = READ_ONCE(worker->thread);
	if (!thread)
		return;
	if (session->nr_woken < ARRAY_SIZE(session->woken))
		session->woken[session->nr_woken++] = get_task_struct(thread);
	else
		wake_up_process(thread);
}

/**
 * mux_worker_interrupt - get a worker out of a socket or driver
 * @worker: a started worker
 *
 * Makes the worker's interruptible wait end as by a signal, now or, if it is
 * just on its way there, when it comes. What it was waiting for is lost, so
 * this is for sessions that are over.
 *
 * Task work with TWA_SIGNAL does the same, but leaves a callback behind that
 * an exiting task may run after vhost_task_stop() has returned, and so after
 * the worker is freed. There is nothing to run here: the flag alone does it.
 *
 * Context: any.
 */
void mux_worker_interrupt(struct mux_worker *worker)
{
	/* Pairs with worker_step(): what is seen here can be woken. */
	struct task_struct *thread = smp_load_acquire(&worker->thread);
	struct wait_queue_entry entry = { .private = thread };

	if (!thread)
		return;
	if (!test_and_set_tsk_thread_flag(thread, TIF_NOTIFY_SIGNAL))
		default_wake_function(&entry, TASK_INTERRUPTIBLE, 0, NULL);
}

/**
 * mux_worker_stop - end a worker
 * @worker: a worker, started or not; its step returns soon because its
 *	session is over and mux_worker_interrupt() was called
 *
 * Context: process context; sleeps until the worker is gone.
 */
void mux_worker_stop(struct mux_worker *worker)
{
	struct mux_session *session = worker->session;
	struct task_struct *thread;

	if (!worker->task)
		return;
	/* It may have been idle and never take another step. */
	mux_session_lock(session);
	list_del_init(&worker->idle);
	mux_session_unlock(session);
	vhost_task_stop(worker->task);
	worker->task = NULL;

	/* Nobody wakes it after this. */
	mux_session_lock(session);
	thread = worker->thread;
	worker->thread = NULL;
	mux_session_unlock(session);
	if (thread)
		put_task_struct(thread);
}
