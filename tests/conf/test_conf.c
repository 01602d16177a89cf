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
	test_schema();
	test_manual();
	unlink(path);
	return rows_end();
}
