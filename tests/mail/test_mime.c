/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/mail/mime.h"
#include "../support/rows.h"

#include <openssl/evp.h>

#include "../../src/mail/words.h"
#include "vectors.h"

#define V(literal)                                                                                                     \
	{                                                                                                              \
		"" literal, sizeof(literal) - 1                                                                        \
	}
#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"

/* `want`: each part as depth:type/subtype{body}, a multipart as depth:type/subtype<preamble|epilogue>, in the order of
 * the text, joined by spaces. */
static const struct {
	const char *clause, *what;
	slice message;
	const char *want;
	enum finding_id finding;
} rows[] = {
	{ "2045:5.2", "no Content-Type is text/plain", V("A: b\r\n\r\nbody"), "0:text/plain{body}", 0 },
	{ "2045:5.2", "a broken Content-Type is text/plain", V("Content-Type: x\r\n\r\nbody"), "0:text/plain{body}",
	  F_MIME_TYPE_BAD },
	{ "2045:5.1", "letters of the type have no case", V("content-type: TEXT/Html\r\n\r\nbody"), "0:text/html{body}",
	  0 },
	{ "2046:5.1.1", "two parts",
	  V(MIXED "--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo\r\n--b--\r\n"),
	  "0:multipart/mixed<|> 1:text/plain{one} 1:text/html{two}", 0 },
	{ "2046:5.1.1", "preamble and epilogue", V(MIXED "pre\r\n--b\r\n\r\none\r\n--b--\r\nepi\r\n--b\r\nmore"),
	  "0:multipart/mixed<pre|epi\r\n--b\r\nmore> 1:text/plain{one}", 0 },
	{ "2046:5.1.1", "white space behind the boundary", V(MIXED "--b \t\r\n\r\none\r\n--b-- \r\n"),
	  "0:multipart/mixed<|> 1:text/plain{one}", 0 },
	{ "2046:5.1.1", "the line break before the delimiter is its own", V(MIXED "--b\r\n\r\none\r\n\r\n--b--\r\n"),
	  "0:multipart/mixed<|> 1:text/plain{one\r\n}", 0 },
	{ "2046:5.1.1", "a delimiter stands at the start of a line",
	  V(MIXED "--b\r\n\r\none --b\r\n --b\r\n\n--b\r\n--b--"),
	  "0:multipart/mixed<|> 1:text/plain{one --b\r\n --b\r\n\n--b}", 0 },
	{ "2046:5.1.1", "text behind the boundary is let pass", V(MIXED "--bx\r\n\r\none\r\n--b--\r\n"),
	  "0:multipart/mixed<|> 1:text/plain{one}", 0 },
	{ "2046:5.1.1", "empty parts", V(MIXED "--b\r\n\r\n--b\r\n--b\r\nA: b\r\n--b--"),
	  "0:multipart/mixed<|> 1:text/plain{} 1:text/plain{} 1:text/plain{}", 0 },
	{ "2046:5.1.1", "no closing delimiter", V(MIXED "--b\r\n\r\none\r\n"),
	  "0:multipart/mixed<|> 1:text/plain{one\r\n}", F_MIME_UNCLOSED },
	{ "2046:5.1.1", "no delimiter at all", V(MIXED "one\r\n"), "0:multipart/mixed<one\r\n|>", F_MIME_UNCLOSED },
	{ "2046:5.1", "no boundary", V("Content-Type: multipart/mixed\r\n\r\n--b\r\n"), "0:multipart/mixed{--b\r\n}",
	  F_MIME_BOUNDARY_MISSING },
	{ "2045:5.1", "two boundaries",
	  V("Content-Type: multipart/mixed; boundary=b; boundary=c\r\n\r\n--b\r\n\r\none\r\n--b--"),
	  "0:multipart/mixed<|> 1:text/plain{one}", F_MIME_BOUNDARY_REPEATED },
	{ "2046:5.1.1", "a nested multipart",
	  V(MIXED "--b\r\nContent-Type: multipart/alternative; boundary=\"b b\"\r\n\r\n--b b\r\n\r\none\r\n--b "
		  "b--\r\nend\r\n--b--\r\n"),
	  "0:multipart/mixed<|> 1:multipart/alternative<|end> 2:text/plain{one}", 0 },
	{ "2046:5.1.2", "the outer delimiter ends an inner multipart",
	  V(MIXED
	    "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"),
	  "0:multipart/mixed<|> 1:multipart/mixed<|> 2:text/plain{one} 1:text/plain{two}", F_MIME_UNCLOSED },
	{ "2046:5.1.1", "the longer of two boundaries with a common start",
	  V(MIXED "--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\none\r\n--bb--\r\n--b--\r\n"),
	  "0:multipart/mixed<|> 1:multipart/mixed<|> 2:text/plain{one}", 0 },
	{ "2046:5.1.5", "parts of a digest are messages",
	  V("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\none\r\n--b--\r\n"),
	  "0:multipart/digest<|> 1:message/rfc822{Subject: x\r\n\r\none} 2:text/plain{one}", 0 },
	{ "2046:5.2.1", "a message in a message",
	  V("Content-Type: message/rfc822\r\n\r\nContent-Type: text/html\r\n\r\none"),
	  "0:message/rfc822{Content-Type: text/html\r\n\r\none} 1:text/html{one}", 0 },
	{ "2046:5.2.1", "an encoded message is not entered",
	  V("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ=="), "0:message/rfc822{YQ==}",
	  0 },
};

static struct signet_arena arena;
static struct signet_findings notes;

static struct mime parse(slice message, struct mail_header *header)
{
	struct mime mime = { 0 };
	size_t end = header_find_end(message, 0);
	arena_reset(&arena);
	findings_init(&notes, &arena);
	end = end == SLICE_NONE ? message.len : end;
	if (header_parse(slice_first(message, end), &arena, &notes, header) != SIGNET_OK ||
	    mime_parse(header, slice_from(message, end), &arena, &notes, &mime) != SIGNET_OK) {
		row_bool("-", "the message could be walked", false, true);
	}
	return mime;
}

/* The pieces of a part lie one behind the other from `*at` on. */
static bool follows(const char **at, slice piece)
{
	bool ok = piece.len == 0 || piece.at == *at;
	*at += piece.len;
	return ok;
}

/* Every multipart's pieces put together are its body; every part's header and body follow each other. */
static bool is_whole(const struct mime *mime)
{
	for (size_t i = 0; i < mime->n; i++) {
		const struct mime_part *p = &mime->parts[i];
		const char *at = p->body.at;
		bool ok = true;
		if (p->first_child == MIME_NONE && !p->closing.len && !p->preamble.len) {
			continue;
		}
		ok &= follows(&at, p->preamble);
		for (size_t c = p->first_child; c != MIME_NONE; c = mime->parts[c].next) {
			const struct mime_part *child = &mime->parts[c];
			ok &= child->parent == i && child->depth == p->depth + 1;
			ok &= follows(&at, child->delimiter) && follows(&at, child->header) &&
			      follows(&at, child->body);
		}
		ok &= follows(&at, p->closing) && follows(&at, p->epilogue);
		if (!ok || at != p->body.at + p->body.len) {
			return false;
		}
	}
	return true;
}

static void check_prefix(slice prefix, void *data)
{
	struct mail_header header;
	struct mime mime = parse(prefix, &header);
	bool *whole = data;
	*whole = *whole && is_whole(&mime);
}

static void render(const struct mime *mime, struct buf *b)
{
	buf_clear(b);
	for (size_t i = 0; i < mime->n; i++) {
		const struct mime_part *p = &mime->parts[i];
		buf_put(b, i ? S(" ") : S(""));
		buf_put_number(b, p->depth);
		buf_put_char(b, ':');
		buf_put(b, p->type.type);
		buf_put_char(b, '/');
		buf_put(b, p->type.subtype);
		buf_put_char(b, mime_is_multipart(p) ? '<' : '{');
		buf_put(b, mime_is_multipart(p) ? p->preamble : p->body);
		buf_put(b, mime_is_multipart(p) ? S("|") : S(""));
		buf_put(b, p->epilogue);
		buf_put_char(b, mime_is_multipart(p) ? '>' : '}');
	}
}

static void check_rows(void)
{
	struct buf b;
	struct mail_header header;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct mime mime = parse(guarded(rows[i].message, false), &header);
		render(&mime, &b);
		row_text(rows[i].clause, rows[i].what, buf_slice(&b), rows[i].want);
		bool said = rows[i].finding ? findings_has(&notes, rows[i].finding) : notes.n == 0;
		row_bool(rows[i].clause,
			 rows[i].finding ? "  ... and a finding says so" : "  ... and nothing is to say", said, true);
		bool whole = is_whole(&mime);
		each_prefix(rows[i].message, check_prefix, &whole);
		row_bool(rows[i].clause, "  ... and no octet is lost, whatever the prefix", whole, true);
	}
	buf_finish(&b);
}

static void check_ranges(void)
{
	struct mail_header header;
	struct mime mime =
		parse(S("Content-Type: multipart/mixed;\r\n boundary*0=a;\r\n boundary*1=b\r\n\r\npre\r\n--ab\r\n"
			"Content-Transfer-Encoding: BASE64\r\n\r\nYQ==\r\n--ab\r\nContent-Disposition: "
			"attachment\r\n\r\nx\r\n"
			"--ab--\r\nepi"),
		      &header);
	row_number("2046:5.1.1", "the message and two parts", (int64_t)mime.n, 3);
	row_text("2231:3", "a boundary in two pieces", mime.parts[0].boundary, "ab");
	row_text("2046:5.1.1", "the delimiter with both line breaks", mime.parts[1].delimiter, "\r\n--ab\r\n");
	row_text("2046:5.1.1", "the header with its empty line", mime.parts[1].header,
		 "Content-Transfer-Encoding: BASE64\r\n\r\n");
	row_number("2045:6", "the encoding", mime.parts[1].encoding, TRANSFER_BASE64);
	row_text("2046:5.1.1", "the closing delimiter", mime.parts[0].closing, "\r\n--ab--\r\n");
	row_bool("2183:2.2", "an attachment", mime.parts[2].attached, true);
	row_bool("2183:2.2", "the last text is no attachment",
		 mime_find_last(&mime, S("text"), S("plain")) == &mime.parts[1], true);
	row_bool("2046:5.1.1", "there is no HTML", mime_find_last(&mime, S("text"), S("html")) == NULL, true);
}

static struct buf repeat(slice first, slice unit, size_t times, slice last)
{
	struct buf b;
	buf_init(&b, 32 << 20);
	buf_put(&b, first);
	for (size_t i = 0; i < times; i++) {
		buf_put(&b, unit);
	}
	buf_put(&b, last);
	return b;
}

static void check_caps(void)
{
	struct mail_header header;
	struct buf b = repeat(S(MIXED), S("--b\r\n\r\nx\r\n"), 100000, S("--b--\r\n"));
	struct mime mime = parse(buf_slice(&b), &header);
	row_bool("2046:5.1", "too many parts", mime.n == MIME_PARTS_MAX && mime.capped && is_whole(&mime), true);
	row_bool("2046:5.1", "  ... and a finding says so", findings_has(&notes, F_MIME_TOO_MANY_PARTS), true);
	buf_finish(&b);
	b = repeat(S(MIXED), S("--b\r\n" MIXED), 2000, S("--b--\r\n"));
	mime = parse(buf_slice(&b), &header);
	row_bool("2046:5.1", "multiparts of one boundary in each other stay flat",
		 mime.n <= MIME_PARTS_MAX && is_whole(&mime), true);
	buf_finish(&b);
	b = repeat(S(""), S("Content-Type: message/rfc822\r\n\r\n"), 2000, S("\r\n"));
	mime = parse(buf_slice(&b), &header);
	row_bool("2046:5.2.1", "messages in messages", mime.n <= MIME_DEPTH_MAX && mime.capped && is_whole(&mime),
		 true);
	buf_finish(&b);
	buf_init(&b, 1 << 20);
	for (uint64_t i = 0; i < 2 * MIME_DEPTH_MAX; i++) {
		buf_put(&b, S("Content-Type: multipart/mixed; boundary=x"));
		buf_put_number(&b, i);
		buf_put(&b, S("y\r\n\r\n--x"));
		buf_put_number(&b, i);
		buf_put(&b, S("y\r\n"));
	}
	mime = parse(buf_slice(&b), &header);
	row_bool("2046:5.1", "too deep", mime.n <= MIME_DEPTH_MAX && mime.capped && is_whole(&mime), true);
	row_bool("2046:5.1", "  ... and a finding says so", findings_has(&notes, F_MIME_TOO_DEEP), true);
	buf_finish(&b);
	b = repeat(S(MIXED), S("--\r\n"), 1000000, S(""));
	mime = parse(buf_slice(&b), &header);
	row_bool("2046:5.1", "a million lines like delimiters", mime.n == 1 && is_whole(&mime), true);
	buf_finish(&b);
}

/* The text as mail-parser shows it: decoded, in UTF-8.  Empty with at == NULL: a charset we do not decode. */
static slice shown(const struct mime_part *part, struct buf *b)
{
	slice charset = content_param(&part->type, S("charset"), &arena);
	buf_clear(b);
	transfer_decode(part->encoding, part->body, b);
	if (charset.len && !slice_eq_nocase(charset, S("utf-8")) && !slice_eq_nocase(charset, S("us-ascii"))) {
		for (size_t i = 0; i < b->len; i++) {
			if ((unsigned char)b->at[i] > 127) {
				return (slice) { 0 };
			}
		}
	}
	return words_decode(buf_slice(b), &arena).len == b->len || !b->len ? slice_make(b->at ? b->at : "", b->len)
									   : (slice) { 0 };
}

static bool same_hash(slice octets, slice hex)
{
	unsigned char digest[32];
	struct buf b;
	buf_init(&b, 65);
	EVP_Digest(octets.at, octets.len, digest, NULL, EVP_sha256(), NULL);
	buf_put_hex(&b, slice_make((const char *)digest, 32), false);
	bool same = slice_eq(buf_slice(&b), hex);
	buf_finish(&b);
	return same;
}

static size_t skipped;
static size_t hashed;

/* NULL: the part agrees. */
static const char *disagreement(const struct mime_part *part, const json_t *want, struct buf *b)
{
	const json_t *type = json_object_get(want, "content_type");
	slice kind = vector_text(want, "kind");
	if (json_is_object(type) && !(slice_eq_nocase(part->type.type, vector_text(type, "type")) &&
				      slice_eq_nocase(part->type.subtype, vector_text(type, "subtype")))) {
		return "another type";
	}
	if (!slice_eq(kind, S("text")) && !slice_eq(kind, S("html")) && !slice_eq(kind, S("binary")) &&
	    !slice_eq(kind, S("inline_binary"))) {
		return NULL;
	}
	bool is_text = json_is_integer(json_object_get(want, "utf8_length"));
	slice text = shown(part, b);
	if (!is_text) {
		text = buf_slice(b);
	}
	if (!text.at || json_is_true(json_object_get(want, "encoding_problem"))) {
		skipped++;
		return NULL;
	}
	hashed++;
	return same_hash(text, vector_text(want, "sha256")) ? NULL : "another text";
}

/* Why a case does not count; NULL: it does. */
static const char *contested(slice id)
{
	if (slice_starts(id, S("malformed"))) {
		return "malformed: no single right answer";
	}
	if (slice_eq(id, S("thirdparty-002"))) {
		return "mail-parser decodes what follows the padding of base64; RFC 2045 6.8 lets it end the data";
	}
	return slice_eq(id, S("rfc-008")) ? "a base64 message/rfc822 is against RFC 2046 5.2.1; we do not enter it"
					  : NULL;
}

/* The parts in the order of the text: those of a message in a message follow its part. */
static void flatten(const json_t *parts, json_t *flat)
{
	const json_t *part;
	size_t i;
	json_array_foreach(parts, i, part) {
		json_array_append(flat, (json_t *)(uintptr_t)part);
		flatten(json_object_get(part, "message"), flat);
	}
}

static void check_message(const json_t *one)
{
	char what[200];
	struct mail_header header;
	struct buf b;
	const char *id = json_string_value(json_object_get(one, "id"));
	snprintf(what, sizeof(what), "mime/%s", json_string_value(json_object_get(one, "file")));
	struct buf message = vector_file(what, true);
	struct mime mime = parse(buf_slice(&message), &header);
	json_t *parts = json_array();
	flatten(json_object_get(json_object_get(one, "expect"), "parts"), parts);
	const char *wrong = json_array_size(parts) == mime.n ? NULL : "another number of parts";
	buf_init(&b, 16 << 20);
	rows_case("messages", id, 0);
	row_bool("2045:2", "the message is walked without loss", mime.n > 0 && is_whole(&mime) && message.len > 0, true);
	for (size_t i = 0; i < mime.n && !wrong; i++) {
		wrong = disagreement(&mime.parts[i], json_array_get(parts, i), &b);
	}
	snprintf(what, sizeof(what), "its parts%s%s", wrong ? ": " : "", wrong ? wrong : "");
	if (contested(slice_of(id))) {
		row_contested("2045:2", what, !wrong, contested(slice_of(id)));
	} else {
		row_bool("2045:2", what, wrong == NULL, true);
	}
	rows_case(NULL, NULL, 0);
	json_decref(parts);
	buf_finish(&b);
	buf_finish(&message);
}

/* mail-parser's reading of 27 messages: number of parts, their types, the decoded text.  Not compared: texts in charsets
 * of which we decode nothing (words.h), and those mail-parser itself found broken. */
static void check_vectors(void)
{
	json_t *cases = vector_cases("mime/messages.json");
	json_t *one;
	size_t i;
	row_number("-", "the vectors are there", (int64_t)json_array_size(cases), 27);
	json_array_foreach(cases, i, one) {
		check_message(one);
	}
	printf("# texts compared: %zu, in other charsets: %zu\n", hashed, skipped);
	row_bool("-", "most texts could be compared", hashed > skipped, true);
	json_decref(cases);
}

int main(void)
{
	arena_init(&arena, (size_t)256 << 20);
	check_rows();
	check_ranges();
	check_caps();
	check_vectors();
	arena_finish(&arena);
	return rows_end();
}
