// SPDX-License-Identifier: GPL-2.0
/*
 * The source of rival 3. A chunk is read from a device into a buffer of the
 * channel that has one free, gets the device's next number and leaves by that
 * channel: nobody hands it on, and it is sent while it is hot in the cache.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "error.h"
#include "threads.h"

/* A free device in turn; NULL when all have ended. Called and returns with the lock held. */
static struct device *take_device(struct rival *rival)
{
	for (;;) {
		bool left = false;

		for (int i = 0; i < rival->device_count; i++) {
			struct device *device = &rival->devices[(rival->turn + i) % rival->device_count];

			left = left || !device->ended;
			if (device->busy || device->ended)
				continue;
			device->busy = true;
			rival->turn = (rival->turn + i + 1) % rival->device_count;
			return device;
		}
		if (!left)
			return NULL;
		pthread_cond_wait(&rival->news, &rival->lock);
	}
}

static int read_chunk(struct rival *rival, struct device *device, struct buffer *buffer)
{
	ssize_t n = read(device->vfio.data_fd, buffer->data, rival->chunk);

	if (n < 0)
		return fail("read of %s: %m", device->vfio.path);
	buffer->device = device - rival->devices;
	buffer->length = n;
	return 0;
}

/* Fills the next buffer, which is free; false when there is nothing left to read. */
static bool fill(struct channel *channel)
{
	struct rival *rival = channel->rival;
	struct buffer *buffer = &channel->ring[channel->filled % rival->buffer_count];
	struct device *device;

	pthread_mutex_lock(&rival->lock);
	buffer->data = channel->spare[--channel->spares];
	do {
		device = take_device(rival);
		if (!device)
			break;
		pthread_mutex_unlock(&rival->lock);
		if (read_chunk(rival, device, buffer))
			die();
		pthread_mutex_lock(&rival->lock);
		buffer->index = device->next;
		device->busy = false;
		device->ended = !buffer->length;
		if (device->ended) {
			pthread_cond_broadcast(&rival->news);
			continue;
		}
		device->next++;
		rival->bytes += buffer->length;
		pthread_cond_signal(&rival->news);
	} while (device->ended);
	if (device)
		channel->filled++;
	else
		channel->last_filled = true;
	pthread_cond_signal(&channel->changed);
	pthread_mutex_unlock(&rival->lock);
	return device;
}

/* The oldest buffers may be filled again. */
static void release(struct channel *channel, int count)
{
	struct rival *rival = channel->rival;

	pthread_mutex_lock(&rival->lock);
	while (count--)
		channel->spare[channel->spares++] = channel->ring[channel->emptied++ % rival->buffer_count].data;
	pthread_cond_signal(&channel->changed);
	pthread_mutex_unlock(&rival->lock);
}

/* What MSG_ZEROCOPY has to say is of no interest, but must not pile up. */
static void drain_completions(int sock)
{
	char control[256];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };

	while (recvmsg(sock, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		msg.msg_controllen = sizeof(control);
}

/* The destination says a byte for each chunk that it has: only then is nobody looking at the buffer any more. */
static int wait_empty(struct channel *channel, uint64_t left)
{
	char bytes[BUFFERS_MAX];
	ssize_t n;

	while (channel->sent - channel->emptied > left) {
		n = recv(channel->connection.sock, bytes, channel->sent - channel->emptied, 0);
		if (n <= 0)
			return fail("the other side is gone: %m");
		release(channel, n);
	}
	return 0;
}

static int splice_all(struct channel *channel, struct buffer *buffer)
{
	struct iovec part = { buffer->data, buffer->length };
	ssize_t in, out;

	while (part.iov_len) {
		in = vmsplice(channel->pipe[1], &part, 1, 0);
		if (in < 0)
			return fail("vmsplice: %m");
		part.iov_base = (char *)part.iov_base + in;
		part.iov_len -= in;
		while (in) {
			out = splice(channel->pipe[0], NULL, channel->connection.sock, NULL, in,
				     part.iov_len ? SPLICE_F_MORE : 0);
			if (out <= 0)
				return fail("splice: %m");
			in -= out;
		}
	}
	return 0;
}

static int send_buffer(struct channel *channel, struct buffer *buffer)
{
	struct connection *connection = &channel->connection;
	struct frame frame = { htonl(buffer->device), htonl(buffer->length), htobe64(buffer->index) };
	struct iovec parts[] = { { &frame, sizeof(frame) }, { buffer->data, buffer->length } };

	switch (channel->rival->how) {
	case HOW_SPLICE:
		if (connection_send(connection, parts, 1, MSG_MORE))
			return -1;
		return splice_all(channel, buffer);
	case HOW_ZEROCOPY:
		if (connection_send(connection, parts, 1, MSG_MORE))
			return -1;
		drain_completions(connection->sock);
		return connection_send(connection, parts + 1, 1, MSG_ZEROCOPY);
	default:
		return connection_send(connection, parts, 2, 0);
	}
}

/* Sends the oldest buffer that is not sent yet. */
static int send_next(struct channel *channel)
{
	struct rival *rival = channel->rival;

	if (send_buffer(channel, &channel->ring[channel->sent % rival->buffer_count]))
		return -1;
	channel->sent++;
	if (rival->how != HOW_COPY)
		return wait_empty(channel, rival->buffer_count - 1);
	release(channel, 1);
	return 0;
}

static int send_end(struct channel *channel)
{
	struct frame frame = { .device = htonl(FRAME_END) };
	struct iovec part = { &frame, sizeof(frame) };

	if (connection_send(&channel->connection, &part, 1, 0) || wait_empty(channel, 0))
		return -1;
	/* All is written. */
	return connection_exchange(&channel->connection, false, true);
}

/**
 * source_worker() - the one worker of a channel
 * @arg: the channel
 */
void *source_worker(void *arg)
{
	struct channel *channel = arg;

	while (fill(channel))
		if (send_next(channel))
			die();
	if (send_end(channel))
		die();
	return NULL;
}

/**
 * source_reader() - of a channel's two workers the one that reads devices
 * @arg: the channel
 */
void *source_reader(void *arg)
{
	struct channel *channel = arg;
	struct rival *rival = channel->rival;

	do {
		pthread_mutex_lock(&rival->lock);
		while (channel->filled - channel->emptied == (uint64_t)rival->buffer_count)
			pthread_cond_wait(&channel->changed, &rival->lock);
		pthread_mutex_unlock(&rival->lock);
	} while (fill(channel));
	return NULL;
}

/**
 * source_sender() - the other one
 * @arg: the channel
 */
void *source_sender(void *arg)
{
	struct channel *channel = arg;
	struct rival *rival = channel->rival;
	bool more;

	for (;;) {
		pthread_mutex_lock(&rival->lock);
		while (channel->filled == channel->sent && !channel->last_filled)
			pthread_cond_wait(&channel->changed, &rival->lock);
		more = channel->filled != channel->sent;
		pthread_mutex_unlock(&rival->lock);
		if (!more)
			break;
		if (send_next(channel))
			die();
	}
	if (send_end(channel))
		die();
	return NULL;
}
