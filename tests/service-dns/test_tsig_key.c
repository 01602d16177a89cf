/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/dns/tsig_key.h"
#include "../support/rows.h"

#define SECRET "dGhpcyBpcyBubyBzZWNyZXQ="
#define GOOD "key \"update.example\" {\n\talgorithm hmac-sha256;\n\tsecret \"" SECRET "\";\n};\n"

static const struct {
	const char *clause, *what, *text;
	const char *want; /* "name algorithm secret", or the error */
} rows[] = {
	{ "8945:4.2", "as tsig-keygen writes it", GOOD, "update.example. hmac-sha256. " SECRET },
	{ "8945:4.2", "without quotes, the other way round",
	  "key update. { secret " SECRET "; algorithm HMAC-SHA512.; }", "update. hmac-sha512. " SECRET },
	{ "-", "comments of three kinds",
	  "# a\n// b\n/* c\n*/ key u { algorithm /* d */ hmac-sha1; # e\n secret " SECRET "; };",
	  "u. hmac-sha1. " SECRET },
	{ "-", "all in one line", "key \"U\"{algorithm hmac-sha256;secret \"" SECRET "\";};",
	  "u. hmac-sha256. " SECRET },
	{ "-", "nothing", "", "f:1: wanted here is key" },
	{ "-", "something else", "hmac-sha256:u:" SECRET, "f:1: wanted here is key" },
	{ "-", "the secret alone", SECRET, "f:1: wanted here is key" },
	{ "-", "no name", "key { }", "f:1: not a name for a key" },
	{ "-", "a bad name", "key a..b { }", "f:1: not a name for a key: \"a..b\"" },
	{ "8945:6", "MD5", "key u {\n algorithm hmac-md5; };", "f:2: not an algorithm that can be used" },
	{ "-", "an unknown word", "key u {\n\n server 1; };", "f:3: wanted here is algorithm or secret" },
	{ "-", "no base64", "key u { secret \"***\"; };", "f:1: the secret is not base64" },
	{ "-", "no semicolon", "key u { algorithm hmac-sha256 secret x; };", "f:1: wanted here is \";\"" },
	{ "-", "no end", "key u { algorithm hmac-sha256; ", "f:1: the key does not end" },
	{ "-", "no secret", "key u { algorithm hmac-sha256; };", "f:1: the key has no secret" },
	{ "-", "no algorithm", "key u { secret " SECRET "; };", "f:1: the key has no algorithm" },
	{ "-", "two keys", GOOD GOOD, "f:5: one key a file" },
	{ "-", "a quote that does not end", "key \"u { };", "f:1: not a name for a key" },
	{ "-", "a comment that does not end", "/* key u", "f:1: wanted here is key" },
};

static void parse(slice text, struct buf *to)
{
	struct tsig_key key;
	if (tsig_key_parse(text, "f", &key, to)) {
		buf_put_text(to, key.name);
		buf_put_char(to, ' ');
		buf_put_text(to, key.algorithm);
		buf_put_char(to, ' ');
		buf_put_text(to, key.secret);
	}
}

static void parse_prefix(slice prefix, void *data)
{
	buf_clear(data);
	parse(prefix, data);
}

int main(void)
{
	struct buf got;
	buf_init(&got, 1 << 12);
	for (size_t i = 0; i < ROWS(rows); i++) {
		buf_clear(&got);
		parse(guarded(slice_of(rows[i].text), false), &got);
		row_text(rows[i].clause, rows[i].what, slice_first(buf_slice(&got), strlen(rows[i].want)),
		         rows[i].want);
		bool bad = slice_starts(buf_slice(&got), S("f:"));
		row_bool("-", "no secret in an error", bad && slice_find(buf_slice(&got), S("dGhp")) != SLICE_NONE,
		         false);
		each_prefix(slice_of(rows[i].text), parse_prefix, &got);
	}
	buf_finish(&got);
	return rows_end();
}
