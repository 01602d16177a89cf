/* SPDX-License-Identifier: Apache-2.0 */
/* check_host() rule by rule: a zone, a client, and what must come out. */
#include <stdio.h>

#include "run.h"

#define TEN_A                                                                                                          \
	" a:x0.example a:x1.example a:x2.example a:x3.example a:x4.example a:x5.example a:x6.example"                  \
	" a:x7.example a:x8.example a:x9.example"
#define X_HOSTS                                                                                                        \
	"x0.example A 203.0.113.1\nx1.example A 203.0.113.1\nx2.example A 203.0.113.1\n"                               \
	"x3.example A 203.0.113.1\nx4.example A 203.0.113.1\nx5.example A 203.0.113.1\n"                               \
	"x6.example A 203.0.113.1\nx7.example A 203.0.113.1\nx8.example A 203.0.113.1\n"                               \
	"x9.example A 203.0.113.1\n"
#define PTR_1 "1.2.0.192.in-addr.arpa PTR "
#define PTR_V6 "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR "
#define LABEL_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct row {
	const char *clause, *what;
	const char *zone;
	const char *want; /* the result */
	const char *ip; /* NULL: 192.0.2.1 */
	const char *helo; /* NULL: mail.example.org */
	const char *from; /* NULL: user@example.com */
	const char *matched; /* NULL: not looked at, and so on */
	const char *in; /* matched_in */
	const char *counts; /* "lookups/voids" */
	const char *explanation;
	const char *finding; /* must be noted */
};

static const struct row rows[] = {
	/* identities */
	{ "7208:2.4", "the domain of the sender is checked", "example.com TXT v=spf1 +all", "pass", .matched = "+all",
	  .in = "example.com" },
	{ "7208:2.4", "the null sender is postmaster of the HELO name",
	  "mail.example.org TXT v=spf1 exists:%{l}.%{o}.x.example -all\npostmaster.mail.example.org.x.example A "
	  "127.0.0.2",
	  "pass", .from = "" },
	{ "7208:2.4", "the null sender in brackets", "mail.example.org TXT v=spf1 +all", "pass", .from = "<>" },
	{ "7208:2.4", "brackets around a sender", "example.com TXT v=spf1 +all", "pass", .from = "<user@example.com>" },
	{ "7208:2.4", "the HELO name is not asked for a sender with domain", "mail.example.org TXT v=spf1 +all",
	  "none" },
	{ "7208:2.5", "the address of the session decides", "example.com TXT v=spf1 ip4:192.0.2.1 -all", "fail",
	  .ip = "192.0.2.2", .helo = "[192.0.2.1]" },
	{ "7208:2.6", "pass", "example.com TXT v=spf1 all", "pass" },
	{ "7208:2.6", "fail", "example.com TXT v=spf1 -all", "fail" },
	{ "7208:2.6", "softfail", "example.com TXT v=spf1 ~all", "softfail" },
	{ "7208:2.6", "neutral", "example.com TXT v=spf1 ?all", "neutral" },
	{ "7208:2.6", "none", "example.com TXT other", "none" },
	{ "7208:2.6", "temperror", "example.com TXT !SERVFAIL", "temperror" },
	{ "7208:2.6", "permerror", "example.com TXT v=spf1 x", "permerror" },
	{ "7208:4.1", "a sender with several @ is split at the last",
	  "example.com TXT v=spf1 exists:%{l}.x.example -all\n\"a@b\".x.example A 127.0.0.2", "pass",
	  .from = "\"a@b\"@example.com" },
	{ "7208:4.3", "a sender without local-part",
	  "example.com TXT v=spf1 exists:%{l}.x.example -all\npostmaster.x.example A 127.0.0.2", "pass",
	  .from = "@example.com" },
	{ "7208:4.3", "a sender without @ is a domain",
	  "example.com TXT v=spf1 exists:%{s}.x.example -all\npostmaster@example.com.x.example A 127.0.0.2", "pass",
	  .from = "example.com" },
	{ "7208:4.3", "a local-part is left as it is",
	  "example.com TXT v=spf1 exists:%{l}.x.example -all\nuser.x.example A 127.0.0.2", "pass" },
	{ "7208:4.3", "a single label", "com TXT v=spf1 +all", "none", .from = "user@com",
	  .finding = "spf.domain-unusable" },
	{ "7208:4.3", "a single label with dot", "com TXT v=spf1 +all", "none", .from = "user@com." },
	{ "7208:4.3", "an address literal", "* TXT v=spf1 +all", "none", .from = "user@[192.0.2.1]",
	  .finding = "spf.domain-unusable" },
	{ "7208:4.3", "an empty label", "* TXT v=spf1 +all", "none", .from = "user@a..example" },
	{ "7208:4.3", "a label of 64 octets", "* TXT v=spf1 +all", "none", .from = "user@" LABEL_64 ".example" },
	{ "7208:4.3", "a final dot is ignored", "example.com TXT v=spf1 +all", "pass", .from = "user@example.com." },
	{ "7208:4.3", "nothing after @", "* TXT v=spf1 +all", "none", .from = "user@" },
	{ "7208:4.3", "a domain that does not exist", "example.org A 192.0.2.1", "none", .counts = "0/0",
	  .finding = "spf.no-record" },
	/* the record */
	{ "7208:3.1", "records of type SPF are not asked for", "example.com SPF v=spf1 +all", "none" },
	{ "7208:3.1", "not ASCII in a record",
	  "example.com TXT v=spf1 ip4:192.0.2.1 \xe2\x80\x93"
	  "all",
	  "permerror", .finding = "spf.not-ascii" },
	{ "7208:3.1", "not ASCII in another text", "example.com TXT v=spf1 +all\nexample.com TXT gr\xc3\xbc\xc3\x9f",
	  "pass" },
	{ "7208:3.3", "a text without strings beside the record", "example.com TXT \nexample.com TXT v=spf1 +all",
	  "pass" },
	{ "7208:3.3", "an alias leads to the record", "example.com CNAME spf.example\nspf.example TXT v=spf1 +all",
	  "pass", .in = "example.com" },
	{ "7208:4.4", "a time-out", "example.com TXT !TIMEOUT", "temperror", .finding = "spf.dns-error" },
	{ "7208:4.4", "SERVFAIL", "example.com SERVFAIL", "temperror" },
	{ "7208:4.4", "REFUSED", "example.com TXT !REFUSED", "temperror" },
	{ "7208:4.4", "an answer with a wrong signature", "example.com TXT !BOGUS", "temperror" },
	{ "7208:4.4", "an answer", "example.com TXT v=spf1 +all", "pass" },
	{ "7208:4.5", "no record", "example.com TXT v=spf10 +all", "none", .finding = "spf.near-record" },
	{ "7208:4.5", "two records", "example.com TXT v=spf1 +all\nexample.com TXT v=spf1 +all", "permerror",
	  .finding = "spf.several-records" },
	{ "7208:4.5", "one among other texts",
	  "example.com TXT spf2.0/pra +all\nexample.com TXT v=spf1 -all\nexample.com TXT x", "fail" },
	{ "7208:4.5", "Sender ID is not SPF", "example.com TXT spf2.0/mfrom +all", "none", .finding = "spf.sender-id" },
	{ "7208:4.6", "an error behind the match", "example.com TXT v=spf1 +all ip4:1", "permerror",
	  .finding = "spf.bad-ip4" },
	{ "7208:4.6", "an error in an included record",
	  "example.com TXT v=spf1 include:a.example +all\na.example TXT v=spf1 -all x", "permerror" },
	{ "7208:4.6.1", "spaces between terms", "example.com TXT v=spf1   ip4:192.0.2.1   -all  ", "pass" },
	{ "7208:4.6.2", "the first match decides",
	  "example.com TXT v=spf1 ip4:192.0.2.9 ?ip4:192.0.2.1 -ip4:192.0.2.1 +all", "neutral",
	  .matched = "?ip4:192.0.2.1" },
	{ "7208:4.6.3", "modifiers may come first",
	  "example.com TXT v=spf1 exp=e.example redirect=a.example ip4:192.0.2.9\na.example TXT v=spf1 +all", "pass",
	  .in = "a.example" },
	{ "7208:4.7", "nothing matched", "example.com TXT v=spf1 ip4:192.0.2.9", "neutral", .matched = "default",
	  .in = "example.com", .finding = "spf.open-end" },
	{ "7208:4.7", "a record without terms", "example.com TXT v=spf1", "neutral", .matched = "default" },
	/* names that cannot be asked */
	{ "7208:4.8", "an empty label matches nothing", "example.com TXT v=spf1 -a:a..example +all", "pass",
	  .counts = "1/0", .finding = "spf.bad-target" },
	{ "7208:4.8", "nor does a label of 64 octets", "example.com TXT v=spf1 -exists:" LABEL_64 ".example +all",
	  "pass", .counts = "1/0" },
	{ "7208:4.8", "a name that can be asked is", "example.com TXT v=spf1 a:h.example -all\nh.example A 192.0.2.1",
	  "pass" },
	{ "7208:4.8", "include of such a name", "example.com TXT v=spf1 include:a..example +all", "permerror" },
	{ "7208:6.1", "redirect to such a name", "example.com TXT v=spf1 redirect=a..example", "permerror" },
	{ "7208:4.8", "without name the current domain is meant",
	  "example.com TXT v=spf1 redirect=a.example\na.example TXT v=spf1 a -all\na.example A 192.0.2.1", "pass" },
	/* rules for all mechanisms */
	{ "7208:5", "SERVFAIL of a mechanism", "example.com TXT v=spf1 a:h.example +all\nh.example SERVFAIL",
	  "temperror", .finding = "spf.dns-error" },
	{ "7208:5", "a time-out of a mechanism", "example.com TXT v=spf1 mx +all\nexample.com MX !TIMEOUT",
	  "temperror" },
	{ "7208:5", "a match before it hides it",
	  "example.com TXT v=spf1 ip4:192.0.2.1 a:h.example\nh.example SERVFAIL", "pass" },
	{ "7208:5", "NXDOMAIN is no match", "example.com TXT v=spf1 -a:h.example +all", "pass", .counts = "1/1" },
	{ "7208:5", "an empty answer is no match", "example.com TXT v=spf1 -a:h.example +all\nh.example AAAA ::1",
	  "pass", .counts = "1/1" },
	{ "7208:5", "AAAA for an IPv6 client",
	  "example.com TXT v=spf1 a -all\nexample.com AAAA 2001:db8::1\nexample.com A !SERVFAIL", "pass",
	  .ip = "2001:db8::1" },
	{ "7208:5", "A for an IPv4 client",
	  "example.com TXT v=spf1 a -all\nexample.com A 192.0.2.1\nexample.com AAAA !SERVFAIL", "pass" },
	{ "7208:5", "A for an IPv4-mapped client",
	  "example.com TXT v=spf1 a -all\nexample.com A 192.0.2.1\nexample.com AAAA !SERVFAIL", "pass",
	  .ip = "::ffff:192.0.2.1" },
	{ "7208:5", "ip4 for an IPv4-mapped client", "example.com TXT v=spf1 ip4:192.0.2.0/24 -all", "pass",
	  .ip = "::ffff:192.0.2.1" },
	{ "7208:5", "not ip6 for it", "example.com TXT v=spf1 ip6:::ffff:192.0.2.1 -all", "fail",
	  .ip = "::ffff:192.0.2.1" },
	{ "7208:5", "mx for an IPv4-mapped client",
	  "example.com TXT v=spf1 mx -all\nexample.com MX 10 m.example\nm.example A 192.0.2.1", "pass",
	  .ip = "::ffff:192.0.2.1" },
	{ "7208:5", "ptr for an IPv4-mapped client",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "h.example.com\nh.example.com A 192.0.2.1", "pass",
	  .ip = "::ffff:192.0.2.1" },
	{ "7208:5", "exists for an IPv4-mapped client",
	  "example.com TXT v=spf1 exists:%{i}.%{v}.x.example -all\n192.0.2.1.in-addr.x.example A 127.0.0.2", "pass",
	  .ip = "::ffff:192.0.2.1" },
	/* all */
	{ "7208:5.1", "all matches always", "example.com TXT v=spf1 -all", "fail", .matched = "-all", .counts = "0/0" },
	{ "7208:5.1", "what follows is not reached", "example.com TXT v=spf1 ~all a:h.example\nh.example SERVFAIL",
	  "softfail", .finding = "spf.after-all" },
	{ "7208:5.1", "redirect is ignored beside all",
	  "example.com TXT v=spf1 redirect=a.example ip4:192.0.2.9 ?all\na.example TXT v=spf1 +all", "neutral",
	  .finding = "spf.after-all" },
	{ "7208:5.1", "the whole world", "example.com TXT v=spf1 all", "pass", .finding = "spf.pass-all" },
	/* include */
	{ "7208:5.2", "pass is a match", "example.com TXT v=spf1 -include:a.example +all\na.example TXT v=spf1 +all",
	  "fail", .matched = "-include:a.example", .in = "example.com", .counts = "1/0" },
	{ "7208:5.2", "fail is no match", "example.com TXT v=spf1 include:a.example ?all\na.example TXT v=spf1 -all",
	  "neutral" },
	{ "7208:5.2", "softfail is no match",
	  "example.com TXT v=spf1 include:a.example -all\na.example TXT v=spf1 ~all", "fail" },
	{ "7208:5.2", "neutral is no match", "example.com TXT v=spf1 include:a.example -all\na.example TXT v=spf1 ?all",
	  "fail" },
	{ "7208:5.2", "temperror stays", "example.com TXT v=spf1 include:a.example +all\na.example TXT !SERVFAIL",
	  "temperror" },
	{ "7208:5.2", "permerror stays", "example.com TXT v=spf1 include:a.example +all\na.example TXT v=spf1 x",
	  "permerror" },
	{ "7208:5.2", "none is permerror", "example.com TXT v=spf1 include:a.example +all\na.example TXT x",
	  "permerror", .finding = "spf.include-none" },
	{ "7208:5.2", "a name that does not exist is permerror", "example.com TXT v=spf1 include:a.example +all",
	  "permerror", .counts = "1/1" },
	{ "7208:5.2", "d is the included domain, o is not",
	  "example.com TXT v=spf1 include:a.example -all\na.example TXT v=spf1 "
	  "exists:%{d}.%{o}.x.example\na.example.example.com.x.example A 127.0.0.2",
	  "pass" },
	{ "7208:5.2", "d is the old domain afterwards",
	  "example.com TXT v=spf1 include:a.example exists:%{d}.x.example -all\na.example TXT v=spf1 "
	  "-all\nexample.com.x.example A 127.0.0.2",
	  "pass" },
	{ "7208:5.2", "include, redirect, include",
	  "example.com TXT v=spf1 include:a.example ip4:192.0.2.1 -all\na.example TXT v=spf1 "
	  "redirect=b.example\nb.example TXT v=spf1 include:c.example -all\nc.example TXT v=spf1 -all",
	  "pass", .matched = "ip4:192.0.2.1", .counts = "3/0" },
	{ "7208:5.2", "include of a domain that redirects to nothing",
	  "example.com TXT v=spf1 include:a.example +all\na.example TXT v=spf1 redirect=b.example", "permerror",
	  .finding = "spf.redirect-none" },
	/* a */
	{ "7208:5.3", "an address of the domain",
	  "example.com TXT v=spf1 a -all\nexample.com A 192.0.2.9\nexample.com A 192.0.2.1", "pass", .counts = "1/0" },
	{ "7208:5.3", "not an address of the domain", "example.com TXT v=spf1 a -all\nexample.com A 192.0.2.9",
	  "fail" },
	{ "7208:5.3", "under a prefix", "example.com TXT v=spf1 a/28 -all\nexample.com A 192.0.2.9", "pass" },
	{ "7208:5.3", "the IPv6 prefix", "example.com TXT v=spf1 a:h.example/32//64 -all\nh.example AAAA 2001:db8::9",
	  "pass", .ip = "2001:db8::1" },
	{ "7208:5.3", "/0 needs an address too", "example.com TXT v=spf1 a/0 -all", "fail" },
	{ "7208:5.3", "a prefix behind a macro with a slash",
	  "example.com TXT v=spf1 a:%{l/}.example.com/24 -all\na.b.example.com A 192.0.2.9", "pass",
	  .from = "a/b@example.com" },
	/* mx */
	{ "7208:5.4", "an address of an exchange",
	  "example.com TXT v=spf1 mx -all\nexample.com MX 10 m1.example\nexample.com MX 20 m2.example\nm1.example A "
	  "192.0.2.9\nm2.example A 192.0.2.1",
	  "pass", .counts = "1/0" },
	{ "7208:5.4", "no exchange", "example.com TXT v=spf1 mx -all\nexample.com A 192.0.2.1", "fail",
	  .counts = "1/1" },
	{ "7208:5.4", "the null MX", "example.com TXT v=spf1 mx -all\nexample.com MX 0 .", "fail", .counts = "1/0" },
	{ "7208:5.4", "an error of an exchange",
	  "example.com TXT v=spf1 mx -all\nexample.com MX 10 m1.example\nm1.example SERVFAIL", "temperror" },
	{ "7208:5.4", "not asked for past the match",
	  "example.com TXT v=spf1 mx -all\nexample.com MX 10 m1.example\nexample.com MX 20 m2.example\nm1.example A "
	  "192.0.2.1\nm2.example SERVFAIL",
	  "pass" },
	/* ptr */
	{ "7208:5.5", "a proved name of the domain",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "Example.COM\nexample.com A 192.0.2.1", "pass", .counts = "1/0",
	  .finding = "spf.ptr" },
	{ "7208:5.5", "a proved name below",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "h.example.com.\nh.example.com A 192.0.2.1", "pass" },
	{ "7208:5.5", "a proved name of another domain",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "h.example.net\nh.example.net A 192.0.2.1", "fail" },
	{ "7208:5.5", "labels are compared, not letters",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "bad-example.com\nbad-example.com A 192.0.2.1", "fail" },
	{ "7208:5.5", "a name that leads elsewhere",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "h.example.com\nh.example.com A 192.0.2.9", "fail" },
	{ "7208:5.5", "the second of two names",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "h.example.com\n" PTR_1
	  "i.example.com\nh.example.com A 192.0.2.9\ni.example.com A 192.0.2.1",
	  "pass" },
	{ "7208:5.5", "an error of the names is no match",
	  "example.com TXT v=spf1 ptr -all\n1.2.0.192.in-addr.arpa SERVFAIL", "fail", .counts = "1/0",
	  .finding = "spf.ptr-error" },
	{ "7208:5.5", "an error of one name skips it",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "h.example.com\n" PTR_1
	  "i.example.com\nh.example.com SERVFAIL\ni.example.com A 192.0.2.1",
	  "pass", .finding = "spf.ptr-error" },
	{ "7208:5.5", "an IPv6 client",
	  "example.com TXT v=spf1 ptr:example.net -all\n" PTR_V6 "h.example.net\nh.example.net AAAA 2001:db8::1",
	  "pass", .ip = "2001:db8::1" },
	/* ip4, ip6 */
	{ "7208:5.6", "inside the network", "example.com TXT v=spf1 ip4:192.0.2.128/25 ip4:192.0.2.0/25 -all", "pass",
	  .matched = "ip4:192.0.2.0/25", .counts = "0/0" },
	{ "7208:5.6", "inside the IPv6 network", "example.com TXT v=spf1 ip6:2001:db9::/32 ip6:2001:db8::/32 -all",
	  "pass", .ip = "2001:db8::1", .matched = "ip6:2001:db8::/32" },
	{ "7208:5.6", "ip4 never matches an IPv6 client", "example.com TXT v=spf1 ip4:0.0.0.0/0 -all", "fail",
	  .ip = "2001:db8::1" },
	{ "7208:5.6", "ip6 never matches an IPv4 client", "example.com TXT v=spf1 ip6:::/0 -all", "fail" },
	/* exists */
	{ "7208:5.7", "any A record",
	  "example.com TXT v=spf1 exists:%{ir}.x.example -all\n1.2.0.192.x.example A 127.0.0.2", "pass",
	  .counts = "1/0" },
	{ "7208:5.7", "none", "example.com TXT v=spf1 exists:%{ir}.x.example -all", "fail", .counts = "1/1" },
	{ "7208:5.7", "A even for an IPv6 client",
	  "example.com TXT v=spf1 exists:x.example -all\nx.example A 127.0.0.2\nx.example AAAA !SERVFAIL", "pass",
	  .ip = "2001:db8::1" },
	{ "7208:5.7", "an alias to nothing is no match",
	  "example.com TXT v=spf1 exists:x.example -all\nx.example CNAME y.example", "fail", .counts = "1/1" },
	/* modifiers */
	{ "7208:6", "an unknown modifier has no effect", "example.com TXT v=spf1 default=deny x.y=%{l} +all", "pass",
	  .finding = "spf.unknown-modifier" },
	{ "7208:6", "redirect twice",
	  "example.com TXT v=spf1 redirect=a.example redirect=a.example\na.example TXT v=spf1 +all", "permerror",
	  .finding = "spf.modifier-twice" },
	{ "7208:6.1", "its result is the result",
	  "example.com TXT v=spf1 ip4:192.0.2.9 redirect=a.example\na.example TXT v=spf1 ~all", "softfail",
	  .matched = "~all", .in = "a.example", .counts = "1/0" },
	{ "7208:6.1", "nothing matched there either", "example.com TXT v=spf1 redirect=a.example\na.example TXT v=spf1",
	  "neutral", .matched = "default", .in = "a.example" },
	{ "7208:6.1", "not after a match",
	  "example.com TXT v=spf1 ip4:192.0.2.1 redirect=a.example\na.example TXT v=spf1 -all", "pass",
	  .counts = "0/0" },
	{ "7208:6.1", "no record there is permerror", "example.com TXT v=spf1 redirect=a.example\na.example TXT x",
	  "permerror", .finding = "spf.redirect-none" },
	{ "7208:6.1", "no record at first is none", "example.com TXT redirect=a.example\na.example TXT v=spf1 +all",
	  "none" },
	{ "7208:6.1", "d is the new domain",
	  "example.com TXT v=spf1 redirect=a.example\na.example TXT v=spf1 exists:%{d}.x.example "
	  "-all\na.example.x.example A 127.0.0.2",
	  "pass" },
	{ "7208:6.1", "redirect after redirect",
	  "example.com TXT v=spf1 redirect=a.example\na.example TXT v=spf1 redirect=b.example\nb.example TXT v=spf1 "
	  "-all",
	  "fail", .in = "b.example", .counts = "2/0" },
	{ "7208:6.1", "after include permerror it is not tried",
	  "example.com TXT v=spf1 include:n.example redirect=a.example\na.example TXT v=spf1 +all", "permerror" },
	/* exp */
	{ "7208:6.2", "the explanation of a fail",
	  "example.com TXT v=spf1 -all exp=e.%{d}\ne.example.com TXT %{i} is not one of %{d}.", "fail",
	  .explanation = "192.0.2.1 is not one of example.com." },
	{ "7208:6.2", "not of a softfail", "example.com TXT v=spf1 ~all exp=e.%{d}\ne.example.com TXT x", "softfail",
	  .explanation = "" },
	{ "7208:6.2", "not of a neutral", "example.com TXT v=spf1 exp=e.%{d}\ne.example.com TXT x", "neutral",
	  .explanation = "" },
	{ "7208:6.2", "an error is no explanation", "example.com TXT v=spf1 -all exp=e.%{d}\ne.example.com SERVFAIL",
	  "fail", .explanation = "", .finding = "spf.exp-unusable" },
	{ "7208:6.2", "no text", "example.com TXT v=spf1 -all exp=e.%{d}", "fail", .explanation = "", .counts = "0/0" },
	{ "7208:6.2", "two texts", "example.com TXT v=spf1 -all exp=e.%{d}\ne.example.com TXT x\ne.example.com TXT y",
	  "fail", .explanation = "", .finding = "spf.exp-unusable" },
	{ "7208:6.2", "a text with a wrong macro", "example.com TXT v=spf1 -all exp=e.%{d}\ne.example.com TXT 100%",
	  "fail", .explanation = "", .finding = "spf.exp-unusable" },
	{ "7208:6.2", "a text that is not ASCII", "example.com TXT v=spf1 -all exp=e.%{d}\ne.example.com TXT \xc3\xa4",
	  "fail", .explanation = "" },
	{ "7208:6.2", "a name that cannot be asked", "example.com TXT v=spf1 -all exp=e..%{d}", "fail",
	  .explanation = "" },
	{ "7208:6.2", "that of an included record is not used",
	  "example.com TXT v=spf1 -include:a.example exp=e.example\na.example TXT v=spf1 +all exp=f.example\ne.example "
	  "TXT mine\nf.example TXT theirs",
	  "fail", .explanation = "mine" },
	{ "7208:6.2", "after redirect that of the target",
	  "example.com TXT v=spf1 redirect=a.example exp=e.example\na.example TXT v=spf1 -all exp=%{d}\ne.example TXT "
	  "mine\na.example TXT I am %{d}",
	  "fail", .explanation = "" },
	{ "7208:6.2", "after redirect d is the target",
	  "example.com TXT v=spf1 redirect=a.example exp=e.example\na.example TXT v=spf1 -all exp=f.%{d}\ne.example "
	  "TXT mine\nf.a.example TXT I am %{d}",
	  "fail", .explanation = "I am a.example" },
	{ "7208:6.2", "the original is not used after redirect",
	  "example.com TXT v=spf1 redirect=a.example exp=e.example\na.example TXT v=spf1 -all\ne.example TXT mine",
	  "fail", .explanation = "" },
	{ "7208:6.2", "p in it costs nothing",
	  "example.com TXT v=spf1" TEN_A " -all exp=e.example\n" X_HOSTS "e.example TXT you are %{p}", "fail",
	  .explanation = "you are unknown", .counts = "10/0" },
	{ "7208:11.5.2", "nothing of the sender breaks a line",
	  "example.com TXT v=spf1 -all exp=e.%{d}\ne.example.com TXT %{l}!", "fail", .from = "a\r\nb@example.com",
	  .explanation = "a??b!" },
	/* limits */
	{ "7208:4.6.4", "ten terms", "example.com TXT v=spf1" TEN_A " ip4:192.0.2.1 -all\n" X_HOSTS, "pass",
	  .counts = "10/0" },
	{ "7208:4.6.4", "the eleventh", "example.com TXT v=spf1" TEN_A " a:y.example +all\n" X_HOSTS, "permerror",
	  .finding = "spf.too-many-lookups" },
	{ "7208:4.6.4", "a match before the eleventh",
	  "example.com TXT v=spf1" TEN_A " ip4:192.0.2.1 a:y.example\n" X_HOSTS, "pass" },
	{ "7208:4.6.4", "terms of included records count",
	  "example.com TXT v=spf1 include:a.example +all\na.example TXT v=spf1" TEN_A "\n" X_HOSTS, "permerror",
	  .counts = "11/0" },
	{ "7208:4.6.4", "redirect counts",
	  "example.com TXT v=spf1" TEN_A " redirect=a.example\na.example TXT v=spf1 +all\n" X_HOSTS, "permerror" },
	{ "7208:4.6.4", "ip4, ip6 and all do not",
	  "example.com TXT v=spf1 ip4:1.2.3.4 ip6:::1 ip4:1.2.3.4 ip4:1.2.3.4 ip4:1.2.3.4 ip4:1.2.3.4 ip4:1.2.3.4 "
	  "ip4:1.2.3.4 ip4:1.2.3.4 ip4:1.2.3.4 ip4:1.2.3.4 ip4:1.2.3.4 all",
	  "pass", .counts = "0/0" },
	{ "7208:4.6.4", "addresses of exchanges do not",
	  "example.com TXT v=spf1 mx mx mx mx -all\nexample.com MX 1 x0.example\nexample.com MX 1 "
	  "x1.example\nexample.com MX 1 x2.example\n" X_HOSTS,
	  "fail", .counts = "4/0" },
	{ "7208:4.6.4", "a record that includes itself", "example.com TXT v=spf1 include:example.com +all", "permerror",
	  .finding = "spf.loop" },
	{ "7208:4.6.4", "a redirect to itself", "example.com TXT v=spf1 redirect=example.com", "permerror",
	  .counts = "11/0" },
	{ "7208:4.6.4", "ten exchanges",
	  "example.com TXT v=spf1 mx -all\nexample.com MX 1 x0.example\nexample.com MX 1 x1.example\nexample.com MX 1 "
	  "x2.example\nexample.com MX 1 x3.example\nexample.com MX 1 x4.example\nexample.com MX 1 "
	  "x5.example\nexample.com MX 1 x6.example\nexample.com MX 1 x7.example\nexample.com MX 1 "
	  "x8.example\nexample.com MX 1 m.example\nm.example A 192.0.2.1\n" X_HOSTS,
	  "pass" },
	{ "7208:4.6.4", "eleven exchanges",
	  "example.com TXT v=spf1 mx +all\nexample.com MX 1 x0.example\nexample.com MX 1 x1.example\nexample.com MX 1 "
	  "x2.example\nexample.com MX 1 x3.example\nexample.com MX 1 x4.example\nexample.com MX 1 "
	  "x5.example\nexample.com MX 1 x6.example\nexample.com MX 1 x7.example\nexample.com MX 1 "
	  "x8.example\nexample.com MX 1 x9.example\nexample.com MX 1 y.example\n" X_HOSTS,
	  "permerror", .finding = "spf.too-many-mx" },
	{ "7208:4.6.4", "the eleventh name is not looked at",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "x0.example\n" PTR_1 "x1.example\n" PTR_1 "x2.example\n" PTR_1
	  "x3.example\n" PTR_1 "x4.example\n" PTR_1 "x5.example\n" PTR_1 "x6.example\n" PTR_1 "x7.example\n" PTR_1
	  "x8.example\n" PTR_1 "x9.example\n" PTR_1 "h.example.com\nh.example.com A 192.0.2.1\n" X_HOSTS,
	  "fail", .counts = "1/0", .finding = "spf.too-many-ptr" },
	{ "7208:4.6.4", "the tenth name is",
	  "example.com TXT v=spf1 ptr -all\n" PTR_1 "x0.example\n" PTR_1 "x1.example\n" PTR_1 "x2.example\n" PTR_1
	  "x3.example\n" PTR_1 "x4.example\n" PTR_1 "x5.example\n" PTR_1 "x6.example\n" PTR_1 "x7.example\n" PTR_1
	  "x8.example\n" PTR_1 "h.example.com\nh.example.com A 192.0.2.1\n" X_HOSTS,
	  "pass" },
	{ "7208:4.6.4", "two voids", "example.com TXT v=spf1 a:n1.example exists:n2.example +all", "pass",
	  .counts = "2/2" },
	{ "7208:4.6.4", "the third", "example.com TXT v=spf1 a:n1.example exists:n2.example mx:n3.example +all",
	  "permerror", .counts = "3/3", .finding = "spf.too-many-voids" },
	{ "7208:4.6.4", "empty answers are voids",
	  "example.com TXT v=spf1 a:n1.example a:n2.example a:n3.example +all\nn1.example TXT x\nn2.example TXT "
	  "x\nn3.example TXT x",
	  "permerror", .counts = "3/3" },
	{ "7208:4.6.4", "voids of included records count",
	  "example.com TXT v=spf1 a:n1.example include:a.example a:n3.example +all\na.example TXT v=spf1 a:n2.example",
	  "permerror", .counts = "4/3" },
	{ "7208:4.6.4", "the addresses of exchanges are counted one by one",
	  "example.com TXT v=spf1 mx +all\nexample.com MX 1 n1.example\nexample.com MX 2 n2.example\nexample.com MX 3 "
	  "n3.example",
	  "permerror", .counts = "1/3" },
	{ "7208:4.6.4", "the names of a client are counted one by one",
	  "example.com TXT v=spf1 ptr +all\n" PTR_1 "n1.example.com\n" PTR_1 "n2.example.com\n" PTR_1 "n3.example.com",
	  "permerror", .counts = "1/3" },
	{ "7208:4.6.4", "a client without names is a void", "example.com TXT v=spf1 ptr ptr ptr +all", "permerror",
	  .counts = "3/3" },
	{ "7208:4.6.4", "errors are no voids",
	  "example.com TXT v=spf1 ptr ptr ptr +all\n1.2.0.192.in-addr.arpa SERVFAIL", "pass", .counts = "3/0" },
	{ "7208:4.6.4", "the first question is no void", "example.com A 192.0.2.1", "none", .counts = "0/0" },
	{ "7208:4.6.4", "the question of exp is no void",
	  "example.com TXT v=spf1 a:n1.example a:n2.example -all exp=n3.example", "fail", .counts = "2/2" },
	{ "7208:4.6.4", "p counts once",
	  "example.com TXT v=spf1 exists:%{p}.x.example exists:%{p}.y.example +all\n" PTR_1
	  "h.example.com\nh.example.com A 192.0.2.1\nh.example.com.x.example MX 1 x\nh.example.com.y.example MX 1 x",
	  "pass", .counts = "3/2" },
	{ "7208:4.6.4", "p as the eleventh",
	  "example.com TXT v=spf1 a:x0.example a:x1.example a:x2.example a:x3.example a:x4.example a:x5.example "
	  "a:x6.example a:x7.example a:x8.example exists:%{p}.x.example +all\n" X_HOSTS,
	  "permerror", .counts = "11/0" },
	/* macros */
	{ "7208:7", "macros are of the sender and the client",
	  "example.com TXT v=spf1 exists:%{l}.%{o}.%{h}.%{i}.x.example "
	  "-all\nuser.example.com.mail.example.org.192.0.2.1.x.example A 127.0.0.2",
	  "pass" },
	{ "7208:7.2", "without HELO h is unknown",
	  "example.com TXT v=spf1 exists:%{h}.x.example -all\nunknown.x.example A 127.0.0.2", "pass", .helo = "" },
	{ "7208:7.2", "h is as given, whatever it is",
	  "example.com TXT v=spf1 exists:%{h}.x.example -all\n[192.0.2.7].x.example A 127.0.0.2", "pass",
	  .helo = "[192.0.2.7]" },
	{ "7208:7.3", "p is the domain itself first",
	  "example.com TXT v=spf1 exists:%{p}.x.example -all\n" PTR_1 "h.example.net\n" PTR_1 "h.example.com\n" PTR_1
	  "example.com\nh.example.net A 192.0.2.1\nh.example.com A 192.0.2.1\nexample.com A "
	  "192.0.2.1\nexample.com.x.example A 127.0.0.2",
	  "pass" },
	{ "7208:7.3", "then a name below it",
	  "example.com TXT v=spf1 exists:%{p}.x.example -all\n" PTR_1 "h.example.net\n" PTR_1 "h.example.com\n" PTR_1
	  "example.com\nh.example.net A 192.0.2.1\nh.example.com A 192.0.2.1\nexample.com A "
	  "192.0.2.9\nh.example.com.x.example A 127.0.0.2",
	  "pass" },
	{ "7208:7.3", "then any",
	  "example.com TXT v=spf1 exists:%{p}.x.example -all\n" PTR_1 "h.example.net\n" PTR_1
	  "h.example.com\nh.example.net A 192.0.2.1\nh.example.com A 192.0.2.9\nh.example.net.x.example A 127.0.0.2",
	  "pass" },
	{ "7208:7.3", "unproved it is unknown",
	  "example.com TXT v=spf1 exists:%{p}.x.example -all\n" PTR_1
	  "h.example.net\nh.example.net A 192.0.2.9\nunknown.x.example A 127.0.0.2",
	  "pass" },
	{ "7208:7.3", "after an error it is unknown",
	  "example.com TXT v=spf1 exists:%{p}.x.example -all\n1.2.0.192.in-addr.arpa SERVFAIL\nunknown.x.example A "
	  "127.0.0.2",
	  "pass" },
	{ "7208:7.3", "the name of an include is its own",
	  "example.com TXT v=spf1 exists:%{p}.x.example include:example.net -all\nexample.net TXT v=spf1 "
	  "exists:%{p}.y.example\n" PTR_1 "h.example.com\n" PTR_1
	  "h.example.net\nh.example.net A 192.0.2.1\nh.example.com A 192.0.2.1\nh.example.net.y.example A 127.0.0.2",
	  "pass" },
	/* internationalised mail */
	{ "8616:4", "the domain is converted first",
	  "xn--grn-ioa.example TXT v=spf1 exists:%{o}.%{d}.x.example "
	  "-all\nxn--grn-ioa.example.xn--grn-ioa.example.x.example A 127.0.0.2",
	  "pass", .from = "user@gr\xc3\xbcn.example" },
	{ "8616:4", "one that cannot be converted is none", "* TXT v=spf1 +all", "none",
	  .from = "user@gr\xff.example" },
	{ "8616:4", "HELO is converted too",
	  "example.com TXT v=spf1 exists:%{h}.x.example -all\nxn--grn-ioa.example.x.example A 127.0.0.2", "pass",
	  .helo = "gr\xc3\xbcn.example" },
	{ "8616:4", "a local-part that is not ASCII matches no l",
	  "example.com TXT v=spf1 -exists:%{l}.x.example +all\n*.x.example A 127.0.0.2", "pass",
	  .from = "j\xc3\xbcrgen@example.com", .counts = "1/0", .finding = "spf.eai-local-part" },
	{ "8616:4", "nor s", "example.com TXT v=spf1 -exists:%{s}.x.example +all\n*.x.example A 127.0.0.2", "pass",
	  .from = "j\xc3\xbcrgen@example.com" },
	{ "8616:4", "nor in include", "example.com TXT v=spf1 include:%{l}.x.example ip4:192.0.2.1 -all", "pass",
	  .from = "j\xc3\xbcrgen@example.com", .counts = "1/0" },
	{ "8616:4", "nor in redirect", "example.com TXT v=spf1 redirect=%{l}.x.example", "neutral",
	  .from = "j\xc3\xbcrgen@example.com" },
	{ "8616:4", "an ASCII local-part does",
	  "example.com TXT v=spf1 exists:%{l}.x.example -all\nuser.x.example A 127.0.0.2", "pass" },
	{ "8616:4", "o is left alone",
	  "example.com TXT v=spf1 exists:%{o}.x.example -all\nexample.com.x.example A 127.0.0.2", "pass",
	  .from = "j\xc3\xbcrgen@example.com" },
};

static void check_row(const struct row *row)
{
	struct zone *zone = zone_of_text(row->zone);
	struct signet_spf_query q =
		query_of(row->ip ? row->ip : "192.0.2.1", row->helo ? row->helo : "mail.example.org",
	                 row->from ? row->from : "user@example.com");
	struct evaluation e = evaluate(zone, &q, 0, 0);
	char counts[32];
	snprintf(counts, sizeof(counts), "%u/%u", e.spf.lookups, e.spf.voids);
	row_text(row->clause, row->what, result_of(&e), row->want);
	if (row->matched) {
		row_text(row->clause, "... which term matched", e.spf.matched, row->matched);
	}
	if (row->in) {
		row_text(row->clause, "... in which record", e.spf.matched_in, row->in);
	}
	if (row->counts) {
		row_text(row->clause, "... look-ups and voids", slice_of(counts), row->counts);
	}
	if (row->explanation) {
		row_text(row->clause, "... the explanation", e.spf.explanation, row->explanation);
	}
	if (row->finding) {
		bool noted = findings_has(&e.spf.findings, signet_finding_id(slice_of(row->finding)));
		row_bool(row->clause, row->finding, noted, true);
	}
	evaluation_finish(&e);
	zone_free(zone);
}

int main(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		check_row(&rows[i]);
	}
	return rows_end();
}
