// SPDX-License-Identifier: GPL-2.0
/*
 * The host that the adversary (adversary/) attacks: owns real sessions and
 * does what it is told, a line of words on stdin, a line of JSON on stdout.
 *
 *   open ROLE UUID CHANNELS DEVICES SLOTS FEATURES RESUME-MS CHANNEL-MS
 *	make a session; CHANNEL-MS of 0 is the module's own idea
 *   attach SESSION KNOB...		give device 0 a simulated device's data_fd
 *   connect SESSION NUMBER		take over the connection made last; -1 on
 *					a destination
 *   abort SESSION REASON		as the owner does it
 *   session SESSION			what session-get shows
 *   await SESSION STATE		the same, when it has come that far
 *   failed SESSION			the next channel-ntf of one that has failed
 *   channels SESSION			what channel-get shows of all
 *   close SESSION
 *   works				whether an honest migration does
 *
 * Connections are made to the port that the first line tells. A request that
 * the module refuses is answered with "error" and "text".
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib_listen.h"
#include "lib_migrate.h"
#include "lib_tcp.h"
#include "lib_time.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define HOSTS_MAX	8
#define WORDS_MAX	10
#define SIM_FIRST	910

/* One session, with at most one device that has a data_fd */
struct target {
	struct host host;
	struct sim sim;
	bool is_source;
};

static struct target targets[HOSTS_MAX];
static struct listener listener;
static struct mux mux;
static int port_fd;

/* Words of the module, whatever is in them */
static void put_text(const char *name, const char *text)
{
	printf("\"%s\": \"", name);
	for (; *text; text++)
		printf(*text == '"' || *text == '\\' ? "\\%c" :
		       (unsigned char)*text < 0x20 ? "\\u%04x" : "%c", *text);
	printf("\"");
}

static void put_error(const struct error_info *error)
{
	printf("\"code\": %u, \"origin\": %u, \"direction\": %u, ", error->code, error->origin,
	       error->direction);
	if (HAS(error, VFIO_MIG_MUX_A_ERROR_DEVICE))
		printf("\"device\": %u, ", error->device);
	if (HAS(error, VFIO_MIG_MUX_A_ERROR_CHANNEL))
		printf("\"channel\": %u, ", error->channel);
	if (HAS(error, VFIO_MIG_MUX_A_ERROR_CHUNK))
		printf("\"chunk\": %llu, ", (unsigned long long)error->chunk);
	put_text("text", error->text);
}

static void answer(int ret)
{
	if (!ret) {
		printf("{}\n");
		return;
	}
	printf("{\"error\": %d, ", -ret);
	put_text("text", mux.text);
	printf("}\n");
}

static void put_session(int ret, const struct session_info *info)
{
	if (ret) {
		answer(ret);
		return;
	}
	printf("{\"state\": %u, \"slots\": %u, \"slots_free\": %u, \"slots_used_max\": %u, ",
	       info->state, info->slots, info->slots_free, info->slots_used_max);
	printf("\"channels_live\": %u, \"bytes\": %llu, \"duplicates\": %llu", info->channels_live,
	       (unsigned long long)info->bytes, (unsigned long long)info->duplicates);
	if (HAS(info, VFIO_MIG_MUX_A_SESSION_ERROR)) {
		printf(", ");
		put_error(&info->error);
	}
	printf("}\n");
}

static void put_channel(const struct channel_info *info)
{
	printf("{\"state\": %u, ", info->state);
	if (HAS(info, VFIO_MIG_MUX_A_CHANNEL_ID))
		printf("\"id\": %u, ", info->id);
	printf("\"bytes_received\": %llu", (unsigned long long)info->bytes_received);
	if (HAS(info, VFIO_MIG_MUX_A_CHANNEL_ERROR)) {
		printf(", ");
		put_error(&info->error);
	}
	printf("}");
}

static struct target *target_of(const char *word)
{
	__u32 id = strtoul(word, NULL, 10);
	int i;

	for (i = 0; i < HOSTS_MAX; i++) {
		if (targets[i].host.mux && targets[i].host.id == id)
			return &targets[i];
	}
	fprintf(stderr, "# there is no session %s\n", word);
	exit(1);
}

static struct target *free_target(void)
{
	int i;

	for (i = 0; i < HOSTS_MAX; i++) {
		if (!targets[i].host.mux)
			return &targets[i];
	}
	fprintf(stderr, "# too many sessions\n");
	exit(1);
}

/* What was notified of earlier sessions is not this one's */
static void forget_notices(void)
{
	struct notice notice;
	int ret;

	do {
		ret = listener_next(&listener, 0, &notice);
	} while (!ret || ret == -ENOBUFS);
}

static void do_open(char *words[])
{
	__u32 features = strtoul(words[6], NULL, 0);
	struct target *target = free_target();
	__u8 uuid[VFIO_MIG_MUX_UUID_LEN];
	struct host_params params = {
		.uuid = uuid,
		.channels = atoi(words[3]),
		.devices = atoi(words[4]),
		.slots = atoi(words[5]),
		.no_checksum = !(features & VFIO_MIG_MUX_FEATURE_CHECKSUM),
		.zero = features & VFIO_MIG_MUX_FEATURE_ZERO,
		.resume_timeout = atoi(words[7]),
		.no_resume = !atoi(words[7]),
		.channel_timeout = atoi(words[8]),
	};
	int i, ret;

	for (i = 0; i < VFIO_MIG_MUX_UUID_LEN; i++) {
		if (sscanf(words[2] + 2 * i, "%2hhx", &uuid[i]) != 1)
			exit(1);
	}
	target->is_source = !strcmp(words[1], "source");
	params.role = target->is_source ? VFIO_MIG_MUX_ROLE_SOURCE :
					  VFIO_MIG_MUX_ROLE_DESTINATION;
	forget_notices();
	ret = host_open(&target->host, &mux, &params);
	if (ret) {
		answer(ret);
		host_close(&target->host);
		return;
	}
	printf("{\"session\": %u}\n", target->host.id);
}

static void do_attach(struct target *target, char *words[])
{
	char knobs[256] = "";
	int i, ret;

	for (i = 2; words[i]; i++) {
		strcat(knobs, i > 2 ? " " : "");
		strcat(knobs, words[i]);
	}
	ret = sim_open(&target->sim, SIM_FIRST + (target - targets), knobs);
	if (!ret)
		ret = target->is_source ? sim_save(&target->sim) : sim_load(&target->sim);
	if (!ret)
		ret = host_attach(&target->host, 0, target->sim.data_fd, target->is_source);
	answer(ret);
}

static void do_connect(struct target *target, const char *number)
{
	int fd = accept4(port_fd, NULL, NULL, SOCK_CLOEXEC);

	answer(fd < 0 ? -errno : host_channel(&target->host, fd, atoi(number)));
	close(fd);
}

static void do_session(struct target *target, const char *state)
{
	struct session_info info;
	int ret;

	ret = state ? session_wait(&mux, target->host.id, atoi(state), &info) :
		      session_get(&mux, target->host.id, &info);
	put_session(ret, &info);
}

static void do_failed(struct target *target)
{
	long long until = now_ms() + WAIT_MS;
	struct notice notice;
	int ret;

	do {
		ret = listener_next(&listener, WAIT_MS, &notice);
		if (!ret && notice.cmd == VFIO_MIG_MUX_CMD_CHANNEL_NTF &&
		    notice.channel.session == target->host.id &&
		    notice.channel.state == VFIO_MIG_MUX_CHANNEL_STATE_FAILED) {
			put_channel(&notice.channel);
			printf("\n");
			return;
		}
	} while (ret != -ETIMEDOUT && now_ms() < until);
	answer(-ETIMEDOUT);
}

static void do_channels(struct target *target)
{
	struct channel_info infos[2 * VFIO_MIG_MUX_CHANNELS_MAX];
	int i, count;

	count = channel_dump(&mux, target->host.id, infos, ARRAY_SIZE(infos));
	printf("[");
	for (i = 0; i < count; i++) {
		printf(i ? ", " : "");
		put_channel(&infos[i]);
	}
	printf("]\n");
}

static void do_close(struct target *target)
{
	host_close(&target->host);
	sim_close(&target->sim);
	printf("{}\n");
}

static void obey(char *words[])
{
	if (!strcmp(words[0], "open"))
		do_open(words);
	else if (!strcmp(words[0], "works"))
		answer(migration_works(&mux));
	else if (!strcmp(words[0], "attach"))
		do_attach(target_of(words[1]), words);
	else if (!strcmp(words[0], "connect"))
		do_connect(target_of(words[1]), words[2]);
	else if (!strcmp(words[0], "abort"))
		answer(host_abort(&target_of(words[1])->host, words[2]));
	else if (!strcmp(words[0], "session"))
		do_session(target_of(words[1]), NULL);
	else if (!strcmp(words[0], "await"))
		do_session(target_of(words[1]), words[2]);
	else if (!strcmp(words[0], "failed"))
		do_failed(target_of(words[1]));
	else if (!strcmp(words[0], "channels"))
		do_channels(target_of(words[1]));
	else if (!strcmp(words[0], "close"))
		do_close(target_of(words[1]));
	else
		answer(-EINVAL);
}

static int open_port(void)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	port_fd = tcp_listen();
	if (port_fd < 0 || getsockname(port_fd, (void *)&address, &length))
		return -1;
	printf("{\"port\": %u}\n", ntohs(address.sin_port));
	return 0;
}

int main(void)
{
	char line[1024];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mux_open(&mux) || listener_open(&listener) || open_port())
		return 1;
	while (fgets(line, sizeof(line), stdin)) {
		char *words[WORDS_MAX + 1] = { NULL };
		char *rest = line;
		int i;

		for (i = 0; i < WORDS_MAX; i++)
			words[i] = strtok_r(i ? NULL : line, "\n ", &rest);
		if (words[0])
			obey(words);
	}
	return 0;
}
