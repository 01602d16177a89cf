/* SPDX-License-Identifier: Apache-2.0 */
/* context: a libunbound context with a thread of its own, which begins with the first question, set up as our options say. */
#ifndef SIGNET_SERVICE_DNS_CONTEXT_H
#define SIGNET_SERVICE_DNS_CONTEXT_H

#include <signet/resolve.h>

struct ub_ctx;

/* NULL: `error` says why.  Ends with ub_ctx_delete(). */
struct ub_ctx *context_new(const struct signet_resolver_options *options, char *error, size_t error_size);

#endif
