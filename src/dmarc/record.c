/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "../base/buf.h"
#include "../base/finding.h"
#include "../tags/tags.h"
#include "uri.h"

#define RECORD_OCTETS 65535 /* a TXT record is never longer (RFC 1035 3.2.1) */

/* One record on its way into a struct. */
struct reading {
	struct signet_dmarc_record *record;
	struct signet_arena *arena;
	struct signet_findings *notes;
	slice text;
};

static const char policy_words[][11] = {
	[SIGNET_POLICY_NONE] = "none",
	[SIGNET_POLICY_QUARANTINE] = "quarantine",
	[SIGNET_POLICY_REJECT] = "reject",
};

const char *signet_policy_name(enum signet_policy policy)
{
	return policy >= SIGNET_POLICY_NONE && policy <= SIGNET_POLICY_REJECT ? policy_words[policy] : NULL;
}

/* version = "v" *WSP "=" *WSP %s"DMARC1", then *WSP and ";" or the end (RFC 9989 4.8) */
bool dmarc_record_is(slice text)
{
	struct cursor c = cursor_of(text);
	if (RULE("9989:4.7", !cursor_take_nocase(&c, S("v")))) {
		return false;
	}
	cursor_take(&c, C_WSP);
	if (RULE("9989:4.8", !cursor_take_char(&c, '='))) {
		return false;
	}
	cursor_take(&c, C_WSP);
	if (RULE("9989:4.8", !cursor_take_text(&c, S("DMARC1")))) {
		return false;
	}
	cursor_take(&c, C_WSP);
	return RULE("9989:4.8", cursor_is_end(&c) || cursor_peek(&c) == ';');
}

static size_t value_offset(const struct reading *r, const struct tag *tag)
{
	return (size_t)(tag->value.at - r->text.at);
}

/* The tag is there but holds nothing of use: `fallback` counts instead (RFC 9989 4.8: syntax errors in the rest of the
 * record are dropped in favour of the defaults). */
static void note_invalid(struct reading *r, const struct tag *tag, slice fallback)
{
	note_with(r->notes, F_DMARC_INVALID_VALUE, r->text, value_offset(r, tag), TEXT(tag->name), TEXT(tag->value),
		  TEXT(fallback));
}

static enum signet_policy policy_of(slice word)
{
	for (enum signet_policy p = SIGNET_POLICY_NONE; p <= SIGNET_POLICY_REJECT; p++) {
		if (RULE("9989:4.8", slice_eq_nocase(word, slice_of(policy_words[p])))) {
			return p;
		}
	}
	return SIGNET_POLICY_INVALID;
}

static enum signet_policy read_policy(struct reading *r, const struct tag *tag)
{
	enum signet_policy policy = policy_of(tag->value);
	if (policy == SIGNET_POLICY_INVALID) {
		note_with(r->notes, F_DMARC_POLICY_TYPO, r->text, value_offset(r, tag), TEXT(tag->name),
			  TEXT(tag->value));
	}
	return policy;
}

static void read_version(struct reading *r, const struct tag *tag)
{
	(void)r; /* dmarc_record_is() has seen it; a second v= is a duplicate */
	(void)tag;
}

static void read_p(struct reading *r, const struct tag *tag)
{
	r->record->p = read_policy(r, tag);
}

static void read_sp(struct reading *r, const struct tag *tag)
{
	r->record->sp = read_policy(r, tag);
}

static void read_np(struct reading *r, const struct tag *tag)
{
	r->record->np = read_policy(r, tag);
}

/* align = "r" / "s": anything else counts as r, the looser of the two (RFC 9989 4.7). */
static bool read_is_strict(struct reading *r, const struct tag *tag)
{
	if (RULE("9989:4.7", slice_eq_nocase(tag->value, S("s")))) {
		return true;
	}
	if (!slice_eq_nocase(tag->value, S("r"))) {
		note_invalid(r, tag, S("r"));
	}
	return false;
}

static void read_adkim(struct reading *r, const struct tag *tag)
{
	r->record->dkim_strict = read_is_strict(r, tag);
}

static void read_aspf(struct reading *r, const struct tag *tag)
{
	r->record->spf_strict = read_is_strict(r, tag);
}

/* t = "y" / "n": only y tests (RFC 9989 4.7). */
static void read_t(struct reading *r, const struct tag *tag)
{
	r->record->testing = RULE("9989:4.7", slice_eq_nocase(tag->value, S("y")));
	if (!r->record->testing && !slice_eq_nocase(tag->value, S("n"))) {
		note_invalid(r, tag, S("n"));
	}
}

/* psd = "y" / "n" / "u"; anything else counts as u (RFC 9989 4.7). */
static char psd_of(slice value)
{
	char c = value.len == 1 ? char_lower(value.at[0]) : 'u';
	return RULE("9989:4.7", c == 'y' || c == 'n') ? c : 'u';
}

static void read_psd(struct reading *r, const struct tag *tag)
{
	r->record->psd = psd_of(tag->value);
	if (r->record->psd == 'u' && !slice_eq_nocase(tag->value, S("u"))) {
		note_invalid(r, tag, S("u"));
	}
}

char dmarc_record_psd(slice text)
{
	struct cursor c = cursor_of(text);
	struct tag tag;
	enum tag_step step;
	while ((step = tags_next(&c, &tag)) != TAG_END) {
		if (step == TAG_ONE && slice_eq_nocase(tag.name, S("psd"))) {
			return psd_of(tag.value); /* of duplicates the first counts */
		}
	}
	return 'u';
}

static void note_obsolete(struct reading *r, const struct tag *tag)
{
	note_with(r->notes, F_DMARC_OBSOLETE_TAG, r->text, tag->offset, TEXT(tag->name));
}

static void read_obsolete(struct reading *r, const struct tag *tag)
{
	note_obsolete(r, tag); /* rf, ri */
}

/* pct = 1*3DIGIT, 0..100 (RFC 7489 6.3); an unknown tag to RFC 9989, kept for the older mode. */
static void read_pct(struct reading *r, const struct tag *tag)
{
	uint64_t pct = 100;
	if (RULE("7489:6.3", !number_parse(tag->value, 100, &pct))) {
		note_invalid(r, tag, S("100"));
	}
	r->record->pct = (unsigned)pct;
	if (pct < 100) {
		note_with(r->notes, F_DMARC_PCT, r->text, tag->offset, NUMBER(pct));
	} else {
		note_obsolete(r, tag);
	}
}

/* fo is a colon list of "0", "1", "d" and "s", each at most once, and not both "0" and "1" (RFC 9989 4.8).  A word that
 * is none of these makes it count as "0"; a contradiction is only told of. */
static void read_fo(struct reading *r, const struct tag *tag)
{
	static const slice words = { "01ds", 4 };
	unsigned seen = 0;
	bool twice = false;
	slice part;
	for (slice rest = tag->value; tag_take_part(&rest, ':', &part);) {
		size_t i = part.len == 1 ? slice_find_char(words, char_lower(part.at[0])) : SLICE_NONE;
		if (RULE("9989:4.8", i == SLICE_NONE)) {
			note_invalid(r, tag, S("0"));
			return;
		}
		twice |= (seen & 1u << i) != 0;
		seen |= 1u << i;
	}
	if (RULE("9989:4.8", twice || (seen & 3) == 3)) {
		note_with(r->notes, F_DMARC_FO_CONTRADICTS, r->text, value_offset(r, tag), TEXT(tag->value));
	}
	r->record->has_fo = true;
	r->record->fo = tag->value;
}

/* One address of a list; false if it cannot be used. */
static bool read_uri(struct reading *r, const struct tag *tag, slice part, slice *ret)
{
	size_t offset = (size_t)(part.at - r->text.at);
	bool has_size;
	if (!dmarc_uri_parse(part, ret, &has_size)) {
		bool is_bare = slice_find_char(part, ':') == SLICE_NONE && slice_find_char(part, '@') != SLICE_NONE;
		enum finding_id id = is_bare ? F_DMARC_URI_WITHOUT_SCHEME : F_DMARC_URI_INVALID;
		note_with(r->notes, id, r->text, offset, TEXT(tag->name), TEXT(part));
		return false;
	}
	if (has_size) {
		note_with(r->notes, F_DMARC_URI_SIZE, r->text, offset + ret->len, TEXT(slice_from(part, ret->len)));
	}
	if (!dmarc_uri_is_mailto(*ret)) {
		note_with(r->notes, F_DMARC_URI_NOT_MAILTO, r->text, offset, TEXT(tag->name), TEXT(*ret));
	}
	return true;
}

/* urilist = uri *( *WSP "," *WSP uri ) (RFC 9989 4.8): what is no URI is left out, the others stay. */
static size_t read_uris(struct reading *r, const struct tag *tag, const slice **ret)
{
	size_t room = 1;
	size_t n = 0;
	slice part;
	for (size_t i = 0; i < tag->value.len; i++) {
		room += tag->value.at[i] == ',';
	}
	slice *uris = arena_array(r->arena, room, sizeof(*uris));
	for (slice rest = tag->value; uris && tag_take_part(&rest, ',', &part);) {
		n += read_uri(r, tag, part, &uris[n]);
	}
	*ret = uris;
	return n;
}

static void read_rua(struct reading *r, const struct tag *tag)
{
	r->record->n_rua = read_uris(r, tag, &r->record->rua);
}

static void read_ruf(struct reading *r, const struct tag *tag)
{
	r->record->n_ruf = read_uris(r, tag, &r->record->ruf);
}

/* The tags of RFC 9989 4.7, then those of RFC 7489 6.3 that are history. */
static const struct {
	const char *name;
	void (*read)(struct reading *r, const struct tag *tag);
} tag_rows[] = {
	{ "v", read_version },
	{ "p", read_p },
	{ "sp", read_sp },
	{ "np", read_np },
	{ "adkim", read_adkim },
	{ "aspf", read_aspf },
	{ "t", read_t },
	{ "psd", read_psd },
	{ "rua", read_rua },
	{ "ruf", read_ruf },
	{ "fo", read_fo },
	{ "pct", read_pct },
	{ "rf", read_obsolete },
	{ "ri", read_obsolete },
};
#define TAG_ROWS (sizeof(tag_rows) / sizeof(tag_rows[0]))

/* Reads one tag; `*seen` has a bit for each row met so far.  RFC 9989 is silent on duplicates: the first counts. */
static void read_tag(struct reading *r, const struct tag *tag, unsigned *seen)
{
	for (size_t i = 0; i < TAG_ROWS; i++) {
		if (!RULE("9989:4.8", slice_eq_nocase(tag->name, slice_of(tag_rows[i].name)))) {
			continue;
		}
		if (*seen & 1u << i) {
			note_with(r->notes, F_DMARC_DUPLICATE_TAG, r->text, tag->offset, TEXT(tag->name));
			return;
		}
		*seen |= 1u << i;
		tag_rows[i].read(r, tag);
		return;
	}
	note_with(r->notes, F_DMARC_UNKNOWN_TAG, r->text, tag->offset, TEXT(tag->name));
}

/* What no single tag tells. */
static void note_whole(struct reading *r)
{
	const struct signet_dmarc_record *d = r->record;
	const char *tag;
	enum signet_policy policy = dmarc_record_policy(d, DMARC_SUBJECT_SELF, false, &tag);
	if (policy == SIGNET_POLICY_ABSENT) {
		note(r->notes, F_DMARC_UNUSABLE, r->text, 0);
	} else if (d->p == SIGNET_POLICY_INVALID || d->sp == SIGNET_POLICY_INVALID || d->np == SIGNET_POLICY_INVALID) {
		note(r->notes, F_DMARC_DEGRADED, r->text, 0);
	}
	if (d->p == SIGNET_POLICY_ABSENT) {
		note(r->notes, F_DMARC_P_MISSING, r->text, 0);
	}
	if (d->has_fo && d->n_ruf == 0) {
		note(r->notes, F_DMARC_FO_WITHOUT_RUF, r->text, 0);
	}
	if (d->n_rua == 0) {
		note(r->notes, F_DMARC_NO_RUA, r->text, 0);
	}
}

bool signet_dmarc_record_parse(signet_slice text, struct signet_arena *arena, struct signet_findings *findings,
			       struct signet_dmarc_record *ret)
{
	struct cursor c = cursor_of(text);
	struct tag tag;
	enum tag_step step;
	unsigned seen = 0;
	if (!dmarc_record_is(text)) {
		return false;
	}
	*ret = (struct signet_dmarc_record){ .text = text, .psd = 'u', .pct = 100, .fo = S("0") };
	struct reading r = { ret, arena, findings, text };
	for (size_t n = 0; (step = tags_next(&c, &tag)) != TAG_END; n++) {
		if (step == TAG_BROKEN) {
			note(findings, F_DMARC_SYNTAX, text, tag.offset);
			continue;
		}
		if (n > 1 && slice_eq_nocase(tag.name, S("p"))) {
			note(findings, F_DMARC_P_LATE, text, tag.offset);
		}
		read_tag(&r, &tag, &seen);
	}
	note_whole(&r);
	return true;
}

enum signet_policy dmarc_record_policy(const struct signet_dmarc_record *record, enum dmarc_subject subject,
				       bool rfc7489, const char **ret_tag)
{
	enum signet_policy np = rfc7489 ? SIGNET_POLICY_ABSENT : record->np;
	*ret_tag = "p";
	if (RULE("9989:4.10.1", record->p == SIGNET_POLICY_ABSENT || record->p == SIGNET_POLICY_INVALID) ||
	    RULE("9989:4.10.1", record->sp == SIGNET_POLICY_INVALID) ||
	    RULE("9989:4.10.1", np == SIGNET_POLICY_INVALID)) {
		return RULE("9989:4.10.1", record->n_rua > 0) ? SIGNET_POLICY_NONE : SIGNET_POLICY_ABSENT;
	}
	if (RULE("9989:4.7", subject == DMARC_SUBJECT_MISSING && np != SIGNET_POLICY_ABSENT)) {
		*ret_tag = "np";
		return np;
	}
	if (RULE("9989:4.7", subject != DMARC_SUBJECT_SELF && record->sp != SIGNET_POLICY_ABSENT)) {
		*ret_tag = "sp";
		return record->sp;
	}
	return record->p;
}

enum signet_policy dmarc_policy_lowered(enum signet_policy policy)
{
	return policy == SIGNET_POLICY_REJECT ? SIGNET_POLICY_QUARANTINE : SIGNET_POLICY_NONE;
}

static void put_tag(struct buf *b, const char *name, slice value)
{
	buf_put_text(b, "; ");
	buf_put_text(b, name);
	buf_put_char(b, '=');
	buf_put(b, value);
}

static void put_policy(struct buf *b, const char *name, enum signet_policy policy)
{
	const char *word = signet_policy_name(policy);
	if (word) {
		put_tag(b, name, slice_of(word));
	}
}

static void put_uris(struct buf *b, const char *name, const slice *uris, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i == 0) {
			put_tag(b, name, uris[i]);
		} else {
			buf_put_char(b, ',');
			buf_put(b, uris[i]);
		}
	}
}

signet_slice signet_dmarc_record_write(const struct signet_dmarc_record *record, struct signet_arena *arena)
{
	struct buf b;
	buf_init_arena(&b, arena, RECORD_OCTETS);
	buf_put_text(&b, "v=DMARC1");
	put_policy(&b, "p", record->p);
	put_policy(&b, "sp", record->sp);
	put_policy(&b, "np", record->np);
	if (record->psd == 'y' || record->psd == 'n') {
		put_tag(&b, "psd", slice_make(&record->psd, 1));
	}
	if (record->testing) {
		put_tag(&b, "t", S("y"));
	}
	if (record->pct < 100) {
		put_tag(&b, "pct", (slice){ 0 });
		buf_put_number(&b, record->pct);
	}
	if (record->dkim_strict) {
		put_tag(&b, "adkim", S("s"));
	}
	if (record->spf_strict) {
		put_tag(&b, "aspf", S("s"));
	}
	put_uris(&b, "rua", record->rua, record->n_rua);
	put_uris(&b, "ruf", record->ruf, record->n_ruf);
	if (record->has_fo) {
		put_tag(&b, "fo", record->fo);
	}
	return buf_ok(&b) ? buf_slice(&b) : (slice){ 0 };
}
