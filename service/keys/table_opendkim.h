/* SPDX-License-Identifier: Apache-2.0 */
/* table_opendkim: OpenDKIM's KeyTable and SigningTable, read as they are (opendkim.conf(5), opendkim(8) "DATA SETS").
 *
 * A data set is a text file ("file:PATH", "/PATH"), a file of patterns ("refile:PATH") or the pairs themselves ("csl:a=b,c=d",
 * or without any prefix).  Data bases, LDAP, Lua and the like are not read; the error says what to write instead.
 *
 * KeyTable:       NAME  DOMAIN:SELECTOR:PATH     "%" for the domain, and in the path, is the domain of From
 * SigningTable:   WHO   NAME[:IDENTITY]          "%" for the name, and in the identity, is the domain of From
 *
 * The SigningTable of file: and csl: is asked for user@host, host, then for each parent user@.parent and .parent (nearest
 * first), user@* and *.  Of a refile: the first line counts whose pattern is like the address; "*" stands for any octets,
 * case is ignored.  The first answer signs, or all of them if `multiple` (MultipleSignatures).
 *
 * What differs from OpenDKIM, each with an error or a note: a private key inside the KeyTable is not read; the characters
 * ? ( ) [ ] { } | ^ $ of a refile: pattern, which OpenDKIM takes for a regular expression, are not accepted; a d= that is no
 * parent of the From domain needs `third_party`.  Relative paths are below the folder of the KeyTable. */
#ifndef SIGNET_SERVICE_KEYS_TABLE_OPENDKIM_H
#define SIGNET_SERVICE_KEYS_TABLE_OPENDKIM_H

#include "table_build.h"

enum opendkim_set_kind {
	OPENDKIM_FILE,
	OPENDKIM_REFILE,
	OPENDKIM_LIST, /* the pairs themselves */
};

struct opendkim_set {
	enum opendkim_set_kind kind;
	slice rest; /* path or pairs */
};

/* Reads the value of a setting.  False after an error. */
bool opendkim_parse_set(slice value, struct opendkim_set *ret, const struct table_source *at);

/* Both read a text that lives as long as the table: what stands in the file, or the pairs of OPENDKIM_LIST.  The KeyTable
 * comes first. */
void opendkim_read_keys(struct table *t, enum opendkim_set_kind kind, slice text, slice folder, struct table_source at);

struct opendkim_rules {
	enum opendkim_set_kind kind;
	bool multiple;
	bool third_party;
};

void opendkim_read_rules(struct table *t, const struct opendkim_rules *how, slice text, struct table_source at);

#endif
