/* SPDX-License-Identifier: Apache-2.0 */
/* leaf: the parts of a body as ranges of its octets, with their text decoded and the means to encode it again as it was.
 * Tolerant and bounded; nothing here decides anything, a wrong reading only makes a trial fail. */
#ifndef SIGNET_TRANSIT_LEAF_H
#define SIGNET_TRANSIT_LEAF_H

#include "encode.h"
#include "undo.h"

#define LEAVES_MAX 48
#define BOXES_MAX 16
#define BOX_PARTS_MAX 64

/* How a part is encoded, exactly. */
struct codec {
	enum encoding encoding;
	struct qp_style qp;
	size_t width; /* base64 */
	slice tail; /* what follows the last base64 line: nothing or CRLFs */
};

struct leaf {
	slice head; /* the part's header with its empty line; at == NULL: the message itself is the leaf */
	slice raw; /* the content, without the CRLF that belongs to the delimiter */
	slice type; /* "text/plain", as written; never empty */
	slice charset; /* empty: none given */
	enum encoding encoding;
	bool is_plain, is_html;
	bool exact; /* codec gives raw when it encodes text */
	struct codec codec;
	slice text; /* decoded */
};

/* A multipart. */
struct box {
	slice content; /* all of it, preamble and epilogue included */
	slice boundary;
	size_t delimiter[BOX_PARTS_MAX]; /* offset in the body of each "--boundary", the closing one last if `closed` */
	size_t n;
	bool closed;
	bool alternative; /* multipart/alternative */
	size_t after; /* offset past the last delimiter line */
};

struct parts {
	struct leaf leaves[LEAVES_MAX];
	size_t n_leaves;
	struct box boxes[BOXES_MAX];
	size_t n_boxes;
	slice heads[LEAVES_MAX + BOXES_MAX]; /* the headers of all parts, multiparts too, in order of place */
	size_t n_heads;

	bool hint_known; /* hints.c: what the traces in the body point to, looked for once */
	const char *hint;
};

/* Reads the structure of u->body, which is the same for all signatures of a message; NULL if memory is short. */
struct parts *parts_read(struct undo *u);

/* The value of a parameter of a Content-Type or the like, unquoted; empty if there is none. */
slice parameter_of(slice value, slice name);
/* Takes the next field from a part's header; lines without a colon are passed over.  False: there is none. */
bool part_take_field(slice *head, slice *ret_name, slice *ret_value);
/* The value of a field of a part's header; at == NULL: there is none. */
slice part_field(slice head, slice name);
enum encoding encoding_of(slice name);

/* Encodes `text` as the leaf is encoded. */
slice leaf_encode(const struct leaf *leaf, slice text, struct signet_arena *a);
/* The edit of the body that gives the leaf this text. */
struct edit leaf_edit(const struct undo *u, const struct leaf *leaf, slice text);
/* The edit that gives it this encoded content. */
struct edit raw_edit(const struct undo *u, slice raw, slice with);

/* The offset of a place in the body. */
static inline size_t offset_of(const struct undo *u, const char *at)
{
	return (size_t)(at - u->body.at);
}

#endif
