/* SPDX-License-Identifier: Apache-2.0 */
#include "tell.h"

#include "../../src/base/escape.h"
#include "../../src/base/finding.h"

#define SIGNATURES_TOLD 20

static const char *colour_of(enum tell_paint paint)
{
	static const char codes[][8] = { "", "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[2m" };
	return codes[paint];
}

void tell_put(struct tell *t, const char *text)
{
	buf_put_text(t->to, text);
}

void tell_paint(struct tell *t, enum tell_paint paint, const char *text)
{
	if (!t->colour || paint == PAINT_PLAIN) {
		buf_put_text(t->to, text);
		return;
	}
	buf_put_text(t->to, colour_of(paint));
	buf_put_text(t->to, text);
	buf_put_text(t->to, "\x1b[0m");
}

void tell_outside(struct tell *t, slice text, size_t columns)
{
	escape_put(t->to, columns ? slice_first(text, columns) : text);
	if (columns && text.len > columns) {
		buf_put_text(t->to, "...");
	}
}

void tell_paint_outside(struct tell *t, enum tell_paint paint, slice text)
{
	bool coloured = t->colour && paint != PAINT_PLAIN;
	tell_put(t, coloured ? colour_of(paint) : "");
	escape_put(t->to, text);
	tell_put(t, coloured ? "\x1b[0m" : "");
}

bool tell_has_room_for(const struct signet_dossier *d, size_t i)
{
	const struct signet_dkim *dkim = &d->dkim[i];
	return dkim->result == SIGNET_DKIM_PASS ||
	       (i < SIGNATURES_TOLD && !findings_has(&dkim->findings, F_DKIM_NOT_EVALUATED));
}

void tell_number(struct tell *t, uint64_t n)
{
	buf_put_number(t->to, n);
}
