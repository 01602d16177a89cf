/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/resolve.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../src/dns/book.h"
#include "../support/rows.h"
#include "answer.h"

static const char zone[] = "$ORIGIN example.com.\n"
			   "$TTL 1h ; for all\n"
			   "@ IN SOA ns hostmaster ( 1 ; serial\n"
			   "\t7200 3600 1209600 300 )\n"
			   "\tNS ns\n"
			   "\t600 IN MX 10 mx\n"
			   "\tIN 500 MX 20 mx2.example.net.\n"
			   "\tTXT \"v=spf1 mx \" \"; not a comment (\" \" -all\"\n"
			   "ns A 192.0.2.53\n"
			   "MX A 192.0.2.1\n"
			   "mx A 192.0.2.2\r\n"
			   "mx a 192.0.2.1\n"
			   "mx AAAA 2001:db8::1\n"
			   "text TXT \"quote \\\" back \\\\ dec \\065\\; end\"\n"
			   "plain TXT v=spf1\\ -all\n"
			   "utf8 TXT \"gr\303\274n\"\n"
			   "lines ( TXT ; here\n"
			   "  \"a\" ; and there\n"
			   "\n"
			   "  \"b\" )\n"
			   "empty TXT \"\"\n"
			   "unknown TXT \\# 4 03616263\n"
			   "_25._tcp.mx TLSA 3 1 1 ab (\n cd )\n"
			   "a.b.c A 192.0.2.3\n"
			   "alias CNAME target\n"
			   "alias2 60 CNAME ALIAS\n"
			   "dangling CNAME nowhere\n"
			   "out CNAME www.example.net.\n"
			   "loop1 CNAME loop2\n"
			   "loop2 CNAME loop1\n"
			   "self CNAME self\n"
			   "nodata CNAME ns\n"
			   "target TXT found\n"
			   "*.wild TXT star\n"
			   "*.wild 20 MX 5 mx\n"
			   "x.wild A 192.0.2.9\n"
			   "deep.under.wild A 192.0.2.10\n"
			   "*.cwild CNAME target\n"
			   "moved DNAME there.example.com.\n"
			   "hidden.moved A 192.0.2.99\n"
			   "deep.there TXT dname\n"
			   "dot\\.ted A 192.0.2.11\n"
			   "ptr PTR odd\\.name\\032x\n"
			   "two A 192.0.2.1\n"
			   "two 9 A 192.0.2.1\n"
			   ";!timeout slow\n"
			   "  ;!ServFail broken TXT \n"
			   "broken A 192.0.2.12\n"
			   ";!timeout *.late\n"
			   "tolate CNAME x.late\n"
			   "; a comment ;!nonsense\n"
			   "nullmx MX 0 .\n"
			   "$ORIGIN sub\n"
			   "@ A 192.0.2.13\n"
			   "www A 192.0.2.14\n"
			   "$TTL 0\n"
			   "zero A 192.0.2.15\n";

static const char second[] = "abs.example.org 77 IN A 198.51.100.1\n"
			     "abs.example.org. A 198.51.100.2\n"
			     "late.example.com TXT other-file\n"
			     "*.example TXT root-star\n"
			     "  TXT second\n"
			     ";!timeout gone.example.org AAAA\n";

static const struct {
	const char *clause, *what, *name, *type, *want;
} rows[] = {
	{ "1035:5.1", "@ is the origin, blank lines keep the name", "example.com", "MX",
	  "noerror 500 10:mx.example.com 20:mx2.example.net" },
	{ "1035:5.1", "a semicolon and a parenthesis inside quotes", "example.com", "TXT",
	  "noerror 3600 v=spf1 mx ; not a comment ( -all" },
	{ "1035:5.1", "NS is data", "example.com", "NS", "noerror 3600 ns.example.com" },
	{ "1035:2.3.3", "letter case of owners does not matter", "mx.example.com", "A",
	  "noerror 3600 192.0.2.1 192.0.2.2" },
	{ "1035:2.3.3", "nor of the question", "MX.Example.COM", "AAAA", "noerror 3600 2001:db8::1" },
	{ "1035:5.1", "escapes in a string", "text.example.com", "TXT", "noerror 3600 quote \" back \\ dec A; end" },
	{ "1035:5.1", "an escaped space without quotes", "plain.example.com", "TXT", "noerror 3600 v=spf1 -all" },
	{ "1035:5.1", "8-bit octets are data", "utf8.example.com", "TXT", "noerror 3600 gr\303\274n" },
	{ "1035:5.1", "parentheses go over lines and comments", "lines.example.com", "TXT", "noerror 3600 ab" },
	{ "1035:3.3.14", "an empty string is a record", "empty.example.com", "TXT", "noerror 3600 " },
	{ "3597:5", "the form for unknown types", "unknown.example.com", "TXT", "noerror 3600 abc" },
	{ "6698:2.1", "TLSA as on the wire", "_25._tcp.mx.example.com", "TLSA", "noerror 3600 030101abcd" },
	{ "2308:2.1", "what is absent is NXDOMAIN", "nothing.example.com", "TXT", "nxdomain 300" },
	{ "2308:2.2", "a name without the type is NODATA", "ns.example.com", "TXT", "noerror 300" },
	{ "4592:2.2.2", "a name with names below it exists", "b.c.example.com", "TXT", "noerror 300" },
	{ "8020:2", "nothing is below a name that is absent", "x.nothing.example.com", "TXT", "nxdomain 300" },
	{ "2308:2.1", "above a zone there are names", "com", "TXT", "noerror 0" },
	{ "2308:2.1", "another top", "example.info", "TXT", "nxdomain 0" },
	{ "1034:3.6.2", "an alias", "alias.example.com", "TXT", "noerror 3600 aliased found" },
	{ "1034:3.6.2", "two aliases, the least TTL", "alias2.example.com", "TXT", "noerror 60 aliased found" },
	{ "1034:3.6.2", "an alias asked for itself", "alias2.example.com", "CNAME", "noerror 60 ALIAS.example.com" },
	{ "1034:3.6.2", "an alias of nothing", "dangling.example.com", "TXT", "nxdomain 300 aliased" },
	{ "1034:3.6.2", "an alias of a name outside all files", "out.example.com", "TXT", "nxdomain 0 aliased" },
	{ "1034:3.6.2", "an alias of a name without the type", "nodata.example.com", "TXT", "noerror 300 aliased" },
	{ "1034:3.6.2", "aliases of each other", "loop1.example.com", "TXT", "servfail 0 aliased" },
	{ "1034:3.6.2", "an alias of itself", "self.example.com", "TXT", "servfail 0 aliased" },
	{ "4592:2.2.1", "a wildcard", "any.wild.example.com", "TXT", "noerror 3600 star" },
	{ "4592:2.2.1", "a wildcard covers several labels", "a.b.any.wild.example.com", "MX",
	  "noerror 20 5:mx.example.com" },
	{ "4592:2.2.1", "a wildcard without the type is NODATA", "any.wild.example.com", "A", "noerror 300" },
	{ "4592:2.2.1", "a name that is there hides the wildcard", "x.wild.example.com", "TXT", "noerror 300" },
	{ "4592:2.2.1", "so does a name that only has names below it", "under.wild.example.com", "TXT", "noerror 300" },
	{ "4592:2.2.1", "the wildcard above the closest encloser does not count", "a.under.wild.example.com", "TXT",
	  "nxdomain 300" },
	{ "4592:2.2.1", "nor below a name that is there", "a.x.wild.example.com", "TXT", "nxdomain 300" },
	{ "4592:2.1.1", "asked by name, the wildcard is a name like others", "*.wild.example.com", "TXT",
	  "noerror 3600 star" },
	{ "4592:2.2.1", "the name of the wildcard's parent has no records", "wild.example.com", "TXT", "noerror 300" },
	{ "4592:4.1", "a wildcard may be an alias", "any.cwild.example.com", "TXT", "noerror 3600 aliased found" },
	{ "6672:2.2", "a DNAME renames what is below it", "deep.moved.example.com", "TXT",
	  "noerror 3600 aliased dname" },
	{ "6672:2.2", "but not its owner", "moved.example.com", "TXT", "noerror 300" },
	{ "6672:3.2", "what stands below a DNAME is hidden", "hidden.moved.example.com", "A", "nxdomain 300 aliased" },
	{ "1035:5.1", "a dot inside a label is no border", "dot.ted.example.com", "A", "nxdomain 300" },
	{ "1035:5.1", "and such a name in data cannot pass for a good one", "ptr.example.com", "PTR",
	  "noerror 3600 odd\\046name\\032x.example.com" },
	{ "2181:5", "a record that stands twice is one, the least TTL counts", "two.example.com", "A",
	  "noerror 9 192.0.2.1" },
	{ "-", "a name that times out", "slow.example.com", "TXT", "timeout 0" },
	{ "-", "for every type", "slow.example.com", "A", "timeout 0" },
	{ "-", "one type that fails", "broken.example.com", "TXT", "servfail 0" },
	{ "-", "others do not", "broken.example.com", "A", "noerror 3600 192.0.2.12" },
	{ "-", "a wildcard that fails, behind an alias", "tolate.example.com", "TXT", "timeout 0 aliased" },
	{ "-", "not the name above", "late.example.com", "TXT", "noerror 3600 other-file" },
	{ "7505:3", "the root as a name", "nullmx.example.com", "MX", "noerror 3600 0:" },
	{ "1035:5.1", "a relative $ORIGIN", "sub.example.com", "A", "noerror 3600 192.0.2.13" },
	{ "1035:5.1", "names below it", "www.sub.example.com", "A", "noerror 3600 192.0.2.14" },
	{ "2308:4", "$TTL 0", "zero.sub.example.com", "A", "noerror 0 192.0.2.15" },
	{ "-", "without $ORIGIN a name is absolute, dot or not", "abs.example.org", "A",
	  "noerror 77 198.51.100.1 198.51.100.2" },
	{ "-", "a failing type does not make others fail", "gone.example.org", "A", "noerror 0" },
	{ "4592:2.2.1", "a wildcard at the top", "what.ever.example", "TXT", "noerror 3600 root-star second" },
	{ "-", "a name that cannot be asked", "a..example.com", "A", "nxdomain 0" },
	{ "-", "the root exists", "", "A", "noerror 0" },
};

static const struct {
	const char *clause, *what, *text, *want;
} errors[] = {
	{ "-", "an unknown order", "a. A 192.0.2.1\n;!refuse a.\n",
	  "f:2: unknown order \";!refuse\"; there are ;!timeout and ;!servfail" },
	{ "-", "an order without a name", ";!timeout\n", "f:1: a name is missing or too long" },
	{ "-", "an order with an unknown type", ";!timeout a. TXXT\n", "f:1: unknown type \"TXXT\"" },
	{ "-", "an order with too much", ";!timeout a. TXT x\n",
	  "f:1: want ;!timeout NAME [TYPE] or ;!servfail NAME [TYPE]" },
	{ "-", "an order for a bad name", ";!timeout a..b\n", "f:1: \"a..b\" is no domain name" },
	{ "1035:5.1", "a quote that is not closed", "a. TXT \"x\nb. A 192.0.2.1\n",
	  "f:1: a quoted string is not closed" },
	{ "1035:5.1", "a quote that is not closed at the end", "a. TXT \"x\\", "f:1: a quoted string is not closed" },
	{ "1035:5.1", "a parenthesis that is not closed", "\na. TXT ( x\ny\n", "f:2: a parenthesis is not closed" },
	{ "1035:5.1", "a parenthesis too much", "a. TXT x )\n", "f:1: a closing parenthesis too much" },
	{ "1035:5.1", "the first record has no name", "  A 192.0.2.1\n", "f:1: the first record has no name" },
	{ "1035:5.1", "$INCLUDE", "$INCLUDE other\n", "f:1: $INCLUDE is not supported; there are $ORIGIN and $TTL" },
	{ "2308:4", "$TTL with a word", "$TTL soon\n", "f:1: $TTL wants a time, not \"soon\"" },
	{ "2308:4", "$TTL without", "$TTL\n", "f:1: $TTL wants a time, not \"\"" },
	{ "1035:5.1", "$ORIGIN with two names", "$ORIGIN a. b.\n", "f:1: $ORIGIN takes one value" },
	{ "1035:3.2.4", "another class", "a. CH TXT x\n", "f:1: only class IN is supported" },
	{ "1035:3.4.1", "a bad address", "a. A 192.0.2\n", "f:1: " },
	{ "3596:2.2", "a bad IPv6 address", "a. AAAA 2001:db8::g\n", "f:1: " },
	{ "1035:3.3.9", "an MX without a name", "a. MX 10\n", "f:1: " },
	{ "1035:5.1", "no type", "a. 300 IN\n", "f:1: " },
	{ "1035:5.1", "no known type", "a. NOTYPE x\n", "f:1: " },
	{ "1035:2.3.4", "a label of 64 octets",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa. A 192.0.2.1\n", "f:1: " },
};

static void test_lookups(const struct signet_zones *zones)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_question q = { .name = slice_of(rows[i].name), .type = answer_type(rows[i].type) };
		struct signet_answer ans = signet_zones_lookup(zones, &q);
		struct buf got;
		buf_init(&got, 1 << 16);
		answer_put(&got, q.type, &ans, true);
		row_text(rows[i].clause, rows[i].what, buf_slice(&got), rows[i].want);
		buf_finish(&got);
	}
}

static void test_errors(void)
{
	for (size_t i = 0; i < ROWS(errors); i++) {
		char error[SIGNET_RESOLVE_ERROR] = "(read without error)";
		struct signet_zones *z = signet_zones_parse(slice_of(errors[i].text), "f", error, sizeof(error));
		slice got = slice_of(error);
		if (slice_eq(slice_of(errors[i].want), S("f:1: "))) {
			got = got.len > 5 ? slice_first(got, 5) : S("no text of ldns"); /* what follows is its own */
		}
		row_text(errors[i].clause, errors[i].what, got, errors[i].want);
		signet_zones_free(z);
	}
}

static char *write_file(const char *directory, const char *name, const char *text)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		abort();
	}
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		abort();
	}
	return path;
}

static void test_files(void)
{
	char directory[] = "/tmp/signet-zone-XXXXXX";
	char error[SIGNET_RESOLVE_ERROR] = "";
	if (!mkdtemp(directory)) {
		abort();
	}
	char *paths[2] = { write_file(directory, "one", zone), write_file(directory, "two", second) };
	struct signet_zones *z = signet_zones_load((const char *const *)paths, 2, error, sizeof(error));
	row_text("-", "two files are loaded", slice_of(error), "");
	if (z) {
		test_lookups(z);
	}
	signet_zones_free(z);
	unlink(paths[1]);
	row_bool("-", "a file that is missing is an error",
	         signet_zones_load((const char *const *)paths, 2, error, sizeof(error)), false);
	row_bool("-", "that names the file", strstr(error, "/two: No such file") != NULL, true);
	row_bool("-", "a directory is no zone file",
	         signet_zones_load((const char *const[]) { directory }, 1, error, sizeof(error)), false);
	unlink(paths[0]);
	rmdir(directory);
	free(paths[0]);
	free(paths[1]);
}

static void parse_prefix(slice prefix, void *data)
{
	char error[SIGNET_RESOLVE_ERROR];
	struct signet_zones *z = signet_zones_parse(prefix, "f", error, sizeof(error));
	*(size_t *)data += z ? signet_zones_records(z) : 0;
	signet_zones_free(z);
}

/* Octets no zone file should hold, and sizes nobody writes. */
static void test_odd(void)
{
	char error[SIGNET_RESOLVE_ERROR] = "";
	size_t records = 0;
	struct buf b;
	row_bool("-", "a NUL octet", signet_zones_parse(S("a. TXT x\0y\n"), "f", error, sizeof(error)), false);
	row_text("-", "is named", slice_of(error), "f:1: there is a NUL octet: not a zone file");
	struct signet_zones *z = signet_zones_parse(S(""), "f", error, sizeof(error));
	struct signet_answer ans = signet_zones_lookup(z, &(struct signet_question) { S("a.example"), SIGNET_RR_A });
	row_number("-", "without any record every name is NXDOMAIN", ans.status, SIGNET_DNS_NXDOMAIN);
	signet_zones_free(z);
	each_prefix(slice_of(zone), parse_prefix, &records);
	row_bool("1035:5.1", "a file may end anywhere", records > 1000, true);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 4097; i++) {
		buf_put_text(&b, "a. A 10.0.");
		buf_put_number(&b, (uint64_t)i / 256);
		buf_put_char(&b, '.');
		buf_put_number(&b, (uint64_t)i % 256);
		buf_put_char(&b, '\n');
	}
	row_bool("-", "more records than an answer can hold",
	         signet_zones_parse(buf_slice(&b), "f", error, sizeof(error)), false);
	row_text("-", "are an error", slice_of(error),
	         "f:4097: more than 4096 records of one name and type fit no answer");
	buf_finish(&b);
}

/* A resolver on zones fills a book, and never asks the network. */
static void test_fill(void)
{
	char error[SIGNET_RESOLVE_ERROR] = "";
	struct signet_zones *z = signet_zones_parse(slice_of(zone), "f", error, sizeof(error));
	struct signet_resolver *r =
		signet_resolver_new(&(struct signet_resolver_options) { .zones = z }, error, sizeof(error));
	struct signet_book *book = signet_book_new(0);
	const struct signet_answer *ans = NULL;
	row_number("-", "a question is open", book_ask(book, S("alias.example.com"), SIGNET_RR_TXT, &ans),
	           SIGNET_PENDING);
	book_want(book, S("slow.example.com"), SIGNET_RR_A);
	row_number("-", "a fill answers all at once, whatever the deadline", signet_resolver_fill(r, book, 1),
	           SIGNET_OK);
	row_bool("-", "none is left open", signet_book_is_open(book), false);
	row_number("-", "the answer is there", book_ask(book, S("alias.example.com"), SIGNET_RR_TXT, &ans), SIGNET_OK);
	row_text("-", "with its text", ans && ans->n ? ans->rr[0].data : S("(none)"), "found");
	book_ask(book, S("slow.example.com"), SIGNET_RR_A, &ans);
	row_number("-", "a time-out needs no time", ans ? (int)ans->status : -1, SIGNET_DNS_TIMEOUT);
	book_want(book, S("lost.example.com"), SIGNET_RR_A);
	struct signet_question q;
	(void)signet_book_next(book, &q);
	signet_resolver_fill(r, book, 0);
	row_bool("-", "a question that somebody took and gave up is closed too", signet_book_is_open(book), false);
	signet_book_reset(book);
	signet_resolver_attach(r, book);
	row_number("-", "to a book it is attached to it is at hand", book_ask(book, S("a1.example.com"), SIGNET_RR_TXT, &ans),
	           SIGNET_OK);
	row_bool("-", "and nothing is open", signet_book_is_open(book), false);
	signet_book_free(book);
	signet_resolver_free(r);
	signet_resolver_free(NULL);
	signet_zones_free(z);
}

int main(void)
{
	test_files();
	test_errors();
	test_odd();
	test_fill();
	return rows_end();
}
