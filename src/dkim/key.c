/* SPDX-License-Identifier: Apache-2.0 */
#include "key.h"

#include "../base/base64.h"
#include "../crypto/der.h"
#include "../tags/tags.h"

enum place { V, H, K, P, S_, T, PLACES };

static const slice known[PLACES] = {
	[V] = { "v", 1 }, [H] = { "h", 1 }, [K] = { "k", 1 }, [P] = { "p", 1 }, [S_] = { "s", 1 }, [T] = { "t", 1 },
};

struct reader {
	struct dkim_key *key;
	struct signet_arena *arena;
	struct signet_findings *notes;
	bool past_kind; /* k= has been read */
};

/* The first fault decides. */
static void set_fault(struct reader *r, const char *label)
{
	if (r->key->fault.result == SIGNET_DKIM_NONE) {
		r->key->fault = (struct dkim_fault){ SIGNET_DKIM_PERMERROR, label };
		r->key->is_late_fault = r->past_kind;
	}
}

/* Notes what is wrong. */
static void fault_at(struct reader *r, const struct tag *tag, enum finding_id id, const char *label)
{
	note_with(r->notes, id, r->key->record, tag->offset, TEXT(tag->name), TEXT(tag->value));
	set_fault(r, label);
}

/* v= need not be there, but if it is it comes first and says DKIM1. */
static bool version_is_good(struct reader *r, const struct tag *v)
{
	if (!tag_is_there(v)) {
		return true;
	}
	bool first = slice_trim_fws(slice_first(r->key->record, v->offset)).len == 0;
	return RULE("6376:3.6.1", first) && RULE("6376:6.1.2", slice_eq(v->value, S("DKIM1")));
}

/* h=: the hashes the key may be used with */
static void read_hashes(struct reader *r, const struct tag *tag)
{
	if (RULE("6376:6.1.2", tag_is_there(tag) && !tag_list_has(tag->value, S("sha256")))) {
		fault_at(r, tag, F_DKIM_KEY_HASH, "key-hash");
	}
}

static void read_services(struct reader *r, const struct tag *tag)
{
	bool mail = !tag_is_there(tag) || tag_list_has(tag->value, S("*")) || tag_list_has(tag->value, S("email"));
	if (RULE("6376:3.6.1", !mail)) {
		fault_at(r, tag, F_DKIM_KEY_SERVICE, "key-service");
	}
}

static void read_kind(struct reader *r, const struct tag *tag)
{
	r->past_kind = true;
	r->key->kind = RULE("8463:4", slice_eq(tag->value, S("ed25519"))) ? PUBKEY_ED25519 : PUBKEY_RSA;
	if (RULE("6376:3.6.1",
		 tag_is_there(tag) && !slice_eq(tag->value, S("rsa")) && !slice_eq(tag->value, S("ed25519")))) {
		r->key->other_kind = true;
		fault_at(r, tag, F_DKIM_KEY_KIND_UNKNOWN, "key-type-mismatch");
	}
}

/* p= that is there and empty */
static bool is_revoked(struct reader *r, const struct tag *tag)
{
	bool revoked = RULE("6376:3.6.1", tag->value.len == 0);
	if (revoked) {
		fault_at(r, tag, F_DKIM_KEY_REVOKED, "key-revoked");
	}
	return revoked;
}

static void note_size(struct reader *r, const struct tag *p, enum finding_id id, uint64_t n)
{
	note_with(r->notes, id, r->key->record, p->offset, NUMBER(n));
}

static void weigh(struct reader *r, const struct tag *p)
{
	struct dkim_key *key = r->key;
	struct pubkey_facts facts;
	enum pubkey_fault fault = pubkey_examine(key->kind, key->octets, &facts);
	key->bits = facts.bits;
	key->exponent = facts.exponent;
	if (RULE("8301:3.2", fault == PUBKEY_SHORT)) {
		note_size(r, p, F_DKIM_KEY_TOO_SHORT, facts.bits);
		set_fault(r, "key-weak");
	} else if (RULE("6376:3.3.3", fault == PUBKEY_LONG)) {
		note_size(r, p, F_DKIM_KEY_TOO_LONG, facts.bits);
		set_fault(r, "key-syntax");
	} else if (RULE("6376:8.13", fault == PUBKEY_EXPONENT)) {
		note_size(r, p, F_DKIM_KEY_EXPONENT, facts.exponent);
		set_fault(r, "key-weak");
	} else if (RULE("6376:3.6.1", fault == PUBKEY_SYNTAX)) {
		fault_at(r, p, F_DKIM_KEY_SYNTAX, "key-syntax");
	} else if (key->kind == PUBKEY_RSA) {
		if (RULE("8301:3.2", facts.bits < RSA_BITS_WEAK)) {
			note_size(r, p, F_DKIM_KEY_WEAK, facts.bits);
		}
		if (facts.exponent == 3 || facts.exponent == 17) {
			note_size(r, p, F_DKIM_KEY_EXPONENT_SMALL, facts.exponent);
		}
	}
}

static void read_public_key(struct reader *r, const struct tag *tag)
{
	if (!base64_decode(tag->value, BASE64_LENIENT, r->arena, &r->key->octets)) {
		fault_at(r, tag, F_DKIM_KEY_SYNTAX, "key-syntax");
		return;
	}
	bool is_early_fault = r->key->fault.result != SIGNET_DKIM_NONE && !r->key->is_late_fault;
	if (!is_early_fault && !r->key->other_kind) {
		weigh(r, tag);
	}
}

static void read_flags(struct reader *r, const struct tag *tag)
{
	r->key->testing = RULE("6376:3.6.1", tag_list_has(tag->value, S("y")));
	r->key->strict = RULE("6376:3.6.1", tag_list_has(tag->value, S("s")));
}

enum signet_status key_parse(slice text, struct signet_arena *a, struct signet_findings *notes, struct dkim_key *ret)
{
	*ret = (struct dkim_key){ .record = text };
	struct reader r = { ret, a, notes };
	struct tag tags[PLACES];
	struct tag where = { 0 };
	enum tags_fault fault = tags_read(text, known, PLACES, a, tags, &where);
	if (fault == TAGS_NO_MEMORY) {
		return SIGNET_NO_MEMORY;
	}
	if (RULE("6376:3.6.1", fault != TAGS_GOOD || !slice_is_ascii(text))) {
		fault_at(&r, &where, F_DKIM_KEY_SYNTAX, "key-syntax");
		return SIGNET_OK;
	}
	if (!version_is_good(&r, &tags[V])) {
		fault_at(&r, &tags[V], F_DKIM_KEY_VERSION, "key-syntax");
		return SIGNET_OK;
	}
	if (RULE("6376:3.6.1", !tag_is_there(&tags[P]))) {
		fault_at(&r, &where, F_DKIM_KEY_SYNTAX, "key-syntax");
		return SIGNET_OK;
	}
	ret->is_record = true;
	read_flags(&r, &tags[T]);
	read_hashes(&r, &tags[H]);
	bool revoked = is_revoked(&r, &tags[P]);
	read_kind(&r, &tags[K]);
	read_services(&r, &tags[S_]);
	if (!revoked) {
		read_public_key(&r, &tags[P]);
	}
	return a->failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}

enum signet_status signet_dkim_key_read(slice text, struct signet_arena *a, struct signet_dkim_key *ret)
{
	struct dkim_key key;
	*ret = (struct signet_dkim_key) { 0 };
	findings_init(&ret->findings, a);
	TRY(key_parse(text, a, &ret->findings, &key));
	ret->is_record = key.is_record;
	ret->fault = key.fault.result == SIGNET_DKIM_NONE ? NULL : key.fault.label;
	ret->algorithm = key.kind == PUBKEY_ED25519 ? SIGNET_ED25519_SHA256 : SIGNET_RSA_SHA256;
	ret->revoked = findings_has(&ret->findings, F_DKIM_KEY_REVOKED);
	ret->testing = key.testing;
	ret->strict = key.strict;
	ret->bits = key.bits;
	ret->public = key.octets;
	return SIGNET_OK;
}

bool signet_dkim_key_is_of(const struct signet_dkim_key *key, const struct signet_privkey *private)
{
	struct der_rsa a, b;
	slice ours = signet_privkey_public(private);
	if (!key->is_record || key->algorithm != signet_privkey_algorithm(private)) {
		return false;
	}
	if (key->algorithm == SIGNET_ED25519_SHA256) {
		return slice_eq(key->public, ours);
	}
	return der_read_rsa(key->public, &a) && der_read_rsa(ours, &b) && slice_eq(a.modulus, b.modulus) &&
	       slice_eq(a.exponent, b.exponent);
}

slice signet_dkim_key_record(enum signet_algorithm algorithm, slice public, struct signet_arena *a)
{
	struct buf text;
	buf_init_arena(&text, a, KEY_RECORD_OCTETS);
	buf_put(&text, S("v=DKIM1; k="));
	buf_put(&text, algorithm == SIGNET_ED25519_SHA256 ? S("ed25519") : S("rsa"));
	buf_put(&text, S("; p="));
	base64_put(&text, public);
	return buf_ok(&text) ? buf_slice(&text) : S("");
}
