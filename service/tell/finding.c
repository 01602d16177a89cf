/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as text: sentence, clause, the place with a caret, why and fix. */
#include "../../src/base/chars.h"
#include "../../src/base/escape.h"
#include "../../src/base/finding.h"
#include "tell.h"

#define WINDOW 72  /* columns of input shown around a caret */
#define BEFORE 40  /* of these, before the caret */
#define SENTENCE_BYTES 4096

static void put_spaces(struct buf *to, size_t n)
{
	while (n--) {
		buf_put_char(to, ' ');
	}
}

static enum tell_paint paint_of(enum signet_severity severity)
{
	static const enum tell_paint paints[] = { PAINT_GOOD, PAINT_DIM, PAINT_WARNING, PAINT_BAD, PAINT_BAD };
	return paints[severity];
}

/* One line: what cannot be seen is a dot, so that columns are octets and the caret stands right. */
void tell_caret(struct tell *t, slice input, size_t offset, unsigned indent)
{
	if (input.len == 0 || offset > input.len) {
		return;
	}
	size_t from = offset > BEFORE ? offset - BEFORE : 0;
	slice window = slice_first(slice_from(input, from), WINDOW);
	put_spaces(t->to, indent);
	buf_put_text(t->to, from ? "..." : "");
	for (size_t i = 0; i < window.len; i++) {
		buf_put_char(t->to, char_is(window.at[i], C_VCHAR) || window.at[i] == ' ' ? window.at[i] : '.');
	}
	buf_put_text(t->to, from + window.len < input.len ? "...\n" : "\n");
	put_spaces(t->to, indent + (from ? 3 : 0) + (offset - from));
	tell_paint(t, PAINT_STRONG, "^");
	buf_put_char(t->to, '\n');
}

static void put_with_values(struct tell *t, const char *text, const struct signet_finding *finding)
{
	struct buf raw;
	buf_init(&raw, SENTENCE_BYTES);
	finding_put(&raw, text, finding);
	escape_put(t->to, buf_slice(&raw));
	buf_finish(&raw);
}

void tell_finding(struct tell *t, const struct signet_finding *finding, unsigned indent)
{
	const struct signet_finding_kind *kind = signet_finding_kind(finding->id);
	put_spaces(t->to, indent);
	tell_paint(t, paint_of(kind->severity), signet_severity_name(kind->severity));
	buf_put_text(t->to, ": ");
	put_with_values(t, kind->sentence, finding);
	buf_put_text(t->to, " [");
	buf_put_text(t->to, kind->clause);
	buf_put_text(t->to, "] (");
	buf_put_text(t->to, kind->name);
	buf_put_text(t->to, ")\n");
	tell_caret(t, finding->input, finding->offset, indent + 4);
	put_spaces(t->to, indent + 4);
	put_with_values(t, kind->why, finding);
	buf_put_char(t->to, '\n');
	put_spaces(t->to, indent + 4);
	buf_put_text(t->to, "Fix: ");
	put_with_values(t, kind->fix, finding);
	buf_put_char(t->to, '\n');
}

void tell_findings(struct tell *t, const struct signet_findings *findings, unsigned indent)
{
	for (size_t i = 0; i < findings->n; i++) {
		tell_finding(t, &findings->at[i], indent);
	}
}

/* {0} stands for a value nobody has here. */
static void put_template(struct tell *t, const char *text)
{
	for (const char *at = text; *at; at++) {
		if (at[0] == '{' && at[1] && at[2] == '}') {
			buf_put_text(t->to, "...");
			at += 2;
		} else {
			buf_put_char(t->to, *at);
		}
	}
	buf_put_char(t->to, '\n');
}

void tell_finding_kind(struct tell *t, const struct signet_finding_kind *kind)
{
	tell_paint(t, PAINT_STRONG, kind->name);
	buf_put_text(t->to, "\n\nSeverity: ");
	tell_paint(t, paint_of(kind->severity), signet_severity_name(kind->severity));
	buf_put_text(t->to, "\nClause:   ");
	buf_put_text(t->to, kind->clause);
	buf_put_text(t->to, "\nSays:     ");
	put_template(t, kind->sentence);
	buf_put_text(t->to, "Why:      ");
	put_template(t, kind->why);
	buf_put_text(t->to, "Fix:      ");
	put_template(t, kind->fix);
}
