// SPDX-License-Identifier: GPL-2.0
/* A session of this process: made, watched and closed. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"
#include "session.h"

static void mark_session(const struct mux_session *told, void *arg)
{
	struct session *session = arg;

	if (told->id == session->now.id)
		session->stale = true;
}

static void mark_device(const struct mux_device *told, void *arg)
{
	struct session *session = arg;

	if (told->session == session->now.id)
		session->stale = true;
}

static void mark_channel(const struct mux_channel *told, void *arg)
{
	struct session *session = arg;

	if (told->session == session->now.id)
		session->stale = true;
}

/* Notifications say only that it is time to look: what counts is what the module answers. */
static void session_ready(struct watch *watch, uint32_t events)
{
	struct session *session = container_of(watch, struct session, watch);
	struct mux_listener listener = {
		.session = mark_session,
		.device = mark_device,
		.channel = mark_channel,
		.arg = session,
	};

	(void)events;
	if (mux_monitor_read(&session->monitor, &listener))
		session->stale = true;
}

static int watch_notifications(struct session *session)
{
	if (mux_monitor_open(&session->monitor))
		return -1;
	session->watch.fd = mux_monitor_fd(&session->monitor);
	session->watch.ready = session_ready;
	if (loop_add(session->loop, &session->watch, EPOLLIN)) {
		mux_close(&session->monitor);
		return -1;
	}
	return 0;
}

static int register_memory(struct session *session, uint32_t slots)
{
	size_t length = (size_t)slots * session->now.chunk_size;
	struct rlimit limit = { 0 };

	if (umem_init(&session->umem, length))
		return -1;
	if (!mux_umem_reg(&session->mux, session->now.id, session->umem.addr, length))
		return 0;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur < length)
		return fail_environment("%s: %u slots are %zu bytes, and RLIMIT_MEMLOCK is %llu; "
					"give less --memory or raise the limit",
					error_text(), slots, length, (unsigned long long)limit.rlim_cur);
	return -1;
}

static int add_devices(struct session *session, const struct fleet *fleet)
{
	for (int i = 0; i < fleet->count; i++)
		if (mux_device_new(&session->mux, session->now.id, i, fleet->devices[i].name))
			return -1;
	return 0;
}

/**
 * session_check_module() - can there be sessions?
 *
 * For who would rather know before anything is done to a device.
 *
 * Return: 0, or -1 with the error recorded.
 */
int session_check_module(void)
{
	struct mux mux;

	if (mux_open(&mux))
		return -1;
	mux_close(&mux);
	return 0;
}

/**
 * session_open() - make a session with its slots and devices
 * @session: receives it; session_close() it, after an error too
 * @loop: where its changes arrive
 * @wanted: role, uuid, chunk_size, channels and features
 * @slots: number of slots
 * @fleet: the devices
 *
 * Return: 0, or -1 with the error recorded.
 */
int session_open(struct session *session, struct loop *loop, const struct mux_session *wanted,
		 uint32_t slots, const struct fleet *fleet)
{
	memset(session, 0, sizeof(*session));
	session->loop = loop;
	if (mux_open(&session->mux) || watch_notifications(session))
		return -1;
	session->now = *wanted;
	session->now.id = 0;
	if (mux_session_new(&session->mux, &session->now))
		return -1;
	if (register_memory(session, slots) || add_devices(session, fleet))
		return -1;
	return session_refresh(session);
}

/**
 * session_close() - end the session and give everything back
 * @session: one that session_open() was called for, or all zero
 *
 * The memory goes last: until the session fd is closed the module uses it.
 */
void session_close(struct session *session)
{
	if (session->now.id)
		close(session->now.fd);
	session->now.id = 0;
	if (session->monitor.sock) {
		loop_remove(session->loop, &session->watch);
		mux_close(&session->monitor);
	}
	mux_close(&session->mux);
	umem_fini(&session->umem);
}

static void take_device(const struct mux_device *told, void *arg)
{
	struct session *session = arg;
	struct session_device *device;

	if (told->id >= VFIO_MIG_MUX_DEVICES_MAX)
		return;
	device = &session->devices[told->id];
	device->now = *told;
	if (told->state == VFIO_MIG_MUX_DEVICE_STATE_LOADED && !device->loaded_ns)
		device->loaded_ns = now_ns();
}

static void take_channel(const struct mux_channel *told, void *arg)
{
	struct session *session = arg;

	if (session->channel_count < VFIO_MIG_MUX_CHANNELS_MAX)
		session->channels[session->channel_count++] = *told;
}

/**
 * session_refresh() - ask the module how the session stands
 * @session: the session
 *
 * Return: 0, or -1 with the error recorded.
 */
int session_refresh(struct session *session)
{
	struct mux_listener listener = { .device = take_device, .channel = take_channel, .arg = session };
	struct mux_session now = session->now;

	session->stale = false;
	/* First the whole: once it is over, its parts change no more. */
	if (mux_session_get(&session->mux, session->now.id, &now))
		return -1;
	now.fd = session->now.fd;
	session->now = now;
	session->channel_count = 0;
	if (mux_device_dump(&session->mux, session->now.id, &listener))
		return -1;
	return mux_channel_dump(&session->mux, session->now.id, &listener);
}

/**
 * session_channel() - find a channel
 * @session: as of its last refresh
 * @id: channel number
 *
 * Return: the channel, or NULL if there is none of that number.
 */
const struct mux_channel *session_channel(const struct session *session, uint32_t id)
{
	for (int i = 0; i < session->channel_count; i++)
		if (session->channels[i].id == id)
			return &session->channels[i];
	return NULL;
}

/**
 * session_attach() - give a device its data_fd
 * @session: the session
 * @device: device number
 * @data_fd: stays the caller's
 * @final: the device is in STOP_COPY
 *
 * Return: 0, or -1 with the error recorded.
 */
int session_attach(struct session *session, int device, int data_fd, bool final)
{
	session->devices[device].attached_ns = now_ns();
	return mux_device_attach(&session->mux, session->now.id, device, data_fd, final);
}

/**
 * session_kick() - have a drained device read on
 * @session: the session
 * @device: device number
 *
 * Return: 0, or -1 with the error recorded.
 */
int session_kick(struct session *session, int device)
{
	return mux_device_set(&session->mux, session->now.id, device, false, true);
}

/**
 * session_finish() - say that a device has gone on from PRE_COPY to STOP_COPY
 * @session: the session
 * @device: device number
 *
 * Return: 0, or -1 with the error recorded.
 */
int session_finish(struct session *session, int device)
{
	return mux_device_set(&session->mux, session->now.id, device, true, false);
}

/**
 * session_abort() - end the session on both hosts, if it is not over yet
 * @session: the session, made or not
 * @reason: why, for the other host
 */
void session_abort(struct session *session, const char *reason)
{
	if (!session->now.id)
		return;
	/* Refused if it is over already, which is just as well. */
	mux_session_abort(&session->mux, session->now.id, reason);
	session->stale = true;
}

static bool channels_are_closed(const struct session *session)
{
	for (int i = 0; i < session->channel_count; i++)
		if (session->channels[i].state < VFIO_MIG_MUX_CHANNEL_STATE_CLOSED)
			return false;
	return true;
}

/**
 * session_linger() - let the channels say their last words
 * @session: a session that is over
 * @ms: longest wait
 *
 * Closing the session fd right away could cut an ABORT or BYE off.
 */
void session_linger(struct session *session, unsigned int ms)
{
	uint64_t deadline = now_ns() + ms * NS_PER_MS;
	int left;

	if (!session->now.id)
		return;
	while (!session_refresh(session) && !channels_are_closed(session)) {
		while (!session->stale) {
			left = remaining_ms(deadline);
			if (!left)
				return;
			if (loop_once(session->loop, left) < 0)
				return;
		}
	}
}

/**
 * session_check() - has the session failed?
 * @session: as of its last refresh
 *
 * The text is the module's own: it names device, channel, chunk and reason, and
 * is the same on both hosts.
 *
 * Return: 0, or -1 with the error recorded.
 */
int session_check(const struct session *session)
{
	const struct mux_session *now = &session->now;

	if (now->state != VFIO_MIG_MUX_SESSION_STATE_FAILED && now->state != VFIO_MIG_MUX_SESSION_STATE_ABORTED)
		return 0;
	if (!now->error.text[0])
		return fail("session %u %s for no reason told", now->id, mux_session_state_name(now->state));
	return fail("%s", now->error.text);
}

/**
 * session_blame() - put the error that ended the session in the place of what it led to
 * @session: the session, made or not
 *
 * Whatever failed after the session did, failed because of it.
 */
void session_blame(struct session *session)
{
	char why[1024];

	snprintf(why, sizeof(why), "%s", error_text());
	if (!session->now.id)
		return;
	if (session_refresh(session) || !session_check(session))
		fail("%s", why);
}
