/* SPDX-License-Identifier: Apache-2.0 */
#include "envelope.h"

#include "../base/chars.h"

/* "<a@b.example>" or "<>"; what stands around the angle brackets is dropped, without brackets it is an address as such. */
static bool read_return_path(const struct mail_header *h, struct signet_arena *a, slice *ret)
{
	const struct mail_field *field = header_find(h, S("Return-Path"), 0);
	if (!field) {
		return false;
	}
	slice value = header_unfold(field->value, a);
	size_t open = slice_find_char(value, '<');
	size_t close = slice_find_last_char(value, '>');
	if (open != SLICE_NONE && close != SLICE_NONE && open < close) {
		value = slice_make(value.at + open + 1, close - open - 1);
	}
	*ret = slice_trim_fws(value);
	return true;
}

void envelope_complete(const struct mail_header *h, const struct signet_settings *settings, struct signet_arena *a,
		       struct signet_envelope *e)
{
	(void)settings;
	bool from_path = !e->has_mail_from && read_return_path(h, a, &e->mail_from);
	if (from_path) {
		e->has_mail_from = true;
		e->source = e->source ? "options and return-path" : "return-path";
	}
}
