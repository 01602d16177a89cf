/* SPDX-License-Identifier: Apache-2.0 */
/* doubts: what a configuration says that can be used, and that is probably not what its writer wants. */
#ifndef SIGNET_SERVICE_POLICY_DOUBTS_H
#define SIGNET_SERVICE_POLICY_DOUBTS_H

#include "../../src/base/buf.h"

struct conf;

/* A line for each ("PATH:LINE: what"), in the order in which they are looked for; looks at no file. */
void doubts_find(const struct conf *conf, const char *path, struct buf *to);

#endif
