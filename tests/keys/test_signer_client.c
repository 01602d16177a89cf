/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a scripted signer at the other end of the socket; the clock is a number. */
#include "../../service/keys/signer_client.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../support/rows.h"
#include "folder.h"

static int listener = -1;

static void open_listener(void)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	snprintf(where.sun_path, sizeof(where.sun_path), "%s", path_of("s"));
	unlink(where.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&where, sizeof(where)) != 0 || listen(listener, 8) != 0) {
		abort();
	}
}

/* Requests as they come, from the far end. */
struct far {
	int fd;
	char in[1 << 16];
	size_t len, from;
};

static bool far_read(struct far *f, struct signer_request *ret)
{
	ssize_t n = recv(f->fd, f->in + f->len, sizeof(f->in) - f->len, MSG_DONTWAIT);
	f->len += n > 0 ? (size_t)n : 0;
	ptrdiff_t used = signer_request_read(slice_make(f->in + f->from, f->len - f->from), ret);
	f->from += used > 0 ? (size_t)used : 0;
	return used > 0;
}

/* The signature is the digest backwards: whose answer it is can be seen.  `cut` > 0: the frame in pieces of so many octets. */
static void far_answer(struct far *f, const struct signer_request *r, struct signer_client *c, size_t cut)
{
	char signature[SIGNET_DIGEST_OCTETS];
	struct buf b;
	for (size_t i = 0; i < sizeof(signature); i++) {
		signature[i] = (char)r->digest[sizeof(signature) - 1 - i];
	}
	buf_init(&b, SIGNER_REPLY_OCTETS);
	signer_reply_write(
		&b, &(struct signer_reply) { .id = r->id, .ask = r->ask, .signature = slice_make(signature, 32) });
	size_t step = cut ? cut : b.len;
	for (size_t at = 0; at < b.len; at += step) {
		size_t n = b.len - at < step ? b.len - at : step;
		if (send(f->fd, b.at + at, n, MSG_NOSIGNAL) != (ssize_t)n) {
			abort();
		}
		if (cut) {
			signer_client_event(c, 0);
		}
	}
	buf_finish(&b);
}

static struct signer_request request_of(unsigned number)
{
	struct signer_request r = { .ask = SIGNER_SIGN, .domain = S("Example.COM."), .selector = S("S1") };
	memset(r.digest, (int)number, sizeof(r.digest));
	r.digest[0] = (uint8_t)(number >> 8);
	return r;
}

static int numbers[2000];

static bool is_answer_of(const struct signer_answer *a)
{
	unsigned number = (unsigned)((int *)a->owner - numbers);
	return a->reply.status == SIGNER_OK && a->reply.signature.len == 32 &&
	       (unsigned char)a->reply.signature.at[31] == number >> 8 &&
	       (unsigned char)a->reply.signature.at[0] == (number & 0xff);
}

static void pipeline(void)
{
	static struct far f;
	static struct signer_request asked[1100];
	struct signer_client *c = signer_client_new(path_of("s"), 100);
	struct signer_answer a;
	enum signet_status status = SIGNET_OK;
	unsigned n = 0, got = 0, right = 0;
	while (n < 1100 && status == SIGNET_OK) {
		struct signer_request r = request_of(n);
		status = signer_client_ask(c, &r, 0, 1000, &numbers[n]);
		n += status == SIGNET_OK;
	}
	row_number("-", "so many fit", n, SIGNER_CLIENT_REQUESTS);
	row_number("-", "one more is too many", status, SIGNET_LIMIT);
	signer_client_event(c, 0);
	f = (struct far) { .fd = accept(listener, NULL, NULL) };
	for (unsigned round = 0; got < n && round < 100000; round++) {
		if (far_read(&f, &asked[got])) {
			got++;
			if (f.from == f.len) {
				f.from = f.len = 0;
			}
		} else {
			signer_client_event(c, 0);
		}
		if (f.len > sizeof(f.in) - 1000) {
			memmove(f.in, f.in + f.from, f.len - f.from);
			f.len -= f.from;
			f.from = 0;
		}
	}
	row_number("-", "all of them come over", got, n);
	row_number("-", "names are sent in normal form", (int64_t)asked[0].domain.len, 11);
	/* answered from the last to the first */
	unsigned answered = 0;
	for (unsigned i = got; i-- > 0;) {
		far_answer(&f, &asked[i], c, i % 100 == 7 ? 1 : 0);
		signer_client_event(c, 0);
		while (signer_client_next(c, &a)) {
			answered++;
			right += is_answer_of(&a);
		}
	}
	row_number("-", "each gets one answer", answered, n);
	row_number("-", "in whatever order, each gets its own", right, n);
	far_answer(&f, &asked[3], c, 0);
	signer_client_event(c, 0);
	row_bool("-", "an answer that comes twice is nobody's", signer_client_next(c, &a), false);
	row_number("-", "nothing is waited for", signer_client_deadline(c) == INT64_MAX, 1);
	signer_client_free(c);
	close(f.fd);
}

static void breaks(void)
{
	static struct far f;
	struct signer_client *c = signer_client_new(path_of("s"), 1000);
	struct signer_answer a = { 0 };
	struct signer_request r = request_of(5), seen;
	signer_client_ask(c, &r, 0, 5000, &numbers[5]);
	signer_client_event(c, 0);
	f = (struct far) { .fd = accept(listener, NULL, NULL) };
	row_bool("-", "asked once", far_read(&f, &seen), true);
	close(f.fd);
	signer_client_event(c, 1);
	row_bool("-", "a connection that breaks is no answer", signer_client_next(c, &a), false);
	row_bool("-", "why is known", signer_client_trouble(c) != NULL, true);
	int64_t again = signer_client_deadline(c);
	row_bool("-", "it is tried again soon", again > 1 && again < 100, true);
	signer_client_event(c, again);
	f = (struct far) { .fd = accept(listener, NULL, NULL) };
	row_bool("-", "and asked again", far_read(&f, &seen), true);
	far_answer(&f, &seen, c, 0);
	signer_client_event(c, again + 1);
	row_bool("-", "now it is answered", signer_client_next(c, &a) && is_answer_of(&a), true);
	row_bool("-", "the trouble is over", signer_client_trouble(c) == NULL, true);

	/* an idle connection that the signer closes is no trouble */
	close(f.fd);
	signer_client_event(c, 2000);
	row_bool("-", "nothing to hand out", signer_client_next(c, &a), false);
	row_bool("-", "a connection that was idle may end", signer_client_trouble(c) == NULL && signer_client_fd(c) < 0,
	         true);

	/* half a frame, then the end */
	signer_client_ask(c, &r, 3000, 5000, &numbers[5]);
	signer_client_event(c, 3000);
	f = (struct far) { .fd = accept(listener, NULL, NULL) };
	if (send(f.fd, "\0\x0b\x01\x01", 4, 0) != 4) {
		abort();
	}
	close(f.fd);
	signer_client_event(c, 3001);
	row_bool("-", "half an answer is none", signer_client_next(c, &a), false);
	row_number("-", "and the connection is given up", signer_client_fd(c), -1);

	/* an answer and the end at once */
	signer_client_event(c, signer_client_deadline(c));
	f = (struct far) { .fd = accept(listener, NULL, NULL) };
	far_read(&f, &seen);
	far_answer(&f, &seen, c, 0);
	close(f.fd);
	signer_client_event(c, 3200);
	row_bool("-", "what was answered before the end counts", signer_client_next(c, &a) && is_answer_of(&a), true);
	signer_client_free(c);
}

static void no_answer(void)
{
	static struct far f;
	struct signer_client *c = signer_client_new(path_of("s"), 300);
	struct signer_answer a = { 0 };
	struct signer_request r = request_of(1), seen;
	signer_client_ask(c, &r, 0, 50, &numbers[1]);
	signer_client_event(c, 0);
	f = (struct far) { .fd = accept(listener, NULL, NULL) };
	far_read(&f, &seen);
	row_number("-", "the deadline is that of the request", signer_client_deadline(c), 50);
	signer_client_event(c, 49);
	row_bool("-", "not yet", signer_client_next(c, &a), false);
	signer_client_event(c, 50);
	row_text("-", "a signer that says nothing",
	         slice_of(signer_client_next(c, &a) ? signer_status_name(a.reply.status) : "none"), "timeout");
	far_answer(&f, &seen, c, 0);
	signer_client_event(c, 60);
	row_bool("-", "an answer that is late is nobody's", signer_client_next(c, &a), false);

	signer_client_ask(c, &r, 100, 500, &numbers[1]);
	signer_client_event(c, 100);
	if (send(f.fd, "HTTP/1.1 400 Bad", 16, 0) != 16) {
		abort();
	}
	signer_client_event(c, 101);
	row_bool("-", "what is no signer", signer_client_next(c, &a) == false && signer_client_fd(c) < 0, true);
	close(f.fd);
	close(listener);
	unlink(path_of("s"));
	for (int64_t now = signer_client_deadline(c), end = 0; !end && now < 1000; now = signer_client_deadline(c)) {
		signer_client_event(c, now);
		end = signer_client_next(c, &a);
		row_bool("-", "is tried until the patience ends", now <= 401, true);
	}
	row_text("-", "then it is given up", slice_of(signer_status_name(a.reply.status)), "unreachable");
	row_text("-", "and why", slice_of(signer_client_trouble(c)), strerror(ENOENT));
	signer_client_free(c);
}

/* The next request that the far end reads, on the newest connection. */
static bool far_follow(struct far *f, struct signer_request *ret)
{
	struct pollfd waiting = { .fd = listener, .events = POLLIN };
	if (poll(&waiting, 1, 0) == 1) {
		close(f->fd);
		*f = (struct far) { .fd = accept(listener, NULL, NULL) };
	}
	if (f->from > sizeof(f->in) / 2) {
		memmove(f->in, f->in + f->from, f->len - f->from);
		f->len -= f->from;
		f->from = 0;
	}
	return far_read(f, ret);
}

/* A signer that stands still, and goes on after more was asked than is kept for it. */
static void stands_still(void)
{
	static struct far f = { .fd = -1 };
	struct signer_client *c = signer_client_new(path_of("s"), 1000);
	struct signer_answer a = { 0 };
	struct signer_request r = request_of(9), last = request_of(10), seen;
	unsigned timeouts = 0;
	int64_t now = 0;
	open_listener();
	for (; now < 20000; now++) {
		signer_client_ask(c, &r, now, 0, &numbers[9]);
		signer_client_event(c, now);
		while (signer_client_next(c, &a)) {
			timeouts += a.reply.status == SIGNER_TIMEOUT;
		}
	}
	row_number("-", "a signer that stands still: each request ends in its time", timeouts, now);
	signer_client_ask(c, &last, now, 100000, &numbers[10]);
	bool answered = false;
	for (unsigned i = 0; i < 200000 && !answered; i++) {
		signer_client_event(c, ++now);
		answered = signer_client_next(c, &a);
		if (far_follow(&f, &seen) && seen.digest[1] == 10) {
			far_answer(&f, &seen, c, 0);
		}
	}
	row_bool("-", "when it goes on, what is asked then is answered", answered && is_answer_of(&a), true);
	signer_client_free(c);
	close(f.fd);
	close(listener);
	unlink(path_of("s"));
}

static void *refuser(void *data)
{
	(void)data;
	close(accept(listener, NULL, NULL));
	return NULL;
}

static void waits(void)
{
	pthread_t thread;
	struct signer_client *c = signer_client_new(path_of("s"), 0);
	struct signer_request r = request_of(1);
	static struct signer_reply reply;
	signer_client_wait(c, &r, 1000, &reply);
	row_text("-", "nobody listens", slice_of(signer_status_name(reply.status)), "unreachable");
	signer_client_free(c);
	open_listener();
	c = signer_client_new(path_of("s"), 0);
	pthread_create(&thread, NULL, refuser, NULL);
	signer_client_wait(c, &r, 5000, &reply);
	pthread_join(thread, NULL);
	row_text("-", "who is no peer", slice_of(signer_status_name(reply.status)), "unreachable");
	row_bool("-", "is told why it may be", strstr(signer_client_trouble(c), "peers") != NULL, true);
	r.domain = S("no domain/");
	signer_client_wait(c, &r, 1000, &reply);
	row_text("-", "a name that no key can have", slice_of(signer_status_name(reply.status)), "no-key");
	row_bool("-", "a path that no socket can have",
	         signer_client_new("/0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
	                           "234567890123456789012345678901234567890",
	                           0) == NULL,
	         true);
	signer_client_free(c);
	close(listener);
}

int main(void)
{
	folder_make();
	open_listener();
	pipeline();
	breaks();
	no_answer();
	stands_still();
	waits();
	folder_remove();
	return rows_end();
}
