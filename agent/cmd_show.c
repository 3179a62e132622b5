// SPDX-License-Identifier: GPL-2.0
/* What the show commands have in common. */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "cmd_show.h"
#include "command.h"
#include "error.h"
#include "options.h"
#include "output.h"

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static int parse_options(int argc, char **argv, struct show *show)
{
	int option;

	opterr = 0;
	/* Options may stand before and after "show". */
	while ((option = getopt_long(argc, argv, ":jh", long_options, NULL)) != -1) {
		if (option == OPTION_HELP || option == 'h')
			return 1;
		if (option != 'j')
			return option_refused(option, argv);
		show->json = true;
	}
	return 0;
}

/**
 * show_parse() - read "[-j] show [SESSION [ID]]"
 * @argc: of the command
 * @argv: of the command
 * @most: how many numbers may follow
 * @show: receives what is asked for
 *
 * Return: 0; 1 if the user only wanted help; -1 with the error recorded.
 */
int show_parse(int argc, char **argv, int most, struct show *show)
{
	static const char * const titles[] = { "session number", "number" };
	int64_t *targets[] = { &show->session, &show->id };
	uint64_t number;
	int ret;

	*show = (struct show){ .session = -1, .id = -1 };
	ret = parse_options(argc, argv, show);
	if (ret)
		return ret;
	if (optind < argc && strcmp(argv[optind], "show"))
		return fail_usage("'%s %s' is no command; there is '%s show'", argv[0], argv[optind], argv[0]);
	optind++;
	for (int i = 0; i < most && optind < argc; i++, optind++) {
		if (option_number(titles[i], argv[optind], i ? 0 : 1, UINT32_MAX, &number))
			return -1;
		*targets[i] = number;
	}
	return option_none_left(argc, argv, optind);
}

struct session_ids {
	int count;
	uint32_t ids[1024];
};

static void take_id(const struct mux_session *session, void *arg)
{
	struct session_ids *ids = arg;

	if (ids->count < (int)ARRAY_SIZE(ids->ids))
		ids->ids[ids->count++] = session->id;
}

/**
 * show_each_session() - list the parts of the session asked for, or of all
 * @mux: the connection
 * @show: what is asked for
 * @list: lists the parts of one session
 * @arg: for @list
 *
 * Return: 0, or -1 with the error recorded.
 */
int show_each_session(struct mux *mux, const struct show *show,
		      int (*list)(struct mux *mux, uint32_t session, void *arg), void *arg)
{
	struct session_ids ids = { 0 };
	struct mux_listener listener = { .session = take_id, .arg = &ids };

	if (show->session >= 0)
		return list(mux, show->session, arg);
	if (mux_session_dump(mux, &listener))
		return -1;
	/* One that ends meanwhile is no error. */
	for (int i = 0; i < ids.count; i++)
		list(mux, ids.ids[i], arg);
	return 0;
}

/**
 * show_end() - end a list, or say why there is none
 * @show: what was asked for
 * @noun: what the command shows
 * @ret: what has come of it so far
 * @output: the list
 *
 * Return: 0, or -1 with the error recorded.
 */
int show_end(const struct show *show, const char *noun, int ret, struct output *output)
{
	if (!ret && show->id >= 0 && !output->titled && !output->array)
		ret = fail("session %" PRId64 " has no %s %" PRId64, show->session, noun, show->id);
	if (ret && show->json)
		output_result_error(noun);
	else
		output_end(output);
	return ret;
}
