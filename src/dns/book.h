/* SPDX-License-Identifier: Apache-2.0 */
/* book: the answers known for one message, and the questions still open.
 *
 *     const struct signet_answer *ans;
 *     TRY(book_ask(b, domain, SIGNET_RR_TXT, &ans));   // PENDING travels up untouched
 *     if (signet_answer_is_error(ans)) ...
 *
 * Evaluations are run again from their start when answers have come, so they may ask in any order and need no state.
 * book_want() asks ahead, so that all questions of a message fly at once.  The book owns its memory: answers live until
 * the book is reset. */
#ifndef SIGNET_DNS_BOOK_H
#define SIGNET_DNS_BOOK_H

#include <signet/resolver.h>

#include "../base/slice.h"

/* The answer to (name, type): SIGNET_OK and `*ret`, or SIGNET_PENDING with the question noted.  `name` may be in any
 * case and may end in a dot.  A name no question can carry (RFC 1035 2.3.4) is answered NXDOMAIN at once; past the
 * book's cap the answer is SIGNET_DNS_BUDGET, which counts as transient trouble. */
enum signet_status book_ask(struct signet_book *b, slice name, enum signet_rrtype type,
                            const struct signet_answer **ret);
/* Notes the question without needing the answer now; within half of the cap only, so that wishes never use up what
 * evaluations need. */
void book_want(struct signet_book *b, slice name, enum signet_rrtype type);
/* The number of questions noted so far. */
size_t book_count(const struct signet_book *b);
/* True if some question was refused because of the cap. */
bool book_is_spent(const struct signet_book *b);

#endif
