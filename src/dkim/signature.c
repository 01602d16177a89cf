/* SPDX-License-Identifier: Apache-2.0 */
#include "signature.h"

#include "../base/base64.h"
#include "../base/name.h"
#include "../base/utf8.h"
#include "../tags/tags.h"

enum place { V, A, B, BH, C, D, H, I, L, Q, S_, T, X, Z, CV, PLACES };

static const slice known[PLACES] = {
	[V] = { "v", 1 }, [A] = { "a", 1 }, [B] = { "b", 1 },  [BH] = { "bh", 2 }, [C] = { "c", 1 },
	[D] = { "d", 1 }, [H] = { "h", 1 }, [I] = { "i", 1 },  [L] = { "l", 1 },   [Q] = { "q", 1 },
	[T] = { "t", 1 }, [X] = { "x", 1 }, [S_] = { "s", 1 }, [Z] = { "z", 1 },   [CV] = { "cv", 2 },
};

struct reader {
	struct dkim_signature *s;
	struct signet_arena *arena;
	enum signature_kind kind;
};

/* Notes what is wrong; the first fault decides about the result. */
static void fault_at(struct reader *r, const struct tag *tag, enum finding_id id, enum signet_dkim_result result,
		     const char *label)
{
	note_with(&r->s->findings, id, r->s->field->value, tag->offset, TEXT(tag->name), TEXT(tag->value));
	if (r->s->fault.result == SIGNET_DKIM_NONE) {
		r->s->fault = (struct dkim_fault){ result, label };
	}
}

/* A value that breaks its grammar: the signature cannot be processed (RFC 8601 2.7.1). */
static void bad_value(struct reader *r, const struct tag *tag)
{
	fault_at(r, tag, F_DKIM_TAG_VALUE, SIGNET_DKIM_NEUTRAL, "signature-syntax");
}

static void read_version(struct reader *r, const struct tag *tag)
{
	if (RULE("6376:6.1.1", !slice_eq(tag->value, S("1")))) {
		fault_at(r, tag, F_DKIM_VERSION_UNKNOWN, SIGNET_DKIM_PERMERROR, "version-unknown");
	}
}

static void read_algorithm(struct reader *r, const struct tag *tag)
{
	r->s->algorithm = tag->value;
	if (RULE("6376:3.3", slice_eq(tag->value, S("rsa-sha256")))) {
		r->s->key_kind = PUBKEY_RSA;
	} else if (RULE("8463:3", slice_eq(tag->value, S("ed25519-sha256")))) {
		r->s->key_kind = PUBKEY_ED25519;
	} else if (RULE("8301:3.1", slice_eq(tag->value, S("rsa-sha1")))) {
		fault_at(r, tag, F_DKIM_ALGORITHM_OBSOLETE, SIGNET_DKIM_PERMERROR, "algorithm-obsolete");
	} else if (tag->value.len == 0) {
		bad_value(r, tag);
	} else {
		fault_at(r, tag, F_DKIM_ALGORITHM_UNKNOWN, SIGNET_DKIM_NEUTRAL, "algorithm-unknown");
	}
}

/* base64string; the padding may be missing (the grammar of RFC 6376 2.10 has it optional), which is worth a finding. */
static bool decode(struct reader *r, const struct tag *tag, slice *ret)
{
	if (base64_decode(tag->value, BASE64_PADDED, r->arena, ret)) {
		return true;
	}
	if (!base64_decode(tag->value, BASE64_LENIENT, r->arena, ret)) {
		return false;
	}
	note_with(&r->s->findings, F_DKIM_UNPADDED, r->s->field->value, tag->offset, TEXT(tag->name));
	return true;
}

static void read_signature(struct reader *r, const struct tag *tag)
{
	r->s->b_given = tag->raw_value;
	if (RULE("6376:3.5", !decode(r, tag, &r->s->octets) || r->s->octets.len == 0)) {
		bad_value(r, tag);
	}
}

static void read_body_hash(struct reader *r, const struct tag *tag)
{
	if (RULE("6376:3.5", !decode(r, tag, &r->s->body_hash) || r->s->body_hash.len != DIGEST_OCTETS)) {
		bad_value(r, tag);
		r->s->body_hash = (slice){ 0 };
	}
}

static bool read_method(slice word, bool *ret_relaxed)
{
	*ret_relaxed = slice_eq(word, S("relaxed"));
	return *ret_relaxed || slice_eq(word, S("simple"));
}

/* sig-c-tag: header method, or header "/" body method; the body's default is simple */
static void read_canonicalization(struct reader *r, const struct tag *tag)
{
	slice rest = tag->value;
	slice header = slice_split(&rest, '/');
	bool good = read_method(header, &r->s->header_relaxed);
	if (RULE("6376:3.5", rest.at)) {
		good = read_method(rest, &r->s->body_relaxed) && good;
	}
	if (RULE("6376:6.1.1", !good)) {
		fault_at(r, tag, F_DKIM_CANONICALIZATION_UNKNOWN, SIGNET_DKIM_NEUTRAL, "canonicalization-unknown");
	}
}

/* sub-domain = Let-dig [Ldh-str] (RFC 5321 4.1.2), in normal form */
static bool labels_are_strict(slice name)
{
	while (name.at) {
		slice label = slice_split(&name, '.');
		if (label.at[0] == '-' || label.at[label.len - 1] == '-' || slice_find_char(label, '_') != SLICE_NONE) {
			return false;
		}
	}
	return true;
}

/* domain-name = sub-domain 1*("." sub-domain); U-labels in an internationalised field (RFC 8616 5).  A final dot would
 * defeat comparing names. */
bool signature_read_domain(slice given, struct signet_arena *a, slice *ret)
{
	slice normal;
	if (given.len == 0 || given.at[given.len - 1] == '.' || name_normalize(given, a, &normal) != NAME_GOOD ||
	    !labels_are_strict(normal)) {
		return false;
	}
	*ret = normal;
	return true;
}

static void read_domain(struct reader *r, const struct tag *tag)
{
	r->s->domain = tag->value;
	bool good = signature_read_domain(tag->value, r->arena, &r->s->domain);
	if (RULE("6376:3.5", !good || name_count_labels(r->s->domain) < 2)) {
		bad_value(r, tag);
	}
}

/* selector = sub-domain *("." sub-domain).  Underscores are against the grammar but published, and harmless here. */
static void read_selector(struct reader *r, const struct tag *tag)
{
	slice normal = tag->value;
	r->s->selector = normal;
	bool dot = tag->value.len && tag->value.at[tag->value.len - 1] == '.';
	if (RULE("6376:3.1", dot || name_normalize(tag->value, r->arena, &normal) != NAME_GOOD)) {
		bad_value(r, tag);
		return;
	}
	r->s->selector = normal;
	if (slice_find_char(normal, '_') != SLICE_NONE) {
		note_with(&r->s->findings, F_DKIM_SELECTOR_UNDERSCORE, r->s->field->value, tag->offset, TEXT(normal));
	}
}

static bool is_field_name(slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!char_is(name.at[i], C_FTEXT)) {
			return false;
		}
	}
	return name.len > 0;
}

/* sig-h-tag = hdr-name *( [FWS] ":" [FWS] hdr-name ) */
static void read_names(struct reader *r, const struct tag *tag)
{
	slice rest = tag->value;
	slice name;
	size_t n = 0;
	bool good = true;
	r->s->names = tag->value;
	/* The public ARC suite has passing message signatures with an empty h= and with empty names: they select nothing. */
	bool may_be_empty = r->kind == SIGNATURE_AMS;
	while (tag_take_part(&rest, ':', &name)) {
		good &= is_field_name(name) || (may_be_empty && name.len == 0);
		n++;
	}
	if (RULE("6376:3.5", !good)) {
		bad_value(r, tag);
	} else if (n > SIGNATURE_NAMES_MAX) {
		fault_at(r, tag, F_DKIM_TOO_MANY_NAMES, SIGNET_DKIM_NEUTRAL, "signature-syntax");
	}
}

static int upper_hex(char c)
{
	return c >= 'a' && c <= 'f' ? -1 : char_hex(c);
}

/* DKIM-quoted-printable (RFC 6376 2.11): FWS is dropped, "=" and two upper-case hex digits are an octet. */
static bool decode_quoted(slice text, struct signet_arena *a, slice *ret)
{
	char *at = arena_octets(a, text.len + 1);
	size_t len = 0;
	for (size_t i = 0; at && i < text.len; i++) {
		char c = text.at[i];
		if (char_is(c, C_WSP | C_CRLF)) {
			continue;
		}
		if (c == '=') {
			int high = i + 2 < text.len ? upper_hex(text.at[i + 1]) : -1;
			int low = i + 2 < text.len ? upper_hex(text.at[i + 2]) : -1;
			if (RULE("6376:2.11", high < 0 || low < 0)) {
				return false;
			}
			c = (char)(high << 4 | low);
			i += 2;
		}
		at[len++] = c;
	}
	*ret = slice_make(at, len);
	return at != NULL;
}

/* sig-i-tag = [ Local-part ] "@" domain-name */
static void read_identity(struct reader *r, const struct tag *tag)
{
	slice identity;
	bool good = decode_quoted(tag->value, r->arena, &identity);
	size_t at_sign = good ? slice_find_last_char(identity, '@') : SLICE_NONE;
	if (RULE("6376:3.5", at_sign == SLICE_NONE || !signature_read_domain(slice_from(identity, at_sign + 1), r->arena,
									     &r->s->identity_domain))) {
		bad_value(r, tag);
		return;
	}
	r->s->identity = identity;
}

static bool is_digits(slice s, size_t max)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is(s.at[i], C_DIGIT)) {
			return false;
		}
	}
	return s.len > 0 && s.len <= max;
}

/* sig-l-tag = 1*76DIGIT */
static void read_length(struct reader *r, const struct tag *tag)
{
	r->s->has_length = true;
	if (RULE("6376:3.5", !is_digits(tag->value, 76))) {
		bad_value(r, tag);
	} else if (!number_parse(tag->value, UINT64_MAX, &r->s->length)) {
		r->s->length = UINT64_MAX;
	}
}

/* sig-t-tag, sig-x-tag: 1*12DIGIT; what is longer counts as infinite (RFC 6376 3.5) */
static void read_time(struct reader *r, const struct tag *tag, int64_t *ret)
{
	uint64_t n;
	if (RULE("6376:3.5", !is_digits(tag->value, SIZE_MAX))) {
		bad_value(r, tag);
	} else {
		bool fits = number_parse(tag->value, (uint64_t)SIGNATURE_TIME_MAX - 1, &n);
		*ret = fits ? (int64_t)n : SIGNATURE_TIME_MAX;
	}
}

static void read_signed_at(struct reader *r, const struct tag *tag)
{
	read_time(r, tag, &r->s->signed_at);
}

static void read_expires(struct reader *r, const struct tag *tag)
{
	read_time(r, tag, &r->s->expires);
}

static void read_query(struct reader *r, const struct tag *tag)
{
	if (RULE("6376:3.5", !tag_list_has(tag->value, S("dns/txt")))) {
		fault_at(r, tag, F_DKIM_QUERY_UNKNOWN, SIGNET_DKIM_NEUTRAL, NULL);
	}
}

static void read_copied(struct reader *r, const struct tag *tag)
{
	r->s->copied = tag->value;
}

/* position = 1*2DIGIT, 1..50 (RFC 8617 4.2.1) */
static void read_instance(struct reader *r, const struct tag *tag)
{
	uint64_t n = 0;
	if (RULE("8617:4.2.1", tag->value.len > 2 || !number_parse(tag->value, 50, &n) || n == 0)) {
		bad_value(r, tag);
		return;
	}
	r->s->instance = (unsigned)n;
}

static void read_chain_value(struct reader *r, const struct tag *tag)
{
	r->s->cv = tag->value;
	if (RULE("8617:4.1.3", !slice_eq_nocase(tag->value, S("none")) && !slice_eq_nocase(tag->value, S("pass")) &&
				       !slice_eq_nocase(tag->value, S("fail")))) {
		bad_value(r, tag);
	}
}

/* RFC 8617 4.1.3: a seal with h= fails the chain. */
static void refuse_names(struct reader *r, const struct tag *tag)
{
	fault_at(r, tag, F_ARC_SEAL_NAMES, SIGNET_DKIM_PERMERROR, "signature-syntax");
}

enum need { IGNORED, MAY, MUST };

/* One row a tag: what each kind of field needs, and who reads the value.  The order decides which fault is named first. */
static const struct tag_rule {
	enum place place;
	enum need need[3]; /* by enum signature_kind */
	void (*read)(struct reader *r, const struct tag *tag);
	void (*read_arc)(struct reader *r, const struct tag *tag); /* where ARC differs */
	const char *clause;
} rules[] = {
	{ V, { MUST, IGNORED, IGNORED }, read_version, NULL, "RFC 6376 3.5" },
	{ A, { MUST, MUST, MUST }, read_algorithm, NULL, "RFC 6376 3.5, RFC 8301 3.1, RFC 8463 3" },
	{ I, { MAY, MUST, MUST }, read_identity, read_instance, "RFC 6376 3.5, RFC 8617 4.2.1" },
	{ D, { MUST, MUST, MUST }, read_domain, NULL, "RFC 6376 3.5" },
	{ S_, { MUST, MUST, MUST }, read_selector, NULL, "RFC 6376 3.5" },
	{ C, { MAY, MAY, IGNORED }, read_canonicalization, NULL, "RFC 6376 3.5" },
	{ Q, { MAY, MAY, IGNORED }, read_query, NULL, "RFC 6376 3.5" },
	{ H, { MUST, MUST, IGNORED }, read_names, NULL, "RFC 6376 3.5" },
	{ H, { IGNORED, IGNORED, MAY }, refuse_names, refuse_names, "RFC 8617 4.1.3" },
	{ L, { MAY, MAY, IGNORED }, read_length, NULL, "RFC 6376 3.5" },
	{ T, { MAY, MAY, MAY }, read_signed_at, NULL, "RFC 6376 3.5" },
	{ X, { MAY, MAY, IGNORED }, read_expires, NULL, "RFC 6376 3.5" },
	{ Z, { MAY, MAY, IGNORED }, read_copied, NULL, "RFC 6376 3.5" },
	{ CV, { IGNORED, IGNORED, MUST }, read_chain_value, read_chain_value, "RFC 8617 4.1.3" },
	{ BH, { MUST, MUST, IGNORED }, read_body_hash, NULL, "RFC 6376 3.5" },
	{ B, { MUST, MUST, MUST }, read_signature, NULL, "RFC 6376 3.5" },
};

static void read_tags(struct reader *r, const struct tag tags[PLACES])
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct tag_rule *rule = &rules[i];
		const struct tag *tag = &tags[rule->place];
		enum need need = rule->need[r->kind];
		if (need == IGNORED) {
			continue;
		}
		if (RULE("6376:6.1.1", need == MUST && !tag_is_there(tag))) {
			struct tag absent = { .name = known[rule->place] };
			fault_at(r, &absent, F_DKIM_TAG_MISSING, SIGNET_DKIM_PERMERROR, "tag-missing");
		} else if (tag_is_there(tag)) {
			bool arc = r->kind != SIGNATURE_DKIM && rule->read_arc;
			(arc ? rule->read_arc : rule->read)(r, tag);
		}
	}
}

/* What several tags say together. */
static void compare_tags(struct reader *r, const struct tag tags[PLACES])
{
	struct dkim_signature *s = r->s;
	if (RULE("6376:3.5", s->expires >= 0 && s->signed_at >= 0 && s->expires <= s->signed_at)) {
		fault_at(r, &tags[X], F_DKIM_EXPIRY_ORDER, SIGNET_DKIM_PERMERROR, "expiry-before-signing");
	}
	if (r->kind != SIGNATURE_DKIM) {
		s->identity_domain = s->domain;
		return;
	}
	if (!s->identity.at) {
		s->identity = ARENA_JOIN(r->arena, S("@"), s->domain);
		s->identity_domain = s->domain;
	}
	if (RULE("6376:6.1.1", !name_is_at_or_below(s->identity_domain, s->domain))) {
		fault_at(r, &tags[I], F_DKIM_IDENTITY_MISMATCH, SIGNET_DKIM_PERMERROR, "identity-mismatch");
	}
	if (RULE("6376:6.1.1", signature_count_name(s, S("from")) == 0)) {
		fault_at(r, &tags[H], F_DKIM_FROM_NOT_SIGNED, SIGNET_DKIM_PERMERROR, "from-not-signed");
	}
}

static bool is_utf8(slice text)
{
	for (bool plain = slice_is_ascii(text); !plain && text.len;) {
		size_t n = utf8_length(text);
		if (n == 0) {
			return false;
		}
		text = slice_from(text, n);
	}
	return true;
}

enum signet_status signature_parse(enum signature_kind kind, const struct mail_field *field, struct signet_arena *a,
				   struct dkim_signature *ret)
{
	*ret = (struct dkim_signature){ .field = field, .signed_at = -1, .expires = -1 };
	findings_init(&ret->findings, a);
	struct reader r = { ret, a, kind };
	struct tag tags[PLACES];
	struct tag where = { 0 };
	enum tags_fault fault =
		tags_read(slice_first(field->value, SIGNATURE_OCTETS_MAX), known, PLACES, a, tags, &where);
	if (fault == TAGS_TWICE) {
		fault_at(&r, &where, F_DKIM_TAG_TWICE, SIGNET_DKIM_NEUTRAL, "signature-syntax");
	} else if (fault == TAGS_BROKEN || RULE("8616:5", !is_utf8(field->value))) {
		fault_at(&r, &where, F_DKIM_SYNTAX, SIGNET_DKIM_NEUTRAL, "signature-syntax");
	}
	if (field->value.len > SIGNATURE_OCTETS_MAX) {
		fault_at(&r, &where, F_DKIM_TOO_LONG, SIGNET_DKIM_NEUTRAL, "signature-syntax");
	}
	read_tags(&r, tags);
	if (ret->fault.result == SIGNET_DKIM_NONE) {
		compare_tags(&r, tags);
	}
	return a->failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}

void signature_count_names(const struct dkim_signature *s, const slice names[], size_t n, size_t ret[])
{
	slice rest = s->names;
	slice part;
	memset(ret, 0, n * sizeof(*ret));
	while (tag_take_part(&rest, ':', &part)) {
		for (size_t i = 0; i < n; i++) {
			ret[i] += part.len == names[i].len && slice_eq_nocase(part, names[i]);
		}
	}
}

size_t signature_count_name(const struct dkim_signature *s, slice name)
{
	size_t n;
	signature_count_names(s, &name, 1, &n);
	return n;
}

/* sig-z-tag-copy = hdr-name [FWS] ":" qp-hdr-value; copies are separated by "|" */
bool signature_take_copied(slice *rest, struct signet_arena *a, slice *ret_name, slice *ret_value)
{
	slice copy, value;
	if (!tag_take_part(rest, '|', &copy)) {
		return false;
	}
	slice name = slice_trim_fws(slice_split(&copy, ':'));
	if (!copy.at || !is_field_name(name) || !decode_quoted(copy, a, &value)) {
		return false;
	}
	*ret_name = name;
	*ret_value = value;
	return true;
}
