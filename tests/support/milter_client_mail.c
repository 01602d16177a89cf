/* SPDX-License-Identifier: Apache-2.0 */
/* A message: what is said of it, and what becomes of it by what the filter says. */
#include "milter_client_inner.h"

#include <stdio.h>
#include <stdlib.h>

#include "milter_letter.h"

#define CHUNK_OCTETS ((size_t)65535)

static void put_without_cr(struct buf *b, slice s)
{
	while (s.at) {
		buf_put(b, slice_split(&s, '\r'));
	}
}

static char say_fields(struct milter_client *c, const struct letter *m)
{
	struct buf data;
	char reply = 'c';
	buf_init(&data, OUT_OCTETS);
	for (size_t i = 0; reply == 'c' && i < m->n && !(c->protocol & NO_FIELDS); i++) {
		slice value = m->fields[i].value;
		buf_clear(&data);
		buf_put(&data, m->fields[i].name);
		buf_put_char(&data, '\0');
		put_without_cr(&data, !(c->protocol & LEADING_SPACE) && slice_starts(value, S(" "))
		                              ? slice_from(value, 1)
		                              : value);
		buf_put_char(&data, '\0');
		reply = client_step_text(c, 'L', &data);
	}
	buf_finish(&data);
	return reply;
}

/* `*ret_last`: what is left for the frame of the end. */
static char say_body(struct milter_client *c, const struct milter_mail *mail, slice body, slice *ret_last)
{
	size_t chunk = mail->chunk_octets ? mail->chunk_octets : CHUNK_OCTETS;
	char reply = 'c';
	while (reply == 'c' && body.len > (mail->last_with_end ? chunk : 0)) {
		reply = client_step(c, 'B', slice_first(body, chunk), S(""));
		body = slice_from(body, chunk);
	}
	*ret_last = mail->last_with_end ? body : S("");
	return reply == 's' ? 'c' : reply;
}

static char say_path(struct milter_client *c, char command, const char *address, const char *const *arguments)
{
	struct buf data;
	buf_init(&data, 65536);
	buf_put_char(&data, '<');
	buf_put_text(&data, address);
	client_put_text(&data, ">");
	for (; arguments && *arguments; arguments++) {
		client_put_text(&data, *arguments);
	}
	char reply = client_step_text(c, command, &data);
	buf_finish(&data);
	return reply;
}

/* 'c' if one was taken at least. */
static char say_recipients(struct milter_client *c, const struct milter_mail *mail, size_t *ret_refused)
{
	char refusal = 'c';
	size_t taken = 0;
	for (const char *const *to = mail->recipients; *to; to++) {
		char reply = say_path(c, 'R', *to, NULL);
		if (!reply) {
			return 0;
		}
		taken += reply == 'c';
		*ret_refused += reply != 'c';
		refusal = reply == 'c' ? refusal : reply;
		c->queue_id = mail->queue_id;
	}
	return taken || !*mail->recipients ? 'c' : refusal;
}

/* Up to the end of the body.  What is not 'c' ends the message. */
static char say_message(struct milter_client *c, const struct milter_mail *mail, const struct letter *m,
                        slice *ret_last, size_t *ret_refused)
{
	char reply = say_path(c, 'M', mail->mail_from, mail->arguments);
	reply = reply == 'c' ? say_recipients(c, mail, ret_refused) : reply;
	reply = reply == 'c' ? client_step(c, 'T', S(""), S("")) : reply;
	reply = reply == 'c' ? say_fields(c, m) : reply;
	reply = reply == 'c' ? client_step(c, 'N', S(""), S("")) : reply;
	return reply == 'c' ? say_body(c, mail, m->body, ret_last) : reply;
}

/* name NUL value NUL */
static bool read_field(slice data, bool leading_space, struct letter_field *ret)
{
	slice name = slice_split(&data, '\0');
	if (!data.at || !data.len || data.at[data.len - 1] != '\0' || slice_find_char(data, '\r') != SLICE_NONE) {
		return false;
	}
	slice value = slice_first(data, data.len - 1);
	size_t blank = !leading_space && value.len;
	char *owned = malloc(name.len + blank + value.len + 1);
	if (!owned) {
		abort();
	}
	memcpy(owned, name.at, name.len);
	memset(owned + name.len, ' ', blank);
	memcpy(owned + name.len + blank, value.at, value.len);
	*ret = (struct letter_field) { .name = slice_make(owned, name.len),
		                       .value = slice_make(owned + name.len, blank + value.len),
		                       .owned = owned };
	return slice_find_char(value, '\0') == SLICE_NONE && name.len > 0;
}

static bool take_edit(struct milter_client *c, struct letter *m, char letter, slice data, struct milter_answer *answer)
{
	struct letter_field field = { 0 };
	uint32_t needed = letter == 'm' ? CHANGE_FIELDS : ADD_FIELDS;
	bool indexed = letter != 'h';
	uint32_t index = indexed && data.len >= 4 ? client_number(data.at) : (uint32_t)m->n;
	if (!(c->actions & needed) || (indexed && data.len < 4) ||
	    !read_field(indexed ? slice_from(data, 4) : data, c->protocol & LEADING_SPACE, &field)) {
		free(field.owned);
		return client_fail(c, "a change that was not agreed, or is none");
	}
	if (letter == 'm') {
		letter_change(m, index, field, &answer->deleted);
	} else {
		letter_insert(m, index, field);
		answer->inserted++;
	}
	return true;
}

/* One reply that is not the last. */
static bool take_reply(struct milter_client *c, struct letter *m, char letter, slice data, struct milter_answer *answer)
{
	switch (letter) {
	case 'p':
		answer->progress++;
		return true;
	case 'q':
		snprintf(answer->held, sizeof(answer->held), "%.*s", (int)data.len, data.at);
		return (c->actions & QUARANTINE) || client_fail(c, "quarantine was not agreed");
	case 'h':
	case 'i':
	case 'm':
		return take_edit(c, m, letter, data, answer);
	default:
		return client_fail(c, "a reply that is none");
	}
}

static char say_end(struct milter_client *c, struct letter *m, slice last, struct milter_answer *answer)
{
	client_put_end_macros(c);
	client_put_head(c, 'E', last.len);
	buf_put(&c->out, last);
	if (!client_flush(c)) {
		return 0;
	}
	for (;;) {
		slice data = { 0 };
		char letter = client_reply(c, &data);
		if (letter == 'y') {
			client_take_text(c, data);
		}
		if (!letter || strchr("crtyad4", letter)) {
			return letter;
		}
		if (!take_reply(c, m, letter, data, answer)) {
			return 0;
		}
	}
}

bool milter_client_message(struct milter_client *c, const struct milter_mail *mail, bool deliver,
                           struct milter_answer *answer)
{
	struct letter m = { 0 };
	char received[200];
	slice last = S("");
	*answer = (struct milter_answer) { 0 };
	buf_init(&answer->delivered, SIZE_MAX / 2);
	letter_split(&m, mail->octets);
	c->queue_id = NULL;
	c->text[0] = '\0';
	char reply = say_message(c, mail, &m, &last, &answer->refused);
	/* Hidden from the filter, but insertion counts it. */
	snprintf(received, sizeof(received), "Received: by mx.example.net (Postfix) id %s", mail->queue_id);
	letter_insert(&m, 0, (struct letter_field) { .value = slice_of(received) });
	reply = reply == 'c' ? say_end(c, &m, last, answer) : reply;
	if (reply) {
		client_put_head(c, 'A', 0); /* behind every message; it leaves with what comes next */
	}
	c->queue_id = NULL;
	answer->reply = reply;
	answer->fault = reply ? NULL : c->fault;
	memcpy(answer->text, c->text, sizeof(answer->text));
	if (deliver && (reply == 'c' || reply == 'a')) {
		letter_put(&answer->delivered, &m);
	}
	letter_finish(&m);
	return reply != 0;
}

void milter_answer_finish(struct milter_answer *answer)
{
	buf_finish(&answer->delivered);
}

bool milter_client_abort(struct milter_client *c, const struct milter_mail *mail, size_t body_octets)
{
	struct letter m = { 0 };
	slice last;
	size_t refused = 0;
	letter_split(&m, mail->octets);
	m.body = slice_first(m.body, body_octets);
	char reply = say_message(c, mail, &m, &last, &refused);
	letter_finish(&m);
	c->queue_id = NULL;
	client_put_head(c, 'A', 0);
	return reply && client_flush(c);
}
