/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include <stdio.h>

static uint64_t value(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_add_counters(struct counters *into, const struct counters *of)
{
#define ADD(member, name, label, help) count(&into->member, value(&of->member));
	COUNTERS(ADD)
#undef ADD
}

void metrics_add_latency(struct latency *into, const struct latency *of)
{
	for (size_t i = 0; i < LATENCY_N; i++) {
		count(&into->buckets[i], value(&of->buckets[i]));
	}
	count(&into->sum_us, value(&of->sum_us));
}

/* Several rows of one name stand together, and the first of them has the help. */
static void put_head(struct buf *b, const char *name, const char *help, const char *type)
{
	if (*help) {
		buf_put_text(b, "# HELP ");
		buf_put_text(b, name);
		buf_put_char(b, ' ');
		buf_put_text(b, help);
		buf_put_text(b, "\n# TYPE ");
		buf_put_text(b, name);
		buf_put_char(b, ' ');
		buf_put_text(b, type);
		buf_put_char(b, '\n');
	}
}

static void put_sample(struct buf *b, const char *name, const char *label, uint64_t n)
{
	buf_put_text(b, name);
	if (*label) {
		buf_put_char(b, '{');
		buf_put_text(b, label);
		buf_put_char(b, '}');
	}
	buf_put_char(b, ' ');
	buf_put_number(b, n);
	buf_put_char(b, '\n');
}

static void put_one(struct buf *b, const char *name, const char *type, const char *help, uint64_t n)
{
	put_head(b, name, help, type);
	put_sample(b, name, "", n);
}

static void put_latency(struct buf *b, const struct latency *l)
{
#define TEXT(us, text) "le=\"" text "\"",
	static const char *const labels[] = { LATENCY_BUCKETS(TEXT) "le=\"+Inf\"" };
#undef TEXT
	char sum[80];
	uint64_t n = 0, us = value(&l->sum_us);
	put_head(b, "signet_milter_answer_seconds", "From the end of a message to its answer.", "histogram");
	for (size_t i = 0; i < LATENCY_N; i++) {
		n += value(&l->buckets[i]);
		put_sample(b, "signet_milter_answer_seconds_bucket", labels[i], n);
	}
	snprintf(sum, sizeof(sum), "signet_milter_answer_seconds_sum %llu.%06u\n", (unsigned long long)(us / 1000000),
	         (unsigned)(us % 1000000));
	buf_put_text(b, sum);
	put_sample(b, "signet_milter_answer_seconds_count", "", n);
}

void metrics_put(struct buf *b, const struct counters *counters, const struct latency *latency,
                 const struct metrics_now *now)
{
#define PUT(member, name, label, help)                                                                                 \
	put_head(b, name, help, "counter");                                                                            \
	put_sample(b, name, label, value(&counters->member));
	COUNTERS(PUT)
#undef PUT
	put_latency(b, latency);
	put_one(b, "signet_milter_connections", "gauge", "Connections of mail servers now.", now->connections);
	put_one(b, "signet_milter_workers", "gauge", "Threads that judge messages.", now->workers);
	put_one(b, "signet_milter_reloads_total", "counter", "Reloads of the configuration.", now->reloads);
	put_one(b, "signet_milter_reloads_failed_total", "counter", "... that kept the one of before.",
	        now->reloads_failed);
	put_one(b, "signet_milter_uptime_seconds", "gauge", "Since the start.", (uint64_t)now->uptime_s);
	put_one(b, "process_start_time_seconds", "gauge", "Start of the process since 1970.", (uint64_t)now->started_s);
	if (now->resident_bytes) {
		put_one(b, "process_resident_memory_bytes", "gauge", "Memory in use.", now->resident_bytes);
	}
}
