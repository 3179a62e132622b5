// SPDX-License-Identifier: GPL-2.0
/*
 * Channels on their way into the module: from a dial on the source or an
 * accepted connection on the destination to channel-new.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "error.h"

#define EXPLANATION_MAX (sizeof(((struct channel *)0)->error) + 32)

/**
 * channel_hand_over() - give a connected socket to the module
 * @session: the session
 * @id: channel number on the source, negative on the destination
 * @fd: the socket, closed here: the module has a reference of its own
 *
 * Return: 0, or -1 with the error recorded.
 */
int channel_hand_over(struct session *session, int64_t id, int fd)
{
	int ret;

	transport_tune(fd, session->now.channel_timeout, session->now.channel_timeout);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	ret = mux_channel_new(&session->mux, session->now.id, id, fd);
	close(fd);
	session->stale = true;
	return ret;
}

static void channel_connected(struct connect *connect, int fd)
{
	struct channel *channel = container_of(connect, struct channel, connect);
	struct channels *channels = channel->channels;

	/* Nobody else says so if there is none. */
	channels->session->stale = true;
	if (fd < 0)
		snprintf(channel->error, sizeof(channel->error), "cannot connect to %s: %.200s",
			 channels->to_text, connect->error);
	else if (channel_hand_over(channels->session, channel->id, fd))
		snprintf(channel->error, sizeof(channel->error), "%s", error_text());
}

/* A channel leads to where the control connection does. */
static int channel_admit(struct tls_handshake *handshake)
{
	struct channels *channels = container_of(handshake, struct channel, connect.handshake)->channels;
	const struct tls_identity *expected = channels->identity;

	if (channels->admit)
		return channels->admit(channels, &handshake->identity);
	if (tls_identity_is(&handshake->identity, expected))
		return 0;
	return fail("the destination has proved to be %s here, and %s on the control connection",
		    handshake->identity.text, expected->text);
}

/**
 * channel_dial() - begin to connect a channel; what comes of it is in its error
 * @channel: one that is not dialing
 */
void channel_dial(struct channel *channel)
{
	struct channels *channels = channel->channels;

	channel->error[0] = '\0';
	channel->connect.tls = channels->tls;
	channel->connect.handshake.admit = channel_admit;
	channel->connect.done = channel_connected;
	connect_start(&channel->connect, channels->session->loop, channels->to,
		      channels->from_count ? channels->from[channel->id % channels->from_count] : NULL);
}

/**
 * channel_give_up() - do not wait for a connection any longer
 * @channel: one that is dialing
 * @why: the reason
 */
void channel_give_up(struct channel *channel, const char *why)
{
	const char *where = connect_cancel(&channel->connect);

	snprintf(channel->error, sizeof(channel->error), "%s: %s", why, where);
	channel->channels->session->stale = true;
}

/**
 * channels_start() - begin to connect all channels at the same time
 * @channels: session, to, to_text, from, from_count, tls, and identity or admit are set
 * @count: how many
 */
void channels_start(struct channels *channels, int count)
{
	channels->count = count;
	for (int i = 0; i < count; i++) {
		struct channel *channel = &channels->channels[i];

		channel->channels = channels;
		channel->id = i;
		channel_dial(channel);
	}
}

/**
 * channels_stop() - give up on those that are still connecting
 * @channels: the channels
 * @why: the reason, for channels_report()
 */
void channels_stop(struct channels *channels, const char *why)
{
	channels->reconnect = false;
	for (int i = 0; i < channels->count; i++)
		if (channels->channels[i].connect.under_way)
			channel_give_up(&channels->channels[i], why);
}

/**
 * channels_are_settled() - is every channel live, or known to be none?
 * @channels: the channels; the session is fresh
 *
 * Return: whether they are.
 */
bool channels_are_settled(const struct channels *channels)
{
	for (int i = 0; i < channels->count; i++) {
		const struct channel *channel = &channels->channels[i];
		const struct mux_channel *told;

		if (channel->connect.under_way)
			return false;
		if (channel->error[0])
			continue;
		told = session_channel(channels->session, i);
		if (!told || told->state == VFIO_MIG_MUX_CHANNEL_STATE_HANDSHAKE)
			return false;
	}
	return true;
}

/* The module's texts name the channel themselves. */
static void explain(const struct channels *channels, int id, char text[EXPLANATION_MAX])
{
	const struct mux_channel *told = session_channel(channels->session, id);
	const char *error = channels->channels[id].error;

	if (error[0])
		snprintf(text, EXPLANATION_MAX, "channel %d: %s", id, error);
	else if (told && told->error.text[0])
		snprintf(text, EXPLANATION_MAX, "%s", told->error.text);
	else
		snprintf(text, EXPLANATION_MAX, "channel %d: no answer to its HELLO in time", id);
}

/**
 * channels_report() - tell which channels there are not, and why
 * @channels: the channels; the session is fresh
 *
 * Return: number of live channels, or -1 with the error recorded if there is none.
 */
int channels_report(const struct channels *channels)
{
	char why[EXPLANATION_MAX], first[EXPLANATION_MAX] = "";
	int live = 0;

	for (int i = 0; i < channels->count; i++) {
		const struct mux_channel *told = session_channel(channels->session, i);

		if (told && told->state == VFIO_MIG_MUX_CHANNEL_STATE_LIVE) {
			live++;
			continue;
		}
		explain(channels, i, why);
		warn("%s", why);
		if (!first[0])
			strcpy(first, why);
	}
	if (!live)
		return fail("no channel came about; %s", first);
	return live;
}
