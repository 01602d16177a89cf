/* SPDX-License-Identifier: Apache-2.0 */
/* OpenDKIM's tables: data sets, KeyTable, SigningTable.  tests/keys/table_opendkim.py asks the original. */
#include "table_rows.h"

/* Like a line of PEM, or a seed. */
#define SECRET "MIIEpAIBAAKCAQEA0J/HPftg4mrSYpA8tMc43sIcWi6Z"
#define KEYS "k1 example.com:s1:/1.pem\nk2 example.com:s2:/2.pem\nk3 %:s3:/keys/%/3.pem\nexample.com %:named:./n.pem\n"

static const struct {
	const char *what, *value;
	bool ok;
	enum opendkim_set_kind kind;
	const char *rest;
} sets[] = {
	{ "file:", "file:/etc/KeyTable", true, OPENDKIM_FILE, "/etc/KeyTable" },
	{ "refile:", "refile:/etc/SigningTable", true, OPENDKIM_REFILE, "/etc/SigningTable" },
	{ "refile: of a relative path", "refile:SigningTable", true, OPENDKIM_REFILE, "SigningTable" },
	{ "a path alone", "/etc/KeyTable", true, OPENDKIM_FILE, "/etc/KeyTable" },
	{ "csl:", "csl:a=b,c=d", true, OPENDKIM_LIST, "a=b,c=d" },
	{ "pairs alone", "example.com=k1", true, OPENDKIM_LIST, "example.com=k1" },
	{ "pairs alone with colons", "k1=example.com:s1:/k.pem", true, OPENDKIM_LIST, "k1=example.com:s1:/k.pem" },
	{ "blanks around", " file: /etc/KeyTable ", true, OPENDKIM_FILE, "/etc/KeyTable" },
	{ "db:", "db:/etc/keys.db", false, 0, "db" },
	{ "a path that ends in .db", "/etc/keys.db", false, 0, "Berkeley" },
	{ "dsn:", "dsn:mysql://u:p@3306+h/d/table=t?keycol=a?datacol=b", false, 0, "dsn" },
	{ "ldap:", "ldap://h/dc=x", false, 0, "ldap" },
	{ "ldapi:", "ldapi:///dc=x", false, 0, "ldapi" },
	{ "lua:", "lua:/x", false, 0, "lua" },
	{ "memcache:", "memcache:h/k", false, 0, "memcache" },
	{ "erlang:", "erlang:n@h:c:m:f", false, 0, "erlang" },
	{ "mdb:", "mdb:/x", false, 0, "mdb" },
	{ "a word that is no kind", "files:/x", false, 0, "files" },
	{ "nothing", "", false, 0, "names no data set" },
	{ "nothing behind the kind", "file:", false, 0, "names no data set" },
};

static const struct {
	const char *clause, *what;
	enum opendkim_set_kind kind;
	bool multiple, third_party;
	const char *rules, *from, *want;
} rows[] = {
	/* clause what kind multiple third_party rules from want */
	{ "-", "an address", OPENDKIM_FILE, 0, 0, "joe@example.com k1\n", "Joe@example.com", "example.com/s1 @/1.pem" },
	{ "-", "% as domain and in the path", OPENDKIM_FILE, 0, 0, ".b.example k3\n", "x@a.B.example",
	  "a.b.example/s3 @/keys/a.b.example/3.pem" },
	{ "-", "% as the name of the key", OPENDKIM_FILE, 0, 0, "* %\n", "x@example.com",
	  "example.com/named @/etc/n.pem" },
	{ "-", "and there is no such key", OPENDKIM_FILE, 0, 0, "* %\n", "x@example.org", "no-key-name" },
	{ "6376:3.5", "an identity", OPENDKIM_FILE, 0, 0, "example.com k1:news@example.com\n", "x@example.com",
	  "example.com/s1 i=news@example.com @/1.pem" },
	{ "6376:3.5", "an identity of a sub-domain, by %", OPENDKIM_FILE, 0, 0, ".example.com k1:@%\n",
	  "x@a.example.com", "example.com/s1 i=@a.example.com @/1.pem" },
	{ "6376:3.5", "an identity that is not below d= is left out", OPENDKIM_FILE, 0, 0,
	  "example.com k1:x@example.org\n", "x@example.com", "example.com/s1 @/1.pem" },
	{ "6376:3.5", "an identity behind a blank", OPENDKIM_FILE, 0, 0, "example.com k1 @%\n", "x@example.com",
	  "example.com/s1 i=@example.com @/1.pem" },
	{ "-", "the pairs themselves", OPENDKIM_LIST, 0, 0, " example.org=k2 , ,example.com = k1", "x@example.com",
	  "example.com/s1 @/1.pem" },
	{ "-", "a third party needs the word", OPENDKIM_FILE, 0, 0, "* k1\n", "x@example.org", "third-party" },
	{ "-", "and signs with it", OPENDKIM_FILE, 0, 1, "* k1\n", "x@example.org", "example.com/s1 @/1.pem" },
	{ "-", "a pattern", OPENDKIM_REFILE, 0, 0, "*@example.com k1\n", "x@example.com", "example.com/s1 @/1.pem" },
	{ "-", "a pattern of the middle", OPENDKIM_REFILE, 0, 0, "x*@*ample.com k1\n", "xyz@example.com",
	  "example.com/s1 @/1.pem" },
	{ "-", "a pattern of parents", OPENDKIM_REFILE, 0, 0, "*@*.example.com k1\n", "x@a.b.example.com",
	  "example.com/s1 @/1.pem" },
	{ "-", "a pattern without @ of parents", OPENDKIM_REFILE, 0, 0, "*.example.com k1\n", "x@a.example.com",
	  "example.com/s1 @/1.pem" },
	{ "-", "a pattern of all", OPENDKIM_REFILE, 0, 0, "* k3\n", "x@a.example",
	  "a.example/s3 @/keys/a.example/3.pem" },
	{ "-", "a pattern that ends in a star", OPENDKIM_REFILE, 0, 0, "joe@* k3\n", "joe@a.example",
	  "a.example/s3 @/keys/a.example/3.pem" },
	{ "-", "the first line counts, not the most exact", OPENDKIM_REFILE, 0, 0, "*@*.com k2\njoe@example.com k1\n",
	  "joe@example.com", "example.com/s2 @/2.pem" },
	{ "-", "also across endings", OPENDKIM_REFILE, 0, 0, "*@example.com k1\n*.com k2\n* k3\n", "joe@example.com",
	  "example.com/s1 @/1.pem" },
	{ "-", "also the line without ending", OPENDKIM_REFILE, 0, 0, "joe@ex* k2\n*@example.com k1\n",
	  "joe@example.com", "example.com/s2 @/2.pem" },
	{ "-", "a dot is a dot", OPENDKIM_REFILE, 0, 0, "*@example.com k1\n", "x@exampleXcom", "no-rule" },
	{ "-", "the whole address is compared", OPENDKIM_REFILE, 0, 0, "oe@example.com k1\njoe@example.co k1\n",
	  "joe@example.com", "no-rule" },
	{ "-", "case is ignored", OPENDKIM_REFILE, 0, 0, "*@EXAMPLE.com k1\n", "x@example.COM",
	  "example.com/s1 @/1.pem" },
	{ "5890:2.3.2.1", "a U-label in a pattern", OPENDKIM_REFILE, 0, 0,
	  "*@b\xc3\xbc"
	  "cher.example k3\n",
	  "x@xn--bcher-kva.example", "xn--bcher-kva.example/s3 @/keys/xn--bcher-kva.example/3.pem" },
	{ "-", "all lines that match", OPENDKIM_REFILE, 1, 0, "*@example.com k2\nno@example.com k3\n*.com k1\n* k3\n",
	  "joe@example.com", "example.com/s2 @/2.pem example.com/s1 @/1.pem example.com/s3 @/keys/example.com/3.pem" },
	{ "-", "one key signs once", OPENDKIM_REFILE, 1, 0, "*@example.com k1\n* k1\n", "joe@example.com",
	  "example.com/s1 @/1.pem" },
	{ "-", "all answers of a file:", OPENDKIM_FILE, 1, 0, "* k3\nexample.com k2\njoe@example.com k1\n",
	  "joe@example.com", "example.com/s1 @/1.pem example.com/s2 @/2.pem example.com/s3 @/keys/example.com/3.pem" },
	{ "-", "the key of a third party is left out, the others sign", OPENDKIM_FILE, 1, 0, "* k3\nexample.org k2\n",
	  "joe@example.org", "example.org/s3 @/keys/example.org/3.pem" },
	{ "-", "eight lines sign, the first ones", OPENDKIM_REFILE, 1, 0,
	  "a@* k3\n*@a.example k1\n*.example k2\n*@a.example k1\n*@a.example k1\n*@a.example k1\n*@a.example "
	  "k1\n*@a.example k1\n*e k3\n",
	  "a@a.example", "a.example/s3 @/keys/a.example/3.pem" },
	{ "-", "# is a comment wherever it stands", OPENDKIM_FILE, 0, 0, "example.com k1#k2\n", "x@example.com",
	  "example.com/s1 @/1.pem" },
	{ "-", "CRLF", OPENDKIM_FILE, 0, 0, "example.com k1\r\n", "x@example.com", "example.com/s1 @/1.pem" },
};

/* The order of look-ups in a file: or csl: (opendkim.conf(5) SigningTable; nearest parent first, as opendkim does it): with
 * all lines the first answers; then it is taken away, and so on. */
static const char *const order[] = {
	"joe@a.b.example", "a.b.example", "joe@.b.example", ".b.example", "joe@.example", ".example", "joe@*", "*",
};

static const struct {
	const char *what;
	bool rules; /* of the SigningTable; else of the KeyTable */
	enum opendkim_set_kind kind;
	const char *text, *want;
} errors[] = {
	/* KeyTable */
	{ "a key without values", 0, OPENDKIM_FILE, "k9\n",
	  "t:1: a value of the key \"k9\" is missing: write NAME DOMAIN:SELECTOR:PATH\n" },
	{ "a key without selector", 0, OPENDKIM_FILE, "k9 a.example\n",
	  "t:1: a value of the key \"k9\" is missing: write NAME DOMAIN:SELECTOR:PATH\n" },
	{ "a key with an empty selector", 0, OPENDKIM_FILE, "k9 a.example::/k\n",
	  "t:1: a value of the key \"k9\" is missing: write NAME DOMAIN:SELECTOR:PATH\n" },
	{ "a key without path", 0, OPENDKIM_FILE, "\nk9 a.example:s\n",
	  "t:2: a value of the key \"k9\" is missing: write NAME DOMAIN:SELECTOR:PATH\n" },
	{ "a key itself is not read and not told", 0, OPENDKIM_FILE, "k9 a.example:s:MIIEpAIBAAKCAQEA\n",
	  "t:1: the third value of the key \"k9\" would be a private key itself, which does not belong into a table: "
	  "put it into a file "
	  "of mode 0600 and write its path, which begins with / or ./ or ../\n" },
	{ "a line of a key, pasted, is not told", 0, OPENDKIM_FILE, SECRET "\n",
	  "t:1: a value of the key (not shown: it may be of a key) is missing: write NAME DOMAIN:SELECTOR:PATH\n" },
	{ "nor is a key without name", 0, OPENDKIM_LIST, "=a.example:s:" SECRET,
	  "t: there is no name before =(not shown: it may be of a key)\n" },
	{ "nor one in the place of a name", 1, OPENDKIM_FILE, "example.com " SECRET "\n",
	  "t:1: \"example.com\" wants the key (not shown: it may be of a key), which the KeyTable does not have\n" },
	{ "a fourth value", 0, OPENDKIM_FILE, "k9 a.example:s:/k:x\n",
	  "t:1: the key \"k9\" has more than three values: a path cannot hold a colon here\n" },
	{ "% within a domain", 0, OPENDKIM_FILE, "k9 mail.%:s:/k\n",
	  "t:1: the key \"k9\" has the domain \"mail.%\", which cannot be d= of a signature (RFC 6376 3.5); \"%\" "
	  "alone is the domain "
	  "of From\n" },
	{ "% as selector", 0, OPENDKIM_FILE, "k9 %:%:/k\n",
	  "t:1: the key \"k9\" has the selector \"%\", which is none: labels of letters, digits and hyphens (RFC 6376 "
	  "3.1)\n" },
	{ "a key twice", 0, OPENDKIM_FILE, "k1 a.example:s:/k\n",
	  "t:1: note: there is a key \"k1\" already: the first one stands, this line does not count\n" },
	{ "a pattern for a key", 0, OPENDKIM_REFILE, "k* a.example:s:/k\n",
	  "t:1: \"k*\": a key with a pattern for a name is not read: write a line for each name\n" },
	{ "pairs without name", 0, OPENDKIM_LIST, "=a.example:s:/k",
	  "t: there is no name before =\"a.example:s:/k\"\n" },
	/* SigningTable */
	{ "no key", 1, OPENDKIM_FILE, "example.com\n", "t:1: \"example.com\" has no key: write PATTERN NAME\n" },
	{ "no key in a refile:", 1, OPENDKIM_REFILE, "*@example.com\n",
	  "t:1: \"*@example.com\" has no key: write PATTERN NAME\n" },
	{ "a key that is not there", 1, OPENDKIM_FILE, "example.com nokey\n",
	  "t:1: \"example.com\" wants the key \"nokey\", which the KeyTable does not have\n" },
	{ "names of keys have a case", 1, OPENDKIM_FILE, "example.com K1\n",
	  "t:1: \"example.com\" wants the key \"K1\", which the KeyTable does not have\n" },
	{ "an identity without @", 1, OPENDKIM_FILE, "example.com k1:news\n",
	  "t:1: \"news\" is no identity for i=: write [NAME]@DOMAIN\n" },
	{ "a pattern in a file:", 1, OPENDKIM_FILE, "*@example.com k1\n",
	  "t:1: \"*@example.com\" matches nothing in a file: table: write user@host, host, .parent or *; patterns need "
	  "refile:\n" },
	{ "a pattern of parents in a file:", 1, OPENDKIM_FILE, "*.example.com k1\n",
	  "t:1: \"*.example.com\" matches nothing in a file: table: write user@host, host, .parent or *; patterns need "
	  "refile:\n" },
	{ "a line twice", 1, OPENDKIM_FILE, "example.com k1\nEXAMPLE.com k2\n",
	  "t:2: note: there is a line for \"example.com\" already: the first one stands, this one does not count\n" },
	{ "a regular expression", 1, OPENDKIM_REFILE, "[ab]*@example.com k1\n",
	  "t:1: \"[ab]*@example.com\": OpenDKIM takes this for a regular expression; here only * stands for others: "
	  "write a line for "
	  "each\n" },
	{ "a bare domain in a refile:", 1, OPENDKIM_REFILE, "example.com k1\n",
	  "t:1: note: \"example.com\" is like no address: it wants *@ before it\n" },
	{ "a third party by name", 1, OPENDKIM_REFILE, "*@example.org k1\n",
	  "t:1: note: \"example.com\" is neither \"example.org\" nor a parent of it: this line signs nothing unless "
	  "opendkim_third_party is true\n" },
	{ "the same in a file:", 1, OPENDKIM_FILE, "joe@.example.org k1\n",
	  "t:1: note: \"example.com\" is neither \"example.org\" nor a parent of it: this line signs nothing unless "
	  "opendkim_third_party is true\n" },
};

static void read_keys(struct bench *b, enum opendkim_set_kind kind, const char *name, const char *text)
{
	opendkim_read_keys(b->t, kind, table_keep(b->t, slice_of(text)), S("/etc"), bench_source(b, name));
}

static void read_rules(struct bench *b, const struct opendkim_rules *how, const char *text)
{
	opendkim_read_rules(b->t, how, table_keep(b->t, slice_of(text)), bench_source(b, "t"));
}

static void test_sets(void)
{
	struct bench b;
	for (size_t i = 0; i < ROWS(sets); i++) {
		struct opendkim_set set = { 0 };
		bench_open(&b);
		const struct table_source at = bench_source(&b, "t");
		bool ok = opendkim_parse_set(guarded(slice_of(sets[i].value), false), &set, &at);
		row_bool("-", sets[i].what, ok, sets[i].ok);
		if (sets[i].ok) {
			row_number("-", "its kind", set.kind, sets[i].kind);
			row_text("-", "what it names", set.rest, sets[i].rest);
		} else {
			row_bool("-", "the error names it",
			         slice_find(buf_slice(&b.lines), slice_of(sets[i].rest)) != SLICE_NONE, true);
		}
		bench_close(&b);
	}
}

static void test_rows(void)
{
	struct bench b;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const struct opendkim_rules how = { rows[i].kind, rows[i].multiple, rows[i].third_party };
		bench_open(&b);
		read_keys(&b, OPENDKIM_FILE, "KeyTable", KEYS);
		read_rules(&b, &how, rows[i].rules);
		row_text(rows[i].clause, rows[i].what, bench_ask(&b, &(struct ask) { rows[i].from }, true),
		         rows[i].want);
		row_number("-", "without an error", (int64_t)b.problems.errors, 0);
		bench_close(&b);
	}
}

/* A list in the configuration has no lines. */
static void test_places(void)
{
	static const struct {
		enum opendkim_set_kind kind;
		const char *rules, *want;
	} places[] = {
		{ OPENDKIM_FILE, "\n* k1\n",
		  "unsigned: the rule in t:2 signs as example.com, which is neither example.org nor a parent of it, "
		  "and no word there "
		  "allows a third party" },
		{ OPENDKIM_LIST, "*=k1",
		  "unsigned: the rule in t signs as example.com, which is neither example.org nor a parent of it, and "
		  "no word there "
		  "allows a third party" },
	};
	for (size_t i = 0; i < ROWS(places); i++) {
		struct bench b;
		const struct opendkim_rules how = { .kind = places[i].kind };
		const struct table_query q = { .local = S("x"), .domain = S("example.org") };
		bench_open(&b);
		read_keys(&b, OPENDKIM_FILE, "KeyTable", KEYS);
		read_rules(&b, &how, places[i].rules);
		row_text("-", "the place of a rule", bench_reason(&b, &q), places[i].want);
		bench_close(&b);
	}
}

static void test_order(void)
{
	for (size_t from = 0; from < ROWS(order); from++) {
		struct bench b;
		struct buf text, keys;
		char want[100];
		const struct opendkim_rules how = { .kind = OPENDKIM_FILE };
		bench_open(&b);
		buf_init_arena(&text, &b.arena, 4096);
		buf_init_arena(&keys, &b.arena, 4096);
		for (size_t i = ROWS(order); i > from; i--) { /* the last one first: the order of lines is none */
			char line[100];
			snprintf(line, sizeof(line), "%s k%zu\n", order[i - 1], i - 1);
			buf_put_text(&text, line);
			snprintf(line, sizeof(line), "k%zu %%:s%zu:/k\n", i - 1, i - 1);
			buf_put_text(&keys, line);
		}
		buf_put_char(&text, 0);
		buf_put_char(&keys, 0);
		read_keys(&b, OPENDKIM_FILE, "KeyTable", keys.at);
		read_rules(&b, &how, text.at);
		row_number("-", "every form is read", (int64_t)table_count_rules(b.t), (int64_t)(ROWS(order) - from));
		snprintf(want, sizeof(want), "a.b.example/s%zu", from);
		row_text("-", order[from], bench_ask(&b, &(struct ask) { "joe@a.b.example" }, false), want);
		bench_close(&b);
	}
}

static void test_errors(void)
{
	struct bench b;
	for (size_t i = 0; i < ROWS(errors); i++) {
		const struct opendkim_rules how = { .kind = errors[i].kind };
		bench_open(&b);
		read_keys(&b, OPENDKIM_FILE, "KeyTable", KEYS);
		if (errors[i].rules) {
			read_rules(&b, &how, errors[i].text);
		} else {
			read_keys(&b, errors[i].kind, "t", errors[i].text);
		}
		row_text("-", errors[i].what, buf_slice(&b.lines), errors[i].want);
		bench_close(&b);
	}
}

struct prefix_data {
	enum opendkim_set_kind kind;
	size_t n;
};

static void try_prefix(slice prefix, void *data)
{
	struct prefix_data *d = data;
	struct table_problems problems = { 0 };
	struct table *t = table_new();
	const struct table_source at = { .file = S("f"), .problems = &problems };
	const struct opendkim_rules how = { .kind = d->kind };
	opendkim_read_keys(t, OPENDKIM_FILE, S(KEYS), S(""), at);
	opendkim_read_keys(t, d->kind, prefix, S(""), at);
	opendkim_read_rules(t, &how, prefix, at);
	d->n += table_count_rules(t);
	table_free(t);
}

int main(void)
{
	struct prefix_data d = { 0 };
	test_sets();
	test_rows();
	test_places();
	test_order();
	test_errors();
	for (size_t i = 0; i < ROWS(rows); i++) {
		d.kind = rows[i].kind;
		each_prefix(slice_of(rows[i].rules), try_prefix, &d);
	}
	for (size_t i = 0; i < ROWS(errors); i++) {
		d.kind = errors[i].kind;
		each_prefix(slice_of(errors[i].text), try_prefix, &d);
	}
	row_bool("-", "some prefixes hold rules", d.n > 0, true);
	return rows_end();
}
