/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of tests/vectors/dkim; its README.md explains the fields of a case. */
#include <stdio.h>

#include <jansson.h>

#include "verify_message.h"

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static char path[4096];

static const char *vector(const char *corpus, const char *name)
{
	snprintf(path, sizeof(path), "%s/tests/vectors/dkim/%s/%s", getenv("SIGNET_SOURCE"), corpus, name);
	return path;
}

static json_t *load(const char *corpus, const char *name)
{
	json_t *json = json_load_file(vector(corpus, name), 0, NULL);
	if (!json) {
		fprintf(stderr, "cannot read %s\n", path);
		abort();
	}
	return json;
}

/* The message; LF line ends become CRLF. */
static slice read_message(const char *corpus, const char *name, bool lf, struct signet_arena *a)
{
	FILE *file = fopen(vector(corpus, name), "rb");
	if (!file) {
		fprintf(stderr, "cannot read %s\n", path);
		abort();
	}
	struct buf b;
	buf_init_arena(&b, a, (size_t)16 << 20);
	for (int c; (c = getc(file)) != EOF;) {
		if (c == '\n' && lf) {
			buf_put_char(&b, '\r');
		}
		buf_put_char(&b, (char)c);
	}
	fclose(file);
	return buf_slice(&b);
}

/* l= that leaves octets uncovered verifies by RFC 6376, which is what these tables tell: it is let pass here. */
static const char *state_of(const char *word)
{
	if (strcmp(word, "pass") == 0) {
		return "SUCCESS";
	}
	return strcmp(word, "none") == 0 ? "NONE" : strcmp(word, "temperror") == 0 ? "TEMPFAIL" : "PERMFAIL";
}

static bool is_among(const json_t *words, const char *word)
{
	size_t i;
	const json_t *one;
	json_array_foreach(words, i, one)
	{
		if (strcmp(json_string_value(one), word) == 0) {
			return true;
		}
	}
	return false;
}

/* RFC 8301 refuses every signature of the case that could pass, or fail with another word. */
static bool is_obsolete(const json_t *expect)
{
	const json_t *list = json_object_get(expect, "signatures");
	size_t i;
	const json_t *one;
	bool all = json_array_size(list) > 0;
	json_array_foreach(list, i, one)
	{
		const char *domain = text_of(one, "d");
		bool unreadable = !domain || !*domain;
		all &= unreadable || json_array_size(json_object_get(one, "rfc8301_reject")) > 0;
	}
	return all;
}

/* What each signature alone is said to give. */
static bool signatures_agree(const json_t *expect, const struct verified *v)
{
	const json_t *list = json_object_get(expect, "signatures");
	size_t i;
	const json_t *one;
	bool agree = true;
	json_array_foreach(list, i, one)
	{
		const char *want = text_of(one, "expect");
		bool refused = json_array_size(json_object_get(one, "rfc8301_reject")) > 0;
		if (want && strcmp(want, "SUCCESS") == 0 && !refused) {
			agree &= i < v->dkim->n && v->dkim->results[i].result == SIGNET_DKIM_PASS;
		} else if (want && strcmp(want, "SUCCESS") != 0) {
			agree &= i < v->dkim->n && v->dkim->results[i].result != SIGNET_DKIM_PASS;
		}
	}
	return agree;
}

static void run_case(struct signet *engine, const char *corpus, const json_t *zones, const json_t *one)
{
	struct signet_arena a;
	struct verified v;
	arena_init(&a, (size_t)64 << 20);
	struct zone *zone = zone_of_json(zones);
	if (json_object_get(one, "zone_override")) {
		zone_add_json(zone, json_object_get(one, "zone_override"));
	}
	slice message = read_message(corpus, text_of(one, "message"), strcmp(text_of(one, "eol"), "LF") == 0, &a);
	struct dkim_query query = { .engine = engine,
				    .accept_body_length = true,
				    .received_at = json_integer_value(json_object_get(one, "time")) };
	verify_message(&v, query, zone, message, 1, 7);
	const json_t *expect = json_object_get(one, "expect");
	bool obsolete = is_obsolete(expect);
	const char *state = obsolete ? "PERMFAIL" : text_of(expect, "state");
	const char *word = verified_word(&v);
	bool unknown = strcmp(state, "UNKNOWN") == 0;
	bool agrees =
		v.status == SIGNET_OK && (unknown ? strcmp(word, "pass") != 0 : strcmp(state_of(word), state) == 0);
	if (!obsolete) { /* else the word is permerror where the source, which knows SHA-1, says fail */
		agrees &=
			is_among(json_object_get(expect, "authres"), word) && (unknown || signatures_agree(expect, &v));
	}
	char what[300];
	snprintf(what, sizeof(what), "%s/%s is %s (%s)", corpus, text_of(one, "id"), state, word);
	if (text_of(one, "contested")) {
		row_contested("6376:6", what, agrees, text_of(one, "contested"));
	} else {
		row_bool("6376:6", what, agrees, true);
	}
	verified_finish(&v);
	zone_free(zone);
	arena_finish(&a);
}

int main(void)
{
	static const char *const corpora[] = { "chasquid", "dkim-verifier", "dkimpy", "mail-dkim", "opendkim" };
	struct signet *engine = signet_new();
	for (size_t i = 0; engine && i < ROWS(corpora); i++) {
		json_t *zone = load(corpora[i], "zone.json");
		json_t *file = load(corpora[i], "cases.json");
		size_t k;
		json_t *one;
		json_array_foreach(json_object_get(file, "cases"), k, one)
		{
			run_case(engine, corpora[i], zone, one);
		}
		json_decref(file);
		json_decref(zone);
	}
	row_bool("-", "an engine can be made", engine != NULL, true);
	signet_free(engine);
	return rows_end();
}
