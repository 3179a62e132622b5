// SPDX-License-Identifier: GPL-2.0
/*
 * Rival 3: the strongest that user space can do by itself. Several connections,
 * a worker for each; reading, sending, receiving and writing overlap; buffers
 * are touched beforehand, used again, in huge pages where there are any, and no
 * byte is copied between them. With --send splice the socket takes the pages
 * themselves, and the destination says when they may be used again. With --tls
 * GnuTLS enciphers what is sent, see tls_stream.c.
 *
 * Measured from the first read until the destination has said that the last
 * write is done; device states are set before and after.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "report.h"
#include "threads.h"

#define HUGE_PAGE ((size_t)2 << 20)

static const char * const hows[] = { "copy", "splice", "zerocopy" };

/* However many threads there are: the first one that fails ends all. */
void die(void)
{
	fprintf(stderr, "rival-threads: %s\n", error_text());
	_exit(1);
}

/* What workers share, whether they are threads or processes. */
static void *shared_memory(size_t length)
{
	void *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* Private to threads, which then get huge pages where there are any. */
static int open_buffers(struct rival *rival)
{
	size_t each = rival->chunk, length = each * rival->channel_count * rival->buffer_count;
	char *data;

	if (rival->processes)
		data = shared_memory(length);
	else if (posix_memalign((void **)&data, HUGE_PAGE, length))
		data = NULL;
	if (!data)
		return fail("no memory for buffers");
	madvise(data, length, MADV_HUGEPAGE);
	memset(data, 1, length);
	for (int i = 0; i < rival->channel_count; i++)
		for (int j = 0; j < rival->buffer_count; j++, data += each)
			rival->channels[i].spare[rival->channels[i].spares++] = data;
	return 0;
}

static int open_channels(struct rival *rival)
{
	struct connection connections[CHANNELS_MAX];
	pthread_condattr_t shared;
	int on = 1;

	if (connections_open(&rival->endpoints, &rival->security, connections, rival->channel_count))
		return -1;
	pthread_condattr_init(&shared);
	pthread_condattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	for (int i = 0; i < rival->channel_count; i++) {
		struct channel *channel = &rival->channels[i];

		channel->rival = rival;
		channel->connection = connections[i];
		pthread_cond_init(&channel->changed, &shared);
		if (rival->how == HOW_ZEROCOPY &&
		    setsockopt(channel->connection.sock, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)))
			return fail("SO_ZEROCOPY: %m");
		if (rival->how != HOW_SPLICE || !rival->endpoints.source)
			continue;
		if (pipe2(channel->pipe, O_CLOEXEC))
			return fail("pipe: %m");
		/* The whole chunk at once, if the limit allows it. */
		fcntl(channel->pipe[1], F_SETPIPE_SZ, rival->chunk);
	}
	return 0;
}

struct worker {
	pthread_t thread;
	pid_t process;
};

static struct worker start(const struct rival *rival, void *(*work)(void *), void *arg)
{
	struct worker worker = { 0 };

	if (!rival->processes) {
		errno = pthread_create(&worker.thread, NULL, work, arg);
		if (!errno)
			return worker;
	} else {
		worker.process = fork();
		if (!worker.process) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			work(arg);
			_exit(0);
		}
		if (worker.process > 0)
			return worker;
	}
	fail("a worker cannot be started: %m");
	die();
}

static void join(const struct worker *worker)
{
	int status;

	if (!worker->process)
		pthread_join(worker->thread, NULL);
	/* What was wrong has been said by itself. */
	else if (waitpid(worker->process, &status, 0) != worker->process || status)
		_exit(1);
}

static void run_workers(struct rival *rival)
{
	bool source = rival->endpoints.source;
	struct worker workers[2 * CHANNELS_MAX + 1];
	int count = 0;

	for (int i = 0; i < rival->channel_count; i++) {
		struct channel *channel = &rival->channels[i];

		if (!rival->split) {
			workers[count++] = start(rival, source ? source_worker : destination_worker, channel);
			continue;
		}
		workers[count++] = start(rival, source ? source_sender : destination_receiver, channel);
		if (source)
			workers[count++] = start(rival, source_reader, channel);
	}
	if (rival->split && !source)
		workers[count++] = start(rival, destination_writer, rival);
	while (count)
		join(&workers[--count]);
}

static int move(struct rival *rival)
{
	bool source = rival->endpoints.source;
	struct stopwatch began;
	const char *plural = rival->processes ? "es" : "s";
	char security[128], settings[320];

	if (connection_exchange(&rival->channels[0].connection, true, true))
		return -1;
	began = stopwatch_now();
	run_workers(rival);
	if (!source) {
		if (destination_check(rival))
			return -1;
		for (int i = 0; i < rival->channel_count; i++)
			if (connection_exchange(&rival->channels[i].connection, true, false))
				return -1;
	}
	connection_describe(&rival->channels[0].connection, security, sizeof(security));
	snprintf(settings, sizeof(settings),
		 "%s, send by %s, %d connections, %s %s%s and %d buffers of %u KiB for each",
		 security, hows[rival->how], rival->channel_count,
		 rival->split ? "two" : "one", rival->processes ? "process" : "thread", rival->split ? plural : "",
		 rival->buffer_count, rival->chunk >> 10);
	report("rival-threads", settings, rival->bytes, began, stopwatch_now());
	return 0;
}

static int run(struct rival *rival, char **paths)
{
	struct vfio_device devices[DEVICES_MAX];

	if (devices_open(devices, paths, rival->device_count,
			 rival->endpoints.source ? VFIO_STATE_STOP_COPY : VFIO_STATE_RESUMING))
		return -1;
	for (int i = 0; i < rival->device_count; i++)
		rival->devices[i].vfio = devices[i];
	if (open_buffers(rival) || open_channels(rival) || move(rival))
		return -1;
	return devices_run(devices, rival->device_count);
}

static int take_number(const char *text, int max)
{
	int value = atoi(text);

	if (value >= 1 && value <= max)
		return value;
	fprintf(stderr, "rival-threads: '%s' is no number from 1 to %d\n", text, max);
	exit(2);
}

static enum how take_how(const char *text)
{
	for (int i = 0; i < 3; i++)
		if (!strcmp(text, hows[i]))
			return i;
	fprintf(stderr, "rival-threads: --send is copy, splice or zerocopy, not '%s'\n", text);
	exit(2);
}

static void refuse(void)
{
	fputs("usage: rival-threads [OPTION]... source|destination ADDRESS PORT DEVICE...\n"
	      "  --channels N    connections (4)\n"
	      "  --buffers N     of each connection (4)\n"
	      "  --chunk KIB     size of a buffer (1024)\n"
	      "  --send HOW      copy, splice or zerocopy; the same on both sides (copy)\n"
	      "  --split 0|1     one worker for each socket and others for the devices (0)\n"
	      "  --workers WHAT  threads or processes (threads)\n"
	      "  --from ADDRESS  where the source's connections come from, each in turn\n" SECURITY_USAGE, stderr);
	exit(2);
}

static void take_options(struct rival *rival, int argc, char **argv)
{
	static const struct option options[] = {
		{ "channels", required_argument, NULL, 'c' },
		{ "buffers", required_argument, NULL, 'b' },
		{ "chunk", required_argument, NULL, 'k' },
		{ "send", required_argument, NULL, 's' },
		{ "split", required_argument, NULL, 't' },
		{ "workers", required_argument, NULL, 'w' },
		{ "from", required_argument, NULL, 'f' },
		{ "tls", required_argument, NULL, SECURITY_OPTION_TLS },
		{ "gather", required_argument, NULL, SECURITY_OPTION_GATHER },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			rival->channel_count = take_number(optarg, CHANNELS_MAX);
			break;
		case 'b':
			rival->buffer_count = take_number(optarg, BUFFERS_MAX);
			break;
		case 'k':
			rival->chunk = take_number(optarg, 16 << 10) << 10;
			break;
		case 's':
			rival->how = take_how(optarg);
			break;
		case 't':
			rival->split = *optarg == '1';
			break;
		case 'w':
			rival->processes = *optarg == 'p';
			break;
		case 'f':
			if (rival->endpoints.from_count < CHANNELS_MAX)
				rival->endpoints.from[rival->endpoints.from_count++] = optarg;
			break;
		default:
			if (!security_option(&rival->security, option, optarg))
				refuse();
		}
	}
	/* What GnuTLS has enciphered is in memory of its own. */
	if (rival->security.psk && rival->how != HOW_COPY)
		refuse();
}

static struct rival *new_rival(void)
{
	struct rival *rival = shared_memory(sizeof(*rival));
	pthread_mutexattr_t lock;
	pthread_condattr_t news;

	if (!rival) {
		fail("no memory");
		die();
	}
	rival->security = (struct security)SECURITY_INIT;
	rival->channel_count = 4;
	rival->buffer_count = 4;
	rival->chunk = 1 << 20;
	pthread_mutexattr_init(&lock);
	pthread_mutexattr_setpshared(&lock, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&rival->lock, &lock);
	pthread_condattr_init(&news);
	pthread_condattr_setpshared(&news, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&rival->news, &news);
	return rival;
}

int main(int argc, char **argv)
{
	struct rival *rival = new_rival();

	take_options(rival, argc, argv);
	argc -= optind;
	argv += optind;
	if (argc < 4 || argc - 3 > DEVICES_MAX || (strcmp(argv[0], "source") && strcmp(argv[0], "destination")))
		refuse();
	rival->endpoints.source = !strcmp(argv[0], "source");
	rival->endpoints.host = argv[1];
	rival->endpoints.port = argv[2];
	rival->device_count = argc - 3;
	if (run(rival, argv + 3))
		die();
	return 0;
}
