/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/base/name.h"
#include "../file/change.h"

#define STATE_NAME "state"
#define LOCK_NAME "lock"
#define KEY_END ".pem"
#define STATE_SENTENCE 160
#define DOMAINS_MAX ((size_t)1 << 20)

static enum store_fault refuse(struct buf *error, const char *path, enum store_fault fault, const char *why)
{
	buf_put_text(error, path);
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return fault;
}

static enum store_fault refuse_errno(struct buf *error, const char *path)
{
	return refuse(error, path, STORE_IO, strerror(errno));
}

static void key_name_of(slice selector, char to[static NAME_MAX + 1])
{
	snprintf(to, NAME_MAX + 1, "%.*s" KEY_END, (int)selector.len, selector.at);
}

bool store_has_private(const struct key_entry *key)
{
	return key->stage < KEY_RETIRED;
}

/* ---- the folder ---- */

static enum store_fault open_folder(const char *path, int *ret, struct buf *error)
{
	enum key_file_fault fault;
	*ret = key_folder_open(path, &fault, error);
	return *ret >= 0                                                     ? STORE_GOOD
	       : fault == KEY_FILE_ABSENT                                    ? STORE_ABSENT
	       : fault == KEY_FILE_UNREADABLE || fault == KEY_FILE_NO_MEMORY ? STORE_IO
	                                                                     : STORE_UNSAFE;
}

/* A new directory is on disk when its parent is. */
static bool sync_parent(const char *path)
{
	char parent[STORE_PATH_OCTETS];
	snprintf(parent, sizeof(parent), "%s/..", path);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0) {
		close(fd);
	}
	return ok;
}

/* With the directories above it that are missing; those are for everybody to look at. */
static enum store_fault make_folder(const char *path, struct buf *error)
{
	char above[STORE_PATH_OCTETS];
	for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		snprintf(above, sizeof(above), "%.*s", (int)(at - path), path);
		(void)mkdir(above, 0755); /* what is missing in the end is told below */
	}
	if (mkdir(path, 0700) != 0) {
		return errno == EEXIST ? STORE_GOOD : refuse_errno(error, path);
	}
	return sync_parent(path) ? STORE_GOOD : refuse_errno(error, path);
}

static enum store_fault take_lock(struct store_domain *d, struct buf *error)
{
	d->lock = openat(d->folder, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->lock < 0) {
		return refuse_errno(error, d->path);
	}
	if (!change_lock(d->lock, STORE_LOCK_MS)) {
		return errno == EWOULDBLOCK ? refuse(error, d->path, STORE_BUSY,
		                                     "another command is changing the keys of this domain")
		                            : refuse_errno(error, d->path);
	}
	return STORE_GOOD;
}

/* ---- the state ---- */

/* Whoever may write in it says which keys sign.  It holds no secret: others may read it. */
static enum store_fault look_at_state(int fd, const char *path, struct stat *ret, struct buf *error)
{
	char why[STATE_SENTENCE];
	if (fstat(fd, ret) != 0) {
		return refuse_errno(error, path);
	}
	if (!S_ISREG(ret->st_mode)) {
		return refuse(error, path, STORE_BROKEN, "it is not a regular file");
	}
	if (ret->st_uid != 0 && ret->st_uid != geteuid()) {
		snprintf(why, sizeof(why), "it belongs to user %u, who could change which keys sign (we are %u)",
		         (unsigned)ret->st_uid, (unsigned)geteuid());
		return refuse(error, path, STORE_UNSAFE, why);
	}
	if (ret->st_mode & (S_IWGRP | S_IWOTH)) {
		snprintf(why, sizeof(why), "%s may write it and change which keys sign (mode %04o; make it 0600)",
		         ret->st_mode & S_IWOTH ? "everybody" : "its group", (unsigned)ret->st_mode & 07777);
		return refuse(error, path, STORE_UNSAFE, why);
	}
	return STORE_GOOD;
}

static enum store_fault read_state(struct store_domain *d, struct signet_arena *a, struct buf *error)
{
	char path[STORE_PATH_OCTETS + sizeof("/" STATE_NAME)];
	struct stat st;
	snprintf(path, sizeof(path), "%s/" STATE_NAME, d->path);
	int fd = openat(d->folder, STATE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	d->has_state = fd >= 0 || errno != ENOENT;
	if (!d->has_state) {
		state_init(&d->state, a);
		return STORE_GOOD;
	}
	if (fd < 0) {
		return errno == ELOOP ? refuse(error, path, STORE_UNSAFE, "it is a symbolic link, not a state file")
		                      : refuse_errno(error, path);
	}
	enum store_fault fault = look_at_state(fd, path, &st, error);
	if (fault != STORE_GOOD) {
		close(fd);
		return fault;
	}
	size_t room = (size_t)st.st_size <= STATE_OCTETS ? (size_t)st.st_size + 1 : STATE_OCTETS + 1;
	char *at = arena_octets(a, room);
	ssize_t n = at ? read(fd, at, room) : -1; /* a regular file gives all at once */
	close(fd);
	if (n < 0) {
		return at ? refuse_errno(error, path) : refuse(error, path, STORE_IO, "no memory");
	}
	return state_parse(slice_make(at, (size_t)n), path, a, &d->state, error) ? STORE_GOOD : STORE_BROKEN;
}

static bool destroy_retired(struct store_domain *d, struct buf *error)
{
	bool ok = true;
	for (size_t i = 0; i < d->state.n; i++) {
		char name[NAME_MAX + 1];
		key_name_of(d->state.at[i].selector, name);
		if (!store_has_private(&d->state.at[i]) && faccessat(d->folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
			ok = key_file_destroy(d->folder, d->path, name, error) && ok;
		}
	}
	return ok;
}

bool store_save(struct store_domain *d, struct buf *error)
{
	struct buf text;
	buf_init(&text, STATE_OCTETS + NAME_OCTETS + 100);
	state_write(&d->state, d->domain, &text);
	bool ok = buf_ok(&text) && key_file_write(d->folder, d->path, STATE_NAME, buf_slice(&text), error);
	buf_finish(&text);
	return ok && destroy_retired(d, error);
}

/* ---- what a killed process left ---- */

/* Is it the name of a key file without a line?  Then `*ret` is its selector. */
static bool is_unlisted(const struct store_domain *d, const char *name, slice *ret)
{
	slice file = slice_of(name);
	if (name[0] == '.' || file.len <= strlen(KEY_END) ||
	    !slice_eq(slice_from(file, file.len - strlen(KEY_END)), S(KEY_END))) {
		return false;
	}
	*ret = slice_first(file, file.len - strlen(KEY_END));
	return selector_is_good(*ret) && !state_find(&d->state, *ret);
}

static DIR *open_stream(const struct store_domain *d)
{
	int fd = openat(d->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	if (!stream && fd >= 0) {
		close(fd);
	}
	return stream;
}

size_t store_count_unlisted(const struct store_domain *d)
{
	size_t n = 0;
	slice selector;
	DIR *stream = open_stream(d);
	for (struct dirent *e = stream ? readdir(stream) : NULL; e; e = readdir(stream)) {
		n += is_unlisted(d, e->d_name, &selector);
	}
	if (stream) {
		closedir(stream);
	}
	return n;
}

static void adopt(struct store_domain *d, struct signet *signet, const char *name, int64_t now)
{
	slice selector;
	struct signet_privkey *key = NULL;
	struct buf ignored;
	if (!is_unlisted(d, name, &selector)) {
		return;
	}
	buf_init(&ignored, 1024);
	if (key_file_open_at(signet, d->folder, d->path, name, &key, &ignored) == KEY_FILE_GOOD &&
	    state_add(&d->state, selector, signet_privkey_algorithm(key), signet_privkey_bits(key), now)) {
		d->n_adopted++;
	}
	signet_privkey_free(key);
	buf_finish(&ignored);
}

static enum store_fault put_in_order(struct store_domain *d, struct signet *signet, int64_t now, struct buf *error)
{
	DIR *stream = open_stream(d);
	if (!stream) {
		return refuse_errno(error, d->path);
	}
	for (struct dirent *e = readdir(stream); e; e = readdir(stream)) {
		if (key_file_is_temporary(e->d_name)) {
			(void)key_file_destroy(d->folder, d->path, e->d_name, error);
		} else {
			adopt(d, signet, e->d_name, now);
		}
	}
	closedir(stream);
	bool ok = d->n_adopted ? store_save(d, error) : destroy_retired(d, error);
	return ok ? STORE_GOOD : STORE_IO;
}

/* ---- opening ---- */

static bool is_missing(const char *keydir, const struct store_domain *d)
{
	struct stat st;
	return stat(keydir, &st) == 0 && S_ISDIR(st.st_mode) && lstat(d->path, &st) != 0 && errno == ENOENT;
}

static enum store_fault open_all(const char *keydir, enum store_use use, int64_t now, struct signet *signet,
                                 struct signet_arena *a, struct store_domain *d, struct buf *error)
{
	enum store_fault fault = STORE_GOOD;
	if (use == STORE_MAKE) {
		fault = make_folder(keydir, error);
		fault = fault == STORE_GOOD ? make_folder(d->path, error) : fault;
	}
	if (fault == STORE_GOOD && is_missing(keydir, d)) {
		buf_put_text(error, "the store ");
		buf_put_text(error, keydir);
		buf_put_text(error, " has no keys of ");
		buf_put(error, d->domain);
		return STORE_ABSENT;
	}
	fault = fault == STORE_GOOD ? open_folder(d->path, &d->folder, error) : fault;
	if (fault == STORE_GOOD && use != STORE_READ) {
		fault = take_lock(d, error);
	}
	fault = fault == STORE_GOOD ? read_state(d, a, error) : fault;
	if (fault == STORE_GOOD && use != STORE_READ) {
		fault = put_in_order(d, signet, now, error);
	}
	return fault;
}

enum store_fault store_open(const char *keydir, slice domain, enum store_use use, int64_t now, struct signet *signet,
                            struct signet_arena *a, struct store_domain *ret, struct buf *error)
{
	*ret = (struct store_domain) { .domain = domain, .folder = -1, .lock = -1 };
	int n = snprintf(ret->path, sizeof(ret->path), "%s/%.*s", keydir, (int)domain.len, domain.at);
	if (n < 0 || (size_t)n >= sizeof(ret->path)) {
		return refuse(error, keydir, STORE_IO, "the name is too long");
	}
	enum store_fault fault = open_all(keydir, use, now, signet, a, ret, error);
	if (fault != STORE_GOOD) {
		store_close(ret);
	}
	return fault;
}

void store_close(struct store_domain *d)
{
	if (d->lock >= 0) {
		close(d->lock); /* and with it the lock */
	}
	if (d->folder >= 0) {
		close(d->folder);
	}
	d->lock = d->folder = -1;
}

/* ---- keys ---- */

struct key_entry *store_add_key(struct store_domain *d, const struct signet_privkey *key, slice selector, int64_t now,
                                struct buf *error)
{
	char text[SIGNET_PRIVKEY_TEXT];
	char name[NAME_MAX + 1];
	struct key_entry *entry = NULL;
	key_name_of(selector, name);
	size_t n = signet_privkey_write(key, text, sizeof(text));
	if (state_find(&d->state, selector) || faccessat(d->folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		(void)refuse(error, d->path, STORE_IO, name);
		buf_put_text(error, " is already there; a selector is used once");
	} else if (n == 0) {
		(void)refuse(error, d->path, STORE_IO, "no memory");
	} else if (key_file_write(d->folder, d->path, name, slice_make(text, n), error)) {
		entry = state_add(&d->state, selector, signet_privkey_algorithm(key), signet_privkey_bits(key), now);
		if (!entry) {
			(void)refuse(error, d->path, STORE_IO, "more selectors than a store takes, or no memory");
		}
	}
	signet_wipe(text, sizeof(text));
	return entry && store_save(d, error) ? entry : NULL;
}

struct key_entry *store_make_key(struct store_domain *d, struct signet *signet, slice selector,
                                 enum signet_algorithm algorithm, unsigned bits, int64_t now, struct buf *error)
{
	struct signet_privkey *key = NULL;
	if (signet_privkey_new(signet, algorithm, bits, &key) != SIGNET_OK) {
		(void)refuse(error, d->path, STORE_IO, "a key of this size cannot be made");
		return NULL;
	}
	struct key_entry *entry = store_add_key(d, key, selector, now, error);
	signet_privkey_free(key);
	return entry;
}

bool store_key(const struct store_domain *d, struct signet *signet, const struct key_entry *key,
               struct signet_privkey **ret, struct buf *error)
{
	char name[NAME_MAX + 1];
	key_name_of(key->selector, name);
	if (key_file_open_at(signet, d->folder, d->path, name, ret, error) != KEY_FILE_GOOD) {
		return false;
	}
	if (signet_privkey_algorithm(*ret) == key->algorithm) {
		return true;
	}
	signet_privkey_free(*ret);
	*ret = NULL;
	(void)refuse(error, d->path, STORE_BROKEN, name);
	buf_put_text(error, " holds a key of another algorithm than the state file says");
	return false;
}

/* ---- all domains ---- */

static int by_name(const void *a, const void *b)
{
	return slice_compare(*(const slice *)a, *(const slice *)b);
}

static bool is_domain(const char *name, struct signet_arena *a, slice *ret)
{
	return name[0] != '.' && name_normalize(slice_of(name), a, ret) == NAME_GOOD && slice_eq(*ret, slice_of(name));
}

static bool add_domain(struct signet_arena *a, slice name, slice **list, size_t *n, size_t *room)
{
	if (*n == *room) {
		size_t more = *room ? 2 * *room : 64;
		slice *at = more <= DOMAINS_MAX ? arena_array(a, more, sizeof(*at)) : NULL;
		if (!at) {
			return false;
		}
		if (*n) {
			memcpy(at, *list, *n * sizeof(*at));
		}
		*list = at;
		*room = more;
	}
	(*list)[(*n)++] = arena_copy(a, name);
	return !a->failed;
}

enum store_fault store_domains(const char *keydir, struct signet_arena *a, slice **ret, size_t *ret_n,
                               struct buf *error)
{
	size_t room = 0;
	int fd;
	*ret = NULL;
	*ret_n = 0;
	enum store_fault fault = open_folder(keydir, &fd, error);
	if (fault != STORE_GOOD) {
		return fault;
	}
	DIR *stream = fdopendir(fd);
	if (!stream) {
		close(fd);
		return refuse_errno(error, keydir);
	}
	for (struct dirent *e = readdir(stream); e && fault == STORE_GOOD; e = readdir(stream)) {
		slice name;
		struct stat st;
		if (is_domain(e->d_name, a, &name) && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISDIR(st.st_mode) && !add_domain(a, name, ret, ret_n, &room)) {
			fault = refuse(error, keydir, STORE_IO, "no memory for so many domains");
		}
	}
	closedir(stream);
	if (*ret_n) {
		qsort(*ret, *ret_n, sizeof(**ret), by_name);
	}
	return fault;
}
