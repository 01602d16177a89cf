/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as a whole: what a configuration makes of listeners, what is refused, and that they may be changed under way. */
#include <pthread.h>

#include "made.h"

#define SOCKET "socket = \"unix:/run/a.sock\" "

static void test_presets(void)
{
	struct buf error;
	buf_init(&error, 4096);
	struct rules *r = rules_new(NULL, NULL, &error);
	const struct rules_milter *m = rules_milter(r);
	const struct rules_process *p = rules_process(r);
	size_t n_ids;
	row_slice("-", "no configuration is a good one", buf_slice(&error), S(""));
	row_number("-", "no listener", (int64_t)rules_count_listeners(r), 0);
	row_text("-", "the field of the quarantine", m->quarantine_field, "X-Signet-Quarantine");
	row_text("-", "the code of a DMARC reject", slice_of(m->dmarc_code), "5.7.1");
	row_number("-", "the deadline of the DNS, ms", m->dns_ms, 20000);
	row_number("-", "a body is kept up to", (int64_t)m->body_kept, 1 << 20);
	row_number("-", "all bodies", (int64_t)m->body_kept_all, 64 << 20);
	row_number("-", "all headers", (int64_t)m->header_kept_all, 64 << 20);
	row_bool("-", "no Received-SPF", m->received_spf, false);
	row_bool("-", "seen forwarders soften", m->seen_forwarders, true);
	row_number("-", "connections", (int64_t)p->connections, 10000);
	row_number("-", "threads: one for each processor", (int64_t)p->workers, 0);
	row_number("-", "idle, ms", p->idle_ms, 7200000);
	row_number("-", "connections of one client", (int64_t)p->connections_per_client, 2500);
	row_text("-", "verdicts are kept", slice_of(p->spool), "/var/lib/signet/spool");
	row_number("-", "up to so many octets", (int64_t)p->spool_octets, INT64_C(2) << 30);
	row_text("-", "overrides are read", slice_of(p->overrides), "/var/lib/signet/overrides");
	row_bool("-", "nothing is signed without a signer", p->signer == NULL, true);
	row_bool("-", "no metrics, no user, no replay limit", p->metrics || p->user || p->replay_limit, false);
	(void)rules_authserv_ids(r, &n_ids);
	row_number("-", "no name of ours", (int64_t)n_ids, 0);
	row_bool("-", "a table without rules", table_count_rules(rules_table(r)) == 0, true);
	rules_drop(r);
	buf_finish(&error);
}

static const char everything[] =
	"authserv_id = \"mx.example.net\"\n"
	"authserv_ids = { \"mx2.example.net\", \"old.example.net\" }\n"
	"mode = \"classic\"\n"
	"trusted_nets = { \"192.0.2.0/24\" }\n"
	"trusted_sealers = \"B\xc3\xbc"
	"cher.example\"\n"
	"trusted_lists = { \"lists.example\" }\n"
	"forwarders = { \"198.51.100.0/24\", \"2001:db8::1\" }\n"
	"listen \"in\" { socket = \"inet:127.0.0.1:8891\" role = \"verify\" }\n"
	"listen \"trial\" {\n"
	"  socket = \"unix:/run/t.sock\" socket_mode = \"0666\" socket_group = \"postfix\" connections = 50 role = "
	"both\n"
	"  mode = \"monitor\" dry_run = true quarantine = \"hold\" early_spf = true spf_fail = \"mark\" "
	"no_reverse_name = reject\n"
	"  seal = true seal_as = \"Example.NET\" seal_selector = \"arc\"\n"
	"  verify_fault = \"defer\" sign_fault = \"pass\" temperror = \"accept\"\n"
	"  accept_body_length = true accept_no_author = true\n"
	"}\n"
	"signer { socket = \"/run/signer.sock\" }\n"
	"dns { resolver = \"127.0.0.1@53\" }\n"
	"milter { user = \"milter\" workers = 4 connections = 100 connections_per_client = 7 idle = 10m stall = 90 "
	"spool = \"none\"\n"
	"  spool_size = 16M metrics = \"inet:127.0.0.1:9811\" quarantine_field = \"X-Junk\" dmarc_code = \"5.7.26\"\n"
	"  received_spf = yes dns_deadline = 5s body_kept = 64k body_kept_all = 0 replay_limit = 500 replay_window = "
	"2h\n"
	"  replay_action = \"quarantine\" overrides = \"allowed\" seen_forwarders = false }\n"
	"sign \"example.net\" { selector = \"s1\" key = \"signer\" }\n";

static void test_everything(void)
{
	struct rules *r = made_good(everything);
	const struct rules_listener *in = rules_listener(r, 0), *trial = rules_find_listener(r, "trial");
	size_t n_ids;
	const slice *ids = rules_authserv_ids(r, &n_ids);
	row_number("-", "the names of ours", (int64_t)n_ids, 3);
	row_text("-", "the first is written", ids[0], "mx.example.net");
	row_text("-", "the last is removed only", ids[2], "old.example.net");
	row_number("-", "listeners", (int64_t)rules_count_listeners(r), 2);
	row_bool("-", "there is none of this name", rules_find_listener(r, "inbound") != NULL, false);
	row_text("-", "where", slice_of(in->socket), "inet:127.0.0.1:8891");
	row_bool("-", "its role", in->role == RULES_VERIFY, true);
	row_bool("-", "the mode of all", in->check.mode == SIGNET_MODE_CLASSIC, true);
	row_bool("-", "verifying fails open", in->verify_fault == RULES_PASS && in->sign_fault == RULES_DEFER, true);
	row_bool("-", "it acts", in->dry_run || in->seal || in->early_spf || in->check.temperror_accept, false);
	row_number("-", "the usual mode of a socket", (int64_t)in->socket_mode, 0660);
	row_text("-", "results are written in our name", in->check.authserv_id, "mx.example.net");
	row_number("-", "our relays", (int64_t)in->check.n_trusted_nets, 1);
	row_number("-", "forwarders", (int64_t)in->check.n_forwarders, 2);
	row_text("-", "sealers in normal form", in->check.trusted_sealers[0], "xn--bcher-kva.example");
	row_text("-", "lists", in->check.trusted_lists[0], "lists.example");
	row_bool("-", "a role without quotes", trial->role == RULES_BOTH, true);
	row_bool("-", "its own mode", trial->check.mode == SIGNET_MODE_MONITOR, true);
	row_number("-", "the mode of its socket", (int64_t)trial->socket_mode, 0666);
	row_text("-", "and its group", slice_of(trial->socket_group), "postfix");
	row_number("-", "its connections", (int64_t)trial->connections, 50);
	row_bool("-", "a dry run that seals and refuses early", trial->dry_run && trial->seal && trial->early_spf,
	         true);
	row_bool("-", "mechanisms alone",
	         trial->spf_fail == RULES_SINGLE_MARK && trial->no_reverse_name == RULES_SINGLE_REJECT, true);
	row_bool("-", "are nothing by default",
	         in->spf_fail == RULES_SINGLE_ACCEPT && in->no_reverse_name == RULES_SINGLE_ACCEPT, true);
	row_text("-", "as whom", trial->seal_domain, "example.net");
	row_text("-", "with which key", trial->seal_selector, "arc");
	row_bool("-", "its quarantine", trial->quarantine == RULES_HOLD, true);
	row_bool("-", "its faults", trial->verify_fault == RULES_DEFER && trial->sign_fault == RULES_PASS, true);
	row_bool("-", "a DNS error is accepted", trial->check.temperror_accept, true);
	row_bool("-", "l= and no author too", trial->check.accept_body_length && trial->check.accept_no_author, true);
	rules_drop(r);
}

static void test_process(void)
{
	struct rules *r = made_good(everything);
	const struct rules_process *p = rules_process(r);
	const struct rules_milter *m = rules_milter(r);
	row_text("-", "user", slice_of(p->user), "milter");
	row_bool("-", "seen forwarders do not soften", m->seen_forwarders, false);
	row_number("-", "threads", (int64_t)p->workers, 4);
	row_number("-", "connections", (int64_t)p->connections, 100);
	row_number("-", "of one client", (int64_t)p->connections_per_client, 7);
	row_number("-", "minutes are ms", p->idle_ms, 600000);
	row_number("-", "seconds need no letter", p->stall_ms, 90000);
	row_bool("-", "no verdicts", p->spool == NULL, true);
	row_number("-", "megabytes", (int64_t)p->spool_octets, 16 << 20);
	row_text("-", "a path below the folder of the configuration", slice_of(p->overrides), "/tmp/allowed");
	row_text("-", "metrics", slice_of(p->metrics), "inet:127.0.0.1:9811");
	row_text("-", "signer", slice_of(p->signer), "/run/signer.sock");
	row_text("-", "name server", slice_of(p->resolver), "127.0.0.1@53");
	row_number("-", "replay: recipients", (int64_t)p->replay_limit, 500);
	row_number("-", "replay: window", p->replay_window_s, 7200);
	row_bool("-", "replay: action", p->replay_action == RULES_REPLAY_QUARANTINE, true);
	row_text("-", "the field of the quarantine", m->quarantine_field, "X-Junk");
	row_text("-", "the code", slice_of(m->dmarc_code), "5.7.26");
	row_bool("-", "Received-SPF", m->received_spf, true);
	row_number("-", "the deadline", m->dns_ms, 5000);
	row_number("-", "kilobytes", (int64_t)m->body_kept, 64 << 10);
	row_number("-", "nothing", (int64_t)m->body_kept_all, 0);
	row_number("-", "who is signed for", (int64_t)table_count_rules(rules_table(r)), 1);
	rules_drop(r);
}

static const struct {
	const char *what, *conf, *want; /* behind the path */
} refused[] = {
	{ "no socket", "listen \"a\" {\n role = \"verify\"\n}\n", ":3: there is no socket: listen \"a\"" },
	{ "no role: it is never guessed", "listen \"a\" {\n" SOCKET "\n}\n",
	  ":3: say what is done there, role = \"verify\", \"sign\" or \"both\": listen \"a\"" },
	{ "a seal of nobody", "listen \"a\" {\n" SOCKET "role = \"verify\"\n seal = true\n seal_selector = \"s\" }\n",
	  ":3: seal needs seal_as, the domain of the seal: listen \"a\"" },
	{ "a seal without selector",
	  "listen \"a\" {\n" SOCKET "role = \"verify\"\n seal = true\n seal_as = \"a.example\" }\n",
	  ":3: seal needs seal_selector: listen \"a\"" },
	{ "a seal on what is not verified",
	  "listen \"a\" { " SOCKET "role = \"sign\"\n seal = true\n seal_as = \"a.example\" seal_selector = \"s\" }\n",
	  ":2: what is not verified cannot be sealed: listen \"a\"" },
	{ "a key file: nobody would open it",
	  "listen \"a\" { " SOCKET "role = \"sign\" }\nsign \"a.example\" {\n selector = \"s\"\n key = \"s.pem\" }\n",
	  ":4: the signer serves its key directory only, no key file: bring the key there and write key = \"store\": "
	  "sign \"a.example\"" },
	{ "one of several",
	  "listen \"a\" { " SOCKET "role = \"both\" }\nsign \"a.example\" { selector = { \"s\", \"t\" }\n"
	  " key = { \"store\", \"/k/%.pem\" } }\n",
	  ":3: the signer serves its key directory only, no key file: bring the key there and write key = \"store\": "
	  "sign \"a.example\"" },
	{ "two at one socket",
	  "listen \"a\" { " SOCKET "role = \"sign\" }\nlisten \"b\" {\n role = \"sign\"\n" SOCKET "}\n",
	  ":4: another listener has this socket: \"unix:/run/a.sock\"" },
	{ "a domain that lets every forger in", "\ndomain \"bank.example\" {\n decision = \"accept\"\n}\n",
	  ":3: decision = \"accept\" would let every forger in; say from which clients: domain \"bank.example\"" },
	{ "one domain in two spellings", "domain \"example.com\" {}\ndomain \"EXAMPLE.com\" {}\n",
	  ":2: there is a section for this domain already: domain \"EXAMPLE.com\"" },
	{ "names below a domain, written as nowhere else",
	  "authserv_id = \"@example.com\"\nauthserv_ids = { \"@example.com\", \".example.org\" }\n",
	  ":1: this name is written into messages, it is not that of many: \"@example.com\"\n"
	  ":2: write @ for a domain and all below it: \".example.org\"" },
	{ "a field that every message has", "milter {\n quarantine_field = \"from\"\n}\n",
	  ":2: quarantine_field: \"from\" is not the name of a field of your own, such as X-Junk" },
	{ "a family of fields", "milter { quarantine_field = \"ARC-Seal\" }\n",
	  ":1: quarantine_field: \"ARC-Seal\" is not the name of a field of your own, such as X-Junk" },
	{ "a list: each wrong value once", "trusted_nets = { \"a\", \"b\" }\n",
	  ":1: trusted_nets: \"a\" is not an address or a network\n"
	  ":1: trusted_nets: \"b\" is not an address or a network" },
	{ "a file of keys that is not there", "keys { tables = \"/nonexistent/table\" }\n",
	  "/nonexistent/table: No such file or directory" },
	{ "all of them", "listen \"a\" { role = \"sign\" }\nlisten \"b\" { " SOCKET "}\n",
	  ":1: there is no socket: listen \"a\"\n"
	  ":2: say what is done there, role = \"verify\", \"sign\" or \"both\": listen \"b\"" },
};

/* Without the path in front of each line. */
static slice strip_path(slice text, struct buf *to)
{
	buf_clear(to);
	for (size_t at = 0; at < text.len; at++) {
		slice rest = slice_from(text, at);
		if (slice_starts(rest, slice_of(made_path))) {
			at += strlen(made_path) - 1;
		} else {
			buf_put_char(to, text.at[at]);
		}
	}
	return buf_slice(to);
}

static void test_refused(void)
{
	struct buf error, text;
	buf_init(&text, 1 << 16);
	for (size_t i = 0; i < ROWS(refused); i++) {
		struct rules *r = made_rules(refused[i].conf, &error);
		row_bool("-", "it is refused", r != NULL, false);
		row_text("-", refused[i].what, strip_path(buf_slice(&error), &text), refused[i].want);
		rules_drop(r);
		buf_finish(&error);
	}
	rules_drop(made_good(
		"listen \"a\" { " SOCKET
		"role = sign }\nsign \"a.example\" { selector = { \"s\", \"t\" } key = { store, signer } }\n"));
	rules_drop(made_good("listen \"a\" { " SOCKET
	                     "role = verify }\nsign \"a.example\" { selector = s key = \"s.pem\" }\n"));
	struct rules *r = made_rules("sign \"example.com\" { selector = \"s\" key = { \"a\", \"b\" } }\n", &error);
	row_bool("-", "a wrong line of a key table leaves the others standing", r != NULL, true);
	row_bool("-", "and is told", error.len > 0, true);
	rules_drop(r);
	buf_finish(&error);
	buf_finish(&text);
}

static const struct {
	const char *what, *one, *other, *key;
} reloads[] = {
	{ "nothing", "", "", NULL },
	{ "what counts for messages", "mode = \"classic\"\n", "milter { dns_deadline = 3s }\n", NULL },
	{ "threads", "milter { workers = 1 }\n", "milter { workers = 2 }\n", "milter.workers" },
	{ "a spool", "", "milter { spool = \"none\" }\n", "milter.spool" },
	{ "the signer", "", "signer { socket = \"/run/x\" }\n", "signer.socket" },
	{ "metrics", "milter { metrics = \"/run/x\" }\n", "milter { metrics = \"/run/y\" }\n", "milter.metrics" },
};

static void test_differs(void)
{
	for (size_t i = 0; i < ROWS(reloads); i++) {
		struct rules *a = made_good(reloads[i].one), *b = made_good(reloads[i].other);
		row_text("-", reloads[i].what, slice_of(rules_process_differs(a, b)),
		         reloads[i].key ? reloads[i].key : "");
		rules_drop(a);
		rules_drop(b);
	}
}

/* ---- a reload while threads work ---- */

#define THREADS 4
#define RELOADS 200

static struct {
	pthread_mutex_t lock;
	struct rules *now;
	bool ends;
	size_t uses[THREADS], wrong[THREADS];
} world = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct rules *take(bool *ret_ends)
{
	pthread_mutex_lock(&world.lock);
	struct rules *r = rules_keep(world.now);
	*ret_ends = world.ends;
	pthread_mutex_unlock(&world.lock);
	return r;
}

/* A message keeps its rules to its end: whatever it asks is answered by the same ones. */
static void use(const struct rules *r, size_t *wrong)
{
	const struct facts facts = { .client = { 4, { 192, 0, 2, 1 } } };
	const struct rules_listener *l = rules_find_listener(r, "a");
	bool is_first = l->check.mode == SIGNET_MODE_CLASSIC;
	struct rules_override o = rules_override(r, S("example.com"), &facts, 1, NULL);
	*wrong += rules_choose(r, l, &facts).sign != is_first;
	*wrong += o.has_decision == is_first;
	*wrong += rules_enforces_for(r, S("joe@example.com")) != is_first;
}

static void *work(void *data)
{
	size_t *number = data;
	for (bool ends = false; !ends;) {
		struct rules *r = take(&ends);
		use(r, &world.wrong[*number]);
		world.uses[*number]++;
		rules_drop(r);
	}
	return NULL;
}

static void test_reload(void)
{
	static const char *const texts[] = {
		"mode = \"classic\"\nlisten \"a\" { " SOCKET
		"role = \"both\" }\nmilter { sign_nets = \"192.0.2.0/24\" }\n",
		"listen \"a\" { " SOCKET "role = \"both\" }\ndomain \"example.com\" { decision = \"reject\" }\n"
		"recipient \"joe@\" { enforce = false }\n",
	};
	pthread_t threads[THREADS];
	size_t numbers[THREADS], uses = 0, wrong = 0;
	world.now = made_good(texts[0]);
	for (size_t i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, work, &numbers[i]);
	}
	for (size_t i = 1; i <= RELOADS; i++) {
		struct rules *fresh = made_good(texts[i % 2]), *old;
		pthread_mutex_lock(&world.lock);
		old = world.now;
		world.now = fresh;
		world.ends = i == RELOADS;
		pthread_mutex_unlock(&world.lock);
		rules_drop(old);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		uses += world.uses[i];
		wrong += world.wrong[i];
	}
	rules_drop(world.now);
	row_bool("-", "each thread used them", uses >= THREADS, true);
	row_number("-", "nobody saw half of one and half of another", (int64_t)wrong, 0);
}

int main(void)
{
	made_begin();
	test_presets();
	test_everything();
	test_process();
	test_refused();
	test_differs();
	test_reload();
	made_end();
	return rows_end();
}
