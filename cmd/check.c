/* SPDX-License-Identifier: Apache-2.0 */
/* signet check: verify messages and explain the verdict.
 *
 * Workers take messages from the mailboxes one by one; each has its own engine, resolver and buffers.  What they have to
 * say comes out in the order of the messages: a worker that is done waits for its turn, so no more than one text for each
 * worker is ever kept. */
#include <pthread.h>
#include <unistd.h>

#include "../service/mailbox/mailbox.h"
#include "answers.h"
#include "command.h"
#include "progress.h"
#include "settings.h"
#include "verdict.h"

#define MAX_JOBS 64

/* What the workers share.  `lock` guards everything below it. */
struct crew {
	const struct options *options;
	const struct settings *settings;
	const struct signet_zones *zones;
	struct mailbox *box;
	bool colour;
	pthread_mutex_t lock;
	pthread_cond_t
		turn_came[MAX_JOBS]; /* by the number of the turn: never two workers at one, as each has one turn */
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

static void print_in_turn(struct crew *crew, uint64_t turn, slice text, enum exit_status status)
{
	uint64_t done, total;
	pthread_mutex_lock(&crew->lock);
	while (crew->printed != turn) {
		pthread_cond_wait(&crew->turn_came[turn % MAX_JOBS], &crew->lock);
	}
	crew->is_broken |= !write_out(text);
	crew->status = worse(crew->status, status);
	crew->printed++;
	mailbox_progress(crew->box, &done, &total);
	progress_show(&crew->progress, crew->printed, done, total);
	pthread_cond_signal(&crew->turn_came[crew->printed % MAX_JOBS]);
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
	for (size_t i = 0; i < MAX_JOBS; i++) {
		pthread_cond_init(&crew->turn_came[i], NULL);
	}
	run_workers(crew, v);
	progress_end(&crew->progress);
	for (size_t i = 0; i < MAX_JOBS; i++) {
		pthread_cond_destroy(&crew->turn_came[i]);
	}
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
