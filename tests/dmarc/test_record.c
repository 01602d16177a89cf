/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/dmarc/record.h"
#include "../../src/dmarc/uri.h"
#include "play.h"

/* Is it a DMARC record at all? */
static const struct {
	const char *clause, *what, *text;
	bool want;
} versions[] = {
	{ "9989:4.7", "version and policy", "v=DMARC1; p=none", true },
	{ "9989:4.7", "the version alone", "v=DMARC1", true },
	{ "9989:4.7", "another tag first", "p=none; v=DMARC1", false },
	{ "9989:4.7", "another kind of record", "v=spf1 -all", false },
	{ "9989:4.7", "an empty record", "", false },
	{ "9989:4.8", "white space around the equals sign", "v \t=\t DMARC1 ; p=none", true },
	{ "9989:4.8", "the name of the tag in upper case", "V=DMARC1; p=none", true },
	{ "9989:4.8", "the version in lower case", "v=dmarc1; p=none", false },
	{ "9989:4.8", "no equals sign", "v DMARC1; p=none", false },
	{ "9989:4.8", "no semicolon behind the version", "v=DMARC1 p=none", false },
	{ "9989:4.8", "octets behind the version", "v=DMARC1x; p=none", false },
	{ "9989:4.8", "a longer version", "v=DMARC12; p=none", false },
	{ "9989:4.8", "white space in front", " v=DMARC1; p=none", false },
	{ "9989:4.8", "white space at the end", "v=DMARC1 \t", true },
	{ "9989:4.8", "a line break is no white space", "v=DMARC1\n; p=none", false },
};

/* One record in, what it means as one line: "p sp np adkim aspf t psd fo", then the addresses. */
static const struct {
	const char *clause, *what, *text, *want;
} meanings[] = {
	{ "9989:4.7", "all defaults", "v=DMARC1; p=none", "none absent absent r r n u 0 100" },
	{ "9989:4.7", "every tag",
	  "v=DMARC1; p=reject; sp=quarantine; np=reject; adkim=s; aspf=s; t=y; psd=n; fo=1; ruf=mailto:a@b",
	  "reject quarantine reject s s y n 1 100 ruf mailto:a@b" },
	{ "9989:4.7", "adkim alone", "v=DMARC1; p=none; adkim=s", "none absent absent s r n u 0 100" },
	{ "9989:4.7", "aspf alone", "v=DMARC1; p=none; aspf=s", "none absent absent r s n u 0 100" },
	{ "9989:4.7", "adkim=r and aspf=r", "v=DMARC1; p=none; adkim=r; aspf=r", "none absent absent r r n u 0 100" },
	{ "9989:4.7", "an invalid alignment is relaxed", "v=DMARC1; p=none; adkim=strict; aspf=x",
	  "none absent absent r r n u 0 100" },
	{ "9989:4.7", "only y tests", "v=DMARC1; p=reject; t=yes", "reject absent absent r r n u 0 100" },
	{ "9989:4.7", "psd=y", "v=DMARC1; p=none; psd=y", "none absent absent r r n y 0 100" },
	{ "9989:4.7", "psd=u", "v=DMARC1; p=none; psd=u", "none absent absent r r n u 0 100" },
	{ "9989:4.7", "an invalid psd is u", "v=DMARC1; p=none; psd=yes", "none absent absent r r n u 0 100" },
	{ "9989:4.7", "an unknown tag changes nothing", "v=DMARC1; future=1; p=reject",
	  "reject absent absent r r n u 0 100" },
	{ "9989:4.8", "policies in any case", "v=DMARC1; p=Reject; sp=NONE; np=QuarAntine",
	  "reject none quarantine r r n u 0 100" },
	{ "9989:4.8", "tags in any case", "v=DMARC1; P=reject; ADKIM=S; T=Y; PSD=N",
	  "reject absent absent s r y n 0 100" },
	{ "9989:4.8", "tags in any order", "v=DMARC1; sp=none; adkim=s; p=reject", "reject none absent s r n u 0 100" },
	{ "9989:4.8", "a mistyped policy is invalid, not absent", "v=DMARC1; p=reject; sp=rejct",
	  "reject invalid absent r r n u 0 100" },
	{ "9989:4.8", "an empty policy is invalid", "v=DMARC1; p=", "invalid absent absent r r n u 0 100" },
	{ "9989:4.8", "a part of a policy is none", "v=DMARC1; p=rej", "invalid absent absent r r n u 0 100" },
	{ "9989:4.8", "of duplicates the first counts", "v=DMARC1; p=none; p=reject",
	  "none absent absent r r n u 0 100" },
	{ "9989:4.8", "a broken part is left out", "v=DMARC1; bogus; p=reject; =x; ; sp=none",
	  "reject none absent r r n u 0 100" },
	{ "9989:4.8", "a control octet breaks its part only", "v=DMARC1; x=\001; p=reject",
	  "reject absent absent r r n u 0 100" },
	{ "9989:4.8", "fo as a list", "v=DMARC1; p=none; fo=0:d : S; ruf=mailto:a@b",
	  "none absent absent r r n u 0:d : S 100 ruf mailto:a@b" },
	{ "9989:4.8", "an unknown fo is 0", "v=DMARC1; p=none; fo=1:x", "none absent absent r r n u 0 100" },
	{ "9989:4.8", "fo words are separated", "v=DMARC1; p=none; fo=01", "none absent absent r r n u 0 100" },
	{ "9989:4.8", "an empty fo is 0", "v=DMARC1; p=none; fo=", "none absent absent r r n u 0 100" },
	{ "9989:4.8", "two addresses", "v=DMARC1; p=none; rua=mailto:a@b , mailto:c@d",
	  "none absent absent r r n u 0 100 rua mailto:a@b rua mailto:c@d" },
	{ "9989:4.8", "what is no URI is left out",
	  "v=DMARC1; p=none; rua=a@b,mailto:c@d,,::", "none absent absent r r n u 0 100 rua mailto:c@d" },
	{ "9989:4.8", "another scheme is a URI", "v=DMARC1; p=none; rua=https://b/x?y=1",
	  "none absent absent r r n u 0 100 rua https://b/x?y=1" },
	{ "9989:4.8", "half an escape is no URI", "v=DMARC1; p=none; rua=mailto:a%4@b",
	  "none absent absent r r n u 0 100" },
	{ "9989:4.8", "a space is no URI", "v=DMARC1; p=none; rua=mailto:a b@c", "none absent absent r r n u 0 100" },
	{ "9989:4.7", "a size is read and dropped", "v=DMARC1; p=none; rua=mailto:a@b!10m,mailto:c@d!20,mailto:e@f!1T",
	  "none absent absent r r n u 0 100 rua mailto:a@b rua mailto:c@d rua mailto:e@f" },
	{ "7489:6.4", "a size of the wrong unit is no URI", "v=DMARC1; p=none; rua=mailto:a@b!10p",
	  "none absent absent r r n u 0 100" },
	{ "7489:6.4", "a bare mark is no URI", "v=DMARC1; p=none; rua=mailto:a@b!",
	  "none absent absent r r n u 0 100" },
	{ "7489:6.4", "the largest size", "v=DMARC1; p=none; rua=mailto:a@b!18446744073709551615g",
	  "none absent absent r r n u 0 100 rua mailto:a@b" },
	{ "7489:6.4", "a size past 64 bits is no URI", "v=DMARC1; p=none; rua=mailto:a@b!18446744073709551616",
	  "none absent absent r r n u 0 100" },
	{ "6068:2", "mailto: without an address", "v=DMARC1; p=none; rua=mailto:nobody,mailto:@b,mailto:a@",
	  "none absent absent r r n u 0 100" },
	{ "6068:2", "mailto: with two addresses", "v=DMARC1; p=none; rua=mailto:a@b%2Cc@d,mailto:a%2C@b",
	  "none absent absent r r n u 0 100" },
	{ "6068:2", "mailto: with header fields", "v=DMARC1; p=none; rua=mailto:a@b?subject=x@y",
	  "none absent absent r r n u 0 100 rua mailto:a@b?subject=x@y" },
	{ "7489:6.3", "pct", "v=DMARC1; p=none; pct=25", "none absent absent r r n u 0 25" },
	{ "7489:6.3", "pct=0", "v=DMARC1; p=none; pct=0", "none absent absent r r n u 0 0" },
	{ "7489:6.3", "pct past 100 counts as 100", "v=DMARC1; p=none; pct=101", "none absent absent r r n u 0 100" },
	{ "7489:6.3", "pct that is no number", "v=DMARC1; p=none; pct=-1", "none absent absent r r n u 0 100" },
};

/* What a linter says, and the octet it points at. */
static const struct {
	const char *clause, *what, *text, *finding;
	size_t offset;
} remarks[] = {
	{ "9989:4.7", "unknown tag", "v=DMARC1; p=none; x=1", "dmarc.unknown-tag", 18 },
	{ "9989:A.6", "ri is history", "v=DMARC1; p=none; ri=3600", "dmarc.obsolete-tag", 18 },
	{ "9989:A.6", "rf is history", "v=DMARC1; p=none; rf=afrf", "dmarc.obsolete-tag", 18 },
	{ "9989:A.6", "pct=100 is history", "v=DMARC1; p=none; pct=100", "dmarc.obsolete-tag", 18 },
	{ "9989:A.6", "a pct that meant something", "v=DMARC1; p=none; pct=25", "dmarc.pct", 18 },
	{ "7489:6.3", "an invalid pct", "v=DMARC1; p=none; pct=x", "dmarc.invalid-value", 22 },
	{ "9989:4.7", "an invalid adkim", "v=DMARC1; p=none; adkim=x", "dmarc.invalid-value", 24 },
	{ "9989:4.7", "an invalid t", "v=DMARC1; p=none; t = x", "dmarc.invalid-value", 22 },
	{ "9989:4.7", "an invalid psd", "v=DMARC1; p=none; psd=yy", "dmarc.invalid-value", 22 },
	{ "9989:4.8", "an invalid fo", "v=DMARC1; p=none; fo=2", "dmarc.invalid-value", 21 },
	{ "9989:4.8", "0 and 1 at once", "v=DMARC1; p=none; fo=0:1", "dmarc.fo-contradicts", 21 },
	{ "9989:4.8", "d twice", "v=DMARC1; p=none; fo=d:D", "dmarc.fo-contradicts", 21 },
	{ "9989:4.7", "fo without ruf", "v=DMARC1; p=none; fo=1", "dmarc.fo-without-ruf", 0 },
	{ "9989:4.10.1", "a typo in p", "v=DMARC1; p=rejct", "dmarc.policy-typo", 12 },
	{ "9989:4.10.1", "a typo in sp", "v=DMARC1; p=reject; sp=rejct", "dmarc.policy-typo", 23 },
	{ "9989:4.10.1", "a typo in np", "v=DMARC1; p=reject; np=rejct", "dmarc.policy-typo", 23 },
	{ "9989:4.10.1", "a typo and no rua", "v=DMARC1; p=reject; np=rejct", "dmarc.unusable", 0 },
	{ "9989:4.10.1", "a typo and rua", "v=DMARC1; p=reject; np=rejct; rua=mailto:a@b", "dmarc.degraded", 0 },
	{ "9989:4.7", "no p", "v=DMARC1; rua=mailto:a@b", "dmarc.p-missing", 0 },
	{ "7489:6.3", "p is not second", "v=DMARC1; sp=none; p=none", "dmarc.p-late", 19 },
	{ "9989:4.8", "p twice", "v=DMARC1; p=none; p=reject", "dmarc.duplicate-tag", 18 },
	{ "9989:4.8", "v twice", "v=DMARC1; p=none; v=DMARC1", "dmarc.duplicate-tag", 18 },
	{ "9989:4.8", "a part without value", "v=DMARC1; p=none; bogus", "dmarc.syntax", 23 },
	{ "9989:4.8", "two semicolons", "v=DMARC1;; p=none", "dmarc.syntax", 9 },
	{ "9989:4.7", "no rua", "v=DMARC1; p=none", "dmarc.no-rua", 0 },
	{ "9989:4.7", "rua without mailto:", "v=DMARC1; p=none; rua=mailto:x@y, a@b", "dmarc.uri-without-mailto", 34 },
	{ "9989:4.7", "rua that is nothing", "v=DMARC1; p=none; rua=__", "dmarc.uri-invalid", 22 },
	{ "9989:4.7", "ruf that is nothing", "v=DMARC1; p=none; ruf=mailto:", "dmarc.uri-invalid", 22 },
	{ "9989:4.7", "a scheme few support", "v=DMARC1; p=none; rua=https://b/", "dmarc.uri-scheme", 22 },
	{ "9989:4.7", "a size", "v=DMARC1; p=none; rua=mailto:a@b!10m", "dmarc.uri-size", 32 },
};

static const char *const clean[] = {
	"v=DMARC1; p=reject; rua=mailto:a@b",
	"v=DMARC1; p=reject; sp=reject; np=reject; adkim=r; aspf=s; t=n; psd=u; rua=mailto:a@b,mailto:c@d; "
	"ruf=mailto:a@b; fo=1:d:s;",
};

static struct signet_arena arena;

static bool parse(slice text, struct signet_findings *notes, struct signet_dmarc_record *ret)
{
	arena_reset(&arena);
	findings_init(notes, &arena);
	return signet_dmarc_record_parse(text, &arena, notes, ret);
}

static slice meaning(const struct signet_dmarc_record *r)
{
	struct buf b;
	buf_init_arena(&b, &arena, 1 << 16);
	buf_put_text(&b, play_policy(r->p));
	buf_put_char(&b, ' ');
	buf_put_text(&b, play_policy(r->sp));
	buf_put_char(&b, ' ');
	buf_put_text(&b, play_policy(r->np));
	buf_put_text(&b, r->dkim_strict ? " s" : " r");
	buf_put_text(&b, r->spf_strict ? " s" : " r");
	buf_put_text(&b, r->testing ? " y " : " n ");
	buf_put_char(&b, r->psd);
	buf_put_char(&b, ' ');
	buf_put(&b, r->fo);
	buf_put_char(&b, ' ');
	buf_put_number(&b, r->pct);
	for (size_t i = 0; i < r->n_rua; i++) {
		buf_put_text(&b, " rua ");
		buf_put(&b, r->rua[i]);
	}
	for (size_t i = 0; i < r->n_ruf; i++) {
		buf_put_text(&b, " ruf ");
		buf_put(&b, r->ruf[i]);
	}
	return buf_slice(&b);
}

/* The finding called `name` that points at `offset`; tells of the others if there is none. */
static bool points_at(const struct signet_findings *notes, const char *name, size_t offset)
{
	for (size_t i = 0; i < notes->n; i++) {
		const struct signet_finding *f = &notes->at[i];
		if (slice_eq(slice_of(signet_finding_kind(f->id)->name), slice_of(name)) && f->offset == offset) {
			return true;
		}
	}
	for (size_t i = 0; i < notes->n; i++) {
		printf("# %s at %zu\n", signet_finding_kind(notes->at[i].id)->name, notes->at[i].offset);
	}
	return false;
}

static void check_prefix(slice prefix, void *data)
{
	struct signet_findings notes;
	struct signet_dmarc_record record;
	(void)data;
	if (parse(prefix, &notes, &record)) {
		(void)dmarc_record_psd(prefix);
		(void)meaning(&record);
	}
}

/* write -> read gives the same meaning; reading what is written and writing it again gives the same text. */
static void check_round_trip(const char *text)
{
	struct signet_findings notes;
	struct signet_dmarc_record first;
	struct signet_dmarc_record second;
	if (!parse(slice_of(text), &notes, &first) || slice_find(meaning(&first), S("invalid")) != SLICE_NONE) {
		return;
	}
	slice written = signet_dmarc_record_write(&first, &arena);
	row_bool("9989:4.8", "what is written is a record", signet_dmarc_record_parse(written, &arena, &notes, &second),
		 true);
	row_slice("9989:4.8", "written and read back", meaning(&second), meaning(&first));
	row_slice("9989:4.8", "written twice", signet_dmarc_record_write(&second, &arena), written);
}

/* RFC 9989 4.10.1: all combinations of a good or bad p, a good or bad sp, rua or none. */
static void check_usability(void)
{
	static const struct {
		const char *p, *sp, *rua, *want;
	} all[] = {
		{ "reject", "reject", "", "reject" },	      { "reject", "reject", "; rua=mailto:a@b", "reject" },
		{ "reject", "rejct", "", "absent" },	      { "reject", "rejct", "; rua=mailto:a@b", "none" },
		{ "rejct", "reject", "", "absent" },	      { "rejct", "reject", "; rua=mailto:a@b", "none" },
		{ "rejct", "rejct", "", "absent" },	      { "rejct", "rejct", "; rua=mailto:a@b", "none" },
		{ "rejct", "reject", "; rua=a@b", "absent" },
	};
	for (size_t i = 0; i < ROWS(all); i++) {
		struct signet_findings notes;
		struct signet_dmarc_record record;
		char text[200];
		const char *tag;
		snprintf(text, sizeof(text), "v=DMARC1; p=%s; sp=%s%s", all[i].p, all[i].sp, all[i].rua);
		parse(slice_of(text), &notes, &record);
		row_text("9989:4.10.1", text,
			 slice_of(play_policy(dmarc_record_policy(&record, DMARC_SUBJECT_SELF, false, &tag))),
			 all[i].want);
		row_text("9989:4.10.1", text,
			 slice_of(play_policy(dmarc_record_policy(&record, DMARC_SUBJECT_BELOW, false, &tag))),
			 all[i].want);
		row_text("7489:6.6.3", text,
			 slice_of(play_policy(dmarc_record_policy(&record, DMARC_SUBJECT_BELOW, true, &tag))),
			 all[i].want);
	}
}

/* Which tag counts for whom. */
static void check_choice(void)
{
	static const struct {
		const char *clause, *text;
		enum dmarc_subject subject;
		bool rfc7489;
		const char *want, *tag;
	} all[] = {
		{ "9989:4.7", "v=DMARC1; p=reject; sp=none; np=quarantine", DMARC_SUBJECT_SELF, false, "reject", "p" },
		{ "9989:4.7", "v=DMARC1; p=reject; sp=none; np=quarantine", DMARC_SUBJECT_BELOW, false, "none", "sp" },
		{ "9989:4.7", "v=DMARC1; p=reject; sp=none; np=quarantine", DMARC_SUBJECT_MISSING, false, "quarantine",
		  "np" },
		{ "9989:4.7", "v=DMARC1; p=reject; sp=none", DMARC_SUBJECT_MISSING, false, "none", "sp" },
		{ "9989:4.7", "v=DMARC1; p=reject; np=none", DMARC_SUBJECT_BELOW, false, "reject", "p" },
		{ "9989:4.7", "v=DMARC1; p=reject; np=none", DMARC_SUBJECT_SELF, false, "reject", "p" },
		{ "9989:4.7", "v=DMARC1; p=reject", DMARC_SUBJECT_MISSING, false, "reject", "p" },
		{ "9989:4.10.1", "v=DMARC1; p=reject; np=typo", DMARC_SUBJECT_SELF, false, "absent", "p" },
		{ "9989:4.10.1", "v=DMARC1; p=reject; np=typo; rua=mailto:a@b", DMARC_SUBJECT_SELF, false, "none",
		  "p" },
		{ "9989:4.10.1", "v=DMARC1; sp=reject; rua=mailto:a@b", DMARC_SUBJECT_BELOW, false, "none", "p" },
		{ "7489:6.3", "v=DMARC1; p=reject; np=none", DMARC_SUBJECT_MISSING, true, "reject", "p" },
		{ "7489:6.3", "v=DMARC1; p=reject; np=typo", DMARC_SUBJECT_SELF, true, "reject", "p" },
	};
	for (size_t i = 0; i < ROWS(all); i++) {
		struct signet_findings notes;
		struct signet_dmarc_record record;
		const char *tag;
		parse(slice_of(all[i].text), &notes, &record);
		enum signet_policy policy = dmarc_record_policy(&record, all[i].subject, all[i].rfc7489, &tag);
		row_text(all[i].clause, all[i].text, slice_of(play_policy(policy)), all[i].want);
		row_text(all[i].clause, "and the tag it came from", slice_of(tag), all[i].tag);
	}
}

static void check_hosts(void)
{
	static const struct {
		const char *uri, *want;
	} all[] = {
		{ "mailto:a@Example.COM", "example.com" },
		{ "mailto:a@example.com?subject=b@c", "example.com" },
		{ "MAILTO:a@example.com.", "example.com" },
		{ "mailto:a@b%2Cc@d", "" },
		{ "mailto:a@[192.0.2.1]", "" },
		{ "https://example.com/x@y", "example.com" },
		{ "https://u:p@example.com:443/", "example.com" },
		{ "https://example.com?x", "example.com" },
		{ "https://example.com#x", "example.com" },
		{ "urn:x", "" },
	};
	for (size_t i = 0; i < ROWS(all); i++) {
		row_text("9990:4", all[i].uri, dmarc_uri_host(guarded(slice_of(all[i].uri), false), &arena),
			 all[i].want);
	}
}

int main(void)
{
	struct signet_findings notes;
	struct signet_dmarc_record record;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < ROWS(versions); i++) {
		slice text = guarded(slice_of(versions[i].text), false);
		row_bool(versions[i].clause, versions[i].what, dmarc_record_is(text), versions[i].want);
		row_bool(versions[i].clause, versions[i].what, parse(text, &notes, &record), versions[i].want);
	}
	for (size_t i = 0; i < ROWS(meanings); i++) {
		slice text = guarded(slice_of(meanings[i].text), true);
		row_bool("9989:4.7", "a record", parse(text, &notes, &record), true);
		row_text(meanings[i].clause, meanings[i].what, meaning(&record), meanings[i].want);
		row_bool("9989:4.7", "psd is the same when read alone", dmarc_record_psd(text) == record.psd, true);
		check_round_trip(meanings[i].text);
		each_prefix(slice_of(meanings[i].text), check_prefix, NULL);
	}
	for (size_t i = 0; i < ROWS(remarks); i++) {
		parse(slice_of(remarks[i].text), &notes, &record);
		row_bool(remarks[i].clause, remarks[i].what, points_at(&notes, remarks[i].finding, remarks[i].offset),
			 true);
	}
	for (size_t i = 0; i < ROWS(clean); i++) {
		parse(slice_of(clean[i]), &notes, &record);
		row_number("9989:4.7", "a clean record has no remark", (int64_t)notes.n, 0);
	}
	check_usability();
	check_choice();
	check_hosts();
	arena_finish(&arena);
	return rows_end();
}
