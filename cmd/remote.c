/* SPDX-License-Identifier: Apache-2.0 */
#include "remote.h"

static const char *sentence(enum signer_status status)
{
	switch (status) {
	case SIGNER_OK:
		return "good";
	case SIGNER_NO_KEY:
		return "the signer has no such key";
	case SIGNER_BAD_KEY:
		return "the signer cannot use this key; its log says why";
	case SIGNER_WRONG_ALGORITHM:
		return "the key was exchanged for one of another algorithm";
	case SIGNER_UNREACHABLE:
		return "the signer cannot be reached";
	case SIGNER_TIMEOUT:
		return "the signer does not answer";
	case SIGNER_FAILED:
		break;
	}
	return "the signer failed: memory is short there";
}

bool remote_find_key(const struct options *o, struct signer_client *client, slice domain, slice selector,
                     enum signet_algorithm *ret, unsigned *ret_bits, enum exit_status *ret_status)
{
	const struct signer_request request = { .ask = SIGNER_KEYS, .domain = domain, .selector = selector };
	struct signer_reply reply;
	signer_client_wait(client, &request, REMOTE_TIMEOUT_MS, &reply);
	if (reply.status == SIGNER_OK && reply.n_keys == 1) {
		*ret = reply.keys[0].algorithm;
		*ret_bits = reply.keys[0].bits;
		return true;
	}
	const char *trouble = reply.status == SIGNER_UNREACHABLE ? signer_client_trouble(client) : NULL;
	complain(o, "%.*s, selector %.*s: %s%s%s", (int)domain.len, domain.at, (int)selector.len, selector.at,
	         sentence(reply.status), trouble ? ": " : "", trouble ? trouble : "");
	bool key_is_bad = reply.status == SIGNER_NO_KEY || reply.status == SIGNER_BAD_KEY;
	*ret_status = key_is_bad ? EXIT_BAD_INPUT : EXIT_UNFINISHED;
	return false;
}

const char *remote_sign(struct signer_client *client, slice domain, slice selector, enum signet_algorithm algorithm,
                        const uint8_t digest[static SIGNET_DIGEST_OCTETS], uint8_t ret[static SIGNET_SIGNATURE_OCTETS],
                        size_t *ret_octets)
{
	struct signer_request request = {
		.ask = SIGNER_SIGN,
		.domain = domain,
		.selector = selector,
		.algorithm = algorithm,
	};
	struct signer_reply reply;
	memcpy(request.digest, digest, SIGNET_DIGEST_OCTETS);
	signer_client_wait(client, &request, REMOTE_TIMEOUT_MS, &reply);
	if (reply.status != SIGNER_OK) {
		return sentence(reply.status);
	}
	memcpy(ret, reply.signature.at, reply.signature.len);
	*ret_octets = reply.signature.len;
	return NULL;
}
