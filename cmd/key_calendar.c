/* SPDX-License-Identifier: Apache-2.0 */
/* The steps to come as an iCalendar (RFC 5545), for whoever wants to be reminded. */
#include <stdio.h>

#include "../src/base/date.h"
#include "../src/base/utf8.h"
#include "key.h"

#define STEPS 32
#define FOLD_OCTETS 75 /* RFC 5545 3.1 */

/* A content line, folded between characters. */
static void put_line(struct buf *to, const struct buf *line)
{
	slice rest = buf_slice(line);
	size_t room = FOLD_OCTETS;
	while (rest.len > room) {
		size_t n = room;
		while (n > 1 && ((unsigned char)rest.at[n] & 0xc0) == 0x80) {
			n--;
		}
		buf_put(to, slice_first(rest, n));
		buf_put(to, S("\r\n "));
		rest = slice_from(rest, n);
		room = FOLD_OCTETS - 1;
	}
	buf_put(to, rest);
	buf_put(to, S("\r\n"));
}

/* TEXT of RFC 5545 3.3.11: our names need no escape, but a comma or a semicolon of our own would. */
static void put_text(struct buf *to, slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(",;\\", text.at[i])) {
			buf_put_char(to, '\\');
		}
		buf_put_char(to, text.at[i]);
	}
}

static void put_stamp(struct buf *to, struct buf *line, const char *name, int64_t at)
{
	buf_clear(line);
	buf_put_text(line, name);
	date_put_basic(line, at);
	put_line(to, line);
}

static void put_event(struct key_run *r, slice domain, const struct plan_step *step)
{
	struct buf line, text;
	buf_init(&line, 4096);
	buf_init(&text, 4096);
	buf_put(&r->out, S("BEGIN:VEVENT\r\n"));
	buf_put(&line, S("UID:"));
	buf_put_text(&line, plan_action_name(step->action));
	buf_put_char(&line, '-');
	buf_put(&line, step->selector);
	buf_put(&line, S("._domainkey."));
	buf_put(&line, domain);
	put_line(&r->out, &line);
	put_stamp(&r->out, &line, "DTSTAMP:", key_now(r));
	put_stamp(&r->out, &line, "DTSTART:", step->due);
	buf_clear(&line);
	buf_put(&text, S("DKIM of "));
	buf_put(&text, domain);
	buf_put(&text, S(": "));
	key_put_step(&text, step);
	buf_put(&line, S("SUMMARY:"));
	put_text(&line, buf_slice(&text));
	put_line(&r->out, &line);
	buf_put(&r->out, S("TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n"));
	buf_finish(&line);
	buf_finish(&text);
}

/* RFC 5545 3.6: a calendar has at least one component.  The time zone of all our times says nothing that is not so. */
static void put_time_zone(struct buf *to)
{
	buf_put(to, S("BEGIN:VTIMEZONE\r\nTZID:Etc/UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
	              "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"));
}

void key_calendar(struct key_run *r, const slice *domains, size_t n, enum exit_status *status)
{
	buf_put(&r->out, S("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Signet//signet key//EN\r\n"));
	size_t n_events = 0;
	for (size_t i = 0; i < n; i++) {
		struct store_domain d;
		struct plan_step steps[STEPS];
		signet_arena_reset(r->arena);
		enum exit_status this = key_open(r, domains[i], STORE_READ, &d);
		*status = worse(*status, this);
		if (this != EXIT_FINE) {
			continue;
		}
		struct key_policy policy = key_policy_for(r, &d.state);
		size_t n_steps = plan_foresee(&d.state, &policy, key_now(r), steps, STEPS);
		for (size_t k = 0; k < n_steps; k++) {
			put_event(r, d.domain, &steps[k]);
		}
		n_events += n_steps;
		store_close(&d);
	}
	if (n_events == 0) {
		put_time_zone(&r->out);
	}
	buf_put(&r->out, S("END:VCALENDAR\r\n"));
}
