/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver against NSD and a scripted server on loopback; zone files against NSD with the same text. */
#include <event2/event.h>
#include <pthread.h>
#include <signet/resolve.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../src/dns/book.h"
#include "../support/rows.h"
#include "answer.h"
#include "server.h"
#include "sign.h"

#define HEAD "$TTL 600\n@ SOA ns.example.com. me.example.com. 1 7200 3600 1209600 300\n@ NS ns.example.com.\n"

static const char com[] =
	"$ORIGIN example.com.\n" HEAD "ns A 127.0.0.1\n"
	"@ MX 10 mx\n@ MX 20 mx2\n@ TXT \"v=spf1 mx \" \"-all\"\n@ TXT \"second\"\n"
	"mx A 192.0.2.1\nmx A 192.0.2.2\nmx AAAA 2001:db8::1\nmx A 192.0.2.1\n"
	"a1 CNAME a2\na2 CNAME a3\na3 CNAME mx\nforeign CNAME www.example.net.\n"
	"dangling CNAME nowhere\nloop CNAME loop2\nloop2 CNAME loop\nnodata CNAME txtonly\n"
	"txtonly TXT x\na.b.c A 192.0.2.3\n*.wild TXT star\nx.wild A 192.0.2.4\nd.e.wild A 192.0.2.5\n"
	"*.cwild CNAME mx\nUPPER A 192.0.2.6\nnull MX 0 .\n_25._tcp.mx TLSA 3 1 1 abcd\n"
	"back\\\\slash TXT b\nsp\\032ace TXT s\nptr PTR dot\\.ted\nempty TXT \"\"\nmoved DNAME wild\n";
static const char net[] = "$ORIGIN example.net.\n" HEAD "www A 198.51.100.1\n";
static const char private[] = "$ORIGIN 10.in-addr.arpa.\n" HEAD "1.2.3 PTR host.example.com.\n";
static const char test[] = "$ORIGIN test.\n" HEAD "some TXT \"in test\"\n";
static const char invalid[] = "$ORIGIN invalid.\n" HEAD "some TXT \"in invalid\"\n";
static const char documentation[] = "$ORIGIN 192.in-addr.arpa.\n" HEAD "1.2.0 PTR mx.example.com.\n";
static const char secured[] =
	"$ORIGIN signed.example.\n$TTL 600\n"
	"@ SOA ns.signed.example. me.signed.example. 1 7200 3600 1209600 300\n@ NS ns\n"
	"ns A 127.0.0.1\nwww A 192.0.2.1\nalias CNAME www\nbad TXT \"before\"\nout CNAME www.example.net.\n";

struct fixture {
	char directory[64];
	char *files[8];
	char *anchor;
	struct server nsd;
	struct server script;
};

static struct signet_resolver *resolver(const struct signet_resolver_options *options)
{
	char error[SIGNET_RESOLVE_ERROR] = "";
	struct signet_resolver *r = signet_resolver_new(options, error, sizeof(error));
	if (!r) {
		fprintf(stderr, "%s\n", error);
		abort();
	}
	return r;
}

/* One question through a resolver, as text. */
static void ask_one(struct signet_resolver *r, const char *name, enum signet_rrtype type, struct buf *ret)
{
	struct signet_book *book = signet_book_new(0);
	const struct signet_answer *ans = NULL;
	buf_clear(ret);
	(void)book_ask(book, slice_of(name), type, &ans);
	if (signet_resolver_fill(r, book, 0) != SIGNET_OK) {
		buf_put_text(ret, "(no fill)");
	} else if (book_ask(book, slice_of(name), type, &ans) == SIGNET_OK) {
		answer_put(ret, type, ans, false);
	}
	signet_book_free(book);
}

static void row_ask(struct signet_resolver *r, const char *clause, const char *what, const char *name, const char *type,
                    const char *want)
{
	struct buf got;
	buf_init(&got, 1 << 20);
	ask_one(r, name, answer_type(type), &got);
	row_text(clause, what, buf_slice(&got), want);
	buf_finish(&got);
}

/* ---- the same text, served by NSD and by our zone files ---- */

static const char *const same_names[] = { "example.com",
	                                  "mx.example.com",
	                                  "MX.example.COM",
	                                  "a1.example.com",
	                                  "a3.example.com",
	                                  "foreign.example.com",
	                                  "dangling.example.com",
	                                  "nodata.example.com",
	                                  "txtonly.example.com",
	                                  "c.example.com",
	                                  "b.c.example.com",
	                                  "a.b.c.example.com",
	                                  "x.b.c.example.com",
	                                  "wild.example.com",
	                                  "q.wild.example.com",
	                                  "q.r.wild.example.com",
	                                  "x.wild.example.com",
	                                  "q.x.wild.example.com",
	                                  "e.wild.example.com",
	                                  "f.e.wild.example.com",
	                                  "*.wild.example.com",
	                                  "q.cwild.example.com",
	                                  "upper.example.com",
	                                  "null.example.com",
	                                  "_25._tcp.mx.example.com",
	                                  "_tcp.mx.example.com",
	                                  "back\\slash.example.com",
	                                  "sp ace.example.com",
	                                  "ptr.example.com",
	                                  "empty.example.com",
	                                  "nothing.example.com",
	                                  "www.example.net",
	                                  "example.net",
	                                  "moved.example.com",
	                                  "q.moved.example.com",
	                                  "x.moved.example.com",
	                                  "1.2.3.10.in-addr.arpa",
	                                  "2.3.10.in-addr.arpa",
	                                  "9.10.in-addr.arpa",
	                                  "1.2.0.192.in-addr.arpa",
	                                  "some.test",
	                                  "none.test",
	                                  "some.invalid" };
static const char *const same_types[] = { "A", "AAAA", "MX", "TXT", "PTR", "CNAME", "NS", "SOA", "TLSA" };

static void test_same(const struct fixture *fx)
{
	char error[SIGNET_RESOLVE_ERROR] = "";
	struct signet_zones *z = signet_zones_load((const char *const *)fx->files, 6, error, sizeof(error));
	row_text("-", "our reader takes what NSD takes", slice_of(error), "");
	struct signet_resolver *ours = resolver(&(struct signet_resolver_options) { .zones = z });
	struct signet_resolver *theirs =
		resolver(&(struct signet_resolver_options) { .forward = fx->nsd.address, .trust_anchor = "" });
	struct buf got;
	struct buf want;
	buf_init(&got, 1 << 20);
	buf_init(&want, 1 << 20);
	for (size_t i = 0; z && i < ROWS(same_names); i++) {
		for (size_t k = 0; k < ROWS(same_types); k++) {
			char what[128];
			if (strstr(same_names[i], ".moved.") && strcmp(same_types[k], "CNAME") == 0) {
				continue; /* NSD makes one up for the DNAME; nobody asks for it */
			}
			snprintf(what, sizeof(what), "zone file and NSD agree: %s %s", same_names[i], same_types[k]);
			ask_one(ours, same_names[i], answer_type(same_types[k]), &got);
			ask_one(theirs, same_names[i], answer_type(same_types[k]), &want);
			row_slice("1034:4.3.2", what, buf_slice(&got), buf_slice(&want));
		}
	}
	buf_finish(&got);
	buf_finish(&want);
	signet_resolver_free(ours);
	signet_resolver_free(theirs);
	signet_zones_free(z);
}

/* ---- transport ---- */

static void test_answers(const struct fixture *fx)
{
	struct signet_resolver *r = resolver(&(struct signet_resolver_options) { .forward = fx->nsd.address });
	struct buf got;
	buf_init(&got, 1 << 20);
	row_ask(r, "1034:4.3.2", "addresses through the wire", "mx.example.com", "A", "noerror 192.0.2.1 192.0.2.2");
	row_ask(r, "1034:3.6.2", "a chain of three aliases", "a1.example.com", "AAAA", "noerror aliased 2001:db8::1");
	row_ask(r, "1034:3.6.2", "a loop of aliases", "loop.example.com", "A", "servfail");
	row_ask(r, "2308:2.1", "NXDOMAIN", "nothing.example.com", "A", "nxdomain");
	row_ask(r, "2308:2.2", "NODATA", "mx.example.com", "TXT", "noerror");
	row_ask(r, "1918:5", "a private reverse zone is asked like any other", "1.2.3.10.in-addr.arpa", "PTR",
	        "noerror host.example.com");
	row_ask(r, "6761:6.2", "so is test.", "some.test", "TXT", "noerror in test");
	row_ask(r, "6761:6.4", "so is invalid.", "some.invalid", "TXT", "noerror in invalid");
	ask_one(r, "large.example.com", SIGNET_RR_TXT, &got);
	row_number("7766:5", "a TXT record of 20,000 octets comes by TCP", (int64_t)got.len, 20000 + 8);
	row_ask(r, "1035:5.1", "an octet that text cannot show is asked as it is", "back\\slash.example.com", "TXT",
	        "noerror b");
	buf_finish(&got);
	signet_resolver_free(r);
}

static void test_failures(const struct fixture *fx)
{
	struct signet_resolver *r =
		resolver(&(struct signet_resolver_options) { .forward = fx->script.address, .trust_anchor = "" });
	row_ask(r, "1035:4.1.1", "a server without EDNS", "fine.example", "A", "noerror 192.0.2.77");
	row_ask(r, "1035:4.1.1", "SERVFAIL", "servfail.example", "A", "servfail");
	/* libunbound tells no more of a server that will not answer */
	row_ask(r, "1035:4.1.1", "REFUSED", "refused.example", "A", "servfail");
	row_ask(r, "1035:4.1.1", "NOTIMP", "notimp.example", "A", "servfail");
	struct signet_resolver *judging = resolver(&(struct signet_resolver_options) { .forward = fx->script.address });
	row_ask(judging, "4035:4.7", "a forwarder that strips signatures is believed, not trusted", "fine.example", "A",
	        "noerror 192.0.2.77");
	signet_resolver_free(judging);
	signet_resolver_free(r);
	r = resolver(&(struct signet_resolver_options) {
		.forward = fx->script.address, .trust_anchor = "", .question_ms = 2000 });
	int64_t begin = signet_resolver_clock_ms();
	row_ask(r, "7208:4.4", "a question nobody answers times out", "drop.example", "A", "timeout");
	int64_t took = signet_resolver_clock_ms() - begin;
	row_bool("-", "after its own patience", took >= 1990 && took < 9000, true);
	row_ask(r, "-", "the resolver lives on", "fine2.example", "A", "noerror 192.0.2.77");
	signet_resolver_free(r);
}

/* One question hangs, twenty are answered; the deadline ends the wait. */
static void test_deadline(const struct fixture *fx)
{
	struct signet_resolver *r =
		resolver(&(struct signet_resolver_options) { .forward = fx->script.address, .trust_anchor = "" });
	struct signet_book *book = signet_book_new(0);
	const struct signet_answer *ans = NULL;
	char name[64];
	size_t answered = 0;
	book_want(book, S("drop.one.example"), SIGNET_RR_A);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		book_want(book, slice_of(name), SIGNET_RR_A);
	}
	int64_t begin = signet_resolver_clock_ms();
	row_number("-", "a fill ends at its deadline", signet_resolver_fill(r, book, begin + 3000), SIGNET_OK);
	int64_t took = signet_resolver_clock_ms() - begin;
	row_bool("-", "not before, not much later", took >= 2990 && took < 9000, true);
	row_bool("-", "no question is open", signet_book_is_open(book), false);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "n%d.example", i);
		answered += book_ask(book, slice_of(name), SIGNET_RR_A, &ans) == SIGNET_OK && ans->n == 1;
	}
	row_number("-", "the others did not wait for the one that hangs", (int64_t)answered, 20);
	(void)book_ask(book, S("drop.one.example"), SIGNET_RR_A, &ans);
	row_number("-", "which has timed out", ans ? (int)ans->status : -1, SIGNET_DNS_TIMEOUT);
	book_want(book, S("late.example"), SIGNET_RR_A);
	row_number("-", "past the deadline nothing is asked", signet_resolver_fill(r, book, begin + 3000), SIGNET_OK);
	(void)book_ask(book, S("late.example"), SIGNET_RR_A, &ans);
	row_number("-", "and all is a time-out", ans ? (int)ans->status : -1, SIGNET_DNS_TIMEOUT);
	signet_book_free(book);
	signet_resolver_free(r);
}

static void test_dead_server(void)
{
	struct server s;
	server_start_script(&s);
	server_stop(&s); /* its port is now closed */
	struct signet_resolver *r = resolver(
		&(struct signet_resolver_options) { .forward = s.address, .trust_anchor = "", .question_ms = 500 });
	struct signet_book *book = signet_book_new(0);
	const struct signet_answer *ans = NULL;
	int64_t begin = signet_resolver_clock_ms();
	(void)book_ask(book, S("x.example"), SIGNET_RR_A, &ans);
	(void)signet_resolver_fill(r, book, begin + 20000);
	int64_t took = signet_resolver_clock_ms() - begin;
	(void)book_ask(book, S("x.example"), SIGNET_RR_A, &ans);
	row_bool("-", "a server that is not there is transient trouble", ans && signet_answer_is_error(ans), true);
	row_bool("-", "within the patience", took < 9000, true);
	signet_book_free(book);
	signet_resolver_free(r);
}

/* What is known is answered even when the server is gone. */
static void test_cache(void)
{
	struct server s;
	server_start_script(&s);
	struct signet_resolver *r = resolver(
		&(struct signet_resolver_options) { .forward = s.address, .trust_anchor = "", .question_ms = 20000 });
	row_ask(r, "-", "a first question", "kept.example", "A", "noerror 192.0.2.77");
	server_stop(&s);
	int64_t begin = signet_resolver_clock_ms();
	row_ask(r, "1034:4.3.4", "the second is answered from the cache", "kept.example", "A", "noerror 192.0.2.77");
	row_bool("-", "at once", signet_resolver_clock_ms() - begin < 5000, true);
	struct signet_book *book = signet_book_new(0);
	const struct signet_answer *ans = NULL;
	signet_resolver_attach(r, book);
	row_number("-", "to a book it is attached to it is at hand",
	           book_ask(book, S("kept.example"), SIGNET_RR_A, &ans), SIGNET_OK);
	row_bool("-", "with what is left of its TTL", ans && ans->n == 1 && ans->ttl_s > 0, true);
	row_number("-", "what it does not know is asked", book_ask(book, S("new.example"), SIGNET_RR_A, &ans),
	           SIGNET_PENDING);
	signet_book_free(book);
	signet_resolver_free(r);
}

/* ---- DNSSEC ---- */

static void test_dnssec(const struct fixture *fx)
{
	struct signet_resolver *r =
		resolver(&(struct signet_resolver_options) { .forward = fx->nsd.address, .trust_anchor = fx->anchor });
	row_ask(r, "4035:5", "a signed answer is secure", "www.signed.example", "A", "noerror secure 192.0.2.1");
	row_ask(r, "4035:5", "so is its alias", "alias.signed.example", "A", "noerror aliased secure 192.0.2.1");
	row_ask(r, "4035:5.4", "so is the proof that a name is absent", "none.signed.example", "A", "nxdomain secure");
	row_ask(r, "4035:5.4", "and that a type is", "www.signed.example", "TXT", "noerror secure");
	row_ask(r, "4035:5", "a chain is secure only if all of it is", "out.signed.example", "A",
	        "noerror aliased 198.51.100.1");
	row_ask(r, "4035:5", "a zone without anchor is not secure", "mx.example.com", "A",
	        "noerror 192.0.2.1 192.0.2.2");
	row_ask(r, "4035:5.5", "a record changed after signing is bogus", "bad.signed.example", "TXT", "bogus");
	row_ask(r, "4035:5.5", "and stays so when asked again", "bad.signed.example", "TXT", "bogus");
	row_ask(r, "4035:5", "while the rest goes on", "ns.signed.example", "A", "noerror secure 127.0.0.1");
	signet_resolver_free(r);
	r = resolver(&(struct signet_resolver_options) { .forward = fx->nsd.address, .trust_anchor = "" });
	row_ask(r, "4035:4.6", "without an anchor nothing is judged", "bad.signed.example", "TXT", "noerror after!");
	signet_resolver_free(r);
}

/* ---- options ---- */

static void row_option(const char *what, struct signet_resolver_options options, const char *want)
{
	char error[SIGNET_RESOLVE_ERROR] = "(made)";
	struct signet_resolver *r = signet_resolver_new(&options, error, sizeof(error));
	row_text("-", what, slice_first(slice_of(error), strlen(want)), want);
	signet_resolver_free(r);
}

static void test_options(const struct fixture *fx)
{
	char text[256];
	snprintf(text, sizeof(text), "# nameserver 192.0.2.1\nsearch example\nnameserver nonsense\nnameserver\t%s\n",
	         fx->script.address);
	char *conf = directory_write(fx->directory, "resolv.conf", text);
	char *junk = directory_write(fx->directory, "junk", "this is no trust anchor\n");
	struct signet_resolver *r =
		resolver(&(struct signet_resolver_options) { .resolv_conf = conf, .trust_anchor = "" });
	row_ask(r, "-", "the servers of resolv.conf are asked", "fine3.example", "A", "noerror 192.0.2.77");
	signet_resolver_free(r);
	row_option("a name is no address", (struct signet_resolver_options) { .forward = "dns.example" },
	           "want ADDRESS or ADDRESS@PORT for the resolver, not dns.example");
	row_option("an anchor that is missing",
	           (struct signet_resolver_options) { .forward = "127.0.0.1", .trust_anchor = "/nonexistent/key" },
	           "/nonexistent/key: No such file");
	row_option("an anchor that is none",
	           (struct signet_resolver_options) { .forward = "127.0.0.1", .trust_anchor = junk },
	           "libunbound cannot start with trust anchor /tmp/");
	row_option("an IPv6 address with a port", (struct signet_resolver_options) { .forward = "2001:db8::1@5353" },
	           "(made)");
	free(conf);
	free(junk);
}

/* ---- threads: one resolver each ---- */

struct worker {
	pthread_t thread;
	const struct fixture *fx;
	const struct signet_zones *zones;
	int good;
};

static void *work(void *data)
{
	struct worker *w = data;
	struct signet_resolver *r = resolver(&(struct signet_resolver_options) {
		.forward = w->fx->nsd.address, .trust_anchor = "", .zones = w->zones });
	struct buf got;
	buf_init(&got, 1 << 20);
	for (int i = 0; i < 50; i++) {
		char name[64];
		snprintf(name, sizeof(name), "n%d.wild.example.com", i);
		ask_one(r, name, SIGNET_RR_TXT, &got);
		w->good += slice_eq(buf_slice(&got), S("noerror star"));
	}
	buf_finish(&got);
	signet_resolver_free(r);
	return NULL;
}

static int run_workers(const struct fixture *fx, const struct signet_zones *zones)
{
	struct worker workers[4] = { { 0 } };
	int good = 0;
	for (size_t i = 0; i < ROWS(workers); i++) {
		workers[i] = (struct worker) { .fx = fx, .zones = zones };
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
			abort();
		}
	}
	for (size_t i = 0; i < ROWS(workers); i++) {
		pthread_join(workers[i].thread, NULL);
		good += workers[i].good;
	}
	return good;
}

static void test_threads(const struct fixture *fx)
{
	char error[SIGNET_RESOLVE_ERROR];
	struct signet_zones *z = signet_zones_load((const char *const *)fx->files, 1, error, sizeof(error));
	row_number("-", "four threads with a resolver each", run_workers(fx, NULL), 200);
	row_number("-", "four threads on the same zones", run_workers(fx, z), 200);
	signet_zones_free(z);
}

/* ---- a caller's loop ---- */

struct asynchronous {
	struct event_base *base;
	struct signet_resolver *r;
	struct signet_book *book;
	int n_done;
};

static void on_done(void *data)
{
	struct asynchronous *as = data;
	as->n_done++;
	signet_resolver_free(as->r); /* allowed here */
	as->r = NULL;
	event_base_loopbreak(as->base);
}

static void on_no_done(void *data)
{
	((struct asynchronous *)data)->n_done += 100;
}

static void test_loop(const struct fixture *fx)
{
	struct asynchronous as = { .base = event_base_new(), .book = signet_book_new(0) };
	struct signet_book *other = signet_book_new(0);
	struct signet_fill *fill = NULL;
	struct signet_fill *dropped = NULL;
	const struct signet_answer *ans = NULL;
	as.r = resolver(
		&(struct signet_resolver_options) { .forward = fx->nsd.address, .trust_anchor = "", .base = as.base });
	row_number("-", "a fill may not run the caller's loop", signet_resolver_fill(as.r, as.book, 0), SIGNET_MISUSE);
	row_number("-", "a book without questions is done at once",
	           signet_resolver_start(as.r, as.book, 0, on_done, &as, &fill), SIGNET_OK);
	book_want(as.book, S("mx.example.com"), SIGNET_RR_A);
	row_number("-", "a question is in the air", signet_resolver_start(as.r, as.book, 0, on_done, &as, &fill),
	           SIGNET_PENDING);
	book_want(other, S("www.example.net"), SIGNET_RR_A);
	(void)signet_resolver_start(as.r, other, 0, on_no_done, &as, &dropped);
	signet_fill_cancel(dropped);
	book_want(as.book, S("mx.example.com"), SIGNET_RR_AAAA);
	event_base_dispatch(as.base);
	row_number("-", "one fill is done, the one given up is not", as.n_done, 1);
	row_bool("-", "the question noted in between was asked too",
	         book_ask(as.book, S("mx.example.com"), SIGNET_RR_AAAA, &ans) == SIGNET_OK && ans->n == 1, true);
	row_bool("-", "the question given up is open", signet_book_is_open(other), true);
	signet_resolver_free(as.r);
	signet_book_free(as.book);
	signet_book_free(other);
	event_base_free(as.base);
}

/* ---- the servers ---- */

static void write_large(struct fixture *fx)
{
	size_t room = sizeof(com) + 30000;
	char *text = malloc(room);
	size_t at = (size_t)snprintf(text, room, "%slarge TXT (", com);
	for (int i = 0; i < 100; i++) {
		at += (size_t)snprintf(text + at, room - at, " \"%0200d\"", i);
	}
	memcpy(text + at, " )\n", sizeof(" )\n"));
	fx->files[0] = directory_write(fx->directory, "example.com", text);
	free(text);
}

static void write_signed(struct fixture *fx)
{
	char *text;
	char *anchor;
	sign_zone(secured, "signed.example.", &text, &anchor);
	char *bad = strstr(text, "\"before\"");
	if (!bad) {
		abort();
	}
	memcpy(bad, "\"after!\"", 8);
	fx->files[6] = directory_write(fx->directory, "signed.example", text);
	fx->anchor = directory_write(fx->directory, "anchor", anchor);
	free(text);
	free(anchor);
}

static bool start(struct fixture *fx)
{
	directory_make(fx->directory);
	write_large(fx);
	fx->files[1] = directory_write(fx->directory, "example.net", net);
	fx->files[2] = directory_write(fx->directory, "10", private);
	fx->files[3] = directory_write(fx->directory, "test", test);
	fx->files[4] = directory_write(fx->directory, "invalid", invalid);
	fx->files[5] = directory_write(fx->directory, "192", documentation);
	write_signed(fx);
	const struct zone_file zones[] = {
		{ "example.com", fx->files[0] },     { "example.net", fx->files[1] },
		{ "10.in-addr.arpa", fx->files[2] }, { "test", fx->files[3] },
		{ "invalid", fx->files[4] },         { "192.in-addr.arpa", fx->files[5] },
		{ "signed.example", fx->files[6] },
	};
	server_start_script(&fx->script);
	return server_start_nsd(fx->directory, zones, ROWS(zones), &fx->nsd);
}

static void stop(struct fixture *fx)
{
	server_stop(&fx->nsd);
	server_stop(&fx->script);
	directory_remove(fx->directory);
	for (size_t i = 0; i < ROWS(fx->files); i++) {
		free(fx->files[i]);
	}
	free(fx->anchor);
}

int main(void)
{
	struct fixture fx = { 0 };
	const char *ci = getenv("CI");
	if (!server_has_nsd() && !(ci && strcmp(ci, "true") == 0)) {
		row_skip("-", "the resolver against NSD", "no nsd here");
		return rows_end();
	}
	bool up = start(&fx);
	row_bool("-", "NSD serves our zones", up, true);
	if (up) {
		test_same(&fx);
		test_answers(&fx);
		test_dnssec(&fx);
		test_loop(&fx);
		test_threads(&fx);
		test_options(&fx);
	}
	test_failures(&fx);
	test_deadline(&fx);
	test_dead_server();
	test_cache();
	stop(&fx);
	return rows_end();
}
