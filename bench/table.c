/* SPDX-License-Identifier: Apache-2.0 */
/* The start of a signer: how long tables of N domains take to load, how much memory they hold, what one choice costs.
 *
 *     bench-table FOLDER [DOMAINS]    writes its tables below FOLDER; prints one line of JSON for each kind of table
 *
 * The target is 100,000 domains in less than 2 s. */
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "../service/conf/values.h"
#include "../service/keys/table_load.h"
#include "../src/base/cursor.h"
#include <stdio.h>

#define ARENA_BYTES ((size_t)1 << 20)
#define CHOICES 1000000

struct tables {
	char keys[4096], bindings[4096], key_table[4096], signing_table[4096], patterns[4096];
};

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void name(char *to, size_t room, uint64_t i)
{
	snprintf(to, room, "customer-%06llu.%s", (unsigned long long)i, i % 3 ? "example" : "shop.example");
}

static void write_file(const char *folder, const char *base, char path[4096], size_t n, const char *before,
                       const char *between, const char *behind)
{
	char domain[100];
	snprintf(path, 4096, "%s/%s", folder, base);
	FILE *file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(1);
	}
	for (size_t i = 0; i < n; i++) {
		name(domain, sizeof(domain), i);
		fprintf(file, "%s%s%s%s%s\n", before, domain, between, domain, behind);
	}
	fclose(file);
}

/* Chooses for random domains of the table; the nanoseconds of one. */
static double choose(const struct table *t, size_t n)
{
	struct signet_arena arena;
	char domain[100], login[120];
	struct table_choice choice;
	uint64_t random = 1;
	size_t signs = 0;
	arena_init(&arena, ARENA_BYTES);
	double start = seconds();
	for (size_t i = 0; i < CHOICES; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		name(domain, sizeof(domain), (random >> 33) % n);
		snprintf(login, sizeof(login), "user@%s", domain);
		arena_reset(&arena);
		const struct table_query q = { .local = S("user"),
			                       .domain = slice_of(domain),
			                       .login = slice_of(login) };
		signs += table_choose(t, &q, &arena, &choice) == SIGNET_OK && choice.why == TABLE_SIGNS;
	}
	double took = seconds() - start;
	arena_finish(&arena);
	if (signs != CHOICES) {
		fprintf(stderr, "bench-table: %zu of %d signed\n", signs, CHOICES);
		exit(1);
	}
	return took * 1e9 / CHOICES;
}

static void measure(const char *what, const struct conf *conf, size_t n)
{
	struct buf lines;
	struct rusage usage;
	buf_init(&lines, ARENA_BYTES);
	struct table_problems problems = { .lines = &lines };
	double start = seconds();
	struct table *t = table_load(&(struct table_sources) { .conf = conf }, &problems);
	double took = seconds() - start;
	if (!t || problems.errors) {
		fprintf(stderr, "%.*s", (int)lines.len, lines.at ? lines.at : "no memory\n");
		exit(1);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"table\":\"%s\",\"domains\":%zu,\"load_ms\":%.0f,\"bytes\":%zu,\"choose_ns\":%.0f,\"peak_kb\":%ld}\n",
	       what, n, took * 1e3, table_bytes(t), choose(t, n), usage.ru_maxrss);
	table_free(t);
	buf_finish(&lines);
}

int main(int argc, char **argv)
{
	static struct tables f;
	uint64_t n = 100000;
	if (argc < 2 || (argc > 2 && (!number_parse(slice_of(argv[2]), 1000000, &n) || !n))) {
		fputs("usage: bench-table FOLDER [DOMAINS]\n", stderr);
		return 2;
	}
	write_file(argv[1], "keys", f.keys, n, "", " s2026a /etc/signet/keys/", ".pem");
	write_file(argv[1], "bindings", f.bindings, n, "login:@", " ", "");
	write_file(argv[1], "KeyTable", f.key_table, n, "", " %:s2026a:/etc/signet/keys/", ".pem");
	write_file(argv[1], "SigningTable", f.signing_table, n, "", " ", "");
	write_file(argv[1], "patterns", f.patterns, n, "*@", " ", "");
	const char *keys = f.keys, *bindings = f.bindings;
	const struct conf plain = { .keys_tables = { &keys, 1 } };
	const struct conf bound = { .keys_tables = { &keys, 1 }, .keys_bindings = { &bindings, 1 } };
	char set[4200];
	snprintf(set, sizeof(set), "refile:%s", f.patterns);
	const struct conf exact = { .keys_opendkim_key_table = f.key_table,
		                    .keys_opendkim_signing_table = f.signing_table };
	const struct conf refile = { .keys_opendkim_key_table = f.key_table, .keys_opendkim_signing_table = set };
	measure("lines", &plain, n);
	measure("lines and bindings", &bound, n);
	measure("OpenDKIM file:", &exact, n);
	measure("OpenDKIM refile:", &refile, n);
	return 0;
}
