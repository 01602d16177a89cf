/* SPDX-License-Identifier: Apache-2.0 */
#include "book.h"

#include <stdlib.h>

#include "../base/arena.h"
#include "../base/chars.h"
#include "../base/map.h"
#include "../base/name.h"

#define BOOK_BYTES                                                                                                     \
	((size_t)8 << 20) /* answers of one message: 300 questions of at most 64 KiB, in practice a few KiB */
#define KEY_BYTES (NAME_OCTETS + 4)

struct entry {
	struct entry *next; /* in the order of asking */
	struct signet_question question;
	struct signet_answer answer;
	bool handed_out;
};

struct signet_book {
	struct signet_arena arena;
	struct map entries;
	struct entry *first;
	struct entry **last;
	struct entry *next_to_hand_out; /* every entry before it has been handed out or answered */
	size_t n;
	size_t n_open;
	size_t max_questions;
	bool spent;
	signet_book_source *source; /* NULL: none */
	void *source_data;
};

static const struct signet_answer impossible_name = { .status = SIGNET_DNS_NXDOMAIN };
static const struct signet_answer budget_spent = { .status = SIGNET_DNS_BUDGET };

static void start(struct signet_book *b)
{
	map_init(&b->entries, &b->arena, (uint64_t)(uintptr_t)b);
	b->first = NULL;
	b->last = &b->first;
	b->next_to_hand_out = NULL;
	b->n = 0;
	b->n_open = 0;
	b->spent = false;
}

struct signet_book *signet_book_new(size_t max_questions)
{
	struct signet_book *b = calloc(1, sizeof(*b));
	if (b) {
		arena_init(&b->arena, BOOK_BYTES);
		b->max_questions = max_questions ? max_questions : SIGNET_BOOK_QUESTIONS;
		start(b);
	}
	return b;
}

void signet_book_reset(struct signet_book *b)
{
	arena_reset(&b->arena);
	start(b);
}

void signet_book_set_source(struct signet_book *b, signet_book_source *source, void *data)
{
	b->source = source;
	b->source_data = data;
}

void signet_book_free(struct signet_book *b)
{
	if (b) {
		arena_finish(&b->arena);
		free(b);
	}
}

/* The map's key: the name in lower case without final dot, then the type.  Only askable names get here. */
static slice key_of(char key[static KEY_BYTES], slice name, enum signet_rrtype type)
{
	name = name_without_dot(name);
	for (size_t i = 0; i < name.len; i++) {
		key[i] = char_lower(name.at[i]);
	}
	key[name.len] = 0;
	key[name.len + 1] = (char)(type >> 8);
	key[name.len + 2] = (char)(type & 0xff);
	return slice_make(key, name.len + 3);
}

static struct entry *add(struct signet_book *b, slice key, enum signet_rrtype type)
{
	struct entry *e = arena_alloc(&b->arena, sizeof(*e));
	key = arena_copy(&b->arena, key);
	if (!key.at || !e || !map_put(&b->entries, key, e)) {
		return NULL;
	}
	e->question = (struct signet_question) { .name = slice_first(key, key.len - 3), .type = type };
	*b->last = e;
	b->last = &e->next;
	if (!b->next_to_hand_out) {
		b->next_to_hand_out = e;
	}
	b->n++;
	b->n_open++;
	return e;
}

static enum signet_status write_down(struct signet_book *b, struct entry *e, const struct signet_answer *answer)
{
	struct signet_rr *rr = answer->n ? arena_array(&b->arena, answer->n, sizeof(*rr)) : NULL;
	if (answer->n && !rr) {
		return SIGNET_NO_MEMORY;
	}
	for (size_t i = 0; i < answer->n; i++) {
		rr[i].preference = answer->rr[i].preference;
		rr[i].data = arena_copy(&b->arena, answer->rr[i].data);
		if (!rr[i].data.at) {
			return SIGNET_NO_MEMORY;
		}
	}
	e->answer = *answer;
	e->answer.rr = rr;
	b->n_open--;
	return SIGNET_OK;
}

/* A new question: answered at once if the answer is at hand. */
static enum signet_status put_question(struct signet_book *b, slice key, enum signet_rrtype type, struct entry **ret)
{
	struct signet_answer ans = { .status = SIGNET_DNS_UNANSWERED };
	struct entry *e = add(b, key, type);
	if (!e) {
		return SIGNET_NO_MEMORY;
	}
	*ret = e;
	bool known = b->source && b->source(b->source_data, &e->question, &ans);
	return known && ans.status != SIGNET_DNS_UNANSWERED ? write_down(b, e, &ans) : SIGNET_OK;
}

enum signet_status book_ask(struct signet_book *b, slice name, enum signet_rrtype type,
                            const struct signet_answer **ret)
{
	if (!name_is_askable(name)) {
		*ret = &impossible_name;
		return SIGNET_OK;
	}
	char octets[KEY_BYTES];
	slice key = key_of(octets, name, type);
	struct entry *e = map_get(&b->entries, key);
	if (!e && b->n >= b->max_questions) {
		b->spent = true;
		*ret = &budget_spent;
		return SIGNET_OK;
	}
	if (!e) {
		TRY(put_question(b, key, type, &e));
	}
	if (e->answer.status == SIGNET_DNS_UNANSWERED) {
		return SIGNET_PENDING;
	}
	*ret = &e->answer;
	return SIGNET_OK;
}

void book_want(struct signet_book *b, slice name, enum signet_rrtype type)
{
	char octets[KEY_BYTES];
	struct entry *e;
	if (!name_is_askable(name) || b->n >= b->max_questions / 2) {
		return;
	}
	slice key = key_of(octets, name, type);
	if (!map_get(&b->entries, key)) {
		(void)put_question(b, key, type, &e);
	}
}

size_t book_count(const struct signet_book *b)
{
	return b->n;
}

bool book_is_spent(const struct signet_book *b)
{
	return b->spent;
}

bool signet_book_next(struct signet_book *b, struct signet_question *ret)
{
	struct entry *e = b->next_to_hand_out;
	while (e && (e->handed_out || e->answer.status != SIGNET_DNS_UNANSWERED)) {
		e = e->next;
	}
	b->next_to_hand_out = e ? e->next : NULL;
	if (!e) {
		return false;
	}
	e->handed_out = true;
	*ret = e->question;
	return true;
}

bool signet_book_is_open(const struct signet_book *b)
{
	return b->n_open > 0;
}

enum signet_status signet_book_answer(struct signet_book *b, const struct signet_question *question,
                                      const struct signet_answer *answer)
{
	if (!name_is_askable(question->name)) {
		return SIGNET_MISUSE;
	}
	bool is_answer = answer->status != SIGNET_DNS_UNANSWERED;
	char octets[KEY_BYTES];
	slice key = key_of(octets, question->name, question->type);
	struct entry *e = map_get(&b->entries, key);
	if (!e) {
		e = add(b, key, question->type);
	} else if (e->answer.status != SIGNET_DNS_UNANSWERED) {
		return SIGNET_OK;
	}
	if (!e) {
		return SIGNET_NO_MEMORY;
	}
	return is_answer ? write_down(b, e, answer) : SIGNET_OK;
}

void signet_book_expire(struct signet_book *b)
{
	for (struct entry *e = b->first; e; e = e->next) {
		if (e->answer.status == SIGNET_DNS_UNANSWERED) {
			e->answer.status = SIGNET_DNS_TIMEOUT;
		}
	}
	b->n_open = 0;
}

bool signet_book_find(const struct signet_book *b, const struct signet_question *question, struct signet_answer *ret)
{
	char octets[KEY_BYTES];
	if (!name_is_askable(question->name)) {
		return false;
	}
	const struct entry *e = map_get(&b->entries, key_of(octets, question->name, question->type));
	if (!e || e->answer.status == SIGNET_DNS_UNANSWERED) {
		return false;
	}
	*ret = e->answer;
	return true;
}

bool signet_book_entry(const struct signet_book *b, size_t i, struct signet_question *ret_question,
                       struct signet_answer *ret_answer)
{
	const struct entry *e = b->first;
	while (e && i--) {
		e = e->next;
	}
	if (!e) {
		return false;
	}
	*ret_question = e->question;
	*ret_answer = e->answer;
	return true;
}

const char *signet_rrtype_name(enum signet_rrtype type)
{
	switch (type) {
	case SIGNET_RR_A:
		return "A";
	case SIGNET_RR_NS:
		return "NS";
	case SIGNET_RR_CNAME:
		return "CNAME";
	case SIGNET_RR_SOA:
		return "SOA";
	case SIGNET_RR_PTR:
		return "PTR";
	case SIGNET_RR_MX:
		return "MX";
	case SIGNET_RR_TXT:
		return "TXT";
	case SIGNET_RR_AAAA:
		return "AAAA";
	case SIGNET_RR_TLSA:
		return "TLSA";
	}
	return "?";
}

const char *signet_dns_status_name(enum signet_dns_status status)
{
	static const char names[][11] = { "unanswered", "noerror", "nxdomain",  "servfail", "refused",
		                          "error",      "bogus",   "malformed", "timeout",  "budget" };
	return status <= SIGNET_DNS_BUDGET ? names[status] : "?";
}
