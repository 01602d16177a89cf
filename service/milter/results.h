/* SPDX-License-Identifier: Apache-2.0 */
/* results: the values of the fields in which the next readers find what was found out here (RFC 8601, RFC 7208 9.1). */
#ifndef SIGNET_SERVICE_MILTER_RESULTS_H
#define SIGNET_SERVICE_MILTER_RESULTS_H

struct message;

/* From the dossier into the message; left empty if memory is short. */
void results_write(struct message *m);

#endif
