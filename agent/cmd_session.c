// SPDX-License-Identifier: GPL-2.0
/* session show */
#include "cmd_show.h"
#include "command.h"
#include "output.h"

static const char help[] =
"usage: vfio-mig-agent session show [SESSION] [-j|--json]\n"
"\n"
"Shows the sessions of this network namespace, or one of them.\n"
"\n"
"example:\n"
"  vfio-mig-agent session show -j | jq '.[] | {id, state, bytes}'\n";

static void show_one(const struct mux_session *session, void *arg)
{
	output_session(arg, session);
}

static int list(struct mux *mux, const struct show *show, struct output *output)
{
	struct mux_listener listener = { .session = show_one, .arg = output };
	struct mux_session session;

	if (show->session < 0)
		return mux_session_dump(mux, &listener);
	if (mux_session_get(mux, show->session, &session))
		return -1;
	output_session(output, &session);
	return 0;
}

static int run(int argc, char **argv)
{
	struct output output = { 0 };
	struct show show;
	struct mux mux;
	int ret;

	ret = show_parse(argc, argv, 1, &show);
	if (ret)
		return ret > 0 ? command_help(&command_session) : -1;
	output.json = show.json;
	ret = mux_open(&mux);
	if (!ret) {
		ret = list(&mux, &show, &output);
		mux_close(&mux);
	}
	return show_end(&show, "session", ret, &output);
}

const struct command command_session = {
	.name = "session",
	.brief = "show the sessions of this host",
	.help = help,
	.run = run,
};
