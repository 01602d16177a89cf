/* SPDX-License-Identifier: Apache-2.0 */
/* escape: text from outside, made safe for a terminal, a log and a person's eyes.
 *
 *     escape_put(&line, subject);                      // Hello \x1b[2J \u{202e}...
 *     size_t pad = 20 - escape_columns(subject);       // for a table
 *
 * The one escaper: whatever was written by somebody else passes it before it is shown.  Printable UTF-8 stays as it is.
 * Visible escapes stand for
 *   - controls: C0 with line ends and tabs, DEL, C1, and octets that are no UTF-8: what moves a cursor, rings, or forges
 *     a line of a log;
 *   - what turns or hides text: bidirectional controls (U+061C, U+200E, U+200F, U+202A-U+202E, U+2066-U+2069), line
 *     separators, zero-width and other invisible characters, tags, non-characters.
 * A backslash stays too, unless what follows it would read like an escape; so no two texts come out the same. */
#ifndef SIGNET_BASE_ESCAPE_H
#define SIGNET_BASE_ESCAPE_H

#include "buf.h"

/* Appends `text` with \xHH for an octet and \u{HEX} for a character that must not be shown. */
void escape_put(struct buf *b, slice text);
/* A character that escape_put() does not show as it is. */
bool escape_is_hidden(uint32_t c);
/* The columns of a terminal that escape_put(text) fills: wide characters (East Asian, emoji) two, combining marks none. */
size_t escape_columns(slice text);
/* The longest beginning of `text` whose escaped form fills at most `columns`; no character is cut in two. */
slice escape_fit(slice text, size_t columns);

#endif
