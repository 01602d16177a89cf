/* SPDX-License-Identifier: Apache-2.0 */
#include "conf.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/base/cursor.h"
#include "../../src/base/date.h"
#include "good.h"
#include "problems.h"
#include "schema.h"
#include "text.h"

#define MAX_KEYS 64
#define MAX_SECTIONS 16
#define MAX_LINES 100000 /* of which we know what was said there; a file has fewer by far */

/* Where a key was said. */
struct said {
	const cfg_t *cfg; /* the section */
	const struct conf_key *key;
	size_t line;
};

/* What conf_read hands out; libConfuse owns the texts. */
struct owned {
	struct conf conf; /* first: conf_free gets this address */
	cfg_t *cfg;
	cfg_opt_t top[MAX_KEYS];
	cfg_opt_t sections[MAX_SECTIONS][MAX_KEYS];
	const char *section_names[MAX_SECTIONS];
	size_t n_sections;
	struct said *said;
	size_t n_said;
};

/* What is being read: libConfuse (3.3) gives its callbacks no user data and its sections no file name. */
static _Thread_local struct {
	struct owned *owned;
	struct problems *problems;
} reading;

/* ---- what is wrong ---- */

/* Of libConfuse itself: it cannot go on. */
static void report(cfg_t *cfg, const char *format, va_list arguments)
{
	if (!reading.problems->is_cut) {
		problems_add(reading.problems, cfg ? (size_t)cfg->line : 0, format, arguments);
		reading.problems->is_cut = true;
	}
}

/* Of ours: it goes on. */
static void complain(cfg_t *cfg, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(cfg_t *cfg, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	problems_add(reading.problems, (size_t)cfg->line, format, arguments);
	va_end(arguments);
}

static bool fail(struct buf *error, const char *path, const char *why)
{
	buf_put_text(error, path);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return false;
}

/* ---- the table of keys, for libConfuse ---- */

static bool is_titled(const char *section)
{
	return conf_find_section(section);
}

static cfg_opt_t option_of(const struct conf_key *key)
{
	cfg_opt_t option = CFG_END();
	switch (key->kind) {
	case CONF_BOOL:
	case CONF_SWITCH:
		option = (cfg_opt_t)CFG_BOOL(key->name, cfg_false, CFGF_NODEFAULT);
		break;
	case CONF_LIST:
		option = (cfg_opt_t)CFG_STR_LIST(key->name, NULL, CFGF_NODEFAULT);
		break;
	case CONF_TEXT:
	case CONF_NUMBER:
	case CONF_OCTETS:
	case CONF_SPAN:
		option = (cfg_opt_t)CFG_STR(key->name, NULL, CFGF_NODEFAULT);
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
		bool titled = is_titled(o->section_names[i]);
		cfg_flag_t flags = titled ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;
		append(o->top, (cfg_opt_t)CFG_SEC(o->section_names[i], o->sections[i], flags));
	}
}

/* ---- while it is parsed ---- */

static const struct conf_key *key_of(cfg_t *cfg, cfg_opt_t *option)
{
	bool is_top = strcmp(cfg_name(cfg), "root") == 0; /* libConfuse's name of the top */
	return conf_find_key(is_top ? NULL : cfg_name(cfg), cfg_opt_name(option));
}

/* The keys of a section with a title stand together: while it is parsed, they are the last ones. */
static struct said *find_said(const struct owned *o, const cfg_t *cfg, const struct conf_key *key, bool is_last)
{
	for (size_t i = o->n_said; i-- > 0;) {
		if (o->said[i].cfg == cfg && o->said[i].key == key) {
			return &o->said[i];
		}
		if (is_last && o->said[i].cfg != cfg) {
			return NULL;
		}
	}
	return NULL;
}

static struct said *add_said(struct owned *o)
{
	bool is_full = (o->n_said & (o->n_said - 1)) == 0; /* room is a power of two */
	if (is_full && o->n_said < MAX_LINES) {
		struct said *more = realloc(o->said, (o->n_said ? 2 * o->n_said : 1) * sizeof(*more));
		if (!more) {
			return NULL;
		}
		o->said = more;
	}
	return is_full && o->n_said >= MAX_LINES ? NULL : &o->said[o->n_said++];
}

static void note_line(cfg_t *cfg, const struct conf_key *key)
{
	struct said *said = find_said(reading.owned, cfg, key, is_titled(key->section));
	if (said && key->kind != CONF_LIST) {
		complain(cfg, "%s: it stands in line %zu already", key->name, said->line);
	}
	if (!said) {
		said = add_said(reading.owned);
	}
	if (said) {
		*said = (struct said) { cfg, key, (size_t)cfg->line };
	}
}

/* Called after each value and each section, so that the line of an error is the line of the value. */
static int look_at_value(cfg_t *cfg, cfg_opt_t *option)
{
	const struct conf_key *key = key_of(cfg, option);
	unsigned n = cfg_opt_size(option);
	if (!key || !n) {
		return 0;
	}
	note_line(cfg, key);
	bool is_bool = key->kind == CONF_BOOL || key->kind == CONF_SWITCH;
	const char *value = is_bool ? NULL : cfg_opt_getnstr(option, n - 1);
	if (value && !conf_is_good(key, value)) {
		char wants[PROBLEM_BYTES / 2];
		conf_put_wants(wants, sizeof(wants), key);
		complain(cfg, "%s: \"%s\" is not %s", key->name, value, wants);
	}
	return 0;
}

static int look_at_title(cfg_t *cfg, cfg_opt_t *option)
{
	const struct conf_section *section = conf_find_section(cfg_opt_name(option));
	unsigned n = cfg_opt_size(option);
	const char *title = n ? cfg_title(cfg_opt_getnsec(option, n - 1)) : NULL;
	if (title && section->is_valid && !section->is_valid(title)) {
		complain(cfg, "%s: the title \"%s\" is not %s", section->name, title, section->wants);
	}
	return 0;
}

static void set_validators(cfg_t *cfg)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		char path[64];
		snprintf(path, sizeof(path), "%s%s%s", key->section ? key->section : "", key->section ? "|" : "",
		         key->name);
		cfg_set_validate_func(cfg, path, look_at_value);
	}
	for (size_t i = 0; i < conf_n_sections; i++) {
		cfg_set_validate_func(cfg, conf_sections[i].name, look_at_title);
	}
}

static bool begin(struct owned *o)
{
	if (o->cfg) {
		cfg_free(o->cfg);
	}
	o->n_said = 0;
	o->cfg = cfg_init(o->top, CFGF_NONE);
	if (o->cfg) {
		cfg_set_error_function(o->cfg, report);
		set_validators(o->cfg);
	}
	return o->cfg;
}

static bool parse_once(struct owned *o, struct buf *text, struct problems *p)
{
	p->n = p->n_kept;
	p->is_cut = false;
	reading.owned = o;
	reading.problems = p;
	FILE *stream = fmemopen(text->at, text->len, "r");
	bool ok = stream && cfg_parse_fp(o->cfg, stream) == CFG_SUCCESS;
	if (stream) {
		fclose(stream);
	}
	return ok;
}

/* An unknown key ends libConfuse's reading.  Taken out, what stands behind it can be read, and errors there be told. */
static bool take_out(struct problems *p, struct buf *text)
{
	static const slice curable[] = { { "no such option '", 16 }, { "invalid boolean value for option '", 34 } };
	if (!p->is_cut || p->n_kept + 1 >= PROBLEMS_MAX) {
		return false;
	}
	const struct problem last = p->at[p->n - 1];
	for (size_t i = 0; i < sizeof(curable) / sizeof(curable[0]); i++) {
		slice rest = slice_of(last.text);
		if (!slice_starts(rest, curable[i])) {
			continue;
		}
		rest = slice_from(rest, curable[i].len);
		if (text_blank_statement(text->at, text->len, last.line, slice_split(&rest, '\''))) {
			p->at[p->n_kept++] = last;
			return true;
		}
	}
	return false;
}

static void look_for_open_brace(struct owned *o, slice text)
{
	size_t line = text_find_open_brace(text);
	if (line) {
		o->cfg->line = (int)line;
		complain(o->cfg, "the brace is never closed");
	}
}

static bool parse(struct owned *o, struct buf *text, struct problems *p)
{
	text_blank_comments(text->at, text->len);
	while (begin(o)) {
		bool ok = parse_once(o, text, p);
		if (ok || !take_out(p, text)) {
			look_for_open_brace(o, buf_slice(text));
			return ok && p->n == 0;
		}
	}
	return false;
}

/* ---- values ---- */

static size_t count_presets(const struct conf_key *key)
{
	size_t n = 0;
	while (key->presets && key->presets[n]) {
		n++;
	}
	return n;
}

/* An empty list is not none: it says that there shall be nothing. */
static bool read_list(cfg_t *cfg, const struct conf_key *key, struct conf_list *ret)
{
	bool is_said = cfg_getopt(cfg, key->name)->flags & CFGF_MODIFIED;
	size_t n = is_said ? cfg_size(cfg, key->name) : count_presets(key);
	const char **at = n ? calloc(n, sizeof(*at)) : NULL;
	if (n && !at) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		at[i] = is_said ? cfg_getnstr(cfg, key->name, (unsigned)i) : key->presets[i];
	}
	*ret = (struct conf_list) { .at = at, .n = n };
	return true;
}

/* `text` is good, or NULL: nothing is said. */
static void store(const struct conf_key *key, const char *text, void *into)
{
	void *to = (char *)into + key->where;
	bool on = false;
	text = text || key->is_unfilled ? text : key->preset;
	if (!text) {
		return;
	}
	switch (key->kind) {
	case CONF_TEXT:
		*(const char **)to = text;
		break;
	case CONF_BOOL:
		(void)good_bool(text, to);
		break;
	case CONF_SWITCH:
		(void)good_bool(text, &on);
		*(enum conf_switch *)to = on ? CONF_ON : CONF_OFF;
		break;
	case CONF_NUMBER:
		(void)good_number(text, to);
		break;
	case CONF_OCTETS:
		(void)good_octets(text, to);
		break;
	case CONF_SPAN:
		(void)span_parse(slice_of(text), to);
		break;
	case CONF_LIST:
		break;
	}
}

/* `into` is the struct conf, or the element of a section with a title. */
static bool read_key(cfg_t *cfg, const struct conf_key *key, void *into)
{
	bool is_said = cfg_size(cfg, key->name) > 0;
	switch (key->kind) {
	case CONF_LIST:
		return read_list(cfg, key, (struct conf_list *)(void *)((char *)into + key->where));
	case CONF_BOOL:
	case CONF_SWITCH:
		store(key, !is_said ? NULL : cfg_getbool(cfg, key->name) == cfg_true ? "true" : "false", into);
		return true;
	case CONF_TEXT:
	case CONF_NUMBER:
	case CONF_OCTETS:
	case CONF_SPAN:
		store(key, is_said ? cfg_getstr(cfg, key->name) : NULL, into);
		return true;
	}
	return false;
}

static bool read_plain_keys(struct owned *o)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		bool titled = is_titled(key->section);
		cfg_t *cfg = key->section && !titled ? cfg_getsec(o->cfg, key->section) : o->cfg;
		if (!titled && !read_key(cfg, key, &o->conf)) {
			return false;
		}
	}
	return true;
}

static bool is_in(const struct conf_key *key, const struct conf_section *section)
{
	return key->section && strcmp(key->section, section->name) == 0;
}

static bool read_element(cfg_t *cfg, const struct conf_section *section, void *element)
{
	*(struct conf_place *)element =
		(struct conf_place) { .title = cfg_title(cfg), .line = (size_t)cfg->line, .mark = cfg };
	for (size_t i = 0; i < conf_n_keys; i++) {
		if (is_in(&conf_keys[i], section) && !read_key(cfg, &conf_keys[i], element)) {
			return false;
		}
	}
	return true;
}

static struct conf_titled *titled_of(struct conf *conf, const struct conf_section *section)
{
	return (struct conf_titled *)(void *)((char *)conf + section->where);
}

static bool read_section(struct owned *o, const struct conf_section *section)
{
	struct conf_titled *titled = titled_of(&o->conf, section);
	size_t n = cfg_size(o->cfg, section->name);
	titled->at = n ? calloc(n, section->size) : NULL;
	if (n && !titled->at) {
		return false;
	}
	for (titled->n = 0; titled->n < n;) {
		size_t i = titled->n++;
		if (!read_element(cfg_getnsec(o->cfg, section->name, (unsigned)i), section,
		                  (char *)titled->at + i * section->size)) {
			return false;
		}
	}
	return true;
}

static bool read_values(struct owned *o)
{
	bool ok = read_plain_keys(o);
	for (size_t i = 0; ok && i < conf_n_sections; i++) {
		ok = read_section(o, &conf_sections[i]);
	}
	return ok;
}

/* ---- the whole ---- */

static bool read_all(struct owned *o, const char *path, struct problems *p, size_t most, struct buf *error)
{
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	bool ok = text_read(path, &text, error);
	bool is_parsed = ok && (text.len == 0 ? begin(o) : parse(o, &text, p));
	buf_finish(&text);
	if (ok && !is_parsed) {
		problems_put(p, path, most, error);
		return error->len ? false : fail(error, path, "not a usable configuration");
	}
	return ok && (read_values(o) || fail(error, path, "no memory"));
}

static struct conf *read_with(const char *path, size_t most, struct buf *error)
{
	struct owned *o = calloc(1, sizeof(*o));
	struct problems *problems = calloc(1, sizeof(*problems));
	bool ok = o && problems;
	if (!ok) {
		buf_put_text(error, "no memory");
	} else {
		build_options(o);
		ok = read_all(o, path, problems, most, error);
	}
	free(problems);
	if (!ok) {
		conf_free(o ? &o->conf : NULL);
	}
	return ok ? &o->conf : NULL;
}

struct conf *conf_read(const char *path, struct buf *error)
{
	return read_with(path, 1, error);
}

struct conf *conf_read_all(const char *path, struct buf *error)
{
	return read_with(path, PROBLEMS_MAX, error);
}

struct conf *conf_new(void)
{
	struct owned *o = calloc(1, sizeof(*o));
	if (!o) {
		return NULL;
	}
	build_options(o);
	if (!begin(o) || !read_values(o)) {
		conf_free(&o->conf);
		return NULL;
	}
	return &o->conf;
}

void conf_fill(const char *section, void *element)
{
	for (size_t i = 0; i < conf_n_keys; i++) {
		if (conf_keys[i].section && strcmp(conf_keys[i].section, section) == 0) {
			store(&conf_keys[i], NULL, element);
		}
	}
}

const char *conf_add_listen(struct conf *conf, const char *name, const char *socket, const char *role)
{
	const struct conf_section *section = conf_find_section("listen");
	if (!section->is_valid(name)) {
		return "name";
	}
	if (!conf_is_good(conf_find_key("listen", "socket"), socket)) {
		return "socket";
	}
	if (!conf_is_good(conf_find_key("listen", "role"), role)) {
		return "role";
	}
	struct conf_listen *at = realloc(conf->listen.at, (conf->listen.n + 1) * sizeof(*at));
	if (!at) {
		return "memory";
	}
	conf->listen.at = at;
	at += conf->listen.n++;
	*at = (struct conf_listen) { .place = { .title = name } };
	conf_fill(section->name, at);
	at->socket = socket;
	at->role = role;
	return NULL;
}

static void free_list(void *into, const struct conf_key *key)
{
	if (key->kind == CONF_LIST) {
		struct conf_list *list = (struct conf_list *)(void *)((char *)into + key->where);
		free((void *)(uintptr_t)list->at);
	}
}

static void free_section(struct conf *conf, const struct conf_section *section)
{
	struct conf_titled *titled = titled_of(conf, section);
	for (size_t i = 0; i < titled->n * conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i % conf_n_keys];
		if (is_in(key, section)) {
			free_list((char *)titled->at + i / conf_n_keys * section->size, key);
		}
	}
	free(titled->at);
}

void conf_free(struct conf *conf)
{
	if (!conf) {
		return;
	}
	struct owned *o = (struct owned *)conf;
	for (size_t i = 0; i < conf_n_keys; i++) {
		if (!is_titled(conf_keys[i].section)) {
			free_list(conf, &conf_keys[i]);
		}
	}
	for (size_t i = 0; i < conf_n_sections; i++) {
		free_section(conf, &conf_sections[i]);
	}
	if (o->cfg) {
		cfg_free(o->cfg);
	}
	free(o->said);
	free(o);
}

size_t conf_line(const struct conf *conf, const struct conf_place *place, const char *section, const char *name)
{
	const struct owned *o = (const struct owned *)conf;
	const struct conf_key *key = conf_find_key(section, name);
	const cfg_t *cfg = place ? place->mark : section ? cfg_getsec(o->cfg, section) : o->cfg;
	const struct said *said = key && cfg ? find_said(o, cfg, key, false) : NULL;
	return said ? said->line : 0;
}

bool conf_path(const char *config, const char *value, char *ret, size_t room)
{
	const char *slash = strrchr(config, '/');
	int folder = slash && value[0] != '/' ? (int)(slash + 1 - config) : 0;
	int n = snprintf(ret, room, "%.*s%s", folder, config, value);
	return n >= 0 && (size_t)n < room;
}
