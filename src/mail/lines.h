/* SPDX-License-Identifier: Apache-2.0 */
/* lines: what is wrong with the lines of a body that comes in chunks of any size (RFC 5321 2.3.8, RFC 5322 2.1.1).
 *
 *     struct body_lines lines = { 0 };
 *     body_lines_feed(&lines, chunk); ...
 *     body_lines_end(&lines);
 *     if (lines.longest > HEADER_LINE_OCTETS) ...
 *
 * Lines end in CRLF only; a CR or an LF alone is an octet of its line. */
#ifndef SIGNET_MAIL_LINES_H
#define SIGNET_MAIL_LINES_H

#include "../base/slice.h"

/* Lines are counted from 1; 0: there is none. */
struct body_lines {
	uint64_t bare_cr_line; /* the first line with a CR that no LF follows */
	uint64_t bare_lf_line; /* ... with an LF behind no CR */
	uint64_t nul_line;
	uint64_t eight_bit_line; /* the first line with an octet above 127 */
	uint64_t longest; /* octets of the longest line, without its CRLF */
	uint64_t longest_line;
	/* where we are */
	uint64_t before; /* line ends read */
	uint64_t octets; /* of the current line, without a CR that may end it */
	bool cr; /* the last octet was a CR */
};

void body_lines_feed(struct body_lines *lines, slice chunk);
/* The body is over. */
void body_lines_end(struct body_lines *lines);

#endif
