/* SPDX-License-Identifier: Apache-2.0 */
#include "signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../service/keys/key_file.h"
#include "../service/tell/tell.h"
#include "../src/base/chars.h"
#include "../src/base/finding.h"
#include "remote.h"

#define READ_BYTES ((size_t)64 << 10)
#define ERROR_BYTES 4096
#define TEXT_BYTES ((size_t)1 << 20)
#define HEAD_BYTES ((size_t)2 << 20) /* a longer header is refused by whoever signs */

/* ---- the pairs ---- */

/* A pair while it is read: --selector and --key may come in either order. */
struct pair {
	const char *domain, *selector, *key, *canon, *identity;
	const struct table_key *rule; /* that chose it; NULL: the options did */
};

struct pairs {
	struct pair at[SIGNET_SIGNATURES];
	size_t n;
	const char *domain; /* of the pairs that follow */
	struct pair all; /* canon and identity that hold for every pair */
};

static size_t count_steps(const struct options *o, const char *name)
{
	size_t n = 0;
	for (size_t i = 0; i < o->steps.n; i++) {
		n += strcmp(o->steps.at[i].name, name) == 0;
	}
	return n;
}

/* With the signer process a selector says all. */
static bool is_whole(const struct options *o, const struct pair *pair)
{
	return pair->selector && (pair->key || o->signer);
}

/* The pair a --selector or --key belongs to: the last one if that still lacks it, else a new one. */
static struct pair *pair_for(const struct options *o, struct pairs *p, bool is_key)
{
	struct pair *last = p->n ? &p->at[p->n - 1] : NULL;
	bool is_open = last && !is_whole(o, last);
	if (is_open && !(is_key ? last->key : last->selector)) {
		return last;
	}
	if (is_open) {
		complain(o, "--selector and --key come in pairs");
		return NULL;
	}
	if (p->n == SIGNET_SIGNATURES) {
		complain(o, "more than %d signatures", SIGNET_SIGNATURES);
		return NULL;
	}
	p->at[p->n] = (struct pair) { .domain = p->domain };
	return &p->at[p->n++];
}

static bool read_step(const struct options *o, struct pairs *p, const struct option_step *step)
{
	if (strcmp(step->name, "domain") == 0) {
		p->domain = step->value;
		for (size_t i = 0; i < p->n; i++) {
			p->at[i].domain = p->at[i].domain ? p->at[i].domain : step->value;
		}
		return true;
	}
	if (strcmp(step->name, "selector") == 0 || strcmp(step->name, "key") == 0) {
		bool is_key = step->name[0] == 'k';
		if (is_key && o->signer) {
			complain(o, "--signer has the keys: no --key beside it");
			return false;
		}
		struct pair *pair = pair_for(o, p, is_key);
		if (pair) {
			*(is_key ? &pair->key : &pair->selector) = step->value;
		}
		return pair;
	}
	struct pair *to = p->n && count_steps(o, step->name) > 1 ? &p->at[p->n - 1] : &p->all;
	*(step->name[0] == 'c' ? &to->canon : &to->identity) = step->value;
	return true;
}

/* --keys: the active keys of the domain, as if they were given in pairs. */
static bool take_stored(struct signing *s, struct pairs *p, enum exit_status *ret_status)
{
	const struct options *o = s->options;
	if (p->n || !p->domain) {
		complain(o, p->n ? "--keys has the keys: no --selector and --key beside it"
		                 : "--keys needs --domain DOMAIN");
		return false;
	}
	p->n = stored_active(o, o->keys, p->domain, s->stored, SIGNING_STORED, ret_status);
	for (size_t i = 0; i < p->n; i++) {
		p->at[i] = (struct pair) { .domain = s->stored[i].domain,
			                   .selector = s->stored[i].selector,
			                   .key = s->stored[i].path };
	}
	return p->n > 0;
}

static bool read_steps(const struct options *o, struct pairs *p)
{
	for (size_t i = 0; i < o->steps.n; i++) {
		if (!read_step(o, p, &o->steps.at[i])) {
			return false;
		}
	}
	return true;
}

/* The pairs of the options, whatever the message is. */
static bool take_given(struct signing *s, struct pairs *p, enum exit_status *ret_status)
{
	const struct options *o = s->options;
	if (o->keys) {
		return take_stored(s, p, ret_status);
	}
	bool whole = p->n && is_whole(o, &p->at[p->n - 1]) && p->at[0].domain;
	if (!whole) {
		complain(o, "needs --domain DOMAIN, then --selector NAME%s, or --keys DIR%s",
		         o->signer ? " for each signature" : " and --key FILE in pairs",
		         strcmp(o->command, "sign") == 0 ? ", or --table FILE" : "");
	}
	return whole;
}

/* "relaxed/simple"; one word is the header's, and the body's is then simple (RFC 6376 3.5). */
static bool read_canon(const struct options *o, const char *text, struct signet_signature *s)
{
	slice rest = slice_of(text);
	slice header = slice_split(&rest, '/');
	slice body = rest.at ? rest : S("simple");
	s->header_simple = slice_eq_nocase(header, S("simple"));
	s->body_simple = slice_eq_nocase(body, S("simple"));
	if ((s->header_simple || slice_eq_nocase(header, S("relaxed"))) &&
	    (s->body_simple || slice_eq_nocase(body, S("relaxed")))) {
		return true;
	}
	complain(o, "\"%s\" is no canonicalization: relaxed or simple, a slash, relaxed or simple", text);
	return false;
}

static bool take_pair(struct signing *s, const struct pairs *p, const struct pair *pair)
{
	struct signet_signature *signature = &s->signatures[s->n];
	const char *canon = pair->canon ? pair->canon : p->all.canon;
	*signature = (struct signet_signature) {
		.domain = slice_of(pair->domain),
		.selector = slice_of(pair->selector),
		.identity = slice_of(pair->identity ? pair->identity : p->all.identity),
	};
	return !canon || read_canon(s->options, canon, signature);
}

static bool open_key(struct signing *s, const char *path)
{
	struct buf error;
	buf_init(&error, ERROR_BYTES);
	enum key_file_fault fault = key_file_open(s->engine, path, &s->keys[s->n], &error);
	if (fault == KEY_FILE_GOOD) {
		s->signatures[s->n].algorithm = signet_privkey_algorithm(s->keys[s->n]);
		s->bits[s->n] = signet_privkey_bits(s->keys[s->n]);
	} else {
		complain(s->options, "%.*s", (int)error.len, error.at ? error.at : "");
	}
	buf_finish(&error);
	return fault == KEY_FILE_GOOD;
}

/* ---- names of fields ---- */

static bool add_rule(struct signing *s, slice name, enum signet_coverage coverage)
{
	if (s->n_rules == SIGNET_COVERAGE_RULES) {
		complain(s->options, "more than %d names of header fields", SIGNET_COVERAGE_RULES);
		return false;
	}
	s->rules[s->n_rules++] = (struct signet_coverage_rule) { name, coverage };
	return true;
}

/* The next name of a list with ":", "," or spaces between. */
static bool take_name(slice *rest, slice *ret)
{
	size_t from = 0;
	while (from < rest->len && (rest->at[from] == ':' || rest->at[from] == ',' || char_is(rest->at[from], C_WSP))) {
		from++;
	}
	size_t to = from;
	while (to < rest->len && rest->at[to] != ':' && rest->at[to] != ',' && !char_is(rest->at[to], C_WSP)) {
		to++;
	}
	*ret = slice_make(rest->at + from, to - from);
	*rest = slice_from(*rest, to);
	return ret->len > 0;
}

/* "from:to:subject" instead of the usual ones; "+x-id:-date" changes them. */
static bool read_headers(struct signing *s, slice list)
{
	slice name;
	while (take_name(&list, &name)) {
		char sign = name.at[0];
		bool changes = sign == '+' || sign == '-';
		name = slice_from(name, changes);
		if (!name.len) {
			complain(s->options,
			         "--headers: \"%c\" stands alone: the name of a field follows it without a space",
			         sign);
			return false;
		}
		enum signet_coverage coverage = signet_coverage_usual(name);
		if (sign == '-') {
			coverage = SIGNET_COVER_NOT;
		} else if (coverage == SIGNET_COVER_NOT) {
			coverage = SIGNET_COVER;
		}
		s->only_rules |= !changes;
		if (!add_rule(s, name, coverage)) {
			return false;
		}
	}
	return true;
}

static bool read_rules(struct signing *s)
{
	const struct options *o = s->options;
	for (size_t i = 0; i < o->headers.n; i++) {
		if (!read_headers(s, slice_of(o->headers.at[i]))) {
			return false;
		}
	}
	for (size_t i = 0; i < o->oversign.n + o->no_oversign.n; i++) {
		bool more = i < o->oversign.n;
		slice list = slice_of(more ? o->oversign.at[i] : o->no_oversign.at[i - o->oversign.n]);
		slice name;
		while (take_name(&list, &name)) {
			if (!add_rule(s, name, more ? SIGNET_COVER_MORE : SIGNET_COVER)) {
				return false;
			}
		}
	}
	return true;
}

/* ---- the message ---- */

static bool is_folder(const char *path)
{
	struct stat st;
	return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool open_message(struct signing *s)
{
	static const char *const standard_input[] = { "-" };
	const struct options *o = s->options;
	if (o->n_operands && is_folder(o->operands[0])) {
		complain(o, "%s: is a folder, not a message", o->operands[0]);
		return false;
	}
	s->octets = malloc(READ_BYTES);
	s->box = o->n_operands ? mailbox_open(o->operands, 1) : mailbox_open(standard_input, 1);
	if (!s->box || !s->octets) {
		complain(o, "no memory");
		return false;
	}
	s->has_item = mailbox_next(s->box, &s->item);
	if (!s->has_item || s->item.error) {
		const char *path = o->n_operands ? o->operands[0] : "-";
		complain(o, "%s: %s", path, s->has_item ? s->item.error : "there is no message");
		return false;
	}
	struct mailbox_item more;
	if (mailbox_next(s->box, &more)) {
		mailbox_close_item(&more);
		complain(o, "%s: holds more than one message", s->item.path);
		return false;
	}
	return true;
}

/* The beginning of the message, the whole header in it. */
static bool read_head(struct signing *s, struct buf *head)
{
	size_t n;
	enum signet_status status;
	mailbox_rewind(&s->item);
	do {
		status = mailbox_read(&s->item, s->octets, READ_BYTES, &n);
		buf_put(head, slice_first(slice_make(s->octets, n), HEAD_BYTES - head->len));
	} while (status == SIGNET_OK && n && head->len < HEAD_BYTES);
	if (status != SIGNET_OK || !buf_ok(head)) {
		complain(s->options, "%s: %s", s->item.path, s->item.error ? s->item.error : "no memory");
		return false;
	}
	return true;
}

static bool open_client(struct signing *s, const char *path, enum exit_status *ret_status)
{
	const struct options *o = s->options;
	s->client = path ? signer_client_new(path, 0) : NULL;
	if (!s->client) {
		complain(o, path ? "the path of the signer is too long for a socket"
		                 : "a key of the table is in the signer process: say --signer PATH");
		*ret_status = path ? EXIT_UNFINISHED : EXIT_USAGE;
	}
	return s->client;
}

/* The pairs that a table chooses for whoever wrote the message. */
static bool take_tabled(struct signing *s, const struct conf *conf, struct pairs *p, enum exit_status *ret_status)
{
	struct tabled *t = &s->tabled;
	const char *socket = s->options->signer ? s->options->signer : conf ? conf->signer_socket : NULL;
	struct buf head;
	if (p->n || p->domain) {
		complain(s->options, "a table has the keys: no --domain, --selector and --key beside it");
		return false;
	}
	*ret_status = EXIT_BAD_INPUT;
	buf_init(&head, HEAD_BYTES);
	bool good = open_message(s) && read_head(s, &head);
	const struct tabled_message message = { s->item.path, buf_slice(&head) };
	good = good && tabled_choose(s->options, conf, &message, t, ret_status) &&
	       (!t->needs_signer || open_client(s, socket, ret_status));
	buf_finish(&head);
	for (size_t i = 0; i < t->n && good; i++) {
		p->at[p->n++] = (struct pair) {
			.domain = t->keys[i].domain,
			.selector = t->keys[i].selector,
			.key = t->keys[i].path,
			.identity = t->keys[i].identity,
			.rule = t->keys[i].rule,
		};
	}
	return good;
}

/* A rule that names an algorithm means a key of it. */
static bool is_as_ruled(const struct signing *s, const struct table_key *rule)
{
	const struct signet_signature *signature = &s->signatures[s->n];
	if (!rule || !rule->has_algorithm || rule->algorithm == signature->algorithm) {
		return true;
	}
	complain(s->options, "%.*s:%zu: says %s, the key of %.*s, selector %.*s, is for %s", (int)rule->file.len,
	         rule->file.at, rule->line, signet_algorithm_name(rule->algorithm), (int)signature->domain.len,
	         signature->domain.at, (int)signature->selector.len, signature->selector.at,
	         signet_algorithm_name(signature->algorithm));
	return false;
}

/* One selector makes one signature: who names it twice meant another one. */
static bool is_new(const struct signing *s)
{
	const struct signet_signature *last = &s->signatures[s->n];
	for (size_t i = 0; i < s->n; i++) {
		if (slice_eq_nocase(last->domain, s->signatures[i].domain) &&
		    slice_eq_nocase(last->selector, s->signatures[i].selector)) {
			complain(s->options, "selector %.*s of %.*s is given twice: each makes one signature",
			         (int)last->selector.len, last->selector.at, (int)last->domain.len, last->domain.at);
			return false;
		}
	}
	return true;
}

static bool open_pairs(struct signing *s, const struct pairs *p, enum exit_status *ret_status)
{
	*ret_status = EXIT_USAGE;
	for (size_t i = 0; i < p->n; i++) {
		if (!take_pair(s, p, &p->at[i]) || !is_new(s)) {
			return false;
		}
		*ret_status = EXIT_BAD_INPUT;
		struct signet_signature *signature = &s->signatures[s->n];
		bool found = p->at[i].key
		                     ? open_key(s, p->at[i].key)
		                     : remote_find_key(s->options, s->client, signature->domain, signature->selector,
		                                       &signature->algorithm, &s->bits[s->n], ret_status);
		if (!found || !is_as_ruled(s, p->at[i].rule)) {
			return false;
		}
		*ret_status = EXIT_USAGE;
		s->n++;
	}
	return read_rules(s);
}

static bool open_given(struct signing *s, struct pairs *p, enum exit_status *ret_status)
{
	const struct options *o = s->options;
	return take_given(s, p, ret_status) && (!o->signer || open_client(s, o->signer, ret_status));
}

bool signing_open(const struct options *o, const struct conf *conf, struct signing *ret, enum exit_status *ret_status)
{
	struct pairs pairs = { 0 };
	*ret = (struct signing) { .options = o };
	*ret_status = EXIT_USAGE;
	if (o->n_operands > 1) {
		complain(o, "takes one message (\"%s\")", o->operands[1]);
		return false;
	}
	ret->engine = signet_new();
	if (!ret->engine) {
		complain(o, "no memory");
		*ret_status = EXIT_UNFINISHED;
		return false;
	}
	if (!read_steps(o, &pairs)) {
		return false;
	}
	bool by_table = strcmp(o->command, "sign") == 0 && tabled_is_wanted(o);
	if (!(by_table ? take_tabled(ret, conf, &pairs, ret_status) : open_given(ret, &pairs, ret_status)) ||
	    !open_pairs(ret, &pairs, ret_status)) {
		return false;
	}
	*ret_status = EXIT_BAD_INPUT;
	return ret->has_item || open_message(ret);
}

void signing_close(struct signing *s)
{
	if (s->has_item) {
		mailbox_close_item(&s->item);
	}
	mailbox_free(s->box);
	free(s->octets);
	for (size_t i = 0; i < SIGNET_SIGNATURES; i++) {
		signet_privkey_free(s->keys[i]);
	}
	signer_client_free(s->client);
	tabled_finish(&s->tabled);
	signet_free(s->engine);
}

enum signet_status signing_feed(struct signing *s, signing_take_fn *take, void *to)
{
	size_t n;
	mailbox_rewind(&s->item);
	TRY(mailbox_read(&s->item, s->octets, READ_BYTES, &n));
	while (n) {
		TRY(take(to, slice_make(s->octets, n)));
		TRY(mailbox_read(&s->item, s->octets, READ_BYTES, &n));
	}
	return SIGNET_OK;
}

enum signet_status signing_answer(struct signing *s, const struct signet_sign_request *request,
                                  uint8_t ret[static SIGNET_SIGNATURE_OCTETS], size_t *ret_octets)
{
	if (s->keys[request->index]) {
		return signet_privkey_sign(s->keys[request->index], request->digest, ret, ret_octets);
	}
	const struct signet_signature *signature = &s->signatures[request->index];
	s->trouble = remote_sign(s->client, signature->domain, signature->selector, signature->algorithm,
	                         request->digest, ret, ret_octets);
	return s->trouble ? SIGNET_LIMIT : SIGNET_OK;
}

/* Takes the CRs away again that the reader put before each LF; a CR that ends a piece is `held` until the next one. */
static enum signet_status write_lf(void *held, slice octets)
{
	bool *cr = held;
	bool good = true;
	while (octets.len && good) {
		good = !*cr || octets.at[0] == '\n' || write_out(S("\r"));
		size_t n = slice_find_char(octets, '\r');
		*cr = n != SLICE_NONE;
		good = good && write_out(slice_first(octets, n));
		octets = slice_from(octets, n == SLICE_NONE ? octets.len : n + 1);
	}
	return good ? SIGNET_OK : SIGNET_IO;
}

static enum signet_status write_as_is(void *to, slice octets)
{
	(void)to;
	return write_out(octets) ? SIGNET_OK : SIGNET_IO;
}

enum exit_status signing_write(struct signing *s, slice fields)
{
	signing_take_fn *put = mailbox_has_lf_lines(&s->item) ? write_lf : write_as_is;
	bool cr = false;
	bool good =
		put(&cr, fields) == SIGNET_OK && signing_feed(s, put, &cr) == SIGNET_OK && (!cr || write_out(S("\r")));
	if (!good && s->item.error) {
		complain(s->options, "%s: %s", s->item.path, s->item.error);
	}
	return good ? EXIT_FINE : EXIT_UNFINISHED; /* main() tells of a broken standard output */
}

/* ---- what there is to say ---- */

static void put_json(struct signing *s, bool refused, const struct signet_findings *findings, struct buf *text)
{
	struct json_writer w = json_writer_of(text);
	json_open(&w, '{');
	json_member_text(&w, "path", slice_of(s->item.path));
	json_member_bool(&w, "ok", !refused);
	json_key(&w, "signatures");
	json_open(&w, '[');
	for (size_t i = 0; i < s->n && !refused; i++) {
		json_open(&w, '{');
		json_member_text(&w, "domain", s->signatures[i].domain);
		json_member_text(&w, "selector", s->signatures[i].selector);
		json_member_name(&w, "algorithm", signet_algorithm_name(s->signatures[i].algorithm));
		json_member_number(&w, "key_bits", s->bits[i]);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	tell_json_findings(&w, "findings", findings);
	json_close(&w, '}');
	buf_put_char(text, '\n');
}

static void put_line(struct tell *t, const struct options *o, const struct signet_finding *finding)
{
	const struct signet_finding_kind *kind = signet_finding_kind(finding->id);
	struct buf sentence;
	buf_init(&sentence, ERROR_BYTES);
	finding_put(&sentence, kind->sentence, finding);
	tell_put(t, "signet ");
	tell_put(t, o->command);
	tell_put(t, ": ");
	tell_outside(t, buf_slice(&sentence), 0);
	tell_put(t, " [");
	tell_put(t, kind->clause);
	tell_put(t, "] (");
	tell_put(t, kind->name);
	tell_put(t, ")\n");
	buf_finish(&sentence);
}

void signing_tell(struct signing *s, bool refused, const struct signet_findings *findings)
{
	const struct options *o = s->options;
	struct buf text;
	buf_init(&text, TEXT_BYTES);
	struct tell t = { .to = &text };
	if (o->json) {
		put_json(s, refused, findings, &text);
	}
	for (size_t i = 0; i < findings->n && !o->json; i++) {
		bool is_error = signet_finding_kind(findings->at[i].id)->severity >= SIGNET_ERROR;
		if (o->verbose) {
			tell_finding(&t, &findings->at[i], 0);
		} else if (!o->quiet || is_error) {
			put_line(&t, o, &findings->at[i]);
		}
	}
	if (text.len) {
		fwrite(text.at, 1, text.len, stderr);
	}
	buf_finish(&text);
}

enum exit_status signing_fail(struct signing *s, enum signet_status status)
{
	const char *trouble = s->trouble ? s->trouble : s->item.error;
	complain(s->options, "%s: %s", s->item.path, trouble ? trouble : signet_status_name(status));
	return status == SIGNET_IO ? EXIT_BAD_INPUT : EXIT_UNFINISHED;
}
