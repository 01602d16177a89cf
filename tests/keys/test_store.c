/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/keys/store.h"

#include <fcntl.h>
#include <sys/file.h>

#include "../support/rows.h"
#include "folder.h"

#define NOW 1767225600 /* 2026-01-01 */

static struct signet *engine;
static struct signet_arena arena;
static struct buf error;

static enum store_fault opened(enum store_use use, struct store_domain *d)
{
	buf_clear(&error);
	return store_open(path_of("keys"), S("example.com"), use, NOW, engine, &arena, d, &error);
}

static bool says(const char *text)
{
	return slice_find(buf_slice(&error), slice_of(text)) != SLICE_NONE;
}

static bool exists(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static mode_t mode_of(const char *name)
{
	struct stat st;
	return stat(path_of(name), &st) == 0 ? st.st_mode & 07777 : 0;
}

static void copy(const char *from, const char *to, mode_t mode)
{
	static char text[SIGNET_PRIVKEY_TEXT];
	FILE *f = fopen(path_of(from), "r");
	size_t n = fread(text, 1, sizeof(text), f);
	fclose(f);
	file_write(to, slice_make(text, n), mode);
}

static void making(void)
{
	struct store_domain d;
	struct signet_privkey *key = NULL;
	row_number("-", "no store yet", opened(STORE_READ, &d), STORE_ABSENT);
	row_bool("-", "its path is named", says("/keys: No such file"), true);
	row_number("-", "nor to change", opened(STORE_CHANGE, &d), STORE_ABSENT);
	row_number("-", "it is made", opened(STORE_MAKE, &d), STORE_GOOD);
	row_number("-", "for us alone", mode_of("keys") | mode_of("keys/example.com"), 0700);
	struct key_entry *rsa = store_make_key(&d, engine, S("s1"), SIGNET_RSA_SHA256, 2048, NOW, &error);
	row_bool("-", "a key is made", rsa && rsa->stage == KEY_GENERATED && rsa->bits == 2048, true);
	row_bool("-", "a second of another kind",
	         store_make_key(&d, engine, S("e1"), SIGNET_ED25519_SHA256, 0, NOW, &error), true);
	row_number("-", "key files are for us alone", mode_of("keys/example.com/s1.pem"), 0600);
	row_bool("-", "no selector twice", store_make_key(&d, engine, S("s1"), SIGNET_ED25519_SHA256, 0, NOW, &error),
	         false);
	row_bool("8301:3.2", "no key that nobody takes",
	         store_make_key(&d, engine, S("s0"), SIGNET_RSA_SHA256, 512, NOW, &error), false);
	store_close(&d);
	row_number("-", "who reads needs no lock", opened(STORE_READ, &d), STORE_GOOD);
	row_number("-", "both are there", (int64_t)d.state.n, 2);
	row_bool("-", "the private half is read", store_key(&d, engine, state_find(&d.state, S("s1")), &key, &error),
	         true);
	row_number("-", "it is what the line says", (int64_t)signet_privkey_bits(key), 2048);
	signet_privkey_free(key);
	struct key_entry *wrong = state_find(&d.state, S("e1"));
	wrong->algorithm = SIGNET_RSA_SHA256;
	row_bool("-", "a key of another kind than the line says is none", store_key(&d, engine, wrong, &key, &error),
	         false);
	store_close(&d);
}

static void crashes(void)
{
	struct store_domain d;
	file_write("keys/example.com/.s2.pem.tmp", S("half a key"), 0600);
	file_write("keys/example.com/.state.tmp", S("half a state"), 0600);
	copy("keys/example.com/e1.pem", "keys/example.com/e2.pem", 0600);
	copy("keys/example.com/e1.pem", "keys/example.com/open.pem", 0644);
	file_write("keys/example.com/broken.pem", S("-----BEGIN"), 0600);
	row_number("-", "who reads leaves everything", opened(STORE_READ, &d), STORE_GOOD);
	row_bool("-", "also what is half written", exists("keys/example.com/.s2.pem.tmp") && d.state.n == 2, true);
	store_close(&d);
	row_number("-", "who changes puts in order", opened(STORE_CHANGE, &d), STORE_GOOD);
	row_bool("-", "half-written files go",
	         exists("keys/example.com/.s2.pem.tmp") || exists("keys/example.com/.state.tmp"), false);
	struct key_entry *e2 = state_find(&d.state, S("e2"));
	row_bool("-", "a key without a line is adopted",
	         e2 && e2->stage == KEY_GENERATED && e2->at[KEY_GENERATED] == NOW && d.n_adopted == 1, true);
	row_bool("-", "an unsafe one, or none, is not",
	         d.state.n == 3 && exists("keys/example.com/open.pem") && exists("keys/example.com/broken.pem"), true);
	row_bool("-", "what is there is not written over",
	         store_make_key(&d, engine, S("broken"), SIGNET_ED25519_SHA256, 0, NOW, &error), false);
	key_reach(e2, KEY_RETIRED, NOW + 1);
	row_bool("-", "the state is saved", store_save(&d, &error), true);
	row_bool("-", "the private half of a retired key goes", exists("keys/example.com/e2.pem"), false);
	store_close(&d);
	/* killed between the line and the file */
	copy("keys/example.com/e1.pem", "keys/example.com/e2.pem", 0600);
	row_number("-", "and goes later if that was cut off", opened(STORE_CHANGE, &d), STORE_GOOD);
	row_bool("-", "the line stays", !exists("keys/example.com/e2.pem") && state_find(&d.state, S("e2")), true);
	row_number("-", "its life is as it was", state_find(&d.state, S("e2"))->stage, KEY_RETIRED);
	store_close(&d);
}

static void refusals(void)
{
	struct store_domain d;
	chmod(path_of("keys"), 0777);
	row_number("-", "a store where all may write", opened(STORE_READ, &d), STORE_UNSAFE);
	row_bool("-", "with its reason", says("/keys: everybody may write in the directory"), true);
	chmod(path_of("keys"), 0700);
	int lock = open(path_of("keys/example.com/lock"), O_RDWR);
	if (flock(lock, LOCK_EX) != 0) {
		abort();
	}
	row_number("-", "who reads does not wait", opened(STORE_READ, &d), STORE_GOOD);
	store_close(&d);
	row_number("-", "two do not change at a time", opened(STORE_CHANGE, &d), STORE_BUSY);
	row_bool("-", "and are told", says("another command is changing"), true);
	close(lock);
	file_write("keys/example.com/state", S("# x\nhello\n"), 0600);
	row_number("-", "a state that cannot be read", opened(STORE_CHANGE, &d), STORE_BROKEN);
	row_bool("-", "file and line", says("/keys/example.com/state:2: not an algorithm"), true);
	unlink(path_of("keys/example.com/state"));
	symlink("/dev/zero", path_of("keys/example.com/state"));
	row_number("-", "a state that leads elsewhere", opened(STORE_READ, &d), STORE_UNSAFE);
	row_bool("-", "with its reason", says("/keys/example.com/state: it is a symbolic link"), true);
	unlink(path_of("keys/example.com/state"));
	mkdir(path_of("keys/example.com/state"), 0700);
	row_number("-", "a state that is a directory", opened(STORE_READ, &d), STORE_BROKEN);
	rmdir(path_of("keys/example.com/state"));
}

/* Who may write in the state file decides which keys sign. */
static void strange_states(void)
{
	static const struct {
		const char *what;
		mode_t mode;
		const char *says; /* NULL: it is taken */
	} states[] = {
		{ "for us alone", 0600, NULL },
		{ "others may read it: it is no secret", 0644, NULL },
		{ "the group may write it", 0660, "/keys/example.com/state: its group may write it" },
		{ "the group may only write it", 0620, "(mode 0620; make it 0600)" },
		{ "everybody may write it", 0602, "/keys/example.com/state: everybody may write it" },
	};
	struct store_domain d;
	for (size_t i = 0; i < ROWS(states); i++) {
		file_write("keys/example.com/state", S("# nothing\n"), states[i].mode);
		for (enum store_use use = STORE_READ; use <= STORE_MAKE; use++) {
			enum store_fault got = opened(use, &d);
			row_number("-", states[i].what, got, states[i].says ? STORE_UNSAFE : STORE_GOOD);
			row_bool("-", "with its reason", !states[i].says || says(states[i].says), true);
			if (got == STORE_GOOD) {
				store_close(&d);
			}
		}
	}
	file_write("keys/example.com/state", S("# nothing\n"), 0600);
	if (geteuid() == 0 && chown(path_of("keys/example.com/state"), 65534, 65534) == 0) {
		row_number("-", "a state of somebody else", opened(STORE_READ, &d), STORE_UNSAFE);
		row_bool("-", "who is named", says("it belongs to user 65534, who could change which keys sign"), true);
	}
	unlink(path_of("keys/example.com/state"));
}

static void domains(void)
{
	slice *list;
	size_t n;
	mkdir(path_of("keys/b.example"), 0700);
	mkdir(path_of("keys/.git"), 0700);
	mkdir(path_of("keys/UPPER.example"), 0700);
	file_write("keys/file.example", S(""), 0600);
	buf_clear(&error);
	row_number("-", "the domains of a store", store_domains(path_of("keys"), &arena, &list, &n, &error),
	           STORE_GOOD);
	row_bool("-", "sorted, and nothing else",
	         n == 2 && slice_eq(list[0], S("b.example")) && slice_eq(list[1], S("example.com")), true);
	row_number("-", "no store", store_domains(path_of("none"), &arena, &list, &n, &error), STORE_ABSENT);
}

int main(void)
{
	engine = signet_new();
	arena_init(&arena, (size_t)32 << 20);
	buf_init(&error, 1 << 16);
	folder_make();
	making();
	crashes();
	refusals();
	strange_states();
	domains();
	folder_remove();
	buf_finish(&error);
	arena_finish(&arena);
	signet_free(engine);
	return rows_end();
}
