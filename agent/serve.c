// SPDX-License-Identifier: GPL-2.0
/*
 * The daemon behind Documentation/serve-protocol.rst: a UNIX socket for VMMs, one TCP
 * port for the channels of all of them, and one loop that never waits for anybody.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "error.h"
#include "plaintext.h"
#include "reaper.h"
#include "serve.h"
#include "served.h"
#include "server.h"
#include "signals.h"
#include "stdout.h"
#include "uuid.h"

/* How often silent connections are looked at. */
#define EXPIRE_MS 1000
/* What is still being closed when the agent is to end. */
#define CLOSE_MS 3000

struct serve {
	const struct serve_options *options;
	struct loop loop;
	struct signals signals;
	struct server server;
	struct reaper reaper;
	struct listener listener;
	struct served_set set;
};

static void serve_ready(struct watch *watch, uint32_t events)
{
	struct serve *serve = container_of(watch, struct serve, listener.watch);
	int sock;

	(void)events;
	if (served_has_strangers(&serve->set)) {
		listener_rest(&serve->listener, "too many connections of strangers are still being closed");
		return;
	}
	sock = listener_accept(&serve->listener);
	if (sock >= 0)
		served_accept(&serve->set, sock);
}

/* Which migration a connection belongs to is known when its HELLO is: see serve_channel(). */
static int serve_admit(struct server *server, const struct tls_identity *identity)
{
	(void)server;
	(void)identity;
	return 0;
}

/* Agents say nothing to each other here: the VMMs do. */
static void serve_control(struct server *server, int fd, const struct tls_identity *identity)
{
	(void)identity;
	control_turn_away(fd, server->tls->on, "this agent serves VMMs: it takes their channels, and no 'send'");
}

static void serve_channel(struct server *server, int fd, const struct tls_identity *identity, const uint8_t *uuid)
{
	struct serve *serve = container_of(server, struct serve, server);
	char text[UUID_TEXT_LEN + 1], peer[ADDRESS_TEXT_MAX], why[128];

	transport_peer_text(fd, peer);
	for (struct served *served = serve->set.first; served; served = served->next) {
		if (served->phase != SERVED_STARTED || served_is_source(served) ||
		    memcmp(served->session.now.uuid, uuid, UUID_LEN))
			continue;
		if (served_admit_source(served, identity)) {
			server_tell(server, peer, error_text());
			close(fd);
		} else if (channel_hand_over(&served->session, -1, fd)) {
			server_tell(server, peer, error_text());
		}
		return;
	}
	/* One that comes before its VMM has said 'start' is connected again. */
	uuid_format(uuid, text);
	snprintf(why, sizeof(why), "no migration %s is under way", text);
	if (!serve->options->common.quiet)
		server_tell(server, peer, why);
	close(fd);
}

/* A socket that nobody listens to was left by an agent that was killed. */
static void remove_stale(const struct sockaddr_un *address)
{
	struct stat status;
	int sock;

	if (lstat(address->sun_path, &status) || !S_ISSOCK(status.st_mode))
		return;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(sock, (struct sockaddr *)address, sizeof(*address)) && errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(sock);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail_usage("--control '%s' is longer than %zu bytes", path, sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	remove_stale(&address);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return fail("socket: %m");
	/* Who may connect is not the file's business: see allow.c. */
	if (!bind(sock, (struct sockaddr *)&address, sizeof(address)) && !chmod(path, 0666) &&
	    !listen(sock, SOMAXCONN))
		return sock;
	error = errno;
	close(sock);
	return fail_environment("cannot listen at %s: %s", path, strerror(error));
}

static int open_control(struct serve *serve)
{
	serve->listener.watch.ready = serve_ready;
	serve->listener.watch.fd = listen_at(serve->options->control);
	return serve->listener.watch.fd < 0 ? -1 : listener_start(&serve->listener, &serve->loop);
}

static void close_control(struct serve *serve)
{
	if (serve->listener.watch.fd < 0)
		return;
	listener_stop(&serve->listener);
	unlink(serve->options->control);
}

static int patience(const struct serve *serve)
{
	int patience = EXPIRE_MS;

	for (const struct served *served = serve->set.first; served; served = served->next) {
		int due = served_due_ms(served);

		if (due >= 0 && due < patience)
			patience = due;
	}
	return patience;
}

/* Who fails here may be gone when the next one is looked at. */
static void look_at_all(struct serve *serve)
{
	struct served *served, *next;

	for (served = serve->set.first; served; served = next) {
		next = served->next;
		served_look(served);
	}
}

static int serve_all(struct serve *serve)
{
	while (!serve->signals.caught) {
		if (loop_once(&serve->loop, patience(serve)) < 0)
			return -1;
		look_at_all(serve);
		server_expire(&serve->server);
		listener_look(&serve->listener);
	}
	return 0;
}

static void fail_all(struct serve *serve)
{
	uint64_t deadline = now_ns() + CLOSE_MS * NS_PER_MS;
	struct served *served, *next;

	/* One may be complete by now, and shall hear of that. */
	for (served = serve->set.first; served; served = served->next)
		served->session.stale = true;
	look_at_all(serve);
	for (served = serve->set.first; served; served = next) {
		next = served->next;
		if (served->phase == SERVED_ENDED)
			continue;
		fail("the agent was stopped");
		served_stop(served);
	}
	while (serve->reaper.count && remaining_ms(deadline))
		if (loop_once(&serve->loop, remaining_ms(deadline)) < 0)
			return;
}

/* Each migration has a dozen and more; the soft limit is for programs that use select(). */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int read_credentials(struct serve *serve)
{
	const struct tls_options *tls = &serve->options->common.tls;

	if (plaintext_allow_listen(tls, &serve->options->listen))
		return -1;
	/* Which host a migration goes to is known when its VMM says so. */
	if (tls_init(&serve->set.tls_in, tls, NULL) || tls_init(&serve->set.tls_out, tls, ""))
		return -1;
	serve->set.tls_out.reaper = &serve->reaper;
	return 0;
}

static int serve_start(struct serve *serve)
{
	char text[ENDPOINT_TEXT_MAX];

	if (read_credentials(serve))
		return -1;
	serve->server.patience_ms = serve->options->common.connect_timeout_ms;
	serve->server.tls = &serve->set.tls_in;
	serve->server.admit = serve_admit;
	serve->server.control = serve_control;
	serve->server.channel = serve_channel;
	if (session_check_module() || server_start(&serve->server, &serve->loop, &serve->options->listen) ||
	    open_control(serve))
		return -1;
	serve->set.options = serve->options;
	serve->set.loop = &serve->loop;
	serve->set.reaper = &serve->reaper;
	serve->set.port = serve->options->listen.port;
	endpoint_text(&serve->options->listen, text);
	if (!serve->options->common.quiet) {
		printf("serving VMMs at %s, channels at %s\n", serve->options->control, text);
		stdout_flush();
	}
	return 0;
}

static int run(struct serve *serve)
{
	int ret;

	if (signals_init(&serve->signals, &serve->loop))
		return -1;
	if (reaper_init(&serve->reaper, &serve->loop)) {
		signals_fini(&serve->signals);
		return -1;
	}
	ret = serve_start(serve) || serve_all(serve) ? -1 : 0;
	/* Nobody new */
	close_control(serve);
	server_stop(&serve->server);
	fail_all(serve);
	reaper_fini(&serve->reaper);
	signals_fini(&serve->signals);
	return ret;
}

/**
 * serve_run() - serve VMMs until a signal comes
 * @options: where, and whom
 *
 * Return: 0, or -1 with the error recorded.
 */
int serve_run(const struct serve_options *options)
{
	/* Threads of the reaper may be left, and look at it until the process has ended. */
	static struct serve serve;
	int ret;

	serve = (struct serve){ .options = options, .server.listener.watch.fd = -1, .listener.watch.fd = -1 };
	raise_fd_limit();
	if (loop_init(&serve.loop))
		return -1;
	ret = run(&serve);
	tls_fini(&serve.set.tls_in);
	tls_fini(&serve.set.tls_out);
	loop_fini(&serve.loop);
	return ret;
}
