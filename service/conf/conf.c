/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "schema.h"

#define MAX_KEYS 64
#define MAX_SECTIONS 8
#define ERROR_BYTES 512
#define FILE_BYTES ((size_t)4 << 20)
#define CHUNK_BYTES ((size_t)64 << 10)

/* What conf_read hands out; libConfuse owns the texts. */
struct owned {
	struct conf conf; /* first: conf_free gets this address */
	cfg_t *cfg;
	cfg_opt_t top[MAX_KEYS];
	cfg_opt_t sections[MAX_SECTIONS][MAX_KEYS];
	const char *section_names[MAX_SECTIONS];
	size_t n_sections;
};

/* libConfuse reports through a callback without user data but with the cfg; its file name and line are the place. */
static void report(cfg_t *cfg, const char *format, va_list arguments)
{
	char text[ERROR_BYTES];
	vsnprintf(text, sizeof(text), format, arguments);
	fprintf(stderr, "signet: %s:%d: %s\n", cfg && cfg->filename ? cfg->filename : "configuration", cfg ? cfg->line : 0,
		text);
}

static cfg_opt_t option_of(const struct conf_key *key)
{
	cfg_opt_t option = CFG_END();
	switch (key->kind) {
	case CONF_TEXT:
		option = (cfg_opt_t)CFG_STR(key->name, NULL, CFGF_NODEFAULT);
		break;
	case CONF_BOOL:
		option = (cfg_opt_t)CFG_BOOL(key->name, cfg_false, CFGF_NONE);
		break;
	case CONF_LIST:
		option = (cfg_opt_t)CFG_STR_LIST(key->name, NULL, CFGF_NODEFAULT);
		break;
	}
	return option;
}

static cfg_opt_t *section_of(struct owned *o, const char *name)
{
	for (size_t i = 0; i < o->n_sections; i++) {
		if (strcmp(o->section_names[i], name) == 0) {
			return o->sections[i];
		}
	}
	o->section_names[o->n_sections] = name;
	return o->sections[o->n_sections++];
}

static void append(cfg_opt_t *options, cfg_opt_t option)
{
	size_t n = 0;
	while (options[n].type != CFGT_NONE) {
		n++;
	}
	options[n] = option;
}

static void build_options(struct owned *o)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		append(key->section ? section_of(o, key->section) : o->top, option_of(key));
	}
	for (size_t i = 0; i < o->n_sections; i++) {
		append(o->top, (cfg_opt_t)CFG_SEC(o->section_names[i], o->sections[i], CFGF_NONE));
	}
}

static bool value_is_good(const struct conf_key *key, const char *path, const char *value, struct buf *error)
{
	if (!key->is_valid || key->is_valid(value)) {
		return true;
	}
	buf_put_text(error, path);
	buf_put_text(error, ": ");
	buf_put_text(error, key->name);
	buf_put_text(error, ": \"");
	buf_put_text(error, value);
	buf_put_text(error, "\" is not ");
	buf_put_text(error, key->wants);
	return false;
}

static bool read_list(cfg_t *cfg, const struct conf_key *key, const char *path, struct buf *error,
		      struct conf_list *ret)
{
	size_t n = cfg_size(cfg, key->name);
	const char **at = n ? calloc(n, sizeof(*at)) : NULL;
	if (n && !at) {
		buf_put_text(error, "no memory");
		return false;
	}
	*ret = (struct conf_list){ .at = at, .n = n };
	for (size_t i = 0; i < n; i++) {
		at[i] = cfg_getnstr(cfg, key->name, (unsigned)i);
		if (!value_is_good(key, path, at[i], error)) {
			return false;
		}
	}
	return true;
}

static bool read_key(struct owned *o, const struct conf_key *key, const char *path, struct buf *error)
{
	cfg_t *cfg = key->section ? cfg_getsec(o->cfg, key->section) : o->cfg;
	void *to = (char *)&o->conf + key->where;
	switch (key->kind) {
	case CONF_TEXT: {
		const char *value = cfg_getstr(cfg, key->name);
		*(const char **)to = value;
		return !value || value_is_good(key, path, value, error);
	}
	case CONF_BOOL:
		*(bool *)to = cfg_getbool(cfg, key->name) == cfg_true;
		return true;
	case CONF_LIST:
		return read_list(cfg, key, path, error, to);
	}
	return false;
}

static bool fail(struct buf *error, const char *path, const char *why)
{
	buf_put_text(error, path);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return false;
}

/* The scanner of libConfuse ends the process if it cannot read (a directory is enough), so that it gets no file. */
static bool read_file(const char *path, struct buf *text, struct buf *error)
{
	FILE *stream = fopen(path, "re");
	size_t n = 1;
	while (stream && n && buf_ok(text)) {
		char *to = buf_reserve(text, CHUNK_BYTES);
		n = to ? fread(to, 1, CHUNK_BYTES, stream) : 0;
		text->len += n;
	}
	bool ok = stream && !ferror(stream);
	if (!ok) {
		(void)fail(error, path, strerror(errno));
	} else if (!buf_ok(text)) {
		ok = fail(error, path, "too large for a configuration");
	}
	if (stream) {
		fclose(stream);
	}
	return ok;
}

static bool parse(struct owned *o, const char *path, slice text, struct buf *error)
{
	if (text.len == 0) {
		return true;
	}
	FILE *stream = fmemopen((void *)(uintptr_t)text.at, text.len, "r");
	o->cfg->filename = strdup(path); /* for errors; cfg_free() frees it */
	bool ok = stream && o->cfg->filename && cfg_parse_fp(o->cfg, stream) == CFG_SUCCESS;
	if (stream) {
		fclose(stream);
	}
	return ok || fail(error, path, "not a usable configuration");
}

static bool read_all(struct owned *o, const char *path, struct buf *error)
{
	struct buf text;
	buf_init(&text, FILE_BYTES);
	bool ok = read_file(path, &text, error) && parse(o, path, buf_slice(&text), error);
	buf_finish(&text);
	if (!ok) {
		return false;
	}
	for (size_t i = 0; i < conf_n_keys; i++) {
		if (!read_key(o, &conf_keys[i], path, error)) {
			return false;
		}
	}
	return true;
}

struct conf *conf_read(const char *path, struct buf *error)
{
	struct owned *o = calloc(1, sizeof(*o));
	if (!o) {
		buf_put_text(error, "no memory");
		return NULL;
	}
	build_options(o);
	o->cfg = cfg_init(o->top, CFGF_NONE);
	if (o->cfg) {
		cfg_set_error_function(o->cfg, report);
	}
	if (!o->cfg || !read_all(o, path, error)) {
		conf_free(&o->conf);
		return NULL;
	}
	return &o->conf;
}

void conf_free(struct conf *conf)
{
	if (!conf) {
		return;
	}
	struct owned *o = (struct owned *)conf;
	for (size_t i = 0; i < conf_n_keys; i++) {
		if (conf_keys[i].kind == CONF_LIST) {
			struct conf_list *list = (struct conf_list *)(void *)((char *)conf + conf_keys[i].where);
			free((void *)(uintptr_t)list->at);
		}
	}
	if (o->cfg) {
		cfg_free(o->cfg);
	}
	free(o);
}
