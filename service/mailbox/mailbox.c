/* SPDX-License-Identifier: Apache-2.0 */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maildir.h"
#include "split.h"
#include "spool.h"

/* A file, shared by the messages of an mbox; closed with the last of them. */
struct mailbox_file {
	char *path;
	int fd; /* -1: could not be opened */
	bool is_stdin; /* not ours to close */
	uint64_t size;
	size_t users;
};

/* Who holds the lock may look at everything here; items belong to whoever took them. */
struct mailbox {
	pthread_mutex_t lock;
	const char *const *paths;
	size_t n_paths;
	size_t next_path;
	const char *failed_path; /* a directory that could not be listed, and why */
	int failed_errno;
	struct maildir list; /* of the path before next_path, if that is a directory */
	size_t next_file;
	struct mailbox_file *mbox; /* the file being split, or NULL */
	size_t mbox_number;
	struct split split;
	uint64_t done;
	uint64_t total;
};

static const char *error_text(int why)
{
	if (why == ESTALE) {
		return "the file became shorter while it was read";
	}
	const char *text = strerrordesc_np(why);
	return text ? text : "cannot be read";
}

static bool is_stdin(const char *path)
{
	return path[0] == '-' && path[1] == '\0';
}

/* What a path will give; 0 if that cannot be known yet. */
static uint64_t octets_of(const char *path)
{
	struct stat st;
	if (is_stdin(path) || stat(path, &st) < 0) {
		return 0;
	}
	if (S_ISREG(st.st_mode)) {
		return (uint64_t)st.st_size;
	}
	uint64_t octets = 0;
	if (S_ISDIR(st.st_mode)) {
		struct maildir list;
		maildir_list(path, &list);
		octets = list.octets;
		maildir_finish(&list);
	}
	return octets;
}

struct mailbox *mailbox_open(const char *const *paths, size_t n)
{
	struct mailbox *box = calloc(1, sizeof(*box));
	if (!box) {
		return NULL;
	}
	box->split.window = malloc(SPLIT_WINDOW);
	if (!box->split.window || pthread_mutex_init(&box->lock, NULL) != 0) {
		free(box->split.window);
		free(box);
		return NULL;
	}
	box->paths = paths;
	box->n_paths = n;
	for (size_t i = 0; i < n; i++) {
		box->total += octets_of(paths[i]);
	}
	return box;
}

static void release(struct mailbox_file *file)
{
	if (file && --file->users == 0) {
		if (file->fd >= 0 && !file->is_stdin) {
			close(file->fd);
		}
		free(file->path);
		free(file);
	}
}

void mailbox_free(struct mailbox *box)
{
	if (!box) {
		return;
	}
	release(box->mbox);
	maildir_finish(&box->list);
	free(box->split.window);
	pthread_mutex_destroy(&box->lock);
	free(box);
}

static void fail(struct mailbox_item *item, int why)
{
	item->error = error_text(why);
}

/* True if `fd` can be read at any offset and stands at its beginning. */
static bool is_whole_file(int fd, const struct stat *st)
{
	return S_ISREG(st->st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
}

/* Opens the file, or keeps what comes from a pipe. */
static bool open_file(struct mailbox *box, struct mailbox_file *file)
{
	struct stat st;
	file->is_stdin = is_stdin(file->path);
	file->fd = file->is_stdin ? STDIN_FILENO : open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (file->fd < 0 || fstat(file->fd, &st) < 0) {
		return false;
	}
	if (is_whole_file(file->fd, &st)) {
		file->size = (uint64_t)st.st_size;
		box->total += file->is_stdin ? file->size : 0;
		return true;
	}
	int kept = spool_all(file->fd, &file->size);
	int why = errno;
	if (!file->is_stdin) {
		close(file->fd);
	}
	file->is_stdin = false;
	file->fd = kept;
	box->total += file->size;
	errno = why;
	return kept >= 0;
}

static bool begins_like_mbox(int fd)
{
	char begin[256];
	ssize_t n = pread(fd, begin, sizeof(begin), 0);
	return n > 0 && split_is_mbox(slice_make(begin, (size_t)n));
}

/* The next message of the mbox that is open. */
static void next_of_mbox(struct mailbox *box, struct mailbox_item *item)
{
	uint64_t begin = box->split.next;
	struct split_message m;
	item->file = box->mbox;
	item->path = box->mbox->path;
	item->number = ++box->mbox_number;
	if (split_next(&box->split, &m) != SIGNET_OK) {
		fail(item, errno);
		box->mbox = NULL; /* the item takes our share of the file */
		return;
	}
	item->offset = m.begin;
	item->length = m.end - m.begin;
	item->span = m.next - begin;
	if (m.next < box->split.size) {
		box->mbox->users++;
		return;
	}
	box->mbox = NULL;
	if (item->number == 1) {
		item->number = 0;
	}
}

/* The first message of a file. */
static void first_of_file(struct mailbox *box, const char *path, struct mailbox_item *item)
{
	struct mailbox_file *file = calloc(1, sizeof(*file));
	char *copy = strdup(path);
	if (!file || !copy) {
		free(file);
		free(copy);
		item->path = "";
		fail(item, ENOMEM);
		return;
	}
	file->path = copy;
	file->users = 1;
	item->file = file;
	item->path = copy;
	if (!open_file(box, file)) {
		fail(item, errno);
		return;
	}
	if (begins_like_mbox(file->fd)) {
		box->mbox = file;
		box->mbox_number = 0;
		box->split = (struct split) { .fd = file->fd, .size = file->size, .window = box->split.window };
		next_of_mbox(box, item);
		return;
	}
	item->length = item->span = file->size;
}

static bool is_directory(const char *path)
{
	struct stat st;
	return !is_stdin(path) && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Where the next message comes from: the open mbox, the listed directory, the next path. */
static bool next_item(struct mailbox *box, struct mailbox_item *item)
{
	for (;;) {
		if (box->mbox) {
			next_of_mbox(box, item);
			return true;
		}
		if (box->next_file < box->list.n) {
			first_of_file(box, box->list.paths[box->next_file++], item);
			return true;
		}
		if (box->failed_path) {
			item->path = box->failed_path;
			fail(item, box->failed_errno);
			box->failed_path = NULL;
			return true;
		}
		if (box->next_path == box->n_paths) {
			return false;
		}
		const char *path = box->paths[box->next_path++];
		if (!is_directory(path)) {
			first_of_file(box, path, item);
			return true;
		}
		maildir_finish(&box->list);
		box->next_file = 0;
		if (!maildir_list(path, &box->list)) {
			box->failed_errno = errno;
			box->failed_path = path;
		}
	}
}

bool mailbox_next(struct mailbox *box, struct mailbox_item *ret)
{
	struct mailbox_item item = { .box = box };
	pthread_mutex_lock(&box->lock);
	bool found = next_item(box, &item);
	pthread_mutex_unlock(&box->lock);
	if (found) {
		*ret = item;
	}
	return found;
}

/* Counts what is new up to `octets` of the item's span. */
static void count(struct mailbox_item *item, uint64_t octets)
{
	if (octets > item->counted) {
		pthread_mutex_lock(&item->box->lock);
		item->box->done += octets - item->counted;
		pthread_mutex_unlock(&item->box->lock);
		item->counted = octets;
	}
}

/* At most `room` octets from `at` on, as stored; 0 is the end of the message. */
static enum signet_status read_stored(struct mailbox_item *item, uint64_t at, char *buffer, size_t room, size_t *ret_n)
{
	uint64_t left = item->length - at;
	if (left < room) {
		room = (size_t)left;
	}
	*ret_n = 0;
	while (room) {
		ssize_t n = pread(item->file->fd, buffer, room, (off_t)(item->offset + at));
		if (n > 0) {
			*ret_n = (size_t)n;
			return SIGNET_OK;
		}
		if (n == 0 || errno != EINTR) {
			fail(item, n ? errno : ESTALE);
			return SIGNET_IO;
		}
	}
	return SIGNET_OK;
}

/* One CRLF anywhere means that the octets are taken as they are. */
static enum signet_status find_line_ends(struct mailbox_item *item, char *buffer, size_t room)
{
	bool after_cr = false;
	size_t n;
	for (uint64_t at = 0;; at += n) {
		TRY(read_stored(item, at, buffer, room, &n));
		if (n == 0) {
			item->lines = MAILBOX_LINES_LF;
			return SIGNET_OK;
		}
		if ((after_cr && buffer[0] == '\n') || slice_find(slice_make(buffer, n), S("\r\n")) != SLICE_NONE) {
			item->lines = MAILBOX_LINES_AS_STORED;
			return SIGNET_OK;
		}
		after_cr = buffer[n - 1] == '\r';
	}
}

/* Moves n octets from `from` (behind `to`, with room for n more in between) and makes every LF a CRLF on the way. */
static size_t expand(char *to, const char *from, size_t n)
{
	const char *begin = to;
	while (n) {
		const char *lf = memchr(from, '\n', n);
		size_t len = lf ? (size_t)(lf - from) : n;
		memmove(to, from, len);
		to += len;
		from += len;
		n -= len;
		if (lf) {
			*to++ = '\r';
			*to++ = '\n';
			from++;
			n--;
		}
	}
	return (size_t)(to - begin);
}

enum signet_status mailbox_read(struct mailbox_item *item, char *buffer, size_t room, size_t *ret_n)
{
	if (item->error) {
		return SIGNET_IO;
	}
	if (room < MAILBOX_ROOM_MIN) {
		return SIGNET_MISUSE;
	}
	if (item->lines == MAILBOX_LINES_UNKNOWN) {
		TRY(find_line_ends(item, buffer, room));
	}
	size_t n, out;
	if (item->lines == MAILBOX_LINES_AS_STORED) {
		TRY(read_stored(item, item->at, buffer, room, &n));
		out = n;
	} else {
		size_t half = room / 2;
		TRY(read_stored(item, item->at, buffer + (room - half), half, &n));
		out = expand(buffer, buffer + (room - half), n);
	}
	item->at += n;
	count(item, item->at);
	*ret_n = out;
	return SIGNET_OK;
}

void mailbox_rewind(struct mailbox_item *item)
{
	item->at = 0;
}

bool mailbox_has_lf_lines(const struct mailbox_item *item)
{
	return item->lines == MAILBOX_LINES_LF;
}

void mailbox_close_item(struct mailbox_item *item)
{
	count(item, item->span);
	pthread_mutex_lock(&item->box->lock);
	release(item->file);
	pthread_mutex_unlock(&item->box->lock);
	item->file = NULL;
	item->path = "";
}

void mailbox_progress(struct mailbox *box, uint64_t *ret_done, uint64_t *ret_total)
{
	pthread_mutex_lock(&box->lock);
	*ret_done = box->done;
	*ret_total = box->total;
	pthread_mutex_unlock(&box->lock);
}
