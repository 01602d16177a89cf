/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include <pthread.h>
#include <stdlib.h>

#include "../../src/base/chars.h"

#define SHARDS 16 /* each with a lock of its own */
#define WAYS 8 /* places that one signature may have */
#define QUARTERS 4
#define REGISTERS 64
#define REGISTER_BITS 6 /* 64 = 1 << 6 */

/* What came in one quarter of the window. */
struct quarter {
	uint32_t messages;
	uint8_t registers[REGISTERS]; /* the longest run of zeros before a one, plus 1; 0: nobody */
};

struct place {
	uint64_t print; /* 0: free */
	int64_t newest; /* number of the newest quarter */
	struct quarter quarters[QUARTERS]; /* by their number, modulo */
};

struct shard {
	pthread_mutex_t lock;
	struct place *places; /* `sets` times WAYS */
};

struct replay {
	struct replay_settings settings;
	size_t sets; /* of a shard */
	struct shard shards[SHARDS];
};

/* ---- numbers of texts ---- */

static uint64_t mix(uint64_t n)
{
	n = (n ^ n >> 30) * 0xBF58476D1CE4E5B9u;
	n = (n ^ n >> 27) * 0x94D049BB133111EBu;
	return n ^ n >> 31;
}

static uint64_t add_octet(uint64_t so_far, unsigned char octet)
{
	return mix(so_far + octet + 0x9E3779B97F4A7C15u);
}

static uint64_t add_lower(uint64_t so_far, slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		so_far = add_octet(so_far, (unsigned char)char_lower(text.at[i]));
	}
	return add_octet(so_far, 0);
}

static uint64_t add_b(uint64_t so_far, slice b)
{
	for (size_t i = 0; i < b.len; i++) {
		if (!char_is(b.at[i], C_WSP) && b.at[i] != '\r' && b.at[i] != '\n') {
			so_far = add_octet(so_far, (unsigned char)b.at[i]);
		}
	}
	return so_far;
}

uint64_t replay_print(const struct replay *r, slice domain, slice selector, slice b)
{
	uint64_t n = add_b(add_lower(add_lower(mix(r->settings.seed), domain), selector), b);
	return n ? n : 1;
}

/* ---- counting people ---- */

static void note_recipient(struct quarter *q, uint64_t hash)
{
	size_t i = (size_t)(hash >> (64 - REGISTER_BITS));
	uint64_t rest = hash << REGISTER_BITS | (uint64_t)1 << (REGISTER_BITS - 1);
	uint8_t run = (uint8_t)(__builtin_clzll(rest) + 1);
	if (run > q->registers[i]) {
		q->registers[i] = run;
	}
}

/* 64 ln(64 / empty), rounded: linear counting (Whang and others, 1990). */
static uint32_t count_few(unsigned empty)
{
	static const uint16_t few[REGISTERS + 1] = {
		0,  266, 222, 196, 177, 163, 151, 142, 133, 126, 119, 113, 107, 102, 97, 93, 89, 85, 81, 78, 74, 71,
		68, 65,  63,  60,  58,  55,  53,  51,  48,  46,  44,  42,  40,  39,  37, 35, 33, 32, 30, 28, 27, 25,
		24, 23,  21,  20,  18,  17,  16,  15,  13,  12,  11,  10,  9,   7,   6,  5,  4,  3,  2,  1,  0,
	};
	return few[empty];
}

/* HyperLogLog (Flajolet and others, 2007) with 64 registers: alpha = 0.709. */
static uint32_t count_many(const uint8_t registers[static REGISTERS], unsigned empty)
{
	double sum = 0;
	for (size_t i = 0; i < REGISTERS; i++) {
		sum += 1.0 / (double)((uint64_t)1 << registers[i]);
	}
	double n = 0.709 * REGISTERS * REGISTERS / sum;
	if (empty && n < 2.5 * REGISTERS) {
		return count_few(empty);
	}
	return n < (double)UINT32_MAX ? (uint32_t)(n + 0.5) : UINT32_MAX;
}

static struct replay_count count_of(const struct place *p)
{
	uint8_t all[REGISTERS] = { 0 };
	struct replay_count count = { 0 };
	unsigned empty = 0;
	for (size_t q = 0; q < QUARTERS; q++) {
		uint32_t sum;
		count.messages =
			__builtin_add_overflow(count.messages, p->quarters[q].messages, &sum) ? UINT32_MAX : sum;
		for (size_t i = 0; i < REGISTERS; i++) {
			uint8_t one = p->quarters[q].registers[i];
			all[i] = one > all[i] ? one : all[i];
		}
	}
	for (size_t i = 0; i < REGISTERS; i++) {
		empty += all[i] == 0;
	}
	count.recipients = empty == REGISTERS ? 0 : count_many(all, empty);
	return count;
}

/* ---- places ---- */

static void clear_quarter(struct place *p, int64_t number)
{
	p->quarters[(uint64_t)number % QUARTERS] = (struct quarter) { 0 };
}

/* Forgets the quarters that have left the window.  A clock that was set back counts into the newest one. */
static void move_on(struct place *p, int64_t number)
{
	if (number - p->newest >= QUARTERS) {
		memset(p->quarters, 0, sizeof(p->quarters));
		p->newest = number;
	}
	while (p->newest < number) {
		clear_quarter(p, ++p->newest);
	}
}

/* The less it has to say, the sooner a place is given away. */
static uint64_t worth(const struct place *p, int64_t number)
{
	if (!p->print || number - p->newest >= QUARTERS) {
		return 0;
	}
	return 1 + (uint64_t)count_of(p).messages;
}

static struct place *find_place(struct place *set, uint64_t print, int64_t number)
{
	struct place *least = &set[0];
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].print == print) {
			return &set[i];
		}
	}
	for (size_t i = 1; i < WAYS; i++) {
		uint64_t a = worth(&set[i], number), b = worth(least, number);
		if (a < b || (a == b && set[i].newest < least->newest)) {
			least = &set[i];
		}
	}
	*least = (struct place) { .print = print, .newest = number };
	return least;
}

struct replay_count replay_note(struct replay *r, uint64_t print, const slice *recipients, size_t n, int64_t now)
{
	int64_t number = (now < 0 ? 0 : now) * QUARTERS / r->settings.window_s;
	struct shard *s = &r->shards[print % SHARDS];
	pthread_mutex_lock(&s->lock);
	struct place *p = find_place(&s->places[print / SHARDS % r->sets * WAYS], print, number);
	move_on(p, number);
	struct quarter *q = &p->quarters[(uint64_t)p->newest % QUARTERS];
	q->messages += q->messages < UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		note_recipient(q, add_lower(mix(r->settings.seed), recipients[i]));
	}
	struct replay_count count = count_of(p);
	pthread_mutex_unlock(&s->lock);
	return count;
}

bool replay_is_too_often(const struct replay *r, struct replay_count count)
{
	return r->settings.limit && count.recipients > r->settings.limit;
}

/* ---- life ---- */

struct replay *replay_new(const struct replay_settings *settings)
{
	struct replay *r = calloc(1, sizeof(*r));
	if (!r) {
		return NULL;
	}
	r->settings = *settings;
	if (r->settings.window_s <= 0) {
		r->settings.window_s = REPLAY_WINDOW_S;
	}
	size_t signatures = settings->signatures ? settings->signatures : REPLAY_SIGNATURES;
	r->sets = (signatures + SHARDS * WAYS - 1) / (SHARDS * WAYS);
	for (size_t i = 0; i < SHARDS; i++) {
		pthread_mutex_init(&r->shards[i].lock, NULL);
		r->shards[i].places = calloc(r->sets * WAYS, sizeof(*r->shards[i].places));
		if (!r->shards[i].places) {
			replay_free(r);
			return NULL;
		}
	}
	return r;
}

void replay_free(struct replay *r)
{
	for (size_t i = 0; r && i < SHARDS && r->shards[i].places; i++) {
		pthread_mutex_destroy(&r->shards[i].lock);
		free(r->shards[i].places);
	}
	free(r);
}
