/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of tests/vectors and data/samples, judged: for the tests of the spool, its fuzzers' seeds and its benchmark.
 *
 * A folder is judged with its own zone (zone.json beside it, or a master file); what that does not know the samples' zone
 * does. */
#ifndef SIGNET_TESTS_SPOOL_JUDGED_H
#define SIGNET_TESTS_SPOOL_JUDGED_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <signet/authres.h>
#include <signet/resolve.h>

#include "../../src/base/buf.h"
#include "../support/zone.h"

#define JUDGED_NOW 1795000000

struct judged {
	const char *path;
	const struct signet_dossier *dossier;
	const struct signet_book *book;
	slice authentication_results;
	slice message;
};

typedef void judged_one(void *data, const struct judged *j);

static const char *const judged_folders[] = {
	"data/samples",
	"tests/vectors/dkim/chasquid/messages",
	"tests/vectors/dkim/dkim-verifier/messages",
	"tests/vectors/dkim/dkimpy/messages",
	"tests/vectors/dkim/mail-dkim/messages",
	"tests/vectors/dkim/opendkim/messages",
	"tests/vectors/arc/valimail/messages",
	"tests/vectors/mime/messages",
};

static inline slice judged_load(const char *path, struct signet_arena *a)
{
	struct buf b;
	FILE *file = fopen(path, "rb");
	if (!file) {
		return (slice) { 0 };
	}
	buf_init_arena(&b, a, (size_t)16 << 20);
	for (int before = 0, c; (c = getc(file)) != EOF; before = c) {
		if (c == '\n' && before != '\r') {
			buf_put_char(&b, '\r');
		}
		buf_put_char(&b, (char)c);
	}
	fclose(file);
	return buf_slice(&b);
}

struct judging {
	struct signet *engine;
	struct signet_check *check;
	struct zone *zone; /* NULL: none of its own */
	struct signet_zones *samples;
	struct signet_arena arena;
};

static inline void judged_answer(struct judging *g, struct signet_book *book)
{
	struct signet_question q;
	while (signet_book_next(book, &q)) {
		struct signet_answer a = { .status = SIGNET_DNS_NXDOMAIN };
		if (g->zone) {
			a = zone_lookup(g->zone, &q);
		}
		if (a.status == SIGNET_DNS_NXDOMAIN) {
			a = signet_zones_lookup(g->samples, &q);
		}
		(void)signet_book_answer(book, &q, &a);
	}
}

static inline const struct signet_dossier *judge(struct judging *g, slice message, unsigned variant)
{
	static const char *const clients[] = { "192.0.2.1", "2001:db8::25", "203.0.113.7" };
	const struct signet_settings settings = { .now = JUDGED_NOW,
		                                  .authserv_id = S("mx.example.net"),
		                                  .mode = (enum signet_mode)(variant % 3) };
	struct signet_envelope envelope = { .helo = S("relay.example.org"),
		                            .has_mail_from = true,
		                            .mail_from = variant % 4 == 3 ? S("") : S("joe@football.example.com"),
		                            .source = "milter" };
	(void)signet_ip_parse(slice_of(clients[variant % 3]), &envelope.ip);
	signet_check_reset(g->check, &settings, &envelope);
	signet_check_feed(g->check, message);
	enum signet_status status = signet_check_end(g->check);
	while (status == SIGNET_OK && (status = signet_check_step(g->check)) == SIGNET_PENDING) {
		judged_answer(g, signet_check_book(g->check));
		status = SIGNET_OK;
	}
	if (status == SIGNET_OK && signet_check_wants_message(g->check)) {
		status = signet_check_diagnose(g->check, message, true);
	}
	return status == SIGNET_OK ? signet_check_dossier(g->check) : NULL;
}

static inline void judged_file(struct judging *g, const char *path, unsigned variant, judged_one *use, void *data)
{
	struct signet_authres model;
	struct judged j = { .path = path };
	signet_arena_reset(&g->arena);
	j.message = judged_load(path, &g->arena);
	j.dossier = j.message.at ? judge(g, j.message, variant) : NULL;
	if (j.dossier && signet_authres_from(j.dossier, S("mx.example.net"), &g->arena, &model) == SIGNET_OK) {
		j.authentication_results = signet_authres_write(&model, NULL, &g->arena);
		j.book = signet_check_book(g->check);
		use(data, &j);
	}
}

static inline struct zone *judged_zone(const char *folder)
{
	char path[8192];
	snprintf(path, sizeof(path), "%s/../zone.json", folder);
	json_t *json = json_load_file(path, 0, NULL);
	struct zone *zone = json ? zone_of_json(json) : NULL;
	json_decref(json);
	return zone;
}

static inline int judged_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void judged_folder(struct judging *g, const char *folder, judged_one *use, void *data)
{
	char *names[1024];
	size_t n = 0;
	char path[8192];
	DIR *dir = opendir(folder);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e && n < 1024; e = readdir(dir)) {
		size_t len = strlen(e->d_name);
		if (e->d_name[0] != '.' && len > 4 && strcmp(e->d_name + len - 3, ".py") != 0 &&
		    strcmp(e->d_name + len - 3, ".md") != 0) {
			names[n++] = strdup(e->d_name);
		}
	}
	if (dir) {
		closedir(dir);
	}
	qsort(names, n, sizeof(names[0]), judged_compare);
	g->zone = judged_zone(folder);
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		judged_file(g, path, (unsigned)i, use, data);
		free(names[i]);
	}
	zone_free(g->zone);
}

/* Calls `use` for each message; what it is given lives during the call. */
static inline void each_judged(const char *root, judged_one *use, void *data)
{
	char path[4096];
	char error[SIGNET_RESOLVE_ERROR];
	const char *files[] = { path };
	struct judging g = { .engine = signet_new() };
	snprintf(path, sizeof(path), "%s/data/samples/zone", root);
	g.samples = signet_zones_load(files, 1, error, sizeof(error));
	arena_init(&g.arena, (size_t)64 << 20);
	g.check = signet_check_new(g.engine, &(struct signet_settings) { 0 }, &(struct signet_envelope) { 0 });
	if (!g.samples || !g.check) {
		abort();
	}
	for (size_t i = 0; i < sizeof(judged_folders) / sizeof(judged_folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, judged_folders[i]);
		judged_folder(&g, path, use, data);
	}
	signet_check_free(g.check);
	signet_zones_free(g.samples);
	signet_free(g.engine);
	arena_finish(&g.arena);
}

#endif
