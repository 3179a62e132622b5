// SPDX-License-Identifier: GPL-2.0
/*
 * Devices act at the same time: what one takes for a change of state may be
 * most of the downtime, and they do not wait for each other. Each has a thread
 * for as long as it acts; everything else stays in the caller's, in the devices'
 * order, so that what is reported does not depend on who was faster.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "transition.h"

struct job {
	struct fleet_device *device;
	const struct transition *transition;
	pthread_t thread;
	bool threaded;
	int ret;
	/* Errors are recorded by thread. */
	char *why;
};

static void job_run(struct job *job)
{
	const struct transition *transition = job->transition;

	job->ret = transition->act(job->device, transition->state);
	if (job->ret)
		job->why = strdup(error_text());
}

static void *job_thread(void *arg)
{
	job_run(arg);
	return NULL;
}

static int jobs_collect(struct job *jobs, struct fleet *fleet, const struct transition *transition)
{
	int count = 0;

	for (int i = 0; i < fleet->count; i++) {
		struct fleet_device *device = &fleet->devices[i];

		if (transition->concerns && !transition->concerns(device))
			continue;
		jobs[count++] = (struct job){ .device = device, .transition = transition };
	}
	return count;
}

/* Who gets no thread acts when it is waited for. */
static void jobs_start(struct job *jobs, int count)
{
	for (int i = 0; i < count; i++)
		jobs[i].threaded = !pthread_create(&jobs[i].thread, NULL, job_thread, &jobs[i]);
}

static void job_end(struct job *job, bool late)
{
	if (job->threaded)
		pthread_join(job->thread, NULL);
	else if (!late)
		job_run(job);
}

/* Puts the first failure down, or the last one where each is warned of. */
static int job_report(struct job *job, const struct fleet *fleet, int before)
{
	const struct transition *transition = job->transition;

	if (job->ret && (transition->regardless || !before)) {
		before = fail("%s", job->why ? job->why : "out of memory");
		if (transition->regardless)
			warn("%s", error_text());
	} else if (!before && transition->done) {
		before = transition->done(job->device - fleet->devices, transition->arg);
	}
	free(job->why);
	return before;
}

/**
 * transition_run() - have the devices of a fleet act
 * @fleet: the devices; one after the other if it is serial
 * @transition: what to do
 *
 * One after the other they stop at the first failure; at the same time the
 * others are through with it by then.
 *
 * Return: 0 after all have acted, or -1 with the first failure in the devices'
 * order recorded (the last one if it goes on regardless).
 */
int transition_run(struct fleet *fleet, const struct transition *transition)
{
	struct job jobs[VFIO_MIG_MUX_DEVICES_MAX];
	int count = jobs_collect(jobs, fleet, transition), ret = 0;

	if (count > 1 && !fleet->serial)
		jobs_start(jobs, count);
	for (int i = 0; i < count; i++) {
		job_end(&jobs[i], ret && !transition->regardless);
		ret = job_report(&jobs[i], fleet, ret);
	}
	return ret;
}
