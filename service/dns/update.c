/* SPDX-License-Identifier: Apache-2.0 */
#include "update.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../src/base/dname.h"
#include "../../src/base/escape.h"

#define FUDGE_S 300 /* RFC 8945 10 */
#define STRING_OCTETS 255 /* RFC 1035 3.3 */
#define TRIES 3 /* if somebody changes the record between reading and writing */
#define SHOWN_OCTETS 100 /* of a record in a message */

/* Extended RCODEs of TSIG (RFC 8945 3) and what they mean. */
static const struct {
	unsigned code;
	const char *word, *why;
} tsig_errors[] = {
	{ 16, "BADSIG", "the server has another secret under this name" },
	{ 17, "BADKEY", "the server does not know a key of this name and algorithm" },
	{ 18, "BADTIME", "the clocks of the server and of this host are too far apart" },
	{ 22, "BADTRUNC", "the server takes no signatures cut short" },
};

static const struct {
	unsigned code;
	const char *word, *why;
} rcodes[] = {
	{ 1, "FORMERR", "the server cannot read the update" },
	{ 2, "SERVFAIL", "the server failed" },
	{ 4, "NOTIMP", "the server does not know DNS UPDATE" },
	{ 5, "REFUSED", "the server does not let this key change this name" },
	{ 9, "NOTAUTH", "the server is not authoritative for the zone, or does not take this key" },
	{ 10, "NOTZONE", "the name is not in the zone" },
};

struct work {
	const struct dns_server *primary;
	const struct tsig_key *key;
	const struct update_txt *change;
	int timeout_ms;
	struct signet_arena *arena;
	struct buf *error;
};

static enum update_fault fail(const struct work *w, enum update_fault fault, const char *what, const char *why)
{
	buf_put(w->error, w->change->name);
	buf_put_text(w->error, ": ");
	buf_put_text(w->error, w->primary->text);
	buf_put_text(w->error, ": ");
	buf_put_text(w->error, what);
	buf_put_text(w->error, why ? ": " : "");
	buf_put_text(w->error, why ? why : "");
	return fault;
}

/* ---- records ---- */

static ldns_rdf *name_of(slice name)
{
	struct dname wire;
	return dname_of_text(name, &wire) ? ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, wire.len, wire.at) : NULL;
}

static ldns_rr *new_rr(slice owner, ldns_rr_type type, ldns_rr_class class, uint32_t ttl)
{
	ldns_rr *rr = ldns_rr_new();
	ldns_rdf *name = name_of(owner);
	if (!rr || !name) {
		ldns_rr_free(rr);
		ldns_rdf_deep_free(name);
		return NULL;
	}
	ldns_rr_set_owner(rr, name);
	ldns_rr_set_type(rr, type);
	ldns_rr_set_class(rr, class);
	ldns_rr_set_ttl(rr, ttl);
	return rr;
}

static bool put_strings(ldns_rr *rr, slice value)
{
	do {
		uint8_t string[1 + STRING_OCTETS];
		slice part = slice_first(value, STRING_OCTETS);
		string[0] = (uint8_t)part.len;
		if (part.len) {
			memcpy(string + 1, part.at, part.len);
		}
		ldns_rdf *rdf = ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, part.len + 1, string);
		if (!rdf || !ldns_rr_push_rdf(rr, rdf)) {
			ldns_rdf_deep_free(rdf);
			return false;
		}
		value = slice_from(value, STRING_OCTETS);
	} while (value.len);
	return true;
}

static bool add(ldns_rr_list *list, ldns_rr *rr)
{
	if (rr && ldns_rr_list_push_rr(list, rr)) {
		return true;
	}
	ldns_rr_free(rr);
	return false;
}

static bool add_txt(ldns_rr_list *list, slice owner, uint32_t ttl, slice value)
{
	ldns_rr *rr = new_rr(owner, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN, ttl);
	if (!rr || !put_strings(rr, value)) {
		ldns_rr_free(rr);
		return false;
	}
	return add(list, rr);
}

/* ---- the message ---- */

/* RFC 2136 2.4.3, 2.4.2: no RRset, or exactly the one that was read, however its strings were cut: `seen` holds the records as
 * they came. */
static bool put_conditions(ldns_rr_list *list, const struct update_txt *change, const ldns_rr_list *seen)
{
	bool ok = add(list, new_rr(change->name, LDNS_RR_TYPE_CNAME, LDNS_RR_CLASS_NONE, 0));
	if (ldns_rr_list_rr_count(seen) == 0) {
		return ok && add(list, new_rr(change->name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_NONE, 0));
	}
	for (size_t i = 0; ok && i < ldns_rr_list_rr_count(seen); i++) {
		ldns_rr *rr = ldns_rr_clone(ldns_rr_list_rr(seen, i));
		if (rr) {
			ldns_rr_set_ttl(rr, 0);
		}
		ok = add(list, rr);
	}
	return ok;
}

/* RFC 2136 2.5.2, 2.5.1: delete the RRset, add the record. */
static bool put_changes(ldns_rr_list *list, const struct update_txt *change)
{
	return add(list, new_rr(change->name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_ANY, 0)) &&
	       add_txt(list, change->name, change->ttl_s, change->value);
}

static ldns_pkt *new_update(const struct work *w, const ldns_rr_list *seen)
{
	ldns_rdf *zone = name_of(w->change->zone);
	ldns_rr_list *conditions = ldns_rr_list_new(), *changes = ldns_rr_list_new(), *nothing = ldns_rr_list_new();
	ldns_pkt *pkt = NULL;
	if (zone && conditions && changes && nothing && put_conditions(conditions, w->change, seen) &&
	    put_changes(changes, w->change)) {
		pkt = ldns_update_pkt_new(zone, LDNS_RR_CLASS_IN, conditions, changes, nothing);
		zone = pkt ? NULL : zone; /* the packet owns it */
	}
	if (pkt) {
		ldns_pkt_set_random_id(pkt);
	}
	ldns_rdf_deep_free(zone);
	ldns_rr_list_deep_free(conditions);
	ldns_rr_list_deep_free(changes);
	ldns_rr_list_free(nothing);
	return pkt;
}

/* ---- the answer ---- */

static enum update_fault fail_tsig(const struct work *w, const ldns_rr *tsig)
{
	unsigned code = ldns_rdf2native_int16(ldns_rr_rdf(tsig, 5));
	for (size_t i = 0; i < sizeof(tsig_errors) / sizeof(tsig_errors[0]); i++) {
		if (tsig_errors[i].code == code) {
			return fail(w, UPDATE_TSIG, tsig_errors[i].word, tsig_errors[i].why);
		}
	}
	return fail(w, UPDATE_TSIG, "it does not take the signature of the update", NULL);
}

static int64_t time_of(const ldns_rr *tsig)
{
	const uint8_t *at = ldns_rdf_data(ldns_rr_rdf(tsig, 1));
	int64_t t = 0;
	for (int i = 0; i < 6; i++) {
		t = t << 8 | at[i];
	}
	return t;
}

/* RFC 8945 5.4: an answer that is not signed, or not by this key and about this time, may be anybody's. */
static bool is_signed(const struct work *w, ldns_pkt *answer, slice wire, const ldns_rdf *mac)
{
	const ldns_rr *tsig = ldns_pkt_tsig(answer);
	if (!tsig || ldns_rr_rd_count(tsig) != 7 || ldns_rdf_size(ldns_rr_rdf(tsig, 1)) != 6) {
		return false;
	}
	int64_t off = (int64_t)time(NULL) - time_of(tsig);
	return off <= FUDGE_S && off >= -FUDGE_S &&
	       ldns_pkt_tsig_verify(answer, (const uint8_t *)wire.at, wire.len, w->key->name, w->key->secret, mac);
}

static enum update_fault judge(const struct work *w, ldns_pkt *answer, slice wire, const ldns_rdf *mac)
{
	const ldns_rr *tsig = ldns_pkt_tsig(answer);
	unsigned rcode = ldns_pkt_get_rcode(answer);
	if (rcode == 9 && tsig && ldns_rr_rd_count(tsig) == 7 && ldns_rdf2native_int16(ldns_rr_rdf(tsig, 5)) != 0) {
		return fail_tsig(w, tsig); /* such errors need not be signed (RFC 8945 5.3.2) */
	}
	for (size_t i = 0; i < sizeof(rcodes) / sizeof(rcodes[0]); i++) {
		if (rcodes[i].code == rcode) {
			return fail(w, UPDATE_REFUSED, rcodes[i].word, rcodes[i].why);
		}
	}
	if (w->key && !is_signed(w, answer, wire, mac)) {
		return fail(w, UPDATE_TSIG, "the answer is not signed as it must be", NULL);
	}
	if (rcode == 6 || rcode == 7 || rcode == 8 || rcode == 3) { /* YXDOMAIN YXRRSET NXRRSET NXDOMAIN */
		return UPDATE_CHANGED;
	}
	return rcode == 0 ? UPDATE_DONE : fail(w, UPDATE_REFUSED, "an answer that is not known", NULL);
}

static enum update_fault send_update(const struct work *w, ldns_pkt *pkt, uint8_t *wire)
{
	uint8_t *octets = NULL;
	size_t n = 0, n_answer = 0;
	ldns_pkt *answer = NULL;
	if ((w->key && ldns_pkt_tsig_sign(pkt, w->key->name, w->key->secret, FUDGE_S, w->key->algorithm, NULL) !=
	                       LDNS_STATUS_OK) ||
	    ldns_pkt2wire(&octets, pkt, &n) != LDNS_STATUS_OK) {
		return fail(w, UPDATE_NO_MEMORY, "the update cannot be written", NULL);
	}
	enum exchange_fault sent =
		exchange(w->primary, EXCHANGE_TCP, slice_make((const char *)octets, n), w->timeout_ms, wire, &n_answer);
	free(octets);
	if (sent != EXCHANGE_GOOD) {
		return fail(w, UPDATE_UNREACHABLE, exchange_fault_text(sent), NULL);
	}
	if (ldns_wire2pkt(&answer, wire, n_answer) != LDNS_STATUS_OK) {
		return fail(w, UPDATE_UNREACHABLE, exchange_fault_text(EXCHANGE_MALFORMED), NULL);
	}
	enum update_fault fault = judge(w, answer, slice_make((const char *)wire, n_answer),
	                                w->key ? ldns_rr_rdf(ldns_pkt_tsig(pkt), 3) : NULL);
	ldns_pkt_free(answer);
	return fault;
}

/* ---- what is there ---- */

/* Asks the primary itself for the records as they are, in `ret_seen`. */
static enum update_fault read_records(const struct work *w, uint8_t *wire, ldns_rr_list **ret_seen)
{
	ldns_rdf *name = name_of(w->change->name);
	ldns_pkt *pkt = name ? ldns_pkt_query_new(name, LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_IN, 0) : NULL;
	ldns_pkt *answer = NULL;
	uint8_t *octets = NULL;
	size_t n = 0, n_answer = 0;
	if (!pkt) {
		ldns_rdf_deep_free(name);
		return fail(w, UPDATE_NO_MEMORY, "no memory", NULL);
	}
	ldns_pkt_set_random_id(pkt);
	bool written = ldns_pkt2wire(&octets, pkt, &n) == LDNS_STATUS_OK;
	ldns_pkt_free(pkt);
	enum exchange_fault sent = written ? exchange(w->primary, EXCHANGE_TCP, slice_make((const char *)octets, n),
	                                              w->timeout_ms, wire, &n_answer)
	                                   : EXCHANGE_NO_MEMORY;
	free(octets);
	if (sent == EXCHANGE_GOOD && ldns_wire2pkt(&answer, wire, n_answer) != LDNS_STATUS_OK) {
		sent = EXCHANGE_MALFORMED;
	}
	if (sent != EXCHANGE_GOOD) {
		return fail(w, UPDATE_UNREACHABLE, exchange_fault_text(sent), NULL);
	}
	unsigned rcode = ldns_pkt_get_rcode(answer);
	ldns_rr_list *cnames = ldns_pkt_rr_list_by_type(answer, LDNS_RR_TYPE_CNAME, LDNS_SECTION_ANSWER);
	*ret_seen = ldns_pkt_rr_list_by_type(answer, LDNS_RR_TYPE_TXT, LDNS_SECTION_ANSWER);
	enum update_fault fault = UPDATE_DONE;
	if (rcode != 0 && rcode != 3) {
		fault = fail(w, UPDATE_REFUSED, "it does not tell what is there now", NULL);
	} else if (cnames) {
		fault = fail(w, UPDATE_ALIAS, "the name is an alias (CNAME): publish the record where it leads", NULL);
	}
	ldns_rr_list_deep_free(cnames);
	ldns_pkt_free(answer);
	return fault;
}

static slice value_of(const ldns_rr *rr, struct signet_arena *a)
{
	struct buf text;
	buf_init_arena(&text, a, ASK_OCTETS);
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *part = ldns_rr_rdf(rr, i);
		buf_put(&text, slice_make((const char *)ldns_rdf_data(part) + 1, ldns_rdf_size(part) - 1));
	}
	return buf_slice(&text);
}

static enum update_fault compare(const struct work *w, const ldns_rr_list *seen)
{
	size_t n = ldns_rr_list_rr_count(seen);
	for (size_t i = 0; i < n; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(seen, i);
		slice value = value_of(rr, w->arena);
		if (n == 1 && slice_eq(value, w->change->value) && ldns_rr_ttl(rr) == w->change->ttl_s) {
			return UPDATE_NOTHING;
		}
		if (w->change->is_ours && !w->change->is_ours(value, w->change->data)) {
			struct buf shown;
			buf_init_arena(&shown, w->arena, 4096);
			escape_put(&shown, slice_first(value, SHOWN_OCTETS));
			buf_put_char(&shown, 0);
			return fail(w, UPDATE_FOREIGN, "a record that is not ours stands there", shown.at);
		}
	}
	return UPDATE_DONE;
}

static enum update_fault try_once(const struct work *w, uint8_t *wire)
{
	ldns_rr_list *seen = NULL;
	enum update_fault fault = read_records(w, wire, &seen);
	if (fault == UPDATE_DONE) {
		fault = compare(w, seen);
	}
	if (fault == UPDATE_DONE) {
		ldns_pkt *pkt = new_update(w, seen);
		fault = pkt ? send_update(w, pkt, wire) : fail(w, UPDATE_NO_MEMORY, "no memory", NULL);
		ldns_pkt_free(pkt);
	}
	ldns_rr_list_deep_free(seen);
	return fault;
}

enum update_fault update_txt(const struct dns_server *primary, const struct tsig_key *key,
                             const struct update_txt *change, int timeout_ms, struct signet_arena *a, struct buf *error)
{
	struct work w = { primary, key, change, timeout_ms ? timeout_ms : EXCHANGE_MS, a, error };
	enum update_fault fault = UPDATE_CHANGED;
	uint8_t *wire = malloc(EXCHANGE_OCTETS);
	if (!wire) {
		return fail(&w, UPDATE_NO_MEMORY, "no memory", NULL);
	}
	for (int i = 0; i < TRIES && fault == UPDATE_CHANGED; i++) {
		fault = try_once(&w, wire);
	}
	free(wire);
	return fault == UPDATE_CHANGED ? fail(&w, fault, "somebody else changes the record at the same time", NULL)
	                               : fault;
}
