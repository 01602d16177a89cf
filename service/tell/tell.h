/* SPDX-License-Identifier: Apache-2.0 */
/* tell: results into text for people and JSON for programs.
 *
 *     struct tell t = { .to = &buf, .colour = isatty(1) };
 *     tell_verdict(&t, dossier);   // one sentence
 *     tell_table(&t, dossier);     // the table people know from web mail
 *     tell_story(&t, dossier, book);
 *
 * Everything is written into a buffer; whoever owns a terminal or a log puts it there.  Every text that came from outside
 * passes the one escaper (src/base/escape.h) here, or the JSON writer. */
#ifndef SIGNET_SERVICE_TELL_TELL_H
#define SIGNET_SERVICE_TELL_TELL_H

#include <signet/check.h>
#include <signet/requirements.h>

#include "../../src/base/buf.h"
#include "../../src/format/json_write.h"

enum tell_paint {
	PAINT_PLAIN,
	PAINT_GOOD,
	PAINT_BAD,
	PAINT_WARNING,
	PAINT_STRONG,
	PAINT_DIM,
};

struct tell {
	struct buf *to;
	bool colour;
};

/* Our own words; the second in colour. */
void tell_put(struct tell *t, const char *text);
void tell_paint(struct tell *t, enum tell_paint paint, const char *text);
/* The same for words from outside, escaped. */
void tell_paint_outside(struct tell *t, enum tell_paint paint, slice text);
/* Words from outside, escaped, cut to `columns` (0: whole) with "..." */
void tell_outside(struct tell *t, slice text, size_t columns);
void tell_number(struct tell *t, uint64_t n);

/* "  warning  sentence [clause]", the input with a caret under the place, why and fix; indented by `indent`. */
void tell_finding(struct tell *t, const struct signet_finding *finding, unsigned indent);
void tell_findings(struct tell *t, const struct signet_findings *findings, unsigned indent);
/* The entry of the catalogue, without a message: signet explain. */
void tell_finding_kind(struct tell *t, const struct signet_finding_kind *kind);
/* Caret at `offset` of `input`, within a window of the line; nothing for an empty input. */
void tell_caret(struct tell *t, slice input, size_t offset, unsigned indent);

/* Is signature `i` told on its own?  A hostile message has hundreds; those that pass are always told. */
bool tell_has_room_for(const struct signet_dossier *d, size_t i);

void tell_verdict(struct tell *t, const struct signet_dossier *d);
void tell_table(struct tell *t, const struct signet_dossier *d);
void tell_story(struct tell *t, const struct signet_dossier *d, const struct signet_book *book);
void tell_spf_steps(struct tell *t, const struct signet_spf *spf, unsigned indent);
void tell_walk(struct tell *t, const struct signet_dmarc *dmarc, unsigned indent);

/* What is told beside the dossier. */
struct tell_extras {
	slice authentication_results; /* the fields a receiver would put on top of the message */
	slice received_spf;	      /* empty: not wanted */
	const struct signet_requirements *requirements; /* NULL: not wanted */
};

/* {"path":...} and everything of the dossier, one object, no line end. */
void tell_json_dossier(struct json_writer *w, const char *path, const struct signet_dossier *d,
		       const struct tell_extras *extras, const struct signet_book *book);
/* {"path":...,"ok":false,"error":{...}}: the item of `key` has no result; `code` is for scripts. */
void tell_json_failure(struct json_writer *w, const char *key, const char *item, const char *code, const char *why);
/* The checklist of a provider; in JSON a member "requirements". */
void tell_requirements(struct tell *t, const struct signet_requirements *r);
void tell_json_requirements(struct json_writer *w, const struct signet_requirements *r);
void tell_json_findings(struct json_writer *w, const char *key, const struct signet_findings *findings);
/* The members of a lone SPF evaluation (signet spf) and of a policy (signet dmarc). */
void tell_json_spf(struct json_writer *w, const struct signet_spf *spf);
void tell_json_dmarc(struct json_writer *w, const struct signet_dmarc *dmarc);

#endif
