/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of milter_client share: a connection, replies, steps. */
#ifndef SIGNET_TESTS_MILTER_CLIENT_INNER_H
#define SIGNET_TESTS_MILTER_CLIENT_INNER_H

#include "milter_client.h"

#define OUT_OCTETS ((size_t)8 << 20)
#define STAGES "CHMRTEN" /* in the order of their numbers */

enum {
	ADD_FIELDS = 0x1,
	CHANGE_FIELDS = 0x10,
	QUARANTINE = 0x20,
	SYMBOLS = 0x100,
	LEADING_SPACE = 0x100000,
	NO_FIELDS = 0x20,
};

struct milter_client {
	struct milter_client_settings settings;
	int fd;
	uint32_t version, actions, protocol;
	char *symbols[sizeof(STAGES)]; /* by stage; NULL: not said */
	struct milter_macro macros[MILTER_CLIENT_MACROS + 8];
	size_t n_macros;
	const char *queue_id; /* NULL: not known yet */
	const char *fault;
	struct buf out;
	char *in; /* replies */
	size_t in_len, in_at, in_room;
	char text[1200]; /* of the last y */
};

/* Always false; the first reason stays. */
bool client_fail(struct milter_client *c, const char *why);
bool client_flush(struct milter_client *c);
void client_put_head(struct milter_client *c, char command, size_t octets);
/* With its NUL. */
void client_put_text(struct buf *b, const char *text);
uint32_t client_number(const char *at);

/* The next reply, 0: the filter is gone; `ret` lives until the one after it. */
char client_reply(struct milter_client *c, slice *ret);
/* Of a reply y; "%%" is "%". */
void client_take_text(struct milter_client *c, slice data);

/* A command in two pieces, with its macros.  The reply, or 'c' where none is due; 0: the filter is gone. */
char client_step(struct milter_client *c, char command, slice data, slice more);
char client_step_text(struct milter_client *c, char command, const struct buf *data);
/* The macros of the end of a message. */
void client_put_end_macros(struct milter_client *c);

#endif
