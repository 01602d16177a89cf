/* SPDX-License-Identifier: Apache-2.0 */
/* The text is cut into logical lines here (quotes, parentheses, comments: RFC 1035 5.1), because ldns hides comments and
 * ours may be orders.  A line is then an order, a control entry, or a record that ldns reads. */
#include "zone_file.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/chars.h"
#include "../../src/base/cursor.h"

#define LINE_OCTETS ((size_t)1 << 20) /* one record: 64 KiB of rdata with every octet escaped, and white space */
#define FILE_OCTETS ((size_t)2 << 30)
#define DEFAULT_TTL 3600

struct file {
	struct signet_zones *zones;
	const char *name;
	struct cursor at;
	size_t line; /* of the cursor */
	size_t first_line; /* of the record being read: for errors */
	struct buf text; /* the logical line */
	struct buf record; /* the line as ldns wants it, NUL-terminated */
	ldns_rdf *origin; /* NULL: none given */
	ldns_rdf *previous;
	uint32_t ttl_s;
	char *error;
	size_t error_size;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct file *f, const char *format, ...)
{
	int n = snprintf(f->error, f->error_size, "%s:%zu: ", f->name, f->first_line);
	if (n >= 0 && (size_t)n < f->error_size) {
		va_list args;
		va_start(args, format);
		(void)vsnprintf(f->error + n, f->error_size - (size_t)n, format, args);
		va_end(args);
	}
	return false;
}

static bool fail_ldns(struct file *f, ldns_status status)
{
	const char *hint = status == LDNS_STATUS_INVALID_STR ? " (a character-string holds at most 255 octets)" : "";
	return fail(f, "%s%s", ldns_get_errorstr_by_id(status), hint);
}

/* ---- logical lines ---- */

static void skip_comment(struct file *f)
{
	while (!cursor_is_end(&f->at) && *f->at.at != '\n') {
		f->at.at++;
	}
}

/* Copies a quoted string with its quotes. */
static bool take_quoted(struct file *f)
{
	do {
		if (*f->at.at == '\\' && f->at.end - f->at.at > 1) {
			buf_put_char(&f->text, *f->at.at++);
		}
		buf_put_char(&f->text, *f->at.at++);
		if (cursor_is_end(&f->at) || *f->at.at == '\n') {
			return fail(f, "a quoted string is not closed");
		}
	} while (*f->at.at != '"');
	buf_put_char(&f->text, *f->at.at++);
	return true;
}

/* Copies one octet or group that is not a line break, a quote or a comment. */
static bool take_plain(struct file *f, int *depth)
{
	char c = *f->at.at++;
	if (c == '(' || c == ')') {
		*depth += c == '(' ? 1 : -1;
		buf_put_char(&f->text, ' ');
		return *depth >= 0 || fail(f, "a closing parenthesis too much");
	}
	if (c == '\r' && cursor_peek(&f->at) == '\n') {
		return true;
	}
	buf_put_char(&f->text, c);
	if (c == '\\' && !cursor_is_end(&f->at) && *f->at.at != '\n') {
		buf_put_char(&f->text, *f->at.at++);
	}
	return true;
}

/* Fills f->text with the next logical line and moves behind it. */
static bool take_line(struct file *f)
{
	int depth = 0;
	buf_clear(&f->text);
	f->first_line = f->line;
	while (!cursor_is_end(&f->at)) {
		char c = *f->at.at;
		if (c == '\n') {
			f->line++;
			f->at.at++;
			if (depth == 0) {
				break;
			}
			buf_put_char(&f->text, ' ');
		} else if (c == ';') {
			skip_comment(f);
		} else if (!(c == '"' ? take_quoted(f) : take_plain(f, &depth))) {
			return false;
		}
	}
	if (depth) {
		return fail(f, "a parenthesis is not closed");
	}
	return buf_ok(&f->text) || fail(f, "the record is longer than %zu octets", LINE_OCTETS);
}

/* ---- orders and control entries ---- */

static slice take_word(slice *rest)
{
	struct cursor c = cursor_of(slice_trim_fws(*rest));
	slice word = cursor_take(&c, C_VCHAR | C_8BIT);
	*rest = cursor_rest(&c);
	return word;
}

/* A name as the file means it, lower case. */
static bool parse_name(struct file *f, slice word, ldns_rdf **ret)
{
	char text[DNAME_TEXT_OCTETS + 2];
	ldns_rdf *name = NULL;
	if (word.len == 0 || word.len >= sizeof(text)) {
		return fail(f, "a name is missing or too long");
	}
	memcpy(text, word.at, word.len);
	text[word.len] = 0;
	if (slice_eq(word, S("@"))) {
		name = f->origin ? ldns_rdf_clone(f->origin) : ldns_dname_new_frm_str(".");
	} else {
		name = ldns_dname_new_frm_str(text);
	}
	if (!name) {
		return fail(f, "\"%s\" is no domain name", text);
	}
	if (f->origin && !slice_eq(word, S("@")) && !ldns_dname_str_absolute(text) &&
	    ldns_dname_cat(name, f->origin) != LDNS_STATUS_OK) {
		ldns_rdf_deep_free(name);
		return fail(f, "\"%s\" is too long a name", text);
	}
	*ret = name;
	return true;
}

static bool lower_name(const ldns_rdf *name, struct dname *ret)
{
	ret->len = ldns_rdf_size(name);
	if (ret->len == 0 || ret->len > DNAME_OCTETS) {
		return false;
	}
	memcpy(ret->at, ldns_rdf_data(name), ret->len);
	dname_lower(ret);
	return true;
}

static bool mark_failing(struct file *f, const ldns_rdf *name, uint16_t type, enum signet_dns_status status)
{
	struct dname lower;
	struct zone_node *node = lower_name(name, &lower) ? zone_node(f->zones, &lower) : NULL;
	struct zone_set *set = node && type ? zone_set(f->zones, node, type) : NULL;
	if (!node || (type && !set)) {
		return fail(f, "memory is short");
	}
	*(type ? &set->fails : &node->fails) = true;
	*(type ? &set->status : &node->status) = status;
	return true;
}

/* ";!timeout NAME [TYPE]", ";!servfail NAME [TYPE]" */
static bool take_order(struct file *f)
{
	const char *begin = f->at.at;
	skip_comment(f);
	slice rest = slice_from(slice_trim_fws(slice_between(begin, f->at.at)), 2);
	slice order = take_word(&rest);
	slice name_word = take_word(&rest);
	slice type_word = take_word(&rest);
	enum signet_dns_status status;
	if (slice_eq_nocase(order, S("timeout"))) {
		status = SIGNET_DNS_TIMEOUT;
	} else if (slice_eq_nocase(order, S("servfail"))) {
		status = SIGNET_DNS_SERVFAIL;
	} else {
		return fail(f, "unknown order \";!%.*s\"; there are ;!timeout and ;!servfail",
		            (int)slice_first(order, 40).len, order.at);
	}
	char type_text[20] = "";
	memcpy(type_text, type_word.at ? type_word.at : "", slice_first(type_word, sizeof(type_text) - 1).len);
	uint16_t type = type_word.len ? (uint16_t)ldns_get_rr_type_by_name(type_text) : 0;
	if (type_word.len && (!type || type_word.len >= sizeof(type_text))) {
		return fail(f, "unknown type \"%s\"", type_text);
	}
	if (slice_trim_fws(rest).len) {
		return fail(f, "want ;!timeout NAME [TYPE] or ;!servfail NAME [TYPE]");
	}
	ldns_rdf *name = NULL;
	if (!parse_name(f, name_word, &name)) {
		return false;
	}
	bool ok = mark_failing(f, name, type, status);
	ldns_rdf_deep_free(name);
	return ok;
}

/* Seconds, or numbers with units as BIND writes them ("1h30m"); RFC 2181 8: 31 bits. */
static bool parse_ttl(slice word, uint32_t *ret)
{
	char text[16];
	const char *end = text;
	if (word.len == 0 || word.len >= sizeof(text) || !char_is(word.at[0], C_DIGIT)) {
		return false;
	}
	memcpy(text, word.at, word.len);
	text[word.len] = 0;
	uint32_t ttl_s = ldns_str2period(text, &end);
	if (*end || ttl_s > INT32_MAX) {
		return false;
	}
	*ret = ttl_s;
	return true;
}

/* RFC 1035 5.1 and RFC 2308 4 */
static bool control(struct file *f, slice line)
{
	slice rest = line;
	slice word = take_word(&rest);
	slice value = take_word(&rest);
	if (slice_trim_fws(rest).len) {
		return fail(f, "%.*s takes one value", (int)slice_first(word, 40).len, word.at);
	}
	if (slice_eq_nocase(word, S("$TTL"))) {
		return parse_ttl(value, &f->ttl_s) || fail(f, "$TTL wants a time, not \"%.*s\"",
		                                           (int)slice_first(value, 40).len, value.len ? value.at : "");
	}
	if (!slice_eq_nocase(word, S("$ORIGIN"))) {
		return fail(f, "%.*s is not supported; there are $ORIGIN and $TTL", (int)slice_first(word, 40).len,
		            word.at);
	}
	ldns_rdf *origin = NULL;
	if (!parse_name(f, value, &origin)) {
		return false;
	}
	ldns_rdf_deep_free(f->origin);
	f->origin = origin;
	return true;
}

/* ---- records ---- */

static slice rdf_slice(const ldns_rdf *rdf)
{
	return slice_make((const char *)ldns_rdf_data(rdf), ldns_rdf_size(rdf));
}

/* All rdata one after the other as on the wire; of TXT the strings without their length octets. */
static void put_fields(struct buf *b, const ldns_rr *rr, bool strings)
{
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *rdf = ldns_rr_rdf(rr, i);
		buf_put(b, strings ? slice_from(rdf_slice(rdf), 1) : rdf_slice(rdf));
	}
}

static bool put_name(struct buf *b, const ldns_rdf *rdf)
{
	struct dname checked; /* ldns makes no others, but its word is not taken for memory */
	if (!rdf || ldns_rdf_get_type(rdf) != LDNS_RDF_TYPE_DNAME || !lower_name(rdf, &checked)) {
		return false;
	}
	dname_put_text(b, rdf_slice(rdf));
	return true;
}

/* The record in the form of the book (resolver.h); false if its fields are not what the type wants. */
static bool convert(const ldns_rr *rr, struct buf *b, struct signet_rr *ret, struct dname *target)
{
	const ldns_rdf *last = ldns_rr_rd_count(rr) ? ldns_rr_rdf(rr, ldns_rr_rd_count(rr) - 1) : NULL;
	unsigned type = ldns_rr_get_type(rr);
	bool whole = true;
	*ret = (struct signet_rr) { 0 };
	target->len = 0;
	switch (type) {
	case SIGNET_RR_MX:
		whole = ldns_rr_rd_count(rr) == 2 && put_name(b, last);
		ret->preference = whole ? ldns_rdf2native_int16(ldns_rr_rdf(rr, 0)) : 0;
		break;
	case SIGNET_RR_NS:
	case SIGNET_RR_PTR:
		whole = put_name(b, last);
		break;
	case SIGNET_RR_CNAME:
	case ZONE_DNAME:
		whole = put_name(b, last) && lower_name(last, target);
		break;
	default:
		put_fields(b, rr, type == SIGNET_RR_TXT);
	}
	ret->data = buf_slice(b);
	size_t fixed = type == SIGNET_RR_A ? 4 : type == SIGNET_RR_AAAA ? 16 : ret->data.len;
	return whole && buf_ok(b) && ret->data.len == fixed;
}

static bool add_record(struct file *f, const ldns_rr *rr, uint32_t ttl_s)
{
	struct dname owner;
	struct dname target;
	struct signet_rr own;
	struct buf data;
	buf_init(&data, LINE_OCTETS);
	enum signet_status status = SIGNET_MISUSE;
	if (lower_name(ldns_rr_owner(rr), &owner) && convert(rr, &data, &own, &target)) {
		status = zone_add(f->zones, &owner, (uint16_t)ldns_rr_get_type(rr), ttl_s, own, dname_slice(&target));
	}
	buf_finish(&data);
	switch (status) {
	case SIGNET_OK:
		return true;
	case SIGNET_LIMIT:
		return fail(f, "more than %d records of one name and type fit no answer", ZONE_SET_RECORDS);
	case SIGNET_NO_MEMORY:
		return fail(f, "memory is short");
	default:
		return fail(f, "the data does not fit the type");
	}
}

/* The owner's name, up to a blank that is not escaped; empty: the one before. */
static slice take_owner(struct cursor *c)
{
	const char *begin = c->at;
	while (!cursor_is_end(c) && !char_is(*c->at, C_WSP)) {
		c->at += *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
	}
	return slice_between(begin, c->at);
}

/* Class and TTL stand before the type in either order (RFC 1035 5.1); ldns knows one order.  No type begins with a digit. */
static bool take_class_and_ttl(struct file *f, struct cursor *c, uint32_t *ret_ttl_s)
{
	*ret_ttl_s = f->ttl_s;
	for (;;) {
		cursor_skip_fws(c);
		struct cursor ahead = *c;
		slice word = cursor_take(&ahead, C_VCHAR | C_8BIT);
		if (slice_eq_nocase(word, S("CH")) || slice_eq_nocase(word, S("HS"))) {
			return fail(f, "only class IN is supported");
		}
		if (!slice_eq_nocase(word, S("IN")) && !parse_ttl(word, ret_ttl_s)) {
			return true;
		}
		*c = ahead;
	}
}

static bool take_record(struct file *f, slice line)
{
	struct cursor c = cursor_of(line);
	slice owner = take_owner(&c);
	uint32_t ttl_s;
	if (owner.len == 0 && !f->previous) {
		return fail(f, "the first record has no name");
	}
	if (!take_class_and_ttl(f, &c, &ttl_s)) {
		return false;
	}
	buf_clear(&f->record);
	buf_put(&f->record, owner);
	buf_put(&f->record, S(" 0 IN "));
	buf_put(&f->record, cursor_rest(&c));
	buf_put_char(&f->record, 0);
	if (!buf_ok(&f->record)) {
		return fail(f, "memory is short");
	}
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, f->record.at, 0, f->origin, &f->previous);
	if (status != LDNS_STATUS_OK) {
		return fail_ldns(f, status);
	}
	bool ok = add_record(f, rr, ttl_s);
	ldns_rr_free(rr);
	return ok;
}

static bool take_entry(struct file *f)
{
	struct cursor ahead = f->at;
	(void)cursor_take(&ahead, C_WSP);
	f->first_line = f->line;
	if (cursor_take_text(&ahead, S(";!"))) {
		return take_order(f);
	}
	if (!take_line(f)) {
		return false;
	}
	slice line = buf_slice(&f->text);
	if (slice_trim_fws(line).len == 0) {
		return true;
	}
	return line.at[0] == '$' ? control(f, line) : take_record(f, line);
}

/* ldns takes and frees three blocks of 64 KiB for each record.  glibc would hand them back to the kernel every time, which
 * doubles the time of loading; it stops doing so once a larger mapped block has been freed (mallopt(3),
 * M_MMAP_THRESHOLD).  Elsewhere this is harmless. */
static void settle_heap(struct buf *b)
{
	(void)buf_reserve(b, LINE_OCTETS);
	buf_finish(b);
}

bool zone_file_read(struct signet_zones *z, slice text, const char *name, char *error, size_t error_size)
{
	struct file f = { .zones = z,
		          .name = name,
		          .at = cursor_of(text),
		          .line = 1,
		          .first_line = 1,
		          .ttl_s = DEFAULT_TTL,
		          .error = error,
		          .error_size = error_size };
	bool ok = !text.len || !memchr(text.at, 0, text.len) || fail(&f, "there is a NUL octet: not a zone file");
	buf_init(&f.text, LINE_OCTETS);
	buf_init(&f.record, LINE_OCTETS + 16);
	settle_heap(&f.text);
	while (ok && !cursor_is_end(&f.at)) {
		ok = take_entry(&f);
	}
	buf_finish(&f.text);
	buf_finish(&f.record);
	ldns_rdf_deep_free(f.origin);
	ldns_rdf_deep_free(f.previous);
	return ok;
}

/* ---- the public doors ---- */

static bool read_stream(FILE *stream, struct buf *b)
{
	char *to;
	size_t n;
	do {
		to = buf_reserve(b, (size_t)64 << 10);
		n = to ? fread(to, 1, (size_t)64 << 10, stream) : 0;
		b->len += n;
	} while (n);
	return buf_ok(b) && !ferror(stream);
}

static bool load(struct signet_zones *z, const char *path, char *error, size_t error_size)
{
	struct buf b;
	FILE *stream = fopen(path, "re");
	buf_init(&b, FILE_OCTETS);
	bool ok = stream && read_stream(stream, &b);
	if (!ok) {
		(void)snprintf(error, error_size, "%s: %s", path, strerror(errno));
	}
	ok = ok && zone_file_read(z, buf_slice(&b), path, error, error_size);
	if (stream) {
		fclose(stream);
	}
	buf_finish(&b);
	return ok;
}

struct signet_zones *signet_zones_load(const char *const files[], size_t n, char *error, size_t error_size)
{
	struct signet_zones *z = zone_new();
	bool ok = z != NULL;
	if (!ok) {
		(void)snprintf(error, error_size, "memory is short");
	}
	for (size_t i = 0; ok && i < n; i++) {
		ok = load(z, files[i], error, error_size);
	}
	if (!ok) {
		signet_zones_free(z);
		return NULL;
	}
	return z;
}

struct signet_zones *signet_zones_parse(signet_slice text, const char *name, char *error, size_t error_size)
{
	struct signet_zones *z = zone_new();
	if (!z) {
		(void)snprintf(error, error_size, "memory is short");
	} else if (!zone_file_read(z, text, name, error, error_size)) {
		signet_zones_free(z);
		z = NULL;
	}
	return z;
}
