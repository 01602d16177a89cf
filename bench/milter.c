/* SPDX-License-Identifier: Apache-2.0 */
/* A mail server's load on milters: replays a corpus through one of them, or through several in turn, as Postfix does.
 *
 *     bench-milter -s ADDRESS [-s ADDRESS...] [OPTION...] CORPUS
 *
 *     -s unix:PATH|inet:PORT|inet:ADDRESS:PORT   a milter; each further one sees what the one before changed
 *     -c N          so many mail server processes at once (1)
 *     -k N          messages of one connection (1; Postfix makes one for each SMTP session)
 *     -n N          so many messages, the corpus again and again (all of it once)
 *     -f N          the first of them is the N-th: where a run before has ended (0)
 *     -t SECONDS    ends then, wherever it is; "next" says where to go on
 *     -o LEAST-MOST only messages of so many octets
 *     -i N          so many connections besides that have said HELO and say no more
 *     -w OCTETS     written at once, as the buffer of a mail server does it (all up to where an answer is due)
 *     -d            TCP_NODELAY, which Postfix sets not
 *     -p PID,PID    processes whose CPU time and memory are told
 *
 * Prints one line of JSON.  The time of a message runs from the connection, or from MAIL if there is one already, to the last
 * answer.  "broken" counts messages whose milter was gone or did not speak the protocol. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../tests/support/milter_client.h"
#include "corpus.h"

#define CHAIN_MAX 4
#define PIDS_MAX 16
#define WORKERS_MAX 1000

static struct plan {
	const char *chain[CHAIN_MAX];
	size_t n_chain;
	size_t workers, per_connection, first, n, least, most, idle, write_octets;
	double seconds; /* 0: no end */
	bool no_delay;
	long pids[PIDS_MAX];
	size_t n_pids;
	const struct corpus_message **messages;
	size_t n_messages;
	float *times_ms; /* of each message that was answered */
} plan = { .workers = 1, .per_connection = 1, .most = SIZE_MAX };

static struct counts {
	atomic_size_t next, done, broken, passed, rejected, deferred, held, inserted, deleted;
} counts;

static double ends_at;

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the processes that are measured ---- */

static double cpu_of(long pid)
{
	char path[64], text[1024];
	unsigned long user = 0, kernel = 0;
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *in = fopen(path, "r");
	if (!in) {
		return 0;
	}
	size_t n = fread(text, 1, sizeof(text) - 1, in);
	fclose(in);
	text[n] = '\0';
	const char *behind = strrchr(text, ')');
	if (behind) {
		sscanf(behind + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
	}
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static long rss_kb_of(long pid)
{
	char path[64], line[256];
	long kb = 0;
	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	FILE *in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in)) {
		sscanf(line, "VmRSS: %ld", &kb);
	}
	if (in) {
		fclose(in);
	}
	return kb;
}

static double cpu_of_all(void)
{
	double sum = 0;
	for (size_t i = 0; i < plan.n_pids; i++) {
		sum += cpu_of(plan.pids[i]);
	}
	return sum;
}

static long rss_kb_of_all(void)
{
	long sum = 0;
	for (size_t i = 0; i < plan.n_pids; i++) {
		sum += rss_kb_of(plan.pids[i]);
	}
	return sum;
}

static double own_cpu(void)
{
	struct rusage r;
	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}

/* ---- messages ---- */

struct worker {
	pthread_t thread;
	struct milter_client *clients[CHAIN_MAX];
	size_t used; /* messages of this connection */
	const char *ip;
};

static struct milter_client *connect_to(const char *address, const struct corpus_message *m)
{
	char error[MILTER_CLIENT_ERROR];
	const struct milter_client_settings settings = { .address = address,
		                                         .write_octets = plan.write_octets,
		                                         .no_delay = plan.no_delay };
	const struct milter_peer peer = { .ip = m->ip_text, .port = 12345, .name = m->helo, .helo = m->helo };
	struct milter_client *c = milter_client_open(&settings, error);
	if (c && !milter_client_start(c, &peer)) {
		milter_client_drop(c);
		return NULL;
	}
	return c;
}

static void disconnect(struct worker *w, bool politely)
{
	for (size_t i = 0; i < plan.n_chain; i++) {
		if (politely) {
			milter_client_quit(w->clients[i]);
		} else {
			milter_client_drop(w->clients[i]);
		}
		w->clients[i] = NULL;
	}
	w->used = 0;
}

static bool is_pass(char reply)
{
	return reply == 'c' || reply == 'a';
}

static void count_answer(const struct milter_answer *answer)
{
	bool deferred = answer->reply == 't' || (answer->reply == 'y' && answer->text[0] == '4');
	counts.passed += is_pass(answer->reply) && !answer->held[0];
	counts.held += is_pass(answer->reply) && answer->held[0];
	counts.deferred += deferred;
	counts.rejected += !is_pass(answer->reply) && !deferred;
}

/* Through all milters, up to the first that does not let it pass.  False: one of them is gone. */
static bool replay(struct worker *w, const struct corpus_message *m, struct milter_mail *mail)
{
	struct milter_answer answer = { 0 };
	struct buf before = { 0 };
	bool good = true, goes_on = true;
	for (size_t i = 0; good && goes_on && i < plan.n_chain; i++) {
		bool last = i + 1 == plan.n_chain;
		w->clients[i] = w->clients[i] ? w->clients[i] : connect_to(plan.chain[i], m);
		good = w->clients[i] && milter_client_message(w->clients[i], mail, !last, &answer);
		if (good) {
			goes_on = is_pass(answer.reply) && !answer.held[0];
			counts.inserted += answer.inserted;
			counts.deleted += answer.deleted;
			mail->octets = buf_slice(&answer.delivered);
		}
		buf_finish(&before);
		before = answer.delivered;
		answer.delivered = (struct buf) { 0 };
	}
	buf_finish(&before);
	if (good) {
		count_answer(&answer);
	}
	return good;
}

static void one_message(struct worker *w, size_t number)
{
	static const char *const recipients[] = { "user@receiver.example", NULL };
	const struct corpus_message *m = plan.messages[number % plan.n_messages];
	char queue_id[32];
	snprintf(queue_id, sizeof(queue_id), "B%012zX", number);
	struct milter_mail mail = { .octets = corpus_as_received(m),
		                    .mail_from = m->mail_from,
		                    .recipients = recipients,
		                    .queue_id = queue_id };
	double began = now();
	bool good = replay(w, m, &mail);
	w->used++;
	if (good) {
		plan.times_ms[counts.done++] = (float)((now() - began) * 1e3);
	} else {
		counts.broken++;
	}
	if (!good || w->used >= plan.per_connection) {
		disconnect(w, good);
	}
}

static void *work(void *data)
{
	struct worker *w = data;
	while (plan.seconds == 0 || now() < ends_at) {
		size_t i = atomic_fetch_add(&counts.next, 1);
		if (i >= plan.n) {
			break;
		}
		one_message(w, plan.first + i);
	}
	disconnect(w, true);
	return NULL;
}

/* ---- the run ---- */

static struct milter_client **open_idle(void)
{
	struct rlimit limit;
	struct milter_client **idle = calloc(plan.idle + 1, sizeof(struct milter_client *));
	if (!idle) {
		corpus_die("no memory");
	}
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (size_t i = 0; i < plan.idle; i++) {
		idle[i] = connect_to(plan.chain[0], plan.messages[i % plan.n_messages]);
		if (!idle[i]) {
			fprintf(stderr, "bench: idle connection %zu: %s\n", i, strerror(errno));
			break;
		}
	}
	return idle;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x > y) - (x < y);
}

static double percentile(double share)
{
	size_t n = counts.done;
	return n ? (double)plan.times_ms[(size_t)((double)(n - 1) * share)] : 0;
}

static void tell(double seconds, double server, double own, long idle_kb, long before_kb)
{
	size_t done = counts.done, taken = counts.next < plan.n ? counts.next : plan.n;
	qsort(plan.times_ms, done, sizeof(*plan.times_ms), compare);
	printf("{\"n\": %zu, \"seconds\": %.3f, \"per_second\": %.1f, \"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": "
	       "%.3f, "
	       "\"max_ms\": %.3f, ",
	       done, seconds, (double)done / seconds, percentile(0.5), percentile(0.9), percentile(0.99),
	       percentile(1));
	printf("\"passed\": %zu, \"held\": %zu, \"rejected\": %zu, \"deferred\": %zu, \"broken\": %zu, ", counts.passed,
	       counts.held, counts.rejected, counts.deferred, counts.broken);
	printf("\"inserted\": %zu, \"deleted\": %zu, \"client_cpu\": %.2f, ", counts.inserted, counts.deleted, own);
	if (plan.n_pids) {
		printf("\"server_cpu\": %.2f, \"per_cpu_second\": %.1f, \"rss_kb_before\": %ld, \"rss_kb_idle\": %ld, "
		       "\"rss_kb\": %ld, ",
		       server, server > 0 ? (double)done / server : 0, before_kb, idle_kb, rss_kb_of_all());
	}
	printf("\"next\": %zu}\n", plan.first + taken);
}

static void choose_messages(const struct corpus *corpus)
{
	plan.messages = calloc(corpus->n + 1, sizeof(*plan.messages));
	for (size_t i = 0; plan.messages && i < corpus->n; i++) {
		size_t n = corpus->messages[i].octets.len;
		if (n >= plan.least && n <= plan.most) {
			plan.messages[plan.n_messages++] = &corpus->messages[i];
		}
	}
	plan.n = plan.n ? plan.n : plan.n_messages;
	plan.times_ms = calloc(plan.n + 1, sizeof(*plan.times_ms));
	if (!plan.n_messages || !plan.times_ms) {
		corpus_die("no messages");
	}
}

static size_t number_of(const char *text)
{
	return strtoul(text, NULL, 10);
}

static void take_option(int letter, const char *value)
{
	const char *to;
	switch (letter) {
	case 's':
		if (plan.n_chain < CHAIN_MAX) {
			plan.chain[plan.n_chain++] = value;
		}
		break;
	case 'c':
		plan.workers = number_of(value);
		break;
	case 'k':
		plan.per_connection = number_of(value);
		break;
	case 'n':
		plan.n = number_of(value);
		break;
	case 'f':
		plan.first = number_of(value);
		break;
	case 't':
		plan.seconds = strtod(value, NULL);
		break;
	case 'o':
		to = strchr(value, '-');
		plan.least = number_of(value);
		plan.most = to ? number_of(to + 1) : plan.least;
		break;
	case 'i':
		plan.idle = number_of(value);
		break;
	case 'w':
		plan.write_octets = number_of(value);
		break;
	case 'd':
		plan.no_delay = true;
		break;
	case 'p':
		for (slice rest = slice_of(value); rest.at && plan.n_pids < PIDS_MAX;) {
			plan.pids[plan.n_pids++] = strtol(slice_split(&rest, ',').at, NULL, 10);
		}
		break;
	default:
		corpus_die("usage: bench-milter -s ADDRESS [-c N] [-k N] [-n N] [-f N] [-t SECONDS] [-o LEAST-MOST] "
		           "[-i N] "
		           "[-w OCTETS] [-d] [-p PID,PID] CORPUS");
	}
}

int main(int argc, char **argv)
{
	struct corpus corpus;
	int letter;
	while ((letter = getopt(argc, argv, "s:c:k:n:f:t:o:i:w:dp:")) != -1) {
		take_option(letter, optarg);
	}
	if (!plan.n_chain || optind + 1 != argc || plan.workers < 1 || plan.workers > WORKERS_MAX) {
		take_option('?', NULL);
	}
	corpus_open(&corpus, 2, (char *[]) { argv[0], argv[optind] });
	choose_messages(&corpus);
	long before_kb = rss_kb_of_all();
	struct milter_client **idle = open_idle();
	long idle_kb = rss_kb_of_all();
	struct worker *workers = calloc(plan.workers, sizeof(*workers));
	double server = cpu_of_all(), own = own_cpu(), began = now();
	ends_at = began + plan.seconds;
	for (size_t i = 0; workers && i < plan.workers; i++) {
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
			corpus_die("no thread");
		}
	}
	for (size_t i = 0; workers && i < plan.workers; i++) {
		pthread_join(workers[i].thread, NULL);
	}
	tell(now() - began, cpu_of_all() - server, own_cpu() - own, idle_kb, before_kb);
	for (size_t i = 0; i < plan.idle && idle[i]; i++) {
		milter_client_quit(idle[i]);
	}
	return counts.broken ? 1 : 0;
}
