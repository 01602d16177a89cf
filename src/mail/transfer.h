/* SPDX-License-Identifier: Apache-2.0 */
/* Content-Transfer-Encoding (RFC 2045 6): decoding what was sent, and encoding as a careful writer does.
 *
 *     buf_init_arena(&text, arena, limit);
 *     bool clean = transfer_decode(part->encoding, part->body, &text);
 *
 * Decoding never gives up: it does what RFC 2045 tells robust readers to do and says whether all was in order. */
#ifndef SIGNET_MAIL_TRANSFER_H
#define SIGNET_MAIL_TRANSFER_H

#include "../base/buf.h"

enum transfer_encoding {
	TRANSFER_7BIT, /* the default (RFC 2045 6.1) */
	TRANSFER_8BIT,
	TRANSFER_BINARY,
	TRANSFER_QUOTED_PRINTABLE,
	TRANSFER_BASE64,
	TRANSFER_UNKNOWN, /* some other token: the body is octets nobody can read (RFC 2045 6.4) */
};

#define TRANSFER_COLUMNS 76 /* RFC 2045 6.7 rule 5, 6.8: octets of an encoded line without its CRLF */

/* The value of the field; comments and white space are ignored.  Empty: TRANSFER_7BIT. */
enum transfer_encoding transfer_encoding_parse(slice value);
/* "7bit", "8bit", "binary", "quoted-printable", "base64", "unknown" */
const char *transfer_encoding_name(enum transfer_encoding encoding);

/* Appends the decoded octets; 7bit, 8bit, binary and unknown are copied.  True if the text was well-formed.  A full `b`
 * remembers it. */
bool transfer_decode(enum transfer_encoding encoding, slice text, struct buf *b);

/* Appends base64 in lines of 76 columns, each with CRLF. */
void transfer_put_base64(struct buf *b, slice octets);
/* Appends text with CRLF line ends as quoted-printable: CRLF stays a line end, a CR or LF alone is encoded; printable
 * octets stay, upper-case hex digits, white space only encoded at the end of a line, soft breaks at 76 columns. */
void transfer_put_quoted_printable(struct buf *b, slice text);

#endif
