/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/authres.h>

#include "../base/cursor.h"
#include "fold.h"

/* Keyword = Ldh-str (RFC 5321 4.1.2): the reader would refuse anything else. */
static bool is_keyword(slice s)
{
	struct cursor c = cursor_of(s);
	return s.len > 0 && cursor_take(&c, C_LDH).len == s.len && s.at[s.len - 1] != '-';
}

static void put_method(struct fold *f, const struct signet_authres_result *result, slice after)
{
	f->out.bad |= !is_keyword(result->method) || !is_keyword(result->result);
	fold_begin_word(f);
	buf_put_lower(&f->out, result->method);
	if (RULE("8601:2.2", result->method_version > 1)) {
		buf_put_char(&f->out, '/');
		buf_put_number(&f->out, result->method_version);
	}
	buf_put_char(&f->out, '=');
	buf_put_lower(&f->out, result->result);
	buf_put(&f->out, after);
	fold_end_word(f);
}

static void put_prop(struct fold *f, const struct signet_authres_prop *prop, slice after)
{
	/* base64 is quoted even where no "/" or "=" happens to be in it, as RFC 6008 shows it */
	bool base64 = slice_eq_nocase(prop->property, S("b")) && slice_eq_nocase(prop->ptype, S("header"));
	f->out.bad |= !is_keyword(prop->ptype) || !is_keyword(prop->property);
	fold_begin_word(f);
	buf_put_lower(&f->out, prop->ptype);
	buf_put_char(&f->out, '.');
	buf_put_lower(&f->out, prop->property);
	buf_put_char(&f->out, '=');
	fold_put_value(&f->out, prop->value, base64 ? FOLD_QUOTED : FOLD_MAILBOX);
	buf_put(&f->out, after);
	fold_end_word(f);
}

/* methodspec (comment) [reasonspec] *propspec; `after` is what separates it from the next result. */
static void put_result(struct fold *f, const struct signet_authres_result *result, bool comments, slice after)
{
	slice comment = slice_trim_fws(comments ? result->comment : (slice) { 0 });
	bool more = result->n_props > 0;
	slice none = { 0 };
	fold_break(f);
	put_method(f, result, more || comment.len || result->reason.len ? none : after);
	fold_comment(f, comment, more || result->reason.len ? none : after);
	if (result->reason.len) {
		fold_pair(f, S("reason"), result->reason, FOLD_QUOTED, more ? none : after);
	}
	for (size_t i = 0; i < result->n_props; i++) {
		put_prop(f, &result->props[i], i + 1 == result->n_props ? after : none);
	}
}

signet_slice signet_authres_write(const struct signet_authres *model, const struct signet_authres_style *style,
				  struct signet_arena *a)
{
	static const struct signet_authres_style usual = { 0 };
	style = style ? style : &usual;
	struct fold f;
	fold_init(&f, a, S("Authentication-Results"), style->line_length);
	fold_begin_word(&f);
	fold_put_value(&f.out, model->authserv_id, FOLD_TOKEN);
	buf_put_char(&f.out, ';');
	fold_end_word(&f);
	if (RULE("8601:2.2", model->n_results == 0)) {
		fold_word(&f, S("none"));
	}
	for (size_t i = 0; i < model->n_results; i++) {
		bool last = i + 1 == model->n_results;
		put_result(&f, &model->results[i], !style->no_comments, last ? (slice) { 0 } : S(";"));
	}
	return fold_end(&f);
}
