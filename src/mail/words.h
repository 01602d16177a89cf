/* SPDX-License-Identifier: Apache-2.0 */
/* Encoded-words (RFC 2047) as text for people.
 *
 *     slice subject = words_decode(header_unfold(field->value, arena), arena);
 *
 * For display only: nothing that decides may read decoded text, because RFC 2047 6.2 has fields parsed before words are
 * decoded.  Reads what mail programs read: words that touch other text, stand in quotes, are too long, or were folded in
 * the middle.  A word of an unknown charset or with a broken encoding stays as it is written. */
#ifndef SIGNET_MAIL_WORDS_H
#define SIGNET_MAIL_WORDS_H

#include "../base/arena.h"

/* True if the text holds what looks like the start of an encoded-word. */
bool words_has(slice text);

/* The text with its encoded-words decoded: always valid UTF-8 (octets that are not become U+FFFD), at most three times as
 * long as `text`.  White space between two encoded-words is dropped (RFC 2047 6.2), a language tag ignored (RFC 2231 5).
 * Charsets: UTF-8, US-ASCII, ISO-8859-1, ISO-8859-15, Windows-1252.  Control characters that come out of a word are kept:
 * whoever shows the text escapes them.  Lives in `a`, or is `text`; the empty slice if `a` is full. */
slice words_decode(slice text, struct signet_arena *a);

#endif
