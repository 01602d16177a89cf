/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/mail/identity.h"
#include "../support/rows.h"

#include "vectors.h"

#define LABEL63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define V(literal)                                                                                                     \
	{                                                                                                              \
		"" literal, sizeof(literal) - 1                                                                        \
	}

static const struct {
	const char *clause, *what;
	slice header;
	const char *want; /* distinct domains in order, then "!" if unusable, "~" if ambiguous */
	size_t n_fields;
	enum finding_id finding;
} rows[] = {
	{ "9989:4.2", "one author", V("From: Joe <joe@A.Example>\r\n"), "a.example", 1, 0 },
	{ "9989:4.2", "no From field", V("To: joe@a.example\r\n"), "", 0, F_MAIL_FROM_NONE },
	{ "9989:4.2", "an empty From field", V("From:\r\n"), "!", 1, F_MAIL_FROM_EMPTY },
	{ "9989:4.2", "words only", V("From: root\r\n"), "!", 1, F_MAIL_FROM_EMPTY },
	{ "9989:4.2", "a literal is no Author Domain", V("From: <joe@[192.0.2.1]>\r\n"), "!", 1,
	  F_MAIL_DOMAIN_LITERAL },
	{ "9989:4.2", "words beside an address", V("From: Doe, Joe <joe@a.example>\r\n"), "a.example", 1, 0 },
	{ "6854:2.1", "an empty group names no author", V("From: Hidden:;\r\n"), "!", 1, F_MAIL_FROM_EMPTY },
	{ "9989:5.3.1", "the obsolete space before the colon", V("From \t: joe@a.example\r\n"), "a.example", 1, 0 },
	{ "9989:5.3.1", "any letter case of the name", V("fROM: joe@a.example\r\n"), "a.example", 1, 0 },
	{ "9989:5.3.1", "two authors, two domains", V("From: a@a.example, b@b.example\r\n"), "a.example b.example", 1,
	  F_MAIL_FROM_DOMAINS },
	{ "9989:5.3.1", "two authors, one domain", V("From: a@a.example, b@A.EXAMPLE.\r\n"), "a.example", 1,
	  F_MAIL_DOMAIN_FINAL_DOT },
	{ "9989:11.5", "two From fields", V("From: a@a.example\r\nTo: x@y.example\r\nFrom: b@b.example\r\n"),
	  "a.example b.example", 2, F_MAIL_FROM_SEVERAL },
	{ "9989:11.5", "two From fields of one domain", V("From: a@a.example\r\nFrom: b@a.example\r\n"), "a.example", 2,
	  F_MAIL_FROM_SEVERAL },
	{ "9989:4.2", "a raw UTF-8 domain",
	  V("From: joe@B\xC3\xBC"
	    "cher.example\r\n"),
	  "xn--bcher-kva.example", 1, 0 },
	{ "9989:4.2", "its A-label", V("From: joe@xn--bcher-kva.example\r\n"), "xn--bcher-kva.example", 1, 0 },
	{ "8616:4", "an A-label that decodes to ASCII", V("From: joe@xn--example-.example\r\n"), "!", 1,
	  F_MAIL_DOMAIN_BAD },
	{ "8616:4", "an A-label that does not decode", V("From: joe@xn--\x7e.example\r\n"), "!", 1, F_MAIL_DOMAIN_BAD },
	{ "9989:4.2", "octets that are no UTF-8",
	  V("From: joe@b\xFC"
	    "cher.example\r\n"),
	  "!", 1, F_MAIL_DOMAIN_BAD },
	{ "1035:2.3.4", "a label of 63", V("From: joe@" LABEL63 ".example\r\n"), LABEL63 ".example", 1, 0 },
	{ "1035:2.3.4", "a label of 64", V("From: joe@a" LABEL63 ".example\r\n"), "!", 1, F_MAIL_DOMAIN_BAD },
	{ "1035:2.3.4", "a name past 253", V("From: joe@" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 "\r\n"), "!", 1,
	  F_MAIL_DOMAIN_BAD },
	{ "9989:4.2", "an empty label", V("From: joe@a..example\r\n"), "!~", 1, F_MAIL_DOMAIN_BAD },
	{ "9989:4.2", "octets no host name holds", V("From: joe@a!b.example\r\n"), "!", 1, F_MAIL_DOMAIN_BAD },
	{ "9989:4.2", "a bad domain beside a good one", V("From: joe@a.example, joe@-!.example\r\n"), "a.example!", 1,
	  F_MAIL_DOMAIN_BAD },
	{ "9989:11.5", "a malformed field", V("From: <a@victim.example> <b@evil.example>\r\n"),
	  "victim.example evil.example~", 1, F_MAIL_ADDRESS_TEXT_AFTER },
	{ "9989:11.5", "a bracket without partner", V("From: user@a.example>\r\n"), "a.example~", 1,
	  F_MAIL_ADDRESS_UNBALANCED },
	{ "9989:11.5", "From behind a bare LF", V("Subject: x\nFrom: a@victim.example\r\nFrom: b@evil.example\r\n"),
	  "evil.example victim.example~", 1, F_MAIL_FROM_HIDDEN },
	{ "9989:11.5", "From behind a bare CR", V("From: b@evil.example\r\nX: y\rfrom\t:a@victim.example\r\n"),
	  "evil.example victim.example~", 1, F_MAIL_FROM_HIDDEN },
	{ "9989:11.5", "From behind a bare LF in From", V("From: b@evil.example\nFrom: a@victim.example\r\n"),
	  "evil.example victim.example~", 1, F_MAIL_FROM_HIDDEN },
	{ "9989:11.5", "From with white space before, as first line",
	  V(" From: a@victim.example\r\nFrom: b@evil.example\r\n"), "evil.example victim.example~", 1,
	  F_MAIL_FROM_HIDDEN },
	{ "9989:11.5", "From with a NUL in its name", V("From\0: a@victim.example\r\nFrom: b@evil.example\r\n"),
	  "evil.example victim.example~", 1, F_MAIL_FROM_HIDDEN },
	{ "9989:11.5", "a fold is no hidden From", V("X: y\n\r\n From: a@victim.example\r\nFrom: b@evil.example\r\n"),
	  "evil.example", 1, F_MAIL_BARE_LF },
	{ "9989:4.2", "Sender and Resent-From name no author",
	  V("Sender: s@s.example\r\nResent-From: r@r.example\r\nFrom: a@a.example\r\n"), "a.example", 1, 0 },
};

static struct signet_arena arena;
static struct signet_findings notes;

static struct mail_identity find(slice block)
{
	struct mail_header header = { 0 };
	struct mail_identity identity = { 0 };
	arena_reset(&arena);
	findings_init(&notes, &arena);
	if (header_parse(block, &arena, &notes, &header) != SIGNET_OK ||
	    identity_find(&header, &arena, &notes, &identity) != SIGNET_OK) {
		row_bool("-", "the work could be done", false, true);
	}
	return identity;
}

static void find_only(slice block, void *data)
{
	(void)data;
	find(block);
}

static void check_rows(void)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct mail_identity identity = find(guarded(rows[i].header, false));
		buf_clear(&b);
		for (size_t k = 0; k < identity.n_domains; k++) {
			buf_put(&b, k ? S(" ") : S(""));
			buf_put(&b, identity.domains[k]);
		}
		buf_put(&b, identity.unusable ? S("!") : S(""));
		buf_put(&b, identity.ambiguous ? S("~") : S(""));
		row_text(rows[i].clause, rows[i].what, buf_slice(&b), rows[i].want);
		row_number(rows[i].clause, "  ... number of From fields", (int64_t)identity.n_from_fields,
			   (int64_t)rows[i].n_fields);
		if (rows[i].finding) {
			row_bool(rows[i].clause, "  ... and a finding says so", findings_has(&notes, rows[i].finding),
				 true);
		}
		each_prefix(rows[i].header, find_only, NULL);
	}
	buf_finish(&b);
}

static void check_authors(void)
{
	struct mail_identity id = find(S("From: \"Joe\" <joe@A.example>, root, x@[1], b@b.example\r\n"));
	row_number("9989:5.3.1", "every mailbox is an author", (int64_t)id.n_authors, 4);
	row_text("9989:5.3.1", "the address as written", id.authors[0].address, "joe@A.example");
	row_text("9989:5.3.1", "its domain in normal form", id.authors[0].domain, "a.example");
	row_text("9989:5.3.1", "words have no domain", id.authors[1].domain, "");
	row_text("9989:5.3.1", "a literal has no domain", id.authors[2].domain, "");
	row_bool("9989:5.3.1", "and makes the list unusable as a whole", id.unusable, true);
}

static void check_caps(void)
{
	struct buf b;
	buf_init(&b, 4 << 20);
	buf_put(&b, S("From: "));
	for (uint64_t i = 0; i <= IDENTITY_DOMAINS_MAX; i++) {
		buf_put(&b, i ? S(", a@d") : S("a@d"));
		buf_put_number(&b, i);
		buf_put(&b, S(".example"));
	}
	buf_put(&b, S("\r\n"));
	struct mail_identity id = find(buf_slice(&b));
	row_number("9989:11.5", "domains are listed up to the cap", (int64_t)id.n_domains, IDENTITY_DOMAINS_MAX);
	row_bool("9989:11.5", "past it the list is unusable", id.unusable, true);
	buf_clear(&b);
	for (size_t i = 0; i < HEADER_FIELDS_MAX; i++) {
		buf_put(&b, S("From: a@xn--bcher-kva.example\r\n"));
	}
	id = find(buf_slice(&b));
	row_bool("9989:11.5", "of thousands of From fields not all are read", id.n_authors <= 1000 && id.unusable, true);
	row_number("9989:11.5", "but all are counted", (int64_t)id.n_from_fields, HEADER_FIELDS_MAX);
	buf_clear(&b);
	for (size_t i = 0; i < HEADER_FIELDS_MAX + 5; i++) {
		buf_put(&b, i == HEADER_FIELDS_MAX + 3 ? S("From: a@victim.example\r\n") : S("X: y\r\n"));
	}
	id = find(buf_slice(&b));
	row_bool("9989:11.5", "a From field past the cap of fields makes the list unusable", id.unusable, true);
	row_bool("9989:11.5", "and is found", id.n_domains == 1 && findings_has(&notes, F_MAIL_FROM_HIDDEN), true);
	buf_finish(&b);
}

/* tests/vectors/dmarc/from-domain: the domain OpenDMARC's test wants; ours must hold it, and only it where nobody
 * disputes. */
static void check_vectors(void)
{
	json_t *cases = vector_cases("dmarc/from-domain/cases.json");
	json_t *one;
	size_t i;
	row_bool("-", "the vectors are there", json_array_size(cases) > 0, true);
	json_array_foreach(cases, i, one) {
		rows_case("from-domain", NULL, i + 1);
		struct buf b;
		const char *from = json_string_value(json_object_get(one, "from"));
		const char *contested = json_string_value(json_object_get(one, "contested"));
		slice want = slice_of(json_string_value(json_object_get(one, "domain")));
		buf_init(&b, 4096);
		buf_put(&b, S("From: "));
		buf_put_text(&b, from);
		buf_put(&b, S("\r\n"));
		struct mail_identity id = find(buf_slice(&b));
		bool is_first = id.n_domains && slice_eq(id.domains[0], want);
		if (contested) {
			row_contested("9989:4.2", from, is_first && id.n_domains == 1, contested);
		} else {
			row_bool("9989:4.2", from, is_first && id.n_domains == 1 && !id.unusable, true);
		}
		buf_finish(&b);
	}
	rows_case(NULL, NULL, 0);
	json_decref(cases);
}

/* tests/vectors/mime/ruby-mail: odd real messages; number of From fields, and their domains as Python reads them. */
static void check_messages(void)
{
	json_t *cases = vector_cases("mime/ruby-mail.json");
	json_t *one, *domain;
	size_t i, k;
	row_number("-", "the messages are there", (int64_t)json_array_size(cases), 34);
	json_array_foreach(cases, i, one) {
		char path[200];
		const json_t *expect = json_object_get(one, "expect");
		const char *id = json_string_value(json_object_get(one, "id"));
		snprintf(path, sizeof(path), "mime/%s", json_string_value(json_object_get(one, "file")));
		struct buf message =
			vector_file(path, strcmp(json_string_value(json_object_get(one, "eol")), "LF") == 0);
		size_t end = header_find_end(buf_slice(&message), 0);
		struct mail_identity identity = find(slice_first(buf_slice(&message), end));
		rows_case("ruby-mail", id, 0);
		row_number("5322:3.6", "From fields", (int64_t)identity.n_from_fields,
			   json_integer_value(json_object_get(expect, "from_fields")));
		size_t found = 0;
		json_array_foreach(json_object_get(expect, "from_domains"), k, domain) {
			for (size_t d = 0; d < identity.n_domains; d++) {
				found += slice_eq_nocase(identity.domains[d], slice_of(json_string_value(domain)));
			}
		}
		row_number("9989:5.3.1", "their domains", (int64_t)found,
			   (int64_t)json_array_size(json_object_get(expect, "from_domains")));
		row_bool("9989:5.3.1", "and no more, unless the field is malformed",
			 found == identity.n_domains || identity.ambiguous, true);
		buf_finish(&message);
	}
	rows_case(NULL, NULL, 0);
	json_decref(cases);
}

/* The same for whoever has only the octets of a message. */
static void check_octets(void)
{
	static const struct {
		const char *clause, *what;
		slice octets;
		const char *want; /* the domains of the authors, "-" for one without */
	} messages[] = {
		{ "9989:4.2", "every mailbox is an author", V("From: a@A.example, b@b.example\r\n\r\n"),
		  "a.example b.example" },
		{ "9989:11.5", "so is the one of a second field", V("From: a@a.example\r\nFrom: b@b.example\r\n\r\n"),
		  "a.example b.example" },
		{ "9989:11.5", "and one that only other readers see",
		  V("From: a@a.example\r\nX: y\rFrom: b@b.example\r\n\r\n"), "a.example b.example" },
		{ "5322:2.1", "the body is not looked at", V("X: y\r\n\r\nFrom: a@a.example\r\n"), "" },
		{ "5322:2.1", "a message may be a header alone", V("From: a@a.example"), "a.example" },
		{ "5322:3.6.2", "From names nobody", V("From:\r\n\r\n"), "" },
		{ "9989:4.2", "an author without domain", V("From: <a@[192.0.2.1]>\r\n\r\n"), "-" },
		{ "5322:3.5", "no message", V(""), "" },
	};
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct signet_author *authors;
		size_t n = 0;
		struct buf got;
		buf_init(&got, 4096);
		rows_case("octets", NULL, i + 1);
		row_number("-", "status", signet_authors(messages[i].octets, &arena, &authors, &n), SIGNET_OK);
		for (size_t k = 0; k < n; k++) {
			buf_put_text(&got, k ? " " : "");
			buf_put(&got, authors[k].domain.len ? authors[k].domain : S("-"));
		}
		row_slice(messages[i].clause, messages[i].what, buf_slice(&got), slice_of(messages[i].want));
		buf_finish(&got);
	}
	rows_case(NULL, NULL, 0);
}

int main(void)
{
	arena_init(&arena, (size_t)64 << 20);
	check_rows();
	check_authors();
	check_octets();
	check_caps();
	check_vectors();
	check_messages();
	arena_finish(&arena);
	return rows_end();
}
