/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_SERVED_H
#define _AGENT_SERVED_H

#include "channel.h"
#include "packet.h"
#include "reaper.h"
#include "serve.h"
#include "session.h"

enum served_phase {
	/* Connected */
	SERVED_NEW,
	SERVED_STARTED,
	SERVED_COMPLETED,
	/* Being closed, and touched by the reaper alone */
	SERVED_ENDED,
};

/* Sync points of one device that a VMM may wait for */
#define SERVED_POINTS_MAX 16

/* What one VMM's migration is served with; struct serve's, which has many. */
struct served_set {
	const struct serve_options *options;
	struct loop *loop;
	struct reaper *reaper;
	struct served *first;
	/* The operator's, for channels that come and for those that go out */
	struct tls tls_in;
	struct tls tls_out;
	/* Connections of strangers that are being closed */
	unsigned int strangers;
	uint16_t port;
	/* Lines of the log in the second that began at @told_ns, and those left out */
	uint64_t told_ns;
	unsigned int told;
	unsigned int untold;
};

struct served_device {
	bool attached;
	bool final;
	/* What the VMM has been told of it since the last kick */
	bool drained;
	bool ready;
	bool loaded;
	/* The module has been asked to tell when what was read by then is loaded. */
	bool awaited;
	/* Sync points that the VMM waits for, the oldest first */
	unsigned int point_count;
	uint64_t points[SERVED_POINTS_MAX];
};

/* One VMM: its connection and its migration. */
struct served {
	struct watch watch;
	struct reap reap;
	struct served_set *set;
	struct served *next;
	enum served_phase phase;
	struct ucred peer;
	/* SERVED_NEW: until when it has to say what it wants. */
	uint64_t deadline_ns;
	/* Came with the latest message; closed by the reaper unless they are data_fds. */
	struct packet packet;
	struct session session;
	struct channels channels;
	/* A source's: where its channels lead, and what they have to find there */
	struct endpoint other;
	struct addrinfo *to;
	struct tls tls;
	/* Who has proved to be at the other end, once a channel was there */
	bool identified;
	struct tls_identity identity;
	struct served_device devices[VFIO_MIG_MUX_DEVICES_MAX];
	/* What the VMM has been told */
	bool live[VFIO_MIG_MUX_CHANNELS_MAX];
	char channel_error[VFIO_MIG_MUX_CHANNELS_MAX][VFIO_MIG_MUX_TEXT_MAX + 1];
	bool paused;
	unsigned int progress_ms;
	uint64_t progress_ns;
};

/* served.c */
void served_accept(struct served_set *set, int sock);
void served_look(struct served *served);
int served_due_ms(const struct served *served);
void served_fail(struct served *served);
void served_stop(struct served *served);
int served_device(const struct served *served, const char *name);
bool served_may_log(struct served_set *set);

/* served_stranger.c */
void served_turn_away(struct served_set *set, int sock, const struct ucred *peer);
bool served_has_strangers(const struct served_set *set);

/* served_identity.c */
int served_admit_source(struct served *served, const struct tls_identity *identity);
int served_admit_destination(struct channels *channels, const struct tls_identity *identity);

/* served_trailer.c */
int served_take_trailer(struct served *served, uint32_t id);
int served_tell_trailer(struct served *served, uint32_t id);

/* served_sync.c */
int served_ask_sync(struct served *served, uint32_t id);
int served_look_at_sync(struct served *served, uint32_t id);

/* served_start.c */
int served_start(struct served *served, struct json_object *message);

/* served_tell.c */
int served_tell(struct served *served, struct json_object *message);
int served_tell_bytes(struct served *served, struct json_object *message, const void *bytes, size_t length);
int served_tell_device(struct served *served, const char *what, const struct mux_device *device, uint64_t bytes);
int served_tell_started(struct served *served);
int served_tell_stats(struct served *served);
int served_tell_news(struct served *served);

static inline bool served_is_source(const struct served *served)
{
	return served->session.now.role == VFIO_MIG_MUX_ROLE_SOURCE;
}

/* There is a session, and it is not the reaper's. */
static inline bool served_is_open(const struct served *served)
{
	return served->phase == SERVED_STARTED || served->phase == SERVED_COMPLETED;
}

#endif /* _AGENT_SERVED_H */
