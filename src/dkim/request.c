/* SPDX-License-Identifier: Apache-2.0 */
#include "request.h"

#include "../crypto/pubkey.h"

#define BITS_TAKEN 4096 /* RFC 8301 3.2: by every verifier */

bool request_next(struct request at[], size_t n, struct signet_sign_request *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i].state == REQUEST_OPEN) {
			at[i].state = REQUEST_TOLD;
			*ret = at[i].what;
			return true;
		}
	}
	return false;
}

/* RSA of 1024 bits (RFC 8301 3.2) up to the largest we read; Ed25519 always has the same length. */
static bool is_length(enum signet_algorithm algorithm, size_t octets)
{
	if (algorithm == SIGNET_ED25519_SHA256) {
		return octets == ED25519_SIGNATURE_OCTETS;
	}
	return octets >= SIGNET_PRIVKEY_BITS_MIN / 8 && octets <= SIGNET_SIGNATURE_OCTETS;
}

enum signet_status request_answer(struct request at[], size_t n, size_t index, slice octets, struct signet_arena *a)
{
	if (index >= n || (at[index].state != REQUEST_TOLD && at[index].state != REQUEST_OPEN)) {
		return SIGNET_MISUSE;
	}
	if (octets.len == 0) {
		at[index].state = REQUEST_GIVEN_UP;
		return SIGNET_OK;
	}
	if (!is_length(at[index].what.algorithm, octets.len)) {
		return SIGNET_MISUSE;
	}
	at[index].signature = arena_copy(a, octets);
	at[index].state = REQUEST_ANSWERED;
	return at[index].signature.at ? SIGNET_OK : SIGNET_NO_MEMORY;
}

void request_note(const struct request *request, struct signet_findings *notes)
{
	const struct signet_sign_request *what = &request->what;
	size_t bits = request->signature.len * 8; /* an RSA signature is as long as its modulus */
	if (request->state == REQUEST_GIVEN_UP) {
		note_with(notes, F_SIGN_NO_ANSWER, (slice) { 0 }, 0, TEXT(what->domain), TEXT(what->selector));
	} else if (RULE("8301:3.2", what->algorithm == SIGNET_RSA_SHA256 && bits < 2048)) {
		note_with(notes, F_SIGN_KEY_WEAK, (slice) { 0 }, 0, NUMBER(bits), TEXT(what->selector));
	} else if (RULE("8301:3.2", what->algorithm == SIGNET_RSA_SHA256 && bits > BITS_TAKEN)) {
		note_with(notes, F_SIGN_KEY_LONG, (slice) { 0 }, 0, NUMBER(bits), TEXT(what->selector));
	}
}

bool request_all_done(const struct request at[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (at[i].state != REQUEST_ANSWERED && at[i].state != REQUEST_GIVEN_UP) {
			return false;
		}
	}
	return true;
}
