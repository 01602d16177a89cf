/* SPDX-License-Identifier: Apache-2.0 */
/* Signs one message with libsignet, with a key in this process.
 *
 *     cc sign.c $(pkg-config --cflags --libs libsignet) -o sign
 *     ./sign example.com selector key.pem < message.eml > signed.eml
 *     ./sign                                                            a built-in sample and a new key
 *
 * The message has CRLF line ends, as on the wire.  Exit: 0 done, 1 the message is refused, 2 wrong usage, 3 could not
 * finish. */
#include <signet/sign.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MESSAGE_OCTETS ((size_t)16 << 20) /* kept in memory, to be written behind the signature */

static const char sample_message[] = "From: Alice <alice@example.org>\r\n"
				     "Date: Fri, 27 Nov 2026 10:00:00 +0000\r\n"
				     "Message-ID: <1@example.org>\r\n"
				     "Subject: hello\r\n"
				     "\r\n"
				     "Hello!\r\n";

static signet_slice slice(const char *text)
{
	return (signet_slice) { text, strlen(text) };
}

static struct signet_privkey *open_key(struct signet *signet, const char *path)
{
	static char text[SIGNET_PRIVKEY_TEXT];
	struct signet_privkey *key = NULL;
	if (!path) {
		(void)signet_privkey_new(signet, SIGNET_ED25519_SHA256, 0, &key);
		return key;
	}
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return NULL;
	}
	size_t n = fread(text, 1, sizeof(text), file);
	fclose(file);
	enum signet_privkey_fault fault = signet_privkey_read(signet, (signet_slice) { text, n }, &key);
	signet_wipe(text, sizeof(text));
	if (fault != SIGNET_PRIVKEY_GOOD) {
		fprintf(stderr, "%s: %s\n", path, signet_privkey_fault_text(fault));
	}
	return key;
}

/* Answers every request; a message that is refused has none. */
static enum signet_status answer(struct signet_sign *sign, struct signet_privkey *key)
{
	struct signet_sign_request request;
	enum signet_status status = SIGNET_OK;
	while (status == SIGNET_OK && signet_sign_next(sign, &request)) {
		uint8_t octets[SIGNET_SIGNATURE_OCTETS];
		size_t n;
		status = signet_privkey_sign(key, request.digest, octets, &n);
		if (status == SIGNET_OK) {
			status = signet_sign_answer(sign, request.index, (signet_slice) { (const char *)octets, n });
		}
	}
	return status;
}

static void tell(const struct signet_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct signet_finding_kind *kind = signet_finding_kind(findings->at[i].id);
		fprintf(stderr, "%s: %s\n", kind->name, kind->why);
	}
}

static int sign_message(struct signet *signet, const struct signet_signature *signature, struct signet_privkey *key,
                        signet_slice message)
{
	const struct signet_sign_settings settings = { .now = (int64_t)time(NULL) };
	const char *fault = signet_sign_fault(&settings, signature, 1, NULL);
	if (fault) {
		fprintf(stderr, "sign: %s\n", fault);
		return 2;
	}
	struct signet_sign *sign = signet_sign_new(signet, &settings, signature, 1);
	int result = 3;
	if (sign && signet_sign_feed(sign, message) == SIGNET_OK && signet_sign_end(sign) == SIGNET_OK &&
	    answer(sign, key) == SIGNET_OK) {
		signet_slice fields = signet_sign_fields(sign);
		tell(signet_sign_findings(sign));
		result = signet_sign_refused(sign) ? 1 : 0;
		if (result == 0) {
			fwrite(fields.at, 1, fields.len, stdout);
			fwrite(message.at, 1, message.len, stdout);
		}
	}
	signet_sign_free(sign);
	return result;
}

int main(int argc, char **argv)
{
	static char octets[MESSAGE_OCTETS];
	if (argc != 1 && argc != 4) {
		fprintf(stderr, "usage: sign [DOMAIN SELECTOR KEY] < MESSAGE\n");
		return 2;
	}
	struct signet *signet = signet_new();
	struct signet_privkey *key = signet ? open_key(signet, argc == 4 ? argv[3] : NULL) : NULL;
	int result = 3;
	if (key) {
		struct signet_signature signature = { .domain = slice(argc == 4 ? argv[1] : "example.org"),
			                              .selector = slice(argc == 4 ? argv[2] : "s"),
			                              .algorithm = signet_privkey_algorithm(key) };
		signet_slice message = slice(sample_message);
		if (argc == 4) {
			message = (signet_slice) { octets, fread(octets, 1, sizeof(octets), stdin) };
		}
		result = sign_message(signet, &signature, key, message);
	}
	signet_privkey_free(key);
	signet_free(signet);
	return result;
}
