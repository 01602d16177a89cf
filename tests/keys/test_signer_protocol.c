/* SPDX-License-Identifier: Apache-2.0 */
/* Frames written out by hand from the diagram in signer_protocol.h, read and written. */
#include "../../service/keys/signer_protocol.h"

#include <stdlib.h>

#include "../support/rows.h"

#define DIGEST "0123456789abcdef0123456789ABCDEF"

/* length 54 = 6 + 1 + 12 + 3 + 32 | version, ask, id | algorithm | domain | selector | digest */
#define SIGN_FRAME                                                                                                     \
	"\0\x36\x01\x01\x00\x00\x00\x07\x01\x0b"                                                                       \
	"example.com"                                                                                                  \
	"\x02"                                                                                                         \
	"s1" DIGEST
#define KEYS_FRAME                                                                                                     \
	"\0\x13\x01\x02\xff\xee\xdd\xcc\x0b"                                                                           \
	"example.com"                                                                                                  \
	"\x00"

static void requests(void)
{
	struct signer_request r = { 0 };
	slice sign = S(SIGN_FRAME), keys = S(KEYS_FRAME);
	struct buf b;
	row_number("-", "a request to sign is read whole", signer_request_read(guarded(sign, false), &r),
	           (int64_t)sign.len);
	row_number("-", "its id", r.id, 7);
	row_number("-", "what it asks", r.ask, SIGNER_SIGN);
	row_text("-", "its domain", r.domain, "example.com");
	row_text("-", "its selector", r.selector, "s1");
	row_number("-", "its algorithm", r.algorithm, SIGNET_ED25519_SHA256);
	row_text("-", "its digest", slice_make((const char *)r.digest, 32), DIGEST);
	buf_init(&b, 1000);
	signer_request_write(&b, &r);
	row_slice("-", "it is written as it was read", buf_slice(&b), sign);
	row_number("-", "a question for keys is read whole", signer_request_read(guarded(keys, false), &r),
	           (int64_t)keys.len);
	row_number("-", "its id", r.id, 0xffeeddcc);
	row_number("-", "no selector: all of them", (int64_t)r.selector.len, 0);
	buf_clear(&b);
	signer_request_write(&b, &r);
	row_slice("-", "it is written as it was read", buf_slice(&b), keys);
	buf_finish(&b);
}

/* One octet changed: what the read must say.  Octets are written in octal: a letter may follow. */
static const struct bad_row {
	const char *what;
	slice frame;
	int want;
} request_rows[] = {
	{ "nothing yet", { "", 0 }, 0 },
	{ "half a length", { "\0", 1 }, 0 },
	{ "a length that is too short for a head", { "\0\5", 2 }, -1 },
	{ "a length past the cap is refused before the rest comes", { "\377\377", 2 }, -1 },
	{ "another version is refused before the rest comes", { "\0\66\2", 3 }, -1 },
	{ "so is an unknown question", { "\0\66\1\3", 4 }, -1 },
	{ "HTTP", { "GET / HTTP/1.1\r\n", 16 }, -1 },
	{ "an unknown algorithm", { "\0\66\1\1\0\0\0\7\2\13example.com\2s1" DIGEST, 56 }, -1 },
	{ "no domain", { "\0\53\1\1\0\0\0\7\1\0\2s1" DIGEST, 45 }, -1 },
	{ "no selector", { "\0\64\1\1\0\0\0\7\1\13example.com\0" DIGEST, 54 }, -1 },
	{ "a short digest", { "\0\65\1\1\0\0\0\7\1\13example.com\2s10123456789abcdef0123456789ABCDE", 55 }, -1 },
	{ "one octet too much", { "\0\67\1\1\0\0\0\7\1\13example.com\2s1" DIGEST "x", 57 }, -1 },
	{ "a domain that is longer than the frame", { "\0\66\1\1\0\0\0\7\1\373example.com\2s1" DIGEST, 56 }, -1 },
	{ "upper case", { "\0\66\1\1\0\0\0\7\1\13Example.com\2s1" DIGEST, 56 }, -1 },
	{ "the folder above", { "\0\66\1\1\0\0\0\7\1\13../../keys1\2s1" DIGEST, 56 }, -1 },
	{ "a slash", { "\0\66\1\1\0\0\0\7\1\13example/com\2s1" DIGEST, 56 }, -1 },
	{ "a NUL", { "\0\66\1\1\0\0\0\7\1\13example\0com\2s1" DIGEST, 56 }, -1 },
	{ "a dot at the end", { "\0\66\1\1\0\0\0\7\1\13examplecom.\2s1" DIGEST, 56 }, -1 },
	{ "two dots", { "\0\66\1\1\0\0\0\7\1\13exampl..com\2s1" DIGEST, 56 }, -1 },
	{ "the selector is the folder itself", { "\0\65\1\1\0\0\0\7\1\13example.com\1." DIGEST, 55 }, -1 },
	{ "the selector climbs", { "\0\66\1\1\0\0\0\7\1\13example.com\2.." DIGEST, 56 }, -1 },
	{ "a tenant's domain below it is another folder", { "\0\66\1\1\0\0\0\7\1\13a.b.c.d.e.f\2s1" DIGEST, 56 }, 56 },
	{ "an underscore", { "\0\66\1\1\0\0\0\7\1\13_spf.a-b.cd\2s1" DIGEST, 56 }, 56 },
};

static void bad_requests(void)
{
	for (size_t i = 0; i < ROWS(request_rows); i++) {
		struct signer_request r;
		row_number("-", request_rows[i].what, signer_request_read(guarded(request_rows[i].frame, false), &r),
		           request_rows[i].want);
	}
}

static void names(void)
{
	static char label64[65], name253[254], name254[255];
	memset(label64, 'a', 64);
	for (size_t i = 0; i < 254; i++) {
		name254[i] = i % 64 == 63 ? '.' : 'a';
	}
	memcpy(name253, name254, 253);
	row_bool("1035:2.3.4", "a label of 63", signer_name_is_good(slice_make(label64, 63), 253), true);
	row_bool("1035:2.3.4", "a label of 64", signer_name_is_good(slice_make(label64, 64), 253), false);
	row_bool("1035:2.3.4", "a name of 253", signer_name_is_good(slice_make(name253, 253), 253), true);
	row_bool("1035:2.3.4", "a name of 254", signer_name_is_good(slice_make(name254, 254), 253), false);
	row_bool("-", "an empty name", signer_name_is_good(S(""), 253), false);
}

static void replies(void)
{
	static struct signer_reply r;
	slice signed_frame = S("\0\x0b\x01\x01\x00\x00\x00\x07\x00"
	                       "sig!");
	slice refused = S("\0\x07\x01\x01\x00\x00\x00\x07\x01");
	slice keys = S("\0\x18\x01\x02\x00\x00\x00\x09\x00\x01\x02"
	               "s1"
	               "\x01\x04\x01\x00\x00\x07"
	               "PUBLIC!");
	struct buf b;
	buf_init(&b, SIGNER_REPLY_OCTETS);
	row_number("-", "a signature is read", signer_reply_read(guarded(signed_frame, false), &r), 13);
	row_text("-", "and is there", r.signature, "sig!");
	signer_reply_write(&b, &r);
	row_slice("-", "it is written as it was read", buf_slice(&b), signed_frame);
	row_number("-", "a refusal is read", signer_reply_read(guarded(refused, false), &r), 9);
	row_text("-", "and has its word", slice_of(signer_status_name(r.status)), "no-key");
	buf_clear(&b);
	row_number("-", "keys are read", signer_reply_read(guarded(keys, false), &r), (int64_t)keys.len);
	row_number("-", "one key", (int64_t)r.n_keys, 1);
	row_text("-", "its selector", r.keys[0].selector, "s1");
	row_number("-", "its algorithm", r.keys[0].algorithm, SIGNET_ED25519_SHA256);
	row_number("-", "its state", r.keys[0].state, 4);
	row_number("-", "its bits", r.keys[0].bits, 256);
	row_text("-", "its public half", r.keys[0].public_key, "PUBLIC!");
	signer_reply_write(&b, &r);
	row_slice("-", "it is written as it was read", buf_slice(&b), keys);
	buf_finish(&b);
}

static void bad_replies(void)
{
	static const struct {
		const char *what;
		slice frame;
	} bad[] = {
		{ "success without a signature", { "\0\x07\x01\x01\0\0\0\x07\x00", 9 } },
		{ "a signature with a refusal", { "\0\x08\x01\x01\0\0\0\x07\x01s", 10 } },
		{ "an unknown status", { "\0\x07\x01\x01\0\0\0\x07\x05", 9 } },
		{ "no status", { "\0\x06\x01\x01\0\0\0\x07", 8 } },
		{ "keys with a refusal",
		  { "\0\x18\x01\x02\0\0\0\x09\x01\x01\x02s1\x01\x04\x01\x00\x00\x07PUBLIC!", 26 } },
		{ "17 keys", { "\0\x08\x01\x02\0\0\0\x09\x00\x11", 10 } },
		{ "a key without public half",
		  { "\0\x11\x01\x02\0\0\0\x09\x00\x01\x02s1\x01\x04\x01\x00\x00\x00", 19 } },
	};
	struct signer_reply r;
	for (size_t i = 0; i < ROWS(bad); i++) {
		row_number("-", bad[i].what, signer_reply_read(guarded(bad[i].frame, false), &r), -1);
	}
}

static void largest_reply(void)
{
	static struct signer_reply r, again;
	static char many[SIGNER_PUBLIC_OCTETS + 1];
	struct buf b;
	buf_init(&b, SIGNER_REPLY_OCTETS);
	memset(many, 'x', sizeof(many));
	r = (struct signer_reply) { .id = 1, .ask = SIGNER_KEYS, .n_keys = SIGNER_KEYS_MAX };
	for (size_t i = 0; i < SIGNER_KEYS_MAX; i++) {
		r.keys[i] = (struct signer_key) { .selector = S("a"),
			                          .bits = 8192,
			                          .public_key = slice_make(many, SIGNER_PUBLIC_OCTETS) };
	}
	signer_reply_write(&b, &r);
	row_bool("-", "the largest list of keys is written", buf_ok(&b), true);
	row_number("-", "and read", signer_reply_read(buf_slice(&b), &again), (int64_t)b.len);
	r.keys[3].public_key.len++;
	buf_clear(&b);
	signer_reply_write(&b, &r);
	row_bool("-", "a public half past its cap is not", buf_ok(&b), false);
	row_number("-", "and leaves nothing behind", (int64_t)b.len, 0);
	buf_finish(&b);
}

static void unwritable(void)
{
	struct signer_request r = { .ask = SIGNER_SIGN, .domain = S("Example.com"), .selector = S("s") };
	struct buf b;
	buf_init(&b, 1000);
	signer_request_write(&b, &r);
	row_bool("-", "a name that is not normal is not written", buf_ok(&b), false);
	row_number("-", "and leaves nothing behind", (int64_t)b.len, 0);
	buf_finish(&b);
}

/* No prefix is a frame, and none but the empty rest of a good one is refused. */
static int64_t worst_prefix;

static void read_prefix(slice prefix, void *data)
{
	static struct signer_reply reply;
	struct signer_request r;
	bool whole = prefix.len == *(size_t *)data;
	ptrdiff_t n = signer_request_read(prefix, &r);
	(void)signer_reply_read(prefix, &reply);
	if (!whole && n != 0) {
		worst_prefix = n;
	}
}

/* Every octet with every value: no crash, and what is taken is written back the same. */
static void each_change(slice frame)
{
	static char copy[512];
	static struct signer_reply reply;
	struct signer_request r;
	struct buf b;
	bool same = true;
	buf_init(&b, SIGNER_REPLY_OCTETS);
	for (size_t i = 0; i < frame.len; i++) {
		for (unsigned value = 0; value < 256; value++) {
			memcpy(copy, frame.at, frame.len);
			copy[i] = (char)value;
			slice in = slice_make(copy, frame.len);
			ptrdiff_t n = signer_request_read(in, &r);
			buf_clear(&b);
			if (n > 0) {
				signer_request_write(&b, &r);
				same &= slice_eq(buf_slice(&b), slice_first(in, (size_t)n));
			}
			n = signer_reply_read(in, &reply);
			buf_clear(&b);
			if (n > 0) {
				signer_reply_write(&b, &reply);
				same &= slice_eq(buf_slice(&b), slice_first(in, (size_t)n));
			}
		}
	}
	buf_finish(&b);
	row_bool("-", "whatever octet is changed, what is read has one form", same, true);
}

int main(void)
{
	size_t whole = S(SIGN_FRAME).len;
	requests();
	bad_requests();
	names();
	replies();
	bad_replies();
	largest_reply();
	unwritable();
	each_prefix(S(SIGN_FRAME), read_prefix, &whole);
	whole = S(KEYS_FRAME).len;
	each_prefix(S(KEYS_FRAME), read_prefix, &whole);
	row_number("-", "every prefix of a request only asks for more", worst_prefix, 0);
	each_change(S(SIGN_FRAME));
	each_change(S(KEYS_FRAME));
	each_change(S("\0\x18\x01\x02\x00\x00\x00\x09\x00\x01\x02"
	              "s1"
	              "\x01\x04\x01\x00\x00\x07"
	              "PUBLIC!"));
	return rows_end();
}
