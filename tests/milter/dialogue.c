/* SPDX-License-Identifier: Apache-2.0 */
#include "dialogue.h"

#include "../../src/base/ip.h"
#include "../support/rows.h"

/* ---- what is called, written down ---- */

static const struct outcome go_on = { OUTCOME_CONTINUE };

static void tell(struct scene *c, const char *what, slice value)
{
	if (value.len) {
		buf_put_char(&c->calls, ' ');
		buf_put_text(&c->calls, what);
		buf_put(&c->calls, value);
	}
}

static void line(struct scene *c, const char *word)
{
	buf_put_text(&c->calls, c->in_body ? "\n" : "");
	buf_put_text(&c->calls, word);
	c->in_body = false;
}

static void tell_client(struct scene *c, const struct facts *f)
{
	struct buf ip;
	buf_init(&ip, 100);
	if (f->client.family) {
		ip_put(&ip, &f->client);
		buf_put_char(&ip, ':');
		buf_put_number(&ip, f->client_port);
	}
	tell(c, "client=", buf_slice(&ip));
	tell(c, "name=", f->client_name);
	tell(c, "ptr=", f->client_ptr);
	tell(c, "resolve=", f->client_resolve);
	buf_finish(&ip);
}

static void tell_facts(struct scene *c, const struct facts *f)
{
	tell(c, "from=", f->mail_from);
	tell_client(c, f);
	tell(c, "helo=", f->helo);
	tell(c, "j=", f->server_name);
	tell(c, "daemon=", f->daemon_name);
	tell(c, "addr=", f->daemon_addr);
	tell(c, "port=", f->daemon_port);
	tell(c, "tls=", f->tls_version);
	tell(c, "cipher=", f->tls_cipher);
	tell(c, "login=", f->login);
	tell(c, "type=", f->login_type);
	tell(c, "id=", f->queue_id);
	tell(c, "", f->body_8bit ? S("8bit") : S(""));
	tell(c, "", f->smtputf8 ? S("utf8") : S(""));
	tell(c, "", f->can_hold ? S("") : S("unheld"));
	tell(c, "", f->leading_space ? S("") : S("eaten"));
	buf_put_text(&c->calls, "\n");
}

static void *on_begin(void *data, struct session *s, const struct facts *facts)
{
	struct scene *c = data;
	(void)s;
	c->facts = facts;
	line(c, "begin");
	tell_facts(c, facts);
	c->open += !c->starved;
	return c->starved ? NULL : c;
}

static void put_recipients(struct scene *c)
{
	for (size_t i = 0; i < c->facts->n_recipients; i++) {
		tell(c, "to=", c->facts->recipients[i]);
	}
	if (c->facts->all_recipients != c->facts->n_recipients) {
		buf_put_text(&c->calls, " of ");
		buf_put_number(&c->calls, c->facts->all_recipients);
	}
	tell(c, "id=", c->facts->queue_id);
	buf_put_text(&c->calls, "\n");
}

static bool on_early(void *message)
{
	struct scene *c = message;
	line(c, "early");
	put_recipients(c);
	return !c->slow;
}

static void on_field(void *message, slice name, slice value)
{
	struct scene *c = message;
	line(c, "field ");
	buf_put(&c->calls, name);
	buf_put_text(&c->calls, "=[");
	buf_put(&c->calls, value);
	buf_put_text(&c->calls, "]\n");
}

static void on_end_of_header(void *message)
{
	line(message, "header\n");
}

static void on_body(void *message, slice octets)
{
	struct scene *c = message;
	buf_put_text(&c->calls, c->in_body ? "" : "body ");
	buf_put(&c->calls, octets);
	c->in_body = true;
}

static bool on_end(void *message)
{
	struct scene *c = message;
	line(c, "end");
	put_recipients(c);
	return !c->slow;
}

static bool is_for_early(const struct scene *c)
{
	slice last = c->facts->n_recipients ? c->facts->recipients[c->facts->n_recipients - 1] : S("");
	return !c->refused || slice_eq(last, slice_of(c->refused));
}

static const struct outcome *on_outcome(void *message)
{
	struct scene *c = message;
	slice calls = buf_slice(&c->calls);
	bool at_end = slice_find(slice_from(calls, calls.len > 200 ? calls.len - 200 : 0), S("\nend")) != SLICE_NONE;
	if (!at_end && c->early) {
		return is_for_early(c) ? c->early : &go_on;
	}
	return c->outcome;
}

static void on_close(void *message)
{
	struct scene *c = message;
	line(c, "close\n");
	c->open--;
}

static const struct session_calls calls = { on_begin, on_early, on_field,   on_end_of_header,
	                                    on_body,  on_end,   on_outcome, on_close };

/* ---- a dialogue ---- */

void run_open(struct run *r)
{
	buf_init(&r->scene.calls, 4 << 20);
	buf_init(&r->replies, 4 << 20);
	r->scene.outcome = r->scene.outcome ? r->scene.outcome : &go_on;
	r->session = session_new(&r->settings, &calls, &r->scene);
	r->state = SESSION_READS;
}

void run_take_replies(struct run *r)
{
	struct buf *out = session_out(r->session);
	script_tell(&r->replies, buf_slice(out));
	buf_clear(out);
}

void run_feed(struct run *r, slice octets)
{
	r->state = session_feed(r->session, guarded(octets, false));
	while (r->state == SESSION_WAITS && !r->scene.keeps_still) {
		r->state = session_wake(r->session);
	}
	run_take_replies(r);
}

void run_close(struct run *r)
{
	session_free(r->session);
	buf_finish(&r->scene.calls);
	buf_finish(&r->replies);
	r->scene = (struct scene) { 0 };
}

void run_start(struct run *r, const char *script)
{
	struct buf octets;
	run_open(r);
	buf_init(&octets, 1 << 20);
	script_put_all(&octets, script);
	run_feed(r, buf_slice(&octets));
	buf_finish(&octets);
}

void run_say(struct run *r, const char *script)
{
	struct buf octets;
	buf_init(&octets, 1 << 20);
	script_put_all(&octets, script);
	run_feed(r, buf_slice(&octets));
	buf_finish(&octets);
}

/* `step` octets at a time after the first `first`. */
static void play(struct run *r, const struct dialogue *row, slice octets, size_t first, size_t step)
{
	r->scene = row->scene;
	r->settings = (struct session_settings) { .early = row->early };
	run_open(r);
	run_feed(r, slice_first(octets, first));
	for (octets = slice_from(octets, first); octets.len; octets = slice_from(octets, step)) {
		run_feed(r, slice_first(octets, step));
	}
}

/* Nothing that is open is left open. */
bool run_ends_clean(struct run *r)
{
	session_free(r->session);
	r->session = NULL;
	return r->scene.open == 0;
}

static bool same(struct run *r, const struct dialogue *row)
{
	return slice_eq(buf_slice(&r->scene.calls), slice_of(row->calls)) &&
	       slice_eq(buf_slice(&r->replies), slice_of(row->replies)) && r->state == row->state;
}

void dialogue_row(const struct dialogue *row)
{
	struct run r = { 0 };
	struct buf octets;
	buf_init(&octets, 1 << 20);
	script_put_all(&octets, row->script);
	slice all = buf_slice(&octets);
	play(&r, row, all, all.len, 1);
	row_text("-", row->what, buf_slice(&r.scene.calls), row->calls);
	row_text("-", row->what, buf_slice(&r.replies), row->replies);
	row_number("-", row->what, r.state, row->state);
	row_text("-", row->what, slice_of(session_fault(r.session)), row->fault ? row->fault : "");
	row_bool("-", row->what, run_ends_clean(&r), true);
	run_close(&r);
	size_t differ = 0;
	for (size_t i = 0; i <= all.len; i++) {
		play(&r, row, all, i, all.len);
		differ += !same(&r, row);
		differ += !run_ends_clean(&r);
		run_close(&r);
	}
	for (size_t step = 1; step < 8; step++) {
		play(&r, row, all, 0, step);
		differ += !same(&r, row);
		differ += !run_ends_clean(&r);
		run_close(&r);
	}
	for (size_t i = 0; i <= all.len; i++) { /* the peer goes away */
		play(&r, row, slice_first(all, i), i, 1);
		differ += !run_ends_clean(&r);
		run_close(&r);
	}
	row_number("-", "the same, split anywhere or ended anywhere", (int64_t)differ, 0);
	buf_finish(&octets);
}
