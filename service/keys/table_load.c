/* SPDX-License-Identifier: Apache-2.0 */
#include "table_load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../conf/values.h"
#include "table_inner.h"
#include "table_opendkim.h"
#include "table_text.h"

struct loading {
	struct table *t;
	struct table_problems *problems;
	slice conf_path;
	slice conf_folder;
};

/* "dir" of "dir/file", "." of "file". */
static slice folder_of(slice path)
{
	size_t at = slice_find_last_char(path, '/');
	return at == SLICE_NONE ? S(".") : at == 0 ? S("/") : slice_first(path, at);
}

static bool read_octets(int fd, char *to, size_t size, size_t *ret_n)
{
	size_t n = 0;
	ssize_t got = 1;
	while (n < size && got > 0) {
		got = read(fd, to + n, size - n);
		if (got < 0 && errno == EINTR) {
			got = 1;
		} else if (got > 0) {
			n += (size_t)got;
		}
	}
	*ret_n = n;
	return got >= 0;
}

/* False after *ret_why, which tells why the file cannot be read. */
static bool read_whole(struct table *t, int fd, slice *ret, const char **ret_why)
{
	struct stat st;
	size_t n;
	char *at = NULL;
	*ret_why = NULL;
	if (fd < 0 || fstat(fd, &st) != 0) {
		*ret_why = strerror(errno);
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		*ret_why = "not a file of lines";
	} else if ((uint64_t)st.st_size > TABLE_TEXT_BYTES) {
		*ret_why = "larger than 256 MiB";
	} else if (!(at = arena_octets(&t->arena, (size_t)st.st_size + 1))) {
		*ret_why = "no memory is left for it";
	} else if (!read_octets(fd, at, (size_t)st.st_size, &n)) {
		*ret_why = strerror(errno);
	} else {
		*ret = slice_make(at, n);
		return true;
	}
	return false;
}

/* Reads a file into the table's memory; `*at` speaks of it from then on. */
static bool read_file(struct loading *l, slice path, slice *ret, struct table_source *at)
{
	const char *why;
	*at = (struct table_source) { .file = path, .problems = l->problems };
	int fd = open(path.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* of table_path: a NUL follows */
	bool ok = read_whole(l->t, fd, ret, &why);
	if (fd >= 0) {
		close(fd);
	}
	if (!ok) {
		table_error(at, why, (slice) { 0 }, (slice) { 0 });
		l->problems->unread++;
	}
	return ok;
}

static void load_keys(struct loading *l, slice folder, const char *name)
{
	slice text;
	struct table_source at;
	slice path = table_path(l->t, folder, slice_of(name));
	if (path.len && read_file(l, path, &text, &at)) {
		table_read_keys(l->t, text, folder_of(path), at);
	}
}

static void load_bindings(struct loading *l, const char *name)
{
	slice text;
	struct table_source at;
	slice path = table_path(l->t, l->conf_folder, slice_of(name));
	table_expect_bindings(l->t);
	if (path.len && read_file(l, path, &text, &at)) {
		table_read_bindings(l->t, text, at);
	}
}

/* The text of a data set: the file it names, or what it is. */
static bool read_set(struct loading *l, const char *value, struct opendkim_set *set, slice *ret, slice *ret_folder,
                     struct table_source *at)
{
	*at = (struct table_source) { .file = l->conf_path, .problems = l->problems };
	if (!opendkim_parse_set(table_keep(l->t, slice_of(value)), set, at)) {
		l->problems->unread++;
		return false;
	}
	*ret_folder = l->conf_folder;
	if (set->kind == OPENDKIM_LIST) {
		*ret = set->rest;
		return true;
	}
	slice path = table_path(l->t, l->conf_folder, set->rest);
	*ret_folder = folder_of(path);
	return path.len && read_file(l, path, ret, at);
}

static void load_opendkim(struct loading *l, const struct conf *conf)
{
	struct opendkim_set set;
	struct table_source at = { .file = l->conf_path, .problems = l->problems };
	slice text, folder;
	if (!conf->keys_opendkim_key_table || !conf->keys_opendkim_signing_table) {
		if (conf->keys_opendkim_key_table || conf->keys_opendkim_signing_table) {
			table_error(
				&at,
				"opendkim_key_table and opendkim_signing_table belong together: one of them is missing",
				(slice) { 0 }, (slice) { 0 });
			l->problems->unread++;
		}
		return;
	}
	if (!read_set(l, conf->keys_opendkim_key_table, &set, &text, &folder, &at)) {
		return;
	}
	opendkim_read_keys(l->t, set.kind, text, folder, at);
	if (!read_set(l, conf->keys_opendkim_signing_table, &set, &text, &folder, &at)) {
		return;
	}
	const struct opendkim_rules how = { set.kind, conf->keys_opendkim_multiple_signatures,
		                            conf->keys_opendkim_third_party };
	opendkim_read_rules(l->t, &how, text, at);
}

static slice element(struct table *t, const struct conf_list *list, size_t i)
{
	return i < list->n ? table_keep(t, slice_of(list->at[i])) : (slice) { 0 };
}

/* Why keys or algorithms do not go with the selectors; NULL: they do. */
static const char *fault_of_sign(const struct conf_sign *sign)
{
	size_t n = sign->selector.n;
	if (n == 0 && sign->key.n) {
		return "sign {0}: key without selector: name the selector of each key, or leave both out and all "
		       "active keys of the store sign";
	}
	if (n == 0 && sign->algorithm.n) {
		return "sign {0}: algorithm without selector: it is said for each selector, or not at all";
	}
	if (sign->key.n && sign->key.n != n) {
		return "sign {0}: as many keys as selectors are needed, or none: then all are in the store";
	}
	if (sign->algorithm.n && sign->algorithm.n != n) {
		return "sign {0}: as many algorithms as selectors are needed, or none: then the keys tell";
	}
	return NULL;
}

static void load_sign(struct loading *l, const struct conf_sign *sign)
{
	const struct table_source at = { l->conf_path, sign->place.line, l->problems };
	slice title = table_keep(l->t, slice_of(sign->place.title));
	const char *fault = fault_of_sign(sign);
	if (fault) {
		table_error(&at, fault, title, (slice) { 0 });
		return;
	}
	for (size_t i = 0; i < sign->selector.n || i == 0; i++) {
		const struct table_rule_text rule = {
			.who = title,
			.sign_as = table_keep(l->t, slice_of(sign->sign_as)),
			.selector = element(l->t, &sign->selector, i),
			.place = element(l->t, &sign->key, i),
			.folder = l->conf_folder,
			.algorithm = element(l->t, &sign->algorithm, i),
			.third_party = sign->third_party,
		};
		table_add_rule(l->t, &rule, &at);
	}
}

static void load_bind(struct loading *l, const struct conf_bind *bind)
{
	const struct table_source at = { l->conf_path, bind->place.line, l->problems };
	uint32_t binding = table_add_binding(l->t, &at);
	if (!binding) {
		return;
	}
	if (!bind->from.n || bind->login.n + bind->client.n == 0) {
		table_error(&at, "bind {0}: write login or client, and from", slice_of(bind->place.title),
		            (slice) { 0 });
	}
	for (size_t i = 0; i < bind->login.n; i++) {
		table_bind_login(l->t, binding, element(l->t, &bind->login, i), &at);
	}
	for (size_t i = 0; i < bind->client.n; i++) {
		table_bind_client(l->t, binding, element(l->t, &bind->client, i), &at);
	}
	for (size_t i = 0; i < bind->from.n; i++) {
		table_bind_from(l->t, binding, element(l->t, &bind->from, i), &at);
	}
}

static void load_conf(struct loading *l, const struct conf *conf)
{
	for (size_t i = 0; i < conf->sign.n; i++) {
		load_sign(l, conf_sign_at(conf, i));
	}
	for (size_t i = 0; i < conf->bind.n; i++) {
		load_bind(l, conf_bind_at(conf, i));
	}
	for (size_t i = 0; i < conf->keys_tables.n; i++) {
		load_keys(l, l->conf_folder, conf->keys_tables.at[i]);
	}
}

struct table *table_load(const struct table_sources *sources, struct table_problems *problems)
{
	struct table *t = table_new();
	if (!t) {
		return NULL;
	}
	struct loading l = { .t = t, .problems = problems };
	l.conf_path = table_keep(t, slice_of(sources->conf_path));
	l.conf_folder = sources->conf_path ? folder_of(l.conf_path) : (slice) { 0 };
	const struct conf *conf = sources->conf;
	if (conf) {
		load_conf(&l, conf);
	}
	for (size_t i = 0; i < sources->n_files; i++) {
		load_keys(&l, (slice) { 0 }, sources->files[i]);
	}
	for (size_t i = 0; conf && i < conf->keys_bindings.n; i++) {
		load_bindings(&l, conf->keys_bindings.at[i]);
	}
	if (conf) {
		load_opendkim(&l, conf);
	}
	if (t->arena.failed) {
		table_free(t);
		return NULL;
	}
	return t;
}
