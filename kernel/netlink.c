// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink calls: check attributes, find the session, hand over. None waits
 * for a device or a peer. The policies, and what each call may carry, are
 * generated from Documentation/netlink/specs/vfio-mig-mux.yaml.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/sizes.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "channel.h"
#include "device.h"
#include "limit.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "session.h"
#include "show.h"
#include "sync.h"
#include "trailer.h"
#include "umem.h"

#define CHUNK_SIZE_DEFAULT	SZ_1M
#define CHANNELS_DEFAULT	4
#define FEATURES_DEFAULT	VFIO_MIG_MUX_FEATURE_CHECKSUM
#define RESUME_TIMEOUT_DEFAULT	10000
#define CHANNEL_TIMEOUT_DEFAULT	5000

/* Whether an attribute is missing; if so, says so */
static bool is_missing(struct genl_info *info, int attr, const char *name)
{
	if (!GENL_REQ_ATTR_CHECK(info, attr))
		return false;
	NL_SET_ERR_MSG_FMT(info->extack, "attribute %s is missing", name);
	return true;
}

static struct mux_session *find_session(struct genl_info *info, u32 id,
					const struct nlattr *attr)
{
	struct mux_session *session;

	session = mux_session_find(id, genl_info_net(info));
	if (!session) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"there is no session %u", id);
		return NULL;
	}
	return session;
}

/* Find a session for its owner to change it; undone by end_change() */
static int begin_change(struct genl_info *info, int attr,
			struct mux_session **session)
{
	int ret;

	*session = find_session(info, nla_get_u32(info->attrs[attr]),
				info->attrs[attr]);
	if (!*session)
		return -ENOENT;
	ret = mux_session_lock_config(*session, info->extack);
	if (ret)
		mux_session_put(*session);
	return ret;
}

static void end_change(struct mux_session *session)
{
	mutex_unlock(&session->config);
	mux_session_put(session);
}

static struct mux_device *device_of(struct mux_session *session, u32 id)
{
	struct mux_device *device;

	mux_session_lock(session);
	device = id < session->nr_devices ? session->devices[id] : NULL;
	mux_session_unlock(session);
	return device;
}

static int find_device(struct genl_info *info, struct mux_session *session,
		       struct mux_device **device)
{
	const struct nlattr *attr = info->attrs[VFIO_MIG_MUX_A_DEVICE_ID];
	u32 id = nla_get_u32(attr);

	*device = device_of(session, id);
	if (*device)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
				"session %u has no device %u", session->id, id);
	return -ENOENT;
}

/* A number that may be absent */
static u32 get_u32_or(struct genl_info *info, int attr, u32 otherwise)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : otherwise;
}

static int session_params(struct genl_info *info,
			  struct mux_session_params *params)
{
	struct nlattr **attrs = info->attrs;
	const struct nlattr *max_bandwidth;

	max_bandwidth = attrs[VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH];
	if (is_missing(info, VFIO_MIG_MUX_A_SESSION_ROLE, "role") ||
	    is_missing(info, VFIO_MIG_MUX_A_SESSION_UUID, "uuid"))
		return -EINVAL;
	*params = (struct mux_session_params) {
		.role = nla_get_u32(attrs[VFIO_MIG_MUX_A_SESSION_ROLE]),
		.chunk_size = get_u32_or(info,
					 VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE,
					 CHUNK_SIZE_DEFAULT),
		.channels = get_u32_or(info, VFIO_MIG_MUX_A_SESSION_CHANNELS,
				       CHANNELS_DEFAULT),
		.features = get_u32_or(info, VFIO_MIG_MUX_A_SESSION_FEATURES,
				       FEATURES_DEFAULT),
		.resume_timeout =
			get_u32_or(info, VFIO_MIG_MUX_A_SESSION_RESUME_TIMEOUT,
				   RESUME_TIMEOUT_DEFAULT),
		.channel_timeout =
			get_u32_or(info, VFIO_MIG_MUX_A_SESSION_CHANNEL_TIMEOUT,
				   CHANNEL_TIMEOUT_DEFAULT),
	};
	if (max_bandwidth)
		params->max_bandwidth = nla_get_uint(max_bandwidth);
	import_uuid(&params->uuid, nla_data(attrs[VFIO_MIG_MUX_A_SESSION_UUID]));
	if (!is_power_of_2(params->chunk_size)) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack,
					attrs[VFIO_MIG_MUX_A_SESSION_CHUNK_SIZE],
					"chunk-size %u is not a power of two",
					params->chunk_size);
		return -EINVAL;
	}
	if (max_bandwidth && params->role != VFIO_MIG_MUX_ROLE_SOURCE) {
		NL_SET_ERR_MSG_ATTR(info->extack, max_bandwidth,
				    "max-bandwidth is given on the destination, it is the source's");
		return -EINVAL;
	}
	if (uuid_is_null(&params->uuid)) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    attrs[VFIO_MIG_MUX_A_SESSION_UUID],
				    "uuid is null");
		return -EINVAL;
	}
	return 0;
}

static int reply_session(struct genl_info *info, u32 id, int fd)
{
	struct sk_buff *msg;
	void *hdr;

	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_iput(msg, info);
	if (!hdr ||
	    nla_put_u32(msg, VFIO_MIG_MUX_A_SESSION_ID, id) ||
	    nla_put_s32(msg, VFIO_MIG_MUX_A_SESSION_FD, fd)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int vfio_mig_mux_nl_session_new_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	struct mux_session_params params;
	struct mux_session *session;
	struct file *file;
	int fd, ret;

	ret = session_params(info, &params);
	if (ret)
		return ret;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		NL_SET_ERR_MSG(info->extack, "no file descriptor is free");
		return fd;
	}
	session = mux_session_create(&params, genl_info_net(info));
	if (IS_ERR(session)) {
		NL_SET_ERR_MSG_FMT(info->extack,
				   "a session cannot be made: error %ld",
				   PTR_ERR(session));
		ret = PTR_ERR(session);
		goto err_put_fd;
	}
	file = mux_session_file(session);
	if (IS_ERR(file)) {
		NL_SET_ERR_MSG(info->extack, "no file can be opened");
		ret = PTR_ERR(file);
		mux_session_discard(session);
		goto err_put_fd;
	}
	ret = reply_session(info, session->id, fd);
	if (ret)
		goto err_put_file;
	fd_install(fd, file);
	return 0;

err_put_file:
	fput(file);
err_put_fd:
	put_unused_fd(fd);
	return ret;
}

int vfio_mig_mux_nl_session_set_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	const int attr = VFIO_MIG_MUX_A_SESSION_MAX_BANDWIDTH;
	struct mux_session *session;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_SESSION_ID, "id") ||
	    is_missing(info, attr, "max-bandwidth"))
		return -EINVAL;
	ret = begin_change(info, VFIO_MIG_MUX_A_SESSION_ID, &session);
	if (ret)
		return ret;
	if (mux_session_is_source(session)) {
		mux_limit_set(session, nla_get_uint(info->attrs[attr]));
	} else {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "max-bandwidth is given on the destination, it is the source's");
		ret = -EINVAL;
	}
	end_change(session);
	return ret;
}

int vfio_mig_mux_nl_session_get_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	const int attr = VFIO_MIG_MUX_A_SESSION_ID;
	struct mux_session *session;
	struct sk_buff *msg;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_SESSION_ID, "id"))
		return -EINVAL;
	session = find_session(info, nla_get_u32(info->attrs[attr]),
			       info->attrs[attr]);
	if (!session)
		return -ENOENT;
	ret = -ENOMEM;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto out;
	mux_session_lock(session);
	ret = mux_show_session(msg, info, session);
	mux_session_unlock(session);
	if (ret)
		nlmsg_free(msg);
	else
		ret = genlmsg_reply(msg, info);
out:
	mux_session_put(session);
	return ret;
}

int vfio_mig_mux_nl_session_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb)
{
	const struct genl_info *info = &genl_dumpit_info(cb)->info;
	struct mux_session *session;
	u32 id = cb->args[0];
	int ret = 0;

	while (!ret) {
		session = mux_session_find_next(&id, sock_net(skb->sk));
		if (!session)
			break;
		mux_session_lock(session);
		ret = mux_show_session(skb, info, session);
		mux_session_unlock(session);
		mux_session_put(session);
		if (!ret)
			cb->args[0] = ++id;
	}
	return ret == -EMSGSIZE && skb->len ? skb->len : ret;
}

int vfio_mig_mux_nl_session_abort_doit(struct sk_buff *skb,
				       struct genl_info *info)
{
	const struct nlattr *attr, *reason;
	struct mux_session *session;
	struct mux_error error;
	int ret = 0;

	if (is_missing(info, VFIO_MIG_MUX_A_SESSION_ID, "id"))
		return -EINVAL;
	attr = info->attrs[VFIO_MIG_MUX_A_SESSION_ID];
	reason = info->attrs[VFIO_MIG_MUX_A_SESSION_REASON];
	session = find_session(info, nla_get_u32(attr), attr);
	if (!session)
		return -ENOENT;

	mux_error_set(&error, -ECANCELED, "aborted on the %s%s%s",
		      mux_session_is_source(session) ? "source" : "destination",
		      reason ? ": " : "",
		      reason ? (char *)nla_data(reason) : "");
	error.by_owner = true;
	if (!mux_session_end(session, VFIO_MIG_MUX_SESSION_STATE_ABORTED,
			     &error)) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
					"session %u is over", session->id);
		ret = -ESHUTDOWN;
	}
	mux_session_put(session);
	return ret;
}

int vfio_mig_mux_nl_umem_reg_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mux_session *session;
	struct mux_umem *umem;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_UMEM_SESSION, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_UMEM_ADDR, "addr") ||
	    is_missing(info, VFIO_MIG_MUX_A_UMEM_LENGTH, "length"))
		return -EINVAL;
	ret = begin_change(info, VFIO_MIG_MUX_A_UMEM_SESSION, &session);
	if (ret)
		return ret;
	if (session->umem) {
		NL_SET_ERR_MSG_FMT(info->extack, "session %u has a umem already",
				   session->id);
		ret = -EEXIST;
		goto out;
	}
	umem = mux_umem_create(nla_get_uint(info->attrs[VFIO_MIG_MUX_A_UMEM_ADDR]),
			       nla_get_uint(info->attrs[VFIO_MIG_MUX_A_UMEM_LENGTH]),
			       session->chunk_size, info->extack);
	if (IS_ERR(umem)) {
		ret = PTR_ERR(umem);
		goto out;
	}
	mux_session_lock(session);
	session->umem = umem;
	mux_session_unlock(session);
out:
	end_change(session);
	return ret;
}

int vfio_mig_mux_nl_device_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct mux_session *session;
	u32 window = 0;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_DEVICE_SESSION, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_DEVICE_ID, "id") ||
	    is_missing(info, VFIO_MIG_MUX_A_DEVICE_NAME, "name"))
		return -EINVAL;
	ret = begin_change(info, VFIO_MIG_MUX_A_DEVICE_SESSION, &session);
	if (ret)
		return ret;
	if (attrs[VFIO_MIG_MUX_A_DEVICE_WINDOW])
		window = nla_get_u32(attrs[VFIO_MIG_MUX_A_DEVICE_WINDOW]);
	ret = mux_device_create(session,
				nla_get_u32(attrs[VFIO_MIG_MUX_A_DEVICE_ID]),
				nla_data(attrs[VFIO_MIG_MUX_A_DEVICE_NAME]),
				window, info->extack);
	end_change(session);
	return ret;
}

int vfio_mig_mux_nl_device_attach_doit(struct sk_buff *skb,
				       struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct mux_session *session;
	struct mux_device *device;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_DEVICE_SESSION, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_DEVICE_ID, "id") ||
	    is_missing(info, VFIO_MIG_MUX_A_DEVICE_DATA_FD, "data-fd"))
		return -EINVAL;
	ret = begin_change(info, VFIO_MIG_MUX_A_DEVICE_SESSION, &session);
	if (ret)
		return ret;
	ret = find_device(info, session, &device);
	if (!ret)
		ret = mux_device_attach(device,
					nla_get_s32(attrs[VFIO_MIG_MUX_A_DEVICE_DATA_FD]),
					attrs[VFIO_MIG_MUX_A_DEVICE_FINAL],
					info->extack);
	end_change(session);
	return ret;
}

int vfio_mig_mux_nl_device_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct mux_session *session;
	struct mux_device *device;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_DEVICE_SESSION, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_DEVICE_ID, "id"))
		return -EINVAL;
	ret = begin_change(info, VFIO_MIG_MUX_A_DEVICE_SESSION, &session);
	if (ret)
		return ret;
	ret = find_device(info, session, &device);
	if (!ret)
		ret = mux_device_set(device, attrs[VFIO_MIG_MUX_A_DEVICE_FINAL],
				     attrs[VFIO_MIG_MUX_A_DEVICE_KICK],
				     attrs[VFIO_MIG_MUX_A_DEVICE_TRAILER],
				     info->extack);
	end_change(session);
	return ret;
}

/* Begin an answer about a device; to be finished by finish_device_reply() */
static struct sk_buff *begin_device_reply(struct genl_info *info,
					  const struct mux_device *device,
					  size_t payload, void **hdr)
{
	struct sk_buff *msg;

	msg = genlmsg_new(2 * nla_total_size(sizeof(u32)) + payload,
			  GFP_KERNEL);
	if (!msg)
		return NULL;
	*hdr = genlmsg_iput(msg, info);
	if (*hdr &&
	    !nla_put_u32(msg, VFIO_MIG_MUX_A_DEVICE_SESSION,
			 device->session->id) &&
	    !nla_put_u32(msg, VFIO_MIG_MUX_A_DEVICE_ID, device->id))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int finish_device_reply(struct genl_info *info, struct sk_buff *msg,
			       void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* Once the device is loaded its trailer stays as it is */
static int reply_trailer(struct genl_info *info,
			 const struct mux_device *device)
{
	const struct mux_trailer *trailer = &device->trailer;
	struct sk_buff *msg;
	void *hdr;

	msg = begin_device_reply(info, device, nla_total_size(trailer->length),
				 &hdr);
	if (!msg)
		return -ENOMEM;
	return finish_device_reply(info, msg, hdr,
				   nla_put(msg, VFIO_MIG_MUX_A_DEVICE_TRAILER,
					   trailer->length, trailer->bytes));
}

/* The session of a call that only looks at a device, to be put back */
static int find_device_session(struct genl_info *info,
			       struct mux_session **session)
{
	const int attr = VFIO_MIG_MUX_A_DEVICE_SESSION;

	if (is_missing(info, attr, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_DEVICE_ID, "id"))
		return -EINVAL;
	*session = find_session(info, nla_get_u32(info->attrs[attr]),
				info->attrs[attr]);
	return *session ? 0 : -ENOENT;
}

int vfio_mig_mux_nl_device_trailer_get_doit(struct sk_buff *skb,
					    struct genl_info *info)
{
	struct mux_session *session;
	struct mux_device *device;
	int ret;

	ret = find_device_session(info, &session);
	if (ret)
		return ret;
	/* Not as a change: the session may be over, and usually is. */
	ret = mux_session_check_owner(session, info->extack);
	if (!ret)
		ret = find_device(info, session, &device);
	if (ret)
		goto out;
	mux_session_lock(session);
	ret = mux_trailer_check(device, info->extack);
	mux_session_unlock(session);
	if (!ret)
		ret = reply_trailer(info, device);
out:
	mux_session_put(session);
	return ret;
}

static int reply_sync(struct genl_info *info, const struct mux_device *device,
		      u64 point)
{
	struct sk_buff *msg;
	void *hdr;

	msg = begin_device_reply(info, device, nla_total_size_64bit(sizeof(u64)),
				 &hdr);
	if (!msg)
		return -ENOMEM;
	return finish_device_reply(info, msg, hdr,
				   nla_put_uint(msg, VFIO_MIG_MUX_A_DEVICE_SYNC,
						point));
}

int vfio_mig_mux_nl_device_sync_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	struct mux_session *session;
	struct mux_device *device;
	u64 point;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_DEVICE_SESSION, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_DEVICE_ID, "id"))
		return -EINVAL;
	ret = begin_change(info, VFIO_MIG_MUX_A_DEVICE_SESSION, &session);
	if (ret)
		return ret;
	ret = find_device(info, session, &device);
	if (!ret)
		ret = mux_sync_ask(device, &point, info->extack);
	if (!ret)
		ret = reply_sync(info, device, point);
	end_change(session);
	return ret;
}

int vfio_mig_mux_nl_device_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct mux_session *session;
	struct mux_device *device;
	struct sk_buff *msg;
	int ret;

	ret = find_device_session(info, &session);
	if (ret)
		return ret;
	ret = find_device(info, session, &device);
	if (ret)
		goto out;
	ret = -ENOMEM;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto out;
	mux_session_lock(session);
	ret = mux_show_device(msg, info, device);
	mux_session_unlock(session);
	if (ret)
		nlmsg_free(msg);
	else
		ret = genlmsg_reply(msg, info);
out:
	mux_session_put(session);
	return ret;
}

/* The session a dump is about; with a reference */
static struct mux_session *find_dumped(struct sk_buff *skb,
				       const struct genl_info *info, int attr,
				       int *ret)
{
	struct mux_session *session;

	if (!info->attrs[attr]) {
		NL_SET_ERR_MSG(info->extack, "attribute session is missing");
		*ret = -EINVAL;
		return NULL;
	}
	session = mux_session_find(nla_get_u32(info->attrs[attr]),
				   sock_net(skb->sk));
	if (!session) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[attr],
					"there is no session %u",
					nla_get_u32(info->attrs[attr]));
		*ret = -ENOENT;
	}
	return session;
}

int vfio_mig_mux_nl_device_get_dumpit(struct sk_buff *skb,
				      struct netlink_callback *cb)
{
	const struct genl_info *info = &genl_dumpit_info(cb)->info;
	struct mux_session *session;
	int ret = 0;

	session = find_dumped(skb, info, VFIO_MIG_MUX_A_DEVICE_SESSION, &ret);
	if (!session)
		return ret;
	mux_session_lock(session);
	while (!ret && cb->args[0] < session->nr_devices) {
		ret = mux_show_device(skb, info, session->devices[cb->args[0]]);
		if (!ret)
			cb->args[0]++;
	}
	mux_session_unlock(session);
	mux_session_put(session);
	return ret == -EMSGSIZE && skb->len ? skb->len : ret;
}

/* The channel that has a number, the newest if others with it have failed */
static struct mux_channel *channel_of(struct mux_session *session, u32 number)
{
	struct mux_channel *channel;

	lockdep_assert_held(&session->lock);
	list_for_each_entry_reverse(channel, &session->channels, node) {
		if (channel->numbered && channel->number == number &&
		    !channel->superseded)
			return channel;
	}
	return NULL;
}

int vfio_mig_mux_nl_channel_new_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	const struct nlattr *id = info->attrs[VFIO_MIG_MUX_A_CHANNEL_ID];
	const int fd = VFIO_MIG_MUX_A_CHANNEL_SOCK_FD;
	struct mux_session *session;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_CHANNEL_SESSION, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_CHANNEL_SOCK_FD, "sock-fd"))
		return -EINVAL;
	ret = begin_change(info, VFIO_MIG_MUX_A_CHANNEL_SESSION, &session);
	if (ret)
		return ret;
	ret = -EINVAL;
	if (mux_session_is_source(session) && !id) {
		NL_SET_ERR_MSG(info->extack,
			       "attribute id is missing on the source");
		goto out;
	}
	if (!mux_session_is_source(session) && id) {
		NL_SET_ERR_MSG_ATTR(info->extack, id,
				    "attribute id is given on the destination, which learns it from HELLO");
		goto out;
	}
	if (id && nla_get_u32(id) >= session->channels_max) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, id,
					"channel id %u given, the session is made for %u channels",
					nla_get_u32(id), session->channels_max);
		goto out;
	}
	ret = mux_channel_create(session, nla_get_s32(info->attrs[fd]),
				 id ? (int)nla_get_u32(id) : -1, info->extack);
out:
	end_change(session);
	return ret;
}

int vfio_mig_mux_nl_channel_del_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	const struct nlattr *id = info->attrs[VFIO_MIG_MUX_A_CHANNEL_ID];
	struct mux_session *session;
	struct mux_channel *channel;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_CHANNEL_SESSION, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_CHANNEL_ID, "id"))
		return -EINVAL;
	ret = begin_change(info, VFIO_MIG_MUX_A_CHANNEL_SESSION, &session);
	if (ret)
		return ret;
	mux_session_lock(session);
	channel = channel_of(session, nla_get_u32(id));
	ret = channel ? mux_channel_drain(channel, info->extack) : -ENOENT;
	mux_session_unlock(session);
	if (ret == -ENOENT)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, id,
					"session %u has no channel %u",
					session->id, nla_get_u32(id));
	else if (ret)
		NL_SET_BAD_ATTR(info->extack, id);
	end_change(session);
	return ret;
}

int vfio_mig_mux_nl_channel_get_doit(struct sk_buff *skb,
				     struct genl_info *info)
{
	const int attr = VFIO_MIG_MUX_A_CHANNEL_SESSION;
	struct mux_session *session;
	struct mux_channel *channel;
	struct sk_buff *msg;
	u32 id;
	int ret;

	if (is_missing(info, VFIO_MIG_MUX_A_CHANNEL_SESSION, "session") ||
	    is_missing(info, VFIO_MIG_MUX_A_CHANNEL_ID, "id"))
		return -EINVAL;
	id = nla_get_u32(info->attrs[VFIO_MIG_MUX_A_CHANNEL_ID]);
	session = find_session(info, nla_get_u32(info->attrs[attr]),
			       info->attrs[attr]);
	if (!session)
		return -ENOENT;
	ret = -ENOMEM;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto out;

	mux_session_lock(session);
	channel = channel_of(session, id);
	ret = channel ? mux_show_channel(msg, info, channel) : -ENOENT;
	mux_session_unlock(session);
	if (!ret) {
		ret = genlmsg_reply(msg, info);
		goto out;
	}
	nlmsg_free(msg);
	if (ret == -ENOENT)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack,
					info->attrs[VFIO_MIG_MUX_A_CHANNEL_ID],
					"session %u has no channel %u",
					session->id, id);
out:
	mux_session_put(session);
	return ret;
}

int vfio_mig_mux_nl_channel_get_dumpit(struct sk_buff *skb,
				       struct netlink_callback *cb)
{
	const struct genl_info *info = &genl_dumpit_info(cb)->info;
	struct mux_session *session;
	struct mux_channel *channel;
	long position = 0;
	int ret = 0;

	session = find_dumped(skb, info, VFIO_MIG_MUX_A_CHANNEL_SESSION, &ret);
	if (!session)
		return ret;
	mux_session_lock(session);
	list_for_each_entry(channel, &session->channels, node) {
		if (position++ < cb->args[0])
			continue;
		ret = channel->superseded ? 0 :
		      mux_show_channel(skb, info, channel);
		if (ret)
			break;
		cb->args[0]++;
	}
	mux_session_unlock(session);
	mux_session_put(session);
	return ret == -EMSGSIZE && skb->len ? skb->len : ret;
}

/* The generated groups, but not for everybody to listen to: what they tell is
 * otherwise told to administrators only. YNL has no words for that yet.
 */
static const struct genl_multicast_group guarded_mcgrps[] = {
	[VFIO_MIG_MUX_NLGRP_MONITOR] = {
		.name	= VFIO_MIG_MUX_MCGRP_MONITOR,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

/**
 * mux_netlink_init - make the family known
 *
 * Return: 0 or what genetlink says.
 */
int __init mux_netlink_init(void)
{
	BUILD_BUG_ON(ARRAY_SIZE(guarded_mcgrps) !=
		     VFIO_MIG_MUX_NLGRP_MONITOR + 1);
	vfio_mig_mux_nl_family.mcgrps = guarded_mcgrps;
	return genl_register_family(&vfio_mig_mux_nl_family);
}

/**
 * mux_netlink_exit - undo mux_netlink_init()
 */
void mux_netlink_exit(void)
{
	genl_unregister_family(&vfio_mig_mux_nl_family);
}
