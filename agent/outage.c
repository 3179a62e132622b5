// SPDX-License-Identifier: GPL-2.0
/* Which channels are lost and which are back, told to who watches; the migration goes on. */
#include <stdio.h>
#include <string.h>

#include "outage.h"
#include "output.h"

static const struct output json = { .json = true };

/* The module's texts name the channel themselves. */
static const char *reason(const struct mux_channel *channel)
{
	char prefix[32];
	int length;

	length = snprintf(prefix, sizeof(prefix), "channel %u: ", (unsigned int)channel->id);
	return channel->error.text + (strncmp(channel->error.text, prefix, length) ? 0 : length);
}

static void tell_channel(const struct progress *progress, const struct mux_channel *channel, bool lost)
{
	if (progress->quiet)
		return;
	if (progress->json)
		output_event_channel(&json, channel);
	else if (lost)
		say(progress, "channel %u lost: %s", (unsigned int)channel->id, reason(channel));
	else
		say(progress, "channel %u is back", (unsigned int)channel->id);
}

static void tell_pause(const struct progress *progress, const struct mux_session *session, bool paused)
{
	if (progress->quiet)
		return;
	if (progress->json)
		output_event_session(&json, session);
	else if (paused)
		say(progress, "all channels are lost: paused, for %.1f s at most", session->resume_timeout / 1000.0);
	else
		say(progress, "resumed");
}

static void look_at(struct outage *outage, const struct mux_channel *channel, const struct progress *progress)
{
	bool *lost = &outage->lost[channel->id];

	if (channel->state != (*lost ? VFIO_MIG_MUX_CHANNEL_STATE_LIVE : VFIO_MIG_MUX_CHANNEL_STATE_FAILED))
		return;
	*lost = !*lost;
	tell_channel(progress, channel, *lost);
}

/**
 * outage_start() - note what has been told already: channels that have not come about
 * @outage: receives it
 * @session: the session, fresh
 */
void outage_start(struct outage *outage, const struct session *session)
{
	*outage = (struct outage){ 0 };
	for (uint32_t i = 0; i < session->now.channels; i++) {
		const struct mux_channel *channel = session_channel(session, i);

		outage->lost[i] = !channel || channel->state != VFIO_MIG_MUX_CHANNEL_STATE_LIVE;
	}
}

/**
 * outage_look() - tell what has changed
 * @outage: what has been told
 * @session: the session, fresh
 * @progress: says how, and whether anybody wants to know
 */
void outage_look(struct outage *outage, const struct session *session, const struct progress *progress)
{
	bool paused = session->now.state == VFIO_MIG_MUX_SESSION_STATE_PAUSED;

	/* The end of a session is the end of its channels. */
	if (mux_session_is_over(session->now.state))
		return;
	for (int i = 0; i < session->channel_count; i++)
		if (session->channels[i].id < VFIO_MIG_MUX_CHANNELS_MAX)
			look_at(outage, &session->channels[i], progress);
	if (paused != outage->paused)
		tell_pause(progress, &session->now, paused);
	outage->paused = paused;
}
