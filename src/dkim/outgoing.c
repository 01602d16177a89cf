/* SPDX-License-Identifier: Apache-2.0 */
#include "outgoing.h"

#include "../base/chars.h"
#include "../base/utf8.h"

#define ARENA_BYTES ((size_t)64 << 20) /* everything of one message but its body */
#define HEADER_PIECE ((size_t)4 << 10)

static outgoing_feed_fn feed_header, feed_body, feed_nothing, feed_ended;

void outgoing_init(struct outgoing *m, struct signet *engine, size_t header_bytes)
{
	*m = (struct outgoing) { .engine = engine };
	arena_init(&m->arena, ARENA_BYTES);
	outgoing_reset(m, header_bytes);
}

void outgoing_reset(struct outgoing *m, size_t header_bytes)
{
	body_hashes_finish(&m->hashes);
	arena_reset(&m->arena);
	struct outgoing empty = {
		.engine = m->engine,
		.arena = m->arena,
		.octets = m->octets,
		.open = m->open,
		.owner = m->owner,
		.feed = feed_header,
	};
	*m = empty;
	m->octets.max = header_bytes ? header_bytes : OUTGOING_HEADER_OCTETS;
	buf_clear(&m->octets);
	findings_init(&m->notes, &m->arena);
	findings_init(&m->findings, &m->arena);
	body_hashes_init(&m->hashes, m->engine, &m->arena);
}

void outgoing_finish(struct outgoing *m)
{
	body_hashes_finish(&m->hashes);
	buf_finish(&m->octets);
	arena_finish(&m->arena);
}

enum signet_status outgoing_feed(struct outgoing *m, slice octets)
{
	if (m->broken == SIGNET_OK) {
		m->broken = m->feed(m, octets);
	}
	return m->broken;
}

static enum signet_status feed_ended(struct outgoing *m, slice octets)
{
	(void)m;
	(void)octets;
	return SIGNET_MISUSE;
}

static enum signet_status feed_nothing(struct outgoing *m, slice octets)
{
	(void)m;
	(void)octets;
	return SIGNET_OK;
}

static enum signet_status feed_body(struct outgoing *m, slice octets)
{
	body_lines_feed(&m->lines, octets);
	body_hashes_feed(&m->hashes, octets);
	return SIGNET_OK;
}

/* What the reader of headers found and no signer should put his name to. */
static void judge_header(struct outgoing *m)
{
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct signet_finding *note = &m->notes.at[i];
		bool line_end = note->id == F_MAIL_BARE_CR || note->id == F_MAIL_BARE_LF;
		bool broken = note->id == F_MAIL_NUL || note->id == F_MAIL_NOT_A_FIELD ||
		              note->id == F_MAIL_ORPHAN_CONTINUATION;
		if (RULE("6376:5.3", line_end)) {
			outgoing_refuse(m, F_SIGN_LINE_ENDS, note->input, note->offset, TEXT(S("the header")));
		} else if (RULE("5322:2.2", broken)) {
			outgoing_refuse(m, F_SIGN_HEADER_BROKEN, note->input, note->offset, NUMBER(0));
		} else if (note->id == F_MAIL_TOO_MANY_FIELDS) {
			outgoing_refuse(m, F_SIGN_HEADER_TOO_LARGE, note->input, 0, NUMBER(HEADER_FIELDS_MAX),
			                TEXT(S("fields")));
		}
	}
}

static enum signet_status open_header(struct outgoing *m)
{
	TRY(header_parse(buf_slice(&m->octets), &m->arena, &m->notes, &m->header));
	TRY(field_index_init(&m->index, &m->header, &m->arena));
	judge_header(m);
	m->is_open = true;
	m->feed = feed_body;
	return m->open(m->owner);
}

/* Past the cap nothing is kept and nothing signed. */
static enum signet_status give_up(struct outgoing *m)
{
	outgoing_refuse(m, F_SIGN_HEADER_TOO_LARGE, (slice) { 0 }, 0, NUMBER(m->octets.max), TEXT(S("octets")));
	m->feed = feed_nothing;
	return SIGNET_OK;
}

/* The header is copied, the body behind it is not: hence in pieces about as long as a header. */
static enum signet_status feed_header(struct outgoing *m, slice octets)
{
	while (octets.len) {
		size_t before = m->octets.len;
		size_t room = m->octets.max - before;
		slice piece = slice_first(octets, room < HEADER_PIECE ? room : HEADER_PIECE);
		buf_put(&m->octets, piece);
		if (!buf_ok(&m->octets)) {
			return SIGNET_NO_MEMORY;
		}
		size_t end = header_find_end(buf_slice(&m->octets), before);
		if (end != SLICE_NONE) {
			m->octets.len = end;
			TRY(open_header(m));
			return feed_body(m, slice_from(octets, end - before));
		}
		octets = slice_from(octets, piece.len);
		if (m->octets.len == m->octets.max) {
			return give_up(m);
		}
	}
	return SIGNET_OK;
}

static void judge_lines(struct outgoing *m)
{
	const struct body_lines *l = &m->lines;
	uint64_t line = l->bare_cr_line;
	line = line == 0 || (l->bare_lf_line && l->bare_lf_line < line) ? l->bare_lf_line : line;
	if (RULE("6376:5.3", line)) {
		struct buf place;
		buf_init_arena(&place, &m->arena, 64);
		buf_put_text(&place, "line ");
		buf_put_number(&place, line);
		buf_put_text(&place, " of the body");
		outgoing_refuse(m, F_SIGN_LINE_ENDS, (slice) { 0 }, 0, TEXT(buf_slice(&place)));
	}
}

enum signet_status outgoing_end(struct outgoing *m)
{
	TRY(m->broken);
	if (m->feed == feed_header) { /* no empty line: a header without body */
		m->broken = open_header(m);
	}
	m->feed = feed_ended;
	if (m->broken == SIGNET_OK) {
		body_lines_end(&m->lines);
		judge_lines(m);
		m->broken = body_hashes_end(&m->hashes);
	}
	m->is_ended = m->broken == SIGNET_OK;
	return m->broken;
}

static bool is_ascii(slice text)
{
	unsigned char any = 0;
	for (size_t i = 0; i < text.len; i++) {
		any |= (unsigned char)text.at[i];
	}
	return any < 128;
}

bool outgoing_is_international(const struct outgoing *m)
{
	return !is_ascii(m->header.block) && utf8_is_valid(m->header.block);
}

static void warn_eight_bit(struct outgoing *m)
{
	for (size_t i = 0; i < m->header.n; i++) {
		slice raw = m->header.fields[i].raw;
		if (RULE("6376:5.3", !is_ascii(raw))) {
			note_with(&m->findings, F_SIGN_EIGHT_BIT_HEADER, raw, 0, TEXT(m->header.fields[i].name));
			break;
		}
	}
	if (RULE("6376:5.3", m->lines.eight_bit_line)) {
		note_with(&m->findings, F_SIGN_EIGHT_BIT, (slice) { 0 }, 0, NUMBER(m->lines.eight_bit_line));
	}
}

void outgoing_warn(struct outgoing *m, bool eight_bit_path)
{
	if (!eight_bit_path) {
		warn_eight_bit(m);
	}
	for (size_t i = 0; i < m->notes.n; i++) {
		const struct signet_finding *note = &m->notes.at[i];
		if (note->id == F_MAIL_LINE_LONG) {
			note_with(&m->findings, F_SIGN_LINE_LONG, note->input, note->offset,
			          NUMBER(note->args[0].number), TEXT(S("the header")));
		} else if (RULE("5322:4.5", note->id == F_MAIL_SPACE_BEFORE_COLON)) {
			note_with(&m->findings, F_SIGN_SPACE_BEFORE_COLON, note->input, 0, TEXT(note->args[0].text));
		}
	}
	if (RULE("6376:5.3", m->lines.longest > HEADER_LINE_OCTETS)) {
		note_with(&m->findings, F_SIGN_LINE_LONG, (slice) { 0 }, 0, NUMBER(m->lines.longest),
		          TEXT(S("the body")));
	}
	if (m->lines.nul_line) {
		note_with(&m->findings, F_SIGN_NUL, (slice) { 0 }, 0, NUMBER(m->lines.nul_line));
	}
}
