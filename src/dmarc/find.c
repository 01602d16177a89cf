/* SPDX-License-Identifier: Apache-2.0 */
#include "find.h"

#include "../base/name.h"
#include "../dns/book.h"
#include "record.h"

static const slice prefix = { "_dmarc.", 7 };

/* Writes "_dmarc." `name` to `octets`.  A name too long for DNS gives a question that the book answers by itself. */
static slice question_of(slice name, char octets[static NAME_OCTETS + 8])
{
	name = slice_first(name, NAME_OCTETS + 1);
	memcpy(octets, prefix.at, prefix.len);
	memcpy(octets + prefix.len, name.at, name.len);
	return slice_make(octets, prefix.len + name.len);
}

/* RFC 9989 4.10 steps 3 to 5 and 8: the parent; after a start of more than eight labels its last seven. */
static slice next_name(slice name)
{
	if (RULE("9989:4.10", name_count_labels(name) > DMARC_WALK_LABELS + 1)) {
		return name_last_labels(name, DMARC_WALK_LABELS);
	}
	return name_parent(name);
}

void dmarc_walk_want(struct signet_book *b, slice start)
{
	char octets[NAME_OCTETS + 8];
	slice name = start;
	for (size_t n = 0; name.len && n < DMARC_WALK_STEPS; n++) {
		book_want(b, question_of(name, octets), SIGNET_RR_TXT);
		name = next_name(name);
	}
}

static bool is_lost(enum signet_dns_status status)
{
	return status != SIGNET_DNS_NOERROR && status != SIGNET_DNS_NXDOMAIN;
}

/* Drops the TXT records that are no DMARC records, then takes the one that is left; of several none counts (RFC 9989
 * 4.10 steps 2 and 6: first filter, then count). */
static size_t filter(const struct signet_answer *ans, struct signet_findings *notes, slice *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < ans->n; i++) {
		slice text = ans->rr[i].data;
		if (RULE("9989:4.10", dmarc_record_is(text))) {
			*ret = text;
			n++;
		} else if (notes) {
			bool nearly = slice_find_nocase(slice_first(text, 20), S("dmarc")) != SLICE_NONE;
			note(notes, nearly ? F_DMARC_NEARLY_A_RECORD : F_DMARC_OTHER_TXT, text, 0);
		}
	}
	return n;
}

/* Looks one name up; `*ret_records` counts the DMARC records there. */
static enum signet_status look(struct signet_book *b, slice name, struct signet_findings *notes,
			       struct dmarc_walk *walk, size_t *ret_records)
{
	char octets[NAME_OCTETS + 8];
	const struct signet_answer *ans;
	TRY(book_ask(b, question_of(name, octets), SIGNET_RR_TXT, &ans));
	struct signet_dmarc_step step = { .name = name, .status = ans->status };
	slice text = { 0 };
	size_t records = filter(ans, notes, &text);
	bool lost = RULE("9989:4.10.1", is_lost(ans->status));
	step.has_record = RULE("9989:4.10", records == 1);
	if (step.has_record) {
		step.record = text;
		walk->psd[walk->n] = dmarc_record_psd(text);
	}
	walk->steps[walk->n++] = step;
	walk->has_error |= lost;
	if (notes && records > 1) {
		note_with(notes, F_DMARC_MULTIPLE_RECORDS, text, 0, TEXT(name), NUMBER(records));
	}
	if (notes && lost) {
		note_with(notes, F_DMARC_LOST_ANSWER, name, 0, TEXT(name),
			  TEXT(slice_of(signet_dns_status_name(ans->status))));
	}
	*ret_records = records;
	return SIGNET_OK;
}

enum signet_status dmarc_walk_step(struct signet_book *b, slice name, struct signet_findings *notes,
				   struct dmarc_walk *walk)
{
	size_t records;
	return walk->n < DMARC_WALK_STEPS ? look(b, name, notes, walk, &records) : SIGNET_OK;
}

enum signet_status dmarc_walk(struct signet_book *b, slice start, struct signet_findings *notes, struct dmarc_walk *ret)
{
	*ret = (struct dmarc_walk){ .start = start };
	dmarc_walk_want(b, start);
	slice name = start;
	while (name.len && ret->n < DMARC_WALK_STEPS) {
		TRY(dmarc_walk_step(b, name, notes, ret));
		char psd = ret->psd[ret->n - 1];
		if (RULE("9989:4.10", psd == 'y' || psd == 'n')) {
			break; /* steps 2 and 7: any other record does not stop the walk */
		}
		name = next_name(name);
	}
	return SIGNET_OK;
}

slice dmarc_organization(const struct dmarc_walk *walk)
{
	slice shortest = walk->start; /* without any record */
	for (size_t i = 0; i < walk->n; i++) {
		slice name = walk->steps[i].name;
		if (RULE("9989:4.10.2", walk->psd[i] == 'n')) {
			return name;
		}
		/* A PSD that sends mail itself is its own Organizational Domain. */
		if (RULE("9989:4.10.2", walk->psd[i] == 'y' && i > 0)) {
			return name_last_labels(walk->start, name_count_labels(name) + 1);
		}
		if (RULE("9989:4.10.2", walk->steps[i].has_record)) {
			shortest = name;
		}
	}
	return shortest;
}

slice dmarc_organization_bound(const struct dmarc_walk *walk)
{
	slice bound = dmarc_organization(walk);
	for (size_t i = 0; i < walk->n; i++) {
		slice name = walk->steps[i].name;
		if (is_lost(walk->steps[i].status) && RULE("9989:5.3.6", name.len < bound.len)) {
			bound = name;
		}
	}
	return bound;
}

static void take(const struct signet_dmarc_step *step, struct dmarc_policy *ret)
{
	ret->found = true;
	ret->name = step->name;
	ret->text = step->record;
}

/* Records that were met but are neither the author's, nor the organization's, nor the PSD's. */
static void note_unused(const struct dmarc_walk *walk, struct signet_findings *notes, const struct dmarc_policy *used)
{
	for (size_t i = 0; i < walk->n; i++) {
		const struct signet_dmarc_step *step = &walk->steps[i];
		if (step->has_record && step->name.len > used->name.len) {
			note_with(notes, F_DMARC_RECORD_PASSED_OVER, step->record, 0, TEXT(step->name),
				  TEXT(used->name));
		}
	}
}

void dmarc_find_policy(const struct dmarc_walk *walk, struct signet_findings *notes, struct dmarc_policy *ret)
{
	slice organization = dmarc_organization(walk);
	*ret = (struct dmarc_policy){ 0 };
	if (walk->n == 0) {
		return;
	}
	if (RULE("9989:4.10.1", walk->steps[0].has_record)) {
		take(&walk->steps[0], ret);
		ret->is_own = true;
		return;
	}
	if (RULE("9989:4.10.1", walk->has_error)) {
		ret->has_error = true;
		return;
	}
	for (size_t i = 1; i < walk->n && !ret->found; i++) {
		const struct signet_dmarc_step *step = &walk->steps[i];
		bool is_organization = RULE("9989:4.10.1", name_eq(step->name, organization));
		bool is_psd = RULE("9989:4.10.1", walk->psd[i] == 'y');
		if (step->has_record && (is_organization || is_psd)) {
			take(step, ret);
		}
	}
	note_unused(walk, notes, ret);
}

enum signet_status dmarc_find_policy_7489(struct signet_book *b, slice author, slice organization,
					  struct signet_findings *notes, struct dmarc_walk *ret_walk,
					  struct dmarc_policy *ret)
{
	char octets[NAME_OCTETS + 8];
	size_t records;
	*ret_walk = (struct dmarc_walk){ .start = author };
	*ret = (struct dmarc_policy){ 0 };
	book_want(b, question_of(author, octets), SIGNET_RR_TXT);
	book_want(b, question_of(organization, octets), SIGNET_RR_TXT);
	TRY(look(b, author, notes, ret_walk, &records));
	/* Several records end the discovery (step 5); only an empty set leads on to the organization (step 3). */
	bool is_empty = RULE("7489:6.6.3", records == 0);
	ret->is_own = ret_walk->steps[0].has_record;
	if (is_empty && !ret_walk->has_error && !name_eq(author, organization)) {
		TRY(look(b, organization, notes, ret_walk, &records));
	}
	const struct signet_dmarc_step *last = &ret_walk->steps[ret_walk->n - 1];
	ret->has_error = RULE("7489:6.6.3", ret_walk->has_error);
	if (last->has_record) {
		take(last, ret);
	}
	return SIGNET_OK;
}

enum signet_status dmarc_find_existence(struct signet_book *b, slice author, slice above, enum dmarc_existence *ret)
{
	const struct signet_answer *ans;
	TRY(book_ask(b, author, SIGNET_RR_TXT, &ans));
	*ret = DMARC_EXISTS;
	if (RULE("9989:A.4", ans->aliased)) {
		return SIGNET_OK;
	}
	if (RULE("9989:3.2.13", ans->status == SIGNET_DNS_NXDOMAIN)) {
		*ret = DMARC_MISSING;
		return SIGNET_OK;
	}
	if (!is_lost(ans->status)) {
		return SIGNET_OK;
	}
	*ret = DMARC_EXISTENCE_UNKNOWN;
	slice name = name_parent(author);
	for (size_t n = 0; n < DMARC_WALK_STEPS && name.len > above.len; n++) {
		TRY(book_ask(b, name, SIGNET_RR_TXT, &ans));
		if (RULE("8020:2", ans->status == SIGNET_DNS_NXDOMAIN && !ans->aliased)) {
			*ret = DMARC_MISSING;
			return SIGNET_OK;
		}
		name = name_parent(name);
	}
	return SIGNET_OK;
}
