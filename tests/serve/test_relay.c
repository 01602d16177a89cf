/* SPDX-License-Identifier: Apache-2.0 */
/* What roles write becomes one log. */
#include "../../service/serve/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../support/rows.h"

#define TIME "2026-11-27T23:40:00.123Z "

static const struct {
	const char *what, *line;
	bool is_ours;
	enum log_level level;
	const char *rest;
} lines[] = {
	{ "a notice", TIME "milter notice ready workers=2", true, LOG_LEVEL_NOTICE, "ready workers=2" },
	{ "a warning", TIME "milter warning x", true, LOG_LEVEL_WARNING, "x" },
	{ "an error", TIME "milter error x y=z", true, LOG_LEVEL_ERROR, "x y=z" },
	{ "a line for information", TIME "milter info message id=1", true, LOG_LEVEL_INFO, "message id=1" },
	{ "another role", TIME "signer notice ready", false, 0, "" },
	{ "no level", TIME "milter ready x", false, 0, "" },
	{ "no event", TIME "milter notice ", false, 0, "" },
	{ "nothing behind the level", TIME "milter notice", false, 0, "" },
	{ "no time", "milter notice ready", false, 0, "" },
	{ "a time of another form", "2026-11-27 23:40:00.1234Z milter notice ready", false, 0, "" },
	{ "a library's word", "free(): invalid pointer", false, 0, "" },
	{ "nothing", "", false, 0, "" },
};

/* What comes out on standard error when `octets` are fed in pieces. */
static slice relayed(slice octets, size_t piece, bool journal)
{
	static char text[65536];
	static struct relay relay;
	int before = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	struct log log = { .role = "serve", .syslog = -1, .most = LOG_LEVEL_INFO, .is_journal = journal };
	relay = (struct relay) { .role = "milter", .log = &log };
	if (!file || dup2(fileno(file), STDERR_FILENO) < 0) {
		abort();
	}
	for (size_t at = 0; at < octets.len; at += piece) {
		relay_feed(&relay, slice_first(slice_from(octets, at), piece));
	}
	relay_end(&relay);
	dup2(before, STDERR_FILENO);
	close(before);
	ssize_t n = pread(fileno(file), text, sizeof(text), 0);
	fclose(file);
	return slice_make(text, n > 0 ? (size_t)n : 0);
}

static void test_lines(void)
{
	for (size_t i = 0; i < ROWS(lines); i++) {
		enum log_level level = 0;
		slice rest = S("");
		bool ours = relay_read(guarded(slice_of(lines[i].line), false), "milter", &level, &rest);
		row_bool("-", lines[i].what, ours, lines[i].is_ours);
		row_number("-", "its level", level, lines[i].level);
		row_text("-", "and what follows", rest, lines[i].rest);
	}
}

static void test_relay(void)
{
	static const char good[] = TIME "milter notice ready a=b\n" TIME "milter info message id=\"x y\"\n";
	static char long_line[3 * RELAY_LINE_OCTETS];
	slice whole = slice_make(good, sizeof(good) - 1);
	for (size_t piece = 1; piece <= whole.len; piece += 7) {
		row_slice("-", "lines of a role go on as they are", relayed(whole, piece, false), whole);
	}
	row_text("-", "to the journal with their level in front", relayed(whole, 5, true),
	         "<5>milter ready a=b\n<6>milter message id=\"x y\"\n");
	row_text("-", "what a library says becomes an event", relayed(S("free(): invalid pointer\n"), 4, true),
	         "<4>serve said role=milter text=\"free(): invalid pointer\"\n");
	row_text("-", "half a line at the end too", relayed(S("Aborted"), 4, true),
	         "<4>serve said role=milter text=Aborted\n");
	row_text("-", "a line of ours with a control character is none",
	         relayed(S(TIME "milter notice a\033[1m\n"), 100, true),
	         "<4>serve said role=milter text=\"2026-11-27T23:40:00.123Z milter notice a\\x1b[1m\"\n");
	row_text("-", "empty lines are left out", relayed(S("\n\n\n"), 1, true), "");
	memset(long_line, 'x', sizeof(long_line));
	row_bool("-", "a line that never ends is cut",
	         relayed(slice_make(long_line, sizeof(long_line)), 1000, true).len <= RELAY_LINE_OCTETS, true);
}

int main(void)
{
	test_lines();
	test_relay();
	return rows_end();
}
