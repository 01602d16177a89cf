/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/dmarc/find.h"
#include "play.h"

static const struct {
	const char *what, *zone, *domain, *uri, *want; /* consent, then the replacements */
} rows[] = {
	{ "the same host", "x TXT -\n", "example.com", "mailto:a@example.com", "not needed" },
	{ "the same organization", "_dmarc.example.com TXT v=DMARC1; p=none\n", "example.com",
	  "mailto:a@reports.example.com", "not needed" },
	{ "above, the same organization", "_dmarc.example.com TXT v=DMARC1; p=none\n", "sub.example.com",
	  "mailto:a@example.com", "not needed" },
	{ "below, but another organization",
	  "_dmarc.example.com TXT v=DMARC1; p=none; psd=n\n_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n\n",
	  "example.com", "mailto:a@b.example.com", "refused" },
	{ "another organization, no consent", "x TXT -\n", "example.com", "mailto:a@reports.test", "refused" },
	{ "consent", "example.com._report._dmarc.reports.test TXT v=DMARC1\n", "example.com", "mailto:a@reports.test",
	  "given" },
	{ "consent for an https address", "example.com._report._dmarc.reports.test TXT v=DMARC1;\n", "example.com",
	  "https://reports.test:8443/x", "given" },
	{ "consent for everybody", "*._report._dmarc.reports.test TXT v=DMARC1\n", "example.com",
	  "mailto:a@reports.test", "given" },
	{ "consent for another domain", "example.org._report._dmarc.reports.test TXT v=DMARC1\n", "example.com",
	  "mailto:a@reports.test", "refused" },
	{ "two consents",
	  "example.com._report._dmarc.reports.test TXT v=DMARC1\nexample.com._report._dmarc.reports.test TXT v=DMARC1; "
	  "x=y\n",
	  "example.com", "mailto:a@reports.test", "given" },
	{ "another TXT is no consent", "example.com._report._dmarc.reports.test TXT hello\n", "example.com",
	  "mailto:a@reports.test", "refused" },
	{ "another TXT beside the consent",
	  "example.com._report._dmarc.reports.test TXT hello\nexample.com._report._dmarc.reports.test TXT v=DMARC1\n",
	  "example.com", "mailto:a@reports.test", "given" },
	{ "a lost answer", "example.com._report._dmarc.reports.test SERVFAIL\n", "example.com", "mailto:a@reports.test",
	  "unknown" },
	{ "a lost answer in our walk", "_dmarc.example.com SERVFAIL\n", "example.com", "mailto:a@reports.test",
	  "unknown" },
	{ "a lost answer in their walk", "_dmarc.reports.test SERVFAIL\n", "example.com", "mailto:a@reports.test",
	  "unknown" },
	{ "a replacement at the same host",
	  "example.com._report._dmarc.reports.test TXT v=DMARC1; rua=mailto:b@reports.test,https://reports.test/x\n",
	  "example.com", "mailto:a@reports.test", "given mailto:b@reports.test https://reports.test/x" },
	{ "a replacement at another host voids the consent",
	  "example.com._report._dmarc.reports.test TXT v=DMARC1; rua=mailto:b@victim.test\n", "example.com",
	  "mailto:a@reports.test", "refused" },
	{ "one of two replacements at another host",
	  "example.com._report._dmarc.reports.test TXT v=DMARC1; rua=mailto:b@reports.test,mailto:b@victim.test\n",
	  "example.com", "mailto:a@reports.test", "refused" },
	{ "a second record cannot heal a bad replacement",
	  "example.com._report._dmarc.reports.test TXT v=DMARC1; "
	  "rua=mailto:b@victim.test\nexample.com._report._dmarc.reports.test TXT v=DMARC1\n",
	  "example.com", "mailto:a@reports.test", "refused" },
	{ "an address hidden in another", "x TXT -\n", "example.com", "mailto:a@victim.test%2Cb@example.com",
	  "refused" },
	{ "no host", "x TXT -\n", "example.com", "urn:x", "refused" },
	{ "a name too long to ask", "*._report._dmarc.reports.test TXT v=DMARC1\n",
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com",
	  "mailto:a@reports.test", "refused" },
};

static slice text_of(struct play *p, const struct signet_external *e)
{
	struct buf b;
	buf_init_arena(&b, &p->arena, 4096);
	buf_put_text(&b, signet_consent_name(e->consent));
	for (size_t i = 0; i < e->n_instead; i++) {
		buf_put_char(&b, ' ');
		buf_put(&b, e->instead[i]);
	}
	return buf_slice(&b);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (size_t at_once = 0; at_once < 3; at_once++) {
			struct play p;
			struct signet_external e;
			play_init(&p, zone_of_text(rows[i].zone));
			p.at_once = at_once;
			while (signet_dmarc_external(slice_of(rows[i].domain), slice_of(rows[i].uri), p.book, &p.arena,
						     &e) == SIGNET_PENDING) {
				play_answer(&p);
			}
			row_text("9990:4", rows[i].what, text_of(&p, &e), rows[i].want);
			play_finish(&p);
		}
	}
	return rows_end();
}
