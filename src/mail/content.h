/* SPDX-License-Identifier: Apache-2.0 */
/* Content-Type and its kin: a word, perhaps "/" and another, and parameters (RFC 2045 5.1, RFC 2231).
 *
 *     struct content content;
 *     if (content_parse(field->value, arena, &content)) boundary = content_param(&content, S("boundary"), arena);
 *
 * Reads what programs write: unquoted values with any octets but white space and ";", missing semicolons, comments. */
#ifndef SIGNET_MAIL_CONTENT_H
#define SIGNET_MAIL_CONTENT_H

#include "../base/arena.h"

struct content_param {
	slice name; /* lower case, with the "*" parts of RFC 2231 */
	slice value; /* without quotes; RFC 2231 encoding as written */
};

struct content {
	slice type; /* lower case: "text", "inline" */
	slice subtype; /* lower case; empty: none */
	const struct content_param *params;
	size_t n_params;
};

#define CONTENT_PARAMS_MAX 100 /* a cap of ours: further ones are dropped */

/* Reads the value of Content-Type or Content-Disposition.  False (and `*ret` untouched) if it does not begin with a
 * token, or if `a` is full. */
bool content_parse(slice value, struct signet_arena *a, struct content *ret);
/* The value of a parameter: the first of that name, or the pieces name*0, name*1... put together and decoded, without
 * charset and language (RFC 2231 3, 4).  Empty with at == NULL: absent. */
slice content_param(const struct content *content, slice name, struct signet_arena *a);
/* How often a plain parameter occurs: more than once means that programs differ on it. */
size_t content_count(const struct content *content, slice name);

#endif
