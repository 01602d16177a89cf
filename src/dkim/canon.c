/* SPDX-License-Identifier: Apache-2.0 */
#include "canon.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "../base/chars.h"

/* Relaxed canonicalisation leaves an octet alone unless it is an HTAB, a WSP after a WSP, or a CR after a WSP (which may
 * end the line).  A field is unfolded as well: there every CR stops (`any_cr`). */
static bool is_unclean(char c, bool after_wsp, bool any_cr)
{
	return c == '\t' || (c == ' ' && after_wsp) || (c == '\r' && (after_wsp || any_cr));
}

/* The first unclean octet of `at`..`end`, or `end`.  `*wsp` says whether the octet before `at` is a WSP, and on return
 * whether the one before the result is. */
static const char *scan_octets(const char *at, const char *end, bool any_cr, bool *wsp)
{
	while (at < end && !is_unclean(*at, *wsp, any_cr)) {
		*wsp = *at == ' ';
		at++;
	}
	return at;
}

#if defined(__SSE2__)
static const char *scan(const char *at, const char *end, bool any_cr, bool *wsp)
{
	const __m128i tabs = _mm_set1_epi8('\t'), spaces = _mm_set1_epi8(' '), crs = _mm_set1_epi8('\r');
	const uint32_t every_cr = any_cr ? 0xffff : 0;
	uint32_t before = *wsp; /* bit 0: the octet before `at` is a WSP */
	for (; end - at >= 16; at += 16) {
		__m128i octets = _mm_loadu_si128((const __m128i *)(const void *)at);
		uint32_t tab = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(octets, tabs));
		uint32_t space = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(octets, spaces));
		uint32_t cr = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(octets, crs));
		uint32_t after_wsp = (tab | space) << 1 | before;
		uint32_t unclean = tab | (space & after_wsp) | (cr & (after_wsp | every_cr));
		if (unclean) {
			unsigned n = (unsigned)__builtin_ctz(unclean);
			*wsp = after_wsp >> n & 1;
			return at + n;
		}
		before = after_wsp >> 16 & 1;
	}
	*wsp = before;
	return scan_octets(at, end, any_cr, wsp);
}
#else
#define scan scan_octets
#endif

/* The longest start of `at`..`end` that is canonical whatever follows: it ends at the WSP run that has to be looked at,
 * at the CR (any_cr), or at `end`.  The octet before `at` counts as no WSP. */
static const char *clean_run(const char *at, const char *end, bool any_cr)
{
	bool wsp = false;
	const char *stop = scan(at, end, any_cr, &wsp);
	return wsp ? stop - 1 : stop;
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
