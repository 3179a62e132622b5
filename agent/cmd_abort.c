// SPDX-License-Identifier: GPL-2.0
/* abort: end a session, whoever owns it. */
#include <getopt.h>
#include <string.h>

#include "command.h"
#include "error.h"
#include "mux.h"
#include "options.h"
#include "output.h"

static const char help[] =
"usage: vfio-mig-agent abort SESSION [--reason TEXT] [-j|--json]\n"
"\n"
"Ends a session that is not over yet, on both hosts. Its owners learn the reason\n"
"and roll back.\n"
"\n"
"example:\n"
"  vfio-mig-agent abort 3 --reason 'maintenance window is over'\n";

static const struct option long_options[] = {
	{ "reason", required_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

struct abort_options {
	const char *reason;
	bool json;
	uint64_t session;
};

/* Returns 1 if the user only wanted help. */
static int parse(int argc, char **argv, struct abort_options *options)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":r:jh", long_options, NULL)) != -1) {
		if (option == OPTION_HELP || option == 'h')
			return 1;
		if (option == 'r')
			options->reason = optarg;
		else if (option == 'j')
			options->json = true;
		else
			return option_refused(option, argv);
	}
	if (!*options->reason || strlen(options->reason) > VFIO_MIG_MUX_TEXT_MAX)
		return fail_usage("--reason '%s' is not 1 to %d bytes long", options->reason, VFIO_MIG_MUX_TEXT_MAX);
	if (optind == argc)
		return fail_usage("no session is given");
	if (option_number("session", argv[optind], 1, UINT32_MAX, &options->session))
		return -1;
	return option_none_left(argc, argv, optind + 1);
}

static int run(int argc, char **argv)
{
	struct abort_options options = { .reason = "aborted by an administrator" };
	struct json_object *result;
	struct mux mux;
	int ret;

	ret = parse(argc, argv, &options);
	if (ret)
		return ret > 0 ? command_help(&command_abort) : -1;
	if (mux_open(&mux))
		return -1;
	ret = mux_session_abort(&mux, options.session, options.reason);
	mux_close(&mux);
	if (options.json && ret)
		output_result_error("abort");
	if (options.json && !ret) {
		result = json_object_new_object();
		json_put_text(result, "command", "abort");
		json_put_text(result, "status", "aborted");
		json_put_number(result, "session", options.session);
		output_json_line(result);
	}
	return ret;
}

const struct command command_abort = {
	.name = "abort",
	.brief = "end a session on both hosts",
	.help = help,
	.run = run,
};
