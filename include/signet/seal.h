/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing messages with ARC (RFC 8617 5.1): one more set of fields on a message that is handed on, as a stream and without
 * keys, like <signet/sign.h>.
 *
 *     struct signet_seal *seal = signet_seal_new(signet, &settings);
 *     while (read(chunk)) {
 *             signet_check_feed(check, chunk);        // the message as it came
 *             signet_seal_feed(seal, chunk);          // the message as it goes: here they are the same
 *     }
 *     ... step the check to its dossier, write its results: signet_authres_from(), signet_authres_write() ...
 *     signet_seal_end(seal, dossier->arc.result, results);
 *     while (signet_seal_next(seal, &request)) {      // two requests, the second after the answer to the first
 *             signet_seal_answer(seal, request.index, signature over request.digest);
 *     }
 *     write(signet_seal_fields(seal)), write(the message as it goes);
 *
 * A chain that a seal in it calls failed is never continued: then there is nothing to ask and nothing to write, and the
 * message goes on as it is.  A chain that fails here gets a last set with cv=fail, which covers itself only (5.1.2). */
#ifndef SIGNET_SEAL_H
#define SIGNET_SEAL_H

#include <signet/arc.h>
#include <signet/sign.h>

/* Zeroed but for now, domain and selector it is rsa-sha256 and the default fields. */
struct signet_seal_settings {
	int64_t now; /* t=, seconds since 1970 */
	signet_slice domain; /* d= of seal and message signature */
	signet_slice selector; /* s= */
	enum signet_algorithm algorithm;
	const struct signet_coverage_rule
		*rules; /* as for signatures; DKIM-Signature fields are covered as well (5.1.1) */
	size_t n_rules;
	bool only_rules;
	bool eight_bit_path; /* every hop takes 8BITMIME and SMTPUTF8: 8-bit octets are worth no finding */
	size_t header_bytes; /* a longer header is refused; 0: 2 MiB */
};

/* Why nobody can seal with these: a sentence without full stop, for a person; NULL: they are good. */
SIGNET_PUBLIC const char *signet_seal_fault(const struct signet_seal_settings *settings);

struct signet_seal;

/* NULL if memory is short or signet_seal_fault() finds something.  `settings` are copied, the slices in them are not. */
SIGNET_PUBLIC struct signet_seal *signet_seal_new(struct signet *signet, const struct signet_seal_settings *settings);
/* Starts over with another message, keeping the memory.  SIGNET_MISUSE: signet_seal_fault() finds something. */
SIGNET_PUBLIC enum signet_status signet_seal_reset(struct signet_seal *seal,
                                                   const struct signet_seal_settings *settings);
SIGNET_PUBLIC void signet_seal_free(struct signet_seal *seal);

/* Octets of the message as it will go over the wire, after every change, own DKIM signatures included (5.1 step 1). */
SIGNET_PUBLIC enum signet_status signet_seal_feed(struct signet_seal *seal, signet_slice octets);
/* `cv`: what validating THIS message on its arrival said, and nothing else.  `results`: the value of an
 * Authentication-Results field (authserv-id and all), folded or not, with what was found out here.  SIGNET_MISUSE:
 * `results` is empty or would end the field. */
SIGNET_PUBLIC enum signet_status signet_seal_end(struct signet_seal *seal, enum signet_arc_result cv,
                                                 signet_slice results);
/* The message must not be sealed; the findings say why. */
SIGNET_PUBLIC bool signet_seal_refused(const struct signet_seal *seal);

/* As in <signet/sign.h>.  Request 0 is for the message signature, request 1 for the seal. */
SIGNET_PUBLIC bool signet_seal_next(struct signet_seal *seal, struct signet_sign_request *ret);
SIGNET_PUBLIC enum signet_status signet_seal_answer(struct signet_seal *seal, size_t index, signet_slice octets);
/* ARC-Seal, ARC-Message-Signature and ARC-Authentication-Results, each with its CRLF, to stand above everything; lives as
 * long as the sealer.  Empty while a request is open, or if there is nothing to write. */
SIGNET_PUBLIC signet_slice signet_seal_fields(struct signet_seal *seal);
SIGNET_PUBLIC const struct signet_findings *signet_seal_findings(const struct signet_seal *seal);

#endif
