/* SPDX-License-Identifier: Apache-2.0 */
/* The client of tests/support and a session at both ends of a socket: what comes out at the mail server's side. */
#include "../support/milter_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../service/milter/session.h"
#include "../support/rows.h"

/* ---- a filter: a thread, one connection at a time ---- */

static struct filter {
	struct session_settings settings;
	const struct outcome *outcome;
	bool slow; /* says progress, then answers */
	int fd;
	char path[100];
	struct buf seen; /* fields and body of the last message */
	char facts[400];
} filter;

static void *on_begin(void *data, struct session *s, const struct facts *facts)
{
	(void)data;
	(void)s;
	buf_clear(&filter.seen);
	return (void *)(uintptr_t)facts;
}

static bool on_early(void *message)
{
	(void)message;
	return true;
}

static void on_field(void *message, slice name, slice value)
{
	(void)message;
	buf_put(&filter.seen, name);
	buf_put_char(&filter.seen, ':');
	buf_put(&filter.seen, value);
	buf_put_char(&filter.seen, '\n');
}

static void on_end_of_header(void *message)
{
	(void)message;
	buf_put_char(&filter.seen, '\n');
}

static void on_body(void *message, slice octets)
{
	(void)message;
	buf_put(&filter.seen, octets);
}

static bool on_end(void *message)
{
	const struct facts *f = message;
	snprintf(filter.facts, sizeof(filter.facts), "%s from=%s to=%s/%zu id=%s helo=%s j=%s login=%s port=%s%s",
	         f->client_name.len ? f->client_name.at : "-", f->mail_from.at,
	         f->n_recipients ? f->recipients[0].at : "-", f->all_recipients, f->queue_id.len ? f->queue_id.at : "-",
	         f->helo.len ? f->helo.at : "-", f->server_name.at, f->login.len ? f->login.at : "-",
	         f->daemon_port.len ? f->daemon_port.at : "-", f->body_8bit ? " 8bit" : "");
	return !filter.slow;
}

static const struct outcome *on_outcome(void *message)
{
	(void)message;
	return filter.outcome;
}

static void on_close(void *message)
{
	(void)message;
}

static const struct session_calls calls = { on_begin, on_early, on_field,   on_end_of_header,
	                                    on_body,  on_end,   on_outcome, on_close };

static bool write_out(int fd, struct session *s)
{
	struct buf *out = session_out(s);
	bool good = out->len == 0 || send(fd, out->at, out->len, MSG_NOSIGNAL) == (ssize_t)out->len;
	buf_finish(out);
	return good;
}

static void serve(int fd)
{
	char octets[997];
	struct session *s = session_new(&filter.settings, &calls, NULL);
	enum session_state state = SESSION_READS;
	while (state == SESSION_READS) {
		ssize_t n = recv(fd, octets, sizeof(octets), 0);
		if (n <= 0) {
			break;
		}
		state = session_feed(s, slice_make(octets, (size_t)n));
		while (state == SESSION_WAITS) {
			session_progress(s);
			state = session_wake(s);
		}
		if (!write_out(fd, s)) {
			break;
		}
	}
	session_free(s);
	close(fd);
}

static void *run_filter(void *data)
{
	(void)data;
	for (int fd; (fd = accept(filter.fd, NULL, NULL)) >= 0;) {
		serve(fd);
	}
	return NULL;
}

static void start_filter(pthread_t *ret)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	snprintf(filter.path, sizeof(filter.path), "/tmp/signet-test-client-%ld.sock", (long)getpid());
	memcpy(at.sun_path, filter.path, strlen(filter.path) + 1);
	unlink(filter.path);
	buf_init(&filter.seen, 1 << 26);
	filter.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (filter.fd < 0 || bind(filter.fd, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(filter.fd, 5) != 0 ||
	    pthread_create(ret, NULL, run_filter, NULL) != 0) {
		abort();
	}
}

/* ---- rows ---- */

#define OWN "Received: by mx.example.net (Postfix) id 4Qx\r\n"
#define MESSAGE "A-R: one\r\nSubject:no blank\r\nA-R : two\r\n\tfolded\r\nA-R: three\r\n\r\nbody\r\n"
#define IN(at, field, text)                                                                                            \
	{                                                                                                              \
		OUTCOME_INSERT, at, { field, sizeof(field) - 1 },                                                      \
		{                                                                                                      \
			text, sizeof(text) - 1                                                                         \
		}                                                                                                      \
	}
#define OUT(at, field)                                                                                                 \
	{                                                                                                              \
		OUTCOME_DELETE, at, { field, sizeof(field) - 1 },                                                      \
		{                                                                                                      \
			"", 0                                                                                          \
		}                                                                                                      \
	}

static const struct outcome_edit on_top[] = { IN(0, "X", " 1\n\t2"), IN(0, "Y", "\tz") };
static const struct outcome_edit below_own[] = { IN(1, "X", " 1"), IN(99, "Z", " last") };
static const struct outcome_edit downwards[] = { OUT(3, "a-r"), OUT(1, "A-R"), IN(0, "A-R", " ours") };
static const struct outcome_edit upwards[] = { OUT(1, "A-R"), OUT(3, "A-R") };
static const struct outcome_edit zeroth[] = { OUT(0, "A-R"), OUT(7, "Subject") };

static const struct row {
	const char *what;
	uint32_t version, actions, protocol;
	struct outcome outcome;
	char reply;
	const char *text, *held, *delivered;
} rows[] = {
	{ "nothing is changed",
	  6,
	  0x1ff,
	  0x1fffff,
	  { 0 },
	  'c',
	  "",
	  "",
	  OWN "A-R: one\r\nSubject:no blank\r\nA-R: two\r\n\tfolded\r\nA-R: three\r\n\r\nbody\r\n" },
	{ "on top, the last one topmost",
	  6,
	  0x1ff,
	  0x1fffff,
	  { .edits = on_top, .n_edits = 2 },
	  'c',
	  "",
	  "",
	  "Y:\tz\r\nX: 1\r\n\t2\r\n" OWN
	  "A-R: one\r\nSubject:no blank\r\nA-R: two\r\n\tfolded\r\nA-R: three\r\n\r\nbody\r\n" },
	{ "below the field of the mail server, and at the end",
	  6,
	  0x1ff,
	  0x1fffff,
	  { .edits = below_own, .n_edits = 2 },
	  'c',
	  "",
	  "",
	  OWN "X: 1\r\nA-R: one\r\nSubject:no blank\r\nA-R: two\r\n\tfolded\r\nA-R: three\r\nZ: last\r\n\r\nbody\r\n" },
	{ "deleted from the highest index down, then inserted",
	  6,
	  0x1ff,
	  0x1fffff,
	  { .edits = downwards, .n_edits = 3 },
	  'c',
	  "",
	  "",
	  "A-R: ours\r\n" OWN "Subject:no blank\r\nA-R: two\r\n\tfolded\r\n\r\nbody\r\n" },
	{ "deleted upwards, one survives (CVE-2022-48521)",
	  6,
	  0x1ff,
	  0x1fffff,
	  { .edits = upwards, .n_edits = 2 },
	  'c',
	  "",
	  "",
	  OWN "Subject:no blank\r\nA-R: two\r\n\tfolded\r\nA-R: three\r\n\r\nbody\r\n" },
	{ "index 0 is 1, and one that is not there is none",
	  6,
	  0x1ff,
	  0x1fffff,
	  { .edits = zeroth, .n_edits = 2 },
	  'c',
	  "",
	  "",
	  OWN "Subject:no blank\r\nA-R: two\r\n\tfolded\r\nA-R: three\r\n\r\nbody\r\n" },
	{ "version 2: the mail server puts the blank in",
	  2,
	  0x3f,
	  0x7f,
	  { .edits = on_top, .n_edits = 1 },
	  'c',
	  "",
	  "",
	  "X: 1\r\n\t2\r\n" OWN "A-R: one\r\nSubject:no blank\r\nA-R: two\r\n\tfolded\r\nA-R: three\r\n\r\nbody\r\n" },
	{ "version 6 without what spares replies",
	  6,
	  0x1ff,
	  0x100000,
	  { .edits = below_own, .n_edits = 1 },
	  'c',
	  "",
	  "",
	  OWN "X: 1\r\nA-R: one\r\nSubject:no blank\r\nA-R: two\r\n\tfolded\r\nA-R: three\r\n\r\nbody\r\n" },
	{ "held",
	  6,
	  0x1ff,
	  0x1fffff,
	  { .hold = { "p=quarantine", 12 } },
	  'c',
	  "",
	  "p=quarantine",
	  OWN "A-R: one\r\nSubject:no blank\r\nA-R: two\r\n\tfolded\r\nA-R: three\r\n\r\nbody\r\n" },
	{ "rejected",
	  6,
	  0x1ff,
	  0x1fffff,
	  { OUTCOME_REJECT, { "550 5.7.1 100% no", 17 } },
	  'y',
	  "550 5.7.1 100% no",
	  "",
	  "" },
	{ "deferred", 6, 0x1ff, 0x1fffff, { OUTCOME_TEMPFAIL }, 't', "", "", "" },
};

static const char *const recipients[] = { "b@example.net", "c@example.net", NULL };
static const char *const arguments[] = { "SIZE=1", "BODY=8BITMIME", NULL };
static const struct milter_peer peer = {
	"2001:db8::1", 4711, "client.example", "helo.example", { { "{auth_authen}", "joe" } }
};

static struct milter_client *open_client(const struct row *row)
{
	static char address[200];
	char error[MILTER_CLIENT_ERROR];
	struct milter_client_settings settings = {
		.address = address, .version = row->version, .actions = row->actions, .protocol = row->protocol
	};
	snprintf(address, sizeof(address), "unix:%s", filter.path);
	struct milter_client *c = milter_client_open(&settings, error);
	if (!c) {
		printf("# %s\n", error);
		abort();
	}
	return c;
}

static void one_row(const struct row *row)
{
	struct milter_mail mail = { S(MESSAGE), "a@example.com", arguments, recipients, "4Qx", 0, false };
	struct milter_answer answer;
	filter.outcome = &row->outcome;
	struct milter_client *c = open_client(row);
	row_bool("-", row->what, milter_client_start(c, &peer), true);
	for (size_t i = 0; i < 4; i++) {
		mail.chunk_octets = i == 1 ? 1 : 0;
		mail.last_with_end = i == 2;
		filter.slow = i == 3;
		row_bool("-", row->what, milter_client_message(c, &mail, true, &answer), true);
		row_number("-", row->what, answer.reply, row->reply);
		row_text("-", row->what, slice_of(answer.text), row->text);
		row_text("-", row->what, slice_of(answer.held), row->held);
		row_text("-", row->what, buf_slice(&answer.delivered), row->delivered);
		row_number("-", row->what, (int64_t)answer.progress, i == 3);
		milter_answer_finish(&answer);
	}
	milter_client_quit(c);
}

static void what_is_told(void)
{
	static const struct outcome done = { 0 };
	static const struct row terms = { .version = 6, .actions = 0x1ff, .protocol = 0x1fffff };
	struct milter_mail mail = { S(MESSAGE), "a@example.com", arguments, recipients, "4Qx", 0, false };
	struct milter_answer answer;
	filter.outcome = &done;
	filter.slow = false;
	struct milter_client *c = open_client(&terms);
	milter_client_start(c, &peer);
	milter_client_message(c, &mail, false, &answer);
	row_text("-", "facts", slice_of(filter.facts),
	         "client.example from=a@example.com to=b@example.net/2 id=4Qx helo=helo.example j=mx.example.net "
	         "login=joe "
	         "port=25 8bit");
	row_text("-", "fields as they were, line ends without CR", buf_slice(&filter.seen),
	         "A-R: one\nSubject:no blank\nA-R: two\n\tfolded\nA-R: three\n\nbody\r\n");
	row_bool("-", "an ABORT", milter_client_abort(c, &mail, 3), true);
	row_bool("-", "QUIT_NC", milter_client_next(c), true);
	row_bool("-", "another client", milter_client_start(c, &(struct milter_peer) { .ip = "192.0.2.1" }), true);
	char *big = malloc(5 << 20);
	memset(big, 'x', 5 << 20);
	memcpy(big, "A: b\r\n\r\n", 8);
	mail.octets = slice_make(big, 5 << 20);
	row_bool("-", "5 MiB", milter_client_message(c, &mail, true, &answer), true);
	row_number("-", "all of it was seen", (int64_t)filter.seen.len, (5 << 20) - 2);
	row_number("-", "and delivered", (int64_t)answer.delivered.len, (5 << 20) + (int64_t)sizeof(OWN) - 1);
	row_text("-", "facts of the other client", slice_of(filter.facts),
	         "- from=a@example.com to=b@example.net/2 id=4Qx helo=- j=mx.example.net login=- port=25 8bit");
	milter_answer_finish(&answer);
	free(big);
	milter_client_quit(c);
}

static void answered_early(void)
{
	static const struct outcome no = { OUTCOME_REJECT, { "550 5.7.1 no", 12 } };
	static const struct row terms = { .version = 6, .actions = 0x1ff, .protocol = 0x1fffff };
	struct milter_mail mail = { S(MESSAGE), "a@example.com", NULL, recipients, "4Qx", 0, false };
	struct milter_answer answer;
	filter.settings.early = true;
	filter.outcome = &no;
	struct milter_client *c = open_client(&terms);
	milter_client_start(c, &peer);
	for (int i = 0; i < 2; i++) {
		row_bool("-", "every recipient is refused", milter_client_message(c, &mail, true, &answer), true);
		row_number("-", "all of them", (int64_t)answer.refused, 2);
		row_text("-", "with the text", slice_of(answer.text), "550 5.7.1 no");
		milter_answer_finish(&answer);
	}
	milter_client_quit(c);
}

int main(void)
{
	pthread_t thread;
	start_filter(&thread);
	for (size_t i = 0; i < ROWS(rows); i++) {
		one_row(&rows[i]);
	}
	what_is_told();
	answered_early();
	shutdown(filter.fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(filter.fd);
	unlink(filter.path);
	buf_finish(&filter.seen);
	return rows_end();
}
