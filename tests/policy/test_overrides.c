/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/policy/overrides_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../src/base/date.h"
#include "../support/rows.h"

#define NOW 1795000000
#define UNTIL "until=2026-11-28T09:00:00Z"

static struct signet_arena arena;
static struct buf error;
static char folder[64], path[128];

static struct signet_ip ip_of(const char *text)
{
	struct signet_ip ip = { 0 };
	(void)signet_ip_parse(slice_of(text), &ip);
	return ip;
}

/* ---- the text ---- */

static const struct bad {
	const char *what, *text, *error;
} bad[] = {
	{ "no number", "x accept client=192.0.2.1 " UNTIL, "f:1: not the number of an override: \"x\"" },
	{ "number 0", "0 accept client=192.0.2.1 " UNTIL, "f:1: not the number of an override: \"0\"" },
	{ "a number twice", "1 accept client=192.0.2.1 " UNTIL "\n1 accept client=192.0.2.1 " UNTIL,
	  "f:2: a number that stands there already: \"1\"" },
	{ "another deed", "1 reject client=192.0.2.1 " UNTIL, "f:1: not what an override does (accept): \"reject\"" },
	{ "no client", "1 accept author=example.com " UNTIL, "f:1: no client=: anybody could use it" },
	{ "no end", "1 accept client=192.0.2.1", "f:1: no until=: it would never end" },
	{ "no network", "1 accept client=example.com " UNTIL, "f:1: not an address or a network: \"example.com\"" },
	{ "no domain", "1 accept author=a..b client=192.0.2.1 " UNTIL, "f:1: not a domain in normal form: \"a..b\"" },
	{ "not in normal form", "1 accept author=Example.com client=192.0.2.1 " UNTIL,
	  "f:1: not a domain in normal form: \"Example.com\"" },
	{ "no time", "1 accept client=192.0.2.1 until=tomorrow",
	  "f:1: not a time such as 2026-11-21T09:00:00Z: \"tomorrow\"" },
	{ "said twice", "1 accept client=192.0.2.1 client=192.0.2.2 " UNTIL, "f:1: said twice: \"client=192.0.2.2\"" },
	{ "unknown word", "\n# x\n1 accept client=192.0.2.1 recipient=a " UNTIL, "f:3: unknown word \"recipient=a\"" },
	{ "no value", "1 accept client", "f:1: unknown word \"client\"" },
	{ "a control", "1 accept client=192.0.2.1 " UNTIL " \x1b[2J", "f:1: an octet that has no place here" },
};

static void test_bad(void)
{
	struct overrides o;
	for (size_t i = 0; i < ROWS(bad); i++) {
		buf_clear(&error);
		row_bool("-", bad[i].what,
		         overrides_parse(guarded(slice_of(bad[i].text), false), "f", &arena, &o, &error), false);
		row_text("-", "is said with its line", buf_slice(&error), bad[i].error);
	}
	buf_clear(&error);
}

#define GOOD                                                                                                           \
	"# What is let through for a time.  Written by signet verdict allow; one line each.\n"                         \
	"3 accept author=example.com client=192.0.2.0/24 until=2026-11-28T09:00:00Z made=2026-11-21T09:00:00Z "        \
	"by=root "                                                                                                     \
	"for=4QXyz\n"                                                                                                  \
	"7 accept client=2001:db8::/32 until=2026-11-29T09:00:00Z made=2026-11-21T09:00:00Z\n"                         \
	"9 accept author=example.com client=192.0.2.7 until=2026-12-28T09:00:00Z made=2026-11-21T09:00:00Z\n"

static const struct lookup {
	const char *what, *author, *client, *now;
	uint64_t want;
} lookups[] = {
	{ "author and network fit", "example.com", "192.0.2.1", "2026-11-22T00:00:00Z", 3 },
	{ "of two the one that ends last", "example.com", "192.0.2.7", "2026-11-22T00:00:00Z", 9 },
	{ "another author", "example.net", "192.0.2.1", "2026-11-22T00:00:00Z", 0 },
	{ "a domain below is another author", "mail.example.com", "192.0.2.1", "2026-11-22T00:00:00Z", 0 },
	{ "no author", "", "192.0.2.1", "2026-11-22T00:00:00Z", 0 },
	{ "another network", "example.com", "192.0.3.1", "2026-11-22T00:00:00Z", 0 },
	{ "no client", "example.com", "", "2026-11-22T00:00:00Z", 0 },
	{ "the last second", "example.com", "192.0.2.1", "2026-11-28T08:59:59Z", 3 },
	{ "it is over", "example.com", "192.0.2.1", "2026-11-28T09:00:00Z", 0 },
	{ "any author", "whoever.example", "2001:db8::5", "2026-11-22T00:00:00Z", 7 },
	{ "even none", "", "2001:db8::5", "2026-11-22T00:00:00Z", 7 },
	{ "the other family", "whoever.example", "32.1.13.184", "2026-11-22T00:00:00Z", 0 },
};

static void test_lookups(void)
{
	struct overrides o;
	struct buf text;
	int64_t now = 0;
	buf_init(&text, 4096);
	row_bool("-", "a good file", overrides_parse(S(GOOD), "f", &arena, &o, &error), true);
	for (size_t i = 0; i < ROWS(lookups); i++) {
		struct signet_ip client = ip_of(lookups[i].client);
		(void)date_parse_iso(slice_of(lookups[i].now), &now);
		const struct override *hit = overrides_find(&o, slice_of(lookups[i].author), &client, now);
		row_number("-", lookups[i].what, hit ? (int64_t)hit->number : 0, (int64_t)lookups[i].want);
	}
	overrides_write(&o, 0, &text);
	row_text("-", "what is written is what was read", buf_slice(&text), GOOD);
	buf_clear(&text);
	(void)date_parse_iso(S("2026-11-29T09:00:00Z"), &now);
	overrides_write(&o, now, &text);
	row_bool("-", "without those that are over",
	         slice_find(buf_slice(&text), S("\n9 ")) != SLICE_NONE &&
	                 slice_find(buf_slice(&text), S("\n7 ")) == SLICE_NONE,
	         true);
	buf_finish(&text);
}

static void test_changes(void)
{
	struct overrides o;
	struct override one = { .author = S("a.example"),
		                .client = { ip_of("192.0.2.9"), 32 },
		                .until = NOW + 10,
		                .by = S("a b\n7 accept"),
		                .message = S("") };
	overrides_init(&o, &arena);
	row_number("-", "the first number", (int64_t)overrides_add(&o, &one)->number, 1);
	row_number("-", "the next number", (int64_t)overrides_add(&o, &one)->number, 2);
	row_text("-", "a name cannot write a line", o.at[0].by, "a?b?7?accept");
	row_bool("-", "one is removed", overrides_remove(&o, 1), true);
	row_bool("-", "once", overrides_remove(&o, 1), false);
	row_number("-", "the other stays", (int64_t)o.at[0].number, 2);
	row_number("-", "numbers go on", (int64_t)overrides_add(&o, &one)->number, 3);
}

/* ---- the file ---- */

static bool add_to_file(const char *author)
{
	struct overrides_edit e;
	const struct override one = { .author = slice_of(author),
		                      .client = { ip_of("192.0.2.1"), 32 },
		                      .until = NOW + 100 };
	if (!overrides_edit_begin(path, &e, &error)) {
		return false;
	}
	bool good = overrides_add(&e.overrides, &one) && overrides_edit_save(&e, NOW, &error);
	overrides_edit_end(&e);
	return good;
}

static void store(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0 || chmod(path, mode) != 0) {
		abort();
	}
}

static void test_watch(void)
{
	struct overrides_watch *w = overrides_watch_new(path);
	struct signet_ip client = ip_of("192.0.2.1");
	int64_t now = (int64_t)NOW * 1000;
	row_number("-", "no file, no override", (int64_t)overrides_watch_find(w, S("a.example"), &client, now, &error),
	           0);
	row_bool("-", "one is written", add_to_file("a.example"), true);
	row_number("-", "within the same second nobody looks",
	           (int64_t)overrides_watch_find(w, S("a.example"), &client, now + 999, &error), 0);
	row_number("-", "then it counts", (int64_t)overrides_watch_find(w, S("a.example"), &client, now + 1000, &error),
	           1);
	row_bool("-", "another one", add_to_file("b.example"), true);
	row_number("-", "counts too", (int64_t)overrides_watch_find(w, S("b.example"), &client, now + 2000, &error), 2);
	row_number("-", "no error so far", (int64_t)error.len, 0);
	store("1 accept everybody\n", 0644);
	row_number("-", "a file that cannot be read changes nothing",
	           (int64_t)overrides_watch_find(w, S("b.example"), &client, now + 3000, &error), 2);
	row_bool("-", "and is said", error.len > 0, true);
	buf_clear(&error);
	(void)overrides_watch_find(w, S("b.example"), &client, now + 4000, &error);
	row_number("-", "once", (int64_t)error.len, 0);
	store("5 accept client=192.0.2.1 until=2027-11-28T09:00:00Z\n", 0666);
	row_number("-", "a file that anybody can write is not believed",
	           (int64_t)overrides_watch_find(w, S("c.example"), &client, now + 5000, &error), 0);
	row_bool("-", "and why is said", slice_find(buf_slice(&error), S("others may write")) != SLICE_NONE, true);
	buf_clear(&error);
	chmod(path, 0644);
	row_number("-", "when that is mended it counts",
	           (int64_t)overrides_watch_find(w, S("c.example"), &client, now + 6000, &error), 5);
	row_number("-", "a clock set back looks again",
	           (int64_t)overrides_watch_find(w, S("c.example"), &client, now - 99000, &error), 5);
	unlink(path);
	row_number("-", "a file that is gone ends all",
	           (int64_t)overrides_watch_find(w, S("c.example"), &client, now + 7000, &error), 0);
	overrides_watch_free(w);
	overrides_watch_free(NULL);
}

static void test_file(void)
{
	char other[256];
	struct overrides o;
	snprintf(other, sizeof(other), "%s/target", folder);
	if (symlink(other, path) != 0) {
		abort();
	}
	buf_clear(&error);
	row_bool("-", "a symbolic link is not followed", overrides_file_read(path, &arena, &o, &error), false);
	unlink(path);
	buf_clear(&error);
	fflush(stdout);
	enum { HANDS = 4, EACH = 25 };
	for (int i = 0; i < HANDS; i++) {
		if (fork() == 0) {
			bool good = true;
			for (int k = 0; k < EACH; k++) {
				good &= add_to_file("many.example");
			}
			_exit(!good);
		}
	}
	int status, failed = 0;
	for (int i = 0; i < HANDS; i++) {
		failed += wait(&status) < 0 || status != 0;
	}
	row_number("-", "several commands at a time all succeed", failed, 0);
	row_bool("-", "the file is good", overrides_file_read(path, &arena, &o, &error), true);
	row_number("-", "and nobody's line is lost", (int64_t)o.n, HANDS * EACH);
	unlink(path);
	snprintf(other, sizeof(other), "%s.lock", path);
	unlink(other);
}

static void parse_prefix(slice prefix, void *data)
{
	struct overrides o;
	(void)data;
	buf_clear(&error);
	(void)overrides_parse(prefix, "f", &arena, &o, &error);
}

int main(void)
{
	arena_init(&arena, OVERRIDES_BYTES);
	buf_init(&error, 4096);
	snprintf(folder, sizeof(folder), "/tmp/signet-overrides-XXXXXX");
	if (!mkdtemp(folder)) {
		abort();
	}
	snprintf(path, sizeof(path), "%s/overrides", folder);
	each_prefix(S(GOOD), parse_prefix, NULL);
	test_bad();
	test_lookups();
	test_changes();
	test_watch();
	test_file();
	rmdir(folder);
	buf_finish(&error);
	arena_finish(&arena);
	return rows_end();
}
