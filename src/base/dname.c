/* SPDX-License-Identifier: Apache-2.0 */
#include "dname.h"

#include "chars.h"
#include "name.h"

bool dname_of_text(slice text, struct dname *ret)
{
	ret->len = 0;
	for (slice rest = name_without_dot(text); rest.len || rest.at;) {
		slice label = slice_split(&rest, '.');
		if (label.len == 0 && !rest.at && ret->len == 0) {
			break; /* the root */
		}
		if (label.len == 0 || label.len > LABEL_OCTETS || ret->len + 1 + label.len > DNAME_OCTETS - 1) {
			return false;
		}
		ret->at[ret->len++] = (char)label.len;
		memcpy(ret->at + ret->len, label.at, label.len);
		ret->len += label.len;
	}
	ret->at[ret->len++] = 0;
	return true;
}

void dname_lower(struct dname *name)
{
	for (size_t i = 0; i < name->len; i++) {
		name->at[i] = char_lower(name->at[i]);
	}
}

static void put_octet(struct buf *b, char c)
{
	if (char_is(c, C_VCHAR) && c != '.' && c != '\\') {
		buf_put_char(b, c);
		return;
	}
	unsigned value = (unsigned char)c;
	buf_put_char(b, '\\');
	buf_put_char(b, (char)('0' + value / 100));
	buf_put_char(b, (char)('0' + value / 10 % 10));
	buf_put_char(b, (char)('0' + value % 10));
}

void dname_put_text(struct buf *b, slice wire)
{
	for (slice rest = wire; rest.len > 1; rest = dname_parent(rest)) {
		if (rest.at != wire.at) {
			buf_put_char(b, '.');
		}
		for (size_t i = 0; i < (unsigned char)rest.at[0]; i++) {
			put_octet(b, rest.at[1 + i]);
		}
	}
}

slice dname_parent(slice wire)
{
	return wire.len > 1 ? slice_from(wire, 1u + (unsigned char)wire.at[0]) : wire;
}
