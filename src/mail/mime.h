/* SPDX-License-Identifier: Apache-2.0 */
/* The MIME structure of a message (RFC 2045, 2046): which octets belong to which part.
 *
 *     struct mime mime;
 *     TRY(mime_parse(&header, body, arena, notes, &mime));
 *     const struct mime_part *text = mime_find_last(&mime, S("text"), S("plain"));
 *     if (text) transfer_decode(text->encoding, text->body, &decoded);
 *
 * Read-only: nothing is decoded or copied but the words of Content-Type.  All slices point into the message, and those of
 * a multipart put together again are its body, octet for octet:
 *
 *     preamble, then for each part its delimiter, header and body, then the closing delimiter and the epilogue
 *
 * A delimiter holds the CRLF in front of it (RFC 2046 5.1.1), so a part's body ends where its author ended it.  Lines end
 * in CRLF only. */
#ifndef SIGNET_MAIL_MIME_H
#define SIGNET_MAIL_MIME_H

#include "content.h"
#include "header.h"
#include "transfer.h"

#define MIME_NONE ((size_t)-1)

struct mime_part {
	size_t parent; /* index; MIME_NONE: the message itself */
	size_t first_child; /* MIME_NONE: none */
	size_t next; /* the next part of the same parent; MIME_NONE: the last */
	size_t depth; /* 0: the message itself */
	slice delimiter; /* the line that opened it, with the CRLF before it and its own; empty: the message itself, and
			     * the message in a message/rfc822 */
	slice header; /* its fields with the empty line */
	slice body;
	struct content type; /* the default of its place, if it has no usable Content-Type */
	bool typed; /* it has a usable one */
	enum transfer_encoding encoding;
	bool attached; /* Content-Disposition: attachment */
	/* multipart only */
	slice boundary; /* without the two dashes; empty: not walked into */
	slice preamble;
	slice closing; /* the closing delimiter, CRLF before and behind; empty: missing */
	slice epilogue;
};

struct mime {
	struct mime_part *parts; /* in the order of the text: the message itself first */
	size_t n;
	bool capped; /* there are more parts, or deeper ones, than the caps below let us see */
};

#define MIME_PARTS_MAX 1000 /* caps of ours: further delimiters are text of the last part... */
#define MIME_DEPTH_MAX 100 /* ...and containers that deep are leaves */
#define MIME_BOUNDARY_OCTETS 70 /* RFC 2046 5.1.1; longer ones are taken up to 4 times that */

/* Walks through the body; linear in its length.  Findings are about the structure only. */
enum signet_status mime_parse(const struct mail_header *header, slice body, struct signet_arena *a,
			      struct signet_findings *notes, struct mime *ret);

/* The last leaf of this type that is no attachment; NULL: none. */
const struct mime_part *mime_find_last(const struct mime *mime, slice type, slice subtype);
static inline bool mime_is_multipart(const struct mime_part *part)
{
	return part->boundary.len > 0;
}

#endif
