/* SPDX-License-Identifier: Apache-2.0 */
#include "milter_letter.h"

#include <stdlib.h>

void letter_insert(struct letter *m, size_t at, struct letter_field field)
{
	if (m->n == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		m->fields = realloc(m->fields, m->room * sizeof(*m->fields));
		if (!m->fields) {
			abort();
		}
	}
	at = at > m->n ? m->n : at;
	memmove(&m->fields[at + 1], &m->fields[at], (m->n - at) * sizeof(*m->fields));
	m->fields[at] = field;
	m->n++;
}

static void remove_field(struct letter *m, size_t at)
{
	free(m->fields[at].owned);
	m->n--;
	memmove(&m->fields[at], &m->fields[at + 1], (m->n - at) * sizeof(*m->fields));
}

/* The field at the front of `rest`, its continuation lines included. */
static struct letter_field split_field(slice *rest)
{
	size_t end = 0;
	do {
		size_t n = slice_find(slice_from(*rest, end), S("\r\n"));
		end = n == SLICE_NONE ? rest->len : end + n + 2;
	} while (end < rest->len && (rest->at[end] == ' ' || rest->at[end] == '\t'));
	slice line = slice_first(*rest, end);
	*rest = slice_from(*rest, end);
	if (line.len >= 2 && line.at[line.len - 1] == '\n') {
		line.len -= 2;
	}
	slice value = line, name = slice_split(&value, ':');
	return (struct letter_field) { .name = slice_trim_wsp(name), .value = value };
}

void letter_split(struct letter *m, slice octets)
{
	while (octets.len && !slice_starts(octets, S("\r\n"))) {
		letter_insert(m, m->n, split_field(&octets));
	}
	m->body = slice_from(octets, 2);
}

/* The index-th field of that name as they are now, 0 taken for 1; the one that the mail server put on top has no name. */
static size_t find_field(const struct letter *m, slice name, uint32_t index)
{
	uint32_t seen = 0;
	for (size_t i = 0; i < m->n; i++) {
		if (slice_eq_nocase(m->fields[i].name, name) && ++seen >= index) {
			return i;
		}
	}
	return m->n;
}

void letter_change(struct letter *m, uint32_t index, struct letter_field field, size_t *deleted)
{
	size_t at = find_field(m, field.name, index);
	*deleted += field.value.len == 0 && at < m->n;
	if (at < m->n) {
		remove_field(m, at);
	}
	if (field.value.len) {
		letter_insert(m, at, field);
	} else {
		free(field.owned);
	}
}

static void put_lines(struct buf *b, slice value)
{
	while (value.at) {
		slice line = slice_split(&value, '\n');
		if (line.len && line.at[line.len - 1] == '\r') {
			line.len--;
		}
		buf_put(b, line);
		buf_put(b, S("\r\n"));
	}
}

void letter_put(struct buf *b, const struct letter *m)
{
	for (size_t i = 0; i < m->n; i++) {
		buf_put(b, m->fields[i].name);
		buf_put(b, m->fields[i].name.len ? S(":") : S(""));
		put_lines(b, m->fields[i].value);
	}
	buf_put(b, S("\r\n"));
	buf_put(b, m->body);
}

void letter_finish(struct letter *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->fields[i].owned);
	}
	free(m->fields);
}
