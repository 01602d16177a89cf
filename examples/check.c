/* SPDX-License-Identifier: Apache-2.0 */
/* Is this message what it says it is?  Reads a message with CRLF line ends from standard input, asks the DNS or the zone
 * files named on the command line, and prints the verdict.
 *
 *     cc check.c -o check $(pkg-config --cflags --libs libsignet-resolve libsignet)
 *     ./check [ZONEFILE...] <message.eml */
#include <signet/authres.h>
#include <signet/check.h>
#include <signet/resolve.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS 20000
#define TEXT(literal) ((signet_slice){ literal, sizeof(literal) - 1 })

static bool feed_all(struct signet_check *check, FILE *from)
{
	char chunk[8192];
	size_t n;
	while ((n = fread(chunk, 1, sizeof(chunk), from)) > 0) {
		if (signet_check_feed(check, (signet_slice){ chunk, n }) != SIGNET_OK) {
			return false;
		}
	}
	return !ferror(from) && signet_check_end(check) == SIGNET_OK;
}

/* Evaluates until no answer is missing. */
static enum signet_status finish(struct signet_check *check, struct signet_resolver *resolver)
{
	int64_t deadline = signet_resolver_clock_ms() + PATIENCE_MS;
	enum signet_status status;
	while ((status = signet_check_step(check)) == SIGNET_PENDING) {
		if (signet_resolver_fill(resolver, signet_check_book(check), deadline) != SIGNET_OK) {
			signet_book_expire(signet_check_book(check));
		}
	}
	return status;
}

static void print(const struct signet_dossier *d)
{
	struct signet_arena *arena = signet_arena_new((size_t)1 << 20);
	struct signet_authres results;
	printf("dmarc=%s, decision %s: %s\n", signet_dmarc_result_name(d->dmarc.result),
	       signet_decision_name(d->decision), d->rule);
	if (arena && signet_authres_from(d, TEXT("mx.example.net"), arena, &results) == SIGNET_OK) {
		signet_slice field = signet_authres_write(&results, NULL, arena);
		printf("Authentication-Results: %.*s\n", (int)field.len, field.at);
	}
	signet_arena_free(arena);
}

int main(int argc, char **argv)
{
	char error[256] = "no memory";
	struct signet_settings settings = { .now = time(NULL) };
	struct signet_envelope envelope = { 0 }; /* a file does not say which host delivered it */
	struct signet_resolver_options options = { 0 };
	struct signet_zones *zones = NULL;
	int exit_status = 3;

	if (argc > 1) {
		zones = signet_zones_load((const char *const *)argv + 1, (size_t)argc - 1, error, sizeof(error));
		options.zones = zones;
	}
	struct signet_resolver *resolver =
		argc > 1 && !zones ? NULL : signet_resolver_new(&options, error, sizeof(error));
	struct signet *signet = signet_new();
	struct signet_check *check = signet ? signet_check_new(signet, &settings, &envelope) : NULL;
	if (!resolver || !check) {
		fprintf(stderr, "check: %s\n", error);
	} else if (feed_all(check, stdin) && finish(check, resolver) == SIGNET_OK) {
		print(signet_check_dossier(check));
		exit_status = 0;
	}
	signet_check_free(check);
	signet_free(signet);
	signet_resolver_free(resolver);
	signet_zones_free(zones);
	return exit_status;
}
