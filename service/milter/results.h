/* SPDX-License-Identifier: Apache-2.0 */
/* results: the values of the fields in which the next readers find what was found out here (RFC 8601, RFC 7208 9.1). */
#ifndef SIGNET_SERVICE_MILTER_RESULTS_H
#define SIGNET_SERVICE_MILTER_RESULTS_H

#include <stdbool.h>

struct message;
struct facts;

/* Of the client's name in the reverse zone (RFC 8601 2.7.3). */
enum reverse_result {
	REVERSE_PASS,
	REVERSE_FAIL, /* its name does not lead back, or not to it */
	REVERSE_TEMPERROR,
	REVERSE_PERMERROR, /* it has no name */
};

/* As the mail server found out. */
enum reverse_result reverse_of(const struct facts *f);

/* From the dossier into the message.  False: memory is short, and the message must not go on without them. */
bool results_write(struct message *m);

#endif
