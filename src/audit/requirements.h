/* SPDX-License-Identifier: Apache-2.0 */
/* The sender requirements as functions of one message: a table of rules (requirements.def) and a judge for each. */
#ifndef SIGNET_AUDIT_REQUIREMENTS_H
#define SIGNET_AUDIT_REQUIREMENTS_H

#include <signet/check.h>
#include <signet/requirements.h>

#include "../base/buf.h"
#include "../mail/header.h"
#include "../mail/received.h"

/* What a judge looks at. */
struct sender_message {
	const struct mail_header *header;
	const struct signet_dossier *dossier;
	const struct mail_field *hop_field; /* the Received field of the hop that came from outside, or NULL */
	struct received hop;
	struct signet_arena *arena;
};

/* The whole, of a header and the dossier made from it. */
enum signet_status requirements_eval(enum signet_provider provider, const struct mail_header *header,
				     const struct signet_dossier *dossier, struct signet_arena *a,
				     struct signet_requirements *ret);

/* The judges: each says what it saw in `seen`. */
typedef enum signet_met requirement_judge(const struct sender_message *m, struct buf *seen);

/* evidence.c */
requirement_judge judge_spf_or_dkim, judge_spf, judge_dkim, judge_dmarc_record, judge_dmarc, judge_both_aligned;
requirement_judge judge_reports, judge_key_1024, judge_key_2048, judge_forwarding, judge_from_exists,
	judge_provider_from;
/* hop.c */
requirement_judge judge_reverse_dns, judge_reverse_dns_own, judge_tls;
/* form.c */
requirement_judge judge_format, judge_one_from, judge_single_fields;
/* unsubscribe.c */
requirement_judge judge_one_click, judge_one_click_or_mailto, judge_unsubscribe;

/* The Received field of the hop from outside: the one whose client is the envelope's, else the topmost with a public
 * address.  Receivers put hops of their own above it. */
void hop_find(struct sender_message *m);

#endif
