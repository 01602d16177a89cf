/* SPDX-License-Identifier: Apache-2.0 */
/* signet key zone: the records, ready for a zone file or a web form. */
#include <stdio.h>

#include "key.h"

#define STRING_OCTETS 255 /* RFC 1035 3.3: of one character-string */

static void put_line(struct key_run *r, slice name, slice record)
{
	struct buf *out = &r->out;
	bool many = record.len > STRING_OCTETS;
	buf_put(out, name);
	buf_put(out, S(". "));
	buf_put_number(out, (uint64_t)r->policy.ttl_s);
	buf_put(out, S(" IN TXT"));
	buf_put_text(out, many ? " (" : "");
	for (slice rest = record; rest.len; rest = slice_from(rest, STRING_OCTETS)) {
		buf_put_text(out, many ? "\n\t\"" : " \"");
		buf_put(out, slice_first(rest, STRING_OCTETS)); /* base64 and tags need no escape */
		buf_put_char(out, '"');
	}
	buf_put_text(out, many ? " )\n" : "\n");
}

static void put_form(struct key_run *r, slice domain, slice selector, slice record)
{
	struct buf *out = &r->out;
	buf_put(out, S("; for a web form: name "));
	buf_put(out, selector);
	buf_put(out, S("._domainkey below "));
	buf_put(out, domain);
	buf_put(out, S(", type TXT, and this value in one line:\n; "));
	buf_put(out, record);
	buf_put_char(out, '\n');
}

static void put_json(struct key_run *r, const struct store_domain *d, const struct key_entry *key, slice name,
                     slice record)
{
	struct json_writer w = json_writer_of(&r->out);
	json_open(&w, '{');
	key_put_json(&w, d, key, key_now(r));
	json_member_text(&w, "name", name);
	json_member_name(&w, "type", "TXT");
	json_member_number(&w, "ttl", r->policy.ttl_s);
	json_member_text(&w, "value", record);
	json_key(&w, "strings");
	json_open(&w, '[');
	for (slice rest = record; rest.len; rest = slice_from(rest, STRING_OCTETS)) {
		json_text(&w, slice_first(rest, STRING_OCTETS));
	}
	json_close(&w, ']');
	json_close(&w, '}');
	buf_put_char(&r->out, '\n');
}

static bool is_wanted(const struct key_run *r, const struct key_entry *key)
{
	for (size_t i = 1; i < r->n_operands; i++) {
		if (slice_eq(key->selector, slice_of(r->operands[i]))) {
			return true;
		}
	}
	return r->n_operands == 1;
}

static enum exit_status put_all(struct key_run *r, const struct store_domain *d)
{
	size_t n = 0;
	if (!r->o->json) {
		buf_put(&r->out, S("; DKIM keys of "));
		buf_put(&r->out, d->domain);
		buf_put_char(&r->out, '\n');
	}
	for (size_t i = 0; i < d->state.n; i++) {
		const struct key_entry *key = &d->state.at[i];
		if (!is_wanted(r, key)) {
			continue;
		}
		slice record = key_record(r, d, key);
		slice name = signet_dkim_key_name(key->selector, d->domain, r->arena);
		if (!record.len) {
			return EXIT_BAD_INPUT;
		}
		n++;
		if (r->o->json) {
			put_json(r, d, key, name, record);
		} else {
			put_line(r, name, record);
			put_form(r, d->domain, key->selector, record);
		}
	}
	if (n == 0) {
		key_complain(r, "%s: there is no such key", d->path);
	}
	return n ? EXIT_FINE : EXIT_BAD_INPUT;
}

enum exit_status key_zone(struct key_run *r)
{
	struct store_domain d;
	slice domain;
	if (r->n_operands == 0 || !key_domain(r, r->operands[0], &domain)) {
		return EXIT_USAGE;
	}
	enum exit_status status = key_open(r, domain, STORE_READ, &d);
	if (status == EXIT_FINE) {
		status = put_all(r, &d);
		store_close(&d);
	}
	return status;
}
