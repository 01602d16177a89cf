/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use which From domain (VU#244112: one tenant never signs as another). */
#include "table_rows.h"

#define KEYS "* s1 /k.pem\n"
#define BINDINGS                                                                                                       \
	"login:joe            a.example .a.example\n"                                                                  \
	"login:ann@c.example  c.example boss@d.example\n"                                                              \
	"login:@b.example     % shared.example\n"                                                                      \
	"login:two            a.example\n"                                                                             \
	"login:two            b.example\n"                                                                             \
	"login:root           *\n"                                                                                     \
	"client:192.0.2.0/24  net.example\n"                                                                           \
	"client:192.0.2.7     host.example\n"                                                                          \
	"client:2001:db8::/32 six.example\n"                                                                           \
	"client:web.example   web.example\n"                                                                           \
	"client:.farm.example farm.example\n"

static const struct {
	const char *what;
	const char *bindings;
	struct ask ask;
	const char *want;
} rows[] = {
	{ "without bindings everybody may use all", NULL, { "x@a.example", "anybody", "203.0.113.1" }, "a.example/s1" },
	{ "a login may use what it is bound to", BINDINGS, { "x@a.example", "joe" }, "a.example/s1" },
	{ "a sub-domain too, if that is said", BINDINGS, { "x@s.a.example", "joe" }, "s.a.example/s1" },
	{ "nothing else", BINDINGS, { "x@b.example", "joe" }, "login-not-bound" },
	{ "a domain is not its sub-domains", BINDINGS, { "x@s.c.example", "ann@c.example" }, "login-not-bound" },
	{ "a login without binding may use none", BINDINGS, { "x@a.example", "eve" }, "login-unknown" },
	{ "another case is another login", BINDINGS, { "x@a.example", "JOE" }, "login-unknown" },
	{ "the domain of a login has no case", BINDINGS, { "x@c.example", "ann@C.EXAMPLE" }, "c.example/s1" },
	{ "its local part has", BINDINGS, { "x@c.example", "Ann@c.example" }, "login-unknown" },
	{ "user is not user@domain", BINDINGS, { "x@a.example", "joe@a.example" }, "login-unknown" },
	{ "an address alone may be bound", BINDINGS, { "Boss@d.example", "ann@c.example" }, "d.example/s1" },
	{ "not its neighbours", BINDINGS, { "x@d.example", "ann@c.example" }, "login-not-bound" },
	{ "every login of a domain", BINDINGS, { "x@shared.example", "any@b.example" }, "shared.example/s1" },
	{ "% is the domain of the login", BINDINGS, { "x@b.example", "any@b.example" }, "b.example/s1" },
	{ "not another's", BINDINGS, { "x@a.example", "any@b.example" }, "login-not-bound" },
	{ "a login of a sub-domain is none of the domain",
	  BINDINGS,
	  { "x@b.example", "any@s.b.example" },
	  "login-unknown" },
	{ "bindings of one login add up: the first", BINDINGS, { "x@a.example", "two" }, "a.example/s1" },
	{ "the second", BINDINGS, { "x@b.example", "two" }, "b.example/s1" },
	{ "* in From is all", BINDINGS, { "x@z.example", "root" }, "z.example/s1" },
	{ "every login may use its own domain", "login:* %\n", { "x@z.example", "u@z.example" }, "z.example/s1" },
	{ "and no other", "login:* %\n", { "x@y.example", "u@z.example" }, "login-not-bound" },
	{ "a login without domain has none of its own", "login:* %\n", { "x@z.example", "u" }, "login-not-bound" },
	{ "a login called * is not all of them", "login:* %\n", { "x@y.example", "*" }, "login-not-bound" },
	{ "a client in its network", BINDINGS, { "x@net.example", NULL, "192.0.2.200" }, "net.example/s1" },
	{ "outside of it", BINDINGS, { "x@net.example", NULL, "192.0.3.1" }, "client-unknown" },
	{ "an address and its network add up", BINDINGS, { "x@host.example", NULL, "192.0.2.7" }, "host.example/s1" },
	{ "the network", BINDINGS, { "x@net.example", NULL, "192.0.2.7" }, "net.example/s1" },
	{ "a neighbour in the network", BINDINGS, { "x@host.example", NULL, "192.0.2.8" }, "client-not-bound" },
	{ "IPv6", BINDINGS, { "x@six.example", NULL, "2001:db8:1::2" }, "six.example/s1" },
	{ "another IPv6 network", BINDINGS, { "x@six.example", NULL, "2001:db9::2" }, "client-unknown" },
	{ "IPv4 written as IPv6", BINDINGS, { "x@net.example", NULL, "::ffff:192.0.2.9" }, "net.example/s1" },
	{ "a client's name", BINDINGS, { "x@web.example", NULL, "WEB.example" }, "web.example/s1" },
	{ "a name below is another", BINDINGS, { "x@web.example", NULL, "a.web.example" }, "client-unknown" },
	{ "names below", BINDINGS, { "x@farm.example", NULL, "a.b.farm.example" }, "farm.example/s1" },
	{ "who logged in is not judged by the network",
	  BINDINGS,
	  { "x@net.example", "joe", "192.0.2.200" },
	  "login-not-bound" },
	{ "a login does not pass for the name of a client",
	  BINDINGS,
	  { "x@web.example", "web.example" },
	  "login-unknown" },
	{ "nor a name for a login", BINDINGS, { "x@a.example", NULL, "joe" }, "client-unknown" },
	{ "nobody at all", BINDINGS, { "x@a.example" }, "client-unknown" },
	{ "a binding that is wrong opens nothing",
	  "loggin:joe a.example\n",
	  { "x@a.example", "joe" },
	  "login-unknown" },
	{ "nor one without domains", "login:joe\n", { "x@a.example", "joe" }, "login-unknown" },
	{ "nor an empty file", "\n# nobody\n", { "x@a.example", "joe" }, "login-unknown" },
	{ "an A-label and its U-label are one",
	  "login:j b\xc3\xbc"
	  "cher.example\n",
	  { "x@xn--bcher-kva.example", "j" },
	  "xn--bcher-kva.example/s1" },
};

static const struct {
	const char *what, *line, *want;
} errors[] = {
	{ "no kind", "joe a.example",
	  "bind:1: \"joe\" is no binding: write login:NAME or client:NETWORK, then domains\n" },
	{ "no domains", "login:joe",
	  "bind:1: \"login:joe\" is no binding: write login:NAME or client:NETWORK, then domains\n" },
	{ "no login", "login: a.example",
	  "bind:1: \"login:\" is no binding: write login:NAME or client:NETWORK, then domains\n" },
	{ "a bad domain", "login:joe a..b", "bind:1: \"a..b\" is no address and no domain\n" },
	{ "a bad domain of logins", "login:@a..b *", "bind:1: \"@a..b\" is no domain of logins\n" },
	{ "a bad network", "client:192.0.2.0/33 *",
	  "bind:1: \"192.0.2.0/33\" is no address, no network and no name of a client\n" },
	{ "an address of mail", "client:a@b.example *",
	  "bind:1: \"a@b.example\" is no address, no network and no name of a client\n" },
};

int main(void)
{
	struct bench b;
	for (size_t i = 0; i < ROWS(rows); i++) {
		bench_open(&b);
		bench_keys(&b, KEYS);
		if (rows[i].bindings) {
			bench_bindings(&b, rows[i].bindings);
		}
		row_text("-", rows[i].what, bench_ask(&b, &rows[i].ask, false), rows[i].want);
		bench_close(&b);
	}
	for (size_t i = 0; i < ROWS(errors); i++) {
		bench_open(&b);
		bench_bindings(&b, errors[i].line);
		row_text("-", errors[i].what, buf_slice(&b.lines), errors[i].want);
		row_number("-", "it is counted", (int64_t)b.problems.errors, 1);
		bench_close(&b);
	}
	return rows_end();
}
