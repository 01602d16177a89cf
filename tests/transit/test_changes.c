/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that were changed in transit in known ways (tests/diagnosis/generate.py) against the diagnosis. */
#include <signet/check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/rows.h"
#include "../support/zone.h"

#define LABELS_MAX 160

/* How one label fared. */
struct tally {
	const char *label;
	size_t n, right;
	size_t provable, proved;
};

struct totals {
	struct tally labels[LABELS_MAX];
	size_t n_labels;
	size_t truths, truths_right; /* header_ok, body_ok */
	size_t controls, controls_right; /* harmless changes */
	size_t provable, proved;
	size_t causes, causes_right;
	size_t false_proofs; /* a wrong label, and called proved */
};

static bool verbose;

static struct tally *tally_of(struct totals *t, const char *label)
{
	for (size_t i = 0; i < t->n_labels; i++) {
		if (strcmp(t->labels[i].label, label) == 0) {
			return &t->labels[i];
		}
	}
	if (t->n_labels == LABELS_MAX) {
		abort();
	}
	t->labels[t->n_labels] = (struct tally){ .label = label };
	return &t->labels[t->n_labels++];
}

static slice read_all(const char *path, char **ret_free)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	size_t room = 1 << 20;
	char *at = malloc(room);
	size_t len = at ? fread(at, 1, room, f) : 0;
	fclose(f);
	*ret_free = at;
	return slice_make(at, len);
}

static bool truth_is(enum signet_truth got, const json_t *want)
{
	const char *either = json_string_value(want);
	return either || (json_is_null(want) && got == SIGNET_UNKNOWN) || (json_is_true(want) && got == SIGNET_TRUE) ||
	       (json_is_false(want) && got == SIGNET_FALSE);
}

static bool label_is(const char *got, const json_t *want)
{
	if (json_is_null(want)) {
		return got == NULL;
	}
	size_t i;
	const json_t *one;
	json_array_foreach(want, i, one)
	{
		if (got && strcmp(got, json_string_value(one)) == 0) {
			return true;
		}
	}
	return false;
}

static void judge(struct totals *t, const json_t *c, const struct signet_dkim *d)
{
	const char *what = json_string_value(json_object_get(c, "label"));
	const json_t *want = json_object_get(c, "transformation");
	bool truths = truth_is(d->header_ok, json_object_get(c, "header_ok")) &&
	              truth_is(d->body_ok, json_object_get(c, "body_ok"));
	bool right = label_is(d->transformation, want);
	bool proved = d->evidence >= SIGNET_EVIDENCE_STATED;
	t->truths++;
	t->truths_right += truths;
	t->false_proofs += !right && d->evidence == SIGNET_EVIDENCE_PROVED;
	if (json_is_null(want)) {
		t->controls++;
		t->controls_right += right && d->result == SIGNET_DKIM_PASS;
	} else {
		struct tally *tally = tally_of(t, json_string_value(json_array_get(want, 0)));
		bool provable = json_is_true(json_object_get(c, "provable"));
		tally->n++;
		tally->right += right;
		tally->provable += provable;
		tally->proved += provable && right && proved;
		t->provable += provable;
		t->proved += provable && right && proved;
	}
	if (verbose && (!truths || !right || (json_is_true(json_object_get(c, "provable")) && !proved))) {
		fprintf(stderr, "%s %s: header %d body %d %s (%s)\n", json_string_value(json_object_get(c, "message")),
		        what, (int)d->header_ok, (int)d->body_ok, d->transformation ? d->transformation : "-",
		        signet_evidence_name(d->evidence));
	}
}

static void judge_cause(struct totals *t, const json_t *c, const struct signet_dossier *d)
{
	const json_t *want = json_object_get(c, "cause");
	if (!json_is_array(want)) {
		return;
	}
	bool right = label_is(d->cause, want);
	t->causes++;
	t->causes_right += right;
	if (verbose && !right) {
		fprintf(stderr, "%s %s: dmarc %s, spf %s, cause %s\n", json_string_value(json_object_get(c, "message")),
		        json_string_value(json_object_get(c, "label")), signet_dmarc_result_name(d->dmarc.result),
		        signet_spf_result_name(d->spf[0].result), d->cause);
	}
}

static slice text_of(const json_t *object, const char *key)
{
	return slice_of(json_string_value(json_object_get(object, key)));
}

static void run_case(struct totals *t, struct signet *engine, const json_t *c, slice message)
{
	const json_t *given = json_object_get(c, "envelope");
	struct signet_envelope envelope = { .helo = text_of(given, "helo"),
		                            .mail_from = text_of(given, "mail_from"),
		                            .has_mail_from = given != NULL };
	(void)signet_ip_parse(text_of(given, "ip"), &envelope.ip);
	struct signet_settings settings = { .now = json_integer_value(json_object_get(c, "now")) };
	struct zone *zone = zone_of_json(json_object_get(c, "zone"));
	struct signet_check *check = signet_check_new(engine, &settings, &envelope);
	signet_check_feed(check, message);
	enum signet_status status = signet_check_end(check);
	while (status == SIGNET_OK && (status = signet_check_step(check)) == SIGNET_PENDING) {
		zone_answer_all(zone, signet_check_book(check));
		status = SIGNET_OK;
	}
	if (status == SIGNET_OK && signet_check_wants_message(check)) {
		status = signet_check_diagnose(check, message, true);
	}
	if (status != SIGNET_OK) {
		abort();
	}
	const struct signet_dossier *d = signet_check_dossier(check);
	if (d->n_dkim && !json_is_string(json_object_get(c, "transformation"))) {
		judge(t, c, &d->dkim[0]);
	}
	judge_cause(t, c, d);
	signet_check_free(check);
	zone_free(zone);
}

static void report(const struct totals *t)
{
	row_number("6376:3.7", "header_ok and body_ok are right in all messages", (int64_t)t->truths_right,
	           (int64_t)t->truths);
	row_number("6376:3.4", "harmless changes pass and have no label", (int64_t)t->controls_right,
	           (int64_t)t->controls);
	row_number("-", "no label is claimed as proved that is wrong", (int64_t)t->false_proofs, 0);
	row_bool("-", "at least 95 % of what can be proved is proved", t->proved * 100 >= t->provable * 95, true);
	char sentence[160];
	snprintf(sentence, sizeof(sentence), "the cause is right in at least 95 %% of messages: %zu of %zu",
	         t->causes_right, t->causes);
	row_bool("-", sentence, t->causes_right * 100 >= t->causes * 95, true);
	for (size_t i = 0; i < t->n_labels; i++) {
		const struct tally *l = &t->labels[i];
		char what[160];
		snprintf(what, sizeof(what), "%s: %zu of %zu, proved %zu of %zu that can be", l->label, l->right, l->n,
		         l->proved, l->provable);
		row_bool("-", what, l->proved * 10 >= l->provable * 8, true);
	}
}

int main(int argc, char **argv)
{
	const char *directory = getenv("SIGNET_CASES");
	verbose = argc > 1;
	if (!directory) {
		row_skip("-", "messages changed in transit", "python3-cryptography is not there to make them");
		return rows_end();
	}
	char path[4096];
	snprintf(path, sizeof(path), "%s/cases.json", directory);
	json_t *cases = json_load_file(path, 0, NULL);
	struct signet *engine = signet_new();
	struct totals totals = { .n_labels = 0 };
	size_t i;
	const json_t *c;
	json_array_foreach(cases, i, c)
	{
		const char *name = json_string_value(json_object_get(c, "message"));
		if (argc > 1 && strcmp(argv[1], "-") != 0 && !strstr(name, argv[1]) &&
		    !strstr(json_string_value(json_object_get(c, "label")), argv[1])) {
			continue;
		}
		char *memory;
		snprintf(path, sizeof(path), "%s/%s", directory, name);
		run_case(&totals, engine, c, read_all(path, &memory));
		free(memory);
	}
	report(&totals);
	json_decref(cases);
	signet_free(engine);
	return rows_end();
}
