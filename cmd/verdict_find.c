/* SPDX-License-Identifier: Apache-2.0 */
/* signet verdict find: which messages, newest first, a line each. */
#include "../src/base/date.h"
#include "../src/base/ip.h"
#include "../src/base/name.h"
#include "verdicts.h"

#define FLUSH_OCTETS ((size_t)64 << 10)
#define COLUMN 60

struct wanted {
	slice from, to; /* an address, or a domain; empty: any */
	bool has_client;
	struct signet_network client;
	int64_t since_ms;
	int deed, decision; /* -1: any */
};

/* ---- what is wanted ---- */

/* "2026-11-21T09:00:00Z", "2026-11-21", or a span before now. */
static bool read_since(const struct verdicts *v, struct wanted *to)
{
	char midnight[32];
	struct buf text = { .at = midnight, .room = sizeof(midnight), .max = sizeof(midnight) };
	int64_t seconds;
	slice since = slice_of(v->o->since);
	buf_put(&text, since);
	buf_put(&text, S("T00:00:00Z"));
	if (!date_parse_iso(since, &seconds) && !(buf_ok(&text) && date_parse_iso(buf_slice(&text), &seconds))) {
		if (!span_parse(since, &seconds)) {
			complain(v->o, "--since: \"%s\" is no time such as 2026-11-21T09:00:00Z, 2026-11-21 or 2d",
			         v->o->since);
			return false;
		}
		seconds = v->o->now - seconds;
	}
	to->since_ms = seconds * 1000;
	return true;
}

static bool read_decision(const struct verdicts *v, struct wanted *to)
{
	slice word = slice_of(v->o->decision);
	for (int i = VERDICT_PASSED; i <= VERDICT_SIGNED; i++) {
		if (slice_eq(word, slice_of(verdict_deed_name((enum verdict_deed)i)))) {
			to->deed = i;
			return true;
		}
	}
	for (int i = SIGNET_ACCEPT; i <= SIGNET_TEMPFAIL; i++) {
		if (slice_eq(word, slice_of(signet_decision_name((enum signet_decision)i)))) {
			to->decision = i;
			return true;
		}
	}
	complain(v->o,
	         "--decision: \"%s\" is none of passed, marked, held, rejected, deferred, signed (what was done), "
	         "accept, quarantine, reject, tempfail (what was found right)",
	         v->o->decision);
	return false;
}

static bool read_wanted(const struct verdicts *v, struct wanted *to)
{
	*to = (struct wanted) { .from = slice_of(v->o->from),
		                .to = slice_of(v->o->to),
		                .since_ms = INT64_MIN,
		                .deed = -1,
		                .decision = -1 };
	if (v->o->client) {
		to->has_client = signet_network_parse(slice_of(v->o->client), &to->client);
		if (!to->has_client) {
			complain(v->o, "--client: \"%s\" is no address and no network", v->o->client);
			return false;
		}
	}
	return (!v->o->since || read_since(v, to)) && (!v->o->decision || read_decision(v, to));
}

/* ---- is it wanted? ---- */

/* An address stands for itself, a domain for all below it. */
static bool address_fits(slice wanted, slice address)
{
	size_t at = slice_find_last_char(address, '@');
	if (slice_find_char(wanted, '@') != SLICE_NONE) {
		return slice_eq_nocase(wanted, address);
	}
	return name_is_at_or_below(at == SLICE_NONE ? address : slice_from(address, at + 1), wanted);
}

static bool from_fits(const struct wanted *w, const struct verdict_row *row)
{
	const struct signet_dossier *d = row->dossier;
	bool is_domain = slice_find_char(w->from, '@') == SLICE_NONE;
	if (w->from.len == 0 || address_fits(w->from, verdicts_envelope(row)->mail_from)) {
		return true;
	}
	if (is_domain && row->author.len && name_is_at_or_below(row->author, w->from)) {
		return true;
	}
	for (size_t i = 0; d && i < d->n_from; i++) {
		if (address_fits(w->from, d->from[i].address) ||
		    (is_domain && d->from[i].domain.len && name_is_at_or_below(d->from[i].domain, w->from))) {
			return true;
		}
	}
	return false;
}

static bool to_fits(const struct wanted *w, const struct verdict_row *row)
{
	for (size_t i = 0; w->to.len && i < row->n_recipients; i++) {
		if (address_fits(w->to, row->recipients[i])) {
			return true;
		}
	}
	return w->to.len == 0;
}

static bool is_wanted(const struct wanted *w, const struct verdict_row *row)
{
	return (!w->has_client || ip_network_has(&w->client, &verdicts_envelope(row)->ip)) &&
	       (w->deed < 0 || (int)row->deed == w->deed) &&
	       (w->decision < 0 || (row->dossier && (int)row->dossier->decision == w->decision)) && from_fits(w, row) &&
	       to_fits(w, row);
}

/* ---- one line each ---- */

static void put_json(struct verdicts *v, const struct spool_verdict *one)
{
	struct json_writer w = json_writer_of(&v->out);
	json_open(&w, '{');
	verdicts_put_json(&w, one);
	json_member_name(&w, "dmarc",
	                 one->row->dossier ? signet_dmarc_result_name(one->row->dossier->dmarc.result) : NULL);
	json_close(&w, '}');
	buf_put_char(&v->out, '\n');
}

static void tell_address(struct tell *t, const char *before, slice address)
{
	tell_put(t, before);
	tell_put(t, "<");
	tell_outside(t, address, COLUMN);
	tell_put(t, ">");
}

static void tell_line(struct tell *t, const struct verdict_row *row)
{
	const struct signet_envelope *e = verdicts_envelope(row);
	struct buf release;
	buf_init(&release, 128);
	date_put_iso(t->to, row->time_ms / 1000);
	tell_put(t, " ");
	tell_paint_outside(t, PAINT_STRONG, row->queue_id);
	tell_put(t, row->dry_run ? " would have been " : " ");
	tell_put(t, verdict_deed_name(row->deed));
	tell_put(t, " client=");
	if (e->ip.family) {
		ip_put(t->to, &e->ip);
	} else {
		tell_put(t, "-");
	}
	tell_address(t, " from=", e->mail_from);
	tell_put(t, " author=");
	tell_outside(t, verdicts_author(row), COLUMN);
	tell_address(t, " to=", row->n_recipients ? row->recipients[0] : (slice) { 0 });
	if (row->all_recipients > 1) {
		tell_put(t, " and ");
		tell_number(t, row->all_recipients - 1);
		tell_put(t, " more");
	}
	if (row->dossier) {
		tell_put(t, " dmarc=");
		tell_put(t, signet_dmarc_result_name(row->dossier->dmarc.result));
		tell_put(t, " cause=");
		tell_outside(t, slice_of(row->dossier->cause), COLUMN);
	}
	tell_put(t, "\n");
	if (verdicts_put_release(&release, row, false)) {
		tell_put(t, "    release it: ");
		tell_outside(t, buf_slice(&release), 0);
		tell_put(t, "  (Sendmail: ");
		buf_clear(&release);
		(void)verdicts_put_release(&release, row, true);
		tell_outside(t, buf_slice(&release), 0);
		tell_put(t, ")\n");
	}
	buf_finish(&release);
}

enum exit_status verdict_find(struct verdicts *v)
{
	struct wanted wanted;
	struct spool_verdict one;
	enum spool_found found = SPOOL_END;
	uint64_t n = 0;
	if (!read_wanted(v, &wanted)) {
		return EXIT_USAGE;
	}
	struct spool_reader *r = verdicts_open(v, SPOOL_NEWEST_FIRST);
	if (!r) {
		return EXIT_UNFINISHED;
	}
	spool_reader_since(r, wanted.since_ms);
	while ((!v->o->limit || n < v->o->limit) && (found = spool_next(r, &one)) == SPOOL_FOUND) {
		if (!is_wanted(&wanted, one.row)) {
			continue;
		}
		n++;
		if (v->o->json) {
			put_json(v, &one);
		} else {
			tell_line(&v->tell, one.row);
		}
		if (v->out.len >= FLUSH_OCTETS) {
			verdicts_flush(v);
		}
	}
	verdicts_tell_trouble(v, r);
	spool_reader_free(r);
	if (found == SPOOL_FAILED) {
		complain(v->o, "no memory");
		return EXIT_UNFINISHED;
	}
	return EXIT_FINE;
}
