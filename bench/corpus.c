/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <jansson.h>
#include <sodium.h>

void corpus_die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static void *need(void *p)
{
	if (!p) {
		corpus_die("no memory");
	}
	return p;
}

static const char *path_of(const char *folder, const char *file)
{
	static char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, file);
	return path;
}

static slice read_file(const char *path)
{
	FILE *in = fopen(path, "rb");
	if (!in || fseek(in, 0, SEEK_END) != 0) {
		corpus_die(path);
	}
	long size = ftell(in);
	char *octets = need(malloc((size_t)size + 1));
	rewind(in);
	if (fread(octets, 1, (size_t)size, in) != (size_t)size) {
		corpus_die(path);
	}
	fclose(in);
	octets[size] = 0;
	return slice_make(octets, (size_t)size);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? need(strdup(text)) : "";
}

static size_t number_of(const json_t *object, const char *key)
{
	return (size_t)json_integer_value(json_object_get(object, key));
}

static slice base64_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t room = strlen(text), n;
	unsigned char *octets = need(malloc(room + 1));
	if (sodium_base642bin(octets, room, text, room, NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
		corpus_die("base64 in the corpus");
	}
	return slice_make((const char *)octets, n);
}

static void take_work(struct corpus_message *m, const json_t *one)
{
	struct corpus_work *work = &m->work[m->n_work++];
	work->key = slice_of(text_of(one, "key"));
	work->header_octets = number_of(one, "header_octets");
	work->signature = base64_of(one, "signature");
	const char *digest = text_of(one, "digest");
	sodium_hex2bin(work->digest, sizeof(work->digest), digest, strlen(digest), NULL, NULL, NULL);
}

static void take_message(struct corpus_message *m, const char *folder, const json_t *entry)
{
	const json_t *expect = json_object_get(entry, "expect");
	size_t i;
	json_t *one;
	m->octets = read_file(path_of(folder, json_string_value(json_object_get(entry, "file"))));
	m->body = slice_from(m->octets, m->octets.len - number_of(entry, "body"));
	m->ip_text = text_of(entry, "ip");
	m->helo = text_of(entry, "helo");
	m->mail_from = text_of(entry, "mail_from");
	m->spf = text_of(expect, "spf");
	m->time = (int64_t)number_of(entry, "time");
	if (!signet_ip_parse(slice_of(m->ip_text), &m->ip)) {
		corpus_die("address in the corpus");
	}
	json_array_foreach(json_object_get(expect, "dkim"), i, one)
	{
		m->passes |= strcmp(json_string_value(one), "pass") == 0;
	}
	json_array_foreach(json_object_get(entry, "hashes"), i, one)
	{
		m->hashes[m->n_hashes++] = (size_t)json_integer_value(one);
	}
	json_array_foreach(json_object_get(entry, "signatures"), i, one)
	{
		take_work(m, one);
	}
}

/* One JSON object a line. */
static json_t *load_lines(const char *path)
{
	json_error_t error;
	json_t *list = need(json_array());
	slice rest = read_file(path);
	while (rest.len) {
		slice line = slice_split(&rest, '\n');
		json_t *object = line.len ? json_loadb(line.at, line.len, 0, &error) : NULL;
		if (object) {
			json_array_append_new(list, object);
		}
	}
	return list;
}

static void load_keys(struct corpus *c, const char *folder)
{
	json_t *list = load_lines(path_of(folder, "keys.jsonl"));
	c->keys = need(calloc(json_array_size(list) + 1, sizeof(*c->keys)));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		c->keys[c->n_keys++] = (struct corpus_key){
			.name = slice_of(text_of(one, "name")),
			.is_ed25519 = strcmp(json_string_value(json_object_get(one, "algorithm")), "ed25519") == 0,
			.octets = base64_of(one, "key"),
		};
	}
	json_decref(list);
}

static void load_zones(struct corpus *c, const char *folder)
{
	char names[4096], arpa[4096], error[SIGNET_RESOLVE_ERROR];
	snprintf(names, sizeof(names), "%s/zones/example.zone", folder);
	snprintf(arpa, sizeof(arpa), "%s/zones/arpa.zone", folder);
	const char *const files[] = { names, arpa };
	c->zones = signet_zones_load(files, 2, error, sizeof(error));
	if (!c->zones) {
		corpus_die(error);
	}
}

void corpus_open(struct corpus *c, int argc, char **argv)
{
	*c = (struct corpus){ .passes = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 1 };
	if (argc < 2 || sodium_init() < 0) {
		corpus_die("usage: PROGRAM CORPUS [PASSES]");
	}
	json_t *list = load_lines(path_of(argv[1], "index.jsonl"));
	c->n = json_array_size(list);
	c->messages = need(calloc(c->n + 1, sizeof(*c->messages)));
	for (size_t i = 0; i < c->n; i++) {
		take_message(&c->messages[i], argv[1], json_array_get(list, i));
	}
	json_decref(list);
	load_keys(c, argv[1]);
	load_zones(c, argv[1]);
}

slice corpus_as_received(const struct corpus_message *m)
{
	slice octets = m->octets;
	for (int i = 0; i < 2 && slice_starts(octets, i ? S("Received:") : S("Return-Path:")); i++) {
		size_t at = 0;
		do {
			at += slice_find(slice_from(octets, at), S("\r\n")) + 2;
		} while (octets.at[at] == ' ' || octets.at[at] == '\t');
		octets = slice_from(octets, at);
	}
	return octets;
}

struct signet_resolver *corpus_resolver(const struct corpus *c)
{
	char error[SIGNET_RESOLVE_ERROR];
	const struct signet_resolver_options options = { .zones = c->zones };
	struct signet_resolver *resolver = signet_resolver_new(&options, error, sizeof(error));
	if (!resolver) {
		corpus_die(error);
	}
	return resolver;
}

static double cpu_seconds(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

void corpus_measure(const struct corpus *c, corpus_pass *pass, void *data)
{
	size_t agreed = pass(c, data);
	double before = cpu_seconds();
	for (int i = 0; i < c->passes; i++) {
		agreed = pass(c, data);
	}
	double seconds = (cpu_seconds() - before) / (c->passes ? c->passes : 1);
	printf("{\"n\": %zu, \"agreed\": %zu, \"seconds\": %.6f}\n", c->n, agreed, seconds);
}
