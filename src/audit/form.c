/* SPDX-License-Identifier: Apache-2.0 */
#include "../base/chars.h"
#include "../base/date.h"
#include "../base/utf8.h"
#include "requirements.h"

#define LINE_OCTETS 998 /* RFC 5322 2.1.1, without CRLF */

static void tell(struct buf *seen, const char *what, slice value)
{
	if (seen->len) {
		buf_put(seen, S("; "));
	}
	buf_put_text(seen, what);
	buf_put(seen, slice_first(value, 100));
}

static bool has_long_line(slice raw)
{
	for (slice rest = raw; rest.at;) {
		slice line = slice_split(&rest, '\n');
		if (line.len && line.at[line.len - 1] == '\r') {
			line.len--;
		}
		if (line.len > LINE_OCTETS) {
			return true;
		}
	}
	return false;
}

/* A CR or LF that is no line end, or NUL (RFC 5322 2.2). */
static bool has_stray_octet(slice raw)
{
	for (size_t i = 0; i < raw.len; i++) {
		bool lf_next = i + 1 < raw.len && raw.at[i + 1] == '\n';
		if (raw.at[i] == '\0' || (raw.at[i] == '\r' && !lf_next) ||
		    (raw.at[i] == '\n' && (i == 0 || raw.at[i - 1] != '\r'))) {
			return true;
		}
	}
	return false;
}

static void lint_field(const struct mail_field *field, struct buf *seen)
{
	if (RULE("5322:2.2", !field->name.len)) {
		tell(seen, "a line is no header field: ", field->raw);
	}
	if (RULE("5322:2.1.1", has_long_line(field->raw))) {
		tell(seen, "a line has more than 998 octets: ", field->name);
	}
	if (RULE("5322:2.2", has_stray_octet(field->raw))) {
		tell(seen, "a CR or LF alone, or NUL, in ", field->name);
	}
	if (RULE("6532:3.2", !utf8_is_valid(field->raw))) {
		tell(seen, "octets that are no UTF-8 in ", field->name);
	}
}

enum signet_met judge_format(const struct sender_message *m, struct buf *seen)
{
	const struct mail_field *date = header_find(m->header, S("Date"), 0);
	int64_t epoch;
	if (RULE("5322:3.6", !date)) {
		tell(seen, "there is no Date", (slice){ 0 });
	}
	if (date && RULE("5322:3.3", !date_parse(header_unfold(date->value, m->arena), &epoch))) {
		tell(seen, "Date cannot be read: ", header_unfold(date->value, m->arena));
	}
	if (RULE("5322:3.6", !header_find(m->header, S("From"), 0))) {
		tell(seen, "there is no From", (slice) { 0 });
	}
	for (size_t i = 0; i < m->header->n; i++) {
		lint_field(&m->header->fields[i], seen);
	}
	if (seen->len) {
		return SIGNET_NOT_MET;
	}
	tell(seen, "no fault in the header", (slice) { 0 });
	return SIGNET_MET;
}

enum signet_met judge_one_from(const struct sender_message *m, struct buf *seen)
{
	const struct signet_dossier *d = m->dossier;
	buf_put_number(seen, d->n_from_fields);
	buf_put(seen, d->n_from_fields == 1 ? S(" From field with ") : S(" From fields with "));
	buf_put_number(seen, d->n_from);
	buf_put(seen, d->n_from == 1 ? S(" address") : S(" addresses"));
	return RULE("5322:3.6.2", d->n_from_fields == 1 && d->n_from == 1) ? SIGNET_MET : SIGNET_NOT_MET;
}

/* msg-id = "<" id-left "@" id-right ">", read as loosely as can be (RFC 5322 3.6.4) */
static bool is_message_id(slice id)
{
	if (id.len < 5 || id.at[0] != '<' || id.at[id.len - 1] != '>') {
		return false;
	}
	slice inner = slice_make(id.at + 1, id.len - 2);
	size_t at = slice_find_last_char(inner, '@');
	for (size_t i = 0; i < inner.len; i++) {
		if (char_is(inner.at[i], C_WSP | C_CTL) || inner.at[i] == '<' || inner.at[i] == '>') {
			return false;
		}
	}
	return at != SLICE_NONE && at > 0 && at + 1 < inner.len;
}

enum signet_met judge_single_fields(const struct sender_message *m, struct buf *seen)
{
	static const char *const names[] = { "Date", "From",       "Sender",      "Reply-To",   "To",     "Cc",
					     "Bcc",  "Message-ID", "In-Reply-To", "References", "Subject" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (RULE("5322:3.6", header_count(m->header, slice_of(names[i])) > 1)) {
			tell(seen, "more than one ", slice_of(names[i]));
		}
	}
	const struct mail_field *field = header_find(m->header, S("Message-ID"), 0);
	if (!field) {
		tell(seen, "there is no Message-ID", (slice) { 0 });
	} else if (RULE("5322:3.6.4", !is_message_id(header_unfold(field->value, m->arena)))) {
		tell(seen, "the Message-ID is not valid: ", header_unfold(field->value, m->arena));
	}
	if (seen->len) {
		return SIGNET_NOT_MET;
	}
	tell(seen, "each at most once; Message-ID ", header_unfold(field->value, m->arena));
	return SIGNET_MET;
}
