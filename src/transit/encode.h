/* SPDX-License-Identifier: Apache-2.0 */
/* encode: content as other people's software encodes it.  To undo a decoding one must encode exactly as the author's
 * program did; there are a few dozen habits, and they are all tried. */
#ifndef SIGNET_TRANSIT_ENCODE_H
#define SIGNET_TRANSIT_ENCODE_H

#include "../base/arena.h"

enum encoding {
	ENCODING_NONE, /* 7bit, 8bit, binary, absent */
	ENCODING_QP,
	ENCODING_BASE64,
	ENCODING_OTHER,
};

enum qp_last { /* what may stand in the last column of a line that ends there */
	       QP_LAST_NOTHING,
	       QP_LAST_PLAIN, /* an octet that stands for itself */
	       QP_LAST_ANY,
};

struct qp_style {
	unsigned width; /* columns, the soft break "=" included; 0: no limit */
	enum qp_last last;
	bool lower; /* hex digits in lower case */
	bool tabs; /* HTAB is escaped */
	bool words; /* broken after a blank where one is near */
	bool whole; /* the octets of a UTF-8 character stay on one line */
	bool from; /* "From " and "." at the start of a line are escaped */
};

/* The i-th habit, the common ones first; false past the last. */
bool qp_style_nth(size_t i, struct qp_style *ret);
#define QP_STYLES_LIKELY 12

/* Text with CRLF line ends.  The empty slice if memory is short. */
slice qp_encode(slice text, const struct qp_style *style, struct signet_arena *a);
/* Lenient: what is no escape stands for itself. */
slice qp_decode(slice text, struct signet_arena *a);
/* Lines of `width` digits, each with a CRLF but the last; 0: one line. */
slice base64_encode(slice octets, size_t width, struct signet_arena *a);

enum charset {
	CHARSET_UTF_8,
	CHARSET_LATIN_1,
	CHARSET_WINDOWS_1252,
	CHARSET_LATIN_9,
	CHARSET_N,
};
extern const char *const charset_names[CHARSET_N];

/* The same characters in another set; false if one does not exist there, if `text` is not of the set `from`, or if
 * memory is short. */
bool charset_convert(slice text, enum charset from, enum charset to, struct signet_arena *a, slice *ret);

#endif
