/* SPDX-License-Identifier: Apache-2.0 */
/* The stations of a message in the milter, without socket and protocol: header fields and body chunks in, outcome out.  Beyond
 * bench-check there are the fields put together, what is forged in them looked for, the row in the spool and the line of the
 * log.
 *
 *     bench-message CORPUS PASSES [SPOOL]      rows go to this directory; none: they are not kept */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../service/log/log.h"
#include "../service/loop/loop.h"
#include "../service/milter/counters.h"
#include "../service/milter/message.h"
#include "../service/spool/writer.h"
#include "corpus.h"

#define CHUNK ((size_t)65535)

/* ---- rules that say what the defaults say ---- */

struct rules {
	struct rules_milter limits;
	slice id;
};

struct rules *rules_keep(struct rules *rules)
{
	return rules;
}

void rules_drop(struct rules *rules)
{
	(void)rules;
}

struct rules_choice rules_choose(const struct rules *rules, const struct rules_listener *listener,
                                 const struct facts *facts)
{
	(void)rules;
	(void)listener;
	(void)facts;
	return (struct rules_choice) { .verify = true, .rule = "listener" };
}

const struct table *rules_table(const struct rules *rules)
{
	(void)rules;
	return NULL;
}

const slice *rules_authserv_ids(const struct rules *rules, size_t *ret_n)
{
	*ret_n = 1;
	return &rules->id;
}

const struct rules_milter *rules_milter(const struct rules *rules)
{
	return &rules->limits;
}

struct rules_override rules_override(const struct rules *rules, slice author_domain, const struct facts *facts,
                                     int64_t now_ms, struct buf *notice)
{
	(void)rules;
	(void)author_domain;
	(void)facts;
	(void)now_ms;
	(void)notice;
	return (struct rules_override) { 0 };
}

bool rules_enforces_for(const struct rules *rules, slice recipient)
{
	(void)rules;
	(void)recipient;
	return true;
}

/* ---- one message ---- */

struct station {
	struct message_source source;
	struct rules rules;
};

static void on_wake(void *data, struct session *s)
{
	(void)data;
	(void)s;
	corpus_die("answers of zones are at hand");
}

/* Fields as a mail server hands them over: LF between the lines. */
static slice feed_header(void *message, slice octets)
{
	static char value[1 << 20];
	while (octets.len && octets.at[0] != '\r') {
		size_t n = 0, i = 0;
		slice name = slice_first(octets, slice_find_char(octets, ':'));
		for (i = name.len + 1; i < octets.len; i++) {
			bool end = octets.at[i] == '\r' &&
			           (i + 2 >= octets.len || (octets.at[i + 2] != ' ' && octets.at[i + 2] != '\t'));
			if (end) {
				break;
			}
			if (octets.at[i] != '\r') {
				value[n++] = octets.at[i];
			}
		}
		message_calls.field(message, name, slice_make(value, n));
		octets = slice_from(octets, i + 2);
	}
	message_calls.end_of_header(message);
	return slice_from(octets, 2);
}

static bool judge(struct station *s, const struct corpus_message *m)
{
	static const slice recipient = { "joe@receiver.example", 20 };
	const struct facts facts = { .client_name = S("client.example"),
		                     .client = m->ip,
		                     .helo = slice_of(m->helo),
		                     .server_name = S("mx.receiver.example"),
		                     .queue_id = S("4QABC1234"),
		                     .mail_from = slice_of(m->mail_from),
		                     .recipients = &recipient,
		                     .n_recipients = 1,
		                     .all_recipients = 1,
		                     .leading_space = true };
	s->source.world->now = m->time;
	void *message = message_calls.begin(&s->source, NULL, &facts);
	if (!message) {
		corpus_die("no memory");
	}
	slice body = feed_header(message, m->octets);
	for (; body.len; body = slice_from(body, CHUNK)) {
		message_calls.body(message, slice_first(body, CHUNK));
	}
	if (!message_calls.end(message)) {
		corpus_die("answers of zones are at hand");
	}
	bool good =
		message_calls.outcome(message)->reply != OUTCOME_CONTINUE || message_calls.outcome(message)->n_edits;
	message_calls.close(message);
	return good;
}

static size_t pass(const struct corpus *c, void *data)
{
	size_t judged = 0;
	for (size_t i = 0; i < c->n; i++) {
		judged += judge(data, &c->messages[i]);
	}
	return judged;
}

int main(int argc, char **argv)
{
	struct corpus c;
	struct counters counters = { 0 };
	struct buf error;
	corpus_open(&c, argc, argv);
	buf_init(&error, 1 << 16);
	struct log log = { .role = "milter", .most = LOG_LEVEL_NOTICE, .syslog = -1 };
	struct message_world world = { .signet = signet_new(),
		                       .resolver = corpus_resolver(&c),
		                       .loop = loop_new(),
		                       .log = &log,
		                       .counters = &counters,
		                       .spool = argc > 3 ? spool_open(argv[3], 0, &error) : NULL };
	const struct rules_listener listener = { .name = "inbound" };
	struct station s = { .rules = { .limits = { .quarantine_field = S("X-Signet-Quarantine"),
		                                    .dns_ms = 20000,
		                                    .body_kept = 1 << 20,
		                                    .body_kept_all = 64 << 20,
		                                    .header_kept_all = 64 << 20 },
		                        .id = S("mx.receiver.example") } };
	s.source =
		(struct message_source) { .world = &world, .rules = &s.rules, .listener = &listener, .wake = on_wake };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!world.signet || !world.loop || null < 0 || (argc > 3 && !world.spool) || dup2(null, STDERR_FILENO) < 0) {
		corpus_die("no world");
	}
	corpus_measure(&c, pass, &s);
	message_world_finish(&world);
	spool_close(world.spool);
	return 0;
}
