/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on standard error after an event. */
#include "../../service/log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/rows.h"

static char told[8192];

/* Runs `call` with standard error in a file; the slice lives until the next call. */
static slice listen_to(void (*call)(struct log *log), struct log *log)
{
	FILE *file = tmpfile();
	int before = dup(STDERR_FILENO);
	if (!file || dup2(fileno(file), STDERR_FILENO) < 0) {
		abort();
	}
	call(log);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(file);
	size_t n = fread(told, 1, sizeof(told), file);
	fclose(file);
	return slice_make(told, n);
}

static void plain(struct log *log)
{
	LOG(log, LOG_LEVEL_WARNING, "refused", LOG_NUMBER("uid", 65534), LOG_NUMBER("delta", -3),
	    LOG_TEXT("path", S("/run/signet/a-b_c.sock")));
}

static void hostile(struct log *log)
{
	LOG(log, LOG_LEVEL_ERROR, "event", LOG_TEXT("a", S("two words")), LOG_TEXT("b", S("")),
	    LOG_TEXT("c", S("x\" uid=0\nforged line\x1b[2J\\x22\\")));
}

static void quiet(struct log *log)
{
	LOG(log, LOG_LEVEL_INFO, "detail");
}

static void bare(struct log *log)
{
	LOG(log, LOG_LEVEL_NOTICE, "ready");
}

static void large(struct log *log)
{
	static char text[5000];
	memset(text, 'x', sizeof(text));
	LOG(log, LOG_LEVEL_NOTICE, "event", LOG_TEXT("short", S("y")),
	    LOG_TEXT("long", slice_make(text, sizeof(text))));
}

int main(void)
{
	struct log log;
	unsetenv("JOURNAL_STREAM");
	log_open(&log, "signer", LOG_TO_STDERR);
	slice line = listen_to(plain, &log);
	row_number("3339:5.6", "the time in front", line.len > 24 && line.at[10] == 'T' && line.at[23] == 'Z', 1);
	row_text("-", "one line of keys and values", slice_from(line, 25),
	         "signer warning refused uid=65534 delta=-3 path=/run/signet/a-b_c.sock\n");
	row_text("-", "nobody forges a line, a key or an escape", slice_from(listen_to(hostile, &log), 25),
	         "signer error event a=\"two words\" b=\"\" c=\"x\\x22 uid=0\\x0aforged line\\x1b[2J\\x5cx22\\x5c\"\n");
	row_text("-", "an event without fields", slice_from(listen_to(bare, &log), 25), "signer notice ready\n");
	row_number("-", "detail is not written", (int64_t)listen_to(quiet, &log).len, 0);
	row_text("-", "a field that does not fit is left out, whole", slice_from(listen_to(large, &log), 25),
	         "signer notice event short=y\n");
	log.is_journal = true;
	row_text("-", "as the journal wants it", listen_to(bare, &log), "<5>signer ready\n");
	log_close(&log);

	struct log_limit limit = { 0 };
	uint64_t lost = 0;
	unsigned taken = 0;
	for (unsigned i = 0; i < 100; i++) {
		taken += log_limit_take(&limit, 5000, &lost);
	}
	row_number("-", "of a hundred in a second so many are written", taken, LOG_LIMIT_LINES);
	row_bool("-", "the next second writes again", log_limit_take(&limit, 6000, &lost), true);
	row_number("-", "and says how many were not", (int64_t)lost, 100 - LOG_LIMIT_LINES);
	return rows_end();
}
