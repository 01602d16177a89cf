/* SPDX-License-Identifier: Apache-2.0 */
/* A corpus of bench/corpus.py in memory, and the clock the contenders are measured by.
 *
 *     int main(int argc, char **argv)
 *     {
 *             struct corpus corpus;
 *             corpus_open(&corpus, argc, argv);          // PROGRAM CORPUS PASSES
 *             ... set up; one pass to warm what is cached ...
 *             corpus_measure(&corpus, pass, &data);      // prints one line of JSON
 *     }
 *
 * Benchmarks are no part of the product: what goes wrong ends the program. */
#ifndef SIGNET_BENCH_CORPUS_H
#define SIGNET_BENCH_CORPUS_H

#include <signet/resolve.h>

#include "../src/base/slice.h"

/* What verifying one signature costs at least. */
struct corpus_work {
	slice key; /* name of the key */
	size_t header_octets; /* to be hashed */
	unsigned char digest[32];
	slice signature;
};

struct corpus_message {
	slice octets;
	slice body; /* part of octets */
	struct signet_ip ip;
	const char *ip_text, *helo, *mail_from;
	bool passes; /* some DKIM signature does */
	const char *spf; /* the expected result */
	size_t hashes[8]; /* lengths of the canonical bodies that are hashed */
	size_t n_hashes;
	struct corpus_work work[16];
	size_t n_work;
	int64_t time;
};

struct corpus_key {
	slice name;
	bool is_ed25519;
	slice octets;
};

struct corpus {
	struct corpus_message *messages;
	size_t n;
	struct corpus_key *keys;
	size_t n_keys;
	struct signet_zones *zones;
	int passes;
};

void corpus_open(struct corpus *c, int argc, char **argv);
void corpus_die(const char *what) __attribute__((noreturn));

/* The message as a client hands it over: without the two fields that our relay put on top. */
slice corpus_as_received(const struct corpus_message *m);

/* A resolver that answers from the zones of the corpus. */
struct signet_resolver *corpus_resolver(const struct corpus *c);

/* One pass over the corpus; returns how many messages had the expected result. */
typedef size_t corpus_pass(const struct corpus *c, void *data);
/* Runs one pass to warm up, then the passes asked for, and prints messages, CPU seconds a pass and agreement. */
void corpus_measure(const struct corpus *c, corpus_pass *pass, void *data);

#endif
