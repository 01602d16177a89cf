/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"
#include "session_inner.h"

static void put_refusal(struct session *s, const struct outcome *o)
{
	char class = o && o->reply == OUTCOME_REJECT ? '5' : '4';
	if (!o || !codec_put_reply_text(&s->out, o->text, class)) {
		codec_put_reply(&s->out, class == '5' ? 'r' : 't');
	}
}

static void put_edits(struct session *s, const struct outcome *o)
{
	for (size_t i = 0; i < o->n_edits; i++) {
		const struct outcome_edit *edit = &o->edits[i];
		if (edit->change == OUTCOME_DELETE) {
			codec_put_delete(&s->out, edit->index, edit->name);
		} else {
			codec_put_insert(&s->out, edit->index, edit->name, edit->value, s->facts.leading_space);
		}
	}
}

/* What cannot be held, because this mail server does not know how to, is not delivered as if nothing were. */
void session_answer_end(struct session *s)
{
	const struct outcome *o = s->message ? s->calls->outcome(s->message) : NULL;
	if (!o || o->reply != OUTCOME_CONTINUE) {
		put_refusal(s, o);
	} else if (o->hold.len && !(s->actions & CODEC_QUARANTINE)) {
		put_refusal(s, NULL);
	} else {
		size_t before = s->out.len;
		if (o->hold.len) {
			codec_put_quarantine(&s->out, o->hold);
		}
		put_edits(s, o);
		codec_put_reply(&s->out, 'c');
		if (!buf_ok(&s->out)) { /* half of the edits would be worse than none: it comes again */
			s->out.len = before;
			s->out.bad = false;
			put_refusal(s, NULL);
		}
	}
	s->answers++;
	session_drop_message(s);
}

void session_answer_recipient(struct session *s)
{
	const struct outcome *o = s->message ? s->calls->outcome(s->message) : NULL;
	s->waits = WAITS_NOT;
	if (o && o->reply == OUTCOME_CONTINUE) {
		codec_put_reply(&s->out, 'c');
		return;
	}
	put_refusal(s, o);
	s->facts.n_recipients -= s->facts.n_recipients == s->facts.all_recipients;
	s->facts.all_recipients--;
}
