// SPDX-License-Identifier: GPL-2.0
/* channel show */
#include "cmd_show.h"
#include "command.h"
#include "output.h"

static const char help[] =
"usage: vfio-mig-agent channel show [SESSION [ID]] [-j|--json]\n"
"\n"
"Shows the channels of all sessions, of one session, or one channel.\n"
"\n"
"examples:\n"
"  vfio-mig-agent channel show\n"
"  vfio-mig-agent channel show 3 0 --json\n";

struct list {
	const struct show *show;
	struct output output;
};

static void show_one(const struct mux_channel *channel, void *arg)
{
	struct list *list = arg;

	if (list->show->id < 0 || channel->id == (uint64_t)list->show->id)
		output_channel(&list->output, channel);
}

static int list_session(struct mux *mux, uint32_t session, void *arg)
{
	struct mux_listener listener = { .channel = show_one, .arg = arg };

	return mux_channel_dump(mux, session, &listener);
}

static int run(int argc, char **argv)
{
	struct show show;
	struct list list = { .show = &show };
	struct mux mux;
	int ret;

	ret = show_parse(argc, argv, 2, &show);
	if (ret)
		return ret > 0 ? command_help(&command_channel) : -1;
	list.output.json = show.json;
	ret = mux_open(&mux);
	if (!ret) {
		ret = show_each_session(&mux, &show, list_session, &list);
		mux_close(&mux);
	}
	return show_end(&show, "channel", ret, &list.output);
}

const struct command command_channel = {
	.name = "channel",
	.brief = "show the channels of sessions",
	.help = help,
	.run = run,
};
