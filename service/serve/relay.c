/* SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include <unistd.h>

#include "../../src/base/buf.h"

#define TIME_OCTETS 24 /* "2026-11-27T23:40:00.123Z" */

static bool level_of(slice word, enum log_level *ret)
{
	static const struct {
		slice name;
		enum log_level level;
	} levels[] = {
		{ { "error", 5 }, LOG_LEVEL_ERROR },
		{ { "warning", 7 }, LOG_LEVEL_WARNING },
		{ { "notice", 6 }, LOG_LEVEL_NOTICE },
		{ { "info", 4 }, LOG_LEVEL_INFO },
	};
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (slice_eq(word, levels[i].name)) {
			*ret = levels[i].level;
			return true;
		}
	}
	return false;
}

static bool is_time(slice word)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	if (word.len != TIME_OCTETS) {
		return false;
	}
	for (size_t i = 0; i < TIME_OCTETS; i++) {
		bool is_digit = word.at[i] >= '0' && word.at[i] <= '9';
		if (form[i] == 'd' ? !is_digit : word.at[i] != form[i]) {
			return false;
		}
	}
	return true;
}

bool relay_read(slice line, const char *role, enum log_level *ret_level, slice *ret_rest)
{
	slice rest = line;
	slice time = slice_split(&rest, ' ');
	slice name = rest.at ? slice_split(&rest, ' ') : S("");
	slice level = rest.at ? slice_split(&rest, ' ') : S("");
	if (!rest.at || rest.len == 0 || !is_time(time) || !slice_eq(name, slice_of(role)) ||
	    !level_of(level, ret_level)) {
		return false;
	}
	*ret_rest = rest;
	return true;
}

/* One write: lines of several processes do not run into each other. */
static void pass_on(struct relay *r, slice line, enum log_level level, slice rest)
{
	struct buf b;
	buf_init(&b, RELAY_LINE_OCTETS + 64);
	if (r->log->is_journal) {
		buf_put_char(&b, '<');
		buf_put_number(&b, (unsigned)level);
		buf_put_char(&b, '>');
		buf_put_text(&b, r->role);
		buf_put_char(&b, ' ');
		buf_put(&b, rest);
	} else {
		buf_put(&b, line);
	}
	buf_put_char(&b, '\n');
	if (b.len && write(STDERR_FILENO, b.at, b.len) < 0) {
		buf_clear(&b); /* there is nobody to tell */
	}
	buf_finish(&b);
}

static void put_line(struct relay *r)
{
	enum log_level level;
	slice rest, line = slice_make(r->line, r->len);
	r->len = 0;
	if (line.len == 0) {
		return;
	}
	/* what is not printable was not written by a log of ours */
	bool plain = true;
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.at[i];
		plain = plain && c >= ' ' && c != 127;
	}
	if (plain && relay_read(line, r->role, &level, &rest)) {
		pass_on(r, line, level, rest);
	} else {
		LOG(r->log, LOG_LEVEL_WARNING, "said", LOG_TEXT("role", slice_of(r->role)), LOG_TEXT("text", line));
	}
}

void relay_feed(struct relay *r, slice octets)
{
	for (size_t i = 0; i < octets.len; i++) {
		if (octets.at[i] == '\n') {
			put_line(r);
		} else if (r->len < sizeof(r->line)) {
			r->line[r->len++] = octets.at[i];
		}
	}
}

void relay_end(struct relay *r)
{
	put_line(r);
}
