/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/mail/header.h"
#include "../support/rows.h"

#define V(literal)                                                                                                     \
	{                                                                                                              \
		"" literal, sizeof(literal) - 1                                                                        \
	}

/* `want`: name=value for each field, joined by "|"; line ends, NUL and the like as they are; "" as name: no field. */
static const struct {
	const char *clause, *what;
	slice block, want;
	enum finding_id finding;
} rows[] = {
	{ "5322:2.2", "two fields", V("A: b\r\nC:d\r\n"), V("A= b|C=d"), 0 },
	{ "5322:2.2", "with the empty line", V("A: b\r\n\r\n"), V("A= b"), 0 },
	{ "5322:2.2", "an empty header", V("\r\n"), V(""), 0 },
	{ "5322:2.2", "nothing at all", V(""), V(""), 0 },
	{ "5322:2.2", "no CRLF at the end", V("A: b\r\nC: d"), V("A= b|C= d"), 0 },
	{ "5322:2.2", "half a CRLF at the end", V("A: b\r"), V("A= b\r"), F_MAIL_BARE_CR },
	{ "5322:2.2", "an empty value", V("A:\r\nB: \r\n"), V("A=|B= "), 0 },
	{ "5322:2.2", "a colon in the value", V("A: b: c\r\n"), V("A= b: c"), 0 },
	{ "5322:2.2", "a line without a colon", V("A: b\r\nnonsense\r\nC: d\r\n"), V("A= b|=nonsense|C= d"),
	  F_MAIL_NOT_A_FIELD },
	{ "5322:2.2", "a colon without a name", V(": b\r\n"), V("=: b"), F_MAIL_NOT_A_FIELD },
	{ "5322:2.2", "an 8-bit octet in the name", V("\xC3\xA4: b\r\n"), V("=\xC3\xA4: b"), F_MAIL_NOT_A_FIELD },
	{ "5322:2.2", "a NUL in the name", V("Fr\0om: b\r\n"), V("=Fr\0om: b"), F_MAIL_NUL },
	{ "5322:2.2", "a space within the name", V("A B: c\r\n"), V("=A B: c"), F_MAIL_NOT_A_FIELD },
	{ "5322:2.2", "a NUL in the value", V("A: b\0c\r\nD: e\r\n"), V("A= b\0c|D= e"), F_MAIL_NUL },
	{ "5322:2.2", "8-bit octets in the value", V("A: \xFF\xFE\r\n"), V("A= \xFF\xFE"), 0 },
	{ "5322:2.2", "a bare CR ends no line", V("A: b\rC: d\r\n"), V("A= b\rC: d"), F_MAIL_BARE_CR },
	{ "5322:2.2", "a bare LF ends no line", V("A: b\nC: d\r\n"), V("A= b\nC: d"), F_MAIL_BARE_LF },
	{ "5322:2.2", "a CR before CRLF", V("A: b\r\r\nC: d\r\n"), V("A= b\r|C= d"), F_MAIL_BARE_CR },
	{ "5322:2.2", "an LF at the very end", V("A: b\n"), V("A= b\n"), F_MAIL_BARE_LF },
	{ "5322:2.2", "an LF before CRLF", V("A: b\n\r\nC: d\r\n"), V("A= b\n|C= d"), F_MAIL_BARE_LF },
	{ "5322:2.2", "lines of bare LF only", V("A: b\nC: d\n\n"), V("A= b\nC: d\n\n"), F_MAIL_BARE_LF },
	{ "5322:2.2.3", "a folded field", V("A: b\r\n c\r\n\td\r\nE: f\r\n"), V("A= b\r\n c\r\n\td|E= f"), 0 },
	{ "5322:2.2.3", "folded right behind the colon", V("A:\r\n b\r\n"), V("A=\r\n b"), 0 },
	{ "5322:2.2.3", "everything is folded", V("A:\r\n \r\n\t\r\n b\r\n"), V("A=\r\n \r\n\t\r\n b"), 0 },
	{ "5322:2.2.3", "a continuation as first line", V(" a: b\r\nC: d\r\n"), V("= a: b|C= d"),
	  F_MAIL_ORPHAN_CONTINUATION },
	{ "5322:2.2.3", "a fold after a bare LF belongs to the line", V("A: b\n c\r\n d\r\n"), V("A= b\n c\r\n d"),
	  F_MAIL_BARE_LF },
	{ "5322:4.5", "white space before the colon", V("A \t: b\r\n"), V("A= b"), F_MAIL_SPACE_BEFORE_COLON },
	{ "5322:4.5", "a fold before the colon is no field", V("A\r\n : b\r\n"), V("=A\r\n : b"), F_MAIL_NOT_A_FIELD },
	{ "5322:3.6", "two Subjects", V("subject: b\r\nX: y\r\nSubject: c\r\n"), V("subject= b|X= y|Subject= c"),
	  F_MAIL_FIELD_REPEATED },
	{ "5322:3.6", "two From", V("From: b\r\nFROM : c\r\n"), V("From= b|FROM= c"), F_MAIL_FIELD_REPEATED },
	{ "5322:3.6", "two Date", V("Date: b\r\nDate: c\r\n"), V("Date= b|Date= c"), F_MAIL_FIELD_REPEATED },
	{ "5322:3.6", "two To", V("To: b\r\nTo: c\r\n"), V("To= b|To= c"), F_MAIL_FIELD_REPEATED },
	{ "5322:3.6", "two Received are no repetition", V("Received: b\r\nReceived: c\r\n"),
	  V("Received= b|Received= c"), 0 },
	{ "2045:3", "two Content-Type", V("Content-Type: b\r\ncontent-type: c\r\n"),
	  V("Content-Type= b|content-type= c"), F_MAIL_FIELD_REPEATED },
};

static struct signet_arena arena;
static struct signet_findings notes;

static struct mail_header parse(slice block)
{
	struct mail_header h = { 0 };
	arena_reset(&arena);
	findings_init(&notes, &arena);
	if (header_parse(block, &arena, &notes, &h) != SIGNET_OK) {
		row_bool("-", "the header could be split", false, true);
	}
	return h;
}

/* No octet is lost: the fields put together are the block, and each value and name lie in their field. */
static bool is_whole(const struct mail_header *h, slice block)
{
	const char *at = block.at;
	for (size_t i = 0; i < h->n; i++) {
		const struct mail_field *f = &h->fields[i];
		const char *end = f->raw.at + f->raw.len;
		if (f->raw.at != at || f->raw.len == 0 || f->name.at < at || f->name.at + f->name.len > end ||
		    f->value.at < at || f->value.at + f->value.len > end) {
			return false;
		}
		at = end;
	}
	return at == h->block.at + h->block.len && h->block.at == block.at &&
	       (h->block.len == block.len || slice_eq(slice_from(block, h->block.len), S("\r\n")));
}

static void check_prefix(slice prefix, void *data)
{
	struct mail_header h = parse(prefix);
	bool *whole = data;
	*whole = *whole && is_whole(&h, prefix);
}

static void render(const struct mail_header *h, struct buf *b)
{
	buf_clear(b);
	for (size_t i = 0; i < h->n; i++) {
		buf_put(b, i ? S("|") : S(""));
		buf_put(b, h->fields[i].name);
		buf_put_char(b, '=');
		buf_put(b, h->fields[i].value);
	}
}

static void check_rows(void)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < ROWS(rows); i++) {
		slice block = guarded(rows[i].block, false);
		struct mail_header h = parse(block);
		render(&h, &b);
		row_slice(rows[i].clause, rows[i].what, buf_slice(&b), rows[i].want);
		bool said = rows[i].finding ? findings_has(&notes, rows[i].finding) : notes.n == 0;
		row_bool(rows[i].clause,
			 rows[i].finding ? "  ... and a finding says so" : "  ... and nothing is to say", said, true);
		bool whole = is_whole(&h, block);
		each_prefix(rows[i].block, check_prefix, &whole);
		row_bool(rows[i].clause, "  ... and no octet is lost, whatever the prefix", whole, true);
	}
	buf_finish(&b);
}

/* The end of the header, fed in two pieces cut at every place. */
static const struct {
	const char *what;
	slice octets;
	size_t want;
} ends[] = {
	{ "behind the empty line", V("A: b\r\n\r\nbody"), 8 },
	{ "an empty header", V("\r\nbody"), 2 },
	{ "an empty header, then an empty line", V("\r\n\r\nbody"), 2 },
	{ "the first of two empty lines", V("A: b\r\n\r\n\r\n\r\n"), 8 },
	{ "no empty line", V("A: b\r\nC: d\r\n"), SLICE_NONE },
	{ "bare LFs are no empty line", V("A: b\n\nbody\r\n"), SLICE_NONE },
	{ "bare CRs are no empty line", V("A: b\r\rbody\r\n"), SLICE_NONE },
	{ "LF CR LF is no empty line", V("A: b\n\r\nbody"), SLICE_NONE },
	{ "CR CR LF CR LF holds one", V("A: b\r\r\n\r\nbody"), 9 },
	{ "a line of white space is not empty", V("A: b\r\n \r\nbody"), SLICE_NONE },
	{ "nothing", V(""), SLICE_NONE },
	{ "one CR", V("\r"), SLICE_NONE },
};

static void check_ends(void)
{
	for (size_t i = 0; i < ROWS(ends); i++) {
		slice all = guarded(ends[i].octets, false);
		row_number("5322:2.1", ends[i].what, (int64_t)header_find_end(all, 0), (int64_t)ends[i].want);
		bool agree = true;
		for (size_t cut = 0; cut <= all.len; cut++) {
			size_t first = header_find_end(guarded(slice_first(all, cut), false), 0);
			size_t end = first != SLICE_NONE ? first : header_find_end(guarded(ends[i].octets, false), cut);
			agree &= end == ends[i].want;
			all = ends[i].octets;
		}
		row_bool("5322:2.1", "  ... wherever the octets are cut in two", agree, true);
	}
}

static void check_lines(void)
{
	struct buf b;
	buf_init(&b, 16 << 20);
	buf_put(&b, S("A: b\r\n c"));
	while (b.len < 8 + HEADER_LINE_OCTETS - 2) {
		buf_put_char(&b, 'x');
	}
	size_t n = b.len;
	buf_put(&b, S("\r\n"));
	parse(buf_slice(&b));
	row_bool("5322:2.1.1", "a line of 998 octets", findings_has(&notes, F_MAIL_LINE_LONG), false);
	b.len = n;
	buf_put(&b, S("xxx\r\n"));
	parse(buf_slice(&b));
	row_bool("5322:2.1.1", "a line of more", findings_has(&notes, F_MAIL_LINE_LONG), true);
	row_number("5322:2.1.1", "the finding points at the line", (int64_t)notes.at[0].offset, 6);
	row_number("5322:2.1.1", "and says how long it is", (int64_t)notes.at[0].args[0].number, 1001);
	while (b.len < 1 << 20) {
		buf_put(&b, S("yyyyyyyyyyyyyyyy"));
	}
	struct mail_header h = parse(buf_slice(&b));
	row_bool("5322:2.1.1", "a line of a megabyte", h.n == 2 && is_whole(&h, buf_slice(&b)), true);
	buf_finish(&b);
}

static void check_many(const char *what, slice unit, size_t times, size_t want)
{
	struct buf b;
	buf_init(&b, 16 << 20);
	for (size_t i = 0; i < times; i++) {
		buf_put(&b, unit);
	}
	struct mail_header h = parse(buf_slice(&b));
	bool is_capped = want == HEADER_FIELDS_MAX && times > HEADER_FIELDS_MAX;
	row_number("-", what, (int64_t)h.n, (int64_t)want);
	row_bool("-", "  ... is split without loss", is_whole(&h, buf_slice(&b)), true);
	row_bool("-", "  ... and the cap is told", findings_has(&notes, F_MAIL_TOO_MANY_FIELDS), is_capped);
	row_bool("-", "  ... and known", h.capped, is_capped);
	row_bool("-", "  ... with few findings", notes.n < 10, true);
	buf_finish(&b);
}

static void check_access(void)
{
	struct mail_header h = parse(S("a: 1\r\nB: 2\r\nA : 3\r\nnonsense\r\n"));
	row_number("5322:1.2.2", "names are found in any case", (int64_t)header_count(&h, S("A")), 2);
	row_text("5322:1.2.2", "the topmost", header_find(&h, S("A"), 0)->value, " 1");
	row_text("5322:1.2.2", "the next one", header_find(&h, S("A"), 1)->value, " 3");
	row_bool("5322:1.2.2", "there is no third", header_find(&h, S("A"), 2) == NULL, true);
	row_text("5322:2.2.3", "unfolding deletes CRLF and trims", header_unfold(S(" a\r\n b\r\n\tc \r\n "), &arena),
		 "a b\tc");
	row_text("5322:2.2.3", "a value without folds is only trimmed", header_unfold(S(" a b "), &arena), "a b");
	row_text("5322:2.2.3", "an empty one stays empty", header_unfold(S("\r\n \r\n"), &arena), "");
}

int main(void)
{
	arena_init(&arena, (size_t)64 << 20);
	check_rows();
	check_ends();
	check_lines();
	check_many("as many fields as the cap allows", S("X: y\r\n"), HEADER_FIELDS_MAX, HEADER_FIELDS_MAX);
	check_many("one more", S("X: y\r\n"), HEADER_FIELDS_MAX + 1, HEADER_FIELDS_MAX);
	check_many("a million fields", S("X: y\r\n"), 1000000, HEADER_FIELDS_MAX);
	check_many("a million lines without a colon", S("x\r\n"), 1000000, HEADER_FIELDS_MAX);
	check_many("a million bare LFs", S("x\n"), 1000000, 1);
	check_many("a million bare CRs", S("x\r"), 1000000, 1);
	check_access();
	arena_finish(&arena);
	return rows_end();
}
