/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

/* What an octet means: a digit's value, or one of these. */
enum { SKIP = 64, PAD, BAD };

#define VALUE(c)                                                                                                       \
	((c) >= 'A' && (c) <= 'Z'	? (c) - 'A'                                                                    \
	 : (c) >= 'a' && (c) <= 'z'	? (c) - 'a' + 26                                                               \
	 : (c) >= '0' && (c) <= '9'	? (c) - '0' + 52                                                               \
	 : (c) == '+'			? 62                                                                           \
	 : (c) == '/'			? 63                                                                           \
	 : (c) == '='			? PAD                                                                          \
	 : (c) == ' ' || (c) == '\t' || (c) == '\r' || (c) == '\n' ? SKIP                                               \
					: BAD)
#define VALUES4(c) VALUE(c), VALUE((c) + 1), VALUE((c) + 2), VALUE((c) + 3)
#define VALUES16(c) VALUES4(c), VALUES4((c) + 4), VALUES4((c) + 8), VALUES4((c) + 12)
#define VALUES64(c) VALUES16(c), VALUES16((c) + 16), VALUES16((c) + 32), VALUES16((c) + 48)

static const uint8_t values[256] = { VALUES64(0), VALUES64(64), VALUES64(128), VALUES64(192) };

/* The same for each of four digits side by side, moved to its place in their three octets; one bit says: no digit. */
#define NO_DIGIT 1u
#define PLACED(c, place) (VALUE(c) < SKIP ? (uint32_t)(VALUE(c) % SKIP) << (26 - 6 * (place)) : NO_DIGIT)
#define PLACED4(c, place) PLACED(c, place), PLACED((c) + 1, place), PLACED((c) + 2, place), PLACED((c) + 3, place)
#define PLACED16(c, place) PLACED4(c, place), PLACED4((c) + 4, place), PLACED4((c) + 8, place), PLACED4((c) + 12, place)
#define PLACED64(c, place)                                                                                             \
	PLACED16(c, place), PLACED16((c) + 16, place), PLACED16((c) + 32, place), PLACED16((c) + 48, place)
#define PLACED256(place) PLACED64(0, place), PLACED64(64, place), PLACED64(128, place), PLACED64(192, place)

static const uint32_t placed[4][256] = { { PLACED256(0) }, { PLACED256(1) }, { PLACED256(2) }, { PLACED256(3) } };

static inline uint32_t value_of(const char *at)
{
	return values[(unsigned char)*at];
}

/* Decodes as long as four digits stand side by side, which is nearly always; returns where that ends.  Writes one octet
 * past the three, so that they are one store. */
static const char *decode_quads(const char *from, const char *end, char *to, size_t *len)
{
	char *const begin = to;
	for (; end - from >= 4; from += 4, to += 3) {
		const unsigned char *in = (const unsigned char *)from;
		uint32_t bits = placed[0][in[0]] | placed[1][in[1]] | placed[2][in[2]] | placed[3][in[3]];
		if (bits & NO_DIGIT) {
			break;
		}
		to[0] = (char)(bits >> 24);
		to[1] = (char)(bits >> 16);
		to[2] = (char)(bits >> 8);
		to[3] = (char)bits;
	}
	*len += (size_t)(to - begin);
	return from;
}

bool base64_decode(slice text, enum base64_padding padding, struct signet_arena *a, slice *ret)
{
	char *at = arena_octets(a, text.len / 4 * 3 + 3);
	if (!at) {
		return false;
	}
	size_t len = 0;
	size_t digits = 0;
	size_t pads = 0;
	uint32_t bits = 0;
	const char *end = text.at + text.len;
	for (const char *in = text.at; in < end; in++) {
		if (digits % 4 == 0 && !pads) {
			const char *after = decode_quads(in, end, at + len, &len);
			digits += (size_t)(after - in);
			in = after;
			if (in == end) {
				break;
			}
		}
		uint32_t value = value_of(in);
		if (value == SKIP) {
			continue;
		}
		if (value == PAD) {
			pads++;
			continue;
		}
		if (value == BAD || pads) {
			return false;
		}
		bits = bits << 6 | value;
		if (++digits % 4 == 0) {
			at[len++] = (char)(bits >> 16);
			at[len++] = (char)(bits >> 8);
			at[len++] = (char)bits;
		}
	}
	size_t left = digits % 4;
	bool padded = (digits + pads) % 4 == 0 && pads <= 2;
	if (left == 1 || (!padded && (pads || padding == BASE64_PADDED))) {
		return false;
	}
	if (left >= 2) {
		at[len++] = (char)(bits >> (left == 2 ? 4 : 10));
	}
	if (left == 3) {
		at[len++] = (char)(bits >> 2);
	}
	*ret = slice_make(at, len);
	return true;
}

void base64_put(struct buf *b, slice octets)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < octets.len; i += 3) {
		size_t n = octets.len - i < 3 ? octets.len - i : 3;
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++) {
			bits = bits << 8 | (k < n ? (unsigned char)octets.at[i + k] : 0);
		}
		char four[4];
		for (size_t k = 0; k < 4; k++) {
			four[k] = k <= n ? digits[bits >> (18 - 6 * k) & 63] : '=';
		}
		buf_put(b, slice_make(four, 4));
	}
}
