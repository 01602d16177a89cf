/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/authres/read.h"
#include "../../src/authres/trust.h"
#include "vectors.h"

static const struct {
	const char *clause, *what, *id;
	const char *ids[3];
	bool want;
} matches[] = {
	{ "8601:7.1", "nobody is listed by default", "a.example", { NULL }, false },
	{ "8601:2.5", "the same", "a.example", { "b.example", "a.example" }, true },
	{ "8601:2.5", "another", "a.example", { "b.example", "c.example" }, false },
	{ "8601:2.5", "case does not count", "A.Example", { "a.eXAMPLE" }, true },
	{ "8601:2.5",
	  "a U-label is its A-label",
	  "b\xc3\xbc"
	  "cher.example",
	  { "xn--bcher-kva.example" },
	  true },
	{ "8601:2.5", "below is not the same", "x.a.example", { "a.example" }, false },
	{ "8601:2.5", "below an @ entry", "x.a.example", { "@a.example" }, true },
	{ "8601:2.5", "the domain of an @ entry", "a.example", { "@a.example" }, true },
	{ "8601:2.5", "not below an @ entry", "xa.example", { "@a.example" }, false },
	{ "8601:2.5", "an id that is no domain name", "mx (1)", { "MX (1)" }, true },
	{ "8601:2.5", "no id", "", { "a.example" }, false },
	{ "8601:2.5", "no id, and that is listed", "", { "" }, true },
};

/* Own ids are mx.example.net and @example.org. */
static const struct {
	const char *clause, *what, *value;
	bool want;
} forged[] = {
	{ "8601:5", "ours", "mx.example.net; none", true },
	{ "8601:5", "ours in another case", "MX.Example.Net; dkim=pass", true },
	{ "8601:5", "ours in quotes", "\"mx.example.net\"; dkim=pass", true },
	{ "8601:5", "ours with escapes in quotes", "\"m\\x.example.net\"; dkim=pass", true },
	{ "8601:5", "ours with a comment and a version", "(x)mx.example.net (y) 1; dkim=pass", true },
	{ "8601:5", "ours below a domain", "a.b.example.org; dkim=pass", true },
	{ "8601:5", "ours, folded", "\r\n mx.example.net\r\n ; dkim=pass", true },
	{ "8601:5", "somebody else's", "mx.example.com; dkim=pass", false },
	{ "8601:5", "somebody else's, leniently read", "mx.example.com; dkim=pass header.b=a/b;", false },
	{ "8601:5", "ours in a comment only", "mx.example.com (mx.example.net); dkim=pass", false },
	{ "8601:5", "a version we do not know", "mx.example.com 2; dkim=pass", true },
	{ "8601:5", "no authserv-id", "dkim=pass", true },
	{ "8601:5", "broken", "mx.example.com; dkim=pass (", true },
	{ "8601:5", "nothing", "", true },
	{ "8601:5", "ours with the number of a job", "mx.example.net/4QXyz; dkim=pass", true },
	{ "8601:5", "ours with the number of a job, in quotes", "\"mx.example.net/4QXyz\"; dkim=pass", true },
	{ "8601:5", "somebody else's with the number of a job, in quotes", "\"mx.example.com/1\"; dkim=pass", false },
	{ "8601:5", "a name that is no token", "mx.example.net:25; dkim=pass", true },
	{ "8601:5", "a name that is no token, in brackets", "<mx.example.net>; dkim=pass", true },
	{ "8601:5", "somebody else's, a U-label without quotes",
	  "b\xC3\xBC"
	  "cher.example; dkim=pass",
	  true },
	{ "8601:5", "somebody else's, a U-label in quotes",
	  "\"b\xC3\xBC"
	  "cher.example\"; dkim=pass",
	  false },
};

static void check_ids(void)
{
	for (size_t i = 0; i < ROWS(matches); i++) {
		slice ids[3];
		size_t n = 0;
		while (n < 3 && matches[i].ids[n]) {
			ids[n] = slice_of(matches[i].ids[n]);
			n++;
		}
		row_bool(matches[i].clause, matches[i].what, signet_authres_id_matches(slice_of(matches[i].id), ids, n),
			 matches[i].want);
	}
	const slice own[] = { S("mx.example.net"), S("@example.org") };
	for (size_t i = 0; i < ROWS(forged); i++) {
		row_bool(forged[i].clause, forged[i].what,
			 signet_authres_is_forged(guarded(slice_of(forged[i].value), false), own, ROWS(own)),
			 forged[i].want);
	}
}

/* "method=result header.d" of every believed result, one a line. */
static void put_believed(struct buf *b, const struct authres_believed *believed)
{
	for (size_t i = 0; i < believed->n; i++) {
		for (size_t k = 0; k < believed->fields[i].n_results; k++) {
			const struct signet_authres_result *r = &believed->fields[i].results[k];
			buf_put(b, r->method);
			buf_put_char(b, '=');
			buf_put(b, r->result);
			for (size_t p = 0; p < r->n_props; p++) {
				if (slice_eq(r->props[p].ptype, S("header")) &&
				    slice_eq(r->props[p].property, S("d"))) {
					buf_put_char(b, ' ');
					buf_put(b, r->props[p].value);
				}
			}
			buf_put_char(b, '\n');
		}
	}
}

static const struct {
	const char *clause, *what;
	enum signet_authres_mode mode;
	size_t own_hops;
	const char *header, *want;
} positions[] = {
	{ "8601:4.1", "above the first Received", SIGNET_AUTHRES_STRICT, 0,
	  "Authentication-Results: a.example; spf=pass\r\nReceived: x\r\n", "spf=pass\n" },
	{ "8601:4.1", "below the first Received", SIGNET_AUTHRES_STRICT, 0,
	  "Received: x\r\nAuthentication-Results: a.example; spf=pass\r\n", "" },
	{ "8601:4.1", "below a Received of our own", SIGNET_AUTHRES_STRICT, 1,
	  "Received: x\r\nAuthentication-Results: a.example; spf=pass\r\nReceived: y\r\n"
	  "Authentication-Results: a.example; spf=fail\r\n",
	  "spf=pass\n" },
	{ "8601:7.9", "a host inside that is not counted is as foreign as any", SIGNET_AUTHRES_STRICT, 1,
	  "Received: x\r\nReceived: inside\r\nAuthentication-Results: a.example; spf=pass\r\n", "" },
	{ "8601:5", "white space before the colon", SIGNET_AUTHRES_STRICT, 0,
	  "AUTHENTICATION-RESULTS : a.example; spf=pass\r\n", "spf=pass\n" },
	{ "8601:4.1", "another's field", SIGNET_AUTHRES_STRICT, 0, "Authentication-Results: b.example; spf=pass\r\n",
	  "" },
	{ "8601:4.1", "several fields are one opinion", SIGNET_AUTHRES_STRICT, 0,
	  "Authentication-Results: a.example; spf=pass\r\nAuthentication-Results: a.example; dkim=none\r\n",
	  "spf=pass\ndkim=none\n" },
	{ "8601:4.1", "a broken field of ours", SIGNET_AUTHRES_STRICT, 0, "Authentication-Results: a.example; spf\r\n",
	  "" },
	{ "8601:7.1", "a field without authserv-id", SIGNET_AUTHRES_LENIENT, 0, "Authentication-Results: spf=pass\r\n",
	  "" },
	{ "8601:2.2", "other fields", SIGNET_AUTHRES_STRICT, 0, "X-Authentication-Results: a.example; spf=pass\r\n",
	  "" },
};

static slice crlf(struct signet_arena *a, slice text)
{
	struct buf b;
	buf_init_arena(&b, a, 1 << 20);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\n' && (i == 0 || text.at[i - 1] != '\r')) {
			buf_put_char(&b, '\r');
		}
		buf_put_char(&b, text.at[i]);
	}
	return buf_slice(&b);
}

static void check_positions(void)
{
	for (size_t i = 0; i < ROWS(positions); i++) {
		const slice ids[] = { S("a.example") };
		struct authres_trust trust = { ids, 1, positions[i].mode, positions[i].own_hops };
		struct authres_believed believed = { 0 };
		struct mail_header header;
		struct signet_findings notes;
		struct signet_arena a;
		struct buf got;
		buf_init(&got, 4096);
		arena_init(&a, 1 << 20);
		findings_init(&notes, &a);
		bool ok = header_parse(slice_of(positions[i].header), &a, &notes, &header) == SIGNET_OK &&
			  authres_believed(&header, &trust, &a, &notes, &believed) == SIGNET_OK;
		put_believed(&got, &believed);
		row_bool(positions[i].clause, positions[i].what,
			 ok && slice_eq(buf_slice(&got), slice_of(positions[i].want)), true);
		buf_finish(&got);
		arena_finish(&a);
	}
}

static slice load_message(struct signet_arena *a, slice name)
{
	char path[4096];
	static char text[65536];
	snprintf(path, sizeof(path), "%s/tests/vectors/authres/dkim-verifier/%.*s", getenv("SIGNET_SOURCE"),
		 (int)name.len, name.at);
	FILE *f = fopen(path, "r");
	if (!f) {
		printf("Bail out! %s\n", path);
		exit(1);
	}
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return crlf(a, slice_make(text, n));
}

/* Without a list the cases believe whoever wrote the newest field. */
static size_t list_ids(const json_t *c, const struct mail_header *h, enum signet_authres_mode mode,
		       struct signet_arena *a, slice ids[static 4])
{
	const json_t *list = json_object_get(c, "trusted_authserv_ids");
	if (json_is_array(list)) {
		for (size_t i = 0; i < json_array_size(list); i++) {
			ids[i] = slice_of(json_string_value(json_array_get(list, i)));
		}
		return json_array_size(list);
	}
	const struct mail_field *newest = header_find(h, S("Authentication-Results"), 0);
	struct signet_authres model;
	if (authres_read_id(newest->value, mode, false, a, &ids[0])) {
		return 1;
	}
	ids[0] = (slice) { 0 };
	return mode == SIGNET_AUTHRES_LENIENT && signet_authres_read(newest->value, mode, false, a, NULL, &model);
}

static bool has_line(slice text, slice line)
{
	while (text.at) {
		if (slice_eq(slice_split(&text, '\n'), line)) {
			return true;
		}
	}
	return false;
}

/* The number of lines that begin with `method`. */
static size_t count_lines(slice text, slice method)
{
	size_t n = 0;
	while (text.at) {
		n += slice_starts(slice_split(&text, '\n'), method);
	}
	return n;
}

static bool same_words(slice got, const json_t *want, slice method, struct signet_arena *a)
{
	for (size_t i = 0; i < json_array_size(want); i++) {
		slice word = slice_of(json_string_value(json_array_get(want, i)));
		if (!has_line(got, ARENA_JOIN(a, method, word))) {
			return false;
		}
	}
	return !want || count_lines(got, method) == json_array_size(want);
}

static bool same_dkim(slice got, const json_t *want, struct signet_arena *a)
{
	if (!json_is_array(want)) {
		return true; /* not stated */
	}
	for (size_t i = 0; i < json_array_size(want); i++) {
		const json_t *pair = json_array_get(want, i);
		slice result = slice_of(json_string_value(json_array_get(pair, 0)));
		slice domain = slice_of(json_string_value(json_array_get(pair, 1)));
		if (!has_line(got, ARENA_JOIN(a, S("dkim="), result, S(" "), domain))) {
			return false;
		}
	}
	return count_lines(got, S("dkim=")) == json_array_size(want);
}

static bool same_spf(slice got, const json_t *c, struct signet_arena *a)
{
	const json_t *spf = json_object_get(c, "spf");
	if (!spf) {
		return true;
	}
	return json_is_null(spf) ? count_lines(got, S("spf=")) == 0
				 : has_line(got, ARENA_JOIN(a, S("spf="), json_text(c, "spf")));
}

static void check_case(const json_t *c)
{
	enum signet_authres_mode mode =
		slice_eq(json_text(c, "mode"), S("relaxed")) ? SIGNET_AUTHRES_LENIENT : SIGNET_AUTHRES_STRICT;
	slice ids[4];
	struct mail_header header;
	struct authres_believed believed = { 0 };
	struct signet_findings notes;
	struct signet_arena a;
	struct buf buf;
	arena_init(&a, 1 << 22);
	findings_init(&notes, &a);
	buf_init(&buf, 65536);
	slice message = load_message(&a, json_text(c, "file"));
	size_t end = header_find_end(message, 0);
	bool ok = header_parse(slice_first(message, end), &a, &notes, &header) == SIGNET_OK;
	struct authres_trust trust = { ids, list_ids(c, &header, mode, &a, ids), mode, 0 };
	ok = ok && authres_believed(&header, &trust, &a, &notes, &believed) == SIGNET_OK;
	put_believed(&buf, &believed);
	slice got = buf_slice(&buf);
	row_bool("8601:4.1", "believed as expected",
		 ok && same_dkim(got, json_object_get(c, "dkim"), &a) && same_spf(got, c, &a) &&
			 same_words(got, json_object_get(c, "spf_sorted"), S("spf="), &a) &&
			 same_words(got, json_object_get(c, "dmarc_sorted"), S("dmarc="), &a),
		 true);
	buf_finish(&buf);
	arena_finish(&a);
}

int main(void)
{
	check_ids();
	check_positions();
	json_t *all = vectors_load("dkim-verifier/trust.json");
	const json_t *cases = json_object_get(all, "cases");
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		rows_case("dkim-verifier", json_string_value(json_object_get(c, "id")), i + 1);
		check_case(c);
	}
	rows_case(NULL, NULL, 0);
	json_decref(all);
	return rows_end();
}
