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
	written_over();
	full();
	keyring_free(ring);
	signet_free(signet);
	folder_remove();
	return rows_end();
}
