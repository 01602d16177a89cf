/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/mail/content.h"
#include "../support/rows.h"

#include "../../src/mail/words.h"
#include "../../src/base/cursor.h"
#include "vectors.h"

static const struct {
	const char *clause, *what, *value, *type, *subtype, *name, *want;
} rows[] = {
	{ "2045:5.1", "type and subtype", "Text/HTML", "text", "html", "charset", NULL },
	{ "2045:5.1", "a parameter", "text/plain; charset=utf-8", "text", "plain", "charset", "utf-8" },
	{ "2045:5.1", "its name has no case", "text/plain; CharSet=UTF-8", "text", "plain", "charset", "UTF-8" },
	{ "2045:5.1", "a quoted value", "text/plain; x=\"a;\\\"b\"", "text", "plain", "x", "a;\"b" },
	{ "2045:5.1", "comments and folds", "text (a) / plain\r\n ; (b) x (c)= (d) y (e)", "text", "plain", "x", "y" },
	{ "2045:5.1", "no type", "", NULL, NULL, NULL, NULL },
	{ "2045:5.1", "no token", "/plain", NULL, NULL, NULL, NULL },
	{ "2045:5.1", "no subtype", "text", "text", "", "x", NULL },
	{ "2045:5.1", "an empty value", "a/b; x=; y=z", "a", "b", "y", "z" },
	{ "2045:5.1", "an empty quoted value", "a/b; x=\"\"; y=z", "a", "b", "x", "" },
	{ "2045:5.1", "the first of two", "a/b; x=1; x=2", "a", "b", "x", "1" },
	{ "2045:5.1", "specials without quotes, as some write them", "a/b; boundary=a:b=c/d; y=z", "a", "b", "boundary",
	  "a:b=c/d" },
	{ "2045:5.1", "a quote that does not end", "a/b; x=\"y z; y=1", "a", "b", "x", "y z" },
	{ "2045:5.1", "a missing semicolon", "a/b x=1 y=2", "a", "b", "y", "2" },
	{ "2045:5.1", "a comment that does not end", "a/b; x=1; (y; z=2", "a", "b", "z", "2" },
	{ "2183:2", "a disposition", "attachment; filename=\"a b\"", "attachment", "", "filename", "a b" },
	{ "2231:3", "pieces", "a/b; x*0=ab; x*1=\"cd\"; x*2=e", "a", "b", "x", "abcde" },
	{ "2231:3", "pieces in any order, up to the first that is missing", "a/b; x*1=b; x*3=d; x*0=a", "a", "b", "x",
	  "ab" },
	{ "2231:4", "an encoded value", "a/b; x*=utf-8'en'a%20b%C3%B6", "a", "b", "x", "a b\xC3\xB6" },
	{ "2231:4", "without charset and language", "a/b; x*=a%20b", "a", "b", "x", "a b" },
	{ "2231:4.1", "encoded and plain pieces", "a/b; x*0*=us-ascii''a%2; x*1*=%62; x*2=%63", "a", "b", "x",
	  "a%2b%63" },
	{ "2231:3", "the plain parameter wins", "a/b; x*=''c; x=d", "a", "b", "x", "d" },
};

static struct signet_arena arena;

static void parse_only(slice value, void *data)
{
	struct content content;
	(void)data;
	arena_reset(&arena);
	if (content_parse(value, &arena, &content)) {
		content_param(&content, S("x"), &arena);
	}
}

static void check_rows(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct content content = { 0 };
		arena_reset(&arena);
		bool ok = content_parse(guarded(slice_of(rows[i].value), false), &arena, &content);
		row_bool(rows[i].clause, rows[i].what, ok, rows[i].type != NULL);
		if (rows[i].type && ok) {
			slice value = content_param(&content, slice_of(rows[i].name), &arena);
			row_text(rows[i].clause, "  ... type", content.type, rows[i].type);
			row_text(rows[i].clause, "  ... subtype", content.subtype, rows[i].subtype);
			row_bool(rows[i].clause, "  ... the parameter is there", value.at != NULL,
				 rows[i].want != NULL);
			row_text(rows[i].clause, "  ... its value", value, rows[i].want);
		}
		each_prefix(slice_of(rows[i].value), parse_only, NULL);
	}
}

/* Parameters that need a charset of which we decode nothing here, or a repair of mail-parser's own. */
static bool is_contested(slice id)
{
	static const slice ids[] = { { "-34", 3 }, { "-36", 3 }, { "-56", 3 }, { "-60", 3 } };
	for (size_t i = 0; i < ROWS(ids); i++) {
		if (slice_ends_nocase(id, ids[i])) {
			return true;
		}
	}
	return false;
}

static void check_param(const char *id, const struct content *content, slice name, slice want)
{
	slice written = content_param(content, name, &arena);
	slice got = words_decode(written, &arena);
	bool agrees = slice_eq(got, want) || slice_eq(written, want);
	if (is_contested(slice_of(id))) {
		row_contested("2231:4", "parameter", agrees, "another charset, or mail-parser's own repair");
	} else {
		row_slice("2045:5.1", "parameter", agrees ? want : got, want);
	}
}

static bool is_token(slice s)
{
	struct cursor c = cursor_of(s);
	cursor_take(&c, C_TOKEN);
	return cursor_is_end(&c);
}

/* mail-parser's reading.  Types and plain parameters must agree; parameters that need a charset we do not decode, or a
 * repair of its own, are shown only, and so is what it derives itself (*-language). */
static void check_vectors(void)
{
	json_t *cases = vector_cases("mime/fields/content_type.json");
	json_t *one, *pair;
	size_t i, k;
	row_bool("-", "the vectors are there", json_array_size(cases) > 30, true);
	json_array_foreach(cases, i, one) {
		const json_t *expect = json_object_get(one, "expect");
		const char *id = json_string_value(json_object_get(one, "id"));
		struct buf value = vector_value(one, "header");
		struct content content = { 0 };
		arena_reset(&arena);
		rows_case("fields", id, 0);
		bool ok = content_parse(buf_slice(&value), &arena, &content);
		slice type = vector_text(expect, "c_type");
		slice subtype = vector_text(expect, "c_subtype");
		if (json_is_object(expect) && is_token(type) && is_token(subtype)) {
			row_bool("2045:5.1", "type",
				 ok && slice_eq_nocase(content.type, type) && slice_eq_nocase(content.subtype, subtype),
				 true);
		} else {
			row_contested("2045:5.1", "type", ok == json_is_object(expect),
				      "no tokens of RFC 2045: mail-parser shows the text");
		}
		json_array_foreach(json_object_get(expect, "attributes"), k, pair) {
			if (!is_token(type)) {
				break;
			}
			slice name = slice_of(json_string_value(json_array_get(pair, 0)));
			slice want = slice_of(json_string_value(json_array_get(pair, 1)));
			if (ok && !slice_ends_nocase(name, S("-language")) && !slice_ends_nocase(name, S("-charset"))) {
				check_param(id, &content, name, want);
			}
		}
		buf_finish(&value);
	}
	rows_case(NULL, NULL, 0);
	json_decref(cases);
}

int main(void)
{
	arena_init(&arena, (size_t)16 << 20);
	check_rows();
	check_vectors();
	arena_finish(&arena);
	return rows_end();
}
