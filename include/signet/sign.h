/* SPDX-License-Identifier: Apache-2.0 */
/* Signing messages with DKIM (RFC 6376 5, 8301, 8463), as a stream and without keys.
 *
 *     struct signet_sign *sign = signet_sign_new(signet, &settings, signatures, n);
 *     while (read(chunk)) signet_sign_feed(sign, chunk);           // chunks of any size
 *     signet_sign_end(sign);
 *     while (signet_sign_next(sign, &request)) {                   // nothing, if the message is refused
 *             signet_privkey_sign(key_of(request.domain, request.selector), request.digest, octets, &n);
 *             signet_sign_answer(sign, request.index, slice_of(octets, n));
 *     }
 *     write(signet_sign_fields(sign)), write(the message as it was);
 *     signet_sign_free(sign);
 *
 * However many signatures there are, the body is read once; memory is bounded by the header, not by the body.  The signer
 * changes nothing in the message and never holds a key: whoever owns the loop answers from a key in the process
 * (<signet/privkey.h>), from another process or from a device, at once or later.
 *
 * A message that must not be signed (nobody in From, two of them, line ends that programs read in two ways...) is refused:
 * signet_sign_refused() is true, the findings say why, and there is nothing to ask or to write. */
#ifndef SIGNET_SIGN_H
#define SIGNET_SIGN_H

#include <signet/privkey.h>

#define SIGNET_SIGNATURES 16 /* of one message */

/* One signature that is wanted; zeroed but for domain and selector it is rsa-sha256 and relaxed/relaxed. */
struct signet_signature {
	signet_slice domain; /* d=, A-labels or U-labels; two labels or more */
	signet_slice selector; /* s= */
	enum signet_algorithm algorithm;
	bool header_simple; /* c=: else relaxed */
	bool body_simple;
	signet_slice identity; /* i=, [local-part] "@" domain at or below d=; empty: none is written */
};

enum signet_coverage {
	SIGNET_COVER_NOT, /* the field is not signed; From always is */
	SIGNET_COVER, /* every instance is */
	SIGNET_COVER_MORE, /* and h= names it once more, so that no instance can be added (RFC 6376 8.15) */
};

/* The default for a field. */
SIGNET_PUBLIC enum signet_coverage signet_coverage_usual(signet_slice name);

/* How a field is treated, whatever the default says. */
struct signet_coverage_rule {
	signet_slice name; /* of the field, in any case */
	enum signet_coverage coverage;
};

#define SIGNET_COVERAGE_RULES 128

/* What holds for all signatures; zeroed (with `now`) is the default.  Slices and arrays must outlive the signer. */
struct signet_sign_settings {
	int64_t now; /* t=, seconds since 1970 */
	int64_t expires_after_s; /* x= is t= and so much; 0: no x= */
	const struct signet_coverage_rule *rules;
	size_t n_rules;
	bool only_rules; /* the default list of fields is not used, only the rules (and From) */
	bool copy_fields; /* z=: a copy of the signed fields, for diagnosis */
	bool body_length; /* l=: whoever receives the message may append to it (RFC 6376 8.2) */
	bool foreign_author; /* From may be of a domain that is not at or below d= */
	bool eight_bit_path; /* every hop takes 8BITMIME and SMTPUTF8: 8-bit octets are worth no finding */
	size_t header_bytes; /* a longer header is refused; 0: 2 MiB */
};

/* Why nobody can sign with these: a sentence without full stop, for a person; NULL: they are good.  `*ret_index` is the
 * signature or, past `n`, n + the rule it is about; SIZE_MAX: the settings as a whole.  May be NULL. */
SIGNET_PUBLIC const char *signet_sign_fault(const struct signet_sign_settings *settings,
                                            const struct signet_signature signatures[], size_t n, size_t *ret_index);

/* Please sign this digest.  Texts live as long as the signer. */
struct signet_sign_request {
	size_t index; /* for the answer */
	signet_slice domain; /* d= in normal form (A-labels, lower case): whose key */
	signet_slice selector; /* s= in normal form */
	enum signet_algorithm algorithm;
	uint8_t digest[SIGNET_DIGEST_OCTETS];
};

struct signet_sign;

/* NULL if memory is short or signet_sign_fault() finds something.  `settings` and `signatures` are copied, the slices in
 * them are not. */
SIGNET_PUBLIC struct signet_sign *signet_sign_new(struct signet *signet, const struct signet_sign_settings *settings,
                                                  const struct signet_signature signatures[], size_t n);
/* Starts over with another message, keeping the memory.  SIGNET_MISUSE: signet_sign_fault() finds something. */
SIGNET_PUBLIC enum signet_status signet_sign_reset(struct signet_sign *sign,
                                                   const struct signet_sign_settings *settings,
                                                   const struct signet_signature signatures[], size_t n);
SIGNET_PUBLIC void signet_sign_free(struct signet_sign *sign);

/* Octets of the message as it will go over the wire: CRLF line ends, no dot-stuffing, after every change that will be made
 * to it (RFC 6376 5.3). */
SIGNET_PUBLIC enum signet_status signet_sign_feed(struct signet_sign *sign, signet_slice octets);
SIGNET_PUBLIC enum signet_status signet_sign_end(struct signet_sign *sign);
/* Known in part when the header is complete; for certain after signet_sign_end(). */
SIGNET_PUBLIC bool signet_sign_refused(const struct signet_sign *sign);

/* The next request nobody has been told of; false: there is none.  After signet_sign_end(). */
SIGNET_PUBLIC bool signet_sign_next(struct signet_sign *sign, struct signet_sign_request *ret);
/* The signature for a request; it is copied.  Empty: there will be none, that signature is left out and a finding says so.
 * SIGNET_MISUSE: no such request is open, or these octets are no signature of its algorithm. */
SIGNET_PUBLIC enum signet_status signet_sign_answer(struct signet_sign *sign, size_t index, signet_slice octets);
/* The fields to put above everything that is there (RFC 6376 5.6), each with its CRLF; lives as long as the signer.  RSA
 * stands above Ed25519: there are verifiers that look at the topmost signature only, and that do not know Ed25519.  Empty
 * while a request is open, or if there is nothing to write. */
SIGNET_PUBLIC signet_slice signet_sign_fields(struct signet_sign *sign);
/* Why it was refused, and what will break the signatures on the way. */
SIGNET_PUBLIC const struct signet_findings *signet_sign_findings(const struct signet_sign *sign);

#endif
