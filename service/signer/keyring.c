/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../keys/store.h"

#define NONE SIZE_MAX
#define NAME_ROOM (SIGNER_DOMAIN_OCTETS + 1 + SIGNER_SELECTOR_OCTETS + 1)
#define ERROR_BYTES 2048
#define STATE_ARENA_BYTES (4 * STATE_OCTETS)
#define SUFFIX ".pem"
#define YOUNG_S 2 /* longer than a tick of any clock of files */

/* A file as it was when the key was read. */
struct identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct entry {
	struct signet_privkey *key; /* NULL: free */
	char name[NAME_ROOM]; /* "domain/selector" */
	uint64_t hash;
	struct identity file;
	int64_t looked_ms;
	size_t next; /* with the same hash */
	size_t older, newer; /* by use */
};

struct keyring {
	struct signet *signet;
	struct log *log;
	struct log_limit limit;
	const char *folder;
	struct entry *entries;
	size_t most, n;
	size_t *heads; /* by hash; a power of two */
	size_t mask;
	size_t oldest, newest;
	size_t swept; /* entries before it have been looked at in this sweep */
	/* what keyring_list() hands out */
	char selectors[SIGNER_KEYS_MAX][SIGNER_SELECTOR_OCTETS + 1];
	unsigned char public_keys[SIGNER_KEYS_MAX][SIGNER_PUBLIC_OCTETS];
};

struct keyring *keyring_new(struct signet *signet, const char *folder, size_t most, struct log *log)
{
	struct keyring *ring = calloc(1, sizeof(*ring));
	size_t heads = 16;
	while (heads < most) {
		heads *= 2;
	}
	if (ring) {
		ring->entries = calloc(most, sizeof(*ring->entries));
		ring->heads = malloc(heads * sizeof(*ring->heads));
	}
	if (!ring || !ring->entries || !ring->heads) {
		keyring_free(ring);
		return NULL;
	}
	for (size_t i = 0; i < heads; i++) {
		ring->heads[i] = NONE;
	}
	ring->signet = signet;
	ring->folder = folder;
	ring->most = most;
	ring->log = log;
	ring->mask = heads - 1;
	ring->oldest = ring->newest = NONE;
	return ring;
}

void keyring_free(struct keyring *ring)
{
	if (ring) {
		if (ring->entries && ring->heads) {
			keyring_clear(ring);
		}
		free(ring->entries);
		free(ring->heads);
		free(ring);
	}
}

size_t keyring_count(const struct keyring *ring)
{
	return ring->n;
}

/* ---- the table ---- */

/* FNV-1a: only names of files that are there get in, which no client chooses. */
static uint64_t hash_of(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (; *name; name++) {
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
	}
	return hash;
}

static size_t find(const struct keyring *ring, const char *name, uint64_t hash)
{
	size_t i = ring->heads[hash & ring->mask];
	while (i != NONE && (ring->entries[i].hash != hash || strcmp(ring->entries[i].name, name) != 0)) {
		i = ring->entries[i].next;
	}
	return i;
}

static void unlink_use(struct keyring *ring, size_t i)
{
	struct entry *e = &ring->entries[i];
	*(e->older == NONE ? &ring->oldest : &ring->entries[e->older].newer) = e->newer;
	*(e->newer == NONE ? &ring->newest : &ring->entries[e->newer].older) = e->older;
}

static void link_newest(struct keyring *ring, size_t i)
{
	struct entry *e = &ring->entries[i];
	e->older = ring->newest;
	e->newer = NONE;
	*(e->older == NONE ? &ring->oldest : &ring->entries[e->older].newer) = i;
	ring->newest = i;
}

static void forget(struct keyring *ring, size_t i)
{
	struct entry *e = &ring->entries[i];
	size_t *at = &ring->heads[e->hash & ring->mask];
	while (*at != i) {
		at = &ring->entries[*at].next;
	}
	*at = e->next;
	unlink_use(ring, i);
	signet_privkey_free(e->key);
	*e = (struct entry) { .key = NULL };
	ring->n--;
}

void keyring_clear(struct keyring *ring)
{
	while (ring->oldest != NONE) {
		forget(ring, ring->oldest);
	}
}

static size_t room(struct keyring *ring)
{
	size_t i = ring->n;
	if (ring->n == ring->most) {
		i = ring->oldest;
		forget(ring, i);
		return i;
	}
	while (ring->entries[i % ring->most].key) { /* a full circle finds one: n < most */
		i++;
	}
	return i % ring->most;
}

static void add(struct keyring *ring, const char *name, uint64_t hash, struct signet_privkey *key,
                const struct identity *file, int64_t now_ms)
{
	size_t i = room(ring);
	struct entry *e = &ring->entries[i];
	size_t *head = &ring->heads[hash & ring->mask];
	*e = (struct entry) { .key = key, .hash = hash, .file = *file, .looked_ms = now_ms, .next = *head };
	snprintf(e->name, sizeof(e->name), "%s", name);
	*head = i;
	link_newest(ring, i);
	ring->n++;
}

/* ---- the disk ---- */

static bool look(const struct keyring *ring, const char *name, struct identity *ret)
{
	char path[PATH_MAX];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/%s" SUFFIX, ring->folder, name);
	if (n < 0 || (size_t)n >= sizeof(path) || lstat(path, &st) != 0) {
		return false;
	}
	*ret = (struct identity) { st.st_dev, st.st_ino, st.st_size, st.st_ctim };
	return true;
}

static bool is_same(const struct identity *a, const struct identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* What was written just now may be written over within the same tick of the clock and look the same; keys of one kind have
 * one size.  Such a file is never the same at the next look. */
static void doubt_young(struct identity *file)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - file->changed.tv_sec <= YOUNG_S) {
		file->changed = (struct timespec) { 0 };
	}
}

static enum signer_status status_of(enum key_file_fault fault)
{
	return fault == KEY_FILE_GOOD        ? SIGNER_OK
	       : fault == KEY_FILE_ABSENT    ? SIGNER_NO_KEY
	       : fault == KEY_FILE_NO_MEMORY ? SIGNER_FAILED
	                                     : SIGNER_BAD_KEY;
}

static enum signer_status open_key(struct keyring *ring, const char *name, int64_t now_ms, struct signet_privkey **ret)
{
	char path[PATH_MAX];
	struct buf error;
	uint64_t lost;
	int n = snprintf(path, sizeof(path), "%s/%s" SUFFIX, ring->folder, name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		return SIGNER_NO_KEY;
	}
	buf_init(&error, ERROR_BYTES);
	enum signer_status status = status_of(key_file_open(ring->signet, path, ret, &error));
	if (status != SIGNER_OK && status != SIGNER_NO_KEY && log_limit_take(&ring->limit, now_ms, &lost)) {
		LOG(ring->log, LOG_LEVEL_WARNING, "bad-key", LOG_TEXT("key", slice_of(name)),
		    LOG_TEXT("reason", buf_slice(&error)), LOG_NUMBER("not_logged", lost));
	}
	buf_finish(&error);
	return status;
}

/* Is the key that we hold the one on disk? */
static bool is_fresh(const struct keyring *ring, struct entry *e, int64_t now_ms)
{
	struct identity now;
	if (now_ms - e->looked_ms < KEYRING_LOOK_MS) {
		return true;
	}
	e->looked_ms = now_ms;
	return look(ring, e->name, &now) && is_same(&now, &e->file);
}

enum signer_status keyring_find(struct keyring *ring, slice domain, slice selector, int64_t now_ms,
                                struct signet_privkey **ret)
{
	char name[NAME_ROOM];
	struct identity file = { 0 };
	snprintf(name, sizeof(name), "%.*s/%.*s", (int)domain.len, domain.at, (int)selector.len, selector.at);
	uint64_t hash = hash_of(name);
	size_t i = find(ring, name, hash);
	if (i != NONE && is_fresh(ring, &ring->entries[i], now_ms)) {
		unlink_use(ring, i);
		link_newest(ring, i);
		*ret = ring->entries[i].key;
		return SIGNER_OK;
	}
	if (i != NONE) {
		forget(ring, i);
	}
	/* looked at before it is read: if it is exchanged in between, the next look sees another file */
	if (!look(ring, name, &file)) {
		return SIGNER_NO_KEY;
	}
	doubt_young(&file);
	enum signer_status status = open_key(ring, name, now_ms, ret);
	if (status == SIGNER_OK) {
		add(ring, name, hash, *ret, &file, now_ms);
	}
	return status;
}

bool keyring_sweep(struct keyring *ring, int64_t now_ms)
{
	for (size_t looked = 0; ring->swept < ring->most && looked < KEYRING_SWEEP_TURN; ring->swept++) {
		struct entry *e = &ring->entries[ring->swept];
		looked += e->key != NULL;
		if (e->key && !is_fresh(ring, e, now_ms)) {
			LOG(ring->log, LOG_LEVEL_INFO, "key-forgotten", LOG_TEXT("key", slice_of(e->name)));
			forget(ring, ring->swept);
		}
	}
	if (ring->swept < ring->most) {
		return false;
	}
	ring->swept = 0;
	return true;
}

/* ---- all keys of a domain ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The selectors of the files there, the first SIGNER_KEYS_MAX by name. */
static size_t list_selectors(struct keyring *ring, int folder)
{
	size_t n = 0;
	DIR *dir = fdopendir(folder);
	if (!dir) {
		close(folder);
		return 0;
	}
	for (struct dirent *file; (file = readdir(dir));) {
		slice name = slice_of(file->d_name);
		slice selector = slice_first(name, name.len < sizeof(SUFFIX) ? 0 : name.len - strlen(SUFFIX));
		if (!slice_eq(slice_from(name, selector.len), S(SUFFIX)) ||
		    !signer_name_is_good(selector, SIGNER_SELECTOR_OCTETS)) {
			continue;
		}
		bool full = n == SIGNER_KEYS_MAX;
		char *at = ring->selectors[full ? n - 1 : n];
		if (full && slice_compare(selector, slice_of(at)) >= 0) {
			continue;
		}
		memcpy(at, selector.at, selector.len);
		at[selector.len] = 0;
		n += !full;
		qsort(ring->selectors, n, sizeof(ring->selectors[0]), by_name);
	}
	closedir(dir);
	return n;
}

static size_t find_selectors(struct keyring *ring, slice domain, slice selector)
{
	char path[PATH_MAX];
	struct buf error;
	enum key_file_fault fault;
	if (selector.len) {
		memcpy(ring->selectors[0], selector.at, selector.len);
		ring->selectors[0][selector.len] = 0;
		return 1;
	}
	int n = snprintf(path, sizeof(path), "%s/%.*s", ring->folder, (int)domain.len, domain.at);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		return 0;
	}
	buf_init(&error, ERROR_BYTES);
	int folder = key_folder_open(path, &fault, &error);
	buf_finish(&error);
	return folder < 0 ? 0 : list_selectors(ring, folder);
}

/* Where each key is in its life, if the folder has a state file. */
static void put_stages(const struct keyring *ring, slice domain, struct signer_reply *reply)
{
	struct signet_arena arena;
	struct store_domain d;
	struct buf error;
	arena_init(&arena, STATE_ARENA_BYTES);
	buf_init(&error, ERROR_BYTES);
	if (store_open(ring->folder, domain, STORE_READ, 0, ring->signet, &arena, &d, &error) == STORE_GOOD) {
		for (size_t i = 0; i < reply->n_keys; i++) {
			const struct key_entry *entry = state_find(&d.state, reply->keys[i].selector);
			reply->keys[i].state = entry ? (uint8_t)(entry->stage + 1) : 0;
		}
		store_close(&d);
	}
	buf_finish(&error);
	arena_finish(&arena);
}

enum signer_status keyring_list(struct keyring *ring, slice domain, slice selector, int64_t now_ms,
                                struct signer_reply *ret)
{
	size_t n = find_selectors(ring, domain, selector);
	enum signer_status worst = SIGNER_NO_KEY;
	ret->n_keys = 0;
	for (size_t i = 0; i < n; i++) {
		struct signet_privkey *key;
		enum signer_status status = keyring_find(ring, domain, slice_of(ring->selectors[i]), now_ms, &key);
		if (status != SIGNER_OK) {
			worst = status > worst ? status : worst;
			continue;
		}
		slice public_key = signet_privkey_public(key);
		if (public_key.len > SIGNER_PUBLIC_OCTETS) {
			continue;
		}
		unsigned char *at = ring->public_keys[ret->n_keys];
		memcpy(at, public_key.at, public_key.len); /* the ring may be smaller than the list is long */
		ret->keys[ret->n_keys++] = (struct signer_key) {
			.selector = slice_of(ring->selectors[i]),
			.algorithm = signet_privkey_algorithm(key),
			.bits = signet_privkey_bits(key),
			.public_key = slice_make((const char *)at, public_key.len),
		};
	}
	put_stages(ring, domain, ret);
	return ret->n_keys ? SIGNER_OK : worst;
}
