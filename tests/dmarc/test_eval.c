/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/dmarc/eval.h"
#include "play.h"

#define REJECT "_dmarc.example.com TXT v=DMARC1; p=reject\n"
#define STRICT "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s; aspf=s\n"
#define LEVELS "_dmarc.example.com TXT v=DMARC1; p=reject; sp=none; np=quarantine\n"
#define EVIL_LOST "_dmarc.evil.test SERVFAIL\nevil.test SERVFAIL\n_dmarc.test SERVFAIL\n"

/* `want` is "result policy/tag published disposition organization aligned-by"; "?": no policy. */
static const struct {
	const char *clause, *what, *zone, *author, *evidence, *want;
} rows[] = {
	/* pass and fail */
	{ "9989:5.3.5", "an equal name that passed DKIM", REJECT, "example.com", "dkim example.com pass",
	  "pass reject/p reject none example.com dkim" },
	{ "9989:5.3.5", "an equal name that passed SPF", REJECT, "example.com", "spf example.com pass",
	  "pass reject/p reject none example.com spf" },
	{ "9989:5.3.5", "both", REJECT, "example.com", "spf example.com pass, dkim example.com pass",
	  "pass reject/p reject none example.com spf+dkim" },
	{ "9989:5.3.5", "one aligned pass is enough", REJECT, "example.com",
	  "dkim evil.test pass, dkim example.com fail, dkim example.com pass",
	  "pass reject/p reject none example.com dkim" },
	{ "9989:5.3.5", "nothing authenticated", REJECT, "example.com", "",
	  "fail reject/p reject reject example.com -" },
	{ "9989:5.3.5", "a pass of a stranger", REJECT, "example.com", "dkim evil.test pass, spf evil.test pass",
	  "fail reject/p reject reject example.com -" },
	{ "9989:5.3.5", "an aligned failure", REJECT, "example.com", "dkim example.com fail, spf example.com fail",
	  "fail reject/p reject reject example.com -" },
	{ "9989:5.4", "p=none asks for nothing", "_dmarc.example.com TXT v=DMARC1; p=none\n", "example.com", "",
	  "fail none/p none none example.com -" },
	{ "9989:5.4", "a pass asks for nothing", REJECT, "example.com", "dkim example.com pass",
	  "pass reject/p reject none example.com dkim" },
	{ "9989:11.1", "a neutral SPF result, as owners give shared hosts by ?, is no pass", REJECT, "example.com",
	  "spf example.com neutral", "fail reject/p reject reject example.com -" },
	{ "9989:4.10.1", "no record", "example.com TXT x\n", "example.com", "dkim example.com pass",
	  "none absent/- absent none example.com dkim" },
	{ "9989:4.10.1", "two records", REJECT REJECT, "example.com", "", "none absent/- absent none example.com -" },
	{ "9989:5.3.1", "an author no name could be", REJECT, "example..com", "dkim example.com pass",
	  "permerror absent/- absent none  -" },
	{ "9989:5.3", "no author", REJECT, "", "", "permerror absent/- absent none  -" },
	/* alignment */
	{ "9989:4.4", "relaxed: above the author", REJECT "sub.example.com A 192.0.2.1\n", "sub.example.com",
	  "dkim example.com pass", "pass reject/p reject none example.com dkim" },
	{ "9989:4.4", "relaxed: below the author", REJECT, "example.com", "spf bounce.example.com pass",
	  "pass reject/p reject none example.com spf" },
	{ "9989:4.4", "relaxed: a sibling", REJECT "a.example.com A 192.0.2.1\n", "a.example.com",
	  "spf b.example.com pass", "pass reject/p reject none example.com spf" },
	{ "9989:4.4", "relaxed: in any case", REJECT, "example.com", "dkim MAIL.Example.COM pass",
	  "pass reject/p reject none example.com dkim" },
	{ "9989:4.4", "relaxed: a name that only ends alike", REJECT, "example.com", "dkim notexample.com pass",
	  "fail reject/p reject reject example.com -" },
	{ "9989:4.4", "relaxed: the top-level domain", REJECT, "example.com", "dkim com pass",
	  "fail reject/p reject reject example.com -" },
	{ "9989:4.4", "strict: equal", STRICT, "example.com", "dkim example.com pass",
	  "pass reject/p reject none example.com dkim" },
	{ "9989:4.4", "strict: above the author", STRICT "sub.example.com A 192.0.2.1\n", "sub.example.com",
	  "dkim example.com pass", "fail reject/p reject reject example.com -" },
	{ "9989:4.4", "strict: below the author", STRICT, "example.com", "spf bounce.example.com pass",
	  "fail reject/p reject reject example.com -" },
	{ "9989:4.4", "adkim does not speak of SPF", "_dmarc.example.com TXT v=DMARC1; p=reject; adkim=s\n",
	  "example.com", "dkim a.example.com pass, spf a.example.com pass",
	  "pass reject/p reject none example.com spf" },
	{ "9989:4.4", "aspf does not speak of DKIM", "_dmarc.example.com TXT v=DMARC1; p=reject; aspf=s\n",
	  "example.com", "dkim a.example.com pass, spf a.example.com pass",
	  "pass reject/p reject none example.com dkim" },
	{ "9989:4.4", "the mode is that of the author's record, not of the identifier's",
	  REJECT "_dmarc.a.example.com TXT v=DMARC1; p=none; adkim=s\n", "example.com", "dkim a.example.com pass",
	  "pass reject/p reject none example.com dkim" },
	{ "9989:4.10.2", "psd=n below the organization parts it",
	  "_dmarc.c TXT v=DMARC1; p=none\n_dmarc.b.c TXT v=DMARC1; p=reject; psd=n\na.b.c A 192.0.2.1\n", "a.b.c",
	  "dkim c pass", "fail reject/p reject reject b.c -" },
	{ "9989:4.10.2", "psd=n joins what is below it",
	  "_dmarc.c TXT v=DMARC1; p=none\n_dmarc.b.c TXT v=DMARC1; p=reject; psd=n\na.b.c A 192.0.2.1\n", "a.b.c",
	  "dkim x.b.c pass", "pass reject/p reject none b.c dkim" },
	{ "9989:4.10.2", "a suffix proves nothing: psd=n between author and identifier",
	  REJECT "_dmarc.shop.example.com TXT v=DMARC1; p=none; psd=n\n", "example.com", "dkim x.shop.example.com pass",
	  "fail reject/p reject reject example.com -" },
	{ "9989:4.10.2", "a suffix proves nothing: psd=y between author and identifier",
	  REJECT "_dmarc.host.example.com TXT v=DMARC1; p=none; psd=y\n", "example.com", "dkim x.host.example.com pass",
	  "fail reject/p reject reject example.com -" },
	{ "9989:4.10.2", "the nearest record is not the organization",
	  REJECT "_dmarc.a.example.com TXT v=DMARC1; p=none\n", "a.example.com", "dkim b.example.com pass",
	  "pass none/p none none example.com dkim" },
	{ "9989:5.2", "customers of one public suffix do not align",
	  "_dmarc.com TXT v=DMARC1; p=reject; psd=y\nexample.com A 192.0.2.1\n", "example.com", "dkim other.com pass",
	  "fail reject/p reject reject example.com -" },
	{ "9989:10.2", "a public suffix asks for its customers without a record",
	  "_dmarc.com TXT v=DMARC1; p=none; sp=reject; psd=y\nexample.com A 192.0.2.1\n", "example.com", "",
	  "fail reject/sp reject reject example.com -" },
	{ "9989:11.8", "a careless registry joins all its customers", "_dmarc.com TXT v=DMARC1; p=none\n" REJECT,
	  "example.com", "dkim other.com pass", "pass reject/p reject none com dkim" },
	{ "9989:11.8", "psd=n keeps out of it",
	  "_dmarc.com TXT v=DMARC1; p=none\n_dmarc.example.com TXT v=DMARC1; p=reject; psd=n\n", "example.com",
	  "dkim other.com pass", "fail reject/p reject reject example.com -" },
	{ "9989:3.2", "an author of nine labels needs its own record",
	  "_dmarc.b.c.d.e.f.g.h.com TXT v=DMARC1; p=reject\n", "a.b.c.d.e.f.g.h.com", "",
	  "none absent/- absent none a.b.c.d.e.f.g.h.com -" },
	/* which policy */
	{ "9989:4.7", "p for the domain itself", LEVELS, "example.com", "",
	  "fail reject/p reject reject example.com -" },
	{ "9989:4.7", "sp for a domain that exists", LEVELS "a.example.com A 192.0.2.1\n", "a.example.com", "",
	  "fail none/sp none none example.com -" },
	{ "9989:4.7", "np for one that does not", LEVELS, "a.example.com", "",
	  "fail quarantine/np quarantine quarantine example.com -" },
	{ "9989:3.2.13", "an alias exists", LEVELS "a.example.com CNAME nowhere.test\n", "a.example.com", "",
	  "fail none/sp none none example.com -" },
	{ "9989:4.7", "the record of a plain subdomain: p, not sp",
	  REJECT "_dmarc.a.example.com TXT v=DMARC1; p=none; sp=reject; np=reject\n", "a.example.com", "",
	  "fail none/p none none example.com -" },
	{ "9989:4.10.1", "sp of a plain subdomain has no effect below it",
	  REJECT "_dmarc.b.example.com TXT v=DMARC1; p=none; sp=none\na.b.example.com A 192.0.2.1\n", "a.b.example.com",
	  "", "fail reject/p reject reject example.com -" },
	{ "9989:4.10.1", "existence does not matter if np is no different", REJECT "a.example.com SERVFAIL\n",
	  "a.example.com", "", "fail reject/p reject reject example.com -" },
	{ "9989:4.10.1", "existence unknown and np different", LEVELS "a.example.com SERVFAIL\n", "a.example.com",
	  "dkim example.com pass", "temperror none/sp none none example.com dkim" },
	{ "9989:4.7", "t=y: reject becomes quarantine", "_dmarc.example.com TXT v=DMARC1; p=reject; t=y\n",
	  "example.com", "", "fail reject/p quarantine quarantine example.com -" },
	{ "9989:4.7", "t=y: quarantine becomes none", "_dmarc.example.com TXT v=DMARC1; p=quarantine; t=y\n",
	  "example.com", "", "fail quarantine/p none none example.com -" },
	{ "9989:4.7", "t=y: none stays none", "_dmarc.example.com TXT v=DMARC1; p=none; t=y\n", "example.com", "",
	  "fail none/p none none example.com -" },
	{ "9989:4.7", "t=y with sp",
	  "_dmarc.example.com TXT v=DMARC1; p=none; sp=reject; t=y\na.example.com A 192.0.2.1\n", "a.example.com", "",
	  "fail reject/sp quarantine quarantine example.com -" },
	{ "9989:4.7", "t=y with np", "_dmarc.example.com TXT v=DMARC1; p=none; np=reject; t=y\n", "a.example.com", "",
	  "fail reject/np quarantine quarantine example.com -" },
	{ "9989:4.7", "t=n", "_dmarc.example.com TXT v=DMARC1; p=reject; t=n\n", "example.com", "",
	  "fail reject/p reject reject example.com -" },
	{ "9989:9.1", "the published policy is the same on pass", "_dmarc.example.com TXT v=DMARC1; p=reject; t=y\n",
	  "example.com", "dkim example.com pass", "pass reject/p quarantine none example.com dkim" },
	{ "9989:A.6", "pct is ignored", "_dmarc.example.com TXT v=DMARC1; p=reject; pct=0\n", "example.com", "",
	  "fail reject/p reject reject example.com -" },
	/* unusable records */
	{ "9989:4.10.1", "a typo in p without rua", "_dmarc.example.com TXT v=DMARC1; p=rejct\n", "example.com", "",
	  "none absent/p absent none example.com -" },
	{ "9989:4.10.1", "a typo in sp without rua", "_dmarc.example.com TXT v=DMARC1; p=reject; sp=rejct\n",
	  "example.com", "dkim example.com pass", "none absent/p absent none example.com dkim" },
	{ "9989:4.10.1", "a typo in sp with rua",
	  "_dmarc.example.com TXT v=DMARC1; p=reject; sp=rejct; rua=mailto:a@b\n", "example.com", "",
	  "fail none/p none none example.com -" },
	{ "9989:4.10.1", "a typo in np without rua", "_dmarc.example.com TXT v=DMARC1; p=reject; np=rejct; t=y\n",
	  "a.example.com", "", "none absent/p absent none example.com -" },
	{ "9989:4.10.1", "no p and no rua", "_dmarc.example.com TXT v=DMARC1\n", "example.com", "",
	  "none absent/p absent none example.com -" },
	{ "9989:4.10.1", "no p but rua", "_dmarc.example.com TXT v=DMARC1; rua=mailto:a@b\n", "example.com", "",
	  "fail none/p none none example.com -" },
	{ "9989:4.10.1", "an unusable record hides the organization's",
	  REJECT "_dmarc.a.example.com TXT v=DMARC1; p=x\n", "a.example.com", "",
	  "none absent/p absent none example.com -" },
	/* lost answers */
	{ "9989:5.3.6", "lost at the author: nobody knows the policy", "_dmarc.example.com SERVFAIL\n", "example.com",
	  "dkim example.com pass", "temperror absent/- absent none example.com dkim" },
	{ "9989:5.3.6", "lost at the organization", "_dmarc.example.com TIMEOUT\n", "a.example.com", "",
	  "temperror absent/- absent none a.example.com -" },
	{ "9989:5.3.6", "lost at the top-level domain",
	  "_dmarc.com SERVFAIL\n_dmarc.example.com TXT v=DMARC1; p=reject\n", "a.example.com", "",
	  "temperror absent/- absent none example.com -" },
	{ "9989:5.3.6", "lost above, but the author's own record and name", REJECT "_dmarc.com SERVFAIL\n",
	  "example.com", "dkim example.com pass", "pass reject/p reject none example.com dkim" },
	{ "9989:5.3.6", "lost above, nothing that could align", REJECT "_dmarc.com SERVFAIL\n", "example.com",
	  "dkim evil.test pass", "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "lost above, an identifier that could align", REJECT "_dmarc.com SERVFAIL\n", "example.com",
	  "dkim a.example.com pass", "temperror reject/p reject none example.com -" },
	{ "9989:5.3.6", "lost above, an identifier that could align but failed", REJECT "_dmarc.com SERVFAIL\n",
	  "example.com", "dkim a.example.com fail", "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "lost above, strict alignment does not care", STRICT "_dmarc.com SERVFAIL\n", "example.com",
	  "dkim a.example.com pass", "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "lost in the walk of an identifier", REJECT "_dmarc.b.example.com SERVFAIL\n", "example.com",
	  "dkim a.b.example.com pass", "temperror reject/p reject none example.com -" },
	{ "9989:5.3.6", "lost in the walk of an identifier, another is aligned",
	  REJECT "_dmarc.b.example.com SERVFAIL\n", "example.com", "dkim a.b.example.com pass, spf example.com pass",
	  "pass reject/p reject none example.com spf" },
	{ "9989:5.3.6", "lost in the walk of an identifier that failed", REJECT "_dmarc.b.example.com SERVFAIL\n",
	  "example.com", "dkim a.b.example.com fail", "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "the only aligned key is lost", REJECT, "example.com", "dkim example.com error",
	  "temperror reject/p reject none example.com -" },
	{ "9989:5.3.6", "SPF of an aligned name is lost", REJECT, "example.com", "spf a.example.com error",
	  "temperror reject/p reject none example.com -" },
	{ "9989:5.3.6", "an aligned pass outweighs a lost key", REJECT, "example.com",
	  "dkim example.com error, spf example.com pass", "pass reject/p reject none example.com spf" },
	{ "9989:5.3.6", "the lost key of a stranger does not switch p=reject off", REJECT EVIL_LOST, "example.com",
	  "dkim evil.test error, dkim example.com fail", "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "the lost SPF of a stranger does not switch p=reject off", REJECT EVIL_LOST, "example.com",
	  "spf evil.test error", "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "the lost key of a stranger under the same top-level domain",
	  REJECT "_dmarc.evil.com SERVFAIL\n", "example.com", "dkim evil.com error, dkim evil.com pass",
	  "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "strict: a lost key of a subdomain could never align", STRICT, "example.com",
	  "dkim a.example.com error", "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "strict: the lost key of the author itself", STRICT, "example.com", "dkim example.com error",
	  "temperror reject/p reject none example.com -" },
	{ "9989:5.3.6", "a lost key across a psd boundary could never align",
	  REJECT "_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n\n", "example.com", "dkim a.b.example.com error",
	  "fail reject/p reject reject example.com -" },
	{ "9989:5.3.6", "no record: a lost key does not matter", "x TXT -\n", "example.com", "dkim example.com error",
	  "none absent/- absent none example.com -" },
};

/* The same for the mode of RFC 7489, with the public suffix list. */
static const struct {
	const char *clause, *what, *zone, *author, *evidence;
	unsigned draw;
	const char *want;
} old_rows[] = {
	{ "7489:6.6.3", "the author's record", REJECT, "example.com", "", 0,
	  "fail reject/p reject reject example.com -" },
	{ "7489:6.6.3", "the organization's record, with sp", LEVELS, "a.b.example.com", "", 0,
	  "fail none/sp none none example.com -" },
	{ "7489:6.6.3", "no record in between", "_dmarc.b.example.com TXT v=DMARC1; p=reject\n", "a.b.example.com", "",
	  0, "none absent/- absent none example.com -" },
	{ "7489:6.6.3", "two records end it",
	  REJECT "_dmarc.a.example.com TXT v=DMARC1; p=none\n_dmarc.a.example.com TXT v=DMARC1; p=none\n",
	  "a.example.com", "", 0, "none absent/- absent none example.com -" },
	{ "7489:6.6.3", "two records at the organization", REJECT REJECT, "a.example.com", "", 0,
	  "none absent/- absent none example.com -" },
	{ "7489:6.6.3", "lost at the author", "_dmarc.a.example.com SERVFAIL\n" REJECT, "a.example.com", "", 0,
	  "temperror absent/- absent none example.com -" },
	{ "7489:6.6.3", "lost at the organization", "_dmarc.example.com SERVFAIL\n", "a.example.com", "", 0,
	  "temperror absent/- absent none example.com -" },
	{ "7489:6.6.3", "the author's own record is enough",
	  "_dmarc.example.com SERVFAIL\n_dmarc.a.example.com TXT v=DMARC1; p=reject\n", "a.example.com", "", 0,
	  "fail reject/p reject reject example.com -" },
	{ "7489:3.2", "a public suffix of two labels", "_dmarc.example.co.uk TXT v=DMARC1; p=reject\n",
	  "a.example.co.uk", "", 0, "fail reject/p reject reject example.co.uk -" },
	{ "7489:3.2", "a public suffix stands for itself", "_dmarc.co.uk TXT v=DMARC1; p=reject\n", "co.uk",
	  "dkim example.co.uk pass", 0, "fail reject/p reject reject co.uk -" },
	{ "7489:3.1", "relaxed: a sibling", REJECT, "a.example.com", "dkim b.example.com pass", 0,
	  "pass reject/p reject none example.com dkim" },
	{ "7489:3.1", "relaxed: psd=n is unknown", REJECT "_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n\n",
	  "example.com", "dkim a.b.example.com pass", 0, "pass reject/p reject none example.com dkim" },
	{ "7489:3.1", "relaxed: another customer of the suffix", "_dmarc.example.co.uk TXT v=DMARC1; p=reject\n",
	  "example.co.uk", "dkim other.co.uk pass", 0, "fail reject/p reject reject example.co.uk -" },
	{ "9989:4.4", "strict is never reduced through the list", STRICT, "example.com",
	  "dkim a.example.com pass, spf a.example.com pass", 0, "fail reject/p reject reject example.com -" },
	{ "7489:6.3", "np and t are unknown", "_dmarc.example.com TXT v=DMARC1; p=reject; np=none; t=y\n",
	  "a.example.com", "", 0, "fail reject/p reject reject example.com -" },
	{ "7489:6.6.4", "pct applies below the share", "_dmarc.example.com TXT v=DMARC1; p=reject; pct=25\n",
	  "example.com", "", 24, "fail reject/p reject reject example.com -" },
	{ "7489:6.6.4", "pct spares from the share on", "_dmarc.example.com TXT v=DMARC1; p=reject; pct=25\n",
	  "example.com", "", 25, "fail reject/p quarantine quarantine example.com - sampled-out" },
	{ "7489:6.6.4", "pct spares quarantine", "_dmarc.example.com TXT v=DMARC1; p=quarantine; pct=0\n",
	  "example.com", "", 0, "fail quarantine/p none none example.com - sampled-out" },
	{ "7489:6.6.4", "pct=100 spares nothing", "_dmarc.example.com TXT v=DMARC1; p=quarantine; pct=100\n",
	  "example.com", "", 99, "fail quarantine/p quarantine quarantine example.com -" },
};

/* Findings that the story is told from. */
static const struct {
	const char *clause, *zone, *author, *evidence, *finding;
} remarks[] = {
	{ "9989:4.10.1", "x TXT -\n", "example.com", "", "dmarc.none" },
	{ "9989:4.10", REJECT REJECT, "example.com", "", "dmarc.multiple-records" },
	{ "9989:4.10", REJECT "_dmarc.example.com TXT google-site-verification=x\n", "example.com", "",
	  "dmarc.unrelated-txt" },
	{ "9989:4.7", "_dmarc.example.com TXT v=dmarc1; p=reject\n", "example.com", "", "dmarc.not-a-record" },
	{ "9989:5.3.6", "_dmarc.example.com SERVFAIL\n", "example.com", "", "dmarc.lost-answer" },
	{ "9989:4.10.1", LEVELS "a.example.com SERVFAIL\n", "a.example.com", "", "dmarc.existence-unknown" },
	{ "9989:3.2.13", LEVELS, "a.example.com", "", "dmarc.author-missing" },
	{ "9989:4.10.1", REJECT "_dmarc.b.example.com TXT v=DMARC1; p=none\n", "a.b.example.com", "",
	  "dmarc.record-passed-over" },
	{ "9989:4.7", "_dmarc.example.com TXT v=DMARC1; p=reject; t=y\n", "example.com", "", "dmarc.testing" },
	{ "9989:4.10.1", "_dmarc.example.com TXT v=DMARC1; p=rejct\n", "example.com", "", "dmarc.unusable" },
	{ "9989:4.4", STRICT, "example.com", "dkim a.example.com pass", "dmarc.strict-unaligned" },
	{ "9989:4.10.2", REJECT "_dmarc.b.example.com TXT v=DMARC1; p=none; psd=n\n", "example.com",
	  "dkim b.example.com pass", "dmarc.boundary" },
	{ "9989:4.10.2", "_dmarc.a.example.com TXT v=DMARC1; p=reject\n", "a.example.com", "", "dmarc.psl-differs" },
	{ "9989:5.3.1", REJECT, "", "", "dmarc.author-unusable" },
};

static struct signet_psl *psl;

static slice summary(struct play *p, const struct signet_dmarc *d)
{
	const char *by = d->aligned_by_spf && d->aligned_by_dkim ? "spf+dkim"
			 : d->aligned_by_spf			 ? "spf"
			 : d->aligned_by_dkim			 ? "dkim"
								 : "-";
	return ARENA_JOIN(&p->arena, slice_of(signet_dmarc_result_name(d->result)), S(" "),
			  slice_of(play_policy(d->policy)), S("/"), d->policy_tag ? slice_of(d->policy_tag) : S("-"),
			  S(" "), slice_of(play_policy(d->published)), S(" "), slice_of(play_policy(d->disposition)),
			  S(" "), d->organizational_domain, S(" "), slice_of(by),
			  d->sampled_out ? S(" sampled-out") : S(""));
}

static struct signet_dmarc_query query_of(const char *author, const char *evidence,
					  struct signet_dmarc_evidence list[static PLAY_EVIDENCE])
{
	struct signet_dmarc_query q = { .author = slice_of(author), .evidence = list };
	q.n_evidence = play_evidence(evidence, list);
	return q;
}

/* Everything a row's evaluation says when its answers come `at_once` at a time in an order given by `seed`. */
static slice whole_text(struct play *p, const struct signet_dmarc_query *q, size_t at_once, unsigned seed)
{
	struct signet_dmarc d;
	signet_book_reset(p->book);
	p->at_once = at_once;
	p->seed = seed;
	return play_eval(p, q, &d) == SIGNET_OK ? play_text(p, q, &d) : S("unfinished");
}

/* Answers in 1, 2 ... n steps and in any order: identical results. */
static void check_orders(struct play *p, const struct signet_dmarc_query *q)
{
	slice first = whole_text(p, q, 0, 0);
	bool same = true;
	for (unsigned i = 0; i < 8; i++) {
		same &= slice_eq(whole_text(p, q, 1 + i % 4, i * 77), first);
	}
	row_bool("9989:4.10", "the order of the answers does not matter", same, true);
}

static void check_row(size_t i)
{
	struct play p;
	struct signet_dmarc_evidence list[PLAY_EVIDENCE];
	struct signet_dmarc d;
	play_init(&p, zone_of_text(rows[i].zone));
	struct signet_dmarc_query q = query_of(rows[i].author, rows[i].evidence, list);
	row_number("-", "the evaluation ends", play_eval(&p, &q, &d), SIGNET_OK);
	row_text(rows[i].clause, rows[i].what, summary(&p, &d), rows[i].want);
	row_bool("9989:4.10", "at most two round trips", p.rounds <= 2, true);
	check_orders(&p, &q);
	play_finish(&p);
}

static void check_old_row(size_t i)
{
	struct play p;
	struct signet_dmarc_evidence list[PLAY_EVIDENCE];
	struct signet_dmarc d;
	play_init(&p, zone_of_text(old_rows[i].zone));
	struct signet_dmarc_query q = query_of(old_rows[i].author, old_rows[i].evidence, list);
	q.rfc7489 = true;
	q.psl = psl;
	q.pct_draw = old_rows[i].draw;
	row_number("-", "the evaluation ends", play_eval(&p, &q, &d), SIGNET_OK);
	row_text(old_rows[i].clause, old_rows[i].what, summary(&p, &d), old_rows[i].want);
	check_orders(&p, &q);
	play_finish(&p);
}

static void check_remark(size_t i)
{
	struct play p;
	struct signet_dmarc_evidence list[PLAY_EVIDENCE];
	struct signet_dmarc d;
	play_init(&p, zone_of_text(remarks[i].zone));
	struct signet_dmarc_query q = query_of(remarks[i].author, remarks[i].evidence, list);
	q.psl = psl;
	play_eval(&p, &q, &d);
	row_bool(remarks[i].clause, remarks[i].finding,
		 findings_has(&d.findings, signet_finding_id(slice_of(remarks[i].finding))), true);
	play_finish(&p);
}

/* `aligned` is told of every entry, whatever its outcome. */
static void check_aligned(void)
{
	struct play p;
	struct signet_dmarc_evidence list[PLAY_EVIDENCE];
	struct signet_dmarc d;
	play_init(&p, zone_of_text(REJECT));
	struct signet_dmarc_query q = query_of(
		"example.com",
		"dkim example.com fail, dkim a.example.com error, dkim evil.test pass, spf example.com fail", list);
	play_eval(&p, &q, &d);
	row_bool("9989:4.4", "equal and failed", list[0].aligned, true);
	row_bool("9989:4.4", "related and lost", list[1].aligned, true);
	row_bool("9989:4.4", "foreign and passed", list[2].aligned, false);
	row_bool("9989:4.4", "SPF", list[3].aligned, true);
	play_finish(&p);
}

/* A stranger's names are never asked for: his zones cannot slow us down. */
static void check_strangers(void)
{
	struct play p;
	struct signet_dmarc_evidence list[PLAY_EVIDENCE];
	struct signet_dmarc d;
	struct signet_question question;
	struct signet_answer answer;
	bool asked = false;
	play_init(&p, zone_of_text(REJECT EVIL_LOST));
	struct signet_dmarc_query q =
		query_of("example.com", "dkim evil.test pass, spf a.evil.test error, dkim evil.com error", list);
	play_eval(&p, &q, &d);
	for (size_t i = 0; signet_book_entry(p.book, i, &question, &answer); i++) {
		asked |= slice_find(question.name, S("evil")) != SLICE_NONE;
	}
	row_bool("9989:5.3.6", "identifiers that cannot align are not walked", asked, false);
	play_finish(&p);
}

static void check_misuse(void)
{
	struct play p;
	struct signet_dmarc d;
	struct signet_dmarc_query q = { .author = S("example.com"), .rfc7489 = true };
	play_init(&p, zone_of_text(REJECT));
	row_number("-", "RFC 7489 needs a list", play_eval(&p, &q, &d), SIGNET_MISUSE);
	play_finish(&p);
	row_bool("-", "a list that cannot be read", signet_psl_open("/nonexistent") == NULL, true);
	signet_psl_close(NULL);
}

/* dmarc_want() asks everything ahead: the evaluation itself then finds nothing open. */
static void check_want(void)
{
	struct play p;
	struct signet_dmarc_evidence list[PLAY_EVIDENCE];
	struct signet_dmarc d;
	const slice identifiers[] = { S("b.example.com"), S("evil.test") };
	play_init(&p, zone_of_text(LEVELS "a.example.com A 192.0.2.1\n"));
	struct signet_dmarc_query q = query_of("a.example.com", "dkim b.example.com pass, dkim evil.test pass", list);
	dmarc_want(p.book, q.author, identifiers, ROWS(identifiers));
	play_answer(&p);
	row_number("9989:4.10", "one round trip for all", signet_dmarc_eval(&q, p.book, &p.arena, &d), SIGNET_OK);
	row_text("9989:5.3.5", "and the same result", slice_of(signet_dmarc_result_name(d.result)), "pass");
	play_finish(&p);
}

static void check_memory(void)
{
	bool fits = false;
	for (size_t limit = 0; limit < 20000 && !fits; limit += 97) {
		struct play p;
		struct signet_dmarc_evidence list[PLAY_EVIDENCE];
		struct signet_dmarc d;
		play_init(&p, zone_of_text(REJECT));
		arena_finish(&p.arena);
		arena_init(&p.arena, limit);
		struct signet_dmarc_query q = query_of("example.com", "dkim a.example.com pass", list);
		enum signet_status status = play_eval(&p, &q, &d);
		fits = status == SIGNET_OK;
		if (!fits && status != SIGNET_NO_MEMORY) {
			row_number("-", "short of memory", status, SIGNET_NO_MEMORY);
		}
		play_finish(&p);
	}
	row_bool("-", "some limit is enough", fits, true);
}

int main(void)
{
	char path[4096];
	const char *root = getenv("SIGNET_SOURCE");
	snprintf(path, sizeof(path), "%s/tests/vectors/psl/public_suffix_list.dat", root ? root : ".");
	psl = signet_psl_open(path);
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_row(i);
	}
	for (size_t i = 0; i < ROWS(old_rows); i++) {
		check_old_row(i);
	}
	for (size_t i = 0; i < ROWS(remarks); i++) {
		check_remark(i);
	}
	check_aligned();
	check_strangers();
	check_misuse();
	check_want();
	check_memory();
	signet_psl_close(psl);
	return rows_end();
}
