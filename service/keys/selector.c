/* SPDX-License-Identifier: Apache-2.0 */
#include "selector.h"

#include "../../src/base/cursor.h"
#include "../../src/base/date.h"

#define TRIES 10000

static void put_digits(struct buf *to, int64_t n, int64_t unit)
{
	for (; unit; unit /= 10) {
		buf_put_char(to, (char)('0' + n / unit % 10));
	}
}

/* Writes the name; false if the template is none.  `*ret_counts`: it has {n}. */
static bool expand(const char *template, int64_t now, uint64_t n, struct buf *to, bool *ret_counts)
{
	struct cursor c = cursor_of(slice_of(template));
	int64_t year;
	int month, day;
	date_split(now, &year, &month, &day);
	*ret_counts = false;
	while (!cursor_is_end(&c)) {
		if (cursor_take_text(&c, S("{yyyy}"))) {
			put_digits(to, year, 1000);
		} else if (cursor_take_text(&c, S("{mm}"))) {
			put_digits(to, month, 10);
		} else if (cursor_take_text(&c, S("{dd}"))) {
			put_digits(to, day, 10);
		} else if (cursor_take_text(&c, S("{n}"))) {
			buf_put_number(to, n);
			*ret_counts = true;
		} else if (cursor_peek(&c) == '{' || cursor_peek(&c) == '}') {
			return false;
		} else {
			buf_put_char(to, *c.at++);
		}
	}
	return buf_ok(to) && selector_is_good(buf_slice(to));
}

bool selector_template_is_good(const char *template)
{
	struct buf name;
	bool counts;
	buf_init(&name, SELECTOR_OCTETS);
	bool good = expand(template, 0, TRIES, &name, &counts);
	buf_finish(&name);
	return good;
}

static bool make_name(const char *template, int64_t now, uint64_t n, struct buf *to)
{
	bool counts;
	buf_clear(to);
	if (!expand(template, now, n, to, &counts)) {
		return false;
	}
	if (!counts && n > 1) {
		buf_put_char(to, '-');
		buf_put_number(to, n);
	}
	return buf_ok(to) && selector_is_good(buf_slice(to));
}

slice selector_next(const char *template, const struct key_state *s, int64_t now)
{
	struct buf name;
	slice ret = { 0 };
	buf_init(&name, SELECTOR_OCTETS);
	for (uint64_t n = 1; n <= TRIES && make_name(template, now, n, &name); n++) {
		if (!state_find(s, buf_slice(&name))) {
			ret = arena_copy(s->arena, buf_slice(&name));
			break;
		}
	}
	buf_finish(&name);
	return ret;
}
