/* SPDX-License-Identifier: Apache-2.0 */
/* Frames written out by hand from the diagram in codec.h and from what Postfix and Sendmail put on the wire. */
#include "../../service/milter/codec.h"

#include <stdio.h>

#include "../../src/base/ip.h"
#include "../support/rows.h"

/* A literal that may hold NUL, without the one C puts behind it. */
#define Z(literal)                                                                                                     \
	{                                                                                                              \
		literal, sizeof(literal) - 1                                                                           \
	}

static void heads(void)
{
	char command = '?';
	size_t n = 99;
	row_bool("-", "a length of 0 has no command", codec_head_read(guarded(S("\0\0\0\0A"), false), &command, &n),
	         false);
	row_number("-", "nothing was written", command, '?');
	row_bool("-", "a length of 1 is a command alone", codec_head_read(guarded(S("\0\0\0\1A"), false), &command, &n),
	         true);
	row_number("-", "its command", command, 'A');
	row_number("-", "no octets behind it", (int64_t)n, 0);
	codec_head_read(guarded(S("\xff\xff\xff\xff"
	                          "B"),
	                        false),
	                &command, &n);
	row_number("-", "the longest length", (int64_t)n, 0xfffffffe);
}

static void options(void)
{
	struct codec_options o = { 0 };
	slice postfix = S("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff");
	row_bool("-", "the options of Postfix 3.7", codec_options_read(guarded(postfix, false), &o), true);
	row_number("-", "version", o.version, 6);
	row_number("-", "actions", o.actions, 0x1ff);
	row_number("-", "protocol", o.protocol, 0x1fffff);
	row_bool("-", "an octet less is none", codec_options_read(guarded(slice_first(postfix, 11), false), &o), false);
	row_bool("-", "what a version to come puts behind is left",
	         codec_options_read(S("\0\0\0\7\0\0\1\xff\0\x1f\xff\xff\1"), &o), true);
	struct buf b;
	buf_init(&b, 1000);
	codec_put_options(&b, &(struct codec_options) { 6, 0x131, 0x1ff380 }, NULL, 0);
	row_slice("-", "options are written", buf_slice(&b), S("\0\0\0\x0dO\0\0\0\6\0\0\1\x31\0\x1f\xf3\x80"));
	buf_clear(&b);
	codec_put_options(
		&b, &(struct codec_options) { 6, 0x100, 0 },
		(const struct codec_symbols[]) { { CODEC_AT_MAIL, "i {auth_type}" }, { CODEC_AT_END_OF_HEADER, "i" } },
		2);
	row_slice("-", "with the macros that are wanted", buf_slice(&b),
	          S("\0\0\0\x25O\0\0\0\6\0\0\1\0\0\0\0\0"
	            "\0\0\0\2i {auth_type}\0"
	            "\0\0\0\6i\0"));
	buf_finish(&b);
}

static const struct {
	const char *what;
	slice data;
	bool good;
	const char *host, *ip;
	int port;
} connect_rows[] = {
	{ "IPv4",
	  Z("mx.example.com\0"
	    "4\x30\x39"
	    "192.0.2.1\0"),
	  true, "mx.example.com", "192.0.2.1", 12345 },
	{ "IPv6 with the prefix of Sendmail and Postfix",
	  Z("unknown\0"
	    "6\0\x19IPv6:2001:db8::1\0"),
	  true, "unknown", "2001:db8::1", 25 },
	{ "the prefix in another case",
	  Z("h\0"
	    "6\0\x19ipv6:2001:db8::1\0"),
	  true, "h", "2001:db8::1", 25 },
	{ "IPv6 without it",
	  Z("h\0"
	    "6\0\0::1\0"),
	  true, "h", "::1", 0 },
	{ "IPv6 with a zone",
	  Z("h\0"
	    "6\0\0IPv6:fe80::1%eth0\0"),
	  true, "h", "fe80::1", 0 },
	{ "an IPv4 address in IPv6 is the IPv4 address",
	  Z("h\0"
	    "6\0\1::ffff:192.0.2.7\0"),
	  true, "h", "192.0.2.7", 1 },
	{ "not known, as Sendmail says it", Z("localhost\0U"), true, "localhost", "", 0 },
	{ "not known, with a port and an address nobody reads", Z("localhost\0U\0\0\0"), true, "localhost", "", 0 },
	{ "a local socket", Z("localhost\0L\0\0/run/x.sock\0"), true, "localhost", "", 0 },
	{ "the highest port",
	  Z("h\0"
	    "4\xff\xff"
	    "192.0.2.1\0"),
	  true, "h", "192.0.2.1", 65535 },
	{ "no family", Z("h\0"), false, "", "", 0 },
	{ "an unknown family",
	  Z("h\0"
	    "5\0\0"
	    "192.0.2.1\0"),
	  false, "", "", 0 },
	{ "no NUL behind the host", Z("host"), false, "", "", 0 },
	{ "no NUL behind the address",
	  Z("h\0"
	    "4\0\x19"
	    "192.0.2.1"),
	  false, "", "", 0 },
	{ "half a port",
	  Z("h\0"
	    "4\0"),
	  false, "", "", 0 },
	{ "something behind the address",
	  Z("h\0"
	    "4\0\x19"
	    "192.0.2.1\0x"),
	  false, "", "", 0 },
	{ "an address that is none is not local mail",
	  Z("h\0"
	    "4\0\x19"
	    "unknown\0"),
	  false, "", "", 0 },
	{ "an address of the other family",
	  Z("h\0"
	    "4\0\x19"
	    "2001:db8::1\0"),
	  false, "", "", 0 },
	{ "nothing", Z(""), false, "", "", 0 },
};
static void connects(void)
{
	for (size_t i = 0; i < ROWS(connect_rows); i++) {
		struct codec_connect c = { 0 };
		struct buf ip;
		row_bool("-", connect_rows[i].what, codec_connect_read(guarded(connect_rows[i].data, false), &c),
		         connect_rows[i].good);
		buf_init(&ip, 100);
		if (c.ip.family) {
			ip_put(&ip, &c.ip);
		}
		row_text("-", connect_rows[i].what, c.host, connect_rows[i].host);
		row_text("-", connect_rows[i].what, buf_slice(&ip), connect_rows[i].ip);
		row_number("-", connect_rows[i].what, c.port, connect_rows[i].port);
		buf_finish(&ip);
	}
}

static void texts(void)
{
	slice text = S("?"), rest = { 0 }, name = { 0 }, value = { 0 };
	row_bool("-", "HELO", codec_text_read(guarded(S("mx.example.com\0"), false), &text), true);
	row_text("-", "its name", text, "mx.example.com");
	row_bool("-", "HELO with nothing", codec_text_read(guarded(S("\0"), false), &text), true);
	row_bool("-", "HELO without NUL", codec_text_read(guarded(S("mx"), false), &text), false);
	row_bool("-", "HELO with more behind it", codec_text_read(guarded(S("mx\0y\0"), false), &text), false);
	row_bool("-", "no octet at all", codec_text_read(S(""), &text), false);

	row_bool("-", "MAIL with arguments",
	         codec_envelope_read(guarded(S("<a@b>\0SIZE=1\0BODY=8BITMIME\0"), false), &text, &rest), true);
	row_text("-", "its path", text, "<a@b>");
	row_bool("-", "the first argument", codec_text_take(&rest, &text), true);
	row_text("-", "it is", text, "SIZE=1");
	row_bool("-", "the second argument", codec_text_take(&rest, &text), true);
	row_text("-", "it is", text, "BODY=8BITMIME");
	row_bool("-", "no third", codec_text_take(&rest, &text), false);
	row_bool("-", "an argument without NUL", codec_envelope_read(guarded(S("<a@b>\0SIZE=1"), false), &text, &rest),
	         false);
	row_bool("-", "a path without NUL", codec_envelope_read(guarded(S("<a@b>"), false), &text, &rest), false);

	row_bool("-", "a field", codec_field_read(guarded(S("Subject\0 a\n\tb\0"), false), &name, &value), true);
	row_text("-", "its name", name, "Subject");
	row_text("-", "its value, blank and line end included", value, " a\n\tb");
	row_bool("-", "a field with an empty value", codec_field_read(guarded(S("X\0\0"), false), &name, &value), true);
	row_bool("-", "no name", codec_field_read(guarded(S("\0a\0"), false), &name, &value), false);
	row_bool("-", "one string only", codec_field_read(guarded(S("Subject\0"), false), &name, &value), false);
	row_bool("-", "a value without NUL", codec_field_read(guarded(S("X\0a"), false), &name, &value), false);
	row_bool("-", "a third string", codec_field_read(guarded(S("X\0a\0b\0"), false), &name, &value), false);
}

static void macros(void)
{
	char command = '?';
	slice pairs = { 0 }, name = { 0 }, value = { 0 };
	row_bool("-", "macros of MAIL",
	         codec_macros_read(guarded(S("Mi\0004QX\0{auth_type}\0PLAIN\0"), false), &command, &pairs), true);
	row_number("-", "the command", command, 'M');
	row_bool("-", "the first", codec_macro_take(&pairs, &name, &value), true);
	row_text("-", "its name", name, "i");
	row_text("-", "its value", value, "4QX");
	row_bool("-", "the second", codec_macro_take(&pairs, &name, &value), true);
	row_text("-", "its name without braces", name, "auth_type");
	row_text("-", "its value", value, "PLAIN");
	row_bool("-", "no third", codec_macro_take(&pairs, &name, &value), false);
	row_bool("-", "no macros at all", codec_macros_read(guarded(S("C"), false), &command, &pairs), true);
	row_bool("-", "none to take", codec_macro_take(&pairs, &name, &value), false);
	row_bool("-", "an empty value", codec_macros_read(guarded(S("Mi\0\0"), false), &command, &pairs), true);
	row_bool("-", "a name without value", codec_macros_read(guarded(S("Mi\0"), false), &command, &pairs), false);
	row_bool("-", "a value without NUL", codec_macros_read(guarded(S("Mi\0x"), false), &command, &pairs), false);
	row_bool("-", "no command", codec_macros_read(S(""), &command, &pairs), false);
}

static void addresses(void)
{
	static const struct {
		const char *clause, *path, *address;
	} rows[] = {
		{ "-", "<user@example.com>", "user@example.com" },
		{ "-", "user@example.com", "user@example.com" },
		{ "5321:4.5.5", "<>", "" },
		{ "-", "", "" },
		{ "-", " <user@example.com> ", "user@example.com" },
		{ "5321:F.2", "<@a.example,@b.example:user@example.com>", "user@example.com" },
		{ "5321:F.2", "<@[IPv6:2001:db8::1]:user@example.com>", "user@example.com" },
		{ "-", "<\"a:b\"@example.com>", "\"a:b\"@example.com" },
		{ "-", "<\"a>b\"@example.com>", "\"a>b\"@example.com" },
		{ "-", "<", "" },
		{ "-", "<user@example.com", "user@example.com" },
		{ "-", "<@>", "@" },
		{ "-", "<postmaster>", "postmaster" },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		char what[200];
		snprintf(what, sizeof(what), "the address of %s", rows[i].path);
		row_text(rows[i].clause, what, codec_address(guarded(slice_of(rows[i].path), false)), rows[i].address);
	}
}

static void reply_texts(void)
{
	static const struct {
		const char *what, *text;
		char reply_class;
		const char *want; /* what stands behind the letter y; NULL: refused */
	} rows[] = {
		{ "a reply", "550 5.7.1 no", '5', "550 5.7.1 no" },
		{ "% twice", "550 5.7.1 100% of %s", '5', "550 5.7.1 100%% of %%s" },
		{ "two lines, codes on both", "550 5.7.1 one\ntwo", '5', "550-5.7.1 one\r\n550 5.7.1 two" },
		{ "three lines, one of them empty", "451 4.7.1 one\n\nthree", '4',
		  "451-4.7.1 one\r\n451-4.7.1 \r\n451 4.7.1 three" },
		{ "two lines without enhanced code", "550 one\ntwo", '5', "550-one\r\n550 two" },
		{ "no enhanced code but digits", "550 5.7 is no code", '5', "550 5.7 is no code" },
		{ "numbers of three digits", "550 5.7.128 a", '5', "550 5.7.128 a" },
		{ "CR is no line end of ours", "550 5.7.1 a\rb", '5', "550 5.7.1 a?b" },
		{ "what is not ASCII", "550 5.7.1 \xc3\xa9\t", '5', "550 5.7.1 ???" },
		{ "of another class", "550 5.7.1 no", '4', NULL },
		{ "enhanced code of another class", "550 4.7.1 no", '5', NULL },
		{ "class 2", "250 2.0.0 ok", '5', NULL },
		{ "no code", "no", '5', NULL },
		{ "nothing", "", '5', NULL },
		{ "a code with no text", "550", '5', NULL },
		{ "four digits", "5501 no", '5', NULL },
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct buf b;
		buf_init(&b, 1000);
		bool ok = codec_put_reply_text(&b, guarded(slice_of(rows[i].text), false), rows[i].reply_class);
		row_bool("-", rows[i].what, ok, rows[i].want != NULL);
		slice got = buf_slice(&b);
		if (rows[i].want) {
			row_number("-", rows[i].what, got.at[got.len - 1], 0);
			row_number("-", rows[i].what, (unsigned char)got.at[3], (int64_t)got.len - 4);
			got = slice_first(slice_from(got, 5), got.len - 6);
		}
		row_text("-", rows[i].what, got, rows[i].want ? rows[i].want : "");
		buf_finish(&b);
	}
	char text[2000];
	struct buf b;
	buf_init(&b, 5000);
	memset(text, '%', sizeof(text));
	memcpy(text, "550 5.7.1 ", 10);
	codec_put_reply_text(&b, slice_make(text, sizeof(text)), '5');
	/* 4 of length, the letter, 10 of codes, 500 of text, each of them twice, NUL */
	row_number("5321:4.5.3.1.5", "a line is cut where SMTP ends it", (int64_t)b.len, 4 + 1 + 10 + 2 * 500 + 1);
	buf_finish(&b);
}

static void changes(void)
{
	struct buf b;
	buf_init(&b, 1000);
	codec_put_reply(&b, 'c');
	row_slice("-", "continue", buf_slice(&b), S("\0\0\0\1c"));
	buf_clear(&b);
	codec_put_insert(&b, 0, S("A"), S(" b\n\tc"), true);
	row_slice("-", "a field on top, blank and all", buf_slice(&b), S("\0\0\0\x0di\0\0\0\0A\0 b\n\tc\0"));
	buf_clear(&b);
	codec_put_insert(&b, 1, S("A"), S(" b"), false);
	row_slice("-", "the blank that the mail server puts in is left out", buf_slice(&b),
	          S("\0\0\0\x09i\0\0\0\1A\0b\0"));
	buf_clear(&b);
	codec_put_insert(&b, 1, S("A"), S("\tb"), false);
	row_slice("-", "a tab is none", buf_slice(&b), S("\0\0\0\x0ai\0\0\0\1A\0\tb\0"));
	buf_clear(&b);
	codec_put_insert(&b, 0, S("A"), S(" b\r\n c\0d"), true);
	row_slice("-", "neither CR nor NUL", buf_slice(&b), S("\0\0\0\x0ei\0\0\0\0A\0 b\n cd\0"));
	buf_clear(&b);
	codec_put_delete(&b, 0x01020304, S("A"));
	row_slice("-", "a field deleted", buf_slice(&b), S("\0\0\0\x08m\1\2\3\4A\0\0"));
	buf_clear(&b);
	codec_put_quarantine(&b, S("policy: 100%\r\n\xff"));
	row_slice("-", "quarantine", buf_slice(&b), S("\0\0\0\x11qpolicy: 100%???\0"));
	buf_finish(&b);
	buf_init(&b, 12);
	codec_put_reply(&b, 'c');
	codec_put_quarantine(&b, S("too long for this buffer"));
	row_slice("-", "a frame that does not fit leaves nothing", buf_slice(&b), S("\0\0\0\1c"));
	row_bool("-", "and the buffer says so", buf_ok(&b), false);
	buf_finish(&b);
}

static void read_all(slice prefix, void *data)
{
	struct codec_options o;
	struct codec_connect c;
	slice a, b;
	char command;
	size_t n;
	(void)data;
	if (prefix.len >= CODEC_HEAD_OCTETS) {
		codec_head_read(prefix, &command, &n);
	}
	codec_options_read(prefix, &o);
	codec_connect_read(prefix, &c);
	codec_text_read(prefix, &a);
	codec_field_read(prefix, &a, &b);
	if (codec_envelope_read(prefix, &a, &b)) {
		codec_address(a);
		while (codec_text_take(&b, &a)) {
		}
	}
	if (codec_macros_read(prefix, &command, &b)) {
		slice name;
		while (codec_macro_take(&b, &name, &a)) {
		}
	}
}

int main(void)
{
	heads();
	options();
	connects();
	texts();
	macros();
	addresses();
	reply_texts();
	changes();
	each_prefix(S("unknown\0"
	              "6\0\x19IPv6:2001:db8::1\0"),
	            read_all, NULL);
	each_prefix(S("<@a,@[b:c]:user@example.com>\0SIZE=1\0BODY=8BITMIME\0"), read_all, NULL);
	each_prefix(S("M{i}\0x\0{auth_type}\0PLAIN\0\0\0"), read_all, NULL);
	row_bool("-", "every prefix is read within its bounds", true, true);
	return rows_end();
}
