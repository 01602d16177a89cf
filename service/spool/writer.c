/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: what a verdict costs is a packing outside of the lock and one write(2) inside of it.
 *
 *     (none) --first verdict--> open --full, or no write can be trusted--> left, waits for spool_sync() --> closed
 *                                 ^_______________________________________|
 *
 * A segment is made when there is something to put into it; so a disk that is full at the start, and has room later, costs
 * what was refused meanwhile and nothing else. */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "dossier.h"
#include "segment.h"

/* Measured (bench/spool.c): a common dossier has two thousand octets, because its texts are written once.  Deflating it saves
 * a third and takes five times as long as packing it; what is larger is repetitive, rare, and worth it. */
#define DEFLATE_FROM ((size_t)8 << 10)
#define DEFLATE_LEVEL 1

#define SEGMENT_LEAST ((uint64_t)64 << 10)
#define SEGMENTS_KEPT 8 /* of most_octets, so that the oldest to go are a part of all */
#define LEFT_MAX 8 /* segments that wait for spool_sync(); if nobody calls it they are closed all the same */
#define NAMES_TRIED 1000
#define LOCK_TRIES 1000

/* What one thread needs to make an entry. */
struct maker {
	struct maker *next;
	struct packer *packer;
	struct buf packed;
	struct buf entry;
	z_stream deflate;
	bool has_deflate;
};

struct spool_writer {
	int folder;
	uint64_t most_octets, segment_octets;
	struct segment_head head;
	pthread_mutex_t lock; /* guards all below */
	struct maker *makers; /* those at rest */
	int fd; /* the segment; -1: none */
	struct segment_name name;
	uint64_t octets; /* of it that are whole */
	uint32_t number; /* of the last name */
	bool is_dirty; /* something is not on the disk */
	bool is_folder_dirty;
	bool wants_room; /* a segment began, and the oldest did not go yet */
	int left[LEFT_MAX]; /* full ones that are not on the disk yet */
	size_t n_left;
	unsigned syncs; /* under way: they use descriptors */
	pthread_cond_t synced;
};

/* ---- entries ---- */

static void maker_free(struct maker *m)
{
	if (m) {
		packer_free(m->packer);
		buf_finish(&m->packed);
		buf_finish(&m->entry);
		if (m->has_deflate) {
			deflateEnd(&m->deflate);
		}
		free(m);
	}
}

static struct maker *maker_new(void)
{
	struct maker *m = calloc(1, sizeof(*m));
	if (m) {
		buf_init(&m->packed, DOSSIER_OCTETS);
		buf_init(&m->entry, SEGMENT_ENTRY_HEAD + DOSSIER_OCTETS);
		m->packer = packer_new();
	}
	if (m && !m->packer) {
		maker_free(m);
		return NULL;
	}
	return m;
}

static struct maker *borrow_maker(struct spool_writer *w)
{
	pthread_mutex_lock(&w->lock);
	struct maker *m = w->makers;
	if (m) {
		w->makers = m->next;
	}
	pthread_mutex_unlock(&w->lock);
	return m ? m : maker_new();
}

/* Deflates into the entry; 0 if it does not get smaller. */
static size_t deflate_into(struct maker *m, char *to, size_t room)
{
	if (!m->has_deflate) {
		m->has_deflate = deflateInit2(&m->deflate, DEFLATE_LEVEL, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL - 1,
		                              Z_DEFAULT_STRATEGY) == Z_OK;
	} else {
		deflateReset(&m->deflate);
	}
	if (!m->has_deflate) {
		return 0;
	}
	m->deflate.next_in = (Bytef *)m->packed.at;
	m->deflate.avail_in = (uInt)m->packed.len;
	m->deflate.next_out = (Bytef *)to;
	m->deflate.avail_out = (uInt)room;
	return deflate(&m->deflate, Z_FINISH) == Z_STREAM_END ? room - m->deflate.avail_out : 0;
}

static bool make_entry(struct maker *m, const struct verdict_row *row)
{
	struct segment_entry entry = { .time_ms = row->time_ms };
	entry.kept = dossier_pack(m->packer, row, &m->packed);
	buf_clear(&m->entry);
	char *to = m->packed.len ? buf_reserve(&m->entry, SEGMENT_ENTRY_HEAD + m->packed.len) : NULL;
	if (!buf_ok(&m->packed) || !to) {
		return false;
	}
	char *what = to + SEGMENT_ENTRY_HEAD;
	size_t deflated = m->packed.len >= DEFLATE_FROM ? deflate_into(m, what, m->packed.len) : 0;
	if (deflated) {
		entry.octets = (uint32_t)deflated;
		entry.inflated = (uint32_t)m->packed.len;
	} else {
		memcpy(what, m->packed.at, m->packed.len);
		entry.octets = (uint32_t)m->packed.len;
	}
	segment_write_entry(&entry, slice_make(what, entry.octets), to);
	m->entry.len = SEGMENT_ENTRY_HEAD + entry.octets;
	return true;
}

/* ---- segments; with the lock held, but for keep_few() ---- */

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* All of it, or nothing: what was begun is cut off again.  False: `*ret_error`; if even that cannot be done `*ret_spoilt`. */
static bool append(int fd, uint64_t at, slice octets, int *ret_error, bool *ret_spoilt)
{
	size_t done = 0;
	while (done < octets.len) {
		ssize_t n = write(fd, octets.at + done, octets.len - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			*ret_error = n == 0 ? ENOSPC : errno;
			*ret_spoilt = done && ftruncate(fd, (off_t)at) != 0;
			return false;
		}
	}
	return true;
}

static void close_left(struct spool_writer *w)
{
	while (w->n_left) {
		close(w->left[--w->n_left]);
	}
}

/* No more goes into this segment. */
static void leave_segment(struct spool_writer *w)
{
	if (w->fd < 0) {
		return;
	}
	if (w->n_left == LEFT_MAX && !w->syncs) {
		close_left(w);
	}
	flock(w->fd, LOCK_UN);
	if (w->is_dirty && w->n_left < LEFT_MAX) {
		w->left[w->n_left++] = w->fd;
	} else {
		close(w->fd);
	}
	w->fd = -1;
	w->octets = 0;
	w->is_dirty = false;
}

/* Nobody writes it any more. */
static bool is_complete(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* Its size, and whether it is complete; 0: gone, or none of our business. */
static uint64_t look_at(const struct spool_writer *w, const char *name, bool *ret_complete)
{
	struct stat st;
	int fd = openat(w->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	*ret_complete = false;
	if (fd < 0) {
		return 0;
	}
	bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	*ret_complete = good && is_complete(fd);
	close(fd);
	return good ? (uint64_t)st.st_size : 0;
}

/* The oldest complete ones go until all are `most_octets` at most, with `room` for what is to come.  To remove a large file
 * takes its time: nobody should wait for it. */
static void keep_few(const struct spool_writer *w, uint64_t room)
{
	struct segment_name *names;
	uint64_t all = 0;
	size_t n;
	int ignored;
	bool complete;
	if (!w->most_octets || !segment_list(w->folder, &names, &n, &ignored)) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		all += look_at(w, names[i].at, &complete);
	}
	for (size_t i = 0; i < n && all > w->most_octets - room; i++) {
		uint64_t octets = look_at(w, names[i].at, &complete);
		/* one without an octet is about to be locked by who made it */
		if (complete && octets && unlinkat(w->folder, names[i].at, 0) == 0) {
			all -= octets < all ? octets : all;
		}
	}
	free(names);
}

static int make_file(struct spool_writer *w, struct segment_head *head)
{
	int fd = -1;
	for (unsigned tried = 0; fd < 0 && tried < NAMES_TRIED; tried++) {
		int64_t now = now_ms();
		head->made_ms = now > w->head.made_ms ? now : w->head.made_ms;
		segment_make_name(head->made_ms, head->process, ++w->number, &w->name);
		fd = openat(w->folder, w->name.at, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		            0640);
		if (fd < 0 && errno != EEXIST) {
			break;
		}
	}
	return fd;
}

/* Somebody else's retention may look at it just now, which takes no time.  Where there are no locks (some network disks)
 * retention may take it early. */
static void hold(int fd)
{
	for (unsigned tried = 0; tried < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) != 0; tried++) {
		sched_yield();
	}
}

static bool begin_segment(struct spool_writer *w, int *ret_error)
{
	char octets[SEGMENT_HEAD_OCTETS];
	bool ignored;
	if (w->wants_room) { /* nobody calls spool_sync() */
		keep_few(w, w->segment_octets);
	}
	w->wants_room = true;
	int fd = make_file(w, &w->head);
	if (fd < 0) {
		*ret_error = errno;
		return false;
	}
	segment_write_head(&w->head, octets);
	hold(fd);
	if (!append(fd, 0, slice_make(octets, sizeof(octets)), ret_error, &ignored)) {
		(void)unlinkat(w->folder, w->name.at, 0);
		close(fd);
		return false;
	}
	w->fd = fd;
	w->octets = sizeof(octets);
	w->is_folder_dirty = true;
	return true;
}

static bool put_entry(struct spool_writer *w, slice entry, int *ret_error)
{
	bool spoilt = false;
	if (w->fd >= 0 && w->octets + entry.len > w->segment_octets && w->octets > SEGMENT_HEAD_OCTETS) {
		leave_segment(w);
	}
	if (w->fd < 0 && !begin_segment(w, ret_error)) {
		return false;
	}
	if (!append(w->fd, w->octets, entry, ret_error, &spoilt)) {
		if (spoilt) {
			leave_segment(w);
		}
		return false;
	}
	w->octets += entry.len;
	w->is_dirty = true;
	return true;
}

/* ---- the calls ---- */

bool spool_put(struct spool_writer *w, const struct verdict_row *row, int *ret_error)
{
	struct maker *m = borrow_maker(w);
	if (!m || !make_entry(m, row)) {
		maker_free(m);
		*ret_error = ENOMEM;
		return false;
	}
	pthread_mutex_lock(&w->lock);
	bool good = put_entry(w, buf_slice(&m->entry), ret_error);
	m->next = w->makers;
	w->makers = m;
	pthread_mutex_unlock(&w->lock);
	return good;
}

int spool_sync(struct spool_writer *w)
{
	int trouble = 0;
	int fds[LEFT_MAX + 1];
	size_t n = 0;
	pthread_mutex_lock(&w->lock);
	if (w->syncs) { /* somebody is at it: what is dirty meanwhile waits for the next time */
		pthread_mutex_unlock(&w->lock);
		return 0;
	}
	size_t n_left = w->n_left;
	for (size_t i = 0; i < n_left; i++) {
		fds[n++] = w->left[i];
	}
	int current = w->is_dirty && w->fd >= 0 ? dup(w->fd) : -1; /* it may be left and closed meanwhile */
	bool folder = w->is_folder_dirty;
	w->is_dirty = w->is_dirty && current < 0;
	w->is_folder_dirty = false;
	bool wants_room = w->wants_room;
	w->wants_room = false;
	w->syncs++;
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < n; i++) {
		trouble = fdatasync(fds[i]) == 0 ? trouble : errno;
	}
	if (current >= 0) {
		trouble = fdatasync(current) == 0 ? trouble : errno;
		close(current);
	}
	if (folder && fsync(w->folder) != 0) {
		trouble = errno;
	}
	if (wants_room) {
		keep_few(w, w->segment_octets);
	}
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < n_left; i++) {
		close(w->left[i]);
	}
	memmove(w->left, w->left + n_left, (w->n_left - n_left) * sizeof(w->left[0]));
	w->n_left -= n_left;
	w->syncs--;
	pthread_cond_broadcast(&w->synced);
	pthread_mutex_unlock(&w->lock);
	return trouble;
}

static void free_writer(struct spool_writer *w)
{
	while (w->makers) {
		struct maker *m = w->makers;
		w->makers = m->next;
		maker_free(m);
	}
	pthread_cond_destroy(&w->synced);
	pthread_mutex_destroy(&w->lock);
	if (w->folder >= 0) {
		close(w->folder);
	}
	free(w);
}

void spool_close(struct spool_writer *w)
{
	if (!w) {
		return;
	}
	pthread_mutex_lock(&w->lock);
	while (w->syncs) {
		pthread_cond_wait(&w->synced, &w->lock);
	}
	if (w->fd >= 0 && w->octets <= SEGMENT_HEAD_OCTETS) { /* it holds nothing */
		(void)unlinkat(w->folder, w->name.at, 0);
	}
	leave_segment(w);
	pthread_mutex_unlock(&w->lock);
	(void)spool_sync(w);
	free_writer(w);
}

/* The id the machine has, 32 hex digits with or without dashes; zero if it says none. */
static void read_id(const char *path, char to[static 16])
{
	char text[64];
	size_t digits = 0;
	memset(to, 0, 16);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : 0;
	for (ssize_t i = 0; i < n && digits < 32; i++) {
		const char *hex = "0123456789abcdef";
		const char *hit = text[i] ? strchr(hex, text[i]) : NULL;
		if (hit) {
			to[digits / 2] = (char)(to[digits / 2] << 4 | (hit - hex));
			digits++;
		}
	}
	if (fd >= 0) {
		close(fd);
	}
}

static void refuse(struct buf *error, const char *directory, int why)
{
	buf_put_text(error, directory);
	buf_put_text(error, ": ");
	buf_put_text(error, strerror(why));
}

/* Can we write here?  The first verdict should not be the first to know. */
static bool try_folder(struct spool_writer *w)
{
	return faccessat(w->folder, ".", R_OK | W_OK | X_OK, AT_EACCESS) == 0;
}

struct spool_writer *spool_open(const char *directory, uint64_t most_octets, struct buf *error)
{
	struct spool_writer *w = calloc(1, sizeof(*w));
	if (!w) {
		refuse(error, directory, ENOMEM);
		return NULL;
	}
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->synced, NULL);
	w->fd = -1;
	w->most_octets = most_octets && most_octets < SEGMENT_LEAST ? SEGMENT_LEAST : most_octets;
	w->segment_octets = SPOOL_SEGMENT_OCTETS;
	if (most_octets && most_octets / SEGMENTS_KEPT < SPOOL_SEGMENT_OCTETS) {
		w->segment_octets =
			most_octets / SEGMENTS_KEPT > SEGMENT_LEAST ? most_octets / SEGMENTS_KEPT : SEGMENT_LEAST;
	}
	w->head.process = (uint32_t)getpid();
	read_id("/etc/machine-id", w->head.host_id);
	read_id("/proc/sys/kernel/random/boot_id", w->head.boot_id);
	w->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->folder < 0 || !try_folder(w)) {
		refuse(error, directory, errno);
		free_writer(w);
		return NULL;
	}
	keep_few(w, 0);
	return w;
}
