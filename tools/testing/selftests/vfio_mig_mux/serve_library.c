// SPDX-License-Identifier: GPL-2.0
/*
 * What libvfio-mig-mux promises of its structures and of the end of a connection, tried
 * with an agent that says what is wanted here.
 *
 * usage: serve_library last-words|event-sizes|proposal-sizes|trailer-sizes|trailer-room|
 *	trailer-events|old-agent|busy-agent SOCKET
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <vfio_mig.h>

struct larger_event {
	struct vfio_mig_event event;
	uint64_t more;
};

struct larger_proposal {
	struct vfio_mig_proposal proposal;
	uint64_t more;
};

static const char * const names[] = { "x" };
static const struct vfio_mig_proposal proposal = {
	.size = sizeof(proposal),
	.role = VFIO_MIG_DESTINATION,
	.device_count = 1,
	.devices = names,
};

static struct vfio_mig *mig;
static int agent;

static const char *path;

static int listen_at_path(int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)) || listen(sock, backlog))
		err(1, "%s", path);
	return sock;
}

static void meet(void)
{
	int sock = listen_at_path(1);

	mig = vfio_mig_connect(path);
	if (!mig)
		errx(1, "%s", vfio_mig_error());
	agent = accept(sock, NULL, NULL);
	close(sock);
	unlink(path);
}

static void say(const char *text)
{
	if (send(agent, text, strlen(text), MSG_NOSIGNAL) < 0)
		err(1, "send");
}

static void start(const struct vfio_mig_proposal *what)
{
	if (vfio_mig_start(mig, what))
		puts(vfio_mig_error());
	else
		puts("started");
}

/* The agent's end has come before the caller has heard what was said. */
static void last_words(void)
{
	struct vfio_mig_event event;

	start(&proposal);
	say("{\"type\":\"stats\",\"version\":1,\"stats\":{\"one\":1}}");
	say("{\"type\":\"completed\",\"version\":1,\"bytes\":7}");
	say("{\"type\":\"stats\",\"version\":1,\"stats\":{\"two\":2}}");
	say("{\"type\":\"error\",\"version\":1,\"text\":\"enough\"}");
	close(agent);
	if (vfio_mig_next(mig, &event, sizeof(event)) != 1)
		errx(1, "nothing comes");
	for (int i = 0; i < 2; i++)
		puts(vfio_mig_ask_stats(mig) ? vfio_mig_error() : "sent");
	/* Stays as it is until the next one is taken. */
	puts(event.stats);
	while (vfio_mig_next(mig, &event, sizeof(event)) == 1)
		printf("%d %llu %s%s\n", event.type, (unsigned long long)event.bytes, event.text,
		       event.stats ? event.stats : "");
}

static void event_sizes(void)
{
	struct larger_event large;

	say("{\"type\":\"completed\",\"version\":1,\"bytes\":7}");
	say("{\"type\":\"completed\",\"version\":1,\"bytes\":7}");
	memset(&large, 0xff, sizeof(large));
	vfio_mig_next(mig, &large.event, sizeof(large));
	printf("%llu %llu\n", (unsigned long long)large.event.bytes, (unsigned long long)large.more);
	memset(&large, 0xff, sizeof(large));
	vfio_mig_next(mig, &large.event, sizeof(large.event.type));
	printf("%d %d\n", large.event.type == VFIO_MIG_COMPLETED, large.event.bytes == UINT64_MAX);
}

static void proposal_sizes(void)
{
	struct larger_proposal large = { .proposal = proposal };

	large.proposal.size = sizeof(large);
	start(&large.proposal);
	large.more = 1;
	start(&large.proposal);
	/* The first version of the structure, and less than that */
	large.proposal.size = sizeof(proposal) - 8;
	start(&large.proposal);
	large.proposal.size = sizeof(proposal) - 16;
	start(&large.proposal);
}

static const struct vfio_mig_proposal with_trailer = {
	.size = sizeof(with_trailer),
	.role = VFIO_MIG_SOURCE,
	.device_count = 1,
	.devices = names,
	.trailer = true,
};

/* What of it is bytes, and whether they are right */
static void hear_trailer(void)
{
	static char text[2 * VFIO_MIG_TRAILER_MAX];
	ssize_t n = recv(agent, text, sizeof(text), MSG_DONTWAIT);
	const char *end = n > 0 ? memchr(text, '\0', n) : NULL;

	if (!end)
		errx(1, "no trailer comes");
	n -= end + 1 - text;
	printf("%zd %d\n", n, !n || (end[1] == '\377' && !memcmp(end + 1, end + 2, n - 1)));
}

static void trailer_sizes(void)
{
	static const size_t sizes[] = { 0, 1, VFIO_MIG_TRAILER_MAX, VFIO_MIG_TRAILER_MAX + 1 };
	static char bytes[VFIO_MIG_TRAILER_MAX + 1], text[4096];

	memset(bytes, 0xff, sizeof(bytes));
	start(&with_trailer);
	recv(agent, text, sizeof(text), 0);
	for (int i = 0; i < 4; i++) {
		if (vfio_mig_set_trailer(mig, 0, bytes, sizes[i]))
			puts(vfio_mig_error());
		else
			hear_trailer();
	}
}

/* Whatever errno was before */
static void trailer_room(void)
{
	static char bytes[VFIO_MIG_TRAILER_MAX], text[2 * VFIO_MIG_TRAILER_MAX];
	int ret;

	start(&with_trailer);
	errno = EAGAIN;
	printf("%d\n", vfio_mig_set_trailer(mig, 1, bytes, 1));
	while (!(ret = vfio_mig_set_trailer(mig, 0, bytes, sizeof(bytes))))
		;
	printf("%d\n", ret);
	while (recv(agent, text, sizeof(text), MSG_DONTWAIT) > 0)
		;
	printf("%d\n", vfio_mig_set_trailer(mig, 0, bytes, sizeof(bytes)));
}

static void tell_trailer(const char *text, size_t length)
{
	struct vfio_mig_event event;

	if (send(agent, text, length, MSG_NOSIGNAL) < 0)
		err(1, "send");
	if (vfio_mig_next(mig, &event, sizeof(event)) != 1)
		errx(1, "nothing comes");
	printf("%d %u %zu %s\n", event.type, event.device, event.trailer_length,
	       !event.trailer ? "none" : memcmp(event.trailer, "bytes", event.trailer_length) ? "wrong" : "right");
}

static void trailer_events(void)
{
	static const char one[] = "{\"type\":\"trailer\",\"version\":1,\"device\":\"x\"}\0bytes";

	start(&with_trailer);
	tell_trailer(one, sizeof(one) - 1);
	tell_trailer(one, strlen(one) + 1);
	tell_trailer(one, strlen(one));
}

static void old_agent(void)
{
	struct vfio_mig_event event;

	start(&with_trailer);
	say("{\"type\":\"started\",\"version\":1,\"uuid\":\"00000000-0000-0000-0000-000000000000\"}");
	if (vfio_mig_next(mig, &event, sizeof(event)) == 1)
		printf("%d %s\n", event.type, event.text);
}

/* An agent that takes nobody: whoever finds no place any more does not wait for one. */
static void busy_agent(void)
{
	listen_at_path(0);
	for (int i = 0; i < 8; i++) {
		if (vfio_mig_connect(path))
			continue;
		puts(strstr(vfio_mig_error(), " is busy with others") ? "busy" : vfio_mig_error());
		break;
	}
	unlink(path);
}

static const struct {
	const char *name;
	void (*show)(void);
} promises[] = {
	{ "last-words", last_words },
	{ "event-sizes", event_sizes },
	{ "proposal-sizes", proposal_sizes },
	{ "trailer-sizes", trailer_sizes },
	{ "trailer-room", trailer_room },
	{ "trailer-events", trailer_events },
	{ "old-agent", old_agent },
	{ "busy-agent", busy_agent },
	{ 0 }
};

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	path = argv[2];
	meet();
	for (int i = 0; promises[i].name; i++)
		if (!strcmp(argv[1], promises[i].name))
			promises[i].show();
	vfio_mig_close(mig);
	return 0;
}
