/* SPDX-License-Identifier: Apache-2.0 */
/* The cost of a verdict in the spool: every message of tests/vectors and data/samples is judged, and written again and again.
 *
 *     bench-spool SOURCE FOLDER [ROWS]     FOLDER: where the spool is made; its files stay
 *
 * Prints a line of JSON: microseconds of CPU and octets a row; what packing and what deflating (zlib, level 1) costs and saves,
 * so that writer.c can say from when on it pays; and reading. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include "../service/spool/reader.h"
#include "../service/spool/writer.h"
#include "../tests/spool/judged.h"

#define ROUNDS 200

struct totals {
	const char *folder;
	struct spool_writer *writer;
	struct packer *packer;
	struct buf packed;
	z_stream deflate;
	size_t rounds;
	uint64_t rows, octets, deflated;
	double pack_s, deflate_s, put_s;
};

static double cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "bench-spool: %s\n", what);
	exit(1);
}

static size_t deflate_once(struct totals *t, char *to, size_t room)
{
	deflateReset(&t->deflate);
	t->deflate.next_in = (Bytef *)t->packed.at;
	t->deflate.avail_in = (uInt)t->packed.len;
	t->deflate.next_out = (Bytef *)to;
	t->deflate.avail_out = (uInt)room;
	(void)deflate(&t->deflate, Z_FINISH);
	return room - t->deflate.avail_out;
}

static void measure(void *data, const struct judged *j)
{
	static char deflated[(size_t)2 << 20];
	static const slice recipients[] = { { "ann@example.net", 15 } };
	struct totals *t = data;
	int error = 0;
	struct verdict_row row = {
		.time_ms = (int64_t)JUDGED_NOW * 1000,
		.queue_id = S("4QXyz12345z9"),
		.listener = S("inbound"),
		.server_name = S("mx.example.net"),
		.client_name = S("relay.example.org"),
		.reason = S("listener"),
		.rule = S("policy"),
		.authentication_results = j->authentication_results,
		.recipients = recipients,
		.n_recipients = 1,
		.all_recipients = 1,
		.dossier = j->dossier,
		.book = j->book,
	};
	double begin = cpu();
	for (size_t i = 0; i < t->rounds; i++) {
		(void)dossier_pack(t->packer, &row, &t->packed);
	}
	double packed = cpu();
	size_t len = 0;
	for (size_t i = 0; i < t->rounds; i++) {
		len = deflate_once(t, deflated, sizeof(deflated));
	}
	double squeezed = cpu();
	for (size_t i = 0; i < t->rounds; i++) {
		if (!spool_put(t->writer, &row, &error)) {
			die(strerror(error));
		}
	}
	t->put_s += cpu() - squeezed;
	t->deflate_s += squeezed - packed;
	t->pack_s += packed - begin;
	t->rows += t->rounds;
	t->octets += t->rounds * t->packed.len;
	t->deflated += t->rounds * len;
}

static double read_back(const char *folder, uint64_t *ret_rows)
{
	struct buf error;
	struct spool_verdict v;
	buf_init(&error, 1024);
	struct spool_reader *r = spool_read(folder, SPOOL_NEWEST_FIRST, NULL, &error);
	double begin = cpu();
	*ret_rows = 0;
	while (r && spool_next(r, &v) == SPOOL_FOUND) {
		(*ret_rows)++;
	}
	spool_reader_free(r);
	return cpu() - begin;
}

int main(int argc, char **argv)
{
	struct buf error;
	struct totals t = { .rounds = ROUNDS, .packer = packer_new() };
	uint64_t rows;
	if (argc < 3) {
		die("usage: bench-spool SOURCE FOLDER [ROUNDS]");
	}
	if (argc > 3) {
		t.rounds = (size_t)strtoul(argv[3], NULL, 10);
	}
	buf_init(&error, 1024);
	buf_init(&t.packed, DOSSIER_OCTETS);
	t.writer = spool_open(argv[2], 0, &error);
	if (!t.writer || !t.packer ||
	    deflateInit2(&t.deflate, 1, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY) != Z_OK) {
		die("cannot open the folder");
	}
	each_judged(argv[1], measure, &t);
	spool_close(t.writer);
	double read_s = read_back(argv[2], &rows);
	double n = (double)t.rows;
	printf("{\"rows\":%llu,\"rows_a_second\":%.0f,\"put_us\":%.2f,\"octets_a_row\":%.0f,\"pack_us\":%.2f,"
	       "\"deflate_us\":%.2f,\"octets_deflated\":%.0f,\"read_us\":%.2f,\"read\":%llu}\n",
	       (unsigned long long)t.rows, n / t.put_s, t.put_s / n * 1e6, (double)t.octets / n, t.pack_s / n * 1e6,
	       t.deflate_s / n * 1e6, (double)t.deflated / n, rows ? read_s / (double)rows * 1e6 : 0,
	       (unsigned long long)rows);
	deflateEnd(&t.deflate);
	packer_free(t.packer);
	buf_finish(&t.packed);
	return 0;
}
