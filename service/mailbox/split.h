/* SPDX-License-Identifier: Apache-2.0 */
/* split: where the messages of an mbox begin and end (RFC 4155 appendix A, read strictly).
 *
 * A message begins behind a "From " line and ends before an empty line that is followed by the next "From " line.  A
 * "From " line inside a text is recognised by what it lacks: the empty line before it or the date in it. */
#ifndef SIGNET_SERVICE_MAILBOX_SPLIT_H
#define SIGNET_SERVICE_MAILBOX_SPLIT_H

#include "../../src/base/slice.h"

#define SPLIT_WINDOW (256 * 1024) /* octets of the file in memory at a time */
#define SPLIT_LINE 1024 /* octets of a "From " line that are looked at */

struct split {
	int fd;
	uint64_t size; /* of the file: octets behind it are not looked at */
	uint64_t next; /* where the next "From " line (or the end) is */
	char *window; /* SPLIT_WINDOW octets of the owner */
	uint64_t at; /* offset of the window in the file */
	size_t len;
};

struct split_message {
	uint64_t begin, end; /* the message, without "From " line and separator */
	uint64_t next; /* where its successor's "From " line begins */
};

/* True if `line` (up to its line end) is "From " and holds a date as mbox writers put it. */
bool split_is_from_line(slice line);
/* True if the file begins with a line of an mbox: "From " and not the obsolete form "From :" of a header field. */
bool split_is_mbox(slice begin);

/* The next message; SIGNET_IO: errno says why.  Not to be called at the end (next == size). */
enum signet_status split_next(struct split *s, struct split_message *ret);

#endif
