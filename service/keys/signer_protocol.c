/* SPDX-License-Identifier: Apache-2.0 */
#include "signer_protocol.h"

#include "../../src/base/chars.h"

#define VERSION 1
#define LENGTH_OCTETS 2
#define HEAD_OCTETS 6 /* version, ask, id: what the shortest length counts */
#define LABEL_MAX 63

const char *signer_status_name(enum signer_status status)
{
	static const char *const names[] = {
		[SIGNER_OK] = "ok",           [SIGNER_NO_KEY] = "no-key",
		[SIGNER_BAD_KEY] = "bad-key", [SIGNER_WRONG_ALGORITHM] = "wrong-algorithm",
		[SIGNER_FAILED] = "failed",   [SIGNER_UNREACHABLE] = "unreachable",
		[SIGNER_TIMEOUT] = "timeout",
	};
	return status <= SIGNER_TIMEOUT ? names[status] : "?";
}

static bool is_label(slice label)
{
	for (size_t i = 0; i < label.len; i++) {
		char c = label.at[i];
		if (!char_is(c, C_LDH | C_UNDERSCORE) || (c >= 'A' && c <= 'Z')) {
			return false;
		}
	}
	return label.len >= 1 && label.len <= LABEL_MAX;
}

bool signer_name_is_good(slice name, size_t octets)
{
	if (name.len == 0 || name.len > octets) {
		return false;
	}
	for (slice rest = name; rest.at;) {
		if (!is_label(slice_split(&rest, '.'))) {
			return false;
		}
	}
	return true;
}

/* ---- reading: after the first octet that is missing or wrong every further read gives nothing ---- */

struct rd {
	slice rest;
	bool bad;
};

static slice rd_octets(struct rd *r, size_t n)
{
	if (r->bad || r->rest.len < n) {
		r->bad = true;
		return (slice) { 0 };
	}
	slice octets = slice_first(r->rest, n);
	r->rest = slice_from(r->rest, n);
	return octets;
}

static uint32_t rd_number(struct rd *r, size_t octets)
{
	uint32_t n = 0;
	slice from = rd_octets(r, octets);
	for (size_t i = 0; i < from.len; i++) {
		n = n << 8 | (unsigned char)from.at[i];
	}
	return n;
}

static unsigned rd_up_to(struct rd *r, unsigned max)
{
	unsigned n = rd_number(r, 1);
	r->bad |= n > max;
	return r->bad ? 0 : n;
}

static slice rd_name(struct rd *r, size_t max, bool may_be_empty)
{
	slice name = rd_octets(r, rd_number(r, 1));
	r->bad |= !signer_name_is_good(name, max) && !(may_be_empty && name.len == 0);
	return name;
}

static enum signet_algorithm rd_algorithm(struct rd *r)
{
	return (enum signet_algorithm)rd_up_to(r, SIGNET_ED25519_SHA256);
}

/* What stands in front of both.  Returns what a read shall return: -1, 0, or the octets of the whole frame, with `*ret` at
 * what stands behind the head.  A wrong octet is seen as soon as it is there, not when the frame is whole. */
static ptrdiff_t rd_head(slice in, size_t max, struct rd *ret, enum signer_ask *ret_ask, uint32_t *ret_id)
{
	struct rd r = { .rest = in };
	if (in.len < LENGTH_OCTETS) {
		return 0;
	}
	size_t length = rd_number(&r, LENGTH_OCTETS);
	if (length < HEAD_OCTETS || LENGTH_OCTETS + length > max) {
		return -1;
	}
	if ((r.rest.len >= 1 && r.rest.at[0] != VERSION) ||
	    (r.rest.len >= 2 && r.rest.at[1] != SIGNER_SIGN && r.rest.at[1] != SIGNER_KEYS)) {
		return -1;
	}
	if (r.rest.len < length) {
		return 0;
	}
	r.rest = slice_first(r.rest, length);
	(void)rd_number(&r, 1);
	*ret_ask = (enum signer_ask)rd_number(&r, 1);
	*ret_id = rd_number(&r, 4);
	*ret = r;
	return (ptrdiff_t)(LENGTH_OCTETS + length);
}

ptrdiff_t signer_request_read(slice in, struct signer_request *ret)
{
	struct signer_request request = { 0 };
	struct rd r;
	ptrdiff_t n = rd_head(in, SIGNER_REQUEST_OCTETS, &r, &request.ask, &request.id);
	if (n <= 0) {
		return n;
	}
	bool signs = request.ask == SIGNER_SIGN;
	request.algorithm = signs ? rd_algorithm(&r) : SIGNET_RSA_SHA256;
	request.domain = rd_name(&r, SIGNER_DOMAIN_OCTETS, false);
	request.selector = rd_name(&r, SIGNER_SELECTOR_OCTETS, !signs);
	slice digest = rd_octets(&r, signs ? SIGNET_DIGEST_OCTETS : 0);
	if (r.bad || r.rest.len > 0) {
		return -1;
	}
	if (signs) {
		memcpy(request.digest, digest.at, SIGNET_DIGEST_OCTETS);
	}
	*ret = request;
	return n;
}

static void rd_key(struct rd *r, struct signer_key *ret)
{
	ret->selector = rd_name(r, SIGNER_SELECTOR_OCTETS, false);
	ret->algorithm = rd_algorithm(r);
	ret->state = (uint8_t)rd_number(r, 1);
	ret->bits = rd_number(r, 2);
	ret->public_key = rd_octets(r, rd_number(r, 2));
	r->bad |= ret->public_key.len == 0 || ret->public_key.len > SIGNER_PUBLIC_OCTETS;
}

/* A signature comes with success and with nothing else; the same for keys. */
ptrdiff_t signer_reply_read(slice in, struct signer_reply *ret)
{
	enum signer_ask ask;
	uint32_t id;
	struct rd r;
	ptrdiff_t n = rd_head(in, SIGNER_REPLY_OCTETS, &r, &ask, &id);
	if (n <= 0) {
		return n;
	}
	struct signer_reply reply = { .id = id, .ask = ask };
	reply.status = (enum signer_status)rd_up_to(&r, SIGNER_FAILED);
	bool good = reply.status == SIGNER_OK;
	if (ask == SIGNER_SIGN) {
		reply.signature = rd_octets(&r, r.rest.len);
		r.bad |= good != (reply.signature.len > 0) || reply.signature.len > SIGNET_SIGNATURE_OCTETS;
	} else {
		reply.n_keys = rd_up_to(&r, good ? SIGNER_KEYS_MAX : 0);
		for (size_t i = 0; i < reply.n_keys; i++) {
			rd_key(&r, &reply.keys[i]);
		}
	}
	if (r.bad || r.rest.len > 0) {
		return -1;
	}
	*ret = reply;
	return n;
}

/* ---- writing ---- */

static void put_number(struct buf *b, uint32_t n, size_t octets)
{
	while (octets > 0) {
		octets--;
		buf_put_char(b, (char)(n >> (8 * octets) & 0xff));
	}
}

static void put_name(struct buf *b, slice name, size_t max, bool may_be_empty)
{
	b->bad |= !signer_name_is_good(name, max) && !(may_be_empty && name.len == 0);
	put_number(b, (uint32_t)name.len, 1);
	buf_put(b, name);
}

/* Returns where the frame begins; its length is filled in by finish(). */
static size_t begin(struct buf *b, enum signer_ask ask, uint32_t id)
{
	size_t at = b->len;
	put_number(b, 0, LENGTH_OCTETS);
	put_number(b, VERSION, 1);
	put_number(b, ask, 1);
	put_number(b, id, 4);
	return at;
}

/* A frame that did not become whole is taken back. */
static void finish(struct buf *b, size_t at)
{
	if (!buf_ok(b)) {
		b->len = at;
		return;
	}
	size_t length = b->len - at - LENGTH_OCTETS;
	b->at[at] = (char)(length >> 8 & 0xff);
	b->at[at + 1] = (char)(length & 0xff);
}

void signer_request_write(struct buf *b, const struct signer_request *request)
{
	bool signs = request->ask == SIGNER_SIGN;
	size_t at = begin(b, request->ask, request->id);
	b->bad |= request->ask != SIGNER_SIGN && request->ask != SIGNER_KEYS;
	if (signs) {
		b->bad |= request->algorithm > SIGNET_ED25519_SHA256;
		put_number(b, request->algorithm, 1);
	}
	put_name(b, request->domain, SIGNER_DOMAIN_OCTETS, false);
	put_name(b, request->selector, SIGNER_SELECTOR_OCTETS, !signs);
	if (signs) {
		buf_put(b, slice_make((const char *)request->digest, SIGNET_DIGEST_OCTETS));
	}
	finish(b, at);
}

static void put_key(struct buf *b, const struct signer_key *key)
{
	b->bad |= key->bits > UINT16_MAX || key->algorithm > SIGNET_ED25519_SHA256 || key->public_key.len == 0 ||
	          key->public_key.len > SIGNER_PUBLIC_OCTETS;
	put_name(b, key->selector, SIGNER_SELECTOR_OCTETS, false);
	put_number(b, key->algorithm, 1);
	put_number(b, key->state, 1);
	put_number(b, key->bits, 2);
	put_number(b, (uint32_t)key->public_key.len, 2);
	buf_put(b, key->public_key);
}

void signer_reply_write(struct buf *b, const struct signer_reply *reply)
{
	bool good = reply->status == SIGNER_OK;
	size_t at = begin(b, reply->ask, reply->id);
	put_number(b, reply->status, 1);
	b->bad |= reply->status > SIGNER_FAILED;
	if (reply->ask == SIGNER_SIGN) {
		b->bad |= good != (reply->signature.len > 0) || reply->signature.len > SIGNET_SIGNATURE_OCTETS;
		buf_put(b, reply->signature);
	} else {
		b->bad |= reply->ask != SIGNER_KEYS || reply->n_keys > (good ? SIGNER_KEYS_MAX : 0);
		put_number(b, (uint32_t)reply->n_keys, 1);
		for (size_t i = 0; buf_ok(b) && i < reply->n_keys; i++) {
			put_key(b, &reply->keys[i]);
		}
	}
	finish(b, at);
}
