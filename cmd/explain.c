/* SPDX-License-Identifier: Apache-2.0 */
/* signet explain: what a finding means. */
#include <unistd.h>

#include "../service/tell/tell.h"
#include "command.h"

#define TEXT_BYTES ((size_t)1 << 20)

static void put_json(struct buf *text, const struct signet_finding_kind *kind)
{
	struct json_writer w = json_writer_of(text);
	json_open(&w, '{');
	json_member_name(&w, "id", kind->name);
	json_member_name(&w, "severity", signet_severity_name(kind->severity));
	json_member_name(&w, "clause", kind->clause);
	json_member_name(&w, "text", kind->sentence);
	json_member_name(&w, "why", kind->why);
	json_member_name(&w, "fix", kind->fix);
	json_close(&w, '}');
	buf_put_char(text, '\n');
}

static void put_kind(const struct options *o, struct tell *t, uint16_t id)
{
	if (o->json) {
		put_json(t->to, signet_finding_kind(id));
	} else {
		tell_finding_kind(t, signet_finding_kind(id));
	}
}

/* Without an operand: all of them, one line each. */
static void put_list(const struct options *o, struct tell *t)
{
	for (size_t id = 1; id <= signet_finding_count(); id++) {
		if (o->json) {
			put_json(t->to, signet_finding_kind((uint16_t)id));
		} else {
			buf_put_text(t->to, signet_finding_kind((uint16_t)id)->name);
			buf_put_char(t->to, '\n');
		}
	}
}

static enum exit_status run(const struct options *o)
{
	struct buf text;
	struct tell t = { .to = &text, .colour = isatty(STDOUT_FILENO) };
	enum exit_status status = EXIT_FINE;
	buf_init(&text, TEXT_BYTES);
	if (o->n_operands == 0) {
		put_list(o, &t);
	}
	for (size_t i = 0; i < o->n_operands; i++) {
		uint16_t id = signet_finding_id(slice_of(o->operands[i]));
		if (id) {
			put_kind(o, &t, id);
		} else {
			complain(o, "there is no finding \"%s\" (signet explain lists them)", o->operands[i]);
			status = EXIT_USAGE;
		}
	}
	(void)write_out(buf_slice(&text));
	buf_finish(&text);
	return status;
}

const struct command cmd_explain = {
	.name = "explain",
	.synopsis = "[FINDING-ID]...",
	.summary = "say what a finding means, why it matters and what to do",
	.options = OPTIONS_COMMON,
	.run = run,
};
