/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file: sections that stand once, sections with a title, and the lines of errors. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../service/conf/conf.h"
#include "../../service/conf/schema.h"
#include "../support/rows.h"

static char path[] = "/tmp/signet-test-conf-XXXXXX";

static struct conf *read_text(const char *text, struct buf *error)
{
	FILE *file = fopen(path, "w");
	if (!file) {
		abort();
	}
	fputs(text, file);
	fclose(file);
	buf_init(error, 4096);
	return conf_read(path, error);
}

#define SECTIONS                                                                                                       \
	"sign \"example.com\" {\n"                                                                                     \
	"\tselector = { \"s1\", \"ed1\" }\n"                                                                           \
	"\tkey = { \"/k/s1.pem\", \"/k/ed1.pem\" }\n"                                                                  \
	"}\n"                                                                                                          \
	"# another\n"                                                                                                  \
	"sign \".example.com\" { selector = \"s2\" sign_as = \"%\" third_party = true }\n"                             \
	"bind \"ours\" {\n"                                                                                            \
	"\tlogin = { \"joe\", \"@example.com\" }\n"                                                                    \
	"\tfrom = { \"example.com\" }\n"                                                                               \
	"}\n"                                                                                                          \
	"dns { resolver = \"127.0.0.1\" }\n"                                                                           \
	"keys { tables = { \"a\", \"b\" } }\n"

static void test_sections(void)
{
	struct buf error;
	struct conf *conf = read_text(SECTIONS, &error);
	row_slice("-", "sections with titles are read", buf_slice(&error), S(""));
	if (!conf) {
		return;
	}
	row_number("-", "each of them", (int64_t)conf->sign.n, 2);
	const struct conf_sign *first = conf_sign_at(conf, 0);
	const struct conf_sign *second = conf_sign_at(conf, 1);
	row_text("-", "the title of the first", slice_of(first->place.title), "example.com");
	row_number("-", "its list", (int64_t)first->selector.n, 2);
	row_text("-", "the second element", slice_of(first->selector.at[1]), "ed1");
	row_bool("-", "what it does not say is absent", first->sign_as || first->third_party || first->algorithm.n,
	         false);
	row_text("-", "the title of the second", slice_of(second->place.title), ".example.com");
	row_number("-", "a list of one needs no braces", (int64_t)second->selector.n, 1);
	row_text("-", "its text", slice_of(second->sign_as), "%");
	row_bool("-", "its switch", second->third_party, true);
	row_number("-", "the line of a section", (int64_t)second->place.line, 6);
	row_number("-", "another name", (int64_t)conf->bind.n, 1);
	row_number("-", "its list of logins", (int64_t)conf_bind_at(conf, 0)->login.n, 2);
	row_text("-", "a section without title beside them", slice_of(conf->dns_resolver), "127.0.0.1");
	row_number("-", "its list", (int64_t)conf->keys_tables.n, 2);
	conf_free(conf);
	buf_finish(&error);
}

static const struct {
	const char *what, *text, *want;
} errors[] = {
	{ "a title twice", "sign \"a.example\" {}\nsign \"b.example\" {}\nsign \"a.example\" {\n}\n",
	  ":3: found duplicate title 'a.example'" },
	{ "no title", "\nsign {}\n", ":2: missing title for section 'sign'" },
	{ "an unknown key in a titled section", "sign \"a\" {\n selektor = \"s1\"\n}\n",
	  ":2: no such option 'selektor'" },
	{ "a value that is none", "sign \"a\" {\n algorithm = \"rsa\"\n}\n",
	  ":2: algorithm: \"rsa\" is not rsa-sha256 or ed25519-sha256" },
	{ "a title where none belongs", "dns \"x\" {}\n", ":1: missing opening brace for section 'dns'" },
};

static void test_errors(void)
{
	for (size_t i = 0; i < ROWS(errors); i++) {
		struct buf error;
		struct conf *conf = read_text(errors[i].text, &error);
		row_bool("-", "it is not read", conf != NULL, false);
		row_text("-", errors[i].what, slice_from(buf_slice(&error), strlen(path)), errors[i].want);
		conf_free(conf);
		buf_finish(&error);
	}
}

/* What can be told in one go: behind an unknown key too. */
static const struct {
	const char *what, *text, *want;
} several[] = {
	{ "values", "mode = \"strict\"\ndns { resolver = \"localhost\" }\nmilter { workers = 100 }\n",
	  ":1: mode: \"strict\" is not rfc9989, classic or monitor\n"
	  ":2: resolver: \"localhost\" is not ADDR[@PORT]\n"
	  ":3: workers: \"100\" is not a number, from 0 to 64\n" },
	{ "unknown keys, with whatever they are given",
	  "a = 1\nb = \"}\"\nc = { \"x\",\n \"}\" }\nd { e { f = '}' } }\ng \"title\" { }\nmode = 1\nh += 2\n",
	  ":1: no such option 'a'\n:2: no such option 'b'\n:3: no such option 'c'\n:5: no such option 'd'\n"
	  ":6: no such option 'g'\n:7: mode: \"1\" is not rfc9989, classic or monitor\n:8: no such option 'h'\n" },
	{ "a word in a text is no key", "authserv_id = \"a b\" b = 1\nmode = 1\n",
	  ":1: no such option 'b'\n:2: mode: \"1\" is not rfc9989, classic or monitor\n" },
	{ "a bool that is none", "rfc7489 = perhaps\nmode = 1\n",
	  ":1: invalid boolean value for option 'rfc7489'\n:2: mode: \"1\" is not rfc9989, classic or monitor\n" },
	{ "a key that stands twice", "mode = \"classic\"\nmode = \"monitor\"\n",
	  ":2: mode: it stands in line 1 already\n" },
	{ "the same in two places of a section that stands twice",
	  "dns { resolver = \"127.0.0.1\" }\ndns { resolver = \"::1\" }\n",
	  ":2: resolver: it stands in line 1 already\n" },
	{ "the same key in two sections with titles is two keys",
	  "listen \"a\" { role = \"sign\" }\nlisten \"b\" { role = \"sign\" }\nlisten \"c\" { role = 1 }\n",
	  ":3: role: \"1\" is not verify, sign or both\n" },
	{ "titles", "listen \"a b\" { }\nclient \"mx.example\" { }\ndomain \"..\" { }\nrecipient \"\" { }\n",
	  ":1: listen: the title \"a b\" is not a name of letters, digits, \"-\", \"_\" and \".\"\n"
	  ":2: client: the title \"mx.example\" is not an address, a network or localhost\n"
	  ":3: domain: the title \"..\" is not a domain\n"
	  ":4: recipient: the title \"\" is not an address, a local part with @, or a domain\n" },
	{ "what ends too early ends it", "mode = 1\nfoo = {\nbar = 1\n",
	  ":1: mode: \"1\" is not rfc9989, classic or monitor\n:2: no such option 'foo'\n"
	  ":2: the brace is never closed\n" },
	{ "a section without end", "dns {\n}\nmilter {\n sign_nets = { }\n workers = 1\n",
	  ":3: the brace is never closed\n" },
	{ "comments count as lines", "/* 1\n 2 */\n# 3\nx = 1 // 4\nmode = 1\n",
	  ":4: no such option 'x'\n:5: mode: \"1\" is not rfc9989, classic or monitor\n" },
};

static void test_several(void)
{
	for (size_t i = 0; i < ROWS(several); i++) {
		struct buf error, lines;
		conf_free(read_text(several[i].text, &error));
		buf_finish(&error);
		buf_init(&error, 1 << 16);
		buf_init(&lines, 1 << 16);
		struct conf *conf = conf_read_all(path, &error);
		row_bool("-", "it is not read", conf != NULL, false);
		for (slice rest = buf_slice(&error); rest.at && rest.len;) {
			buf_put(&lines, slice_from(slice_split(&rest, '\n'), strlen(path)));
			buf_put_char(&lines, '\n');
		}
		row_text("-", several[i].what, buf_slice(&lines), several[i].want);
		conf_free(conf);
		buf_finish(&lines);
		buf_finish(&error);
	}
}

/* section, key, value, is it good?  With the ends of each range. */
static const struct {
	const char *section, *key, *value;
	bool want;
} values[] = {
	{ "milter", "workers", "0", true },
	{ "milter", "workers", "64", true },
	{ "milter", "workers", "65", false },
	{ "milter", "workers", "-1", false },
	{ "milter", "workers", "", false },
	{ "milter", "workers", "4k", false },
	{ "milter", "connections", "0", false },
	{ "milter", "connections", "1", true },
	{ "milter", "connections", "18446744073709551617", false },
	{ "milter", "dns_deadline", "240", true },
	{ "milter", "dns_deadline", "4m", true },
	{ "milter", "dns_deadline", "241s", false },
	{ "milter", "dns_deadline", "0", false },
	{ "milter", "replay_window", "59", false },
	{ "milter", "replay_window", "1w", true },
	{ "milter", "body_kept", "1G", true },
	{ "milter", "body_kept", "1025M", false },
	{ "milter", "body_kept", "64k", true },
	{ "milter", "body_kept", "k", false },
	{ "milter", "header_kept_all", "16M", true },
	{ "milter", "header_kept_all", "15M", false },
	{ "milter", "body_kept", "9007199254740993G", false },
	{ "milter", "dmarc_code", "5.7.1", true },
	{ "milter", "dmarc_code", "5.7.27", false },
	{ "milter", "quarantine_field", "X-Junk", true },
	{ "milter", "quarantine_field", "X Junk", false },
	{ "milter", "quarantine_field", "X-Junk:", false },
	{ "milter", "quarantine_field", "", false },
	{ "milter", "sign_ports", "587", true },
	{ "milter", "sign_ports", "0", false },
	{ "milter", "sign_ports", "65536", false },
	{ "milter", "sign_nets", "localhost", true },
	{ "milter", "sign_nets", "10.0.0.0/8", true },
	{ "milter", "sign_nets", "10.0.0.0/33", false },
	{ "milter", "sign_nets", "mx.example", false },
	{ "milter", "spool", "none", true },
	{ "milter", "spool", "spool", false },
	{ "milter", "received_spf", "yes", true },
	{ "milter", "received_spf", "1", false },
	{ "listen", "socket", "unix:/run/a.sock", true },
	{ "listen", "socket", "local:/run/a.sock", true },
	{ "listen", "socket", "/run/a.sock", true },
	{ "listen", "socket", "unix:run/a.sock", false },
	{ "listen", "socket", "inet:127.0.0.1:8891", true },
	{ "listen", "socket", "inet:8891@127.0.0.1", true },
	{ "listen", "socket", "inet6:[::1]:8891", true },
	{ "listen", "socket", "[::1]:8891", true },
	{ "listen", "socket", "127.0.0.1:8891", true },
	{ "listen", "socket", "inet:127.0.0.1", false },
	{ "listen", "socket", "inet:mx.example:8891", false },
	{ "listen", "socket", "inet:127.0.0.1:65536", false },
	{ "listen", "socket", "inherited:milter", true },
	{ "listen", "socket", "inherited:", false },
	{ "listen", "socket", "", false },
	{ "listen", "socket_mode", "0660", true },
	{ "listen", "socket_mode", "600", true },
	{ "listen", "socket_mode", "0770", false },
	{ "listen", "socket_mode", "0060", false },
	{ "listen", "socket_mode", "1660", false },
	{ "listen", "role", "both", true },
	{ "listen", "role", "Verify", false },
	{ "listen", "seal_as", "example.com", true },
	{ "listen", "seal_as", "example..com", false },
	{ "listen", "connections", "1000001", false },
	{ "domain", "decision", "accept", true },
	{ "domain", "decision", "discard", false },
	{ "domain", "clients", "192.0.2.0/24", true },
	{ "recipient", "enforce", "off", true },
};

static void test_values(void)
{
	for (size_t i = 0; i < ROWS(values); i++) {
		char what[200];
		snprintf(what, sizeof(what), "%s.%s = \"%s\"", values[i].section, values[i].key, values[i].value);
		row_bool("-", what, conf_is_good(conf_find_key(values[i].section, values[i].key), values[i].value),
		         values[i].want);
	}
}

static void test_lists(void)
{
	struct buf error;
	struct conf *conf = read_text("", &error);
	row_number("-", "a list that is not there is what the table says", (int64_t)conf->milter_sign_ports.n, 2);
	row_text("-", "in its order", slice_of(conf->milter_sign_ports.at[0]), "587");
	row_number("-", "it stands nowhere", (int64_t)conf_line(conf, NULL, "milter", "sign_ports"), 0);
	conf_free(conf);
	buf_finish(&error);
	conf = read_text("milter {\n sign_ports = {}\n sign_nets = { \"10.0.0.1\",\n \"10.0.0.2\" } }\n", &error);
	row_number("-", "an empty one is empty", (int64_t)conf->milter_sign_ports.n, 0);
	row_number("-", "one that is said stands alone", (int64_t)conf->milter_sign_nets.n, 2);
	row_number("-", "and has a line", (int64_t)conf_line(conf, NULL, "milter", "sign_nets"), 4);
	conf_free(conf);
	buf_finish(&error);
	conf = conf_new();
	row_text("-", "without a file: a text", slice_of(conf->milter_quarantine_field), "X-Signet-Quarantine");
	row_text("-", "a listener of an option that is not good",
	         slice_of(conf_add_listen(conf, "a", "nowhere", "sign")), "socket");
	row_bool("-", "one that is", conf_add_listen(conf, "a", "inet:127.0.0.1:1", "sign") == NULL, true);
	row_text("-", "has the presets", slice_of(conf_listen_at(conf, 0)->sign_fault), "defer");
	conf_free(conf);
}

/* The table itself: every key of a titled section belongs to one that exists, nothing stands twice. */
static void test_schema(void)
{
	bool good = true;
	for (size_t i = 0; i < conf_n_keys; i++) {
		for (size_t k = i + 1; k < conf_n_keys; k++) {
			const char *a = conf_keys[i].section ? conf_keys[i].section : "";
			const char *b = conf_keys[k].section ? conf_keys[k].section : "";
			good &= strcmp(a, b) != 0 || strcmp(conf_keys[i].name, conf_keys[k].name) != 0;
		}
		good &= conf_keys[i].sentence && conf_keys[i].wants;
	}
	row_bool("-", "no key stands twice, each has its sentence", good, true);
	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		for (size_t k = 0; key->presets && key->presets[k]; k++) {
			good &= conf_is_good(key, key->presets[k]);
		}
		good &= !key->preset || conf_is_good(key, key->preset);
		good &= key->least <= key->most;
	}
	row_bool("-", "what holds where nothing is said is good itself", good, true);
}

static bool is_in_manual(slice page, const struct conf_key *key)
{
	char text[100];
	snprintf(text, sizeof(text), "\n.It Ic %s\n", key->name);
	slice part = page;
	if (key->section) {
		snprintf(text, sizeof(text), "\n.Ss %s\n", key->section);
		part = slice_from(page, slice_find(page, slice_of(text)));
		size_t end = slice_find(slice_from(part, 4), S("\n.Ss "));
		part = end == SLICE_NONE ? part : slice_first(part, 4 + end);
		snprintf(text, sizeof(text), "\n.It Ic %s\n", key->name);
	}
	return slice_find(part, slice_of(text)) != SLICE_NONE;
}

/* Every key and section is in signet.conf(5), in the place where a reader looks. */
static void test_manual(void)
{
	static char page[1 << 20];
	char name[4096];
	snprintf(name, sizeof(name), "%s/man/signet.conf.5", getenv("SIGNET_SOURCE") ? getenv("SIGNET_SOURCE") : ".");
	FILE *file = fopen(name, "r");
	size_t n = file ? fread(page, 1, sizeof(page), file) : 0;
	if (file) {
		fclose(file);
	}
	for (size_t i = 0; i < conf_n_keys; i++) {
		char what[200];
		snprintf(what, sizeof(what), "the manual has %s%s%s", conf_keys[i].section ? conf_keys[i].section : "",
		         conf_keys[i].section ? "." : "", conf_keys[i].name);
		row_bool("-", what, is_in_manual(slice_make(page, n), &conf_keys[i]), true);
	}
}

int main(void)
{
	int fd = mkstemp(path);
	if (fd < 0) {
		abort();
	}
	close(fd);
	test_sections();
	test_errors();
	test_several();
	test_values();
	test_lists();
	test_schema();
	test_manual();
	unlink(path);
	return rows_end();
}
