/* SPDX-License-Identifier: Apache-2.0 */
/* A chain of seals that may rescue a message which fails DMARC, in each of the three modes.  Whole messages: the author
 * asks for reject, the hops broke what the author signed, and only their seals tell that it was right once. */
#include "../arc/seal_chain.h"
#include "../support/rows.h"
#include "../support/zone.h"

#include <signet/check.h>

#define NOW 1800000000
#define MESSAGE                                                                                                        \
	"From: Joe <joe@author.example>\r\nTo: list@hop1.example\r\nSubject: a test\r\n\r\nHello you,\r\n\r\nthis is " \
	"a text.\r\n"
#define AMS "i=%; a=rsa-sha256; d=hop%.example; s=s; c=relaxed/relaxed; "
#define H "h=from:to:subject; bh={bh}; b={b}"
#define TAGGED { .from = "a test", .to = "[l] a test" }

enum { RFC9989, CLASSIC, MONITOR, MODES };

#define A SIGNET_ACCEPT
#define Q SIGNET_QUARANTINE
#define R SIGNET_REJECT

/* clang-format off: one row, one thought */
static const struct row {
	const char *clause, *what;
	unsigned n;
	struct hop hops[2];
	const char *from, *to; /* a change after the last seal */
	const char *sealers[2]; /* who is listed */
	bool order; /* an order of the owner supports a reject */
	enum signet_arc_result arc;
	enum signet_decision decision[MODES];
} rows[] = {
	{ "8617:7.2.1", "no chain", 0, { { 0 } }, NULL, NULL, { "hop1.example", "hop2.example" }, false,
	  SIGNET_ARC_NONE, { Q, R, A } },
	{ "8617:7.2.1", "one listed sealer that saw a pass rescues", 1, { { 0 } }, NULL, NULL, { "hop1.example" },
	  false, SIGNET_ARC_PASS, { A, A, A } },
	{ "8617:7.2.1", "two listed sealers rescue", 2, { { 0 }, TAGGED }, NULL, NULL,
	  { "hop1.example", "hop2.example" }, false, SIGNET_ARC_PASS, { A, A, A } },
	{ "8617:7.2.1", "they rescue what an order would reject", 2, { { 0 }, TAGGED }, NULL, NULL,
	  { "hop1.example", "hop2.example" }, true, SIGNET_ARC_PASS, { A, A, A } },
	{ "8617:7.2.1", "nobody is listed", 2, { { 0 }, TAGGED }, NULL, NULL, { NULL }, false, SIGNET_ARC_PASS,
	  { Q, R, A } },
	{ "8617:7.2.1", "nobody is listed, with an order", 2, { { 0 }, TAGGED }, NULL, NULL, { NULL }, true,
	  SIGNET_ARC_PASS, { R, R, A } },
	{ "8617:7.2.1", "the newest sealer is not listed", 2, { { 0 }, TAGGED }, NULL, NULL, { "hop1.example" }, false,
	  SIGNET_ARC_PASS, { Q, R, A } },
	{ "8617:7.2.1", "the oldest is not listed: the oldest listed one counts", 2, { { 0 }, { 0 } }, NULL, NULL,
	  { "hop2.example" }, false, SIGNET_ARC_PASS, { A, A, A } },
	{ "8617:7.2.1", "the oldest listed one saw no pass", 2,
	  { { 0 }, { .results = "i=2; hop2.example; dmarc=fail header.from=author.example; arc=pass" } }, NULL, NULL,
	  { "hop2.example" }, false, SIGNET_ARC_PASS, { Q, R, A } },
	{ "8617:7.2.1", "a pass of another author", 1,
	  { { .results = "i=1; hop1.example; dmarc=pass header.from=other.example" } }, NULL, NULL, { "hop1.example" },
	  false, SIGNET_ARC_PASS, { Q, R, A } },
	{ "8617:7.2.1", "a pass of the list's own SPF", 1,
	  { { .results = "i=1; hop1.example; spf=pass smtp.mailfrom=l@hop1.example" } }, NULL, NULL,
	  { "hop1.example" }, false, SIGNET_ARC_PASS, { Q, R, A } },
	{ "8617:5.2", "the body was changed after the last seal", 2, { { 0 }, TAGGED }, "this is", "this was",
	  { "hop1.example", "hop2.example" }, false, SIGNET_ARC_FAIL, { Q, R, A } },
	{ "8617:5.2", "the results were changed after the last seal", 1,
	  { { .results = "i=1; hop1.example; dmarc=fail header.from=author.example" } }, "dmarc=fail", "dmarc=pass",
	  { "hop1.example" }, false, SIGNET_ARC_FAIL, { Q, R, A } },
	{ "8617:9.3", "the newest message signature does not sign From", 1,
	  { { .message = AMS "h=to:subject; bh={bh}; b={b}" } }, NULL, NULL, { "hop1.example" }, false,
	  SIGNET_ARC_PASS, { Q, R, A } },
	{ "6376:8.2", "the newest message signature has l=", 1, { { .message = AMS "l=31; " H } }, NULL, NULL,
	  { "hop1.example" }, false, SIGNET_ARC_PASS, { Q, R, A } },
};
/* clang-format on */

static void judge(const struct row *r, enum signet_mode mode, const struct signet_dossier *d)
{
	char what[200];
	snprintf(what, sizeof(what), "%s (mode %s)", r->what, signet_mode_name(mode));
	row_text(r->clause, what, slice_of(d ? signet_decision_name(d->decision) : "no dossier"),
	         signet_decision_name(r->decision[mode]));
	snprintf(what, sizeof(what), "%s: the chain (mode %s)", r->what, signet_mode_name(mode));
	row_text("8617:5.2", what, slice_of(d ? signet_arc_result_name(d->arc.result) : "no dossier"),
	         signet_arc_result_name(r->arc));
	/* RFC 8617 7.2: a rescue is a local decision and no result */
	row_bool("8617:7.2", "and DMARC fails as before", d && d->dmarc.result == SIGNET_DMARC_FAIL, true);
}

static void test_row(struct signet *engine, struct zone *zone, const struct row *r, enum signet_mode mode)
{
	struct signet_arena a;
	slice sealers[2] = { slice_of(r->sealers[0]), slice_of(r->sealers[1]) };
	const struct signet_settings settings = {
		.mode = mode,
		.now = NOW,
		.facts = { .order = r->order },
		.trusted_sealers = sealers,
		.n_trusted_sealers = (size_t)(r->sealers[0] != NULL) + (r->sealers[1] != NULL),
	};
	struct signet_envelope e = { .helo = S("hop2.example"), .has_mail_from = true, .mail_from = S("l@hop2.example") };
	(void)signet_ip_parse(S("203.0.113.1"), &e.ip);
	arena_init(&a, (size_t)16 << 20);
	slice message = seal_chain(r->hops, r->n, S(MESSAGE), &a);
	if (r->from) {
		message = change(message, r->from, r->to, &a);
	}
	struct signet_check *check = signet_check_new(engine, &settings, &e);
	enum signet_status status = signet_check_feed(check, message);
	status = status == SIGNET_OK ? signet_check_end(check) : status;
	while (status == SIGNET_OK && (status = signet_check_step(check)) == SIGNET_PENDING) {
		zone_answer_all(zone, signet_check_book(check));
		status = SIGNET_OK;
	}
	judge(r, mode, signet_check_dossier(check));
	signet_check_free(check);
	arena_finish(&a);
}

int main(void)
{
	struct signet *engine = signet_new();
	struct signet_arena a;
	arena_init(&a, 1 << 20);
	rsa = signer_new_rsa(2048, 65537);
	slice text = replace_text(S("_dmarc.author.example TXT v=DMARC1; p=reject\n"
	                            "author.example TXT v=spf1 ip4:192.0.2.1 -all\n"
	                            "s._domainkey.hop1.example TXT v=DKIM1; p={rsa}\n"
	                            "s._domainkey.hop2.example TXT v=DKIM1; p={rsa}\n"),
	                          "{rsa}", slice_of(signer_key(rsa)), &a);
	struct zone *zone = zone_of_text(ARENA_JOIN(&a, text, slice_make("", 1)).at);
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (enum signet_mode mode = SIGNET_MODE_RFC9989; mode <= SIGNET_MODE_MONITOR; mode++) {
			test_row(engine, zone, &rows[i], mode);
		}
	}
	zone_free(zone);
	signer_free(rsa);
	signet_free(engine);
	arena_finish(&a);
	return rows_end();
}
