/* SPDX-License-Identifier: Apache-2.0 */
/* A segment is looked at through a window of WINDOW_OCTETS, which has room for the largest entry.  Newest first, its entries
 * are listed once, forwards, and then read backwards. */
#include "reader.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define WINDOW_OCTETS ((size_t)2 << 20)
#define BACK_OCTETS ((size_t)64 << 10) /* before an entry that is wanted: those before it are wanted next */
#define INDEX_MAX ((size_t)1 << 20) /* of one segment; ours have fewer entries */

static_assert(WINDOW_OCTETS >= SEGMENT_ENTRY_HEAD + SEGMENT_ENTRY_OCTETS + BACK_OCTETS, "any entry fits");

struct spool_reader {
	int folder;
	enum spool_order order;
	int64_t since_ms;
	struct spool_trouble trouble;
	/* the segments: names[0 .. n) in the order of time, `at` of them next (newest first: down to 0) */
	struct segment_name *names;
	size_t n, at;
	/* the open one */
	int fd; /* -1: none */
	struct segment_name name;
	struct segment_name tried; /* oldest first: all up to this one have had their turn */
	uint64_t size;
	uint64_t offset; /* where to go on, oldest first */
	uint64_t limit; /* newest first: entries from here on are not wanted */
	uint64_t *index; /* offsets of entries, newest first */
	size_t n_index, index_room;
	/* the window */
	char *window;
	uint64_t window_at;
	size_t window_len;
	/* the last verdict */
	char *inflated;
	struct signet_arena arena;
	struct signet_book *book;
	struct dossier_read read;
	/* where to begin */
	bool has_from;
	struct spool_place from;
};

/* ---- entries ---- */

static bool inflate_all(slice what, char *to, size_t len)
{
	z_stream z = {
		.next_in = (Bytef *)what.at, .avail_in = (uInt)what.len, .next_out = (Bytef *)to, .avail_out = (uInt)len
	};
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK) {
		return false;
	}
	int status = inflate(&z, Z_FINISH);
	bool good = status == Z_STREAM_END && z.avail_out == 0 && z.avail_in == 0;
	inflateEnd(&z);
	return good;
}

bool spool_entry_read(const struct segment_entry *entry, slice what, char *inflated, struct signet_arena *a,
                      struct dossier_read *ret)
{
	if (entry->inflated > SEGMENT_ENTRY_OCTETS || entry->kept > DOSSIER_ROW) {
		return false;
	}
	if (entry->inflated) {
		if (!inflate_all(what, inflated, entry->inflated)) {
			return false;
		}
		what = slice_make(inflated, entry->inflated);
	}
	return dossier_unpack(what, a, ret);
}

/* ---- the window ---- */

/* Moves the window to `from`, as far as the file goes. */
static void look(struct spool_reader *r, uint64_t from)
{
	r->window_at = from;
	r->window_len = 0;
	while (r->window_len < WINDOW_OCTETS) {
		ssize_t n = pread(r->fd, r->window + r->window_len, WINDOW_OCTETS - r->window_len,
		                  (off_t)(from + r->window_len));
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) { /* what cannot be read is as good as not there */
			break;
		}
		r->window_len += (size_t)n;
	}
}

/* The next whole entry at or behind `from`; false: none up to the end. */
static bool find_entry(struct spool_reader *r, uint64_t from, uint64_t *ret_at, struct segment_entry *ret)
{
	size_t at;
	for (;;) {
		if (from < r->window_at || from > r->window_at + r->window_len || r->window_len == 0) {
			look(r, from);
		}
		size_t begin = (size_t)(from - r->window_at);
		switch (segment_find_entry(slice_make(r->window, r->window_len), begin, &at, ret)) {
		case SEGMENT_WHOLE:
			*ret_at = r->window_at + at;
			return true;
		case SEGMENT_SHORT:
			from = r->window_at + at;
			if (at > 0) {
				look(r, from);
			} else { /* the window is as far as the file goes: none is whole here */
				from++;
				if (from >= r->window_at + r->window_len) {
					return false;
				}
			}
			break;
		case SEGMENT_NOTHING:
			from = r->window_at + r->window_len;
			look(r, from);
			if (r->window_len == 0) {
				return false;
			}
			break;
		}
	}
}

static slice entry_octets(const struct spool_reader *r, uint64_t at, const struct segment_entry *entry)
{
	return slice_make(r->window + (at - r->window_at) + SEGMENT_ENTRY_HEAD, entry->octets);
}

/* ---- segments ---- */

static void leave(struct spool_reader *r)
{
	if (r->fd >= 0) {
		close(r->fd);
	}
	r->fd = -1;
	r->n_index = 0;
	r->window_len = 0;
}

/* True if it is one of ours, and may hold something of the time that is wanted. */
static bool enter(struct spool_reader *r, const struct segment_name *name)
{
	struct segment_head head;
	struct stat st;
	size_t begin;
	leave(r);
	r->name = *name;
	r->fd = openat(r->folder, name->at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (r->fd < 0 && errno == ENOENT) { /* taken meanwhile */
		return false;
	}
	if (r->fd < 0 || fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		r->trouble.foreign++;
		leave(r);
		return false;
	}
	/* nothing in it: it is begun right now, or who began it was killed */
	if (st.st_size == 0 || (int64_t)st.st_mtim.tv_sec + 1 < r->since_ms / 1000) {
		leave(r);
		return false;
	}
	look(r, 0);
	if (!segment_read_head(slice_make(r->window, r->window_len), &head, &begin)) {
		r->trouble.foreign++;
		leave(r);
		return false;
	}
	r->size = (uint64_t)st.st_size;
	r->offset = begin;
	r->limit = UINT64_MAX;
	if (r->has_from && strcmp(r->from.segment.at, name->at) == 0) {
		if (r->order == SPOOL_NEWEST_FIRST) {
			r->limit = r->from.offset;
		} else if (r->from.offset > begin) {
			r->offset = r->from.offset;
		}
	}
	return true;
}

static bool add_to_index(struct spool_reader *r, uint64_t at)
{
	if (r->n_index == INDEX_MAX) { /* none of ours: its older half is not told */
		memmove(r->index, r->index + INDEX_MAX / 2, INDEX_MAX / 2 * sizeof(*r->index));
		r->n_index = INDEX_MAX / 2;
	}
	if (r->n_index == r->index_room) {
		size_t room = r->index_room ? 2 * r->index_room : 1024;
		uint64_t *more = realloc(r->index, room * sizeof(*more));
		if (!more) {
			return false;
		}
		r->index = more;
		r->index_room = room;
	}
	r->index[r->n_index++] = at;
	return true;
}

/* All that is whole in the open segment. */
static bool make_index(struct spool_reader *r)
{
	struct segment_entry entry;
	uint64_t at, from = r->offset;
	while (find_entry(r, from, &at, &entry) && at < r->limit) {
		r->trouble.lost_octets += at - from;
		from = at + SEGMENT_ENTRY_HEAD + entry.octets;
		if (entry.time_ms >= r->since_ms && !add_to_index(r, at)) {
			return false;
		}
	}
	if (r->limit == UINT64_MAX && from < r->size) {
		r->trouble.lost_octets += r->size - from;
	}
	return true;
}

static bool list_again(struct spool_reader *r)
{
	int ignored;
	free(r->names);
	r->at = 0;
	return segment_list(r->folder, &r->names, &r->n, &ignored);
}

/* ---- in order ---- */

/* False: it is not readable, and counted. */
static bool read_entry(struct spool_reader *r, uint64_t at, const struct segment_entry *entry,
                       struct spool_verdict *ret)
{
	signet_arena_reset(&r->arena);
	signet_book_reset(r->book);
	if (!spool_entry_read(entry, entry_octets(r, at, entry), r->inflated, &r->arena, &r->read) ||
	    dossier_fill_book(&r->read, r->book) != SIGNET_OK) {
		r->trouble.unreadable++;
		return false;
	}
	r->read.row.book = r->read.row.dossier ? r->book : NULL;
	*ret = (struct spool_verdict) {
		.place = { r->name, at },
		.end = at + SEGMENT_ENTRY_HEAD + entry->octets,
		.time_ms = entry->time_ms,
		.kept = (enum dossier_kept)entry->kept,
		.row = &r->read.row,
	};
	return true;
}

/* The next one of the open segment. */
static bool next_forward(struct spool_reader *r, struct spool_verdict *ret)
{
	struct segment_entry entry;
	uint64_t at;
	while (r->fd >= 0 && find_entry(r, r->offset, &at, &entry)) {
		r->trouble.lost_octets += at - r->offset;
		r->offset = at + SEGMENT_ENTRY_HEAD + entry.octets;
		if (entry.time_ms >= r->since_ms && read_entry(r, at, &entry, ret)) {
			return true;
		}
	}
	return false;
}

/* A file without a whole head is one that its writer has only just made, if it is the newest. */
static bool is_unborn(const struct spool_reader *r, size_t i)
{
	struct stat st;
	return i + 1 == r->n && fstatat(r->folder, r->names[i].at, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size < SEGMENT_HEAD_OCTETS;
}

static bool is_next(const struct spool_reader *r, const char *name)
{
	return strcmp(name, r->tried.at) > 0 && (!r->has_from || strcmp(name, r->from.segment.at) >= 0);
}

/* The first segment behind the one we are in; false: there is none, and we stay. */
static bool enter_next(struct spool_reader *r)
{
	for (; r->at < r->n; r->at++) {
		const struct segment_name *name = &r->names[r->at];
		if (!is_next(r, name->at)) {
			continue;
		}
		if (is_unborn(r, r->at)) {
			return false;
		}
		r->tried = *name;
		struct spool_reader before = *r;
		r->fd = -1; /* so that it stays open */
		if (enter(r, name)) {
			if (before.fd >= 0) {
				close(before.fd);
			}
			r->at++;
			return true;
		}
		before.trouble = r->trouble;
		*r = before;
		r->window_len = 0;
	}
	return false;
}

static enum spool_found next_oldest(struct spool_reader *r, struct spool_verdict *ret)
{
	bool listed = false;
	for (;;) {
		if (next_forward(r, ret)) {
			return SPOOL_FOUND;
		}
		if (enter_next(r)) {
			continue;
		}
		if (listed) {
			return SPOOL_END;
		}
		if (!list_again(r)) {
			return SPOOL_FAILED;
		}
		listed = true;
		r->window_len = 0; /* the segment may have grown */
	}
}

static enum spool_found next_newest(struct spool_reader *r, struct spool_verdict *ret)
{
	struct segment_entry entry;
	uint64_t at;
	for (;;) {
		while (r->n_index) {
			uint64_t wanted = r->index[--r->n_index];
			if (wanted < r->window_at || wanted >= r->window_at + r->window_len) {
				look(r, wanted > BACK_OCTETS ? wanted - BACK_OCTETS : 0);
			}
			if (find_entry(r, wanted, &at, &entry) && at == wanted && read_entry(r, at, &entry, ret)) {
				return SPOOL_FOUND;
			}
		}
		if (r->at == 0) {
			return SPOOL_END;
		}
		r->at--;
		if (r->has_from && strcmp(r->names[r->at].at, r->from.segment.at) > 0) {
			continue;
		}
		if (enter(r, &r->names[r->at]) && !make_index(r)) {
			return SPOOL_FAILED;
		}
	}
}

enum spool_found spool_next(struct spool_reader *r, struct spool_verdict *ret)
{
	return r->order == SPOOL_NEWEST_FIRST ? next_newest(r, ret) : next_oldest(r, ret);
}

void spool_reader_since(struct spool_reader *r, int64_t time_ms)
{
	r->since_ms = time_ms;
}

struct spool_trouble spool_reader_trouble(const struct spool_reader *r)
{
	return r->trouble;
}

static void refuse(struct buf *error, const char *directory, int why)
{
	buf_put_text(error, directory);
	buf_put_text(error, ": ");
	buf_put_text(error, strerror(why));
}

static bool open_reader(struct spool_reader *r, const char *directory, int *ret_error)
{
	*ret_error = ENOMEM;
	r->window = malloc(WINDOW_OCTETS);
	r->inflated = malloc(SEGMENT_ENTRY_OCTETS);
	r->book = signet_book_new(0);
	if (!r->window || !r->inflated || !r->book) {
		return false;
	}
	r->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret_error = errno;
	return r->folder >= 0 && segment_list(r->folder, &r->names, &r->n, ret_error);
}

struct spool_reader *spool_read(const char *directory, enum spool_order order, const struct spool_place *from,
                                struct buf *error)
{
	int why;
	struct spool_reader *r = calloc(1, sizeof(*r));
	if (!r) {
		refuse(error, directory, ENOMEM);
		return NULL;
	}
	r->fd = r->folder = -1;
	r->order = order;
	r->since_ms = INT64_MIN;
	arena_init(&r->arena, DOSSIER_BYTES);
	if (from) {
		r->has_from = true;
		r->from = *from;
	}
	if (!open_reader(r, directory, &why)) {
		refuse(error, directory, why);
		spool_reader_free(r);
		return NULL;
	}
	r->at = order == SPOOL_NEWEST_FIRST ? r->n : 0;
	return r;
}

void spool_reader_free(struct spool_reader *r)
{
	if (r) {
		leave(r);
		if (r->folder >= 0) {
			close(r->folder);
		}
		arena_finish(&r->arena);
		signet_book_free(r->book);
		free(r->names);
		free(r->index);
		free(r->window);
		free(r->inflated);
		free(r);
	}
}
