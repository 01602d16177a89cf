/* SPDX-License-Identifier: Apache-2.0 */
/* The validation suite in tests/vectors/arc; its README.md explains the fields of a case. */
#include <stdio.h>

#include <jansson.h>

#include "../support/signer.h"
#include "verify_message.h"

static char path[4096];

static const char *vector(const char *corpus, const char *name)
{
	snprintf(path, sizeof(path), "%s/tests/vectors/arc/%s/%s", getenv("SIGNET_SOURCE"), corpus, name);
	return path;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static slice read_message(const char *corpus, const char *name, struct signet_arena *a)
{
	FILE *file = fopen(vector(corpus, name), "rb");
	if (!file) {
		fprintf(stderr, "cannot read %s\n", path);
		abort();
	}
	struct buf b;
	buf_init_arena(&b, a, (size_t)16 << 20);
	for (int c; (c = getc(file)) != EOF;) {
		buf_put_char(&b, (char)c);
	}
	fclose(file);
	return buf_slice(&b);
}

static void run_case(struct signet *engine, const char *corpus, const json_t *zones, const json_t *one)
{
	struct signet_arena a;
	struct chained c;
	arena_init(&a, (size_t)64 << 20);
	struct zone *zone = zone_of_json(json_object_get(zones, text_of(one, "zone")));
	struct arc_query query = { .engine = engine };
	verify_chain(&c, query, zone, read_message(corpus, text_of(one, "message"), &a), 1);
	const char *want = text_of(json_object_get(one, "expect"), "cv");
	const char *got = c.status == SIGNET_OK ? signet_arc_result_name(c.result.result) : "?";
	char what[300];
	snprintf(what, sizeof(what), "%s/%s: %s", corpus, text_of(one, "id"), text_of(one, "comment"));
	if (text_of(one, "contested")) {
		row_contested("8617:5.2", what, strcmp(got, want) == 0, text_of(one, "contested"));
	} else {
		row_text("8617:5.2", what, slice_of(got), want);
	}
	chained_finish(&c);
	zone_free(zone);
	arena_finish(&a);
}

/* A field of the signing suite.  What it signed had one space behind each ";" and none inside a value. */
static slice made_field(const char *name, const char *value, struct signet_arena *a)
{
	slice text = replace_text(slice_trim_fws(slice_of(value)), ";\n", S("; "), a);
	return ARENA_JOIN(a, slice_of(name), S(": "), replace_text(text, "\n", S(""), a), S("\r\n"));
}

/* The sets that the signing suite expects, put on top of its messages, must verify; where its seal says fail, they must
 * not. */
static void run_signed(struct signet *engine, const json_t *zones, const json_t *one)
{
	struct signet_arena a;
	struct chained c;
	arena_init(&a, (size_t)64 << 20);
	struct zone *zone = zone_of_json(json_object_get(zones, text_of(one, "zone")));
	const json_t *expect = json_object_get(one, "expect");
	slice message = ARENA_JOIN(&a, made_field("ARC-Seal", text_of(expect, "AS"), &a),
				   made_field("ARC-Message-Signature", text_of(expect, "AMS"), &a),
				   made_field("ARC-Authentication-Results", text_of(expect, "AAR"), &a),
				   read_message("valimail-sign", text_of(one, "message"), &a));
	bool failed = strstr(text_of(expect, "AS"), "cv=fail") != NULL;
	verify_chain(&c, (struct arc_query){ .engine = engine }, zone, message, 0);
	char what[300];
	snprintf(what, sizeof(what), "valimail-sign/%s: %s", text_of(one, "id"), text_of(one, "comment"));
	row_text("8617:5.1.1", what, slice_of(signet_arc_result_name(c.result.result)), failed ? "fail" : "pass");
	chained_finish(&c);
	zone_free(zone);
	arena_finish(&a);
}

int main(void)
{
	struct signet *engine = signet_new();
	json_t *file = json_load_file(vector("valimail", "cases.json"), 0, NULL);
	if (!engine || !file) {
		abort();
	}
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(file, "cases"), i, one)
	{
		run_case(engine, "valimail", json_object_get(file, "zones"), one);
	}
	json_decref(file);
	file = json_load_file(vector("valimail-sign", "cases.json"), 0, NULL);
	json_array_foreach(json_object_get(file, "cases"), i, one)
	{
		run_signed(engine, json_object_get(file, "zones"), one);
	}
	json_decref(file);
	signet_free(engine);
	return rows_end();
}
