/* SPDX-License-Identifier: Apache-2.0 */
/* facts: what the mail server told us of a connection and of the envelope of a message.
 *
 * Texts are as they came, NUL-terminated in memory behind their end, and belong to the session: those of the connection until
 * it ends, those of the message until the session has answered its end or dropped it.  Empty: we were not told. */
#ifndef SIGNET_SERVICE_POLICY_FACTS_H
#define SIGNET_SERVICE_POLICY_FACTS_H

#include <signet/types.h>

#include "../../src/base/slice.h"

struct facts {
	/* the connection */
	slice client_name; /* confirmed by the mail server; empty: it has none ("unknown", "[192.0.2.1]") */
	struct signet_ip client; /* family 0: local, or not known */
	uint16_t client_port;
	slice helo; /* the last one */
	slice client_ptr; /* {client_ptr}: its name in the reverse zone, confirmed or not */
	slice client_resolve; /* {client_resolve}: what came of looking it up, "OK", "FAIL", "FORGED", "TEMP" */
	slice server_name; /* {j}: the mail server's host name */
	slice daemon_name, daemon_addr, daemon_port; /* the service of the mail server that took the message */
	slice tls_version, tls_cipher;
	slice login, login_type; /* SMTP AUTH: {auth_authen}, {auth_type} */
	/* the message */
	slice queue_id; /* {i}; the newest we heard, known at the end of the header at the latest */
	slice mail_from; /* without <>; empty: the null sender */
	bool body_8bit, smtputf8; /* BODY=8BITMIME, SMTPUTF8 of MAIL FROM */
	const slice *recipients; /* without <>; those the mail server took, up to SESSION_RECIPIENTS */
	size_t n_recipients; /* how many of them are kept */
	size_t all_recipients; /* how many there were */
	bool can_hold; /* the mail server knows how to put a message into quarantine (SMFIF_QUARANTINE) */
	bool leading_space; /* SMFIP_HDR_LEADSPC is agreed: header values are as they were written */
};

#endif
