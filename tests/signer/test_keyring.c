/* SPDX-License-Identifier: Apache-2.0 */
/* Which key is in the ring when files come, are exchanged and go; the clock is a number. */
#include "../../service/signer/keyring.h"

#include "../keys/folder.h"
#include "../support/rows.h"

#define TRIES 500

/* Two keys of one kind: their files have the same size. */
static struct pem {
	char text[SIGNET_PRIVKEY_TEXT];
	size_t octets;
	char public_key[SIGNER_PUBLIC_OCTETS];
} keys[2];

static struct signet *signet;
static struct keyring *ring;

static void make_keys(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct signet_privkey *key;
		if (signet_privkey_new(signet, SIGNET_ED25519_SHA256, 0, &key) != SIGNET_OK) {
			abort();
		}
		keys[i].octets = signet_privkey_write(key, keys[i].text, sizeof(keys[i].text));
		slice public_key = signet_privkey_public(key);
		memcpy(keys[i].public_key, public_key.at, public_key.len);
		signet_privkey_free(key);
	}
}

/* In place: the file stays the same one. */
static void write_key(const char *name, size_t i)
{
	file_write(name, slice_make(keys[i].text, keys[i].octets), 0600);
}

/* "first", "second", or why there is none. */
static const char *found(const char *selector, int64_t now_ms)
{
	struct signet_privkey *key;
	enum signer_status status = keyring_find(ring, S("d.example"), slice_of(selector), now_ms, &key);
	if (status != SIGNER_OK) {
		return signer_status_name(status);
	}
	slice public_key = signet_privkey_public(key);
	return memcmp(public_key.at, keys[0].public_key, public_key.len) == 0   ? "first"
	       : memcmp(public_key.at, keys[1].public_key, public_key.len) == 0 ? "second"
	                                                                        : "another";
}

static void row_found(const char *what, const char *selector, int64_t now_ms, const char *want)
{
	row_text("-", what, slice_of(found(selector, now_ms)), want);
}

static void exchanged(void)
{
	row_found("a key that is not there", "a", 0, "no-key");
	write_key("d.example/a.pem", 0);
	row_found("it came", "a", 1, "first");
	write_key("d.example/new", 1);
	if (rename(path_of("d.example/new"), path_of("d.example/a.pem")) != 0) {
		abort();
	}
	row_found("exchanged, it is not looked for at once", "a", KEYRING_LOOK_MS, "first");
	row_found("but within a second", "a", 1 + KEYRING_LOOK_MS, "second");
	file_write("d.example/a.pem", S("no key"), 0600);
	row_found("a file without a key takes the old one away", "a", 2 + 2 * KEYRING_LOOK_MS, "bad-key");
	row_number("-", "which is forgotten", (int64_t)keyring_count(ring), 0);
	write_key("d.example/a.pem", 0);
	row_found("mended, it is read at once", "a", 2 + 2 * KEYRING_LOOK_MS, "first");
	unlink(path_of("d.example/a.pem"));
	row_found("removed, it is gone", "a", 2 + 3 * KEYRING_LOOK_MS, "no-key");
	row_number("-", "from memory too", (int64_t)keyring_count(ring), 0);
}

/* Nobody asks for them any more. */
static void swept(void)
{
	static const char *const names[] = { "d.example/s.pem", "d.example/t.pem" };
	int64_t now = 1000000;
	keyring_clear(ring);
	for (size_t i = 0; i < ROWS(names); i++) {
		write_key(names[i], i);
	}
	sleep(3); /* a file written just now is doubted */
	row_found("one", "s", now, "first");
	row_found("two", "t", now, "second");
	row_bool("-", "a sweep looks for all", keyring_sweep(ring, now + KEYRING_LOOK_MS), true);
	row_number("-", "and keeps what is there", (int64_t)keyring_count(ring), 2);
	unlink(path_of(names[0]));
	row_bool("-", "within a second nothing is looked for", keyring_sweep(ring, now + KEYRING_LOOK_MS + 1), true);
	row_number("-", "and nothing forgotten", (int64_t)keyring_count(ring), 2);
	row_bool("-", "the next sweep", keyring_sweep(ring, now + 2 * KEYRING_LOOK_MS), true);
	row_number("-", "forgets the key that was removed", (int64_t)keyring_count(ring), 1);
	write_key(names[1], 0);
	keyring_sweep(ring, now + 3 * KEYRING_LOOK_MS);
	row_number("-", "and one that was written over", (int64_t)keyring_count(ring), 0);
	unlink(path_of(names[1]));
}

/* A large ring is swept in turns, each of which is short. */
static void swept_in_turns(void)
{
	struct log log = { .syslog = -1, .most = LOG_LEVEL_ERROR };
	struct keyring *large = keyring_new(signet, folder, 3 * (size_t)KEYRING_SWEEP_TURN, &log);
	struct keyring *small = ring;
	size_t n = 2 * KEYRING_SWEEP_TURN + 1;
	char name[64];
	ring = large;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "d.example/k%zu.pem", i);
		write_key(name, 0);
		snprintf(name, sizeof(name), "k%zu", i);
		if (strcmp(found(name, 0), "first") != 0) {
			abort();
		}
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "d.example/k%zu.pem", i);
		unlink(path_of(name));
	}
	for (size_t i = 0; i < 3; i++) {
		row_bool("-", "a turn of a sweep is the last one", keyring_sweep(ring, KEYRING_LOOK_MS), i == 2);
		row_number("-", "keys that are left", (int64_t)keyring_count(ring),
		           i == 0   ? KEYRING_SWEEP_TURN + 1
		           : i == 1 ? 1
		                    : 0);
	}
	keyring_free(large);
	ring = small;
}

/* Written, read and written over within one tick of the clock of files: same file, same size, same time. */
static void written_over(void)
{
	struct stat before, after;
	int64_t now = 0;
	for (unsigned i = 0; i < TRIES; i++) {
		now += 10 * KEYRING_LOOK_MS;
		write_key("d.example/b.pem", 0);
		keyring_clear(ring);
		bool read = strcmp(found("b", now), "first") == 0 && stat(path_of("d.example/b.pem"), &before) == 0;
		write_key("d.example/b.pem", 1);
		if (!read || stat(path_of("d.example/b.pem"), &after) != 0) {
			abort();
		}
		if (before.st_ino == after.st_ino && before.st_ctim.tv_sec == after.st_ctim.tv_sec &&
		    before.st_ctim.tv_nsec == after.st_ctim.tv_nsec) {
			row_found("a key written over in the same tick is seen", "b", now + KEYRING_LOOK_MS, "second");
			return;
		}
	}
	row_skip("-", "a key written over in the same tick is seen", "no two times are the same here");
}

static void full(void)
{
	static const char *const names[] = { "d.example/1.pem", "d.example/2.pem", "d.example/3.pem" };
	keyring_clear(ring);
	for (size_t i = 0; i < ROWS(names); i++) {
		write_key(names[i], i % 2);
	}
	row_found("one", "1", 0, "first");
	row_found("two", "2", 0, "second");
	row_found("one again", "1", 0, "first");
	row_found("a third, where two have room", "3", 0, "first");
	row_number("-", "two are kept", (int64_t)keyring_count(ring), 2);
	for (size_t i = 0; i < ROWS(names); i++) {
		unlink(path_of(names[i]));
	}
	row_found("the one used last stays", "1", 1, "first");
	row_found("the one not used for longest went", "2", 1, "no-key");
	keyring_clear(ring);
	row_found("cleared, nothing is left", "1", 1, "no-key");
}

int main(void)
{
	struct log log = { .syslog = -1, .most = LOG_LEVEL_ERROR };
	folder_make();
	signet = signet_new();
	ring = signet ? keyring_new(signet, folder, 2, &log) : NULL;
	if (!ring || mkdir(path_of("d.example"), 0700) != 0) {
		abort();
	}
	make_keys();
	exchanged();
	swept();
	swept_in_turns();
	written_over();
	full();
	keyring_free(ring);
	signet_free(signet);
	folder_remove();
	return rows_end();
}
