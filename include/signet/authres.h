/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication-Results (RFC 8601): the model, the reader, the writer. */
#ifndef SIGNET_AUTHRES_H
#define SIGNET_AUTHRES_H

#include <signet/types.h>

#define SIGNET_AUTHRES_RESULTS 256 /* per field */
#define SIGNET_AUTHRES_PROPS 32    /* per result */

struct signet_authres_prop {
	signet_slice ptype;    /* lower case; empty: a property without ptype (lenient reading only) */
	signet_slice property; /* lower case */
	signet_slice value;    /* unquoted */
};

struct signet_authres_result {
	signet_slice method;   /* lower case */
	unsigned method_version; /* 1 if absent */
	signet_slice result;   /* lower case */
	signet_slice reason;   /* unquoted; empty: none */
	signet_slice comment;  /* written after the result; readers drop comments */
	const struct signet_authres_prop *props;
	size_t n_props;
};

struct signet_authres {
	signet_slice authserv_id; /* unquoted, as written; empty: missing (then the field is trusted by nobody) */
	unsigned version;         /* 1 if absent */
	const struct signet_authres_result *results; /* none: "; none" */
	size_t n_results;
};

enum signet_authres_mode {
	SIGNET_AUTHRES_STRICT,  /* the grammar of RFC 8601 2.2 */
	SIGNET_AUTHRES_LENIENT, /* with the deviations of real servers: trailing ";", "/" in values, no authserv-id,
				 * properties without ptype */
};

/* Reads the value of a field (what follows the colon, folded or not).  False if it is no such field: then `*ret` is
 * untouched and the findings say where it broke.  Texts live in `arena` or in `value`.  `eai`: UTF-8 is allowed. */
SIGNET_PUBLIC bool signet_authres_read(signet_slice value, enum signet_authres_mode mode, bool eai,
				       struct signet_arena *arena, struct signet_findings *findings,
				       struct signet_authres *ret);

struct signet_authres_style {
	bool no_comments;
	size_t line_length; /* 0: 78 */
};

/* Writes a field value folded with CRLF and HTAB, every value encoded as the grammar needs it: reading it back gives the
 * same model.  Empty slice if memory is short or the text would pass 16 KiB. */
SIGNET_PUBLIC signet_slice signet_authres_write(const struct signet_authres *model, const struct signet_authres_style *style,
						struct signet_arena *arena);

#endif
