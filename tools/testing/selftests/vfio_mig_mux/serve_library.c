// SPDX-License-Identifier: GPL-2.0
/*
 * What libvfio-mig-mux promises of its structures and of the end of a connection, tried
 * with an agent that says what is wanted here.
 *
 * usage: serve_library last-words|event-sizes|proposal-sizes SOCKET
 */
#include <err.h>
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

static void meet(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)) || listen(sock, 1))
		err(1, "%s", path);
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
	large.proposal.size = sizeof(proposal) - 8;
	start(&large.proposal);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	meet(argv[2]);
	if (!strcmp(argv[1], "last-words"))
		last_words();
	else if (!strcmp(argv[1], "event-sizes"))
		event_sizes();
	else
		proposal_sizes();
	vfio_mig_close(mig);
	return 0;
}
