/* SPDX-License-Identifier: Apache-2.0 */
#include "overrides_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../file/change.h"

#define LOOK_MS 1000

static bool refuse(struct buf *error, const char *path, const char *why)
{
	buf_put_text(error, path);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return false;
}

static bool refuse_errno(struct buf *error, const char *path)
{
	return refuse(error, path, strerror(errno));
}

/* ---- reading ---- */

static bool read_octets(int fd, const char *path, struct buf *to, struct buf *error)
{
	char *at;
	ssize_t n = 1;
	while (n > 0 && (at = buf_reserve(to, 4096)) != NULL) {
		n = read(fd, at, 4096);
		if (n < 0 && errno == EINTR) {
			n = 1;
		} else if (n < 0) {
			return refuse_errno(error, path);
		} else {
			to->len += (size_t)n;
		}
	}
	return buf_ok(to) || refuse(error, path, "too large for a file of overrides");
}

/* Who may write it decides what mail gets through. */
static bool is_safe(const struct stat *st, const char *path, struct buf *error)
{
	if (!S_ISREG(st->st_mode)) {
		return refuse(error, path, "not a regular file");
	}
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		return refuse(error, path, "belongs neither to us nor to root");
	}
	return !(st->st_mode & (S_IWGRP | S_IWOTH)) || refuse(error, path, "its group or others may write it");
}

static bool read_open(int fd, const char *path, struct signet_arena *a, struct overrides *ret, struct stat *ret_st,
                      struct buf *error)
{
	struct buf text;
	if (fstat(fd, ret_st) != 0) {
		return refuse_errno(error, path);
	}
	if (!is_safe(ret_st, path, error)) {
		return false;
	}
	buf_init(&text, OVERRIDES_OCTETS + 4096);
	bool good = read_octets(fd, path, &text, error) && overrides_parse(buf_slice(&text), path, a, ret, error);
	buf_finish(&text);
	return good;
}

static bool read_file(const char *path, struct signet_arena *a, struct overrides *ret, struct stat *ret_st,
                      struct buf *error)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	memset(ret_st, 0, sizeof(*ret_st));
	if (fd < 0) {
		overrides_init(ret, a);
		return errno == ENOENT || refuse_errno(error, path);
	}
	bool good = read_open(fd, path, a, ret, ret_st, error);
	close(fd);
	return good;
}

bool overrides_file_read(const char *path, struct signet_arena *a, struct overrides *ret, struct buf *error)
{
	struct stat ignored;
	return read_file(path, a, ret, &ignored, error);
}

/* ---- changing ---- */

static bool take_lock(struct overrides_edit *e, struct buf *error)
{
	char path[OVERRIDES_PATH_OCTETS + sizeof(".lock")];
	snprintf(path, sizeof(path), "%s.lock", e->path);
	e->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (e->lock < 0) {
		return refuse_errno(error, path);
	}
	if (!change_lock(e->lock, OVERRIDES_LOCK_MS)) {
		(void)(errno == EWOULDBLOCK ? refuse(error, path, "another command is changing the overrides")
		                            : refuse_errno(error, path));
		close(e->lock);
		return false;
	}
	return true;
}

bool overrides_edit_begin(const char *path, struct overrides_edit *ret, struct buf *error)
{
	size_t n = strlen(path);
	if (n >= sizeof(ret->path)) {
		errno = ENAMETOOLONG;
		return refuse_errno(error, path);
	}
	memcpy(ret->path, path, n + 1);
	if (!take_lock(ret, error)) {
		return false;
	}
	arena_init(&ret->arena, OVERRIDES_BYTES);
	if (!overrides_file_read(path, &ret->arena, &ret->overrides, error)) {
		overrides_edit_end(ret);
		return false;
	}
	return true;
}

void overrides_edit_end(struct overrides_edit *e)
{
	close(e->lock);
	arena_finish(&e->arena);
}

/* The renaming is on the disk too. */
static void sync_folder(const char *path)
{
	char folder[OVERRIDES_PATH_OCTETS];
	size_t len = slice_find_last_char(slice_of(path), '/');
	snprintf(folder, sizeof(folder), "%.*s", len == SLICE_NONE ? 1 : (int)len + 1, len == SLICE_NONE ? "." : path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
}

static bool replace(const struct overrides_edit *e, slice text, struct buf *error)
{
	char temporary[OVERRIDES_PATH_OCTETS + sizeof(".tmp")];
	snprintf(temporary, sizeof(temporary), "%s.tmp", e->path);
	bool good = change_write(AT_FDCWD, temporary, 0644, text) || refuse_errno(error, temporary);
	if (good && rename(temporary, e->path) != 0) {
		good = refuse_errno(error, e->path);
	}
	if (!good) {
		(void)unlink(temporary);
	}
	return good;
}

bool overrides_edit_save(struct overrides_edit *e, int64_t now, struct buf *error)
{
	struct buf text;
	buf_init(&text, OVERRIDES_OCTETS);
	overrides_write(&e->overrides, now, &text);
	bool good =
		buf_ok(&text) ? replace(e, buf_slice(&text), error) : refuse(error, e->path, "more than a file takes");
	buf_finish(&text);
	if (good) {
		sync_folder(e->path);
	}
	return good;
}

/* ---- watching ---- */

struct overrides_watch {
	char path[OVERRIDES_PATH_OCTETS];
	pthread_mutex_t lock; /* guards all below */
	bool has_looked;
	int64_t looked_ms;
	struct stat seen; /* zeroed: there was no file */
	struct signet_arena arena;
	struct overrides overrides; /* the last that could be believed */
};

struct overrides_watch *overrides_watch_new(const char *path)
{
	struct overrides_watch *w = calloc(1, sizeof(*w));
	if (!w || (size_t)snprintf(w->path, sizeof(w->path), "%s", path) >= sizeof(w->path)) {
		free(w);
		return NULL;
	}
	pthread_mutex_init(&w->lock, NULL);
	arena_init(&w->arena, OVERRIDES_BYTES);
	overrides_init(&w->overrides, &w->arena);
	return w;
}

void overrides_watch_free(struct overrides_watch *w)
{
	if (w) {
		arena_finish(&w->arena);
		pthread_mutex_destroy(&w->lock);
		free(w);
	}
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void read_again(struct overrides_watch *w, struct buf *error)
{
	struct signet_arena arena;
	struct overrides fresh;
	struct stat st;
	arena_init(&arena, OVERRIDES_BYTES);
	if (!read_file(w->path, &arena, &fresh, &st, error)) {
		arena_finish(&arena);
		return;
	}
	arena_finish(&w->arena);
	w->arena = arena;
	w->overrides = fresh;
	w->overrides.arena = &w->arena;
}

static void look(struct overrides_watch *w, int64_t now_ms, struct buf *error)
{
	struct stat st;
	int64_t age = now_ms - w->looked_ms;
	if (w->has_looked && age >= 0 && age < LOOK_MS) {
		return;
	}
	w->looked_ms = now_ms;
	if (lstat(w->path, &st) != 0) {
		memset(&st, 0, sizeof(st));
	}
	if (!w->has_looked || !is_same(&st, &w->seen)) {
		read_again(w, error);
		w->seen = st;
	}
	w->has_looked = true;
}

uint64_t overrides_watch_find(struct overrides_watch *w, slice author, const struct signet_ip *client, int64_t now_ms,
                              struct buf *error)
{
	pthread_mutex_lock(&w->lock);
	look(w, now_ms, error);
	const struct override *hit = overrides_find(&w->overrides, author, client, now_ms / 1000);
	uint64_t number = hit ? hit->number : 0;
	pthread_mutex_unlock(&w->lock);
	return number;
}
