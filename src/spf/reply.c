/* SPDX-License-Identifier: Apache-2.0 */
/* What a receiver that acts on SPF alone answers (RFC 7208 8, RFC 7372 3.2). */
#include <signet/spf.h>

#include "../base/slice.h"

const char *signet_spf_reply(enum signet_spf_result result)
{
	if (RULE("7208:8.4", result == SIGNET_SPF_FAIL)) {
		return "550 5.7.23";
	}
	if (RULE("7208:8.6", result == SIGNET_SPF_TEMPERROR)) {
		return "451 4.7.24";
	}
	if (RULE("7208:8.7", result == SIGNET_SPF_PERMERROR)) {
		return "550 5.7.24";
	}
	return NULL; /* 8.5: softfail alone rejects nothing; 8.2: neutral is like none */
}
