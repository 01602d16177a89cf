/* SPDX-License-Identifier: Apache-2.0 */
/* Each change in the forms in which real software makes it: signed before, diagnosed after. */
#include "../../src/transit/transit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/base64.h"
#include "../../src/dkim/canon.h"
#include "../support/rows.h"

#define TEXT_8BIT "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
#define TEXT_QP "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
#define TEXT_BASE64 "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n"
#define HTML_8BIT "Content-Type: text/html; charset=utf-8\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b1\r\n"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=\"b1\"\r\n"

#define PART_QP "--b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
#define PART_8BIT(set) "--b1\r\nContent-Type: text/plain; charset=" set "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
#define PART_HTML "--b1\r\nContent-Type: text/html\r\n\r\n"
#define SAFE(url) "https://n.safelinks.protection.outlook.com/?url=" url "&data=5"
#define ROW "<tr><td>x</td></tr>"
#define ROWS_10 ROW ROW ROW ROW ROW ROW ROW ROW ROW ROW
#define ROWS_100 ROWS_10 ROWS_10 ROWS_10 ROWS_10 ROWS_10 ROWS_10 ROWS_10 ROWS_10 ROWS_10 ROWS_10

/* Bodies: the header is not signed but for From. */
static const struct body_row {
	const char *label; /* NULL: nothing is proved */
	const char *what, *header, *before, *after;
	bool relaxed;
} bodies[] = {
	{ "footer-text", "a footer behind a rule", TEXT_8BIT, "Hi.\r\n", "Hi.\r\n____\r\nlist\r\n" },
	{ "footer-text", "the body had no line end", TEXT_8BIT, "Hi.", "Hi.\r\n-- \r\nlist\r\n" },
	{ "footer-text", "relaxed", TEXT_8BIT, "Hi  you. \r\n", "Hi you.\r\n\r\n--\r\nlist\r\n", true },
	{ "footer-text", "under base64", TEXT_BASE64, "SGVsbG8sIHdvcmxkLg0K\r\n",
	  "SGVsbG8sIHdvcmxkLg0KLS0gDQpsaXN0DQo=\r\n" },
	{ "footer-text", "under quoted-printable", TEXT_QP, "Gr=C3=BC=C3=9Fe\r\n",
	  "Gr=C3=BC=C3=9Fe\r\n--=20\r\nlist\r\n" },
	{ "footer-text", "8bit before, base64 with a footer now", TEXT_BASE64, "Hello, world.\r\n",
	  "SGVsbG8sIHdvcmxkLg0KLS0gDQpsaXN0DQo=\r\n" },
	{ "footer-text", "in the text part", ALTERNATIVE,
	  "--b1\r\n\r\nHi.\r\n--b1\r\nContent-Type: text/html\r\n\r\n<p>Hi.</p>\r\n--b1--\r\n",
	  "--b1\r\n\r\nHi.\r\n\r\nlist\r\n--b1\r\nContent-Type: text/html\r\n\r\n<p>Hi.</p>\r\n--b1--\r\n" },
	{ "footer-html", "before </body>", HTML_8BIT, "<html><body><p>Hi.</p></body></html>\r\n",
	  "<html><body><p>Hi.</p><p>Leave the list</p></body></html>\r\n" },
	{ "footer-html", "at the end of a fragment", HTML_8BIT, "<p>Hi.</p>\r\n", "<p>Hi.</p>\r\n<p>list</p>\r\n" },
	{ "html-injected", "a picture nobody sees", HTML_8BIT, "<html><body><p>Hi.</p></body></html>\r\n",
	  "<html><body><p>Hi.</p><img src=\"https://t.example/p\" width=1></body></html>\r\n" },
	{ "html-injected", "a line behind the tag", HTML_8BIT, "<body>\r\n<p>Hi.</p>\r\n</body>\r\n",
	  "<body>\r\n<div><b>Buy</b></div><p>Hi.</p>\r\n</body>\r\n" },
	{ "html-injected", "without regard to the encoding",
	  "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n",
	  "<body>\r\n<p>Gr=C3=BC=C3=9Fe</p>\r\n</body>\r\n",
	  "<body>\r\n<p>Gr=C3=BC=C3=9Fe</p>\r\n<img "
	  "src=3D\"https://track.example/o.gif?some=3Dquite-long-value&and=3Dmore\" width=3D1></body>\r\n" },
	{ "html-injected", "a banner", HTML_8BIT, "<html><body class=x><p>Hi.</p></body></html>\r\n",
	  "<html><body class=x><div>Sent from outside</div>\r\n<p>Hi.</p></body></html>\r\n" },
	{ "html-injected", "in the middle", HTML_8BIT, "<p>One.</p><p>Two.</p><p>Three.</p>\r\n",
	  "<p>One.</p><span>x</span><p>Two.</p><p>Three.</p>\r\n" },
	{ "disclaimer-top", "a warning", TEXT_8BIT, "Hi.\r\n", "CAUTION: external\r\n\r\nHi.\r\n" },
	{ "disclaimer-top", "under base64", TEXT_BASE64, "SGkuDQo=\r\n", "RVhURVJOQUwNCkhpLg0K\r\n" },
	{ "footer-mime-part", "a part behind the others", MIXED, "--b1\r\n\r\nHi.\r\n--b1--\r\n",
	  "--b1\r\n\r\nHi.\r\n--b1\r\nContent-Type: text/plain\r\n\r\nlist\r\n--b1--\r\n" },
	{ "footer-mime-wrap", "a new multipart around it", MIXED, "Hi.\r\n",
	  "--b1\r\nContent-Type: text/plain\r\n\r\nHi.\r\n\r\n--b1\r\n\r\nlist\r\n--b1--\r\n" },
	{ "footer-mime-wrap", "a message in a message", MIXED, "Hi.\r\n",
	  "--b1\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@example.com\r\n\r\nHi.\r\n--b1--\r\n" },
	{ "epilogue-added", "behind the last delimiter", MIXED, "--b1\r\n\r\nHi.\r\n--b1--\r\n",
	  "--b1\r\n\r\nHi.\r\n--b1--\r\nscanned\r\n" },
	{ "mime-preamble-removed", "the usual sentence", MIXED,
	  "This is a multi-part message in MIME format.\r\n--b1\r\n\r\nHi.\r\n--b1--\r\n",
	  "--b1\r\n\r\nHi.\r\n--b1--\r\n" },
	{ "boundary-changed", "not in the field", MIXED, "--b1\r\n\r\nHi.\r\n--b1--\r\n",
	  "--zz9\r\n\r\nHi.\r\n--zz9--\r\n" },
	{ "mime-reserialized", "quotes", MIXED,
	  "--b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHi.\r\n--b1--\r\n",
	  "--b1\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\r\nHi.\r\n--b1--\r\n" },
	{ "mime-reserialized", "letters of names, multiparts too", MIXED,
	  ("--b1\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
	   "--c\r\nContent-Type: text/plain\r\n\r\nHi.\r\n--c--\r\n--b1--\r\n"),
	  ("--b1\r\nContent-type: multipart/mixed; boundary=c\r\n\r\n"
	   "--c\r\nContent-type: text/plain\r\n\r\nHi.\r\n--c--\r\n--b1--\r\n") },
	{ "mime-reserialized", "a field that says what is so anyway", MIXED,
	  "--b1\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHi.\r\n--b1--\r\n",
	  "--b1\r\nContent-Type: text/plain\r\n\r\nHi.\r\n--b1--\r\n" },
	{ "trailing-space-added", "each line", TEXT_8BIT, "One\r\nTwo\r\n", "One \r\nTwo \r\n" },
	{ "trailing-space-removed", "the mark of a signature", TEXT_8BIT, "Hi.\r\n-- \r\nBob\r\n",
	  "Hi.\r\n--\r\nBob\r\n" },
	{ "trailing-space-removed", "flowed text", TEXT_8BIT, "A line \r\ngoes on \r\nhere.\r\n",
	  "A line\r\ngoes on\r\nhere.\r\n" },
	{ "leading-space-removed", "space-stuffing", TEXT_8BIT, " From A to B\r\n", "From A to B\r\n" },
	{ "whitespace-collapsed", "between sentences", TEXT_8BIT, "One.  Two.  Three.\r\n", "One. Two. Three.\r\n" },
	{ "tabs-to-spaces", "stops of eight", TEXT_8BIT, "a\tb\r\nabc\td\r\n", "a       b\r\nabc     d\r\n" },
	{ "tabs-to-spaces", "a table between text", TEXT_8BIT,
	  "Our new prices:\r\n\r\na\tb\r\nc\td\r\n\r\n\tas said.\r\n",
	  "Our new prices:\r\n\r\na b\r\nc d\r\n\r\n as said.\r\n" },
	{ "blank-lines-added", "double spacing", TEXT_8BIT, "One\r\nTwo\r\n\r\nThree\r\n",
	  "One\r\n\r\nTwo\r\n\r\n\r\n\r\nThree\r\n" },
	{ "blank-lines-added", "at the top", TEXT_8BIT, "One\r\n", "\r\nOne\r\n" },
	{ "blank-lines-removed", "every one of a few", TEXT_8BIT, "One\r\n\r\nTwo\r\nThree\r\n\r\nFour\r\n",
	  "One\r\nTwo\r\nThree\r\nFour\r\n" },
	{ "bare-cr-inserted", "CR CR LF", TEXT_8BIT, "One\r\nTwo\r\n", "One\r\r\nTwo\r\r\n" },
	{ "bom-inserted", "at the top", TEXT_8BIT, "One\r\n", "\xef\xbb\xbfOne\r\n" },
	{ "dot-stuffing-left", "one line", TEXT_8BIT, "One\r\n.two\r\n", "One\r\n..two\r\n" },
	{ "dot-lost", "a name with a dot", TEXT_8BIT, "One\r\n.profile\r\n", "One\r\nprofile\r\n" },
	{ "mbox-from-escaped", "a line of text", TEXT_8BIT, "One\r\nFrom two\r\n", "One\r\n>From two\r\n" },
	{ "quoted-printable-hex-case", "lower case", TEXT_QP, "=C3=BC\r\n", "=c3=bc\r\n" },
	{ "8bit-to-quoted-printable", "a part", MIXED,
	  "--b1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xbc\r\n--b1--\r\n",
	  "--b1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=BC\r\n--b1--\r\n" },
	{ "8bit-to-base64", "a part", MIXED, "--b1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xbc\r\n--b1--\r\n",
	  "--b1\r\nContent-Transfer-Encoding: base64\r\n\r\nw7w=\r\n--b1--\r\n" },
	{ "quoted-printable-to-8bit", "a word", TEXT_8BIT, "Gr=C3=BC=C3=9Fe\r\n",
	  "Gr\xc3\xbc\xc3\x9f"
	  "e\r\n" },
	{ "base64-rewrapped", "shorter lines", TEXT_BASE64, "SGVsbG8sIHdvcmxkLiBIZWxsbywgd29ybGQu\r\n",
	  "SGVsbG8sIHdv\r\ncmxkLiBIZWxs\r\nbywgd29ybGQu\r\n" },
	{ "charset-transcoded", "utf-8 to windows-1252", TEXT_8BIT, "20 \xe2\x82\xac\r\n", "20 \x80\r\n" },
	{ "mojibake", "utf-8 twice", TEXT_8BIT, "Gr\xc3\xbcn\r\n", "Gr\xc3\x83\xc2\xbcn\r\n" },
	{ "eighth-bit-stripped", "a control character stays", TEXT_8BIT, "na\xc3\x8fve\r\n", "naC\x0fve\r\n" },
	{ "link-rewritten", "safelinks", TEXT_8BIT, "See http://a.example/x?y=1 now\r\n",
	  "See https://n.safelinks.protection.outlook.com/?url=http%3A%2F%2Fa.example%2Fx%3Fy%3D1&data=5 now\r\n" },
	{ "link-rewritten", "the address in base64", TEXT_8BIT, "See http://a.example/x now\r\n",
	  "See https://eu.protection.sophos.com?d=a.example&u=aHR0cDovL2EuZXhhbXBsZS94&i=N now\r\n" },
	{ "link-rewritten", "urldefense 3", TEXT_8BIT, "See http://a.example/x.\r\n",
	  "See https://urldefense.com/v3/__http://a.example/x__;!!A!B$.\r\n" },
	{ "signer-bh-wrong", "the hash of Unix lines", TEXT_8BIT, "One\nTwo\n", "One\r\nTwo\r\n" },
	{ "signer-bh-wrong", "Unix lines, and a line end at the end", TEXT_8BIT, "One\nTwo\n\r\n", "One\r\nTwo\r\n" },
	{ "quoted-printable-rewrapped", "two parts", ALTERNATIVE,
	  PART_QP "Gr=C3=BC=C3=9Fe\r\n" PART_QP "Gr=C3=BCn\r\n--b1--\r\n",
	  PART_QP "Gr=C3=BC=\r\n=C3=9Fe\r\n" PART_QP "Gr=C3=\r\n=BCn\r\n--b1--\r\n" },
	{ "charset-transcoded", "two parts", ALTERNATIVE,
	  PART_8BIT("utf-8") "20 \xe2\x82\xac\r\n" PART_8BIT("utf-8") "Gr\xc3\xbcn\r\n--b1--\r\n",
	  PART_8BIT("windows-1252") "20 \x80\r\n" PART_8BIT("windows-1252") "Gr\xfcn\r\n--b1--\r\n" },
	{ "bom-inserted", "under base64", TEXT_BASE64, "SGVsbG8=\r\n", "77u/SGVsbG8=\r\n" },
	{ "link-rewritten", "urldefense 3 with octets kept aside", TEXT_8BIT, "See http://a.example/x?y=1&z=2.\r\n",
	  "See https://urldefense.com/v3/__http://a.example/x*y*1*z*2__;Pz0mPQ!!A!B$.\r\n" },
	{ "link-rewritten", "urldefense 3 with a run kept aside", TEXT_8BIT, "See http://a.example/+-+/.\r\n",
	  "See https://urldefense.com/v3/__http://a.example/**B/__;Ky0r!!A!B$.\r\n" },
	{ "link-rewritten", "two parts with entities", ALTERNATIVE,
	  PART_HTML "<a href=\"http://a.example/?b=1&amp;c=2\">\r\n" PART_HTML
	            "<a href=\"http://a.example/\">\r\n--b1--\r\n",
	  PART_HTML
	  "<a href=\"" SAFE("http%3A%2F%2Fa.example%2F%3Fb%3D1%26c%3D2") "\">\r\n" PART_HTML "<a href=\"" SAFE(
		  "http%3A%2F%2Fa.example%2F") "\">\r\n--b1--\r\n" },
	{ "text-rewrapped", "a part, not the headers of parts", MIXED,
	  "--b1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
	  "Dear colleagues, the plan of the month of May\r\n--b1\r\nX-A: 1\r\nX-B: 2\r\n\r\nx\r\n--b1--\r\n",
	  "--b1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
	  "Dear colleagues, the plan of the\r\nmonth of May\r\n--b1\r\nX-A: 1\r\nX-B: 2\r\n\r\nx\r\n--b1--\r\n" },
	{ "blank-lines-added", "before each delimiter", MIXED,
	  "--b1\r\n\r\nHi.\r\n\r\nAll.\r\n--b1\r\n\r\nx\r\n--b1--\r\n",
	  "--b1\r\n\r\nHi.\r\n\r\nAll.\r\n\r\n--b1\r\n\r\nx\r\n\r\n--b1--\r\n" },
	{ "mime-reserialized", "quotes of the character set alone", MIXED,
	  "--b1\r\nContent-Type: text/plain; charset=utf-8; name=\"x\"\r\n\r\nHi.\r\n--b1--\r\n",
	  "--b1\r\nContent-Type: text/plain; charset=\"utf-8\"; name=\"x\"\r\n\r\nHi.\r\n--b1--\r\n" },
	{ "mime-reserialized", "quotes and case of the character set", MIXED,
	  "--b1\r\nContent-Type: text/plain; charset=utf-8; name=X\r\n\r\nHi.\r\n--b1--\r\n",
	  "--b1\r\nContent-Type: text/plain; charset=\"UTF-8\"; name=X\r\n\r\nHi.\r\n--b1--\r\n" },
	{ "html-injected", "a picture behind a long table", HTML_8BIT,
	  "<html><body><table>" ROWS_100 "</table></body></html>\r\n",
	  "<html><body><table>" ROWS_100 "</table><img src=\"https://t.example/p\" width=1></body></html>\r\n" },
	{ NULL, "another word", TEXT_8BIT, "Pay 100 to Bob\r\n", "Pay 900 to Eve and Mallory\r\n" },
	{ NULL, "an empty body", TEXT_8BIT, "Pay 100 to Bob\r\n", "" },
};

/* Headers: signed by Ed25519 as they were before. */
static const struct header_row {
	const char *label;
	const char *what, *names, *before, *after;
	bool simple;
} headers[] = {
	{ "subject-tag", "a list", "from:subject", "From: a@b.example\r\nSubject: Hello\r\n",
	  "From: a@b.example\r\nSubject: [l] Hello\r\n" },
	{ "subject-tag", "behind a reply mark", "from:subject", "From: a@b.example\r\nSubject: Re: Hello\r\n",
	  "From: a@b.example\r\nSubject: Re: [l] Hello\r\n" },
	{ "subject-tag", "the tag was moved", "from:subject", "From: a@b.example\r\nSubject: Re: [l] Hello\r\n",
	  "From: a@b.example\r\nSubject: [l] Re: Hello\r\n" },
	{ "subject-tag", "simple canonicalisation", "from:subject", "From: a@b.example\r\nSubject: Hello\r\n",
	  "From: a@b.example\r\nSubject: EXTERNAL: Hello\r\n", true },
	{ "subject-decoded", "raw", "from:subject", "From: a@b.example\r\nSubject: =?UTF-8?Q?Gr=C3=BCn?=\r\n",
	  "From: a@b.example\r\nSubject: Gr\xc3\xbcn\r\n" },
	{ "subject-decoded", "of ASCII", "from:subject",
	  "From: a@b.example\r\nSubject: =?utf-8?q?Hello_world=2C_again?=\r\n",
	  "From: a@b.example\r\nSubject: Hello world, again\r\n" },
	{ "subject-reencoded", "Q to B", "from:subject", "From: a@b.example\r\nSubject: =?UTF-8?Q?Gr=C3=BCn?=\r\n",
	  "From: a@b.example\r\nSubject: =?UTF-8?B?R3LDvG4=?=\r\n" },
	{ "from-rewritten", "the author in Reply-To", "from", "From: A B <a@b.example>\r\n",
	  "From: A B via L <l@l.example>\r\nReply-To: A B <a@b.example>\r\n" },
	{ "from-rewritten", "and Reply-To was over-signed", "from:reply-to", "From: A B <a@b.example>\r\n",
	  "From: \"A B via L\" <l@l.example>\r\nReply-To: A B <a@b.example>\r\n" },
	{ "from-reformatted", "quotes", "from", "From: A B <a@b.example>\r\n", "From: \"A B\" <a@b.example>\r\n" },
	{ "from-reformatted", "brackets", "from", "From: a@b.example\r\n", "From: <a@b.example>\r\n" },
	{ "from-reformatted", "Q to B", "from", "From: =?utf-8?Q?J=C3=BCrgen?= <j@b.example>\r\n",
	  "From: =?utf-8?B?SsO8cmdlbg==?= <j@b.example>\r\n" },
	{ "from-display-changed", "a remark", "from", "From: A B <a@b.example>\r\n",
	  "From: A B (External) <a@b.example>\r\n" },
	{ "from-display-changed", "a tag", "from", "From: A B <a@b.example>\r\n",
	  "From: \"[EXT] A B\" <a@b.example>\r\n" },
	{ "second-from-added", "over-signed", "from:from", "From: a@b.example\r\n",
	  "From: c@d.example\r\nFrom: a@b.example\r\n" },
	{ "sender-added", "over-signed", "from:sender", "From: a@b.example\r\n",
	  "Sender: l@l.example\r\nFrom: a@b.example\r\n" },
	{ "reply-to-added", "over-signed", "from:reply-to", "From: a@b.example\r\n",
	  "Reply-To: l@l.example\r\nFrom: a@b.example\r\n" },
	{ "list-header-added", "two, over-signed", "from:list-id:list-post", "From: a@b.example\r\n",
	  "List-Id: <l>\r\nList-Post: <x>\r\nFrom: a@b.example\r\n" },
	{ "to-changed", "one more", "from:to", "From: a@b.example\r\nTo: c@d.example\r\n",
	  "From: a@b.example\r\nTo: c@d.example, e@f.example\r\n" },
	{ "date-reformatted", "another zone", "from:date",
	  "From: a@b.example\r\nDate: Tue, 1 Sep 2026 10:00:00 -0700\r\n",
	  "From: a@b.example\r\nDate: Tue, 01 Sep 2026 17:00:00 +0000\r\n" },
	{ "message-id-changed", "the old one is kept", "from:message-id",
	  "From: a@b.example\r\nMessage-ID: <1@b.example>\r\n",
	  "From: a@b.example\r\nMessage-ID: <2@l.example>\r\nX-Original-Message-ID: <1@b.example>\r\n" },
	{ "content-type-reformatted", "quotes", "from:content-type",
	  "From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n",
	  "From: a@b.example\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n" },
	{ "charset-header-changed", "another set", "from:content-type",
	  "From: a@b.example\r\nContent-Type: text/plain; charset=us-ascii\r\n",
	  "From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n" },
	{ "header-removed", "one that is always the same", "from:mime-version",
	  "From: a@b.example\r\nMIME-Version: 1.0\r\n", "From: a@b.example\r\n" },
	{ "header-order-changed", "two of one name", "from:x:x", "From: a@b.example\r\nX: 1\r\nX: 2\r\n",
	  "From: a@b.example\r\nX: 2\r\nX: 1\r\n" },
	{ "header-refolded", "a fold", "from:to", "From: a@b.example\r\nTo: c@d.example, e@f.example\r\n",
	  "From: a@b.example\r\nTo: c@d.example,\r\n\te@f.example\r\n", true },
	{ "header-unfolded", "a fold less", "from:to", "From: a@b.example\r\nTo: c@d.example,\r\n e@f.example\r\n",
	  "From: a@b.example\r\nTo: c@d.example, e@f.example\r\n", true },
	{ "header-leading-space-lost", "a filter without the space", "from:subject",
	  "From: a@b.example\r\nSubject: Hello\r\n", "From: a@b.example\r\nSubject:Hello\r\n", true },
	{ "header-trailing-space-lost", "a blank", "from:subject", "From: a@b.example\r\nSubject: Hello \r\n",
	  "From: a@b.example\r\nSubject: Hello\r\n", true },
	{ "header-whitespace-changed", "two blanks", "from:subject", "From: a@b.example\r\nSubject: Hello\r\n",
	  "From: a@b.example\r\nSubject:  Hello\r\n", true },
	{ "header-leading-space-lost", "one of two", "from:subject", "From: a@b.example\r\nSubject:  Hello\r\n",
	  "From: a@b.example\r\nSubject: Hello\r\n", true },
	{ "header-trailing-space-lost", "a tab", "from:subject", "From: a@b.example\r\nSubject: Hello\t\r\n",
	  "From: a@b.example\r\nSubject: Hello\r\n", true },
	{ "header-whitespace-changed", "two runs inside", "from:subject",
	  "From: a@b.example\r\nSubject: One  two three  four\r\n",
	  "From: a@b.example\r\nSubject: One two three four\r\n", true },
	{ "header-whitespace-changed", "a tab inside", "from:subject",
	  "From: a@b.example\r\nSubject: One two\tthree four\r\n",
	  "From: a@b.example\r\nSubject: One two three four\r\n", true },
	{ "header-refolded", "a blank for a tab", "from:to",
	  "From: a@b.example\r\nTo: c@d.example,\r\n\te@f.example\r\n",
	  "From: a@b.example\r\nTo: c@d.example,\r\n e@f.example\r\n", true },
	{ "header-refolded", "fewer addresses a line", "from:to",
	  "From: a@b.example\r\nTo: c@d.example,\r\n\te@f.example,\r\n\tg@h.example\r\n",
	  "From: a@b.example\r\nTo: c@d.example, e@f.example,\r\n\tg@h.example\r\n", true },
	{ "header-unfolded", "a list of recipients", "from:to",
	  "From: a@b.example\r\nTo: c@d.example,\r\n\te@f.example,\r\n\tg@h.example\r\n",
	  "From: a@b.example\r\nTo: c@d.example, e@f.example, g@h.example\r\n", true },
	{ "header-unfolded", "parameters", "from:content-type",
	  "From: a@b.example\r\nContent-Type: text/plain;\r\n\tcharset=utf-8\r\n",
	  "From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n", true },
	{ "header-case-changed", "of a name", "from:message-id", "From: a@b.example\r\nMessage-Id: <1@b.example>\r\n",
	  "From: a@b.example\r\nMessage-ID: <1@b.example>\r\n", true },
	{ "header-whitespace-changed", "two blanks and three", "from:subject",
	  "From: a@b.example\r\nSubject: One  two   three four\r\n",
	  "From: a@b.example\r\nSubject: One two three four\r\n", true },
	{ "header-removed", "z= has a copy", "from:subject:reply-to; z=From:a@b.example|Subject:x|Reply-To:c@d.example",
	  "From: a@b.example\r\nSubject: x\r\nReply-To: c@d.example\r\n", "From: a@b.example\r\nSubject: x\r\n" },
	{ "to-changed", "z= has a copy without the blank", "from:to; z=From:a@b.example|To:c@d.example",
	  "From: a@b.example\r\nTo: c@d.example\r\n", "From: a@b.example\r\nTo: Nobody\r\n", true },
	{ "reply-to-added", "with a Sender", "from:reply-to:sender", "From: a@b.example\r\n",
	  "Reply-To: l@lists.example\r\nSender: l-bounces@lists.example\r\nFrom: a@b.example\r\n" },
	{ "list-header-added", "with a Reply-To", "from:reply-to:list-id", "From: a@b.example\r\n",
	  "Reply-To: l@lists.example\r\nList-Id: <l.lists.example>\r\nFrom: a@b.example\r\n" },
	{ NULL, "another subject", "from:subject", "From: a@b.example\r\nSubject: Pay Bob\r\n",
	  "From: a@b.example\r\nSubject: Hire Eve\r\n" },
};

/* Octets that are gone leave traces at best; the body that was signed is another one. */
static const struct hint_row {
	const char *label, *what, *header, *after;
} hints[] = {
	{ "attachment-removed", "an attachment without content", MIXED,
	  "--b1\r\n\r\nHi.\r\n--b1\r\nContent-Disposition: attachment; filename=x\r\n\r\n\r\n--b1--\r\n" },
	{ "html-part-removed", "one alternative is left", MIXED,
	  "--b1\r\nContent-Type: multipart/alternative; "
	  "boundary=c\r\n\r\n--c\r\n\r\nHi.\r\n--c--\r\n--b1\r\n\r\nx\r\n--b1--\r\n" },
	{ "eighth-bit-stripped", "u-umlaut of ISO 8859-1", "Content-Type: text/plain; charset=iso-8859-1\r\n",
	  "f|r Sie\r\n" },
	{ "body-changed", "7bit never had an eighth bit",
	  "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n", "some_name\r\n" },
};

struct bench {
	struct signet *engine;
	struct signet_arena *arena;
	unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
	unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
};

static struct mail_header header_of(struct bench *b, slice text)
{
	struct mail_header h = { 0 };
	struct signet_findings notes;
	findings_init(&notes, b->arena);
	if (header_parse(text, b->arena, &notes, &h) != SIGNET_OK) {
		abort();
	}
	return h;
}

/* A DKIM-Signature field with this bh= and b=. */
static slice field_of(struct bench *b, bool relaxed_header, bool relaxed_body, slice names, slice hash, slice signature)
{
	struct buf text;
	buf_init_arena(&text, b->arena, 4096);
	buf_put(&text, S("DKIM-Signature: v=1; a=ed25519-sha256; d=b.example; s=s; c="));
	buf_put(&text, relaxed_header ? S("relaxed/") : S("simple/"));
	buf_put(&text, relaxed_body ? S("relaxed; h=") : S("simple; h="));
	buf_put(&text, names);
	buf_put(&text, S("; bh="));
	base64_put(&text, hash);
	buf_put(&text, S("; b="));
	base64_put(&text, signature);
	buf_put(&text, S("\r\n"));
	return buf_slice(&text);
}

static struct dkim_signature read_signature(struct bench *b, const struct mail_header *h)
{
	struct dkim_signature s;
	if (signature_parse(SIGNATURE_DKIM, &h->fields[0], b->arena, &s) != SIGNET_OK ||
	    s.fault.result != SIGNET_DKIM_NONE) {
		abort();
	}
	return s;
}

/* The signature of the fields `text`, whose own field stands on top with any b=. */
static slice sign_header(struct bench *b, slice own, slice text)
{
	struct mail_header h = header_of(b, ARENA_JOIN(b->arena, own, text));
	struct dkim_signature s = read_signature(b, &h);
	struct field_index index;
	uint8_t digest[DIGEST_OCTETS];
	unsigned char *signature = arena_alloc(b->arena, crypto_sign_BYTES);
	if (!signature || field_index_init(&index, &h, b->arena) != SIGNET_OK ||
	    !digest_of(b->engine, dkim_header_input(&index, &s, b->arena), digest)) {
		abort();
	}
	crypto_sign_detached(signature, NULL, digest, sizeof(digest), b->secret_key);
	return slice_make((char *)signature, crypto_sign_BYTES);
}

static void diagnose(struct bench *b, slice own, slice fields, slice body, bool header_broken, bool body_broken,
                     const char **ret, enum signet_evidence *ret_evidence)
{
	slice text = ARENA_JOIN(b->arena, own, fields);
	struct mail_header h = header_of(b, guarded(text, false));
	struct dkim_signature s = read_signature(b, &h);
	struct transit_subject subject = { .signature = &s,
		                           .key = slice_make((char *)b->public_key, sizeof(b->public_key)),
		                           .header_ok = header_broken ? SIGNET_FALSE : SIGNET_TRUE,
		                           .body_ok = body_broken ? SIGNET_FALSE : SIGNET_TRUE,
		                           .transformation = ret,
		                           .evidence = ret_evidence };
	const struct transit t = { .engine = b->engine,
		                   .header = &h,
		                   .body = guarded(body, true),
		                   .subjects = &subject,
		                   .n = 1,
		                   .arena = b->arena };
	transit_diagnose(&t);
}

static void judge_row(const char *clause, const char *label, const char *what, const char *got,
                      enum signet_evidence evidence)
{
	char sentence[200];
	snprintf(sentence, sizeof(sentence), "%s: %s", label ? label : "not provable", what);
	if (label) {
		row_text(clause, sentence, slice_of(got), label);
		row_text(clause, sentence, slice_of(signet_evidence_name(evidence)), "proved");
	} else {
		row_bool(clause, sentence, got && evidence < SIGNET_EVIDENCE_STATED, true);
	}
}

static void put_nothing(void *data, slice run)
{
	digest_add(data, run);
}

/* The hash of the body as it was signed; bodies with bare line feeds are hashed as they are. */
static void hash_body(struct bench *b, const struct body_row *row, uint8_t ret[static DIGEST_OCTETS])
{
	struct digest *d = digest_new(b->engine);
	slice body = slice_of(row->before);
	struct canon_body canon;
	canon_body_init(&canon, row->relaxed, put_nothing, d);
	if (slice_find(body, S("\r\n")) == SLICE_NONE && slice_find_char(body, '\n') != SLICE_NONE) {
		digest_add(d, body);
	} else {
		canon_body_feed(&canon, body);
		canon_body_end(&canon);
	}
	if (!digest_end(d, ret)) {
		abort();
	}
}

static void test_bodies(struct bench *b)
{
	for (size_t i = 0; i < ROWS(bodies); i++) {
		const struct body_row *row = &bodies[i];
		uint8_t hash[DIGEST_OCTETS];
		hash_body(b, row, hash);
		const char zero[64] = { 0 };
		slice own = field_of(b, true, row->relaxed, S("from"), slice_make((char *)hash, sizeof(hash)),
		                     slice_make(zero, 64));
		slice fields = ARENA_JOIN(b->arena, S("From: a@b.example\r\n"), slice_of(row->header));
		const char *got = NULL;
		enum signet_evidence evidence = SIGNET_EVIDENCE_NONE;
		diagnose(b, own, fields, slice_of(row->after), false, true, &got, &evidence);
		judge_row("6376:3.4", row->label, row->what, got, evidence);
		signet_arena_reset(b->arena);
	}
}

static void test_hints(struct bench *b)
{
	for (size_t i = 0; i < ROWS(hints); i++) {
		const struct hint_row *row = &hints[i];
		const char zero[64] = { 0 };
		slice own = field_of(b, true, false, S("from"), slice_make(zero, DIGEST_OCTETS), slice_make(zero, 64));
		slice fields = ARENA_JOIN(b->arena, S("From: a@b.example\r\n"), slice_of(row->header));
		const char *got = NULL;
		enum signet_evidence evidence = SIGNET_EVIDENCE_NONE;
		diagnose(b, own, fields, slice_of(row->after), false, true, &got, &evidence);
		row_text("6376:3.4", row->what, slice_of(got), row->label);
		row_bool("6376:3.4", "and nothing is claimed", evidence < SIGNET_EVIDENCE_STATED, true);
		signet_arena_reset(b->arena);
	}
}

static void test_headers(struct bench *b)
{
	for (size_t i = 0; i < ROWS(headers); i++) {
		const struct header_row *row = &headers[i];
		uint8_t hash[DIGEST_OCTETS];
		digest_of(b->engine, S("\r\n"), hash);
		slice bh = slice_make((char *)hash, sizeof(hash));
		const char zero[64] = { 0 };
		slice own = field_of(b, !row->simple, false, slice_of(row->names), bh, slice_make(zero, 64));
		slice signature = sign_header(b, own, slice_of(row->before));
		own = field_of(b, !row->simple, false, slice_of(row->names), bh, signature);
		const char *got = NULL;
		enum signet_evidence evidence = SIGNET_EVIDENCE_NONE;
		diagnose(b, own, slice_of(row->after), S("\r\n"), true, false, &got, &evidence);
		judge_row("6376:3.7", row->label, row->what, got, evidence);
		signet_arena_reset(b->arena);
	}
}

/* The header tells that the set was changed, and the text cannot be put back: what is not in the new set is gone. */
static void test_lossy_set(struct bench *b)
{
	const char zero[64] = { 0 };
	slice names = S("from:content-type"), hash = slice_make(zero, DIGEST_OCTETS);
	slice from = S("From: a@b.example\r\n");
	slice own = field_of(b, true, false, names, hash, slice_make(zero, 64));
	slice was = ARENA_JOIN(b->arena, from, S("Content-Type: text/plain; charset=utf-8\r\n"));
	own = field_of(b, true, false, names, hash, sign_header(b, own, was));
	slice now = ARENA_JOIN(b->arena, from, S("Content-Type: text/plain; charset=iso-8859-15\r\n"));
	const char *got = NULL;
	enum signet_evidence evidence = SIGNET_EVIDENCE_NONE;
	diagnose(b, own, now, S("F\xfcr 5 \xa4 ? ja\r\n"), true, true, &got, &evidence);
	row_text("6376:3.7", "a set changed with loss", slice_of(got), "charset-transcoded");
	row_bool("6376:3.7", "which is a hint", evidence == SIGNET_EVIDENCE_HINTED, true);
	signet_arena_reset(b->arena);
}

#define LARGE_OCTETS ((size_t)8 << 20)
#define LARGE_WORK ((size_t)64 << 20) /* what the search may need for it, the decoded text included */
#define LARGE_SIGNATURES 10

/* A large body is taken apart once, however many signatures failed. */
static void test_large(struct bench *b)
{
	char *octets = malloc(LARGE_OCTETS);
	for (size_t i = 0; octets && i < LARGE_OCTETS; i++) {
		octets[i] = "All work and no play makes us dull.\r\n"[i % 37];
	}
	const char *got[LARGE_SIGNATURES] = { NULL };
	enum signet_evidence evidence[LARGE_SIGNATURES] = { 0 };
	struct transit_subject subjects[LARGE_SIGNATURES];
	struct dkim_signature signatures[LARGE_SIGNATURES];
	struct signet_findings notes;
	slice text = S("From: a@b.example\r\n" TEXT_BASE64);
	const char zero[64] = { 0 };
	for (size_t i = 0; i < LARGE_SIGNATURES; i++) {
		uint8_t hash[DIGEST_OCTETS] = { (uint8_t)i };
		text = ARENA_JOIN(b->arena,
		                  field_of(b, true, i % 2, S("from"), slice_make((char *)hash, sizeof(hash)),
		                           slice_make(zero, 64)),
		                  text);
	}
	struct mail_header h = header_of(b, text);
	struct signet_arena *work = signet_arena_new(LARGE_WORK);
	findings_init(&notes, b->arena);
	for (size_t i = 0; i < LARGE_SIGNATURES; i++) {
		if (signature_parse(SIGNATURE_DKIM, &h.fields[i], b->arena, &signatures[i]) != SIGNET_OK) {
			abort();
		}
		subjects[i] =
			(struct transit_subject){ .signature = &signatures[i],
			                           .key = slice_make((char *)b->public_key, sizeof(b->public_key)),
			                           .header_ok = SIGNET_TRUE,
			                           .body_ok = SIGNET_FALSE,
			                           .transformation = &got[i],
			                           .evidence = &evidence[i],
			                           .findings = &notes };
	}
	const struct transit t = { .engine = b->engine,
		                   .header = &h,
		                   .body = slice_make(octets, LARGE_OCTETS),
		                   .subjects = subjects,
		                   .n = LARGE_SIGNATURES,
		                   .arena = work };
	transit_diagnose(&t);
	row_bool("6376:6.1", "ten signatures over a large body: each has a word", got[0] && got[LARGE_SIGNATURES - 1],
	         true);
	row_bool("6376:6.1", "and memory suffices for all", findings_has(&notes, F_TRANSIT_NOT_ANALYSED), false);
	signet_arena_free(work);
	signet_arena_reset(b->arena);
	free(octets);
}

int main(void)
{
	struct bench b = { .engine = signet_new(), .arena = signet_arena_new((size_t)256 << 20) };
	static const unsigned char seed[crypto_sign_SEEDBYTES] = "a seed of no importance at all";
	crypto_sign_seed_keypair(b.public_key, b.secret_key, seed);
	test_bodies(&b);
	test_headers(&b);
	test_hints(&b);
	test_lossy_set(&b);
	test_large(&b);
	signet_arena_free(b.arena);
	signet_free(b.engine);
	return rows_end();
}
