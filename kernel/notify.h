/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notifications: tells the multicast group "monitor" what has changed.
 */
#ifndef _MUX_NOTIFY_H_
#define _MUX_NOTIFY_H_

struct mux_channel;
struct mux_device;
struct mux_session;
struct work_struct;

void mux_notify_tell(struct work_struct *work);
void mux_notify_session(struct mux_session *session);
void mux_notify_device(struct mux_device *device);
void mux_notify_channel(struct mux_channel *channel);

#endif /* _MUX_NOTIFY_H_ */
