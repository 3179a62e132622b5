/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: every step of a chunk and every change of state, by session,
 * device, channel and index.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_mig_mux

#if !defined(_MUX_TRACE_H_) || defined(TRACE_HEADER_MULTI_READ)
#define _MUX_TRACE_H_

#include <linux/tracepoint.h>

#include "channel.h"
#include "device.h"
#include "session.h"

TRACE_EVENT(mux_session_end,
	TP_PROTO(const struct mux_session *session),
	TP_ARGS(session),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u32, state)
		__field(u32, code)
		__string(text, session->error.what.text)
	),
	TP_fast_assign(
		__entry->session = session->id;
		__entry->state = session->state;
		__entry->code = session->error.what.code;
		__assign_str(text);
	),
	TP_printk("session=%u state=%u errno=%u text=%s", __entry->session,
		  __entry->state, __entry->code, __get_str(text))
);

TRACE_EVENT(mux_channel_fail,
	TP_PROTO(const struct mux_channel *channel),
	TP_ARGS(channel),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, channel)
		__field(u32, code)
		__string(text, channel->error.what.text)
	),
	TP_fast_assign(
		__entry->session = channel->session->id;
		__entry->channel = channel->number;
		__entry->code = channel->error.what.code;
		__assign_str(text);
	),
	TP_printk("session=%u channel=%u errno=%u text=%s", __entry->session,
		  __entry->channel, __entry->code, __get_str(text))
);

TRACE_EVENT(mux_chunk_read,
	TP_PROTO(const struct mux_device *device,
		 const struct mux_channel *channel, u64 index, u32 length,
		 ssize_t ret),
	TP_ARGS(device, channel, index, length, ret),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, device)
		__field(u16, channel)
		__field(u64, index)
		__field(u32, length)
		__field(ssize_t, ret)
	),
	TP_fast_assign(
		__entry->session = device->session->id;
		__entry->device = device->id;
		__entry->channel = channel->number;
		__entry->index = index;
		__entry->length = length;
		__entry->ret = ret;
	),
	TP_printk("session=%u device=%u channel=%u index=%llu length=%u ret=%zd",
		  __entry->session, __entry->device, __entry->channel,
		  __entry->index, __entry->length, __entry->ret)
);

TRACE_EVENT(mux_chunk_sent,
	TP_PROTO(const struct mux_device *device,
		 const struct mux_channel *channel, u64 index, u32 length),
	TP_ARGS(device, channel, index, length),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, device)
		__field(u16, channel)
		__field(u64, index)
		__field(u32, length)
	),
	TP_fast_assign(
		__entry->session = device->session->id;
		__entry->device = device->id;
		__entry->channel = channel->number;
		__entry->index = index;
		__entry->length = length;
	),
	TP_printk("session=%u device=%u channel=%u index=%llu length=%u",
		  __entry->session, __entry->device, __entry->channel,
		  __entry->index, __entry->length)
);

TRACE_EVENT(mux_chunk_received,
	TP_PROTO(const struct mux_device *device,
		 const struct mux_channel *channel, u64 index, u32 length,
		 enum mux_reorder_verdict verdict),
	TP_ARGS(device, channel, index, length, verdict),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, device)
		__field(u16, channel)
		__field(u64, index)
		__field(u32, length)
		__field(u32, verdict)
	),
	TP_fast_assign(
		__entry->session = device->session->id;
		__entry->device = device->id;
		__entry->channel = channel->number;
		__entry->index = index;
		__entry->length = length;
		__entry->verdict = verdict;
	),
	TP_printk("session=%u device=%u channel=%u index=%llu length=%u verdict=%u",
		  __entry->session, __entry->device, __entry->channel,
		  __entry->index, __entry->length, __entry->verdict)
);

TRACE_EVENT(mux_chunk_loaded,
	TP_PROTO(const struct mux_device *device, u64 index, u32 length,
		 int err),
	TP_ARGS(device, index, length, err),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, device)
		__field(u64, index)
		__field(u32, length)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->session = device->session->id;
		__entry->device = device->id;
		__entry->index = index;
		__entry->length = length;
		__entry->err = err;
	),
	TP_printk("session=%u device=%u index=%llu length=%u err=%d",
		  __entry->session, __entry->device, __entry->index,
		  __entry->length, __entry->err)
);

DECLARE_EVENT_CLASS(mux_ack,
	TP_PROTO(const struct mux_device *device,
		 const struct mux_channel *channel, u64 loaded),
	TP_ARGS(device, channel, loaded),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, device)
		__field(u16, channel)
		__field(u64, loaded)
	),
	TP_fast_assign(
		__entry->session = device->session->id;
		__entry->device = device->id;
		__entry->channel = channel->number;
		__entry->loaded = loaded;
	),
	TP_printk("session=%u device=%u channel=%u loaded=%llu",
		  __entry->session, __entry->device, __entry->channel,
		  __entry->loaded)
);

DEFINE_EVENT(mux_ack, mux_ack_sent,
	TP_PROTO(const struct mux_device *device,
		 const struct mux_channel *channel, u64 loaded),
	TP_ARGS(device, channel, loaded)
);

DEFINE_EVENT(mux_ack, mux_ack_received,
	TP_PROTO(const struct mux_device *device,
		 const struct mux_channel *channel, u64 loaded),
	TP_ARGS(device, channel, loaded)
);

TRACE_EVENT(mux_end,
	TP_PROTO(const struct mux_device *device,
		 const struct mux_channel *channel),
	TP_ARGS(device, channel),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, device)
		__field(u16, channel)
	),
	TP_fast_assign(
		__entry->session = device->session->id;
		__entry->device = device->id;
		__entry->channel = channel->number;
	),
	TP_printk("session=%u device=%u channel=%u", __entry->session,
		  __entry->device, __entry->channel)
);

TRACE_EVENT(mux_trailer,
	TP_PROTO(const struct mux_device *device,
		 const struct mux_channel *channel, u32 length),
	TP_ARGS(device, channel, length),
	TP_STRUCT__entry(
		__field(u32, session)
		__field(u16, device)
		__field(u16, channel)
		__field(u32, length)
	),
	TP_fast_assign(
		__entry->session = device->session->id;
		__entry->device = device->id;
		__entry->channel = channel->number;
		__entry->length = length;
	),
	TP_printk("session=%u device=%u channel=%u length=%u",
		  __entry->session, __entry->device, __entry->channel,
		  __entry->length)
);

#endif /* _MUX_TRACE_H_ */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>
