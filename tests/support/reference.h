/* SPDX-License-Identifier: Apache-2.0 */
/* The canonicalisations of RFC 6376 3.4 once more, octet by octet as the text has them and as slow as can be: the yardstick
 * for the fast ones, and what the test signer signs. */
#ifndef SIGNET_TESTS_REFERENCE_H
#define SIGNET_TESTS_REFERENCE_H

#include "../../src/base/buf.h"

/* One field with or without its final CRLF; the result ends in CRLF. */
void reference_field(struct buf *b, bool relaxed, slice raw);
void reference_body(struct buf *b, bool relaxed, slice body);

#endif
