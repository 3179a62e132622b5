// SPDX-License-Identifier: GPL-2.0
/*
 * Resend: what a source's channel takes with it when it goes.
 *
 * Every chunk that is not acknowledged knows the channel that carries it, and
 * so does END. When the channel fails they are lost, and the next channel that
 * pulls (source.c) sends them again. A channel that has been drained has
 * delivered all it was given: what it carried only awaits its ACK.
 */
#include "channel.h"
#include "device.h"
#include "resend.h"
#include "session.h"

static void lose_flight(struct mux_device_source *source,
			struct mux_flight *flight)
{
	flight->channel = flight->second;
	flight->second = NULL;
	flight->handed = false;
	if (flight->channel)
		return;
	flight->lost = true;
	source->lost++;
}

static void leave_device(struct mux_channel *channel,
			 struct mux_device *device, bool failed)
{
	struct mux_device_source *source = &device->source;
	u64 index;

	for (index = source->window.loaded; index < source->window.next;
	     index++) {
		struct mux_flight *flight = mux_flight_of(device, index);

		if (flight->second == channel)
			flight->second = NULL;
		else if (flight->channel == channel && failed)
			lose_flight(source, flight);
		else if (flight->channel == channel)
			flight->channel = NULL;
	}
	if (source->end_channel != channel)
		return;
	source->end_channel = NULL;
	source->end_lost = failed;
}

static void leave(struct mux_channel *channel, bool failed)
{
	struct mux_session *session = channel->session;
	u32 i;

	lockdep_assert_held(&session->lock);
	for (i = 0; i < session->nr_devices; i++)
		leave_device(channel, session->devices[i], failed);
}

/**
 * mux_resend_lose - a channel has failed: what it carried has to be sent again
 * @channel: a channel of a source
 *
 * Context: under the session's lock.
 */
void mux_resend_lose(struct mux_channel *channel)
{
	leave(channel, true);
}

/**
 * mux_resend_forget - a channel has been drained and can go
 * @channel: a channel of a source; the other host has received all it carried
 *
 * Context: under the session's lock.
 */
void mux_resend_forget(struct mux_channel *channel)
{
	leave(channel, false);
}

/**
 * mux_resend_pick - find a chunk that has to be sent again
 * @session: a session that is a source
 * @index: set to the chunk's index, the lowest of its device
 *
 * Context: under the session's lock.
 * Return: the chunk's device, or %NULL if no chunk is lost.
 */
struct mux_device *mux_resend_pick(struct mux_session *session, u64 *index)
{
	u32 i;

	for (i = 0; i < session->nr_devices; i++) {
		struct mux_device *device = session->devices[i];

		if (!device->source.lost)
			continue;
		*index = device->source.window.loaded;
		while (!mux_flight_of(device, *index)->lost)
			(*index)++;
		return device;
	}
	return NULL;
}
