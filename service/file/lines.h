/* SPDX-License-Identifier: Apache-2.0 */
/* lines: files of ours that people can read and write, one thing a line, "#" for comments.  Pure.
 *
 *     struct lines lines = { .rest = text, .path = path, .error = &error, .most = LINE_OCTETS };
 *     struct cursor c;
 *     while (lines_next(&lines, &c) && read_one(&lines, &c)) {
 *     }
 *     return !lines.refused;
 *
 * What is refused is told once, with its place: "PATH:LINE: why "word"". */
#ifndef SIGNET_SERVICE_FILE_LINES_H
#define SIGNET_SERVICE_FILE_LINES_H

#include "../../src/base/buf.h"
#include "../../src/base/cursor.h"

struct lines {
	slice rest;
	const char *path; /* only for what is told */
	struct buf *error;
	size_t most; /* octets of a line */
	uint64_t line; /* the number of the last one, from 1 */
	bool refused;
};

/* The next line that holds something other than a comment, at its first word.  False: there is none, or it is refused. */
bool lines_next(struct lines *l, struct cursor *ret);
/* The next word of a line; empty at its end, or where an octet stands that is none of a word. */
slice lines_word(struct cursor *c);
/* Always false.  `word` is what was found, escaped and cut; it may be empty. */
bool lines_refuse(struct lines *l, const char *why, slice word);

#endif
