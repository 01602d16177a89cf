/* SPDX-License-Identifier: Apache-2.0 */
#include "signing.h"

static void give_up(struct sealing *s, slice trouble)
{
	s->is_open = s->is_asking = false;
	if (s->is_waiting) {
		s->is_waiting = false;
		signer_errand_drop(s->errand);
		s->errand = NULL;
	}
	s->trouble = trouble;
}

/* ---- octets that come before the algorithm is known ---- */

static void drop_late(struct sealing *s)
{
	atomic_fetch_sub_explicit(s->how.kept, s->late.len, memory_order_relaxed);
	buf_finish(&s->late);
}

static void keep_late(struct sealing *s, slice octets)
{
	const struct sealing_how *how = &s->how;
	uint64_t all = atomic_load_explicit(how->kept, memory_order_relaxed);
	bool fits = octets.len <= how->kept_each - s->late.len && all + octets.len <= how->kept_all;
	if (fits) {
		buf_put(&s->late, octets);
	}
	if (!fits || !buf_ok(&s->late)) {
		drop_late(s);
		give_up(s, S("keys-late"));
		return;
	}
	atomic_fetch_add_explicit(how->kept, octets.len, memory_order_relaxed);
}

/* ---- the key ---- */

static void open_seal(struct sealing *s, const struct signer_keys *keys)
{
	const struct sealing_how *how = &s->how;
	if (keys->n == 0) {
		give_up(s, S("no-key"));
		return;
	}
	const struct signet_seal_settings settings = {
		.now = how->now, .domain = how->domain, .selector = how->selector, .algorithm = keys->at[0].algorithm
	};
	enum signet_status status = SIGNET_OK;
	if (s->seal) {
		status = signet_seal_reset(s->seal, &settings);
	} else {
		s->seal = signet_seal_new(how->signet, &settings);
	}
	s->is_open = status == SIGNET_OK && s->seal;
	if (!s->is_open) {
		give_up(s, S("no-memory"));
	}
}

static void ask_for_seal(struct sealing *s);

/* What came meanwhile is caught up with. */
static void catch_up(struct sealing *s)
{
	const struct signer_keys *keys;
	bool is_ended = s->is_asking;
	if (signer_desk_known(s->how.desk, s->how.domain, s->how.selector, &keys)) {
		open_seal(s, keys);
	} else {
		give_up(s, S("no-memory"));
	}
	sealing_feed(s, buf_slice(&s->late));
	if (is_ended && s->is_open) {
		ask_for_seal(s);
	}
}

static void on_key(void *data, size_t index, const struct signer_reply *reply)
{
	struct sealing *s = data;
	bool was_asking = s->is_asking;
	(void)index;
	s->errand = NULL;
	s->is_waiting = false;
	if (reply->status == SIGNER_OK || reply->status == SIGNER_NO_KEY) {
		catch_up(s);
	} else {
		give_up(s, slice_of(signer_status_name(reply->status)));
	}
	drop_late(s);
	if (was_asking && !s->is_asking) {
		s->how.ready(s->how.data);
	}
}

void sealing_begin(struct sealing *s, const struct sealing_how *how)
{
	const struct signer_keys *keys;
	*s = (struct sealing) { .seal = s->seal, .how = *how };
	if (!how->desk) {
		s->trouble = S("no-signer");
		return;
	}
	if (signer_desk_known(how->desk, how->domain, how->selector, &keys)) {
		open_seal(s, keys);
		return;
	}
	s->errand = signer_desk_ask(how->desk, how->domain, how->selector, on_key, s, 0);
	if (!s->errand) {
		s->trouble = slice_of(signer_status_name(SIGNER_FAILED));
		return;
	}
	buf_init(&s->late, how->kept_each);
	s->is_waiting = true;
}

void sealing_feed(struct sealing *s, signet_slice octets)
{
	if (s->is_waiting) {
		keep_late(s, octets);
	} else if (s->is_open && signet_seal_feed(s->seal, octets) != SIGNET_OK) {
		give_up(s, S("no-memory"));
	}
}

/* ---- the signatures ---- */

static void on_answer(void *data, size_t index, const struct signer_reply *reply);

/* The next of the two requests; without one it is done. */
static void ask_next(struct sealing *s)
{
	struct signet_sign_request request;
	if (!signet_seal_next(s->seal, &request)) {
		slice fields = signet_seal_fields(s->seal);
		give_up(s, fields.len || !signet_seal_refused(s->seal) ? (slice) { 0 } : S("refused"));
		s->fields = fields;
		return;
	}
	s->errand = signer_desk_sign(s->how.desk, &request, on_answer, s);
	if (!s->errand) {
		give_up(s, slice_of(signer_status_name(SIGNER_FAILED)));
	}
}

static void on_answer(void *data, size_t index, const struct signer_reply *reply)
{
	struct sealing *s = data;
	s->errand = NULL;
	if (reply->status != SIGNER_OK) {
		give_up(s, slice_of(signer_status_name(reply->status)));
	} else if (signet_seal_answer(s->seal, index, reply->signature) != SIGNET_OK) {
		signer_desk_forget(s->how.desk, s->how.domain); /* the key was exchanged */
		give_up(s, slice_of(signer_status_name(SIGNER_WRONG_ALGORITHM)));
	} else {
		ask_next(s);
	}
	if (!s->is_asking) {
		s->how.ready(s->how.data);
	}
}

static void ask_for_seal(struct sealing *s)
{
	s->is_open = false;
	if (signet_seal_end(s->seal, s->cv, s->results) != SIGNET_OK) {
		give_up(s, S("no-memory"));
		return;
	}
	s->is_asking = true;
	ask_next(s);
}

void sealing_end(struct sealing *s, enum signet_arc_result cv, slice results)
{
	s->cv = cv;
	s->results = results;
	s->is_asking = s->is_waiting;
	if (s->is_open) {
		ask_for_seal(s);
	}
}

bool sealing_is_pending(const struct sealing *s)
{
	return s->is_asking;
}

void sealing_drop(struct sealing *s)
{
	signer_errand_drop(s->errand);
	s->errand = NULL;
	if (s->how.kept) {
		drop_late(s);
	}
	s->is_open = s->is_asking = s->is_waiting = false;
}

void sealing_finish(struct sealing *s)
{
	sealing_drop(s);
	signet_seal_free(s->seal);
	s->seal = NULL;
}
