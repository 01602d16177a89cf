/* SPDX-License-Identifier: Apache-2.0 */
/* signet check: verify messages and explain the verdict.
 *
 * Workers take messages from the mailboxes one by one; each has its own engine, resolver and buffers.  What they have to
 * say comes out in the order of the messages: a text that is ready before its turn is kept, a bounded number of them, so
 * that one slow message does not stop the other workers. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "../service/mailbox/mailbox.h"
#include "answers.h"
#include "command.h"
#include "progress.h"
#include "settings.h"
#include "verdict.h"

#define MAX_JOBS 64
#define KEPT_TEXTS 256
#define KEPT_BYTES ((size_t)4 << 20) /* of all of them */

/* What waits for its turn. */
struct kept {
	char *text; /* NULL: nothing */
	size_t len;
	enum exit_status status;
};

/* What the workers share.  `lock` guards everything below it. */
struct crew {
	const struct options *options;
	const struct settings *settings;
	const struct signet_zones *zones;
	struct mailbox *box;
	bool colour;
	pthread_mutex_t lock;
	pthread_cond_t turn_came;
	struct kept kept[KEPT_TEXTS]; /* by the number of the turn */
	size_t kept_bytes;
	uint64_t taken; /* messages handed out */
	uint64_t printed; /* and told */
	bool is_broken; /* nobody can read standard output: going on makes no sense */
	struct progress progress;
	enum exit_status status;
};

static bool take(struct crew *crew, struct mailbox_item *item, uint64_t *ret_turn)
{
	pthread_mutex_lock(&crew->lock);
	bool more = !crew->is_broken && mailbox_next(crew->box, item);
	if (more) {
		*ret_turn = crew->taken++;
	}
	pthread_mutex_unlock(&crew->lock);
	return more;
}

/* True if the text can wait for its turn here instead of its worker. */
static bool keep(struct crew *crew, uint64_t turn, slice text, enum exit_status status)
{
	bool fits = turn - crew->printed < KEPT_TEXTS && text.len <= KEPT_BYTES - crew->kept_bytes;
	char *copy = fits ? malloc(text.len + 1) : NULL;
	if (copy) {
		memcpy(copy, text.len ? text.at : "", text.len);
		crew->kept[turn % KEPT_TEXTS] = (struct kept){ copy, text.len, status };
		crew->kept_bytes += text.len;
	}
	return copy;
}

static void print(struct crew *crew, slice text, enum exit_status status)
{
	crew->is_broken |= !write_out(text);
	crew->status = worse(crew->status, status);
	crew->printed++;
}

static void print_kept(struct crew *crew)
{
	struct kept *next;
	while ((next = &crew->kept[crew->printed % KEPT_TEXTS])->text) {
		char *text = next->text;
		crew->kept_bytes -= next->len;
		next->text = NULL;
		print(crew, slice_make(text, next->len), next->status);
		free(text);
	}
}

static void print_in_turn(struct crew *crew, uint64_t turn, slice text, enum exit_status status)
{
	uint64_t done, total;
	pthread_mutex_lock(&crew->lock);
	if (crew->printed == turn || !keep(crew, turn, text, status)) {
		while (crew->printed != turn) {
			pthread_cond_wait(&crew->turn_came, &crew->lock);
		}
		print(crew, text, status);
		print_kept(crew);
		mailbox_progress(crew->box, &done, &total);
		progress_show(&crew->progress, crew->printed, done, total);
		pthread_cond_broadcast(&crew->turn_came);
	}
	pthread_mutex_unlock(&crew->lock);
}

static void work(struct crew *crew, struct verdict *v)
{
	struct mailbox_item item;
	uint64_t turn;
	while (take(crew, &item, &turn)) {
		enum exit_status status = verdict_of(v, &item);
		print_in_turn(crew, turn, verdict_text(v), status);
		mailbox_close_item(&item);
	}
}

static struct verdict *new_verdict(const struct crew *crew)
{
	return verdict_new(crew->options, crew->settings, crew->zones, crew->colour);
}

/* One more worker; if it cannot be, the others do its share. */
static void *work_beside(void *data)
{
	struct crew *crew = data;
	struct verdict *v = new_verdict(crew);
	if (v) {
		work(crew, v);
	}
	verdict_free(v);
	return NULL;
}

static size_t count_jobs(const struct options *o)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t jobs = o->jobs ? o->jobs : processors > 0 ? (size_t)processors : 1;
	return jobs < MAX_JOBS ? jobs : MAX_JOBS;
}

/* This thread is one of the workers. */
static void run_workers(struct crew *crew, struct verdict *v)
{
	pthread_t threads[MAX_JOBS];
	size_t started = 0;
	size_t jobs = count_jobs(crew->options);
	while (started + 1 < jobs && pthread_create(&threads[started], NULL, work_beside, crew) == 0) {
		started++;
	}
	work(crew, v);
	while (started) {
		pthread_join(threads[--started], NULL);
	}
}

static enum exit_status run_crew(struct crew *crew)
{
	crew->colour = isatty(STDOUT_FILENO);
	struct verdict *v = new_verdict(crew);
	enum exit_status status = v ? verdict_start(v) : EXIT_UNFINISHED;
	if (status != EXIT_FINE) { /* what stops one stops all of them */
		verdict_free(v);
		return status;
	}
	progress_begin(&crew->progress, crew->options->quiet || !crew->colour);
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->turn_came, NULL);
	run_workers(crew, v);
	progress_end(&crew->progress);
	pthread_cond_destroy(&crew->turn_came);
	pthread_mutex_destroy(&crew->lock);
	verdict_free(v);
	return crew->status;
}

static enum exit_status run_with(const struct options *o, const struct settings *settings)
{
	static const char *const standard_input[] = { "-" };
	struct signet_zones *zones;
	if (!answers_open_zones(o, &zones)) {
		return EXIT_BAD_INPUT;
	}
	struct crew crew = { .options = o, .settings = settings, .zones = zones };
	crew.box = o->n_operands ? mailbox_open(o->operands, o->n_operands) : mailbox_open(standard_input, 1);
	enum exit_status status = EXIT_UNFINISHED;
	if (crew.box) {
		status = run_crew(&crew);
	} else {
		complain(o, "no memory");
	}
	mailbox_free(crew.box);
	signet_zones_free(zones);
	return status;
}

static size_t count_standard_input(const struct options *o)
{
	size_t n = 0;
	for (size_t i = 0; i < o->n_operands; i++) {
		n += slice_eq(slice_of(o->operands[i]), S("-"));
	}
	return n;
}

static enum exit_status run(const struct options *o)
{
	struct settings settings;
	enum exit_status status;
	if (count_standard_input(o) > 1) {
		complain(o, "standard input can be read once only");
		return EXIT_USAGE;
	}
	if (settings_open(o, &settings, &status)) {
		status = run_with(o, &settings);
	}
	settings_finish(&settings);
	return status;
}

const struct command cmd_check = {
	.name = "check",
	.synopsis = "[PATH|-]...",
	.summary = "verify messages (files, mboxes, Maildirs, standard input) and explain the verdict",
	.options = OPTIONS_COMMON | OPTIONS_ENVELOPE | OPTIONS_JUDGE | OPTIONS_CHECK,
	.run = run,
};
