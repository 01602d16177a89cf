/* SPDX-License-Identifier: Apache-2.0 */
/* Zones for tests: text or JSON in, answers for a book out.
 *
 *     struct zone *z = zone_of_text("example.com TXT v=spf1 a -all\n"
 *                                   "example.com A 192.0.2.1\n"
 *                                   "bad.example SERVFAIL\n"          // every type
 *                                   "bad.example TXT !TIMEOUT\n");    // one type
 *     while ((status = evaluate(book)) == SIGNET_PENDING) zone_answer_all(z, book);
 *
 * Text: NAME TYPE DATA, one record a line, DATA up to the end of the line; MX data is "10 name".  CNAME is followed;
 * "*.name" is a wildcard; "*" answers for every other name; a name with names below it exists; a name that is absent is
 * NXDOMAIN.  JSON: the zone format of tests/vectors. */
#ifndef SIGNET_TESTS_ZONE_H
#define SIGNET_TESTS_ZONE_H

#include <jansson.h>

#include <signet/resolver.h>

struct zone;

/* Aborts on a text it cannot read: a test's zone is the test's own. */
struct zone *zone_of_text(const char *text);
/* `zone` is an object name -> types.  More than one may be added, later names replace earlier ones. */
struct zone *zone_of_json(const json_t *zone);
void zone_add_json(struct zone *z, const json_t *zone);
void zone_free(struct zone *z);

/* The answer; its memory is the zone's and lives until zone_free. */
struct signet_answer zone_lookup(struct zone *z, const struct signet_question *q);
/* Answers every question handed out now; returns how many. */
size_t zone_answer_all(struct zone *z, struct signet_book *book);
/* Makes the zone the book's source: its answers are at hand.  One question in `gaps` is not (0: all are). */
void zone_attach(struct zone *z, struct signet_book *book, unsigned gaps);
/* Answers `n` of the open questions chosen by `seed`, any order; the rest stays open for a later call. */
size_t zone_answer_some(struct zone *z, struct signet_book *book, size_t n, unsigned seed);

#endif
