/* SPDX-License-Identifier: Apache-2.0 */
/* What is read is what was written: for every message of tests/vectors and data/samples. */
#include "../../service/tell/tell.h"
#include "../support/rows.h"
#include "folder.h"
#include "judged.h"

#define TEXT_BYTES ((size_t)8 << 20)

/* Everything that is ever told of a verdict. */
static void put_told(struct buf *b, const struct verdict_row *row)
{
	const struct tell_extras extras = { .authentication_results = row->authentication_results };
	struct json_writer w = json_writer_of(b);
	struct tell t = { .to = b };
	tell_json_dossier(&w, "m", row->dossier, &extras, row->book);
	tell_verdict(&t, row->dossier);
	tell_table(&t, row->dossier);
	tell_story(&t, row->dossier, row->book);
}

/* What nobody tells is there too. */
static void put_untold(struct buf *b, const struct signet_dossier *d)
{
	buf_put(b, d->from_text);
	buf_put(b, d->to);
	buf_put_number(b, (uint64_t)d->date_epoch);
	buf_put_number(b, d->header_octets);
	buf_put_number(b, d->body_octets);
	buf_put_number(b, d->n_from_fields);
	buf_put_number(b, (uint64_t)d->envelope.received_at);
	for (size_t i = 0; i < d->n_spf; i++) {
		buf_put(b, d->spf[i].listed);
		buf_put(b, d->spf[i].listed_in);
		buf_put_number(b, d->spf[i].ttl_s);
		buf_put_number(b, d->spf[i].secure);
		buf_put_number(b, d->spf[i].cacheable);
	}
	for (size_t i = 0; i < d->n_dkim; i++) {
		buf_put_number(b, d->dkim[i].field);
		buf_put(b, d->dkim[i].b_prefix);
		buf_put_number(b, d->dkim[i].header_relaxed);
		buf_put_number(b, d->dkim[i].body_relaxed);
		buf_put_number(b, d->dkim[i].has_length);
	}
	for (size_t i = 0; i < d->arc.n_sets; i++) {
		buf_put(b, d->arc.sets[i].seal_selector);
		buf_put(b, d->arc.sets[i].signature_domain);
		buf_put(b, d->arc.sets[i].signature_selector);
		buf_put(b, d->arc.sets[i].cv);
	}
	buf_put_number(b, d->arc.trusted_from);
	buf_put_number(b, d->dmarc.published);
	buf_put_number(b, d->dmarc.sampled_out);
	buf_put_number(b, d->dmarc.author_exists);
	buf_put_number(b, d->dmarc.discovery_error);
	buf_put_number(b, d->dmarc.record.pct);
	buf_put_number(b, d->dmarc.record.has_fo);
	buf_put_char(b, d->dmarc.record.psd ? d->dmarc.record.psd : '-');
	for (size_t i = 0; i < d->dmarc.record.n_rua; i++) {
		buf_put(b, d->dmarc.record.rua[i]);
	}
}

static void put_answers(struct buf *b, const struct signet_book *book)
{
	struct signet_question q;
	struct signet_answer a;
	for (size_t i = 0; signet_book_entry(book, i, &q, &a); i++) {
		buf_put_number(b, a.aliased);
		for (size_t k = 0; k < a.n; k++) {
			buf_put_number(b, a.rr[k].preference);
			buf_put(b, a.rr[k].data);
		}
	}
}

static void put_all(struct buf *b, const struct verdict_row *row)
{
	put_told(b, row);
	put_untold(b, row->dossier);
	put_answers(b, row->book);
}

static void put_row(struct buf *b, const struct verdict_row *r)
{
	buf_put_number(b, (uint64_t)r->time_ms);
	const slice texts[] = { r->queue_id, r->listener, r->server_name, r->client_name, r->login, r->daemon_name,
		                r->reason,   r->rule,     r->override,    r->reply,       r->author };
	for (size_t i = 0; i < ROWS(texts); i++) {
		buf_put(b, texts[i]);
		buf_put_char(b, '|');
	}
	for (size_t i = 0; i < r->n_recipients; i++) {
		buf_put(b, r->recipients[i]);
	}
	for (size_t i = 0; i < r->n_removed; i++) {
		buf_put(b, r->removed[i]);
	}
	for (size_t i = 0; i < r->n_signatures; i++) {
		buf_put(b, r->signatures[i].domain);
		buf_put(b, r->signatures[i].selector);
		buf_put(b, r->signatures[i].algorithm);
		buf_put(b, r->signatures[i].trouble);
		buf_put_number(b, r->signatures[i].is_seal);
	}
	buf_put_number(b, r->dry_run);
	buf_put_number(b, r->deed);
	buf_put_number(b, r->all_recipients);
	buf_put_number(b, r->replay_messages);
	buf_put_number(b, r->replay_recipients);
	buf_put(b, r->envelope.helo);
}

static const slice recipients[] = { { "ann@example.net", 15 }, { "", 0 }, { "bob@example.net", 15 } };
static const slice removed[] = { { "mx.example.net; dmarc=pass", 26 } };
static const struct verdict_signature signatures[] = {
	{ { "example.com", 11 }, { "s1", 2 }, { "rsa-sha256", 10 }, false, { 0 } },
	{ { "example.com", 11 }, { "s2", 2 }, { "ed25519-sha256", 14 }, true, { "the signer is away", 18 } },
};

static struct verdict_row row_of(const struct judged *j, size_t i)
{
	return (struct verdict_row) {
		.time_ms = (int64_t)JUDGED_NOW * 1000 + (int64_t)i,
		.queue_id = S("4QXyz12345z9"),
		.listener = S("inbound"),
		.server_name = S("mx.example.net"),
		.client_name = S("relay.example.org"),
		.login = S("ann"),
		.daemon_name = S("smtpd"),
		.dry_run = i % 2,
		.deed = (enum verdict_deed)(i % 6),
		.reason = S("listener"),
		.rule = S("domain example.com"),
		.override = S("known forwarder"),
		.reply = S("550 5.7.1 no"),
		.authentication_results = j->authentication_results,
		.recipients = recipients,
		.n_recipients = ROWS(recipients),
		.all_recipients = 7,
		.removed = removed,
		.n_removed = ROWS(removed),
		.signatures = signatures,
		.n_signatures = ROWS(signatures),
		.envelope = { .helo = S("helo.example") },
		.author = S("author.example"),
		.replay_messages = 3,
		.replay_recipients = 2,
		.dossier = j->dossier,
		.book = j->book,
	};
}

struct trip {
	struct spool_writer *writer;
	struct buf *told; /* of each, in turn */
	size_t n;
	struct packer *packer;
	struct buf packed, again;
	struct signet_arena arena;
	struct signet_book *book;
	uint64_t octets;
	size_t differ, cut, unequal;
};

#define TRIPS_MAX 2000

static void write_one(void *data, const struct judged *j)
{
	struct trip *t = data;
	struct verdict_row row = row_of(j, t->n);
	struct dossier_read read;
	int error = 0;
	if (t->n == TRIPS_MAX) {
		return;
	}
	buf_init(&t->told[t->n], TEXT_BYTES);
	put_all(&t->told[t->n], &row);
	put_row(&t->told[t->n], &row);
	t->n++;
	t->cut += dossier_pack(t->packer, &row, &t->packed) != DOSSIER_WHOLE;
	t->octets += t->packed.len;
	signet_arena_reset(&t->arena);
	signet_book_reset(t->book);
	if (!dossier_unpack(buf_slice(&t->packed), &t->arena, &read) ||
	    dossier_fill_book(&read, t->book) != SIGNET_OK) {
		t->unequal++;
	} else {
		read.row.book = t->book;
		(void)dossier_pack(t->packer, &read.row, &t->again);
		t->unequal += !slice_eq(buf_slice(&t->packed), buf_slice(&t->again));
	}
	if (!spool_put(t->writer, &row, &error)) {
		fprintf(stderr, "%s: %s\n", j->path, strerror(error));
		abort();
	}
}

static void read_all(struct trip *t, enum spool_order order, const char *what)
{
	struct spool_reader *r = folder_reader(order, NULL);
	struct spool_verdict v;
	size_t n = 0;
	t->differ = 0;
	while (spool_next(r, &v) == SPOOL_FOUND) {
		size_t i = order == SPOOL_OLDEST_FIRST ? n : t->n - 1 - n;
		struct buf got;
		buf_init(&got, TEXT_BYTES);
		if (n++ >= t->n) {
			break;
		}
		put_all(&got, v.row);
		put_row(&got, v.row);
		t->differ += !slice_eq(buf_slice(&got), buf_slice(&t->told[i])) || !buf_ok(&got);
		buf_finish(&got);
	}
	row_number("-", what, (int64_t)n, (int64_t)t->n);
	row_number("-", "each is what was written", (int64_t)t->differ, 0);
	row_number("-", "nothing was lost", (int64_t)spool_reader_trouble(r).lost_octets, 0);
	spool_reader_free(r);
}

int main(void)
{
	const char *root = getenv("SIGNET_SOURCE") ? getenv("SIGNET_SOURCE") : ".";
	struct trip t = { .told = calloc(TRIPS_MAX, sizeof(struct buf)),
		          .packer = packer_new(),
		          .book = signet_book_new(0) };
	folder_make();
	arena_init(&t.arena, DOSSIER_BYTES);
	buf_init(&t.packed, DOSSIER_OCTETS);
	buf_init(&t.again, DOSSIER_OCTETS);
	t.writer = folder_writer(0);
	each_judged(root, write_one, &t);
	row_bool("-", "there are messages enough", t.n > 200, true);
	row_number("-", "all are kept whole", (int64_t)t.cut, 0);
	row_number("-", "packed, read and packed again they are the same octets", (int64_t)t.unequal, 0);
	printf("# %zu messages, %llu octets a dossier\n", t.n, (unsigned long long)(t.n ? t.octets / t.n : 0));
	read_all(&t, SPOOL_OLDEST_FIRST, "all are read while the writer is there, oldest first");
	spool_close(t.writer);
	read_all(&t, SPOOL_NEWEST_FIRST, "all are read, newest first");
	for (size_t i = 0; i < t.n; i++) {
		buf_finish(&t.told[i]);
	}
	free(t.told);
	packer_free(t.packer);
	buf_finish(&t.packed);
	buf_finish(&t.again);
	arena_finish(&t.arena);
	signet_book_free(t.book);
	folder_remove();
	return rows_end();
}
