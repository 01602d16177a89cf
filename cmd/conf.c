/* SPDX-License-Identifier: Apache-2.0 */
/* signet conf: is a configuration good, and what does it say? */
#include "conf.h"

#include "../service/policy/doubts.h"
#include "../service/policy/rules.h"
#include "../src/base/cursor.h"
#include "../src/base/escape.h"
#include "../src/format/json_write.h"

#define TEXT_BYTES ((size_t)8 << 20)
#define LINES_BYTES ((size_t)1 << 20)

const char *conf_file(const struct options *o)
{
	return o->n_operands > 1 ? o->operands[1] : o->config ? o->config : CONF_FILE;
}

void conf_split_line(slice text, slice *ret_path, uint64_t *ret_line, slice *ret_text)
{
	size_t end = slice_find(text, S(": "));
	slice head = slice_first(text, end == SLICE_NONE ? 0 : end);
	size_t colon = slice_find_last_char(head, ':');
	bool has_line = colon != SLICE_NONE && number_parse(slice_from(head, colon + 1), UINT32_MAX, ret_line);
	*ret_line = has_line ? *ret_line : 0;
	*ret_path = has_line ? slice_first(head, colon) : head;
	*ret_text = end == SLICE_NONE ? text : slice_from(text, end + 2);
}

/* What came out, a line each. */
struct found {
	struct buf errors, warnings; /* notes of key tables are among the errors, and begin so */
	bool is_read; /* libConfuse could make something of it */
	bool is_usable;
	size_t listeners, rules, bindings;
};

static bool take_note(slice *text)
{
	bool is_note = slice_starts(*text, S("note: "));
	*text = is_note ? slice_from(*text, 6) : *text;
	return is_note;
}

/* Is there a line that is no note? */
static bool has_errors(slice lines)
{
	while (lines.at && lines.len) {
		slice path, text;
		uint64_t line;
		conf_split_line(slice_split(&lines, '\n'), &path, &line, &text);
		if (!take_note(&text)) {
			return true;
		}
	}
	return false;
}

static void look(const struct options *o, struct found *f)
{
	const char *path = conf_file(o);
	struct conf *conf = conf_read_all(path, &f->errors);
	f->is_read = conf;
	struct rules *rules = conf ? rules_new(conf, path, &f->errors) : NULL;
	f->is_usable = rules;
	if (conf) {
		doubts_find(conf, path, &f->warnings);
	}
	if (rules) {
		f->listeners = rules_count_listeners(rules);
		f->rules = table_count_rules(rules_table(rules));
		f->bindings = table_count_bindings(rules_table(rules));
	}
	rules_drop(rules);
	conf_free(conf);
}

static void put_lines_json(struct json_writer *w, const char *key, slice lines, bool notes)
{
	json_key(w, key);
	json_open(w, '[');
	while (lines.at && lines.len) {
		slice path, text;
		uint64_t line;
		conf_split_line(slice_split(&lines, '\n'), &path, &line, &text);
		if (take_note(&text) != notes) {
			continue;
		}
		json_open(w, '{');
		json_member_optional(w, "file", path);
		json_key(w, "line");
		if (line) {
			json_number(w, (int64_t)line);
		} else {
			json_nothing(w);
		}
		json_member_text(w, "text", text);
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_json(const struct options *o, const struct found *f, struct buf *to)
{
	struct json_writer w = json_writer_of(to);
	json_open(&w, '{');
	json_member_name(&w, "path", conf_file(o));
	json_member_bool(&w, "usable", f->is_usable);
	put_lines_json(&w, "errors", buf_slice(&f->errors), false);
	put_lines_json(&w, "warnings", buf_slice(&f->warnings), false);
	put_lines_json(&w, "notes", buf_slice(&f->errors), true);
	json_member_number(&w, "listeners", (int64_t)f->listeners);
	json_member_number(&w, "rules", (int64_t)f->rules);
	json_member_number(&w, "bindings", (int64_t)f->bindings);
	json_close(&w, '}');
	buf_put_char(to, '\n');
}

static void put_lines(const char *severity, slice lines, struct buf *to)
{
	while (lines.at && lines.len) {
		slice path, text;
		uint64_t line;
		conf_split_line(slice_split(&lines, '\n'), &path, &line, &text);
		escape_put(to, path);
		if (line) {
			buf_put_char(to, ':');
			buf_put_number(to, line);
		}
		buf_put_text(to, path.len ? ": " : "");
		buf_put_text(to, take_note(&text) ? "note" : severity);
		buf_put_text(to, ": ");
		escape_put(to, text);
		buf_put_char(to, '\n');
	}
}

static void put_count(struct buf *to, size_t n, const char *what, const char *end)
{
	buf_put_number(to, n);
	buf_put_char(to, ' ');
	buf_put_text(to, what);
	buf_put_text(to, n == 1 ? "" : "s");
	buf_put_text(to, end);
}

static void put_text(const struct options *o, const struct found *f, struct buf *to)
{
	put_lines("error", buf_slice(&f->errors), to);
	put_lines("warning", buf_slice(&f->warnings), to);
	if (o->quiet) {
		return;
	}
	escape_put(to, slice_of(conf_file(o)));
	if (!f->is_usable) {
		buf_put_text(to, ": cannot be used\n");
		return;
	}
	buf_put_text(to, has_errors(buf_slice(&f->errors)) ? ": can be used without what is wrong: " : ": good: ");
	put_count(to, f->listeners, "listener", ", ");
	put_count(to, f->rules, "signing rule", ", ");
	put_count(to, f->bindings, "binding", "\n");
}

static enum exit_status check(const struct options *o)
{
	struct found f = { 0 };
	struct buf text;
	buf_init(&f.errors, LINES_BYTES);
	buf_init(&f.warnings, LINES_BYTES);
	buf_init(&text, TEXT_BYTES);
	look(o, &f);
	(o->json ? put_json : put_text)(o, &f, &text);
	(void)write_out(buf_slice(&text));
	bool has_findings = has_errors(buf_slice(&f.errors)) || f.warnings.len;
	enum exit_status status = !f.is_usable ? EXIT_BAD_INPUT : has_findings ? EXIT_BAD : EXIT_FINE;
	buf_finish(&text);
	buf_finish(&f.warnings);
	buf_finish(&f.errors);
	return status;
}

static enum exit_status run(const struct options *o)
{
	slice action = slice_of(o->n_operands ? o->operands[0] : NULL);
	if (o->n_operands > 2) {
		complain(o, "there is no use for \"%s\"", o->operands[2]);
		return EXIT_USAGE;
	}
	if (slice_eq(action, S("check"))) {
		return check(o);
	}
	if (slice_eq(action, S("show"))) {
		return conf_show(o);
	}
	complain(o, "say what to do: check or show");
	return EXIT_USAGE;
}

const struct command cmd_conf = {
	.name = "conf",
	.synopsis = "check|show [FILE]",
	.summary = "check a configuration, or show what it says",
	.options = OPTIONS_COMMON | OPTIONS_CONF,
	.run = run,
};
