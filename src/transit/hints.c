/* SPDX-License-Identifier: Apache-2.0 */
#include "hints.h"

#include "../base/chars.h"
#include "../base/cursor.h"
#include "../base/name.h"
#include "header.h"

static bool has_any(slice text, const slice words[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_find_nocase(text, words[i]) != SLICE_NONE) {
			return true;
		}
	}
	return false;
}

#define HAS_ANY(text, ...)                                                                                             \
	has_any((text), (const slice[]) { __VA_ARGS__ }, sizeof((slice[]) { __VA_ARGS__ }) / sizeof(slice))

bool has_list_traces(const struct undo *u)
{
	static const slice names[] = { { "List-Id", 7 },
		                       { "List-Post", 9 },
		                       { "X-BeenThere", 11 },
		                       { "Mailing-List", 12 },
		                       { "X-Mailing-List", 14 } };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (header_find(u->header, names[i], 0)) {
			return true;
		}
	}
	return false;
}

bool has_subject_tag(struct undo *u)
{
	struct field_edit edit;
	return subject_tag_edit(u, &edit);
}

/* ---- the body ---- */

static bool is_cut_short(const struct undo *u)
{
	const struct parts *p = u->parts;
	for (size_t i = 0; i < p->n_boxes; i++) {
		if (!p->boxes[i].closed && p->boxes[i].n) {
			return true;
		}
	}
	for (size_t i = 0; i < p->n_leaves; i++) {
		const struct leaf *leaf = &p->leaves[i];
		bool html_open = leaf->is_html && slice_find_nocase(leaf->text, S("<html")) != SLICE_NONE &&
		                 slice_find_nocase(leaf->text, S("</html")) == SLICE_NONE;
		if ((leaf->encoding == ENCODING_BASE64 && !leaf->text.at) || html_open) {
			return true;
		}
	}
	const struct mail_field *length = header_find(u->header, S("Content-Length"), 0);
	uint64_t n;
	if (length && number_parse(slice_trim_fws(length->value), UINT64_MAX / 2, &n) && n > u->body.len) {
		return true;
	}
	/* the last line is no whole line */
	return u->body.len && u->body.at[u->body.len - 1] != '\n';
}

static const char *hint_parts(const struct undo *u)
{
	const struct parts *p = u->parts;
	const struct mail_field *type = header_find(u->header, S("Content-Type"), 0);
	slice kind = type ? slice_trim_fws(type->value) : S("");
	if (header_find(u->header, S("X-Content-Filtered-By"), 0)) {
		return "html-part-removed";
	}
	if (p->n_boxes && p->boxes[0].closed && p->boxes[0].n == 2) {
		return slice_starts_nocase(kind, S("multipart/alternative")) ? "html-part-removed"
		                                                             : "attachment-removed";
	}
	for (size_t i = 0; i < p->n_boxes; i++) {
		if (p->boxes[i].alternative && p->boxes[i].closed && p->boxes[i].n == 2) {
			return "html-part-removed"; /* one alternative is none */
		}
	}
	for (size_t i = 0; i < p->n_leaves; i++) {
		slice disposition = part_field(p->leaves[i].head, S("Content-Disposition"));
		if (slice_starts_nocase(disposition, S("attachment")) && slice_trim_fws(p->leaves[i].raw).len == 0) {
			return "attachment-removed";
		}
		slice text = slice_first(p->leaves[i].text, 2000);
		bool names = text.at &&
		             HAS_ANY(text, S("attachment"), S("attached"), S(".pdf"), S(".exe"), S(".zip"), S(".doc"));
		if (names && text.len < 1500 &&
		    HAS_ANY(text, S("removed"), S("scrubbed"), S("stripped"), S("deleted"), S("blocked"),
		            S("quarantined"))) {
			return "attachment-removed";
		}
	}
	return NULL;
}

/* How often one pattern of octets stands in the text. */
static size_t count(slice text, slice pattern)
{
	size_t n = 0;
	for (size_t at = slice_find(text, pattern); at != SLICE_NONE; at = slice_find(text, pattern)) {
		text = slice_from(text, at + pattern.len);
		n++;
	}
	return n;
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

/* Text of some length in which no line is blank, or a multipart whose parts have no empty line behind their header. */
static bool lacks_blank_lines(const struct undo *u)
{
	const struct parts *p = u->parts;
	if (slice_find(u->body, S("\r\n\r\n")) != SLICE_NONE) {
		return false;
	}
	size_t lines = 0;
	for (slice rest = u->body; rest.len; lines++) {
		size_t n = slice_find(rest, S("\r\n"));
		rest = slice_from(rest, n == SLICE_NONE ? rest.len : n + 2);
	}
	return lines >= 8 &&
	       (p->n_boxes || (p->n_leaves && p->leaves[0].is_plain && p->leaves[0].encoding != ENCODING_BASE64));
}

/* The transfer encoding as the part or the message gives it. */
static slice cte_of(const struct undo *u, const struct leaf *leaf)
{
	static const slice name = { "Content-Transfer-Encoding", 25 };
	const struct mail_field *f = leaf->head.at ? NULL : header_find(u->header, name, 0);
	return leaf->head.at ? part_field(leaf->head, name) : f ? slice_trim_fws(f->value) : S("");
}

static const char *hint_charset(const struct undo *u)
{
	for (size_t i = 0; i < u->parts->n_leaves; i++) {
		const struct leaf *leaf = &u->parts->leaves[i];
		if (!leaf->text.at || !slice_starts_nocase(leaf->type, S("text/"))) {
			continue;
		}
		if (count(leaf->text, S("\xef\xbf\xbd")) || count(leaf->text, S("\xc3\x83\xc2")) ||
		    count(leaf->text, S("\xc3\x82\xc2")) || count(leaf->text, S("\xc3\xa2\xc2")) ||
		    count(leaf->text, S("\xc3\xa2\xe2\x82\xac"))) {
			return "mojibake";
		}
		slice cte = cte_of(u, leaf);
		bool wide = leaf->charset.len && !slice_eq_nocase(leaf->charset, S("us-ascii")) &&
		            !slice_starts_nocase(cte, S("7bit"));
		if (wide && leaf->encoding == ENCODING_NONE && !has_8bit(leaf->raw)) {
			size_t controls = 0;
			size_t pairs = 0, signs = 0;
			for (size_t k = 0; k + 1 < leaf->raw.len; k++) {
				char c = leaf->raw.at[k], next = leaf->raw.at[k + 1];
				controls += char_is(c, C_CTL) && !char_is(c, C_WSP | C_CRLF);
				pairs += k && char_is(leaf->raw.at[k - 1], C_ALPHA) && (c == 'C' || c == 'B') &&
				         !char_is(next, C_ALPHA | C_WSP | C_CRLF | C_8BIT);
				/* u-umlaut and sharp s of ISO 8859-1 without their eighth bit */
				signs += k && char_is(leaf->raw.at[k - 1], C_ALPHA) && (c == '|' || c == '_') &&
				         char_is(next, C_ALPHA);
			}
			if (controls || pairs > 1 || signs) {
				return "eighth-bit-stripped";
			}
		}
	}
	return NULL;
}

static bool has_footer_words(slice text)
{
	return HAS_ANY(text, S("unsubscribe"), S("mailing list"), S("________"), S("confidential"), S("disclaimer"),
	               S("listinfo"), S("You received this message because"), S("virus-free"), S("scanned"));
}

static const char *hint_text(const struct undo *u)
{
	const struct parts *p = u->parts;
	for (size_t i = 0; i < p->n_leaves; i++) {
		const struct leaf *leaf = &p->leaves[i];
		if (!leaf->text.at || !(leaf->is_plain || leaf->is_html)) {
			continue;
		}
		if (HAS_ANY(slice_first(leaf->text, leaf->is_html ? 3000 : 600), S("originated outside"),
		            S("originated from outside"), S("external email"), S("external sender"),
		            S("external message"), S("outside of your organization"), S("outside of the organization"),
		            S("[external]"))) {
			return leaf->is_html ? "html-injected" : "disclaimer-top";
		}
		slice end = slice_from(leaf->text, leaf->text.len > 800 ? leaf->text.len - 800 : 0);
		if (has_footer_words(end)) {
			bool part = i > 0 && i + 1 == p->n_leaves && leaf->is_plain;
			return part ? "footer-mime-part" : leaf->is_html ? "footer-html" : "footer-text";
		}
	}
	return p->n_boxes && has_footer_words(slice_from(u->body, p->boxes[0].after)) ? "epilogue-added" : NULL;
}

static const char *find_hint(const struct undo *u)
{
	if (slice_trim_fws(u->body).len == 0) {
		return "body-emptied";
	}
	const char *label = hint_parts(u);
	if (!label && lacks_blank_lines(u)) {
		label = "blank-lines-removed";
	}
	if (!label && is_cut_short(u)) {
		label = "body-truncated";
	}
	if (!label &&
	    HAS_ANY(u->body, S("safelinks.protection.outlook"), S("urldefense."), S("protect.mimecast.com"),
	            S("linkprotect.cudasvc"), S("protection.sophos.com"), S("secure-web.cisco.com"),
	            S("mimecast.com/s/"), S("clicktime.symantec.com"), S("www.google.com/url?q="),
	            S("ctp.trendmicro.com"), S("antispamcloud"), S("checkpoint.com/v2/"), S("fireeye.com/v1/url"))) {
		label = "link-rewritten";
	}
	label = label ? label : hint_charset(u);
	return label ? label : hint_text(u);
}

const char *hint_body(struct undo *u, bool header_broken)
{
	if (!u->parts->hint_known) {
		u->parts->hint = find_hint(u);
		u->parts->hint_known = true;
	}
	const char *label = u->parts->hint;
	if (!label && header_broken && u->parts->n_boxes) {
		/* field and body name another boundary than the signer saw: both parts break at once */
		const struct mail_field *type = header_find(u->header, S("Content-Type"), 0);
		label = type && undo_is_signed(u, undo_index(u, type)) ? "boundary-changed" : NULL;
	}
	return label;
}

/* ---- the header ---- */

static slice address_domain(slice text)
{
	size_t at = slice_find_last_char(text, '@');
	slice domain = slice_from(text, at == SLICE_NONE ? text.len : at + 1);
	size_t n = 0;
	while (n < domain.len &&
	       char_is(domain.at[n], C_LDH | C_UNDERSCORE) | (n < domain.len && domain.at[n] == '.')) {
		n++;
	}
	return slice_first(domain, n);
}

static bool is_signed_name(struct undo *u, slice name, const struct mail_field **ret)
{
	*ret = header_find(u->header, name, 0);
	return *ret && undo_is_signed(u, undo_index(u, *ret));
}

static const char *hint_addresses(struct undo *u)
{
	const struct mail_field *f;
	slice post = field_text(u, header_find(u->header, S("List-Post"), 0));
	slice list = address_domain(post);
	if (is_signed_name(u, S("From"), &f)) {
		slice text = field_text(u, f);
		slice domain = address_domain(text);
		bool elsewhere = domain.len && u->signature->domain.len &&
		                 !name_is_at_or_below(domain, u->signature->domain) &&
		                 !name_is_at_or_below(u->signature->domain, domain);
		if (slice_find_nocase(text, S(" via ")) != SLICE_NONE || elsewhere) {
			return "from-rewritten";
		}
		if (HAS_ANY(text, S("[ext"), S("external"), S("spam"))) {
			return "from-display-changed";
		}
	}
	if (has_subject_tag(u) && has_list_traces(u)) {
		return "subject-tag";
	}
	if (is_signed_name(u, S("Reply-To"), &f) && list.len && name_eq(address_domain(field_text(u, f)), list)) {
		return "reply-to-replaced";
	}
	if (is_signed_name(u, S("Reply-To"), &f)) {
		slice domain = address_domain(field_text(u, f));
		if (domain.len && !name_is_at_or_below(domain, u->signature->domain) && has_list_traces(u)) {
			return "reply-to-replaced";
		}
	}
	return NULL;
}

static const char *hint_list(struct undo *u)
{
	for (size_t i = 0; i < u->header->n; i++) {
		slice name = u->header->fields[i].name;
		if (!slice_starts_nocase(name, S("List-")) || !undo_is_signed(u, i)) {
			continue;
		}
		slice text = field_text(u, &u->header->fields[i]);
		if (slice_find_nocase(text, u->signature->domain) == SLICE_NONE) {
			return "list-header-replaced";
		}
	}
	return NULL;
}

/* What no message lacks. */
static bool is_usual(slice name)
{
	static const slice usual[] = { { "To", 2 },          { "Date", 4 },          { "Subject", 7 },
		                       { "Message-ID", 10 }, { "MIME-Version", 12 }, { "Content-Type", 12 } };
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (slice_eq_nocase(usual[i], name)) {
			return true;
		}
	}
	return false;
}

/* Listed once in h=, and not there.  A signer that over-signs lists more often what is there as well: then it says
 * something of what every message has, and of a kind of field that this signer does not over-sign. */
static const char *hint_missing(struct undo *u)
{
	bool over_signed = false, lists_plain = false;
	for (size_t i = 0; i < u->n_names; i++) {
		size_t there = header_count(u->header, u->names[i]);
		size_t listed = signature_count_name(u->signature, u->names[i]);
		over_signed |= there && listed > there;
		lists_plain |= there && listed == there && slice_starts_nocase(u->names[i], S("List-"));
	}
	for (size_t i = 0; i < u->n_names; i++) {
		bool telling = !over_signed || is_usual(u->names[i]) ||
		               (lists_plain && slice_starts_nocase(u->names[i], S("List-")));
		if (telling && header_count(u->header, u->names[i]) == 0) {
			return "header-removed";
		}
	}
	return NULL;
}

const char *hint_header(struct undo *u)
{
	const char *label = hint_addresses(u);
	label = label ? label : hint_missing(u);
	label = label ? label : hint_list(u);
	const struct mail_field *f;
	if (!label && is_signed_name(u, S("Reply-To"), &f)) {
		slice domain = address_domain(field_text(u, f));
		label = domain.len && !name_is_at_or_below(domain, u->signature->domain) ? "reply-to-replaced" : NULL;
	}
	if (!label && is_signed_name(u, S("Subject"), &f)) {
		slice text = field_text(u, f);
		label = HAS_ANY(text, S("***"), S("[spam"), S("external"), S("{spam")) ? "subject-tag" : NULL;
	}
	return label;
}
