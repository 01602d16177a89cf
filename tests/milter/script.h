/* SPDX-License-Identifier: Apache-2.0 */
/* Dialogues for the tests of a session, as text.  A line is a frame: its command, a blank, its data, where
 *
 *     |  is NUL          ^  is LF          ~  is CR LF          O takes three hexadecimal numbers
 *
 *     O 6 1ff 1fffff
 *     C mx.example.com|409192.0.2.1|          family 4, port "09" = 12345
 *     M <user@example.com>|BODY=8BITMIME|
 *
 * What the session calls and what it replies come back as text as well, one a line: "begin user@example.com ...",
 * "field Subject=[ a]"; "c", "y 550 5.7.1 no", "i 0 A=[ b]".  Pieces of a body are joined. */
#ifndef SIGNET_TESTS_MILTER_SCRIPT_H
#define SIGNET_TESTS_MILTER_SCRIPT_H

#include "../../service/milter/session.h"

/* One frame. */
void script_put(struct buf *b, char command, slice data);
/* The octets of a dialogue. */
void script_put_all(struct buf *b, const char *text);
/* What was replied, and nothing for a frame that is not whole. */
void script_tell(struct buf *b, slice out);

#endif
