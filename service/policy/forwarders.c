/* SPDX-License-Identifier: Apache-2.0 */
#include "forwarders.h"

#include <pthread.h>
#include <stdlib.h>

#include "../../src/base/chars.h"
#include "../../src/base/cursor.h"
#include "../../src/base/name.h"

#define WAYS 8 /* places that one name may have */
#define AUTHORS 8 /* of a client; twice what is asked for */
#define QUARTERS 4
#define QUARTER_DAYS (FORWARDERS_WINDOW / QUARTERS)
#define DAY_S 86400
#define MAGIC "signet-forwarders-1"

/* The days of the window: bit i is i days before `newest`. */
struct days {
	uint32_t newest; /* days since 1970 */
	uint32_t mask; /* 0: none */
};

struct known {
	uint64_t print; /* 0: free */
	struct days days;
};

struct carried_author {
	uint64_t print; /* 0: none */
	uint32_t day; /* the last one */
};

struct client {
	char name[FORWARDERS_NAME]; /* empty: free */
	struct days days; /* on which it carried something */
	struct carried_author authors[AUTHORS];
	uint32_t quarter; /* number of the newest */
	uint32_t carried[QUARTERS], failed[QUARTERS]; /* by their number, modulo */
};

struct forwarders {
	pthread_mutex_t lock;
	uint64_t seed;
	bool changed;
	struct known *known; /* sets of WAYS */
	struct client *clients;
};

/* ---- numbers of names ---- */

static uint64_t mix(uint64_t n)
{
	n = (n ^ n >> 30) * 0xBF58476D1CE4E5B9u;
	n = (n ^ n >> 27) * 0x94D049BB133111EBu;
	return n ^ n >> 31;
}

static uint64_t print_of(const struct forwarders *f, slice name)
{
	uint64_t n = mix(f->seed);
	for (size_t i = 0; i < name.len; i++) {
		n = mix(n + (unsigned char)char_lower(name.at[i]) + 0x9E3779B97F4A7C15u);
	}
	return n ? n : 1;
}

/* As a mail server writes it; anything else is no name of a host. */
static bool copy_name(slice name, char to[static FORWARDERS_NAME])
{
	if (name.len == 0 || name.len >= FORWARDERS_NAME) {
		return false;
	}
	for (size_t i = 0; i < name.len; i++) {
		char c = char_lower(name.at[i]);
		if (!char_is(c, C_ALPHA | C_DIGIT) && c != '-' && c != '.' && c != '_') {
			return false;
		}
		to[i] = c;
	}
	to[name.len] = 0;
	return true;
}

/* ---- days ---- */

/* A clock that was set back counts into the newest day. */
static void note_day(struct days *d, uint32_t day)
{
	if (d->mask == 0 || day >= d->newest + FORWARDERS_WINDOW) {
		*d = (struct days) { day, 1 };
	} else if (day > d->newest) {
		d->mask = d->mask << (day - d->newest) | 1;
		d->newest = day;
	}
}

/* Those that are in the window that ends with `day`. */
static struct days days_until(struct days d, uint32_t day)
{
	uint32_t gone = day > d.newest ? day - d.newest : 0;
	return gone >= FORWARDERS_WINDOW ? (struct days) { day, 0 } : (struct days) { day, d.mask << gone };
}

static unsigned count_days(struct days d)
{
	return (unsigned)__builtin_popcount(d.mask);
}

static bool is_known(const struct known *k, uint32_t day)
{
	struct days d = days_until(k->days, day);
	return k->print && count_days(d) >= FORWARDERS_KNOWN_DAYS && d.mask >> FORWARDERS_KNOWN_AGE != 0;
}

/* ---- places ---- */

static struct known *find_known(struct forwarders *f, uint64_t print, uint32_t day, bool make)
{
	struct known *set = &f->known[print % (FORWARDERS_KNOWN / WAYS) * WAYS], *least = set;
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].print == print) {
			return &set[i];
		}
		unsigned a = count_days(days_until(set[i].days, day)), b = count_days(days_until(least->days, day));
		if (a < b || (a == b && set[i].days.newest < least->days.newest)) {
			least = &set[i];
		}
	}
	if (!make) {
		return NULL;
	}
	*least = (struct known) { .print = print };
	return least;
}

static struct client *find_client(struct forwarders *f, const char *name, uint32_t day, bool make)
{
	uint64_t print = print_of(f, slice_of(name));
	struct client *set = &f->clients[print % (FORWARDERS_CLIENTS / WAYS) * WAYS], *least = set;
	for (size_t i = 0; i < WAYS; i++) {
		if (strcmp(set[i].name, name) == 0) {
			return &set[i];
		}
		unsigned a = count_days(days_until(set[i].days, day)), b = count_days(days_until(least->days, day));
		if (a < b || (a == b && set[i].days.newest < least->days.newest)) {
			least = &set[i];
		}
	}
	if (!make) {
		return NULL;
	}
	*least = (struct client) { .quarter = day / QUARTER_DAYS };
	memcpy(least->name, name, strlen(name));
	return least;
}

static void move_on(struct client *c, uint32_t quarter)
{
	if (quarter >= c->quarter + QUARTERS) {
		memset(c->carried, 0, sizeof(c->carried));
		memset(c->failed, 0, sizeof(c->failed));
		c->quarter = quarter;
	}
	while (c->quarter < quarter) {
		c->quarter++;
		c->carried[c->quarter % QUARTERS] = c->failed[c->quarter % QUARTERS] = 0;
	}
}

static void add_one(uint32_t *n)
{
	*n += *n < UINT32_MAX;
}

/* ---- what was seen ---- */

/* The same author again, a free place, or that of the one seen longest ago.  False: he was seen today. */
static bool note_author(struct client *c, uint64_t print, uint32_t day)
{
	struct carried_author *oldest = c->authors;
	for (size_t i = 0; i < AUTHORS; i++) {
		struct carried_author *a = &c->authors[i];
		if (a->print == print) {
			bool is_new = a->day < day;
			a->day = is_new ? day : a->day;
			return is_new;
		}
		oldest = a->print == 0 || (oldest->print && a->day < oldest->day) ? a : oldest;
	}
	if (oldest->print && oldest->day >= day) {
		return false; /* as many as can be told apart in a day */
	}
	*oldest = (struct carried_author) { print, day };
	return true;
}

static void note_carried(struct forwarders *f, const char *name, slice author, uint32_t day)
{
	const struct known *k = find_known(f, print_of(f, author), day, false);
	if (!k || !is_known(k, day)) {
		return;
	}
	struct client *c = find_client(f, name, day, true);
	move_on(c, day / QUARTER_DAYS);
	note_day(&c->days, day);
	/* the last two labels are a public suffix at the worst: then unrelated names count as one */
	if (note_author(c, print_of(f, name_last_labels(author, 2)), day)) {
		add_one(&c->carried[c->quarter % QUARTERS]);
	}
}

static void note_failed(struct forwarders *f, const char *name, uint32_t day)
{
	struct client *c = find_client(f, name, day, false);
	if (c) {
		move_on(c, day / QUARTER_DAYS);
		add_one(&c->failed[c->quarter % QUARTERS]);
	}
}

static uint32_t day_of(int64_t now)
{
	int64_t day = now < 0 ? 0 : now / DAY_S;
	return day < INT32_MAX ? (uint32_t)day : INT32_MAX;
}

void forwarders_note(struct forwarders *f, enum forwarders_sight what, slice client, slice author, int64_t now)
{
	char name[FORWARDERS_NAME];
	uint32_t day = day_of(now);
	bool has_name = copy_name(client, name);
	if (what == FORWARDERS_NOTHING || author.len == 0 || (what != FORWARDERS_DIRECT && !has_name)) {
		return;
	}
	pthread_mutex_lock(&f->lock);
	if (what == FORWARDERS_DIRECT) {
		note_day(&find_known(f, print_of(f, author), day, true)->days, day);
	} else if (what == FORWARDERS_CARRIED) {
		note_carried(f, name, author, day);
	} else {
		note_failed(f, name, day);
	}
	f->changed = true;
	pthread_mutex_unlock(&f->lock);
}

static bool is_seen(const struct client *c, uint32_t day)
{
	uint64_t carried = 0, failed = 0;
	unsigned authors = 0;
	uint32_t quarter = day / QUARTER_DAYS;
	for (size_t i = 0; i < AUTHORS; i++) {
		authors += c->authors[i].print && c->authors[i].day + FORWARDERS_WINDOW > day;
	}
	for (uint32_t i = 0; i < QUARTERS && i <= c->quarter; i++) {
		bool counts = c->quarter - i + QUARTERS > quarter;
		carried += counts ? c->carried[(c->quarter - i) % QUARTERS] : 0;
		failed += counts ? c->failed[(c->quarter - i) % QUARTERS] : 0;
	}
	return authors >= FORWARDERS_AUTHORS && count_days(days_until(c->days, day)) >= FORWARDERS_DAYS &&
	       (failed + 1) * FORWARDERS_PRICE <= carried; /* with the one that asks */
}

bool forwarders_is_seen(struct forwarders *f, slice client, int64_t now)
{
	char name[FORWARDERS_NAME];
	if (!copy_name(client, name)) {
		return false;
	}
	pthread_mutex_lock(&f->lock);
	const struct client *c = find_client(f, name, day_of(now), false);
	bool seen = c && is_seen(c, day_of(now));
	pthread_mutex_unlock(&f->lock);
	return seen;
}

bool forwarders_take_change(struct forwarders *f)
{
	pthread_mutex_lock(&f->lock);
	bool changed = f->changed;
	f->changed = false;
	pthread_mutex_unlock(&f->lock);
	return changed;
}

/* ---- what a message says ---- */

enum forwarders_sight forwarders_sight_of(const struct signet_dossier *d)
{
	const struct signet_dmarc *m = &d->dmarc;
	const struct signet_spf *spf = d->n_spf ? &d->spf[0] : NULL;
	if (d->n_dmarc_all != 1 || m->published <= SIGNET_POLICY_NONE || m->organizational_domain.len == 0) {
		return FORWARDERS_NOTHING; /* whose policy asks for nothing is nobody's aim */
	}
	if (m->result == SIGNET_DMARC_FAIL) {
		return FORWARDERS_FAILED;
	}
	if (m->result != SIGNET_DMARC_PASS || !spf || spf->null_sender) {
		return FORWARDERS_NOTHING;
	}
	if (m->aligned_by_spf) {
		return FORWARDERS_DIRECT;
	}
	bool refused = spf->result == SIGNET_SPF_FAIL || spf->result == SIGNET_SPF_SOFTFAIL;
	return refused && m->aligned_by_dkim && name_is_at_or_below(spf->domain, m->organizational_domain)
	               ? FORWARDERS_CARRIED
	               : FORWARDERS_NOTHING;
}

/* ---- as text ---- */

static void put_numbers(struct buf *b, const uint32_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_put_char(b, ' ');
		buf_put_number(b, at[i]);
	}
}

static void put_client(struct buf *b, const struct client *c)
{
	buf_put_text(b, "client ");
	buf_put_text(b, c->name);
	put_numbers(b, (const uint32_t[]) { c->days.newest, c->days.mask, c->quarter }, 3);
	put_numbers(b, c->carried, QUARTERS);
	put_numbers(b, c->failed, QUARTERS);
	for (size_t i = 0; i < AUTHORS; i++) {
		buf_put_char(b, ' ');
		buf_put_number(b, c->authors[i].print);
		put_numbers(b, &c->authors[i].day, 1);
	}
	buf_put_char(b, '\n');
}

/* The lock is held for an entry at a time: messages do not wait for the text. */
static struct known copy_known(struct forwarders *f, size_t i)
{
	pthread_mutex_lock(&f->lock);
	struct known k = f->known[i];
	pthread_mutex_unlock(&f->lock);
	return k;
}

static struct client copy_client(struct forwarders *f, size_t i)
{
	pthread_mutex_lock(&f->lock);
	struct client c = f->clients[i];
	pthread_mutex_unlock(&f->lock);
	return c;
}

void forwarders_write(struct forwarders *f, struct buf *b)
{
	buf_put_text(b, MAGIC " ");
	buf_put_number(b, f->seed);
	buf_put_char(b, '\n');
	for (size_t i = 0; i < FORWARDERS_KNOWN; i++) {
		struct known k = copy_known(f, i);
		if (k.print) {
			buf_put_text(b, "known ");
			buf_put_number(b, k.print);
			put_numbers(b, (const uint32_t[]) { k.days.newest, k.days.mask }, 2);
			buf_put_char(b, '\n');
		}
	}
	for (size_t i = 0; i < FORWARDERS_CLIENTS; i++) {
		struct client c = copy_client(f, i);
		if (*c.name) {
			put_client(b, &c);
		}
	}
}

/* Numbers that stand behind each other, a blank between them. */
static bool take_print(slice *line, uint64_t *ret)
{
	return line->at && number_parse(slice_split(line, ' '), UINT64_MAX, ret);
}

static bool take_numbers(slice *line, uint64_t most, uint32_t *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t one;
		if (!line->at || !number_parse(slice_split(line, ' '), most, &one)) {
			return false;
		}
		ret[i] = (uint32_t)one;
	}
	return true;
}

static bool take_days(slice *line, struct days *ret)
{
	return take_numbers(line, INT32_MAX, &ret->newest, 1) && take_numbers(line, UINT32_MAX, &ret->mask, 1) &&
	       ret->newest != 0 && ret->mask != 0;
}

static bool read_known(struct forwarders *f, slice line)
{
	struct known k;
	if (!take_print(&line, &k.print) || k.print == 0 || !take_days(&line, &k.days) || line.at) {
		return false;
	}
	*find_known(f, k.print, k.days.newest, true) = k;
	return true;
}

static bool read_client(struct forwarders *f, slice line)
{
	struct client c = { 0 };
	if (!copy_name(slice_split(&line, ' '), c.name) || !take_days(&line, &c.days) ||
	    !take_numbers(&line, INT32_MAX, &c.quarter, 1) || !take_numbers(&line, UINT32_MAX, c.carried, QUARTERS) ||
	    !take_numbers(&line, UINT32_MAX, c.failed, QUARTERS)) {
		return false;
	}
	for (size_t i = 0; i < AUTHORS; i++) {
		if (!take_print(&line, &c.authors[i].print) || !take_numbers(&line, INT32_MAX, &c.authors[i].day, 1)) {
			return false;
		}
	}
	*find_client(f, c.name, c.days.newest, true) = c;
	return !line.at;
}

static void forget(struct forwarders *f)
{
	memset(f->known, 0, FORWARDERS_KNOWN * sizeof(*f->known));
	memset(f->clients, 0, FORWARDERS_CLIENTS * sizeof(*f->clients));
}

static bool read_lines(struct forwarders *f, slice text)
{
	uint64_t seed;
	slice first = slice_split(&text, '\n'), word = slice_split(&first, ' ');
	bool good = slice_eq(word, S(MAGIC)) && take_print(&first, &seed) && !first.at && text.at;
	f->seed = good ? seed : f->seed;
	while (good && text.len) {
		slice line = slice_split(&text, '\n');
		word = slice_split(&line, ' ');
		good = text.at && line.at && /* the last line is whole */
		       (slice_eq(word, S("known"))    ? read_known(f, line)
		        : slice_eq(word, S("client")) ? read_client(f, line)
		                                      : false);
	}
	return good;
}

bool forwarders_read(struct forwarders *f, slice text)
{
	pthread_mutex_lock(&f->lock);
	forget(f);
	bool good = text.len <= FORWARDERS_OCTETS && read_lines(f, text);
	if (!good) {
		forget(f);
	}
	pthread_mutex_unlock(&f->lock);
	return good;
}

/* ---- life ---- */

struct forwarders *forwarders_new(uint64_t seed)
{
	struct forwarders *f = calloc(1, sizeof(*f));
	if (!f) {
		return NULL;
	}
	f->seed = seed;
	f->known = calloc(FORWARDERS_KNOWN, sizeof(*f->known));
	f->clients = calloc(FORWARDERS_CLIENTS, sizeof(*f->clients));
	pthread_mutex_init(&f->lock, NULL);
	if (!f->known || !f->clients) {
		forwarders_free(f);
		return NULL;
	}
	return f;
}

void forwarders_free(struct forwarders *f)
{
	if (f) {
		pthread_mutex_destroy(&f->lock);
		free(f->known);
		free(f->clients);
		free(f);
	}
}
