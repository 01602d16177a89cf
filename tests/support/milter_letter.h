/* SPDX-License-Identifier: Apache-2.0 */
/* milter_letter: a message as a mail server holds it while a filter has its changes made.  Pure. */
#ifndef SIGNET_TESTS_MILTER_LETTER_H
#define SIGNET_TESTS_MILTER_LETTER_H

#include "../../src/base/buf.h"

struct letter_field {
	slice name,
		value; /* as between colon and line end; received ones with CRLF inside, those of the filter with LF */
	char *owned; /* memory of name and value, or NULL */
};

struct letter {
	struct letter_field *fields;
	size_t n, room;
	slice body;
};

/* Points into `octets`. */
void letter_split(struct letter *m, slice octets);
void letter_finish(struct letter *m);
/* Behind the last one if there are not so many. */
void letter_insert(struct letter *m, size_t at, struct letter_field field);
/* The index-th field of that name as they are now is replaced, or with an empty value removed, which is counted; one that is
 * not there is inserted behind all. */
void letter_change(struct letter *m, uint32_t index, struct letter_field field, size_t *deleted);
/* As it is delivered. */
void letter_put(struct buf *b, const struct letter *m);

#endif
