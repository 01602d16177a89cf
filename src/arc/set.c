/* SPDX-License-Identifier: Apache-2.0 */
#include "set.h"

#include "../base/cursor.h"

enum piece { PIECE_RESULTS, PIECE_MESSAGE, PIECE_SEAL, PIECES };

static const slice piece_names[PIECES] = {
	[PIECE_RESULTS] = { "arc-authentication-results", 26 },
	[PIECE_MESSAGE] = { "arc-message-signature", 21 },
	[PIECE_SEAL] = { "arc-seal", 8 },
};

struct collector {
	struct arc_chain *chain;
	struct signet_arena *arena;
	struct signet_findings *notes;
	unsigned count[SIGNET_ARC_SETS + 1][PIECES];
	size_t n_fields;
	size_t octets;
	bool broken;
};

static void broken(struct collector *c, enum finding_id id, const struct mail_field *field, struct signet_arg what,
		   uint64_t instance)
{
	note_with(c->notes, id, field ? field->value : (slice){ 0 }, 0, what, NUMBER(instance));
	c->broken = true;
}

static struct signet_arg text_arg(slice s)
{
	return (struct signet_arg){ .text = s };
}

/* comment = "(" *([FWS] ccontent) [FWS] ")", nested (RFC 5322 3.2.2) */
static bool skip_comment(struct cursor *c)
{
	size_t depth = 0;
	for (; c->at < c->end; c->at++) {
		if (*c->at == '\\' && c->end - c->at > 1) {
			c->at++;
		} else if (*c->at == '(') {
			depth++;
		} else if (*c->at == ')' && --depth == 0) {
			c->at++;
			return true;
		}
	}
	return false;
}

static void skip_cfws(struct cursor *c)
{
	do {
		cursor_skip_fws(c);
	} while (cursor_peek(c) == '(' && skip_comment(c));
}

/* instance = [CFWS] "i" [CFWS] "=" [CFWS] position, and a ";" behind it.  It must be the first element: "i=" stands in
 * properties like header.i= as well. */
static bool take_instance(slice value, unsigned *ret, slice *ret_payload)
{
	struct cursor c = cursor_of(value);
	uint64_t n;
	skip_cfws(&c);
	if (!cursor_take_char(&c, 'i')) {
		return false;
	}
	skip_cfws(&c);
	if (!cursor_take_char(&c, '=')) {
		return false;
	}
	skip_cfws(&c);
	const char *digits = c.at;
	bool good = cursor_take_number(&c, SIGNET_ARC_SETS, &n) && n > 0 && c.at - digits <= 2;
	skip_cfws(&c);
	if (!good || !cursor_take_char(&c, ';')) {
		return false;
	}
	*ret = (unsigned)n;
	*ret_payload = cursor_rest(&c);
	return true;
}

/* Room for all sets there can be, made when the first field of a chain is seen: most messages have none. */
static enum signet_status make_room(struct collector *c)
{
	if (!c->chain->sets) {
		c->chain->sets = arena_array(c->arena, SIGNET_ARC_SETS, sizeof(*c->chain->sets));
	}
	return c->chain->sets ? SIGNET_OK : SIGNET_NO_MEMORY;
}

static enum signet_status collect_field(struct collector *c, enum piece piece, const struct mail_field *field)
{
	TRY(make_room(c));
	struct dkim_signature signature;
	slice payload = { 0 };
	unsigned instance = 0;
	if (piece == PIECE_RESULTS) {
		(void)take_instance(field->value, &instance, &payload);
	} else {
		enum signature_kind kind = piece == PIECE_SEAL ? SIGNATURE_SEAL : SIGNATURE_AMS;
		TRY(signature_parse(kind, field, c->arena, &signature));
		instance = signature.instance;
	}
	if (RULE("8617:4.2.1", instance == 0)) {
		broken(c, F_ARC_INSTANCE, field, text_arg(piece_names[piece]), 0);
		return SIGNET_OK;
	}
	c->chain->n = instance > c->chain->n ? instance : c->chain->n;
	if (c->count[instance][piece]++) {
		return SIGNET_OK;
	}
	struct arc_set *set = &c->chain->sets[instance - 1];
	if (piece == PIECE_RESULTS) {
		set->results = field;
		set->results_payload = payload;
	} else {
		*(piece == PIECE_SEAL ? &set->seal : &set->message) = signature;
	}
	return SIGNET_OK;
}

static enum signet_status collect_fields(struct collector *c, const struct mail_header *header)
{
	for (size_t i = 0; i < header->n; i++) {
		const struct mail_field *field = &header->fields[i];
		enum piece piece = 0;
		while (piece < PIECES && !slice_eq_nocase(field->name, piece_names[piece])) {
			piece++;
		}
		if (piece == PIECES) {
			continue;
		}
		c->octets += field->raw.len;
		c->n_fields++;
		if (c->n_fields > (size_t)SIGNET_ARC_SETS * PIECES || c->octets > ARC_OCTETS_MAX) {
			broken(c, F_ARC_TOO_LARGE, field, text_arg(field->name), c->n_fields);
			return SIGNET_OK;
		}
		TRY(collect_field(c, piece, field));
	}
	return SIGNET_OK;
}

/* RFC 8617 5.2 step 3: each set has its three fields once. */
static void check_counts(struct collector *c)
{
	for (unsigned i = 1; i <= c->chain->n; i++) {
		for (enum piece piece = 0; piece < PIECES; piece++) {
			if (RULE("8617:5.2", c->count[i][piece] == 0)) {
				broken(c, F_ARC_FIELD_MISSING, NULL, text_arg(piece_names[piece]), i);
			} else if (RULE("8617:5.2", c->count[i][piece] > 1)) {
				broken(c, F_ARC_FIELD_TWICE, NULL, text_arg(piece_names[piece]), i);
			}
		}
	}
}

static void refuse(struct collector *c, const struct dkim_signature *s, enum piece piece)
{
	findings_append(c->notes, &s->findings);
	broken(c, F_ARC_SIGNATURE_SYNTAX, s->field, text_arg(piece_names[piece]), s->instance);
}

/* What cv= says has to fit the place in the chain, and every signature must be readable. */
static void check_signatures(struct collector *c)
{
	for (unsigned i = 1; i <= c->chain->n; i++) {
		const struct arc_set *set = &c->chain->sets[i - 1];
		slice want = i == 1 ? S("none") : S("pass");
		if (RULE("8617:5.2", !slice_eq_nocase(set->seal.cv, want))) {
			broken(c, F_ARC_CHAIN_VALUE, set->seal.field, text_arg(set->seal.cv), i);
		}
		if (RULE("8617:4.1.3", set->seal.fault.result != SIGNET_DKIM_NONE)) {
			refuse(c, &set->seal, PIECE_SEAL);
		}
		if (RULE("8617:4.1.2", set->message.fault.result != SIGNET_DKIM_NONE)) {
			refuse(c, &set->message, PIECE_MESSAGE);
		}
		if (RULE("8617:4.1.2", signature_count_name(&set->message, piece_names[PIECE_SEAL]) > 0)) {
			broken(c, F_ARC_SEAL_SIGNED, set->message.field, text_arg(piece_names[PIECE_SEAL]), i);
		}
	}
}

static bool newest_says_fail(const struct arc_chain *chain)
{
	return slice_eq_nocase(chain->sets[chain->n - 1].seal.cv, S("fail"));
}

/* The order of RFC 8617 5.2: instances, the newest seal's own word, structure, then syntax. */
static void check(struct collector *c, unsigned max_sets)
{
	const struct arc_chain *chain = c->chain;
	if (c->broken || chain->n == 0) {
		return;
	}
	if (RULE("8617:5.2", newest_says_fail(chain))) {
		broken(c, F_ARC_SAYS_FAIL, chain->sets[chain->n - 1].seal.field, text_arg(S("fail")), chain->n);
	} else if (chain->n > max_sets) {
		broken(c, F_ARC_TOO_MANY_SETS, NULL, (struct signet_arg)NUMBER(max_sets), chain->n);
	} else {
		check_counts(c);
	}
	if (!c->broken) {
		check_signatures(c);
	}
}

enum signet_status chain_collect(const struct mail_header *header, unsigned max_sets, struct signet_arena *a,
				 struct signet_findings *notes, struct arc_chain *ret)
{
	*ret = (struct arc_chain){ 0 };
	struct collector c = { .chain = ret, .arena = a, .notes = notes };
	TRY(collect_fields(&c, header));
	check(&c, max_sets ? max_sets : ARC_SETS_DEFAULT);
	ret->state = c.n_fields == 0 ? CHAIN_NONE : c.broken ? CHAIN_BROKEN : CHAIN_WHOLE;
	return SIGNET_OK;
}
