/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/authres/read.h"
#include "vectors.h"

/* The model as one line: "id/version method/version=result(reason) ptype.property=value ..." */
static void put_model(struct buf *b, const struct signet_authres *m)
{
	buf_put(b, m->authserv_id);
	for (size_t i = 0; i < m->n_results; i++) {
		const struct signet_authres_result *r = &m->results[i];
		buf_put(b, S("|"));
		buf_put(b, r->method);
		if (r->method_version != 1) {
			buf_put_char(b, '/');
			buf_put_number(b, r->method_version);
		}
		buf_put_char(b, '=');
		buf_put(b, r->result);
		if (r->reason.len) {
			buf_put(b, S(" reason="));
			buf_put(b, r->reason);
		}
		for (size_t k = 0; k < r->n_props; k++) {
			buf_put_char(b, ' ');
			buf_put(b, r->props[k].ptype);
			buf_put_char(b, '.');
			buf_put(b, r->props[k].property);
			buf_put_char(b, '=');
			buf_put(b, r->props[k].value);
		}
	}
}

enum { STRICT = 0, LENIENT = 1, EAI = 2 };

/* `want`: NULL if the field is refused. */
static const struct row {
	const char *clause, *what;
	int how;
	const char *value, *want;
} rows[] = {
	{ "8601:2.2", "nothing evaluated", STRICT, "mx.example.net; none", "mx.example.net" },
	{ "8601:2.2", "one method", STRICT, " mx.example.net; spf=pass smtp.mailfrom=example.com",
	  "mx.example.net|spf=pass smtp.mailfrom=example.com" },
	{ "8601:2.2", "a version", STRICT, "mx.example.net 1; foo=pass bar.baz=blob (2 of 3 tests OK)",
	  "mx.example.net|foo=pass bar.baz=blob" },
	{ "8601:2.2", "an unknown version is not understood", STRICT, "mx.example.net 2; spf=pass", NULL },
	{ "8601:2.2", "a version past every number", STRICT, "mx.example.net 99999999999999999999; spf=pass", NULL },
	{ "8601:2.2", "an authserv-id alone is no field", STRICT, "mx.example.net", NULL },
	{ "8601:2.2", "a semicolon at the end", STRICT, "a.example; spf=pass;", NULL },
	{ "8601:2.2", "a semicolon at the end is read leniently", LENIENT, "a.example; spf=pass;",
	  "a.example|spf=pass" },
	{ "8601:2.2", "two semicolons are read leniently", LENIENT, "a.example; spf=pass;; dkim=none",
	  "a.example|spf=pass|dkim=none" },
	{ "8601:2.2", "none and something is not no-result", STRICT, "a.example; none; spf=pass", NULL },
	{ "8601:2.2", "none with a semicolon is read leniently", LENIENT, "a.example; none;", "a.example" },
	{ "8601:2.2", "a method may be called none", STRICT, "a.example; none=pass", "a.example|none=pass" },
	{ "8601:2.2", "x=none is a result", STRICT, "a.example; dkim=none", "a.example|dkim=none" },
	{ "8601:2.2", "method versions", STRICT, "a.example; dkim / 2 = pass", "a.example|dkim/2=pass" },
	{ "8601:2.2", "a method version without digits", STRICT, "a.example; dkim/x=pass", NULL },
	{ "8601:2.2", "keywords are lower-cased, values are not", STRICT,
	  "A.Example; SPF=Pass SMTP.MailFrom=Example.COM", "A.Example|spf=pass smtp.mailfrom=Example.COM" },
	{ "8601:2.2", "a keyword does not end in a hyphen", STRICT, "a.example; spf-=pass", NULL },
	{ "8601:2.2", "a keyword holds no underscore", STRICT, "a.example; spf=pass x.a_b=c", NULL },
	{ "8601:2.2", "underscores and dots are read leniently", LENIENT, "a.example; spf=pass x.a_b.c=d",
	  "a.example|spf=pass x.a_b.c=d" },
	{ "8601:2.2", "an IPv6 address needs quotes", STRICT, "a.example; iprev=pass policy.iprev=2001:db8::1", NULL },
	{ "8601:2.2", "a quoted IPv6 address", STRICT,
	  "a.example; arc=pass smtp.remote-ip=\"2001:db8::1\" header.oldest-pass=0",
	  "a.example|arc=pass smtp.remote-ip=2001:db8::1 header.oldest-pass=0" },
	{ "8601:2.2", "a bare mailbox", STRICT, "a.example; dkim=pass header.i=a/b?=c@d.example",
	  "a.example|dkim=pass header.i=a/b?=c@d.example" },
	{ "8601:2.2", "an empty local part", STRICT, "a.example; dkim=pass header.i=@d.example",
	  "a.example|dkim=pass header.i=@d.example" },
	{ "8601:2.2", "a quoted local part stays as written", STRICT,
	  "a.example; dkim=pass header.i=\"a \\\" b\"@d.example",
	  "a.example|dkim=pass header.i=\"a \\\" b\"@d.example" },
	{ "8601:2.2", "a mailbox without domain", STRICT, "a.example; dkim=pass header.i=a@", NULL },
	{ "8601:2.2", "a local part with a dot at its end", STRICT, "a.example; dkim=pass header.i=a.@d.example",
	  NULL },
	{ "8601:2.2", "a domain of a mailbox has two labels", STRICT, "a.example; dkim=pass header.i=a@localhost",
	  NULL },
	{ "8601:2.2", "a domain label does not begin with a hyphen", STRICT,
	  "a.example; dkim=pass header.i=a@-b.example", NULL },
	{ "8601:2.2", "a slash needs quotes", STRICT, "a.example; dkim=pass header.b=gf/T", NULL },
	{ "8601:2.2", "escapes in a quoted string", STRICT, "a.example; dkim=fail reason=\"a \\\"b\\\" \\\\c\"",
	  "a.example|dkim=fail reason=a \"b\" \\c" },
	{ "8601:2.2", "a folded quoted string", STRICT, "a.example; dkim=fail reason=\"a\r\n b\"",
	  "a.example|dkim=fail reason=a b" },
	{ "8601:2.2", "an open quoted string", STRICT, "a.example; dkim=fail reason=\"a", NULL },
	{ "8601:2.2", "a reason that is a token", STRICT, "a.example; dkim=fail reason=a",
	  "a.example|dkim=fail reason=a" },
	{ "8601:2.2", "a reason needs space behind it", STRICT, "a.example; dkim=fail reason=\"a\"header.d=b", NULL },
	{ "8601:2.2", "a reason behind a property", STRICT, "a.example; dkim=fail header.d=b reason=a", NULL },
	{ "8601:2.2", "a reason behind a property is read leniently", LENIENT,
	  "a.example; dkim=fail header.d=b reason=a", "a.example|dkim=fail reason=a header.d=b" },
	{ "8601:2.2", "a ptype may be called reason", STRICT, "a.example; dkim=fail reason.d=b",
	  "a.example|dkim=fail reason.d=b" },
	{ "8601:2.2", "a property without ptype", STRICT, "a.example; dmarc=pass action=none", NULL },
	{ "8601:2.2", "a property without ptype is read leniently", LENIENT, "a.example; dmarc=pass action=none",
	  "a.example|dmarc=pass .action=none" },
	{ "8601:2.2", "an empty value is read leniently", LENIENT,
	  "a.example; spf=none smtp.mailfrom=", "a.example|spf=none smtp.mailfrom=" },
	{ "8601:2.2", "an empty value", STRICT, "a.example; spf=none smtp.mailfrom=", NULL },
	{ "8601:2.2", "a missing authserv-id", STRICT, "spf=pass; dkim=none", NULL },
	{ "8601:2.2", "a missing authserv-id is not taken from the method", LENIENT, "spf=pass; dkim=none",
	  "|spf=pass|dkim=none" },
	{ "8601:2.2", "an authserv-id before a semicolon only", LENIENT, "; dkim=none", "|dkim=none" },
	{ "8601:2.2", "comments wherever white space may stand", STRICT,
	  "(a)a.example(b)1(c);(d)dkim(e)/(f)1(g)=(h)fail(i)policy(j).(k)expired(l)=(m)1(n)",
	  "a.example|dkim=fail policy.expired=1" },
	{ "8601:2.2", "results inside comments are no results", STRICT, "a.example (; dkim=pass); spf=fail (dkim=pass)",
	  "a.example|spf=fail" },
	{ "8601:2.2", "results inside reasons are no results", STRICT, "a.example; spf=fail reason=\"; dkim=pass\"",
	  "a.example|spf=fail reason=; dkim=pass" },
	{ "8601:2.2", "an escaped parenthesis does not close a comment", STRICT, "a.example (\\)); spf=fail",
	  "a.example|spf=fail" },
	{ "8601:2.2", "an open comment", STRICT, "a.example; spf=pass (x", NULL },
	{ "8601:2.2", "an open comment, leniently", LENIENT, "a.example; spf=pass smtp.mailfrom=d.example(.e.example",
	  NULL },
	{ "8601:7.8", "sixteen comments in each other", STRICT, "a.example; spf=pass ((((((((((((((((x))))))))))))))))",
	  "a.example|spf=pass" },
	{ "8601:7.8", "seventeen comments in each other", STRICT,
	  "a.example; spf=pass (((((((((((((((((x)))))))))))))))))", NULL },
	{ "8601:2.2", "a control in a comment", STRICT, "a.example (\001); spf=pass", NULL },
	{ "8601:2.2", "a control in a quoted string", STRICT, "a.example; spf=pass reason=\"\001\"", NULL },
	{ "8601:2.2", "a comma is no part of a value", LENIENT, "a.example; spf=pass smtp.mailfrom=a,b", NULL },
	{ "8601:2.2", "broken UTF-8 in an internationalized message", EAI, "a.example (\xff); none", NULL },
	{ "8601:2.2", "UTF-8 in a comment of another message", STRICT, "a.example (\xc3\xa9); none", NULL },
	{ "8601:2.2", "8-bit octets in comments are read leniently", LENIENT, "a.example (\xe9); none", "a.example" },
	{ "8601:2.2", "8-bit octets in values are not", LENIENT, "a.example; dkim=pass header.d=\xe9.example", NULL },
	{ "8601:2.2", "a mailbox with UTF-8", EAI, "a.example; dkim=pass header.i=\xc3\xa9@\xc3\xa9.example",
	  "a.example|dkim=pass header.i=\xc3\xa9@\xc3\xa9.example" },
	{ "8601:2.2", "line ends of LF only", STRICT, "a.example;\n spf=pass\n smtp.helo=b.example",
	  "a.example|spf=pass smtp.helo=b.example" },
	{ "8601:2.3", "unknown ptypes are kept for who knows them", STRICT, "a.example; x-y=pass foo.bar=1",
	  "a.example|x-y=pass foo.bar=1" },
	{ "8601:2.7.7", "unknown results are kept for who knows them", STRICT, "a.example; dkim=hardfail",
	  "a.example|dkim=hardfail" },
	{ "8601:3", "iprev names the address it looked up", STRICT, "a.example; iprev=pass policy.iprev=\"2001:db8::1\"",
	  "a.example|iprev=pass policy.iprev=2001:db8::1" },
	{ "8601:2.4", "a local rule", STRICT, "a.example; dkim=fail policy.dkim-rules=unsigned-subject",
	  "a.example|dkim=fail policy.dkim-rules=unsigned-subject" },
	{ "8601:2.2", "an empty value", STRICT, "", NULL },
};

struct reading {
	struct signet_arena arena;
	struct signet_findings notes;
	struct signet_authres model;
	bool ok;
};

static void read_value(struct reading *r, slice value, bool lenient, bool eai)
{
	arena_init(&r->arena, 1 << 20);
	findings_init(&r->notes, &r->arena);
	r->ok = signet_authres_read(value, lenient ? SIGNET_AUTHRES_LENIENT : SIGNET_AUTHRES_STRICT, eai, &r->arena,
				    &r->notes, &r->model);
}

static void read_prefix(slice prefix, void *data)
{
	struct reading r;
	int how = *(int *)data;
	read_value(&r, prefix, how & LENIENT, how & EAI);
	arena_finish(&r.arena);
}

static void check_row(const struct row *row)
{
	struct reading r;
	struct buf got;
	buf_init(&got, 65536);
	read_value(&r, guarded(slice_of(row->value), false), row->how & LENIENT, row->how & EAI);
	if (!r.ok) {
		buf_put(&got, r.notes.n ? S("refused") : S("refused without a finding"));
	} else {
		put_model(&got, &r.model);
	}
	row_text(row->clause, row->what, buf_slice(&got), row->want ? row->want : "refused");
	buf_finish(&got);
	arena_finish(&r.arena);
	int how = row->how;
	each_prefix(slice_of(row->value), read_prefix, &how);
}

/* Properties compare as a set; those without ptype are dropped by the parsers the cases come from. */
static bool same_props(const struct signet_authres_result *got, const json_t *want)
{
	size_t n = 0;
	for (size_t i = 0; i < got->n_props; i++) {
		n += got->props[i].ptype.len > 0;
	}
	if (n != json_array_size(want)) {
		return false;
	}
	for (size_t k = 0; k < json_array_size(want); k++) {
		const json_t *w = json_array_get(want, k);
		bool found = false;
		for (size_t i = 0; i < got->n_props; i++) {
			found |= slice_eq(got->props[i].ptype, slice_of(json_string_value(json_array_get(w, 0)))) &&
				 slice_eq(got->props[i].property, slice_of(json_string_value(json_array_get(w, 1)))) &&
				 slice_eq(got->props[i].value, slice_of(json_string_value(json_array_get(w, 2))));
		}
		if (!found) {
			return false;
		}
	}
	return true;
}

static bool same_model(const struct signet_authres *got, const json_t *want)
{
	const json_t *results = json_object_get(want, "results");
	if (!slice_eq(got->authserv_id, json_text(want, "authserv_id")) || got->n_results != json_array_size(results) ||
	    got->version != (unsigned)json_integer_value(json_object_get(want, "version"))) {
		return false;
	}
	for (size_t i = 0; i < got->n_results; i++) {
		const json_t *w = json_array_get(results, i);
		const struct signet_authres_result *r = &got->results[i];
		if (!slice_eq(r->method, json_text(w, "method")) || !slice_eq(r->result, json_text(w, "result")) ||
		    !slice_eq(r->reason, json_text(w, "reason")) || !same_props(r, json_object_get(w, "props"))) {
			return false;
		}
	}
	return true;
}

static void check_case(const json_t *c)
{
	struct reading r;
	slice header = json_text(c, "header");
	slice value = slice_from(header, slice_find_char(header, ':') + 1);
	read_value(&r, guarded(value, false), slice_eq(json_text(c, "mode"), S("relaxed")),
		   json_is_true(json_object_get(c, "eai")));
	bool want = slice_eq(json_text(c, "expect"), S("ok"));
	bool agrees = r.ok == want && (!want || same_model(&r.model, json_object_get(c, "result")));
	const char *contested = json_string_value(json_object_get(c, "contested"));
	if (contested) {
		row_contested("8601:2.2", "read as expected", agrees, contested);
	} else {
		row_bool("8601:2.2", "read as expected", agrees, true);
	}
	arena_finish(&r.arena);
}

static void check_vectors(const char *corpus)
{
	char name[100];
	snprintf(name, sizeof(name), "%s/cases.json", corpus);
	json_t *all = vectors_load(name);
	const json_t *cases = json_object_get(all, "cases");
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		rows_case(corpus, json_string_value(json_object_get(c, "id")), i + 1);
		check_case(c);
	}
	rows_case(NULL, NULL, 0);
	json_decref(all);
}

/* `n` times the same text behind a head. */
static slice repeated(struct buf *b, const char *head, const char *text, size_t n)
{
	buf_init(b, 1 << 20);
	buf_put_text(b, head);
	while (n--) {
		buf_put_text(b, text);
	}
	return buf_slice(b);
}

static const struct {
	const char *what, *head, *text;
	size_t n;
	bool want;
	enum finding_id why;
} sizes[] = {
	{ "256 results are read", "a.example", "; dkim=pass", 256, true, F_NONE },
	{ "257 results are not", "a.example", "; dkim=pass", 257, false, F_AUTHRES_TOO_MANY },
	{ "32 properties are read", "a.example; dkim=pass", " header.d=a", 32, true, F_NONE },
	{ "33 properties are not", "a.example; dkim=pass", " header.d=a", 33, false, F_AUTHRES_TOO_MANY },
	{ "65536 octets are read", "a.example; none ", "\t", 65536 - 16, true, F_NONE },
	{ "65537 octets are not", "a.example; none ", "\t", 65537 - 16, false, F_AUTHRES_TOO_LARGE },
};

static void check_sizes(void)
{
	for (size_t i = 0; i < ROWS(sizes); i++) {
		struct buf b;
		struct reading r;
		read_value(&r, repeated(&b, sizes[i].head, sizes[i].text, sizes[i].n), false, false);
		row_bool("8601:7.8", sizes[i].what, r.ok, sizes[i].want);
		if (sizes[i].why) {
			row_bool("8601:7.8", "and a finding says why", findings_has(&r.notes, sizes[i].why), true);
		}
		arena_finish(&r.arena);
		buf_finish(&b);
	}
}

static const struct {
	const char *what, *value, *want; /* want: NULL if there is no name */
} ids[] = {
	{ "the name is read although a result is broken", "a.example; dkim=pass header.b=/x", "a.example" },
	{ "a comment and a version do not belong to it", "a.example (x) 1; none", "a.example" },
	{ "a broken name is none", "a/example; none", NULL },
	{ "an unknown version hides the name", "a.example 7; none", NULL },
	{ "no name", "; none", NULL },
};

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_row(&rows[i]);
	}
	check_sizes();
	for (size_t i = 0; i < ROWS(ids); i++) {
		struct signet_arena a;
		arena_init(&a, 65536);
		slice id = S("no name");
		authres_read_id(slice_of(ids[i].value), SIGNET_AUTHRES_STRICT, false, &a, &id);
		row_text("8601:2.5", ids[i].what, id, ids[i].want ? ids[i].want : "no name");
		arena_finish(&a);
	}
	check_vectors("dkim-verifier");
	check_vectors("py-authres");
	return rows_end();
}
