/* SPDX-License-Identifier: Apache-2.0 */
/* Checks messages from memory between two markers that strace shows; trace.sh demands that nothing but memory calls
 * stand between them.  What the checks said is printed afterwards, so that it is certain that they did their work. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>
#include <signet/authres.h>
#include <signet/check.h>

#include "../support/rows.h"
#include "../support/zone.h"

/* getpgid of these numbers: no such group, and easy to find in a trace. */
#define MARK_BEGIN 0x51670001
#define MARK_END 0x51670002

#define FOLDER "/tests/vectors/dkim/chasquid/"
#define OWNER "football.example.com"

/* The octets of a file with every LF as CRLF; freed by the caller. */
static char *read_crlf(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	if (!file || !out) {
		perror(path);
		exit(1);
	}
	for (int c, last = 0; (c = getc(file)) != EOF; last = c) {
		if (c == '\n' && last != '\r') {
			putc('\r', out);
		}
		putc(c, out);
	}
	fclose(file);
	fclose(out);
	*ret_len = n;
	return text;
}

/* What one check came to. */
struct said {
	enum signet_status status;
	size_t n_dkim;
	enum signet_dkim_result dkim[2];
	enum signet_spf_result spf;
	enum signet_dmarc_result dmarc;
	bool has_field;
};

static void check(struct signet *engine, struct zone *zone, signet_slice message, struct said *ret)
{
	const struct signet_settings settings = { .mode = SIGNET_MODE_CLASSIC, .now = 1528637909 };
	struct signet_envelope envelope = { .helo = S("mail." OWNER), .has_mail_from = true, .mail_from = S("joe@" OWNER) };
	signet_ip_parse(S("192.0.2.1"), &envelope.ip);
	struct signet_check *check = signet_check_new(engine, &settings, &envelope);
	for (size_t at = 0; at < message.len; at += 100) {
		signet_check_feed(check, slice_first(slice_from(message, at), 100));
	}
	signet_check_end(check);
	while ((ret->status = signet_check_step(check)) == SIGNET_PENDING && zone_answer_all(zone, signet_check_book(check))) {
	}
	if (ret->status == SIGNET_OK) {
		if (signet_check_wants_message(check)) {
			signet_check_diagnose(check, message, true);
		}
		const struct signet_dossier *d = signet_check_dossier(check);
		ret->n_dkim = d->n_dkim;
		for (size_t i = 0; i < d->n_dkim && i < 2; i++) {
			ret->dkim[i] = d->dkim[i].result;
		}
		ret->spf = d->n_spf ? d->spf[0].result : SIGNET_SPF_NONE;
		ret->dmarc = d->dmarc.result;
		struct signet_arena *arena = signet_arena_new((size_t)1 << 20);
		struct signet_authres results;
		ret->has_field = signet_authres_from(d, S("mx.example.net"), arena, &results) == SIGNET_OK &&
				 signet_authres_write(&results, NULL, arena).len > 0;
		signet_arena_free(arena);
	}
	signet_check_free(check);
}

/* The zone of the case, with SPF and DMARC records for its domain. */
static struct zone *zone_of_case(const json_t *cases)
{
	struct zone *zone = zone_of_text("mail." OWNER " A 192.0.2.1\n"
					 OWNER " TXT v=spf1 a:mail." OWNER " -all\n"
					 "_dmarc." OWNER " TXT v=DMARC1; p=reject\n");
	zone_add_json(zone, json_object_get(json_array_get(cases, 0), "zone_override"));
	return zone;
}

int main(void)
{
	char path[4096];
	const char *root = getenv("SIGNET_SOURCE");
	snprintf(path, sizeof(path), "%s" FOLDER "cases.json", root ? root : ".");
	json_t *file = json_load_file(path, 0, NULL);
	const json_t *cases = json_object_get(file, "cases");
	const char *name = json_string_value(json_object_get(json_array_get(cases, 0), "message"));
	snprintf(path, sizeof(path), "%s" FOLDER "%s", root ? root : ".", name ? name : "?");
	slice good, broken;
	good.at = read_crlf(path, &good.len);
	char *copy = malloc(good.len);
	memcpy(copy, good.at, good.len);
	copy[good.len - 5] ^= 1;
	broken = slice_make(copy, good.len);
	struct zone *zone = zone_of_case(cases);
	struct signet *engine = signet_new();
	struct said first = { 0 }, second = { 0 };

	getpgid(MARK_BEGIN);
	check(engine, zone, good, &first);
	check(engine, zone, broken, &second);
	getpgid(MARK_END);

	row_number("-", "the good message is checked", first.status, SIGNET_OK);
	row_number("-", "it has two signatures", (int64_t)first.n_dkim, 2);
	row_number("-", "Ed25519 passes", first.dkim[0], SIGNET_DKIM_PASS);
	row_number("-", "RSA passes", first.dkim[1], SIGNET_DKIM_PASS);
	row_number("-", "SPF passes", first.spf, SIGNET_SPF_PASS);
	row_number("-", "DMARC passes", first.dmarc, SIGNET_DMARC_PASS);
	row_bool("-", "a result field is written", first.has_field, true);
	row_number("-", "the broken message is checked", second.status, SIGNET_OK);
	row_number("-", "its signature fails", second.dkim[0], SIGNET_DKIM_FAIL);

	signet_free(engine);
	zone_free(zone);
	free(copy);
	free((char *)(uintptr_t)good.at);
	json_decref(file);
	return rows_end();
}
