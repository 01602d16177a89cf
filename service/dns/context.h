/* SPDX-License-Identifier: Apache-2.0 */
/* context: a libunbound context on an event base, set up as our options say. */
#ifndef SIGNET_SERVICE_DNS_CONTEXT_H
#define SIGNET_SERVICE_DNS_CONTEXT_H

#include <signet/resolve.h>

struct ub_ctx;

/* NULL: `error` says why.  Ends with ub_ctx_delete(), before the base is freed. */
struct ub_ctx *context_new(const struct signet_resolver_options *options, struct event_base *base, char *error,
                           size_t error_size);

#endif
