/* SPDX-License-Identifier: Apache-2.0 */
/* The small parts of the daemon: the gate, what HTTP asks for, how the metrics look. */
#include <stdio.h>

#include "../../service/milter/gate.h"
#include "../../service/milter/metrics.h"
#include "../../service/milter/scrape.h"
#include "../support/rows.h"

/* ---- requests ---- */

static const char *const words[] = {
	[SCRAPE_MORE] = "more",           [SCRAPE_GET] = "get",       [SCRAPE_HEAD] = "head",
	[SCRAPE_NOT_FOUND] = "not found", [SCRAPE_METHOD] = "method", [SCRAPE_BAD] = "bad",
};

static const struct {
	const char *clause, *what;
	slice octets;
	const char *want;
} requests[] = {
	{ "9112:3", "a request for the metrics", { "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 34 }, "get" },
	{ "9112:2.2", "bare LF ends lines too", { "GET /metrics HTTP/1.1\nHost: x\n\n", 31 }, "get" },
	{ "9112:3", "the root is the metrics as well", { "GET / HTTP/1.0\r\n\r\n", 18 }, "get" },
	{ "9112:3.2.1", "a query does not matter", { "GET /metrics?a=/b HTTP/1.1\r\n\r\n", 30 }, "get" },
	{ "9110:9.3.2", "HEAD", { "HEAD / HTTP/1.1\r\n\r\n", 19 }, "head" },
	{ "9110:9.1", "a method is told by its case", { "get / HTTP/1.1\r\n\r\n", 18 }, "method" },
	{ "9110:15.5.6", "another method", { "DELETE /metrics HTTP/1.1\r\n\r\n", 28 }, "method" },
	{ "9110:15.5.5", "another path", { "GET /metricsx HTTP/1.1\r\n\r\n", 26 }, "not found" },
	{ "9110:15.5.5", "a path out of the folder", { "GET /../etc/passwd HTTP/1.1\r\n\r\n", 31 }, "not found" },
	{ "9112:3.2", "a target that is no path", { "GET http://x/ HTTP/1.1\r\n\r\n", 26 }, "bad" },
	{ "9112:2.3", "no version", { "GET /\r\n\r\n", 9 }, "bad" },
	{ "9112:2.3", "another version", { "GET / HTTP/2.0\r\n\r\n", 18 }, "bad" },
	{ "9112:2.3", "something behind the version", { "GET / HTTP/1.1 x\r\n\r\n", 20 }, "bad" },
	{ "9112:3", "two blanks", { "GET  / HTTP/1.1\r\n\r\n", 19 }, "bad" },
	{ "9112:2.2", "an empty first line", { "\r\n\r\n", 4 }, "bad" },
	{ "9112:5.1", "a field without colon", { "GET / HTTP/1.1\r\nHost\r\n\r\n", 24 }, "bad" },
	{ "9112:5.1", "a blank before the colon", { "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 28 }, "bad" },
	{ "9112:5.2", "a field that is folded", { "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 28 }, "bad" },
	{ "9110:5.5", "NUL in a field", { "GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24 }, "bad" },
	{ "-", "NUL", { "\0\n", 2 }, "bad" },
	{ "-", "half a request", { "GET / HTTP/1.1\r\nHost: x\r\n", 25 }, "more" },
	{ "-", "half a line", { "GET / HT", 8 }, "more" },
	{ "-", "nothing", { "", 0 }, "more" },
};

static void read_prefix(slice prefix, void *data)
{
	enum scrape_request *last = data;
	*last = scrape_read(prefix);
}

static void test_requests(void)
{
	static char long_one[SCRAPE_REQUEST_OCTETS];
	enum scrape_request last;
	for (size_t i = 0; i < ROWS(requests); i++) {
		row_text(requests[i].clause, requests[i].what,
		         slice_of(words[scrape_read(guarded(requests[i].octets, false))]), requests[i].want);
		each_prefix(requests[i].octets, read_prefix, &last);
	}
	memset(long_one, 'x', sizeof(long_one));
	row_text("-", "a request that fills its buffer",
	         slice_of(words[scrape_read(slice_make(long_one, sizeof(long_one)))]), "bad");
}

/* ---- the gate ---- */

static bool enters(struct gate *g, const struct gate_caps *caps, _Atomic size_t *door, const char *ip,
                   struct gate_seat *seat)
{
	struct signet_ip client = { 0 };
	(void)(*ip && signet_ip_parse(slice_of(ip), &client));
	return gate_enter(g, caps, door, &client, seat) == NULL;
}

static void test_gate(void)
{
	const struct gate_caps caps = { .all = 4, .per_listener = 3, .per_client = 2 }, none = { 0 };
	_Atomic size_t first = 0, second = 0;
	struct gate_seat seats[8];
	struct gate *g = gate_new();
	row_bool("-", "the first of a client", enters(g, &caps, &first, "192.0.2.1", &seats[0]), true);
	row_bool("-", "the second", enters(g, &caps, &first, "192.0.2.1", &seats[1]), true);
	row_bool("-", "the third is one too many", enters(g, &caps, &second, "192.0.2.1", &seats[2]), false);
	row_bool("-", "another client", enters(g, &caps, &first, "2001:db8::1", &seats[2]), true);
	row_bool("-", "the listener is full", enters(g, &caps, &first, "192.0.2.3", &seats[3]), false);
	row_bool("-", "another listener is not", enters(g, &caps, &second, "", &seats[3]), true);
	row_bool("-", "all are too many", enters(g, &caps, &second, "", &seats[4]), false);
	gate_leave(g, &seats[0]);
	row_bool("-", "who leaves makes room for the client", enters(g, &caps, &first, "192.0.2.1", &seats[0]), true);
	row_number("-", "they are counted", (int64_t)gate_count(g), 4);
	for (size_t i = 0; i < 4; i++) {
		gate_leave(g, &seats[i]);
	}
	row_number("-", "nobody is left", (int64_t)(gate_count(g) + first + second), 0);
	for (size_t i = 0; i < 8; i++) {
		row_bool("-", "without caps everybody comes in", enters(g, &none, &first, "192.0.2.1", &seats[i]),
		         true);
	}
	for (size_t i = 0; i < 8; i++) {
		gate_leave(g, &seats[i]);
	}
	gate_free(g);
}

/* ---- metrics ---- */

static void test_metrics(void)
{
	static struct counters one, sum;
	static struct latency latency, total;
	struct buf b;
	buf_init(&b, METRICS_OCTETS);
	count(&one.messages, 3);
	count(&one.rejected, 2);
	metrics_add_counters(&sum, &one);
	metrics_add_counters(&sum, &one);
	latency_count(&latency, 250);
	latency_count(&latency, 251);
	latency_count(&latency, 30000000);
	metrics_add_latency(&total, &latency);
	const struct metrics_now now = { .connections = 7, .workers = 2, .started_s = 1790000000, .uptime_s = 5 };
	metrics_put(&b, &sum, &total, &now);
	static const char *const lines[] = {
		"signet_milter_messages_total 6\n",
		"signet_milter_outcomes_total{outcome=\"rejected\"} 4\n",
		"signet_milter_answer_seconds_bucket{le=\"0.00025\"} 1\n",
		"signet_milter_answer_seconds_bucket{le=\"0.0005\"} 2\n",
		"signet_milter_answer_seconds_bucket{le=\"20\"} 2\n",
		"signet_milter_answer_seconds_bucket{le=\"+Inf\"} 3\n",
		"signet_milter_answer_seconds_sum 30.000501\n",
		"signet_milter_answer_seconds_count 3\n",
		"signet_milter_connections 7\n",
		"process_start_time_seconds 1790000000\n",
	};
	for (size_t i = 0; i < ROWS(lines); i++) {
		slice line = slice_of(lines[i]);
		char what[80];
		snprintf(what, sizeof(what), "it has the line %.*s", (int)line.len - 1, line.at);
		row_bool("-", what, slice_find(buf_slice(&b), line) != SLICE_NONE, true);
	}
	row_bool("-", "all of it has room", buf_ok(&b), true);
	row_bool("-", "what is not known is not told", slice_find(buf_slice(&b), S("process_resident")) == SLICE_NONE,
	         true);
	buf_finish(&b);
}

int main(void)
{
	test_requests();
	test_gate();
	test_metrics();
	return rows_end();
}
