/* SPDX-License-Identifier: Apache-2.0 */
/* Sign or verify: who is one of ours.  "mta" rows are facts of mail servers; "users 35" and the like are complaints about
 * other programs that must not be heard of this one. */
#include "made.h"

#define BOTH                                                                                                           \
	"listen \"both\" { socket = \"unix:/run/b.sock\" role = \"both\" }\n"                                          \
	"listen \"in\" { socket = \"unix:/run/i.sock\" role = \"verify\" }\n"                                          \
	"listen \"out\" { socket = \"unix:/run/o.sock\" role = \"sign\" }\n"

static const char plain[] = BOTH;
static const char nets[] = BOTH "milter { sign_nets = { \"192.0.2.0/24\", \"2001:db8::/32\" } }\n";
static const char v4_loopback[] = BOTH "milter { sign_nets = { \"127.0.0.1/8\" } }\n";
static const char v6_loopback[] = BOTH "milter { sign_nets = \"::1\" }\n";
static const char one_address[] = BOTH "milter { sign_nets = \"127.0.0.2\" }\n";
static const char nobody[] = BOTH "milter { sign_nets = {} sign_daemons = {} sign_ports = {} sign_logins = false }\n";
static const char named[] = BOTH "milter { sign_daemons = { \"submission\", \"smtps\" } sign_ports = \"10587\" }\n";

static const struct {
	const char *source, *what, *conf, *listener;
	const char *daemon, *port, *login, *client, *name, *helo, *from;
	const char *rule; /* and "signs" or "verifies" in front */
} rows[] = {
	/* the listener before everything */
	{ "mta: trust", "a verifying listener verifies whatever else speaks for signing", plain, "in", "ORIGINATING",
	  "587", "joe", "127.0.0.1", .rule = "verifies listener" },
	{ "mta: trust", "a signing listener signs for a client nobody knows", plain, "out", .client = "203.0.113.9",
	  .rule = "signs listener" },
	/* {daemon_name} */
	{ "mta: trust", "the name of the service", plain, "both", "ORIGINATING", "25", .client = "203.0.113.9",
	  .rule = "signs daemon-name" },
	{ "users 38", "the name counts before port, login and client", plain, "both", "ORIGINATING", "587", "joe",
	  "127.0.0.1", .rule = "signs daemon-name" },
	{ "mta: trust", "another name says nothing", plain, "both", "mx.example.net", "25", .client = "203.0.113.9",
	  .rule = "verifies nothing-says-so" },
	{ "mta: trust", "a name is compared exactly", plain, "both", "originating", "25", .client = "203.0.113.9",
	  .rule = "verifies nothing-says-so" },
	{ "mta: trust", "names of the configuration", named, "both", "smtps", "465", .client = "203.0.113.9",
	  .rule = "signs daemon-name" },
	{ "mta: trust", "they are instead of the usual one", named, "both", "ORIGINATING", "25",
	  .client = "203.0.113.9", .rule = "verifies nothing-says-so" },
	{ "mta: trust", "no name is not an empty name", nobody, "both", "", "25", .client = "203.0.113.9",
	  .rule = "verifies nothing-says-so" },
	/* {daemon_port} */
	{ "mta: trust", "port 587 without a name of the service", plain, "both", NULL, "587", .client = "203.0.113.9",
	  .rule = "signs daemon-port" },
	{ "mta: trust", "port 465", plain, "both", NULL, "465", .client = "203.0.113.9", .rule = "signs daemon-port" },
	{ "mta: trust", "the port counts before the login", plain, "both", NULL, "587", "joe", "203.0.113.9",
	  .rule = "signs daemon-port" },
	{ "mta: trust", "port 25 says nothing", plain, "both", NULL, "25", .client = "203.0.113.9",
	  .rule = "verifies nothing-says-so" },
	{ "mta: trust", "a port that only begins alike", plain, "both", NULL, "5870", .client = "203.0.113.9",
	  .rule = "verifies nothing-says-so" },
	{ "mta: trust", "a port of the configuration", named, "both", NULL, "10587", .client = "203.0.113.9",
	  .rule = "signs daemon-port" },
	/* the login */
	{ "users 36", "a login without a domain", plain, "both", NULL, "25", "joe", "203.0.113.9",
	  .rule = "signs login" },
	{ "users 37", "no macro of the login, but the service has a name", plain, "both", "ORIGINATING", NULL, NULL,
	  "203.0.113.9", .rule = "signs daemon-name" },
	{ "users 37", "no macros at all: the port 587 is not known, nothing is guessed", plain, "both", NULL, NULL,
	  NULL, "203.0.113.9", .rule = "verifies nothing-says-so" },
	{ "mta: trust", "the login counts before the client", plain, "both", NULL, "25", "joe", "127.0.0.1",
	  .rule = "signs login" },
	{ "mta: trust", "an empty login is none", plain, "both", NULL, "25", "", "203.0.113.9",
	  .rule = "verifies nothing-says-so" },
	{ "mta: trust", "logins are not looked at where the configuration says so", nobody, "both", NULL, "25", "joe",
	  "203.0.113.9", .rule = "verifies nothing-says-so" },
	/* the client */
	{ "users 35", "local mail over IPv4", plain, "both", NULL, NULL, NULL, "127.0.0.1", "localhost",
	  .rule = "signs client" },
	{ "users 35", "local mail over IPv6, as Postfix says it", plain, "both", NULL, NULL, NULL, "::1", "localhost",
	  .rule = "signs client" },
	{ "users 35", "another address of the loopback network", plain, "both", NULL, NULL, NULL, "127.0.1.1",
	  .rule = "signs client" },
	{ "users 35", "127.0.0.1/8 stands for ::1 too", v4_loopback, "both", NULL, NULL, NULL, "::1",
	  .rule = "signs client" },
	{ "users 35", "::1 stands for 127.0.0.1 too", v6_loopback, "both", NULL, NULL, NULL, "127.0.0.1",
	  .rule = "signs client" },
	{ "users 35", "one address of it", one_address, "both", NULL, NULL, NULL, "127.0.0.2", .rule = "signs client" },
	{ "mta: local", "handed in to Sendmail without a network", plain, "both", .name = "localhost",
	  .rule = "signs client" },
	{ "mta: local", "an address that is not known is not local", plain, "both", .name = "",
	  .rule = "verifies nothing-says-so" },
	{ "mta: trust", "a reverse record that says localhost", plain, "both", .client = "203.0.113.9",
	  .name = "localhost", .rule = "verifies nothing-says-so" },
	{ "mta: trust", "a network of ours", nets, "both", .client = "192.0.2.77", .rule = "signs client" },
	{ "mta: trust", "an IPv6 network of ours", nets, "both", .client = "2001:db8:7::1", .rule = "signs client" },
	{ "mta: trust", "an IPv4 client as IPv6 writes it", nets, "both", .client = "::ffff:192.0.2.77",
	  .rule = "signs client" },
	{ "mta: trust", "the address next to it", nets, "both", .client = "192.0.3.1",
	  .rule = "verifies nothing-says-so" },
	{ "mta: content filter", "localhost is none of ours where the list says others", nets, "both",
	  .client = "127.0.0.1", .rule = "verifies nothing-says-so" },
	{ "mta: content filter", "an empty list is nobody", nobody, "both", .client = "127.0.0.1",
	  .rule = "verifies nothing-says-so" },
	/* never */
	{ "mta: trust", "never the From field or the sender", plain, "both", .client = "203.0.113.9",
	  .from = "joe@example.net", .rule = "verifies nothing-says-so" },
	{ "mta: trust", "never a HELO", plain, "both", .client = "203.0.113.9", .helo = "mx.example.net",
	  .rule = "verifies nothing-says-so" },
	{ "mta: trust", "never a HELO of localhost", plain, "both", .client = "203.0.113.9", .helo = "localhost",
	  .rule = "verifies nothing-says-so" },
	{ "users 40", "the name of a client, however good, is no address", nets, "both", .client = "203.0.113.9",
	  .name = "mx.example.net", .rule = "verifies nothing-says-so" },
};

int main(void)
{
	made_begin();
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rules *rules = made_good(rows[i].conf);
		const struct facts facts = {
			.client = made_ip(rows[i].client),
			.client_name = slice_of(rows[i].name),
			.helo = slice_of(rows[i].helo),
			.daemon_name = slice_of(rows[i].daemon),
			.daemon_port = slice_of(rows[i].port),
			.login = slice_of(rows[i].login),
			.mail_from = slice_of(rows[i].from),
		};
		struct rules_choice c = rules_choose(rules, rules_find_listener(rules, rows[i].listener), &facts);
		char got[100];
		snprintf(got, sizeof(got), "%s%s %s", c.sign ? "signs" : "", c.verify ? "verifies" : "", c.rule);
		row_text(rows[i].source, rows[i].what, slice_of(got), rows[i].rule);
		rules_drop(rules);
	}
	made_end();
	return rows_end();
}
