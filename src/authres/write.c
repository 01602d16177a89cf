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
	struct buf word;
	buf_init_arena(&word, f->arena, FOLD_LINE_MAX);
	buf_put_lower(&word, result->method);
	if (RULE("8601:2.2", result->method_version > 1)) {
		buf_put_char(&word, '/');
		buf_put_number(&word, result->method_version);
	}
	buf_put_char(&word, '=');
	buf_put_lower(&word, result->result);
	buf_put(&word, after);
	f->out.bad |= !buf_ok(&word) || !is_keyword(result->method) || !is_keyword(result->result);
	fold_word(f, buf_slice(&word));
}

static void put_prop(struct fold *f, const struct signet_authres_prop *prop, slice after)
{
	struct buf key;
	buf_init_arena(&key, f->arena, FOLD_LINE_MAX);
	buf_put_lower(&key, prop->ptype);
	buf_put_char(&key, '.');
	buf_put_lower(&key, prop->property);
	f->out.bad |= !buf_ok(&key) || !is_keyword(prop->ptype) || !is_keyword(prop->property);
	/* base64 is quoted even where no "/" or "=" happens to be in it, as RFC 6008 shows it */
	bool base64 = slice_eq(buf_slice(&key), S("header.b"));
	fold_pair(f, buf_slice(&key), prop->value, base64 ? FOLD_QUOTED : FOLD_MAILBOX, after);
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
	struct buf id;
	buf_init_arena(&id, a, FOLD_LINE_MAX);
	fold_put_value(&id, model->authserv_id, FOLD_TOKEN);
	buf_put_char(&id, ';');
	f.out.bad |= !buf_ok(&id);
	fold_word(&f, buf_slice(&id));
	if (RULE("8601:2.2", model->n_results == 0)) {
		fold_word(&f, S("none"));
	}
	for (size_t i = 0; i < model->n_results; i++) {
		bool last = i + 1 == model->n_results;
		put_result(&f, &model->results[i], !style->no_comments, last ? (slice) { 0 } : S(";"));
	}
	return fold_end(&f);
}
