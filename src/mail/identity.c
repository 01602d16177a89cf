/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include "../base/chars.h"
#include "../base/name.h"
#include "address.h"

struct finder {
	struct signet_arena *a;
	struct signet_findings *notes;
	struct mail_identity identity;
	size_t room;      /* of identity.authors */
	size_t mailboxes; /* looked at, over all fields: each costs a normal form */
	slice *domains;
};

/* True if the domain is in the list, or was added; false past the cap. */
static bool add_domain(struct finder *f, slice domain, bool *is_new)
{
	*is_new = false;
	for (size_t i = 0; i < f->identity.n_domains; i++) {
		if (slice_eq(f->domains[i], domain)) {
			return true;
		}
	}
	if (f->identity.n_domains == IDENTITY_DOMAINS_MAX) {
		return false;
	}
	f->domains[f->identity.n_domains++] = domain;
	*is_new = true;
	return true;
}

static enum signet_status add_author(struct finder *f, struct signet_author author)
{
	struct mail_identity *id = &f->identity;
	if (id->n_authors == f->room) {
		size_t room = f->room ? f->room * 2 : 2;
		struct signet_author *authors = arena_array(f->a, room, sizeof(*authors));
		if (!authors) {
			return SIGNET_NO_MEMORY;
		}
		if (id->n_authors) {
			memcpy(authors, id->authors, id->n_authors * sizeof(*authors));
		}
		id->authors = authors;
		f->room = room;
	}
	id->authors[id->n_authors++] = author;
	return SIGNET_OK;
}

static void note_domain(struct finder *f, slice value, const struct mailbox *m)
{
	bool is_literal = m->domain.len && m->domain.at[0] == '[';
	note_with(f->notes, is_literal ? F_MAIL_DOMAIN_LITERAL : F_MAIL_DOMAIN_BAD, value, m->offset, TEXT(m->domain));
}

static enum signet_status add_mailbox(struct finder *f, slice value, const struct mailbox *m)
{
	struct signet_author author = { .address = m->address };
	bool is_new = false;
	if (f->mailboxes++ >= ADDRESS_MAILBOXES_MAX) {
		f->identity.unusable = true;
		return SIGNET_OK;
	}
	if (!m->domain.len) {
		return m->guessed ? SIGNET_OK : add_author(f, author);
	}
	if (name_normalize(m->domain, f->a, &author.domain) == NAME_BAD) {
		if (!m->guessed) {
			note_domain(f, value, m);
			f->identity.unusable = true;
			return add_author(f, author);
		}
		return SIGNET_OK; /* no reader finds a name in it */
	}
	f->identity.unusable |= !add_domain(f, author.domain, &is_new);
	return m->guessed && !is_new ? SIGNET_OK : add_author(f, author);
}

/* `hidden`: only some reader takes this for a From field; what it shows counts as guessed. */
static enum signet_status read_field(struct finder *f, slice value, bool hidden)
{
	struct address_list list;
	bool has_domain = false;
	TRY(address_parse(value, f->a, f->notes, &list));
	f->identity.ambiguous |= list.malformed;
	f->identity.unusable |= list.capped;
	for (size_t i = 0; i < list.n; i++) {
		has_domain |= list.at[i].domain.len > 0;
		list.at[i].guessed |= hidden;
		TRY(add_mailbox(f, value, &list.at[i]));
	}
	if (!has_domain && !hidden) {
		note(f->notes, F_MAIL_FROM_EMPTY, value, 0);
		f->identity.unusable = true;
	}
	return SIGNET_OK;
}

/* From at the start of `line`, with or without white space before the name and the colon; `*value` is what follows the
 * colon up to the next line end of any kind. */
static bool is_from_line(slice line, slice *value)
{
	size_t n = 0;
	while (n < line.len && char_is(line.at[n], C_WSP)) {
		n++;
	}
	line = slice_from(line, n);
	if (!slice_starts_nocase(line, S("from"))) {
		return false;
	}
	for (n = 4; n < line.len && (char_is(line.at[n], C_WSP) || line.at[n] == '\0'); n++) {
	}
	if (n == line.len || line.at[n] != ':') {
		return false;
	}
	line = slice_from(line, n + 1);
	for (n = 0; n < line.len && !char_is(line.at[n], C_CRLF); n++) {
	}
	*value = slice_first(line, n);
	return true;
}

/* Who ends lines at a bare CR or LF, strips the white space of a first line or forgives octets in the name sees a From
 * field where RFC 5322 sees none. */
static enum signet_status read_hidden(struct finder *f, const struct mail_field *field, bool whole)
{
	slice raw = field->raw;
	for (size_t i = 0; i < raw.len; i++) {
		bool is_start = i ? char_is(raw.at[i - 1], C_CRLF) && !char_is(raw.at[i], C_WSP) : whole;
		slice value;
		if (!is_start || !is_from_line(slice_from(raw, i), &value)) {
			continue;
		}
		note(f->notes, F_MAIL_FROM_HIDDEN, raw, i);
		f->identity.ambiguous = true;
		TRY(read_field(f, value, true));
	}
	return SIGNET_OK;
}

static void note_outcome(struct finder *f, const struct mail_header *h)
{
	const struct mail_identity *id = &f->identity;
	if (id->n_from_fields == 0) {
		note(f->notes, F_MAIL_FROM_NONE, slice_first(h->block, 0), 0);
	} else if (id->n_from_fields > 1) {
		note_with(f->notes, F_MAIL_FROM_SEVERAL, header_find(h, S("From"), 1)->raw, 0,
			  NUMBER(id->n_from_fields));
	}
	if (id->n_domains > 1) {
		note_with(f->notes, F_MAIL_FROM_DOMAINS, slice_first(h->block, 0), 0, NUMBER(id->n_domains),
			  TEXT(f->domains[0]), TEXT(f->domains[1]));
	}
}

enum signet_status identity_find(const struct mail_header *h, struct signet_arena *a, struct signet_findings *notes,
				 struct mail_identity *ret)
{
	struct finder f = { .a = a, .notes = notes, .domains = arena_array(a, IDENTITY_DOMAINS_MAX, sizeof(slice)) };
	if (!f.domains) {
		return SIGNET_NO_MEMORY;
	}
	f.identity.domains = f.domains;
	f.identity.n_from_fields = header_count(h, S("From"));
	for (size_t i = 0; i < h->n; i++) {
		if (slice_eq_nocase(h->fields[i].name, S("From"))) {
			TRY(read_field(&f, h->fields[i].value, false));
		}
	}
	for (size_t i = 0; i < h->n && (h->bare_line_end || h->not_a_field); i++) {
		TRY(read_hidden(&f, &h->fields[i], h->fields[i].name.len == 0));
	}
	f.identity.unusable |= h->capped;
	note_outcome(&f, h);
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	*ret = f.identity;
	return SIGNET_OK;
}

enum signet_status signet_authors(signet_slice message, struct signet_arena *arena, const struct signet_author **ret,
                                  size_t *ret_n)
{
	struct signet_findings notes;
	struct mail_header header;
	struct mail_identity id;
	size_t end = header_find_end(message, 0);
	slice block = end == SLICE_NONE ? message : slice_first(message, end);
	findings_init(&notes, arena);
	TRY(header_parse(block, arena, &notes, &header));
	TRY(identity_find(&header, arena, &notes, &id));
	*ret = id.authors;
	*ret_n = id.n_authors;
	return SIGNET_OK;
}
