/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/authres/fold.h"
#include "../../src/authres/read.h"
#include "vectors.h"

/* A slice inside a constant table. */
#define T(literal)                                                                                                     \
	{                                                                                                              \
		"" literal, sizeof(literal) - 1                                                                        \
	}
/* clang-format off: it indents what stands in braces differently each time */
#define PROPS(...)                                                                                                     \
	.props = (const struct signet_authres_prop[]) { __VA_ARGS__ },                                                 \
	.n_props = ROWS(((const struct signet_authres_prop[]) { __VA_ARGS__ }))
#define RESULTS(...)                                                                                                   \
	{                                                                                                              \
		.authserv_id = T("mx.example.net"), .results = (const struct signet_authres_result[]) { __VA_ARGS__ }, \
		.n_results = ROWS(((const struct signet_authres_result[]) { __VA_ARGS__ }))                            \
	}
#define RESULT(m, r) .method = T(m), .result = T(r)
#define PROP(t, p, v)                                                                                                  \
	{                                                                                                              \
		T(t), T(p), T(v)                                                                                       \
	}
/* clang-format on */

static const struct row {
	const char *clause, *what;
	struct signet_authres model;
	const char *want; /* "" if it cannot be written */
} rows[] = {
	{ "8601:2.2", "nothing evaluated", { .authserv_id = T("mx.example.net") }, "mx.example.net; none" },
	{ "8601:2.2", "an authserv-id that is no token is quoted", { .authserv_id = T("mx (1)") }, "\"mx (1)\"; none" },
	{ "8601:2.2",
	  "a mailbox is no authserv-id without quotes",
	  { .authserv_id = T("a@b.example") },
	  "\"a@b.example\"; none" },
	{ "8601:2.2", "one method", RESULTS({ RESULT("spf", "pass"), PROPS(PROP("smtp", "mailfrom", "example.com")) }),
	  "mx.example.net;\r\n\tspf=pass smtp.mailfrom=example.com" },
	{ "8601:2.2", "results are separated by semicolons, nothing follows the last",
	  RESULTS({ RESULT("spf", "none") }, { RESULT("dkim", "none") }),
	  "mx.example.net;\r\n\tspf=none;\r\n\tdkim=none" },
	{ "8601:2.2", "keywords are written in lower case",
	  RESULTS({ RESULT("SPF", "Pass"), PROPS(PROP("SMTP", "MailFrom", "Example.COM")) }),
	  "mx.example.net;\r\n\tspf=pass smtp.mailfrom=Example.COM" },
	{ "8601:2.2", "the method version is written unless it is 1",
	  RESULTS({ RESULT("a", "pass"), .method_version = 1 }, { RESULT("b", "pass"), .method_version = 2 }),
	  "mx.example.net;\r\n\ta=pass;\r\n\tb/2=pass" },
	{ "8601:2.2", "a mailbox is no token but may stand bare",
	  RESULTS({ RESULT("auth", "pass"),
		    PROPS(PROP("smtp", "auth", "client@c.example"), PROP("smtp", "mailfrom", "bob@b.example")) }),
	  "mx.example.net;\r\n\tauth=pass smtp.auth=client@c.example smtp.mailfrom=bob@b.example" },
	{ "8601:2.2", "an IPv6 address is quoted",
	  RESULTS({ RESULT("arc", "pass"),
		    PROPS(PROP("smtp", "remote-ip", "2001:db8::1"), PROP("header", "oldest-pass", "0")) }),
	  "mx.example.net;\r\n\tarc=pass smtp.remote-ip=\"2001:db8::1\" header.oldest-pass=0" },
	{ "6008:4", "header.b is quoted", RESULTS({ RESULT("dkim", "pass"), PROPS(PROP("header", "b", "dzdVyOfA")) }),
	  "mx.example.net;\r\n\tdkim=pass header.b=\"dzdVyOfA\"" },
	{ "8601:2.2", "a comment, a reason, a property in this order",
	  RESULTS({ RESULT("dkim", "fail"), .reason = T("bad"), .comment = T("2 of 3 tests OK"),
		    PROPS(PROP("header", "d", "a.example")) }),
	  "mx.example.net;\r\n\tdkim=fail (2 of 3 tests OK) reason=\"bad\" header.d=a.example" },
	{ "8601:2.2", "quotes and backslashes are escaped", RESULTS({ RESULT("dkim", "fail"), .reason = T("a\"b\\") }),
	  "mx.example.net;\r\n\tdkim=fail reason=\"a\\\"b\\\\\"" },
	{ "8601:2.2", "no text closes a comment",
	  RESULTS({ RESULT("dkim", "fail"), .comment = T("a); dkim=pass (\\") }),
	  "mx.example.net;\r\n\tdkim=fail (a\\); dkim=pass \\(\\\\)" },
	{ "8601:7.1", "no value ends the field",
	  RESULTS({ RESULT("dkim", "fail"), PROPS(PROP("header", "d", "a\r\nBcc: b;\001\177\xff")) }),
	  "mx.example.net;\r\n\tdkim=fail header.d=\"a??Bcc: b;???\"" },
	{ "8601:7.1", "no comment ends the field", RESULTS({ RESULT("dkim", "fail"), .comment = T("a\r\nBcc: b") }),
	  "mx.example.net;\r\n\tdkim=fail (a??Bcc: b)" },
	{ "8601:2.2", "an empty value is quoted",
	  RESULTS({ RESULT("spf", "none"), PROPS(PROP("smtp", "mailfrom", "")) }),
	  "mx.example.net;\r\n\tspf=none smtp.mailfrom=\"\"" },
	{ "8601:2.2", "UTF-8 is quoted",
	  RESULTS({ RESULT("dkim", "pass"), PROPS(PROP("header", "i", "\xc3\xa9@a.example")) }),
	  "mx.example.net;\r\n\tdkim=pass header.i=\"\xc3\xa9@a.example\"" },
	{ "5322:2.1.1", "lines are folded between words",
	  RESULTS({ RESULT("dkim", "pass"), PROPS(PROP("header", "d", "a-long-name-of-a-host.example.com"),
						  PROP("header", "s", "a-long-selector-1234567890-abcdef")) }),
	  "mx.example.net;\r\n\tdkim=pass header.d=a-long-name-of-a-host.example.com\r\n\t"
	  "header.s=a-long-selector-1234567890-abcdef" },
	{ "8601:2.2", "what is no keyword is not written", RESULTS({ RESULT("a b", "pass") }), "" },
	{ "8601:2.2", "a result that is no keyword is not written", RESULTS({ RESULT("a", "") }), "" },
	{ "8601:2.2", "a property without ptype is not written",
	  RESULTS({ RESULT("a", "pass"), PROPS(PROP("", "b", "c")) }), "" },
	{ "8601:2.2", "a property that is no keyword is not written",
	  RESULTS({ RESULT("a", "pass"), PROPS(PROP("x", "b-", "c")) }), "" },
};

static bool is_folded_right(slice value, size_t head)
{
	size_t column = head;
	for (size_t i = 0; i < value.len; i++, column++) {
		if (value.at[i] == '\r') {
			if (i + 2 >= value.len || value.at[i + 1] != '\n' || value.at[i + 2] != '\t' || column > 78) {
				return false;
			}
			i++;
			column = (size_t)-1;
		}
	}
	return column <= 78;
}

static bool same(const struct signet_authres *a, const struct signet_authres *b)
{
	bool ok = slice_eq(a->authserv_id, b->authserv_id) && a->n_results == b->n_results;
	for (size_t i = 0; ok && i < a->n_results; i++) {
		const struct signet_authres_result *x = &a->results[i], *y = &b->results[i];
		ok = slice_eq(x->method, y->method) && x->method_version == y->method_version &&
		     slice_eq(x->result, y->result) && slice_eq(x->reason, y->reason) && x->n_props == y->n_props;
		for (size_t k = 0; ok && k < x->n_props; k++) {
			ok = slice_eq(x->props[k].ptype, y->props[k].ptype) &&
			     slice_eq(x->props[k].property, y->props[k].property) &&
			     slice_eq(x->props[k].value, y->props[k].value);
		}
	}
	return ok;
}

static void check_row(const struct row *row)
{
	struct signet_arena a;
	arena_init(&a, 1 << 20);
	slice got = signet_authres_write(&row->model, NULL, &a);
	row_text(row->clause, row->what, got, row->want);
	if (got.len) {
		struct signet_authres model, again;
		row_bool("5322:2.1.1", row->what, is_folded_right(got, 24), true);
		bool ok = signet_authres_read(got, SIGNET_AUTHRES_STRICT, true, &a, NULL, &model);
		row_bool("8601:2.2", "and what was written is read", ok, true);
		slice second = ok ? signet_authres_write(&model, NULL, &a) : (slice) { 0 };
		row_bool("8601:2.2", "and comes out the same the second time",
			 ok && signet_authres_read(second, SIGNET_AUTHRES_STRICT, true, &a, NULL, &again) &&
				 same(&model, &again),
			 true);
	}
	arena_finish(&a);
}

/* Every field of the vectors that can be read strictly: read, write, read. */
static void check_vectors(const char *name)
{
	json_t *all = vectors_load(name);
	const json_t *cases = json_object_get(all, "cases");
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		slice header = json_text(c, "header");
		struct signet_arena a;
		struct signet_authres model, back;
		arena_init(&a, 1 << 20);
		if (signet_authres_read(slice_from(header, slice_find_char(header, ':') + 1), SIGNET_AUTHRES_STRICT,
					true, &a, NULL, &model)) {
			slice out = signet_authres_write(&model, NULL, &a);
			bool ok = signet_authres_read(out, SIGNET_AUTHRES_STRICT, true, &a, NULL, &back) &&
				  same(&model, &back) && is_folded_right(out, 24);
			row_bool("8601:2.2", json_string_value(json_object_get(c, "id")), ok, true);
		}
		arena_finish(&a);
	}
	json_decref(all);
}

static char many[20000];

static void check_limits(void)
{
	struct signet_arena a;
	arena_init(&a, 1 << 22);
	memset(many, 'a', sizeof(many));
	struct signet_authres_prop prop = { S("header"), S("d"), slice_make(many, 985) };
	struct signet_authres_result result = {
		.method = S("dkim"), .result = S("pass"), .props = &prop, .n_props = 1
	};
	struct signet_authres model = { .authserv_id = S("a.example"), .results = &result, .n_results = 1 };
	row_bool("5322:2.1.1", "a word as long as a line may be", signet_authres_write(&model, NULL, &a).len > 985,
		 true);
	prop.value.len = 990;
	row_number("5322:2.1.1", "a word past 998 octets cannot be folded",
		   (int64_t)signet_authres_write(&model, NULL, &a).len, 0);
	prop.value.len = 1;
	result.comment = slice_make(many, sizeof(many));
	slice out = signet_authres_write(&model, NULL, &a);
	row_bool("5322:2.1.1", "a long comment is cut", out.len > 256 && out.len < 350, true);
	const struct signet_authres_style plain = { .no_comments = true, .line_length = 200 };
	row_text("8601:2.2", "comments may be left out", signet_authres_write(&model, &plain, &a),
		 "a.example;\r\n\tdkim=pass header.d=a");
	model.authserv_id = slice_make(many, 980);
	row_number("5322:2.1.1", "the name of the field counts too",
		   (int64_t)signet_authres_write(&model, NULL, &a).len, 0);
	struct signet_authres_result results[200];
	model = (struct signet_authres) { .authserv_id = S("a.example"), .results = results, .n_results = 200 };
	prop.value.len = 90;
	for (size_t i = 0; i < 200; i++) {
		results[i] = result;
	}
	row_number("8601:7.8", "no more than 16 KiB are written", (int64_t)signet_authres_write(&model, &plain, &a).len,
		   0);
	struct signet_arena small;
	arena_init(&small, 64);
	model.n_results = 1;
	row_number("8601:2.2", "nothing is written when memory is short",
		   (int64_t)signet_authres_write(&model, NULL, &small).len, 0);
	arena_finish(&small);
	arena_finish(&a);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_row(&rows[i]);
	}
	check_limits();
	check_vectors("dkim-verifier/cases.json");
	check_vectors("py-authres/cases.json");
	return rows_end();
}
