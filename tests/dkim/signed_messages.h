/* SPDX-License-Identifier: Apache-2.0 */
/* Messages signed in this run by keys of this run, and the zone that has the keys: for the tests of dkim.
 *
 *     struct zone *zone = signed_messages_init(&arena);
 *     slice message = sign_message(signers[RSA], TAGS H, S(MESSAGE), &arena);
 *     ...
 *     signed_messages_finish(zone, &arena); */
#ifndef SIGNET_TESTS_SIGNED_MESSAGES_H
#define SIGNET_TESTS_SIGNED_MESSAGES_H

#include "../support/signer.h"
#include "verify_message.h"

#define NOW 1800000000
#define MESSAGE                                                                                                        \
	"From: Joe <joe@author.example>\r\nTo: you@example.net\r\nSubject: a  test\r\n"                                \
	"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n\r\nHello  you,\r\n\r\nthis is a text. \r\n\r\n"
#define TAGS "v=1; a=rsa-sha256; d=author.example; s=rsa; c=relaxed/relaxed; "
#define H "h=from:to:subject:date:from; bh={bh}; b={b}"

enum { RSA, RSA1024, RSA512, RSA3, ED25519, OTHER, SIGNERS };
static struct signer *signers[SIGNERS];
static struct signet *engine;

/* {rsa}, {ed}... stand for keys of this run. */
static inline slice fill(const char *text, struct signet_arena *a)
{
	static const char *const names[SIGNERS] = { "{rsa}", "{1024}", "{512}", "{e3}", "{ed}", "{other}" };
	slice out = slice_of(text);
	for (size_t i = 0; i < SIGNERS; i++) {
		out = replace_text(out, names[i], slice_of(signer_key(signers[i])), a);
	}
	return out;
}

static inline struct zone *zone_of(const char *text, struct signet_arena *a)
{
	return zone_of_text(ARENA_JOIN(a, fill(text, a), slice_make("", 1)).at);
}

static const char *const usual_zone = "rsa._domainkey.author.example TXT v=DKIM1; p={rsa}\n"
				      "weak._domainkey.author.example TXT v=DKIM1; p={512}\n"
				      "small._domainkey.author.example TXT v=DKIM1; p={1024}\n"
				      "e3._domainkey.author.example TXT v=DKIM1; p={e3}\n"
				      "ed._domainkey.author.example TXT v=DKIM1; k=ed25519; p={ed}\n"
				      "revoked._domainkey.author.example TXT v=DKIM1; p=\n"
				      "nodata._domainkey.author.example A 192.0.2.1\n"
				      "slow._domainkey.author.example TXT !TIMEOUT\n"
				      "broken._domainkey.author.example TXT !SERVFAIL\n"
				      "refused._domainkey.author.example TXT !REFUSED\n"
				      "bogus._domainkey.author.example TXT !BOGUS\n"
				      "junk._domainkey.author.example TXT v=spf1 -all\n"
				      "strict._domainkey.author.example TXT v=DKIM1; t=s; p={rsa}\n"
				      "testing._domainkey.author.example TXT v=DKIM1; t=y; p={rsa}\n"
				      "sha1._domainkey.author.example TXT v=DKIM1; h=sha1; p={rsa}\n"
				      "tls._domainkey.author.example TXT v=DKIM1; s=tlsrpt; p={rsa}\n"
				      "edtls._domainkey.author.example TXT v=DKIM1; k=ed25519; s=tlsrpt; p={ed}\n"
				      "edgone._domainkey.author.example TXT v=DKIM1; k=ed25519; p=\n"
				      "weakstrict._domainkey.author.example TXT v=DKIM1; t=s; p={512}\n"
				      "two._domainkey.author.example TXT v=DKIM1; p={rsa}\n"
				      "two._domainkey.author.example TXT v=DKIM1; p={other}\n"
				      "kinds._domainkey.author.example TXT v=DKIM1; k=ed25519; p={ed}\n"
				      "kinds._domainkey.author.example TXT v=DKIM1; k=rsa; p={rsa}\n"
				      "beside._domainkey.author.example TXT some note\n"
				      "beside._domainkey.author.example TXT v=DKIM1; p={rsa}\n"
				      "alias._domainkey.author.example CNAME rsa._domainkey.author.example\n"
				      "xn--bcher-kva._domainkey.xn--bcher-kva.example TXT v=DKIM1; p={rsa}\n"
				      "rsa._domainkey.sub.author.example TXT v=DKIM1; p={rsa}\n"
				      "rsa._domainkey.other.example TXT v=DKIM1; p={rsa}\n";

/* Makes the keys and answers with the zone that all tests share. */
static inline struct zone *signed_messages_init(struct signet_arena *a)
{
	arena_init(a, (size_t)16 << 20);
	engine = signet_new();
	signers[RSA] = signer_new_rsa(2048, 65537);
	signers[RSA1024] = signer_new_rsa(1024, 65537);
	signers[RSA512] = signer_new_rsa(512, 65537);
	signers[RSA3] = signer_new_rsa(2048, 3);
	signers[ED25519] = signer_new_ed25519();
	signers[OTHER] = signer_new_rsa(2048, 65537);
	return zone_of(usual_zone, a);
}

static inline void signed_messages_finish(struct zone *zone, struct signet_arena *a)
{
	zone_free(zone);
	for (size_t i = 0; i < SIGNERS; i++) {
		signer_free(signers[i]);
	}
	signet_free(engine);
	arena_finish(a);
}

#endif
