/* SPDX-License-Identifier: Apache-2.0 */
/* libsignet-resolve: answers the questions of a book, from zone files or from the DNS.
 *
 *     char error[SIGNET_RESOLVE_ERROR];
 *     struct signet_resolver *r = signet_resolver_new(&(struct signet_resolver_options){ 0 }, error, sizeof(error));
 *     int64_t deadline = signet_resolver_clock_ms() + 20000;
 *     while ((status = signet_spf_eval(&query, book, arena, &spf)) == SIGNET_PENDING) {
 *             signet_resolver_fill(r, book, deadline);
 *     }
 *     signet_resolver_free(r);
 *
 * libsignet itself knows no socket; this is its companion for programs that have no resolver of their own.  Below it are
 * libunbound (a validating resolver with a cache, in a thread of its own, which begins with the first question), libevent and
 * ldns.
 *
 * A resolver belongs to one thread and is made after fork().  Zones are read-only once loaded: load them once, give them
 * to as many resolvers as there are threads.
 *
 * DNSSEC validation with libunbound older than 1.17.1-2+deb12u4 (Debian) or 1.19.1 can be brought to a stand by hostile
 * zones (KeyTrap, CVE-2023-50387, CVE-2023-50868); which Debian patch is installed cannot be seen at run time. */
#ifndef SIGNET_RESOLVE_H
#define SIGNET_RESOLVE_H

#include <signet/resolver.h>

#define SIGNET_RESOLVE_ERROR 512 /* enough for every error text, with its final NUL */

/* ---- Zone files: the DNS of a test, or of a zone not yet published ----
 *
 * RFC 1035 5 master files with $ORIGIN and $TTL (not $INCLUDE or $GENERATE); class IN.  Names are absolute if they end in a
 * dot or no $ORIGIN was given.  Without $TTL a record lives 3600 s.  Two comments are orders:
 *
 *     ;!timeout NAME [TYPE]      questions for NAME (of this type, or all) get no answer in time
 *     ;!servfail NAME [TYPE]     ... are answered SERVFAIL
 *
 * All files together answer like one authoritative server: letter case does not matter; a name with names below it
 * exists; "*" owners are wildcards (RFC 4592); CNAMEs and DNAMEs are followed, 16 at most (a loop is SERVFAIL); what is
 * absent is NXDOMAIN.  NS records are data: there are no delegations.  Nothing is validated: no answer is secure. */
struct signet_zones;

/* Reads all files.  NULL: `error` says why, "FILE:LINE: text". */
SIGNET_PUBLIC struct signet_zones *signet_zones_load(const char *const files[], size_t n, char *error,
                                                     size_t error_size);
/* The same from memory; `name` stands for the file in errors. */
SIGNET_PUBLIC struct signet_zones *signet_zones_parse(signet_slice text, const char *name, char *error,
                                                      size_t error_size);
SIGNET_PUBLIC void signet_zones_free(struct signet_zones *zones);
/* The number of records loaded. */
SIGNET_PUBLIC size_t signet_zones_records(const struct signet_zones *zones);
/* The answer; its records live in the zones.  Allocates nothing; safe from many threads. */
SIGNET_PUBLIC struct signet_answer signet_zones_lookup(const struct signet_zones *zones,
                                                       const struct signet_question *question);

/* ---- Resolvers ---- */

#define SIGNET_QUESTION_MS 5000 /* default patience for one question */

struct event_base; /* libevent's */

/* Zeroed is the default.  Texts are needed during signet_resolver_new() only. */
struct signet_resolver_options {
	const struct signet_zones *zones; /* all answers come from here and the network is never asked; must outlive
					   * the resolver */
	const char *forward; /* the server to ask, "ADDRESS" or "ADDRESS@PORT".  NULL: those of `resolv_conf`; if it
				   * names none, or is missing, full recursion from the root */
	const char *resolv_conf; /* NULL: /etc/resolv.conf */
	const char *trust_anchor; /* file with DS or DNSKEY records: answers are validated, what fails is BOGUS.  "": no
				   * validation.  NULL: the root key of the package dns-root-data, if it is there; then
				   * bogus answers are BOGUS in full recursion only: many forwarders strip
				   * signatures, and their answers pass as not secure */
	unsigned question_ms; /* patience for one question; 0: SIGNET_QUESTION_MS */
	struct event_base *base; /* the caller's loop; NULL: an own one, then only signet_resolver_fill() may be used */
};

struct signet_resolver;

/* NULL: `error` says why. */
SIGNET_PUBLIC struct signet_resolver *signet_resolver_new(const struct signet_resolver_options *options, char *error,
                                                          size_t error_size);
/* Questions in flight are dropped, their callbacks not called.  Accepts NULL. */
SIGNET_PUBLIC void signet_resolver_free(struct signet_resolver *resolver);

/* From now on what the resolver has at hand is in the book as soon as it is asked for (signet_book_set_source()): all
 * that its zones hold, or each answer it got from the DNS before, as long as its TTL says.  What is not at hand waits for
 * signet_resolver_fill() as before.  The book must not be asked once the resolver is freed. */
SIGNET_PUBLIC void signet_resolver_attach(struct signet_resolver *resolver, struct signet_book *book);

/* Milliseconds of the monotonic clock, for deadlines. */
SIGNET_PUBLIC int64_t signet_resolver_clock_ms(void);

/* Answers every open question of the book and returns when none is left.  Each question has its own timer (TIMEOUT);
 * at `deadline_ms` (by signet_resolver_clock_ms(), 0: none) all that is open expires.  SIGNET_OK: the book has no open
 * question.  SIGNET_MISUSE: the loop is the caller's.  SIGNET_NO_MEMORY, SIGNET_IO (the loop broke): questions may be
 * open; signet_book_expire() them. */
SIGNET_PUBLIC enum signet_status signet_resolver_fill(struct signet_resolver *resolver, struct signet_book *book,
                                                      int64_t deadline_ms);

/* The same for a caller with a loop.  SIGNET_OK: all was answered at once, `done` will not be called and `*ret` is NULL.
 * SIGNET_PENDING: `done` is called once, later, from the loop, when no question is open; `*ret` can be cancelled until
 * then.  The book must not be reset or freed in between; questions noted in between are asked as well. */
struct signet_fill;
typedef void signet_fill_done(void *data);
SIGNET_PUBLIC enum signet_status signet_resolver_start(struct signet_resolver *resolver, struct signet_book *book,
                                                       int64_t deadline_ms, signet_fill_done *done, void *data,
                                                       struct signet_fill **ret);
/* Another deadline for a fill that was started, as signet_resolver_start() takes it. */
SIGNET_PUBLIC void signet_fill_set_deadline(struct signet_fill *fill, int64_t deadline_ms);
/* Gives the questions up; `done` is not called.  What is open stays open. */
SIGNET_PUBLIC void signet_fill_cancel(struct signet_fill *fill);

#endif
