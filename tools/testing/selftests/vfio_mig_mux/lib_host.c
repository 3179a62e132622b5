// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts: sessions made ready by netlink calls that must all succeed. What may
 * be refused is sent by the tests themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include "lib_host.h"
#include "lib_tcp.h"

/**
 * uuid_make() - make a UUID that no other session has
 * @uuid: receives it
 */
void uuid_make(__u8 uuid[VFIO_MIG_MUX_UUID_LEN])
{
	if (getrandom(uuid, VFIO_MIG_MUX_UUID_LEN, 0) != VFIO_MIG_MUX_UUID_LEN)
		memset(uuid, getpid(), VFIO_MIG_MUX_UUID_LEN);
}

/**
 * uuid_text() - a UUID as it stands in error texts
 * @uuid: the UUID
 * @text: receives the text
 *
 * Return: @text.
 */
const char *uuid_text(const __u8 uuid[VFIO_MIG_MUX_UUID_LEN], char text[37])
{
	int i, length = 0;

	for (i = 0; i < VFIO_MIG_MUX_UUID_LEN; i++)
		length += sprintf(text + length, "%s%02x",
				  i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
	return text;
}

/* An attribute that is left out for a zero, with the kernel's default */
static struct attr attr_unless_zero(int type, __u32 value)
{
	return value ? attr_u32(type, value) : attr_none();
}

static int host_session(struct host *host, const struct host_params *params)
{
	struct nlattr *id, *fd;
	int ret;

	ret = mux_do(host->mux, VFIO_MIG_MUX_CMD_SESSION_NEW,
		     attr_u32(VFIO_MIG_MUX_A_SESSION_ROLE, params->role),
		     attr_bytes(VFIO_MIG_MUX_A_SESSION_UUID, params->uuid, VFIO_MIG_MUX_UUID_LEN),
		     attr_u32(VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE, params->chunk_size ?: CHUNK),
		     attr_u32(VFIO_MIG_MUX_A_SESSION_CHANNELS, params->channels ?: 1),
		     attr_u32(VFIO_MIG_MUX_A_SESSION_FEATURES,
			      (params->no_checksum ? 0 : VFIO_MIG_MUX_FEATURE_CHECKSUM) |
			      (params->zero ? VFIO_MIG_MUX_FEATURE_ZERO : 0) |
			      (params->trailer ? VFIO_MIG_MUX_FEATURE_TRAILER : 0)),
		     params->no_resume ? attr_u32(VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT, 0) :
			     attr_unless_zero(VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT,
					      params->resume_timeout),
		     attr_unless_zero(VFIO_MIG_MUX_A_SESSION_CHANNEL_TIMEOUT,
				      params->channel_timeout),
		     params->max_bandwidth ? attr_u64(VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH,
						      params->max_bandwidth) : attr_none());
	if (ret)
		return ret;
	if (host->mux->nr_replies != 1)
		return -EPROTO;
	id = genlmsg_attrdata(nlmsg_data(host->mux->replies[0]), 0);
	fd = nla_find(id, genlmsg_attrlen(nlmsg_data(host->mux->replies[0]), 0),
		      VFIO_MIG_MUX_A_SESSION_FD);
	if (nla_type(id) != VFIO_MIG_MUX_A_SESSION_ID || !fd)
		return -EPROTO;
	host->id = nla_get_u32(id);
	host->fd = nla_get_s32(fd);
	return 0;
}

/**
 * host_open() - make a session ready for its first channel
 * @host: receives it; to be closed with host_close(), after an error too
 * @mux: netlink socket
 * @params: what to make it of
 *
 * Return: 0, or the negative errno of the first call that was refused.
 */
int host_open(struct host *host, struct mux *mux, const struct host_params *params)
{
	char name[16];
	__u32 i;
	int ret;

	*host = (struct host){ .mux = mux, .fd = -1 };
	ret = host_session(host, params);
	if (!ret && params->slots)
		ret = host_umem(host, (size_t)params->slots * (params->chunk_size ?: CHUNK));
	for (i = 0; !ret && i < params->devices; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		ret = host_device(host, i, name, params->window);
	}
	return ret;
}

/**
 * host_shut() - close the session fd; the memory stays
 * @host: a session
 */
void host_shut(struct host *host)
{
	if (host->fd >= 0)
		close(host->fd);
	host->fd = -1;
}

/**
 * host_close() - end a session and free its memory
 * @host: a session, or all zero
 */
void host_close(struct host *host)
{
	if (!host->mux)
		return;
	host_shut(host);
	if (host->umem)
		munmap(host->umem, host->length);
	host->umem = NULL;
	host->mux = NULL;
}

/**
 * host_umem() - give a session memory
 * @host: the session
 * @length: bytes
 *
 * Return: 0 or a negative errno.
 */
int host_umem(struct host *host, size_t length)
{
	void *umem = mmap(NULL, length, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (umem == MAP_FAILED)
		return -errno;
	host->umem = umem;
	host->length = length;
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_UMEM_REG,
		      attr_u32(VFIO_MIG_MUX_A_UMEM_SESSION, host->id),
		      attr_u64(VFIO_MIG_MUX_A_UMEM_ADDR, (unsigned long)umem),
		      attr_u64(VFIO_MIG_MUX_A_UMEM_LENGTH, length));
}

/* The calls below are one netlink request each and return what it returns */
int host_device(struct host *host, __u32 id, const char *name, __u32 window)
{
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_DEVICE_NEW,
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, host->id),
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, id),
		      attr_text(VFIO_MIG_MUX_A_DEVICE_NAME, name),
		      window ? attr_u32(VFIO_MIG_MUX_A_DEVICE_WINDOW, window) : attr_none());
}

int host_attach(struct host *host, __u32 id, int data_fd, bool final)
{
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_DEVICE_ATTACH,
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, host->id),
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, id),
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_DATA_FD, data_fd),
		      final ? attr_flag(VFIO_MIG_MUX_A_DEVICE_FINAL) : attr_none());
}

int host_trailer(struct host *host, __u32 id, const void *trailer, size_t length)
{
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_DEVICE_SET,
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_SESSION, host->id),
		      attr_u32(VFIO_MIG_MUX_A_DEVICE_ID, id),
		      attr_bytes(VFIO_MIG_MUX_A_DEVICE_TRAILER, trailer, length));
}

int host_channel(struct host *host, int sock_fd, int id)
{
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_CHANNEL_NEW,
		      attr_u32(VFIO_MIG_MUX_A_CHANNEL_SESSION, host->id),
		      attr_u32(VFIO_MIG_MUX_A_CHANNEL_SOCK_FD, sock_fd),
		      id >= 0 ? attr_u32(VFIO_MIG_MUX_A_CHANNEL_ID, id) : attr_none());
}

int host_drain(struct host *host, int id)
{
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_CHANNEL_DEL,
		      attr_u32(VFIO_MIG_MUX_A_CHANNEL_SESSION, host->id),
		      attr_u32(VFIO_MIG_MUX_A_CHANNEL_ID, id));
}

int host_abort(struct host *host, const char *reason)
{
	return mux_do(host->mux, VFIO_MIG_MUX_CMD_SESSION_ABORT,
		      attr_u32(VFIO_MIG_MUX_A_SESSION_ID, host->id),
		      reason ? attr_text(VFIO_MIG_MUX_A_SESSION_REASON, reason) : attr_none());
}

/**
 * pair_open() - make the two sessions of a migration
 * @pair: receives them; to be closed with pair_close(), after an error too
 * @mux: netlink socket
 * @channels: channels both are made for
 * @devices: devices both have
 * @slots: slots of each umem
 *
 * Return: 0 or a negative errno.
 */
int pair_open(struct pair *pair, struct mux *mux, __u32 channels, __u32 devices, __u32 slots)
{
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host_params params = {
		.role = VFIO_MIG_MUX_ROLE_SOURCE,
		.uuid = uuid,
		.channels = channels,
		.devices = devices,
		.slots = slots,
	};
	int ret;

	uuid_make(uuid);
	ret = host_open(&pair->source, mux, &params);
	params.role = VFIO_MIG_MUX_ROLE_DESTINATION;
	return ret ?: host_open(&pair->destination, mux, &params);
}

/**
 * pair_close() - end both sessions
 * @pair: the hosts
 */
void pair_close(struct pair *pair)
{
	host_close(&pair->source);
	host_close(&pair->destination);
}

/**
 * pair_connect() - add a channel to both hosts
 * @pair: the hosts
 * @channel: its number
 *
 * Return: 0 or a negative errno.
 */
int pair_connect(struct pair *pair, __u32 channel)
{
	int fds[2], ret;

	ret = tcp_pair(fds);
	if (!ret)
		ret = host_channel(&pair->destination, fds[1], -1);
	if (!ret)
		ret = host_channel(&pair->source, fds[0], channel);
	close(fds[0]);
	close(fds[1]);
	return ret;
}
