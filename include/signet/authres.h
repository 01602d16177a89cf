/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication-Results (RFC 8601) and Received-SPF (RFC 7208 9.1): the model, the reader, the writers, and whom to
 * believe.
 *
 *     signet_authres_from(dossier, S("mx.example.net"), arena, &model);     // what we found out ...
 *     value = signet_authres_write(&model, NULL, arena);                    // ... as a field of our own
 *
 * The fields of other hosts are text that anybody may have written: whoever uses them asks signet_authres_merged(), and
 * a border relay removes those for which signet_authres_is_forged() says so, before it adds its own. */
#ifndef SIGNET_AUTHRES_H
#define SIGNET_AUTHRES_H

#include <signet/types.h>

struct signet_check;
struct signet_dossier;
struct signet_envelope;
struct signet_spf;

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
 * same model, without the comments.  What no header field may hold (controls, octets that are no UTF-8) becomes "?", a
 * comment is cut at 256 octets.  `style` may be NULL.  Empty slice if memory is short, a method, result, ptype or property
 * is no Keyword of RFC 8601 2.2, the text would pass 16 KiB or a single word a line of 998 octets. */
SIGNET_PUBLIC signet_slice signet_authres_write(const struct signet_authres *model, const struct signet_authres_style *style,
						struct signet_arena *arena);

/* What a dossier found out, as a model: every method that was evaluated has its results (dkim=none if there is no
 * signature), each signature its own, those that pass first (RFC 8601 2.7, RFC 6008).  Only identifiers that were really
 * checked are named: of MAIL FROM the domain.  Texts live in `arena` and in the dossier.  SIGNET_NO_MEMORY leaves `*ret`
 * untouched. */
SIGNET_PUBLIC enum signet_status signet_authres_from(const struct signet_dossier *dossier, signet_slice authserv_id,
						     struct signet_arena *arena, struct signet_authres *ret);

/* The value of a Received-SPF field (RFC 7208 9.1), folded, with what another host needs to evaluate again: client-ip,
 * envelope-from, helo.  `receiver`: our host name.  Empty slice if memory is short. */
SIGNET_PUBLIC signet_slice signet_received_spf_write(const struct signet_spf *spf, const struct signet_envelope *envelope,
						     signet_slice receiver, struct signet_arena *arena);

/* True if `authserv_id` is one of `ids`: ASCII case is ignored and U-labels equal their A-labels.  An id "@example.com"
 * stands for that domain and all below it.  The empty authserv-id matches only an empty id in the list. */
SIGNET_PUBLIC bool signet_authres_id_matches(signet_slice authserv_id, const signet_slice *ids, size_t n_ids);

/* One value out of all Authentication-Results fields that may be believed, for a sealer (RFC 8617 4.1.1): those whose
 * authserv-id is one of `ids` and that stand above the first Received field that is not written by one of our own hosts
 * (settings.trusted_nets of the check).  Results stand in it as written, in order of appearance; none: "ID; none".  The
 * header must have been fed to `check`.  The id is that of the topmost such field, else ids[0].  SIGNET_LIMIT: more than 16
 * KiB.  SIGNET_MISUSE: no id. */
SIGNET_PUBLIC enum signet_status signet_authres_merged(const struct signet_check *check, const signet_slice ids[],
						       size_t n_ids, struct signet_arena *arena, signet_slice *ret);

/* How many fields signet_authres_merged() takes results from.  0: there is none to believe, and its value says "none". */
SIGNET_PUBLIC enum signet_status signet_authres_count(const struct signet_check *check, const signet_slice ids[],
						      size_t n_ids, struct signet_arena *arena, size_t *ret);

/* Must a border relay remove this field of a message from outside (RFC 8601 5)?  True if it claims to be one of ours (also as
 * "id/job"), or cannot be read for certain (broken grammar, an authserv-id that is no token, unknown version), because another
 * reader may take it for ours. */
SIGNET_PUBLIC bool signet_authres_is_forged(signet_slice value, const signet_slice *own_ids, size_t n_own_ids);

#endif
