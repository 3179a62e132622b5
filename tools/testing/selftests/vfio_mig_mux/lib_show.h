/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module shows of sessions, devices and channels.
 */
#ifndef _LIB_SHOW_H_
#define _LIB_SHOW_H_

#include "lib_mux.h"

/* Attributes of a message, as bits by their type, to see which are there */
#define HAS(info, attr)	(!!((info)->has & (1u << (attr))))

struct error_info {
	__u32 has;
	__u32 origin;
	__u32 code;
	__u32 direction;
	__u32 device;
	__u32 channel;
	__u64 chunk;
	char text[512];
};

struct session_info {
	__u32 has;
	__u32 id;
	__u32 role;
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	__u32 chunk_size;
	__u32 channels;
	__u32 features;
	__u32 state;
	__u32 owner_pid;
	__u32 slots;
	__u32 slots_free;
	__u32 slots_used_max;
	__u32 devices;
	__u32 devices_loaded;
	__u32 channels_live;
	__u64 bytes;
	struct error_info error;
	__u32 resume_timeout;
	__u32 channel_timeout;
	__u64 resent;
	__u64 hedged;
	__u64 duplicates;
	__u64 max_bandwidth;
};

struct device_info {
	__u32 has;
	__u32 session;
	__u32 id;
	char name[256];
	__u32 window;
	__u32 state;
	bool final;
	__u64 bytes;
	__u64 bytes_moved;
	__u64 chunks;
	__u64 chunks_moved;
	__u32 chunks_held_max;
	__u64 window_stalls;
	__u64 window_stall_ns;
	__u64 io_calls;
	__u64 io_ns;
	__u64 zero_chunks;
	__u64 first_ns;
	__u64 last_ns;
	__u32 trailer_len;
	__u64 sync;
	__u64 synced;
};

struct channel_info {
	__u32 has;
	__u32 session;
	__u32 id;
	__u32 state;
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 chunks;
	struct error_info error;
	__u64 resent;
	__u64 hedged;
	__u64 duplicates;
	__u64 zero_chunks;
	__u64 send_ns;
};

void session_parse(struct nlmsghdr *message, struct session_info *info);
void device_parse(struct nlmsghdr *message, struct device_info *info);
void channel_parse(struct nlmsghdr *message, struct channel_info *info);

int session_get(struct mux *mux, __u32 id, struct session_info *info);
int device_get(struct mux *mux, __u32 session, __u32 id, struct device_info *info);
int channel_get(struct mux *mux, __u32 session, __u32 id, struct channel_info *info);

int session_dump(struct mux *mux, struct session_info *infos, int max);
int device_dump(struct mux *mux, __u32 session, struct device_info *infos, int max);
int channel_dump(struct mux *mux, __u32 session, struct channel_info *infos, int max);

int session_wait(struct mux *mux, __u32 id, __u32 state, struct session_info *info);
int channel_wait(struct mux *mux, __u32 session, int position, __u32 state,
		 struct channel_info *info);
int chunks_wait(struct mux *mux, __u32 session, __u32 id, __u64 chunks_moved,
		struct device_info *info);

#endif /* _LIB_SHOW_H_ */
