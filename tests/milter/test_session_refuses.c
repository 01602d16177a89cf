/* SPDX-License-Identifier: Apache-2.0 */
/* What a session refuses: commands out of their turn, what is no frame, what is too long. */
#include "../support/rows.h"
#include "dialogue.h"

static const struct dialogue rows[] = {
	/* ---- out of turn ---- */
	{ "a client before options", CONNECT, "", "", "a command out of its turn", SESSION_ENDS, { 0 }, false },
	{ "ABORT before options", "A \n", "", "", "a command out of its turn", SESSION_ENDS, { 0 }, false },
	{ "MAIL before a client",
	  POSTFIX "M <>|\n",
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a second client",
	  POSTFIX CONNECT CONNECT,
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a recipient before MAIL",
	  POSTFIX CONNECT HELO "R <a@b>|\n",
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a field before MAIL",
	  POSTFIX CONNECT HELO "L A|b|\n",
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a body before the header is at its end",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A|b|\nB x\n",
	  BEGIN "\nfield A=[b]\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "an end before that",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nE \n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a field in a body",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nN \nL A|b|\n",
	  BEGIN "\nheader\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a recipient in a header",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A|b|\nR <a@b>|\n",
	  BEGIN "\nfield A=[b]\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "MAIL in a header",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nT \nM <>|\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "macros of a client in a header",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nT \nD Hj|x|\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  "macros of a client in the middle of a message",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "options in the middle",
	  POSTFIX CONNECT POSTFIX,
	  "",
	  POSTFIX_TERMS,
	  "a command out of its turn",
	  SESSION_ENDS,
	  { 0 },
	  false },
	/* ---- no frames ---- */
	{ "an unknown command", POSTFIX "x \n", "", POSTFIX_TERMS, "an unknown command", SESSION_ENDS, { 0 }, false },
	{ "no NUL behind HELO",
	  POSTFIX CONNECT "H mx\n",
	  "",
	  POSTFIX_TERMS,
	  "HELO without its end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "no NUL behind MAIL",
	  POSTFIX CONNECT "M <>\n",
	  "",
	  POSTFIX_TERMS,
	  "MAIL without its end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "no NUL behind a recipient",
	  POSTFIX CONNECT "M <>|\nA \nM <>|\nR <>|x\n",
	  "begin client=192.0.2.1:12345 name=client.example j=mx.example.net daemon=smtpd port=25\nclose\n"
	  "begin client=192.0.2.1:12345 name=client.example j=mx.example.net daemon=smtpd port=25\n",
	  POSTFIX_TERMS,
	  "RCPT without its end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "no NUL behind a field",
	  POSTFIX CONNECT HELO "M <a@b.example>|\nL A|b\n",
	  BEGIN "\n",
	  POSTFIX_TERMS,
	  "a header field without its end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "no NUL behind a macro",
	  POSTFIX "D Cj|x\n",
	  "",
	  POSTFIX_TERMS,
	  "macros without their end",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "a client without address",
	  POSTFIX "C h|4\n",
	  "",
	  POSTFIX_TERMS,
	  "no address of a client",
	  SESSION_ENDS,
	  { 0 },
	  false },
	{ "something in an ABORT",
	  POSTFIX "A 12345678901234567\n",
	  "",
	  POSTFIX_TERMS,
	  "a frame that is too long",
	  SESSION_ENDS,
	  { 0 },
	  false },
};

/* Frames by their length alone: what is too long is refused when its head is there. */
static void lengths(void)
{
	static const struct {
		const char *what;
		const char *before;
		char command;
		size_t octets;
		const char *fault;
	} frames[] = {
		{ "HELO at its cap", POSTFIX CONNECT, 'H', 4096, NULL },
		{ "HELO past it", POSTFIX CONNECT, 'H', 4097, "a frame that is too long" },
		{ "MAIL past it", POSTFIX CONNECT, 'M', 4097, "a frame that is too long" },
		{ "a recipient past it", POSTFIX CONNECT "M <>|\n", 'R', 4097, "a frame that is too long" },
		{ "a client past it", POSTFIX, 'C', 4097, "a frame that is too long" },
		{ "options past it", "", 'O', 4097, "a frame that is too long" },
		{ "macros at their cap", POSTFIX, 'D', 16384, NULL },
		{ "macros past it", POSTFIX, 'D', 16385, "a frame that is too long" },
		{ "a field at the cap of any frame", POSTFIX CONNECT "M <>|\n", 'L', 1 << 20, NULL },
		{ "a field past it", POSTFIX CONNECT "M <>|\n", 'L', (1 << 20) + 1, "a frame that is too long" },
		{ "a body past it", POSTFIX CONNECT "M <>|\nN \n", 'B', (1 << 20) + 1, "a frame that is too long" },
		{ "an unknown command past it", POSTFIX CONNECT, 'U', (1 << 20) + 1, "a frame that is too long" },
		{ "the longest frame there is", POSTFIX CONNECT "M <>|\nN \n", 'E', 0xfffffffe,
		  "a frame that is too long" },
		{ "DATA with something in it", POSTFIX CONNECT "M <>|\n", 'T', 17, "a frame that is too long" },
	};
	for (size_t i = 0; i < ROWS(frames); i++) {
		struct run r = { 0 };
		size_t length = frames[i].octets + 1;
		char head[5] = { (char)(length >> 24 & 0xff), (char)(length >> 16 & 0xff), (char)(length >> 8 & 0xff),
			         (char)(length & 0xff), frames[i].command };
		run_start(&r, frames[i].before);
		run_feed(&r, slice_make(head, 5));
		row_text("-", frames[i].what, slice_of(session_fault(r.session)),
		         frames[i].fault ? frames[i].fault : "");
		row_bool("-", "only what came is held", session_octets(r.session) < 4096, true);
		run_close(&r);
	}
	struct run r = { .settings = { .frame_octets = 100 } };
	run_start(&r, POSTFIX CONNECT "M <>|\n");
	run_feed(&r, S("\0\0\0\x66L"));
	row_text("-", "a cap by setting", slice_of(session_fault(r.session)), "a frame that is too long");
	run_close(&r);
	run_start(&r, "");
	run_feed(&r, S("\0\0\0\0O"));
	row_text("-", "a frame without a command", slice_of(session_fault(r.session)), "a frame without a command");
	run_close(&r);
	run_start(&r, "");
	run_feed(&r, S("GET / HTTP/1.1\r\n\r\n"));
	row_text("-", "HTTP", slice_of(session_fault(r.session)), "an unknown command");
	run_close(&r);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		dialogue_row(&rows[i]);
	}
	lengths();
	return rows_end();
}
