// SPDX-License-Identifier: GPL-2.0
/*
 * The destination of rival 3. A chunk is received into a buffer of its own
 * channel. Whoever has received one writes what has become writable, in order,
 * while it is hot in the cache; nobody waits for a turn that another can take.
 *
 * Chunks leave the source's channels in ascending order, so that the oldest
 * buffers of all channels include the one that is next, or it is not here yet
 * and its channel has all buffers free: no channel waits for itself.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <sys/socket.h>

#include "error.h"
#include "threads.h"

/* Returns 0 with a buffer filled, 1 at the end of the channel. */
static int receive_next(struct channel *channel)
{
	struct rival *rival = channel->rival;
	struct buffer *buffer = &channel->ring[channel->filled % rival->buffer_count];
	struct frame frame;

	if (connection_receive(&channel->connection, &frame, sizeof(frame)))
		return -1;
	buffer->device = ntohl(frame.device);
	buffer->length = ntohl(frame.length);
	buffer->index = be64toh(frame.index);
	if (buffer->device == FRAME_END)
		return 1;
	if (buffer->device >= (uint32_t)rival->device_count || buffer->length > rival->chunk)
		return fail("the other side sent a chunk of %u bytes for device %u", buffer->length, buffer->device);
	/* Nobody else takes any; others only add to them, with the lock held. */
	pthread_mutex_lock(&rival->lock);
	buffer->data = channel->spare[--channel->spares];
	pthread_mutex_unlock(&rival->lock);
	if (connection_receive(&channel->connection, buffer->data, buffer->length))
		return -1;
	return rival->how == HOW_COPY ? 0 : connection_exchange(&channel->connection, true, false);
}

/* A channel whose oldest buffer can be written now; the lock is held. */
static struct channel *find_writable(struct rival *rival)
{
	for (int i = 0; i < rival->channel_count; i++) {
		struct channel *channel = &rival->channels[i];
		struct buffer *oldest = &channel->ring[channel->emptied % rival->buffer_count];
		struct device *device;

		if (channel->filled == channel->emptied)
			continue;
		device = &rival->devices[oldest->device];
		if (!device->busy && device->next == oldest->index)
			return channel;
	}
	return NULL;
}

/* The lock is held, but not while writing. */
static void write_oldest(struct channel *channel)
{
	struct rival *rival = channel->rival;
	struct buffer *oldest = &channel->ring[channel->emptied % rival->buffer_count];
	struct device *device = &rival->devices[oldest->device];

	device->busy = true;
	pthread_mutex_unlock(&rival->lock);
	if (write_device(&device->vfio, oldest->data, oldest->length))
		die();
	pthread_mutex_lock(&rival->lock);
	device->busy = false;
	device->next++;
	rival->bytes += oldest->length;
	channel->emptied++;
	channel->spare[channel->spares++] = oldest->data;
	pthread_cond_signal(&channel->changed);
}

static void write_all(struct rival *rival)
{
	struct channel *channel;

	while ((channel = find_writable(rival)))
		write_oldest(channel);
}

/* Receives to the end of the channel; @write: and writes. */
static void receive_channel(struct channel *channel, bool write)
{
	struct rival *rival = channel->rival;
	int ret;

	do {
		pthread_mutex_lock(&rival->lock);
		while (channel->filled - channel->emptied == (uint64_t)rival->buffer_count)
			pthread_cond_wait(&channel->changed, &rival->lock);
		pthread_mutex_unlock(&rival->lock);
		ret = receive_next(channel);
		if (ret < 0)
			die();
		pthread_mutex_lock(&rival->lock);
		if (ret)
			channel->done = true;
		else
			channel->filled++;
		pthread_cond_signal(&rival->news);
		if (write)
			write_all(rival);
		pthread_mutex_unlock(&rival->lock);
	} while (!ret);
}

/**
 * destination_worker() - the one worker of a channel
 * @arg: the channel
 */
void *destination_worker(void *arg)
{
	receive_channel(arg, true);
	return NULL;
}

/**
 * destination_receiver() - a channel's worker when another one writes
 * @arg: the channel
 */
void *destination_receiver(void *arg)
{
	receive_channel(arg, false);
	return NULL;
}

static bool all_done(const struct rival *rival)
{
	for (int i = 0; i < rival->channel_count; i++)
		if (!rival->channels[i].done)
			return false;
	return true;
}

/**
 * destination_writer() - the one that writes for all channels
 * @arg: the rival
 */
void *destination_writer(void *arg)
{
	struct rival *rival = arg;

	pthread_mutex_lock(&rival->lock);
	for (;;) {
		write_all(rival);
		if (all_done(rival))
			break;
		pthread_cond_wait(&rival->news, &rival->lock);
	}
	pthread_mutex_unlock(&rival->lock);
	return NULL;
}

/**
 * destination_check() - has all been written that was received?
 * @rival: all workers are done
 *
 * Return: 0, or -1 with the error recorded.
 */
int destination_check(struct rival *rival)
{
	for (int i = 0; i < rival->channel_count; i++)
		if (rival->channels[i].filled != rival->channels[i].emptied)
			return fail("a chunk is missing: channel %d still holds others", i);
	return 0;
}
