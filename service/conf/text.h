/* SPDX-License-Identifier: Apache-2.0 */
/* text: the octets of a configuration before libConfuse sees them. */
#ifndef SIGNET_SERVICE_CONF_TEXT_H
#define SIGNET_SERVICE_CONF_TEXT_H

#include "../../src/base/buf.h"

#define TEXT_BYTES ((size_t)4 << 20)

/* False after a line in `error`: it cannot be read, is too large, or has a NUL octet. */
bool text_read(const char *path, struct buf *text, struct buf *error);
/* Puts blanks in the place of comments: libConfuse (3.3) counts the lines of a comment more than once, and an error in
 * the wrong line is worse than none.  Ends of lines stay. */
void text_blank_comments(char *text, size_t len);
/* Puts blanks in the place of the statement that begins with the word `name` in this line, its value or section with it, so
 * that what stands behind it can be read.  False: there is none, or it has no end. */
bool text_blank_statement(char *text, size_t len, size_t line, slice name);
/* The line of the outermost brace that nothing closes; 0: there is none.  libConfuse (3.3) takes the end of the file for the
 * end of a section. */
size_t text_find_open_brace(slice text);

#endif
