// SPDX-License-Identifier: GPL-2.0
/*
 * A channel of the source that has failed, or has never come about, is connected
 * again and again under its number for as long as the session is not over.
 */
#include "error.h"
#include "reconnect.h"

/* The wait before an attempt, from the first one on */
#define DELAY_MIN_MS 100
#define DELAY_MAX_MS 2000
/* An attempt; TCP repeats a SYN after one second, and again after two more. */
#define ATTEMPT_MS 4000

static bool is_missing(const struct channel *channel)
{
	const struct mux_channel *told = session_channel(channel->channels->session, channel->id);

	return channel->error[0] || !told || told->state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED;
}

static bool is_live(const struct channel *channel)
{
	const struct mux_channel *told = session_channel(channel->channels->session, channel->id);

	return told && told->state == VFIO_MIG_MUX_CHANNEL_STATE_LIVE;
}

static void schedule(struct channel *channel)
{
	if (!channel->delay_ms)
		channel->delay_ms = DELAY_MIN_MS;
	else if (channel->delay_ms < DELAY_MAX_MS / 2)
		channel->delay_ms *= 2;
	else
		channel->delay_ms = DELAY_MAX_MS;
	channel->due_ns = now_ns() + channel->delay_ms * NS_PER_MS;
}

static void look(struct channel *channel)
{
	if (channel->connect.under_way && !remaining_ms(channel->until_ns))
		channel_give_up(channel, "no connection in time");
	if (channel->connect.under_way)
		return;
	if (is_live(channel))
		channel->delay_ms = 0;
	if (!is_missing(channel))
		return;
	if (!channel->due_ns)
		schedule(channel);
	if (remaining_ms(channel->due_ns))
		return;
	channel->due_ns = 0;
	channel->until_ns = now_ns() + ATTEMPT_MS * NS_PER_MS;
	channel_dial(channel);
	if (channel->error[0])
		schedule(channel);
}

/**
 * reconnect_look() - do what is due
 * @channels: the channels, started or not; to be called after everything that happens
 */
void reconnect_look(struct channels *channels)
{
	/* What is known of the channels may be older than what was done to them. */
	if (!channels->reconnect || channels->session->stale ||
	    mux_session_is_over(channels->session->now.state))
		return;
	for (int i = 0; i < channels->count; i++)
		look(&channels->channels[i]);
}

/**
 * reconnect_start() - connect those again that are not there; channels_stop() ends it
 * @channels: the channels, none of them dialing
 */
void reconnect_start(struct channels *channels)
{
	channels->reconnect = true;
	reconnect_look(channels);
}

/**
 * reconnect_due_ms() - until when there is nothing to do
 * @channels: the channels, started or not
 *
 * Return: milliseconds, -1 if nothing is due.
 */
int reconnect_due_ms(const struct channels *channels)
{
	uint64_t first = UINT64_MAX;

	if (!channels->reconnect)
		return -1;
	/* A dial that has failed at once has changed what is known. */
	if (channels->session->stale)
		return 0;
	for (int i = 0; i < channels->count; i++) {
		const struct channel *channel = &channels->channels[i];
		uint64_t next = channel->connect.under_way ? channel->until_ns : channel->due_ns;

		if (next && next < first)
			first = next;
	}
	return first == UINT64_MAX ? -1 : remaining_ms(first);
}
