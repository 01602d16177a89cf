/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of records: what is one, what is wrong in it and where. */
#include "../../src/spf/record.h"
#include "../support/rows.h"
#include "vectors.h"

/* `finding` is the first of the record and `at` its octet; NULL: valid and without finding. */
static const struct {
	const char *clause, *what, *record, *finding;
	size_t at;
} rows[] = {
	{ "7208:4.6.1", "a record without terms", "v=spf1", NULL, 0 },
	{ "7208:4.6.1", "several spaces and one at the end", "v=spf1  a   mx  ", NULL, 0 },
	{ "7208:4.6.1", "names of mechanisms in any case", "v=spf1 IP4:192.0.2.1 Mx ALL", NULL, 0 },
	{ "7208:4.6.1", "a tab does not separate", "v=spf1 a\tmx", "spf.control-character", 8 },
	{ "7208:4.6.1", "nor does a line break", "v=spf1 a\r\n mx", "spf.control-character", 8 },
	{ "7208:4.6.1", "a mechanism nobody defined", "v=spf1 a foo:bar.example", "spf.unknown-mechanism", 9 },
	{ "7208:4.6.1", "a lone word is a mechanism", "v=spf1 foo", "spf.unknown-mechanism", 7 },
	{ "7208:4.6.1", "a lone qualifier", "v=spf1 -", "spf.unknown-mechanism", 8 },
	{ "7208:4.6.1", "two qualifiers", "v=spf1 --all", "spf.unknown-mechanism", 8 },
	{ "7208:4.6.1", "redirect with a colon", "v=spf1 redirect:a.example", "spf.modifier-colon", 7 },
	{ "7208:4.6.1", "redirect with a qualifier", "v=spf1 -redirect=a.example", "spf.bad-modifier-name", 7 },
	{ "7208:4.6.1", "a modifier without name", "v=spf1 =all", "spf.bad-modifier-name", 7 },
	{ "7208:4.6.1", "a modifier that begins with a digit", "v=spf1 1up=x", "spf.bad-modifier-name", 7 },
	{ "7208:4.6.1", "every character of a modifier name", "v=spf1 moo.cow-far_out=man:dog/cat",
	  "spf.unknown-modifier", 7 },
	{ "7208:4.6.1", "a colon before = makes it a mechanism", "v=spf1 moo.cow:far_out=man", "spf.unknown-mechanism",
	  7 },
	{ "7208:4.6.1", "a slash before = makes it a mechanism", "v=spf1 moo.cow/far_out=man", "spf.unknown-mechanism",
	  7 },
	{ "7208:3.1", "a dash that is not ASCII",
	  "v=spf1 a \xe2\x80\x93"
	  "all",
	  "spf.not-ascii", 9 },
	{ "7208:3.1", "not ASCII in an unknown modifier", "v=spf1 x=\xc3\xa4", "spf.not-ascii", 9 },
	{ "7208:4.6", "an error behind all is found", "v=spf1 -all ip4:1.2.3", "spf.bad-ip4", 16 },
	{ "7208:6", "redirect twice", "v=spf1 redirect=a.example redirect=a.example", "spf.modifier-twice", 26 },
	{ "7208:6", "exp twice", "v=spf1 exp=a.example EXP=b.example", "spf.modifier-twice", 21 },
	{ "7208:6", "an unknown modifier is no error", "v=spf1 default=deny", "spf.unknown-modifier", 7 },
	{ "7208:6", "it may be empty and twice", "v=spf1 x= x=", "spf.unknown-modifier", 7 },
	{ "7208:6", "but its macros must be right", "v=spf1 foo=%abc", "spf.unknown-modifier", 7 },
	{ "7208:6.1", "redirect without name", "v=spf1 redirect=", "spf.no-argument", 16 },
	{ "7208:6.1", "redirect= takes a domain-spec", "v=spf1 redirect=-all", "spf.bad-domain", 16 },
	{ "7208:6.2", "exp without name", "v=spf1 exp=", "spf.no-argument", 11 },
	{ "7208:6.2", "exp= takes a domain-spec", "v=spf1 exp=-all", "spf.bad-domain", 11 },
	{ "7208:5.1", "all with a dot", "v=spf1 all.", "spf.unknown-mechanism", 7 },
	{ "7208:5.1", "all with a name", "v=spf1 all:a.example", "spf.unexpected-text", 10 },
	{ "7208:5.1", "all with a prefix", "v=spf1 all/8", "spf.unexpected-text", 10 },
	{ "7208:5.2", "include without name", "v=spf1 include", "spf.no-argument", 14 },
	{ "7208:5.2", "include with an empty name", "v=spf1 include:", "spf.no-argument", 15 },
	{ "7208:5.2", "include with a prefix", "v=spf1 include:a.example/24", "spf.bad-domain", 15 },
	{ "7208:5.3", "a alone, with name, with prefixes", "v=spf1 a a:b.example a/24 a//64 a:b.example/24//64", NULL,
	  0 },
	{ "7208:5.3", "a with an empty name", "v=spf1 a:", "spf.no-argument", 9 },
	{ "7208:5.3", "an empty name before a prefix", "v=spf1 a:/24", "spf.no-argument", 9 },
	{ "7208:5.3", "a slash inside the name", "v=spf1 a:foo:bar/baz.example.com", NULL, 0 },
	{ "7208:5.3", "a prefix behind a macro with a slash", "v=spf1 a:%{l/}.example.com/24", NULL, 0 },
	{ "7208:5.3", "a port is no top label", "v=spf1 a:example.com:8080", "spf.bad-domain", 9 },
	{ "7208:5.3", "the IPv6 prefix comes last", "v=spf1 a//64/24", "spf.unexpected-text", 8 },
	{ "7208:5.3", "three slashes", "v=spf1 a///64", "spf.unexpected-text", 8 },
	{ "7208:5.4", "mx in all its forms", "v=spf1 mx mx:b.example mx/24 mx:b.example//64", NULL, 0 },
	{ "7208:5.4", "mx with an empty name", "v=spf1 mx:", "spf.no-argument", 10 },
	{ "7208:5.5", "ptr with and without name", "v=spf1 ptr ptr:a.example", NULL, 0 },
	{ "7208:5.5", "ptr with a prefix", "v=spf1 ptr/0", "spf.unexpected-text", 10 },
	{ "7208:5.5", "ptr with an empty name", "v=spf1 ptr:", "spf.no-argument", 11 },
	{ "7208:5.6", "ip4 without address", "v=spf1 ip4", "spf.no-argument", 10 },
	{ "7208:5.6", "ip4 with an empty address", "v=spf1 ip4:", "spf.bad-ip4", 11 },
	{ "7208:5.6", "ip4 with slash in place of colon", "v=spf1 ip4/8", "spf.no-argument", 10 },
	{ "7208:5.6", "ip4 with two slashes", "v=spf1 ip4:1.2.3.4//32", "spf.bad-prefix", 19 },
	{ "7208:5.6", "ip4 with a port", "v=spf1 ip4:1.2.3.4:25", "spf.bad-ip4", 11 },
	{ "7208:5.6", "ip4 with three numbers", "v=spf1 ip4:1.2.3", "spf.bad-ip4", 11 },
	{ "7208:5.6", "ip4 /0 and /32", "v=spf1 ip4:1.2.3.4/0 ip4:1.2.3.4/32", NULL, 0 },
	{ "7208:5.6", "ip4 /33", "v=spf1 ip4:1.2.3.4/33", "spf.bad-prefix", 19 },
	{ "7208:5.6", "a leading zero", "v=spf1 ip4:1.2.3.4/032", "spf.bad-prefix", 19 },
	{ "7208:5.6", "two zeros", "v=spf1 ip4:1.2.3.4/00", "spf.bad-prefix", 19 },
	{ "7208:5.6", "an empty prefix", "v=spf1 ip4:1.2.3.4/", "spf.bad-prefix", 19 },
	{ "7208:5.6", "a mask", "v=spf1 ip4:1.2.3.4/255.255.255.0", "spf.bad-prefix", 19 },
	{ "7208:5.6", "ip6 /0 and /128", "v=spf1 ip6:::1/0 ip6:2001:db8::192.0.2.1/128", NULL, 0 },
	{ "7208:5.6", "ip6 /129", "v=spf1 ip6:::1/129", "spf.bad-prefix", 15 },
	{ "7208:5.6", "ip6 with two slashes", "v=spf1 ip6:::1//33", "spf.bad-prefix", 15 },
	{ "7208:5.6", "ip6 in brackets", "v=spf1 ip6:[::1]", "spf.bad-ip6", 11 },
	{ "7208:5.6", "ip6 that is IPv4", "v=spf1 ip6:1.2.3.4", "spf.bad-ip6", 11 },
	{ "7208:5.6", "a prefix of a past 32", "v=spf1 a/33", "spf.bad-prefix", 9 },
	{ "7208:5.6", "a prefix of mx past 128", "v=spf1 mx/24//129", "spf.bad-prefix", 14 },
	{ "7208:5.6", "a prefix longer than any number", "v=spf1 a/99999999999999999999999", "spf.bad-prefix", 9 },
	{ "7208:5.7", "exists without name", "v=spf1 exists", "spf.no-argument", 13 },
	{ "7208:5.7", "exists with an empty name", "v=spf1 exists:", "spf.no-argument", 14 },
	{ "7208:5.7", "exists with a prefix", "v=spf1 exists:a.example/24", "spf.bad-domain", 14 },
	{ "7208:7.1", "a name without dot", "v=spf1 a:museum", "spf.bad-domain", 9 },
	{ "7208:7.1", "a final dot does not help", "v=spf1 a:museum.", "spf.bad-domain", 9 },
	{ "7208:7.1", "a final dot is allowed", "v=spf1 a:a.example.", NULL, 0 },
	{ "7208:7.1", "two final dots are not", "v=spf1 a:a.example..", "spf.bad-domain", 9 },
	{ "7208:7.1", "an address where a name belongs", "v=spf1 a:111.222.33.44", "spf.address-as-name", 9 },
	{ "7208:7.1", "a top label of digits", "v=spf1 a:example.123", "spf.bad-domain", 9 },
	{ "7208:7.1", "digits with a hyphen inside", "v=spf1 a:example.1-2", NULL, 0 },
	{ "7208:7.1", "a top label that begins with a hyphen", "v=spf1 a:example.-com", "spf.bad-domain", 9 },
	{ "7208:7.1", "a top label that ends with a hyphen", "v=spf1 a:example.com-", "spf.bad-domain", 9 },
	{ "7208:7.1", "an underscore in the top label", "v=spf1 a:example.c_m", "spf.bad-domain", 9 },
	{ "7208:7.1", "a macro may end a name", "v=spf1 a:mail.%{d}", NULL, 0 },
	{ "7208:7.1", "text behind the macro needs its own dot", "v=spf1 a:%{d}com", "spf.bad-domain", 9 },
	{ "7208:7.1", "a dot inside a macro does not count", "v=spf1 a:%{d2.}com", "spf.bad-domain", 9 },
	{ "7208:7.1", "text behind the macro with a dot", "v=spf1 a:%{l}.example.com", NULL, 0 },
	{ "7208:7.1", "empty labels are no matter of syntax", "v=spf1 a:a..b.example", NULL, 0 },
	{ "7208:7.1", "any visible character but %", "v=spf1 exists:!\"#$&'()*+,;<=>?@[]^_`{|}~.example", NULL, 0 },
	{ "7208:4.8", "an escape ends no full name", "v=spf1 a:as%%", "spf.bad-domain", 9 },
	{ "7208:7.1", "% alone", "v=spf1 a:a%.example", "spf.bad-macro", 11 },
	{ "7208:7.1", "a macro that is not closed", "v=spf1 a:%{d.example", "spf.bad-macro", 13 },
	{ "7208:7.2", "a letter nobody defined", "v=spf1 a:%{e}.example", "spf.bad-macro", 11 },
	{ "7208:7.2", "c is for explanations only", "v=spf1 a:%{c}.example", "spf.bad-macro", 11 },
	{ "7208:7.2", "r is for explanations only", "v=spf1 a:%{r}.example", "spf.bad-macro", 11 },
	{ "7208:7.2", "t is for explanations only", "v=spf1 a:%{t}.example", "spf.bad-macro", 11 },
	{ "7208:7.3", "zero parts", "v=spf1 a:%{d0}", "spf.bad-macro", 12 },
	{ "7208:7.3", "127 and 128 parts", "v=spf1 a:%{d127} a:%{d128r}", NULL, 0 },
	{ "7208:7.3", "two to the power of 31", "v=spf1 a:%{d2147483648}", NULL, 0 },
};

static const struct {
	const char *what, *text;
	bool want;
} beginnings[] = {
	{ "v=spf1 and the end", "v=spf1", true },
	{ "v=spf1 and a space", "v=spf1 -all", true },
	{ "in capital letters", "V=SPF1 -all", true },
	{ "v=spf10", "v=spf10", false },
	{ "a semicolon", "v=spf1; -all", false },
	{ "a tab", "v=spf1\ta", false },
	{ "a leading space", " v=spf1 a", false },
	{ "cut short", "v=spf", false },
	{ "nothing", "", false },
};

/* Verdicts of tests/vectors/spf/record that RFC 7208 contradicts; pyspf 2.0.14 agrees with RFC 7208 in each. */
static const struct {
	const char *record, *why;
} disputed[] = {
	{ "v=spf1 a:/32//12", "7.1: domain-spec = macro-string domain-end is never empty" },
	{ "v=spf1 a:/32//128", "7.1: domain-spec = macro-string domain-end is never empty" },
	{ "v=spf1 a:/x32.com//12 +redirect=asdf.net", "4.6.1: a modifier has no qualifier" },
	{ "v=spf1 a:/x32.com//12 -redirect=asdf.net", "4.6.1: a modifier has no qualifier" },
	{ "v=spf1 a:/x32.com//12 default=den", "6: unrecognized modifiers MUST be ignored" },
	{ "v=spf1 a:/x32.com//12 default=denyy", "6: unrecognized modifiers MUST be ignored" },
	{ "v=spf1 a:/x32.com//12 default=fail", "6: unrecognized modifiers MUST be ignored" },
};

struct reading {
	struct signet_arena arena;
	struct signet_findings notes;
	struct spf_record record;
};

static void read_record(struct reading *r, slice text)
{
	arena_init(&r->arena, (size_t)16 << 20);
	findings_init(&r->notes, &r->arena);
	r->record = (struct spf_record) { 0 };
	if (spf_record_is(text)) {
		spf_record_parse(text, &r->arena, &r->notes, &r->record);
	}
}

static void read_prefix_of(slice prefix, void *data)
{
	struct reading r;
	(void)data;
	read_record(&r, prefix);
	arena_finish(&r.arena);
}

static const char *why_disputed(const char *record)
{
	for (size_t i = 0; i < ROWS(disputed); i++) {
		if (strcmp(disputed[i].record, record) == 0) {
			return disputed[i].why;
		}
	}
	return NULL;
}

static void check_vectors(void)
{
	json_t *file = load_cases("record");
	json_t *test;
	size_t i;
	json_array_foreach(json_object_get(file, "cases"), i, test)
	{
		struct reading r;
		const char *record = member(test, "record");
		bool want = json_is_true(json_object_get(test, "valid"));
		rows_case("record", NULL, i);
		read_record(&r, slice_of(record));
		if (why_disputed(record)) {
			row_contested("7208:4.6.1", record, r.record.valid == want, why_disputed(record));
		} else {
			row_bool("7208:4.6.1", record, r.record.valid, want);
		}
		arena_finish(&r.arena);
	}
	rows_case(NULL, NULL, 0);
	json_decref(file);
}

static void check_rows(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct reading r;
		const char *want = rows[i].finding ? rows[i].finding : "";
		read_record(&r, guarded(slice_of(rows[i].record), false));
		const struct signet_finding *first = r.notes.n ? &r.notes.at[0] : NULL;
		bool note_only = strcmp(want, "spf.unknown-modifier") == 0;
		row_text(rows[i].clause, rows[i].what, slice_of(first ? signet_finding_kind(first->id)->name : ""),
		         want);
		row_number(rows[i].clause, "... and where", first ? (int64_t)first->offset : 0, (int64_t)rows[i].at);
		if (!note_only) {
			row_bool(rows[i].clause, "... and whether it is valid", r.record.valid, !rows[i].finding);
		}
		arena_finish(&r.arena);
		each_prefix(slice_of(rows[i].record), read_prefix_of, NULL);
	}
}

/* "a " again and again: the most terms that text can hold. */
static void check_size(void)
{
	static char text[65536];
	struct reading r;
	memcpy(text, "v=spf1 ", 7);
	for (size_t i = 7; i < sizeof(text); i++) {
		text[i] = i % 2 ? 'a' : ' ';
	}
	read_record(&r, slice_make(text, sizeof(text) - 1));
	row_number("7208:3.4", "a record of 64 KiB is read whole", (int64_t)r.record.n, 32764);
	row_bool("7208:3.4", "and is valid", r.record.valid, true);
	arena_finish(&r.arena);
}

int main(void)
{
	struct reading r;
	check_rows();
	for (size_t i = 0; i < ROWS(beginnings); i++) {
		row_bool("7208:4.5", beginnings[i].what, spf_record_is(guarded(slice_of(beginnings[i].text), false)),
		         beginnings[i].want);
	}
	read_record(&r, S("v=spf1 foo=%abc"));
	row_bool("7208:6", "a wrong macro in an unknown modifier is an error", r.record.valid, false);
	arena_finish(&r.arena);
	read_record(&r, S("v=spf1 ip4:1 x ip6:2 -all"));
	row_number("7208:4.6", "all errors of a record are noted", (int64_t)r.notes.n, 3);
	arena_finish(&r.arena);
	check_size();
	check_vectors();
	return rows_end();
}
