/* SPDX-License-Identifier: Apache-2.0 */
/* The message is walked once to find where its records stand; then the chain of aliases is followed from the question
 * to the name that answers, and only the records of that name are decoded. */
#include "wire.h"

#include "../base/chars.h"
#include "../base/dname.h"
#include "../base/map.h"

#define HEADER_OCTETS 12
#define RECORD_OCTETS 11 /* the least: root owner, type, class, TTL, length */

#define SOA_NUMBERS 20 /* serial, refresh, retry, expire, minimum */

enum { CLASS_IN = 1, TYPE_OPT = 41, TYPE_NSEC = 47, TYPE_NXNAME = 128 };
enum { FLAG_QR = 0x8000, FLAG_TC = 0x0200, MASK_OPCODE = 0x7800, MASK_RCODE = 0x000f };
enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

struct record {
	size_t owner; /* offsets into the packet */
	size_t data;
	size_t len;
	uint32_t ttl_s;
	uint16_t type;
	uint16_t class;
};

struct message {
	slice packet;
	unsigned rcode;
	bool has_question;
	struct record *records; /* answer, authority, additional */
	size_t n_answer;
	size_t n_authority;
	size_t n;
};

/* Reads numbers; after the first overrun all are 0 and `bad` is set. */
struct reader {
	slice packet;
	size_t at;
	bool bad;
};

static unsigned octet(slice packet, size_t at)
{
	return (unsigned char)packet.at[at];
}

static uint16_t take_u16(struct reader *r)
{
	if (r->bad || r->packet.len - r->at < 2) {
		r->bad = true;
		return 0;
	}
	r->at += 2;
	return (uint16_t)(octet(r->packet, r->at - 2) << 8 | octet(r->packet, r->at - 1));
}

static uint32_t take_u32(struct reader *r)
{
	uint32_t high = take_u16(r);
	return high << 16 | take_u16(r);
}

/* RFC 1035 4.1.4.  A pointer must lead to a "prior occurrence": before the labels that end in it.  So every jump goes
 * further back and a loop cannot be built.  `*ret_next` is the offset behind the name where it stands. */
static bool read_name(slice packet, size_t at, struct dname *ret, size_t *ret_next)
{
	size_t begin = at;
	bool jumped = false;
	for (ret->len = 0; at < packet.len;) {
		unsigned c = octet(packet, at);
		if ((c & 0xc0) == 0xc0) {
			size_t target = at + 1 < packet.len ? (c & 0x3f) << 8 | octet(packet, at + 1) : begin;
			if (target >= begin || target < HEADER_OCTETS) {
				return false;
			}
			*ret_next = jumped ? *ret_next : at + 2;
			jumped = true;
			begin = at = target;
			continue;
		}
		if (c & 0xc0 || c >= packet.len - at || ret->len + 1 + c > DNAME_OCTETS) {
			return false;
		}
		memcpy(ret->at + ret->len, packet.at + at, 1 + c);
		ret->len += 1 + c;
		at += 1 + c;
		if (c == 0) {
			*ret_next = jumped ? *ret_next : at;
			return true;
		}
	}
	return false;
}

static bool take_name(struct reader *r, struct dname *ret)
{
	size_t next = r->at;
	r->bad = r->bad || !read_name(r->packet, r->at, ret, &next);
	r->at = next;
	return !r->bad;
}

static bool take_record(struct reader *r, struct record *ret)
{
	struct dname owner;
	*ret = (struct record) { .owner = r->at };
	take_name(r, &owner);
	ret->type = take_u16(r);
	ret->class = take_u16(r);
	ret->ttl_s = take_u32(r);
	ret->len = take_u16(r);
	ret->data = r->at;
	if (r->bad || r->packet.len - r->at < ret->len) {
		return false;
	}
	r->at += ret->len;
	if (ret->ttl_s > INT32_MAX && ret->type != TYPE_OPT) {
		ret->ttl_s = 0; /* RFC 2181 8 */
	}
	return true;
}

/* The question section must repeat the question; an error may come without one. */
static bool take_question(struct reader *r, const struct signet_question *q, struct message *m)
{
	struct dname asked;
	struct dname got;
	if (!m->has_question) {
		return m->rcode != RCODE_NOERROR && m->rcode != RCODE_NXDOMAIN;
	}
	if (!dname_of_text(q->name, &asked) || !take_name(r, &got)) {
		return false;
	}
	uint16_t type = take_u16(r);
	uint16_t class = take_u16(r);
	return !r->bad && type == q->type && class == CLASS_IN &&
	       slice_eq_nocase(dname_slice(&asked), dname_slice(&got));
}

/* Walks the whole message.  False if it breaks the format or is no answer to `q`; SIGNET_NO_MEMORY leaves
 * a->failed. */
static bool walk(slice packet, const struct signet_question *q, struct signet_arena *a, struct message *m)
{
	struct reader r = { .packet = packet };
	(void)take_u16(&r); /* the id was the transport's matter */
	unsigned flags = take_u16(&r);
	unsigned questions = take_u16(&r);
	*m = (struct message) { .packet = packet, .rcode = flags & MASK_RCODE, .has_question = questions == 1 };
	m->n_answer = take_u16(&r);
	m->n_authority = take_u16(&r);
	m->n = m->n_answer + m->n_authority + take_u16(&r);
	if (r.bad || !(flags & FLAG_QR) || flags & (FLAG_TC | MASK_OPCODE) || questions > 1 ||
	    !take_question(&r, q, m)) {
		return false;
	}
	if (m->n > (packet.len - r.at) / RECORD_OCTETS) {
		return false;
	}
	m->records = arena_array(a, m->n, sizeof(*m->records));
	for (size_t i = 0; m->records && i < m->n; i++) {
		if (!take_record(&r, &m->records[i])) {
			return false;
		}
		if (m->records[i].type == TYPE_OPT) {
			m->rcode |= m->records[i].ttl_s >> 24 << 4; /* RFC 6891 6.1.3 */
		}
	}
	return m->records != NULL;
}

static bool is_owned_by(const struct message *m, const struct record *r, const struct dname *name)
{
	struct dname owner;
	size_t next;
	return r->class == CLASS_IN && read_name(m->packet, r->owner, &owner, &next) &&
	       slice_eq_nocase(dname_slice(&owner), dname_slice(name));
}

/* The first answer record of `name` and `type`, or NULL. */
static const struct record *find(const struct message *m, const struct dname *name, unsigned type)
{
	for (size_t i = 0; i < m->n_answer; i++) {
		if (m->records[i].type == type && is_owned_by(m, &m->records[i], name)) {
			return &m->records[i];
		}
	}
	return NULL;
}

static void lower_ttl(struct signet_answer *ans, uint32_t ttl_s)
{
	ans->ttl_s = ttl_s < ans->ttl_s ? ttl_s : ans->ttl_s;
}

/* A name that fills the rdata from `skip` on. */
static bool data_name(const struct message *m, const struct record *r, size_t skip, struct dname *ret)
{
	size_t next;
	return r->len > skip && read_name(m->packet, r->data + skip, ret, &next) && next == r->data + r->len;
}

/* The name in text; the two octets in front of it hold `preference`, so that both together can be compared. */
static bool data_text_name(const struct message *m, const struct record *r, size_t skip, struct signet_arena *a,
                           struct signet_rr *ret)
{
	struct dname name;
	char text[2 + DNAME_TEXT_OCTETS] = { (char)(ret->preference >> 8), (char)ret->preference };
	struct buf b = { .at = text, .len = 2, .room = sizeof(text), .max = sizeof(text) };
	if (!data_name(m, r, skip, &name)) {
		return false;
	}
	dname_put_text(&b, dname_slice(&name));
	ret->data = slice_from(arena_copy(a, buf_slice(&b)), 2);
	return true;
}

/* The rdata of a SOA with its names in full: a compressed name means nothing outside its packet. */
static bool data_soa(const struct message *m, const struct record *r, struct signet_arena *a, slice *ret)
{
	struct reader in = { .packet = slice_first(m->packet, r->data + r->len), .at = r->data };
	struct dname server;
	struct dname mailbox;
	if (!take_name(&in, &server) || !take_name(&in, &mailbox) || in.packet.len - in.at != SOA_NUMBERS) {
		return false;
	}
	*ret = ARENA_JOIN(a, dname_slice(&server), dname_slice(&mailbox), slice_from(in.packet, in.at));
	return true;
}

/* RFC 1035 3.3.14: one or more character-strings that fill the rdata; joined (RFC 7208 3.3, RFC 6376 3.6.2.2). */
static bool data_strings(const struct message *m, const struct record *r, struct signet_arena *a, slice *ret)
{
	slice rest = slice_make(m->packet.at + r->data, r->len);
	char *to = arena_octets(a, r->len ? r->len : 1);
	size_t len = 0;
	bool whole = rest.len > 0;
	while (whole && rest.len && to) {
		size_t n = octet(rest, 0);
		whole = n < rest.len;
		if (whole) {
			memcpy(to + len, rest.at + 1, n);
			len += n;
			rest = slice_from(rest, 1 + n);
		}
	}
	*ret = slice_make(to, len);
	return whole;
}

/* Decodes the rdata by type; false if it breaks the format. */
static bool decode(const struct message *m, const struct record *r, struct signet_arena *a, struct signet_rr *ret)
{
	*ret = (struct signet_rr) { .data = slice_make(m->packet.at + r->data, r->len) };
	switch (r->type) {
	case SIGNET_RR_A:
		return r->len == 4;
	case SIGNET_RR_AAAA:
		return r->len == 16;
	case SIGNET_RR_TXT:
		return data_strings(m, r, a, &ret->data);
	case SIGNET_RR_MX:
		ret->preference = r->len > 1 ? (uint16_t)(octet(ret->data, 0) << 8 | octet(ret->data, 1)) : 0;
		return data_text_name(m, r, 2, a, ret);
	case SIGNET_RR_NS:
	case SIGNET_RR_CNAME:
	case SIGNET_RR_PTR:
		return data_text_name(m, r, 0, a, ret);
	case SIGNET_RR_SOA:
		return data_soa(m, r, a, &ret->data);
	case SIGNET_RR_TLSA:
		return r->len > 3; /* RFC 6698 2.1: three octets and the data */
	default:
		return true;
	}
}

/* RFC 2181 5: a record that stands twice is one record.  TXT is compared before joining: "a" "b" is not "ab". */
static bool is_repeated(struct map *seen, const struct message *m, const struct record *r, const struct signet_rr *rr)
{
	bool by_name = r->type == SIGNET_RR_MX || r->type == SIGNET_RR_NS || r->type == SIGNET_RR_CNAME ||
	               r->type == SIGNET_RR_PTR;
	slice key = slice_make(m->packet.at + r->data, r->len);
	if (by_name && rr->data.at) {
		key = slice_make(rr->data.at - 2, rr->data.len + 2); /* with the preference: data_text_name */
	}
	if (map_get(seen, key)) {
		return true;
	}
	(void)map_put(seen, key, (void *)(uintptr_t)r);
	return false;
}

/* Decodes every record of the name and type. */
static enum signet_dns_status decode_all(const struct message *m, const struct dname *name, unsigned type,
                                         struct signet_arena *a, struct signet_answer *ret)
{
	struct signet_rr *rr = arena_array(a, m->n_answer, sizeof(*rr));
	struct map seen;
	map_init(&seen, a, (uint64_t)(uintptr_t)rr);
	ret->rr = rr;
	for (size_t i = 0; rr && i < m->n_answer; i++) {
		const struct record *r = &m->records[i];
		if (r->type != type || !is_owned_by(m, r, name)) {
			continue;
		}
		if (!decode(m, r, a, &rr[ret->n])) {
			return SIGNET_DNS_MALFORMED;
		}
		lower_ttl(ret, r->ttl_s);
		ret->n += !is_repeated(&seen, m, r, &rr[ret->n]);
	}
	return SIGNET_DNS_NOERROR;
}

/* RFC 2308 5: the lesser of the SOA's TTL and its MINIMUM field. */
static bool soa_ttl(const struct message *m, const struct record *r, uint32_t *ret)
{
	struct reader in = { .packet = slice_first(m->packet, r->data + r->len), .at = r->data };
	struct dname skipped;
	take_name(&in, &skipped);
	take_name(&in, &skipped);
	for (int i = 0; i < 4; i++) {
		(void)take_u32(&in);
	}
	uint32_t minimum = take_u32(&in);
	*ret = minimum < r->ttl_s ? minimum : r->ttl_s;
	return !in.bad && in.at == r->data + r->len;
}

/* RFC 4034 4.1.2: windows of type bits.  Type 128 is the first bit of the 17th octet of window 0. */
static bool nsec_has_nxname(const struct message *m, const struct record *r)
{
	struct dname following;
	size_t at;
	size_t end = r->data + r->len;
	if (!read_name(m->packet, r->data, &following, &at) || at > end) {
		return false;
	}
	while (end - at > 2) {
		unsigned window = octet(m->packet, at);
		size_t len = octet(m->packet, at + 1);
		if (len > end - at - 2) {
			return false;
		}
		if (window == TYPE_NXNAME >> 8) {
			return len > TYPE_NXNAME / 8 && octet(m->packet, at + 2 + TYPE_NXNAME / 8) & 0x80;
		}
		at += 2 + len;
	}
	return false;
}

static bool is_above(const struct message *m, const struct record *r, const struct dname *name)
{
	struct dname owner;
	size_t next;
	slice above = dname_slice(name);
	if (r->class != CLASS_IN || !read_name(m->packet, r->owner, &owner, &next)) {
		return false;
	}
	while (above.len > owner.len) {
		above = dname_parent(above);
	}
	return slice_eq_nocase(above, dname_slice(&owner));
}

/* No record of the type at the end of the chain.  The authority section tells how (RFC 2308 2). */
static enum signet_dns_status negative(const struct message *m, const struct dname *name, struct signet_answer *ret)
{
	enum signet_dns_status status = m->rcode == RCODE_NXDOMAIN ? SIGNET_DNS_NXDOMAIN : SIGNET_DNS_NOERROR;
	uint32_t ttl_s = 0; /* without SOA nothing may be kept (RFC 2308 5) */
	bool soa = false;
	bool referral = false;
	for (size_t i = m->n_answer; i < m->n_answer + m->n_authority; i++) {
		const struct record *r = &m->records[i];
		if (r->type == SIGNET_RR_SOA && is_above(m, r, name)) {
			if (!soa_ttl(m, r, &ttl_s)) {
				return SIGNET_DNS_MALFORMED;
			}
			soa = true;
		} else if (r->type == SIGNET_RR_NS && is_above(m, r, name)) {
			referral = true;
		} else if (r->type == TYPE_NSEC && is_owned_by(m, r, name) && nsec_has_nxname(m, r)) {
			status = SIGNET_DNS_NXDOMAIN; /* RFC 9824 3.1 */
		}
	}
	lower_ttl(ret, ttl_s);
	/* RFC 2308 2.2.1: NS without SOA sends us elsewhere; a resolver that does so has not answered */
	return status == SIGNET_DNS_NOERROR && referral && !soa ? SIGNET_DNS_SERVFAIL : status;
}

static enum signet_dns_status status_of_rcode(unsigned rcode)
{
	switch (rcode) {
	case RCODE_NOERROR:
		return SIGNET_DNS_NOERROR;
	case RCODE_NXDOMAIN:
		return SIGNET_DNS_NXDOMAIN;
	case RCODE_SERVFAIL:
		return SIGNET_DNS_SERVFAIL;
	case RCODE_REFUSED:
		return SIGNET_DNS_REFUSED;
	default:
		return SIGNET_DNS_OTHER;
	}
}

/* Follows the aliases of `name` (RFC 1034 3.6.2), in place, to the name that has the type or no alias. */
static enum signet_dns_status follow(const struct message *m, unsigned type, struct dname *name,
                                     struct signet_answer *ret)
{
	for (int n = 0; n <= WIRE_CNAMES; n++) {
		const struct record *alias = find(m, name, type) ? NULL : find(m, name, SIGNET_RR_CNAME);
		if (!alias) {
			return SIGNET_DNS_NOERROR;
		}
		if (!data_name(m, alias, 0, name)) {
			return SIGNET_DNS_MALFORMED;
		}
		ret->aliased = true;
		lower_ttl(ret, alias->ttl_s);
	}
	return SIGNET_DNS_SERVFAIL;
}

static enum signet_dns_status read_answer(slice packet, const struct signet_question *q, struct signet_arena *a,
                                          struct signet_answer *ret)
{
	struct message m;
	struct dname name;
	if (!walk(packet, q, a, &m) || !dname_of_text(q->name, &name)) {
		return SIGNET_DNS_MALFORMED;
	}
	enum signet_dns_status status = status_of_rcode(m.rcode);
	if (status != SIGNET_DNS_NOERROR && status != SIGNET_DNS_NXDOMAIN) {
		return status;
	}
	enum signet_dns_status chain = follow(&m, q->type, &name, ret);
	if (chain != SIGNET_DNS_NOERROR) {
		return chain;
	}
	if (status == SIGNET_DNS_NOERROR) {
		status = decode_all(&m, &name, q->type, a, ret);
	}
	return ret->n || status == SIGNET_DNS_MALFORMED ? status : negative(&m, &name, ret);
}

enum signet_status wire_read(slice packet, const struct signet_question *q, struct signet_arena *a,
                             struct signet_answer *ret)
{
	struct signet_answer ans = { .ttl_s = UINT32_MAX };
	ans.status = read_answer(packet, q, a, &ans);
	if (a->failed) {
		return SIGNET_NO_MEMORY;
	}
	if (ans.status != SIGNET_DNS_NOERROR && ans.status != SIGNET_DNS_NXDOMAIN) {
		ans = (struct signet_answer) { .status = ans.status, .aliased = ans.aliased };
	}
	*ret = ans;
	return SIGNET_OK;
}

enum signet_status signet_book_answer_wire(struct signet_book *book, const struct signet_question *question,
                                           signet_slice packet, bool secure, bool bogus)
{
	struct signet_answer ans = { .status = SIGNET_DNS_BOGUS };
	struct signet_arena a;
	if (bogus) {
		return signet_book_answer(book, question, &ans);
	}
	arena_init(&a, WIRE_BYTES(packet.len));
	enum signet_status status = wire_read(packet, question, &a, &ans);
	if (status == SIGNET_OK) {
		ans.secure = secure && !signet_answer_is_error(&ans);
		status = signet_book_answer(book, question, &ans);
	}
	arena_finish(&a);
	return status;
}
