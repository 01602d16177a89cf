/* SPDX-License-Identifier: Apache-2.0 */
/* Which fields of a message from outside go, and in which order they are deleted. */
#include "../../service/milter/strip.h"
#include "../support/rows.h"

static const slice ids[] = { { "mx.example.net", 14 }, { "@example.org", 12 } };

static const struct row {
	const char *clause, *what, *name, *value;
	bool relay, past_relay, goes;
} rows[] = {
	{ "8601:5", "our id", "Authentication-Results", " mx.example.net; spf=pass", false, false, true },
	{ "8601:5", "our id in another case", "AUTHENTICATION-RESULTS", " MX.Example.NET; spf=pass", false, false,
	  true },
	{ "8601:5", "our id in quotes", "Authentication-Results", " \"mx.example.net\"; spf=pass", false, false, true },
	{ "8601:5", "our id behind a comment", "Authentication-Results", " (x) mx.example.net; spf=pass", false, false,
	  true },
	{ "8601:5", "our id with a version", "Authentication-Results", " mx.example.net 1; spf=pass", false, false,
	  true },
	{ "8601:5", "our id, folded", "Authentication-Results", "\r\n\tmx.example.net;\r\n spf=pass", false, false,
	  true },
	{ "8601:5", "our id without blank", "Authentication-Results", "mx.example.net; none", false, false, true },
	{ "8601:5", "a name with a blank behind it", "Authentication-Results ", " mx.example.net; none", false, false,
	  true },
	{ "8601:5", "a sub-domain of ours, as configured", "Authentication-Results", " a.b.example.org; none", false,
	  false, true },
	{ "8601:5", "an unknown version of ours", "Authentication-Results", " mx.example.net 2; none", false, false,
	  true },
	{ "8601:5", "an unknown version", "Authentication-Results", " other.example 2; none", false, false, true },
	{ "8601:5", "no id", "Authentication-Results", " spf=pass smtp.mailfrom=example.com", false, false, true },
	{ "8601:5", "not readable", "Authentication-Results", " (((", false, false, true },
	{ "8601:5", "empty", "Authentication-Results", "", false, false, true },
	{ "8601:5", "somebody else's", "Authentication-Results", " other.example; spf=pass", false, false, false },
	{ "8601:5", "below a domain of ours, not configured", "Authentication-Results", " a.mx.example.net; none",
	  false, false, false },
	{ "8601:5", "ours, from a relay of ours", "Authentication-Results", " mx.example.net; spf=pass", true, false,
	  false },
	{ "8601:5", "ours, from a relay, but below its Received", "Authentication-Results", " mx.example.net; spf=pass",
	  true, true, true },
	{ "8617:4.1.1", "results of ARC are evidence and stay", "ARC-Authentication-Results",
	  " i=1; mx.example.net; none", false, false, false },
	{ "bimi:8.1", "a location", "BIMI-Location", " v=BIMI1; l=https://evil.example/x.svg", false, false, true },
	{ "bimi:8.1", "an indicator", "bimi-indicator", " PHN2Zz4=", false, false, true },
	{ "bimi:8.1", "a preference", "BIMI-Logo-Preference", " brand", false, false, true },
	{ "bimi:8.1", "the selector is the author's and stays", "BIMI-Selector", " v=BIMI1; s=x", false, false, false },
	{ "mta:quarantine", "our own field", "x-signet-quarantine", " no", false, false, true },
	{ "mta:quarantine", "our own field from a relay", "X-Signet-Quarantine", " yes; x", true, false, false },
	{ "mta:quarantine", "another field", "X-Spam", " no", false, false, false },
};

static void begin(struct strip *s, struct signet_arena *a, bool relay)
{
	strip_init(s, &(struct strip_rules) { ids, 2, S("X-Signet-Quarantine"), relay }, a);
}

static void each_row(struct signet_arena *a)
{
	static struct strip s;
	for (size_t i = 0; i < ROWS(rows); i++) {
		begin(&s, a, rows[i].relay);
		if (rows[i].past_relay) {
			strip_field(&s, S("Received"), S(" by mx1.example.net; Sat, 28 Nov 2026 00:00:00 +0000"));
		}
		bool goes =
			strip_field(&s, guarded(slice_of(rows[i].name), true), guarded(slice_of(rows[i].value), false));
		row_bool(rows[i].clause, rows[i].what, goes, rows[i].goes);
		signet_arena_reset(a);
	}
}

/* CVE-2022-48521: deletions from the top would leave the second of two. */
static void the_order(struct signet_arena *a)
{
	static struct strip s;
	struct outcome_edit edits[8];
	static const struct {
		uint32_t index;
		const char *name;
	} want[] = { { 4, "Authentication-Results" },
		     { 1, "BIMI-Location" },
		     { 3, "Authentication-Results" },
		     { 1, "Authentication-Results" } };
	begin(&s, a, false);
	strip_field(&s, S("Authentication-Results"), S(" mx.example.net; none"));
	strip_field(&s, S("Authentication-Results"), S(" other.example; none"));
	strip_field(&s, S("authentication-results"), S(" mx.example.net; none"));
	strip_field(&s, S("BIMI-Location"), S(" x"));
	strip_field(&s, S("Authentication-Results"), S(" mx.example.net; none"));
	row_number("mta:order", "four fields go", (int64_t)strip_edits(&s, edits), 4);
	for (size_t i = 0; i < ROWS(want); i++) {
		row_number("mta:order", "the highest index goes first", edits[i].index, want[i].index);
		row_text("mta:order", "by its name", edits[i].name, want[i].name);
		row_bool("mta:order", "as a deletion", edits[i].change == OUTCOME_DELETE, true);
	}
	row_text("mta:evidence", "the value is kept", s.evidence[0], "mx.example.net; none");
}

static void many(struct signet_arena *a)
{
	static struct strip s;
	begin(&s, a, false);
	for (size_t i = 0; i < 20000; i++) {
		strip_field(&s, S("Authentication-Results"), S("x"));
	}
	row_number("8601:5", "of 20,000 forged fields some are known", (int64_t)s.n, STRIP_MARKS);
	row_bool("8601:5", "and that there are more", s.is_full, true);
	row_number("mta:evidence", "a bounded number of values is kept", (int64_t)s.n_evidence, STRIP_EVIDENCE);
	row_bool("8601:5", "nothing was lost", s.failed, false);
	struct signet_arena *small = signet_arena_new(2000);
	begin(&s, small, false);
	row_bool("8601:5", "the next message knows nothing of it", s.is_full, false);
	for (size_t i = 0; i < STRIP_MARKS; i++) {
		strip_field(&s, S("Authentication-Results"), S("x"));
	}
	row_bool("8601:5", "want of memory is not forgotten", s.failed, true);
	signet_arena_free(small);
}

int main(void)
{
	struct signet_arena *a = signet_arena_new((size_t)16 << 20);
	each_row(a);
	the_order(a);
	many(a);
	signet_arena_free(a);
	return rows_end();
}
