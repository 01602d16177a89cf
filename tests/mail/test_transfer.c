/* SPDX-License-Identifier: Apache-2.0 */
#include "../../src/mail/transfer.h"
#include "../support/rows.h"

#define V(literal)                                                                                                     \
	{                                                                                                              \
		"" literal, sizeof(literal) - 1                                                                        \
	}
#define A74 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *clause, *what;
	enum transfer_encoding encoding;
	slice text, want;
	bool clean;
} decoded[] = {
	{ "2045:6.7", "hex of any octet", TRANSFER_QUOTED_PRINTABLE, V("=00=FF=3D"), V("\0\xFF="), true },
	{ "2045:6.7", "lower-case hex is read, though not right", TRANSFER_QUOTED_PRINTABLE, V("=c3=b6"), V("\xC3\xB6"),
	  false },
	{ "2045:6.7", "a soft line break", TRANSFER_QUOTED_PRINTABLE, V("a=\r\nb"), V("ab"), true },
	{ "2045:6.7", "a soft line break with white space behind", TRANSFER_QUOTED_PRINTABLE, V("a= \t\r\nb"), V("ab"),
	  true },
	{ "2045:6.7", "a soft line break at the end", TRANSFER_QUOTED_PRINTABLE, V("a="), V("a"), true },
	{ "2045:6.7", "white space at the end of a line is dropped", TRANSFER_QUOTED_PRINTABLE, V("a \t\r\nb \r\n"),
	  V("a\r\nb\r\n"), true },
	{ "2045:6.7", "encoded white space stays", TRANSFER_QUOTED_PRINTABLE, V("a=20\r\n"), V("a \r\n"), true },
	{ "2045:6.7", "white space within a line stays", TRANSFER_QUOTED_PRINTABLE, V("a \t b"), V("a \t b"), true },
	{ "2045:6.7", "an escape that is none stays", TRANSFER_QUOTED_PRINTABLE, V("a=XYb=1"), V("a=XYb=1"), false },
	{ "2045:6.7", "8-bit octets stay", TRANSFER_QUOTED_PRINTABLE, V("a\xFF"), V("a\xFF"), false },
	{ "2045:6.7", "line ends of bare LF", TRANSFER_QUOTED_PRINTABLE, V("a=\nb \nc"), V("ab\nc"), true },
	{ "2045:6.8", "base64 in lines", TRANSFER_BASE64, V("YWJj\r\nZGVm\r\n"), V("abcdef"), true },
	{ "2045:6.8", "one octet", TRANSFER_BASE64, V("YQ=="), V("a"), true },
	{ "2045:6.8", "two octets", TRANSFER_BASE64, V("YWI="), V("ab"), true },
	{ "2045:6.8", "octets outside the alphabet are skipped", TRANSFER_BASE64, V("YW!J-j"), V("abc"), false },
	{ "2045:6.8", "padding ends the data", TRANSFER_BASE64, V("YQ==YWJj"), V("a"), false },
	{ "2045:6.8", "missing padding", TRANSFER_BASE64, V("YWI"), V("ab"), false },
	{ "2045:6.8", "one digit too many", TRANSFER_BASE64, V("YWJjZ"), V("abc"), false },
	{ "2045:6.8", "nothing", TRANSFER_BASE64, V(""), V(""), true },
	{ "2045:6.8", "every digit", TRANSFER_BASE64, V("+/+/0129azAZ"), V("\373\377\277\323\135\275\153\060\031"),
	  true },
	{ "2045:6.2", "identity encodings are copied", TRANSFER_8BIT, V("a=20\xFF\r\n"), V("a=20\xFF\r\n"), true },
	{ "2045:6.4", "an unknown one is not understood", TRANSFER_UNKNOWN, V("x"), V("x"), false },
};

static const struct {
	const char *clause, *value;
	enum transfer_encoding want;
} names[] = {
	{ "2045:6.1", " base64", TRANSFER_BASE64 },
	{ "2045:6.1", "Quoted-Printable (x)", TRANSFER_QUOTED_PRINTABLE },
	{ "2045:6.1", "7BIT", TRANSFER_7BIT },
	{ "2045:6.1", "(c) 8bit", TRANSFER_8BIT },
	{ "2045:6.1", "binary", TRANSFER_BINARY },
	{ "2045:6.1", "", TRANSFER_7BIT },
	{ "2045:6.4", "x-uuencode", TRANSFER_UNKNOWN },
};

static const struct {
	const char *clause, *what;
	slice text, want;
} encoded[] = {
	{ "2045:6.7", "printable text stays", V("Hello, world!\r\n"), V("Hello, world!\r\n") },
	{ "2045:6.7", "the equals sign and 8-bit octets", V("=\xC3\xB6"), V("=3D=C3=B6") },
	{ "2045:6.7", "white space at the end of a line", V("a \r\nb\t"), V("a=20\r\nb=09") },
	{ "2045:6.7", "bare CR and LF", V("a\rb\n"), V("a=0Db=0A") },
	{ "2045:6.7", "76 columns fit", V(A74 "bc\r\n"), V(A74 "bc\r\n") },
	{ "2045:6.7", "77 do not", V(A74 "bcd\r\n"), V(A74 "b=\r\ncd\r\n") },
	{ "2045:6.7", "an escape is not broken",
	  V(A74 "\xFF"
		"b"),
	  V(A74 "=\r\n=FFb") },
	{ "2045:6.7", "nothing", V(""), V("") },
};

struct both {
	enum transfer_encoding encoding;
	struct buf b;
};

static void decode_only(slice text, void *data)
{
	struct both *both = data;
	buf_clear(&both->b);
	transfer_decode(both->encoding, text, &both->b);
}

/* What is encoded comes back, for texts of all octets and every length up to some lines. */
static void check_round_trip(void)
{
	struct buf text, code, back;
	buf_init(&text, 1000);
	buf_init(&code, 10000);
	buf_init(&back, 10000);
	bool same = true, narrow = true;
	for (size_t n = 0; n < 600; n++) {
		for (int base64 = 0; base64 < 2; base64++) {
			buf_clear(&code);
			buf_clear(&back);
			if (base64) {
				transfer_put_base64(&code, buf_slice(&text));
			} else {
				transfer_put_quoted_printable(&code, buf_slice(&text));
			}
			same &= transfer_decode(base64 ? TRANSFER_BASE64 : TRANSFER_QUOTED_PRINTABLE, buf_slice(&code),
						&back);
			same &= slice_eq(buf_slice(&back), buf_slice(&text));
			for (slice rest = buf_slice(&code); rest.at;) {
				narrow &= slice_split(&rest, '\n').len <= TRANSFER_COLUMNS + 1;
			}
		}
		buf_put_char(&text, (char)(n * 7 % 256));
	}
	row_bool("2045:6.7", "what is encoded comes back, at every length", same, true);
	row_bool("2045:6.7", "in lines of at most 76 columns", narrow, true);
	buf_finish(&text);
	buf_finish(&code);
	buf_finish(&back);
}

int main(void)
{
	struct both both = { 0 };
	buf_init(&both.b, 4096);
	for (size_t i = 0; i < ROWS(decoded); i++) {
		buf_clear(&both.b);
		bool clean = transfer_decode(decoded[i].encoding, guarded(decoded[i].text, false), &both.b);
		row_slice(decoded[i].clause, decoded[i].what, buf_slice(&both.b), decoded[i].want);
		row_bool(decoded[i].clause, "  ... well-formed", clean, decoded[i].clean);
		both.encoding = decoded[i].encoding;
		each_prefix(decoded[i].text, decode_only, &both);
	}
	for (size_t i = 0; i < ROWS(names); i++) {
		enum transfer_encoding got = transfer_encoding_parse(guarded(slice_of(names[i].value), false));
		row_text(names[i].clause, names[i].value, slice_of(transfer_encoding_name(got)),
			 transfer_encoding_name(names[i].want));
	}
	for (size_t i = 0; i < ROWS(encoded); i++) {
		buf_clear(&both.b);
		transfer_put_quoted_printable(&both.b, guarded(encoded[i].text, false));
		row_slice(encoded[i].clause, encoded[i].what, buf_slice(&both.b), encoded[i].want);
	}
	buf_clear(&both.b);
	transfer_put_base64(&both.b, S("Four score and seven years ago our fathers brought forth up"));
	row_text("2045:6.8", "76 columns of base64", buf_slice(&both.b),
		 "Rm91ciBzY29yZSBhbmQgc2V2ZW4geWVhcnMgYWdvIG91ciBmYXRoZXJzIGJyb3VnaHQgZm9ydGgg\r\ndXA=\r\n");
	buf_finish(&both.b);
	check_round_trip();
	return rows_end();
}
