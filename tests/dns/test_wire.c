/* SPDX-License-Identifier: Apache-2.0 */
/* Messages are written as text: tokens separated by spaces.  "example.com." a name in full, ">12" a compression pointer,
 * "u16:5" "u32:300" numbers, "x:0a0b" octets, "s:text" a character-string, "[" and "]" enclose rdata (the length is
 * filled in).  A message begins with its six header numbers made by the row: flags and counts. */
#include "../../src/dns/wire.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../src/base/buf.h"
#include "../../src/base/chars.h"
#include "../../src/base/dname.h"
#include "../support/rows.h"

#define Q_A "example.com. u16:1 u16:1 "
#define Q_TXT "example.com. u16:16 u16:1 "
#define Q_MX "example.com. u16:15 u16:1 "
#define Q_PTR "example.com. u16:12 u16:1 "
#define Q_CNAME "example.com. u16:5 u16:1 "
#define Q_AAAA "example.com. u16:28 u16:1 "
#define Q_TLSA "example.com. u16:52 u16:1 "
#define IN(type, ttl) "u16:" type " u16:1 u32:" ttl " "
#define SOA_300_60 "example.com. " IN("6", "300") "[ ns.example.com. me.example.com. u32:1 u32:2 u32:3 u32:4 u32:60 ] "

static const struct row {
	const char *clause, *what;
	enum signet_rrtype type;
	unsigned flags, answers, authorities, others;
	const char *message; /* from the question section on */
	const char *want;
} rows[] = {
	{ "1035:3.4.1", "one address", SIGNET_RR_A, 0x8180, 1, 0, 0, Q_A ">12 " IN("1", "300") "[ x:c0000201 ]",
	  "noerror 300 c0000201" },
	{ "1035:3.4.1", "an address of five octets", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A ">12 " IN("1", "300") "[ x:c000020101 ]", "malformed 0" },
	{ "1035:3.4.1", "an address of three octets", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A ">12 " IN("1", "300") "[ x:c00002 ]", "malformed 0" },
	{ "3596:2.2", "one IPv6 address", SIGNET_RR_AAAA, 0x8180, 1, 0, 0,
	  Q_AAAA ">12 " IN("28", "5") "[ x:20010db8000000000000000000000001 ]",
	  "noerror 5 20010db8000000000000000000000001" },
	{ "3596:2.2", "an IPv6 address of 4 octets", SIGNET_RR_AAAA, 0x8180, 1, 0, 0,
	  Q_AAAA ">12 " IN("28", "5") "[ x:c0000201 ]", "malformed 0" },
	{ "1035:4.1.3", "the least TTL of several records counts", SIGNET_RR_A, 0x8180, 2, 0, 0,
	  Q_A ">12 " IN("1", "300") "[ x:c0000201 ] >12 " IN("1", "200") "[ x:c0000202 ]",
	  "noerror 200 c0000201 c0000202" },
	{ "2181:5", "a record that stands twice is one", SIGNET_RR_A, 0x8180, 2, 0, 0,
	  Q_A ">12 " IN("1", "300") "[ x:c0000201 ] >12 " IN("1", "300") "[ x:c0000201 ]", "noerror 300 c0000201" },
	{ "2181:5", "two TXT records that differ only in their cut are two", SIGNET_RR_TXT, 0x8180, 2, 0, 0,
	  Q_TXT ">12 " IN("16", "300") "[ s:a s:b ] >12 " IN("16", "300") "[ s:ab ]", "noerror 300 \"ab\" \"ab\"" },
	{ "2181:5", "an MX that stands twice, compressed once, is one", SIGNET_RR_MX, 0x8180, 2, 0, 0,
	  Q_MX ">12 " IN("15", "9") "[ u16:10 >12 ] >12 " IN("15", "9") "[ u16:10 example.com. ]",
	  "noerror 9 10:\"example.com\"" },
	{ "2181:5", "two MX of other preference are two", SIGNET_RR_MX, 0x8180, 2, 0, 0,
	  Q_MX ">12 " IN("15", "9") "[ u16:10 >12 ] >12 " IN("15", "9") "[ u16:20 example.com. ]",
	  "noerror 9 10:\"example.com\" 20:\"example.com\"" },
	{ "2181:8", "a TTL with its highest bit set is 0", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A ">12 " IN("1", "2147483648") "[ x:c0000201 ]", "noerror 0 c0000201" },
	{ "1035:3.2.4", "a record of another class is no answer", SIGNET_RR_A, 0x8180, 2, 0, 0,
	  Q_A ">12 u16:1 u16:3 u32:300 [ x:c0000201 ] >12 " IN("1", "300") "[ x:c0000202 ]", "noerror 300 c0000202" },
	{ "1035:2.3.3", "letter case of owners does not matter", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  "EXAMPLE.com. u16:1 u16:1 eXample.COM. " IN("1", "300") "[ x:c0000201 ]", "noerror 300 c0000201" },
	{ "1035:3.3.9", "an MX with a compressed name", SIGNET_RR_MX, 0x8180, 1, 0, 0,
	  Q_MX ">12 " IN("15", "300") "[ u16:10 s:mx >12 ]", "noerror 300 10:\"mx.example.com\"" },
	{ "7505:3", "the null MX names the root", SIGNET_RR_MX, 0x8180, 1, 0, 0,
	  Q_MX ">12 " IN("15", "300") "[ u16:0 . ]", "noerror 300 0:\"\"" },
	{ "1035:3.3.9", "an MX without a name", SIGNET_RR_MX, 0x8180, 1, 0, 0, Q_MX ">12 " IN("15", "300") "[ u16:0 ]",
	  "malformed 0" },
	{ "1035:3.3.9", "an MX with something behind its name", SIGNET_RR_MX, 0x8180, 1, 0, 0,
	  Q_MX ">12 " IN("15", "300") "[ u16:0 a. x:00 ]", "malformed 0" },
	{ "1035:3.3.9", "an MX whose name reaches beyond the rdata", SIGNET_RR_MX, 0x8180, 2, 0, 0,
	  Q_MX ">12 u16:15 u16:1 u32:300 u16:4 u16:0 x:0461 x:616161 00 >12 " IN("15", "300") "[ u16:0 a. ]",
	  "malformed 0" },
	{ "1035:3.3.12", "a PTR", SIGNET_RR_PTR, 0x8180, 1, 0, 0, Q_PTR ">12 " IN("12", "300") "[ Host.Example. ]",
	  "noerror 300 \"Host.Example\"" },
	{ "1035:3.3.14", "the strings of a TXT record are joined", SIGNET_RR_TXT, 0x8180, 1, 0, 0,
	  Q_TXT ">12 " IN("16", "300") "[ s:v=spf1 s: s:-all ]", "noerror 300 \"v=spf1-all\"" },
	{ "1035:3.3.14", "a TXT record of one empty string", SIGNET_RR_TXT, 0x8180, 1, 0, 0,
	  Q_TXT ">12 " IN("16", "300") "[ s: ]", "noerror 300 \"\"" },
	{ "1035:3.3.14", "a TXT record without any string", SIGNET_RR_TXT, 0x8180, 1, 0, 0,
	  Q_TXT ">12 " IN("16", "300") "[ ]", "malformed 0" },
	{ "1035:3.3.14", "a string longer than the rdata", SIGNET_RR_TXT, 0x8180, 1, 0, 0,
	  Q_TXT ">12 " IN("16", "300") "[ x:0361 x:62 ]", "malformed 0" },
	{ "6698:2.1", "a TLSA is left as it is on the wire", SIGNET_RR_TLSA, 0x8180, 1, 0, 0,
	  Q_TLSA ">12 " IN("52", "300") "[ x:030101abcd ]", "noerror 300 030101abcd" },
	{ "1035:3.3.13", "the names of a SOA are given in full", SIGNET_RR_SOA, 0x8180, 1, 0, 0,
	  "example.com. u16:6 u16:1 >12 " IN("6", "9") "[ s:a >12 s:b >20 u32:1 u32:2 u32:3 u32:4 u32:5 ]",
	  "noerror 9 0161076578616d706c6503636f6d00016203636f6d000000000100000002000000030000000400000005" },
	{ "1035:3.3.13", "a SOA of four numbers", SIGNET_RR_SOA, 0x8180, 1, 0, 0,
	  "example.com. u16:6 u16:1 >12 " IN("6", "9") "[ . . u32:1 u32:2 u32:3 u32:4 ]", "malformed 0" },
	{ "6698:2.1", "a TLSA without data", SIGNET_RR_TLSA, 0x8180, 1, 0, 0,
	  Q_TLSA ">12 " IN("52", "300") "[ x:030101 ]", "malformed 0" },

	{ "1034:3.6.2", "a CNAME is followed", SIGNET_RR_A, 0x8180, 2, 0, 0,
	  Q_A ">12 " IN("5", "300") "[ b.example. ] b.example. " IN("1", "90") "[ x:c0000201 ]",
	  "noerror 90 aliased c0000201" },
	{ "1034:3.6.2", "the TTL of the CNAME counts", SIGNET_RR_A, 0x8180, 2, 0, 0,
	  Q_A ">12 " IN("5", "30") "[ b.example. ] b.example. " IN("1", "90") "[ x:c0000201 ]",
	  "noerror 30 aliased c0000201" },
	{ "1034:3.6.2", "a chain in any order", SIGNET_RR_A, 0x8180, 3, 0, 0,
	  Q_A "c.example. " IN("1", "90") "[ x:c0000201 ] B.example. " IN("5", "80") "[ C.example. ] >12 " IN(
		  "5", "300") "[ b.example. ]",
	  "noerror 80 aliased c0000201" },
	{ "1034:3.6.2", "a chain that ends in a name without the type", SIGNET_RR_A, 0x8180, 1, 1, 0,
	  Q_A ">12 " IN("5", "300") "[ b.example.com. ] " SOA_300_60, "noerror 60 aliased" },
	{ "2308:2.1", "a chain that ends in a name that is not there", SIGNET_RR_A, 0x8183, 1, 1, 0,
	  Q_A ">12 " IN("5", "300") "[ b.example.com. ] " SOA_300_60, "nxdomain 60 aliased" },
	{ "1034:3.6.2", "a CNAME on itself is a loop", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A ">12 " IN("5", "300") "[ >12 ]", "servfail 0 aliased" },
	{ "1034:3.6.2", "two names that are aliases of each other", SIGNET_RR_A, 0x8180, 2, 0, 0,
	  Q_A ">12 " IN("5", "300") "[ b.example. ] b.example. " IN("5", "300") "[ >12 ]", "servfail 0 aliased" },
	{ "1034:3.6.2", "asked for CNAME, the alias itself is the answer", SIGNET_RR_CNAME, 0x8180, 1, 0, 0,
	  Q_CNAME ">12 " IN("5", "300") "[ b.example. ]", "noerror 300 \"b.example\"" },
	{ "1034:3.6.2", "a record of another name is no answer", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A "evil.example. " IN("1", "300") "[ x:c0000201 ]", "noerror 0" },
	{ "1034:3.6.2", "a CNAME that cannot be read", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A ">12 " IN("5", "300") "[ x:05 ]", "malformed 0" },

	{ "2308:2.2", "no record and a SOA is NODATA", SIGNET_RR_A, 0x8180, 0, 1, 0, Q_A SOA_300_60, "noerror 60" },
	{ "2308:2.2", "no record and no SOA is NODATA, not to be kept", SIGNET_RR_A, 0x8180, 0, 0, 0, Q_A,
	  "noerror 0" },
	{ "2308:2.1", "NXDOMAIN with a SOA", SIGNET_RR_A, 0x8183, 0, 1, 0, Q_A SOA_300_60, "nxdomain 60" },
	{ "2308:5", "the TTL of the SOA is the less", SIGNET_RR_A, 0x8183, 0, 1, 0,
	  Q_A "com. " IN("6", "40") "[ . . u32:1 u32:2 u32:3 u32:4 u32:60 ]", "nxdomain 40" },
	{ "2308:5", "a SOA of a name that is not above does not count", SIGNET_RR_A, 0x8183, 0, 1, 0,
	  Q_A "example. " IN("6", "40") "[ . . u32:1 u32:2 u32:3 u32:4 u32:60 ]", "nxdomain 0" },
	{ "2308:5", "a SOA that is too short", SIGNET_RR_A, 0x8183, 0, 1, 0,
	  Q_A "com. " IN("6", "40") "[ . . u32:1 u32:2 u32:3 u32:4 ]", "malformed 0" },
	{ "2308:5", "a SOA that is too long", SIGNET_RR_A, 0x8183, 0, 1, 0,
	  Q_A "com. " IN("6", "40") "[ . . u32:1 u32:2 u32:3 u32:4 u32:5 u32:6 ]", "malformed 0" },
	{ "2308:2.2.1", "a referral is no answer", SIGNET_RR_A, 0x8180, 0, 1, 0,
	  Q_A "com. " IN("2", "300") "[ ns.example. ]", "servfail 0" },
	{ "2308:2.2", "NS beside the SOA is no referral", SIGNET_RR_A, 0x8180, 0, 2, 0,
	  Q_A "com. " IN("2", "300") "[ ns.example. ] " SOA_300_60, "noerror 60" },
	{ "9824:3.1", "NXNAME in the NSEC of the name is NXDOMAIN", SIGNET_RR_A, 0x8180, 0, 2, 0,
	  Q_A SOA_300_60 ">12 " IN("47", "300") "[ x:0100 example.com. x:0011 x:0000000000030000000000000000000080 ]",
	  "nxdomain 60" },
	{ "9824:3.1", "an NSEC without NXNAME is NODATA", SIGNET_RR_A, 0x8180, 0, 2, 0,
	  Q_A SOA_300_60 ">12 " IN("47", "300") "[ x:0100 example.com. x:0011 x:0000000000030000000000000000000040 ]",
	  "noerror 60" },
	{ "9824:3.1", "NXNAME of another name says nothing", SIGNET_RR_A, 0x8180, 0, 2, 0,
	  Q_A SOA_300_60
	  "a.example.com. " IN("47", "300") "[ b.example.com. x:0011 x:0000000000030000000000000000000080 ]",
	  "noerror 60" },
	{ "9824:3.1", "a broken bitmap says nothing", SIGNET_RR_A, 0x8180, 0, 2, 0,
	  Q_A SOA_300_60 ">12 " IN("47", "300") "[ b.example.com. x:0012 x:0000000000030000000000000000000080 ]",
	  "noerror 60" },

	{ "1035:4.1.1", "SERVFAIL", SIGNET_RR_A, 0x8182, 0, 0, 0, Q_A, "servfail 0" },
	{ "1035:4.1.1", "REFUSED", SIGNET_RR_A, 0x8185, 0, 0, 0, Q_A, "refused 0" },
	{ "1035:4.1.1", "FORMERR", SIGNET_RR_A, 0x8181, 0, 0, 0, Q_A, "error 0" },
	{ "1035:4.1.1", "NOTIMP", SIGNET_RR_A, 0x8184, 0, 0, 0, Q_A, "error 0" },
	{ "1035:4.1.1", "SERVFAIL with records has none", SIGNET_RR_A, 0x8182, 1, 0, 0,
	  Q_A ">12 " IN("1", "300") "[ x:c0000201 ]", "servfail 0" },
	{ "6891:6.1.3", "the upper bits of the RCODE stand in OPT: BADVERS", SIGNET_RR_A, 0x8180, 1, 0, 1,
	  Q_A ">12 " IN("1", "300") "[ x:c0000201 ] . u16:41 u16:1232 u32:16777216 [ ]", "error 0" },
	{ "6891:6.1.3", "an OPT without upper bits", SIGNET_RR_A, 0x8180, 1, 0, 1,
	  Q_A ">12 " IN("1", "300") "[ x:c0000201 ] . u16:41 u16:1232 u32:32768 [ ]", "noerror 300 c0000201" },

	{ "1035:4.1.1", "a query is no answer", SIGNET_RR_A, 0x0100, 0, 0, 0, Q_A, "malformed 0" },
	{ "1035:4.1.1", "another opcode", SIGNET_RR_A, 0xa180, 0, 0, 0, Q_A, "malformed 0" },
	{ "2181:9", "a truncated answer is none", SIGNET_RR_A, 0x8380, 1, 0, 0,
	  Q_A ">12 " IN("1", "300") "[ x:c0000201 ]", "malformed 0" },
	{ "1035:4.1.2", "another name was asked", SIGNET_RR_A, 0x8180, 0, 0, 0, "example.org. u16:1 u16:1",
	  "malformed 0" },
	{ "1035:4.1.2", "another type was asked", SIGNET_RR_A, 0x8180, 0, 0, 0, "example.com. u16:2 u16:1",
	  "malformed 0" },
	{ "1035:4.1.2", "another class was asked", SIGNET_RR_A, 0x8180, 0, 0, 0, "example.com. u16:1 u16:3",
	  "malformed 0" },
	{ "1035:4.1.3", "fewer records than counted", SIGNET_RR_A, 0x8180, 2, 0, 0,
	  Q_A ">12 " IN("1", "300") "[ x:c0000201 ]", "malformed 0" },
	{ "1035:4.1.3", "65,535 records in no octets", SIGNET_RR_A, 0x8180, 65535, 65535, 65535, Q_A, "malformed 0" },
	{ "1035:4.1.4", "a pointer to itself", SIGNET_RR_A, 0x8180, 1, 0, 0, Q_A ">29 " IN("1", "300") "[ x:c0000201 ]",
	  "malformed 0" },
	{ "1035:4.1.4", "a pointer forward", SIGNET_RR_A, 0x8180, 2, 0, 0,
	  Q_A ">45 " IN("1", "300") "[ x:c0000201 ] >12 " IN("1", "300") "[ x:c0000201 ]", "malformed 0" },
	{ "1035:4.1.4", "a label and a pointer back to it", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A "s:a >29 " IN("1", "300") "[ x:c0000201 ]", "malformed 0" },
	{ "1035:4.1.4", "a pointer into the header", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A ">4 " IN("1", "300") "[ x:c0000201 ]", "malformed 0" },
	{ "1035:4.1.4", "the reserved label kinds", SIGNET_RR_A, 0x8180, 1, 0, 0,
	  Q_A "x:4161 " IN("1", "300") "[ x:c0000201 ]", "malformed 0" },
	{ "1035:5.1", "a dot inside a label cannot pass for a border", SIGNET_RR_PTR, 0x8180, 1, 0, 0,
	  Q_PTR ">12 " IN("12", "300") "[ x:03612e62 x:00 ]", "noerror 300 \"a\\046b\"" },
	{ "1035:5.1", "nor an octet that is not printable, nor a backslash", SIGNET_RR_PTR, 0x8180, 1, 0, 0,
	  Q_PTR ">12 " IN("12", "300") "[ x:05005cff20 x:7f x:00 ]", "noerror 300 \"\\000\\092\\255\\032\\127\"" },
};

static void put_u16(struct buf *b, unsigned long n)
{
	buf_put_char(b, (char)(n >> 8));
	buf_put_char(b, (char)n);
}

static void put_octets(struct buf *b, slice hex)
{
	for (size_t i = 0; i + 1 < hex.len; i += 2) {
		buf_put_char(b, (char)(char_hex(hex.at[i]) << 4 | char_hex(hex.at[i + 1])));
	}
}

static void put_token(struct buf *b, slice token, size_t *length_at)
{
	struct dname name;
	char text[600] = "";
	memcpy(text, token.at, slice_first(token, sizeof(text) - 1).len);
	if (text[0] == '>') {
		put_u16(b, 0xc000 | strtoul(text + 1, NULL, 10));
	} else if (slice_starts(token, S("u16:"))) {
		put_u16(b, strtoul(text + 4, NULL, 10));
	} else if (slice_starts(token, S("u32:"))) {
		put_u16(b, strtoul(text + 4, NULL, 10) >> 16);
		put_u16(b, strtoul(text + 4, NULL, 10));
	} else if (slice_starts(token, S("s:"))) {
		buf_put_char(b, (char)(token.len - 2));
		buf_put(b, slice_from(token, 2));
	} else if (slice_starts(token, S("x:"))) {
		put_octets(b, slice_from(token, 2));
	} else if (text[0] == '[') {
		*length_at = b->len;
		put_u16(b, 0);
	} else if (text[0] == ']') {
		size_t len = b->len - *length_at - 2;
		b->at[*length_at] = (char)(len >> 8);
		b->at[*length_at + 1] = (char)len;
	} else if (token.len && dname_of_text(token, &name)) {
		buf_put(b, dname_slice(&name));
	}
}

static void put_message(struct buf *b, const struct row *row)
{
	size_t length_at = 0;
	put_u16(b, 0x1234);
	put_u16(b, row->flags);
	put_u16(b, 1);
	put_u16(b, row->answers);
	put_u16(b, row->authorities);
	put_u16(b, row->others);
	for (slice rest = slice_of(row->message); rest.at;) {
		put_token(b, slice_split(&rest, ' '), &length_at);
	}
}

static bool is_text(enum signet_rrtype type)
{
	return type == SIGNET_RR_TXT || type == SIGNET_RR_MX || type == SIGNET_RR_PTR || type == SIGNET_RR_CNAME;
}

static void put_answer(struct buf *b, enum signet_rrtype type, const struct signet_answer *ans)
{
	buf_put_text(b, signet_dns_status_name(ans->status));
	buf_put_char(b, ' ');
	buf_put_number(b, ans->ttl_s);
	buf_put_text(b, ans->aliased ? " aliased" : "");
	for (size_t i = 0; i < ans->n; i++) {
		buf_put_char(b, ' ');
		if (type == SIGNET_RR_MX) {
			buf_put_number(b, ans->rr[i].preference);
			buf_put_char(b, ':');
		}
		if (is_text(type)) {
			buf_put_char(b, '"');
			buf_put(b, ans->rr[i].data);
			buf_put_char(b, '"');
		} else {
			buf_put_hex(b, ans->rr[i].data, false);
		}
	}
}

static void read_row(const struct row *row, slice packet, struct buf *ret)
{
	struct signet_question q = { .name = S("example.com"), .type = row->type };
	struct signet_answer ans;
	struct signet_arena a;
	arena_init(&a, WIRE_BYTES(packet.len));
	if (wire_read(packet, &q, &a, &ans) == SIGNET_OK) {
		put_answer(ret, row->type, &ans);
	}
	arena_finish(&a);
}

struct prefix_run {
	const struct row *row;
	size_t whole;
	size_t other; /* prefixes that gave anything but malformed */
};

static void read_prefix(slice prefix, void *data)
{
	struct prefix_run *run = data;
	struct buf got;
	buf_init(&got, 1 << 16);
	read_row(run->row, prefix, &got);
	run->other += prefix.len < run->whole && !slice_eq(buf_slice(&got), S("malformed 0"));
	buf_finish(&got);
}

static void test_rows(void)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct buf message;
		struct buf got;
		buf_init(&message, 1 << 16);
		buf_init(&got, 1 << 16);
		put_message(&message, &rows[i]);
		read_row(&rows[i], guarded(buf_slice(&message), false), &got);
		row_text(rows[i].clause, rows[i].what, buf_slice(&got), rows[i].want);
		struct prefix_run run = { .row = &rows[i], .whole = message.len };
		each_prefix(buf_slice(&message), read_prefix, &run);
		row_number("1035:4.1", "no part of a message is an answer", (int64_t)run.other, 0);
		buf_finish(&message);
		buf_finish(&got);
	}
}

/* Every message with one octet changed in every bit: nothing may crash. */
static void test_flips(void)
{
	size_t n = 0;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct buf message;
		struct buf got;
		buf_init(&message, 1 << 16);
		buf_init(&got, 1 << 16);
		put_message(&message, &rows[i]);
		for (size_t bit = 0; bit < message.len * 8; bit++) {
			message.at[bit / 8] ^= (char)(1 << bit % 8);
			buf_clear(&got);
			read_row(&rows[i], buf_slice(&message), &got);
			n += got.len > 0;
			message.at[bit / 8] ^= (char)(1 << bit % 8);
		}
		buf_finish(&message);
		buf_finish(&got);
	}
	row_bool("1035:4.1", "any bit may be wrong and there still is an outcome", n > 10000, true);
}

static void put_many(struct buf *b, unsigned type, unsigned n, slice rdata)
{
	struct dname name;
	put_u16(b, 1);
	put_u16(b, 0x8180);
	put_u16(b, 1);
	put_u16(b, n);
	put_u16(b, 0);
	put_u16(b, 0);
	dname_of_text(S("example.com"), &name);
	buf_put(b, dname_slice(&name));
	put_u16(b, type);
	put_u16(b, 1);
	for (unsigned i = 0; i < n; i++) {
		put_u16(b, 0xc00c);
		put_u16(b, type);
		put_u16(b, 1);
		put_u16(b, 0);
		put_u16(b, 60);
		put_u16(b, (unsigned)rdata.len + 2);
		buf_put_char(b, 1);
		buf_put_char(b, (char)(i & 0x7f));
		buf_put(b, rdata);
	}
}

static void test_large(void)
{
	struct buf strings;
	struct buf message;
	struct signet_question q = { .name = S("example.com"), .type = SIGNET_RR_TXT };
	struct signet_answer ans = { 0 };
	struct signet_arena a;
	buf_init(&strings, 1 << 20);
	buf_init(&message, 1 << 20);
	for (int i = 0; i < 255; i++) {
		buf_put_char(&strings, (char)255);
		for (int k = 0; k < 255; k++) {
			buf_put_char(&strings, 'a');
		}
	}
	put_many(&message, SIGNET_RR_TXT, 2, buf_slice(&strings));
	arena_init(&a, WIRE_BYTES(message.len));
	enum signet_status status = wire_read(buf_slice(&message), &q, &a, &ans);
	row_bool("1035:3.3.14", "two TXT records of 65,026 octets each, more than 64 KiB in all",
	         status == SIGNET_OK && ans.n == 2 && ans.rr[0].data.len == 1 + 255 * 255 && ans.rr[1].data.at[0] == 1,
	         true);
	arena_finish(&a);
	buf_finish(&strings);
	buf_finish(&message);
}

/* The book takes what the message says, with the resolver's word about DNSSEC. */
static void test_book(void)
{
	static const struct {
		const char *what;
		bool secure, bogus;
		enum signet_dns_status want;
	} words[] = {
		{ "secure", true, false, SIGNET_DNS_NOERROR },
		{ "not secure", false, false, SIGNET_DNS_NOERROR },
		{ "bogus", false, true, SIGNET_DNS_BOGUS },
	};
	for (size_t i = 0; i < ROWS(words); i++) {
		struct signet_book *book = signet_book_new(0);
		struct signet_question q = { .name = S("example.com"), .type = SIGNET_RR_A };
		struct signet_answer ans = { 0 };
		struct buf message;
		buf_init(&message, 1 << 16);
		put_message(&message, &rows[0]);
		enum signet_status status =
			signet_book_answer_wire(book, &q, buf_slice(&message), words[i].secure, words[i].bogus);
		bool there = signet_book_entry(book, 0, &q, &ans);
		row_bool("4033:5", words[i].what,
		         status == SIGNET_OK && there && ans.status == words[i].want && ans.secure == words[i].secure &&
		                 ans.n == (words[i].bogus ? 0 : 1),
		         true);
		buf_finish(&message);
		signet_book_free(book);
	}
}

int main(void)
{
	test_rows();
	test_flips();
	test_large();
	test_book();
	return rows_end();
}
