/* SPDX-License-Identifier: Apache-2.0 */
/* Killed writers, full disks, several of them, retention. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "../support/rows.h"
#include "folder.h"

#define KILLS 40
#define MIN_WRITTEN 60 /* rows by every second one of those that are killed */
#define WRITERS 3
#define THREADS 2
#define EACH 3000
#define SEEN_MAX (1 << 22)

/* Shared with children. */
static struct board {
	_Atomic uint64_t kept; /* verdicts that spool_put() was true for */
	_Atomic bool stop;
} * board;

static bool put_one(struct spool_writer *w, uint64_t number, size_t padding, int *ret_error)
{
	static char pad[1 << 16];
	const struct verdict_row row = { .time_ms = (int64_t)number,
		                         .queue_id = S("4QXyz"),
		                         .reply = slice_make(pad, padding) };
	return spool_put(w, &row, ret_error);
}

/* Marks which numbers are there; how many, or -1 if one is there twice. */
static int64_t see(uint8_t *seen, struct spool_trouble *ret_trouble)
{
	struct spool_reader *r = folder_reader(SPOOL_OLDEST_FIRST, NULL);
	struct spool_verdict v;
	int64_t n = 0;
	bool twice = false;
	memset(seen, 0, SEEN_MAX);
	while (spool_next(r, &v) == SPOOL_FOUND) {
		uint64_t number = (uint64_t)v.row->time_ms;
		if (number >= SEEN_MAX) {
			abort();
		}
		twice |= seen[number];
		seen[number] = 1;
		n++;
	}
	*ret_trouble = spool_reader_trouble(r);
	spool_reader_free(r);
	return twice ? -1 : n;
}

static void nap_us(long us)
{
	const struct timespec nap = { .tv_nsec = us * 1000 };
	nanosleep(&nap, NULL);
}

static void wait_until_kept(uint64_t number)
{
	for (unsigned naps = 0; naps < 60000 && atomic_load(&board->kept) < number; naps++) {
		nap_us(1000);
	}
}

static void end_child(pid_t child, int signal)
{
	int status;
	if (signal) {
		kill(child, signal);
	}
	if (child <= 0 || waitpid(child, &status, 0) != child || (!signal && status != 0)) {
		abort();
	}
}

/* ---- SIGKILL ---- */

static void write_for_ever(uint64_t from)
{
	struct spool_writer *w = folder_writer(0);
	int error;
	for (uint64_t number = from;; number++) {
		if (!put_one(w, number, number % 700, &error)) {
			_exit(1);
		}
		atomic_store(&board->kept, number + 1);
		if (number % 512 == 0) {
			spool_sync(w);
		}
	}
}

static void test_kills(uint8_t *seen)
{
	uint64_t unsure[KILLS]; /* one may be there that nobody was told of */
	size_t lost = 0, gaps = 0;
	uint64_t next = 0;
	struct spool_trouble t;
	folder_clear();
	atomic_store(&board->kept, 0);
	for (unsigned i = 0; i < KILLS; i++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0) {
			write_for_ever(next);
		}
		nap_us(2000 + 700 * (long)i);
		if (i % 2 == 1) { /* the others die wherever they are, on a busy machine before they wrote anything */
			wait_until_kept(next + MIN_WRITTEN);
		}
		end_child(child, SIGKILL);
		unsure[i] = atomic_load(&board->kept);
		next = unsure[i] + 1;
		atomic_store(&board->kept, next);
	}
	int64_t n = see(seen, &t);
	row_bool("-", "a process that was killed forty times: none is there twice", n >= 0, true);
	row_bool("-", "it wrote a lot", n > 1000, true);
	for (uint64_t number = 0; number < next; number++) {
		if (gaps < KILLS && number == unsure[gaps]) {
			gaps++;
		} else {
			lost += !seen[number];
		}
	}
	row_number("-", "what was kept is there", (int64_t)lost, 0);
	row_number("-", "its files are readable", (int64_t)t.foreign, 0);
}

/* ---- no room ---- */

/* Exactly what spool_put() was true for is there. */
static void row_exact(const char *what, uint8_t *seen, const bool *kept, size_t n)
{
	struct spool_trouble t;
	size_t wrong = 0;
	int64_t found = see(seen, &t);
	int64_t want = 0;
	for (size_t i = 0; i < n; i++) {
		wrong += seen[i] != kept[i];
		want += kept[i];
	}
	row_number("-", what, (int64_t)wrong, 0);
	row_number("-", "as many as there should be", found, want);
	row_number("-", "no half entry is left", (int64_t)t.lost_octets, 0);
}

#define TRIES 300

/* A file that may not grow: write(2) takes a part, then nothing. */
static void test_file_limit(uint8_t *seen)
{
	bool kept[TRIES] = { 0 };
	struct rlimit before, now;
	int error = 0, first_error = 0;
	folder_clear();
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	now = before;
	now.rlim_cur = 20001;
	setrlimit(RLIMIT_FSIZE, &now);
	struct spool_writer *w = folder_writer(0);
	for (size_t i = 0; i < TRIES; i++) {
		if (i == TRIES / 2) {
			setrlimit(RLIMIT_FSIZE, &before);
		}
		kept[i] = put_one(w, i, i * 7 % 900, &error);
		first_error = first_error || kept[i] ? first_error : error;
	}
	spool_close(w);
	row_number("-", "a file that is full is an error", first_error, EFBIG);
	row_bool("-", "when there is room again the next one works", kept[TRIES / 2], true);
	row_exact("a file that was full has what it should", seen, kept, TRIES);
}

static bool mount_small(void)
{
	return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", spool_folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=0700") == 0;
}

static void fill(void)
{
	static char octets[4096];
	int fd = open(folder_path("filler"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	while (fd >= 0 && write(fd, octets, sizeof(octets)) > 0) {
	}
	close(fd);
}

static void test_disk_full(uint8_t *seen)
{
	bool kept[TRIES] = { 0 };
	int error = 0, first_error = 0;
	if (!mount_small()) {
		row_skip("-", "a full disk", "no right to mount a small one");
		return;
	}
	fill();
	struct spool_writer *w = folder_writer(0);
	bool none = put_one(w, 0, 10, &error);
	row_bool("-", "a disk that is full from the start", none, false);
	row_number("-", "says so", error, ENOSPC);
	for (size_t i = 1; i < TRIES; i++) {
		if (i % 100 == 1) {
			unlink(folder_path("filler"));
		} else if (i % 100 == 40) {
			fill();
		}
		kept[i] = put_one(w, i, 3000 + i * 7 % 900, &error);
		first_error = first_error || kept[i] ? first_error : error;
		if (i % 10 == 0) {
			spool_sync(w);
		}
	}
	row_number("-", "a disk that gets full is an error", first_error, ENOSPC);
	row_bool("-", "when there is room the next one works", kept[1] && kept[101], true);
	spool_close(w);
	row_exact("a disk that was full has what it should", seen, kept, TRIES);
	umount2(spool_folder, MNT_DETACH);
}

/* ---- several ---- */

struct hand {
	struct spool_writer *writer;
	uint64_t from;
};

static void *write_some(void *data)
{
	struct hand *h = data;
	int error;
	for (uint64_t i = 0; i < EACH; i++) {
		if (!put_one(h->writer, h->from + i, i % 300, &error)) {
			abort();
		}
	}
	return NULL;
}

static void *sync_all_the_time(void *data)
{
	while (!atomic_load(&board->stop)) {
		spool_sync(data);
		nap_us(500);
	}
	return NULL;
}

static void write_beside(unsigned i)
{
	pthread_t threads[THREADS], syncing;
	struct hand hands[THREADS];
	struct spool_writer *w = folder_writer(0);
	atomic_store(&board->stop, false);
	bool good = pthread_create(&syncing, NULL, sync_all_the_time, w) == 0;
	for (unsigned k = 0; k < THREADS; k++) {
		hands[k] = (struct hand) { w, (uint64_t)(i * THREADS + k) * EACH };
		good &= pthread_create(&threads[k], NULL, write_some, &hands[k]) == 0;
	}
	for (unsigned k = 0; good && k < THREADS; k++) {
		pthread_join(threads[k], NULL);
	}
	atomic_store(&board->stop, true);
	if (good) {
		pthread_join(syncing, NULL);
	}
	spool_close(w);
	_exit(!good);
}

static void test_several(uint8_t *seen)
{
	pid_t children[WRITERS];
	struct spool_trouble t;
	struct spool_verdict v;
	folder_clear();
	fflush(stdout);
	for (unsigned i = 0; i < WRITERS; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			write_beside(i);
		}
	}
	size_t broken = 0; /* a reader meanwhile sees whole ones */
	for (unsigned i = 0; i < 20; i++) {
		struct spool_reader *r = folder_reader(i % 2 ? SPOOL_NEWEST_FIRST : SPOOL_OLDEST_FIRST, NULL);
		while (spool_next(r, &v) == SPOOL_FOUND) {
			broken += !slice_eq(v.row->queue_id, S("4QXyz"));
		}
		broken += spool_reader_trouble(r).unreadable + spool_reader_trouble(r).foreign;
		spool_reader_free(r);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		end_child(children[i], 0);
	}
	row_number("-", "readers beside the writers see nothing that is broken", (int64_t)broken, 0);
	row_number("-", "several processes and threads in one folder lose nothing", see(seen, &t),
	           WRITERS * THREADS * EACH);
	row_number("-", "and leave nothing broken", (int64_t)t.lost_octets, 0);
}

/* ---- retention ---- */

static uint64_t octets_of_folder(size_t *ret_n)
{
	struct segment_name *names;
	struct stat st;
	uint64_t octets = 0;
	int error;
	int fd = open(spool_folder, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || !segment_list(fd, &names, ret_n, &error)) {
		abort();
	}
	for (size_t i = 0; i < *ret_n; i++) {
		octets += fstatat(fd, names[i].at, &st, 0) == 0 ? (uint64_t)st.st_size : 0;
	}
	free(names);
	close(fd);
	return octets;
}

static void test_retention(uint8_t *seen)
{
	const uint64_t most = (uint64_t)1 << 20;
	uint64_t octets, largest = 0;
	struct spool_trouble t;
	size_t n;
	int error;
	folder_clear();
	struct spool_writer *old = folder_writer(0); /* somebody who is still at his first segment */
	(void)put_one(old, 0, 100, &error);
	struct spool_writer *w = folder_writer(most);
	for (uint64_t i = 1; i < 5000; i++) {
		if (!put_one(w, i, 900, &error)) {
			abort();
		}
		if (i % 50 == 0) {
			octets = octets_of_folder(&n);
			largest = octets > largest ? octets : largest;
		}
	}
	row_bool("-", "no more than may be", largest <= most, true);
	row_bool("-", "and not much less", octets_of_folder(&n) > most / 2, true);
	int64_t kept = see(seen, &t);
	row_bool("-", "the newest are there, in a row", seen[4999] && seen[4999 - kept + 2], true);
	row_bool("-", "what somebody still writes stays", seen[0], true);
	row_bool("-", "the oldest went", seen[1], false);
	spool_sync(w);
	(void)octets_of_folder(&n);
	size_t before = n;
	for (uint64_t i = 5000; n == before && i < 6000; i++) {
		(void)put_one(w, i, 900, &error);
		(void)octets_of_folder(&n);
	}
	row_number("-", "who begins a segment removes none", (int64_t)n, (int64_t)before + 1);
	spool_sync(w);
	row_bool("-", "whoever brings it to the disk sees to that", octets_of_folder(&n) <= most, true);
	spool_close(old);
	spool_close(w);
	w = folder_writer((uint64_t)128 << 10);
	row_bool("-", "a smaller limit holds from the opening on", octets_of_folder(&n) <= (uint64_t)128 << 10, true);
	spool_close(w);
}

/* ---- too much ---- */

static void test_large(void)
{
	static slice many[20000];
	static char text[200000];
	struct spool_verdict v;
	int error;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < ROWS(many); i++) {
		many[i] = slice_make(text + i, 100 + i % 900);
		text[i] = (char)('a' + i * 7 % 26);
	}
	struct verdict_row row = { .time_ms = 1,
		                   .queue_id = S("large"),
		                   .recipients = many,
		                   .n_recipients = 1000,
		                   .all_recipients = ROWS(many),
		                   .removed = many,
		                   .n_removed = ROWS(many),
		                   .authentication_results = slice_make(text, sizeof(text)) };
	folder_clear();
	struct spool_writer *w = folder_writer(0);
	row_bool("-", "more than an entry takes is kept cut", spool_put(w, &row, &error), true);
	spool_close(w);
	struct spool_reader *r = folder_reader(SPOOL_OLDEST_FIRST, NULL);
	row_bool("-", "and read, with what counts",
	         spool_next(r, &v) == SPOOL_FOUND && v.kept != DOSSIER_WHOLE && slice_eq(v.row->queue_id, S("large")) &&
	                 v.row->all_recipients == ROWS(many) && v.row->n_recipients >= 24,
	         true);
	spool_reader_free(r);
}

static void test_opening(void)
{
	struct buf error;
	size_t n;
	buf_init(&error, 1024);
	row_bool("-", "a folder that is not there", spool_open("/nonexistent/spool", 0, &error) == NULL, true);
	row_text("-", "is said", buf_slice(&error), "/nonexistent/spool: No such file or directory");
	buf_clear(&error);
	row_bool("-", "a reader says it too",
	         spool_read("/nonexistent/spool", SPOOL_OLDEST_FIRST, NULL, &error) == NULL, true);
	buf_finish(&error);
	folder_clear();
	struct spool_writer *w = folder_writer(0);
	spool_sync(w);
	spool_close(w);
	spool_close(NULL);
	(void)octets_of_folder(&n);
	row_number("-", "who writes nothing leaves nothing", (int64_t)n, 0);
}

int main(void)
{
	uint8_t *seen = malloc(SEEN_MAX);
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!seen || board == MAP_FAILED) {
		abort();
	}
	folder_make();
	test_opening();
	test_kills(seen);
	test_file_limit(seen);
	test_several(seen);
	test_retention(seen);
	test_large();
	folder_clear();
	test_disk_full(seen); /* the last: it leaves us in a name space of our own */
	free(seen);
	folder_remove();
	return rows_end();
}
