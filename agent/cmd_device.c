// SPDX-License-Identifier: GPL-2.0
/* device show */
#include "cmd_show.h"
#include "command.h"
#include "output.h"

static const char help[] =
"usage: vfio-mig-agent device show [SESSION [ID]] [-j|--json]\n"
"\n"
"Shows the devices of all sessions, of one session, or one device.\n"
"\n"
"examples:\n"
"  vfio-mig-agent device show\n"
"  vfio-mig-agent device show 3 0 --json\n";

struct list {
	const struct show *show;
	struct output output;
};

static void show_one(const struct mux_device *device, void *arg)
{
	struct list *list = arg;

	if (list->show->id < 0 || device->id == list->show->id)
		output_device(&list->output, device);
}

static int list_session(struct mux *mux, uint32_t session, void *arg)
{
	struct mux_listener listener = { .device = show_one, .arg = arg };

	return mux_device_dump(mux, session, &listener);
}

static int run(int argc, char **argv)
{
	struct show show;
	struct list list = { .show = &show };
	struct mux mux;
	int ret;

	ret = show_parse(argc, argv, 2, &show);
	if (ret)
		return ret > 0 ? command_help(&command_device) : -1;
	list.output.json = show.json;
	ret = mux_open(&mux);
	if (!ret) {
		ret = show_each_session(&mux, &show, list_session, &list);
		mux_close(&mux);
	}
	return show_end(&show, "device", ret, &list.output);
}

const struct command command_device = {
	.name = "device",
	.brief = "show the devices of sessions",
	.help = help,
	.run = run,
};
