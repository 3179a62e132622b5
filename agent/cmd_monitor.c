// SPDX-License-Identifier: GPL-2.0
/* monitor: the module's notifications as they come. */
#include <getopt.h>

#include "command.h"
#include "error.h"
#include "loop.h"
#include "mux.h"
#include "options.h"
#include "output.h"
#include "signals.h"
#include "stdout.h"

static const char help[] =
"usage: vfio-mig-agent monitor [-j|--json]\n"
"\n"
"Prints a line for every change of state of sessions, devices and channels, until\n"
"it is interrupted, or its output cannot be written.\n"
"\n"
"example:\n"
"  vfio-mig-agent monitor --json | jq 'select(.session.state == \"failed\") | .session.error.text'\n";

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

struct monitor {
	struct watch watch;
	struct mux mux;
	struct output output;
	bool failed;
};

static void told_session(const struct mux_session *session, void *arg)
{
	output_event_session(arg, session);
}

static void told_device(const struct mux_device *device, void *arg)
{
	output_event_device(arg, device);
}

static void told_channel(const struct mux_channel *channel, void *arg)
{
	output_event_channel(arg, channel);
}

static void monitor_ready(struct watch *watch, uint32_t events)
{
	struct monitor *monitor = container_of(watch, struct monitor, watch);
	struct mux_listener listener = {
		.session = told_session,
		.device = told_device,
		.channel = told_channel,
		.arg = &monitor->output,
	};
	int ret;

	(void)events;
	ret = mux_monitor_read(&monitor->mux, &listener);
	if (ret > 0)
		warn("some notifications were lost, they came too fast");
	monitor->failed = ret < 0;
}

static int monitor_loop(struct monitor *monitor)
{
	struct signals signals;
	struct loop loop;
	int ret = 0;

	if (loop_init(&loop))
		return -1;
	if (signals_init(&signals, &loop)) {
		loop_fini(&loop);
		return -1;
	}
	monitor->watch.fd = mux_monitor_fd(&monitor->mux);
	monitor->watch.ready = monitor_ready;
	ret = loop_add(&loop, &monitor->watch, EPOLLIN);
	/* Nobody may be there any more to read it. */
	while (!ret && !signals.caught && !monitor->failed && !stdout_has_failed())
		ret = loop_once(&loop, -1) < 0 ? -1 : 0;
	signals_fini(&signals);
	loop_fini(&loop);
	return ret || monitor->failed ? -1 : 0;
}

static int run(int argc, char **argv)
{
	struct monitor monitor = { 0 };
	int option, ret;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:jh", long_options, NULL)) != -1) {
		if (option == OPTION_HELP || option == 'h')
			return command_help(&command_monitor);
		if (option != 'j')
			return option_refused(option, argv);
		monitor.output.json = true;
	}
	if (option_none_left(argc, argv, optind))
		return -1;
	if (mux_monitor_open(&monitor.mux))
		return -1;
	ret = monitor_loop(&monitor);
	mux_close(&monitor.mux);
	return ret;
}

const struct command command_monitor = {
	.name = "monitor",
	.brief = "print changes of state as they happen",
	.help = help,
	.run = run,
};
