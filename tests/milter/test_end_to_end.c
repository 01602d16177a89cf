/* SPDX-License-Identifier: Apache-2.0 */
/* The cases of tests/vectors/end-to-end: envelope, message and zone in; result header and reply out. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include <signet/authres.h>
#include <signet/resolve.h>

#include "../../src/base/ip.h"
#include "../support/rows.h"
#include "play.h"

#define CORPUS "authentication_milter"

/* Disagreements with the clause that decides, and who else decides so. */
static const struct {
	const char *id, *method, *clause;
} known[] = {
	/* the signature is rsa-sha1: permerror; OpenDKIM and dkimpy refuse it as well */
	{ "am-dmarc_reject_wl", "dkim", "RFC 8301 3.1: rsa-sha1 MUST NOT be used for verifying" },
};

static const char *member(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static json_t *load(const char *name)
{
	char path[4096];
	const char *root = getenv("SIGNET_SOURCE");
	json_error_t error;
	snprintf(path, sizeof(path), "%s/tests/vectors/end-to-end/" CORPUS "/%s", root ? root : ".", name);
	json_t *file = json_load_file(path, 0, &error);
	if (!file) {
		fprintf(stderr, "%s: %s\n", path, error.text);
		abort();
	}
	return file;
}

static slice read_message(const char *name, struct signet_arena *a)
{
	char path[4096];
	const char *root = getenv("SIGNET_SOURCE");
	snprintf(path, sizeof(path), "%s/tests/vectors/end-to-end/" CORPUS "/%s", root ? root : ".", name);
	FILE *f = fopen(path, "rb");
	char *at = arena_octets(a, 1 << 20);
	if (!f || !at) {
		perror(path);
		abort();
	}
	size_t n = fread(at, 1, 1 << 20, f);
	fclose(f);
	return slice_make(at, n);
}

/* ---- the zone, as a master file ---- */

static void put_string(struct buf *b, const char *text)
{
	for (slice rest = slice_of(text); rest.len; rest = slice_from(rest, 200)) {
		buf_put_text(b, " \"");
		slice piece = slice_first(rest, 200);
		for (size_t i = 0; i < piece.len; i++) {
			if (piece.at[i] == '"' || piece.at[i] == '\\') {
				buf_put_char(b, '\\');
			}
			buf_put_char(b, piece.at[i]);
		}
		buf_put_char(b, '"');
	}
}

static void put_data(struct buf *b, const char *type, const json_t *data)
{
	if (json_is_array(data)) {
		for (size_t i = 0; i < json_array_size(data); i++) {
			put_string(b, json_string_value(json_array_get(data, i)));
		}
	} else if (strcmp(type, "TXT") == 0 || strcmp(type, "SPF") == 0) {
		put_string(b, json_string_value(data));
	} else {
		buf_put_char(b, ' ');
		buf_put_text(b, json_string_value(data));
		if (!strchr("A", type[0])) {
			buf_put_char(b, '.'); /* names are absolute */
		}
	}
}

static char *zone_text(const json_t *zone)
{
	struct buf b;
	const char *name, *type;
	json_t *types, *list, *data;
	size_t i;
	buf_init(&b, 1 << 22);
	json_object_foreach((json_t *)(uintptr_t)zone, name, types)
	{
		json_object_foreach(types, type, list)
		{
			json_array_foreach(list, i, data)
			{
				buf_put_text(&b, name);
				buf_put_text(&b, ". ");
				buf_put_text(&b, type);
				put_data(&b, type, data);
				buf_put_char(&b, '\n');
			}
		}
	}
	buf_put_char(&b, 0);
	return b.at;
}

/* What a mail server does before it hands a client on: there and back. */
static slice confirmed_name(const struct play *p, const struct signet_ip *ip)
{
	struct buf name;
	char octets[128];
	name = (struct buf) { .at = octets, .room = sizeof(octets), .max = sizeof(octets) };
	ip_put_reverse(&name, ip);
	struct signet_question q = { buf_slice(&name), SIGNET_RR_PTR };
	struct signet_answer ptr = signet_zones_lookup(p->zones, &q);
	for (size_t i = 0; i < ptr.n; i++) {
		q = (struct signet_question) { ptr.rr[i].data, SIGNET_RR_A };
		struct signet_answer a = signet_zones_lookup(p->zones, &q);
		for (size_t k = 0; k < a.n; k++) {
			if (a.rr[k].data.len == 4 && memcmp(a.rr[k].data.at, ip->octets, 4) == 0) {
				return ptr.rr[i].data;
			}
		}
	}
	return (slice) { 0 };
}

/* ---- what came out ---- */

static const struct signet_authres_result *find(const struct signet_authres *m, const char *method)
{
	for (size_t i = 0; i < m->n_results; i++) {
		if (slice_eq(m->results[i].method, slice_of(method))) {
			return &m->results[i];
		}
	}
	return NULL;
}

static slice property(const struct signet_authres_result *r, const char *name)
{
	for (size_t i = 0; r && i < r->n_props; i++) {
		if (slice_eq(r->props[i].property, slice_of(name))) {
			return r->props[i].value;
		}
	}
	return (slice) { 0 };
}

static slice result_of(const struct signet_authres *m, const char *method)
{
	const struct signet_authres_result *r = find(m, method);
	return r ? r->result : S("absent");
}

static void compare(const char *id, const struct signet_authres *m, const char *method, const char *want)
{
	for (size_t i = 0; i < ROWS(known); i++) {
		if (strcmp(known[i].id, id) == 0 && strcmp(known[i].method, method) == 0) {
			row_contested("8601:2.7", method, slice_eq(result_of(m, method), slice_of(want)),
			              known[i].clause);
			return;
		}
	}
	row_text("8601:2.7", method, result_of(m, method), want);
}

static void check_results(const char *id, const struct signet_authres *m, const json_t *expect)
{
	const json_t *dkim = json_array_get(json_object_get(expect, "dkim"), 0);
	const json_t *dmarc = json_array_get(json_object_get(expect, "dmarc"), 0);
	if (json_object_get(expect, "spf")) {
		compare(id, m, "spf", member(expect, "spf"));
	}
	if (dkim) {
		compare(id, m, "dkim", member(dkim, "result"));
		row_text("8601:2.7.1", "d=", property(find(m, "dkim"), "d"), member(dkim, "d"));
	}
	if (dmarc) {
		compare(id, m, "dmarc", member(dmarc, "result"));
		row_text("9989:9.1", "header.from", property(find(m, "dmarc"), "from"), member(dmarc, "from"));
		if (strcmp(member(dmarc, "result"), "none") != 0) {
			row_text("9989:9.1", "policy.dmarc", property(find(m, "dmarc"), "dmarc"),
			         member(dmarc, "published"));
		}
	}
	if (json_object_get(expect, "iprev")) {
		compare(id, m, "iprev", member(expect, "iprev"));
	}
}

static void check_reply(const struct play_result *r, const json_t *expect)
{
	const json_t *dmarc = json_array_get(json_object_get(expect, "dmarc"), 0);
	const char *applied = dmarc ? member(dmarc, "applied") : "none";
	const char *reply = member(expect, "smtp_reply");
	bool marked = play_count(r->message, "X-Signet-Quarantine") > 0;
	row_bool("9989:5.3.6", "the reply", slice_starts(r->text, slice_of(reply)), true);
	row_bool("9989:5.3.6", "delivered or not", r->reply == OUTCOME_CONTINUE, !*reply);
	row_bool("9989:5.3.6", "marked", marked, strcmp(applied, "none") != 0 && !*reply);
}

static void run_case(struct play *p, const json_t *c, struct signet_arena *a)
{
	static char client_name[256];
	const json_t *mapped = json_object_get(c, "mapped_to"); /* what the mail server says of a mapped client */
	const json_t *from = mapped ? mapped : c;
	struct signet_ip ip;
	struct play_result r;
	struct signet_authres m = { 0 };
	signet_ip_parse(slice_of(member(from, "ip")), &ip);
	slice name = confirmed_name(p, &ip);
	snprintf(client_name, sizeof(client_name), "%.*s", (int)name.len, name.at ? name.at : "");
	const struct play_mail mail = {
		.octets = read_message(member(c, "message"), a),
		.ip = member(from, "ip"),
		.client_name = client_name,
		.helo = member(from, "helo"),
		.mail_from = member(c, "mailfrom"),
		.recipients = { member(c, "rcpt") },
	};
	/* the list of trusted signers of that configuration is a word of the postmaster here */
	bool listed = strcmp(member(c, "config"), "dmarc_reject_wl") == 0;
	p->rules.override_domain = S("goestheweasel.com");
	p->rules.override = (struct rules_override) { .has_decision = listed,
		                                      .decision = SIGNET_ACCEPT,
		                                      .rule = listed ? "domain goestheweasel.com" : NULL };
	play_message(p, &mail, &r);
	slice value = play_field(p, r.message, "Authentication-Results");
	row_bool("8601:2.2", "one field, and it can be read",
	         play_count(r.message, "Authentication-Results") == 1 &&
	                 signet_authres_read(value, SIGNET_AUTHRES_STRICT, false, p->arena, NULL, &m),
	         true);
	row_text("8601:2.5", "our id", m.authserv_id, "test.module");
	check_results(member(c, "id"), &m, json_object_get(c, "expect"));
	check_reply(&r, json_object_get(c, "expect"));
}

int main(void)
{
	json_t *cases = load("cases.json");
	json_t *zone = load("zone.json");
	char *text = zone_text(zone);
	struct play *p = play_new(text);
	struct signet_arena *a = signet_arena_new((size_t)64 << 20);
	const json_t *c;
	size_t i;
	p->rules.ids[0] = S("test.module");
	json_array_foreach(json_object_get(cases, "cases"), i, c)
	{
		rows_case(CORPUS, member(c, "id"), i);
		run_case(p, c, a);
	}
	rows_case(NULL, NULL, 0);
	signet_arena_free(a);
	play_free(p);
	free(text);
	json_decref(zone);
	json_decref(cases);
	return rows_end();
}
