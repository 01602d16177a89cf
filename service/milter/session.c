/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <stdlib.h>

#include "session_inner.h"

void session_fail(struct session *s, const char *why)
{
	s->fault = s->ended ? s->fault : why;
	s->ended = true;
}

/* ---- frames ---- */

/* The command of the frame at the front of `in`, which holds its head; NULL: the session has failed. */
static const struct command *read_head(struct session *s, slice in, size_t *ret_octets)
{
	char letter;
	size_t most = s->settings->frame_octets ? s->settings->frame_octets : SESSION_FRAME_OCTETS;
	if (!codec_head_read(in, &letter, ret_octets)) {
		session_fail(s, "a frame without a command");
		return NULL;
	}
	const struct command *c = session_command(letter);
	if (!c) {
		session_fail(s, "an unknown command");
	} else if (!(c->stages & s->stage)) {
		session_fail(s, "a command out of its turn");
	} else if (*ret_octets > (c->octets ? c->octets : most)) {
		session_fail(s, "a frame that is too long");
	}
	return s->ended ? NULL : c;
}

/* A message for which there was no memory is put off as soon as there is something to answer. */
static void take(struct session *s, const struct command *c, slice data)
{
	s->frames++;
	c->take(s, data);
	if (!s->ended && c->quiet && !(s->protocol & c->quiet)) {
		codec_put_reply(&s->out, s->has_message && !s->message ? 't' : 'c');
	}
	if (!buf_ok(&s->out)) {
		session_fail(s, "replies that nobody reads");
	}
}

static void stream(struct session *s, slice *octets)
{
	const struct command *c = s->streams;
	slice some = slice_first(*octets, s->left);
	*octets = slice_from(*octets, some.len);
	s->left -= some.len;
	if (some.len) {
		c->stream(s, some);
	}
	if (s->left == 0) {
		s->streams = NULL;
		take(s, c, S(""));
	}
}

/* Moves octets into `in` until it holds `n`; false: it does not. */
static bool top_up(struct session *s, slice *octets, size_t n)
{
	slice some = slice_first(*octets, n > s->in.len ? n - s->in.len : 0);
	*octets = slice_from(*octets, some.len);
	buf_put(&s->in, some);
	if (!buf_ok(&s->in)) {
		session_fail(s, "no memory for a frame");
	}
	return !s->ended && s->in.len >= n;
}

/* One frame, or as much of it as there is. */
static void step(struct session *s, slice *octets)
{
	size_t n;
	bool split = s->in.len > 0 || octets->len < CODEC_HEAD_OCTETS;
	if (split && !top_up(s, octets, CODEC_HEAD_OCTETS)) {
		return;
	}
	const struct command *c = read_head(s, split ? buf_slice(&s->in) : *octets, &n);
	if (!c) {
		return;
	}
	size_t whole = CODEC_HEAD_OCTETS + n;
	if (c->stream) {
		*octets = split ? *octets : slice_from(*octets, CODEC_HEAD_OCTETS);
		buf_clear(&s->in);
		s->streams = c;
		s->left = n;
		stream(s, octets);
	} else if (!split && octets->len >= whole) {
		slice data = slice_make(octets->at + CODEC_HEAD_OCTETS, n);
		*octets = slice_from(*octets, whole);
		take(s, c, data);
	} else if (top_up(s, octets, whole)) {
		take(s, c, slice_from(buf_slice(&s->in), CODEC_HEAD_OCTETS));
		buf_clear(&s->in);
	}
}

static void keep_waiting(struct session *s, slice octets)
{
	if (octets.len == 0 || s->ended) {
		return;
	}
	buf_put(&s->in, octets);
	s->has_kept = true;
	if (!buf_ok(&s->in) || s->in.len > SESSION_WAITING_OCTETS) {
		session_fail(s, "more octets while an answer is due");
	}
}

static void run(struct session *s, slice octets)
{
	while (octets.len && !s->ended && s->waits == WAITS_NOT) {
		if (s->streams) {
			stream(s, &octets);
		} else {
			step(s, &octets);
		}
	}
	keep_waiting(s, octets);
}

/* Abort and quit do not wait for the answer: it is no longer wanted. */
static bool has_urgent(const struct session *s)
{
	char letter;
	size_t n;
	slice in = buf_slice(&s->in);
	return in.len >= CODEC_HEAD_OCTETS && codec_head_read(in, &letter, &n) &&
	       (letter == 'A' || letter == 'Q' || letter == 'K') && n <= EMPTY_FRAME_OCTETS &&
	       in.len - CODEC_HEAD_OCTETS >= n;
}

/* What came while we waited, once we do not, or need not. */
static void run_kept(struct session *s)
{
	while (!s->ended && s->has_kept && (s->waits == WAITS_NOT || has_urgent(s))) {
		struct buf kept = s->in;
		buf_init(&s->in, kept.max);
		s->has_kept = false;
		s->waits = WAITS_NOT; /* an urgent frame drops the message */
		run(s, buf_slice(&kept));
		buf_finish(&kept);
	}
	if (s->in.len == 0 && !s->has_message) {
		buf_finish(&s->in);
	}
}

/* ---- the session ---- */

struct session *session_new(const struct session_settings *settings, const struct session_calls *calls, void *data)
{
	struct session *s = calloc(1, sizeof(*s));
	if (!s) {
		return NULL;
	}
	size_t frame = settings->frame_octets ? settings->frame_octets : SESSION_FRAME_OCTETS;
	*s = (struct session) { .settings = settings, .calls = calls, .data = data, .stage = OPENED };
	s->base_texts.max = s->texts.max = SESSION_FACTS_OCTETS;
	s->recipient_texts.max = SESSION_RECIPIENT_OCTETS;
	buf_init(&s->in, 2 * SESSION_WAITING_OCTETS + CODEC_HEAD_OCTETS + frame);
	buf_init(&s->out, SESSION_OUT_OCTETS);
	return s;
}

void session_free(struct session *s)
{
	if (!s) {
		return;
	}
	session_drop_message(s);
	texts_clear(&s->base_texts);
	buf_finish(&s->in);
	buf_finish(&s->out);
	free(s);
}

static enum session_state state_of(const struct session *s)
{
	return s->ended ? SESSION_ENDS : s->waits != WAITS_NOT ? SESSION_WAITS : SESSION_READS;
}

enum session_state session_feed(struct session *s, slice octets)
{
	if (s->waits != WAITS_NOT) {
		keep_waiting(s, octets);
	} else {
		run(s, octets);
	}
	run_kept(s);
	return state_of(s);
}

enum session_state session_wake(struct session *s)
{
	if (!s->ended && s->waits != WAITS_NOT) {
		if (s->waits == WAITS_EARLY) {
			session_answer_recipient(s);
		} else {
			session_answer_end(s);
		}
		if (!buf_ok(&s->out)) {
			session_fail(s, "replies that nobody reads");
		}
		run_kept(s);
	}
	return state_of(s);
}

struct buf *session_out(struct session *s)
{
	return &s->out;
}

void session_progress(struct session *s)
{
	if (!s->ended && s->waits == WAITS_END) {
		codec_put_reply(&s->out, 'p');
	}
}

bool session_is_idle(const struct session *s)
{
	return !s->has_message && s->in.len == 0 && !s->streams;
}

bool session_is_within_frame(const struct session *s)
{
	return s->in.len > 0 || s->streams;
}

uint64_t session_frames(const struct session *s)
{
	return s->frames;
}

uint64_t session_answers(const struct session *s)
{
	return s->answers;
}

uint64_t session_aborts(const struct session *s)
{
	return s->aborts;
}

const struct facts *session_facts(const struct session *s)
{
	return &s->facts;
}

const char *session_fault(const struct session *s)
{
	return s->fault;
}

size_t session_octets(const struct session *s)
{
	return sizeof(*s) + s->base_texts.octets + s->texts.octets + s->recipient_texts.octets +
	       s->recipients_room * sizeof(slice) + s->in.room + s->out.room;
}
