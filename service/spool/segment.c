/* SPDX-License-Identifier: Apache-2.0 */
#include "segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#define VERSION 1
#define HEAD_OCTETS_MAX 4096
#define CHECKED (SEGMENT_ENTRY_HEAD - 4)

static const char magic[] = "signet spool\r\n\x1a\n";
static const char mark[] = "\xf5vd\x1a";

#define MAGIC_OCTETS (sizeof(magic) - 1)
#define MARK_OCTETS (sizeof(mark) - 1)

static void put(char *to, uint64_t n, size_t octets)
{
	for (size_t i = 0; i < octets; i++) {
		to[i] = (char)(unsigned char)(n >> 8 * i);
	}
}

static uint64_t get(const char *at, size_t octets)
{
	uint64_t n = 0;
	for (size_t i = octets; i > 0; i--) {
		n = n << 8 | (unsigned char)at[i - 1];
	}
	return n;
}

static uint32_t check(uint32_t so_far, slice octets)
{
	return (uint32_t)crc32(so_far, (const Bytef *)octets.at, (uInt)octets.len);
}

void segment_write_head(const struct segment_head *head, char to[static SEGMENT_HEAD_OCTETS])
{
	memcpy(to, magic, MAGIC_OCTETS);
	put(to + 16, VERSION, 4);
	put(to + 20, SEGMENT_HEAD_OCTETS, 4);
	put(to + 24, (uint64_t)head->made_ms, 8);
	memcpy(to + 32, head->host_id, sizeof(head->host_id));
	memcpy(to + 48, head->boot_id, sizeof(head->boot_id));
	put(to + 64, head->process, 4);
	put(to + 68, check(0, slice_make(to, 68)), 4);
}

bool segment_read_head(slice octets, struct segment_head *ret, size_t *ret_octets)
{
	if (octets.len < SEGMENT_HEAD_OCTETS || memcmp(octets.at, magic, MAGIC_OCTETS) != 0 ||
	    get(octets.at + 68, 4) != check(0, slice_make(octets.at, 68)) || get(octets.at + 16, 4) != VERSION) {
		return false;
	}
	uint64_t len = get(octets.at + 20, 4);
	if (len < SEGMENT_HEAD_OCTETS || len > HEAD_OCTETS_MAX) {
		return false;
	}
	ret->made_ms = (int64_t)get(octets.at + 24, 8);
	memcpy(ret->host_id, octets.at + 32, sizeof(ret->host_id));
	memcpy(ret->boot_id, octets.at + 48, sizeof(ret->boot_id));
	ret->process = (uint32_t)get(octets.at + 64, 4);
	*ret_octets = (size_t)len;
	return true;
}

void segment_write_entry(const struct segment_entry *entry, slice what, char to[static SEGMENT_ENTRY_HEAD])
{
	memcpy(to, mark, MARK_OCTETS);
	put(to + 4, entry->octets, 4);
	put(to + 8, entry->inflated, 4);
	put(to + 12, entry->kept, 4);
	put(to + 16, (uint64_t)entry->time_ms, 8);
	put(to + 24, check(check(0, slice_make(to, CHECKED)), what), 4);
}

/* True if an entry may begin here, as far as there are octets. */
static bool is_marked(slice octets)
{
	return memcmp(octets.at, mark, octets.len < MARK_OCTETS ? octets.len : MARK_OCTETS) == 0;
}

static bool read_entry_head(slice octets, struct segment_entry *ret)
{
	ret->octets = (uint32_t)get(octets.at + 4, 4);
	ret->inflated = (uint32_t)get(octets.at + 8, 4);
	ret->kept = (uint32_t)get(octets.at + 12, 4);
	ret->time_ms = (int64_t)get(octets.at + 16, 8);
	return ret->octets > 0 && ret->octets <= SEGMENT_ENTRY_OCTETS && ret->inflated <= SEGMENT_ENTRY_OCTETS;
}

enum segment_found segment_find_entry(slice octets, size_t from, size_t *ret_at, struct segment_entry *ret)
{
	for (size_t at = from; at < octets.len; at++) {
		const char *hit = memchr(octets.at + at, (unsigned char)mark[0], octets.len - at);
		if (!hit) {
			break;
		}
		at = (size_t)(hit - octets.at);
		slice rest = slice_from(octets, at);
		if (!is_marked(rest)) {
			continue;
		}
		*ret_at = at;
		if (rest.len < SEGMENT_ENTRY_HEAD) {
			return SEGMENT_SHORT;
		}
		if (!read_entry_head(rest, ret)) {
			continue;
		}
		if (rest.len - SEGMENT_ENTRY_HEAD < ret->octets) {
			return SEGMENT_SHORT;
		}
		slice what = slice_make(rest.at + SEGMENT_ENTRY_HEAD, ret->octets);
		if (get(rest.at + 24, 4) == check(check(0, slice_first(rest, CHECKED)), what)) {
			return SEGMENT_WHOLE;
		}
	}
	*ret_at = octets.len;
	return SEGMENT_NOTHING;
}

/* ---- names ---- */

void segment_make_name(int64_t made_ms, uint32_t process, uint32_t number, struct segment_name *ret)
{
	snprintf(ret->at, sizeof(ret->at), "verdicts-%016llx-%u.%u.segment", (unsigned long long)made_ms, process,
	         number);
}

bool segment_is_name(const char *name)
{
	slice s = slice_of(name);
	return s.len < SEGMENT_NAME_OCTETS && slice_starts(s, S("verdicts-")) && slice_ends_nocase(s, S(".segment")) &&
	       slice_find_char(s, '/') == SLICE_NONE;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct segment_name *)a)->at, ((const struct segment_name *)b)->at);
}

static bool collect(DIR *dir, struct segment_name **ret, size_t *ret_n)
{
	size_t room = 0;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		if (!segment_is_name(e->d_name) || *ret_n == SEGMENTS_MAX) {
			continue;
		}
		if (*ret_n == room) {
			room = room ? 2 * room : 64;
			struct segment_name *more = realloc(*ret, room * sizeof(*more));
			if (!more) {
				return false;
			}
			*ret = more;
		}
		memset(&(*ret)[*ret_n], 0, sizeof(**ret));
		memcpy((*ret)[(*ret_n)++].at, e->d_name, strlen(e->d_name));
	}
	return true;
}

bool segment_list(int folder, struct segment_name **ret, size_t *ret_n, int *ret_error)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	*ret = NULL;
	*ret_n = 0;
	if (!dir) {
		*ret_error = errno;
		if (fd >= 0) {
			close(fd);
		}
		return false;
	}
	bool good = collect(dir, ret, ret_n);
	closedir(dir);
	if (!good) {
		free(*ret);
		*ret = NULL;
		*ret_error = ENOMEM;
		return false;
	}
	if (*ret_n) {
		qsort(*ret, *ret_n, sizeof(**ret), compare_names);
	}
	return true;
}
