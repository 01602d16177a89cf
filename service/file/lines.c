/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include "../../src/base/escape.h"

#define SHOWN_OCTETS 80

bool lines_refuse(struct lines *l, const char *why, slice word)
{
	buf_put_text(l->error, l->path);
	buf_put_char(l->error, ':');
	buf_put_number(l->error, l->line);
	buf_put_text(l->error, ": ");
	buf_put_text(l->error, why);
	if (word.len) {
		buf_put_text(l->error, " \"");
		escape_put(l->error, slice_first(word, SHOWN_OCTETS));
		buf_put_char(l->error, '"');
	}
	l->refused = true;
	return false;
}

bool lines_next(struct lines *l, struct cursor *ret)
{
	while (l->rest.at && l->rest.len) {
		slice line = slice_split(&l->rest, '\n');
		l->line++;
		if (line.len > l->most) {
			return lines_refuse(l, "the line is too long", S(""));
		}
		*ret = cursor_of(line);
		(void)cursor_take(ret, C_WSP);
		if (!cursor_is_end(ret) && cursor_peek(ret) != '#') {
			return true;
		}
	}
	return false;
}

slice lines_word(struct cursor *c)
{
	(void)cursor_take(c, C_WSP);
	return cursor_take(c, C_VCHAR | C_8BIT);
}
