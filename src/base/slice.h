/* SPDX-License-Identifier: Apache-2.0 */
/* slice: a pointer and a length, by value.
 *
 *     slice s = S("v=spf1 -all");
 *     if (slice_starts_nocase(s, S("V=SPF1"))) { s = slice_from(s, 6); }
 *
 * A slice never owns and is never NUL-terminated; its octets may be anything.  Case means ASCII case only: no locale
 * ever decides what a letter is. */
#ifndef SIGNET_BASE_SLICE_H
#define SIGNET_BASE_SLICE_H

#include <string.h>

#include <signet/types.h>

typedef signet_slice slice;

/* A literal as a slice. */
#define S(literal) ((slice){ "" literal, sizeof(literal) - 1 })

/* Return early on any status but OK; memory is in arenas, so there is nothing to unwind. */
#define TRY(call)                                                                                                      \
	do {                                                                                                           \
		enum signet_status try_status_ = (call);                                                               \
		if (try_status_ != SIGNET_OK) {                                                                        \
			return try_status_;                                                                            \
		}                                                                                                      \
	} while (0)

/* A condition that is a rule of a standard.  `clause` names it ("7208:4.6.4"); the tests of the mutants build negate
 * one rule after the other and demand that a row naming the clause fails. */
#ifdef SIGNET_MUTANTS
bool rule_is_negated(const char *file, int line, const char *clause);
#define RULE(clause, condition) (!!(condition) != rule_is_negated(__FILE__, __LINE__, clause))
#else
#define RULE(clause, condition) (condition)
#endif

/* The slice of a C string; NULL gives the empty slice. */
slice slice_of(const char *text);

static inline slice slice_make(const char *at, size_t len)
{
	return (slice){ at, len };
}

/* The octets between two pointers into the same memory. */
static inline slice slice_between(const char *at, const char *end)
{
	return (slice){ at, (size_t)(end - at) };
}

/* Everything from octet n on; empty if n is past the end. */
static inline slice slice_from(slice s, size_t n)
{
	return n < s.len ? (slice){ s.at + n, s.len - n } : (slice){ s.at ? s.at + s.len : s.at, 0 };
}

/* The first n octets, or all. */
static inline slice slice_first(slice s, size_t n)
{
	return (slice){ s.at, n < s.len ? n : s.len };
}

static inline bool slice_eq(slice a, slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool slice_eq_nocase(slice a, slice b);
/* No octet above 127. */
bool slice_is_ascii(slice s);
bool slice_starts(slice s, slice prefix);
bool slice_starts_nocase(slice s, slice prefix);
bool slice_ends_nocase(slice s, slice suffix);
/* memcmp order, the shorter first; ASCII case ignored in the second. */
int slice_compare(slice a, slice b);

#define SLICE_NONE ((size_t)-1)

/* Offset of the first (last) `c`, or SLICE_NONE. */
static inline size_t slice_find_char(slice s, char c)
{
	const char *hit = s.at ? memchr(s.at, c, s.len) : NULL;
	return hit ? (size_t)(hit - s.at) : SLICE_NONE;
}

size_t slice_find_last_char(slice s, char c);
/* Offset of the first `needle`, or SLICE_NONE. */
size_t slice_find(slice s, slice needle);
size_t slice_find_nocase(slice s, slice needle);

/* Without SP, HTAB, CR and LF at both ends (FWS, RFC 5322 3.2.2); the second without SP and HTAB only. */
slice slice_trim_fws(slice s);
slice slice_trim_wsp(slice s);

/* Cuts at the first `c`: returns what stands before it and moves `*rest` past it; at the end returns the rest and
 * makes `*rest` empty with at == NULL.  Loop while (rest.at). */
static inline slice slice_split(slice *rest, char c)
{
	size_t n = slice_find_char(*rest, c);
	slice head = *rest;
	if (n == SLICE_NONE) {
		*rest = (slice){ 0 };
		return head;
	}
	head.len = n;
	*rest = slice_make(rest->at + n + 1, rest->len - n - 1);
	return head;
}

#endif
