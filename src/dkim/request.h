/* SPDX-License-Identifier: Apache-2.0 */
/* request: what a signer asks for and has got (<signet/sign.h>), for DKIM and ARC alike. */
#ifndef SIGNET_DKIM_REQUEST_H
#define SIGNET_DKIM_REQUEST_H

#include <signet/sign.h>

#include "../base/finding.h"

enum request_state {
	REQUEST_NOT_YET, /* its digest is not known */
	REQUEST_OPEN,
	REQUEST_TOLD, /* somebody is at it */
	REQUEST_ANSWERED,
	REQUEST_GIVEN_UP,
};

struct request {
	struct signet_sign_request what;
	enum request_state state;
	slice signature; /* if answered; lives in the arena */
};

/* The next open one, which is then told. */
bool request_next(struct request at[], size_t n, struct signet_sign_request *ret);
/* Copies the answer into `a`. */
enum signet_status request_answer(struct request at[], size_t n, size_t index, slice octets, struct signet_arena *a);
/* Notes a signature that is left out, or made with a key that is too short or too long for some. */
void request_note(const struct request *request, struct signet_findings *notes);
/* Nobody waits for any of them any more. */
bool request_all_done(const struct request at[], size_t n);

#endif
