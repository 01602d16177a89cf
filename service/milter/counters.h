/* SPDX-License-Identifier: Apache-2.0 */
/* counters: what a worker thread counts; summed up when somebody asks (metrics.h).  Each is written by one thread and may be
 * read by another at any time. */
#ifndef SIGNET_SERVICE_MILTER_COUNTERS_H
#define SIGNET_SERVICE_MILTER_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/* The rows are the metrics: name, label, help. */
#define COUNTERS(X)                                                                                                    \
	X(connections, "signet_milter_connections_total", "", "Connections of mail servers.")                          \
	X(connections_refused, "signet_milter_connections_refused_total", "", "Connections beyond a cap.")             \
	X(connections_broken, "signet_milter_connections_broken_total", "",                                            \
	  "Connections that did not speak the protocol.")                                                              \
	X(messages, "signet_milter_messages_total", "", "Messages that were judged to their end.")                     \
	X(aborted, "signet_milter_aborted_total", "", "Messages that the mail server dropped.")                        \
	X(passed, "signet_milter_outcomes_total", "outcome=\"passed\"", "What became of the messages.")                \
	X(marked, "signet_milter_outcomes_total", "outcome=\"marked\"", "")                                            \
	X(held, "signet_milter_outcomes_total", "outcome=\"held\"", "")                                                \
	X(rejected, "signet_milter_outcomes_total", "outcome=\"rejected\"", "")                                        \
	X(deferred, "signet_milter_outcomes_total", "outcome=\"deferred\"", "")                                        \
	X(signed_mail, "signet_milter_outcomes_total", "outcome=\"signed\"", "")                                       \
	X(would_pass, "signet_milter_dry_run_total", "outcome=\"passed\"",                                             \
	  "Messages of dry runs, and what would have become of them.")                                                 \
	X(would_mark, "signet_milter_dry_run_total", "outcome=\"marked\"", "")                                         \
	X(would_hold, "signet_milter_dry_run_total", "outcome=\"held\"", "")                                           \
	X(would_reject, "signet_milter_dry_run_total", "outcome=\"rejected\"", "")                                     \
	X(would_defer, "signet_milter_dry_run_total", "outcome=\"deferred\"", "")                                      \
	X(would_sign, "signet_milter_dry_run_total", "outcome=\"signed\"", "")                                         \
	X(own_fault, "signet_milter_own_faults_total", "", "Messages met by a fault of ours.")                         \
	X(signatures_missing, "signet_milter_signatures_missing_total", "",                                            \
	  "Signatures and seals that could not be made.")                                                              \
	X(forged_fields, "signet_milter_forged_fields_total", "", "Fields removed because they claimed to be ours.")   \
	X(dns_questions, "signet_milter_dns_questions_total", "", "DNS questions of messages.")                        \
	X(dns_timeouts, "signet_milter_dns_timeouts_total", "", "... that got no answer in time.")                     \
	X(dns_troubles, "signet_milter_dns_troubles_total", "", "... that got an error.")                              \
	X(spool_failures, "signet_milter_spool_failures_total", "", "Verdicts that could not be kept.")                \
	X(replays, "signet_milter_replays_total", "", "Messages whose signature came too often.")

#define COUNTER_MEMBER(member, name, label, help) _Atomic uint64_t member;
struct counters {
	COUNTERS(COUNTER_MEMBER)
};
#undef COUNTER_MEMBER

/* By the one thread that owns them: no locked instruction is needed. */
static inline void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

#endif
