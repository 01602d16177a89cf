/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a spool of the samples for tests of the command: FOLDER, which must be there.  The ids are Q0, Q1... in the order of
 * their names, a minute apart; what was done goes round; then there is one that was signed. */
#include <stdio.h>

#include "../../service/spool/writer.h"
#include "judged.h"

static void put(struct spool_writer *w, const struct verdict_row *row)
{
	int error;
	if (!spool_put(w, row, &error)) {
		fprintf(stderr, "%s\n", strerror(error));
		exit(1);
	}
}

struct state {
	struct spool_writer *writer;
	unsigned n;
};

static void write_one(void *data, const struct judged *j)
{
	static const slice recipients[] = { { "ann@example.net", 15 }, { "bob@lists.example.net", 21 } };
	static const slice removed[] = { { "mx.example.net; dmarc=pass (\x1b[2J forged)", 40 } };
	struct state *s = data;
	char id[16];
	if (!strstr(j->path, "data/samples/")) {
		return;
	}
	int len = snprintf(id, sizeof(id), "Q%u", s->n);
	const struct verdict_row row = {
		.time_ms = ((int64_t)JUDGED_NOW + 60 * s->n) * 1000,
		.queue_id = slice_make(id, (size_t)len),
		.listener = S("inbound"),
		.server_name = S("mx.example.net"),
		.deed = (enum verdict_deed)(s->n % 5),
		.dry_run = s->n == 7,
		.reason = S("listener"),
		.reply = s->n % 5 == VERDICT_REJECTED ? S("550 5.7.1 rejected by the policy of football.example.com")
		                                      : S(""),
		.authentication_results = j->authentication_results,
		.recipients = recipients,
		.n_recipients = 1 + s->n % 2,
		.all_recipients = 1 + s->n % 2,
		.removed = removed,
		.n_removed = s->n == 0,
		.dossier = j->dossier,
		.book = j->book,
	};
	s->n++;
	put(s->writer, &row);
}

static void write_signed(struct state *s)
{
	static const struct verdict_signature signatures[] = {
		{ { "example.com", 11 }, { "s1", 2 }, { "rsa-sha256", 10 } }
	};
	struct verdict_row row = {
		.time_ms = ((int64_t)JUDGED_NOW + 60 * s->n) * 1000,
		.queue_id = S("QSIGNED"),
		.listener = S("submission"),
		.deed = VERDICT_SIGNED,
		.signatures = signatures,
		.n_signatures = 1,
		.author = S("example.com"),
		.envelope = { .has_mail_from = true, .mail_from = S("eve@example.com") },
	};
	(void)signet_ip_parse(S("198.51.100.9"), &row.envelope.ip);
	put(s->writer, &row);
}

int main(int argc, char **argv)
{
	struct buf error;
	struct state s = { 0 };
	buf_init(&error, 1024);
	s.writer = argc == 3 ? spool_open(argv[2], 0, &error) : NULL;
	if (!s.writer) {
		fprintf(stderr, "usage: write-spool SOURCE FOLDER: %.*s\n", (int)error.len, error.at ? error.at : "");
		return 1;
	}
	each_judged(argv[1], write_one, &s);
	write_signed(&s);
	spool_close(s.writer);
	return 0;
}
