/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule wins, what d= is, and what a refusal says. */
#include "table_rows.h"

#define RULES                                                                                                          \
	"example.com         s1  /k/com.pem\n"                                                                         \
	"example.com         ed1 /k/ed.pem a=ed25519-sha256\n"                                                         \
	".example.com        sub /k/sub.pem\n"                                                                         \
	"*.own.example.com   own /k/own.pem d=%\n"                                                                     \
	"joe@example.com     joe /k/joe.pem\n"                                                                         \
	"example.org         *   store\n"                                                                              \
	"example.net         s1  signer\n"                                                                             \
	"parent.example.com  s1  keys/p.pem d=example.com\n"                                                           \
	"news.example        s1  /k/n.pem d=esp.example third-party\n"                                                 \
	"b\xc3\xbc"                                                                                                    \
	"cher.example s1 /k/b.pem\n"

static const struct {
	const char *clause, *what;
	const char *keys;
	struct ask ask;
	const char *want;
} rows[] = {
	{ "6376:3.5",
	  "a domain rule signs as the domain, with all its keys",
	  RULES,
	  { "x@example.com" },
	  "example.com/s1 @/k/com.pem example.com/ed1 @/k/ed.pem" },
	{ "-", "an address beats its domain", RULES, { "joe@example.com" }, "example.com/joe @/k/joe.pem" },
	{ "-", "an address is compared without case", RULES, { "JOE@EXAMPLE.com" }, "example.com/joe @/k/joe.pem" },
	{ "5322:3.2.4",
	  "an address is compared without its quotes",
	  RULES,
	  { "\"jo\\e\"@example.com" },
	  "example.com/joe @/k/joe.pem" },
	{ "-",
	  "an address is not the address of a sub-domain",
	  RULES,
	  { "joe@a.example.com" },
	  "example.com/sub @/k/sub.pem" },
	{ "6376:3.5",
	  "a sub-domain rule signs as the parent",
	  RULES,
	  { "x@a.b.example.com" },
	  "example.com/sub @/k/sub.pem" },
	{ "6376:3.5",
	  "or, told so, as the sub-domain itself",
	  RULES,
	  { "x@n.own.example.com" },
	  "n.own.example.com/own @/k/own.pem" },
	{ "-", "the nearest parent wins", RULES, { "x@a.b.own.example.com" }, "a.b.own.example.com/own @/k/own.pem" },
	{ "-",
	  "a sub-domain rule is not for the domain itself",
	  RULES,
	  { "x@own.example.com" },
	  "example.com/sub @/k/sub.pem" },
	{ "-",
	  "a domain beats the rule of its parent",
	  RULES,
	  { "x@parent.example.com" },
	  "example.com/s1 @/etc/keys/p.pem" },
	{ "-", "a name that only ends alike is another", RULES, { "x@notexample.com" }, "no-rule" },
	{ "-", "no rule is the default", RULES, { "x@example.edu" }, "no-rule" },
	{ "-", "the store knows its selectors", RULES, { "x@example.org" }, "example.org/* store" },
	{ "-", "the signer may have the key", RULES, { "x@example.net" }, "example.net/s1 signer" },
	{ "-", "a third party signs if a word allows it", RULES, { "x@news.example" }, "esp.example/s1 @/k/n.pem" },
	{ "5890:2.3.2.1",
	  "names are compared as A-labels",
	  RULES,
	  { "x@xn--bcher-kva.example" },
	  "xn--bcher-kva.example/s1 @/k/b.pem" },
	{ "5890:2.3.2.1",
	  "whatever form the message has",
	  RULES,
	  { "x@B\xc3\x9c"
	    "CHER.example" },
	  "xn--bcher-kva.example/s1 @/k/b.pem" },
	{ "-", "a final dot is no difference", RULES, { "x@example.net." }, "example.net/s1 signer" },
	{ "6376:3.5", "a literal is no domain", RULES, { "x@[192.0.2.1]" }, "no-author" },
	{ "-", "no domain at all", RULES, { "" }, "no-author" },
	{ "-",
	  "a name that is too long",
	  RULES,
	  { "x@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example" },
	  "no-author" },
	{ "-",
	  "the default rule signs as the domain of From",
	  "* s1 /k.pem\n",
	  { "x@a.example" },
	  "a.example/s1 @/k.pem" },
	{ "-",
	  "the default rule comes last",
	  "* s1 /k.pem\n.example s2 /l.pem d=%\n",
	  { "x@a.example" },
	  "a.example/s2 @/l.pem" },
	{ "-",
	  "a default rule with a fixed d= does not sign for others",
	  "* s1 /k.pem d=a.example\n",
	  { "x@b.example" },
	  "third-party" },
	{ "-",
	  "but for the domain and what is below",
	  "* s1 /k.pem d=a.example\n",
	  { "x@b.a.example" },
	  "a.example/s1 @/k.pem" },
	{ "-",
	  "unless it is allowed",
	  "* s1 /k.pem d=a.example third-party\n",
	  { "x@b.example" },
	  "a.example/s1 @/k.pem" },
	{ "6376:3.5", "d= has two labels", "* s1 /k.pem\n", { "x@localhost" }, "no-author" },
	{ "6376:3.5", "d= has no underscore", "* s1 /k.pem\n", { "x@a_b.example" }, "no-author" },
	{ "6376:3.5",
	  "but From may, below a good one",
	  ".example.com s1 /k.pem\n",
	  { "x@a_b.example.com" },
	  "example.com/s1 @/k.pem" },
	{ "-",
	  "of two lines alike the first one stands",
	  "a.example s1 /1.pem\na.example s1 /2.pem\n",
	  { "x@a.example" },
	  "a.example/s1 @/1.pem" },
	{ "-",
	  "more than eight keys do not sign one message",
	  "a.example 1 /1\na.example 2 /2\na.example 3 /3\na.example 4 /4\na.example 5 /5\na.example 6 /6\na.example 7 "
	  "/7\n"
	  "a.example 8 /8\na.example 9 /9\n",
	  { "x@a.example" },
	  "a.example/1 @/1 a.example/2 @/2 a.example/3 @/3 a.example/4 @/4 a.example/5 @/5 a.example/6 @/6 a.example/7 "
	  "@/7 "
	  "a.example/8 @/8" },
};

static const struct {
	const char *what;
	const char *keys, *bindings;
	struct table_query q;
	const char *want;
} reasons[] = {
	{ "a key that signs",
	  "example.com s1 /k.pem\n",
	  NULL,
	  { .domain = { "example.com", 11 } },
	  "signs: example.com/s1 (/k.pem)" },
	{ "several",
	  "a.example s1 signer\na.example * store\n",
	  NULL,
	  { .domain = { "a.example", 9 } },
	  "signs: a.example/s1 (signer), a.example/* (key store)" },
	{ "no rule",
	  "",
	  NULL,
	  { .domain = { "A.example", 9 } },
	  "unsigned: no rule for a.example, a parent of it, or this address" },
	{ "no author",
	  "",
	  NULL,
	  { .domain = { "a..b", 4 } },
	  "unsigned: \"a..b\", the domain of From, is no name that a signature can hold" },
	{ "control characters are shown, not sent",
	  "",
	  NULL,
	  { .domain = { "a\n\x1b[2J", 6 } },
	  "unsigned: \"a\\x0a\\x1b[2J\", the domain of From, is no name that a signature can hold" },
	{ "a third party",
	  "\n* s1 /k.pem d=a.example\n",
	  NULL,
	  { .domain = { "b.example", 9 } },
	  "unsigned: the rule in keys:2 signs as a.example, which is neither b.example nor a parent of it, and no word "
	  "there "
	  "allows a third party" },
	{ "a login that is bound to others",
	  "example.com s1 /k.pem\n",
	  "login:x a.example\n",
	  { .domain = { "example.com", 11 }, .login = { "x", 1 } },
	  "unsigned: login \"x\" is not bound to example.com" },
	{ "a login nobody knows",
	  "example.com s1 /k.pem\n",
	  "login:y a.example\n",
	  { .domain = { "example.com", 11 }, .login = { "x\r", 2 } },
	  "unsigned: login \"x\\x0d\" is in no binding, so not bound to example.com" },
	{ "a client that is bound to others",
	  "example.com s1 /k.pem\n",
	  "client:192.0.2.0/24 a.example\n",
	  { .domain = { "example.com", 11 }, .client = { 4, { 192, 0, 2, 1 } } },
	  "unsigned: nobody logged in, and client 192.0.2.1 is not bound to example.com" },
	{ "a client nobody knows",
	  "example.com s1 /k.pem\n",
	  "client:192.0.2.0/24 a.example\n",
	  { .domain = { "example.com", 11 }, .client_name = { "mail.example", 12 } },
	  "unsigned: nobody logged in, and client without address \"mail.example\" is in no binding, so not bound to "
	  "example.com" },
};

static void test_rows(void)
{
	struct bench b;
	for (size_t i = 0; i < ROWS(rows); i++) {
		bench_open(&b);
		bench_keys(&b, rows[i].keys);
		row_text(rows[i].clause, rows[i].what, bench_ask(&b, &rows[i].ask, true), rows[i].want);
		bench_close(&b);
	}
}

static void test_reasons(void)
{
	struct bench b;
	for (size_t i = 0; i < ROWS(reasons); i++) {
		bench_open(&b);
		bench_keys(&b, reasons[i].keys);
		if (reasons[i].bindings) {
			bench_bindings(&b, reasons[i].bindings);
		}
		row_text("-", reasons[i].what, bench_reason(&b, &reasons[i].q), reasons[i].want);
		bench_close(&b);
	}
}

static void test_long_login(void)
{
	struct bench b;
	static char login[5000];
	memset(login, 'x', sizeof(login));
	bench_open(&b);
	bench_keys(&b, "example.com s1 /k.pem\n");
	bench_bindings(&b, "login:y example.com\n");
	const struct table_query q = { .domain = S("example.com"), .login = slice_make(login, sizeof(login)) };
	row_bool("-", "a login of 5000 octets does not fill the log", bench_reason(&b, &q).len < 400, true);
	bench_close(&b);
}

static void test_memory(void)
{
	struct bench b;
	struct table_choice c = { .n = 77 };
	bench_open(&b);
	bench_keys(&b, "* s1 /k/%.pem\n");
	arena_finish(&b.arena);
	arena_init(&b.arena, 4);
	const struct table_query q = { .local = S("joe"), .domain = S("EXAMPLE.com") };
	row_number("-", "no memory is a status", table_choose(b.t, &q, &b.arena, &c), SIGNET_NO_MEMORY);
	row_number("-", "and writes nothing", (int64_t)c.n, 77);
	bench_close(&b);
}

/* What stands where the size of a table is told. */
static void test_counts(void)
{
	struct bench b;
	bench_open(&b);
	bench_keys(&b, RULES);
	bench_bindings(&b, "login:a *\nclient:192.0.2.1 *\n");
	row_number("-", "every rule is counted", (int64_t)table_count_rules(b.t), 10);
	row_number("-", "every binding too", (int64_t)table_count_bindings(b.t), 2);
	row_number("-", "none was wrong", (int64_t)b.problems.errors, 0);
	bench_close(&b);
	table_free(NULL);
}

int main(void)
{
	test_rows();
	test_reasons();
	test_long_login();
	test_memory();
	test_counts();
	return rows_end();
}
