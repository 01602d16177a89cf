/* SPDX-License-Identifier: Apache-2.0 */
/* incoming: the verifying side of a message.  Octets go to the check as they come; its questions fly while the body still
 * comes; the last of them is waited for on the worker's loop.
 *
 *     incoming_begin(&in, &how, &settings, &envelope);
 *     incoming_header(&in, block);  incoming_body(&in, octets)...   incoming_end(&in);
 *     if (incoming_judge(&in) == SIGNET_PENDING) ... how.ready(how.data) is called from the loop; judge again ...
 *     incoming_diagnose(&in, message, is_whole);                    // why did it fail?
 *     signet_check_dossier(in.check)
 *     incoming_drop(&in);                                           // also in the middle
 *
 * The time for the DNS counts from the moment when nothing but the DNS is waited for. */
#ifndef SIGNET_SERVICE_MILTER_INCOMING_H
#define SIGNET_SERVICE_MILTER_INCOMING_H

#include <signet/check.h>
#include <signet/resolve.h>

struct incoming_how {
	struct signet_resolver *resolver;
	int64_t dns_ms; /* for all questions of the message */
	void (*ready)(void *data); /* from the loop: judge again */
	void *data;
};

struct incoming {
	struct signet_check *check; /* kept from message to message */
	struct incoming_how how;
	struct signet_fill *fill; /* NULL: nothing flies */
	int64_t deadline_ms; /* 0: not yet */
	bool is_open, is_ended;
	enum signet_status status; /* not OK: our own fault */
};

/* Once, for many messages.  False: memory is short. */
bool incoming_init(struct incoming *in, struct signet *signet, struct signet_resolver *resolver);
void incoming_finish(struct incoming *in);

void incoming_begin(struct incoming *in, const struct incoming_how *how, const struct signet_settings *settings,
                    const struct signet_envelope *envelope);
/* The whole header with its empty line; what is past the engine's cap counts as body. */
void incoming_header(struct incoming *in, signet_slice block);
void incoming_body(struct incoming *in, signet_slice octets);
void incoming_end(struct incoming *in);
/* SIGNET_OK: the dossier is there.  SIGNET_PENDING: `ready` is called.  Else: our own fault. */
enum signet_status incoming_judge(struct incoming *in);
/* `message` as fed, at least its header. */
void incoming_diagnose(struct incoming *in, signet_slice message, bool is_whole);
/* The message is over; what flies is given up. */
void incoming_drop(struct incoming *in);

#endif
