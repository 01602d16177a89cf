/* SPDX-License-Identifier: Apache-2.0 */
/* Which key files are taken, and what is said of the others. */
#include "../../service/keys/key_file.h"

#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <errno.h>
#include <fcntl.h>

#include "../support/rows.h"
#include "folder.h"

#define STRANGER 4711

static struct signet *engine;

/* A key as other programs store it: OpenSSL writes it, not we. */
static slice made(const char *kind, const char *structure, const char *passphrase, struct signet_arena *a)
{
	unsigned char *at = NULL;
	size_t n = 0;
	EVP_PKEY *key = strcmp(kind, "RSA") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, kind, (size_t)2048)
	                                         : EVP_PKEY_Q_keygen(NULL, NULL, kind);
	OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(key, EVP_PKEY_KEYPAIR, "PEM", structure, NULL);
	if (passphrase) {
		OSSL_ENCODER_CTX_set_cipher(ctx, "AES-256-CBC", NULL);
		OSSL_ENCODER_CTX_set_passphrase(ctx, (const unsigned char *)passphrase, strlen(passphrase));
	}
	OSSL_ENCODER_to_data(ctx, &at, &n);
	slice text = arena_copy(a, slice_make((const char *)at, n));
	OPENSSL_free(at);
	OSSL_ENCODER_CTX_free(ctx);
	EVP_PKEY_free(key);
	return text;
}

static void row(const char *what, const char *path, enum key_file_fault want, const char *says)
{
	struct buf error;
	struct signet_privkey *key = NULL;
	buf_init(&error, 4096);
	row_number("-", what, key_file_open(engine, path, &key, &error), want);
	row_bool("-", says, slice_find(buf_slice(&error), slice_of(says)) != SLICE_NONE, true);
	row_bool("-", "a key comes out if and only if all is good", key != NULL, want == KEY_FILE_GOOD);
	signet_privkey_free(key);
	buf_finish(&error);
}

static void files(struct signet_arena *a)
{
	static char large[SIGNET_PRIVKEY_TEXT + 1];
	slice rsa = made("RSA", "PrivateKeyInfo", NULL, a);
	memset(large, '\n', sizeof(large));
	file_write("good.pem", rsa, 0600);
	row("PKCS 8, 0600", path_of("good.pem"), KEY_FILE_GOOD, "");
	file_write("readonly.pem", rsa, 0400);
	row("0400 is as good", path_of("readonly.pem"), KEY_FILE_GOOD, "");
	file_write("opendkim.private", made("RSA", "type-specific", NULL, a), 0600);
	row("OpenDKIM's file: PKCS 1", path_of("opendkim.private"), KEY_FILE_GOOD, "");
	file_write("ed.pem", made("ED25519", "PrivateKeyInfo", NULL, a), 0600);
	row("Ed25519", path_of("ed.pem"), KEY_FILE_GOOD, "");
	file_write("group.pem", rsa, 0640);
	row("readable by the group", path_of("group.pem"), KEY_FILE_MODE,
	    "group.pem: its group may read it (mode 0640");
	file_write("all.pem", rsa, 0604);
	row("readable by others", path_of("all.pem"), KEY_FILE_MODE, "everybody may read it (mode 0604");
	file_write("write.pem", rsa, 0602);
	row("writable by others", path_of("write.pem"), KEY_FILE_MODE, "everybody may write it");
	file_write("encrypted.pem", made("RSA", "PrivateKeyInfo", "secret", a), 0600);
	row("encrypted", path_of("encrypted.pem"), KEY_FILE_NO_KEY, "encrypted.pem: the key is encrypted");
	file_write("empty.pem", S(""), 0600);
	row("empty", path_of("empty.pem"), KEY_FILE_NO_KEY, "there is no private key");
	file_write("large.pem", slice_make(large, sizeof(large)), 0600);
	row("one octet too large", path_of("large.pem"), KEY_FILE_LARGE, "too large");
	file_write("full.pem", slice_make(large, sizeof(large) - 1), 0600);
	row("as large as may be", path_of("full.pem"), KEY_FILE_NO_KEY, "there is no private key");
	row("absent", path_of("nowhere.pem"), KEY_FILE_ABSENT, "nowhere.pem: No such file");
	row("in an absent directory", path_of("nowhere/a.pem"), KEY_FILE_ABSENT, "nowhere: No such file");
	row("in a file", path_of("good.pem/a.pem"), KEY_FILE_ABSENT, "Not a directory");
	row("no name at all", "", KEY_FILE_KIND, "directory");
	row("a name that ends in a slash", "/tmp/", KEY_FILE_KIND, "directory");
	mkdir(path_of("folder"), 0700);
	row("a directory", path_of("folder"), KEY_FILE_KIND, "it is a directory");
	mkfifo(path_of("pipe"), 0600);
	row("a pipe, without waiting for a writer", path_of("pipe"), KEY_FILE_KIND, "not a regular file");
	row("a device", "/dev/null", KEY_FILE_KIND, "not a regular file");
	symlink(path_of("good.pem"), path_of("link.pem"));
	row("a symbolic link", path_of("link.pem"), KEY_FILE_LINK, "it is a symbolic link");
}

static void folders(struct signet_arena *a)
{
	slice key = made("ED25519", "PrivateKeyInfo", NULL, a);
	mkdir(path_of("open"), 0700);
	mkdir(path_of("open/in"), 0700);
	file_write("open/a.pem", key, 0600);
	file_write("open/in/a.pem", key, 0600);
	chmod(path_of("open"), 0777);
	row("in a directory where all may write", path_of("open/a.pem"), KEY_FILE_FOLDER_MODE,
	    "/open: everybody may write in the directory");
	row("below one", path_of("open/in/a.pem"), KEY_FILE_FOLDER_MODE, "/open: everybody may write in the directory");
	row("by a way with .. through one", path_of("open/../good.pem"), KEY_FILE_FOLDER_MODE, "/open: everybody");
	chmod(path_of("open"), 0770);
	row("where the group may write", path_of("open/in/a.pem"), KEY_FILE_FOLDER_MODE, "its group may write");
	chmod(path_of("open"), 01777);
	row("in a sticky directory others may add files", path_of("open/a.pem"), KEY_FILE_FOLDER_MODE, "mode 1777");
	row("below a sticky directory nobody can exchange ours", path_of("open/in/a.pem"), KEY_FILE_GOOD, "");
	chmod(path_of("open"), 0755);
	row("others may look", path_of("open/in/a.pem"), KEY_FILE_GOOD, "");

	symlink("open/in", path_of("short"));
	row("a link on the way is followed", path_of("short/a.pem"), KEY_FILE_GOOD, "");
	symlink(path_of("open"), path_of("open/in/absolute"));
	row("an absolute one as well", path_of("short/absolute/a.pem"), KEY_FILE_GOOD, "");
	chmod(path_of("open"), 0777);
	row("where the link leads is looked at", path_of("short/a.pem"), KEY_FILE_FOLDER_MODE, "/open: everybody");
	mkdir(path_of("public"), 0777);
	chmod(path_of("public"), 0777);
	symlink(folder, path_of("public/link"));
	row("where the link lies is looked at", path_of("public/link/good.pem"), KEY_FILE_FOLDER_MODE, "/public: ");
	symlink("loop", path_of("loop"));
	row("a link to itself", path_of("loop/a.pem"), KEY_FILE_UNREADABLE, "symbolic links");
	if (chdir(folder) == 0) {
		row("a name without directory", "good.pem", KEY_FILE_GOOD, "");
		row("a relative path", "./short/../../good.pem", KEY_FILE_FOLDER_MODE, "/open: everybody");
		chmod(path_of("open"), 0700);
		row("a relative path through a link", "./short/../../good.pem", KEY_FILE_GOOD, "");
		if (chdir(path_of("public")) == 0) {
			row("the working directory is on the way", "../good.pem", KEY_FILE_FOLDER_MODE, "/public: ");
		}
	}
	if (chdir("/") != 0) {
		abort();
	}
}

static void owners(struct signet_arena *a)
{
	slice key = made("ED25519", "PrivateKeyInfo", NULL, a);
	if (geteuid() != 0) {
		row_skip("-", "files and directories of other users", "only root can give files away");
		file_write("shut.pem", key, 0000);
		row("a file that we may not read", path_of("shut.pem"), KEY_FILE_UNREADABLE, "Permission denied");
		return;
	}
	mkdir(path_of("theirs"), 0700);
	file_write("theirs/a.pem", key, 0600);
	file_write("theirs.pem", key, 0600);
	if (chown(path_of("theirs"), STRANGER, 0) != 0 || chown(path_of("theirs.pem"), STRANGER, 0) != 0 ||
	    lchown(path_of("short"), STRANGER, 0) != 0) {
		abort();
	}
	row("of somebody else", path_of("theirs.pem"), KEY_FILE_OWNER, "it belongs to user 4711, neither to us (0)");
	row("in a directory of somebody else", path_of("theirs/a.pem"), KEY_FILE_FOLDER_OWNER,
	    "/theirs: the directory belongs to user 4711");
	row("through a link of somebody else", path_of("short/a.pem"), KEY_FILE_FOLDER_OWNER, "somebody else");
	chmod(folder, 0755);
	mkdir(path_of("mine"), 0700);
	file_write("mine/a.pem", key, 0600);
	if (chown(path_of("mine"), STRANGER, 0) != 0 || chown(path_of("mine/a.pem"), STRANGER, 0) != 0 ||
	    seteuid(STRANGER) != 0) {
		abort();
	}
	row("who owns it may use it", path_of("mine/a.pem"), KEY_FILE_GOOD, "");
	row("a file that we may not read", path_of("good.pem"), KEY_FILE_UNREADABLE, "good.pem: Permission denied");
	if (seteuid(0) != 0) {
		abort();
	}
}

static void writing(void)
{
	struct buf error;
	struct stat st;
	enum key_file_fault fault;
	char at[SIGNET_PRIVKEY_TEXT];
	size_t n = 0;
	buf_init(&error, 4096);
	mkdir(path_of("out"), 0700);
	int out = key_folder_open(path_of("out"), &fault, &error);
	file_write("out/.a.pem.tmp", S("half"), 0644);
	mode_t mask = umask(0);
	row_bool("-", "writes over what a killed process left", key_file_write(out, "out", "a.pem", S("one"), &error),
	         true);
	row_bool("-", "writes over the old one", key_file_write(out, "out", "a.pem", S("two"), &error), true);
	umask(mask);
	row_number("-", "reads it again", key_file_read_at(out, "out", "a.pem", at, &n, &error), KEY_FILE_GOOD);
	row_text("-", "the second text stands", slice_make(at, n), "two");
	row_bool("-", "0600 whatever the umask", fstatat(out, "a.pem", &st, 0) == 0 && (st.st_mode & 07777) == 0600,
	         true);
	row_bool("-", "no temporary file stays", fstatat(out, ".a.pem.tmp", &st, 0) != 0, true);
	row_bool("-", "a name with a directory that is not there",
	         key_file_write(out, "out", "no/a.pem", S("x"), &error), false);
	row_bool("-", "the error names the file", slice_find(buf_slice(&error), S("out/no/a.pem: ")) != SLICE_NONE,
	         true);
	int old = openat(out, "a.pem", O_RDONLY);
	row_bool("-", "destroys", key_file_destroy(out, "out", "a.pem", &error), true);
	row_bool("-", "the file is gone", fstatat(out, "a.pem", &st, 0) != 0, true);
	row_bool("-", "who still holds it open reads nothing of it",
	         read(old, at, 3) == 3 && memcmp(at, "\0\0\0", 3) == 0, true);
	close(old);
	row_bool("-", "destroys what is not there", key_file_destroy(out, "out", "a.pem", &error), true);
	row_bool("-", "knows its temporary names", key_file_is_temporary(".a.pem.tmp"), true);
	row_bool("-", "and no others", key_file_is_temporary("a.pem") || key_file_is_temporary(".tmp"), false);
	close(out);
	buf_finish(&error);
}

int main(void)
{
	struct signet_arena arena;
	engine = signet_new();
	arena_init(&arena, (size_t)1 << 20);
	folder_make();
	files(&arena);
	folders(&arena);
	owners(&arena);
	writing();
	folder_remove();
	arena_finish(&arena);
	signet_free(engine);
	return rows_end();
}
