/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies one message with libsignet, and libsignet-resolve for the DNS.
 *
 *     cc verify.c $(pkg-config --cflags --libs libsignet-resolve) -o verify
 *     ./verify message.eml 192.0.2.1 mail.example.org alice@example.org              asks the DNS
 *     ./verify message.eml 192.0.2.1 mail.example.org alice@example.org a.zone ...   asks zone files
 *     ./verify                                                                       a built-in sample
 *
 * The file has CRLF line ends, as on the wire.  Prints the Authentication-Results field.  Exit: 0 done, 2 wrong usage,
 * 3 could not finish. */
#include <signet/authres.h>
#include <signet/check.h>
#include <signet/resolve.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS 20000 /* RFC 7208 4.6.4: at least 20 seconds */

static const char sample_zone[] = "example.org. TXT \"v=spf1 mx -all\"\n"
				  "example.org. MX 10 mail.example.org.\n"
				  "mail.example.org. A 192.0.2.1\n"
				  "_dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n";
static const char sample_message[] = "From: Alice <alice@example.org>\r\n"
				     "Subject: hello\r\n"
				     "\r\n"
				     "Hello!\r\n";

static signet_slice slice(const char *text)
{
	return (signet_slice) { text, strlen(text) };
}

/* Feeds the file, or the sample if there is none, in chunks. */
static enum signet_status feed(struct signet_check *check, FILE *file)
{
	char chunk[16384];
	size_t n;
	enum signet_status status = file ? SIGNET_OK : signet_check_feed(check, slice(sample_message));
	while (file && status == SIGNET_OK && (n = fread(chunk, 1, sizeof(chunk), file)) > 0) {
		status = signet_check_feed(check, (signet_slice) { chunk, n });
	}
	return status == SIGNET_OK ? signet_check_end(check) : status;
}

/* Each time the check lacks answers they are fetched, and it goes on. */
static enum signet_status conclude(struct signet_check *check, struct signet_resolver *resolver)
{
	int64_t deadline = signet_resolver_clock_ms() + PATIENCE_MS;
	enum signet_status status;
	while ((status = signet_check_step(check)) == SIGNET_PENDING) {
		status = signet_resolver_fill(resolver, signet_check_book(check), deadline);
		if (status != SIGNET_OK) {
			break;
		}
	}
	return status;
}

static enum signet_status print_field(const struct signet_dossier *dossier)
{
	struct signet_arena *arena = signet_arena_new((size_t)1 << 20);
	struct signet_authres field;
	enum signet_status status = SIGNET_NO_MEMORY;
	if (arena) {
		status = signet_authres_from(dossier, slice("localhost"), arena, &field);
	}
	if (status == SIGNET_OK) {
		signet_slice text = signet_authres_write(&field, NULL, arena);
		printf("Authentication-Results: %.*s\n", (int)text.len, text.at);
	}
	signet_arena_free(arena);
	return status;
}

static enum signet_status verify(FILE *file, const struct signet_envelope *envelope, struct signet_resolver *resolver)
{
	struct signet_settings settings = { .now = time(NULL) };
	struct signet *signet = signet_new();
	struct signet_check *check = signet ? signet_check_new(signet, &settings, envelope) : NULL;
	enum signet_status status = check ? feed(check, file) : SIGNET_NO_MEMORY;
	if (status == SIGNET_OK) {
		status = conclude(check, resolver);
	}
	if (status == SIGNET_OK) {
		status = print_field(signet_check_dossier(check));
	}
	signet_check_free(check);
	signet_free(signet);
	return status;
}

/* Without zone files the DNS is asked; without any word the sample's zone. */
static bool open_zones(int argc, char **argv, struct signet_zones **ret, char *error, size_t error_size)
{
	*ret = NULL;
	if (argc == 5) {
		return true;
	}
	if (argc == 1) {
		*ret = signet_zones_parse(slice(sample_zone), "sample", error, error_size);
	} else {
		*ret = signet_zones_load((const char *const *)argv + 5, (size_t)argc - 5, error, error_size);
	}
	return *ret != NULL;
}

int main(int argc, char **argv)
{
	struct signet_envelope envelope = { .has_mail_from = true, .source = "options" };
	char error[SIGNET_RESOLVE_ERROR] = "";
	struct signet_zones *zones;
	if ((argc != 1 && argc < 5) || !signet_ip_parse(slice(argc == 1 ? "192.0.2.1" : argv[2]), &envelope.ip)) {
		fputs("usage: verify FILE IP HELO MAIL-FROM [ZONE-FILE]...\n", stderr);
		return 2;
	}
	envelope.helo = slice(argc == 1 ? "mail.example.org" : argv[3]);
	envelope.mail_from = slice(argc == 1 ? "alice@example.org" : argv[4]);
	FILE *file = argc == 1 ? NULL : fopen(argv[1], "rb");
	struct signet_resolver *resolver = NULL;
	enum signet_status status = SIGNET_IO;
	if (argc != 1 && !file) {
		perror(argv[1]);
	} else if (open_zones(argc, argv, &zones, error, sizeof(error))) {
		resolver =
			signet_resolver_new(&(struct signet_resolver_options) { .zones = zones }, error, sizeof(error));
		status = resolver ? verify(file, &envelope, resolver) : SIGNET_IO;
		signet_resolver_free(resolver);
		signet_zones_free(zones);
	}
	if (*error) {
		fprintf(stderr, "%s\n", error);
	}
	if (file) {
		fclose(file);
	}
	return status == SIGNET_OK ? 0 : 3;
}
