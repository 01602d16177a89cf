/* SPDX-License-Identifier: Apache-2.0 */
/* Reading Authentication-Results (RFC 8601 2.2): a tokenizer with nested comments, quoted strings and folding.
 *
 * Nothing is ever searched for in the text: "dkim=pass" may stand in a comment, a reason or a quoted value that somebody
 * else wrote.  A field that breaks the grammar is no field at all, so whoever trusts it trusts nothing. */
#ifndef SIGNET_AUTHRES_READ_H
#define SIGNET_AUTHRES_READ_H

#include <signet/authres.h>

#include "../base/finding.h"

#define AUTHRES_OCTETS 65536 /* per field read; hostile fields grow (RFC 8601 7.8) */
#define AUTHRES_COMMENT_DEPTH 16 /* nested comments; nobody writes three */

/* Reads no more than [CFWS] authserv-id [CFWS version] up to the first ";" (or the end): the name a field goes by even
 * if the rest of it is broken.  False if there is no such name or the version is unknown. */
bool authres_read_id(slice value, enum signet_authres_mode mode, bool eai, struct signet_arena *a, slice *ret);

#endif
