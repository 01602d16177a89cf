/* SPDX-License-Identifier: Apache-2.0 */
/* The row runner: a test is a table, a row is a clause, a sentence and data.
 *
 *     int main(void)
 *     {
 *             for (size_t i = 0; i < N; i++) {
 *                     row_text(rows[i].clause, rows[i].what, got, rows[i].want);
 *             }
 *             return rows_end();
 *     }
 *
 * Prints TAP.  Each line is "ok N - clause: sentence", a failure adds ": got X, want Y".  clause is "RFC:section", for
 * example "7208:4.6.4"; "-" where no standard speaks.  Rows about a case of tests/vectors say so
 * (rows_case): tools/vectors counts agreement by it. */
#ifndef SIGNET_TESTS_ROWS_H
#define SIGNET_TESTS_ROWS_H

#include "../../src/base/slice.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Each returns whether the row passed. */
bool row_bool(const char *clause, const char *what, bool got, bool want);
bool row_number(const char *clause, const char *what, int64_t got, int64_t want);
bool row_text(const char *clause, const char *what, slice got, const char *want);
bool row_slice(const char *clause, const char *what, slice got, slice want);
/* Printed as a TAP skip. */
void row_skip(const char *clause, const char *what, const char *why);
/* A case whose expected value is disputed: shown, never counted as a failure. */
void row_contested(const char *clause, const char *what, bool agrees, const char *why);

/* From here on the rows speak of one case of the corpus tests/vectors/TOPIC/`corpus`: its id, or if that is NULL its
 * number.  Their sentences then begin with "corpus/id: ".  A NULL corpus ends it. */
void rows_case(const char *corpus, const char *id, size_t number);

/* Prints the plan and returns the exit status for main. */
int rows_end(void);

/* A copy of `s` whose last octet stands against an unreadable page (and, if `front`, whose first octet stands right
 * after one).  Lives until the next call with the same `front`. */
slice guarded(slice s, bool front);

/* Calls `parse` with every prefix of `text`, each against an unreadable page. */
void each_prefix(slice text, void (*parse)(slice prefix, void *data), void *data);

#endif
