/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <stdlib.h>

#include "../base/date.h"
#include "../dmarc/eval.h"
#include "../mail/words.h"
#include "envelope.h"
#include "state.h"

#define ARENA_BYTES ((size_t)64 << 20) /* everything of one message but its body */
#define HEADER_BYTES ((size_t)2 << 20)
#define HEADER_PIECE ((size_t)4 << 10)

static feed_fn feed_header, feed_body, feed_ended;

struct signet_check *signet_check_new(struct signet *engine, const struct signet_settings *settings,
				      const struct signet_envelope *envelope)
{
	struct signet_check *c = calloc(1, sizeof(*c));
	struct signet_book *book = signet_book_new(0);
	if (!c || !book) {
		free(c);
		signet_book_free(book);
		return NULL;
	}
	c->engine = engine;
	c->book = book;
	arena_init(&c->arena, ARENA_BYTES);
	signet_check_reset(c, settings, envelope);
	return c;
}

void signet_check_reset(struct signet_check *c, const struct signet_settings *settings,
			const struct signet_envelope *envelope)
{
	struct buf octets = c->octets;
	signet_book_reset(c->book);
	body_hashes_finish(&c->hashes);
	arena_reset(&c->arena);
	*c = (struct signet_check){
		.engine = c->engine,
		.settings = *settings,
		.envelope = *envelope,
		.arena = c->arena,
		.book = c->book,
		.octets = octets,
		.feed = feed_header,
	};
	c->octets.max = settings->header_bytes ? settings->header_bytes : HEADER_BYTES;
	buf_clear(&c->octets);
	findings_init(&c->findings, &c->arena);
}

void signet_check_free(struct signet_check *c)
{
	if (c) {
		body_hashes_finish(&c->hashes);
		buf_finish(&c->octets);
		arena_finish(&c->arena);
		signet_book_free(c->book);
		free(c);
	}
}

const struct mail_header *check_header(const struct signet_check *c)
{
	return c->is_open ? &c->header : NULL;
}

size_t check_own_hops(const struct signet_check *c)
{
	return c->is_open ? envelope_count_own_hops(&c->header, &c->settings) : 0;
}

const struct signet_envelope *signet_check_envelope(const struct signet_check *c)
{
	return c->is_open ? &c->dossier.envelope : NULL;
}

const struct signet_author *signet_check_authors(const struct signet_check *c, size_t *ret_n)
{
	*ret_n = c->is_open ? c->identity.n_authors : 0;
	return c->is_open ? c->identity.authors : NULL;
}

void signet_check_set_mode(struct signet_check *c, enum signet_mode mode, const struct signet_facts *facts)
{
	c->settings.mode = mode;
	c->settings.facts = *facts;
}

void signet_check_set_thrift(struct signet_check *c, unsigned thrift)
{
	c->settings.diagnosis_thrift = thrift;
}

struct signet_book *signet_check_book(struct signet_check *c)
{
	return c->book;
}

enum signet_status signet_check_feed(struct signet_check *c, signet_slice octets)
{
	if (c->broken == SIGNET_OK) {
		c->broken = c->feed(c, octets);
	}
	return c->broken;
}

static enum signet_status feed_ended(struct signet_check *c, slice octets)
{
	(void)c;
	(void)octets;
	return SIGNET_MISUSE;
}

static enum signet_status feed_body(struct signet_check *c, slice octets)
{
	c->dossier.body_octets += octets.len;
	body_hashes_feed(&c->hashes, octets);
	return SIGNET_OK;
}

/* One line of text as shown: the first field of this name, unfolded. */
static slice shown(const struct signet_check *c, slice name, struct signet_arena *a)
{
	const struct mail_field *field = header_find(&c->header, name, 0);
	return field ? header_unfold(field->value, a) : (slice){ 0 };
}

/* The same for text that people write: with its encoded-words decoded.  Nothing that decides reads it (RFC 2047 6.2). */
static slice read_out(const struct signet_check *c, slice name, struct signet_arena *a)
{
	slice text = shown(c, name, a);
	return words_has(text) ? words_decode(text, a) : text;
}

static void describe(struct signet_check *c)
{
	struct signet_dossier *d = &c->dossier;
	d->n_from_fields = c->identity.n_from_fields;
	d->from = c->identity.authors;
	d->n_from = c->identity.n_authors;
	d->message_id = shown(c, S("Message-ID"), &c->arena);
	d->date = shown(c, S("Date"), &c->arena);
	d->from_text = read_out(c, S("From"), &c->arena);
	d->to = read_out(c, S("To"), &c->arena);
	d->subject = read_out(c, S("Subject"), &c->arena);
	if (!date_parse(d->date, &d->date_epoch)) {
		d->date_epoch = 0;
	}
	d->header_octets = c->header.block.len;
}

static enum signet_status open_signatures(struct signet_check *c)
{
	const struct dkim_query dkim = {
		.engine = c->engine,
		.header = &c->header,
		.author_domains = c->identity.domains,
		.n_author_domains = c->identity.n_domains,
		.received_at = c->dossier.envelope.received_at ? c->dossier.envelope.received_at : c->settings.now,
		.max_signatures = c->settings.max_signatures,
		.accept_body_length = c->settings.accept_body_length,
	};
	const struct arc_query arc = {
		.engine = c->engine,
		.header = &c->header,
		.trust = {
			.author_domains = c->identity.domains,
			.n_author_domains = c->identity.n_domains,
			.sealers = c->settings.trusted_sealers,
			.n_sealers = c->settings.n_trusted_sealers,
		},
		.received_at = dkim.received_at,
		.max_sets = c->settings.max_arc_sets,
	};
	body_hashes_init(&c->hashes, c->engine, &c->arena);
	TRY(dkim_open(&dkim, &c->hashes, c->book, &c->arena, &c->findings, &c->dkim));
	return arc_open(&arc, &c->hashes, c->book, &c->arena, &c->arc);
}

/* The header is complete: who wrote it, what is signed, and which questions follow from that. */
static enum signet_status open_header(struct signet_check *c, slice block)
{
	TRY(header_parse(block, &c->arena, &c->findings, &c->header));
	TRY(identity_find(&c->header, &c->arena, &c->findings, &c->identity));
	describe(c);
	c->dossier.envelope = c->envelope;
	envelope_complete(&c->header, &c->settings, &c->arena, &c->dossier.envelope);
	for (size_t i = 0; i < c->identity.n_domains; i++) { /* first: nobody may use up the questions for the policy */
		dmarc_want(c->book, c->identity.domains[i], NULL, 0);
	}
	TRY(open_signatures(c));
	c->is_open = true;
	c->feed = feed_body;
	c->mark = arena_mark(&c->arena);
	return check_ask_ahead(c);
}

/* A header past the cap: what has come is judged, the rest counts as body.  A finding says so, and no signature can
 * verify, because it is over other octets. */
static enum signet_status cut_header(struct signet_check *c, slice rest)
{
	note_with(&c->findings, F_MESSAGE_HEADER_TOO_LARGE, (slice){ 0 }, 0, NUMBER(c->octets.max));
	TRY(open_header(c, buf_slice(&c->octets)));
	return feed_body(c, rest);
}

/* The header is copied, the body behind it is not: hence in pieces about as long as a header. */
static enum signet_status feed_header(struct signet_check *c, slice octets)
{
	while (octets.len) {
		size_t before = c->octets.len;
		size_t room = c->octets.max - before;
		slice piece = slice_first(octets, room < HEADER_PIECE ? room : HEADER_PIECE);
		buf_put(&c->octets, piece);
		if (!buf_ok(&c->octets)) {
			return SIGNET_NO_MEMORY;
		}
		size_t end = header_find_end(buf_slice(&c->octets), before);
		if (end != SLICE_NONE) {
			c->octets.len = end;
			TRY(open_header(c, buf_slice(&c->octets)));
			return feed_body(c, slice_from(octets, end - before));
		}
		octets = slice_from(octets, piece.len);
		if (c->octets.len == c->octets.max) {
			return cut_header(c, octets);
		}
	}
	return SIGNET_OK;
}

enum signet_status signet_check_end(struct signet_check *c)
{
	TRY(c->broken);
	if (!c->is_open) { /* no empty line: a header without body */
		c->broken = open_header(c, buf_slice(&c->octets));
	}
	c->feed = feed_ended;
	if (c->broken == SIGNET_OK) {
		c->broken = body_hashes_end(&c->hashes);
	}
	c->is_ended = c->broken == SIGNET_OK;
	return c->broken;
}
