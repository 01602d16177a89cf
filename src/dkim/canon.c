/* SPDX-License-Identifier: Apache-2.0 */
#include "canon.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "../base/chars.h"

/* Relaxed canonicalisation leaves an octet alone unless it is an HTAB, a WSP after a WSP, or a CR after a WSP (which may
 * end the line).  A field is unfolded as well: there every CR stops (`any_cr`).  An HTAB is found itself, so of the octet
 * before only SP matters. */
static bool is_unclean(const char *at, bool any_cr)
{
	return *at == '\t' || (*at == ' ' && at[-1] == ' ') || (*at == '\r' && (any_cr || at[-1] == ' '));
}

#if defined(__SSE2__)
/* The same for sixteen octets: 0xff where one is unclean. */
static __m128i find_unclean(const char *at, __m128i every_cr)
{
	const __m128i space = _mm_set1_epi8(' ');
	__m128i octets = _mm_loadu_si128((const __m128i *)(const void *)at);
	__m128i before = _mm_loadu_si128((const __m128i *)(const void *)(at - 1));
	__m128i after_space = _mm_cmpeq_epi8(before, space);
	__m128i cr = _mm_cmpeq_epi8(octets, _mm_set1_epi8('\r'));
	__m128i second = _mm_and_si128(after_space, _mm_or_si128(cr, _mm_cmpeq_epi8(octets, space)));
	__m128i tab = _mm_cmpeq_epi8(octets, _mm_set1_epi8('\t'));
	return _mm_or_si128(_mm_or_si128(second, tab), _mm_and_si128(cr, every_cr));
}

/* And for thirty-two of a body, where the processor can.  After a SP every octet up to SP counts, not CR and SP alone:
 * others are rare there, and whoever stops here looks again. */
__attribute__((target("avx2"))) static __m256i may_be_unclean_32(const char *at)
{
	const __m256i space = _mm256_set1_epi8(' ');
	__m256i octets = _mm256_loadu_si256((const __m256i *)(const void *)at);
	__m256i before = _mm256_loadu_si256((const __m256i *)(const void *)(at - 1));
	__m256i low = _mm256_cmpeq_epi8(_mm256_min_epu8(octets, space), octets);
	__m256i tab = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8('\t'));
	return _mm256_or_si256(_mm256_and_si256(low, _mm256_cmpeq_epi8(before, space)), tab);
}

__attribute__((target("avx2"))) static const char *skip_clean_avx2(const char *at, const char *end)
{
	for (; end - at >= 128; at += 128) {
		__m256i first = _mm256_or_si256(may_be_unclean_32(at), may_be_unclean_32(at + 32));
		__m256i last = _mm256_or_si256(may_be_unclean_32(at + 64), may_be_unclean_32(at + 96));
		__m256i unclean = _mm256_or_si256(first, last);
		if (!_mm256_testz_si256(unclean, unclean)) {
			break;
		}
	}
	return at;
}

static const char *skip_clean_64_sse2(const char *at, const char *end, bool any_cr)
{
	const __m128i every_cr = _mm_set1_epi8(any_cr ? -1 : 0);
	for (; end - at >= 64; at += 64) {
		__m128i first = _mm_or_si128(find_unclean(at, every_cr), find_unclean(at + 16, every_cr));
		__m128i last = _mm_or_si128(find_unclean(at + 32, every_cr), find_unclean(at + 48, every_cr));
		if (_mm_movemask_epi8(_mm_or_si128(first, last))) {
			break;
		}
	}
	return at;
}

/* Moves past blocks without an unclean octet. */
static const char *skip_clean_blocks(const char *at, const char *end, bool any_cr)
{
	const __m128i every_cr = _mm_set1_epi8(any_cr ? -1 : 0);
	bool wide = !any_cr && __builtin_cpu_supports("avx2");
	at = wide ? skip_clean_avx2(at, end) : skip_clean_64_sse2(at, end, any_cr);
	for (; end - at >= 16; at += 16) {
		unsigned unclean = (unsigned)_mm_movemask_epi8(find_unclean(at, every_cr));
		if (unclean) {
			return at + __builtin_ctz(unclean);
		}
	}
	return at;
}
#else
static const char *skip_clean_blocks(const char *at, const char *end, bool any_cr)
{
	(void)end;
	(void)any_cr;
	return at;
}
#endif

/* The longest start of `at`..`end` that is canonical whatever follows: it ends at the WSP run that has to be looked at,
 * at the CR (any_cr), or at `end`.  What stands before `at` is no WSP. */
static const char *clean_run(const char *at, const char *end, bool any_cr)
{
	if (at == end || *at == '\t' || (*at == '\r' && any_cr)) {
		return at;
	}
	const char *stop = skip_clean_blocks(at + 1, end, any_cr); /* from here on there is an octet before */
	while (stop < end && !is_unclean(stop, any_cr)) {
		stop++;
	}
	return stop[-1] == ' ' ? stop - 1 : stop;
}

static const char *skip_wsp(const char *at, const char *end)
{
	while (at < end && char_is(*at, C_WSP)) {
		at++;
	}
	return at;
}

static char *put_octets(char *at, const char *from, const char *to)
{
	size_t n = (size_t)(to - from);
	if (n) {
		memcpy(at, from, n);
	}
	return at + n;
}

/* WSP and folding: a CRLF inside a field is always followed by a WSP. */
static const char *skip_folding(const char *at, const char *end)
{
	for (;;) {
		at = skip_wsp(at, end);
		if (end - at < 2 || at[0] != '\r' || at[1] != '\n') {
			return at;
		}
		at += 2;
	}
}

/* RFC 6376 3.4.2: unfolded, WSP runs as one SP, none at either end. */
static char *put_relaxed_value(char *to, const char *at, const char *end)
{
	at = skip_folding(at, end);
	while (at < end) {
		const char *stop = clean_run(at, end, true);
		to = put_octets(to, at, stop);
		at = skip_folding(stop, end);
		if (at == end) {
			break;
		}
		if (at > stop) {
			*to++ = ' ';
		} else {
			*to++ = *at++; /* a CR that folds nothing is content */
		}
	}
	return to;
}

/* RFC 6376 3.4.2: the name in lower case, no WSP on either side of the colon. */
static char *put_relaxed_field(char *to, slice raw)
{
	const char *at = raw.at;
	const char *end = raw.at + raw.len;
	size_t colon = slice_find_char(raw, ':');
	if (colon != SLICE_NONE) {
		slice name = slice_trim_fws(slice_first(raw, colon));
		for (size_t i = 0; i < name.len; i++) {
			*to++ = char_lower(name.at[i]);
		}
		*to++ = ':';
		at += colon + 1;
	}
	return put_relaxed_value(to, at, end);
}

char *canon_field(char *at, bool relaxed, slice raw)
{
	if (raw.len >= 2 && raw.at[raw.len - 1] == '\n' && raw.at[raw.len - 2] == '\r') {
		raw.len -= 2;
	}
	/* RFC 6376 3.4.1: simple leaves the field as it is */
	at = RULE("6376:3.4.1", relaxed) ? put_relaxed_field(at, raw) : put_octets(at, raw.at, raw.at + raw.len);
	*at++ = '\r';
	*at++ = '\n';
	return at;
}

void canon_body_init(struct canon_body *c, bool relaxed, void (*put)(void *data, slice run), void *data)
{
	*c = (struct canon_body){ .relaxed = relaxed, .put = put, .data = data };
}

static void put_newlines(struct canon_body *c, uint64_t n)
{
	static const char lines[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
	const uint64_t most = (sizeof(lines) - 1) / 2;
	while (n) {
		uint64_t some = n < most ? n : most;
		c->put(c->data, slice_make(lines, (size_t)some * 2));
		n -= some;
	}
}

/* Octets that are content for certain: the empty lines before them were no end of the body. */
static void put_content(struct canon_body *c, slice run)
{
	put_newlines(c, c->newlines);
	c->newlines = 0;
	c->content = true;
	c->put(c->data, run);
}

/* Octets that need no change; line ends at their end are held back. */
static void put_run(struct canon_body *c, const char *at, const char *end)
{
	const char *stop = end;
	while (stop - at >= 2 && stop[-1] == '\n' && stop[-2] == '\r') {
		stop -= 2;
	}
	if (stop > at) {
		put_content(c, slice_between(at, stop));
	}
	c->newlines += (uint64_t)(end - stop) / 2;
}

/* The same for the last octets of a chunk, where a CR may be half of a CRLF. */
static void put_last_run(struct canon_body *c, const char *at, const char *end)
{
	if (end > at && end[-1] == '\r') {
		c->cr = true;
		end--;
	}
	put_run(c, at, end);
}

/* Decides about what was held at the end of the previous chunk; returns where to go on. */
static const char *resume(struct canon_body *c, const char *at, const char *end)
{
	if (c->cr && *at == '\n') {
		c->newlines++;
		at++;
	} else if (c->cr) {
		put_content(c, c->wsp ? S(" \r") : S("\r"));
	} else if (c->wsp) {
		at = skip_wsp(at, end);
		bool cr = at < end && *at == '\r';
		if (at == end || (cr && at + 1 == end)) {
			c->cr = cr;
			return end;
		}
		if (!cr || at[1] != '\n') {
			put_content(c, S(" "));
		}
	}
	c->cr = false;
	c->wsp = false;
	return at;
}

/* RFC 6376 3.4.4: WSP runs as one SP, none at the end of a line. */
static void feed_relaxed(struct canon_body *c, const char *at, const char *end)
{
	while (at < end) {
		const char *stop = clean_run(at, end, false);
		if (stop == end) {
			put_last_run(c, at, end);
			return;
		}
		put_run(c, at, stop);
		at = skip_wsp(stop, end);
		bool cr = at < end && *at == '\r';
		if (at == end || (cr && at + 1 == end)) {
			c->wsp = true;
			c->cr = cr;
			return;
		}
		if (!cr || at[1] != '\n') {
			put_content(c, S(" "));
		}
	}
}

void canon_body_feed(struct canon_body *c, slice chunk)
{
	if (chunk.len == 0) {
		return;
	}
	const char *end = chunk.at + chunk.len;
	const char *at = c->cr || c->wsp ? resume(c, chunk.at, end) : chunk.at;
	if (c->relaxed) {
		feed_relaxed(c, at, end);
	} else {
		put_last_run(c, at, end);
	}
}

void canon_body_end(struct canon_body *c)
{
	if (c->cr) {
		put_content(c, c->wsp ? S(" \r") : S("\r"));
	}
	/* RFC 6376 3.4.3: an empty body is one CRLF; 3.4.4: it is nothing */
	if (RULE("6376:3.4.4", c->content || !c->relaxed)) {
		put_newlines(c, 1);
	}
	c->newlines = 0;
}
