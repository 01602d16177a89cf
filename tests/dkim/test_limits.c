/* SPDX-License-Identifier: Apache-2.0 */
/* How the work is done: several signatures in one message, the caps, answers that come in steps, and little memory. */
#include <stdio.h>

#include "signed_messages.h"

/* Several signatures. */
static void several(struct zone *zone)
{
	struct signet_arena a;
	struct verified v;
	arena_init(&a, (size_t)16 << 20);
	slice good = sign_message(signers[RSA], TAGS H, S(MESSAGE), &a);
	slice junk = ARENA_JOIN(
		&a,
		S("DKIM-Signature: junk\r\nDKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; b=YWJj; bh="
		  "LjkN2rUhrS3zKXfH2vNgUzz5ERRJkgP9CURXBX0JP0Q=\r\n"),
		good);
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, junk, 0, 0);
	row_bool("6376:6.1", "two junk signatures do not hide the good one",
		 v.dkim->n == 3 && v.dkim->results[0].result == SIGNET_DKIM_NEUTRAL &&
			 v.dkim->results[1].result == SIGNET_DKIM_PERMERROR &&
			 v.dkim->results[2].result == SIGNET_DKIM_PASS && v.dkim->results[2].field == 2,
		 true);
	verified_finish(&v);

	slice both = sign_message(signers[ED25519],
				  "v=1; a=ed25519-sha256; d=author.example; s=ed; c=relaxed/relaxed; " H, good, &a);
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, both, 0, 0);
	row_bool("6376:6.1", "two signatures pass each on its own",
		 v.dkim->n == 2 && v.dkim->results[0].result == SIGNET_DKIM_PASS &&
			 v.dkim->results[1].result == SIGNET_DKIM_PASS,
		 true);
	row_number("6376:3.7", "and the body is hashed once", (int64_t)v.hashes.n, 1);
	verified_finish(&v);

	slice signs = sign_message(
		signers[ED25519],
		"v=1; a=ed25519-sha256; d=author.example; s=ed; h=from:dkim-signature; bh={bh}; b={b}", good, &a);
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, signs, 0, 0);
	row_bool("6376:3.7", "a signature may sign an older one, and never itself",
		 v.dkim->results[0].result == SIGNET_DKIM_PASS && v.dkim->results[1].result == SIGNET_DKIM_PASS, true);
	verified_finish(&v);
	slice itself =
		sign_message(signers[RSA], TAGS "h=from:dkim-signature:dkim-signature; bh={bh}; b={b}", S(MESSAGE), &a);
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, itself, 0, 0);
	row_bool("6376:3.7", "its own field is no instance of h=dkim-signature",
		 v.dkim->results[0].result == SIGNET_DKIM_PASS, true);
	verified_finish(&v);
	arena_finish(&a);
}

static void caps(struct zone *zone)
{
	struct signet_arena a;
	struct verified v;
	arena_init(&a, (size_t)64 << 20);
	slice author = S("author.example");
	slice good = sign_message(signers[RSA], TAGS H, S(MESSAGE), &a);
	slice below = sign_message(signers[RSA],
				   "v=1; a=rsa-sha256; d=sub.author.example; s=rsa; c=relaxed/relaxed; " H, good, &a);
	slice three = sign_message(signers[RSA], "v=1; a=rsa-sha256; d=other.example; s=rsa; c=relaxed/relaxed; " H,
				   below, &a);
	struct dkim_query query = {
		.engine = engine, .author_domains = &author, .n_author_domains = 1, .max_signatures = 1
	};
	verify_message(&v, query, zone, three, 0, 0);
	row_bool("6376:6.1", "a cap of one is spent on the author's own domain",
		 v.dkim->results[2].result == SIGNET_DKIM_PASS && v.dkim->results[0].result == SIGNET_DKIM_NEUTRAL &&
			 v.dkim->results[1].result == SIGNET_DKIM_NEUTRAL &&
			 findings_has(&v.dkim->results[0].findings, F_DKIM_NOT_EVALUATED),
		 true);
	verified_finish(&v);
	query.max_signatures = 2;
	verify_message(&v, query, zone, three, 0, 0);
	row_bool("6376:6.1", "then on what is near to it",
		 v.dkim->results[1].result == SIGNET_DKIM_PASS && v.dkim->results[0].result == SIGNET_DKIM_NEUTRAL,
		 true);
	verified_finish(&v);
	query.max_signatures = 0;
	query.n_author_domains = 0;
	verify_message(&v, query, zone, three, 0, 0);
	row_bool("6376:6.1", "without a cap all pass",
		 v.dkim->results[0].result == SIGNET_DKIM_PASS && v.dkim->results[2].result == SIGNET_DKIM_PASS, true);
	verified_finish(&v);
	arena_finish(&a);
}

static void many_signatures(struct zone *zone)
{
	struct verified v;
	struct buf b;
	struct dkim_query query = { .engine = engine };
	buf_init(&b, (size_t)32 << 20);
	for (int i = 0; i < 20000; i++) {
		buf_put_text(&b, "DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; l=");
		buf_put_number(&b, (uint64_t)i);
		buf_put_text(&b, "; h=from; b=YWJj; bh=LjkN2rUhrS3zKXfH2vNgUzz5ERRJkgP9CURXBX0JP0Q=\r\n");
	}
	buf_put(&b, S(MESSAGE));
	verify_message(&v, query, zone, buf_slice(&b), 0, 0);
	row_bool("6376:6.1", "20,000 signatures are not all read",
		 v.status == SIGNET_OK && v.dkim->n == DKIM_SIGNATURES_READ &&
			 findings_has(&v.notes, F_DKIM_TOO_MANY_SIGNATURES),
		 true);
	row_number("6376:6.1", "and ten are verified", (int64_t)v.hashes.n, DKIM_SIGNATURES_DEFAULT);
	struct signet_question q;
	struct signet_answer ans;
	row_bool("6376:6.1", "with one question",
		 signet_book_entry(v.book, 0, &q, &ans) && !signet_book_entry(v.book, 1, &q, &ans), true);
	verified_finish(&v);
	query.max_signatures = 100;
	verify_message(&v, query, zone, buf_slice(&b), 0, 0);
	size_t evaluated = 0;
	for (size_t i = 0; i < v.dkim->n; i++) {
		evaluated += v.dkim->all[i].evaluated;
	}
	row_bool("6376:6.1", "different l= are capped as well",
		 v.status == SIGNET_OK && v.hashes.n == BODY_HASHES_MAX && evaluated == BODY_HASHES_MAX, true);
	verified_finish(&v);
	buf_finish(&b);
}

static void many_names(struct zone *zone)
{
	struct signet_arena a;
	struct verified v;
	struct buf b, tags;
	arena_init(&a, (size_t)64 << 20);
	buf_init(&b, (size_t)32 << 20);
	for (int i = 0; i < 19990; i++) {
		buf_put_text(&b, "X: y\r\n");
	}
	buf_put(&b, S(MESSAGE));
	buf_init(&tags, 1 << 16);
	buf_put_text(&tags, "DKIM-Signature: v=1; a=rsa-sha256; d=author.example; s=rsa; b=YWJj; "
			    "bh=LjkN2rUhrS3zKXfH2vNgUzz5ERRJkgP9CURXBX0JP0Q=; h=from");
	for (int i = 1; i < SIGNATURE_NAMES_MAX; i++) {
		buf_put_text(&tags, ":x");
	}
	buf_put_text(&tags, "\r\n");
	slice four = ARENA_JOIN(&a, buf_slice(&tags), buf_slice(&tags), buf_slice(&tags), buf_slice(&tags));
	verify_message(&v, (struct dkim_query){ .engine = engine }, zone, ARENA_JOIN(&a, four, buf_slice(&b)), 0, 0);
	row_bool("6376:5.4.2", "512 names in a header of 20,000 fields",
		 v.status == SIGNET_OK && v.dkim->results[0].result == SIGNET_DKIM_FAIL, true);
	verified_finish(&v);
	buf_finish(&tags);
	buf_finish(&b);
	arena_finish(&a);
}

/* Answers may come in any order, one by one: the dossier is the same, and no question is asked without need. */
static void pending(struct zone *zone)
{
	struct signet_arena a;
	struct verified all, one;
	arena_init(&a, (size_t)16 << 20);
	slice message = S(MESSAGE);
	static const char *const selectors[] = { "rsa", "gone", "slow", "two", "revoked", "testing" };
	for (size_t i = 0; i < ROWS(selectors); i++) {
		char tags[300];
		snprintf(tags, sizeof(tags), "v=1; a=rsa-sha256; d=author.example; s=%s; c=relaxed/relaxed; %s",
			 selectors[i], H);
		message = sign_message(signers[RSA], tags, message, &a);
	}
	verify_message(&all, (struct dkim_query){ .engine = engine }, zone, message, 0, 0);
	verify_message(&one, (struct dkim_query){ .engine = engine }, zone, message, 1, 3);
	row_number("6376:6.1", "all answers at once: two runs", (int64_t)all.runs, 2);
	row_number("6376:6.1", "one answer after each run: seven runs", (int64_t)one.runs, 7);
	bool same = all.dkim->n == one.dkim->n;
	for (size_t i = 0; same && i < all.dkim->n; i++) {
		const struct signet_dkim *x = &all.dkim->results[i], *y = &one.dkim->results[i];
		same = x->result == y->result && x->header_ok == y->header_ok && x->body_ok == y->body_ok &&
		       x->transformation == y->transformation && x->findings.n == y->findings.n &&
		       x->key_bits == y->key_bits;
		for (size_t k = 0; same && k < x->findings.n; k++) {
			same = x->findings.at[k].id == y->findings.at[k].id;
		}
	}
	row_bool("6376:6.1", "and the same results and findings", same, true);
	row_number("6376:6.1", "the last signature is the first field", all.dkim->results[5].result, SIGNET_DKIM_PASS);
	verified_finish(&one);
	verified_finish(&all);

	slice obsolete = sign_message(signers[RSA], "v=1; a=rsa-sha1; d=author.example; s=rsa; " H, S(MESSAGE), &a);
	struct signet_question q;
	struct signet_answer ans;
	verify_message(&all, (struct dkim_query){ .engine = engine }, zone, obsolete, 0, 0);
	row_bool("8301:3.1", "no question is asked for rsa-sha1", signet_book_entry(all.book, 0, &q, &ans), false);
	verified_finish(&all);
	arena_finish(&a);
}

/* Little memory: every limit ends in a status, never in a wrong result. */
static void short_memory(struct zone *zone)
{
	struct signet_arena a;
	arena_init(&a, (size_t)16 << 20);
	slice message = sign_message(signers[RSA], TAGS H, S(MESSAGE), &a);
	size_t end = header_find_end(message, 0);
	bool good = true;
	for (size_t limit = 0; limit < 60000; limit += 500) {
		struct signet_arena small, scratch;
		struct mail_header header;
		struct body_hashes hashes;
		struct signet_findings notes;
		struct dkim *dkim;
		arena_init(&small, limit);
		arena_init(&scratch, limit);
		findings_init(&notes, &small);
		body_hashes_init(&hashes, engine, &small);
		struct signet_book *book = signet_book_new(0);
		struct dkim_query query = { .engine = engine, .header = &header };
		enum signet_status status = header_parse(slice_first(message, end), &small, &notes, &header);
		if (status == SIGNET_OK) {
			status = dkim_open(&query, &hashes, book, &small, &notes, &dkim);
		}
		if (status == SIGNET_OK) {
			body_hashes_feed(&hashes, slice_from(message, end));
			status = body_hashes_end(&hashes);
			zone_answer_all(zone, book);
		}
		if (status == SIGNET_OK) {
			status = dkim_finish(dkim, book, &scratch);
			good &= status == SIGNET_NO_MEMORY || dkim->results[0].result == SIGNET_DKIM_PASS;
		}
		good &= status == SIGNET_OK || status == SIGNET_NO_MEMORY;
		body_hashes_finish(&hashes);
		signet_book_free(book);
		arena_finish(&scratch);
		arena_finish(&small);
	}
	row_bool("-", "short memory gives a status, not another result", good, true);
	arena_finish(&a);
}

int main(void)
{
	struct signet_arena a;
	struct zone *zone = signed_messages_init(&a);
	several(zone);
	caps(zone);
	many_signatures(zone);
	many_names(zone);
	pending(zone);
	short_memory(zone);
	signed_messages_finish(zone, &a);
	return rows_end();
}
