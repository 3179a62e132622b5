/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _AGENT_DESTINATION_H
#define _AGENT_DESTINATION_H

#include "options.h"

struct receive_options {
	struct migration_options common;
	struct endpoint listen;
	bool keep;
};

int destination_run(const struct receive_options *options);

#endif /* _AGENT_DESTINATION_H */
