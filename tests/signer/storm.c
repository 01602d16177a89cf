/* SPDX-License-Identifier: Apache-2.0 */
/* storm: many clients at once, and every signature verified by OpenSSL with the public key given as a file.
 *
 *     storm SOCKET CLIENTS REQUESTS IN_FLIGHT verify|trust DOMAIN SELECTOR=PUBLIC.pem...
 *
 * Each client is a connection of its own; requests go round the selectors.  Prints one line of key=value and ends with 0 if
 * every request got the right answer.  `trust` leaves the verification out, to measure. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "../../service/keys/signer_client.h"

#define SELECTORS_MAX 8
#define TIMEOUT_MS 300000
#define PATIENCE_MS 20000 /* the signer may be killed and started again meanwhile */

struct selector {
	slice name;
	enum signet_algorithm algorithm;
	EVP_PKEY *key;
	EVP_PKEY_CTX *rsa;
};

struct request {
	struct signer_request asked;
	unsigned selector;
};

struct client {
	struct signer_client *core;
	struct request *requests;
	size_t asked, answered;
};

static struct selector selectors[SELECTORS_MAX];
static unsigned n_selectors;
static size_t n_requests, in_flight;
static bool verifies;
static uint64_t right, wrong, failed;

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void read_selector(char *text)
{
	struct selector *s = &selectors[n_selectors++];
	char *path = strchr(text, '=');
	FILE *file = path ? fopen(path + 1, "r") : NULL;
	s->key = file ? PEM_read_PUBKEY(file, NULL, NULL, NULL) : NULL;
	if (!s->key) {
		fprintf(stderr, "storm: no public key in %s\n", text);
		exit(2);
	}
	fclose(file);
	s->name = slice_make(text, (size_t)(path - text));
	s->algorithm = EVP_PKEY_is_a(s->key, "RSA") ? SIGNET_RSA_SHA256 : SIGNET_ED25519_SHA256;
	if (s->algorithm == SIGNET_RSA_SHA256) {
		s->rsa = EVP_PKEY_CTX_new(s->key, NULL);
		EVP_PKEY_verify_init(s->rsa);
		EVP_PKEY_CTX_set_signature_md(s->rsa, EVP_sha256());
	}
}

static bool verify(const struct selector *s, const uint8_t *digest, slice signature)
{
	const unsigned char *at = (const unsigned char *)signature.at;
	if (s->rsa) {
		return EVP_PKEY_verify(s->rsa, at, signature.len, digest, SIGNET_DIGEST_OCTETS) == 1;
	}
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, s->key) == 1 &&
	            EVP_DigestVerify(ctx, at, signature.len, digest, SIGNET_DIGEST_OCTETS) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

static void ask(struct client *c, slice domain, unsigned number)
{
	struct request *r = &c->requests[c->asked];
	uint64_t seed = ((uint64_t)number << 32 | c->asked) * 0x9e3779b97f4a7c15u;
	r->selector = (unsigned)c->asked % n_selectors;
	r->asked = (struct signer_request) {
		.ask = SIGNER_SIGN,
		.domain = domain,
		.selector = selectors[r->selector].name,
		.algorithm = selectors[r->selector].algorithm,
	};
	for (size_t i = 0; i < SIGNET_DIGEST_OCTETS; i++) {
		r->asked.digest[i] = (uint8_t)(seed >> (i % 8 * 8)) ^ (uint8_t)(i * 31);
	}
	if (signer_client_ask(c->core, &r->asked, now_ms(), TIMEOUT_MS, r) != SIGNET_OK) {
		fprintf(stderr, "storm: cannot ask\n");
		exit(2);
	}
	c->asked++;
}

static void take_answers(struct client *c)
{
	struct signer_answer a;
	while (signer_client_next(c->core, &a)) {
		const struct request *r = a.owner;
		c->answered++;
		if (a.reply.status != SIGNER_OK) {
			failed++;
			fprintf(stderr, "storm: %s\n", signer_status_name(a.reply.status));
		} else if (!verifies || verify(&selectors[r->selector], r->asked.digest, a.reply.signature)) {
			right++;
		} else {
			wrong++;
		}
	}
}

int main(int argc, char **argv)
{
	if (argc < 8) {
		return 2;
	}
	size_t n_clients = (size_t)strtoul(argv[2], NULL, 10);
	n_requests = (size_t)strtoul(argv[3], NULL, 10);
	in_flight = (size_t)strtoul(argv[4], NULL, 10);
	verifies = strcmp(argv[5], "verify") == 0;
	slice domain = slice_of(argv[6]);
	for (int i = 7; i < argc && n_selectors < SELECTORS_MAX; i++) {
		read_selector(argv[i]);
	}
	struct client *clients = calloc(n_clients, sizeof(*clients));
	struct pollfd *polls = calloc(n_clients, sizeof(*polls));
	for (size_t i = 0; i < n_clients; i++) {
		clients[i].core = signer_client_new(argv[1], PATIENCE_MS);
		clients[i].requests = calloc(n_requests, sizeof(*clients[i].requests));
	}
	int64_t begin = now_ms();
	for (size_t left = n_clients; left > 0;) {
		left = 0;
		for (size_t i = 0; i < n_clients; i++) {
			struct client *c = &clients[i];
			while (c->asked < n_requests && c->asked - c->answered < in_flight) {
				ask(c, domain, (unsigned)i);
			}
			signer_client_event(c->core, now_ms());
			take_answers(c);
			left += c->answered < n_requests;
			polls[i] = (struct pollfd) { .fd = signer_client_fd(c->core),
				                     .events = signer_client_wants(c->core) };
		}
		if (left) {
			(void)poll(polls, (nfds_t)n_clients, 20);
		}
	}
	double seconds = (double)(now_ms() - begin) / 1000;
	printf("answered=%llu wrong=%llu failed=%llu seconds=%.3f\n", (unsigned long long)right,
	       (unsigned long long)wrong, (unsigned long long)failed, seconds);
	if (getenv("STORM_HOLD")) { /* so that somebody can look into its memory */
		fflush(stdout);
		(void)getchar();
	}
	for (size_t i = 0; i < n_clients; i++) {
		signer_client_free(clients[i].core);
		free(clients[i].requests);
	}
	for (unsigned i = 0; i < n_selectors; i++) {
		EVP_PKEY_CTX_free(selectors[i].rsa);
		EVP_PKEY_free(selectors[i].key);
	}
	free(clients);
	free(polls);
	return right == n_clients * n_requests ? 0 : 1;
}
