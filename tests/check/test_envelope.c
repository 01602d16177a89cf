/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/base/buf.h"
#include "../../src/base/ip.h"
#include "../../src/check/envelope.h"
#include "../support/rows.h"

static const struct row {
	const char *clause, *what, *header, *trusted, *want; /* "ip helo <mail-from> source" */
} rows[] = {
	{ "5321:4.4", "nothing is known of a bare message", "From: a@b.example\r\n", NULL, "- - - -" },
	{ "5321:4.4", "Return-Path gives the sender", "Return-Path: <a@b.example>\r\n", NULL, "- - <a@b.example> return-path" },
	{ "5321:4.5.5", "an empty Return-Path is the null sender", "Return-Path: <>\r\n", NULL, "- - <> return-path" },
	{ "7208:2.5", "without own relays no Received field counts",
	  "Received: from h.example (r.example [192.0.2.1]) by mx.example\r\n", NULL, "- - - -" },
	{ "7208:2.5", "with own relays the topmost one counts",
	  "Received: from h.example (r.example [192.0.2.1]) by mx.example\r\n", "198.51.100.0/24",
	  "192.0.2.1 h.example - received" },
	{ "7208:2.5", "own relays are passed over",
	  "Received: from in.example (in.example [198.51.100.7]) by store.example\r\n"
	  "Received: from h.example (r.example [192.0.2.1]) by in.example\r\n", "198.51.100.0/24",
	  "192.0.2.1 h.example - received" },
	{ "7208:2.5", "what stands below the client's own field is the client's word",
	  "Received: from h.example (r.example [192.0.2.1]) by mx.example\r\n"
	  "Received: from good.example (good.example [203.0.113.9]) by h.example\r\n", "198.51.100.0/24",
	  "192.0.2.1 h.example - received" },
	{ "7208:2.5", "a hop within the host leads on",
	  "Received: from localhost (localhost [127.0.0.1]) by mx.example\r\n"
	  "Received: from h.example (r.example [192.0.2.1]) by mx.example\r\n", "198.51.100.0/24",
	  "192.0.2.1 h.example - received" },
	{ "7208:2.5", "a server whose address is not ours tells nothing",
	  "Received: from h.example (r.example [192.0.2.1]) by [203.0.113.4]\r\n", "198.51.100.0/24", "- - - -" },
	{ "7208:5", "a client of IPv6", "Return-Path: <a@b.example>\r\n"
	  "Received: from h.example (h.example [IPv6:2001:db8::1]) by mx.example\r\n", "198.51.100.0/24",
	  "2001:db8::1 h.example <a@b.example> return-path and received" },
};

static void put(struct buf *b, const struct signet_envelope *e)
{
	if (e->ip.family) {
		ip_put(b, &e->ip);
	} else {
		buf_put_char(b, '-');
	}
	buf_put_char(b, ' ');
	buf_put(b, e->helo.len ? e->helo : S("-"));
	if (e->has_mail_from) {
		buf_put(b, S(" <"));
		buf_put(b, e->mail_from);
		buf_put(b, S("> "));
	} else {
		buf_put(b, S(" - "));
	}
	buf_put_text(b, e->source ? e->source : "-");
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct signet_arena a;
		struct signet_findings notes;
		struct mail_header h;
		struct signet_network net;
		struct signet_envelope e = { .has_mail_from = false };
		struct signet_settings settings = { .trusted_nets = &net };
		struct buf got;
		arena_init(&a, 1 << 20);
		findings_init(&notes, &a);
		buf_init(&got, 1000);
		settings.n_trusted_nets = rows[i].trusted && signet_network_parse(slice_of(rows[i].trusted), &net);
		(void)header_parse(slice_of(rows[i].header), &a, &notes, &h);
		envelope_complete(&h, &settings, &a, &e);
		put(&got, &e);
		row_text(rows[i].clause, rows[i].what, buf_slice(&got), rows[i].want);
		buf_finish(&got);
		arena_finish(&a);
	}
	return rows_end();
}
