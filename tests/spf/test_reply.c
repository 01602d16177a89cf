/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/spf.h>

#include "../support/rows.h"

static const struct row {
	const char *clause, *what;
	enum signet_spf_result result;
	const char *want;
} rows[] = {
	{ "7208:8.1", "none asks for nothing", SIGNET_SPF_NONE, "" },
	{ "7208:8.2", "neutral is treated exactly like none", SIGNET_SPF_NEUTRAL, "" },
	{ "7208:8.3", "pass asks for nothing", SIGNET_SPF_PASS, "" },
	{ "7208:8.4", "fail may be refused with the code of RFC 7372", SIGNET_SPF_FAIL, "550 5.7.23" },
	{ "7208:8.5", "softfail alone refuses nothing", SIGNET_SPF_SOFTFAIL, "" },
	{ "7208:8.6", "temperror is deferred, never refused", SIGNET_SPF_TEMPERROR, "451 4.7.24" },
	{ "7208:8.7", "permerror has a code of its own", SIGNET_SPF_PERMERROR, "550 5.7.24" },
};

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		row_text(rows[i].clause, rows[i].what, slice_of(signet_spf_reply(rows[i].result)), rows[i].want);
	}
	return rows_end();
}
