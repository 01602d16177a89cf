/* SPDX-License-Identifier: Apache-2.0 */
/* log: one event, one line, key=value.
 *
 *     LOG(log, LOG_LEVEL_WARNING, "peer-refused", LOG_NUMBER("uid", uid), LOG_TEXT("reason", S("no peer of ours")));
 *
 *     2026-11-27T23:40:00.123Z signer warning peer-refused uid=65534 reason="no peer of ours"
 *
 * A value is bare if it holds nothing but letters, digits and . _ / : @ + - , and quoted otherwise; whatever it holds passes
 * the one escaper (src/base/escape.h), so that nobody from outside can forge a line or a key.  Lines go
 *   - to standard error, which a service manager or `signet serve` collects.  Where that is the journal the level stands
 *     in front as it wants it (<4>) and the time is left out, which the journal adds itself;
 *   - or to the socket of syslog, opened at the start: a confined role cannot open it later.  If syslog goes away lines
 *     go to standard error.
 * What cannot be written is lost: a log never stops a role.  Secrets are never handed to it. */
#ifndef SIGNET_SERVICE_LOG_LOG_H
#define SIGNET_SERVICE_LOG_LOG_H

#include "../../src/base/slice.h"

/* As RFC 5424 6.2.1 numbers them. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
};

enum log_target {
	LOG_TO_STDERR,
	LOG_TO_SYSLOG,
};

struct log {
	const char *role; /* static text */
	enum log_level most; /* what is less urgent is not written */
	bool is_journal;
	int syslog; /* -1: standard error */
};

struct log_field {
	const char *key; /* static text; NULL ends the list */
	bool is_number;
	int64_t number;
	slice text;
};

#define LOG_NUMBER(name, value) ((struct log_field) { .key = (name), .is_number = true, .number = (int64_t)(value) })
#define LOG_TEXT(name, value) ((struct log_field) { .key = (name), .text = (value) })
/* The first field of the list is no field: it takes the comma where there are no others. */
#define LOG(log, level, event, ...)                                                                                    \
	log_event((log), (level), (event),                                                                             \
	          &(const struct log_field[]) { { .key = "" }, ##__VA_ARGS__, { .key = NULL } }[1])

/* `role` is static text.  Everything up to LOG_LEVEL_NOTICE is written; set `most` for more or less. */
void log_open(struct log *ret, const char *role, enum log_target target);
void log_close(struct log *log);

/* Writes the event with its fields up to the one without key.  `event` is static text.  A line that would be longer than
 * 4096 octets ends with the last field that fits. */
void log_event(struct log *log, enum log_level level, const char *event, const struct log_field fields[]);

/* Somebody outside can provoke some lines: not more than LOG_LIMIT_LINES of a kind are written in a second.  Zeroed at the
 * start. */
#define LOG_LIMIT_LINES 10

struct log_limit {
	int64_t until_ms;
	unsigned lines;
	uint64_t lost;
};

/* True: write it, and say that `*ret_lost` were not written since the last one. */
bool log_limit_take(struct log_limit *limit, int64_t now_ms, uint64_t *ret_lost);

#endif
