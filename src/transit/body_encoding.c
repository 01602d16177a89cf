/* SPDX-License-Identifier: Apache-2.0 */
#include "body.h"

#include "../base/buf.h"
#include "../base/chars.h"

#define RECODE_STYLES 3 /* quoted-printable habits tried where another change comes on top */

/* The new content of one leaf, and what its own header must say then. */
struct recoded {
	slice content;
	enum encoding encoding;
	slice charset; /* at == NULL: unchanged */
};

/* Edits of the part's header: another transfer encoding and character set, spelled as `cte`. */
static void edit_head(struct undo *u, struct edits *e, const struct leaf *leaf, slice cte, slice charset)
{
	slice now = part_field(leaf->head, S("Content-Transfer-Encoding"));
	slice set = leaf->charset;
	bool set_first = set.at && now.at && set.at < now.at;
	bool inside = leaf->head.len && set.at >= leaf->head.at && set.at < leaf->head.at + leaf->head.len;
	if (inside && charset.at && set_first) {
		edits_add(e, offset_of(u, set.at), set.len, charset);
	}
	if (leaf->head.len && now.at && cte.at) {
		edits_add(e, offset_of(u, now.at), now.len, cte);
	}
	if (inside && charset.at && !set_first) {
		edits_add(e, offset_of(u, set.at), set.len, charset);
	}
}

static bool try_leaf(struct undo *u, const char *label, const struct leaf *leaf, slice content, slice cte,
                     slice charset)
{
	struct edits e = edits_of(u);
	edit_head(u, &e, leaf, cte, charset);
	struct edit edit = raw_edit(u, leaf->raw, content);
	edits_add(&e, edit.at, edit.len, edit.with);
	return undo_try(u, label, e.at, e.n);
}

/* Deletes the whole field: some authors give no transfer encoding at all. */
static bool try_without_cte(struct undo *u, const char *label, const struct leaf *leaf, slice content)
{
	slice now = part_field(leaf->head, S("Content-Transfer-Encoding"));
	if (!now.at) {
		return false;
	}
	size_t start = slice_find_nocase(leaf->head, S("Content-Transfer-Encoding"));
	const char *at = leaf->head.at + start;
	struct edit edits[2] = { { offset_of(u, at), (size_t)(now.at + now.len + 2 - at), S("") },
		                 raw_edit(u, leaf->raw, content) };
	return undo_try(u, label, edits, 2);
}

static const slice plain_names[] = { { "8bit", 4 }, { "7bit", 4 }, { "binary", 6 }, { "8BIT", 4 }, { "7BIT", 4 } };

/* The content without any encoding, under each name that says so. */
static bool try_plain(struct undo *u, const char *label, const struct leaf *leaf, slice content, slice charset)
{
	size_t n = leaf->head.len ? sizeof(plain_names) / sizeof(plain_names[0]) : 1;
	for (size_t i = 0; i < n; i++) {
		if (try_leaf(u, label, leaf, content, plain_names[i], charset)) {
			return true;
		}
	}
	return try_without_cte(u, label, leaf, content);
}

/* The same, with the line end that an encoder dropped or added before the delimiter. */
static bool try_plain_ends(struct undo *u, const char *label, const struct leaf *leaf, slice content, slice charset)
{
	slice longer = ARENA_JOIN(u->arena, content, S("\r\n"));
	size_t n = content.len;
	while (n && char_is(content.at[n - 1], C_CRLF)) {
		n--;
	}
	return try_plain(u, label, leaf, content, charset) ||
	       (leaf->head.len && (try_plain(u, label, leaf, longer, charset) ||
	                           try_plain(u, label, leaf, slice_first(content, n), charset)));
}

/* LF alone becomes CRLF: text in base64 often has Unix line ends. */
static slice with_crlf(struct undo *u, slice text)
{
	struct edits e = edits_of(u);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '\n' && (i == 0 || text.at[i - 1] != '\r')) {
			edits_add(&e, i, 0, S("\r"));
		}
	}
	return e.n ? edits_apply(u->arena, text, e.at, e.n) : text;
}

static bool undo_decode(struct undo *u, const struct leaf *leaf)
{
	const char *label = leaf->encoding == ENCODING_QP ? "8bit-to-quoted-printable" : "8bit-to-base64";
	slice none = { 0 };
	slice lines = with_crlf(u, leaf->text);
	return try_plain_ends(u, label, leaf, leaf->text, none) ||
	       (!slice_eq(lines, leaf->text) && try_plain_ends(u, label, leaf, lines, none));
}

static slice encoding_name(const struct leaf *leaf, const char *name)
{
	return leaf->encoding == ENCODING_QP || leaf->encoding == ENCODING_BASE64 ? (slice){ 0 } : slice_of(name);
}

/* Quoted-printable of `text` by every habit. */
static bool undo_encode_qp(struct undo *u, const char *label, const struct leaf *leaf, slice text, slice charset,
                           size_t from, size_t to)
{
	struct qp_style style;
	for (size_t i = from; i < to && qp_style_nth(i, &style) && u->octets_left; i++) {
		struct arena_mark mark = arena_mark(u->arena);
		slice content = undo_spend(u, text.len / 4) ? qp_encode(text, &style, u->arena) : S("");
		slice cte = leaf->encoding == ENCODING_QP ? (slice){ 0 } : S("quoted-printable");
		if (try_leaf(u, label, leaf, content, cte, charset) ||
		    (leaf->head.len &&
		     try_leaf(u, label, leaf, ARENA_JOIN(u->arena, content, S("\r\n")), cte, charset))) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

/* Another line length, the common ones first. */
static bool undo_base64_width(struct undo *u, const char *label, const struct leaf *leaf, slice octets, slice charset)
{
	static const size_t usual[] = { 76, 72, 64,  60,  0,  78,  57,  70,  80,  74,
		                        75, 68, 100, 128, 48, 984, 988, 990, 996, 998 };
	size_t n = sizeof(usual) / sizeof(usual[0]);
	slice cte = leaf->encoding == ENCODING_BASE64 ? (slice){ 0 } : S("base64");
	for (size_t i = 0; i < n + (u->effort ? 128 : 0) && u->octets_left; i++) {
		struct arena_mark mark = arena_mark(u->arena);
		slice content = base64_encode(octets, i < n ? usual[i] : (i - n) * 4 + 4, u->arena);
		slice longer = ARENA_JOIN(u->arena, content, S("\r\n"));
		if (try_leaf(u, label, leaf, content, cte, charset) || try_leaf(u, label, leaf, longer, cte, charset)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

/* Escapes of one leaf with their digits in the other case. */
static void flip_hex(struct undo *u, struct edits *e, slice raw, bool to_lower)
{
	char *flipped = arena_octets(u->arena, raw.len + 1);
	for (size_t i = 0; flipped && i + 2 < raw.len; i++) {
		if (raw.at[i] != '=' || char_hex(raw.at[i + 1]) < 0 || char_hex(raw.at[i + 2]) < 0) {
			continue;
		}
		for (size_t k = i + 1; k < i + 3; k++) {
			flipped[k] = to_lower ? char_lower(raw.at[k]) : char_upper(raw.at[k]);
		}
		if (memcmp(flipped + i + 1, raw.at + i + 1, 2) != 0) {
			edits_add(e, offset_of(u, raw.at) + i + 1, 2, slice_make(flipped + i + 1, 2));
		}
		i += 2;
	}
}

static bool undo_hex_case(struct undo *u)
{
	for (unsigned to_lower = 0; to_lower < 2; to_lower++) {
		struct edits all = edits_of(u);
		for (size_t i = 0; i < u->parts->n_leaves; i++) {
			const struct leaf *leaf = &u->parts->leaves[i];
			struct edits one = edits_of(u);
			if (leaf->encoding == ENCODING_QP) {
				flip_hex(u, &all, leaf->raw, to_lower);
				flip_hex(u, &one, leaf->raw, to_lower);
			}
			if (undo_any(u, "quoted-printable-hex-case", &one)) {
				return true;
			}
		}
		if (undo_any(u, "quoted-printable-hex-case", &all)) {
			return true;
		}
	}
	return false;
}

static bool is_text(const struct leaf *leaf)
{
	return leaf->text.at && slice_starts_nocase(leaf->type, S("text/"));
}

/* Every text in quoted-printable, encoded once more by one habit. */
static bool undo_rewrap_all(struct undo *u)
{
	struct qp_style style;
	for (size_t k = 0; k < QP_STYLES_LIKELY && qp_style_nth(k, &style); k++) {
		struct arena_mark mark = arena_mark(u->arena);
		struct edits e = edits_of(u);
		for (size_t i = 0; i < u->parts->n_leaves; i++) {
			const struct leaf *leaf = &u->parts->leaves[i];
			if (is_text(leaf) && leaf->encoding == ENCODING_QP && undo_spend(u, leaf->raw.len)) {
				struct edit edit = raw_edit(u, leaf->raw, qp_encode(leaf->text, &style, u->arena));
				edits_add(&e, edit.at, edit.len, edit.with);
			}
		}
		if (e.n > 1 && undo_try(u, "quoted-printable-rewrapped", e.at, e.n)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

/* Every text that is in the clear, encoded by one habit. */
static bool undo_encode_all(struct undo *u)
{
	struct qp_style style;
	for (size_t k = 0; k < QP_STYLES_LIKELY && qp_style_nth(k, &style); k++) {
		struct arena_mark mark = arena_mark(u->arena);
		struct edits e = edits_of(u);
		size_t n = 0;
		for (size_t i = 0; i < u->parts->n_leaves; i++) {
			const struct leaf *leaf = &u->parts->leaves[i];
			bool text = is_text(leaf) && leaf->encoding == ENCODING_NONE;
			slice now = part_field(leaf->head, S("Content-Transfer-Encoding"));
			if (text && slice_starts_nocase(now, S("8bit")) && undo_spend(u, leaf->raw.len)) {
				edit_head(u, &e, leaf, S("quoted-printable"), (slice){ 0 });
				struct edit edit = raw_edit(u, leaf->raw, qp_encode(leaf->raw, &style, u->arena));
				edits_add(&e, edit.at, edit.len, edit.with);
				n++;
			}
		}
		if (n > 1 && undo_try(u, "quoted-printable-to-8bit", e.at, e.n)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

static bool undo_qp(struct undo *u, const struct leaf *leaf)
{
	if (u->effort == 0) {
		return undo_decode(u, leaf) || undo_encode_qp(u, "quoted-printable-rewrapped", leaf, leaf->text,
		                                              (slice){ 0 }, 0, QP_STYLES_LIKELY);
	}
	if (u->effort == 1) {
		return undo_encode_qp(u, "quoted-printable-rewrapped", leaf, leaf->text, (slice){ 0 },
		                      QP_STYLES_LIKELY, SIZE_MAX);
	}
	return undo_base64_width(u, "8bit-to-quoted-printable", leaf, leaf->text, (slice){ 0 });
}

static bool has_8bit(slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] & 0x80) {
			return true;
		}
	}
	return false;
}

static bool undo_plain_leaf(struct undo *u, const struct leaf *leaf)
{
	if (!slice_starts_nocase(leaf->type, S("text/"))) {
		return false;
	}
	bool likely = has_8bit(leaf->raw) || slice_find_char(leaf->raw, '=') != SLICE_NONE;
	if (u->effort == 0 && likely) {
		return undo_encode_qp(u, "quoted-printable-to-8bit", leaf, leaf->raw, (slice){ 0 }, 0,
		                      QP_STYLES_LIKELY);
	}
	return u->effort == 1 && undo_encode_qp(u, "quoted-printable-to-8bit", leaf, leaf->raw, (slice){ 0 },
	                                        likely ? QP_STYLES_LIKELY : 0, likely ? SIZE_MAX : QP_STYLES_LIKELY);
}

/* Every leaf of that encoding decoded at once. */
static bool undo_decode_all(struct undo *u, enum encoding encoding)
{
	struct edits e = edits_of(u);
	size_t n = 0;
	for (size_t i = 0; i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		if (leaf->encoding == encoding && is_text(leaf)) {
			edit_head(u, &e, leaf, has_8bit(leaf->text) ? S("8bit") : S("7bit"), (slice){ 0 });
			struct edit edit = raw_edit(u, leaf->raw, leaf->text);
			edits_add(&e, edit.at, edit.len, edit.with);
			n++;
		}
	}
	return n > 1 && undo_try(u, encoding == ENCODING_QP ? "8bit-to-quoted-printable" : "8bit-to-base64", e.at, e.n);
}

/* Every base64 leaf at another width. */
static bool undo_base64_all(struct undo *u)
{
	static const size_t usual[] = { 76, 72, 64, 60, 0, 78, 57, 70, 80 };
	for (size_t w = 0; w < sizeof(usual) / sizeof(usual[0]) && u->octets_left; w++) {
		struct arena_mark mark = arena_mark(u->arena);
		struct edits e = edits_of(u);
		for (size_t i = 0; i < u->parts->n_leaves; i++) {
			const struct leaf *leaf = &u->parts->leaves[i];
			if (leaf->encoding == ENCODING_BASE64 && leaf->text.at) {
				slice content = base64_encode(leaf->text, usual[w], u->arena);
				struct edit edit =
					raw_edit(u, leaf->raw, ARENA_JOIN(u->arena, content, leaf->codec.tail));
				edits_add(&e, edit.at, edit.len, edit.with);
			}
		}
		if (e.n > 1 && undo_try(u, "base64-rewrapped", e.at, e.n)) {
			return true;
		}
		arena_rewind(u->arena, mark);
	}
	return false;
}

bool undo_encoding(struct undo *u)
{
	if (undo_hex_case(u) || (u->effort == 0 && (undo_encode_all(u) || undo_rewrap_all(u)))) {
		return true;
	}
	if (u->effort == 0 &&
	    (undo_decode_all(u, ENCODING_QP) || undo_decode_all(u, ENCODING_BASE64) || undo_base64_all(u))) {
		return true;
	}
	for (size_t i = 0; i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		bool found = false;
		if (!leaf->text.at || leaf->text.len == 0) {
			continue;
		}
		if (leaf->encoding == ENCODING_QP) {
			found = undo_qp(u, leaf);
		} else if (leaf->encoding == ENCODING_BASE64) {
			found = (u->effort == 0 && slice_starts_nocase(leaf->type, S("text/")) &&
			         undo_decode(u, leaf)) ||
			        (u->effort < 2 &&
			         undo_base64_width(u, "base64-rewrapped", leaf, leaf->text, (slice){ 0 })) ||
			        (u->effort == 2 && slice_starts_nocase(leaf->type, S("text/")) &&
			         undo_encode_qp(u, "8bit-to-base64", leaf, leaf->text, (slice){ 0 }, 0, 40));
		} else if (leaf->encoding == ENCODING_NONE && u->effort < 2) {
			found = undo_plain_leaf(u, leaf);
		}
		if (found) {
			return true;
		}
	}
	return false;
}

/* ---- character sets ---- */

/* `text` is what the part held before: in any encoding it may have had. */
static bool try_text(struct undo *u, const char *label, const struct leaf *leaf, slice text, slice charset)
{
	if (leaf->exact && leaf->encoding != ENCODING_NONE &&
	    try_leaf(u, label, leaf, leaf_encode(leaf, text, u->arena), (slice){ 0 }, charset)) {
		return true;
	}
	if (try_plain_ends(u, label, leaf, text, charset)) {
		return true;
	}
	return u->effort > 0 &&
	       (undo_encode_qp(u, label, leaf, text, charset, 0, RECODE_STYLES) ||
	        try_leaf(u, label, leaf, base64_encode(text, 76, u->arena), encoding_name(leaf, "base64"), charset) ||
	        try_leaf(u, label, leaf, ARENA_JOIN(u->arena, base64_encode(text, 76, u->arena), S("\r\n")),
	                 encoding_name(leaf, "base64"), charset));
}

#define SPELLINGS 3

/* The names a part may have had for its set before; for the message itself they stand in the header, not here. */
static const char *const spelled[CHARSET_N][SPELLINGS] = {
	{ "utf-8", "UTF-8", "utf8" },
	{ "iso-8859-1", "ISO-8859-1", "latin1" },
	{ "windows-1252", "Windows-1252", "cp1252" },
	{ "iso-8859-15", "ISO-8859-15", "latin9" },
};

static bool try_set(struct undo *u, const char *label, const struct leaf *leaf, slice text, enum charset set)
{
	for (size_t i = 0; i < (leaf->head.len ? SPELLINGS : 1U); i++) {
		if (try_text(u, label, leaf, text, slice_of(spelled[set][i]))) {
			return true;
		}
	}
	return false;
}

static bool undo_leaf_charset(struct undo *u, const struct leaf *leaf)
{
	for (unsigned now = 0; now < CHARSET_N; now++) {
		for (unsigned was = 0; was < CHARSET_N; was++) {
			slice text;
			if (now != was && undo_spend(u, leaf->text.len) &&
			    charset_convert(leaf->text, (enum charset)now, (enum charset)was, u->arena, &text) &&
			    !slice_eq(text, leaf->text) &&
			    try_set(u, "charset-transcoded", leaf, text, (enum charset)was)) {
				return true;
			}
		}
	}
	return false;
}

/* Every text back in the set it had, under this name. */
static bool try_sets(struct undo *u, enum charset now, enum charset was, slice name)
{
	struct edits e = edits_of(u);
	size_t n = 0;
	for (size_t i = 0; i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		slice text;
		if (!is_text(leaf) || !leaf->exact || !undo_spend(u, leaf->text.len) ||
		    !charset_convert(leaf->text, now, was, u->arena, &text)) {
			continue;
		}
		struct edit edit = leaf_edit(u, leaf, text);
		edit_head(u, &e, leaf, (slice){ 0 }, name);
		edits_add(&e, edit.at, edit.len, edit.with);
		n++;
	}
	return n > 1 && undo_try(u, "charset-transcoded", e.at, e.n);
}

static bool undo_charset_all(struct undo *u)
{
	for (unsigned now = 0; now < CHARSET_N; now++) {
		for (unsigned was = 0; was < CHARSET_N; was++) {
			for (size_t i = 0; now != was && i < SPELLINGS; i++) {
				struct arena_mark mark = arena_mark(u->arena);
				slice name = slice_of(spelled[was][i]);
				if (try_sets(u, (enum charset)now, (enum charset)was, name)) {
					return true;
				}
				arena_rewind(u->arena, mark);
			}
		}
	}
	return false;
}

/* The octets of UTF-8 taken for another set and written as UTF-8 once more: the same again, backwards, keeping the
 * declared set. */
static bool undo_leaf_mojibake(struct undo *u, const struct leaf *leaf)
{
	static const enum charset sets[] = { CHARSET_LATIN_1, CHARSET_WINDOWS_1252, CHARSET_LATIN_9 };
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		slice once, twice;
		if (charset_convert(leaf->text, CHARSET_UTF_8, sets[i], u->arena, &once) &&
		    !slice_eq(once, leaf->text)) {
			/* UTF-8 text that was read as the set, or text of the set that was relabelled as UTF-8 */
			bool utf_8 =
				charset_convert(once, CHARSET_UTF_8, CHARSET_UTF_8, u->arena, &twice) && has_8bit(once);
			if (utf_8 && try_text(u, "mojibake", leaf, once, (slice){ 0 })) {
				return true;
			}
		}
	}
	return false;
}

bool undo_charset(struct undo *u)
{
	for (size_t i = 0; i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		if (has_8bit(leaf->text) && is_text(leaf) &&
		    (undo_leaf_mojibake(u, leaf) || undo_leaf_charset(u, leaf))) {
			return true;
		}
	}
	return u->effort == 0 && u->parts->n_leaves > 1 && undo_charset_all(u);
}

/* ---- the eighth bit ---- */

/* What a UTF-8 character loses its bits to: 0xc3 0xa4 becomes "C$". */
static size_t stripped_length(slice rest)
{
	unsigned char first = (unsigned char)rest.at[0];
	size_t n = first == 0x43 || first == 0x42 || first == 0x44 || first == 0x45 ? 2
	           : first >= 0x60 && first <= 0x6f                                 ? 3
	                                                                            : 0;
	if (n == 0 || n > rest.len) {
		return 0;
	}
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)rest.at[i];
		if (c > 0x3f || c == '\r' || c == '\n') {
			return 0;
		}
	}
	return n;
}

bool undo_eighth_bit(struct undo *u)
{
	if (has_8bit(u->body)) {
		return false;
	}
	struct edits sure = edits_of(u), likely = edits_of(u), two = edits_of(u);
	char *restored = arena_octets(u->arena, u->body.len + 1);
	for (size_t i = 0; restored && i < u->body.len; i++) {
		restored[i] = (char)(u->body.at[i] | 0x80);
	}
	for (size_t i = 0; restored && i < u->body.len; i++) {
		size_t n = stripped_length(slice_from(u->body, i));
		if (n == 0) {
			continue;
		}
		char next = u->body.at[i + 1];
		bool control = char_is(next, C_CTL) || (n == 3 && char_is(u->body.at[i + 2], C_CTL));
		bool inside = n == 2 && next != ' ' && next != '.' && next != ',';
		if (control) {
			edits_add(&sure, i, n, slice_make(restored + i, n));
		}
		if (control || inside) {
			edits_add(&likely, i, n, slice_make(restored + i, n));
		}
		if (control || n == 2) {
			edits_add(&two, i, n, slice_make(restored + i, n));
		}
		i += control || inside ? n - 1 : 0;
	}
	return undo_any(u, "eighth-bit-stripped", &likely) || undo_any(u, "eighth-bit-stripped", &sure) ||
	       undo_any(u, "eighth-bit-stripped", &two);
}
