/* SPDX-License-Identifier: Apache-2.0 */
/* Signet signing: bench-sign N ALGORITHM signs N small messages with a key of this process (RSA of 2048 bits, or Ed25519), each
 * one read, hashed, signed and its field written.  Every hundredth is looked at: is there a field?  Prints one line of JSON
 * like the other contenders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <signet/sign.h>

#define LITERAL(text) ((signet_slice) { "" text, sizeof(text) - 1 })
#define LINE "A line of text as people write it, with 72 octets and no more than that.\r\n"
#define LINES LINE LINE LINE LINE

static const signet_slice message =
	LITERAL("Received: from client.example.com (client.example.com [192.0.2.1])\r\n\tby mail.example.com with "
                "ESMTPSA id 4bX1yz;"
                "\r\n\tFri, 27 Nov 2026 10:00:00 +0000\r\nMessage-ID: <20261127100000.4711@example.com>\r\n"
                "Date: Fri, 27 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nUser-Agent: Example\r\nSubject: What a "
                "small message looks like\r\n"
                "Content-Language: en\r\nTo: Bob <bob@example.net>, Carl <carl@example.net>\r\nFrom: Ann Author "
                "<ann@example.com>\r\n"
                "Content-Type: text/plain; charset=UTF-8; format=flowed\r\nContent-Transfer-Encoding: 7bit\r\n"
                "\r\n" LINES LINES LINES LINES);

static double cpu_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct bench {
	struct signet_sign *sign;
	struct signet_privkey *key;
	struct signet_sign_settings settings;
	struct signet_signature signature;
};

static bool sign_one(struct bench *b)
{
	struct signet_sign_request request;
	bool good = signet_sign_reset(b->sign, &b->settings, &b->signature, 1) == SIGNET_OK &&
	            signet_sign_feed(b->sign, message) == SIGNET_OK && signet_sign_end(b->sign) == SIGNET_OK;
	while (good && signet_sign_next(b->sign, &request)) {
		uint8_t octets[SIGNET_SIGNATURE_OCTETS];
		size_t n;
		good = signet_privkey_sign(b->key, request.digest, octets, &n) == SIGNET_OK &&
		       signet_sign_answer(b->sign, request.index, (signet_slice) { (const char *)octets, n }) ==
		               SIGNET_OK;
	}
	return good && signet_sign_fields(b->sign).len > 0;
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, good = 0;
	struct bench b = { .settings = { .now = 1795824000 },
		           .signature = { .domain = LITERAL("example.com"), .selector = LITERAL("s") } };
	if (argc > 2 && !signet_algorithm_parse((signet_slice) { argv[2], strlen(argv[2]) }, &b.signature.algorithm)) {
		fprintf(stderr, "bench-sign: %s is no algorithm\n", argv[2]);
		return 1;
	}
	struct signet *engine = signet_new();
	if (!engine || signet_privkey_new(engine, b.signature.algorithm, 2048, &b.key) != SIGNET_OK ||
	    !(b.sign = signet_sign_new(engine, &b.settings, &b.signature, 1)) || !sign_one(&b)) {
		fprintf(stderr, "bench-sign: cannot sign\n");
		return 1;
	}
	double before = cpu_seconds();
	for (size_t i = 0; i < n; i++) {
		good += sign_one(&b);
	}
	printf("{\"n\": %zu, \"agreed\": %zu, \"seconds\": %.6f}\n", n, good, cpu_seconds() - before);
	signet_sign_free(b.sign);
	signet_privkey_free(b.key);
	signet_free(engine);
	return 0;
}
