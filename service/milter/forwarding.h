/* SPDX-License-Identifier: Apache-2.0 */
/* forwarding: a station of a message that was judged: what it says of who handed it over is remembered, and it is asked whether
 * that is a forwarder seen before (service/policy/forwarders.h has the rule). */
#ifndef SIGNET_SERVICE_MILTER_FORWARDING_H
#define SIGNET_SERVICE_MILTER_FORWARDING_H

#include <stdbool.h>

struct message;

/* True: the message fails, and a seen forwarder, whose name the mail server has confirmed now, handed it over; then a reject
 * because of the published policy alone is to become a quarantine.  Once for each message, after it was judged. */
bool forwarding_look(const struct message *m);

#endif
