/* SPDX-License-Identifier: Apache-2.0 */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../file/change.h"

#define LINKS_MAX 40 /* as the kernel */
#define SENTENCE_BYTES 160

/* ---- what is said ---- */

static enum key_file_fault refuse(struct buf *error, const char *path, const char *name, enum key_file_fault fault,
                                  const char *why)
{
	buf_put_text(error, path);
	if (name) {
		buf_put_text(error, *path && path[strlen(path) - 1] == '/' ? "" : "/");
		buf_put_text(error, name);
	}
	buf_put_text(error, ": ");
	buf_put_text(error, why);
	return fault;
}

static enum key_file_fault refuse_errno(struct buf *error, const char *path, const char *name)
{
	int number = errno;
	enum key_file_fault fault = number == ENOENT || number == ENOTDIR ? KEY_FILE_ABSENT
	                            : number == ENOMEM                    ? KEY_FILE_NO_MEMORY
	                                                                  : KEY_FILE_UNREADABLE;
	return refuse(error, path, name, fault, strerror(number));
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* ---- the directories on the way ---- */

/* Where a walk is: an open directory and how it is called. */
struct walk {
	int fd;
	char path[PATH_MAX];
	char rest[PATH_MAX]; /* what is still to be walked */
	unsigned links;
	struct buf *error;
	enum key_file_fault fault;
};

static bool stop(struct walk *w, enum key_file_fault fault, const char *why)
{
	w->fault = refuse(w->error, w->path, NULL, fault, why);
	return false;
}

static bool stop_errno(struct walk *w)
{
	w->fault = refuse_errno(w->error, w->path, NULL);
	return false;
}

/* `last`: the key itself lies here, so that strangers may not even add files. */
static bool look_at_folder(struct walk *w, bool last)
{
	struct stat st;
	char why[SENTENCE_BYTES];
	if (fstat(w->fd, &st) != 0) {
		return stop_errno(w);
	}
	if (!is_ours(&st)) {
		snprintf(why, sizeof(why), "the directory belongs to user %u, who could exchange the key",
		         (unsigned)st.st_uid);
		return stop(w, KEY_FILE_FOLDER_OWNER, why);
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && (last || !(st.st_mode & S_ISVTX))) {
		snprintf(why, sizeof(why), "%s may write in the directory and exchange the key (mode %04o)",
		         st.st_mode & S_IWOTH ? "everybody" : "its group", (unsigned)st.st_mode & 07777);
		return stop(w, KEY_FILE_FOLDER_MODE, why);
	}
	return true;
}

static bool enter(struct walk *w, int fd, const char *name)
{
	if (fd < 0) {
		return false;
	}
	if (w->fd >= 0) {
		close(w->fd);
	}
	w->fd = fd;
	size_t n = strlen(w->path);
	if (n + 1 + strlen(name) >= sizeof(w->path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	snprintf(w->path + n, sizeof(w->path) - n, "%s%s", n && w->path[n - 1] != '/' ? "/" : "", name);
	return true;
}

static bool start_at_root(struct walk *w)
{
	w->path[0] = 0;
	return enter(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "/") || stop_errno(w);
}

/* Puts the target of the link `name` before what is still to be walked. */
static bool follow(struct walk *w, const char *name)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlinkat(w->fd, name, target, sizeof(target));
	if (n <= 0 || ++w->links > LINKS_MAX) {
		errno = n < 0 ? errno : ELOOP;
		return stop_errno(w);
	}
	size_t behind = strlen(w->rest);
	if ((size_t)n + 1 + behind >= sizeof(rest)) {
		errno = ENAMETOOLONG;
		return stop_errno(w);
	}
	memcpy(rest, target, (size_t)n);
	rest[n] = '/';
	memcpy(rest + n + 1, w->rest, behind + 1);
	memcpy(w->rest, rest, (size_t)n + 1 + behind + 1);
	return target[0] != '/' || (start_at_root(w) && look_at_folder(w, false));
}

/* A link is as good as its owner and the directory it lies in, which was looked at. */
static bool step(struct walk *w, const char *name)
{
	struct stat st;
	int fd = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		int number = errno;
		if (fd >= 0) {
			close(fd);
		}
		errno = number;
		w->fault = refuse_errno(w->error, w->path, name);
		return false;
	}
	if (!S_ISLNK(st.st_mode)) {
		return enter(w, fd, name) || stop_errno(w);
	}
	close(fd);
	if (!is_ours(&st)) {
		w->fault = refuse(w->error, w->path, name, KEY_FILE_FOLDER_OWNER,
		                  "the symbolic link belongs to somebody else");
		return false;
	}
	return follow(w, name);
}

static bool take_name(struct walk *w, char name[static NAME_MAX + 1])
{
	size_t from = strspn(w->rest, "/");
	size_t n = strcspn(w->rest + from, "/");
	if (n == 0 || n > NAME_MAX) {
		return false;
	}
	memcpy(name, w->rest + from, n);
	name[n] = 0;
	memmove(w->rest, w->rest + from + n, strlen(w->rest + from + n) + 1);
	return true;
}

static bool walk(struct walk *w)
{
	char name[NAME_MAX + 1];
	if (!start_at_root(w)) {
		return false;
	}
	while (look_at_folder(w, false) && take_name(w, name)) {
		if (!step(w, name)) {
			return false;
		}
	}
	if (w->fault == KEY_FILE_GOOD && w->rest[strspn(w->rest, "/")]) {
		errno = ENAMETOOLONG;
		return stop_errno(w);
	}
	return w->fault == KEY_FILE_GOOD && look_at_folder(w, true);
}

/* The absolute path, which is what is walked. */
static bool set_rest(struct walk *w, const char *path)
{
	char here[PATH_MAX] = "";
	if (path[0] != '/' && !getcwd(here, sizeof(here))) {
		return false;
	}
	if (strlen(here) + 1 + strlen(path) >= sizeof(w->rest)) {
		errno = ENAMETOOLONG;
		return false;
	}
	size_t n = strlen(here);
	memcpy(w->rest, here, n);
	w->rest[n] = '/';
	memcpy(w->rest + n + 1, path, strlen(path) + 1);
	return true;
}

int key_folder_open(const char *path, enum key_file_fault *ret, struct buf *error)
{
	struct walk w = { .fd = -1, .error = error };
	if (!set_rest(&w, path)) {
		*ret = refuse_errno(error, path, NULL);
		return -1;
	}
	int folder = -1;
	if (walk(&w)) {
		folder = openat(w.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (folder < 0) {
			w.fault = refuse_errno(error, path, NULL);
		}
	}
	if (w.fd >= 0) {
		close(w.fd);
	}
	*ret = w.fault;
	return folder;
}

/* ---- the file ---- */

static enum key_file_fault look_at_file(int fd, const char *path, const char *name, struct buf *error)
{
	struct stat st;
	char why[SENTENCE_BYTES];
	if (fstat(fd, &st) != 0) {
		return refuse_errno(error, path, name);
	}
	if (!S_ISREG(st.st_mode)) {
		return refuse(error, path, name, KEY_FILE_KIND,
		              S_ISDIR(st.st_mode) ? "it is a directory, not a key file" : "it is not a regular file");
	}
	if (!is_ours(&st)) {
		snprintf(why, sizeof(why), "it belongs to user %u, neither to us (%u) nor to root", (unsigned)st.st_uid,
		         (unsigned)geteuid());
		return refuse(error, path, name, KEY_FILE_OWNER, why);
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		unsigned others = (st.st_mode & S_IRWXO) ? (unsigned)st.st_mode & 7 : ((unsigned)st.st_mode >> 3) & 7;
		snprintf(why, sizeof(why), "%s may %s it (mode %04o; make it 0600)",
		         st.st_mode & S_IRWXO ? "everybody" : "its group",
		         others & 4   ? "read"
		         : others & 2 ? "write"
		                      : "execute",
		         (unsigned)st.st_mode & 07777);
		return refuse(error, path, name, KEY_FILE_MODE, why);
	}
	return KEY_FILE_GOOD;
}

static enum key_file_fault read_all(int fd, const char *path, const char *name, char *at, size_t *ret_octets,
                                    struct buf *error)
{
	size_t len = 0;
	char extra;
	for (;;) {
		bool full = len == SIGNET_PRIVKEY_TEXT;
		ssize_t n = full ? read(fd, &extra, 1) : read(fd, at + len, SIGNET_PRIVKEY_TEXT - len);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return refuse_errno(error, path, name);
		}
		if (n == 0) {
			*ret_octets = len;
			return KEY_FILE_GOOD;
		}
		if (full) {
			return refuse(error, path, name, KEY_FILE_LARGE, "it is too large for a private key");
		}
		len += (size_t)n;
	}
}

enum key_file_fault key_file_read_at(int folder, const char *path, const char *name,
                                     char at[static SIGNET_PRIVKEY_TEXT], size_t *ret_octets, struct buf *error)
{
	/* without O_NONBLOCK a pipe would hold us for ever */
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP) {
		return refuse(error, path, name, KEY_FILE_LINK, "it is a symbolic link, not a key file");
	}
	if (fd < 0 && errno == ENXIO) {
		return refuse(error, path, name, KEY_FILE_KIND, "it is not a regular file");
	}
	if (fd < 0) {
		return refuse_errno(error, path, name);
	}
	enum key_file_fault fault = look_at_file(fd, path, name, error);
	if (fault == KEY_FILE_GOOD) {
		fault = read_all(fd, path, name, at, ret_octets, error);
		if (fault != KEY_FILE_GOOD) {
			signet_wipe(at, SIGNET_PRIVKEY_TEXT);
		}
	}
	close(fd);
	return fault;
}

/* Opens the directory of `path` and finds the name in it. */
static int open_parent(const char *path, char parent[static PATH_MAX], const char **ret_name, enum key_file_fault *ret,
                       struct buf *error)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	*ret_name = slash ? slash + 1 : path;
	if (**ret_name == 0 || n >= PATH_MAX - 1) {
		errno = **ret_name ? ENAMETOOLONG : EISDIR;
		*ret = **ret_name ? refuse_errno(error, path, NULL)
		                  : refuse(error, path, NULL, KEY_FILE_KIND, "it is a directory, not a key file");
		return -1;
	}
	snprintf(parent, PATH_MAX, "%.*s", (int)(slash ? n : 1), slash ? path : ".");
	return key_folder_open(slash && n == 0 ? "/" : parent, ret, error);
}

enum key_file_fault key_file_read(const char *path, char at[static SIGNET_PRIVKEY_TEXT], size_t *ret_octets,
                                  struct buf *error)
{
	char parent[PATH_MAX];
	const char *name;
	enum key_file_fault fault;
	int folder = open_parent(path, parent, &name, &fault, error);
	if (folder < 0) {
		return fault;
	}
	fault = key_file_read_at(folder, parent, name, at, ret_octets, error);
	close(folder);
	return fault;
}

/* The key in what was read, which is wiped. */
static enum key_file_fault take_key(struct signet *signet, const char *path, const char *name,
                                    char text[static SIGNET_PRIVKEY_TEXT], size_t octets, struct signet_privkey **ret,
                                    struct buf *error)
{
	enum signet_privkey_fault why = signet_privkey_read(signet, slice_make(text, octets), ret);
	signet_wipe(text, SIGNET_PRIVKEY_TEXT);
	if (why == SIGNET_PRIVKEY_GOOD) {
		return KEY_FILE_GOOD;
	}
	return refuse(error, path, name, why == SIGNET_PRIVKEY_NO_MEMORY ? KEY_FILE_NO_MEMORY : KEY_FILE_NO_KEY,
	              signet_privkey_fault_text(why));
}

enum key_file_fault key_file_open_at(struct signet *signet, int folder, const char *path, const char *name,
                                     struct signet_privkey **ret, struct buf *error)
{
	char text[SIGNET_PRIVKEY_TEXT];
	size_t n = 0;
	enum key_file_fault fault = key_file_read_at(folder, path, name, text, &n, error);
	return fault == KEY_FILE_GOOD ? take_key(signet, path, name, text, n, ret, error) : fault;
}

enum key_file_fault key_file_open(struct signet *signet, const char *path, struct signet_privkey **ret,
                                  struct buf *error)
{
	char text[SIGNET_PRIVKEY_TEXT];
	size_t n = 0;
	enum key_file_fault fault = key_file_read(path, text, &n, error);
	return fault == KEY_FILE_GOOD ? take_key(signet, path, NULL, text, n, ret, error) : fault;
}

/* ---- writing ---- */

#define TEMPORARY_END ".tmp"

bool key_file_is_temporary(const char *name)
{
	size_t n = strlen(name);
	return name[0] == '.' && n > sizeof(TEMPORARY_END) && strcmp(name + n - 4, TEMPORARY_END) == 0;
}

static bool complain_errno(struct buf *error, const char *path, const char *name)
{
	(void)refuse_errno(error, path, name);
	return false;
}

bool key_file_write(int folder, const char *path, const char *name, slice octets, struct buf *error)
{
	char temporary[NAME_MAX + 1];
	int n = snprintf(temporary, sizeof(temporary), ".%s" TEMPORARY_END, name);
	if (n < 0 || (size_t)n >= sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return complain_errno(error, path, name);
	}
	if (change_write(folder, temporary, 0600, octets) && renameat(folder, temporary, folder, name) == 0 &&
	    fsync(folder) == 0) {
		return true;
	}
	(void)complain_errno(error, path, name);
	(void)unlinkat(folder, temporary, 0);
	return false;
}

bool key_file_destroy(int folder, const char *path, const char *name, struct buf *error)
{
	static const char nothing[SIGNET_PRIVKEY_TEXT];
	struct stat st;
	int fd = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size <= sizeof(nothing) &&
		    change_write_all(fd, slice_make(nothing, (size_t)st.st_size))) {
			(void)fsync(fd);
		}
		close(fd);
	}
	if (unlinkat(folder, name, 0) != 0) {
		return errno == ENOENT || complain_errno(error, path, name);
	}
	return fsync(folder) == 0 || complain_errno(error, path, name);
}
