/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include "covered.h"

const char *signet_arc_result_name(enum signet_arc_result result)
{
	static const char names[][5] = { "none", "pass", "fail" };
	return names[result <= SIGNET_ARC_FAIL ? result : SIGNET_ARC_NONE];
}

static enum signet_status hash_sets(struct arc *arc, struct signet_arena *a)
{
	struct digest *running = digest_new(arc->query.engine);
	enum signet_status status = running ? SIGNET_OK : SIGNET_NO_MEMORY;
	for (unsigned i = 0; status == SIGNET_OK && i < arc->chain.n; i++) {
		struct arena_mark mark = arena_mark(a);
		status = covered_digest(&arc->chain.sets[i], running, a, arc->steps[i].seal_digest);
		if (status == SIGNET_OK) {
			arena_rewind(a, mark);
		}
	}
	digest_drop(running);
	return status;
}

static void want_key(struct signet_book *book, const struct dkim_signature *s, struct signet_arena *a)
{
	struct arena_mark mark = arena_mark(a);
	book_want(book, key_name(s->selector, s->domain, a), SIGNET_RR_TXT);
	arena_rewind(a, mark);
}

/* The newest first: its message signature decides, older ones only tell how far back nothing was changed. */
static enum signet_status start(struct arc *arc, struct body_hashes *hashes, struct signet_book *book,
				struct signet_arena *a)
{
	for (unsigned i = arc->chain.n; i-- > 0;) {
		struct dkim_signature *message = &arc->chain.sets[i].message;
		dkim_judge_times(message, arc->query.received_at);
		uint64_t limit = message->has_length ? message->length : BODY_NO_LIMIT;
		enum signet_status status = body_hashes_add(hashes, message->body_relaxed, limit, &arc->steps[i].hash);
		if (status != SIGNET_OK && status != SIGNET_LIMIT) {
			return status;
		}
		arc->steps[i].has_hash = status == SIGNET_OK;
		want_key(book, message, a);
		want_key(book, &arc->chain.sets[i].seal, a);
	}
	return SIGNET_OK;
}

enum signet_status arc_open(const struct arc_query *query, struct body_hashes *hashes, struct signet_book *book,
			    struct signet_arena *a, struct arc **ret)
{
	struct arc *arc = arena_alloc(a, sizeof(*arc));
	if (!arc) {
		return SIGNET_NO_MEMORY;
	}
	arc->query = *query;
	arc->hashes = hashes;
	findings_init(&arc->notes, a);
	TRY(chain_collect(query->header, query->max_sets, a, &arc->notes, &arc->chain));
	if (arc->chain.state == CHAIN_WHOLE) {
		arc->steps = arena_array(a, arc->chain.n, sizeof(*arc->steps));
		if (!arc->steps) {
			return SIGNET_NO_MEMORY;
		}
		TRY(field_index_init(&arc->index, query->header, a));
		TRY(hash_sets(arc, a));
		TRY(start(arc, hashes, book, a));
	}
	*ret = arc;
	return SIGNET_OK;
}

static bool body_is_right(const struct arc *arc, unsigned i, struct signet_arc *result)
{
	const struct dkim_signature *s = &arc->chain.sets[i].message;
	const struct arc_step *step = &arc->steps[i];
	if (!step->has_hash) {
		return false;
	}
	slice hash = slice_make((const char *)body_hashes_digest(arc->hashes, step->hash), DIGEST_OCTETS);
	if (RULE("8617:5.2", !slice_eq(hash, s->body_hash))) {
		note_with(&result->findings, F_ARC_BODY_HASH, s->field->value, 0, NUMBER(s->instance), TEXT(s->domain));
		return false;
	}
	uint64_t total = body_hashes_total(arc->hashes, step->hash);
	if (RULE("6376:8.2", s->has_length && s->length != total)) {
		note_with(&result->findings, F_ARC_BODY_LENGTH, s->field->value, 0, NUMBER(s->instance));
		return false;
	}
	return true;
}

/* The message signature of set i + 1, like a DKIM-Signature (RFC 8617 4.1.2). */
static enum signet_status verify_message(struct arc *arc, unsigned i, struct signet_book *book,
					 struct signet_arena *scratch, struct signet_arc *result)
{
	const struct dkim_signature *s = &arc->chain.sets[i].message;
	struct arc_step *step = &arc->steps[i];
	struct dkim_key key;
	bool secure;
	bool good = s->fault.result == SIGNET_DKIM_NONE;
	if (!good) {
		findings_append(&result->findings, &s->findings); /* expired, or from the future */
	}
	good = good && body_is_right(arc, i, result);
	if (good) {
		TRY(key_find(book, s, scratch, &result->findings, &key, &secure));
		good = key.fault.result == SIGNET_DKIM_NONE;
	}
	if (good && step->message_ok == SIGNET_UNKNOWN) {
		TRY(dkim_signature_verifies(arc->query.engine, &arc->index, s, &key, scratch, &good));
	}
	if (step->message_ok == SIGNET_UNKNOWN) {
		step->message_ok = good ? SIGNET_TRUE : SIGNET_FALSE;
	}
	if (step->message_ok == SIGNET_FALSE) {
		note_with(&result->findings, F_ARC_MESSAGE_SIGNATURE, s->field->value, 0, NUMBER(s->instance),
			  TEXT(s->domain));
	}
	return SIGNET_OK;
}

static enum signet_status verify_seal(struct arc *arc, unsigned i, struct signet_book *book,
				      struct signet_arena *scratch, struct signet_arc *result)
{
	const struct dkim_signature *s = &arc->chain.sets[i].seal;
	struct arc_step *step = &arc->steps[i];
	struct dkim_key key;
	bool secure;
	bool good;
	TRY(key_find(book, s, scratch, &result->findings, &key, &secure));
	if (key.fault.result != SIGNET_DKIM_NONE) {
		step->seal_ok = SIGNET_FALSE;
	} else if (step->seal_ok == SIGNET_UNKNOWN) {
		TRY(pubkey_verify(arc->query.engine, key.kind, key.octets, step->seal_digest, s->octets, &good));
		step->seal_ok = good ? SIGNET_TRUE : SIGNET_FALSE;
	}
	if (step->seal_ok == SIGNET_FALSE) {
		note_with(&result->findings, F_ARC_SEAL, s->field->value, 0, NUMBER(s->instance), TEXT(s->domain));
	}
	return SIGNET_OK;
}

/* Steps 4 and 6 of RFC 8617 5.2: the newest message signature, then the seals from the newest down. */
static enum signet_status verify_chain(struct arc *arc, struct signet_book *book, struct signet_arena *scratch,
				       struct signet_arc *result)
{
	result->result = SIGNET_ARC_FAIL;
	TRY(verify_message(arc, arc->chain.n - 1, book, scratch, result));
	if (RULE("8617:5.2", arc->steps[arc->chain.n - 1].message_ok != SIGNET_TRUE)) {
		return SIGNET_OK;
	}
	for (unsigned i = arc->chain.n; i-- > 0;) {
		TRY(verify_seal(arc, i, book, scratch, result));
		if (RULE("8617:5.2", arc->steps[i].seal_ok != SIGNET_TRUE)) {
			return SIGNET_OK;
		}
	}
	result->result = SIGNET_ARC_PASS;
	return SIGNET_OK;
}

/* Step 5: how far back the message is unchanged.  Older signatures may fail: whoever forwards may edit.  What is found
 * on the way is no finding of the chain. */
static enum signet_status find_oldest_pass(struct arc *arc, struct signet_book *book, struct signet_arena *scratch,
					   struct signet_arc *result)
{
	unsigned i = arc->chain.n - 1;
	struct signet_arc aside = { 0 };
	while (i > 0) {
		findings_init(&aside.findings, scratch);
		TRY(verify_message(arc, i - 1, book, scratch, &aside));
		if (RULE("8617:5.2", arc->steps[i - 1].message_ok != SIGNET_TRUE)) {
			break;
		}
		i--;
	}
	result->has_oldest_pass = true;
	result->oldest_pass = i ? i + 1 : 0;
	return SIGNET_OK;
}

static enum signet_status describe(const struct arc *arc, struct signet_arena *scratch, struct signet_arc *result)
{
	const struct arc_chain *chain = &arc->chain;
	struct signet_arc_set *sets = chain->n ? arena_array(scratch, chain->n, sizeof(*sets)) : NULL;
	if (chain->n && !sets) {
		return SIGNET_NO_MEMORY;
	}
	for (unsigned i = 0; i < chain->n; i++) {
		const struct arc_set *set = &chain->sets[i];
		sets[i] = (struct signet_arc_set){
			.instance = i + 1,
			.seal_domain = set->seal.domain,
			.seal_selector = set->seal.selector,
			.signature_domain = set->message.domain,
			.signature_selector = set->message.selector,
			.cv = set->seal.cv,
			.seal_ok = arc->steps ? arc->steps[i].seal_ok : SIGNET_UNKNOWN,
			.signature_ok = arc->steps ? arc->steps[i].message_ok : SIGNET_UNKNOWN,
			.results = set->results_payload,
		};
	}
	result->instances = chain->n;
	result->sets = sets;
	result->n_sets = chain->n;
	result->sealer = chain->n ? sets[chain->n - 1].seal_domain : (slice){ 0 };
	return SIGNET_OK;
}

enum signet_status arc_finish(struct arc *arc, struct signet_book *book, struct signet_arena *scratch,
			      struct signet_arc *ret)
{
	struct signet_arc result = { .findings = arc->notes };
	result.findings.arena = scratch;
	if (!arc->hashes->ended) {
		return SIGNET_MISUSE;
	}
	if (arc->chain.state == CHAIN_BROKEN) {
		result.result = SIGNET_ARC_FAIL;
	} else if (arc->chain.state == CHAIN_WHOLE) {
		TRY(verify_chain(arc, book, scratch, &result));
	}
	bool pass = result.result == SIGNET_ARC_PASS;
	if (pass) {
		TRY(find_oldest_pass(arc, book, scratch, &result));
	}
	TRY(describe(arc, scratch, &result));
	if (pass) {
		arc_weigh_trust(&arc->query.trust, &arc->chain.sets[arc->chain.n - 1].message, &arc->index, scratch,
				&result);
	}
	*ret = result;
	return scratch->failed ? SIGNET_NO_MEMORY : SIGNET_OK;
}
