/* SPDX-License-Identifier: Apache-2.0 */
/* How messages are judged: configuration file first, options over it. */
#ifndef SIGNET_CMD_SETTINGS_H
#define SIGNET_CMD_SETTINGS_H

#include <signet/requirements.h>

#include "../service/conf/conf.h"
#include "command.h"

struct settings {
	struct signet_settings check;    /* what the library gets; points into the rest */
	struct signet_envelope envelope; /* of the options */
	bool received_spf;
	bool wants_requirements;
	enum signet_provider provider; /* if they are wanted */
	struct conf *conf;
	struct signet_arena *arena;
	struct signet_psl *psl;
};

/* False after a line on standard error; `*ret_status` is the exit status then.  Needs settings_finish in any case. */
bool settings_open(const struct options *o, struct settings *ret, enum exit_status *ret_status);
void settings_finish(struct settings *s);

#endif
