/* SPDX-License-Identifier: Apache-2.0 */
/* table_text: tables as plain files.
 *
 * Keys, one a line:
 *     # who           selector  key                        words
 *     example.com     s2026a    /etc/signet/example.pem
 *     example.com     ed2026a   store                      a=ed25519-sha256
 *     .example.com    s2026a    keys/example.pem           d=%
 *     joe@example.org s1        signer
 *     example.net:s1:/etc/signet/net.pem
 * "who" is a rule of table.h; "*" for the selector leaves it to the key store.  The key is a path, "store" or "signer";
 * relative paths are below the folder of the file, "%" in one is the domain of From.  Words: d=DOMAIN or d=% (table.h),
 * a=ALGORITHM, third-party.  Three values with colons between them, as in the lines of OpenDKIM's KeyTable, are read too, with
 * or without the name before them.
 *
 * Bindings, one a line:
 *     login:joe@example.com    example.com .example.com
 *     login:@example.org       %
 *     client:192.0.2.0/24      example.net
 *
 * White space separates; "#" at the beginning of a word begins a comment; CRLF is a line end too.  Lines have at most
 * TABLE_LINE_OCTETS octets, texts TABLE_TEXT_BYTES.  A line that is wrong is told and left out. */
#ifndef SIGNET_SERVICE_KEYS_TABLE_TEXT_H
#define SIGNET_SERVICE_KEYS_TABLE_TEXT_H

#include "table_build.h"

#define TABLE_LINE_OCTETS ((size_t)8192) /* a cap of ours: a path of 4096 and names */
#define TABLE_TEXT_BYTES ((size_t)256 << 20) /* a cap of ours: a million lines of usual length and more */

/* The lines of a text: without line end and comments, without the byte order mark before the first one. */
struct table_lines {
	slice rest;
	struct table_source at; /* its line is the one read last */
	bool hash_anywhere; /* "#" begins a comment wherever it stands, as in OpenDKIM's files */
};

/* The next line that holds something, trimmed.  False at the end.  Lines that are too long or hold a NUL are told. */
bool table_next_line(struct table_lines *lines, slice *ret);
/* The next word of `*rest`; empty at its end. */
slice table_next_word(slice *rest);

/* Both read a text that lives as long as the table (table_keep).  `folder`: what relative paths are relative to. */
void table_read_keys(struct table *t, slice text, slice folder, struct table_source at);
void table_read_bindings(struct table *t, slice text, struct table_source at);

#endif
