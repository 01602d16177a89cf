/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../src/base/chars.h"
#include "../../src/base/escape.h"

#define LINE_BYTES 4096
#define SYSLOG_PATH "/dev/log"
#define FACILITY_MAIL 2 /* RFC 5424 6.2.1 */

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_NOTICE:
		return "notice";
	case LOG_LEVEL_INFO:
		break;
	}
	return "info";
}

/* $JOURNAL_STREAM names the device and inode of the stream that leads to the journal, if standard error is it. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

static int open_syslog(void)
{
	const struct sockaddr_un where = { .sun_family = AF_UNIX, .sun_path = SYSLOG_PATH };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&where, sizeof(where)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void log_open(struct log *ret, const char *role, enum log_target target)
{
	*ret = (struct log) {
		.role = role,
		.most = LOG_LEVEL_NOTICE,
		.is_journal = stderr_is_journal(),
		.syslog = target == LOG_TO_SYSLOG ? open_syslog() : -1,
	};
	if (target == LOG_TO_SYSLOG && ret->syslog < 0) {
		LOG(ret, LOG_LEVEL_WARNING, "log", LOG_TEXT("reason", S("nobody listens at " SYSLOG_PATH)));
	}
}

void log_close(struct log *log)
{
	if (log->syslog >= 0) {
		close(log->syslog);
	}
	log->syslog = -1;
}

/* ---- the line ---- */

static bool is_bare(slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (!char_is(value.at[i], C_ALPHA | C_DIGIT) && !strchr("._/:@+-", value.at[i])) {
			return false;
		}
	}
	return value.len > 0 && !memchr(value.at, 0, value.len);
}

static void put_text(struct buf *b, slice value)
{
	if (is_bare(value)) {
		buf_put(b, value);
		return;
	}
	buf_put_char(b, '"');
	for (size_t from = 0, i = 0; i <= value.len; i++) {
		/* a quote would end the value, and every backslash that is written begins an escape */
		bool special = i < value.len && (value.at[i] == '"' || value.at[i] == '\\');
		if (special || i == value.len) {
			escape_put(b, slice_first(slice_from(value, from), i - from));
			from = i + 1;
		}
		if (special) {
			buf_put_text(b, value.at[i] == '"' ? "\\x22" : "\\x5c");
		}
	}
	buf_put_char(b, '"');
}

static void put_field(struct buf *b, const struct log_field *field)
{
	char number[32];
	buf_put_char(b, ' ');
	buf_put_text(b, field->key);
	buf_put_char(b, '=');
	if (field->is_number) {
		snprintf(number, sizeof(number), "%lld", (long long)field->number);
		buf_put_text(b, number);
	} else {
		put_text(b, field->text);
	}
}

/* "2026-11-27T23:40:00.123Z ", RFC 3339 */
static void put_time(struct buf *b)
{
	struct timespec now;
	struct tm parts;
	char date[32], text[64];
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(text, sizeof(text), "%s.%03ldZ ", date, now.tv_nsec / 1000000);
	buf_put_text(b, text);
}

/* RFC 3164 as every syslogd reads it from the socket: <priority>tag[process]: text */
static void put_syslog_head(struct buf *b, const struct log *log, enum log_level level)
{
	buf_put_char(b, '<');
	buf_put_number(b, FACILITY_MAIL * 8 + (unsigned)level);
	buf_put_text(b, ">signet-");
	buf_put_text(b, log->role);
	buf_put_char(b, '[');
	buf_put_number(b, (uint64_t)getpid());
	buf_put_text(b, "]: ");
}

static void put_stderr_head(struct buf *b, const struct log *log, enum log_level level)
{
	if (log->is_journal) {
		buf_put_char(b, '<');
		buf_put_number(b, (unsigned)level);
		buf_put_char(b, '>');
	} else {
		put_time(b);
	}
	buf_put_text(b, log->role);
	buf_put_char(b, ' ');
	if (!log->is_journal) {
		buf_put_text(b, level_name(level));
		buf_put_char(b, ' ');
	}
}

static void put_event(struct buf *b, const char *event, const struct log_field fields[])
{
	buf_put_text(b, event);
	for (; fields->key; fields++) {
		size_t before = b->len;
		put_field(b, fields);
		if (!buf_ok(b)) {
			b->len = before;
			b->bad = false;
			break;
		}
	}
}

static bool send_syslog(struct log *log, enum log_level level, const char *event, const struct log_field fields[])
{
	struct buf line;
	buf_init(&line, LINE_BYTES);
	put_syslog_head(&line, log, level);
	put_event(&line, event, fields);
	bool sent = line.len && send(log->syslog, line.at, line.len, MSG_NOSIGNAL) == (ssize_t)line.len;
	buf_finish(&line);
	return sent;
}

void log_event(struct log *log, enum log_level level, const char *event, const struct log_field fields[])
{
	struct buf line;
	if (level > log->most || (log->syslog >= 0 && send_syslog(log, level, event, fields))) {
		return;
	}
	buf_init(&line, LINE_BYTES);
	put_stderr_head(&line, log, level);
	put_event(&line, event, fields);
	line.max++;
	buf_put_char(&line, '\n');
	/* One write: lines of several processes do not run into each other.  There is nobody to tell if it fails. */
	if (line.len && write(STDERR_FILENO, line.at, line.len) < 0) {
		buf_clear(&line);
	}
	buf_finish(&line);
}

bool log_limit_take(struct log_limit *limit, int64_t now_ms, uint64_t *ret_lost)
{
	if (now_ms >= limit->until_ms) {
		limit->until_ms = now_ms + 1000;
		limit->lines = 0;
	}
	if (limit->lines == LOG_LIMIT_LINES) {
		limit->lost++;
		return false;
	}
	limit->lines++;
	*ret_lost = limit->lost;
	limit->lost = 0;
	return true;
}
