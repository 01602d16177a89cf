/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence -> verdict (RFC 9989 5.3).  The evaluation is public: signet_dmarc_eval() of <signet/dmarc.h>. */
#ifndef SIGNET_DMARC_EVAL_H
#define SIGNET_DMARC_EVAL_H

#include <signet/dmarc.h>

#include "../base/slice.h"

/* Notes the questions an evaluation will ask, as soon as the names are known and long before SPF and DKIM have results:
 * the author's walk and existence, and the walks of identifiers that look related. */
void dmarc_want(struct signet_book *b, slice author, const slice *identifiers, size_t n_identifiers);

#endif
