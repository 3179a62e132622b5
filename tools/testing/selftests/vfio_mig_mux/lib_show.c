// SPDX-License-Identifier: GPL-2.0
/*
 * What the module shows of sessions, devices and channels, and waiting until
 * it shows what is waited for.
 */
#include <errno.h>
#include <stdio.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "lib_show.h"
#include "lib_time.h"

/* Payloads of unsigned integers come with the bytes they need, 4 or 8 */
static __u64 number(const struct nlattr *attr)
{
	return nla_len(attr) == sizeof(__u64) ? nla_get_u64(attr) : nla_get_u32(attr);
}

static void text(const struct nlattr *attr, char *buf, size_t size)
{
	snprintf(buf, size, "%.*s", nla_len(attr), (const char *)nla_data(attr));
}

static void error_attr(const struct nlattr *attr, struct error_info *info)
{
	info->has |= 1u << nla_type(attr);
	switch (nla_type(attr)) {
	case VFIO_MIG_MUX_A_ERROR_ORIGIN:
		info->origin = number(attr);
		break;
	case VFIO_MIG_MUX_A_ERROR_ERRNO:
		info->code = number(attr);
		break;
	case VFIO_MIG_MUX_A_ERROR_DIRECTION:
		info->direction = number(attr);
		break;
	case VFIO_MIG_MUX_A_ERROR_DEVICE:
		info->device = number(attr);
		break;
	case VFIO_MIG_MUX_A_ERROR_CHANNEL:
		info->channel = number(attr);
		break;
	case VFIO_MIG_MUX_A_ERROR_CHUNK:
		info->chunk = number(attr);
		break;
	case VFIO_MIG_MUX_A_ERROR_TEXT:
		text(attr, info->text, sizeof(info->text));
		break;
	}
}

static void error_parse(const struct nlattr *nest, struct error_info *info)
{
	struct nlattr *attr;
	int left;

	nla_for_each_nested(attr, nest, left)
		error_attr(attr, info);
}

static void session_attr(const struct nlattr *attr, struct session_info *info)
{
	info->has |= 1u << nla_type(attr);
	switch (nla_type(attr)) {
	case VFIO_MIG_MUX_A_SESSION_ID:
		info->id = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_ROLE:
		info->role = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_UUID:
		nla_memcpy(info->uuid, attr, sizeof(info->uuid));
		break;
	case VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE:
		info->chunk_size = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_CHANNELS:
		info->channels = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_FEATURES:
		info->features = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_STATE:
		info->state = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_OWNER_PID:
		info->owner_pid = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_SLOTS:
		info->slots = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_SLOTS_FREE:
		info->slots_free = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_SLOTS_USED_MAX:
		info->slots_used_max = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_DEVICES:
		info->devices = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_DEVICES_LOADED:
		info->devices_loaded = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_CHANNELS_LIVE:
		info->channels_live = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_BYTES:
		info->bytes = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_ERROR:
		error_parse(attr, &info->error);
		break;
	case VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT:
		info->resume_timeout = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_CHANNEL_TIMEOUT:
		info->channel_timeout = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_RESENT:
		info->resent = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_HEDGED:
		info->hedged = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_DUPLICATES:
		info->duplicates = number(attr);
		break;
	case VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH:
		info->max_bandwidth = number(attr);
		break;
	}
}

static void device_attr(const struct nlattr *attr, struct device_info *info)
{
	info->has |= 1u << nla_type(attr);
	switch (nla_type(attr)) {
	case VFIO_MIG_MUX_A_DEVICE_SESSION:
		info->session = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_ID:
		info->id = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_NAME:
		text(attr, info->name, sizeof(info->name));
		break;
	case VFIO_MIG_MUX_A_DEVICE_WINDOW:
		info->window = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_FINAL:
		info->final = true;
		break;
	case VFIO_MIG_MUX_A_DEVICE_STATE:
		info->state = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_BYTES:
		info->bytes = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_BYTES_MOVED:
		info->bytes_moved = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_CHUNKS:
		info->chunks = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_CHUNKS_MOVED:
		info->chunks_moved = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_CHUNKS_HELD_MAX:
		info->chunks_held_max = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_WINDOW_STALLS:
		info->window_stalls = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_WINDOW_STALL_NS:
		info->window_stall_ns = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_IO_CALLS:
		info->io_calls = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_IO_NS:
		info->io_ns = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_ZERO_CHUNKS:
		info->zero_chunks = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_FIRST_NS:
		info->first_ns = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_LAST_NS:
		info->last_ns = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_TRAILER_LEN:
		info->trailer_len = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_SYNC:
		info->sync = number(attr);
		break;
	case VFIO_MIG_MUX_A_DEVICE_SYNCED:
		info->synced = number(attr);
		break;
	}
}

static void channel_attr(const struct nlattr *attr, struct channel_info *info)
{
	info->has |= 1u << nla_type(attr);
	switch (nla_type(attr)) {
	case VFIO_MIG_MUX_A_CHANNEL_SESSION:
		info->session = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_ID:
		info->id = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_STATE:
		info->state = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_BYTES_SENT:
		info->bytes_sent = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_BYTES_RECEIVED:
		info->bytes_received = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_CHUNKS:
		info->chunks = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_ERROR:
		error_parse(attr, &info->error);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_RESENT:
		info->resent = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_HEDGED:
		info->hedged = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_DUPLICATES:
		info->duplicates = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_ZERO_CHUNKS:
		info->zero_chunks = number(attr);
		break;
	case VFIO_MIG_MUX_A_CHANNEL_SEND_NS:
		info->send_ns = number(attr);
		break;
	}
}

/**
 * session_parse() - read a message about a session
 * @message: a reply or a notification
 * @info: receives what is in it; what is not is zero
 */
void session_parse(struct nlmsghdr *message, struct session_info *info)
{
	struct nlattr *attr;
	int left;

	memset(info, 0, sizeof(*info));
	nlmsg_for_each_attr(attr, message, GENL_HDRLEN, left)
		session_attr(attr, info);
}

/**
 * device_parse() - read a message about a device
 * @message: a reply or a notification
 * @info: receives what is in it; what is not is zero
 */
void device_parse(struct nlmsghdr *message, struct device_info *info)
{
	struct nlattr *attr;
	int left;

	memset(info, 0, sizeof(*info));
	nlmsg_for_each_attr(attr, message, GENL_HDRLEN, left)
		device_attr(attr, info);
}

/**
 * channel_parse() - read a message about a channel
 * @message: a reply or a notification
 * @info: receives what is in it; what is not is zero
 */
void channel_parse(struct nlmsghdr *message, struct channel_info *info)
{
	struct nlattr *attr;
	int left;

	memset(info, 0, sizeof(*info));
	nlmsg_for_each_attr(attr, message, GENL_HDRLEN, left)
		channel_attr(attr, info);
}

/* A get is answered by one message, not more and not less */
static int one_reply(struct mux *mux, int ret)
{
	return ret ?: mux->nr_replies == 1 ? 0 : -EPROTO;
}

int session_get(struct mux *mux, __u32 id, struct session_info *info)
{
	int ret;

	ret = one_reply(mux, mux_do(mux, VFIO_MIG_MUX_CMD_SESSION_GET,
				    attr_u32(VFIO_MIG_MUX_A_SESSION_ID, id)));
	if (!ret)
		session_parse(mux->replies[0], info);
	return ret;
}

int device_get(struct mux *mux, __u32 session, __u32 id, struct device_info *info)
{
	int ret;

	ret = one_reply(mux, mux_do(mux, VFIO_MIG_MUX_CMD_DEVICE_GET,
				    attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, session),
				    attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, id)));
	if (!ret)
		device_parse(mux->replies[0], info);
	return ret;
}

int channel_get(struct mux *mux, __u32 session, __u32 id, struct channel_info *info)
{
	int ret;

	ret = one_reply(mux, mux_do(mux, VFIO_MIG_MUX_CMD_CHANNEL_GET,
				    attr_u32(VFIO_MIG_MUX_A_CHANNEL_SESSION, session),
				    attr_u32(VFIO_MIG_MUX_A_CHANNEL_ID, id)));
	if (!ret)
		channel_parse(mux->replies[0], info);
	return ret;
}

/* The dumps return the number of messages, which may be more than @max */
int session_dump(struct mux *mux, struct session_info *infos, int max)
{
	int i, ret;

	ret = mux_dump(mux, VFIO_MIG_MUX_CMD_SESSION_GET, attr_none());
	for (i = 0; !ret && i < max && i < mux->nr_replies; i++)
		session_parse(mux->replies[i], &infos[i]);
	return ret ?: mux->nr_replies;
}

int device_dump(struct mux *mux, __u32 session, struct device_info *infos, int max)
{
	int i, ret;

	ret = mux_dump(mux, VFIO_MIG_MUX_CMD_DEVICE_GET,
		       attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, session));
	for (i = 0; !ret && i < max && i < mux->nr_replies; i++)
		device_parse(mux->replies[i], &infos[i]);
	return ret ?: mux->nr_replies;
}

int channel_dump(struct mux *mux, __u32 session, struct channel_info *infos, int max)
{
	int i, ret;

	ret = mux_dump(mux, VFIO_MIG_MUX_CMD_CHANNEL_GET,
		       attr_u32(VFIO_MIG_MUX_A_CHANNEL_SESSION, session));
	for (i = 0; !ret && i < max && i < mux->nr_replies; i++)
		channel_parse(mux->replies[i], &infos[i]);
	return ret ?: mux->nr_replies;
}

/* Waiting is over where a get fails, too: the functions below say true then */
static bool session_is(struct mux *mux, __u32 id, __u32 state, struct session_info *info,
		       int *ret)
{
	*ret = session_get(mux, id, info);
	return *ret || info->state >= state;
}

static bool channel_is(struct mux *mux, __u32 session, int position, __u32 state,
		       struct channel_info *infos, int *count)
{
	*count = channel_dump(mux, session, infos, VFIO_MIG_MUX_CHANNELS_MAX);
	return *count < 0 || (*count > position && infos[position].state >= state);
}

static bool chunks_are(struct mux *mux, __u32 session, __u32 id, __u64 chunks_moved,
		       struct device_info *info, int *ret)
{
	*ret = device_get(mux, session, id, info);
	return *ret || info->chunks_moved >= chunks_moved;
}

/**
 * session_wait() - wait until a session has come as far as a state
 * @mux: netlink socket
 * @id: the session
 * @state: the state, or any after it
 * @info: receives what the session shows then
 *
 * Return: 0, -ETIMEDOUT or what session-get said.
 */
int session_wait(struct mux *mux, __u32 id, __u32 state, struct session_info *info)
{
	int ret = 0;

	memset(info, 0, sizeof(*info));
	if (eventually(session_is(mux, id, state, info, &ret)))
		return ret;
	fprintf(stderr, "# session %u stays in state %u, waited for %u\n", id, info->state, state);
	return -ETIMEDOUT;
}

/**
 * channel_wait() - wait until a channel has come as far as a state
 * @mux: netlink socket
 * @session: its session
 * @position: which one in the order of channel-new, from 0
 * @state: the state, or any after it
 * @info: receives what the channel shows then
 *
 * Return: 0, -ETIMEDOUT, or what the dump of channel-get said.
 */
int channel_wait(struct mux *mux, __u32 session, int position, __u32 state,
		 struct channel_info *info)
{
	struct channel_info infos[VFIO_MIG_MUX_CHANNELS_MAX] = {};
	bool is_there;
	int count;

	is_there = eventually(channel_is(mux, session, position, state, infos, &count));
	*info = infos[position];
	if (is_there)
		return count < 0 ? count : 0;
	fprintf(stderr, "# session %u, channel %d of %d stays in state %u, waited for %u\n",
		session, position, count, info->state, state);
	return -ETIMEDOUT;
}

/**
 * chunks_wait() - wait until chunks of a device have been read or received
 * @mux: netlink socket
 * @session: its session
 * @id: the device
 * @chunks_moved: how many
 * @info: receives what the device shows then
 *
 * Return: 0, -ETIMEDOUT or what device-get said.
 */
int chunks_wait(struct mux *mux, __u32 session, __u32 id, __u64 chunks_moved,
		struct device_info *info)
{
	int ret = 0;

	memset(info, 0, sizeof(*info));
	if (eventually(chunks_are(mux, session, id, chunks_moved, info, &ret)))
		return ret;
	fprintf(stderr, "# session %u, device %u: %llu chunks moved, waited for %llu\n",
		session, id, (unsigned long long)info->chunks_moved,
		(unsigned long long)chunks_moved);
	return -ETIMEDOUT;
}
