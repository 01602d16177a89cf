/* SPDX-License-Identifier: Apache-2.0 */
/* metrics: the numbers of a role as Prometheus reads them (text format 0.0.4). */
#ifndef SIGNET_SERVICE_MILTER_METRICS_H
#define SIGNET_SERVICE_MILTER_METRICS_H

#include "../../src/base/buf.h"
#include "latency.h"

#define METRICS_OCTETS ((size_t)64 << 10) /* more than all of them take */

/* What is not counted, but is so now. */
struct metrics_now {
	size_t connections, workers;
	int64_t started_s; /* since 1970 */
	int64_t uptime_s;
	uint64_t resident_bytes; /* 0: not known */
	uint64_t reloads, reloads_failed;
};

/* Adds those of one thread to the sum; `into` is used by nobody else. */
void metrics_add_counters(struct counters *into, const struct counters *of);
void metrics_add_latency(struct latency *into, const struct latency *of);

void metrics_put(struct buf *b, const struct counters *counters, const struct latency *latency,
                 const struct metrics_now *now);

#endif
