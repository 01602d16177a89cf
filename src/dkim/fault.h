/* SPDX-License-Identifier: Apache-2.0 */
/* fault: may these settings sign at all?  Shared by the signer and the sealer.
 *
 * Each returns NULL or a sentence without full stop, for a person. */
#ifndef SIGNET_DKIM_FAULT_H
#define SIGNET_DKIM_FAULT_H

#include <signet/sign.h>

#include "../base/arena.h"

/* d= and s= in normal form. */
struct sign_names {
	slice domain;
	slice selector;
};

const char *fault_of_names(slice domain, slice selector, struct signet_arena *a, struct sign_names *ret);
/* `*ret_index` is the rule it is about, or SIZE_MAX. */
const char *fault_of_rules(const struct signet_coverage_rule *rules, size_t n, size_t *ret_index);
bool fault_is_in_times(int64_t now, int64_t expires_after_s);

#endif
