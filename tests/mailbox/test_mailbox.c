/* SPDX-License-Identifier: Apache-2.0 */
#include "../../service/mailbox/mailbox.h"
#include "../../service/mailbox/split.h"
#include "../../service/mailbox/spool.h"
#include "../../src/base/buf.h"
#include "../support/rows.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATE "Sat Jan  3 01:05:34 1996"

static char folder[64];

static const char *path_of(const char *name)
{
	static char path[4][256];
	static unsigned turn;
	char *p = path[turn++ % 4];
	snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static void store(const char *name, slice octets)
{
	FILE *f = fopen(path_of(name), "w");
	if (!f || fwrite(octets.at, 1, octets.len, f) != octets.len || fclose(f) != 0) {
		abort();
	}
}

static void put_item(struct buf *out, struct mailbox_item *item, char *buffer, size_t room)
{
	size_t n;
	for (;;) {
		if (mailbox_read(item, buffer, room, &n) != SIGNET_OK) {
			buf_put(out, S("!"));
			buf_put_text(out, item->error);
			return;
		}
		if (n == 0) {
			return;
		}
		buf_put(out, slice_make(buffer, n));
	}
}

/* All messages: "path:number<octets>" one after the other; each is read twice. */
static void put_all(struct buf *out, const char *const *paths, size_t n, size_t room)
{
	struct mailbox *box = mailbox_open(paths, n);
	struct mailbox_item item;
	char *buffer = malloc(room);
	while (mailbox_next(box, &item)) {
		struct buf again;
		buf_init(&again, 1 << 26);
		const char *base = strrchr(item.path, '/');
		buf_put_text(out, base ? base + 1 : item.path);
		if (item.number) {
			buf_put_char(out, ':');
			buf_put_number(out, item.number);
		}
		buf_put_char(out, '<');
		size_t from = out->len;
		put_item(out, &item, buffer, room);
		mailbox_rewind(&item);
		put_item(&again, &item, buffer, room);
		if (!slice_eq(buf_slice(&again), slice_from(buf_slice(out), from))) {
			buf_put(out, S("!DIFFERS"));
		}
		buf_put_char(out, '>');
		buf_finish(&again);
		mailbox_close_item(&item);
	}
	free(buffer);
	mailbox_free(box);
}

static const struct {
	const char *what, *octets, *want;
} files[] = {
	{ "an empty file is an empty message", "", "m<>" },
	{ "LF becomes CRLF", "A: b\n\nc\n", "m<A: b\r\n\r\nc\r\n>" },
	{ "CRLF stays", "A: b\r\n\r\nc\r\n", "m<A: b\r\n\r\nc\r\n>" },
	{ "one CRLF anywhere: as stored", "A: b\n\nc\nd\r\n", "m<A: b\n\nc\nd\r\n>" },
	{ "a CR alone is an octet", "A: b\n\nc\rd\r\r\n", "m<A: b\n\nc\rd\r\r\n>" },
	{ "LF after CR LF is as stored", "\r\n\n", "m<\r\n\n>" },
	{ "CR at the very end", "A: b\n\r", "m<A: b\r\n\r>" },
	{ "no final line end", "A: b\n\nc", "m<A: b\r\n\r\nc>" },
	{ "no line end at all", "A", "m<A>" },
	{ "a leading From line is dropped", "From x\nA: b\n\nc\n", "m<A: b\r\n\r\nc\r\n>" },
	{ "a From line and nothing", "From x " DATE "\n", "m<>" },
	{ "a From line without line end", "From x " DATE, "m<>" },
	{ "a From field is not dropped", "From: x\nA: b\n", "m<From: x\r\nA: b\r\n>" },
	{ "nor one of the obsolete syntax", "From : x\nA: b\n", "m<From : x\r\nA: b\r\n>" },
	{ "what does not begin as mbox is not split", "A: b\n\nc\n\nFrom x " DATE "\nd\n",
	  "m<A: b\r\n\r\nc\r\n\r\nFrom x " DATE "\r\nd\r\n>" },
	{ "two messages", "From x " DATE "\nA: b\n\nc\n\nFrom y " DATE "\nD: e\n\nf\n\n",
	  "m:1<A: b\r\n\r\nc\r\n>m:2<D: e\r\n\r\nf\r\n\r\n>" },
	{ "two messages with CRLF", "From x " DATE "\r\nA: b\r\n\r\nc\r\n\r\nFrom y " DATE "\r\nD: e\r\n\r\nf\r\n",
	  "m:1<A: b\r\n\r\nc\r\n>m:2<D: e\r\n\r\nf\r\n>" },
	{ "each message has its own line ends", "From x " DATE "\nA: b\r\n\r\nc\r\n\nFrom y " DATE "\nD: e\n\nf\n",
	  "m:1<A: b\r\n\r\nc\r\n>m:2<D: e\r\n\r\nf\r\n>" },
	{ "no split without an empty line", "From x " DATE "\nA: b\n\nc\nFrom y " DATE "\nf\n",
	  "m<A: b\r\n\r\nc\r\nFrom y " DATE "\r\nf\r\n>" },
	{ "no split without a date", "From x " DATE "\nA: b\n\nc\n\nFrom now on\nf\n",
	  "m<A: b\r\n\r\nc\r\n\r\nFrom now on\r\nf\r\n>" },
	{ "quoting stays", "From x " DATE "\nA: b\n\nc\n\n>From y " DATE "\n>>From\n",
	  "m<A: b\r\n\r\nc\r\n\r\n>From y " DATE "\r\n>>From\r\n>" },
	{ "an empty message between others", "From x " DATE "\n\nFrom y " DATE "\n\nFrom z " DATE "\na\n",
	  "m:1<>m:2<>m:3<a\r\n>" },
	{ "a header without body", "From x " DATE "\nA: b\n\n\nFrom y " DATE "\nc\n", "m:1<A: b\r\n\r\n>m:2<c\r\n>" },
	{ "junk is a message", "\x80\xff\x01\x7f", "m<\x80\xff\x01\x7f>" },
};

static void check_files(void)
{
	static const size_t rooms[] = { 2, 3, 7, 65536 };
	for (size_t i = 0; i < ROWS(files); i++) {
		for (size_t k = 0; k < ROWS(rooms); k++) {
			struct buf out;
			buf_init(&out, 1 << 20);
			store("m", slice_of(files[i].octets));
			const char *path = path_of("m");
			put_all(&out, &path, 1, rooms[k]);
			row_text("4155:A", files[i].what, buf_slice(&out), files[i].want);
			buf_finish(&out);
		}
	}
}

/* A separator at every place around the end of a window is found. */
static void check_windows(void)
{
	static const char second[] = "From y " DATE "\nD: e\n";
	char *octets = malloc(SPLIT_WINDOW * 2);
	size_t wrong = 0;
	for (size_t shift = 0; shift < 1200; shift += shift < 40 || shift > 1000 ? 1 : 50) {
		size_t len = SPLIT_WINDOW + 20 - shift;
		memset(octets, 'a', len);
		memcpy(octets, "From x\n", 7);
		octets[len - 1] = octets[len - 2] = '\n';
		memcpy(octets + len, second, sizeof(second) - 1);
		store("m", slice_make(octets, len + sizeof(second) - 1));
		const char *path = path_of("m");
		struct mailbox *box = mailbox_open(&path, 1);
		struct mailbox_item a = { 0 }, b = { 0 }, c;
		wrong += !mailbox_next(box, &a) || a.length != len - 1 - 7 || !mailbox_next(box, &b) || b.length != 5 ||
			 mailbox_next(box, &c);
		mailbox_close_item(&a);
		mailbox_close_item(&b);
		mailbox_free(box);
	}
	free(octets);
	row_number("4155:A", "a separator is found wherever the window ends", (int64_t)wrong, 0);
}

static void check_errors(void)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	store("m", S("a"));
	store("d", S("b"));
	const char *paths[] = { path_of("missing"), path_of("m"), path_of("m/n"), path_of("d") };
	put_all(&out, paths, 4, 64);
	row_text("-", "what is missing has its item and stops nothing", buf_slice(&out),
		 "missing<!No such file or directory>m<a>n<!Not a directory>d<b>");
	buf_clear(&out);
	if (geteuid() != 0) {
		chmod(path_of("d"), 0);
		put_all(&out, &paths[3], 1, 64);
		row_text("-", "what is forbidden is said", buf_slice(&out), "d<!Permission denied>");
	}
	buf_finish(&out);

	const char *path = path_of("m");
	store("m", S("0123456789"));
	struct mailbox *box = mailbox_open(&path, 1);
	struct mailbox_item item;
	char buffer[64];
	size_t n;
	row_bool("-", "a file is opened", mailbox_next(box, &item), true);
	row_bool("-", "and shortened behind our back", truncate(path, 3) == 0, true);
	row_number("-", "a part of it is read", mailbox_read(&item, buffer, 4, &n) == SIGNET_OK ? (int64_t)n : -1, -1);
	row_text("-", "and the error says why", slice_of(item.error), "the file became shorter while it was read");
	row_number("-", "a buffer of one octet is misuse", (item.error = NULL, mailbox_read(&item, buffer, 1, &n)),
		   SIGNET_MISUSE);
	mailbox_close_item(&item);
	mailbox_free(box);
}

static void check_maildir(void)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	mkdir(path_of("box"), 0700);
	mkdir(path_of("box/cur"), 0700);
	mkdir(path_of("box/new"), 0700);
	mkdir(path_of("box/tmp"), 0700);
	mkdir(path_of("box/cur/folder"), 0700);
	store("box/cur/2", S("two"));
	store("box/cur/1", S("From x\none"));
	store("box/new/0", S("zero"));
	store("box/tmp/3", S("three"));
	store("box/cur/.hidden", S("hidden"));
	store("box/index", S("index"));
	store("after", S("after"));
	const char *paths[] = { path_of("box"), path_of("box/tmp"), path_of("after") };
	put_all(&out, paths, 3, 64);
	row_text("-", "a Maildir, a directory of files, a file", buf_slice(&out),
		 "1<one>2<two>0<zero>3<three>after<after>");
	buf_clear(&out);
	mkdir(path_of("empty"), 0700);
	paths[0] = path_of("empty");
	put_all(&out, paths, 1, 64);
	row_text("-", "an empty directory holds no message", buf_slice(&out), "");
	buf_finish(&out);

	struct mailbox *box = mailbox_open(paths + 1, 2);
	struct mailbox_item item = { 0 };
	uint64_t done = 9, total = 9;
	mailbox_progress(box, &done, &total);
	row_number("-", "nothing is done yet", (int64_t)done, 0);
	row_number("-", "the octets of all files are known", (int64_t)total, 10);
	mailbox_next(box, &item);
	mailbox_close_item(&item);
	mailbox_progress(box, &done, &total);
	row_number("-", "a closed message is done", (int64_t)done, 5);
	mailbox_free(box);
}

/* Standard input from a pipe that a child fills with `n` octets. */
static void pipe_in(size_t n, const char *head)
{
	int ends[2];
	if (pipe(ends) != 0) {
		abort();
	}
	fflush(stdout);
	if (fork() == 0) {
		char block[4096];
		memset(block, 'a', sizeof(block));
		close(ends[0]);
		ssize_t w = write(ends[1], head, strlen(head));
		while (n && w > 0) {
			w = write(ends[1], block, n < sizeof(block) ? n : sizeof(block));
			n -= w > 0 ? (size_t)w : 0;
		}
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
}

static void check_stdin(void)
{
	static const char *const dash = "-";
	struct buf out;
	buf_init(&out, 1 << 20);
	pipe_in(0, "From x " DATE "\nA: b\n\nFrom y " DATE "\nc\n");
	put_all(&out, &dash, 1, 64);
	row_text("-", "a pipe", buf_slice(&out), "-:1<A: b\r\n>-:2<c\r\n>");
	buf_clear(&out);

	pipe_in(3 * SPOOL_MEMORY, "A: b\n\n");
	struct mailbox *box = mailbox_open(&dash, 1);
	struct mailbox_item item = { 0 };
	row_bool("-", "a long pipe", mailbox_next(box, &item), true);
	row_number("-", "is kept whole", (int64_t)item.length, 3 * SPOOL_MEMORY + 6);
	uint64_t done, total;
	mailbox_progress(box, &done, &total);
	row_number("-", "and counts", (int64_t)total, 3 * SPOOL_MEMORY + 6);
	char buffer[8];
	size_t n = 0;
	mailbox_read(&item, buffer, sizeof(buffer), &n);
	row_slice("-", "and is read from its beginning", slice_make(buffer, n), S("A: b"));
	mailbox_close_item(&item);
	mailbox_free(box);

	store("m", S("file\n"));
	int fd = open(path_of("m"), O_RDONLY);
	dup2(fd, STDIN_FILENO);
	close(fd);
	put_all(&out, &dash, 1, 64);
	row_text("-", "a file", buf_slice(&out), "-<file\r\n>");
	buf_finish(&out);
}

struct worker {
	struct mailbox *box;
	uint64_t octets, items;
};

static void *work(void *data)
{
	struct worker *w = data;
	struct mailbox_item item;
	char buffer[65536];
	size_t n;
	while (mailbox_next(w->box, &item)) {
		while (mailbox_read(&item, buffer, sizeof(buffer), &n) == SIGNET_OK && n) {
			w->octets += n;
		}
		w->items += item.error == NULL;
		mailbox_close_item(&item);
	}
	return NULL;
}

#if !defined(__SANITIZE_ADDRESS__)
/* The peak of this program.  ru_maxrss would have that of whoever started it in it. */
static long resident_kb(void)
{
	char line[256];
	long kb = LONG_MAX;
	FILE *status = fopen("/proc/self/status", "re");
	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, "VmHWM:", 6) == 0) {
			kb = strtol(line + 6, NULL, 10);
		}
	}
	if (status) {
		fclose(status);
	}
	return kb;
}
#endif

static void check_workers(const char *what, const char *path, uint64_t items, uint64_t octets)
{
	struct worker workers[4];
	pthread_t threads[4];
	struct mailbox *box = mailbox_open(&path, 1);
	for (size_t i = 0; i < 4; i++) {
		workers[i] = (struct worker) { .box = box };
		pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	struct worker all = { 0 };
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		all.items += workers[i].items;
		all.octets += workers[i].octets;
	}
	uint64_t done, total;
	mailbox_progress(box, &done, &total);
	row_number("-", what, (int64_t)all.items, (int64_t)items);
	row_number("-", "every octet once", (int64_t)all.octets, (int64_t)octets);
	row_number("-", "and the progress is at its end", (int64_t)done, (int64_t)total);
	mailbox_free(box);
}

static void check_many(void)
{
	static const char message[] = "From x " DATE "\nA: b\n\nFrom here it is a text\n\n";
	FILE *f = fopen(path_of("many"), "w");
	mkdir(path_of("dir"), 0700);
	mkdir(path_of("dir/cur"), 0700);
	for (unsigned i = 0; f && i < 10000; i++) {
		char name[64];
		fwrite(message, 1, sizeof(message) - 1, f);
		snprintf(name, sizeof(name), "dir/cur/%05u", i);
		store(name, S("A: b\n\nc\n"));
	}
	if (!f || fclose(f) != 0) {
		abort();
	}
	/* "A: b" CRLF CRLF and the text with CRLF; the last message keeps its empty line */
	check_workers("10,000 messages of an mbox, four threads", path_of("many"), 10000, 10000 * (6 + 2 + 24) + 2);
	check_workers("10,000 messages of a Maildir, four threads", path_of("dir"), 10000, 10000 * (6 + 2 + 3));
}

/* A file of 300 MB, mostly a hole: one line of NUL octets. */
static void check_huge(void)
{
	const char *path = path_of("huge");
	store("huge", S("From x\nA: b\n\n"));
	const off_t size = 300 << 20;
	if (truncate(path, size) != 0) {
		abort();
	}
	check_workers("one message of 300 MB", path, 1, (uint64_t)size - 7 + 2);
	/* sanitizers have their own memory */
#if !defined(__SANITIZE_ADDRESS__)
	long now = resident_kb();
	row_bool("-", "less than 40 MB were ever resident", now < 40 * 1024, true);
#endif
}

int main(void)
{
	snprintf(folder, sizeof(folder), "/tmp/signet-mailbox-%ld", (long)getpid());
	if (mkdir(folder, 0700) != 0) {
		abort();
	}
	check_files();
	check_windows();
	check_errors();
	check_maildir();
	check_stdin();
	check_many();
	check_huge();
	char command[128];
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? rows_end() : 1;
}
