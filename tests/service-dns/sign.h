/* SPDX-License-Identifier: Apache-2.0 */
/* sign: a zone signed with a key made for the test. */
#ifndef SIGNET_TESTS_SERVICE_DNS_SIGN_H
#define SIGNET_TESTS_SERVICE_DNS_SIGN_H

/* Signs `text` (a zone file of `origin`) with a new ECDSA key and NSEC.  Both results are malloc'ed: the signed zone, and the
 * DNSKEY record as trust anchor.  Aborts if that cannot be done. */
void sign_zone(const char *text, const char *origin, char **ret_signed, char **ret_anchor);

#endif
