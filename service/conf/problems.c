/* SPDX-License-Identifier: Apache-2.0 */
#include "problems.h"

#include <stdio.h>
#include <string.h>

void problems_add(struct problems *p, size_t line, const char *format, va_list arguments)
{
	if (p->n == PROBLEMS_MAX) {
		return;
	}
	struct problem *one = &p->at[p->n++];
	one->line = line;
	vsnprintf(one->text, sizeof(one->text), format, arguments);
	for (char *at = one->text; *at; at++) {
		*at = *at == '\n' ? ' ' : *at; /* a line each */
	}
	/* the last value of a list is looked at once more where the list ends */
	if (p->n > 1 && one[-1].line == line && strcmp(one[-1].text, one->text) == 0) {
		p->n--;
	}
}

/* By line; those of one line stay in their order. */
static void sort(struct problems *p)
{
	for (size_t i = 1; i < p->n; i++) {
		const struct problem one = p->at[i];
		size_t k = i;
		for (; k > 0 && p->at[k - 1].line > one.line; k--) {
			p->at[k] = p->at[k - 1];
		}
		p->at[k] = one;
	}
}

void problems_put(struct problems *p, const char *path, size_t most, struct buf *to)
{
	sort(p);
	for (size_t i = 0; i < p->n && i < most; i++) {
		buf_put_text(to, i ? "\n" : "");
		buf_put_text(to, path);
		buf_put_char(to, ':');
		buf_put_number(to, p->at[i].line);
		buf_put_text(to, ": ");
		buf_put_text(to, p->at[i].text);
	}
}
