/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

static void set_first(uint64_t *line, uint64_t before)
{
	*line = *line ? *line : before + 1;
}

/* The octets of the current line grow; none of them is an LF. */
static void grow(struct body_lines *l, uint64_t n)
{
	l->octets += n;
	if (l->octets > l->longest) {
		l->longest = l->octets;
		l->longest_line = l->before + 1;
	}
}

static void look_at_octets(struct body_lines *l, slice part)
{
	unsigned char any = 0;
	if (l->eight_bit_line == 0) {
		for (size_t i = 0; i < part.len; i++) {
			any |= (unsigned char)part.at[i];
		}
	}
	if (any > 127) {
		set_first(&l->eight_bit_line, l->before);
	}
	if (l->nul_line == 0 && slice_find_char(part, '\0') != SLICE_NONE) {
		set_first(&l->nul_line, l->before);
	}
}

/* What was held back was no part of a line end. */
static void settle_cr(struct body_lines *l)
{
	if (l->cr) {
		set_first(&l->bare_cr_line, l->before);
		grow(l, 1);
	}
	l->cr = false;
}

/* Octets without LF.  A CR at their end is held back. */
static void feed_part(struct body_lines *l, slice part)
{
	if (part.len == 0) {
		return;
	}
	settle_cr(l);
	look_at_octets(l, part);
	l->cr = part.at[part.len - 1] == '\r';
	part.len -= l->cr;
	if (slice_find_char(part, '\r') != SLICE_NONE) {
		set_first(&l->bare_cr_line, l->before);
	}
	grow(l, part.len);
}

static void feed_lf(struct body_lines *l)
{
	if (l->cr) {
		l->cr = false;
		l->before++;
		l->octets = 0;
		return;
	}
	set_first(&l->bare_lf_line, l->before);
	grow(l, 1);
}

void body_lines_feed(struct body_lines *l, slice chunk)
{
	while (chunk.len) {
		size_t n = slice_find_char(chunk, '\n');
		feed_part(l, slice_first(chunk, n));
		if (n == SLICE_NONE) {
			return;
		}
		feed_lf(l);
		chunk = slice_from(chunk, n + 1);
	}
}

void body_lines_end(struct body_lines *l)
{
	settle_cr(l);
}
