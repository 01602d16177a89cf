/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/tags/tags.h"

#include <stdio.h>

#include "../support/rows.h"

/* The reading as text: name=value for each tag, "!" for a broken one. */
static const struct {
	const char *clause, *what, *text, *want;
} lists[] = {
	{ "6376:3.2", "two tags", "a=1;b=2", "a=1|b=2|" },
	{ "6376:3.2", "one final semicolon is allowed", "a=1;", "a=1|" },
	{ "6376:3.2", "white space behind the final semicolon", "a=1; \t", "a=1|" },
	{ "6376:3.2", "two semicolons are not", "a=1;;b=2", "a=1|!|b=2|" },
	{ "6376:3.2", "two final semicolons are not", "a=1;;", "a=1|!|" },
	{ "6376:3.2", "a semicolon alone is no list", ";", "!|" },
	{ "6376:3.2", "a tag without = is broken", "a=1;b;c=3", "a=1|!|c=3|" },
	{ "6376:3.2", "an empty value is a value", "a=;b= ;c=3", "a=|b=|c=3|" },
	{ "6376:3.2", "white space around names and values is no part of them", " a = 1 ;\tb\t=\t2\t", "a=1|b=2|" },
	{ "6376:3.2", "white space inside a value is part of it", "a=1 2\t3;b=x", "a=1 2\t3|b=x|" },
	{ "6376:3.2", "folding around and inside", "a=\r\n 1\r\n\t2;\r\n b\r\n =2", "a=1\r\n\t2|b=2|" },
	{ "6376:3.2", "a line break that folds nothing is outside the grammar", "a=1\r\n;b=2", "!|b=2|" },
	{ "6376:3.2", "a bare LF is outside the grammar", "a=1\n2;b=2", "!|b=2|" },
	{ "6376:3.2", "a bare CR is outside the grammar", "a=1\r2;b=2", "!|b=2|" },
	{ "6376:3.2", "a control character is outside the grammar", "a=1\x01;b=2", "!|b=2|" },
	{ "6376:3.2", "DEL is outside the grammar", "a=1\x7f;b=2", "!|b=2|" },
	{ "6376:3.2", "an equals sign may stand in a value", "b=YWJj==;c=a=b", "b=YWJj==|c=a=b|" },
	{ "6376:3.2", "a name begins with a letter", "1=a;b=2", "!|b=2|" },
	{ "6376:3.2", "a name does not begin with an underscore", "_a=1;b=2", "!|b=2|" },
	{ "6376:3.2", "a name may have digits and underscores", "a_1=x", "a_1=x|" },
	{ "6376:3.2", "a name has no hyphen", "a-b=1", "!|" },
	{ "6376:3.2", "names keep their case", "A=1;a=2", "A=1|a=2|" },
	{ "6376:3.2", "an empty name is broken", "=1;b=2", "!|b=2|" },
	{ "6376:3.2", "a space inside a name is broken", "a b=1", "!|" },
	{ "6376:3.2", "nothing is an empty list", "", "" },
	{ "6376:3.2", "white space is an empty list", " \t", "" },
	{ "8616:5", "UTF-8 is allowed in values", "i=\xc3\xb8@x", "i=\xc3\xb8@x|" },
	{ "8616:5", "but not in names", "\xc3\xb8=1", "!|" },
};

static void render(slice text, struct buf *b)
{
	struct cursor c = cursor_of(text);
	struct tag tag;
	for (enum tag_step step; (step = tags_next(&c, &tag)) != TAG_END;) {
		if (step == TAG_ONE) {
			buf_put(b, tag.name);
			buf_put_char(b, '=');
			buf_put(b, tag.value);
		} else {
			buf_put_char(b, '!');
		}
		buf_put_char(b, '|');
	}
}

static const struct {
	const char *clause, *what, *text;
	enum tags_fault want;
	size_t offset;
	const char *a, *bb; /* values of a= and bb=, NULL: absent */
} reads[] = {
	{ "6376:3.2", "known tags find their places", "bb=2;x=9;a=1", TAGS_GOOD, 0, "1", "2" },
	{ "6376:3.2", "an absent tag is not an empty one", "a=", TAGS_GOOD, 0, "", NULL },
	{ "6376:3.2", "a repeated tag spoils the list", "a=1;bb=2;a=3", TAGS_TWICE, 9, "1", "2" },
	{ "6376:3.2", "a repeated unknown tag spoils the list", "a=1;x=1; x=1;bb=2", TAGS_TWICE, 9, "1", "2" },
	{ "6376:3.2", "the other case is another tag", "a=1;A=2", TAGS_GOOD, 0, "1", NULL },
	{ "6376:3.2", "what stands behind a broken tag is still read", "a=1;!;bb=2", TAGS_BROKEN, 4, "1", "2" },
	{ "6376:3.2", "the first fault is the one that is told", "!;a=1;a=2", TAGS_BROKEN, 0, "1", NULL },
};

static void read_prefix(slice prefix, void *data)
{
	struct buf b;
	struct tag tags[2];
	struct tag where;
	static const slice known[] = { { "a", 1 }, { "bb", 2 } };
	buf_init(&b, 1 << 16);
	render(prefix, &b);
	buf_finish(&b);
	(void)tags_read(prefix, known, 2, data, tags, &where);
}

static bool same(const struct tag *tag, const char *want)
{
	return want ? tag_is_there(tag) && slice_eq(tag->value, slice_of(want)) : !tag_is_there(tag);
}

static void many_tags(void)
{
	struct signet_arena a;
	struct buf b;
	struct tag where;
	arena_init(&a, (size_t)64 << 20);
	buf_init(&b, (size_t)4 << 20);
	for (uint64_t i = 0; i < 200000; i++) {
		buf_put_text(&b, "t");
		buf_put_number(&b, i);
		buf_put_text(&b, "=;");
	}
	row_number("6376:3.2", "200,000 different tags are read in no time",
		   tags_read(buf_slice(&b), NULL, 0, &a, NULL, &where), TAGS_GOOD);
	buf_put_text(&b, "t77=");
	row_number("6376:3.2", "and one that is there twice is found",
		   tags_read(buf_slice(&b), NULL, 0, &a, NULL, &where), TAGS_TWICE);
	row_text("6376:3.2", "with its name", where.name, "t77");
	buf_finish(&b);
	arena_finish(&a);
	arena_init(&a, 100);
	row_number("-", "short memory is told", tags_read(S("x=1"), NULL, 0, &a, NULL, &where), TAGS_NO_MEMORY);
	arena_finish(&a);
}

static void parts(void)
{
	struct signet_arena a;
	arena_init(&a, 1 << 20);
	row_bool("6376:3.5", "a part in a list", tag_list_has(S("x : dns/txt :y"), S("dns/txt")), true);
	row_bool("6376:3.5", "a part is compared as a whole", tag_list_has(S("dns/txt2:y"), S("dns/txt")), false);
	row_bool("6376:3.5", "and exactly", tag_list_has(S("DNS/TXT"), S("dns/txt")), false);
	row_bool("6376:3.5", "an absent list has nothing", tag_list_has((slice){ 0 }, S("")), false);
	row_text("6376:2.10", "folding inside base64 goes", tag_without_fws(S("YW\r\n Jj\t="), &a), "YWJj=");
	slice plain = S("YWJj");
	row_bool("6376:2.10", "what has none stays where it is", tag_without_fws(plain, &a).at == plain.at, true);
	slice rest = S("a:"), part;
	row_bool("6376:3.5", "a final separator makes an empty part",
		 tag_take_part(&rest, ':', &part) && tag_take_part(&rest, ':', &part) && part.len == 0 &&
			 !tag_take_part(&rest, ':', &part),
		 true);
	arena_finish(&a);
}

int main(void)
{
	static const slice known[] = { { "a", 1 }, { "bb", 2 } };
	for (size_t i = 0; i < ROWS(lists); i++) {
		struct buf b;
		struct signet_arena a;
		buf_init(&b, 1 << 16);
		arena_init(&a, 1 << 20);
		render(guarded(slice_of(lists[i].text), false), &b);
		row_text(lists[i].clause, lists[i].what, buf_slice(&b), lists[i].want);
		each_prefix(slice_of(lists[i].text), read_prefix, &a);
		arena_finish(&a);
		buf_finish(&b);
	}
	for (size_t i = 0; i < ROWS(reads); i++) {
		struct signet_arena a;
		struct tag tags[2], where = { 0 };
		arena_init(&a, 1 << 20);
		enum tags_fault got = tags_read(slice_of(reads[i].text), known, 2, &a, tags, &where);
		row_number(reads[i].clause, reads[i].what, got, reads[i].want);
		row_bool(reads[i].clause, "with these values",
			 same(&tags[0], reads[i].a) && same(&tags[1], reads[i].bb), true);
		if (got != TAGS_GOOD) {
			row_number(reads[i].clause, "and the place of the fault", (int64_t)where.offset,
				   (int64_t)reads[i].offset);
		}
		arena_finish(&a);
	}
	many_tags();
	parts();
	return rows_end();
}
