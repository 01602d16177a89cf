/* SPDX-License-Identifier: Apache-2.0 */
/* Macro expansion by itself; %{p} needs DNS and is tested with the evaluation. */
#include "../../src/spf/macro.h"

#include "run.h"
#include "vectors.h"

static const struct {
	const char *clause, *what, *ip, *spec, *want;
} names[] = {
	{ "7208:7.4", "reversed address", "192.0.2.3", "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com" },
	{ "7208:7.4", "local-part cut at hyphens", "192.0.2.3", "%{lr-}.lp._spf.%{d2}",
	  "bad.strong.lp._spf.example.com" },
	{ "7208:7.4", "one part of it", "192.0.2.3", "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
	  "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
	{ "7208:7.4", "the last part of it", "192.0.2.3", "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
	  "3.2.0.192.in-addr.strong.lp._spf.example.com" },
	{ "7208:7.4", "domain as a label", "192.0.2.3", "%{d2}.trusted-domains.example.net",
	  "example.com.trusted-domains.example.net" },
	{ "7208:7.4", "IPv6 in nibbles", "2001:db8::cb01", "%{ir}.%{v}._spf.%{d2}",
	  "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com" },
	{ "7208:7.2", "the sender", "192.0.2.3", "%{s}", "strong-bad@email.example.com" },
	{ "7208:7.2", "the domain of the sender", "192.0.2.3", "%{o}", "email.example.com" },
	{ "7208:7.2", "the current domain", "192.0.2.3", "%{d}", "email.example.com" },
	{ "7208:7.2", "the HELO name", "192.0.2.3", "%{h}", "mx.example.org" },
	{ "7208:7.2", "the address", "192.0.2.3", "%{i}", "192.0.2.3" },
	{ "7208:7.2", "v of IPv4", "192.0.2.3", "%{v}", "in-addr" },
	{ "7208:7.2", "v of IPv6", "2001:db8::1", "%{v}", "ip6" },
	{ "7208:7.2", "an IPv4-mapped address is IPv4", "::ffff:192.0.2.3", "%{i}.%{v}", "192.0.2.3.in-addr" },
	{ "7208:7.3", "more parts than there are", "192.0.2.3", "%{d4}", "email.example.com" },
	{ "7208:7.3", "three parts of three", "192.0.2.3", "%{d3}", "email.example.com" },
	{ "7208:7.3", "two parts of three", "192.0.2.3", "%{d2}", "example.com" },
	{ "7208:7.3", "one part of three", "192.0.2.3", "%{d1}", "com" },
	{ "7208:7.3", "reversed", "192.0.2.3", "%{dr}", "com.example.email" },
	{ "7208:7.3", "reversed, then two parts", "192.0.2.3", "%{d2r}", "example.email" },
	{ "7208:7.3", "R is r", "192.0.2.3", "%{dR}", "com.example.email" },
	{ "7208:7.3", "without transformer nothing is cut", "192.0.2.3", "%{l}", "strong-bad" },
	{ "7208:7.3", "a delimiter alone cuts and joins", "192.0.2.3", "%{l-}", "strong.bad" },
	{ "7208:7.3", "r alone cuts at dots", "192.0.2.3", "%{lr}", "strong-bad" },
	{ "7208:7.3", "@ is no delimiter", "192.0.2.3", "%{s1r@-+,/_=}", NULL },
	{ "7208:7.3", "all delimiters of the grammar", "192.0.2.3", "%{sr.-+,/_=}", "com.example.bad@email.strong" },
	{ "7208:7.3", "capital letters escape for URLs", "192.0.2.3", "%{S}", "strong-bad%40email.example.com" },
	{ "7208:7.3", "escaped after cutting", "192.0.2.3", "%{S2r-}", "bad%40email.example.com.strong" },
	{ "7208:7.3", "127 parts", "192.0.2.3", "%{d127}", "email.example.com" },
	{ "7208:7.3", "2147483648 parts", "192.0.2.3", "%{d2147483648r}", "com.example.email" },
	{ "7208:7.1", "the three escapes", "192.0.2.3", "a%%b%_c%-d.%{d}", "a%b c%20d.email.example.com" },
	{ "7208:7.1", "zero parts are a syntax error", "192.0.2.3", "%{d0}", NULL },
	{ "7208:7.1", "a lone percent sign", "192.0.2.3", "a%", NULL },
	{ "7208:7.1", "a space is not of the grammar", "192.0.2.3", "a b", NULL },
	{ "7208:7.3", "a final dot is dropped", "192.0.2.3", "a.%{d}.", "a.email.example.com" },
};

static const struct {
	const char *clause, *what, *text, *want;
} texts[] = {
	{ "7208:7.2", "c, r and t", "%{c} %{r} %{t}", "192.0.2.3 receiver.example 1795000000" },
	{ "7208:7.1", "a final dot stays", "No mail from %{d}.", "No mail from email.example.com." },
	{ "7208:6.2", "spaces are allowed", " a  b ", " a  b " },
	{ "7208:6.2", "a tab is not", "a\tb", NULL },
	{ "7208:6.2", "nor is an octet past ASCII", "a\xc3\xa4", NULL },
	{ "7208:6.2", "nor a line break", "550 a\r\n250 b", NULL },
};

static struct spf_values values_of(const char *ip)
{
	struct spf_values v = {
		.sender = S("strong-bad@email.example.com"),
		.local = S("strong-bad"),
		.origin = S("email.example.com"),
		.domain = S("email.example.com"),
		.helo = S("mx.example.org"),
		.receiver = S("receiver.example"),
		.validated = S("unknown"),
		.now = 1795000000,
	};
	if (!signet_ip_parse(slice_of(ip), &v.ip)) {
		abort();
	}
	return v;
}

/* NULL for a syntax error. */
static slice expand(slice spec, enum spf_macro_place place, const struct spf_values *v, struct signet_arena *a)
{
	unsigned letters;
	size_t flaw;
	slice got = { 0 };
	if (spf_macro_check(spec, place, &letters, &flaw)) {
		bool ok = place == SPF_IN_DOMAIN ? spf_macro_name(spec, v, a, &got) : spf_macro_text(spec, v, a, &got);
		return ok ? got : S("(no memory)");
	}
	return S("(syntax)");
}

static void expand_prefix(slice prefix, void *data)
{
	struct spf_values v = values_of("2001:db8::1");
	struct signet_arena *a = data;
	expand(prefix, SPF_IN_DOMAIN, &v, a);
	expand(prefix, SPF_IN_EXPLANATION, &v, a);
}

static void check_tables(struct signet_arena *a)
{
	for (size_t i = 0; i < ROWS(names); i++) {
		struct spf_values v = values_of(names[i].ip);
		slice got = expand(guarded(slice_of(names[i].spec), false), SPF_IN_DOMAIN, &v, a);
		row_text(names[i].clause, names[i].what, got, names[i].want ? names[i].want : "(syntax)");
		each_prefix(slice_of(names[i].spec), expand_prefix, a);
	}
	for (size_t i = 0; i < ROWS(texts); i++) {
		struct spf_values v = values_of("192.0.2.3");
		slice got = expand(guarded(slice_of(texts[i].text), false), SPF_IN_EXPLANATION, &v, a);
		row_text(texts[i].clause, texts[i].what, got, texts[i].want ? texts[i].want : "(syntax)");
	}
}

/* Values and specs of any length end within the limits. */
static void check_length(struct signet_arena *a)
{
	static char longest[100000];
	struct spf_values v = values_of("192.0.2.3");
	memset(longest, 'x', sizeof(longest));
	for (size_t i = 9; i < sizeof(longest); i += 10) {
		longest[i] = '.';
	}
	longest[sizeof(longest) - 1] = 'x';
	v.local = slice_make(longest, sizeof(longest));
	slice name = expand(S("%{l}.%{d}"), SPF_IN_DOMAIN, &v, a);
	/* 253 - 18 = 235 octets: 23 labels of nine with their dots and the odd first one of ten. */
	row_number("7208:7.3", "labels go from the left until the name fits", (int64_t)name.len, 18 + 230);
	row_bool("7208:7.3", "what is left ends as it should",
	         slice_ends_nocase(name, S("xxxxxxxxx.email.example.com")), true);
	name = expand(S("%{lr}.%{d}"), SPF_IN_DOMAIN, &v, a);
	row_bool("7208:7.3", "also reversed", name.len <= 253 && slice_ends_nocase(name, S(".email.example.com")),
	         true);
	slice text = expand(S("%{l} %{L}"), SPF_IN_EXPLANATION, &v, a);
	row_number("7208:11.5.2", "an explanation is cut at 400 octets", (int64_t)text.len, 400);
	v.local = S("a\r\n250 ok\xc3\xa4");
	text = expand(S("%{l}"), SPF_IN_EXPLANATION, &v, a);
	row_text("7208:11.5.2", "nothing from the sender breaks a reply", text, "a??250 ok??");
}

static void check_vectors(struct signet_arena *a)
{
	json_t *file = load_cases("macros");
	json_t *context = json_object_get(file, "context");
	json_t *test;
	size_t i;
	json_array_foreach(json_object_get(file, "cases"), i, test)
	{
		const char *why = member(test, "contested");
		const char *want = member(test, "expect");
		bool syntax = json_is_null(json_object_get(test, "expect"));
		struct spf_values v = values_of(*member(test, "ip") ? member(test, "ip") : "192.0.2.1");
		v.helo = slice_of(member(context, "helo"));
		v.receiver = slice_of(member(context, "receiver"));
		rows_case("macros", NULL, i);
		slice got = expand(slice_of(member(test, "macro")),
		                   strcmp(member(test, "in"), "exp") ? SPF_IN_DOMAIN : SPF_IN_EXPLANATION, &v, a);
		if (*why) {
			row_contested("7208:7.4", member(test, "macro"), slice_eq_nocase(got, slice_of(want)), why);
		} else {
			row_bool("7208:7.4", member(test, "macro"),
			         slice_eq_nocase(got, syntax ? S("(syntax)") : slice_of(want)), true);
		}
	}
	rows_case(NULL, NULL, 0);
	json_decref(file);
}

int main(void)
{
	struct signet_arena a;
	arena_init(&a, (size_t)16 << 20);
	check_tables(&a);
	check_length(&a);
	check_vectors(&a);
	arena_finish(&a);
	return rows_end();
}
