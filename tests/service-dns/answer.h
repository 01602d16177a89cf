/* SPDX-License-Identifier: Apache-2.0 */
/* answer: an answer as one line of text, to compare.
 *
 *     "noerror 300 aliased secure 10:mx.example.com 20:..."   names and TXT as they are, addresses as text, the rest in hex;
 * records in the order of their text, because a set has no order. */
#ifndef SIGNET_TESTS_SERVICE_DNS_ANSWER_H
#define SIGNET_TESTS_SERVICE_DNS_ANSWER_H

#include <signet/resolver.h>

#include "../../src/base/buf.h"

/* `with_ttl` false: a cache counts it down. */
void answer_put(struct buf *b, enum signet_rrtype type, const struct signet_answer *ans, bool with_ttl);
/* "TXT" -> SIGNET_RR_TXT; aborts on others than the types of resolver.h. */
enum signet_rrtype answer_type(const char *name);

#endif
