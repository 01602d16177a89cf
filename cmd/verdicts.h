/* SPDX-License-Identifier: Apache-2.0 */
/* What the actions of signet verdict share: one file each, verdict_show.c, verdict_find.c, verdict_override.c. */
#ifndef SIGNET_CMD_VERDICTS_H
#define SIGNET_CMD_VERDICTS_H

#include "../service/conf/conf.h"
#include "../service/policy/overrides_file.h"
#include "../service/spool/reader.h"
#include "../service/tell/tell.h"
#include "command.h"

struct verdicts {
	const struct options *o;
	struct conf *conf; /* NULL: none was named */
	char spool_path[OVERRIDES_PATH_OCTETS],
		overrides_path[OVERRIDES_PATH_OCTETS]; /* if the configuration names them */
	const char *spool, *overrides;
	const char *const *operands; /* behind the action */
	size_t n_operands;
	struct buf out;
	struct tell tell;
};

enum exit_status verdict_show(struct verdicts *v);
enum exit_status verdict_find(struct verdicts *v);
enum exit_status verdict_allow(struct verdicts *v);
enum exit_status verdict_overrides(struct verdicts *v);
enum exit_status verdict_disallow(struct verdicts *v);

/* NULL after a line on standard error. */
struct spool_reader *verdicts_open(struct verdicts *v, enum spool_order order);
/* What was passed over, on standard error. */
void verdicts_tell_trouble(struct verdicts *v, const struct spool_reader *r);
/* The newest verdict of this queue id.  False: there is none, or memory is short, after a line on standard error; the
 * reader is to be freed in any case, and may be NULL. */
bool verdicts_find_id(struct verdicts *v, const char *queue_id, struct spool_reader **ret_reader,
                      struct spool_verdict *ret, enum exit_status *ret_status);
/* Prints and forgets what was told so far. */
void verdicts_flush(struct verdicts *v);

/* Who it is from and where it came from, verified or not. */
const struct signet_envelope *verdicts_envelope(const struct verdict_row *row);
/* The Author Domain the decision is about; empty: none. */
slice verdicts_author(const struct verdict_row *row);
/* The members of the row, without those of the dossier. */
void verdicts_put_json(struct json_writer *w, const struct spool_verdict *v);
/* The command that gives a held message free; false: it is not held, or its id is no word for a shell. */
bool verdicts_put_release(struct buf *to, const struct verdict_row *row, bool sendmail);

#endif
