/* SPDX-License-Identifier: Apache-2.0 */
/* latency: how long mail servers wait at the end of a message, as a histogram.  Written by one thread, read by any. */
#ifndef SIGNET_SERVICE_MILTER_LATENCY_H
#define SIGNET_SERVICE_MILTER_LATENCY_H

#include "counters.h"

/* Upper ends in microseconds, and how Prometheus writes them in seconds; what is above all of them is in the last bucket. */
#define LATENCY_BUCKETS(X)                                                                                             \
	X(250, "0.00025")                                                                                              \
	X(500, "0.0005")                                                                                               \
	X(1000, "0.001")                                                                                               \
	X(2500, "0.0025")                                                                                              \
	X(5000, "0.005")                                                                                               \
	X(10000, "0.01")                                                                                               \
	X(25000, "0.025")                                                                                              \
	X(50000, "0.05")                                                                                               \
	X(100000, "0.1")                                                                                               \
	X(250000, "0.25")                                                                                              \
	X(1000000, "1")                                                                                                \
	X(5000000, "5")                                                                                                \
	X(20000000, "20")

#define LATENCY_ONE(us, text) +1
#define LATENCY_N (0 LATENCY_BUCKETS(LATENCY_ONE) + 1)

struct latency {
	_Atomic uint64_t buckets[LATENCY_N]; /* each counts its own, not those below */
	_Atomic uint64_t sum_us;
};

static inline void latency_count(struct latency *l, uint64_t us)
{
#define LATENCY_END(end, text) end,
	static const uint64_t ends[] = { LATENCY_BUCKETS(LATENCY_END) };
#undef LATENCY_END
	size_t i = 0;
	while (i < LATENCY_N - 1 && us > ends[i]) {
		i++;
	}
	count(&l->buckets[i], 1);
	count(&l->sum_us, us);
}

#endif
