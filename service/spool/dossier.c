/* SPDX-License-Identifier: Apache-2.0 */
/* The tables.  A number stands for its member for ever: new rows get new numbers, those of members that go stay empty. */
#include "dossier.h"

#include <assert.h>

#define ROWS(of) .rows = (of), .n = sizeof(of) / sizeof((of)[0])
#define NUMBER(n, struct_name, member)                                                                                 \
	{                                                                                                              \
		(n), PACK_NUMBER, offsetof(struct struct_name, member),                                                \
			.size = sizeof(((struct struct_name *)0)->member)                                              \
	}
#define UP_TO(n, struct_name, member, last)                                                                            \
	{                                                                                                              \
		(n), PACK_NUMBER, offsetof(struct struct_name, member),                                                \
			.size = sizeof(((struct struct_name *)0)->member), .most = (uint64_t)(last)                    \
	}
#define ONE(n, kind, struct_name, member)                                                                              \
	{                                                                                                              \
		(n), PACK_##kind, offsetof(struct struct_name, member)                                                 \
	}
#define INNER(n, struct_name, member, table)                                                                           \
	{                                                                                                              \
		(n), PACK_STRUCT, offsetof(struct struct_name, member), .of = &(table)                                 \
	}
#define LIST(n, struct_name, member, count, table)                                                                     \
	{                                                                                                              \
		(n), PACK_LIST, offsetof(struct struct_name, member), .count_at = offsetof(struct struct_name, count), \
								      .of = &(table)                                   \
	}
#define TEXTS(n, struct_name, member, count)                                                                           \
	{                                                                                                              \
		(n), PACK_TEXTS, offsetof(struct struct_name, member), .count_at = offsetof(struct struct_name, count) \
	}

/* Enums are stored as their numbers: who moves a value here needs a row of a new number. */
#define STAYS(value, number) static_assert((value) == (number), "stored as this number")
STAYS(SIGNET_SPF_MAILFROM, 0);
STAYS(SIGNET_SPF_HELO, 1);
STAYS(SIGNET_SPF_NONE, 0);
STAYS(SIGNET_SPF_NEUTRAL, 1);
STAYS(SIGNET_SPF_PASS, 2);
STAYS(SIGNET_SPF_FAIL, 3);
STAYS(SIGNET_SPF_SOFTFAIL, 4);
STAYS(SIGNET_SPF_TEMPERROR, 5);
STAYS(SIGNET_SPF_PERMERROR, 6);
STAYS(SIGNET_DKIM_NONE, 0);
STAYS(SIGNET_DKIM_PASS, 1);
STAYS(SIGNET_DKIM_FAIL, 2);
STAYS(SIGNET_DKIM_POLICY, 3);
STAYS(SIGNET_DKIM_NEUTRAL, 4);
STAYS(SIGNET_DKIM_TEMPERROR, 5);
STAYS(SIGNET_DKIM_PERMERROR, 6);
STAYS(SIGNET_UNKNOWN, 0);
STAYS(SIGNET_FALSE, 1);
STAYS(SIGNET_TRUE, 2);
STAYS(SIGNET_EVIDENCE_NONE, 0);
STAYS(SIGNET_EVIDENCE_HINTED, 1);
STAYS(SIGNET_EVIDENCE_STATED, 2);
STAYS(SIGNET_EVIDENCE_PROVED, 3);
STAYS(SIGNET_ARC_NONE, 0);
STAYS(SIGNET_ARC_PASS, 1);
STAYS(SIGNET_ARC_FAIL, 2);
STAYS(SIGNET_DMARC_NONE, 0);
STAYS(SIGNET_DMARC_PASS, 1);
STAYS(SIGNET_DMARC_FAIL, 2);
STAYS(SIGNET_DMARC_TEMPERROR, 3);
STAYS(SIGNET_DMARC_PERMERROR, 4);
STAYS(SIGNET_POLICY_ABSENT, 0);
STAYS(SIGNET_POLICY_NONE, 1);
STAYS(SIGNET_POLICY_QUARANTINE, 2);
STAYS(SIGNET_POLICY_REJECT, 3);
STAYS(SIGNET_POLICY_INVALID, 4);
STAYS(SIGNET_DNS_UNANSWERED, 0);
STAYS(SIGNET_DNS_NOERROR, 1);
STAYS(SIGNET_DNS_NXDOMAIN, 2);
STAYS(SIGNET_DNS_SERVFAIL, 3);
STAYS(SIGNET_DNS_REFUSED, 4);
STAYS(SIGNET_DNS_OTHER, 5);
STAYS(SIGNET_DNS_BOGUS, 6);
STAYS(SIGNET_DNS_MALFORMED, 7);
STAYS(SIGNET_DNS_TIMEOUT, 8);
STAYS(SIGNET_DNS_BUDGET, 9);
STAYS(SIGNET_ACCEPT, 0);
STAYS(SIGNET_QUARANTINE, 1);
STAYS(SIGNET_REJECT, 2);
STAYS(SIGNET_TEMPFAIL, 3);
STAYS(VERDICT_PASSED, 0);
STAYS(VERDICT_MARKED, 1);
STAYS(VERDICT_HELD, 2);
STAYS(VERDICT_REJECTED, 3);
STAYS(VERDICT_DEFERRED, 4);
STAYS(VERDICT_SIGNED, 5);

const char *verdict_deed_name(enum verdict_deed deed)
{
	static const char names[][9] = { "passed", "marked", "held", "rejected", "deferred", "signed" };
	return deed <= VERDICT_SIGNED ? names[deed] : "?";
}

/* ---- findings ---- */

static const struct pack_row arg_rows[] = {
	UP_TO(1, signet_arg, is_number, true),
	NUMBER(2, signet_arg, number),
	ONE(3, TEXT, signet_arg, text),
};
static const struct pack_table arg_table = { ROWS(arg_rows), .size = sizeof(struct signet_arg) };

static_assert(SIGNET_FINDING_ARGS == 3, "finding_rows has a row for each");
static const struct pack_row finding_rows[] = {
	ONE(1, FINDING, signet_finding, id),
	ONE(2, TEXT, signet_finding, input),
	NUMBER(3, signet_finding, offset),
	INNER(4, signet_finding, args[0], arg_table),
	INNER(5, signet_finding, args[1], arg_table),
	INNER(6, signet_finding, args[2], arg_table),
};
static const struct pack_table finding_table = { ROWS(finding_rows), .size = sizeof(struct signet_finding) };

#define FINDINGS(row, struct_name, member) LIST(row, struct_name, member.at, member.n, finding_table)

/* ---- evidence ---- */

static const struct pack_row envelope_rows[] = {
	ONE(1, ADDRESS, signet_envelope, ip),           ONE(2, TEXT, signet_envelope, helo),
	UP_TO(3, signet_envelope, has_mail_from, true), ONE(4, TEXT, signet_envelope, mail_from),
	ONE(5, SIGNED, signet_envelope, received_at),   ONE(6, WORD_OR_NULL, signet_envelope, source),
};
static const struct pack_table envelope_table = { ROWS(envelope_rows), .size = sizeof(struct signet_envelope) };

static const struct pack_row author_rows[] = {
	ONE(1, TEXT, signet_author, address),
	ONE(2, TEXT, signet_author, domain),
};
static const struct pack_table author_table = { ROWS(author_rows), .size = sizeof(struct signet_author) };

static const struct pack_row spf_step_rows[] = {
	NUMBER(1, signet_spf_step, depth),      ONE(2, TEXT, signet_spf_step, domain),
	ONE(3, TEXT, signet_spf_step, term),    ONE(4, TEXT, signet_spf_step, target),
	ONE(5, WORD, signet_spf_step, outcome),
};
static const struct pack_table spf_step_table = { ROWS(spf_step_rows), .size = sizeof(struct signet_spf_step) };

static const struct pack_row spf_rows[] = {
	UP_TO(1, signet_spf, identity, SIGNET_SPF_HELO),
	UP_TO(2, signet_spf, result, SIGNET_SPF_PERMERROR),
	ONE(3, TEXT, signet_spf, domain),
	UP_TO(4, signet_spf, null_sender, true),
	ONE(5, TEXT, signet_spf, record),
	ONE(6, TEXT, signet_spf, matched),
	ONE(7, TEXT, signet_spf, matched_in),
	ONE(8, TEXT, signet_spf, listed),
	ONE(9, TEXT, signet_spf, listed_in),
	ONE(10, TEXT, signet_spf, explanation),
	NUMBER(11, signet_spf, lookups),
	NUMBER(12, signet_spf, voids),
	NUMBER(13, signet_spf, ttl_s),
	UP_TO(14, signet_spf, secure, true),
	UP_TO(15, signet_spf, cacheable, true),
	LIST(16, signet_spf, steps, n_steps, spf_step_table),
	FINDINGS(17, signet_spf, findings),
};
static const struct pack_table spf_table = { ROWS(spf_rows), .size = sizeof(struct signet_spf) };

static const struct pack_row dkim_rows[] = {
	NUMBER(1, signet_dkim, field),
	UP_TO(2, signet_dkim, result, SIGNET_DKIM_PERMERROR),
	ONE(3, TEXT, signet_dkim, domain),
	ONE(4, TEXT, signet_dkim, selector),
	ONE(5, TEXT, signet_dkim, algorithm),
	ONE(6, TEXT, signet_dkim, identity),
	ONE(7, TEXT, signet_dkim, b_prefix),
	ONE(8, TEXT, signet_dkim, signed_names),
	ONE(9, TEXT, signet_dkim, key_record),
	NUMBER(10, signet_dkim, key_bits),
	UP_TO(11, signet_dkim, header_ok, SIGNET_TRUE),
	UP_TO(12, signet_dkim, body_ok, SIGNET_TRUE),
	UP_TO(13, signet_dkim, aligned, true),
	UP_TO(14, signet_dkim, testing, true),
	UP_TO(15, signet_dkim, secure, true),
	UP_TO(16, signet_dkim, header_relaxed, true),
	UP_TO(17, signet_dkim, body_relaxed, true),
	UP_TO(18, signet_dkim, has_length, true),
	NUMBER(19, signet_dkim, length),
	NUMBER(20, signet_dkim, uncovered),
	ONE(21, SIGNED, signet_dkim, signed_at),
	ONE(22, SIGNED, signet_dkim, expires),
	ONE(23, WORD_OR_NULL, signet_dkim, transformation),
	UP_TO(24, signet_dkim, evidence, SIGNET_EVIDENCE_PROVED),
	FINDINGS(25, signet_dkim, findings),
};
static const struct pack_table dkim_table = { ROWS(dkim_rows), .size = sizeof(struct signet_dkim) };

static const struct pack_row arc_set_rows[] = {
	NUMBER(1, signet_arc_set, instance),
	ONE(2, TEXT, signet_arc_set, seal_domain),
	ONE(3, TEXT, signet_arc_set, seal_selector),
	ONE(4, TEXT, signet_arc_set, signature_domain),
	ONE(5, TEXT, signet_arc_set, signature_selector),
	ONE(6, TEXT, signet_arc_set, cv),
	UP_TO(7, signet_arc_set, seal_ok, SIGNET_TRUE),
	UP_TO(8, signet_arc_set, signature_ok, SIGNET_TRUE),
	ONE(9, TEXT, signet_arc_set, results),
};
static const struct pack_table arc_set_table = { ROWS(arc_set_rows), .size = sizeof(struct signet_arc_set) };

static const struct pack_row arc_rows[] = {
	UP_TO(1, signet_arc, result, SIGNET_ARC_FAIL),
	NUMBER(2, signet_arc, instances),
	UP_TO(3, signet_arc, has_oldest_pass, true),
	NUMBER(4, signet_arc, oldest_pass),
	ONE(5, TEXT, signet_arc, sealer),
	LIST(6, signet_arc, sets, n_sets, arc_set_table),
	UP_TO(7, signet_arc, trusted, true),
	NUMBER(8, signet_arc, trusted_from),
	UP_TO(9, signet_arc, rescues, true),
	FINDINGS(10, signet_arc, findings),
};
static const struct pack_table arc_table = { ROWS(arc_rows), .size = sizeof(struct signet_arc) };

static const struct pack_row dmarc_record_rows[] = {
	ONE(1, TEXT, signet_dmarc_record, name),
	ONE(2, TEXT, signet_dmarc_record, text),
	UP_TO(3, signet_dmarc_record, p, SIGNET_POLICY_INVALID),
	UP_TO(4, signet_dmarc_record, sp, SIGNET_POLICY_INVALID),
	UP_TO(5, signet_dmarc_record, np, SIGNET_POLICY_INVALID),
	UP_TO(6, signet_dmarc_record, dkim_strict, true),
	UP_TO(7, signet_dmarc_record, spf_strict, true),
	UP_TO(8, signet_dmarc_record, testing, true),
	NUMBER(9, signet_dmarc_record, psd),
	NUMBER(10, signet_dmarc_record, pct),
	UP_TO(11, signet_dmarc_record, has_fo, true),
	ONE(12, TEXT, signet_dmarc_record, fo),
	TEXTS(13, signet_dmarc_record, rua, n_rua),
	TEXTS(14, signet_dmarc_record, ruf, n_ruf),
};
static const struct pack_table dmarc_record_table = { ROWS(dmarc_record_rows),
	                                              .size = sizeof(struct signet_dmarc_record) };

static const struct pack_row dmarc_step_rows[] = {
	ONE(1, TEXT, signet_dmarc_step, name),
	UP_TO(2, signet_dmarc_step, status, SIGNET_DNS_BUDGET),
	UP_TO(3, signet_dmarc_step, has_record, true),
	ONE(4, TEXT, signet_dmarc_step, record),
};
static const struct pack_table dmarc_step_table = { ROWS(dmarc_step_rows), .size = sizeof(struct signet_dmarc_step) };

static const struct pack_row dmarc_rows[] = {
	UP_TO(1, signet_dmarc, result, SIGNET_DMARC_PERMERROR),
	ONE(2, TEXT, signet_dmarc, domain),
	UP_TO(3, signet_dmarc, found, true),
	INNER(4, signet_dmarc, record, dmarc_record_table),
	ONE(5, TEXT, signet_dmarc, policy_domain),
	ONE(6, TEXT, signet_dmarc, organizational_domain),
	ONE(7, TEXT, signet_dmarc, psl_domain),
	UP_TO(8, signet_dmarc, policy, SIGNET_POLICY_INVALID),
	ONE(9, WORD_OR_NULL, signet_dmarc, policy_tag),
	UP_TO(10, signet_dmarc, testing, true),
	UP_TO(11, signet_dmarc, published, SIGNET_POLICY_INVALID),
	UP_TO(12, signet_dmarc, disposition, SIGNET_POLICY_INVALID),
	UP_TO(13, signet_dmarc, sampled_out, true),
	UP_TO(14, signet_dmarc, author_exists, true),
	UP_TO(15, signet_dmarc, discovery_error, true),
	UP_TO(16, signet_dmarc, aligned_by_spf, true),
	UP_TO(17, signet_dmarc, aligned_by_dkim, true),
	LIST(18, signet_dmarc, walk, n_walk, dmarc_step_table),
	FINDINGS(19, signet_dmarc, findings),
};
static const struct pack_table dmarc_table = { ROWS(dmarc_rows), .size = sizeof(struct signet_dmarc) };

static const struct pack_row dossier_rows[] = {
	INNER(1, signet_dossier, envelope, envelope_table),
	NUMBER(2, signet_dossier, n_from_fields),
	LIST(3, signet_dossier, from, n_from, author_table),
	ONE(4, TEXT, signet_dossier, message_id),
	ONE(5, TEXT, signet_dossier, date),
	ONE(6, TEXT, signet_dossier, from_text),
	ONE(7, TEXT, signet_dossier, to),
	ONE(8, TEXT, signet_dossier, subject),
	ONE(9, SIGNED, signet_dossier, date_epoch),
	NUMBER(10, signet_dossier, header_octets),
	NUMBER(11, signet_dossier, body_octets),
	LIST(12, signet_dossier, spf, n_spf, spf_table),
	LIST(13, signet_dossier, dkim, n_dkim, dkim_table),
	INNER(14, signet_dossier, arc, arc_table),
	INNER(15, signet_dossier, dmarc, dmarc_table),
	LIST(16, signet_dossier, dmarc_all, n_dmarc_all, dmarc_table),
	ONE(17, WORD, signet_dossier, cause),
	UP_TO(18, signet_dossier, decision, SIGNET_TEMPFAIL),
	ONE(19, WORD, signet_dossier, rule),
	FINDINGS(20, signet_dossier, findings),
};
static const struct pack_table dossier_table = { ROWS(dossier_rows), .size = sizeof(struct signet_dossier) };

/* ---- what was asked ---- */

struct dossier_answer {
	slice name;
	uint16_t type;
	uint8_t status; /* enum signet_dns_status */
	bool secure, aliased;
	uint32_t ttl_s;
	const struct signet_rr *rr;
	size_t n;
};

static const struct pack_row rr_rows[] = {
	NUMBER(1, signet_rr, preference),
	ONE(2, TEXT, signet_rr, data),
};
static const struct pack_table rr_table = { ROWS(rr_rows), .size = sizeof(struct signet_rr) };

static const struct pack_row answer_rows[] = {
	ONE(1, TEXT, dossier_answer, name),
	NUMBER(2, dossier_answer, type),
	UP_TO(3, dossier_answer, status, SIGNET_DNS_BUDGET),
	UP_TO(4, dossier_answer, secure, true),
	UP_TO(5, dossier_answer, aliased, true),
	NUMBER(6, dossier_answer, ttl_s),
	LIST(7, dossier_answer, rr, n, rr_table),
};
static const struct pack_table answer_table = { ROWS(answer_rows), .size = sizeof(struct dossier_answer) };

/* ---- the row ---- */

static const struct pack_row signature_rows[] = {
	ONE(1, TEXT, verdict_signature, domain),    ONE(2, TEXT, verdict_signature, selector),
	ONE(3, TEXT, verdict_signature, algorithm), UP_TO(4, verdict_signature, is_seal, true),
	ONE(5, TEXT, verdict_signature, trouble),
};
static const struct pack_table signature_table = { ROWS(signature_rows), .size = sizeof(struct verdict_signature) };

static const struct pack_row verdict_rows[] = {
	ONE(1, SIGNED, verdict_row, time_ms),
	ONE(2, TEXT, verdict_row, queue_id),
	ONE(3, TEXT, verdict_row, listener),
	ONE(4, TEXT, verdict_row, server_name),
	ONE(5, TEXT, verdict_row, client_name),
	ONE(6, TEXT, verdict_row, login),
	ONE(7, TEXT, verdict_row, daemon_name),
	UP_TO(8, verdict_row, dry_run, true),
	UP_TO(9, verdict_row, deed, VERDICT_SIGNED),
	ONE(10, TEXT, verdict_row, reason),
	ONE(11, TEXT, verdict_row, rule),
	ONE(12, TEXT, verdict_row, override),
	ONE(13, TEXT, verdict_row, reply),
	ONE(14, TEXT, verdict_row, authentication_results),
	TEXTS(15, verdict_row, recipients, n_recipients),
	NUMBER(16, verdict_row, all_recipients),
	TEXTS(17, verdict_row, removed, n_removed),
	LIST(18, verdict_row, signatures, n_signatures, signature_table),
	INNER(19, verdict_row, envelope, envelope_table),
	ONE(20, TEXT, verdict_row, author),
	NUMBER(21, verdict_row, replay_messages),
	NUMBER(22, verdict_row, replay_recipients),
};
static const struct pack_table verdict_table = { ROWS(verdict_rows), .size = sizeof(struct verdict_row) };

struct kept {
	struct verdict_row row;
	bool has_dossier;
	struct signet_dossier dossier;
	size_t dmarc_at; /* dossier.dmarc is that of dmarc_all, from 1; 0: it stands by itself */
	const struct dossier_answer *answers;
	size_t n_answers;
};

static const struct pack_row kept_rows[] = {
	INNER(1, kept, row, verdict_table),
	UP_TO(2, kept, has_dossier, true),
	INNER(3, kept, dossier, dossier_table),
	NUMBER(4, kept, dmarc_at),
	LIST(5, kept, answers, n_answers, answer_table),
};
static const struct pack_table kept_table = { ROWS(kept_rows), .size = sizeof(struct kept) };

/* ---- both ways ---- */

/* What is kept of a message that is too much to be kept whole. */
static const struct pack_cut cut = { .text_octets = 500, .items = 24 };
/* Of a row without its dossier: fits in any case. */
static const struct pack_cut cut_row = { .text_octets = 500, .items = 1000 };

static bool is_copy(const struct signet_dmarc *a, const struct signet_dmarc *b)
{
	return a->domain.at == b->domain.at && a->domain.len == b->domain.len && a->walk == b->walk &&
	       a->n_walk == b->n_walk && a->findings.at == b->findings.at && a->findings.n == b->findings.n &&
	       a->result == b->result && a->policy == b->policy;
}

/* The one that dmarc shows is a copy of one of all: it is not written twice. */
static size_t find_dmarc(const struct signet_dossier *d)
{
	for (size_t i = 0; i < d->n_dmarc_all; i++) {
		if (is_copy(&d->dmarc_all[i], &d->dmarc)) {
			return i + 1;
		}
	}
	return 0;
}

#define ANSWERS_MAX ((size_t)2 * SIGNET_BOOK_QUESTIONS)

static size_t list_answers(const struct signet_book *book, struct dossier_answer to[static ANSWERS_MAX])
{
	struct signet_question q;
	struct signet_answer a;
	size_t n = 0;
	while (n < ANSWERS_MAX && signet_book_entry(book, n, &q, &a)) {
		to[n++] = (struct dossier_answer) {
			q.name, (uint16_t)q.type, (uint8_t)a.status, a.secure, a.aliased, a.ttl_s, a.rr, a.n
		};
	}
	return n;
}

enum dossier_kept dossier_pack(struct packer *p, const struct verdict_row *row, struct buf *to)
{
	struct dossier_answer answers[ANSWERS_MAX];
	struct kept kept = { .row = *row, .has_dossier = row->dossier != NULL };
	if (row->dossier) {
		kept.dossier = *row->dossier;
		kept.dmarc_at = find_dmarc(row->dossier);
		if (kept.dmarc_at) {
			memset(&kept.dossier.dmarc, 0, sizeof(kept.dossier.dmarc));
		}
		kept.answers = answers;
		kept.n_answers = row->book ? list_answers(row->book, answers) : 0;
	}
	(void)pack_write(p, &kept_table, NULL, &kept, to);
	if (buf_ok(to)) {
		return DOSSIER_WHOLE;
	}
	(void)pack_write(p, &kept_table, &cut, &kept, to);
	if (buf_ok(to)) {
		return DOSSIER_CUT;
	}
	kept = (struct kept) { .row = *row };
	(void)pack_write(p, &kept_table, &cut_row, &kept, to);
	return DOSSIER_ROW;
}

bool dossier_unpack(slice octets, struct signet_arena *a, struct dossier_read *ret)
{
	struct kept kept;
	if (!pack_read(octets, &kept_table, a, &kept) || kept.dmarc_at > kept.dossier.n_dmarc_all) {
		return false;
	}
	if (kept.dmarc_at) {
		kept.dossier.dmarc = kept.dossier.dmarc_all[kept.dmarc_at - 1];
	}
	ret->row = kept.row;
	ret->dossier = kept.dossier;
	ret->answers = kept.answers;
	ret->n_answers = kept.n_answers;
	ret->row.dossier = kept.has_dossier ? &ret->dossier : NULL;
	return true;
}

enum signet_status dossier_fill_book(const struct dossier_read *from, struct signet_book *book)
{
	for (size_t i = 0; i < from->n_answers; i++) {
		const struct dossier_answer *a = &from->answers[i];
		const struct signet_question q = { a->name, (enum signet_rrtype)a->type };
		const struct signet_answer answer = {
			(enum signet_dns_status)a->status, a->secure, a->aliased, a->ttl_s, a->n, a->rr
		};
		enum signet_status status = signet_book_answer(book, &q, &answer);
		if (status != SIGNET_OK && status != SIGNET_MISUSE) { /* a name nobody can ask for is passed over */
			return status;
		}
	}
	return SIGNET_OK;
}
