/* SPDX-License-Identifier: Apache-2.0 */
/* A forwarder is seen, softens, spends it, and is known again after a restart. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../service/milter/forwarders_file.h"
#include "../support/rows.h"
#include "../support/signer.h"
#include "play.h"

#define DAY 86400
#define TODAY ((int64_t)20500 * DAY + 7200)
#define FORWARDER "fwd.example"
#define FORWARDER_IP "203.0.113.9"

static const char *const authors[] = { "a.example", "b.example.org", "bank.test", "shop.invalid" };

struct world {
	struct play *play;
	struct signer *signer;
	struct signet_arena *arena;
};

static void world_open(struct world *w)
{
	struct buf zone;
	w->signer = signer_new_ed25519();
	w->arena = signet_arena_new((size_t)64 << 20);
	buf_init(&zone, 1 << 16);
	for (size_t i = 0; i < ROWS(authors); i++) {
		char lines[512];
		snprintf(lines, sizeof(lines),
		         "%s. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n_dmarc.%s. TXT \"v=DMARC1; p=reject\"\n"
		         "t._domainkey.%s. TXT \"%s\"\n",
		         authors[i], authors[i], authors[i], signer_record(w->signer));
		buf_put_text(&zone, lines);
	}
	buf_put_char(&zone, 0);
	w->play = play_new(zone.at);
	w->play->world.forwarders = forwarders_new(1);
	w->play->rules.limits.seen_forwarders = true;
	buf_finish(&zone);
}

static void world_close(struct world *w)
{
	forwarders_free(w->play->world.forwarders);
	play_free(w->play);
	signer_free(w->signer);
	signet_arena_free(w->arena);
}

/* A message of this author; `name` NULL: the client has none that is confirmed. */
static void send(struct world *w, const char *author, int64_t now, const char *ip, const char *name, bool is_signed,
                 struct play_result *ret)
{
	char message[256], field[256], sender[64];
	snprintf(message, sizeof(message), "From: joe@%s\r\nSubject: x\r\n\r\nHello\r\n", author);
	snprintf(field, sizeof(field),
	         "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=%s; s=t; h=from:subject; bh={bh}; b={b}", author);
	snprintf(sender, sizeof(sender), "joe@%s", author);
	slice octets = slice_of(message);
	w->play->world.now = now;
	play_message(
		w->play,
		&(struct play_mail) { .octets = is_signed ? sign_message(w->signer, field, octets, w->arena) : octets,
	                              .ip = ip,
	                              .client_name = name,
	                              .helo = "h.example",
	                              .mail_from = sender },
		ret);
}

static void forge(struct world *w, const char *ip, const char *name, struct play_result *ret)
{
	send(w, "bank.test", TODAY, ip, name, false, ret);
}

/* What was there before: three days of direct mail, five of forwarded. */
static void live(struct world *w)
{
	struct play_result r;
	bool passed = true;
	for (int64_t day = 20; day >= 0; day--) {
		for (size_t i = 0; i < ROWS(authors) && (day >= 18 || day < 5); i++) {
			if (day >= 18) {
				send(w, authors[i], TODAY - day * DAY, "192.0.2.1", "mx.author.example", false, &r);
			} else {
				send(w, authors[i], TODAY - day * DAY, FORWARDER_IP, FORWARDER, true, &r);
			}
			passed &= r.deed == VERDICT_PASSED;
		}
	}
	row_bool("-", "weeks of good mail pass", passed, true);
}

static void soften(struct world *w)
{
	struct play *p = w->play;
	struct play_result r;
	forge(w, FORWARDER_IP, FORWARDER, &r);
	row_number("9989:7.4", "a seen forwarder hands over what fails: marked, not refused", r.deed, VERDICT_MARKED);
	row_text("9990:policy_override", "the reason is recorded", r.override, "seen-forwarder");
	row_bool("mta:log", "and in the log", slice_find(r.log, S("override=seen-forwarder")) != SLICE_NONE, true);
	row_bool("-", "the field says why", play_field(p, r.message, "X-Signet-Quarantine").len > 0, true);
	forge(w, FORWARDER_IP, NULL, &r);
	row_number("9989:7.4", "the same address without a confirmed name: refused", r.deed, VERDICT_REJECTED);
	forge(w, "203.0.113.77", "other.example", &r);
	row_number("9989:7.4", "another client: refused", r.deed, VERDICT_REJECTED);
	p->rules.override = (struct rules_override) { .order = true, .rule = "domain bank.test" };
	forge(w, FORWARDER_IP, FORWARDER, &r);
	row_number("9989:7.4", "the postmaster's order stands above it", r.deed, VERDICT_REJECTED);
	p->rules.override = (struct rules_override) { 0 };
	p->rules.limits.seen_forwarders = false;
	forge(w, FORWARDER_IP, FORWARDER, &r);
	row_number("-", "seen_forwarders = false: refused", r.deed, VERDICT_REJECTED);
	p->rules.limits.seen_forwarders = true;
}

static void restart(struct world *w)
{
	char folder[] = "/tmp/signet-test-XXXXXX", path[64];
	struct buf error;
	struct stat is;
	struct play *p = w->play;
	struct play_result r;
	buf_init(&error, 4096);
	if (!mkdtemp(folder)) {
		abort();
	}
	snprintf(path, sizeof(path), "%s/" FORWARDERS_FILE, folder);
	row_bool("-", "no file yet: nothing is remembered, and that is no error",
	         forwarders_file_load(p->world.forwarders, folder, &error), true);
	row_bool("-", "it is written", forwarders_file_save(p->world.forwarders, folder, &error), true);
	row_bool("-", "for nobody else to read", stat(path, &is) == 0 && (is.st_mode & 07777) == 0600, true);
	forwarders_free(p->world.forwarders);
	p->world.forwarders = forwarders_new(2);
	row_bool("-", "and read again", forwarders_file_load(p->world.forwarders, folder, &error), true);
	forge(w, FORWARDER_IP, FORWARDER, &r);
	row_number("-", "after a restart it is the same forwarder", r.deed, VERDICT_MARKED);
	row_bool("-", "one that others may write",
	         chmod(path, 0622) == 0 && forwarders_file_load(p->world.forwarders, folder, &error), false);
	row_bool("-", "is not believed", slice_find(buf_slice(&error), S("somebody else")) != SLICE_NONE, true);
	row_bool("-", "a folder that is gone",
	         unlink(path) == 0 && rmdir(folder) == 0 && forwarders_file_save(p->world.forwarders, folder, &error),
	         false);
	buf_finish(&error);
}

static void spend(struct world *w)
{
	struct play_result r;
	forge(w, FORWARDER_IP, FORWARDER, &r);
	row_number("-", "the last that its good mail pays for", r.deed, VERDICT_MARKED);
	forge(w, FORWARDER_IP, FORWARDER, &r);
	row_number("-", "what comes then is refused", r.deed, VERDICT_REJECTED);
}

int main(void)
{
	static struct world w;
	world_open(&w);
	live(&w);
	soften(&w);
	restart(&w);
	spend(&w);
	world_close(&w);
	return rows_end();
}
