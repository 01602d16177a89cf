/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of key files: what is read, what is told, and that good lines stand beside bad ones. */
#include <stdlib.h>

#include "table_rows.h"

static const struct {
	const char *what;
	const char *text;
	const char *from, *want;
} good[] = {
	{ "three columns", "a.example s1 /k.pem\n", "x@a.example", "a.example/s1 @/k.pem" },
	{ "no line end at the end", "a.example s1 /k.pem", "x@a.example", "a.example/s1 @/k.pem" },
	{ "CRLF", "# x\r\na.example s1 /k.pem\r\n", "x@a.example", "a.example/s1 @/k.pem" },
	{ "tabs and blanks around", " \ta.example\t\t s1 \t/k.pem \t\n", "x@a.example", "a.example/s1 @/k.pem" },
	{ "comments and blank lines", "\n  \n# a.example s2 /l.pem\na.example s1 /k.pem # the key\n", "x@a.example",
	  "a.example/s1 @/k.pem" },
	{ "# inside a word is no comment", "a.example s1 /k#1.pem\n", "x@a.example", "a.example/s1 @/k#1.pem" },
	{ "a byte order mark",
	  "\xef\xbb\xbf"
	  "a.example s1 /k.pem\n",
	  "x@a.example", "a.example/s1 @/k.pem" },
	{ "colons between", "a.example:s1:/k.pem\n", "x@a.example", "a.example/s1 @/k.pem" },
	{ "a name before the colons", "key1 a.example:s1:/k.pem\n", "x@a.example", "a.example/s1 @/k.pem" },
	{ "% for everybody", "key1 %:s1:/k.pem\n", "x@a.example", "a.example/s1 @/k.pem" },
	{ "words behind colons", ".a.example:s1:/k.pem d=%\n", "x@b.a.example", "b.a.example/s1 @/k.pem" },
	{ "a colon in a path of a column", "a.example s1 /k:1.pem\n", "x@a.example", "a.example/s1 @/k:1.pem" },
	{ "a relative path is below the folder of the file", "a.example s1 k.pem\n", "x@a.example",
	  "a.example/s1 @/etc/k.pem" },
	{ "with ./ too", "a.example s1 ./k/1.pem\n", "x@a.example", "a.example/s1 @/etc/k/1.pem" },
	{ "a file called store", "a.example s1 ./store\n", "x@a.example", "a.example/s1 @/etc/store" },
	{ "upper case", "A.Example S1 /K.pem\n", "x@a.example", "a.example/S1 @/K.pem" },
	{ "a final dot", "a.example. s1 /k.pem\n", "x@a.example", "a.example/s1 @/k.pem" },
	{ "*.domain is .domain", "*.a.example s1 /k.pem\n", "x@b.a.example", "a.example/s1 @/k.pem" },
	{ "a selector of labels", "a.example s1.eu /k.pem\n", "x@a.example", "a.example/s1.eu @/k.pem" },
	{ "a selector in the store", "a.example s1 store\n", "x@a.example", "a.example/s1 store" },
	{ "% in a path is the domain of From", "* s1 keys/%.pem\n", "x@a.example",
	  "a.example/s1 @/etc/keys/a.example.pem" },
	{ "the parent by name", "b.a.example s1 /k.pem d=a.example\n", "x@b.a.example", "a.example/s1 @/k.pem" },
};

static const struct {
	const char *what;
	const char *line, *want;
} errors[] = {
	{ "a domain alone", "b.example", "a value is missing after \"b.example\": write DOMAIN SELECTOR KEYFILE" },
	{ "two columns", "b.example s1", "a value is missing after \"b.example\": write DOMAIN SELECTOR KEYFILE" },
	{ "an empty selector", "b.example::/k.pem",
	  "a value is missing after \"b.example::/k.pem\": write DOMAIN SELECTOR KEYFILE" },
	{ "an empty path",
	  "b.example:s1:", "a value is missing after \"b.example:s1:\": write DOMAIN SELECTOR KEYFILE" },
	{ "no path", "b.example:s1", "a value is missing after \"b.example:s1\": write DOMAIN SELECTOR KEYFILE" },
	{ "an empty domain", ":s1:/k.pem", "a value is missing after \":s1:/k.pem\": write DOMAIN SELECTOR KEYFILE" },
	{ "an unknown word", "b.example s1 /k.pem foo",
	  "\"foo\" is none of the words d=DOMAIN, a=ALGORITHM, third-party" },
	{ "an empty word", "b.example s1 /k.pem d=", "\"d=\" is none of the words d=DOMAIN, a=ALGORITHM, third-party" },
	{ "a bad domain", "b..example s1 /k.pem", "\"b..example\" is no address and no domain" },
	{ "an address without a name", "@b.example s1 /k.pem", "\"@b.example\" is no address and no domain" },
	{ "a star within", "a*.example s1 /k.pem", "\"a*.example\" is no address and no domain" },
	{ "one label", "localhost s1 /k.pem",
	  "\"localhost\" cannot be d= of a signature: two labels of letters, digits and hyphens (RFC 6376 3.5)" },
	{ "below one label, signed as it", ".example s1 /k.pem",
	  "\"example\" cannot be d= of a signature: two labels of letters, digits and hyphens (RFC 6376 3.5)" },
	{ "an underscore in d=", "b_c.example s1 /k.pem",
	  "\"b_c.example\" cannot be d= of a signature: two labels of letters, digits and hyphens (RFC 6376 3.5)" },
	{ "a hyphen at the end of a label of d=", "b-.example s1 /k.pem",
	  "\"b-.example\" cannot be d= of a signature: two labels of letters, digits and hyphens (RFC 6376 3.5)" },
	{ "no domain in d=", "b.example s1 /k.pem d=%.x", "\"%.x\" is no domain to sign as" },
	{ "a bad selector", "b.example s_1 /k.pem",
	  "\"s_1\" is no selector: labels of letters, digits and hyphens (RFC 6376 3.1)" },
	{ "an unknown algorithm", "b.example s1 /k.pem a=rsa-sha1",
	  "\"rsa-sha1\" is no algorithm: rsa-sha256 or ed25519-sha256" },
	{ "a third party", "b.example s1 /k.pem d=c.example",
	  "\"c.example\" is neither \"b.example\" nor a parent of it: DMARC would not count the signature.  If you "
	  "want it all "
	  "the same, say third-party" },
	{ "a child is a third party", "b.example s1 /k.pem d=x.b.example",
	  "\"x.b.example\" is neither \"b.example\" nor a parent of it: DMARC would not count the signature.  If you "
	  "want it "
	  "all the same, say third-party" },
	{ "a file for any selector", "b.example * /k.pem",
	  "\"b.example\": a selector is missing: only the key store knows its own" },
	{ "a key", "b.example s1 -----BEGIN",
	  "a private key does not belong into a table: put it into a file and name that" },
	{ "the same again", "good.example s1 /k.pem",
	  "\"good.example\" has this selector already: \"keys:1\" stands, this line "
	  "does not count" },
};

static void test_errors(void)
{
	struct bench b;
	char text[1000], want[1000];
	for (size_t i = 0; i < ROWS(errors); i++) {
		snprintf(text, sizeof(text), "good.example s1 /1.pem\n%s\nalso.example s1 /2.pem\n", errors[i].line);
		snprintf(want, sizeof(want), "keys:2: %s\n", errors[i].want);
		bench_open(&b);
		bench_keys(&b, text);
		row_text("-", errors[i].what, buf_slice(&b.lines), want);
		row_text("-", "the line before stands", bench_ask(&b, &(struct ask) { "x@good.example" }, true),
		         "good.example/s1 @/1.pem");
		row_text("-", "the line behind too", bench_ask(&b, &(struct ask) { "x@also.example" }, true),
		         "also.example/s1 @/2.pem");
		bench_close(&b);
	}
}

/* Lines at and past their cap, and octets that no text holds. */
static void test_caps(void)
{
	struct bench b;
	static char text[3 * TABLE_LINE_OCTETS];
	bench_open(&b);
	memset(text, 'k', sizeof(text) - 1);
	memcpy(text, "a.example s1 /", 14);
	text[TABLE_LINE_OCTETS] = '\n';
	memcpy(text + TABLE_LINE_OCTETS + 1, "b.example s1 /", 14);
	text[2 * TABLE_LINE_OCTETS + 2] = '\n';
	memcpy(text + 2 * TABLE_LINE_OCTETS + 3, "c.example s1 /k\n", 17);
	bench_keys(&b, text);
	row_text("-", "a line of one octet too many is told", buf_slice(&b.lines),
	         "keys:2: the line is longer than 8192 octets\n");
	row_number("-", "the longest line is read", (int64_t)bench_ask(&b, &(struct ask) { "x@a.example" }, false).len,
	           12);
	row_text("-", "so is what follows", bench_ask(&b, &(struct ask) { "x@c.example" }, false), "c.example/s1");
	bench_close(&b);

	bench_open(&b);
	table_read_keys(b.t, S("a.example s1 /k\0.pem\nb.example s1 /k\n"), S(""), bench_source(&b, "keys"));
	row_text("-", "a NUL is told", buf_slice(&b.lines), "keys:1: the line holds a NUL octet: this is no text\n");
	row_text("-", "the rest is read", bench_ask(&b, &(struct ask) { "x@b.example" }, false), "b.example/s1");
	bench_close(&b);
}

static void test_many_errors(void)
{
	struct bench b;
	bench_open(&b);
	char *text = calloc(1, 5000 * 2 + 1);
	for (size_t i = 0; text && i < 5000; i++) {
		memcpy(text + 2 * i, "x\n", 2);
	}
	bench_keys(&b, text ? text : "");
	free(text);
	size_t lines = 0;
	for (slice rest = buf_slice(&b.lines); rest.len; lines++) {
		(void)slice_split(&rest, '\n');
	}
	row_number("-", "every wrong line is counted", (int64_t)b.problems.errors, 5000);
	row_number("-", "a hundred are listed, and that there are more", (int64_t)lines, 101);
	bench_close(&b);
}

static void try_prefix(slice prefix, void *data)
{
	struct table_problems problems = { 0 };
	struct table *t = table_new();
	const struct table_source at = { .file = S("f"), .problems = &problems };
	table_read_keys(t, prefix, S("/etc"), at);
	table_read_bindings(t, prefix, at);
	*(size_t *)data += table_count_rules(t);
	table_free(t);
}

int main(void)
{
	struct bench b;
	size_t n = 0;
	for (size_t i = 0; i < ROWS(good); i++) {
		bench_open(&b);
		bench_keys(&b, good[i].text);
		row_text("-", good[i].what, bench_ask(&b, &(struct ask) { good[i].from }, true), good[i].want);
		row_slice("-", "nothing is said of it", buf_slice(&b.lines), S(""));
		bench_close(&b);
		each_prefix(slice_of(good[i].text), try_prefix, &n);
	}
	row_bool("-", "some prefixes hold rules", n > 0, true);
	test_errors();
	test_caps();
	test_many_errors();
	return rows_end();
}
